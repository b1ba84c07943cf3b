"""Weights that come in as columns act on the fit, and on nothing else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from boxloop.measure.task import guess
from boxloop.measure.weighted import Weighted


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "x": np.zeros(400),
            "copies": rng.integers(0, 4, 400).astype(float),
            "sigma": rng.uniform(0.5, 2.0, 400),
        }
    )
    return X, rng.normal(size=400)


def test_a_weight_of_two_is_a_row_twice(table):
    """Whole weights give what copies of the rows give; a weight of zero leaves a row out."""
    X, y = table
    model = Weighted(make_pipeline(LinearRegression()), weights=["copies"]).fit(
        X[["x", "copies"]], y
    )
    expected = np.repeat(y, X["copies"].astype(int)).mean()

    assert model.predict(X[["x"]])[0] == pytest.approx(expected)


def test_errors_of_the_target_give_the_mean_by_inverse_variance(table):
    """The constant of a line is the mean, with the median variance as scatter beyond the errors."""
    X, y = table
    model = Weighted(make_pipeline(LinearRegression()), errors=["sigma"]).fit(X[["x", "sigma"]], y)

    assert model.predict(X[["x"]])[0] == pytest.approx(
        np.average(y, weights=1 / (X["sigma"] ** 2 + np.median(X["sigma"] ** 2)))
    )
    assert model.sample_weight(X).mean() == pytest.approx(1.0)


def test_it_is_what_the_pipeline_is(table):
    """A classifier stays one, copies can be made, and the steps can be looked at, fitted or not."""
    X, y = table[0][["x", "copies"]], table[1]
    model = Weighted(make_pipeline(LogisticRegression()), weights=["copies"])
    fitted = clone(model).fit(X, y > 0)

    assert is_classifier(fitted)
    assert not hasattr(model, "score_samples")
    assert len(model) == 1
    assert list(fitted.named_steps) == ["logisticregression"]
    assert fitted[-1].coef_.shape == (1, 1)
    np.testing.assert_allclose(guess(fitted, X), np.average(y > 0, weights=X["copies"]), atol=1e-3)
