"""Numbers as a reader wants them: as many digits as their interval carries."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, TypeGuard

SIGNIFICANT = 5  # figures of a number that a reader takes in
MOST = 6  # decimals
NO_SPREAD = "no spread"  # every draw says the same


def decimals(*intervals: Any) -> int:
    """Return how many decimals of numbers that stand together are told.

    Half of the narrowest interval has two digits where it begins below 3, else one; and no number
    has more than five figures for an interval that is narrower still.
    """
    places = [_places(i) for i in intervals if is_interval(i) and i["high"] > i["low"]]
    return max(places, default=3)


def _places(entry: dict[str, Any]) -> int:
    half = (entry["high"] - entry["low"]) / 2
    largest = max(abs(entry[key]) for key in ("value", "low", "high"))
    if not half or not largest:  # narrower than a number of a computer can be
        return 3
    power = math.floor(math.log10(half))
    digits = 1 if half / 10**power >= 2.95 else 2
    sense = SIGNIFICANT - 1 - math.floor(math.log10(largest))
    return max(min(digits - 1 - power, sense, MOST), 0)


def ends(entry: dict[str, Any], places: int, form: str = "{} to {}") -> str:
    """Return the interval of `entry` in words; one that no digit shows is told by its width.

    Parameters
    ----------
    entry : dict
        With ``low`` and ``high``.
    places : int
        Decimals.
    form : str
        With two places for the ends.

    Examples
    --------
    >>> ends({"low": 0.094, "high": 0.1081}, 3)
    '0.094 to 0.108'
    >>> ends({"low": 0.9999998, "high": 0.9999999}, 4)
    'narrower than 0.0001'
    """
    if entry["low"] == entry["high"]:
        return NO_SPREAD
    low, high = text(entry["low"], places), text(entry["high"], places)
    return form.format(low, high) if low != high else f"narrower than {10.0**-places:.{places}f}"


def told(entry: Any, places: int | None = None, form: str = "{} ({} to {})") -> str:
    """Return a value with its interval: the one place where the two are written together.

    Parameters
    ----------
    entry : dict
        With ``value``, ``low`` and ``high``.
    places : int, optional
        Decimals, where numbers of a table have them together; by the interval otherwise.
    form : str
        With three places, the last two between brackets.

    Examples
    --------
    >>> told({"value": 0.1, "low": 0.094, "high": 0.1081})
    '0.100 (0.094 to 0.108)'
    """
    if not is_interval(entry):
        return short(entry.get("value")) if isinstance(entry, dict) else short(entry)
    places = decimals(entry) if places is None else places
    value, _, inner = form.partition(" ")
    between = ends(entry, places, inner[1:-1])
    return f"{value.format(text(entry['value'], places))} {inner[0]}{between}{inner[-1]}"


def is_number(value: Any) -> bool:
    """Return whether `value` is a number that can be drawn."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_interval(entry: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether `entry` holds a value and both ends of its interval."""
    return isinstance(entry, dict) and all(
        is_number(entry.get(key)) for key in ("value", "low", "high")
    )


def text(value: float, places: int) -> str:
    """Return a number with a proper minus sign, zero without one."""
    words = f"{value:.{places}f}"
    return (words.lstrip("-") if float(words) == 0 else words).replace("-", "−")


def short(value: float | str | None) -> str:
    """Return any number with four significant digits, anything else as text."""
    if not is_number(value):
        return "" if value is None else str(value)
    return f"{value:.4g}".replace("-", "−")


def ticks(low: float, high: float, *, wanted: Any = 5) -> tuple:
    """Return round numbers from `low` to `high`, about `wanted` of them, and their decimals."""
    raw = (high - low) / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    count = math.floor(high / step) - first + 1
    return [(first + i) * step for i in range(count)], max(0, -math.floor(math.log10(step) + 1e-9))
