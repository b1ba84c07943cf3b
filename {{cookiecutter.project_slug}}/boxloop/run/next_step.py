"""What to do next: the first thing that the state of a project asks for, and the command for it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.written import says_something
from boxloop.notebooks import under_git
from boxloop.parcel.state import state_lines
from boxloop.record.obstacles import obstacles
from boxloop.record.results import read_checks
from boxloop.record.status import status
from boxloop.record.verdict import ANSWERS, failing_words, waiting_words
from boxloop.settings.load import load_settings
from boxloop.split.seal import openings, read_ledger

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.record.status import Row


def next_lines(project: Project) -> list[str]:
    """Return one or two lines: where the study stands, and what to type.

    In this order: git, a table, a run, what failed, what is out of date, checks that fail, words
    that are waited for, the release, and what comes after it.

    Raises
    ------
    UserError
        If study.toml or a notebook is not valid: then that is the next thing to mend.
    """
    if said := under_git.trouble(project.root):
        return [said]
    if _waits_for_a_table(project):
        return [
            "No table of yours is here yet.",
            "Next: `boxloop adopt FILE --target COLUMN` takes one in.",
        ]
    settings = load_settings(project.settings_file)
    state = state_lines(project)
    if lines := _run(status(project, parameters={})) or _checks(read_checks(project)):
        return [*lines, *state]
    if state:
        return [*state, *_after(state)]
    if _opened(project):
        return [
            "The test set is open, and no release is written.",
            "Next: `boxloop release --reason TEXT` writes it.",
        ]
    if in_the_way := obstacles(project, settings):
        return [f"Before a release: {in_the_way[0]}", "Then: `boxloop run`."]
    return [
        "Everything is settled.",
        "Next: `boxloop release --reason TEXT` opens the test set, once, and writes `release/`.",
    ]


def _waits_for_a_table(project: Project) -> bool:
    """Return whether study.toml is the one that waits for `boxloop adopt`."""
    try:
        data = tomllib.loads(project.settings_file.read_text(encoding="utf-8-sig")).get("data")
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and not says_something(str(data.get("table", "-")))


def _run(rows: list[Row]) -> list[str]:
    """Return what is to be run, if anything."""
    if all(row.state == "never run" for row in rows):
        return ["Nothing was run yet.", "Next: `boxloop run` goes once round the loop."]
    if failed := [row for row in rows if row.state == "failed"]:
        first = failed[0]
        return [f"{first.name} failed, {first.detail}.", "Next: mend it, then `boxloop run`."]
    behind = [row for row in rows if row.state != "done" or row.smoke]
    if not behind:
        return []
    others = f" and {len(behind) - 1} more are" if len(behind) > 1 else " is"
    why = behind[0].detail or behind[0].state
    return [f"{behind[0].name}{others} out of date ({why}).", "Next: `boxloop run`."]


def _checks(rows: list[dict]) -> list[str]:
    """Return what fails without a waiver, or else what waits for a person's words."""
    failing = [row["id"] for row in rows if row["state"] == "fail"]
    if failing:
        waive = f"`boxloop waive {failing[0]} --reason TEXT` lets it stand for a reason"
        return [
            f"{failing_words(rows)}, {failing[0]} first.",
            f"Next: `boxloop check` says what to do; {waive}.",
        ]
    if not (words := waiting_words(rows)):
        return []
    if any(row["id"] == ANSWERS and row["state"] == "unanswered" for row in rows):
        return [f"{words}.", "Next: `boxloop answers` lists them; they are written in notebooks/."]
    return [f"{words}.", "Next: `boxloop check` says which, and what they ask for."]


def _opened(project: Project) -> bool:
    try:
        return bool(openings(read_ledger(project)))
    except UserError:
        return False


def _after(state: list[str]) -> list[str]:
    """Return what comes after a release; where the study has changed, that is said already."""
    if "of before" in state[0]:
        return ["Next: `boxloop compare` shows what has changed."]
    upload = "`boxloop export --to zenodo` prepares the upload"
    return [f"Next: `boxloop referee release` checks it; {upload}."]
