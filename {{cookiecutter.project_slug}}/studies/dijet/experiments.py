"""Whole simulated experiments: drawn, searched as data are, and hunted for a bump.

A classifier that learns from the events it selects does not keep a promise of independence, even
with folds: an event is scored by members that have not seen it, but two folds teach each other.
Where both have a few events too many of the same kind in the signal region, each selects those of
the other; where one has too many and the other too few, neither gains. The count of selected events
then scatters more than a Poisson count, without being larger on average. The same events, scored by
the classifier of another experiment, show what the training adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import data, downstream, models, regions, simulate

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


def injected(number: int, *, signals: int, rung: str, seed: int) -> pd.DataFrame:
    """Return what an experiment with signal finds, and how much of the signal each cut has left.

    Parameters
    ----------
    number, signals, rung, seed : see `draw` and `pair`

    Returns
    -------
    DataFrame of `downstream.before_after`, with `injected` and `signal in the region`
    """
    events = draw(number, signals, seed)
    score = models.searched(models.ladder(number)[rung], events)
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


def with_training(table: pd.DataFrame, errors: dict[float, Any]) -> np.ndarray:
    """Return the significances of a table with the training error added, by rate, shape (n,)."""
    from . import search

    extra = table["background efficiency"].map(errors) * table["expected"]
    parts = [table["error of the fit"], table["of its function"], extra]
    total = np.sqrt(sum(part.to_numpy(dtype=float) ** 2 for part in parts))
    return search.significance(table["in the signal region"], table["expected"], total)
