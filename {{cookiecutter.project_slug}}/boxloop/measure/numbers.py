"""Numbers as a reader wants them: as many digits as their interval carries."""

from __future__ import annotations

import math
from typing import Any, TypeGuard


def decimals(*intervals: Any) -> int:
    """Return how many decimals the narrowest half-width carries: two digits below 3, else one."""
    widths = [
        (i["high"] - i["low"]) / 2 for i in intervals if is_interval(i) and i["high"] > i["low"]
    ]
    if not widths:
        return 3
    power = math.floor(math.log10(min(widths)))
    digits = 1 if min(widths) / 10**power >= 2.95 else 2
    return min(max(digits - 1 - power, 0), 6)


def is_number(value: Any) -> bool:
    """Return whether `value` is a number that can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_interval(entry: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether `entry` holds a value and both ends of its interval."""
    return isinstance(entry, dict) and all(
        is_number(entry.get(key)) for key in ("value", "low", "high")
    )


def text(value: float, places: int) -> str:
    """Return a number with a proper minus sign."""
    return f"{value:.{places}f}".replace("-", "−")


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
