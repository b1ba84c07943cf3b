"""The checks of chapter 04: a cross-validation by group, and the one-standard-error rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import a_number, an_array

MOST = 3_000  # rows of the study that are fitted; it is to take no longer


class _Scaler(TransformerMixin, BaseEstimator):
    """It changes nothing, and says of each row whether its group was among those it was fitted to.

    Column 0 of what goes in is the number of the group.
    """

    def fit(self, X: Any, y: Any = None) -> _Scaler:  # noqa: ARG002 -- as scikit-learn asks
        self.known_ = np.unique(np.asarray(X, dtype=float)[:, 0])
        return self

    def transform(self, X: Any) -> np.ndarray:
        values = np.asarray(X, dtype=float)
        return np.column_stack([values, np.isin(values[:, 0], self.known_)])


class _Memory(RegressorMixin, BaseEstimator):
    """A model that answers what is asked about the rows it was fitted to, by `tells`.

    Whether the group of a row was among them ("group"), whether the scaler knew it ("scaler"),
    whether it was scaled at all ("scaled"), or how many groups there were ("number").
    """

    def __init__(self, tells: str) -> None:
        self.tells = tells

    def fit(self, X: Any, y: Any) -> _Memory:  # noqa: ARG002 -- as scikit-learn asks
        self.known_ = np.unique(np.asarray(X, dtype=float)[:, 0])
        return self

    def predict(self, X: Any) -> np.ndarray:
        values = np.asarray(X, dtype=float)
        if self.tells == "group":
            return np.isin(values[:, 0], self.known_).astype(float)
        if self.tells == "scaled":
            return np.full(len(values), float(values.shape[1] == 3))
        if self.tells == "scaler":
            return values[:, -1]
        return np.full(len(values), float(len(self.known_)))


@check("4.1")
def folds_by_group(
    answer: Callable,
    *,
    X: pd.DataFrame,
    y: Any,
    groups: Any,
    folds: int,
) -> str:
    """Check a cross-validation loop: whole groups, and all that is fitted inside the fold.

    Parameters
    ----------
    answer : callable
    X : DataFrame (n, inputs)
    y : Series (n,)
        Of the study; of several classes the place of each.
    groups : array (n,)
    folds : int
    """
    _what_the_models_saw(answer)
    _each_row_its_own(answer)
    return _rows_or_groups(answer, X, np.asarray(y, dtype=float), np.asarray(groups), folds)


def _world() -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Return 20 groups of six rows, mixed, with the number of its group as first input."""
    rng = np.random.default_rng(41)
    owners = rng.permutation(np.repeat(np.arange(20), 6))
    X = pd.DataFrame({"owner": owners.astype(float), "colour": rng.normal(size=len(owners))})
    X.index = rng.permutation(len(X)) + 1_000
    return X, pd.Series(2 * X["owner"] - 3 * X["colour"] + 1, index=X.index), owners


def _what_the_models_saw(answer: Callable) -> None:
    X, y, owners = _world()

    def told(tells: str) -> np.ndarray:
        try:
            got = answer(_Scaler(), _Memory(tells), X.copy(), y.copy(), owners.copy(), 5)
        except KeyError:
            wrong("Rows were looked up by labels that are not there: a fold names places of rows.")
        values = an_array(got, len(X), "predictions")
        if np.isnan(values).any():
            wrong("A row has no prediction: each is held out once, and predicted then.")
        return values

    if told("group").any():
        wrong(
            f"{np.mean(told('group')):.0%} of rows were predicted by a model that had seen another"
            " row of their group, or the row itself: hold out whole groups."
        )
    if not told("scaled").all():
        wrong("The model was handed rows that the scaler had not changed: chain the two.")
    if told("scaler").any():
        wrong(
            "The scaler was fitted to rows that were held out, so that they told training where"
            " they lie: fit it inside the fold, in one Pipeline with the model."
        )
    number = told("number")
    if not (number == 16).all():
        wrong(
            f"With 20 groups and 5 folds each model learns from 16 groups; these learnt from"
            f" {number.min():.0f} to {number.max():.0f}."
        )


def _each_row_its_own(answer: Callable) -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler

    X, y, owners = _world()
    got = answer(StandardScaler(), LinearRegression(), X.copy(), y.copy(), owners, 5)
    if not np.allclose(an_array(got, len(X), "predictions"), y):
        wrong(
            "On rows that lie on a plane a line is right about every one, and these predictions are"
            " not: some stand at the place of another row, since a fold names places, not labels."
        )


