"""Intervals are held against known answers."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from boxloop.base.errors import UserError
from boxloop.measure.bounds import joined, wilson
from boxloop.measure.intervals import compare, group_bootstrap
from boxloop.measure.metrics import METRICS, Yardstick
from boxloop.measure.tails import SURE, heavy_lead
from boxloop.measure.task import Task
from boxloop.record.cards import interval_table
from boxloop.record.results import assemble_metrics


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
                else np.isnan([one[end] for end in ("value", "low", "high")]).all()
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


def test_a_share_has_the_interval_of_wilson():
    """With the variance of independent rows, and many of them, it is scipy's."""
    theirs = binomtest(37, 400).proportion_ci(method="wilson")
    share = 37 / 400

    found = wilson(share, share * (1 - share) / 400, 400, 0.95, free=100_000)
    assert found == pytest.approx((theirs.low, theirs.high), abs=1e-5)
    assert wilson(1.0, 0.0, 18, 0.95, free=100_000)[0] == pytest.approx(
        18 / (18 + 1.96**2), abs=1e-4
    )


def test_a_difference_joins_both_intervals():
    """Newcombe (1998), method 10: 36 and 43 of 50, without correlation."""
    one = 43 / 50, *binomtest(43, 50).proportion_ci(method="wilson")
    other = 36 / 50, *binomtest(36, 50).proportion_ci(method="wilson")
    low, high = joined(one, other, 0.0)

    below = np.hypot(one[0] - one[1], other[2] - other[0])
    assert (low, high) == pytest.approx(
        (0.14 - below, 0.14 + np.hypot(one[2] - one[0], other[0] - other[1]))
    )
    alike, apart = joined(one, other, 0.5), joined(one, other, 0.0)
    assert alike[1] - alike[0] < apart[1] - apart[0]


def test_who_says_the_same_gains_nothing():
    """The same guesses differ by nothing, in every metric and without doubt."""
    rng = np.random.default_rng(6)
    truth = (rng.random(200) < 0.4).astype(float)
    score = 1 / (1 + np.exp(-rng.normal(truth)))
    names = ["roc_auc", "completeness", "ece", "brier"]
    found = compare(
        truth,
        {"model": score, "reference": score.copy()},
        groups=np.arange(200),
        metrics=names,
        draws=60,
        working_point=0.5,
    )

    for name in names:
        assert found[name]["difference"].values() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("groups", "few"), [(20, True), (60, False)])
def test_too_few_groups_are_said(groups, few):
    """However many rows they have, in the entry and in the text of the table."""
    rng = np.random.default_rng(7)
    codes = np.repeat(np.arange(groups), 20)
    truth = rng.normal(size=len(codes))
    found = compare(
        truth, {"model": truth + rng.normal(size=len(codes))}, groups=codes, metrics=["rmse"]
    )

    assert found["rmse"]["model"].get("too_few", False) is few
    assert ("too few groups" in interval_table(found).loc["RMSE", "model"]) is few


def residuals(kind, size, seed):
    rng = np.random.default_rng(seed)
    if kind == "skewed":
        return rng.gamma(2, size=size)
    if kind in ("t3", "t5"):
        return rng.standard_t(int(kind[1]), size=size)
    return rng.laplace(size=size) if kind == "laplace" else rng.normal(size=size)


@pytest.mark.parametrize(
    ("kind", "size", "least", "most"),
    [
        ("normal", 200, 0, 0.02),
        ("normal", 1000, 0, 0.02),
        ("laplace", 200, 0, 0.04),
        ("laplace", 1000, 0, 0.04),
        ("skewed", 600, 0, 0.04),
        ("t3", 200, 0.35, 0.8),
        ("t3", 600, 0.8, 1),
        ("t3", 1000, 0.9, 1),
    ],
)
def test_heavy_tails_are_told_from_light_ones(kind, size, least, most):
    """Power laws of index 3 nearly always from 600 rows on, light or skewed tails hardly ever."""
    heavy = [heavy_lead(residuals(kind, size, seed)) > SURE for seed in range(60)]

    assert least <= np.mean(heavy) <= most
    assert np.isnan(heavy_lead(residuals(kind, 15, 0))) and np.isnan(heavy_lead(np.zeros(100)))


def test_tails_are_told_by_the_training_rows_too():
    """They are more than the validation rows; the tails of the trivial baseline do not count."""
    interval = {"value": 1.0, "low": 0.9, "high": 1.1}
    heavy = interval | {"heavy_tails": True, "note": "heavy tails: so they are"}
    quiet = {"rmse": {"model": interval, "reference": interval, "trivial": heavy}}
    loud = {"rmse": {"model": heavy, "reference": interval, "trivial": interval}}
    sets = {"train_cv": {"metrics": quiet}, "validation": {"metrics": quiet}}
    assert "heavy_tails" not in assemble_metrics(sets, study())["primary"]
    sets["train_cv"] = {"metrics": loud}
    assert assemble_metrics(sets, study())["primary"]["note"] == "heavy tails: so they are"


