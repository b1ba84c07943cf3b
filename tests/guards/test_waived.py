"""What study.toml says about a check reaches the notebook that asks it."""

import re
import sys

import pytest
from fake_loop import cell, make_project, write_notebook

from boxloop.base.errors import UserError
from boxloop.base.files import read_json
from boxloop.run.loop import run
from boxloop.settings.load import load_settings

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

ASKS = """
from boxloop.record.station import Station
here = Station("01_scoping", smoke=smoke)
here.check("log.explained", [{"about": "oven"}, {"about": "fuse", "explanation": "too thin"}])
here.check("log.complete", ["oven"], [])
here.finish()
"""


def waived(reason, at, check="log.explained"):
    """Return the table with one waiver."""
    bound = "" if at is None else f", at = {at}"
    return f'\n[waivers]\n"{check}" = {{ reason = "{reason}"{bound} }}\n'


TITLE = {"display_name": "Python 3", "language": "python", "name": "python3"}


@pytest.fixture
def project(tmp_path, quick, monkeypatch):
    """One notebook that asks one check, which fails."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "study", raising=False)
    project = make_project(tmp_path, graph={})
    cells = [
        cell("code", "parameters", "smoke = False", ["parameters"]),
        cell("code", "ask", ASKS),
    ]
    facts = {"needs": [], "makes": [], "minutes": {"read": 1, "run": 1}}
    content = {"metadata": {"boxloop": facts, "kernelspec": TITLE}, "nbformat": 4}
    write_notebook(project, "01_scoping", content | {"nbformat_minor": 5, "cells": cells})
    yield project
    sys.modules.pop("study", None)


def found(project, table="", check="log.explained"):
    """Add a table to study.toml, run, and return what became of the notebook and of the check."""
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write(table)
    (result,) = run(project, echo=lambda _: None).results
    rows = {row["id"]: row for row in read_json(project.checks_file)}
    return result.state, rows[check]


def test_a_waiver_of_the_study_waives_and_its_change_asks_again(project):
    """Without one it is open; with one the notebook runs again, and the row says why."""
    state, row = found(project)
    assert (state, row["state"]) == ("ok", "unanswered")

    state, row = found(project, waived("the oven is gone, alas", 1))
    assert (state, row["state"], row["reason"]) == ("ok", "waived", "the oven is gone, alas")
    assert row["waived_at"] == 1 and "stale_waiver" not in row


@pytest.mark.parametrize(
    ("waiver", "says"),
    [
        ('"log.explained" = { reason = "the oven broke", at = 1 }', "needs a reason of 4 words"),
        ('"log.explained" = { reason = "the oven - TODO why", at = 1 }', "needs a reason"),
        ('"log.explained" = { at = 1 }', "reason is missing"),
        ('"log.explained" = { reason = "the oven is gone", at = inf }', "finite"),
        ('"log.explained" = { reason = "the oven is gone", upto = 1 }', "upto is not known"),
        ('"log.explaned" = { reason = "the oven is gone", at = 1 }', "does not exist"),
        ('"log.explaned" = "the oven is gone"', "does not exist"),
        ('"log.explained" = "the oven is gone"', "type `boxloop waive log.explained --reason TEXT"),
    ],
)
def test_a_waiver_has_a_reason_and_a_check(project, waiver, says):
    """One sentence, with which every command begins."""
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write(f"\n[waivers]\n{waiver}\n")
    with pytest.raises(UserError, match=says):
        load_settings(project.settings_file)


def test_a_threshold_of_the_study_replaces_the_registered_one(project):
    """One row without a reason is allowed, and the row says so."""
    found(project)
    state, row = found(project, '\n[thresholds]\n"log.explained" = 1\n')

    assert (state, row["state"], row["threshold"]) == ("ok", "pass", 1)


def test_a_waiver_that_is_not_needed_is_named(project):
    """The check passes by its threshold, so nobody needs the waiver."""
    allowed = '\n[thresholds]\n"log.explained" = 1\n'
    row = found(project, allowed + waived("the oven is gone, alas", 1))[1]

    assert row["stale_waiver"] is True and "waived_at" not in row


def test_a_waiver_is_open_again_when_more_is_broken(project):
    """Two numbers in one sentence; the same or less broken is covered."""
    row = found(project, waived("nothing was silent, and one is now", 0))[1]

    assert (row["state"], row["reason"]) == ("unanswered", "")
    assert "waived at 0 and is 1 now (known exactly): that is worse" in row["message"]


def test_a_waiver_without_a_value_is_for_checks_without_one(project):
    """Here there is a value, and the row says what to add."""
    row = found(project, waived("the oven is gone, alas", None, "log.complete"), "log.complete")[1]

    assert row["state"] == "fail" and "add at = 1 to it in study.toml" in row["message"]


def test_the_short_form_is_refused_with_the_line_to_write(project):
    """After a run the value is known; the line is taken as it is, and waives."""
    found(project)
    text = project.settings_file.read_text(encoding="utf-8")
    short = '\n[waivers]\n"log.explained" = "the \\"oven\\" is gone"\n'
    project.settings_file.write_text(text + short, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load_settings(project.settings_file)

    line = re.search(r"write (.+) instead", str(refused.value))[1]
    assert line == '"log.explained" = { reason = "the \\"oven\\" is gone", at = 1 }'
    project.settings_file.write_text(text, encoding="utf-8")
    assert found(project, f"\n[waivers]\n{line}\n")[1]["state"] == "waived"


def test_a_check_that_no_notebook_asks_can_be_waived(project):
    """It stands in no notebook, so study.toml alone says why; what does not apply needs none."""
    found(project, waived("this study has no rows", None, "split.groups"))
    rows = {row["id"]: row for row in read_json(project.checks_file)}

    assert rows["split.groups"]["state"] == "waived"
    assert "stale_waiver" not in rows["log.explained"]
