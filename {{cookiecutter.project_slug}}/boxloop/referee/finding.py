"""What a referee finds: one row for each thing that was looked at, and how values are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boxloop.base.files import plain

# What became of a thing that was looked at. Only one that differs speaks against a release.
AGREES, DIFFERS, CANNOT_TELL = "agrees", "differs", "cannot tell"
# The parts of a judgement in their order, each with what it asks.
PARTS = {
    "files": "Is every file the one that the manifest names, and is there no other?",
    "sources": "Are code, settings, notebooks and answers those that the results were made with?",
    "model": "Does the model load safely, and say what is stored?",
    "numbers": "Does every number follow from the stored predictions, and the verdict from them?",
    "words": "Do paper, cards and the cover of the report say what the results say?",
    "checks": "Do the checks find the same again, where no sealed row is needed?",
    "ledger": "Does the ledger hold together, and do releases and passes agree with it?",
    "environment": "Do the files that name versions name the same ones?",
    "rerun": "Does the loop, run again, find the same?",
}
# Numbers that were computed again on another machine agree to so many digits.
CLOSE, TINY = 1e-9, 1e-12
SHOWN = 60  # letters of a value in a sentence


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    part : str
        One of `PARTS`.
    state : {"agrees", "differs", "cannot tell"}
    said : str
        One sentence.
    where : str
        The file in the release that it is about, or nothing.
    values : tuple of (name, stored, found)
        What differs, one by one.
    needed : bool
        Whether the release is not borne out where this cannot be told.
    """

    part: str
    state: str
    said: str
    where: str = ""
    values: tuple[tuple[str, str, str], ...] = ()
    needed: bool = False


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield address and value of everything in nested tables and lists, in their order."""
    items: Any = None
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    if not items:
        if at or items is None:
            yield at, value
        return
    for key, inner in items:
        yield from leaves(inner, f"{at}.{key}" if at else str(key))


def same(one: Any, two: Any, *, close: float = CLOSE) -> bool:
    """Return whether two values are one, numbers up to the last digits."""
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (one, two)]
    if all(numbers):
        return math.isclose(one, two, rel_tol=close, abs_tol=TINY)
    return type(one) is type(two) and one == two


ABSENT = object()


def differences(stored: Any, found: Any, *, close: float = CLOSE) -> list[tuple[str, str, str]]:
    """Return what differs between two nested tables: address, stored and found value as text."""
    then, now = dict(leaves(plain(stored))), dict(leaves(plain(found)))
    return [
        (at, text(then.get(at, ABSENT)), text(now.get(at, ABSENT)))
        for at in {**then, **now}
        if not same(then.get(at, ABSENT), now.get(at, ABSENT), close=close)
    ]


def text(value: Any, *, most: int = SHOWN) -> str:
    """Return a value in a few letters: a number with all its digits, a text shortened."""
    if value is ABSENT:
        return "nothing"
    words = repr(value) if isinstance(value, float) else str(value)
    return words if len(words) <= most else f"{words[: most - 1]}…"


def around(one: Any, two: Any) -> tuple[str, str]:
    """Return two texts as they are near the first letter in which they differ."""
    one, two = " ".join(str(one).split()), " ".join(str(two).split())
    at = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    first = max((min(len(one), len(two)) if at is None else at) - 20, 0)
    before = "…" if first else ""
    return text(before + one[first:]), text(before + two[first:])


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``"1 file"``, ``"2 files"``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
