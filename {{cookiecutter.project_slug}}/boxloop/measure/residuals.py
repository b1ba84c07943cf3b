"""Residuals of a sample, or of a bootstrap draw of it that says how often each row stands in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


ROUNDING = 1e-15


class Residuals:
    """Truth and prediction of n rows; what depends on the rows alone is worked out once.

    It and a `Draw` of it answer the same questions, so that a metric is written once for both.

    Parameters
    ----------
    truth, prediction : arrays of shape (n,)
    scale : str, optional
        ``"1+target"``: residuals are divided by 1 + truth, as those of redshifts are.
    bound : float, optional
        The residual from which on a row is an outlier; else 3 NMAD of these rows themselves.
    """

    def __init__(
        self,
        truth: np.ndarray | pd.Series,
        prediction: np.ndarray,
        *,
        scale: str | None = None,
        bound: float | None = None,
    ) -> None:
        self.truth = np.asarray(truth, dtype=float)
        self.prediction = np.asarray(prediction, dtype=float)
        self.scale, self.bound = scale, bound

    @property
    def rows(self) -> Residuals:
        """The rows that means are taken over: these."""
        return self

    def mean(self, values: np.ndarray) -> float:
        """Return the mean over the rows of values of shape (n,)."""
        return float(np.mean(values))

    @property
    def variance(self) -> float:
        """Variance of the truth, exactly 0 where all rows have the same."""
        return 0.0 if np.ptp(self.truth) == 0 else np.var(self.truth)

    @cached_property
    def median(self) -> float:
        """Median residual."""
        return np.median(self.residual)

    @cached_property
    def scatter(self) -> float:
        """1.4826 × the median absolute deviation from the median residual."""
        return float(1.4826 * np.median(np.abs(self.residual - self.median)))

    def beyond(self, distance: float) -> float:
        """Return the share of the rows that lies further from the median than that."""
        if np.isnan(distance):
            return np.nan
        return float(np.mean(np.abs(self.residual - self.median) > distance))

    @cached_property
    def residual(self) -> np.ndarray:
        """Prediction − truth, shape (n,), divided by 1 + truth where that is the scale."""
        apart = self.prediction - self.truth
        return apart if self.scale is None else apart / (1 + self.truth)

    @cached_property
    def square(self) -> np.ndarray:
        """Squares of the residuals, shape (n,)."""
        return self.residual**2

    @cached_property
    def unexplained(self) -> np.ndarray:
        """Squares of prediction − truth, shape (n,), whatever the scale."""
        return self.square if self.scale is None else (self.prediction - self.truth) ** 2

    @cached_property
    def outlying(self) -> np.ndarray:
        """1 where a residual exceeds the bound, else 0, NaN where it is unknown; shape (n,)."""
        beyond = (np.abs(self.residual) > self.bound).astype(float)
        return np.where(np.isnan(self.residual), np.nan, beyond)

    @cached_property
    def centred(self) -> tuple:
        """Truth less its mean over all rows, and the square of that: their sums lose no digits."""
        centred = self.truth - self.truth.mean()
        return centred, centred**2

    @cached_property
    def surprise(self) -> np.ndarray:
        """−ln(probability given to what came true), probabilities kept 1e-15 off 0 and 1."""
        probability = np.clip(self.prediction, 1e-15, 1 - 1e-15)
        return -np.where(self.truth > 0, np.log(probability), np.log1p(-probability))

    @cached_property
    def order(self) -> np.ndarray:
        """Row numbers by growing residual."""
        return np.argsort(self.residual, kind="stable")

    @cached_property
    def ordered(self) -> tuple:
        """The residuals, growing, as an array and a list: a list is bisected ten times as fast."""
        values = self.residual[self.order]
        return values, values.tolist()

    def weighted(self, weights: np.ndarray) -> Draw:
        """Return the residuals of a draw that holds row i `weights[i]` times."""
        return Draw(self, np.asarray(weights, dtype=float))


class Draw:
    """The residuals of one bootstrap draw: rows are weighed, and nothing is sorted again.

    Parameters
    ----------
    rows : Residuals
    weights : array of shape (n,)
        How often each row stands in the draw.
    """

    def __init__(self, rows: Residuals, weights: np.ndarray) -> None:
        self.rows, self.weights = rows, weights
        self.size = weights.sum()

    def mean(self, values: np.ndarray) -> float:
        """Return the mean over the draw of values of all rows, shape (n,)."""
        return float(np.einsum("i,i", self.weights, values) / self.size)

    @property
    def variance(self) -> float:
        """Variance of the truth, exactly 0 where all rows of the draw have the same."""
        centred, square = self.rows.centred
        second = self.mean(square)
        variance = second - self.mean(centred) ** 2
        # What is left of a draw of one row many times is rounding.
        return variance if variance > 1e-12 * second else 0.0

    @cached_property
    def _reached(self) -> np.ndarray:
        """How many rows of the draw have at most the i-th residual."""
        return np.cumsum(self.weights[self.rows.order])

    def _middle(self, at: Callable) -> float:
        """Return the mean of the one or two middle values; `at(k)` has k values below it."""
        half, odd = divmod(int(self.size), 2)
        return at(half) if odd else (at(half - 1) + at(half)) / 2

    @cached_property
    def median(self) -> float:
        """Median residual."""
        values, _ = self.rows.ordered
        return self._middle(lambda k: values[np.searchsorted(self._reached, k, side="right")])

    @cached_property
    def scatter(self) -> float:
        """1.4826 × the median absolute deviation from the median residual."""
        unknown = np.isnan(self.rows.ordered[0][-1])
        return np.nan if unknown else 1.4826 * float(self._middle(self._distance))

    def _distance(self, k: int) -> float:
        """Return the distance from the median that k rows fall short of; bisected on each side."""
        _, values = self.rows.ordered
        centre, n = float(self.median), len(values)
        split, found = bisect_left(values, centre), []
        for side, count in ((1, n - split), (-1, split)):
            low, high = 0, count
            while low < high:
                middle = (low + high) // 2
                distance = abs(values[split + middle if side > 0 else split - 1 - middle] - centre)
                low, high = (low, middle) if self._within(distance) > k else (middle + 1, high)
            if low < count:
                found.append(abs(values[split + low if side > 0 else split - 1 - low] - centre))
        return min(found)

    def _within(self, distance: float) -> float:
        """Return how many rows of the draw lie at most so far from the median."""
        _, values = self.rows.ordered
        centre = float(self.median)
        slack = ROUNDING * (abs(centre) + distance)  # so that the row at this distance is within it
        above, below = (
            bisect_right(values, centre + distance + slack),
            bisect_left(values, centre - distance - slack),
        )
        return (self._reached.item(above - 1) if above else 0.0) - (
            self._reached.item(below - 1) if below else 0.0
        )

    def beyond(self, distance: float) -> float:
        """Return the share of the draw that lies further from the median than that."""
        if np.isnan(distance):
            return np.nan
        return 1 - self._within(distance) / self.size
