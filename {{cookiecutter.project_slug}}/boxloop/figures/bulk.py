"""Axes that show the bulk of some values, and say how many lie outside.

A column may span ten decades, or hold one value that is a million times all others. Which axis
shows it is decided here alone: linear, logarithmic, or linear about zero and logarithmic beyond
(the inverse hyperbolic sine of Lupton et al. 1999), and from where to where.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boxloop.base.style import log_ticks, tick_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

BINS = 20
FULL = 6.0  # so many of them filled evenly, and a linear axis shows what there is to see
FEW, FAR = 3.0, 1000.0  # so few are filled, from one end to another so far away: a few points
DECADE = 10.0  # a smaller ratio needs no logarithm
BETTER, MUCH_BETTER = 1.2, 1.5
ROOM = 0.5  # a tail of at most this part of the bulk is shown to its end
MARGIN = 0.04
LONG, LEAST = 8, 3  # of numbers with more signs, such as Julian dates, three have room
HUGE = 1e150  # a float that is larger is no measurement, and has no room for a margin


@dataclass(frozen=True)
class Bulk:
    """An axis for some values: its scale, and its ends.

    Parameters
    ----------
    scale : {"linear", "log", "asinh"}
    low, high : float
    width : float
        Within it an ``asinh`` axis is linear.
    """

    scale: Literal["linear", "log", "asinh"]
    low: float
    high: float
    width: float = 1.0

    def beyond(self, values: Any) -> np.ndarray:
        """Return which values lie outside, shape (n,); one that is missing does not."""
        found = _numbers(values)
        with np.errstate(invalid="ignore"):
            return (found < self.low) | (found > self.high)

    def words(self, *columns: Any, what: str = "row") -> str:
        """Return ``"12 rows lie outside"``, empty if none does; columns of the same rows."""
        count = int(np.any([self.beyond(values) for values in columns], axis=0).sum())
        return f"{count:,} {what}{' lies' if count == 1 else 's lie'} outside" if count else ""

    def note(self, ax: Axes, *columns: Any, what: str = "row") -> None:
        """Write into the corner of a panel how many lie outside of it, if any do."""
        if words := self.words(*columns, what=what):
            look: dict[str, Any] = {"transform": ax.transAxes, "va": "top", "fontsize": 9}
            ax.text(0.03, 0.98, words, **look)

    def bins(self, count: int = BINS) -> np.ndarray:
        """Return the edges of bins that are equally wide on this axis, shape (count + 1,)."""
        ends = _scaled(np.array([self.low, self.high]), self.scale, self.width)
        edges = _unscaled(np.linspace(ends[0], ends[1], count + 1), self.scale, self.width)
        edges[[0, -1]] = self.low, self.high
        return edges

    def show(self, *axes: Axis, most: int = 5) -> None:
        """Give matplotlib axes, such as ``ax.xaxis``, this scale, these ends and few ticks."""
        ticks, words = self.ticks(most)
        for axis in axes:
            which = str(getattr(axis, "axis_name", "x"))
            options = {"linear_width": self.width} if self.scale == "asinh" else {}
            getattr(axis.axes, f"set_{which}scale")(self.scale, **options)
            getattr(axis.axes, f"set_{which}lim")(self.low, self.high)
            axis.set_ticks(ticks, labels=words)
            axis.set_ticks([], minor=True)

    def ticks(self, most: int = 5) -> tuple[list[float], list[str]]:
        """Return at most so many places for ticks, and what is written at them."""
        if self.scale == "linear":
            from matplotlib.ticker import MaxNLocator

            round_steps = MaxNLocator(max(most - 1, 1), steps=[1, 2, 2.5, 5, 10])
            found = round_steps.tick_values(self.low, self.high)
            slack = 1e-9 * (self.high - self.low)
            places = [x for x in map(float, found) if self.low - slack <= x <= self.high + slack]
            words = tick_words(places)
            if most > LEAST and any("$" not in word and len(word) > LONG for word in words):
                return self.ticks(LEAST)
            return places, words
        if self.scale == "log":
            return log_ticks(self.low, self.high, most=most)
        places = _asinh_ticks(self, most)
        return places, tick_words(places)


def find_bulk(*sets: Any) -> Bulk:
    """Return the axis on which the bulk of every set of values is seen.

    The bulk leaves out one row in two hundred at either end, and at least three. A logarithm is
    taken where it fills the axis more evenly; a tail is shown to its end if it takes less room
    than half of the bulk, and is cut off else.

    Parameters
    ----------
    *sets : arrays of numbers
        Such as a column in training and in deployment rows. What is not finite, or as good as
        not, is passed over.
    """
    there = [found[np.abs(found) < HUGE] for found in map(_numbers, sets)]
    there = [found for found in there if len(found)]
    if not there:
        return Bulk("linear", 0.0, 1.0)
    ends = [_quantiles(found) for found in there]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    known = np.concatenate(there)
    if known.min() == known.max():
        room = abs(known.min()) / 10 or 1.0
        return Bulk("linear", float(known.min() - room), float(known.max() + room))
    scale, width = _chosen(known, low, high)
    first, last = _ends(known, low, high, scale, width)
    return Bulk(scale, first, last, width)


def _numbers(values: Any) -> np.ndarray:
    """Return values as floats, shape (n,); what is no number is missing."""
    import pandas as pd

    return pd.to_numeric(pd.Series(np.ravel(values)), errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )


def _part(size: int) -> float:
    """Return which part of so many values is no bulk, at either end."""
    return min(max(3 / size, 0.005), 0.1)


def _quantiles(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the bulk of one set; where they meet, those of all its values."""
    part = _part(len(values))
    low = float(np.quantile(values, part, method="higher"))
    high = float(np.quantile(values, 1 - part, method="lower"))
    return (low, high) if low < high else (float(values.min()), float(values.max()))


