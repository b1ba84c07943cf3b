"""Regression that is made invariant to the simulator, by the penalty of anchor regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import pandas as pd


def group_means(values: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Return for each row the mean of its group: the projection on the groups' indicators."""
    means = np.empty_like(values)
    for group in np.unique(anchors):
        means[anchors == group] = values[anchors == group].mean(axis=0)
    return means


class AnchorRegression(RegressorMixin, BaseEstimator):
    """Linear regression whose error must not follow the group that a row comes from.

    The squared error is parted into what varies within groups and what their means carry, and the
    second is multiplied by gamma (Rothenhaeusler, Meinshausen, Buehlmann & Peters 2021, JRSS B 83,
    215):

        b = argmin  E[((1 - P) (y - X b))^2] + gamma E[(P (y - X b))^2],

    with P the projection on the anchors, here the indicators of the groups, after centring.
    That is least squares of (1 - P) y + sqrt(gamma) P y on X, transformed in the same way.
    For linear shifts it is the smallest worst case over shifts up to sqrt(gamma) times as far as
    those between the groups at hand.
    gamma = 0 compares within groups only, 1 is least squares, and gamma to infinity leaves no
    mean error in any group, as far as the columns allow.

    Parameters
    ----------
    gamma : float, at least zero

    Attributes
    ----------
    coef_ : array (k,)
    intercept_ : float
    """

    def __init__(self, gamma: float = 1.0) -> None:
        self.gamma = gamma

    def fit(self, X: Any, y: np.ndarray | pd.Series, anchors: np.ndarray | pd.Series) -> Any:
        """Fit to X of shape (n, k), y of shape (n,) and the group of each row, shape (n,)."""
        X, y, anchors = (np.asarray(values) for values in (X, y, anchors))
        centre, level = X.mean(axis=0), y.mean()
        stretched = [
            part + (np.sqrt(self.gamma) - 1) * group_means(part, anchors)
            for part in (X - centre, y - level)
        ]
        found = LinearRegression(fit_intercept=False).fit(*stretched)
        self.coef_, self.n_features_in_ = found.coef_, X.shape[1]
        self.intercept_ = float(level - centre @ self.coef_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the prediction for X of shape (n, k), shape (n,)."""
        check_is_fitted(self)
        return self.intercept_ + np.asarray(X) @ self.coef_
