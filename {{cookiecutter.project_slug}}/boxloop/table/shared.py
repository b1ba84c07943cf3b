"""Whether a value that several rows share names a thing, or was measured and came out the same.

Two signs are looked for, neither of which a measurement has, however coarse it is. Numbers that
were given out: equal ones are frequent where numbers beside them are rare. And resemblance: rows
with one value are alike in other columns, and rows with the next value are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST_LEVELS = 20  # fewer values are grades or classes
MOST_REPEATED = 0.95  # share of rows with a value of their own from which on nothing is shared
FEWEST_TIED = 8  # values that several rows share
LIFT = 3.0  # on a smooth density equal numbers are half as frequent as numbers beside them
HEAPED = 0.4  # of the numbers that repeat, so many end in one digit: they were rounded
REGULAR = 0.5  # so many steps of one width: a scale in another unit
NEXT = range(1, 6)
LARGE_LEVEL = 0.15  # a value that more rows have is no thing among others
PAIRS, COLUMNS, RANKED = 3_000, 30, 20_000
FEWEST_PAIRS = 20
ALIKE, STRANGERS = 0.75, 0.1  # distances in rank; a third is what strangers have
ORDERED = 0.8  # neighbours among measurements, in distances of strangers
DEVIATIONS = 5.0
BLIND = 50  # so many whole-number columns that repeat are measurements, and the first are asked


@dataclass(frozen=True)
class Ranks:
    """Some columns of numbers, and what is needed to place a row among all."""

    names: list[str]
    values: list[np.ndarray]
    known: list[np.ndarray]

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return the ranks of rows between 0 and 1, NaN where missing; shape (rows, columns)."""
        table = np.full((len(rows), len(self.names)), np.nan)
        for place, (values, known) in enumerate(zip(self.values, self.known, strict=True)):
            some = values[rows]
            low, high = (np.searchsorted(known, some, side=side) for side in ("left", "right"))
            ranked = (low + high) / 2 / max(len(known), 1)
            table[:, place] = np.where(np.isfinite(some), ranked, np.nan)
        return table


