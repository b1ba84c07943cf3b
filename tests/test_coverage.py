"""Intervals hold the truth as often as they say, from 60 groups on: measured with a known truth."""

import functools

import numpy as np
import pytest
from scipy.stats import binom, norm

from boxloop.measure.intervals import compare
from boxloop.measure.metrics import METRICS

RUNS, GROUPS, DRAWS = 120, 60, 200
LEAST, MOST = 0.92, 0.985  # two-sided intervals of counts cover a little more than they promise
POINT = {"scores": 0.5, "calibration": 0.5, "search": 0.05}
ENOUGH = {"calibration": 100}  # groups, where 60 are said to be too few
MEASURED = {
    "normal residuals": ("rmse", "nmad"),
    "laplace residuals": ("rmse",),
    "scores": ("roc_auc", "completeness"),
    "calibration": ("ece",),
    "search": ("sic",),
}


def residuals(size, rng, *, groups=GROUPS, laplace=False):
    """Truth and two guesses whose errors are shared in part, by rows of a group and by guesses."""
    codes = np.repeat(np.arange(groups), size)
    draw = (
        (lambda n: rng.laplace(size=n) / np.sqrt(2)) if laplace else (lambda n: rng.normal(size=n))
    )

    def noise():
        rows = draw(len(codes))
        return rows if size == 1 else np.sqrt(0.5) * (rows + draw(groups)[codes])

    truth, first = rng.normal(size=len(codes)), noise()
    second = 0.8 * first + 0.6 * noise()
    return truth, {"model": truth + 0.5 * first, "reference": truth + 0.6 * second}, codes


def scores(size, rng, *, groups=GROUPS):
    """Classes in groups, and two probabilities; those of the model are too sure of themselves."""
    codes, alike = np.repeat(np.arange(groups), size), float(size > 1)
    mood = 0.7 * alike * rng.normal(size=groups)[codes]
    edge = norm.ppf(0.3) * np.sqrt(1 + 0.49 * alike)
    truth = (rng.random(len(codes)) < norm.cdf(edge + mood)).astype(float)
    own, shared = rng.normal(size=groups)[codes], rng.normal(size=len(codes))
    found = {}
    for who, apart, sure in (("model", 2.2, 1.6), ("reference", 1.7, 1.0)):
        rows = 0.8 * shared + 0.6 * rng.normal(size=len(codes))
        error = np.sqrt(0.3) * own + np.sqrt(0.7) * rows if alike else rows
        odds = apart * (apart * truth + error) - apart**2 / 2 + np.log(0.3 / 0.7)
        found[who] = 1 / (1 + np.exp(-sure * odds))
    return truth, found, codes


def made(kind, size, rng, **options):
    if kind in POINT:
        return scores(size, rng, **options)
    return residuals(size, rng, laplace="laplace" in kind, **options)


@functools.cache
def truths(kind, size):
    """What the metrics are in a sample so large that it is the truth."""
    truth, guesses, _ = made(kind, size, np.random.default_rng(99), groups=400_000 // size)
    found = {}
    for name in MEASURED[kind]:
        value = {
            who: METRICS[name](truth, guess, POINT.get(kind)) for who, guess in guesses.items()
        }
        gain = METRICS[name].improvement(value["reference"], value["model"])
        found[name] = {"model": value["model"], "difference": gain}
    return found


def hits(kind, size, seed):
    """Which intervals of one sample hold the truth, of those that are not said to be too few."""
    groups, rng = ENOUGH.get(kind, GROUPS), np.random.default_rng([seed, size])
    truth, guesses, codes = made(kind, size, rng, groups=groups)
    found = compare(
        truth,
        guesses,
        groups=codes,
        metrics=list(MEASURED[kind]),
        draws=DRAWS,
        seed=seed,
        working_point=POINT.get(kind),
    )
    for name, wanted in truths(kind, size).items():
        for who, value in wanted.items():
            one = found[name][who]
            if not one.get("too_few"):
                yield (name, who), one["low"] <= value <= one["high"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 10])
@pytest.mark.parametrize("kind", MEASURED)
def test_intervals_hold_the_truth_as_often_as_they_say(kind, size):
    """Values and improvements, by rows and by groups of ten; one in a thousand is chance."""
    counted = {}
    for seed in range(RUNS):
        for key, hit in hits(kind, size, seed):
            counted.setdefault(key, []).append(hit)

    assert len(counted) == 2 * len(MEASURED[kind])
    for key, one in counted.items():
        low, high = binom.ppf(1e-3, len(one), LEAST), binom.ppf(1 - 1e-3, len(one), MOST)
        assert len(one) > RUNS / 2 and low <= sum(one) <= high, (key, sum(one), len(one))


@pytest.mark.slow
def test_percentiles_would_not_hold_it():
    """The test above hears: those of the draws of an RMSE of sixty Laplace rows cover 86 %."""
    caught = 0
    for seed in range(RUNS):
        truth, guesses, _ = residuals(1, np.random.default_rng([seed, 1]), laplace=True)
        square = (guesses["model"] - truth) ** 2
        weights = np.random.default_rng(seed).multinomial(
            GROUPS, np.ones(GROUPS) / GROUPS, size=200
        )
        low, high = np.sqrt(np.quantile(weights @ square / GROUPS, [0.025, 0.975]))
        caught += low <= 0.5 <= high
    assert caught < binom.ppf(1e-3, RUNS, LEAST) + 6
