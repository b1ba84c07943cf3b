"""Intervals are held against known answers."""

import numpy as np
import pytest

from boxloop.measure.intervals import compare, group_bootstrap
from boxloop.measure.metrics import METRICS


def test_independent_rows_give_the_textbook_interval():
    """The mean of n independent rows has an interval of ±1.96 sd/√n."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)

    found = group_bootstrap(np.mean, x, groups=np.arange(2000), draws=2000)

    assert found.high - found.low == pytest.approx(2 * 1.96 * x.std() / np.sqrt(2000), rel=0.06)


def test_rows_of_a_group_count_once():
    """Copying each row three times must not narrow the interval."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)

    once = group_bootstrap(np.mean, x, groups=np.arange(300), draws=1500)
    thrice = group_bootstrap(
        np.mean, np.repeat(x, 3), groups=np.repeat(np.arange(300), 3), draws=1500
    )
    naive = group_bootstrap(np.mean, np.repeat(x, 3), groups=np.arange(900), draws=1500)

    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.1)
    assert naive.high - naive.low == pytest.approx((once.high - once.low) / np.sqrt(3), rel=0.1)


def test_coverage_is_what_the_interval_promises():
    """About 95 of 100 intervals hold the true mean of grouped data."""
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(60), 3)
        x = rng.normal(size=60)[groups] + 0.3 * rng.normal(size=180)
        found = group_bootstrap(np.mean, x, groups=groups, draws=300, seed=seed)
        hits += found.low <= 0 <= found.high

    assert 0.90 <= hits / 200 <= 0.985


def test_compare_pairs_model_and_reference():
    """The paired difference is far tighter than the two intervals apart would say."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=600)
    shared = rng.normal(scale=0.5, size=600)
    model, reference = truth + shared, truth + 1.1 * shared

    table = compare(
        truth, {"model": model, "reference": reference}, groups=np.arange(600), metrics=["rmse"]
    )["rmse"]

    assert table["difference"]["low"] > 0
    assert table["model"]["high"] > table["reference"]["low"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("rmse", np.sqrt(2)), ("bias", 1.0), ("nmad", 1.4826), ("r2", 1 - 2 / 1.25)],
)
def test_metrics_by_hand(name, expected):
    """Residuals 0, 0, 2, 2 about a truth of variance 1.25."""
    truth = np.array([0.0, 1, 2, 3])

    assert METRICS[name].function(truth, truth + np.array([0, 0, 2, 2])) == pytest.approx(expected)


def test_outlier_fraction_of_a_gaussian():
    """Three sigma of a Gaussian leave 0.27 per cent outside."""
    residual = np.random.default_rng(3).normal(size=200_000)

    assert METRICS["outlier_fraction"].function(np.zeros(200_000), residual) == pytest.approx(
        0.0027, abs=0.0004
    )


@pytest.mark.parametrize(
    ("name", "better", "worse"), [("rmse", 1, 2), ("r2", 0.9, 0.8), ("bias", -0.1, 0.2)]
)
def test_improvement_is_positive_when_the_model_is_better(name, better, worse):
    """Whatever the direction of the metric."""
    assert METRICS[name].improvement(worse, better) > 0


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_the_fewest_rows_have_an_interval_around_the_value(rows):
    """Draws of one row many times have no R² and are left out.

    Where there is none at all, R² is unknown.
    """
    rng = np.random.default_rng(rows)
    truth = rng.normal(size=rows)
    guesses = {"model": truth + rng.normal(size=rows), "reference": truth + 1}
    found = compare(
        truth, guesses, groups=np.arange(rows), metrics=["rmse", "nmad", "bias", "r2"], draws=200
    )

    for name, row in found.items():
        for one in row.values():
            known = not (name == "r2" and rows == 1)
            assert (
                one["low"] <= one["value"] <= one["high"]
                if known
                else np.isnan(list(one.values())).all()
            )


def test_one_group_gives_an_interval_without_width():
    """Also where the value and the draws are summed in another order.

    An error bar cannot be negative.
    """
    rng = np.random.default_rng(0)
    truth = rng.normal(size=7)
    found = compare(
        truth,
        {"model": truth + rng.normal(size=7)},
        groups=np.zeros(7),
        metrics=["rmse", "bias", "r2"],
        draws=100,
    )

    for row in found.values():
        assert row["model"]["low"] <= row["model"]["value"] <= row["model"]["high"]
        assert row["model"]["high"] == pytest.approx(row["model"]["low"])


@pytest.mark.parametrize("size", [1e-14, 1.0, 1e11, 1e42])
def test_conformal_intervals_of_a_target_of_any_size(size):
    """Nine of ten rows lie inside, whatever the unit of the target."""
    from mapie.regression import SplitConformalRegressor
    from sklearn.linear_model import LinearRegression

    from boxloop.measure.intervals import residual_score

    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 1))
    y = size * (X[:, 0] + rng.normal(scale=0.3, size=2000) + 5)
    model = LinearRegression().fit(X, y)
    conformal = SplitConformalRegressor(
        estimator=model,
        confidence_level=0.9,
        prefit=True,
        conformity_score=residual_score(y[:1000]),
    )
    _, ends = conformal.conformalize(X[:1000], y[:1000]).predict_interval(X[1000:])

    assert np.mean((ends[:, 0, 0] <= y[1000:]) & (y[1000:] <= ends[:, 1, 0])) == pytest.approx(
        0.9, abs=0.03
    )
