"""Intervals by group bootstrap: whole groups are drawn, rows of a group are not independent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boxloop.measure.metrics import METRICS
from boxloop.measure.ranking import Ranking
from boxloop.measure.residuals import Residuals
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.measure.metrics import Metric


ROWS_DRAWN, LEAST = 50_000_000, 100


class Interval(NamedTuple):
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float


def residual_score(y: pd.Series) -> Any:
    """Return MAPIE's conformity score |y − prediction|, for targets of any size.

    MAPIE tests whether the score can be undone, to 1e-8 in the unit of the target: numbers of
    1e10 are rounded more coarsely.

    Parameters
    ----------
    y : array of shape (n,)
        The target.
    """
    from mapie.conformity_scores import AbsoluteConformityScore

    score = AbsoluteConformityScore()
    score.eps *= max(1.0, float(np.max(np.abs(y))))
    return score


def affordable(draws: int, n: int) -> int:
    """Return how many bootstrap draws are made of n rows: `draws`, and fewer of very many rows.

    Rows × draws stay below fifty million, but 100 draws are made in any case. A hundred draws place
    the ends of a 95 % interval to about a fifth of its half-width, and with that many rows the
    interval is narrow.
    """
    return int(min(draws, max(LEAST, ROWS_DRAWN // max(n, 1))))


def group_draws(groups: np.ndarray | pd.Series, *, draws: int, seed: int) -> Iterator:
    """Yield `draws` arrays of row numbers, each a sample of whole groups with replacement.

    Parameters
    ----------
    groups : array of shape (n,)
        Group of each row; every row its own group where rows are independent.
    """
    unique, codes = numbered(groups)
    size = len(unique)
    order = np.argsort(codes, kind="stable")
    lengths = np.bincount(codes, minlength=size)
    starts = np.cumsum(lengths) - lengths
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        chosen = rng.integers(size, size=size)
        drawn = lengths[chosen]
        first = np.cumsum(drawn) - drawn
        yield order[np.repeat(starts[chosen] - first, drawn) + np.arange(drawn.sum())]


def group_weights(groups: np.ndarray | pd.Series, *, draws: int, seed: int) -> Iterator:
    """Yield how often each row stands in the draws that `group_draws` yields, shape (n,)."""
    unique, codes = numbered(groups)
    size = len(unique)
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(size, size=size), minlength=size).astype(float)[codes]


def group_bootstrap(
    statistic: Any, *arrays: Any, groups: Any, draws: int = 1000, seed: int = 0, level: Any = 0.95
) -> Interval:
    """Return a statistic with its percentile interval.

    Parameters
    ----------
    statistic : callable
        Takes the arrays, returns a float.
    *arrays : arrays of shape (n,) or (n, k)
    groups : array of shape (n,)
    draws, seed : int
        Of very many rows fewer draws are made, see `affordable`.
    level : float
        Probability that the interval should cover.

    Returns
    -------
    Interval
        Value on all rows, and the ends of the interval.
    """
    whole = [np.asarray(array) for array in arrays]
    draws = affordable(draws, len(groups))
    if statistic is np.mean and whole[0].ndim == 1:
        values = whole[0].astype(float)
        sample = [
            np.einsum("i,i", weights, values) / weights.sum()
            for weights in group_weights(groups, draws=draws, seed=seed)
        ]
    else:
        sample = [
            statistic(*(array[rows] for array in whole))
            for rows in group_draws(groups, draws=draws, seed=seed)
        ]
    return interval(statistic(*whole), sample, level=level)


def interval(value: float, sample: list, *, level: float = 0.95) -> Any:
    """Return a value with the percentiles of its bootstrap sample.

    Draws in which the statistic is not defined (NaN) are left out. With few groups the
    percentiles can leave out the value itself; the interval then reaches to it.
    """
    value, sample = float(value), np.asarray(sample, dtype=float)
    known = sample[~np.isnan(sample)]
    if np.isnan(value) or not len(known):
        return Interval(value, np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, min(float(low), value), max(float(high), value))


def compare(
    truth: np.ndarray | pd.Series,
    predictions: dict[str, np.ndarray],
    *,
    groups: np.ndarray | pd.Series,
    metrics: list[str],
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    working_point: float | None = None,
) -> Any:
    """Measure model, reference and trivial baseline on the same rows and the same bootstrap draws.

    Parameters
    ----------
    truth : array of shape (n,)
    predictions : dict
        ``"model"`` and ``"reference"``, perhaps ``"trivial"``, each of shape (n,).
    groups : array of shape (n,)
    metrics : list of str
    draws, seed : int
        Of very many rows fewer draws are made, see `affordable`.
    working_point : float, optional
        Cut (classification) or background efficiency (anomaly detection) of metrics that need one.

    Returns
    -------
    dict
        For each metric the intervals of all predictors, and of ``difference``: the improvement
        of the model over the reference, positive when the model is better. It is paired: each
        draw compares both on the same groups, so their shared noise cancels.
    """
    truth = np.asarray(truth)
    chosen = [METRICS[name] for name in metrics]
    measures = {
        name: _Measure(truth, np.asarray(values), chosen, working_point)
        for name, values in predictions.items()
    }
    drawn: dict[str, list[dict[str, float]]] = {name: [] for name in predictions}
    for weights in group_weights(groups, draws=affordable(draws, len(truth)), seed=seed):
        for name, measure in measures.items():
            drawn[name].append(measure.draw(weights))
    whole = {name: measure.whole() for name, measure in measures.items()}
    return {metric.name: _intervals(metric, whole, drawn, level=level) for metric in chosen}


def _intervals(metric: Metric, whole: dict, drawn: dict, *, level: float) -> dict:
    """Return the intervals of one metric, from its values in all rows and in each draw."""
    value = {name: values[metric.name] for name, values in whole.items()}
    sample = {name: [values[metric.name] for values in rows] for name, rows in drawn.items()}
    found = {name: interval(value[name], sample[name], level=level)._asdict() for name in whole}
    if {"model", "reference"} <= set(whole):
        gain = metric.improvement(value["reference"], value["model"])
        gains = list(map(metric.improvement, sample["reference"], sample["model"]))
        found["difference"] = interval(gain, gains, level=level)._asdict()
    return found


class _Measure:
    """Metrics of one prediction, of all rows and of draws; rows are sorted once for all of them."""

    def __init__(
        self,
        truth: np.ndarray,
        guess: np.ndarray,
        metrics: list[Metric],
        working_point: float | None,
    ) -> None:
        self.truth, self.guess = truth, guess
        self.metrics, self.working_point = metrics, working_point
        ranked = any(metric.ranked for metric in metrics)
        self.ranking = Ranking(truth, guess) if ranked else None
        of_residuals = any(metric.of_residuals for metric in metrics)
        self.residuals = Residuals(truth, guess) if of_residuals else None

    def whole(self) -> dict:
        """Return the metrics of all rows by name."""
        return self._read(self.ranking, self.residuals, weights=None)

    def draw(self, weights: np.ndarray) -> dict:
        """Return the metrics by name of a draw that holds each row `weights` times."""
        return self._read(
            self.ranking and self.ranking.weighted(weights),
            self.residuals and self.residuals.weighted(weights),
            weights=weights,
        )

    def _read(self, ranking: Ranking | None, residuals: Any, *, weights: Any):
        found = {}
        for metric in self.metrics:
            if metric.ranked:
                found[metric.name] = metric.function(ranking, self.working_point)
            elif metric.of_residuals:
                found[metric.name] = metric.of_residuals(residuals)
            else:  # a metric of one's own, which knows no weights
                rows = slice(None) if weights is None else drawn_rows(weights)
                found[metric.name] = metric.function(self.truth[rows], self.guess[rows])
        return found


def drawn_rows(weights: np.ndarray) -> np.ndarray:
    """Return the row numbers of a draw that holds row i `weights[i]` times."""
    return np.repeat(np.arange(len(weights)), weights.astype(int))
