"""The tools that measure: the small notebooks are a loop, and their script is the same cells."""

import ast
import json
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import race
import small_loop


@pytest.fixture
def project(baked, tmp_path):
    return small_loop.make(tmp_path / "small", baked)


def test_the_small_notebooks_are_a_loop(project):
    """Eight, in order, 02 a branch of its own."""
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import read_loop, upstream

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


def test_the_race_sees_which_notebooks_ran():
    """From the lines of a run: the ones that ran, not the current ones nor the skipped."""
    lines = [
        "01 One      -      current",
        "06 Six     1.2 s    ok        the notebook changed",
        "07 Seven   0.3 s    failed",
    ]
    output = "\n".join([*lines, "08 Eight    -      skipped: needs what 07 makes", "Report: x", ""])

    assert race.ran(output) == ["06", "07"]
    assert race.ran("Nothing changed: all 8 notebooks are current.\n") == []


def test_a_change_in_06_runs_06_07_and_08_and_nothing_else(project):
    """The small notebooks, by the command that the bench times.

    Another set of notebooks ends the race.
    """
    ours = [sys.executable, "-m", "boxloop", "run"]
    race.seconds(ours, project, expected=race.ALL)
    race.seconds(ours, project, expected=[])
    race.change_06(project, race.CHANGES["small"])
    race.seconds(ours, project, expected=["06", "07", "08"])
    with pytest.raises(SystemExit, match="should have"):
        race.seconds(ours, project, expected=["06"])
