"""Whether the probability of each class comes true, and what chance alone would show.

Truth and probabilities are those of `boxloop.measure.classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.measure.intervals import affordable
from boxloop.measure.several import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 10
TABLES = 200  # of labels that are drawn from the probabilities


class _Bins:
    """The probabilities of each class in bins of equal width.

    Parameters
    ----------
    shares : array of shape (n, K)
        Of two classes with one column, that of code 0 here.
    bins : int
    """

    def __init__(self, shares: np.ndarray, bins: int) -> None:
        self.shares, self.shape = shares, (shares.shape[1], bins)
        self.place = np.minimum((shares * bins).astype(int), bins - 1)
        self.place += bins * np.arange(shares.shape[1])
        self.rows = self._sum(self.place)
        self.said = self._sum(self.place, shares.ravel())

    def _sum(self, place: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Return sums over the rows of each bin, shape (K, bins)."""
        wide, bins = self.shape
        return np.bincount(place.ravel(), weights, wide * bins).reshape(self.shape)

    def seen(self, labels: np.ndarray) -> np.ndarray:
        """Return how many rows of each bin are of its class, shape (K, bins)."""
        mine = np.flatnonzero(labels < self.shape[0])
        return self._sum(self.place[mine, labels[mine]])

    def by_chance(self, draws: int, seed: int) -> np.ndarray:
        """Return `seen` of tables whose labels are drawn from the probabilities themselves."""
        rng, edges = np.random.default_rng(seed), np.cumsum(self.shares, axis=1)
        size = (len(self.shares), 1)
        return np.array(
            [
                self.seen(np.sum(rng.random(size) > edges, axis=1))
                for _ in range(affordable(draws, edges.size))
            ]
        )

    def error(self, seen: np.ndarray) -> np.ndarray:
        """Return the mean of |seen − said| over rows, shape (..., K)."""
        return np.abs(seen - self.said).sum(axis=-1) / max(len(self.shares), 1)


def class_calibration(
    truth: Any,
    guess: Any,
    names: Sequence[str],
    *,
    bins: int = BINS,
    draws: int = TABLES,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how the probability of each class compares with the share that came true.

    What chance does is seen in tables whose labels are drawn from the probabilities themselves
    (Bröcker & Smith 2007); it takes rows to be independent.

    Parameters
    ----------
    guess : array of shape (n, K), or (n,) of two classes
    names : sequence of str; of two classes the class of interest alone
    bins, draws : int, bins of equal width, and tables

    Returns
    -------
    curves : DataFrame
        A row per class and bin that has rows: `class`, `rows`, `said` (mean probability), `seen`
        (share that came true), `low` and `high`, between which `seen` lies in 95 % of such tables.
    errors : DataFrame
        A row per class: `class`, `ece`, the mean of |seen − said| over rows (classwise calibration
        error, Kull et al. 2019), `by_chance` and `at_most`, its mean and 95th percentile in such
        tables, and `beyond`, whether it is more than that.
    """
    there = whole(np.asarray(guess, dtype=float))
    shares = np.asarray(guess, dtype=float)[there].reshape(int(there.sum()), -1)
    codes = np.asarray(truth)[there].astype(int)
    found = _Bins(shares, bins)
    seen = found.seen(codes if shares.shape[1] > 1 else 1 - codes)
    drawn, number = found.by_chance(draws, seed), np.maximum(found.rows, 1)
    low, high = np.quantile(drawn / number, [0.025, 0.975], axis=0)
    parts = {"rows": found.rows, "said": found.said / number, "seen": seen / number}
    full, parts = found.rows.ravel() > 0, parts | {"low": low, "high": high}
    curves = pd.DataFrame({name: values.ravel()[full] for name, values in parts.items()})
    curves.insert(0, "class", np.repeat([*names], bins)[full])
    errors, gaps = pd.DataFrame({"class": [*names], "ece": found.error(seen)}), found.error(drawn)
    errors["by_chance"], errors["at_most"] = gaps.mean(axis=0), np.quantile(gaps, 0.95, axis=0)
    return curves, errors.assign(beyond=errors["ece"] > errors["at_most"])
