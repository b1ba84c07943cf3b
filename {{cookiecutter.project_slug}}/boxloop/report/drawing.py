"""Where things lie in the two drawings of the cover: Box's loop, and the headline's intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boxloop.measure.numbers import decimals, is_interval, is_number, text, ticks, told

if TYPE_CHECKING:
    from boxloop.notebooks.graph import Chapter


RADIUS = 190
SMALLEST, LARGEST = 4.5, 7.0  # half widths of a marker
PHASES = (("build", 1.0), ("compute", 3.0), ("criticise", 4.5), ("learn", 6.5))
ROLES = ("trivial", "reference", "model")


def _at(place: float, radius: int, places: int = 8) -> tuple:
    """Return the point at `place` (0 is the first station, clockwise) on a circle of `places`.

    Stations sit at half steps: the loop has a gap on top where one pass ends and the next begins.
    """
    angle = -math.pi / 2 + (place + 0.5) * 2 * math.pi / places
    return round(radius * math.cos(angle), 1), round(radius * math.sin(angle), 1)


def loop_drawing(chapters: list[Chapter]) -> dict:
    """Return the loop as coordinates for ``loop.svg.j2``.

    Parameters
    ----------
    chapters : list of boxloop.report.chapters.Chapter

    Returns
    -------
    dict
        ``stations`` (point, side of the label, chapter), ``arrows`` (point, degrees), ``phases``.
    """
    stations = []
    for place, chapter in enumerate(chapters):
        x, y = _at(place, RADIUS, len(chapters))
        stations.append({"x": x, "y": y, "side": 1 if x > 0 else -1, "chapter": chapter})
    arrows = []
    for place in range(len(chapters)):
        x, y = _at(place + 0.5, RADIUS, len(chapters))
        arrows.append({"x": x, "y": y, "angle": round((place + 1) * 360 / len(chapters))})
    phases = [
        {"word": word, "x": x, "y": y} for word, place in PHASES for x, y in [_at(place, 118)]
    ]
    return {"radius": RADIUS, "stations": stations, "arrows": arrows, "phases": phases}


def interval_drawing(primary: dict, *, width: Any = 640, margin: Any = 26) -> dict | None:
    """Return trivial baseline, domain reference and model on one axis, for ``intervals.svg.j2``.

    Parameters
    ----------
    primary : dict
        The entry ``primary`` of ``metrics.json``.

    Returns
    -------
    dict or None
        None where there is no number to draw.
    """
    shown = {role: primary[role] for role in ROLES if _value(primary.get(role)) is not None}
    if not shown:
        return None
    ends = [number for entry in shown.values() for number in _ends(entry)]
    low, high = min(ends), max(ends)
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    places = decimals(*shown.values())

    def x(number: float) -> float:
        return round(margin + (width - 2 * margin) * (number - low) / (high - low), 1)

    marks, digits = ticks(low, high)
    rows = [_mark(role, entry, x, places) for role, entry in shown.items()]
    axis = [{"x": x(mark), "text": text(mark, digits)} for mark in marks]
    return {"width": width, "margin": margin, "rows": rows, "ticks": axis}


def _value(entry: Any) -> float | None:
    return entry["value"] if isinstance(entry, dict) and is_number(entry.get("value")) else None


def _ends(entry: dict) -> tuple:
    return (
        (entry["low"], entry["value"], entry["high"]) if is_interval(entry) else (entry["value"],)
    )


def _mark(role: str, entry: dict, x: Callable, places: int) -> dict:
    ends = _ends(entry)
    words = told(entry, places) if is_interval(entry) else text(entry["value"], places)
    return {
        "role": role,
        "words": words,
        "x": x(entry["value"]),
        "low": x(ends[0]),
        "high": x(ends[-1]),
        "size": _size(x(ends[0]), x(entry["value"]), x(ends[-1])),
    }


def _size(low: float, value: float, high: float) -> float:
    """Return half the width of a marker that leaves both ends of its interval in sight."""
    if low == high:
        return LARGEST
    return round(min(max(min(value - low, high - value) - 2, SMALLEST), LARGEST), 1)