def ranks(columns: dict[str, pd.Series]) -> Ranks:
    """Return the ranks of columns of numbers: of at most so many, spread over the table."""
    some = list(columns)[:: len(columns) // COLUMNS + 1]
    values = [columns[name].to_numpy(dtype=float, na_value=np.nan) for name in some]
    thin = [column[:: len(column) // RANKED + 1] for column in values]
    return Ranks(some, values, [np.sort(column[np.isfinite(column)]) for column in thin])


@dataclass(frozen=True)
class Levels:
    """The values of a column: for each row the number of its own, and how often each stands there.

    Attributes
    ----------
    unique : array of shape (levels,)
        In order.
    codes : array of int, shape (n,)
        -1 where missing.
    counts : array of int, shape (levels,)
    """

    unique: np.ndarray
    codes: np.ndarray
    counts: np.ndarray

    @property
    def shared(self) -> int:
        """How many rows share their value with another one."""
        return int(self.counts[self.counts > 1].sum())

    @property
    def known(self) -> int:
        """How many rows have a value."""
        return int(self.counts.sum())

    @property
    def may_be_things(self) -> bool:
        """Whether there are many values, several rows for some of them, and few for each."""
        few = len(self.counts) < FEWEST_LEVELS or len(self.counts) > MOST_REPEATED * self.known
        return not few and self.counts.max() <= LARGE_LEVEL * self.known


def levels(column: pd.Series) -> Levels:
    """Return the `Levels` of a column of whole numbers or words, which stay exact."""
    codes, unique = pd.factorize(column, sort=True)
    return Levels(np.asarray(unique), codes, np.bincount(codes[codes >= 0], minlength=len(unique)))


def given_out(found: Levels) -> bool:
    """Whether whole numbers that repeat were given out and not measured.

    Parameters
    ----------
    found : Levels
        Of whole numbers.
    """
    from scipy.stats import poisson

    tied = found.counts > 1
    if tied.sum() < FEWEST_TIED or not found.may_be_things:
        return False
    numbers = np.array([int(value) for value in found.unique], dtype=object)
    try:
        numbers = (numbers - numbers[0]).astype(np.int64)
    except OverflowError:
        return False
    step = np.gcd.reduce(numbers)
    places = numbers // step
    beside = np.mean([np.isin(places + far, places).mean() for far in NEXT])
    steps = np.diff(places)
    width = np.median(steps)
    if width > 3 and np.mean(np.abs(steps - width) <= 1) > REGULAR:
        return False
    first = int(found.unique[0])
    ends = (places[tied] if first % int(step) else places[tied] + first // int(step)) % 10
    if np.bincount(ends.astype(int)).max() > HEAPED * tied.sum():
        return False
    return poisson.sf(int(tied.sum()) - 1, max(LIFT * beside * len(numbers), 1.0)) < 1e-6


def alike(found: Levels, others: Ranks, without: str) -> str | None:
    """Return the column in which rows with one value resemble each other most, or None.

    Compared with rows that have the next value: a measurement brings those as near.

    Parameters
    ----------
    found : Levels
    others : Ranks
    without : str
        The column itself.
    """
    if not found.may_be_things or not others.names:
        return None
    first, same, beside = _pairs(found)
    if len(first) < FEWEST_PAIRS:
        return None
    own = others.at(first)
    near, far = np.abs(own - others.at(same)), np.abs(own - others.at(beside))
    owner = found.codes[first]
    best: tuple[float, str | None] = (ALIKE, None)
    ratios = {}
    for place, name in enumerate(others.names):
        close, away, sure = _nearer(near[:, place], far[:, place], owner)
        if name != without and away > STRANGERS:
            ratios[name] = close / away
            best = (ratios[name], name) if sure and ratios[name] < best[0] else best
    if best[1] is None and ratios:  # in no column for certain, in all of them together perhaps
        some = [place for place, name in enumerate(others.names) if name in ratios]
        close, away, sure = _nearer(_mean(near[:, some]), _mean(far[:, some]), owner)
        return min(ratios, key=ratios.__getitem__) if sure and close < ALIKE * away else None
    return best[1]


def _mean(distances: np.ndarray) -> np.ndarray:
    """Return the mean over columns, shape (rows,); a missing distance is that of strangers."""
    return np.where(np.isfinite(distances), distances, 1 / 3).mean(axis=1)


def orders(found: Levels, others: Ranks, without: str) -> bool:
    """Whether rows with the next value are more alike than rows with any: it measures something.

    Parameters
    ----------
    found, others, without
        As in `alike`.
    """
    if not found.may_be_things:
        return False
    first, _, beside = _pairs(found)
    if len(first) < FEWEST_PAIRS:
        return False
    known = np.flatnonzero(found.codes >= 0)
    anyone = known[np.random.default_rng(1).integers(len(known), size=len(first))]
    own = others.at(first)
    near, far = np.abs(own - others.at(beside)), np.abs(own - others.at(anyone))
    for place, name in enumerate(others.names):
        close, away, sure = _nearer(near[:, place], far[:, place], found.codes[first])
        if name != without and sure and close < ORDERED * away:
            return True
    return False


def _nearer(near: np.ndarray, far: np.ndarray, owner: np.ndarray) -> tuple[float, float, bool]:
    """Return two mean distances, and whether the first is smaller beyond chance."""
    there = np.isfinite(near) & np.isfinite(far)
    if there.sum() < FEWEST_PAIRS:
        return 1.0, 1.0, False
    sums = np.bincount(owner[there], (far - near)[there])
    noise = float(np.sqrt((sums**2).sum()))
    sure = bool(sums.sum() > DEVIATIONS * noise)
    return float(near[there].mean()), float(far[there].mean()), sure


def _pairs(found: Levels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, for each another one with the same value, and one with the next value."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.flatnonzero(found.codes >= 0))
    rows = rows[np.argsort(found.codes[rows], kind="stable")]
    codes = found.codes[rows]
    at = np.flatnonzero(codes[:-1] == codes[1:])
    at = np.sort(rng.permutation(at)[:PAIRS])
    starts = np.r_[0, np.cumsum(found.counts)]
    own = codes[at]
    side = rng.choice([-1, 1], len(own))
    side = np.where(own == 0, 1, np.where(own == len(found.counts) - 1, -1, side))
    next_one = own + side
    beside = rows[starts[next_one] + rng.integers(found.counts[next_one])]
    return rows[at], rows[at + 1], beside
