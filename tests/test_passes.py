"""Passes: one per completed round with changed inputs."""

import json

import pytest
from fake_loop import make_project

from boxloop.base.files import write_json, write_text
from boxloop.record.passes import all_passes, damaged, last_pass
from boxloop.run.loop import run
from boxloop.split.seal import append, read_ledger

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def silent(text):
    """Take the progress lines."""


def test_the_same_inputs_are_the_same_pass(project, quick):
    """Twice the same is one pass; the note of the later run is kept."""
    run(project, note="first", echo=silent)
    assert run(project, echo=silent).pass_number == 1
    assert last_pass(project)["note"] == "first"
    run(project, note="again", echo=silent)

    assert [found["number"] for found in all_passes(project)] == [1]
    assert last_pass(project)["note"] == "again"


@pytest.mark.parametrize("changed", ["settings", "science", "notebook", "parameter"])
def test_changed_inputs_are_a_new_pass(project, quick, changed):
    """Settings, science, a notebook or a parameter."""
    run(project, echo=silent)
    files = {
        "settings": (project.settings_file, "\n# changed\n"),
        "science": (project.study / "data.py", "A = 1\n"),
    }
    if changed in files:
        path, text = files[changed]
        path.write_text(
            (path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8"
        )
    if changed == "notebook":
        path = project.notebooks / "02_split.ipynb"
        path.write_text(
            path.read_text(encoding="utf-8").replace("# 02_split", "# Divide"), encoding="utf-8"
        )
    outcome = run(project, sets=["extra=2"] if changed == "parameter" else [], echo=silent)

    assert outcome.pass_number == 2
    assert (project.passes / "002.json").is_file()


def test_numbers_and_states_are_kept(project, quick):
    """What was measured on every set, the state of every check, and what was tried."""
    values = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}
    sets = {"validation": {"n_rows": 9, "metrics": {"rmse": values, "bias": {}}}}
    write_json(project.metrics_file, {"primary": {"name": "rmse"}, "criteria": [], "sets": sets})
    write_text(
        project.station("04_train") / "attempts.csv",
        "name,rmse,chosen\nridge,0.2,False\ntrees,0.1,True\n",
    )
    write_json(project.checks_file, [{"id": "a.b", "state": "pass"}])
    run(project, echo=silent)
    found = last_pass(project)

    assert found["metrics"] == {"primary": {"name": "rmse"}, "criteria": []}
    assert found["checks"] == {"a.b": "pass"}
    assert found["released"] is False
    assert found["sets"] == {"validation": values}
    assert found["attempts"] == [
        {"name": "ridge", "score": "0.2", "chosen": False},
        {"name": "trees", "score": "0.1", "chosen": True},
    ]


def test_a_released_pass_stays_released(project, quick):
    """The reason is no input; what the test set said stands while nothing changes."""
    run(project, echo=silent)
    run(project, release_reason="for the paper", echo=silent)
    assert last_pass(project)["released"]
    run(project, echo=silent)

    assert [(found["number"], found["released"]) for found in all_passes(project)] == [(1, True)]


def test_a_released_pass_outlives_a_plain_rerun_of_the_release(project, quick):
    """Run again without a reason.

    It was released all the same, and what the test set said stays in it.
    """
    values = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}
    write_json(
        project.metrics_file,
        {
            "primary": {"name": "rmse", "set": "test"},
            "sets": {"test": {"metrics": {"rmse": values}}},
        },
    )
    run(project, release_reason="for the paper", echo=silent)
    write_json(project.checks_file, [{"id": "a.b", "state": "fail"}])
    run(project, only="05", echo=silent)
    found = last_pass(project)
    assert (found["number"], found["released"], found["checks"]) == (1, True, {"a.b": "fail"})

    write_json(project.metrics_file, {"primary": {"name": "rmse", "set": "validation"}, "sets": {}})
    assert run(project, only="05", echo=silent).pass_number == 1
    assert last_pass(project) == found


def test_no_pass_for_quick_numbers_a_part_or_a_failure(project, quick, tmp_path):
    """A smoke run, also when only its rest is run properly, and a failed run."""
    assert run(project, smoke=True, echo=silent).pass_number is None
    assert run(project, start="3", echo=silent).pass_number is None
    assert run(project, echo=silent).pass_number == 1
    broken = make_project(tmp_path / "broken", faults={"04_look": "raise ValueError"})
    assert run(broken, echo=silent).pass_number is None


@pytest.mark.parametrize(
    "text", ["{", "", "[]", "3", '{"number": "x"}', '{"number": 1, "checks": []}']
)
def test_a_damaged_newest_pass_is_made_again(project, quick, text):
    """Under its number, from the results that are there, also where nothing else changed."""
    run(project, note="first", echo=silent)
    path = project.passes / "001.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    outcome = run(project, echo=silent)

    assert outcome.ok and outcome.pass_number == 1
    after = json.loads(path.read_text(encoding="utf-8"))
    assert {**after, "time": ""} == {**before, "time": "", "note": ""}


def test_a_damaged_earlier_pass_is_named_and_stops_nothing(project, quick):
    """The others stand; the numbers go on; deleting it, as the sentence says, ends the matter."""
    run(project, echo=silent)
    project.settings_file.write_text(
        project.settings_file.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8"
    )
    run(project, echo=silent)
    (project.passes / "001.json").write_text("{", encoding="utf-8")
    lines = []

    assert run(project, echo=lines.append).ok
    assert (
        lines[-1]
        == "results/passes/001.json is damaged: restore it from your last commit, or delete it."
    )
    assert [found["number"] for found in all_passes(project)] == [2]
    (project.passes / "001.json").unlink()
    assert run(project, echo=silent).pass_number == 2
    assert damaged(project) == []


def test_a_deleted_newest_pass_is_not_taken_for_the_one_before(project, quick):
    """Pass 2 is deleted: the results are not those of pass 1, and nobody says so."""
    run(project, echo=silent)
    project.settings_file.write_text(
        project.settings_file.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8"
    )
    run(project, echo=silent)
    (project.passes / "002.json").unlink()

    assert run(project, echo=silent).pass_number == 2
    assert (project.passes / "002.json").is_file()


def test_a_pass_that_says_other_numbers_is_brought_up_to_date(project, quick):
    """Whoever edits a number of the newest pass has it back after the next run."""
    run(project, echo=silent)
    path = project.passes / "001.json"
    before = path.read_bytes()
    write_json(path, json.loads(before) | {"checks": {"a.b": "pass"}})
    run(project, echo=silent)

    assert json.loads(path.read_text(encoding="utf-8"))["checks"] == json.loads(before)["checks"]


def test_a_pass_holds_the_last_hash_of_the_ledger(project, quick):
    """So that lines which vanish from the ledger are missed."""
    append(project, "trained", criteria=[])
    run(project, echo=silent)

    assert last_pass(project)["ledger"] == read_ledger(project)[-1]["chain"]
