"""The first step of every model: numbers and words side by side, nothing but inputs."""

from __future__ import annotations

import re
from typing import Any

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from boxloop.measure import Task, Weighted

from .manifest import aside, manifest


def columns(settings: Any, *, filled: bool) -> Any:
    """Return the unfitted transformer of a table into an array of numbers, shape (n, k).

    Words become one column per level; levels of fewer than five rows share one, and a level that
    was never seen is none.

    Parameters
    ----------
    settings : boxloop.settings.load.Settings
    filled : bool
        True: numbers are filled with their median, with a column beside that says so, and scaled
        to unit variance.
        False: numbers are handed on as they are, for trees that know what missing means.
    """
    # Weights and errors of the target come in with the inputs, and no model may learn from them.
    names = [re.escape(name) for name in aside(settings)]
    others = f"^(?!(?:{'|'.join(names)})$)" if names else None
    numbers = make_column_selector(pattern=others, dtype_include="number")
    words = make_column_selector(pattern=others, dtype_exclude="number")
    fill = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=5, sparse_output=False
    )
    return ColumnTransformer(
        [("numbers", fill if filled else "passthrough", numbers), ("words", levels, words)]
    )


def pipeline(last: Any, *, filled: Any, contrasts: bool = False) -> Any:
    """Return a pipeline of `columns` and a last step, with weights where the manifest has some.

    A detector of unusual rows describes the rows as they are: it takes no weights.

    Parameters
    ----------
    contrasts : bool
        Whether the last step sees differences and ratios of inputs in one unit as well: colours
        of magnitudes, ratios of fluxes. It needs the units in study.toml.
    """
    settings = manifest()
    task = Task(settings)
    first = [task.contrasts()] if contrasts else []
    last = task.transformed(last)  # what study.transform asks for, undone in every answer
    whole = make_pipeline(*first, columns(settings, filled=filled), last)
    if task.has_classes and not task.kind.has_probabilities:
        return whole
    weights = settings.role("weight")
    errors = [name for name in settings.weights if name not in weights]
    how = {"weights": weights, "errors": errors, "transform": settings.study.transform}
    return Weighted(whole, **how) if weights or errors else whole
