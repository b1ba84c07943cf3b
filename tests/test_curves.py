"""The verdict on loss curves, on curves whose verdict is known."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxloop.measure.curves import has_loss_curve, judge_loss_curve, loss_curve

STEP = np.arange(200)
FALL = np.exp(-STEP / 15)


def noise(size=0.01):
    return 1 + size * np.random.default_rng(0).standard_normal(len(STEP))


@pytest.mark.parametrize(
    ("name", "train", "validation"),
    [
        ("plateaued", 0.1 + FALL, 0.12 + FALL),
        ("plateaued", (0.1 + FALL) * noise(), (0.12 + FALL) * noise()),
        ("overfit", 0.01 + FALL, 0.1 + FALL + 0.001 * STEP),
        ("overfit", (0.01 + FALL) * noise(), (0.1 + FALL + 0.001 * STEP) * noise()),
        ("unfinished", np.exp(-STEP / 400), 0.1 + np.exp(-STEP / 400)),
        ("diverged", np.exp(STEP / 20), np.exp(STEP / 20)),
        ("diverged", np.where(STEP > 50, np.nan, FALL), FALL),
        ("diverged", FALL, np.where(STEP > 50, np.inf, FALL)),
    ],
)
def test_verdict_on_known_curves(name, train, validation):
    """Each curve was drawn to deserve its name."""
    assert judge_loss_curve(train, validation) == name


def test_one_lucky_iteration_is_not_a_best():
    """A single dip of the validation loss does not turn a flat curve into an overfit one."""
    validation = 0.1 + FALL
    validation[120] = 0.05

    assert judge_loss_curve(0.1 + FALL, validation) == "plateaued"


def test_scale_does_not_matter():
    """The verdict is about shape: the loss may be in any unit."""
    assert judge_loss_curve(1e6 * (0.01 + FALL), 1e6 * (0.1 + FALL + 0.001 * STEP)) == "overfit"


@pytest.mark.parametrize(
    "curves", [([1, 2, 3], [1, 2, 3]), (FALL, FALL[:-1]), (np.eye(6), np.eye(6))]
)
def test_curves_that_cannot_be_judged_are_refused(curves):
    """Too short, of different length, or not curves at all."""
    with pytest.raises(ValueError, match="same length"):
        judge_loss_curve(*curves)


@pytest.mark.parametrize(
    "last",
    [
        HistGradientBoostingRegressor(max_iter=7, min_samples_leaf=2),
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=7, random_state=0),
    ],
)
def test_follow_gives_a_loss_for_every_iteration(last):
    """One row per iteration, and the last one is the loss of the fitted model."""
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = X[:, 0]
    pipeline = make_pipeline(StandardScaler(), last)

    losses = loss_curve(pipeline, X[:60], y[:60], X[60:], y[60:])

    assert list(losses.index) == [1, 2, 3, 4, 5, 6, 7]
    assert losses["fitted"].iloc[-1] < losses["fitted"].iloc[0]
    assert not hasattr(pipeline[-1], "n_features_in_")


def test_follow_refuses_what_has_no_iterations():
    """A linear regression is solved in one go."""
    with pytest.raises(ValueError, match="LinearRegression"):
        loss_curve(
            make_pipeline(StandardScaler(), LinearRegression()),
            np.eye(4),
            np.ones(4),
            np.eye(4),
            np.ones(4),
        )


@pytest.mark.parametrize(
    ("model", "can"),
    [
        (make_pipeline(StandardScaler(), HistGradientBoostingRegressor()), True),
        (make_pipeline(StandardScaler(), MLPRegressor()), True),
        (make_pipeline(StandardScaler(), LinearRegression()), False),
        (HistGradientBoostingRegressor(), False),
    ],
)
def test_it_is_known_beforehand_what_can_be_followed(model, can):
    """A pipeline whose last step learns by iterations."""
    assert has_loss_curve(model) is can
