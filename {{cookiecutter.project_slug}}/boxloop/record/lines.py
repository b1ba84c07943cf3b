"""What the commands `status`, `check` and `compare` say of a project, line by line."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.notebooks import needed, under_git
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.folder import sort_notebooks
from boxloop.record import sheets, verdict
from boxloop.record.excused import author_words
from boxloop.record.health import losses, notices
from boxloop.record.passes import last_pass
from boxloop.record.results import read_checks, read_verdict, refresh
from boxloop.record.status import status
from boxloop.split.key import handed_over
from boxloop.split.locked import Past
from boxloop.split.seal import last, read_ledger, trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxloop.base.places import Project
    from boxloop.record.status import Row


OPEN_STATES = ("fail", "unanswered")
NONE = "No check is open."


def status_lines(project: Project) -> list[str]:
    """Return what is done, what is stale and why, the seal and the pass."""
    rows = status(project, parameters={})
    with suppress(OSError):  # nobody may write here: what is there has to do
        refresh(project, rows)
    lines = [
        f"{row.name.replace('_', ' '):<18} {row.state:<10} {row.detail}".rstrip() for row in rows
    ]
    lines += [*sort_notebooks(project).others, *losses(project), *notices(project)]
    lines += filter(None, [under_git.trouble(project.root)])
    lines.append(f"Seal: {_seal_words(project)}.")
    newest = last_pass(project)
    words = "none complete yet"
    if newest is not None:
        facts = [newest["time"][:10], "released" if newest["released"] else "", newest["note"]]
        words = f"{newest['number']} ({', '.join(filter(None, facts))})"
    waits = verdict.open_words(_checks_so_far(project))
    lines += [f"Pass: {words}.", *([f"Open: {waits}."] if waits else [])]
    lines += needed.waiting_lines(_answers(project)) if newest else []
    return [*lines, verdict.line(read_verdict(project))]


def _answers(project: Project) -> list[dict]:
    """Return the answers; none where a notebook cannot be read, which a run says."""
    try:
        return read_answers(project)
    except UserError:
        return []


def _checks_so_far(project: Project) -> list[dict]:
    """Return the rows of ``checks.json``; none where it is damaged, which a run mends."""
    try:
        return read_checks(project)
    except UserError:
        return []


def closing_lines(project: Project) -> list[str]:
    """Return what the checks of a run come to: those that fail or wait, and last the verdict."""
    checks, found = read_checks(project), read_verdict(project)
    lines = []
    failing = [row["id"] for row in checks if row["state"] == "fail"]
    for names, words in (
        (failing, verdict.failing_words(checks)),
        (verdict.waiting_ids(checks), verdict.waiting_words(checks)),
    ):
        if names:
            lines.append(f"{words}: {', '.join(names)}.")
    lines += sheets.needless_lines(checks)
    known = {row["id"] for row in checks}
    limited = found is not None and found["state"] == "limited"
    if limits := [name for name in (found or {}).get("because", []) if limited and name in known]:
        lines.append(f"Limited by {', '.join(limits)}.")
    return [*lines, verdict.line(found)]


def _seal_words(project: Project) -> str:
    """Return how it stands with the test set and its openings."""
    if trouble(project):
        return "broken, see above"
    events = read_ledger(project)
    past = Past(events)
    times = past.words + (f"; {past.entry_words}" if past.entry_words else "")
    if not last(events, "sealed"):
        return f"no test set yet, {times}"
    there = (
        "sealed"
        if project.sealed_file.exists()
        else "sealed, and its file is missing: 03 writes the same rows again"
    )
    there += ", its key handed over" if handed_over(events) else ""
    return f"{there}, {times}"


class Review:
    """A sheet of the last run, and what is open in it.

    Parameters
    ----------
    project : Project
    sheet : str
        Its name, see `boxloop.record.sheet_file`.

    Raises
    ------
    UserError
        If nothing was run yet, the results are damaged, or there is no such sheet.
    """

    def __init__(self, project: Project, sheet: str) -> None:
        checks = read_checks(project)
        if not checks:
            msg = "Nothing was run yet, so there is nothing to check: `boxloop run` first."
            raise UserError(msg)
        undone = [row for row in status(project) if row.state != "done" or row.smoke]
        old = {row.name for row in undone}
        known = {"appendix-a": sheets.appendix_a, "reforms": sheets.reforms}
        fill = known.get(sheet) or partial(sheets.filled, name=sheet)
        self.rows = fill(project, old=old)
        self.open = [row for row in checks if row["state"] in OPEN_STATES]
        self.old = [row for row in checks if row["notebook"] in old and row not in self.open]
        checks = [row for row in checks if row["notebook"] not in old]
        self.waived = [row for row in checks if row["state"] == "waived"]
        self.unsure = [row for row in checks if row["state"] == "cannot-tell"]
        self.passed = [row for row in checks if row["state"] == "pass" and row.get("power")]
        self.stale = [row for row in checks if row.get("stale_waiver")]
        self.on_word = [row for row in checks if author_words(row)]
        self.answers = read_answers(project)
        self.items = [row["item"] for row in self.rows if row["state"] in OPEN_STATES]
        self.broken = [*losses(project), *map(_not_done, undone)]
        self.verdict = read_verdict(project)

    @property
    def is_open(self) -> bool:
        """Whether a check or an item of the sheet is open, or results are not to be relied on."""
        return bool(self.open or self.items or self.broken)

    def lines(self, form: str) -> list[str]:
        """Return the sheet and what is open as a table, ``"markdown"`` or ``"json"``."""
        text = sheets.render(self.rows, form)
        if form == "json":
            both = {
                "sheet": json.loads(text),
                "open": self.open,
                **{
                    name.replace(" ", "_"): [row["notebook"] + "." + row["id"] for row in rows]
                    for name, rows in needed.waiting(self.answers).items()
                },
                "cannot_tell": self.unsure,
                "passed": self.passed,
                "waived": self.waived,
                "stale_waivers": self.stale,
                "on_the_authors_word": self.on_word,
                "out_of_date": self.old,
                "broken": self.broken,
                "verdict": self.verdict,
            }
            return json.dumps(both, indent=1, ensure_ascii=False).split("\n")
        waivers = sheets.waiver_lines(self.waived, self.stale, form)
        lines = [*text.rstrip().split("\n"), "", *open_lines(self.open, form, self.items)]
        if waits := needed.waiting_lines(self.answers, form):
            lines += ["", *waits]
        many = len(self.unsure)
        lines += sight_lines(f"{_checks(many)} cannot tell:", self.unsure, form)
        lines += [*sight_lines(f"{_checks(len(self.passed))} passed:", self.passed, form), *waivers]
        lines += sheets.word_lines(self.on_word, form)
        if self.broken:
            lines += ["", "Not to be relied on:", *self.broken]
        if self.old:
            names = ", ".join(row["id"] for row in self.old)
            lines.append(f"What their checks found does not count: {names}.")
        return [*lines, "", verdict.line(self.verdict)]


def _not_done(row: Row) -> str:
    """Return one sentence on a notebook whose checks are not those of today."""
    if row.state == "done":
        return f"{row.name} has quick numbers, which are no results: run `boxloop run`."
    words = {"failed": "failed", "stale": "is out of date"}.get(row.state, "was never run")
    detail = f" ({row.detail})" if row.detail else ""
    mend = "mend that cell, then" if row.state == "failed" else "run"
    return f"{row.name} {words}{detail}: {mend} `boxloop run`."


def open_lines(open_checks: list[dict], form: str, items: Sequence[str] = ()) -> list[str]:
    """Return the lines that name each open check, where it is, and what to do.

    Parameters
    ----------
    items : sequence of str
        The items of the sheet that are open, whatever they are open by.
    """
    if not open_checks:
        count = f"{len(items)} {'item' if len(items) == 1 else 'items'} of the sheet"
        return [f"No check is open, but {count} above: {', '.join(items)}."] if items else [NONE]
    bullet = "- " if form == "markdown" else "  "
    said = verdict.open_words(open_checks)
    heading = f"{said[0].upper()}{said[1:]}:"
    lines = [heading, ""] if form == "markdown" else [heading]
    for row in open_checks:
        remedy = f" Remedy: {row['fix']}" if row.get("fix") else ""
        lines.append(
            f"{bullet}{row['id']} ({row['notebook']}, {row['state']}): {row['message']}{remedy}"
        )
    return lines


def _checks(count: int) -> str:
    return f"{count} {'check' if count == 1 else 'checks'}"


def sight_lines(heading: str, rows: list[dict], form: str) -> list[str]:
    """Return the lines that say of each check what it would have seen; none without rows."""
    if not rows:
        return []
    bullet, gap = ("- ", [""]) if form == "markdown" else ("  ", [])
    said = [(row["id"], row["notebook"], row.get("power") or row["message"]) for row in rows]
    return ["", heading, *gap, *(f"{bullet}{name} ({home}): {words}" for name, home, words in said)]
