"""Refits on resampled groups, and how far they disagree."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from boxloop.measure.ensemble import resample_predict, spread


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
