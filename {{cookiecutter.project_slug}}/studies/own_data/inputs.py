"""The first steps of every model: numbers and words side by side, nothing but inputs.

Where inputs are very many, as the pixels of a spectrum, a step more makes few of them.
"""

from __future__ import annotations

import re
from typing import Any

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from boxloop.measure import Task, Weighted

from .features import FEATURES
from .manifest import aside, manifest

MANY = 150  # inputs: of more, only a straight line sees all of them
KEPT = 30  # columns that go best with the target, and as many principal components


def is_wide(settings: Any) -> Any:
    """Whether inputs are so many that a model is held back, or sees the leading ones."""
    return len(settings.inputs) > MANY


def penalty(settings: Any) -> Any:
    """Return how strongly a straight line is held back: more where it has many slopes to choose."""
    return len(settings.inputs) / 10 if is_wide(settings) else 1.0


class Components(PCA):
    """Principal components, as many as are asked for or as the fitted rows allow."""

    n_components: int

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit as scikit-learn does; the parameters are afterwards as they were."""
        asked = self.n_components
        self.n_components = min(asked, *X.shape)
        try:
            return super().fit_transform(X, y)
        finally:
            self.n_components = asked

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fit; see `fit_transform`."""
        self.fit_transform(X, y)
        return self


def components(number: int = KEPT) -> Any:
    """Return unfitted principal components: what many columns do together."""
    return Components(n_components=number, svd_solver="randomized", random_state=0)


def few(settings: Any) -> Any:
    """Return the unfitted steps from very many columns to a few, chosen on the fitted rows alone.

    Components know what neighbours do together, and selected columns what one does that others do
    not; a model may use both.
    """
    score = f_classif if Task(settings).has_classes else f_regression
    return [VarianceThreshold(), make_union(components(), SelectKBest(score, k=KEPT))]


def columns(settings: Any, *, filled: bool) -> Any:
    """Return the unfitted transformer of a table into an array of numbers, shape (n, k).

    Words become one column per level; levels of fewer than five rows share one, and a level that
    was never seen is none.

    Parameters
    ----------
    settings : boxloop.settings.load.Settings
    filled : bool
        True: columns with long tails are seen as logarithms, numbers are filled with their median,
        with a column beside that says so, and scaled to unit variance.
        False: numbers are handed on as they are, for trees that know what missing means.
    """
    # Weights and errors of the target come in with the inputs, and no model may learn from them.
    names = [re.escape(name) for name in aside(settings)]
    others = f"^(?!(?:{'|'.join(names)})$)" if names else None
    numbers = make_column_selector(pattern=others, dtype_include="number")
    words = make_column_selector(pattern=others, dtype_exclude="number")
    fill = make_pipeline(
        Task(settings).long_tails(),
        # The median of thousands of columns takes a second, in each of hundreds of fits.
        SimpleImputer(
            strategy="mean" if is_wide(settings) else "median",
            add_indicator=True,
            keep_empty_features=True,
        ),
        StandardScaler(),
    )
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=5, sparse_output=False
    )
    return ColumnTransformer(
        [("numbers", fill if filled else "passthrough", numbers), ("words", levels, words)]
    )


def pipeline(
    last: Any, *, filled: Any, contrasts: bool = False, reduced: Any = (), features: bool = True
) -> Any:
    """Return a pipeline of `columns` and a last step, with weights where the manifest has some.

    A detector of unusual rows describes the rows as they are: it takes no weights.

    Parameters
    ----------
    contrasts : bool
        Whether the last step sees differences and ratios of inputs in one unit as well: colours
        of magnitudes, ratios of fluxes. It needs the units in study.toml.
    reduced : sequence of unfitted steps
        Between the columns and the last step, where inputs are very many; see `few`.
    features : bool
        Whether the features of study/features.py are worked out first: what stands in for the
        reference goes without.
    """
    settings = manifest()
    task = Task(settings)
    first = FEATURES.steps() if features else []
    first += [task.contrasts()] if contrasts else []
    last = task.transformed(last)  # what study.transform asks for, undone in every answer
    whole = make_pipeline(*first, columns(settings, filled=filled), *reduced, last)
    if task.has_classes and not task.kind.has_probabilities:
        return whole
    weights = settings.role("weight")
    errors = [name for name in settings.weights if name not in weights]
    how = {"weights": weights, "errors": errors, "transform": settings.study.transform}
    return Weighted(whole, **how) if weights or errors else whole