def _rows_or_groups(
    answer: Callable, X: pd.DataFrame, y: np.ndarray, groups: np.ndarray, folds: int
) -> str:
    """Try it on the study with neighbours, which remember, by row and by group."""
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.preprocessing import StandardScaler

    few = np.isin(groups, np.unique(groups)[: _as_many_as(groups)])
    numbers = X.loc[few].select_dtypes("number").astype(float)
    numbers = numbers.fillna(numbers.median()).fillna(0.0)
    owners = np.unique(groups[few], return_inverse=True)[1]
    if numbers.empty or owners.max() + 1 < folds:
        return "This study has too little of what neighbours need, so it was tried on small tables."
    truth, error = pd.Series(y[few], index=numbers.index), {}
    for way, those in {"rows": np.arange(len(owners)), "groups": owners}.items():
        learner = StandardScaler(), KNeighborsRegressor(1)
        error[way] = np.std(answer(*learner, numbers, truth, those, folds) - truth)
    if owners.max() + 1 == len(owners):
        return "In this study each row is a group of its own, so that folds of rows would do."
    share = error["groups"] / error["rows"] - 1
    words = f"In this study the nearest neighbour errs by {error['rows']:.3g} where rows are held"
    return f"{words} out and by {error['groups']:.3g} where groups are, {share:+.0%}."


def _as_many_as(groups: np.ndarray) -> int:
    """Return how many groups have `MOST` rows together, in the order of their names."""
    sizes = np.unique(groups, return_counts=True)[1]
    return max(1, int(np.searchsorted(np.cumsum(sizes), MOST, side="right")))


# Scores and errors of rungs, the place of what the rule takes, and what whoever takes another has
# not seen. Where the sentence is about a loss, less is better.
RUNGS: list[tuple[list[float], list[float], str, int, str]] = [
    (
        [0.5, 0.9, 0.7],
        [0.01] * 3,
        "higher",
        1,
        "Where the best is ahead by many errors it is taken.",
    ),
    (
        [0.5, 0.2, 0.4],
        [0.01] * 3,
        "lower",
        1,
        "Of a loss less is better: where the lowest is ahead by many errors it is taken.",
    ),
    (
        [0.5, 0.86, 0.9, 0.88],
        [0.05] * 4,
        "higher",
        1,
        "Two rungs are within one error of the best: where scores cannot tell, simplicity does.",
    ),
    (
        [0.5, 0.24, 0.2, 0.21],
        [0.05] * 4,
        "lower",
        1,
        "Of a loss less is better: what lies up to one standard error above the lowest will do.",
    ),
    (
        [0.5, 0.75, 1.0],
        [0.25] * 3,
        "higher",
        1,
        "A rung that is exactly one standard error from the best is within it.",
    ),
    (
        [0.7, 0.86, 0.9],
        [0.3, 0.01, 0.05],
        "higher",
        1,
        "A rung was excused by its own large error: the error of the best sets the bar for all.",
    ),
    (
        [0.5, 0.86, 0.9],
        [0.01, 0.001, 0.05],
        "higher",
        1,
        "A rung within the error of the best was left for its own error: that of the best counts.",
    ),
    (
        [0.6, 0.82, 0.9],
        [0.05] * 3,
        "higher",
        2,
        "A rung 1.6 standard errors away was taken: the rule allows one.",
    ),
    (
        [0.9, 0.91, 0.93, 0.92],
        [0.04] * 4,
        "higher",
        0,
        "Three rungs are no better than the first beyond one error: the simplest is enough.",
    ),
]


@check("4.2")
def one_standard_error(
    answer: Callable, *, names: Sequence[str], scores: Any, errors: Any, better: str
) -> str:
    """Check the rule that takes the simplest model within one standard error of the best.

    Parameters
    ----------
    answer : callable
    names : sequence of str
        Of the rungs, the least flexible first.
    scores, errors : array (rungs,)
        Score of each and its standard error.
    better : {"lower", "higher"}
    """

    def of(found: Any, unsure: Any, sense: str) -> int:
        place = a_number(answer(np.array(found), np.array(unsure), sense), "the place")
        if place not in range(len(found)):
            wrong(f"The place of one of {len(found)} rungs is asked for, from 0; not {place:g}.")
        return int(place)

    for made, noise, sense, place, sentence in RUNGS:
        if of(made, noise, sense) != place:
            wrong(sentence)
    found, unsure = np.asarray(scores, dtype=float), np.asarray(errors, dtype=float)
    taken, best = of(found, unsure, better), int(np.argmax(found))
    if better == "lower":
        best = int(np.argmin(found))
    if taken == best:
        return f"In this study it takes the best one, {names[best]}."
    apart = abs(found[best] - found[taken]) / unsure[best]
    words = f"In this study it takes {names[taken]}, {apart:.1f} standard errors from the best"
    return f"{words}, {names[best]}."
