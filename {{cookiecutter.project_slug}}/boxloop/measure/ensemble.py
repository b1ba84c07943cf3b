"""An ensemble of refits: what the model would say had chance given it other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.intervals import group_draws
from boxloop.measure.metrics import METRICS
from boxloop.measure.task import out_of_fold

if TYPE_CHECKING:
    import pandas as pd


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
