"""Rows of a held-out set that are copies, or almost copies, of training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from boxloop.measure.estimates import numeric

if TYPE_CHECKING:
    import pandas as pd

# The tenth neighbour sets the local scale; an honest row comes this much closer once in ten
# thousand.
NEIGHBOURS = 10
RARE = 1e-4
CLOSEST = 0.1
MOST = 0.2  # share of rows with a twin from which on the twins themselves set the usual distance


@dataclass(frozen=True)
class Copies:
    """How many held-out rows coincide with training rows, and whether chance explains it."""

    rows: int
    surprising: bool


def tables(
    train: pd.DataFrame, held: pd.DataFrame, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return both frames as floats with the same codes for words; rows without a value are out."""
    import pandas as pd

    both = numeric(pd.concat([train[names], held[names]], ignore_index=True)).to_numpy() + 0.0
    left, right = both[: len(train)], both[len(train) :]
    return left[~np.isnan(left).all(axis=1)], right[~np.isnan(right).all(axis=1)]


def exact(left: np.ndarray, right: np.ndarray) -> Copies:
    """Count exact coincidences and ask whether columns with few distinct values explain them.

    Notes
    -----
    Chance coincidences betray themselves in two ways.
    They are expected from the frequencies of the single values,
    and for each of them there are many near misses, which agree in all columns but one, whichever
    that is.
    Real copies have neither.
    """
    prints_left, prints_right = _prints(left), _prints(right)
    matches = _pairs(prints_left.sum(axis=1), prints_right.sum(axis=1))
    total, rows = float(matches.sum()), int((matches > 0).sum())
    if not total:
        return Copies(0, surprising=False)
    if left.shape[1] == 1:
        repeated = 1 - len(np.unique(prints_left)) / len(left)
        return Copies(rows, rows / len(right) > 2 * repeated)
    expected, misses = _by_chance(prints_left, prints_right)
    return Copies(rows, expected < 0.1 * total and misses < 2 * total)


def _prints(table: np.ndarray) -> np.ndarray:
    # One hash per value, different in each column, so that sums of hashes identify sets of values.
    import pandas as pd

    columns = [pd.util.hash_array(np.ascontiguousarray(column)) for column in table.T]
    return np.column_stack(columns) * np.arange(3, 2 * len(columns) + 3, 2, dtype=np.uint64)


def _pairs(train: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return for each held-out hash how many training rows carry it."""
    import pandas as pd

    return pd.Series(train).value_counts().reindex(held, fill_value=0).to_numpy()


def _by_chance(left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return the pairs expected from single columns, and the fewest that agree in all but one."""
    frequency, misses = np.ones(len(right)), np.inf
    whole_left, whole_right = left.sum(axis=1), right.sum(axis=1)
    for j in range(left.shape[1]):
        # Less one: the copy itself must not make its own values look frequent.
        frequency *= np.clip(_pairs(left[:, j], right[:, j]) - 1, 0, None) / len(left)
        misses = min(
            misses, float(_pairs(whole_left - left[:, j], whole_right - right[:, j]).sum())
        )
    return float(frequency.sum() * len(left)), misses


def near(left: np.ndarray, right: np.ndarray) -> tuple[int, float]:
    """Return how many held-out rows almost coincide with a training row, and how many chance gives.

    Notes
    -----
    The distance to the nearest training row is compared with that to the tenth, so that dense and
    thin regions are treated alike; exact copies are not counted.
    For points spread evenly in d dimensions (rk/r10)^d follows Beta(k, 10 - k).
    The median ratio of the held-out rows gives d, and d gives the r1/r10 that is rare by chance.
    With k = 1 that is the scale in question, but where most objects were measured several times
    the usual row has a twin, and twins pass for normal; k = 5 is asked for that case alone, and
    believed only if it finds a good part of the rows.
    """
    from scipy.stats import beta
    from sklearn.neighbors import NearestNeighbors

    train, held = _scaled(left, right)
    count = min(NEIGHBOURS, len(train))
    finder = NearestNeighbors(
        n_neighbors=count, algorithm="brute" if train.shape[1] > 5 else "kd_tree"
    ).fit(train)
    distance = finder.kneighbors(held)[0]
    # Distances of equal rows come out as rounding error, not as zero.
    first, last = distance[:, 0], distance[:, -1]
    counted = (first > 1e-6) & (last > 1e-6)
    if count < 3 or counted.sum() < 10:
        return 0, 0.0
    ratio, found = first[counted] / last[counted], []
    for k in (1, count // 2):
        spread = np.median(distance[counted, k - 1] / last[counted])
        dimension = np.log(beta.median(k, count - k)) / np.log(np.clip(spread, 1e-9, 0.999))
        close = min(CLOSEST, beta.ppf(RARE, 1, count - 1) ** (1 / max(dimension, 0.2)))
        found.append(int((ratio < close).sum()))
    return found[1] if found[1] > MOST * counted.sum() else found[0], float(RARE * counted.sum())


def _scaled(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Ranks, so that no unit and no tail sets the distance; beyond the last level they go on
    # growing.
    columns = []
    for known, values in zip(left.T, right.T, strict=True):
        levels = np.unique(known[~np.isnan(known)])
        if len(levels) < 2:
            continue
        place, middle, span = (
            np.linspace(0, 1, len(levels)),
            levels[len(levels) // 2],
            levels[-1] - levels[0],
        )
        filled = np.where(np.isnan(values), middle, values)
        beyond = np.clip(filled - levels[-1], 0, None) - np.clip(levels[0] - filled, 0, None)
        # Known values are levels themselves: their numbers come from sorting, which is quicker
        # than looking for each.
        number = np.unique(np.where(np.isnan(known), middle, known), return_inverse=True)[1]
        pair = [place[number], np.interp(filled, levels, place) + beyond / span]
        columns.append(pair)
    if not columns:
        return np.zeros((len(left), 1)), np.zeros((len(right), 1))
    known, asked = zip(*columns, strict=True)
    return np.column_stack(known), np.column_stack(asked)