def _chosen(
    values: np.ndarray, low: float, high: float
) -> tuple[Literal["linear", "log", "asinh"], float]:
    """Return the scale on which the bulk fills most bins, and the linear width of ``asinh``."""
    inside = values[(values >= low) & (values <= high)]
    size = np.abs(inside[inside != 0])
    width = float(np.quantile(size, 0.25)) if len(size) else 1.0
    plain = _filled(inside, low, high, "linear", width)
    if low > 1 / HUGE and high / low >= DECADE:
        found = _filled(inside, low, high, "log", width)
        if found > BETTER * plain or (plain < FEW and found >= plain and high / low >= FAR):
            return "log", width
    elif plain < FULL and _filled(inside, low, high, "asinh", width) > MUCH_BETTER * plain:
        return "asinh", width
    return "linear", width


def _filled(values: np.ndarray, low: float, high: float, scale: str, width: float) -> float:
    """Return how many bins are filled, counted evenly: the exponential of the entropy (Hill)."""
    ends = _scaled(np.array([low, high]), scale, width)
    counts, _ = np.histogram(_scaled(values, scale, width), bins=BINS, range=tuple(ends))
    share = counts[counts > 0] / max(counts.sum(), 1)
    return float(np.exp(-np.sum(share * np.log(share))))


def _ends(
    values: np.ndarray, low: float, high: float, scale: str, width: float
) -> tuple[float, float]:
    """Return from where to where the axis goes: to the last value that is not far away."""
    shown = _scaled(values[values > 0] if scale == "log" else values, scale, width)
    ends = _scaled(np.array([low, high]), scale, width)
    # Of few values the bulk is narrow, and their ends are less far than they look from it.
    room = (ROOM + 5 * _part(len(values))) * (ends[1] - ends[0])
    near = shown[(shown >= ends[0] - room) & (shown <= ends[1] + room)]
    first, last = near.min(), near.max()
    more = MARGIN * (last - first)
    found = _unscaled(np.array([first - more, last + more]), scale, width)
    return float(found[0]), float(found[1])


def _scaled(values: np.ndarray, scale: str, width: float) -> np.ndarray:
    if scale == "asinh":
        return np.arcsinh(values / width)
    return np.log(values) if scale == "log" else values


def _unscaled(values: np.ndarray, scale: str, width: float) -> np.ndarray:
    if scale == "asinh":
        return width * np.sinh(values)
    return np.exp(values) if scale == "log" else values


def _asinh_ticks(bulk: Bulk, most: int) -> list[float]:
    """Return zero and powers of ten on both sides of it, as many as have room."""
    ends = _scaled(np.array([bulk.low, bulk.high]), "asinh", bulk.width)
    last = max(abs(bulk.low), abs(bulk.high))
    powers = np.arange(math.floor(math.log10(bulk.width)), math.floor(math.log10(last)) + 1)
    for stride in range(1, len(powers) + 1):
        sizes = [float(10.0 ** int(power)) for power in powers[::-1][::stride]]
        found = [-size for size in sizes] + [0.0] + sizes[::-1]
        found = [tick for tick in found if bulk.low <= tick <= bulk.high]
        gaps = np.diff(_scaled(np.array(found), "asinh", bulk.width)) / (ends[1] - ends[0])
        if len(found) <= most and not (gaps < 0.5 / most).any():
            break
    return found
