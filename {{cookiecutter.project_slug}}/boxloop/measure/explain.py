"""Explanations that any estimator of a study can be asked for, whatever its task and columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.inspection import permutation_importance

from boxloop.measure.task import guess

MOST = 12
LED = "04_train/leading.csv"  # where 04 keeps what `shuffled` has found
EACH, BLOCKS = 40, 64  # inputs that are shuffled one by one; of more, blocks to begin with
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
    lost = shuffled(model, X, y, cv=cv, settings=settings, scoring=scoring)
    chosen = list(lost.index[:most])
    return [name for name in names if name in chosen]


def shuffled(
    model: Any, X: pd.DataFrame, y: pd.Series, *, cv: list, settings: Any, scoring: Callable
) -> pd.Series:
    """Return what shuffling an input costs the score on rows held out, the most costly first.

    Parameters as in `leading_inputs`.

    Returns
    -------
    Series
        Index: all inputs, or of more than `EACH` those that `searched` finds.
    """
    names, seed = [name for name in settings.inputs if name in X], settings.study.seeds[0]
    fitted, held = cv[0]
    held = np.sort(np.random.default_rng(seed).permutation(held)[:ROWS])
    fit = clone(model).fit(X.iloc[fitted], y.iloc[fitted])
    rows, truth = X.iloc[held], y.iloc[held]
    options: dict[str, Any] = {"scoring": scoring, "random_state": seed}
    if len(names) > EACH:
        names = searched(fit, rows, truth, inputs=names, scoring=scoring, seed=seed)
        fit, rows = these(fit, rows, names, settings.inputs)
    found = permutation_importance(fit, rows, truth, n_repeats=1, **options)
    lost = pd.Series(found["importances_mean"], index=list(rows))[names]
    return lost.sort_values(ascending=False, kind="stable")


def searched(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    inputs: list[str],
    scoring: Callable,
    seed: int,
    most: int = EACH,
) -> list[str]:
    """Return the leading ones of very many inputs, found by shuffling blocks of them together.

    The blocks that cost the score most are halved again and again: what single pixels of a
    spectrum do not cost, because their neighbours know the same, a block of them does, and what is
    looked at in all is a few hundred shuffles instead of thousands.

    Parameters
    ----------
    model : fitted estimator
    X, y : DataFrame of n rows and Series of shape (n,), not those it was fitted to
    inputs : list of str, in an order in which neighbours stand together
    scoring : callable

    Returns
    -------
    list of str
        In the order of `inputs`, at most `most`.
    """
    turn = np.random.default_rng(seed).permutation(len(X))
    known: dict[tuple[int, int], float] = {}

    def cost(block: tuple[int, int]) -> float:
        if block not in known:
            names = inputs[slice(*block)]
            moved = X.assign(**{name: X[name].to_numpy()[turn] for name in names})
            known[block] = -scoring(model, moved, y)
        return known[block]

    edges = np.linspace(0, len(inputs), BLOCKS + 1).astype(int)
    blocks = list(dict.fromkeys(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)))
    while any(end - start > 1 for start, end in blocks):
        first = sorted(blocks, key=cost, reverse=True)[: most // 2]
        blocks = sorted({half for block in first for half in _halves(block)})
    first = sorted(blocks, key=cost, reverse=True)[:most]
    return [inputs[start] for start, _ in sorted(first)]


def _halves(block: tuple[int, int]) -> list[tuple[int, int]]:
    start, end = block
    middle = (start + end) // 2
    return [block] if end - start < 2 else [(start, middle), (middle, end)]


class These(BaseEstimator):
    """A fitted estimator that is asked with some of its inputs, while the others stay as they are.

    Parameters
    ----------
    model : fitted estimator
    rest : DataFrame of n rows, the other columns
    columns : list of str, all columns in the order of the estimator
    """

    def __init__(self, model: Any, rest: pd.DataFrame, columns: list[str]) -> None:
        self.model, self.rest, self.columns = model, rest, columns

    def fit(self, X: pd.DataFrame, y: Any = None) -> Any:  # noqa: ARG002
        """Do nothing: the estimator is fitted."""
        return self

    def anomaly_score(self, X: pd.DataFrame) -> np.ndarray:
        """Return the guess for each row, whatever the task; see `boxloop.measure.task.guess`."""
        rest = self.rest.set_axis(X.index)
        return guess(self.model, pd.concat([X, rest], axis=1)[self.columns])


def these(
    model: Any, X: pd.DataFrame, names: list[str], inputs: list[str]
) -> tuple[Any, pd.DataFrame]:
    """Return an estimator that is asked with a few inputs, and the rows with these alone.

    Columns that are no inputs, such as weights, stay in the rows.
    """
    rest = [name for name in inputs if name in X and name not in names]
    if not rest:
        return model, X
    return These(model, X[rest], list(X)), X.drop(columns=rest)


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
    mean : array of shape (k,), or (k, K) of several classes
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
        means.append(guess(model, X.assign(**{name: column})).mean(axis=0))
    return grid, np.array(means)


def _kind(column: pd.Series, value: Any) -> type:
    # A whole number may be moved by half; a word stays what the model has learnt it as.
    return column.dtype if not isinstance(value, float) else float
