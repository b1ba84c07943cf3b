"""Intervals by group bootstrap: whole groups are drawn, because rows of a group are not independent."""

from typing import NamedTuple

import numpy as np

from boxloop.metrics import METRICS
from boxloop.scores import Ranking


class Interval(NamedTuple):
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float


def group_draws(groups, *, draws, seed):
    """Yield `draws` arrays of row numbers, each a sample of whole groups with replacement.

    Parameters
    ----------
    groups : array of shape (n,)
        Group of each row; every row its own group where rows are independent.
    """
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        chosen = rng.integers(len(members), size=len(members))
        yield np.concatenate([members[i] for i in chosen])


def group_bootstrap(statistic, *arrays, groups, draws=1000, seed=0, level=0.95):
    """Return a statistic with its percentile interval.

    Parameters
    ----------
    statistic : callable
        Takes the arrays, returns a float.
    *arrays : arrays of shape (n,) or (n, k)
    groups : array of shape (n,)
    draws, seed : int
    level : float
        Probability that the interval should cover.

    Returns
    -------
    Interval
        Value on all rows, and the ends of the interval.
    """
    arrays = [np.asarray(array) for array in arrays]
    sample = [statistic(*(array[rows] for array in arrays)) for rows in group_draws(groups, draws=draws, seed=seed)]
    low, high = np.quantile(sample, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(statistic(*arrays)), float(low), float(high))


def compare(truth, predictions, *, groups, metrics, draws=1000, seed=0, level=0.95, working_point=None):
    """Measure model, reference and trivial baseline on the same rows and the same bootstrap draws.

    Parameters
    ----------
    truth : array of shape (n,)
    predictions : dict
        ``"model"`` and ``"reference"``, perhaps ``"trivial"``, each of shape (n,).
    groups : array of shape (n,)
    metrics : list of str
    working_point : float, optional
        Cut (classification) or background efficiency (anomaly detection) of metrics that need one.

    Returns
    -------
    dict
        For each metric the intervals of all predictors, and of ``difference``: the improvement
        of the model over the reference, positive when the model is better. It is paired: each
        draw compares both on the same groups, so their shared noise cancels.
    """
    truth = np.asarray(truth)
    predictions = {name: np.asarray(values) for name, values in predictions.items()}
    chosen = [METRICS[name] for name in metrics]
    sample = {name: {metric.name: [] for metric in chosen} for name in predictions}
    ranked = any(metric.ranked for metric in chosen)

    def measure(truth, guess):
        """Return all metrics of one sample; the rows are sorted once for all of them."""
        ranking = Ranking(truth, guess) if ranked else None
        return {m.name: m.function(ranking, working_point) if m.ranked else m.function(truth, guess) for m in chosen}

    for rows in group_draws(groups, draws=draws, seed=seed):
        drawn = truth[rows]
        for name, prediction in predictions.items():
            guess = prediction[rows]
            for key, value in measure(drawn, guess).items():
                sample[name][key].append(value)

    def interval(value, sample):
        low, high = np.quantile(sample, [(1 - level) / 2, (1 + level) / 2])
        return {"value": float(value), "low": float(low), "high": float(high)}

    table, values = {}, {name: measure(truth, prediction) for name, prediction in predictions.items()}
    for metric in chosen:
        value = {name: values[name][metric.name] for name in predictions}
        table[metric.name] = {name: interval(value[name], sample[name][metric.name]) for name in predictions}
        if {"model", "reference"} <= set(predictions):
            pairs = zip(sample["reference"][metric.name], sample["model"][metric.name], strict=True)
            table[metric.name]["difference"] = interval(
                metric.improvement(value["reference"], value["model"]),
                [metric.improvement(*pair) for pair in pairs],
            )
    return table
