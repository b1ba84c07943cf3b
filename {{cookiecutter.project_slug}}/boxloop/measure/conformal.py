"""Prediction intervals of grouped rows: every group counts once, and errors may be uneven.

MAPIE takes rows to be exchangeable. Those of one group are not, so the groups set the width: each
is handed over with as many rows, and the level allows for the number of groups (hierarchical
conformal prediction; Lee, Barber & Willett 2023; Dunn, Wasserman & Ramdas 2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.task import Task, guess, out_of_fold
from boxloop.measure.transform import View, view_of
from boxloop.split.division import group_folds, thin, units
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

FEWEST = 50  # groups that set the width: with fewer, chance alone can miss by five points
CHANCE = 2.33  # standard deviations that chance exceeds once in a hundred
FOLDS = 3
MOST = 40  # rows of one group that are handed over
FEWEST_UNEVEN = 20  # groups that set the width, so that uneven errors can be told
MOST_LEARNT = 5_000  # training rows that the size of errors is learnt from


@dataclass(frozen=True)
class Plan:
    """How intervals are set: by which rows, at which level, and with which score.

    Parameters
    ----------
    rows : array of int
        Row numbers to conformalise on, every group as often.
    level : float
        What is promised; of few groups less than what was asked for.
    confidence : float
        What MAPIE is asked for, see `asked_of_mapie`.
    score : mapie conformity score or None
        Where errors are uneven; else it is `boxloop.measure.intervals.residual_score`.
    scale : fitted estimator or None
        Of the size of the errors, where they are uneven; the width is a multiple of it.
    words : str
        What was found: even or uneven errors, too few groups.
    groups : int
        How many set the width.
    view : View or None
        How ``study.transform`` sees the target, where there is one.
    """

    rows: np.ndarray
    level: float
    confidence: float
    score: Any
    scale: Any
    words: str
    groups: int
    view: View | None = None

    def facts(self, low: np.ndarray, high: np.ndarray, X: pd.DataFrame) -> dict[str, Any]:
        """Return what is kept of intervals, so that other rows can be given them.

        ``half_width`` is the median one; ``per_scale``, where errors are uneven, the half width
        for a predicted size of one. With ``study.transform`` intervals are set as it sees them:
        ``reach`` has the half width there, and ``half_width`` is that of the target all the same.
        """
        half = (np.asarray(high) - np.asarray(low)) / 2
        found: dict[str, Any] = {"level": self.level, "half_width": float(np.median(half))}
        found |= {"note": self.words, "groups_set": self.groups}
        found |= {"too_few": True} if self.groups < FEWEST else {}
        size = 1.0 if self.scale is None else self.scale.predict(X)
        if self.view is not None:
            seen = (self.view.forth(high) - self.view.forth(low)) / 2
            uneven = {"uneven": self.scale is not None}
            reach = {"transform": self.view.name, "size": self.view.size} | uneven
            reach |= {"least": self.view.least}
            found["reach"] = reach | {"half": float(np.median(seen / size))}
        elif self.scale is not None:
            found["per_scale"] = float(np.median(half / size))
        return found


def plan(
    model: Any,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    settings: Any,
    *,
    setting: np.ndarray,
    seed: int,
    level: float = 0.9,
) -> Plan:
    """Return how the intervals of a model are set by some of the validation rows.

    Parameters
    ----------
    model : fitted estimator
    train, validation : DataFrame
    settings : boxloop.settings.load.Settings
    setting : array of bool
        The rows of `validation` that set the width: whole groups.
    seed : int
    level : float
    """
    task, groups = Task(settings), units(validation, settings)
    X, y = task.seen(validation), task.truth(validation)
    number, rows = len(np.unique(groups[setting])), even_rows(groups, among=setting)
    level = promised(number, level=level)
    words, scale, score = few_groups(level, groups=number), None, None
    name = getattr(settings.study, "transform", None)
    view = view_of(name, task.truth(train)) if name else None
    seen = view.forth if view else np.asarray
    if number >= FEWEST_UNEVEN:
        learnt = thin(train, settings, most=MOST_LEARNT)
        names = units(learnt, settings)
        options = {"groups": names, "seed": seed, "inputs": settings.inputs, "seen": seen}
        size = error_scale(model, task.seen(learnt), task.truth(learnt), **options)
        error = np.abs(seen(y) - seen(guess(model, X)))[setting]
        uneven, rank = foretells(size.predict(X[setting]), error, groups=groups[setting])
        scale, score = (size, scaled_score(size)) if uneven else (None, score)
        told = f"errors are {'uneven' if uneven else 'even'} as far as the inputs tell"
        follows = "; the width follows their predicted size" if uneven else ""
        words = "; ".join(filter(None, [words, f"{told} (rank correlation {rank:.2f}){follows}"]))
    score = through(view, scale) if view else score
    asked = asked_of_mapie(level, groups=number, rows=len(rows))
    return Plan(rows, level, asked, score, scale, words, number, view)


def through(view: View, scale: Any) -> Any:
    """Return MAPIE's conformity score |f(y) − f(prediction)|, f being the transform of a target.

    Its intervals are as wide to either side as the transform sees them: those of a logarithm are
    factors, and never reach below zero.

    Parameters
    ----------
    view : View
    scale : fitted estimator or None
        Predicts the size of the error, where errors are uneven; the score is divided by it.
    """
    from mapie.conformity_scores import BaseRegressionScore

    def size(like: Any, X: Any) -> Any:
        """Return the size of the error of each row, in the shape of predictions."""
        if scale is None:
            return 1.0
        return scale.predict(X).reshape(-1, *[1] * (np.ndim(like) - 1))

    class Score(BaseRegressionScore):
        """The score, as MAPIE asks for it."""

        def get_signed_conformity_scores(self, y: Any, y_pred: Any, X: Any = None, **_: Any) -> Any:
            """Return how far each truth lies from its prediction."""
            return (view.forth(y) - view.forth(y_pred)) / size(y_pred, X)

        def get_estimation_distribution(
            self, y_pred: Any, conformity_scores: Any, X: Any = None, **_: Any
        ) -> Any:
            """Return what lies as far from each prediction."""
            return view.back(view.forth(y_pred) + conformity_scores * size(y_pred, X))

    return Score(sym=True, consistency_check=False)


def scaled_score(scale: Any) -> Any:
    """Return MAPIE's conformity score |y − prediction| / scale, for targets of any size.

    Parameters
    ----------
    scale : fitted estimator
        Predicts the size of the error from the inputs; see `error_scale`.
    """
    from mapie.conformity_scores import ResidualNormalisedScore

    score = ResidualNormalisedScore(residual_estimator=scale, prefit=True)
    score.eps = float(np.finfo(float).tiny)
    return score


def even_rows(groups: Any, *, among: np.ndarray) -> np.ndarray:
    """Return row numbers in which every group stands as often, however many rows it has.

    Parameters
    ----------
    groups : array of shape (n,)
    among : array of bool, shape (n,)
        The rows that may be taken.

    Returns
    -------
    array of int
        Every group as often as the largest has rows (of more than forty, forty): its rows in
        turn, again and again.
    """
    there = np.flatnonzero(among)
    _, codes = numbered(np.asarray(groups)[there])
    by_group = there[np.argsort(codes, kind="stable")]
    parts = np.split(by_group, np.cumsum(np.bincount(codes))[:-1])
    most = min(max(len(part) for part in parts), MOST)
    return np.concatenate(
        [part[np.arange(most) * max(len(part), most) // most % len(part)] for part in parts]
    )


def promised(groups: int, *, level: float = 0.9) -> float:
    """Return the coverage that so many groups can promise: `level`, and less of few groups."""
    return max(min(level, np.floor(100 - 100 / max(groups, 1)) / 100), 0.5)


def asked_of_mapie(level: float, *, groups: int, rows: int) -> float:
    """Return the level to ask of MAPIE, which counts `rows` where there are `groups`.

    It takes the quantile of level × (1 + 1/rows); of exchangeable groups it is that of
    level × (1 + 1/groups). It asks for more rows than 1 / level and 1 / (1 - level).
    """
    return max(min(level * (1 + 1 / groups) / (1 + 1 / rows), 1 - 1.5 / rows), 1 / rows)


def coverage_doubt(level: float, *, groups: int) -> float:
    """Return the standard deviation of the coverage over samples that set the width.

    The coverage of a conformal interval, given what set it, follows a beta distribution (Vovk
    2012).
    """
    k = min(math.ceil(level * (groups + 1)), groups)
    a, b = k, groups + 1 - k
    return math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))


def few_groups(level: float, *, groups: int) -> str:
    """Return in words that too few groups set the width of intervals, or nothing."""
    if groups >= FEWEST:
        return ""
    doubt = 100 * coverage_doubt(level, groups=groups)
    return (
        f"too few groups: {groups} set the width, so that the coverage is {level:.0%} give or "
        f"take {doubt:.0f} points by chance; {FEWEST} would be enough"
    )


def error_scale(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    groups: Any,
    seed: int,
    inputs: list[str] | None = None,
    seen: Callable = np.asarray,
) -> Any:
    """Return an estimator of the size of the model's errors, from the inputs that are numbers.

    Parameters
    ----------
    model : estimator
        Copies of it are fitted to two thirds of the groups each, and err on the rest.
    X, y : the rows that the model was fitted to
    groups : array of shape (n,)
    seed : int
    inputs : list of str, optional
        What every row has: weights and errors of the target stand in X, too, and deployment rows
        have none.
    seen : callable
        How targets and predictions are seen before they are compared; see `transform.View`.

    Returns
    -------
    fitted sklearn Pipeline
        A forest of ln |y − prediction| with large leaves, because one error tells little.
    """
    from sklearn.compose import TransformedTargetRegressor, make_column_transformer
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    cv = group_folds(groups, min(FOLDS, len(np.unique(groups))), seed=seed)
    apart = np.abs(seen(y) - seen(out_of_fold(model, X, y, cv)))
    known = np.isfinite(apart)
    least = max(1e-3 * float(np.median(apart[known])), np.finfo(float).tiny)
    numbers = [name for name in inputs or X if X[name].dtype.kind in "fiu"]
    leaf = max(20, len(X) // 50)
    trees = RandomForestRegressor(min_samples_leaf=leaf, max_features=0.5, random_state=seed)
    size = TransformedTargetRegressor(trees, func=np.log, inverse_func=np.exp, check_inverse=False)
    columns = make_column_transformer(("passthrough", numbers))
    return make_pipeline(columns, size).fit(X[known], np.maximum(apart[known], least))


def foretells(size: np.ndarray, error: np.ndarray, *, groups: Any) -> tuple[bool, float]:
    """Return whether a predicted size of errors tells their size, and its rank correlation.

    Parameters
    ----------
    size, error : arrays of shape (n,)
        What was predicted without these rows, and |y − prediction| of them.
    groups : array of shape (n,)
        The scatter of the correlation is that between groups.
    """
    from scipy.stats import rankdata

    _, codes = numbered(np.asarray(groups))
    if codes.max() < 2 or np.ptp(size) == 0 or np.ptp(error) == 0:
        return False, 0.0
    ranks = np.array([rankdata(values) for values in (size, error)])
    ranks = (ranks - ranks.mean(axis=1, keepdims=True)) / ranks.std(axis=1, keepdims=True)
    product = ranks[0] * ranks[1]
    together = float(product.mean())
    scatter = np.sqrt(np.sum(np.bincount(codes, weights=product - together) ** 2)) / len(product)
    return bool(together > CHANCE * scatter), together
