"""Names that have moved: a project from before the rooms runs with a new `boxloop/` alone."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TEMPLATE
from fake_loop import make_project

from boxloop.measure import METRICS, Task
from boxloop.measure.ranking import Ranking
from boxloop.record import Station
from boxloop.run.pool import imports
from boxloop.upkeep import moved

BEFORE = ROOT / "tests" / "fixtures" / "before_rooms"
IMPORTS = (BEFORE / "imports.txt").read_text(encoding="utf-8").splitlines()
# Rooms that are called as a module was: what they had, they have.
STILL = ("boxloop.checks", "boxloop.settings", "boxloop.split")


def cell(line):
    """Run a line as a cell does that has not asked before; return names and warnings."""
    for name in moved.MODULES:
        if name not in ("adopt", "settings", "split"):
            sys.modules.pop(f"boxloop.{name}", None)
    names = {"__name__": "__main__"}
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("default")
        exec(compile(line, "<cell>", "exec"), names)
    return names, [one for one in found if one.category is DeprecationWarning]


@pytest.mark.parametrize("line", IMPORTS)
def test_an_import_of_then_works_and_says_what_to_write_now(line, tmp_path):
    """The same thing comes from where the sentence says; it is put down to the cell that asked."""
    names, found = cell(line)
    name = line.split()[-1]
    if line.startswith(("import ", "from boxloop import ")):
        assert not found  # a module says something when it is asked for a name
        return
    if line.startswith(tuple(f"from {room}" for room in STILL)) and not found:
        assert names[name] is not None
        return

    [one] = found
    assert one.filename == "<cell>"
    sentence = str(one.message)
    assert sentence.startswith(f"{line.split()[1]}.{name} has moved: ")
    ways = re.findall(r"`(.+?)`", sentence)
    assert ways or sentence.endswith(": nothing to do, it works under this name alone.")
    for words in ways:
        followed(words, names[name], tmp_path)


def followed(words, old, folder):
    """Do what a sentence says: a thing of the desk, a metric by its name, or a public import."""
    if at_desk := re.match(r"here\.(task\.)?(\w+)", words):
        assert hasattr(Task if at_desk[1] else Station, at_desk[2])
    elif method := re.fullmatch(r"boxloop\.measure\.Task\(settings\)\.(\w+)", words):
        assert hasattr(Task, method[1])
    elif metric := re.match(r"METRICS\['(\w+)'\]\(truth, guess(, working_point)?\)", words):
        truth, guess = np.repeat([0.0, 1.0], 50), np.random.default_rng(0).random(100)
        known = {"METRICS": METRICS, "truth": truth, "guess": guess, "working_point": 0.5}
        ranked = METRICS[metric[1]].ranked
        then = (
            old(Ranking(truth, guess), *([0.5] * bool(metric[2]))) if ranked else old(truth, guess)
        )
        assert eval(words, known) == then and np.isfinite(then)
    elif words.endswith("import METRICS"):
        assert cell(words)[0]["METRICS"] is METRICS
    elif words == "from boxloop.table import read_rows":
        path = folder / "rows.csv"
        path.write_text("mass,flux\n1.5,2\n3,4\n", encoding="utf-8")
        assert cell(words)[0]["read_rows"](path).equals(old(path).frame)
    else:
        room, name = re.fullmatch(r"from (boxloop\.\w+) import (\w+)", words).groups()
        assert name in import_module(room).__all__  # what is not promised may move again
        there, more = cell(words)
        assert not more
        assert there[name] is old


def test_a_name_is_told_of_once():
    """Once in a process: a report full of sentences is not read."""
    line = "from boxloop.task import guess\n"

    assert len(cell(line + line + "import boxloop.task as old\nold.guess")[1]) == 1


def test_a_module_is_asked_for_its_names_later():
    """As in ``from boxloop import seal`` and ``seal.last``: the line that asks is the one told."""
    names, found = cell("from boxloop import seal\nlast = seal.last")

    assert [one.lineno for one in found] == [2]
    assert names["last"].__module__.startswith("boxloop.split.")


def test_a_name_of_a_room_may_move_too():
    """A room asks the same table, so that from now on no public name is lost."""
    before = dict(moved.NAMES)
    moved.NAMES["measure.quarters_of_yore"] = "measure.strata.quarters"
    try:
        names, [one] = cell("from boxloop.measure import quarters_of_yore")
        assert names["quarters_of_yore"].__name__ == "quarters"
        assert one.filename == "<cell>"
        assert str(one.message).endswith("write `from boxloop.measure import quarters`.")
    finally:
        moved.NAMES.clear()
        moved.NAMES.update(before)


@pytest.mark.parametrize(
    "line",
    [
        "import boxloop.nonsense",
        "from boxloop.nonsense import guess",
        "from boxloop.task import nonsense",
        "from boxloop.measure import nonsense",
        "from boxloop.split import nonsense",
    ],
)
def test_what_never_was_is_not_there(line):
    """The error is Python's own."""
    with pytest.raises(ImportError):
        cell(line)


