"""Bootstrap draws by weights against drawing the rows themselves."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from boxloop.checks import shares
from boxloop.measure import estimates
from boxloop.measure.intervals import (
    LEAST,
    Sample,
    affordable,
    compare,
    drawn_rows,
    group_bootstrap,
    group_draws,
    group_weights,
)
from boxloop.measure.kinds import OF_CLASSES
from boxloop.measure.metrics import METRICS, Metric
from boxloop.measure.residuals import Residuals
from boxloop.table.codes import numbered

POINT = {"regression": None, "classification": 0.5, "anomaly-detection": 0.05, OF_CLASSES: None}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def world(task, rng, n=601):
    """Truth, two guesses and a constant one, in groups of unequal size named by words.

    One guess has ties.
    """
    groups = np.array([f"halo {k}" for k in rng.integers(n // 2, size=n)], dtype=object)
    if task == "regression":
        truth = rng.normal(13, 1, size=n)
        guesses = {
            "model": truth + rng.standard_t(3, size=n),
            "reference": np.round(truth + rng.normal(0.1, 1, size=n)),
        }
        return truth, guesses | {"trivial": np.full(n, truth.mean())}, groups
    if task == OF_CLASSES:
        truth = rng.choice(4, size=n, p=[0.6, 0.2, 0.15, 0.05])
        odds = np.exp(rng.normal(size=(n, 4)) + 2 * np.eye(4)[truth])
        sure = odds / odds.sum(axis=1, keepdims=True)
        prior = np.tile(np.bincount(truth) / n, (n, 1))
        return truth, {"model": sure, "reference": np.round(sure, 1), "trivial": prior}, groups
    truth = (rng.random(n) < 0.3).astype(float)
    chance = 1 / (1 + np.exp(-rng.normal(2 * truth - 1, 1)))
    return (
        truth,
        {"model": chance, "reference": np.round(chance, 1), "trivial": np.full(n, 0.3)},
        groups,
    )


@pytest.mark.parametrize(
    ("task", "name"), [(task, m.name) for m in METRICS.values() for task in m.tasks]
)
def test_a_weighted_draw_is_the_drawn_rows(task, name, rng):
    """Every metric, ties and groups of several rows included, to rounding."""
    truth, guesses, groups = world(task, rng)
    drawn = list(group_draws(groups, draws=20, seed=3))
    weights = list(group_weights(groups, draws=20, seed=3))

    for guess in guesses.values():
        sample = Sample(truth, guess, [METRICS[name]], POINT[task])
        by_hand = [METRICS[name](truth[rows], guess[rows], POINT[task]) for rows in drawn]
        found = [sample.draw(weight)[name] for weight in weights]
        assert found == pytest.approx(by_hand, rel=1e-9, abs=1e-12)


def test_draws_and_weights_are_the_same_draws():
    """The drawn rows, counted; whole groups only."""
    groups = np.array([5, 5, 1, 2, 2, 2, 9])
    for rows, weights in zip(
        group_draws(groups, draws=20, seed=1), group_weights(groups, draws=20, seed=1), strict=True
    ):
        assert list(np.bincount(rows, minlength=7)) == list(weights)
        assert weights[0] == weights[1] and weights[3] == weights[4] == weights[5]


def test_the_mean_is_bootstrapped_by_weights(rng):
    """`numpy.mean` as a statistic, and the same as a function of one's own."""
    values, groups = rng.random(300) < 0.7, rng.integers(80, size=300)

    short = group_bootstrap(np.mean, values, groups=groups, draws=100, seed=2)
    long = group_bootstrap(lambda x: float(np.mean(x)), values, groups=groups, draws=100, seed=2)

    assert short == pytest.approx(long, abs=1e-12)


def test_a_metric_of_ones_own_is_drawn_row_by_row(monkeypatch, rng):
    """It need not know about weights."""
    worst = Metric(
        "worst", "worst", lambda truth, guess: float(np.max(np.abs(guess - truth))), "lower"
    )
    monkeypatch.setitem(METRICS, "worst", worst)
    truth, guesses, groups = world("regression", rng)

    found = compare(truth, guesses, groups=groups, metrics=["worst"], draws=30, seed=4)["worst"][
        "model"
    ]
    by_hand = [
        worst(truth[rows], guesses["model"][rows]) for rows in group_draws(groups, draws=30, seed=4)
    ]

    assert (found["low"], found["high"]) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]))


def test_an_unknown_prediction_is_not_hidden(rng):
    """NaN in, NaN out."""
    guess = rng.normal(size=50)
    guess[3] = np.nan
    draw = Residuals(np.zeros(50), guess).weighted(np.ones(50))

    assert np.isnan(draw.scatter) and np.isnan(draw.mean(draw.rows.residual))


