"""Prediction intervals of grouped rows and of uneven errors."""

import warnings

import numpy as np
import pandas as pd
import pytest
from mapie.regression import SplitConformalRegressor
from sklearn.linear_model import LinearRegression

from boxloop.measure import conformal
from boxloop.measure.intervals import residual_score


def world(groups, size, rng, *, uneven):
    """Rows in groups that share half of their error; errors grow with the input b."""
    codes = np.repeat(np.arange(groups), size)
    X = pd.DataFrame(rng.normal(size=(len(codes), 3)), columns=list("abc"))
    error = rng.normal(size=len(codes))
    if size > 1:
        error = np.sqrt(0.5) * (error + rng.normal(size=groups)[codes])
    return X, X["a"] + np.exp(uneven * X["b"]) * error, codes


def covered(groups, size, seed, *, uneven):
    """Whether the errors were found to be uneven, the level, and which of many new rows are in."""
    rng = np.random.default_rng(seed)
    X, y, codes = world(3 * groups, size, rng, uneven=uneven)
    model = LinearRegression().fit(X, y)
    scale = conformal.error_scale(model, X, y, groups=codes, seed=0)
    X, y, codes = world(groups, size, rng, uneven=uneven)
    error = np.abs(y - model.predict(X)).to_numpy()
    found, _ = conformal.foretells(scale.predict(X), error, groups=codes)
    rows, level = conformal.even_rows(codes, among=np.full(len(y), True)), 0.9
    regressor = SplitConformalRegressor(
        estimator=model,
        confidence_level=conformal.asked_of_mapie(level, groups=groups, rows=len(rows)),
        prefit=True,
        conformity_score=conformal.scaled_score(scale) if found else residual_score(y),
    )
    regressor.conformalize(X.iloc[rows], y.iloc[rows])
    new, truth, _ = world(3000, 1 if size == 1 else 3, rng, uneven=uneven)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, ends = regressor.predict_interval(new)
    inside = (ends[:, 0, 0] <= truth) & (truth <= ends[:, 1, 0])
    return found, inside.to_numpy(), new["b"].to_numpy()


def test_every_group_counts_once():
    """However many rows it has: each stands as often as the largest has rows."""
    codes = np.repeat([7, 3, 5], [4, 1, 2])
    rows = conformal.even_rows(codes, among=codes != 5)

    assert sorted(rows) == [0, 1, 2, 3, 4, 4, 4, 4]
    most = conformal.even_rows(np.repeat([0, 1], [1000, 1]), among=np.full(1001, True))
    assert len(most) == 2 * conformal.MOST and most.min() == 0 and most[most < 1000].max() > 960


def test_groups_of_one_row_are_asked_for_what_is_promised():
    """MAPIE allows for the rows itself; of larger groups the level is raised to count groups."""
    assert conformal.asked_of_mapie(0.9, groups=100, rows=100) == pytest.approx(0.9)
    raised = conformal.asked_of_mapie(0.9, groups=10, rows=100)
    assert raised * (1 + 1 / 100) == pytest.approx(0.9 * (1 + 1 / 10))
    assert conformal.promised(1000) == 0.9 and conformal.promised(5) == 0.8


def test_what_so_few_groups_can_promise_is_said():
    """The coverage of 20 groups scatters by more than six points (Vovk 2012)."""
    assert conformal.few_groups(0.9, groups=conformal.FEWEST) == ""
    assert "20 set the width" in conformal.few_groups(0.9, groups=20)
    drawn = np.random.default_rng(0).uniform(size=(4000, 20))
    quantile = np.sort(drawn, axis=1)[:, 18]  # the 19th of 20: the ceiling of 0.9 times 21
    assert conformal.coverage_doubt(0.9, groups=20) == pytest.approx(quantile.std(), rel=0.05)


def test_other_rows_get_the_width_that_was_set():
    """A multiple of the predicted size, the same that MAPIE gave; without a scale the median."""
    X = pd.DataFrame({"a": [1.0, 2.0, 4.0]})
    scale = LinearRegression(fit_intercept=False).fit(X, X["a"])
    uneven = conformal.Plan(np.arange(3), 0.9, 0.9, None, scale, "uneven", 60)
    facts = uneven.facts(-3 * X["a"].to_numpy(), 3 * X["a"].to_numpy(), X)

    assert facts["per_scale"] == pytest.approx(3) and facts["half_width"] == pytest.approx(6)
    few = conformal.Plan(np.arange(3), 0.9, 0.9, None, None, "few", 12)
    assert few.facts(np.zeros(3), np.full(3, 2.0), X) == {
        "level": 0.9,
        "half_width": 1.0,
        "note": "few",
        "groups_set": 12,
        "too_few": True,
    }


def test_uneven_errors_are_found_and_even_ones_are_not():
    """By sizes that were learnt from other rows."""
    rng = np.random.default_rng(0)
    size, codes = rng.uniform(1, 3, size=300), np.arange(300)
    assert conformal.foretells(size, np.abs(size * rng.normal(size=300)), groups=codes)[0]
    alarms = [
        conformal.foretells(size, np.abs(rng.normal(size=300)), groups=codes)[0] for _ in range(200)
    ]
    assert np.mean(alarms) <= 0.04


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "size"), [(300, 1), (100, 10)])
def test_the_hardest_third_is_covered_where_errors_are_uneven(groups, size):
    """Of nine in ten promised; intervals of one width cover three of four there."""
    found = [covered(groups, size, seed, uneven=0.6) for seed in range(12)]
    hard = np.mean([inside[b > np.quantile(b, 2 / 3)].mean() for _, inside, b in found])

    assert np.mean([uneven for uneven, *_ in found]) >= 0.9
    assert 0.84 <= hard <= 0.95
    assert np.mean([inside.mean() for _, inside, _ in found]) == pytest.approx(0.9, abs=0.025)


@pytest.mark.slow
def test_groups_of_ten_are_covered_as_promised():
    """On average over samples that set the width, although rows of a group resemble each other."""
    found = [covered(60, 10, seed, uneven=0) for seed in range(30)]

    assert 0.885 <= np.mean([inside.mean() for _, inside, _ in found]) <= 0.95
    assert np.mean([uneven for uneven, *_ in found]) <= 0.1