def python(code, *options):
    """Run a line in a process of its own, which has imported nothing."""
    env = os.environ | {"PYTHONPATH": str(TEMPLATE)}
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize(
    "line", ["from boxloop.adopt import plan", "from boxloop.split import seal"]
)
def test_modules_of_a_room_are_modules(line):
    """Also where the module that has the old names of the room knows that word."""
    said = python(f"{line} as found; print(found.__name__)", "-W", "error::DeprecationWarning")

    room, module = re.match(r"from (\S+) import (\w+)", line).groups()
    assert said.stdout.strip() == f"{room}.{module}", said.stderr


def test_nothing_is_looked_up_before_it_is_asked_for():
    """A command of a project of today pays nothing."""
    said = python(
        "import sys, boxloop.cli, boxloop.record; print('boxloop.upkeep.moved' in sys.modules)"
    )

    assert said.stdout.strip() == "False", said.stderr


def test_old_names_are_followed_when_libraries_are_imported_beforehand(tmp_path):
    """Otherwise the kernels of such a project would start slower than those of a new one."""
    now, then = (
        make_project(tmp_path / when, graph={"01_a": ([], ["data/a.txt"])}) for when in "nt"
    )
    lines = ("from boxloop.measure import Weighted", "from boxloop.weighted import Weighted")
    for project, line in zip((now, then), lines, strict=True):
        (project.study / "models.py").write_text(f"{line}\n", encoding="utf-8")
        path = project.notebooks / "01_a.ipynb"
        text = path.read_text(encoding="utf-8").replace(
            "import hashlib", "from study import models\\nimport hashlib"
        )
        path.write_text(text, encoding="utf-8")

    from boxloop.notebooks.graph import read_loop

    found = [imports(project, read_loop(project)) for project in (now, then)]
    assert found[0] == found[1]
    assert "sklearn.base" in found[1]


def boxloop(folder, *words):
    """Type ``python -m boxloop`` in a project that has its own machinery."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "boxloop", *words]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8"
    )


def numbers(value):
    """Return all numbers in a JSON-like value; the ends of intervals were made another way then."""
    if isinstance(value, dict | list):
        ends = {"low", "high"}
        parts = (
            [part for key, part in value.items() if key not in ends]
            if isinstance(value, dict)
            else value
        )
        return [number for part in parts for number in numbers(part)]
    return [value] if isinstance(value, float) else []


def printed(folder):
    """Return what the cells of the executed copies printed as warnings, by notebook."""
    found = {}
    for path in sorted(Path(folder, "report", "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = [out for one in cells for out in one.get("outputs", [])]
        texts = ["".join(out["text"]) for out in outputs if out.get("name") == "stderr"]
        found[path.stem] = re.findall(r"DeprecationWarning: (boxloop\S+) has moved", "".join(texts))
    return found


def test_a_project_from_before_runs_with_the_machinery_of_today(tmp_path):
    """After an update `boxloop/` alone is new; the numbers are the same, the report is quiet."""
    ignore = shutil.ignore_patterns("metrics.json", "imports.txt", "README.md")
    shutil.copytree(BEFORE, tmp_path, dirs_exist_ok=True, ignore=ignore)
    shutil.copytree(TEMPLATE / "boxloop", tmp_path / "boxloop")
    shutil.copy(TEMPLATE / "pyproject.toml", tmp_path)
    said = boxloop(tmp_path, "run")

    assert said.returncode == 0, said.stdout + said.stderr
    now, then = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "results" / "metrics.json", BEFORE / "metrics.json")
    )
    assert numbers(now) == pytest.approx(numbers(then), rel=1e-6) and now["criteria"][0]["met"]

    told = printed(tmp_path)
    assert all(told.values()) and all(len(set(ones)) == len(ones) for ones in told.values())
    assert {"boxloop.task.truth", "boxloop.model_file.load_model"} <= set(told["04_train"])
    assert not any("study" in name for names in told.values() for name in names)
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "DeprecationWarning" not in page
    assert f"{len(told['04_train'])} of its imports are by old names" in page

    # What it was made from then has another name now, or is gone.
    station = tmp_path / "results" / "03_split" / "station.json"
    facts = json.loads(station.read_text(encoding="utf-8"))
    facts["code"] = {"boxloop/split.py": "0" * 64}
    station.write_text(json.dumps(facts), encoding="utf-8")
    path = tmp_path / "report" / "notebooks" / "03_split.ipynb"
    copy = json.loads(path.read_text(encoding="utf-8"))
    del copy["metadata"]["boxloop"]["station"]
    path.write_text(json.dumps(copy), encoding="utf-8")
    said = boxloop(tmp_path, "status")
    assert said.returncode == 0 and re.search("03 split +stale ", said.stdout), said.stderr
