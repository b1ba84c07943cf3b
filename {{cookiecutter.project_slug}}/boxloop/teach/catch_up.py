"""`boxloop catch-up NN`: a group that is behind starts where everybody starts."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes
from boxloop.base.places import STATIONS
from boxloop.record import reference
from boxloop.record.results import refresh
from boxloop.record.status import is_complete, status
from boxloop.run.lock import lock
from boxloop.run.reset import reset
from boxloop.teach.course import FILE

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


def catch_up(project: Project, number: str) -> list[str]:
    """Put what was run into ``attic/``, and the reference of the chapters before NN in its place.

    Notebooks, study and the states of exercises stay as they are.

    Raises
    ------
    UserError
        If there is no such chapter, nothing before it, or the project has no reference.
    """
    chapter = _chapter(number)
    if not reference.folder_of(project).is_dir():
        msg = (
            "There is no reference/ here to catch up with: `boxloop workshop` puts one into "
            "workshop/student, once `boxloop run` is through."
        )
        raise UserError(msg)
    before = list(STATIONS[: STATIONS.index(chapter)])
    reference.refuse_damaged(project, before)
    attic = _put_away(project, chapter)
    with lock(project):
        reference.lay(project, before)
        refresh(project)
    lines = [f"What was run before is in {project.relative(attic)}."] if attic else []
    first = f"01 to {before[-1][:2]}" if len(before) > 1 else "01"
    lines += [
        f"In place: {first}, {reference.WHY}. Your notebooks and exercises are as they were.",
        f"Next: open notebooks/{chapter}.ipynb, or `boxloop run --only {chapter[:2]}`.",
    ]
    if chapter == STATIONS[-1]:
        lines[-1] = (
            "Next: `boxloop run`. The reference has no test set, so 08 needs a loop of your own."
        )
    return lines


def _chapter(number: str) -> str:
    """Return the chapter that a number or name means.

    Raises
    ------
    UserError
        If there is none, or no chapter comes before it.
    """
    found = [name for name in STATIONS if number in (name, name[:2], name[1:2])]
    if not found:
        msg = f"There is no chapter {number!r}: choose one from 02 to 08."
        raise UserError(msg)
    if found[0] == STATIONS[0]:
        msg = "01 is the first chapter and needs nothing: choose one from 02 to 08."
        raise UserError(msg)
    return found[0]


def _put_away(project: Project, chapter: str) -> Path | None:
    """Move what was run to the attic, states of exercises apart; None where nothing was run."""
    states = project.results / FILE
    kept = states.read_bytes() if states.is_file() else None
    if not any(project.results.glob("*/station.json")) and not project.sealed_file.exists():
        for name in STATIONS:  # what a run has left that did not end
            shutil.rmtree(project.station(name), ignore_errors=True)
        return None
    try:
        return reset(project, f"catch-up {chapter[:2]}: started from {reference.WHY}").attic
    finally:
        if kept is not None and not states.exists():
            with suppress(OSError):
                write_bytes(states, kept)


def give_along(project: Project, folders: list[Path]) -> list[str]:
    """Write the reference into editions, where the loop is done; return what is to be said."""
    if not is_complete(project, None):
        rows = [row for row in status(project) if row.state != "done" or row.smoke]
        why = f"{rows[0].name}: {rows[0].detail or rows[0].state}"
        remedy = "`boxloop run`, then this command again, and every chapter starts alone."
        return [f"No reference goes along ({why}): {remedy}"]
    sizes = [reference.write(project, folder) for folder in folders]
    size = max(sizes) / 1e6
    return [f"Written: reference/ of 01 to 07, {size:.1f} MB, from which every chapter starts."]
