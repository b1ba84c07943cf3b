"""What the commands `status`, `check` and `compare` say of a project, line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.notebooks.folder import sort_notebooks
from boxloop.record import sheets
from boxloop.record.health import losses, notices
from boxloop.record.passes import all_passes, last_pass
from boxloop.record.results import read_checks
from boxloop.record.status import status
from boxloop.split.key import handed_over
from boxloop.split.seal import last, openings, read_ledger, trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxloop.base.places import Project
    from boxloop.record.status import Row


OPEN_STATES = ("fail", "unanswered")


def status_lines(project: Project) -> list[str]:
    """Return what is done, what is stale and why, the seal and the pass."""
    lines = [
        f"{row.name.replace('_', ' '):<18} {row.state:<10} {row.detail}".rstrip()
        for row in status(project, parameters={})
    ]
    lines += [*sort_notebooks(project).others, *losses(project), *notices(project)]
    lines.append(f"Seal: {_seal_words(project)}.")
    newest = last_pass(project)
    if newest is None:
        return [*lines, "Pass: none complete yet."]
    words = [newest["time"][:10], "released" if newest["released"] else "", newest["note"]]
    return [*lines, f"Pass: {newest['number']} ({', '.join(filter(None, words))})."]


def _seal_words(project: Project) -> str:
    """Return how it stands with the test set and its openings."""
    if trouble(project):
        return "broken, see above"
    events = read_ledger(project)
    times = f"opened {_times(len(openings(events)))}"
    if last(events, "lost"):
        known = sum(event.get("openings", 0) for event in events)
        times += f"; {_times(known)} or more in an earlier ledger, which was lost"
    if not last(events, "sealed"):
        return f"no test set yet, {times}"
    there = (
        "sealed"
        if project.sealed_file.exists()
        else "sealed, and its file is missing: 03 writes the same rows again"
    )
    there += ", its key handed over" if handed_over(events) else ""
    return f"{there}, {times}"


def _times(count: int) -> str:
    return f"{count} {'time' if count == 1 else 'times'}"


class Review:
    """A sheet of the last run, and what is open in it.

    Parameters
    ----------
    project : Project
    sheet : {"appendix-a", "reforms"}

    Raises
    ------
    UserError
        If nothing was run yet, or the results are damaged.
    """

    def __init__(self, project: Project, sheet: str) -> None:
        checks = read_checks(project)
        if not checks:
            msg = "Nothing was run yet, so there is nothing to check: `boxloop run` first."
            raise UserError(msg)
        self.rows = {"appendix-a": sheets.appendix_a, "reforms": sheets.reforms}[sheet](project)
        self.open = [row for row in checks if row["state"] in OPEN_STATES]
        self.waived = [row for row in checks if row["state"] == "waived"]
        self.unsure = [row for row in checks if row["state"] == "cannot-tell"]
        self.passed = [row for row in checks if row["state"] == "pass" and row.get("power")]
        self.stale = [row for row in checks if row.get("stale_waiver")]
        undone = [_not_done(row) for row in status(project) if row.state != "done"]
        self.broken = [*losses(project), *undone]

    @property
    def is_open(self) -> bool:
        """Whether a check or an item of the sheet is open, or results are not to be relied on."""
        items = any(row["state"] in OPEN_STATES for row in self.rows)
        return bool(self.open or items or self.broken)

    def lines(self, form: str) -> list[str]:
        """Return the sheet and what is open as a table, ``"markdown"`` or ``"json"``."""
        text = sheets.render(self.rows, form)
        if form == "json":
            both = {
                "sheet": json.loads(text),
                "open": self.open,
                "cannot_tell": self.unsure,
                "passed": self.passed,
                "waived": self.waived,
                "stale_waivers": self.stale,
                "broken": self.broken,
            }
            return json.dumps(both, indent=1, ensure_ascii=False).split("\n")
        waivers = sheets.waiver_lines(self.waived, self.stale, form)
        lines = [*text.rstrip().split("\n"), "", *open_lines(self.open, form)]
        many = len(self.unsure)
        lines += sight_lines(f"{_checks(many)} cannot tell:", self.unsure, form)
        lines += [*sight_lines(f"{_checks(len(self.passed))} passed:", self.passed, form), *waivers]
        return [*lines, "", "Not to be relied on:", *self.broken] if self.broken else lines


def _not_done(row: Row) -> str:
    """Return one sentence on a notebook whose checks are not those of today."""
    words = {"failed": "failed", "stale": "is out of date"}.get(row.state, "was never run")
    detail = f" ({row.detail})" if row.detail else ""
    mend = "mend that cell, then" if row.state == "failed" else "run"
    return f"{row.name} {words}{detail}: {mend} `boxloop run`."


def open_lines(open_checks: list[dict], form: str) -> list[str]:
    """Return the lines that name each open check, where it is, and what to do."""
    if not open_checks:
        return ["No check is open."]
    bullet = "- " if form == "markdown" else "  "
    heading = f"{len(open_checks)} open {'check' if len(open_checks) == 1 else 'checks'}:"
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


def compare_lines(project: Project, numbers: Sequence[str] = ()) -> list[str]:
    """Return passes side by side; without numbers, all of them and what the last one changed.

    Raises
    ------
    UserError
        If there is no such pass, or none at all.
    """
    from boxloop.record.history import listing, side_by_side, table

    passes = all_passes(project)
    if not passes:
        msg = "No pass is complete yet, so there is nothing to compare: `boxloop run` first."
        raise UserError(msg)
    if not numbers:
        return listing(table(passes))
    if len(numbers) > 2:
        msg = f"{len(numbers)} passes were named: name one or two."
        raise UserError(msg)
    by_number = {str(past["number"]): past for past in passes}
    wanted = [number.lstrip("0") or "0" for number in numbers]
    for number in wanted:
        if number not in by_number:
            msg = f"There is no pass {number}: there are {', '.join(by_number)}."
            raise UserError(msg)
    one, two = (by_number[number] for number in [*wanted, str(passes[-1]["number"])][:2])
    rows = side_by_side(one, two)
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [
        f"{label:<{widths[0]}}  {left:<{widths[1]}}  {right}".rstrip()
        for label, left, right in rows
    ]
    same = rows[-1][0].partition(":")[0] != "check"
    return [*lines, "No check has changed its state."] if same else lines
