"""What a task asks of a table: truth, guess, out-of-fold, trivial baseline."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression

from boxloop.base.errors import UserError
from boxloop.measure import task


def settings(kind, positive=None):
    return SimpleNamespace(study=SimpleNamespace(task=kind, target="t", positive_class=positive))


def test_the_truth_of_a_class_is_one_or_zero():
    """One spelling for labels that come as text, number or boolean."""
    assert task.Task(settings("classification", "g")).truth(
        pd.DataFrame({"t": ["g", "h", "g"]})
    ).tolist() == [1, 0, 1]
    assert task.Task(settings("classification", "1")).truth(
        pd.DataFrame({"t": [0.0, 1.0]})
    ).tolist() == [0, 1]
    assert task.Task(settings("anomaly-detection", "1")).truth(
        pd.DataFrame({"t": [True, False]})
    ).tolist() == [1, 0]
    assert task.Task(settings("regression")).truth(pd.DataFrame({"t": [1.5, 2.5]})).tolist() == [
        1.5,
        2.5,
    ]


def test_a_class_that_is_not_there_is_named():
    """The sentence says which classes there are."""
    with pytest.raises(UserError, match="positive_class = 'x'; the classes are g, h"):
        task.Task(settings("classification", "x")).truth(pd.DataFrame({"t": ["g", "h"]}))


def test_a_guess_is_higher_where_the_class_of_interest_is_likelier():
    """Probability, unusualness or prediction, whatever the estimator can say."""
    X = pd.DataFrame({"x": np.r_[np.zeros(95) + np.linspace(-1, 1, 95), np.full(5, 8.0)]})
    y = (X["x"] > 5).to_numpy(float)

    for estimator in (
        LogisticRegression(),
        IsolationForest(n_estimators=20, random_state=0),
        LinearRegression(),
    ):
        found = task.guess(estimator.fit(X, y), X)
        assert found.shape == (100,)
        assert found[y > 0].min() > found[y == 0].max()


def test_out_of_fold_never_sees_the_row():
    """A row that is in no held-out part has no guess."""
    X, y = pd.DataFrame({"x": np.arange(6.0)}), np.arange(6.0)
    found = task.out_of_fold(LinearRegression(), X, y, [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])])

    assert np.isnan(found[:2]).all()
    assert np.allclose(found[2:], [2, 3, 4, 5])
