"""Check of the predictions: each is scored, and none was written after its result was known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from boxloop.notebooks.beliefs import OPEN, RIGHT, WRONG

from .core import Finding, NotApplicable, Unanswered, check
from .power import counted

MOST = 3  # named in the sentence; the table of 07 lists all
_FAULTS = ("late", "withdrawn")
_STATES = (RIGHT, WRONG, OPEN)


@check(
    "log.predictions",
    notebook="07_failures_log",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §2.1, §2.3 (p-hacking); Kerr 1998",
    fix="Put bound and address of a prediction back as they were before its result; drop one that "
    "was written after it, or write it for a number that is still to come. One at which no result "
    "stands needs the address of one that does.",
)
def predictions(
    rows: Iterable[Mapping[str, Any]], *, threshold: float
) -> Finding | NotApplicable | Unanswered:
    """Every registered prediction is scored, and none was altered after its result.

    Parameters
    ----------
    rows : list of dict
        As from `boxloop.record.predictions.scored`: ``id``, ``of``, ``state``, ``note`` and
        ``waits`` (whether 08 measures it).

    Notes
    -----
    Nobody has to predict: a study that registers nothing explores, and may say so. A sentence that
    claims a prediction all the same is accused by `answers.traceable`. A wrong prediction is no
    fault.
    """
    rows, power = list(rows), counted("one prediction")
    if not rows:
        return NotApplicable("No prediction is registered, so no sentence may claim one.")
    bad = [row for row in rows if row["state"] in _FAULTS]
    if len(bad) > threshold:
        are = "1 prediction is" if len(bad) == 1 else f"{len(bad)} predictions are"
        message = f"{are} none that was made before its result: {_named(bad)}."
        return Finding(len(bad), passed=False, message=message, power=power)
    silent = [row for row in rows if row["state"] == "not measured" and not row.get("waits")]
    if silent:
        are = "1 prediction is" if len(silent) == 1 else f"{len(silent)} predictions are"
        return Unanswered(f"{are} not scored: {_named(silent)}.", len(silent))
    return Finding(len(bad), passed=True, message=_counted(rows), power=power)


def _named(rows: list[Mapping[str, Any]]) -> str:
    shown = "; ".join(f"'{row['id']}' ({row['note']})" for row in rows[:MOST])
    return shown + (f"; and {len(rows) - MOST} more" if len(rows) > MOST else "")


def _counted(rows: list[Mapping[str, Any]]) -> str:
    states = [row["state"] for row in rows]
    parts = [f"{states.count(state)} {state}" for state in _STATES if state in states]
    if waiting := states.count("not measured"):
        parts.append(f"{waiting} to be scored in 08")
    them = "1 prediction was" if len(rows) == 1 else f"{len(rows)} predictions were"
    return f"{them} registered before the result: {', '.join(parts)}."
