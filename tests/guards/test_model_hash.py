"""The hash of a model stands in the ledger: the same for one model, another for another."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from boxloop.measure.model_file import model_hash


class Says(BaseEstimator):
    """A fitted model with these predictions."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def predict(self, X):
        return self.values[: len(X)]


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=3000)


def hash_of(values):
    return model_hash(Says(values), pd.DataFrame({"x": range(len(values))}))


def test_a_model_that_differs_in_one_row_is_another(values):
    """Also where that row stands in the middle of many, which numpy prints as dots."""
    other = values.copy()
    other[1500] += 1

    assert hash_of(values) == hash_of(values.copy())
    assert hash_of(values) != hash_of(other)


@pytest.mark.parametrize(("step", "same"), [(1e-14, True), (1e-8, False), (1e-3, False)])
def test_ten_digits_are_compared(step, same):
    """Another machine rounds the last digits otherwise; another training differs in more."""
    values = np.array([0.5, 0.25, 0.125])

    assert (hash_of(values) == hash_of(values + step)) is same
