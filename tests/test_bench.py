"""The tools that measure: the small notebooks are a loop, and their plain script is the same cells."""

import ast
import json
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import small_loop


@pytest.fixture
def project(baked, tmp_path):
    return small_loop.make(tmp_path / "small", baked)


def test_the_small_notebooks_are_a_loop(project):
    """Eight, in order, 02 a branch of its own."""
    from boxloop.loop import read_loop, upstream
    from boxloop.paths import Project

    chapters = read_loop(Project(project))

    assert [chapter.name for chapter in chapters] == small_loop.NAMES
    assert upstream(chapters[7], chapters) == {"07_seven"}
    assert upstream(chapters[2], chapters) == {"01_one"}


def test_the_plain_script_is_the_same_cells(project):
    """No cell more, none less."""
    script = (project / "plain.py").read_text(encoding="utf-8")
    ast.parse(script)
    for path in sorted((project / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert "".join(cell["source"]) in script
