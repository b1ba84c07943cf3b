"""What a held-out score is worth against chance: 0 where nothing was learnt, 1 at best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from boxloop.measure import estimates


@dataclass(frozen=True)
class Score:
    """A rank correlation, or 2 AUC - 1, and its standard error where there is only chance."""

    value: float
    error: float


def against_chance(
    y: np.ndarray, said: np.ndarray, units: np.ndarray, *, classes: bool
) -> Score | None:
    """Return the score of held-out rows, or None where these rows cannot be scored.

    Parameters
    ----------
    y : array of shape (n,)
        Numbers, or the codes 0..k-1 of classes.
    said : array of shape (n,), or (n, k) for classes
    units : array of shape (n,)
        Rows of one unit that share their label count once.
    classes : bool
    """
    size = effective(y, units)
    if len(y) < 4 or np.ptp(y) == 0:
        return None
    if classes:
        chances = said if said.ndim == 2 else np.column_stack([-said, said])
        return Score(2 * _area(y, chances) - 1, class_error(y, size / len(y)))
    from scipy.stats import spearmanr

    flat = np.ptp(said) == 0
    value = 0.0 if flat else float(np.nan_to_num(spearmanr(said, y).statistic))
    return Score(value, float(1 / np.sqrt(max(size - 1, 1))))


def effective(y: np.ndarray, units: np.ndarray) -> int:
    """Return how many labels are independent: the units where each shares one, else the rows."""
    return len(np.unique(units)) if shared(y, units) else len(y)


def shared(y: np.ndarray, units: np.ndarray) -> bool:
    """Return whether each unit has one label, and some have several rows."""
    first, codes = np.unique(units, return_index=True, return_inverse=True)[1:]
    return len(first) < len(y) and bool((y == y[first][codes]).all())


def class_error(y: np.ndarray, share: float = 1.0) -> float:
    """Return the standard error of 2 AUC - 1 by chance (Hanley & McNeil 1982), rarest class."""
    counts = np.bincount(y.astype(int)) * share
    few = max(float(counts[counts > 0].min()), 1.0)
    rest = max(float(counts.sum()) - few, 1.0)
    return float(2 * np.sqrt((few + rest + 1) / (12 * few * rest)))


def _area(y: np.ndarray, chances: np.ndarray) -> float:
    """Return the mean AUC of each class that is there against the rest."""
    codes = y.astype(int)
    there = [1] if chances.shape[1] == 2 else np.unique(codes)
    return float(np.mean([estimates.auc(codes == k, chances[:, k])[0] for k in there]))


def pooled(scores: Iterable[Score | None]) -> Score | None:
    """Return the mean of the scores of folds, each with the weight of what it can show.

    Folds are scored one by one: across folds, what was held out and what was fitted have opposite
    means, which would hide a part of a leak.
    What a fold is fitted to, another is scored by, so for a model that is linear in the labels each
    pair of folds is counted twice: the variance of the mean is twice that of independent folds.
    """
    there = [score for score in scores if score is not None]
    if not there:
        return None
    weight = np.array([1 / score.error**2 for score in there])
    value = float(np.average([score.value for score in there], weights=weight))
    return Score(value, float(np.sqrt(min(len(there), 2) / weight.sum())))


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute here, one thing after the other.

    The fits are small: not worth a way to a cluster, and on a busy machine the threads of boosted
    trees wait for one another 20 times longer than they work.
    """
    from joblib import parallel_config
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), parallel_config(backend="sequential", n_jobs=1):
        yield