def study(**more):
    known = {
        "task": "regression",
        "target": "t",
        "unit": "kg",
        "primary_metric": "rmse",
        "secondary_metrics": ["bias"],
        "working_point": None,
        "scale": None,
        "outlier_bound": None,
        "prevalence": None,
        "criteria": [],
    }
    columns = {"t": SimpleNamespace(role="target"), "g": SimpleNamespace(role="group")}
    return SimpleNamespace(
        study=SimpleNamespace(**(known | more)),
        columns=columns,
        role=lambda role: [name for name, column in columns.items() if column.role == role],
        only=lambda role: "g" if role == "group" else None,
    )


def test_where_tails_are_heavy_a_robust_metric_leads():
    """Its entry stands beside the primary one, and its row first in the table; 05 asks for none."""
    settings = study()
    frame = pd.DataFrame({"t": np.zeros(3000), "g": np.arange(3000)})
    guesses = {who: residuals("t3", 3000, seed) for seed, who in enumerate(("model", "reference"))}
    found = Task(settings).compare(frame, guesses, draws=100, seed=0)

    assert list(interval_table(found).index) == ["NMAD", "RMSE", "bias"]
    assert interval_table(found).loc["RMSE", "model"].endswith(", heavy tails")
    content = assemble_metrics({"validation": {"metrics": found}}, settings)["primary"]
    assert content["name"] == "rmse" and content["heavy_tails"] is True
    assert content["robust"]["name"] == "nmad" and content["note"].startswith("heavy tails: ")
    light = {who: residuals("normal", 3000, seed) for seed, who in enumerate(guesses)}
    found = Task(settings).compare(frame, light, draws=100, seed=0)
    assert list(found) == ["rmse", "bias"]
    assert "robust" not in assemble_metrics({"validation": {"metrics": found}}, settings)["primary"]


def test_an_outlier_is_one_by_the_yardstick_of_the_reference():
    """Who scatters a fifth has a narrow NMAD, and must not have more outliers for that."""
    rng = np.random.default_rng(8)
    wide = rng.normal(size=4000)
    narrow = 0.2 * wide + np.where(rng.random(4000) < 0.05, 1.5, 0.0)
    truth = np.zeros(4000)
    own = [METRICS["outlier_fraction"](truth, guess) for guess in (narrow, wide)]
    found = compare(
        truth,
        {"model": narrow, "reference": wide},
        groups=np.arange(4000),
        metrics=["outlier_fraction"],
        draws=50,
    )["outlier_fraction"]

    assert own[0] > 0.04 > own[1]
    assert found["model"]["value"] == 0 < found["reference"]["value"] < 0.005
    assert (
        found["model"]["note"]
        == f"beyond {3 * METRICS['nmad'](truth, wide):.3g}, 3 NMAD of the reference"
    )


def test_residuals_of_redshifts_are_divided_by_one_more():
    """|Δz| / (1 + z) of 0.2 / 2 and 0.6 / 4; one of two exceeds 0.12."""
    truth, guess = np.array([1.0, 3.0]), np.array([1.2, 3.6])
    yardstick = Yardstick(scale="1+target", bound=0.12)

    assert METRICS["rmse"](truth, guess, yardstick=yardstick) == pytest.approx(
        np.sqrt((0.1**2 + 0.15**2) / 2)
    )
    assert METRICS["outlier_fraction"](truth, guess, yardstick=yardstick) == 0.5
    assert METRICS["r2"](truth, guess, yardstick=yardstick) == METRICS["r2"](truth, guess)
    assert METRICS["rmse"].titled("1+target") == "RMSE / (1+target)"
    assert METRICS["rmse"].in_unit("kg", "1+target") == "" != METRICS["rmse"].in_unit("kg")


def test_a_scale_needs_a_target_above_minus_one():
    """Else the residual of a row would be divided by nothing, or change its sign."""
    frame = pd.DataFrame({"t": [0.5, -1.0], "g": [0, 1]})
    with pytest.raises(UserError, match=r"divides by 1 \+ t, which is not above 0"):
        Task(study(scale="1+target")).yardstick(frame)


def test_an_entry_unpacks_into_three_numbers_whatever_is_said_of_it():
    """As cells of every age unpack it; the words are there by name and in the file."""
    frame = pd.DataFrame({"t": np.zeros(3000), "g": np.arange(3000)})
    guesses = {who: residuals("t3", 3000, seed) for seed, who in enumerate(("model", "reference"))}
    for entry in Task(study()).compare(frame, guesses, draws=100, seed=0)["rmse"].values():
        value, low, high = entry.values()
        assert low <= value <= high and (value, low, high) == tuple(entry.values())
        assert json.loads(json.dumps(entry))["heavy_tails"] is True


def test_of_no_rows_nothing_is_known():
    """A part of a small sample may be empty: its entries are NaN, and say so."""
    none = {who: np.zeros(0) for who in ("model", "reference")}
    found = compare(np.zeros(0), none, groups=np.zeros(0), metrics=["rmse", "bias"], draws=50)

    assert set(found["rmse"]) == {"model", "reference", "difference"}
    assert all(np.isnan(entry["value"]) and entry["too_few"] for entry in found["bias"].values())
