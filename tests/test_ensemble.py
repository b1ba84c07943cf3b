"""Refits on resampled groups, and how far they disagree."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from boxloop.measure.ensemble import by_distance, resample_predict, spread


def rows(n=60):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.normal(size=n)})
    return X, X["size"] * 2 + rng.normal(size=n), np.repeat(np.arange(n // 3), 3)


def test_each_row_is_predicted_by_a_model_that_did_not_see_it():
    """Rows outside the folds stay empty, and the seed decides what is drawn."""
    X, y, groups = rows()
    cv = [(np.arange(30), np.arange(30, 57))]

    first, second, other = (
        resample_predict(LinearRegression(), X, y, groups=groups, cv=cv, seed=s) for s in (1, 1, 2)
    )

    assert np.isnan(first).sum() == 33
    assert np.isfinite(first[30:57]).all()
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first[30:57], other[30:57])


def test_spread_of_members_that_agree_is_zero():
    """Equal members have a score but no spread."""
    truth = np.arange(5.0)
    member = truth + 1

    found = spread(truth, np.column_stack([member, member]))

    assert found == {
        "RMSE": 1.0,
        "sd of RMSE": 0.0,
        "spread per object": 0.0,
        "RMSE of the mean": 1.0,
    }


def test_errors_part_into_disagreement_and_what_all_share():
    """Noise of 0.3, members that differ by as much as the distance: both parts come back."""
    rng = np.random.default_rng(3)
    away = rng.uniform(0.1, 1.0, 6000)
    truth = rng.normal(size=6000)
    noisy = truth + 0.3 * rng.normal(size=6000)
    members = noisy + away * rng.normal(size=(5, 6000))

    found = by_distance(truth, members, away, groups=np.arange(6000), draws=50, seed=0)

    parts = found[["error", "spread", "shared"]].to_numpy() ** 2
    np.testing.assert_allclose(parts[:, 0], parts[:, 1] + parts[:, 2])
    # A variance about the mean of five has four fifths of the variance, their mean has the rest.
    squared = found["distance"] ** 2
    np.testing.assert_allclose(parts[:, 1], 0.8 * squared, rtol=0.15)
    np.testing.assert_allclose(parts[:, 2], 0.09 + 0.2 * squared, rtol=0.15)
    assert list(found.index[[0, -1]]) == ["nearest", "farthest"]
    assert found["distance"].is_monotonic_increasing
    assert found["rows"].eq(1000).all()
    assert (found["spread_low"] < found["spread"]).all()
    assert (found["spread"] < found["spread_high"]).all()


def test_few_rows_with_one_distance_are_parted_all_the_same():
    """Fewer rows than sixths, and ties: nothing is divided by zero."""
    truth = np.arange(4.0)

    found = by_distance(
        truth, np.stack([truth, truth + 1]), np.ones(4), groups=np.arange(4), draws=10, seed=0
    )

    assert found["rows"].sum() == 4
    np.testing.assert_allclose(found["error"], np.sqrt(0.5))
