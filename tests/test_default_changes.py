"""The default project after a run: each kind of change makes stale what used it, and says why."""

import json
import shutil

import pandas as pd
import pytest
from conftest import TEMPLATE
from default_project import STATIONS, boxloop, read, replace

pytest_plugins = ["default_project"]  # its fixtures: whole, released
pytestmark = pytest.mark.slow


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


class NewUser:
    """Somebody who edits files and types commands; each step is at most two files and a command."""

    def __init__(self, project):
        self.project, self.edited, self.steps = project, [], {}

    def edits(self, name, old, new):
        replace(self.project / name, old, new)
        self.edited.append(name)

    def types(self, *words, where=None):
        done = boxloop(where or self.project, *map(str, words))
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def did(self, step, *words):
        """Type what ends a step, if anything; no file is edited in two steps for one thing."""
        done = self.types(*words) if words else None
        assert len(set(self.edited)) == len(self.edited) <= 2, (step, self.edited)
        self.steps[step], self.edited = done, []
        return done


@pytest.fixture(scope="module")
def second_pass(whole, tmp_path_factory):
    """A model, features, a stress test, a check and an answer of one's own, and a second pass."""
    project = tmp_path_factory.mktemp("new user") / "study"
    shutil.copytree(whole, project)
    user = NewUser(project)
    user.edits("study/models.py", "n_estimators=40, min_samples_leaf=3", "n_estimators=30")
    user.did("change a model")
    user.did("add a model", "add", "model", "small_forest")
    words = ("--of", "gas_mass", "--of", "temperature")
    user.did("add a feature", "add", "feature", "y_x", *words)
    user.edits("study/features.py", "Return the product of its columns", "Return Y_X")
    user.did("say what it is")
    user.did("add a column", "add", "feature", "hot_gas", "--table", *words)
    user.did("add a stress test", "add", "stress", "mixed_up")
    user.did("add a check", "add", "check", "gaps")
    user.did("ask", "add", "answer", "forest")
    user.edits("notebooks/05_diagnose.ipynb", '"TODO"', '"A forest is a second opinion."')
    user.did("answer")
    reason = ("--reason", "to see what it says", "--anyway", "a trial of the commands", "--yes")
    user.did("second pass", "release", *reason)
    return user


def test_each_thing_a_new_user_does_is_one_command_that_works(second_pass):
    """Nothing is edited twice, nothing ends in a traceback, and the loop comes to its end."""
    for step, done in second_pass.steps.items():
        assert done is None or done.returncode in (0, 1), (step, done.stdout, done.stderr)
    said = second_pass.steps["second pass"].stdout
    assert "Failed:" not in said and "Pass 3 is complete." in said, said


def test_what_was_added_shows_where_it_should(second_pass):
    """The rung in 04, the feature in the model file, the test in 06, the check, and the answer."""
    project = second_pass.project
    rungs = (project / "results" / "04_train" / "ladder.csv").read_text(encoding="utf-8")
    map_of_use = (project / "results" / "06_stress_test" / "safe_unsafe.csv").read_text("utf-8")
    rows = {row["id"]: row for row in read(project, "checks.json")}
    manifest = (project / "results" / "01_scoping" / "manifest.csv").read_text(encoding="utf-8")

    assert "\nsmall forest," in rungs and ",mixed up," in map_of_use and "\nhot_gas," in manifest
    assert (rows["study.gaps"]["state"], rows["study.gaps"]["notebook"]) == ("pass", "05_diagnose")
    page = (project / "report" / "index.html").read_text(encoding="utf-8")
    assert "A forest is a second opinion." in page and "study.gaps" in page


def test_a_new_column_needed_no_new_test_set(second_pass):
    """The same rows go by the same name; the ledger says what came."""
    ledger = second_pass.project / "data" / "sealed" / "ledger.jsonl"
    events = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    sealed = [event for event in events if event["event"] == "sealed"]

    assert len({event["content"] for event in sealed}) == 1
    assert [event.get("reason") for event in sealed] == [None, "the same rows, with hot_gas"]
    assert sum(event["event"] == "opened" for event in events) == 1


def test_a_feature_survives_the_way_to_a_stranger(second_pass, tmp_path):
    """From the zip, in an empty folder: the code of the study is trusted, or it is refused."""
    (parcel,) = (second_pass.project / "release").glob("*.zip")
    rows = pd.read_parquet(second_pass.project / "data" / "raw" / "survey.parquet").head(20)
    rows = rows.assign(hot_gas=rows["gas_mass"] * rows["temperature"])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    words = ("predict", "rows.csv", "--release", parcel, "--out", "said.csv")
    machinery = {"PYTHONPATH": str(TEMPLATE)}  # without a `study`

    refused = boxloop(tmp_path, *map(str, words), env=machinery)
    assert refused.returncode == 2 and "study/features.py" in refused.stderr, refused.stderr
    done = boxloop(tmp_path, *map(str, words), "--trust-code", env=machinery)
    assert done.returncode == 0, done.stdout + done.stderr
    said = pd.read_csv(tmp_path / "said.csv")
    assert len(said) == 20 and said[["prediction", "low", "high"]].notna().all().all()


def test_waive_and_compare(second_pass):
    """What is open is waived with a reason, and two passes stand side by side."""
    failing = [r["id"] for r in read(second_pass.project, "checks.json") if r["state"] == "fail"]
    assert "answers.traceable" in failing, "the numbers of the prose are those of another model"
    reason = "The prose is that of the worked example, and nobody has written a new one."
    waived = second_pass.did("waive", "waive", "answers.traceable", "--reason", reason)
    assert waived.returncode == 0, waived.stderr
    compared = second_pass.did("compare", "compare")
    assert compared.returncode == 0 and "rmse" in compared.stdout.lower(), compared.stderr
