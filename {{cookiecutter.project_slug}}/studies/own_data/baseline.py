"""The field's own method, and the simplest model.

`reference` is the place for the method that people of the field use today, without machine
learning or with little of it.
Until it is written a linear model stands in. As long as `reference` returns `stand_in`, or
`[study.reference]` in study.toml says ``name = "TODO"``, the check baseline.domain_reference
stays unanswered: a gain over a stand-in says nothing about the field.
"""

from typing import Any

from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxloop.measure import Task

from .inputs import penalty, pipeline
from .manifest import manifest
from .outliers import Spread


def reference() -> Any:
    """Return the unfitted domain reference: REPLACE the stand-in by the method of your field.

    It is handed the same DataFrame as the models, with the names of your columns, and answers
    with ``predict`` (regression),
    ``predict_proba`` (classification) or ``score_samples`` (anomaly detection, lower where a row
    is unusual).
    Inputs are NaN where they were not measured, and the answer must be a number for every row.
    Weights and errors of the target stand in the DataFrame too when it is fitted: they are no
    inputs.

    A relation of the field, here a power law with a calibrated slope (regression)::

        import numpy as np
        from sklearn.base import BaseEstimator, RegressorMixin

        class PowerLaw(RegressorMixin, BaseEstimator):
            def fit(self, X, y):
                self.slope_, self.zero_ = np.polyfit(np.log(X["temperature"]), y, 1)
                return self

            def predict(self, X):
                return self.zero_ + self.slope_ * np.log(X["temperature"])

    A cut of the field, here on the angle alpha of Hillas (1985), as a score with the fitted share
    behind it (classification)::

        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        def angle(X):
            return X[["fAlpha"]]

        def reference():
            return make_pipeline(FunctionTransformer(angle), LogisticRegression())

    Estimators and the functions in them must be of this package (not of data.py), without
    lambdas, so that they can be stored.
    """
    return stand_in()


def stand_in() -> Any:
    """Return the unfitted stand-in for the domain reference: linear, or a distance."""
    task = Task(manifest())
    if not task.has_classes:
        return pipeline(Ridge(alpha=penalty(manifest())), filled=True, features=False)
    if task.kind.has_probabilities:
        line = LogisticRegression(C=1.0 / penalty(manifest()), max_iter=500)
        return pipeline(line, filled=True, features=False)
    # How far a row lies from the median of the inputs, in units of their median absolute
    # deviations.
    return pipeline(Spread(), filled=True, features=False)


def simplest() -> Any:
    """Return the simplest model that sees every input: three questions, or a few random trees."""
    task = Task(manifest())
    shape = {"max_depth": 3, "min_samples_leaf": 5, "random_state": 0}
    if not task.has_classes:
        return pipeline(DecisionTreeRegressor(**shape), filled=True, features=False)
    if task.kind.has_probabilities:
        return pipeline(DecisionTreeClassifier(**shape), filled=True, features=False)
    return pipeline(IsolationForest(n_estimators=10, random_state=0), filled=True, features=False)
