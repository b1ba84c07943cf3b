"""The default project after a run: each kind of change makes stale what used it, and says why."""

import json
import shutil
from pathlib import Path

import pytest
from test_default_loop import STATIONS, boxloop, read, replace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(bake, tmp_path_factory):
    """The default project after ``boxloop run``."""
    project = Path(bake(tmp_path_factory.mktemp("whole")))
    done = boxloop(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def add(path, text):
    with path.open("a", encoding="utf-8") as end:
        end.write(text)


CHANGES = {
    "a setting that it read": (
        lambda project: replace(project / "study.toml", "at_least = 0.20", "at_least = 0.10"),
        {"01": "study.toml changed: study.criteria", "08": "study.toml changed"},
        set(),
    ),
    "code that it imported": (
        lambda project: add(project / "study" / "stress.py", "\n# another word\n"),
        {"06": "study/stress.py changed", "07": "06_stress_test is not done"},
        {"01", "02", "03", "04", "05"},
    ),
    "an input file": (
        lambda project: add(project / "data" / "raw" / "simulator_a.parquet", "x"),
        {"01": "data/raw/simulator_a.parquet changed", "02": "01_scoping is not done"},
        set(),
    ),
    "a table between": (
        lambda project: (project / "data" / "interim" / "validation.parquet").unlink(),
        {
            "03": "data/interim/validation.parquet is gone",
            "05": "data/interim/validation.parquet is gone",
        },
        {"01", "02"},
    ),
    "its cells": (
        lambda project: add_line(project / "notebooks" / "06_stress_test.ipynb"),
        {"06": "the notebook changed", "07": "the code of 06_stress_test changed"},
        {"01", "02", "03", "04", "05"},
    ),
    "its parameters": (
        lambda project: boxloop(project, "run", "--smoke", "--only", "06"),
        {"06": "smoke run"},
        {"01", "02", "03", "04", "05"},
    ),
}


def add_line(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[2]["source"] = "".join(code[2]["source"]) + "\nchanged = 1"
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize("kind", CHANGES)
def test_status_says_which_is_stale_and_why(whole, tmp_path, kind):
    """For each kind of change; what does not use it stays done."""
    change, stale, untouched = CHANGES[kind]
    project = tmp_path / "changed"
    shutil.copytree(whole, project)
    assert boxloop(project, "status").stdout.count(" done") == 8
    change(project)
    rows = {line[:2]: line for line in boxloop(project, "status").stdout.splitlines()[:8]}

    for number, reason in stale.items():
        assert " stale " in rows[number] and rows[number].endswith(reason), rows
    assert {number for number, row in rows.items() if row.endswith("done")} >= untouched, rows
    assert " stale " in rows["08"], rows


def test_a_change_in_06_runs_06_07_and_08(whole, tmp_path):
    """And nothing else."""
    project = tmp_path / "changed"
    shutil.copytree(whole, project)
    add_line(project / "notebooks" / "06_stress_test.ipynb")
    done = boxloop(project, "run")
    states = {line.split()[0]: "ok" in line.split() for line in done.stdout.splitlines()[:8]}

    assert done.returncode == 0, done.stdout + done.stderr
    assert states == {number: number in ("06", "07", "08") for number in STATIONS}


def test_a_watermark_as_input_opens_the_waivers_that_it_makes_worse(whole, tmp_path):
    """What the README proposes: the lesson's own waiver does not cover it, and says two numbers."""
    project = tmp_path / "planted"
    shutil.copytree(whole, project)
    replace(
        project / "study.toml",
        '[columns.core_px]\nrole = "nuisance"',
        '[columns.core_px]\nrole = "input"',
    )
    boxloop(project, "run")
    rows = {row["id"]: row for row in read(project, "checks.json")}
    row = rows["split.deployment_shift"]

    assert row["state"] == "fail" and rows["features.target_leak"]["state"] == "fail"
    assert f"was waived at 0.7383 and is {row['value']:.4g}" in row["message"]
    assert rows["features.nuisance_only"]["stale_waiver"] is True
    said = boxloop(project, "check")
    assert said.returncode == 1
    assert "features.nuisance_only (03_split): it does not apply, so remove" in said.stdout
