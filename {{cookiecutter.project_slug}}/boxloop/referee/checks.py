"""The checks that need no sealed row, asked again of what the chapters have kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from boxloop.referee.asked import reasons
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count, text

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "checks"
WHERE = "results/checks.json"


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which checks find something else now, and which cannot be asked, and why."""
    from boxloop.record.again import recomputed

    rows = recomputed(sent.project.root, sent.settings)
    for row in (row for row in rows if row["agrees"] is False):
        then, now = (
            f"{text(row[f'{before}state'])} {text(row[f'{before}value'])}"
            for before in ("recorded_", "")
        )
        said = f"{row['id']} of {row['notebook']}: {row['why_not']}."
        yield Finding(PART, DIFFERS, said, WHERE, ((row["id"], then, now),))
    yield from _set_aside(sent)
    again = [row for row in rows if row["agrees"]]
    yield Finding(PART, AGREES, f"{count(len(again), 'check')} found again.", WHERE)
    lost = [row for row in rows if row["agrees"] is None]
    if lost:
        said = f"{count(len(lost), 'check')} could not be asked again without the study's code."
        # Reasons that several have in common come first.
        often = Counter(row["why_not"] for row in lost)
        lost.sort(key=lambda row: (-often[row["why_not"]], row["why_not"], row["id"]))
        values = tuple((row["id"], text(row["why_not"], most=200), "") for row in lost)
        yield Finding(PART, CANNOT_TELL, said, WHERE, values)


def _set_aside(sent: Sent) -> Iterator[Finding]:
    """Yield which checks are set aside for another reason than the notebook gives in its code."""
    for chapter in sent.chapters:
        given = reasons(sent, chapter)
        where = f"results/{chapter}/checks.json"
        for row in sent.json(where, list):
            name, told = (
                (row.get(key) for key in ("id", "reason")) if isinstance(row, dict) else 2 * [""]
            )
            if row.get("set_aside") and name in given and told not in given[name]:
                said = (
                    f"{name} of {chapter} is set aside for another reason than the notebook gives."
                )
                yield Finding(
                    PART, DIFFERS, said, where, ((name, text(told), text(given[name][0])),)
                )
