"""How flexible a model is, and how plain what it says: both measured, neither typed.

Flexibility is what a fit gives way: its effective degrees of freedom, the sum over the rows of
the change of a fitted value per change of the value that was taught (Ye 1998, J. Am. Stat. Assoc.
93, 120; for one hat matrix it is the trace). A model of seven coefficients has seven, nearest
neighbours have as many as rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from boxloop.measure.condensed import MANY, components, leading
from boxloop.measure.estimates import numeric
from boxloop.measure.task import Task, guess
from boxloop.split.division import group_folds

ROWS = 2_000  # of more a sample of whole groups is fitted
MOVED = 0.1  # of the labels that are turned in one draw
DRAWS = 2
CLEAR = 2.0  # standard errors by which a rung must be less flexible to stand before another
DEGREES, MEMORY = "degrees of freedom", "memory"
CURVES, LINES = 20, 60  # of very many inputs: those that have a curve, and components
SURE = 1e-3  # a probability as near to 0 or 1 as this is taken for it: its logit ends there


def flexibility(
    ladder: Mapping[str, Any],
    X: pd.DataFrame,
    y: pd.Series,
    *,
    settings: Any,
    groups: np.ndarray,
    membership: Callable | None = None,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Return how flexible each rung is, the least flexible first.

    Parameters
    ----------
    ladder : dict of unfitted estimators
    X, y : DataFrame of n rows, Series of shape (n,)
    settings : boxloop.settings.load.Settings
    groups : array of shape (n,); of more than 2,000 rows whole groups are drawn
    membership : callable, of a search that is taught regions: which resonances lie inside

    Returns
    -------
    DataFrame
        Index: the rungs; where the draws cannot tell two apart, in the order of the ladder.
        Columns: ``degrees of freedom``, and ``error``, its standard error over the draws of all
        rungs. Where no rung is taught anything, ``memory`` (see there) instead.
    """
    task, seed = Task(settings), settings.study.seeds[0]
    rows = _thinned(groups, seed)
    X, y, groups = X.iloc[rows], y.iloc[rows], np.asarray(groups)[rows]
    if len(np.unique(groups)) < 2:  # no half is left out of one group
        groups = np.arange(len(rows))
    if membership is None and task.has_classes and not task.kind.has_probabilities:
        tried = range(seed, seed + draws)
        known = {name: [memory(one, X, y, groups=groups, seed=k) for k in tried]
                 for name, one in ladder.items()}  # fmt: skip
        return _sorted(known, MEMORY)
    if membership is not None:
        teach = _regions(X, y, settings.only("resonance"), membership)
    elif task.has_classes:
        teach = _classes(X, y, len(task.classes)) if task.classes else _labels(X, y)
    else:
        teach = _numbers(X, y, _noise(ladder, X, y, groups=groups, seed=seed))
    taught = [teach(np.random.default_rng([seed, k])) for k in range(draws)]
    return _sorted({name: _degrees(one, taught, X, y) for name, one in ladder.items()}, DEGREES)


def _sorted(found: dict[str, list[float]], what: str) -> pd.DataFrame:
    """Return the table, sorted as far as the draws can tell: within their noise as it was typed."""
    values = np.array(list(found.values()), dtype=float)
    mean, draws = values.mean(axis=1), values.shape[1]
    # Few draws of one rung say little of their scatter; those of all rungs say it together.
    spread = values.std(axis=1, ddof=1) if draws > 1 else np.zeros(len(mean))
    error = np.full(len(mean), np.sqrt(np.mean(spread**2) / draws))
    order = list(range(len(mean)))
    swapped = True
    while swapped:
        swapped = False
        for k, (a, b) in enumerate(pairwise(order)):
            if mean[a] - mean[b] > CLEAR * np.hypot(error[a], error[b]):
                order[k : k + 2], swapped = [b, a], True
                break
    table = pd.DataFrame({what: mean, "error": error}, index=pd.Index(found, name="name"))
    return table.iloc[order]


def _thinned(groups: np.ndarray, seed: int) -> np.ndarray:
    """Return the numbers of about `ROWS` rows, by whole groups."""
    codes = np.unique(groups, return_inverse=True)[1]
    if len(codes) <= ROWS:
        return np.arange(len(codes))
    place = np.random.default_rng(seed).permutation(codes.max() + 1) / (codes.max() + 1)
    return np.flatnonzero(place[codes] < ROWS / len(codes))


