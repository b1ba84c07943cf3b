"""Rows of a held-out set that are exact copies of training rows, and what chance makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from boxloop.measure.estimates import numeric

from .power import CHANCE, SURE

if TYPE_CHECKING:
    import pandas as pd

# Pairs of rows looked at for near misses: so many rows on each side.
MAX_LEFT, MAX_RIGHT, MAX_PAIRS = 10_000, 1_000, 200_000
BLOCK = 2_000_000  # pairs held in memory at once
OFTEN = 0.02  # of a value that so many rows have, every other value is a near miss
WINDOW = 3  # of another one only the next three on either side are
MARGIN = 2.0  # so much more than the estimate may be chance: it is good to a factor, not better
MOST_ASSOCIATED = 5.0
# Of pairs that agree in one column no more than so many agree in all of them by chance; so where a
# column never repeats itself, one equal row is a copy.
OF_EQUAL_VALUES = 0.1
CROWD = 5  # a row of a coarse table is equal to many; a copy is equal to one
SELDOM = 0.01  # in a column in which no more than this share of the pairs agree


@dataclass(frozen=True)
class Copies:
    """How many held-out rows coincide with training rows, and whether chance explains it.

    Attributes
    ----------
    rows : int
        Held-out rows that are equal to a training row.
    chance : float
        Pairs of equal rows that chance gives, estimated from near misses.
    surprising : bool
        There are more pairs than chance gives.
    detectable : float
        The share of copied rows that would have been seen with a probability of 0.8.
    size : int
        Held-out rows.
    """

    rows: int
    chance: float
    surprising: bool
    detectable: float
    size: int


def tables(*frames: pd.DataFrame, names: list[str]) -> list[np.ndarray]:
    """Return frames as floats with the same codes for words; rows without a value are out."""
    import pandas as pd

    whole = numeric(pd.concat([frame[names] for frame in frames], ignore_index=True)).to_numpy()
    parts = np.split(whole + 0.0, np.cumsum([len(frame) for frame in frames])[:-1])
    return [part[~np.isnan(part).all(axis=1)] for part in parts]


def exact(left: np.ndarray, right: np.ndarray, seed: int = 0) -> Copies:
    """Count exact coincidences and ask whether columns with few distinct values explain them.

    Parameters
    ----------
    left, right : array of shape (n, d), (m, d)

    Notes
    -----
    Pairs of rows that differ in one or two columns tell what chance gives: see `by_chance`.
    A copy has no such relatives, so a single one is found among measured numbers.
    """
    matches = coincidences(left, right)
    total, rows, size = float(matches.sum()), int((matches > 0).sum()), max(len(right), 1)
    if left.shape[1] == 1:
        repeated = 1 - len(np.unique(_prints(left))) / max(len(left), 1)
        limit = 2 * repeated * size
        return Copies(rows, limit / 2, bool(rows > limit), (limit + 1) / size, size)
    chance, error = by_chance(left, right, seed)
    if total >= CROWD * max(rows, 1) and _fewest_equal_values(left, right) >= _seldom(left, right):
        chance = max(chance, total)
    limit = MARGIN * chance + CHANCE * (MARGIN * error + np.sqrt(MARGIN * chance))
    unlucky = SURE * np.sqrt(limit + (MARGIN * error) ** 2)
    seen = limit - chance + unlucky + (1 if chance == 0 else 0)
    return Copies(rows, chance, bool(total > limit), max(1.0, float(seen)) / size, size)


def coincidences(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return for each row of `right` how many rows of `left` are equal to it."""
    import pandas as pd

    one, two = _prints(left).sum(axis=1), _prints(right).sum(axis=1)
    return pd.Series(one).value_counts().reindex(two, fill_value=0).to_numpy()


def _prints(table: np.ndarray) -> np.ndarray:
    # One hash per value, and a factor per column, so that sums of hashes identify rows. The factors
    # are large and odd: with small ones the sums of coded columns, which share values, coincide.
    import pandas as pd

    columns = [pd.util.hash_array(np.ascontiguousarray(column)) for column in table.T]
    factors = np.random.default_rng(0).integers(2**63, size=len(columns), dtype=np.uint64)
    return np.column_stack(columns) * (2 * factors + np.uint64(1))


