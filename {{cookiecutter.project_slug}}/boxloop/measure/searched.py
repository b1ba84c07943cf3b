"""A search of settings as numbers: who was tried, what won, and what the winner is worth outside.

It reads scikit-learn's own searches (`GridSearchCV`, `RandomizedSearchCV`), whose scores are
greater where better; everything here is a gain as a share of the loss (`boxloop.measure.paired`).
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from boxloop.measure.metrics import METRICS
from boxloop.measure.paired import Paired, as_loss, paired

# Where a setting ends by itself: no grid can go on.
NATURAL = {"low": (0, 1), "high": (1.0,)}


def losses(search: Any, metric: str) -> np.ndarray:
    """Return the loss of each setting in each fold, shape (settings, folds)."""
    table = search.cv_results_
    names = sorted(
        (name for name in table if name.startswith("split") and name.endswith("_test_score")),
        key=lambda name: int(name[5:].partition("_")[0]),
    )
    scores = np.column_stack([np.asarray(table[name], dtype=float) for name in names])
    return as_loss(metric, METRICS[metric].sign * scores)


class Edge(NamedTuple):
    """A setting whose winner is the last value that was tried, and what the last step gained."""

    name: str
    value: float
    gain: Paired


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def edges(search: Any, metric: str) -> list[Edge]:
    """Return the settings of a search whose best value lies at an end of those that were tried.

    Numbers of which three or more were tried, unless the end is natural: nothing is less than 0 or
    than one row in a leaf, and no share is more than 1.0. The gain is that of the best setting
    with the last value over the best setting with the value before.
    """
    loss, found = losses(search, metric), []
    best = int(np.nanargmin(_mean(loss)))
    settings = search.cv_results_["params"]
    for name, winner in settings[best].items():
        values = [one.get(name) for one in settings]
        if not all(_is_number(value) for value in values):
            continue
        tried = sorted(set(values))
        if len(tried) < 3 or winner not in (tried[0], tried[-1]):
            continue
        end = "low" if winner == tried[0] else "high"
        natural = winner in NATURAL[end] and (end == "low" or isinstance(winner, float))
        if natural:
            continue
        before = tried[1] if end == "low" else tried[-2]
        rows = [k for k, value in enumerate(values) if value == before]
        rival = rows[int(np.nanargmin(_mean(loss[rows])))]
        found.append(Edge(name, float(winner), _gain(loss[rival], loss[best])))
    return found


def _mean(loss: np.ndarray) -> np.ndarray:
    """Return the mean loss of each setting; that of one which failed in a fold is infinite."""
    means = loss.mean(axis=1)
    return np.where(np.isfinite(means), means, np.inf)


def _gain(before: np.ndarray, after: np.ndarray) -> Paired:
    level = abs(np.nanmean(before))
    return paired((before - after) / level if level else np.zeros_like(before))


class Outcome(NamedTuple):
    """What a nested search has shown, all as shares of the loss, each with its noise.

    `promised` is what the winner gains over the middling setting where it was chosen, `kept` what
    it gains over it on rows that the choice has not seen, and `optimism` the difference. `short`
    is what is missing of half of the promise, which few folds may lack by chance.
    """

    promised: Paired
    kept: Paired
    optimism: Paired
    short: Paired


def outcome(whole: Any, inner: Sequence[Any], metric: str) -> Outcome:
    """Return what searches inside the fitted part of each fold are worth on the part held out.

    Parameters
    ----------
    whole : fitted search over the outer folds
    inner : fitted searches, one per outer fold, over the same settings in the same order
    metric : str

    Returns
    -------
    Outcome
        The best of many inner scores is the luckiest of them too (Cawley and Talbot 2010, J. Mach.
        Learn. Res. 11, 2079). Both sides are held against the middling setting on the same rows,
        so that easy rows, and fewer of them, are no optimism.
    """
    outside, rows = losses(whole, metric), []
    for fold, one in enumerate(inner):
        inside = _mean(losses(one, metric))
        held = outside[:, fold]
        best = int(np.argmin(inside))
        rows.append((_over(inside, best), _over(held, best)))
    promised, kept = np.array(rows, dtype=float).reshape(-1, 2).T
    short = promised / 2 - kept
    return Outcome(paired(promised), paired(kept), paired(promised - kept), paired(short))


def _over(loss: np.ndarray, best: int) -> float:
    """Return what a setting gains over the middling one, as a share of the loss of that."""
    middle = float(np.median(loss[np.isfinite(loss)])) if np.isfinite(loss).any() else np.nan
    return (middle - loss[best]) / abs(middle) if middle else np.nan


def effort(searches: Mapping[str, Any]) -> dict[str, int]:
    """Return how many settings of each predictor were tried."""
    return {name: len(search.cv_results_["params"]) for name, search in searches.items()}
