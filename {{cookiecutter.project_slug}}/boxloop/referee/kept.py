"""What passes keep of one another, and the last one of the tables and figures of the chapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from boxloop.record.passes import hash_of, left
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "ledger"
PASSES = "results/passes"


def look(sent: Sent, passes: list[dict]) -> Iterator[Finding]:
    """Yield whether each pass follows the one before it, and what was edited since the last.

    Parameters
    ----------
    sent : Sent
    passes : list of dict
        All passes, oldest first.
    """
    yield from _chain(sent, passes)
    yield from _left(sent, passes[-1])


def _chain(sent: Sent, passes: list[dict]) -> Iterator[Finding]:
    """Yield which passes follow others than those that are there."""
    for one in (past for past in passes if past.get("follows")):
        number, before = one["number"], one["number"] - 1
        if hash_of(sent.project, before) != one["follows"]:
            said = (
                f"Pass {number} followed another pass than what is there as pass {before}: "
                "passes were removed, renumbered or edited."
            )
            yield Finding(PART, DIFFERS, said, f"{PASSES}/{number:03d}.json")


def _left(sent: Sent, last: dict) -> Iterator[Finding]:
    """Yield which tables and figures are others than the last pass has taken down.

    What is not shared is not there, and none that is there may be new.
    """
    kept, now = last.get("left"), left(sent.project)
    where = f"{PASSES}/{last['number']:03d}.json"
    if not isinstance(kept, dict):
        said = f"Pass {last['number']} took no tables and figures down: a second run compares them."
        yield Finding(PART, CANNOT_TELL, said, where)
        return
    other = [name for name, value in now.items() if kept.get(name) != value]
    for name in other:
        said = f"{name} is not the one that pass {last['number']} has taken down."
        yield Finding(PART, DIFFERS, said, name)
    if now and not other:
        said = f"{count(len(now), 'table or figure', 'tables and figures')} as the last pass had."
        yield Finding(PART, AGREES, said, where)
