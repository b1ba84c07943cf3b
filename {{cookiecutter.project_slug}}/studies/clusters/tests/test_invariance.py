"""Anchor regression against answers that are known without it."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from study.invariance import AnchorRegression, group_means


@pytest.fixture(scope="module")
def world():
    """Two groups; a hidden cause H moves x and y, the group moves x alone: y = 2 x + H + noise."""

    def draw(size, reach, seed=0):
        rng = np.random.default_rng(seed)
        group = np.repeat([-1.0, 1.0], size)
        hidden, own, noise = rng.standard_normal((3, 2 * size))
        x = reach * group + hidden + own
        other = x + rng.standard_normal(2 * size)
        return np.column_stack([x, other]), 2 * x + 3 * hidden + noise, group

    return draw


def loss(model, X, y):
    return float(np.mean((y - model.predict(X)) ** 2))


def test_gamma_one_is_least_squares(world):
    """Coefficients, intercept and predictions."""
    X, y, group = world(500, 1.0)
    mine, plain = AnchorRegression(1.0).fit(X, y, group), LinearRegression().fit(X, y)

    np.testing.assert_allclose(mine.coef_, plain.coef_)
    assert mine.intercept_ == pytest.approx(plain.intercept_)
    np.testing.assert_allclose(mine.predict(X), plain.predict(X))


def test_gamma_zero_compares_within_groups_only(world):
    """It is least squares with an indicator of the group beside the columns."""
    X, y, group = world(500, 1.0)
    fixed = LinearRegression().fit(np.column_stack([X, group]), y)

    np.testing.assert_allclose(AnchorRegression(0.0).fit(X, y, group).coef_, fixed.coef_[:2])


def test_gamma_to_infinity_is_the_instrumental_variable(world):
    """With one column and two groups: the ratio of the steps between their means (Wald)."""
    X, y, group = world(5000, 1.0)
    one = X[:, :1]
    wald = (y[group > 0].mean() - y[group < 0].mean()) / np.ptp(group_means(one[:, 0], group))

    assert AnchorRegression(1e12).fit(one, y, group).coef_[0] == pytest.approx(wald)
    assert wald == pytest.approx(2, abs=0.15), "the group moves x alone: the causal slope"
    assert LinearRegression().fit(one, y).coef_[0] > 2.7, "least squares reads the hidden cause"


@pytest.mark.parametrize("gamma", [0.25, 4.0, 25.0])
def test_it_minimises_the_published_loss(gamma, world):
    """Nothing near its coefficients has a smaller one."""
    X, y, group = world(300, 1.0)
    found = AnchorRegression(gamma).fit(X, y, group)

    def published(b):
        off = (y - y.mean()) - (X - X.mean(axis=0)) @ b
        carried = group_means(off, group)
        return np.mean((off - carried) ** 2) + gamma * np.mean(carried**2)

    least = published(found.coef_)
    for step in np.vstack([np.eye(2), -np.eye(2), [[1, -1]], [[-1, 1]]]):
        assert published(found.coef_ + 1e-3 * step) > least


def test_its_loss_is_the_risk_where_groups_are_shifted_further(world):
    """Theorem 1 of Rothenhaeusler et al.: shifts sqrt(gamma) times as far, in fresh rows."""
    gamma = 16.0
    X, y, group = world(20_000, 1.0)
    further = world(20_000, 4.0, seed=1)[:2]
    robust, plain = AnchorRegression(gamma).fit(X, y, group), LinearRegression().fit(X, y)
    off = y - robust.predict(X)
    carried = group_means(off, group)
    promised = np.mean((off - carried) ** 2) + gamma * np.mean(carried**2)

    assert loss(robust, *further) == pytest.approx(promised, rel=0.03)
    assert loss(robust, *further) < 0.8 * loss(plain, *further)
    assert loss(robust, X, y) > loss(plain, X, y), "the price at home"
