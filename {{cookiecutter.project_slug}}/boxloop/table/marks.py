"""Numbers that stand for nothing: what catalogues write where nothing was measured.

A usual mark such as -99 counts where it lies apart from all other values. A mark that was found in
one column is looked for in every other one, where less is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

# Largest numbers of their kinds, and the fill value of netCDF.
LIMITS = (32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0, 4294967295.0, 9.96921e36)
DIGITS = re.compile(r"9{2,}(\.9+)?|9\.9{2,}|9(\.9+)?e\+\d+|1e\+(2\d|3[0-8])|3\.402823e\+38")
REPEATED = re.compile(r"8{2,}(\.8+)?|7{2,}(\.7+)?")  # with a minus sign only
QUIET = (-1.0, -9.0, -9.9)  # often measured, too
OFTEN = (-99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, -9.0)  # looked for among other values
FEWEST = 10  # different values beside a mark
LARGE = 1e6
SURE = 5.0  # gaps, in units of the range of few other values
SPIKE, TIMES = 5, 10  # rows of a mark among other values, and times the next most frequent one
LOWEST = -9  # whole numbers from there on down are marks where several columns agree
EXACT = 2**53  # larger whole numbers are not exact as floats
CLOSE = 1e-6  # relative: numbers of 32 bits


def is_usual(number: float) -> bool:
    """Whether a number is one that catalogues write for a missing value."""
    size = f"{abs(number):.7g}"
    if number in QUIET or abs(number) in LIMITS or abs(abs(number) - LIMITS[-1]) < 1e31:
        return True
    return bool(DIGITS.fullmatch(size) or (number < 0 and REPEATED.fullmatch(size)))


def are_marks(column: pd.Series, marks: Iterable[float]) -> np.ndarray:
    """Return which rows hold one of some numbers, but for the rounding to 32 bits, shape (n,).

    Parameters
    ----------
    column : Series of shape (n,)
    marks : iterable of float
    """
    found = np.zeros(len(column), dtype=bool)
    if not pd.api.types.is_numeric_dtype(column):
        return found
    whole = pd.api.types.is_integer_dtype(column)
    values = None if whole else column.to_numpy(dtype=float, na_value=np.nan)
    for mark in marks:
        if values is None:
            found |= (column == mark).to_numpy(dtype=bool, na_value=False)
        else:
            found |= _equal(values, mark)
    return found


def without_marks(column: pd.Series, marks: Iterable[float]) -> pd.Series:
    """Return a column in which some numbers are missing; large whole numbers stay exact."""
    bad = are_marks(column, marks)
    if not bad.any():
        return column
    exact = pd.api.types.is_integer_dtype(column) and column.abs().max() > EXACT
    return (column.astype("Int64") if exact else column).mask(bad)


def _equal(values: np.ndarray, mark: float) -> np.ndarray:
    if not np.isfinite(mark):
        return values == mark
    return np.abs(values - mark) <= CLOSE * abs(mark)


@dataclass(frozen=True)
class Numbers:
    """The finite numbers of a column, and the marks among them that were found so far."""

    every: np.ndarray
    marks: tuple[float, ...] = ()

    @cached_property
    def rest(self) -> np.ndarray:
        """The numbers that are no mark."""
        there = np.ones(len(self.every), dtype=bool)
        for mark in self.marks:
            there &= ~_equal(self.every, mark)
        return self.every[there] if self.marks else self.every

    @cached_property
    def ends(self) -> tuple[float, ...]:
        """The smallest and the largest number that is no mark."""
        rest = self.rest
        return tuple(dict.fromkeys((float(rest.min()), float(rest.max())))) if len(rest) else ()


@dataclass(frozen=True)
class Beside:
    """A number of a column, and the values beside it.

    Attributes
    ----------
    mark : float
    rows : int
        How many hold it.
    others : array
        All other numbers.
    """

    mark: float
    rows: int
    others: np.ndarray

    @cached_property
    def gap(self) -> float:
        """The distance to the next value; negative between others."""
        return float(max(self.others.min() - self.mark, self.mark - self.others.max()))

    @cached_property
    def spread(self) -> float:
        """The range of the others without their outermost hundredths."""
        low, high = np.quantile(self.others, [0.01, 0.99])
        return float(high - low)

    @cached_property
    def levels(self) -> int:
        """Number of different others, as far as it matters."""
        return len(np.unique(self.others[:: len(self.others) // 5000 + 1]))

    @cached_property
    def continuous(self) -> bool:
        """Whether the others were measured and not counted."""
        return float(np.mean(self.others % 1 != 0)) > 0.5

    @cached_property
    def is_spike(self) -> bool:
        """Whether it is far more frequent than any other value of a measured quantity."""
        if self.rows < SPIKE or not self.continuous:
            return False
        return self.rows > TIMES * int(np.unique(self.others, return_counts=True)[1].max())

    @property
    def below_zero(self) -> bool:
        """Whether it is the only negative number."""
        return self.mark < 0 <= float(self.others.min())


def _beside(values: np.ndarray, mark: float) -> Beside | None:
    here = _equal(values, mark)
    others = values[~here]
    return Beside(mark, int(here.sum()), others) if here.any() and len(others) else None


def finite(column: pd.Series) -> np.ndarray:
    """Return the finite numbers of a column, none where it holds words or truth values."""
    types = pd.api.types
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        return np.empty(0)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return values[np.isfinite(values)]


def marks(column: pd.Series) -> tuple[float, ...]:
    """Return the numbers that stand for a missing value, judged by one column alone.

    Parameters
    ----------
    column : Series

    Returns
    -------
    tuple of float
        Empty for words.
    """
    return _alone(finite(column))


def _alone(values: np.ndarray) -> tuple[float, ...]:
    numbers = Numbers(values)
    while True:
        new = next((end for end in numbers.ends if _is_mark(numbers.rest, end)), None)
        if new is None or _plain(new) in numbers.marks:
            return numbers.marks
        numbers = Numbers(values, (*numbers.marks, _plain(new)))


def _plain(number: float) -> float:
    """Return a number without what 32 bits have added to it."""
    return float(f"{number:.7g}") if abs(number) < 1e7 else number


def _is_mark(values: np.ndarray, end: float) -> bool:
    """Whether a number at an end is a mark by itself."""
    if not is_usual(end):
        return False
    at = _beside(values, end)
    if at is None:
        return False
    loud = end not in QUIET
    if end < 0 and at.others.min() >= LARGE:
        return True  # beside numbers of things
    if at.levels < FEWEST:
        ptp = float(np.ptp(at.others))
        return loud and at.rows > 1 and ptp > 0 and at.gap > SURE * ptp
    if at.gap > max(at.spread, 0.5) and (at.rows > 1 or (loud and end < 0)):
        return True
    if loud and at.gap > 0 and at.is_spike:
        return True
    return at.below_zero and at.rows > 1 and (loud or (at.continuous and at.rows > 2))


def _is_mark_too(values: np.ndarray, mark: float) -> bool:
    """Whether a number is a mark here, which is one in another column of the table."""
    at = _beside(values, mark)
    if at is None:
        return False
    loud = mark not in QUIET
    if at.levels < FEWEST and not loud:
        return False
    if at.gap <= 0:  # among other values
        return loud and at.is_spike
    if at.below_zero:
        return loud or at.continuous
    if at.gap > at.spread / 2 and (loud or at.continuous):
        return at.spread > 0
    return mark > 0 and at.continuous and at.rows > 1


def marks_of(columns: dict[str, pd.Series], amounts: Collection[str] = ()) -> dict[str, tuple]:
    """Return the numbers that stand for a missing value in every column of a table.

    Parameters
    ----------
    columns : dict of Series
    amounts : collection of str
        Columns of errors, which are never negative: a usual mark below zero is one there.

    Returns
    -------
    dict of tuple of float
    """
    values = {name: finite(column) for name, column in columns.items()}
    found = {name: _alone(numbers) for name, numbers in values.items()}
    for name in amounts:
        below = np.unique(values[name][values[name] < 0])
        if 0 < len(below) < FEWEST and all(is_usual(number) for number in below):
            found[name] = tuple(dict.fromkeys([*found[name], *map(_plain, below.tolist())]))
    known = list(dict.fromkeys(mark for some in found.values() for mark in some))
    for mark, names in _agreed(values, found).items():
        known += [] if mark in known else [mark]
        found |= {name: (*found[name], mark) for name in names if mark not in found[name]}
    for name, numbers in values.items():
        for mark in known:
            if mark not in found[name] and len(numbers):
                rest = Numbers(numbers, found[name]).rest
                found[name] += (mark,) if _is_mark_too(rest, mark) else ()
    return found


def _agreed(values: dict, found: dict) -> dict[float, list]:
    """Return negative numbers that nobody has as a usual mark, each with columns that hold it.

    As -200 in a table of air: several columns have it as their lowest number, several times, and
    beside it nothing below zero or nothing near; in one of them it lies far apart.
    """
    low, apart = dict[float, list](), set[float]()
    for name, numbers in values.items():
        rest = Numbers(numbers, found[name]).rest
        end = float(rest.min()) if len(rest) else 0.0
        at = _beside(rest, end) if end <= LOWEST and end % 1 == 0 else None
        if at is None or at.rows < 2 or at.levels < FEWEST:
            continue
        if at.below_zero or at.gap > at.spread:
            low.setdefault(end, []).append(name)
        apart |= {end} if at.gap > at.spread else set()
    return {mark: names for mark, names in low.items() if len(names) > 1 and mark in apart}


def isolated(column: pd.Series, known: Iterable[float]) -> tuple[float, int] | None:
    """Return a number that may stand for a missing value, and its rows; None where there is none.

    It lies further from all other values than these from each other, several times the same; or it
    is a usual mark, and the only value below zero, at an end and far more frequent than the next
    value, or a spike among numbers that were measured.

    Parameters
    ----------
    column : Series
    known : iterable of float
        Marks that were found.
    """
    numbers = Numbers(finite(column), tuple(known))
    for end in numbers.ends:
        at = _beside(numbers.rest, end)
        if at is None or at.levels < FEWEST:
            continue
        usual, loud = is_usual(end), is_usual(end) and end not in QUIET
        apart = at.gap > at.spread > 0 and (at.rows > 1 or usual)
        often = loud and at.rows >= SPIKE and at.rows > TIMES * float(_rows_of_next(at))
        if apart or often or (usual and at.below_zero and at.rows > 1):
            return _plain(end), at.rows
    for mark in OFTEN:
        at = _beside(numbers.rest, mark)
        if at is not None and at.rows >= SPIKE and at.is_spike:
            return mark, at.rows
    return None


def _rows_of_next(at: Beside) -> int:
    """Return how often the value next to a number stands there."""
    ends = at.others.min(), at.others.max()
    nearest = min(ends, key=lambda end: abs(end - at.mark))
    return int((at.others == nearest).sum())
