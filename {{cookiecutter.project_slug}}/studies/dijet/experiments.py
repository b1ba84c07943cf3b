"""Whole simulated experiments: drawn, searched as data are, and hunted for a bump.

A classifier that learns from the events it selects does not keep a promise of independence, even
with folds: an event is scored by members that have not seen it, but two folds teach each other.
Where both have a few events too many of the same kind in the signal region, each selects those of
the other; where one has too many and the other too few, neither gains. The count of selected events
then scatters more than a Poisson count, without being larger on average. The same events, scored by
the classifier of another experiment, show what the training adds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import data, downstream, limits, models, regions, search, simulate

HERE, ELSEWHERE = "on these events", "on another experiment"


def draw(number: int, signals: int, seed: int) -> pd.DataFrame:
    """Return the events of one experiment as large as the data, with a signal or without.

    Parameters
    ----------
    number : int, of the experiment
    signals : int, mean number of signal events; background and signal counts are Poisson
    seed : int
    """
    rng = np.random.default_rng([seed, 98, signals, number])
    counts = {"background": rng.poisson(data.SIZES["data"]), "signals": rng.poisson(signals)}
    return simulate.sample(simulate.B, **counts, seed=[seed, 99, signals, number], prefix="T")


def pair(number: int, *, rung: str, seed: int) -> pd.DataFrame:
    """Return what two experiments without signal find, each by its own classifier and the other's.

    Parameters
    ----------
    number : int, of the pair
    rung : str, of `models.ladder`
    seed : int

    Returns
    -------
    DataFrame of `downstream.before_after`, with `experiment` and `taught`
    """
    numbers = 2 * number, 2 * number + 1
    events = [draw(one, 0, seed) for one in numbers]
    pipelines = [models.ladder(one)[rung] for one in numbers]
    own = [models.searched(*both) for both in zip(pipelines, events, strict=True)]
    foreign = [
        models.searched_by_other(pipeline, frame, seed=one)
        for pipeline, frame, one in zip(pipelines[::-1], events, numbers, strict=True)
    ]
    parts = [
        downstream.before_after(frame, score).assign(experiment=one, taught=taught)
        for taught, scores in ((HERE, own), (ELSEWHERE, foreign))
        for one, frame, score in zip(numbers, events, scores, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def injected(
    number: int, *, signals: int, rung: str, seed: int, remove: bool | None = None
) -> pd.DataFrame:
    """Return what an experiment with signal finds, and how much of the signal each cut has left.

    Parameters
    ----------
    number, signals, rung, seed : see `draw` and `pair`
    remove : bool, see `models.cwola`

    Returns
    -------
    DataFrame of `downstream.before_after`, with `injected` and `signal in the region`
    """
    events = draw(number, signals, seed)
    score = models.searched(models.ladder(number, remove=remove)[rung], events)
    found = downstream.before_after(events, score)
    true = (events["true_process"] == "signal") & regions.window(events[regions.RESONANCE])
    left = [
        int((true & downstream.selected(events, score, rate)).sum())
        for rate in found["background efficiency"]
    ]
    return found.assign(**{"injected": signals, "signal in the region": left, "experiment": number})


def excluded(strengths: pd.Series, limit: float) -> float:
    """Return the injected signal whose remainder after a cut reaches a limit on that remainder.

    A cut that was learnt from little signal keeps little of it, so the remainder is no fixed share.

    Parameters
    ----------
    strengths : Series, mean signal left in the region, by injected signal; 0 is added
    limit : float, the largest remainder that is not excluded

    Returns
    -------
    float, in injected events; infinity where no strength tried reaches the limit
    """
    known = pd.concat([pd.Series({0.0: 0.0}), strengths]).sort_index()
    reached = np.maximum.accumulate(known.to_numpy(dtype=float))
    if limit > reached[-1]:
        return float("inf")
    return float(np.interp(limit, reached, known.index.to_numpy(dtype=float)))


def training_errors(table: pd.DataFrame) -> dict[float, dict[str, float]]:
    """Return by rate the relative error that training adds, with its interval.

    Parameters
    ----------
    table : DataFrame of `pair`, experiments with their own classifiers
    """
    return {
        rate: limits.extra_error(
            part["in the signal region"], part["expected"], part["error of the fit"]
        )
        for rate, part in table.groupby("background efficiency")
    }


def total_error(table: pd.DataFrame, training: Mapping[float, float]) -> np.ndarray:
    """Return the error of each expectation, statistical and systematic, in events, shape (n,)."""
    extra = table["background efficiency"].map(training) * table["expected"]
    parts = [table["error of the fit"], table["of its function"], extra]
    return np.linalg.norm([part.to_numpy(dtype=float) for part in parts], axis=0)


def judged(table: pd.DataFrame) -> np.ndarray:
    """Return significances with every error, shape (n,).

    The training error is that of the other half of the experiments, so that none is judged by an
    error to which it has contributed.
    """
    half, found = table["experiment"].to_numpy() // 2 % 2, np.empty(len(table))
    for one in (0, 1):
        mine, others = table[half == one], table[half != one]
        errors = {rate: error["value"] for rate, error in training_errors(others).items()}
        found[half == one] = search.significance(
            mine["in the signal region"], mine["expected"], total_error(mine, errors)
        )
    return found


def upper_limits(table: pd.DataFrame, training: Mapping[float, float]) -> np.ndarray:
    """Return the 95 % limit on the signal in each count, with every error, shape (n,)."""
    columns = table["in the signal region"], table["expected"], total_error(table, training)
    return np.array([limits.upper_limit(*row) for row in zip(*columns, strict=True)])
