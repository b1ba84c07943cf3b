"""An ensemble of refits: what the model would say had chance given it other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.intervals import group_bootstrap, group_draws
from boxloop.measure.metrics import METRICS
from boxloop.measure.task import out_of_fold

SIXTHS = ["nearest", "second", "third", "fourth", "fifth", "farthest"]


def resample_predict(
    model: Any, X: pd.DataFrame, y: pd.Series, *, groups: np.ndarray, cv: list, seed: int
) -> np.ndarray:
    """Return for each row the guess of a model fitted to a bootstrap sample of the other folds.

    Parameters
    ----------
    model : estimator, not fitted
    X : DataFrame of n rows
    y : Series of shape (n,)
    groups : array of shape (n,)
        Whole groups are drawn, because rows of a group are not independent.
    cv : list of (rows to fit, rows to predict)
    seed : int

    Returns
    -------
    array of shape (n,), NaN for rows that no fold predicts
    """
    drawn = [next(group_draws(groups[fitted], draws=1, seed=seed)) for fitted, _ in cv]
    again = [(fitted[rows], held) for (fitted, held), rows in zip(cv, drawn, strict=True)]
    return out_of_fold(model, X, y, again)


def spread(
    truth: pd.Series,
    predictions: np.ndarray,
    *,
    metric: str = "rmse",
    working_point: float | None = None,
) -> Any:
    """Return how far the members of an ensemble disagree.

    Parameters
    ----------
    truth : array of shape (n,)
    predictions : array of shape (n, members)
        Rows with a NaN (the first block of a split in time) are left out.
    metric : str
    working_point : float, optional

    Returns
    -------
    dict
        The metric by its label, and its standard deviation over the members (``sd of ...``),
        ``spread per object`` (median over the rows of the standard deviation between members),
        ``... of the mean`` of all members.
    """
    chosen, there = METRICS[metric], np.isfinite(predictions).all(axis=1)
    truth, predictions = np.asarray(truth)[there], predictions[there]
    scores = [chosen(truth, member, working_point) for member in predictions.T]
    return {
        chosen.label: float(np.mean(scores)),
        f"sd of {chosen.label}": float(np.std(scores, ddof=1)),
        "spread per object": float(np.median(predictions.std(axis=1, ddof=1))),
        f"{chosen.label} of the mean": chosen(truth, predictions.mean(axis=1), working_point),
    }


def by_distance(
    truth: Any,
    members: np.ndarray,
    away: np.ndarray,
    *,
    groups: np.ndarray,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Return what an ensemble disagrees about and what it gets wrong together, by distance.

    The mean squared error of the members is, row by row, their variance about their mean plus the
    squared error of that mean (Krogh & Vedelsby 1995, Eq. 6). The first part is the epistemic
    uncertainty that the ensemble sees; the second is noise, and what all members have missed.

    Parameters
    ----------
    truth : array of shape (n,)
    members : array of shape (k, n), or (k, n, K) of several classes
        Values, or probabilities of the class of interest where the truth is 0 or 1; of several
        classes the squares of all probabilities of a row are added up.
    away : array of shape (n,)
        How far each row lies from the rows that its members were fitted to.
    groups : array of shape (n,)
    draws, seed : int, of the bootstrap

    Returns
    -------
    DataFrame of six rows, the nearest sixth first
        ``rows``, the mean ``distance``, and root mean squares in the unit of the truth, each with
        ``_low`` and ``_high``: the ``error`` of one member, their ``spread``, and what is
        ``shared``, the error of their mean.
    """
    truth, members = np.asarray(truth, dtype=float), np.asarray(members, dtype=float)
    squares = _squares(truth, members)
    sixth = np.argsort(np.argsort(away, kind="stable"), kind="stable") * len(SIXTHS) // len(away)
    rows = {}
    for number in np.unique(sixth):
        inside = sixth == number
        options = {"groups": groups[inside], "draws": draws, "seed": seed}
        row = {"rows": int(inside.sum()), "distance": float(np.mean(away[inside]))}
        for name, square in squares.items():
            row |= _root_mean(name, square[inside], **options)
        rows[SIXTHS[number]] = row
    return pd.DataFrame(rows.values(), index=pd.Index(rows, name="sixth"))


def _squares(truth: np.ndarray, members: np.ndarray) -> dict[str, np.ndarray]:
    """Return the three squares of each row, shape (n,); of several classes their sums."""
    if members.ndim > 2:
        truth = np.eye(members.shape[2])[truth.astype(int)]
    squares = {"error": np.mean((truth - members) ** 2, axis=0), "spread": members.var(axis=0)}
    squares["shared"] = (truth - members.mean(axis=0)) ** 2
    if members.ndim > 2:
        return {name: square.sum(axis=1) for name, square in squares.items()}
    return squares


def _root_mean(name: str, square: np.ndarray, **options: Any) -> dict[str, float]:
    """Return the root of a mean of squares with the ends of its interval."""
    ends = group_bootstrap(np.mean, square, **options)
    found = np.sqrt(np.maximum([ends.value, ends.low, ends.high], 0))
    return dict(zip((name, f"{name}_low", f"{name}_high"), map(float, found), strict=True))
