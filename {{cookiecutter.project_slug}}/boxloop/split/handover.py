"""The key goes to somebody else: a supervisor, a teacher, or the secrets of CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.provenance import was_committed
from boxloop.split.key import (
    HANDED_OVER,
    VARIABLE,
    Key,
    facts_of,
    handed_over,
    key_beside,
    write_key,
)
from boxloop.split.seal import append, last, lost_key, read_ledger, trouble

if TYPE_CHECKING:
    from boxloop.base.places import Project


def hand_over(project: Project, file: Path) -> list[str]:
    """Move the key to a file outside of the project, and return what to do next, line by line.

    Raises
    ------
    UserError
        If there is nothing to hand over, or no place for it.
    """
    key = _key_to_hand_over(project)
    file = Path(file).absolute()
    if file.resolve().is_relative_to(project.root.resolve()):
        msg = f"{file} lies inside the project, where the key is now: name a file outside of it."
        raise UserError(msg)
    if not file.parent.is_dir():
        msg = f"There is no folder {file.parent}: make it, or name a file in another one."
        raise UserError(msg)
    try:
        write_key(file, key)
    except FileExistsError:
        msg = f"{file} is there already and may hold another key: name a new file."
        raise UserError(msg) from None
    try:
        append(project, HANDED_OVER, key=key.name, to=file.name)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    project.key_file.unlink()
    ledger, name = project.relative(project.ledger_file), project.relative(project.key_file)
    lines = [
        f"The key {key.name} of the test set is in {file} and no longer in this project.",
        "Give that file to whoever decides about the release, and delete it here.",
        "With it, `boxloop release --reason TEXT --key KEYFILE` opens the test set.",
        f"In CI, keep its text as a secret and hand that to the variable {VARIABLE}.",
        f"Commit {ledger}, which says so now.",
    ]
    if was_committed(project.root, name):
        lines.append(f"{name} is in the history of git: whoever has that has the key.")
    return lines


def _key_to_hand_over(project: Project) -> Key:
    """Return the key beside the ledger, if it opens the test set."""
    events = read_ledger(project)
    if handed := handed_over(events):
        msg = (
            f"The key was handed over before ({str(handed.get('time'))[:10]}, to a file "
            f"{handed.get('to')}): ask whoever has it."
        )
        raise UserError(msg)
    if last(events, "sealed") is None or not project.sealed_file.exists():
        msg = "There is no sealed test set here yet: run `boxloop run` first."
        raise UserError(msg)
    if problem := trouble(project):
        raise UserError(problem)
    with held_open():
        facts, key = facts_of(project), key_beside(project)
    if not facts:
        msg = (
            f"{project.relative(project.sealed_file)} is from before test sets were encrypted: "
            "run `boxloop run --only 03` first, which encrypts it."
        )
        raise UserError(msg)
    if key is None or key.name != facts.get("key"):
        raise UserError(lost_key(project))
    return key