class _Taught:
    """What one draw teaches instead: rows, labels, and by how much each row was moved.

    A row's own change is told from what it would have changed anyway, since a tenth of wrong
    labels moves all answers: the mean change of the rows of its `kind` that were left alone.
    """

    size: int | None = None  # of several classes

    def __init__(self, X: pd.DataFrame, y: pd.Series, moved: np.ndarray, kind: np.ndarray) -> None:
        self.X, self.y, self.moved, self.kind = X, y, moved, kind

    def degrees(self, change: np.ndarray) -> float:
        """Return the degrees of freedom from the change of each answer, shape (n,)."""
        found = 0.0
        for kind in np.unique(self.kind):
            mine, moved = self.kind == kind, self.moved != 0
            if not (mine & moved).any():
                continue
            alone = change[mine & ~moved].mean() if (mine & ~moved).any() else 0.0
            step = self.moved[mine & moved]
            own = (step * (change[mine & moved] - alone)).sum() / (step**2).sum()
            found += mine.sum() * own
        return max(found, 0.0)


class _TaughtClasses:
    """What one draw teaches instead of several classes: some rows are said to be of another one.

    What a row's label gives to its own class it takes from that, and from no other, so a row has
    two answers: that of the class that it lost, and that of the one that it was given.
    """

    def __init__(self, X: pd.DataFrame, y: pd.Series, given: np.ndarray, size: int) -> None:
        self.X, self.y, self.size = X, pd.Series(given, index=y.index), size
        self.own, self.given = y.to_numpy(dtype=int), given.astype(int)

    def degrees(self, change: np.ndarray) -> float:
        """Return the degrees of freedom from the change of each answer, shape (n, K).

        Of a straight border they are K - 1 times those of one score.
        """
        found = 0.0
        for kind in range(self.size):
            mine = self.own == kind
            moved = mine & (self.given != kind)
            if not moved.any():
                continue
            alone = change[mine & ~moved].mean(axis=0) if (mine & ~moved).any() else 0.0
            apart = change[moved] - alone
            gained = apart[np.arange(len(apart)), self.given[moved]].mean()
            found += mine.sum() * ((self.size - 1) * gained - apart[:, kind].mean())
        return max(found * (self.size - 1) / self.size, 0.0)


def _degrees(model: Any, taught: list[_Taught], X: pd.DataFrame, y: pd.Series) -> list[float]:
    """Return the degrees of freedom of a model in each draw."""
    several = {"classes": taught[0].size}
    first = guess(clone(model).fit(X, y), X, **several)
    again = [guess(clone(model).fit(one.X, one.y), X, **several) for one in taught]
    return [one.degrees(said - first) for one, said in zip(taught, again, strict=True)]


def _noise(ladder: Mapping, X: pd.DataFrame, y: pd.Series, *, groups: Any, seed: int) -> float:
    """Return the scatter of the target about the best rung, on rows that it has not seen."""
    found = []
    for one in ladder.values():
        rest = np.empty(len(y))
        for fitted, held in group_folds(groups, 2, seed=seed):
            said = guess(clone(one).fit(X.iloc[fitted], y.iloc[fitted]), X.iloc[held])
            rest[held] = y.iloc[held] - said
        low, high = np.quantile(rest, [0.16, 0.84])
        found.append((high - low) / 2 or rest.std())
    return min(found) or float(y.std()) or 1.0


def _numbers(X: pd.DataFrame, y: pd.Series, noise: float) -> Callable:
    """Return what teaches numbers with as much noise again as they have."""

    def teach(rng: np.random.Generator) -> _Taught:
        moved = noise * rng.normal(size=len(y))
        return _Taught(X, y + moved, moved, np.zeros(len(y)))

    return teach


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(rows, size=max(1, round(MOVED * len(rows))), replace=False)


def _labels(X: pd.DataFrame, y: pd.Series) -> Callable:
    """Return what turns a tenth of the labels of each class."""

    def teach(rng: np.random.Generator) -> _Taught:
        moved = np.zeros(len(y))
        for kind in (0.0, 1.0):
            if len(rows := np.flatnonzero(y == kind)):
                moved[_some(rows, rng)] = 1 - 2 * kind
        return _Taught(X, y + moved, moved, y.to_numpy())

    return teach


def _classes(X: pd.DataFrame, y: pd.Series, size: int) -> Callable:
    """Return what gives a tenth of the rows of each of several classes to another one."""

    def teach(rng: np.random.Generator) -> _TaughtClasses:
        given = y.to_numpy(dtype=float).copy()
        for kind in range(size):
            if len(rows := np.flatnonzero(y == kind)):
                turned = _some(rows, rng)
                given[turned] = (kind + rng.integers(1, size, size=len(turned))) % size
        return _TaughtClasses(X, y, given, size)

    return teach


