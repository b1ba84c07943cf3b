"""What is wrong with a project apart from its science, said by all commands alike."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.notebooks.folder import sort_notebooks
from boxloop.notebooks.graph import upstream
from boxloop.record import passes
from boxloop.record.release import lost_numbers
from boxloop.split.seal import begins_anew, read_ledger, trouble

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter


def notices(project: Project) -> list[str]:
    """Return sentences on records that a run could not mend, and that stop nothing."""
    found = passes.damaged(project)
    with suppress(UserError):  # a damaged ledger is told as one; a damaged release.json stops 08
        found += [lost] if (lost := lost_numbers(project)) else []
    return found


def losses(project: Project) -> list[str]:
    """Return sentences on what makes the results as a whole untrue until it is mended."""
    return [*sort_notebooks(project).losses, *filter(None, [trouble(project)])]


def refuse_a_damaged_ledger(
    project: Project, chapters: list[Chapter], selected: list[Chapter]
) -> None:
    """Let nothing run on a ledger that is damaged or lost, but for what may begin another.

    That is the chapter that seals, with those before it, and only where it was asked for.

    Raises
    ------
    UserError
    """
    ledger = project.relative(project.ledger_file)
    sealing = {chapter.name for chapter in chapters if ledger in chapter.makes}
    for chapter in reversed(chapters):  # each after those that it needs
        sealing |= upstream(chapter, chapters) if chapter.name in sealing else set()
    if begins_anew(project) and {chapter.name for chapter in selected} <= sealing:
        return
    read_ledger(project)