def test_fewer_draws_of_very_many_rows():
    """As asked up to 80,000 rows, then rows times draws is bounded; never below a hundred."""
    assert affordable(600, 80_000) == 600
    assert affordable(600, 200_000) == 250
    assert affordable(600, 10_000_000) == LEAST
    assert affordable(40, 10_000_000) == 40
    assert affordable(600, 0) == 600


def test_a_constant_probability_has_the_ece_of_its_mean(rng):
    """Whatever the order of the rows, sorted by class say: off by |0.3 - 0.25|."""
    truth = np.repeat([1.0, 0.0], [250, 750])

    assert METRICS["ece"](truth, np.full(1000, 0.3)) == pytest.approx(0.05, abs=1e-4)
    assert METRICS["ece"](truth[::-1], np.full(1000, 0.3)) == METRICS["ece"](
        truth, np.full(1000, 0.3)
    )


@pytest.mark.parametrize(
    "values",
    [
        np.array(["b", "a", "Ä", "", "a", "10", "9"], dtype=object),
        np.array(["b", "a", "b"]),
        np.array([3, 1, 3, -2]),
        np.array([3, 1, 10**30, 3], dtype=object),
        np.array([0.5, -1.0, 0.5]),
    ],
)
def test_groups_are_numbered_as_ever(values):
    """In the order of `numpy.unique`.

    Which rows are drawn, and where a row is placed by the split, hang on it.
    """
    unique, codes = numbered(values)
    as_ever = np.unique(values, return_inverse=True)

    assert list(unique) == list(as_ever[0])
    assert list(codes) == list(as_ever[1])


def weights_of(kind, rng, n):
    """How often each of n rows stands in a draw: any numbers, all once, or one row alone."""
    if kind == "one row":
        return np.where(np.arange(n) == 7, float(n), 0.0)
    return np.ones(n) if kind == "all rows" else rng.poisson(1.0, n).astype(float)


@pytest.mark.parametrize("kind", ["drawn", "all rows", "one row"])
@pytest.mark.parametrize(
    ("task", "name"),
    [
        (task, m.name)
        for m in METRICS.values()
        if m.of_residuals or m.ranked or m.of_classes
        for task in m.tasks
    ],
)
def test_a_metric_is_one_number_of_rows_and_of_draws(task, name, kind, rng):
    """Rows written out and rows that are weighed, with ties, and where only one row is left."""
    truth, guesses, _ = world(task, rng)
    metric, weights = METRICS[name], weights_of(kind, rng, len(truth))
    rows = drawn_rows(weights)
    for guess in guesses.values():
        measure = Sample(truth, guess, [metric], POINT[task])
        whole = Sample(truth[rows], guess[rows], [metric], POINT[task]).whole()[name]

        assert measure.draw(weights)[name] == pytest.approx(whole, rel=1e-9, abs=1e-12, nan_ok=True)
        assert whole == pytest.approx(
            metric(truth[rows], guess[rows], POINT[task]), rel=0, abs=0, nan_ok=True
        )


def test_the_checks_measure_what_the_metrics_measure(rng):
    """R², and the AUC of every draw, ties included; chance, not nothing, where a class is gone."""
    truth, guesses, groups = world("regression", rng)
    signal, scores, _ = world("classification", rng)
    weights = list(estimates.draws(groups, 3))
    share = shares._of_numbers(truth, guesses["model"], groups, 0.0, 2.0)
    assert share.value == pytest.approx(METRICS["r2"](truth, guesses["model"]), rel=1e-9)
    areas = estimates.auc(signal > 0, scores["reference"], weights)

    for area, drawn in zip(areas, [np.ones(len(truth)), *weights], strict=True):
        rows = drawn_rows(drawn)
        assert area == pytest.approx(METRICS["roc_auc"](signal[rows], scores["reference"][rows]))
    assert estimates.auc(signal > 2, scores["model"]) == [0.5]
    assert estimates.auc(signal > 0, scores["trivial"]) == [0.5]


def test_a_class_of_one_group_has_no_chance_where_it_is_held_out():
    """Its column stays, and the other classes keep theirs."""
    y, groups = np.repeat([0, 1, 2, 1, 2], 10), np.repeat(np.arange(5), 10)
    chance = estimates.out_of_fold(DummyClassifier(), np.zeros((50, 1)), y, groups, 0)

    assert chance.shape == (50, 3)
    assert (chance[:10, 0] == 0).all()
    assert (chance[:, 1] > 0).all() and (chance[10:, 0] > 0).any()
    assert chance.sum(axis=1) == pytest.approx(1)


def test_equal_scores_are_one_cut_however_large():
    """Two rows of endless score are a tie, too."""
    endless = np.array([np.inf, np.inf, 0.0, -np.inf])

    assert METRICS["roc_auc"](np.array([1.0, 0, 1, 0]), endless) == pytest.approx(0.625)
