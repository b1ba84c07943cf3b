"""Rows that count more than others in a fit: weights come as columns, and are not learnt from."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from boxloop.measure.transform import error_of_transform


def _inner_has(name: str):
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), name)


class Weighted(MetaEstimatorMixin, BaseEstimator):
    """A pipeline whose last step is fitted with sample weights that stand in columns of X.

    The weight of a row is the product of its weight columns and of 1 / (error² + median error²),
    scaled to a mean of one, so that penalties keep their meaning. The median stands in for the
    scatter that is no measurement error: with 1 / error² alone, a few rows with very small errors
    would be the whole table. Rows to predict need none of these columns.

    Parameters
    ----------
    estimator : sklearn Pipeline
        Its last step takes ``sample_weight``.
    weights : list of str
        Columns of X that are weights: zero or more, zero leaves a row out.
    errors : list of str
        Columns of X that are one-sigma errors of the target, larger than zero.
    transform : str or None
        What is learnt instead of the target, see `boxloop.measure.transform`: its errors count.

    Attributes
    ----------
    estimator_ : fitted Pipeline

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> X = pd.DataFrame({"x": [0.0, 0.0], "count": [3.0, 1.0]})
    >>> model = Weighted(make_pipeline(LinearRegression()), weights=["count"]).fit(X, [0.0, 4.0])
    >>> float(model.predict(X[["x"]])[0])
    1.0
    """

    transform: str | None = None  # of models that were stored before there was one

    def __init__(
        self, estimator: Any, weights: Any = (), errors: Any = (), transform: str | None = None
    ) -> None:
        self.estimator = estimator
        self.weights = weights
        self.errors = errors
        self.transform = transform

    def sample_weight(self, X: Any, y: Any = None) -> Any:
        """Return the weight of each row, shape (n,), with a mean of one.

        Parameters
        ----------
        X : DataFrame of n rows
        y : array of shape (n,), needed where there are errors and a transform
        """
        weight = np.ones(len(X))
        for name in self.weights:
            weight = weight * X[name].to_numpy(dtype=float)
        for name in self.errors:
            error = X[name].to_numpy(dtype=float)
            variance = error_of_transform(self.transform, y, error) ** 2
            weight = weight / (variance + np.median(variance))
        return weight / weight.mean()

    def _bare(self, X: Any):
        return X.drop(columns=[*self.weights, *self.errors], errors="ignore")

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fit a copy of the pipeline; X is a DataFrame that has the weight columns."""
        last = self.estimator.steps[-1][0]
        self.estimator_ = clone(self.estimator).fit(
            self._bare(X), y, **{f"{last}__sample_weight": self.sample_weight(X, y)}
        )
        if hasattr(self.estimator_, "classes_"):
            self.classes_ = self.estimator_.classes_
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    @available_if(_inner_has("predict"))
    def predict(self, X: Any) -> Any:
        """Return what the pipeline predicts, shape (n,)."""
        return self.estimator_.predict(self._bare(X))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, shape (n, classes)."""
        return self.estimator_.predict_proba(self._bare(X))

    @available_if(_inner_has("score_samples"))
    def score_samples(self, X: Any) -> Any:
        """Return how usual each row is, shape (n,)."""
        return self.estimator_.score_samples(self._bare(X))

    @property
    def named_steps(self) -> Any:
        """The steps of the pipeline by name."""
        return getattr(self, "estimator_", self.estimator).named_steps

    def __getitem__(self, place: Any):
        """Return a step of the pipeline, or a part of it."""
        return getattr(self, "estimator_", self.estimator)[place]

    def __len__(self):
        """Return the number of steps of the pipeline."""
        return len(self.estimator.steps)

    def __sklearn_tags__(self):
        return get_tags(self.estimator)
