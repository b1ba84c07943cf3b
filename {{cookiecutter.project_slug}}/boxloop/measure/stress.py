"""Stress tests judged by one rule: model and reference on the same harder rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.fits import each
from boxloop.measure.intervals import group_draws
from boxloop.measure.metrics import METRICS
from boxloop.measure.task import Task, guess

TOLERANCE = 1.25
VERDICTS = ("safe", "degraded", "unsafe")


@dataclass(frozen=True)
class StressTest:
    """One way to make life harder.

    Attributes
    ----------
    name : what is varied, for the figure
    kind : noise, instrument, simulation, missing, covariate or nuisance
    levels : key of the list of levels in [stress] of study.toml
    function : (frame, level, rng) -> frame; the input frame is never changed
    description : one sentence, with the meaning of a level
    """

    name: str
    kind: str
    levels: str
    function: Callable
    description: str


def measure_primary(
    frame: pd.DataFrame, fitted: Any, settings: Any, *, draws: int, seed: int
) -> dict:
    """Return the primary metric of every predictor on the rows of `frame`, with its interval.

    Parameters
    ----------
    frame : DataFrame
        Has the inputs, the target and the group (or id) column.
    fitted : dict
        Estimators by name, such as ``{"model": ..., "reference": ...}``.

    Returns
    -------
    dict
        ``<name>``, ``<name>_low`` and ``<name>_high`` for each predictor.
    """
    primary = settings.study.primary_metric
    guesses = {
        name: guess(estimator, Task(settings).seen(frame)) for name, estimator in fitted.items()
    }
    values = Task(settings).compare(frame, guesses, draws=draws, seed=seed, metrics=[primary])[
        primary
    ]
    ends = {"": "value", "_low": "low", "_high": "high"}
    return {f"{name}{end}": values[name][key] for name in fitted for end, key in ends.items()}


def verdict(error: Any, home: float, other: float, *, tolerance: float = TOLERANCE) -> str:
    """Return whether a predictor stands a stress test.

    ``safe``: its error is at most `tolerance` times its error at home, so the error bar on its
    card holds.
    ``degraded``: the error bar no longer holds, but the other predictor is no better under the
    same stress.
    ``unsafe``: the error bar no longer holds, and the other predictor does better.

    Parameters
    ----------
    error, other : float
        Error of this predictor and of the other one, same rows, lower is better.
    home : float
        Error of this predictor on undisturbed validation rows.
    """
    if error <= tolerance * home:
        return "safe"
    return "degraded" if error <= other else "unsafe"


def stress_verdicts(
    rows: list[dict], home: dict, *, metric: str = "rmse", tolerance: Any = TOLERANCE
) -> pd.DataFrame:
    """Return the rows as a table with ``verdict`` (of the model) and ``reference_verdict``.

    Parameters
    ----------
    rows : list of dict
        What `measure_primary` returned, with whatever names the test.
    home : dict
        What `measure_primary` returned for the undisturbed validation rows.
    metric : str
        What was measured; one of which more is better is judged by its
        `boxloop.measure.metrics.Metric.loss`.
    """
    table, error = pd.DataFrame(rows), METRICS[metric].loss
    for name, other, column in (
        ("model", "reference", "verdict"),
        ("reference", "model", "reference_verdict"),
    ):
        pairs = zip(table[name].map(error), table[other].map(error), strict=True)
        table[column] = [
            verdict(mine, error(home[name]), rival, tolerance=tolerance) for mine, rival in pairs
        ]
    return table


def safe_unsafe(table: pd.DataFrame) -> pd.DataFrame:
    """Return the map of safe and unsafe use: a row per test, with the worst verdict of each.

    Parameters
    ----------
    table : DataFrame
        From `stress_verdicts`, with the columns ``test`` and ``kind``.
    """

    def worst(words: pd.Series) -> str:
        return max(words, key=VERDICTS.index)

    columns = {"model": ("verdict", worst), "reference": ("reference_verdict", worst)}
    return table.groupby(["kind", "test"], sort=False).agg(**columns).reset_index()


def crossing(levels: pd.Series, model: pd.Series, reference: pd.Series) -> float | None:
    """Return the level at which model and reference change places, or None where they never do.

    Parameters
    ----------
    levels, model, reference : arrays of shape (n,)
        Levels in rising order, and the errors at each level; straight lines are drawn between them.
    """
    levels, gap = np.asarray(levels, dtype=float), np.asarray(model) - np.asarray(reference)
    changes = np.flatnonzero(gap[:-1] * gap[1:] < 0)
    if not len(changes):
        return None
    i = changes[0]
    return float(levels[i] - gap[i] * (levels[i + 1] - levels[i]) / (gap[i + 1] - gap[i]))


def refit_on_resamples(
    make: Callable,
    X: pd.DataFrame,
    y: pd.Series,
    *,
    groups: np.ndarray | pd.Series,
    seeds: list[int],
) -> list:
    """Return one fitted model per seed, each from other groups drawn with replacement.

    Parameters
    ----------
    make : callable
        Takes a seed, returns an unfitted estimator.
    X : DataFrame of n rows
    y : Series of shape (n,)
    groups : array of shape (n,)
    seeds : list of int
    """
    drawn = {seed: next(group_draws(groups, draws=1, seed=seed)) for seed in seeds}
    return each(lambda seed: make(seed).fit(X.iloc[drawn[seed]], y.iloc[drawn[seed]]), drawn)


def _length(step: np.ndarray) -> float:
    """Return the root mean square of steps, one number or several per row."""
    square = step**2 if step.ndim < 2 else np.sum(step**2, axis=1)
    return float(np.sqrt(np.mean(square)))


def input_moves(
    fitted: dict, X: pd.DataFrame, *, up: pd.DataFrame, seed: int, inputs: Any = None
) -> pd.DataFrame:
    """Return how far the guesses move (root mean square) when one input is disturbed.

    Of several classes it is the length of the step that a row's probabilities make.

    Parameters
    ----------
    fitted : dict of fitted estimators
    X : DataFrame
        What the estimators are handed.
    up : DataFrame
        Those inputs that have an error, one error bar higher; see ``study.stress.one_error_up``.
    seed : int
    inputs : list of str, optional
        Those that are disturbed; else all columns of X. What has an error bar is, in any case.

    Returns
    -------
    DataFrame
        One row per input. ``shuffled``: exchanged between the rows. ``one error bar up``: its
        sum, in the row ``worst case``, is the worst that one error bar in each input can do, to
        first order. An input without an error has none.
    """
    rng = np.random.default_rng(seed)
    moved: dict[tuple[str, str], dict[str, float]] = {}
    before = {who: guess(estimator, X) for who, estimator in fitted.items()}
    asked = set(X if inputs is None else [*inputs, *up])
    for name in (name for name in X if name in asked):
        order = rng.permutation(len(X))
        shuffled = X[name].iloc[order].set_axis(X.index)
        versions = {"shuffled": shuffled, "one error bar up": up.get(name)}
        for label, values in versions.items():
            for who, estimator in fitted.items():
                if values is None:  # it has no error bar: nothing is known of what one would do
                    moved.setdefault((label, who), {})[name] = np.nan
                    continue
                step = guess(estimator, X.assign(**{name: values})) - before[who]
                moved.setdefault((label, who), {})[name] = _length(step)
    table = pd.DataFrame(moved)
    table.loc["worst case"] = table[["one error bar up"]].sum(min_count=1)
    return table
