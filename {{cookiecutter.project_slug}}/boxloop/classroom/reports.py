"""What may come in from a student: states of exercises and of checks, and nothing else."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from boxloop.base.errors import UserError

STATES = ("right", "wrong", "not-begun")
CHECK_STATES = ("pass", "fail", "waived", "cannot-tell", "not-applicable", "unanswered")
MOST, LONGEST, MOST_TRIES = 100, 300, 100_000
_NUMBER, _CHECK = re.compile(r"[1-9]\d?\.[1-9]\d?"), re.compile(r"[a-z_]+\.[a-z0-9_.-]{1,60}")


def read_report(sent: Any) -> dict:
    """Return what a student has sent, as it is kept.

    Parameters
    ----------
    sent : dict
        As it came: ``exercises`` of ``results/exercises.json``, ``checks`` with a state by id, and
        whether ``help`` is asked for.

    Raises
    ------
    UserError
        If it is anything else.
    """
    exercises, checks = sent.get("exercises", {}), sent.get("checks", {})
    if not all(isinstance(one, dict) and len(one) <= 2 * MOST for one in (exercises, checks)):
        _refuse("exercises and checks")
    kept = {str(number): _exercise(number, one) for number, one in exercises.items()}
    if any(not isinstance(state, str) or state not in CHECK_STATES for state in checks.values()):
        _refuse("a check")
    # A study may call checks of its own as it likes; they are not told of.
    known = {name: state for name, state in checks.items() if _CHECK.fullmatch(name)}
    return {"exercises": kept, "checks": known, "help": sent.get("help") is True}


def _exercise(number: Any, one: Any) -> dict:
    """Return the state of an exercise: which, how often it was tried, what was said."""
    if not isinstance(one, dict) or not _NUMBER.fullmatch(str(number)):
        _refuse("an exercise")
    tries, said = one.get("tries"), one.get("said", "")
    is_count = type(tries) is int and 0 <= tries <= MOST_TRIES
    if one.get("state") not in STATES or not is_count or not isinstance(said, str):
        _refuse(f"exercise {number}")
    return {"state": one["state"], "tries": tries, "said": " ".join(said.split())[:LONGEST]}


def _refuse(what: str) -> NoReturn:
    msg = (
        f"The room does not understand what it was sent of {what}: run the cell `check` of the "
        "exercise again, and then this one."
    )
    raise UserError(msg)
