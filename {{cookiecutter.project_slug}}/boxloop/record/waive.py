"""Write a waiver into ``study.toml``, bound to what the check found in the last run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes
from boxloop.base.written import FEWEST_WORDS, gives_a_reason, nearest
from boxloop.record.results import NOT_ASKED, read_checks

if TYPE_CHECKING:
    from boxloop.base.places import Project

OPEN = ("fail", "unanswered", "waived")  # a waiver may be written anew, with the value of today


@dataclass(frozen=True)
class Waived:
    """The lines that were written and replaced, and the chapter that asks again, if one does."""

    line: str
    notebook: str | None
    before: str = ""


def waive(project: Project, check_id: str, reason: str) -> Waived:
    """Write ``"check.id" = { reason = "…", at = … }`` into ``[waivers]``, and nothing else.

    Raises
    ------
    UserError
        If there is no such check, it is not open in the results, the reason is too short, or the
        table is written in a way that cannot be followed; study.toml is what it was then.
    """
    from boxloop.checks.waiver import line_of
    from boxloop.settings.edit import with_waiver
    from boxloop.settings.load import parse_settings

    row, reason = _open_row(project, check_id), " ".join(reason.split())
    if not gives_a_reason(reason):
        msg = (
            f"'{reason}' is no reason to waive {check_id}: say in {FEWEST_WORDS} words or more "
            "why the fault does no harm here."
        )
        raise UserError(msg)
    path, value = project.settings_file, row.get("value")
    line = line_of(check_id, reason, value if isinstance(value, int | float) else None)
    old = path.read_bytes().decode("utf-8")
    mark = "\ufeff" if old.startswith("\ufeff") else ""
    new = with_waiver(old.removeprefix(mark), check_id, line)
    if new is None:
        msg = f"{path.name} has no plain table [waivers]: write {line} below such a line yourself."
        raise UserError(msg)
    had = parse_settings(old.removeprefix(mark), path).waivers.get(check_id)
    parse_settings(new, path)
    write_bytes(path, (mark + new).encode("utf-8"))
    missed = str(row.get("message")).startswith(NOT_ASKED)
    before = line_of(check_id, had.reason, had.at) if had else ""
    return Waived(line, None if missed else row.get("notebook"), before if before != line else "")


def _open_row(project: Project, check_id: str) -> dict:
    """Return what the last run found of a check, if that is something to waive."""
    from boxloop.checks import REGISTRY
    from boxloop.checks.own import know

    know(project.root)
    if check_id not in REGISTRY:
        near = nearest(check_id, REGISTRY)
        them = f"the nearest name is {near}" if near else "`boxloop check --format json` has them"
        msg = f"No check is called '{check_id}': {them}."
        raise UserError(msg)
    rows = {row.get("id"): row for row in read_checks(project)}
    if check_id not in rows:
        msg = f"{check_id} was not asked yet: `boxloop run` first."
        raise UserError(msg)
    row = rows[check_id]
    if (state := row.get("state")) not in OPEN:
        msg = f"{check_id} is '{state}' in the last run: there is nothing to waive."
        raise UserError(msg)
    return row
