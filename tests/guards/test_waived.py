"""What study.toml says about a check reaches the notebook that asks it."""

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
here.finish()
"""
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


def found(project, table=""):
    """Add a table to study.toml, run, and return what became of the notebook and of the check."""
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write(table)
    (result,) = run(project, echo=lambda _: None).results
    rows = {row["id"]: row for row in read_json(project.checks_file)}
    return result.state, rows["log.explained"]


def test_a_waiver_of_the_study_waives_and_its_change_asks_again(project):
    """Without one it is open; with one the notebook runs again, and the row says why."""
    state, row = found(project)
    assert (state, row["state"]) == ("ok", "unanswered")

    state, row = found(project, '\n[waivers]\n"log.explained" = "the oven is gone"\n')
    assert (state, row["state"], row["reason"]) == ("ok", "waived", "the oven is gone")
    assert "stale_waiver" not in row


@pytest.mark.parametrize(
    ("waiver", "says"),
    [('"log.explained" = " "', "needs a reason"), ('"log.explaned" = "x"', "does not exist")],
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
    waived = '[waivers]\n"log.explained" = "the oven is gone"\n'

    assert found(project, allowed + waived)[1]["stale_waiver"] is True