def by_chance(left: np.ndarray, right: np.ndarray, seed: int) -> tuple[float, float]:
    """Return how many pairs of equal rows chance gives, and the error of that number.

    Notes
    -----
    Of pairs that agree in all columns but j, some agree in j as well. How many, is read off pairs
    that differ in exactly one other column: those agree or disagree in j by chance alone.
    So (pairs that differ in j only) · (differ in one other only) / (differ in j and one other) is
    the number of equal pairs, for each j; the largest stands, because a column that is a function
    of another gives too little.
    Where alike rows agree in everything (a latent variable), two agreements go together; how
    strongly, is read off pairs that differ in one, two and three columns.
    """
    one, two, three, scale = _misses(left, right, seed)
    others, both = one.sum() - one, two.sum(axis=1)
    # Half a pair more, so that a small table does not pass for one without near misses.
    pairs = np.where(both > 0, (one + 0.5) * (others + 0.5) / (both + 1), 0.0)
    j = int(np.argmax(pairs))
    d, a1, a2 = len(one), one.sum(), two.sum() / 2
    together = 1.0
    if d > 2 and a2 > 0:
        together = a1 * three / a2**2 * (d - 1) / 2 * 3 / (d * (d - 2)) * d
        together = float(np.clip(together, 1.0, MOST_ASSOCIATED))
    counts = np.maximum([one[j], others[j], both[j]], 1)
    chance = float(pairs[j]) * together * scale
    fewest = _fewest_equal_values(left, right)
    if fewest < _seldom(left, right):
        chance = min(chance, OF_EQUAL_VALUES * fewest)
    return chance, chance * float(np.sqrt((1 / counts).sum()))


def _seldom(left: np.ndarray, right: np.ndarray) -> float:
    return SELDOM * len(left) * len(right)


def _fewest_equal_values(left: np.ndarray, right: np.ndarray) -> float:
    """Return how many pairs of unequal rows agree in the column in which fewest do."""
    equal = coincidences(left, right).sum()
    pairs = [
        coincidences(a[:, None], b[:, None]).sum() for a, b in zip(left.T, right.T, strict=True)
    ]
    return float(min(pairs) - equal)


def _misses(
    left: np.ndarray, right: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Count the pairs of rows that differ a little, in one, two and three columns.

    Returns
    -------
    array of shape (d,), array of shape (d, d), number
        Pairs that differ in this column only, in these two only, in any three only.
    number
        How many pairs of the whole tables a counted one stands for.
    """
    rng = np.random.default_rng(seed)
    codes, often = _codes(left, right)
    first = _some(codes[: len(left)], MAX_LEFT, rng)
    second = _some(codes[len(left) :], MAX_RIGHT, rng)
    d, step = first.shape[1], max(1, BLOCK // max(len(first), 1))
    one, two, three = np.zeros(d), np.zeros((d, d)), 0.0
    for start in range(0, len(second), step):
        part = second[start : start + step]
        differ = np.zeros((len(part), len(first)), dtype=np.uint8)
        for j in range(d):
            gap = np.abs(part[:, j, None] - first[None, :, j])
            far = gap > WINDOW
            far &= ~often[j][part[:, j], None] & ~often[j][first[:, j]]
            # Who is too far away in one column differs in too many.
            differ += (gap > 0).astype(np.uint8) + 3 * far.astype(np.uint8)
            np.minimum(differ, 4, out=differ)
        i, k = np.nonzero((differ > 0) & (differ < 3))
        three += float((differ == 3).sum())
        share = 1.0
        if len(i) > MAX_PAIRS:
            chosen = rng.choice(len(i), MAX_PAIRS, replace=False)
            share, i, k = len(i) / MAX_PAIRS, i[chosen], k[chosen]
        apart = part[i] != first[k]
        single = apart.sum(axis=1) == 1
        one += share * apart[single].sum(axis=0)
        double = apart[~single].astype(np.float32)
        two += share * (double.T @ double)
    np.fill_diagonal(two, 0)
    scale = len(left) * len(right) / max(len(first) * len(second), 1)
    return one, two, three, scale


def _some(table: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    if len(table) <= most:
        return table
    return table[rng.choice(len(table), most, replace=False)]


def _codes(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the number of each value in its column, and which values are frequent."""
    columns, often = [], []
    for values in np.vstack([left, right]).T:
        _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        columns.append(codes.astype(np.int32))
        often.append(counts > OFTEN * len(values))
    return np.column_stack(columns), often
