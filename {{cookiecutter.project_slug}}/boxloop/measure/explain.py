"""Explanations that any estimator of a study can be asked for, whatever its task and columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.inspection import permutation_importance

from boxloop.measure.task import guess

MOST = 12
ROWS = 2_000
POINTS = 25


def leading_inputs(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    cv: list,
    settings: Any,
    scoring: Callable,
    most: int = MOST,
) -> list[str]:
    """Return the inputs to explain: all, or those that cost the score most when shuffled.

    Parameters
    ----------
    model : unfitted estimator
    X : DataFrame of n rows
    y : Series of shape (n,)
    cv : list of (fitted rows, held-out rows); the first is used, and at most `ROWS` of its
        held-out rows
    settings : boxloop.settings.load.Settings
    scoring : callable, from `boxloop.measure.task.Task.scorer`

    Returns
    -------
    list of str
        In the order of the manifest.
    """
    names = [name for name in settings.inputs if name in X]
    if len(names) <= most:
        return names
    fitted, held = cv[0]
    held = np.sort(np.random.default_rng(settings.study.seeds[0]).permutation(held)[:ROWS])
    fit = clone(model).fit(X.iloc[fitted], y.iloc[fitted])
    found = permutation_importance(
        fit,
        X.iloc[held],
        y.iloc[held],
        scoring=scoring,
        n_repeats=1,
        random_state=settings.study.seeds[0],
    )
    lost = dict(zip(X, found["importances_mean"], strict=True))
    chosen = sorted(names, key=lambda name: -lost[name])[:most]
    return [name for name in names if name in chosen]


def dependence(model: Any, X: pd.DataFrame, name: str) -> tuple:
    """Return the partial dependence of what a model says on one input (Friedman 2001).

    Parameters
    ----------
    model : fitted estimator, asked through `boxloop.measure.task.guess`
    X : DataFrame of n rows
    name : str

    Returns
    -------
    grid : array of shape (k,)
        25 values from the 5th to the 95th percentile, in equal steps, or in equal ratios over two
        decades and more; where there are fewer different ones or
        words, these.
    mean : array of shape (k,)
        The mean over the rows when all of them are given that value and keep their other inputs.
    """
    values = X[name].dropna()
    if not pd.api.types.is_numeric_dtype(values):
        grid = np.array(sorted(values.unique(), key=str), dtype=object)
    elif len(grid := np.unique(values)) > POINTS:
        low, high = np.quantile(values.astype(float), [0.05, 0.95])
        # Over two decades and more, equal steps would all lie in the last one.
        grid = (np.geomspace if 0 < 100 * low < high else np.linspace)(low, high, POINTS)
    grid, means = grid[:POINTS], []
    for value in grid:
        column = pd.Series([value] * len(X), index=X.index).astype(_kind(X[name], value))
        means.append(guess(model, X.assign(**{name: column})).mean())
    return grid, np.array(means)


def _kind(column: pd.Series, value: Any) -> type:
    # A whole number may be moved by half; a word stays what the model has learnt it as.
    return column.dtype if not isinstance(value, float) else float
