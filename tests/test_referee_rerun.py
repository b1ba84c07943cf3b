"""The loop of a release run again, and honest releases of every kind of study."""

import json
import re
import shutil
import subprocess
import sys

import doctored
import pytest
from conftest import TEMPLATE
from test_referee import types
from walk_project import write

from boxloop.base.files import sha256
from boxloop.referee import rerun
from boxloop.referee.sent import unpacked

pytestmark = pytest.mark.slow
REASON = ("--reason", "to see what it says", "--anyway", "the names are still to come", "--yes")


def boxloop(folder, *words):
    """Type ``boxloop WORDS`` in a process of its own, with the machinery of the template."""
    done = subprocess.run(
        [sys.executable, "-m", "boxloop", *map(str, words)],
        cwd=folder,
        env={**_environ(), "PYTHONPATH": str(TEMPLATE)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


def _environ():
    import os

    return {name: value for name, value in os.environ.items() if name != "BOXLOOP_ANYWAY"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small study as `boxloop release` writes it, by kernels; with the machinery in it."""
    root = with_machinery(tmp_path_factory.mktemp("rerun") / "study", doctored.sources())
    code, said = boxloop(root, "release", *REASON)
    assert code == 0, said
    assert (root / "release/release.json").is_file(), said
    return root / "release"


def with_machinery(root, sources):
    """Write a study with the machinery in it, which its kernels need; return its folder."""
    write(root, sources)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TEMPLATE / "boxloop", root / "boxloop", ignore=ignored)
    return root


def numbers(release):
    """Return how many values and ends of intervals a release has of its test set."""
    sets = json.loads((release / "results/metrics.json").read_text(encoding="utf-8"))["sets"]
    entries = [one for metric in sets["test"]["metrics"].values() for one in metric.values()]
    return sum(isinstance(one.get(end), float) for one in entries for end in rerun.ENDS)


def test_run_again_it_says_the_same(small, tmp_path):
    """Where the recorded versions are those of here, nothing is fetched; the release stays."""
    before = {path: sha256(path) for path in small.rglob("*") if path.is_file()}
    code, said = boxloop(tmp_path, "referee", small, "--rerun", "--out", tmp_path / "c.html")

    assert code == 0, said
    assert said.index("From here on code of the release runs") < said.index("The loop runs")
    assert "which are the recorded ones" in said
    assert f"test: {numbers(small)} numbers compared, each the same." in said
    assert "The test rows are those that were sealed." in said
    assert before == {path: sha256(path) for path in small.rglob("*") if path.is_file()}


def test_test_rows_that_were_made_better_are_found_out(small, tmp_path):
    """All that speaks of them is made anew, and agrees; a second run does not."""
    copy = shutil.copytree(small, tmp_path / "toy")
    doctored.better_test_rows(copy)
    code, said = boxloop(tmp_path, "referee", copy)
    assert code == 0, said

    code, said = boxloop(tmp_path, "referee", copy, "--rerun")
    assert code == 1 and re.search(rf"test: {numbers(copy)} numbers compared, \d+ beyond", said), (
        said
    )


def test_an_environment_that_cannot_be_made_is_one_sentence(small, tmp_path):
    """With what pip has said; no code of the release was run."""
    copy = shutil.copytree(small, tmp_path / "toy")
    doctored.another_environment(copy)
    (tmp_path / "wheels").mkdir()
    with unpacked(copy) as sent:
        options = {"newest": False, "find_links": tmp_path / "wheels"}
        (found,) = rerun.look(sent, echo=lambda _: None, **options)

    assert found.state == "cannot tell" and found.needed
    assert found.said.startswith("The environment cannot be made; pip says: ERROR: "), found.said


@pytest.mark.parametrize("task", ["classification", "anomaly-detection"])
def test_an_honest_release_of_another_task_agrees(tmp_path, task):
    root = with_machinery(tmp_path / "study", doctored.sources(task))
    code, said = types(root, "release", *REASON[:-1], "--jobs", "1")
    assert code == 0, said

    code, said = types(tmp_path, "referee", root / "release")
    assert code == 0, said