def _regions(X: pd.DataFrame, y: pd.Series, resonance: str, membership: Callable) -> Callable:
    """Return what exchanges the resonance of a tenth of the rows inside with that of others."""
    inside = np.asarray(membership(X[resonance]), dtype=bool)

    def teach(rng: np.random.Generator) -> _Taught:
        ours, theirs = _some(np.flatnonzero(inside), rng), np.flatnonzero(~inside)
        theirs = rng.choice(theirs, size=len(ours), replace=len(theirs) < len(ours))
        values = X[resonance].to_numpy().copy()
        values[ours], values[theirs] = values[theirs], values[ours]
        moved = np.zeros(len(y))
        moved[ours], moved[theirs] = -1.0, 1.0
        return _Taught(X.assign(**{resonance: values}), y, moved, inside.astype(float))

    return teach


def memory(model: Any, X: pd.DataFrame, y: pd.Series, *, groups: np.ndarray, seed: int) -> float:
    """Return how differently a detector ranks rows that it has seen, from 0: not at all.

    One minus the rank correlation between what it says of a row in the half that it was fitted
    to, and of the same row when it was fitted to the other half. It needs no labels.
    """
    from scipy.stats import spearmanr

    known, new = np.empty(len(X)), np.empty(len(X))
    for fitted, held in group_folds(groups, 2, seed=seed):
        fit = clone(model).fit(X.iloc[fitted], y.iloc[fitted])
        known[fitted], new[held] = guess(fit, X.iloc[fitted]), guess(fit, X.iloc[held])
    flat = [np.ptp(known) == 0, np.ptp(new) == 0]
    if any(flat):  # no rank correlation: alike only where both say nothing
        return 0.0 if all(flat) else 1.0
    return float(1 - spearmanr(known, new)[0])


def additive_share(model: Any, X: pd.DataFrame, *, inputs: list[str], seed: int) -> float:
    """Return how much of what a model says is a sum of one curve per input, from 0 to 1.

    All of it can be drawn then, one panel per input, and nothing depends on a panel beside it:
    1 - the interaction strength of Molnar, Casalicchio and Bischl (2020, arXiv:1904.03867).

    Parameters
    ----------
    model : fitted estimator, asked through `boxloop.measure.task.guess`
        Of a classifier the logit of its probability is explained, of several classes those of all.
    X : DataFrame of n rows; at most 2,000 are asked
    inputs : list of str
    seed : int

    Returns
    -------
    float
        Explained variance of cubic splines with one curve per input (words: one step per level),
        on rows to which the splines were not fitted. Of very many inputs the leading ones have a
        curve each, and the others a line, by the principal components of all.
    """
    from sklearn.base import is_classifier
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    rows = np.sort(np.random.default_rng(seed).permutation(len(X))[:ROWS])
    said = guess(model, X.iloc[rows])
    if said.ndim > 1:  # of several classes: logarithms, and what all of a row share is no answer
        said = np.log(np.clip(said, SURE, 1))
        said -= said.mean(axis=1, keepdims=True)
    elif is_classifier(model):
        said = np.clip(said, SURE, 1 - SURE)
        said = np.log(said / (1 - said))
    if not np.ptp(said, axis=0).any():
        return 1.0
    folds = KFold(5, shuffle=True, random_state=seed)
    points, table, lines = min(100, len(rows) // 2), X[inputs].iloc[rows], []
    if len(inputs) > MANY:
        table, lines = _condensed(table, said, seed)
    plain = make_pipeline(_curves(table, points, lines), RidgeCV(np.logspace(-3, 3, 7)))
    again = cross_val_predict(plain, table, said, cv=folds)
    left, whole = (np.sum(np.var(part, axis=0)) for part in (said - again, said))
    return float(np.clip(1 - left / whole, 0, 1))


def _condensed(X: pd.DataFrame, said: np.ndarray, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Return very many inputs as the leading ones beside components of all, and the names of these.

    A component is a sum of lines, one per input; a curve through it would not be a sum.
    """
    numbers = numeric(X)
    first = numbers[leading(numbers, said, classes=False, most=CURVES)]
    rest = components(numbers, seed=seed, most=LINES)
    return first.join(rest), list(rest)


def _curves(X: pd.DataFrame, points: int, lines: list[str]) -> Any:
    """Return the unfitted basis of one curve per input, and one line for each of `lines`."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import (
        OneHotEncoder,
        QuantileTransformer,
        SplineTransformer,
        StandardScaler,
    )

    numbers = [name for name in X if pd.api.types.is_numeric_dtype(X[name])]
    words = [name for name in X if name not in numbers]
    curved = [name for name in numbers if name not in lines]
    curve = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(n_quantiles=points, output_distribution="uniform", random_state=0),
        SplineTransformer(n_knots=6, degree=3, include_bias=False),
    )
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20)
    steps = [(curve, curved), (levels, words), *([(StandardScaler(), lines)] if lines else [])]
    return make_column_transformer(*steps, sparse_threshold=0)
