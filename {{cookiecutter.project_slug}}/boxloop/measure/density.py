"""How far rows lie from a cloud of rows: by its shape, and by its nearest rows.

Each number is brought to a bell shape by its rank among the training rows, so that tails do not
matter; what words tell of it is taken off; and the cloud is made round, so that a broken
correlation is as far as any other surprise (Mahalanobis 1936). Gaps are filled with what the other
numbers let expect, so that they are no surprise by themselves.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator

MOST = 20_000  # training rows that the cloud is learnt from
KEPT = 2_000  # of them to which distances are measured
KNOTS = 65  # of the way from a number to its bell shape
LEAST = 1e-4  # variance of the cloud in a direction, so that rounding is no surprise
FOLDS = 5
SHRUNK = 0.1  # of correlations, where there are as many numbers as rows
RIDGE = 1.0  # rows that a word must outweigh
SWEEPS = 8  # over the gaps of a row
BLOCK = 2_048  # rows that are compared at once: as many as stay in the cache
CLOSE = 1e-3  # relative: nearer to a limit a row is computed by itself


def outermost(left: np.ndarray, home: np.ndarray, share: float) -> np.ndarray:
    """Return the values beyond which a share of fresh rows lies, shape (columns,).

    Parameters
    ----------
    left, home : arrays of shape (n, columns) and (m, columns)
        Of training rows that were left out, and of validation rows. These raise the values where
        they say by themselves, beyond chance, that more rows lie there: their groups are new.
    share : float
    """
    together = np.concatenate([left, home])
    if not len(together):
        return np.full(left.shape[1], np.inf)
    found = np.quantile(together, 1 - share, axis=0, method="higher")
    if len(home):
        surely = min(share + 2 * np.sqrt(share / len(home)), 1.0)
        found = np.maximum(found, np.quantile(home, 1 - surely, axis=0, method="higher"))
    return found


def _covariance(rows: np.ndarray) -> np.ndarray:
    """Return the covariance of rows, the correlations a little smaller where rows are few."""
    found = np.atleast_2d(np.cov(rows, rowvar=False, bias=True))
    less = min(SHRUNK * rows.shape[1] / len(rows), 0.5)
    return (1 - less) * found + less * np.diag(np.diag(found))


class Density(BaseEstimator):
    """A cloud of rows.

    Parameters
    ----------
    rows : bool
        Whether rows are kept, to which distances are measured too.
    far : float
        The share of fresh rows that is called far away.

    Attributes
    ----------
    knots_, scores_ : arrays of shape (numbers, KNOTS)
        The way of each number to its bell shape.
    shift_ : array of shape (levels, numbers)
        What each word tells of each number.
    starts_ : array of int
        Where the levels of each word column begin in `shift_`.
    mean_, precision_, round_ : arrays
        The cloud: its middle, its inverse covariance, and what makes it round.
    kept_ : array of float32, shape (at most KEPT, numbers)
    limits_ : array
        Squared distances from which on a row is far away: to the middle, to the nearest kept row.
    """

    def __init__(self, *, rows: bool = True, far: float = 0.015) -> None:
        self.rows, self.far = rows, far

    def fit(
        self, values: np.ndarray, home: np.ndarray, codes: np.ndarray, home_codes: np.ndarray
    ) -> Density:
        """Learn the cloud of training rows, and how far fresh rows lie from it.

        Parameters
        ----------
        values, home : arrays of shape (n, numbers) and (m, numbers)
            Training and validation rows; NaN where a number is missing.
        codes, home_codes : arrays of int, shape (n, words) and (m, words)
            Which word a row has, -1 for none.
        """
        rng = np.random.default_rng(0)
        chosen = np.sort(rng.permutation(len(values))[:MOST])
        values, codes = values[chosen], codes[chosen]
        fold = rng.permutation(len(values)) % FOLDS
        found = []
        for number in range(FOLDS):
            left = fold == number
            other = Density(rows=self.rows).learn(values[~left], codes[~left])
            found.append(other.squared(values[left], codes[left]))
        self.learn(values, codes)
        found = np.concatenate(found)
        share = self.far / max(found.shape[1], 1)
        self.limits_ = outermost(found, self.squared(home, home_codes), share)
        return self

    def learn(self, values: np.ndarray, codes: np.ndarray) -> Density:
        """Learn the cloud alone."""
        self._learn_bells(values)
        bells = self._bells(values)
        self._learn_words(bells, codes)
        rest = bells - self._told(codes)
        self.mean_ = np.zeros(rest.shape[1])
        self.precision_ = np.eye(rest.shape[1])
        if rest.shape[1]:
            for _ in range(1 + 2 * bool(np.isnan(rest).any())):
                filled = self._filled(rest - self.mean_) + self.mean_
                self.mean_ = filled.mean(axis=0)
                size, axes = np.linalg.eigh(_covariance(filled))
                size = np.maximum(size, LEAST)
                self.precision_ = (axes / size) @ axes.T
            self.round_ = axes / np.sqrt(size)
        else:
            self.round_ = np.zeros((0, 0))
        self.kept_ = np.zeros((0, rest.shape[1]), np.float32)
        if self.rows and rest.shape[1]:
            few = np.random.default_rng(0).permutation(len(values))[:KEPT]
            self.kept_ = self._round(values[few], codes[few]).astype(np.float32)
        return self

    def squared(self, values: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return squared distances, shape (n, 2): to the middle, and to the nearest kept row.

        Without kept rows there is the first alone, and without numbers none.
        """
        if not len(self.mean_):
            return np.zeros((len(values), 0))
        found = np.empty((len(values), 1 + self.rows))
        for start in range(0, len(values), BLOCK):
            part = slice(start, start + BLOCK)
            whole = self._round(values[part], codes[part])
            found[part, 0] = (whole**2).sum(axis=1)
            if self.rows:
                found[part, 1] = self._nearest(whole)
        return found

    def far_away(self, values: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return which rows lie farther away than fresh rows do, bool of shape (n,).

        What it says of a row does not depend on the rows beside it, not even by rounding.
        """
        found = self.squared(values, codes)
        if not found.shape[1]:
            return np.zeros(len(values), dtype=bool)
        near = (np.abs(found - self.limits_) < CLOSE * self.limits_).any(axis=1)
        for row in np.flatnonzero(near):
            found[row] = self.squared(values[row : row + 1], codes[row : row + 1])[0]
        return np.asarray((found > self.limits_).any(axis=1))

    def _nearest(self, whole: np.ndarray) -> np.ndarray:
        rows = whole.astype(np.float32)
        product = rows @ self.kept_.T
        product *= -2
        product += (self.kept_**2).sum(axis=1)
        return np.maximum(product.min(axis=1) + (rows**2).sum(axis=1), 0)

    def _learn_bells(self, values: np.ndarray) -> None:
        knots, scores = [], []
        for column in values.T:
            there = np.sort(column[~np.isnan(column)])
            if not len(there):
                there = np.zeros(1)
            at = np.quantile(there, np.linspace(0, 1, KNOTS))
            rank = (np.searchsorted(there, at, "left") + np.searchsorted(there, at, "right")) / 2
            edge = 0.5 / len(there)
            knots.append(at)
            scores.append(ndtri(np.clip(rank / len(there), edge, 1 - edge)))
        shape = (values.shape[1], KNOTS)
        self.knots_, self.scores_ = np.reshape(knots, shape), np.reshape(scores, shape)

    def _bells(self, values: np.ndarray) -> np.ndarray:
        found = np.empty(values.shape)
        for place, (knots, scores) in enumerate(zip(self.knots_, self.scores_, strict=True)):
            found[:, place] = np.interp(values[:, place], knots, scores)
        return found

    def _learn_words(self, bells: np.ndarray, codes: np.ndarray) -> None:
        """Learn by a ridge regression what words tell of numbers, all words together."""
        sizes = codes.max(axis=0, initial=-1) + 1
        self.starts_ = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)[: codes.shape[1]]
        count = int(sizes.sum())
        self.shift_ = np.zeros((count, bells.shape[1]))
        if not (count and bells.shape[1]):
            return
        known, rows = np.zeros((len(codes), count)), np.arange(len(codes))
        for place, start in enumerate(self.starts_):
            has = codes[:, place] >= 0
            known[rows[has], start + codes[has, place]] = 1
        count_of = np.maximum((~np.isnan(bells)).sum(axis=0), 1)
        filled = np.nan_to_num(bells - np.nansum(bells, axis=0) / count_of)
        self.shift_ = np.linalg.solve(known.T @ known + RIDGE * np.eye(count), known.T @ filled)

    def _told(self, codes: np.ndarray) -> np.ndarray:
        """Return what words tell of numbers: nothing where the cloud was learnt without the word.

        The last words of a column may be in no row but those that were left out.
        """
        found = np.zeros((len(codes), self.shift_.shape[1]))
        ends = [*self.starts_[1:], len(self.shift_)][: len(self.starts_)]
        for place, (start, end) in enumerate(zip(self.starts_, ends, strict=True)):
            has = (codes[:, place] >= 0) & (codes[:, place] < end - start)
            found[has] += self.shift_[start + codes[has, place]]
        return found

    def _round(self, values: np.ndarray, codes: np.ndarray) -> np.ndarray:
        rest = self._bells(values) - self._told(codes) - self.mean_
        return self._filled(rest) @ self.round_

    def _filled(self, rest: np.ndarray) -> np.ndarray:
        """Return rows whose gaps have what their other numbers let expect."""
        gaps = np.isnan(rest)
        if not gaps.any():
            return rest
        filled = np.where(gaps, 0.0, rest)
        places = np.flatnonzero(gaps.any(axis=0))
        for _ in range(SWEEPS if len(places) > 1 else 1):
            for place in places:
                rows = np.flatnonzero(gaps[:, place])
                own = self.precision_[place].copy()
                size, own[place] = own[place], 0.0
                filled[rows, place] = -(filled[rows] @ own) / size
        return filled
