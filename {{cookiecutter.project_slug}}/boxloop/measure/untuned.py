"""Strong models that nobody has tuned: what a study's own model is held against.

Two kinds, because each is blind where the other sees: averaged trees make steps and need no
scaling, a network is smooth and bends with the power laws of a table.
Both see differences and ratios of inputs in one unit as well (`boxloop.measure.contrasts`).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
)
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest
from sklearn.impute import SimpleImputer
from sklearn.neighbors import LocalOutlierFactor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from boxloop.measure.kinds import kind_of
from boxloop.measure.task import Task

if TYPE_CHECKING:
    import pandas as pd

STEPS, TREES, FEW = 300, 60, 1_000


class _Stopped:
    """Stop after `max_iter` steps without a word, with a penalty that suits the rows.

    Its parameter `alpha` is that of a thousand rows and more.
    """

    alpha: float

    def fit(self, X: Any, y: Any) -> Any:
        """Fit as scikit-learn does."""
        from sklearn.exceptions import ConvergenceWarning

        penalty = self.alpha
        self.alpha = penalty * min(1, len(y) / FEW)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return super().fit(X, y)  # type: ignore[misc]
        finally:
            self.alpha = penalty


class _Network(_Stopped, MLPRegressor):
    """A network that stops in time."""


class _Classifier(_Stopped, MLPClassifier):
    """A network that stops in time."""


def rivals(settings: Any, *, seed: int = 0) -> dict[str, Any]:
    """Return unfitted pipelines by name for the task of a study: two kinds, as they come.

    They learn from the inputs of the manifest and from nothing else in the table, cope with words
    and gaps, and know no weights. Detectors are not told the classes.
    """
    kind = kind_of(settings.study)
    if not kind.has_classes:
        trees = ExtraTreesRegressor(n_estimators=TREES, random_state=seed)
        smooth = _network(_Network, seed, alpha=1.0)
        scaled = {"transformer": StandardScaler()}
        found = {"extra trees": TransformedTargetRegressor(regressor=trees, **scaled)}
        found["network"] = TransformedTargetRegressor(regressor=smooth, **scaled)
    elif kind.has_probabilities:
        found = {"extra trees": ExtraTreesClassifier(n_estimators=TREES, random_state=seed)}
        found["network"] = _network(_Classifier, seed, alpha=10.0)
    else:
        found = {"isolation forest": IsolationForest(n_estimators=TREES, random_state=seed)}
        found["local outlier factor"] = LocalOutlierFactor(n_neighbors=20, novelty=True)
    return {f"untuned {name}": prepared(settings, last) for name, last in found.items()}


def _network(kind: type, seed: int, *, alpha: float) -> Any:
    return kind(
        hidden_layer_sizes=(32,), solver="lbfgs", alpha=alpha, max_iter=STEPS, random_state=seed
    )


def prepared(settings: Any, last: Any) -> Pipeline:
    """Return a pipeline of the inputs as scaled numbers, their contrasts beside them, and `last`.

    Gaps are filled with the median and marked; words become one column per level.
    """
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False
    )
    both = ColumnTransformer([
        ("numbers", numbers, make_column_selector(dtype_include="number")),
        ("words", levels, make_column_selector(dtype_exclude="number")),
    ])  # fmt: skip
    named = FunctionTransformer(_inputs, kw_args={"names": list(settings.inputs)})
    task = Task(settings)
    return make_pipeline(named, task.contrasts(), both, task.transformed(last))


def _inputs(X: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return X[[name for name in names if name in X]]
