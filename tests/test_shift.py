"""Weights make one sample look like another where they can, and say when they cannot."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from boxloop.measure.shift import distances, effective_rows, shift_weights, spread_out


def sample(mean, size=4000, seed=0):
    """Return rows of one column, normal with unit variance."""
    return pd.DataFrame({"x": np.random.default_rng(seed).normal(mean, 1, size)})


def test_weights_move_the_mean():
    """Rows weighted like another sample have its mean."""
    here, there = sample(0), sample(0.5, seed=1)

    weight = shift_weights(here, there, columns=["x"], scale=StandardScaler())

    assert np.average(here["x"], weights=weight) == pytest.approx(there["x"].mean(), abs=0.05)


def test_samples_that_hardly_overlap_leave_few_rows():
    """The further apart, the fewer rows carry the weight."""
    here = sample(0)
    near, far = (
        shift_weights(here, sample(mean, seed=1), columns=["x"], scale=StandardScaler())
        for mean in (0.2, 3)
    )

    assert effective_rows(near) > 3000
    assert effective_rows(far) < 100


def test_equal_weights_count_every_row():
    """The definition."""
    assert effective_rows(np.full(7, 3.0)) == pytest.approx(7)


def test_a_far_row_is_far():
    """Distances are in units of the training rows' own spread."""
    rng = np.random.default_rng(0)
    learnt = pd.DataFrame({"x": rng.normal(0, 10, 500)})
    inside, outside = distances(
        learnt, [learnt, pd.DataFrame({"x": [50.0]})], scale=StandardScaler()
    )

    assert np.median(inside) < 0.05
    assert outside[0] > 1.5


def test_of_many_training_rows_a_sample_is_searched(monkeypatch):
    """Distances grow a little, for near and far rows alike.

    The order stays, and the sample is the same each time.
    """
    learnt, rows = sample(0), pd.DataFrame({"x": [0.0, 1.0, 8.0]})
    whole = distances(learnt, [rows], scale=StandardScaler())[0]
    monkeypatch.setattr("boxloop.measure.shift.SEARCHED", 400)
    sampled = distances(learnt, [rows], scale=StandardScaler())[0]

    assert list(sampled) == list(distances(learnt, [rows], scale=StandardScaler())[0])
    assert sampled[0] < sampled[1] < sampled[2]
    assert whole[0] < sampled[0] < 0.1
    assert sampled[2] == pytest.approx(whole[2], abs=0.8)


def test_distances_of_many_rows_are_the_same_again():
    """The scale is learnt from a sample where rows are many: from the same one each time."""
    learnt, rows = sample(0, size=25_000), sample(0, size=100, seed=1)

    assert list(distances(learnt, [rows], scale=spread_out())[0]) == list(
        distances(learnt, [rows], scale=spread_out())[0]
    )
