"""Folders with awkward names: the loop runs in them, with forked kernels and with cold ones."""

import os

import pytest
from conftest import TEMPLATE
from fake_loop import make_project

from boxloop.base.errors import UserError
from boxloop.base.places import Project, find_project
from boxloop.run.execute import environment, execute, load_engine
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

# Every sign that a path, a URL, a template or a shell may take for its own.
NAMES = {
    "colon": "a:b",
    "semicolon": "a;b",
    "blanks": " two  words",
    "braces": "{cwd} {{x}} {0}",
    "URL": "a%20b#c?d&e",
    "quotes": 'it\'s "so"',
    "dollar": "$HOME ${x} `x`",
    "brackets": "[a] (b) *",
    "other scripts": "étude 星 😀",
    "line end": "a\nb",
    "backslash": "a\\b",
    "dash": "-m",
}
# A chapter that imports the study, here and in processes of its own.
USES = """
import os, subprocess, sys
# No warning of a debugger on the terminal.
assert os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] == "1"
from joblib import Parallel, delayed
from study.own import double
assert double(2) == 4
assert Parallel(n_jobs=2)(delayed(double)(k) for k in range(3)) == [0, 2, 4]
subprocess.run([sys.executable, "-c", "import study.own, boxloop"], check=True, cwd="/")
"""


# The machine is asked for cold kernels where the way of the path to the kernel matters most.
CASES = [*((name, False) for name in NAMES), ("colon", True), ("quotes", True)]


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids most of these signs")
@pytest.mark.parametrize(("name", "cold"), CASES)
def test_the_loop_runs_in_a_folder_of_any_name(tmp_path, quick, monkeypatch, name, cold):
    """Also what its cells start finds the study."""
    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", load_engine)
    monkeypatch.setenv("PYTHONPATH", str(TEMPLATE))
    root = tmp_path / NAMES[name]
    project = make_project(root, graph={"01_a": ([], ["data/1.txt"])}, faults={"01_a": USES})
    (project.study / "own.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    outcome = run(find_project(project.notebooks), cold=cold)

    assert outcome.ok, outcome
    assert (root / "data" / "1.txt").is_file()


def test_a_path_that_cannot_be_listed_is_one_sentence(tmp_path, monkeypatch):
    """Where no link can be made, nothing is run."""

    def refused(*_, **__):
        raise OSError

    monkeypatch.setattr("pathlib.Path.symlink_to", refused)
    with (
        pytest.raises(UserError, match="rename that folder"),
        environment(Project(tmp_path / f"a{os.pathsep}b")),
    ):
        pytest.fail("it was opened")
