"""Which edit moved the headline: the later pass again, with edits taken back, in a copy."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import TEMPLATE
from fake_loop import GRAPH, make_project, notebook, write_notebook

from boxloop.base.files import write_text

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

# A headline made of everything that a person can edit; what is harmless adds nothing.
MEASURE = """
import json as j, runpy, tomllib
settings = tomllib.loads((root / "study.toml").read_text(encoding="utf-8"))
study = {{n: runpy.run_path(str(root / "study" / f"{{n}}.py")) for n in ("data", "models", "stress")}}
value = 100 + 30 * settings["split"]["exploration"] + study["data"]["cut"]() * study["models"]["RATE"]
value += study["models"]["ladder"]() + study["models"]["unused"]() * 0 + float(extra) + {cell}
entry = {{"value": value, "low": value - 2, "high": value + 2}}
sets = {{"validation": {{"metrics": {{"rmse": {{"model": entry, "reference": entry}}}}}}}}
primary = {{"name": "rmse", "label": "RMSE", "unit": "kg", "set": "validation", "model": entry}}
folder.mkdir(parents=True, exist_ok=True)
(folder / "metrics.json").write_text(j.dumps({{"sets": sets}}), encoding="utf-8")
found = {{"primary": primary, "criteria": [], "sets": sets}}
(root / "results" / "metrics.json").write_text(j.dumps(found), encoding="utf-8")
(root / "results" / "04_train").mkdir(exist_ok=True)
(root / "results" / "04_train" / "seeds.csv").write_text("seed,rmse\\n0,1.0\\n1,1.1\\n2,1.2\\n")
"""
STUDY = {
    "data": "def cut():\n    return 2\n\n\ndef plot():\n    return 1\n",
    "models": (
        "RATE = 1.0\n\n\ndef ladder():\n    return 1\n\n\ndef unused():\n    return 1\n\n\n"
        "def also():\n    return 1\n\n\ndef never():\n    return 1\n\n\ndef last():\n    return 1\n"
    ),
    "stress": "def noise():\n    return 1\n",
}
HARMLESS = {
    "study.toml": ('title = "Toy"', 'title = "Other"'),
    "study/data.py": ("return 1", "return 11"),
    "study/stress.py": ("return 1", "return 7"),
    "notebooks/05_release.ipynb": ("{fault}", "{fault}"),
}


def write_look(project, cell="0"):
    """Write the chapter that measures."""
    fault = MEASURE.format(cell=cell)
    write_notebook(project, "04_look", notebook("04_look", *GRAPH["04_look"], fault=fault))


@pytest.fixture
def project(tmp_path):
    """The five notebooks; 04 leaves a headline that depends on all of the study."""
    project = make_project(tmp_path / "toy")
    for name, text in STUDY.items():
        write_text(project.study / f"{name}.py", text)
    write_look(project)
    return project


def edit(project, name, old, new):
    """Replace a text in a file of the project."""
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    write_text(path, text.replace(old, new))


def harmless(project):
    """Make four edits that move nothing: a title, a function of the data, of models, a test."""
    edit(project, "study.toml", 'title = "Toy"', 'title = "Other"')
    edit(project, "study/data.py", "return 1", "return 11")
    edit(project, "study/models.py", "def unused():\n    return 1", "def unused():\n    return 5")
    edit(project, "study/stress.py", "return 1", "return 7")


def tree(root):
    """Return ``{path: bytes}`` of all files below a folder."""
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


MATTERS = {
    "settings": ("study.toml", "exploration = 0.2", "exploration = 0.1", "split.exploration"),
    "data": ("study/data.py", "return 2", "return 9", "study/data.py: cut"),
    "models": ("study/models.py", "RATE = 1.0", "RATE = 3.0", "study/models.py: RATE"),
}


@pytest.mark.parametrize("group", MATTERS)
def test_of_five_edits_the_one_that_matters_is_named(call, project, group):
    """A setting, a function, a value: it is named, with its group, and no other is."""
    call("run")
    harmless(project)
    *where, label = MATTERS[group]
    edit(project, *where)
    call("run")
    before = tree(project.root)
    code, out, err = call("compare", "1", "2", "--replay")

    assert code == 0, err
    last = out.strip().splitlines()[-1]
    assert f"{label} ({group}) moved it" in " ".join(out.split()), out
    assert last and "beyond the spread between seeds (0.1)" in " ".join(out.split())
    assert "moves nothing" in out and "brings it back" in out
    assert tree(project.root) == before and not left_behind()


def left_behind():
    """Return the folders of replays that were not taken away."""
    return list(Path(tempfile.gettempdir()).glob("boxloop-replay-*"))
