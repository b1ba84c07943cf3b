"""Two predictors on the same folds: what one gains over the other, with its interval.

Folds share most of their training rows, so the scatter between them is too small a measure of
what another sample would have given. The variance of a mean over K folds is therefore not s²/K but
s² (1/K + n_held/n_fitted) (Nadeau and Bengio 2003, Mach. Learn. 52, 239), with Student's t of
K - 1 degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from boxloop.measure.metrics import METRICS


class Paired(NamedTuple):
    """A mean over folds with its 95 % interval, its standard error, and the number of folds."""

    value: float
    low: float
    high: float
    error: float
    folds: int

    def beyond(self, chance: float) -> float:
        """Return the distance from zero that noise exceeds with this probability, on one side."""
        from scipy.stats import t

        if self.folds < 2:
            return np.inf
        return float(t.ppf(1 - chance, self.folds - 1)) * self.error


def paired(differences: Sequence[float] | np.ndarray, *, level: float = 0.95) -> Paired:
    """Return the mean of one difference per fold with its interval.

    Parameters
    ----------
    differences : array of shape (folds,)
        NaN where a fold was not reached: it is left out.
    level : float

    Returns
    -------
    Paired
        Of fewer than two folds without an end.
    """
    found = np.asarray(differences, dtype=float)
    found = found[np.isfinite(found)]
    size = len(found)
    if size < 2:
        return Paired(float(found.mean()) if size else np.nan, -np.inf, np.inf, np.inf, size)
    # Of K folds, K - 1 fit and one is held out.
    error = float(found.std(ddof=1) * np.sqrt(1 / size + 1 / (size - 1)))
    one = Paired(float(found.mean()), 0.0, 0.0, error, size)
    half = one.beyond((1 - level) / 2)
    return one._replace(low=one.value - half, high=one.value + half)


def fold_gains(
    scores: Mapping[str, Sequence[float]], *, metric: str, over: str
) -> dict[str, Paired]:
    """Return by how much of its loss each predictor is better than one of them, fold by fold.

    Parameters
    ----------
    scores : dict
        The metric of each predictor in each fold, shape (folds,); NaN where it was not measured.
    metric : str
        See `as_loss`.
    over : str
        Whom the others are compared with; the gain is a share of its mean loss.

    Returns
    -------
    dict of Paired
        Positive where a predictor is better than `over`, which is left out.
    """
    loss = {name: as_loss(metric, each) for name, each in scores.items()}
    base = loss.pop(over)
    found = {}
    for name, other in loss.items():
        there = np.isfinite(base[: len(other)]) & np.isfinite(other)
        mine = base[: len(other)][there]
        level = abs(mine.mean()) if len(mine) else np.nan
        found[name] = paired((mine - other[there]) / level if level else mine * np.nan)
    return found


def as_loss(metric: str, values: Any) -> np.ndarray:
    """Return values of a metric as numbers of which less is better, of the same shape.

    The metric itself where less is better, and where more is better what it lacks to 1; one without
    an upper end with its sign turned, so that a gain is a share of the metric.
    """
    chosen, values = METRICS[metric], np.asarray(values, dtype=float)
    if chosen.better == "zero":
        return np.abs(values)
    if chosen.better == "lower":
        return values
    return -values if chosen.unbounded else 1 - values


def loss_words(metric: str) -> str:
    """Return what the loss of a metric is called."""
    chosen = METRICS[metric]
    return f"1 - {chosen.label}" if chosen.better == "higher" and not chosen.unbounded else (
        chosen.label)  # fmt: skip
