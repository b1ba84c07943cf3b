"""The status: what is done, and why the rest is not."""

import pytest
from fake_loop import make_project

from boxloop.record.status import is_complete, status
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def silent(text):
    """Take the progress lines."""


def states(project):
    return {row.name[:2]: row.state for row in status(project)}


def detail(project, number):
    return next(row.detail for row in status(project) if row.name.startswith(number))


ALL = ["01", "02", "03", "04", "05"]


def test_never_run_then_done(project, quick):
    """Before and after the first run."""
    assert states(project) == dict.fromkeys(ALL, "never run")
    run(project, echo=silent)
    assert states(project) == dict.fromkeys(ALL, "done")


def test_a_failure_and_what_hangs_on_it(tmp_path, quick):
    """The failed cell is named; what needs it was never run."""
    project = make_project(tmp_path, faults={"03_train": "raise ValueError('too hot')"})
    run(project, echo=silent)

    assert states(project) == {
        "01": "done",
        "02": "done",
        "03": "failed",
        "04": "done",
        "05": "never run",
    }
    assert detail(project, "03") == "cell work: ValueError: too hot"


def test_a_changed_file_makes_stale_what_needs_it(project, quick):
    """The maker and the users of the file, and what hangs on them; not the rest."""
    run(project, echo=silent)
    (project.root / "results/03_train/model.txt").write_text("other", encoding="utf-8")

    assert states(project) == {
        "01": "done",
        "02": "done",
        "03": "stale",
        "04": "done",
        "05": "stale",
    }
    assert detail(project, "05") == "results/03_train/model.txt changed"


def test_a_missing_file_is_named(project, quick):
    """As gone, not as changed."""
    run(project, echo=silent)
    (project.root / "results/04_look/look.txt").unlink()

    assert detail(project, "04") == "results/04_look/look.txt is gone"


def test_a_changed_notebook_is_stale_with_what_follows(project, quick):
    """04 is a branch of its own and stays."""
    run(project, echo=silent)
    path = project.notebooks / "03_train.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("# 03_train", "# Fit"), encoding="utf-8"
    )

    assert states(project) == {
        "01": "done",
        "02": "done",
        "03": "stale",
        "04": "done",
        "05": "stale",
    }
    assert detail(project, "03") == "the notebook changed"
    assert detail(project, "05") == "03_train is not done"


@pytest.mark.parametrize("name", ["study.toml", "study/data.py"])
def test_changed_settings_or_science_make_all_stale(project, quick, name):
    """Every copy says with which settings and science it was executed."""
    run(project, echo=silent)
    with (project.root / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert states(project) == dict.fromkeys(ALL, "stale")
    assert detail(project, "01") == f"{name} changed"


def test_line_ends_are_no_change(project, quick):
    """A checkout on Windows is not a new study."""
    run(project, echo=silent)
    text = project.settings_file.read_bytes()
    project.settings_file.write_bytes(text.replace(b"\n", b"\r\n"))

    assert states(project) == dict.fromkeys(ALL, "done")


def test_quick_numbers_are_done_but_not_complete(project, quick):
    """The row says that it was a smoke run."""
    run(project, smoke=True, echo=silent)

    assert detail(project, "01") == "smoke run"
    assert not is_complete(project, None)


def test_an_interrupted_notebook_is_stale(project, quick):
    """A notebook voids its station file when it begins and writes it when it ends."""
    run(project, echo=silent)
    (project.station("04_look") / "station.json").unlink()

    assert detail(project, "04") == "its last run was interrupted"


def test_a_notebook_run_by_hand(project, quick):
    """Its results are there; the report has no copy."""
    run(project, echo=silent)
    (project.executed / "04_look.ipynb").unlink()

    assert "run by hand" in detail(project, "04")


@pytest.mark.parametrize(
    "text", ["{", "", "[]", "null", '{"needs": 3}', '{"needs": {}, "makes": []}']
)
def test_a_damaged_station_file_makes_stale(project, quick, text):
    """It is no error: the notebook runs again."""
    run(project, echo=silent)
    (project.station("04_look") / "station.json").write_text(text, encoding="utf-8")

    assert detail(project, "04") == "results/04_look/station.json is damaged"
    assert run(project, echo=silent).ok
    assert states(project)["04"] == "done"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "[]",
        '{"cells": [3]}',
        '{"cells": [{"outputs": 1}]}',
        '{"cells": [], "metadata": 2}',
    ],
)
def test_a_damaged_copy_makes_stale(project, quick, text):
    """What the report would show is not there: the notebook runs again."""
    run(project, echo=silent)
    (project.executed / "04_look.ipynb").write_text(text, encoding="utf-8")

    assert detail(project, "04") == "report/notebooks/04_look.ipynb is damaged"
    assert run(project, echo=silent).ok
    assert states(project)["04"] == "done"
