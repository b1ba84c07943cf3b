"""Features of a study: columns that are worked out from others, inside of its models or before.

    FEATURES = Features()

    @FEATURES.of("gas_mass", "temperature")
    def y_x(frame):
        return frame["gas_mass"] * frame["temperature"]

What is worked out inside of a model is worked out anew wherever the model is asked: of rows that a
stress test has changed, and of a stranger's in `boxloop predict`. It needs inputs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

WHERE = "study/features.py"


class Features:
    """The features of a study by name.

    Attributes
    ----------
    inside : dict
        By name: the function of a feature that models work out, and the inputs that it needs.
    before : dict
        Of one that stands in the table from the start, as a column of study.toml.
    """

    def __init__(self) -> None:
        self.inside: dict[str, tuple[Callable, tuple[str, ...]]] = {}
        self.before: dict[str, tuple[Callable, tuple[str, ...]]] = {}

    @property
    def names(self) -> list[str]:
        """The names of all features."""
        return [*self.inside, *self.before]

    def of(self, *columns: str) -> Callable:
        """Let models work out the decorated function of these inputs: its name is the column's."""
        return self._keeps(self.inside, columns)

    def column(self, *columns: str) -> Callable:
        """Put the decorated function of these columns into the table: its name is the column's."""
        return self._keeps(self.before, columns)

    def _keeps(self, place: dict, columns: tuple[str, ...]) -> Callable:
        def keep(function: Callable) -> Callable:
            place[function.__name__] = function, columns
            return function

        return keep

    def steps(self, others: Any = None) -> list:
        """Return the first steps of a pipeline, unfitted: what works the features out, if any.

        Parameters
        ----------
        others : unfitted transformer, optional
            What becomes of the columns that came; it returns a table. The features stand beside.
        """
        if not self.inside:
            return [] if others is None else [others]
        functions = {name: function for name, (function, _) in self.inside.items()}
        columns = {name: list(columns) for name, (_, columns) in self.inside.items()}
        return [Derived(functions, columns, others)]

    def into(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a table with the features that stand in it, as far as it has what they need."""
        return _with(frame, self.before)


class Derived(TransformerMixin, BaseEstimator):
    """The table with columns that functions of it have worked out, row by row.

    One that needs a column which is not there is left out, so that a model can be asked what it
    would be without an input.

    Parameters
    ----------
    functions : dict
        By name of the new column: what is handed a table, and returns a number for each row.
    columns : dict
        By name of the new column: the columns in that table.
    others : unfitted transformer, optional
        What becomes of the columns that came; it returns a table.

    Examples
    --------
    >>> table = pd.DataFrame({"g": [20.0, 21.0], "r": [19.5, 19.0]})
    >>> def colour(rows):
    ...     return rows["g"] - rows["r"]
    >>> Derived({"g_r": colour}, {"g_r": ["g", "r"]}).fit_transform(table)["g_r"].tolist()
    [0.5, 2.0]
    """

    def __init__(
        self,
        functions: Mapping[str, Callable],
        columns: Mapping[str, Iterable[str]],
        others: Any = None,
    ) -> None:
        self.functions = functions
        self.columns = columns
        self.others = others

    def fit(self, X: pd.DataFrame, y: Any = None) -> Any:
        """Learn nothing, but what the step for the other columns learns."""
        from sklearn.base import clone

        self.feature_names_in_ = np.array(list(X), dtype=object)
        self.n_features_in_ = X.shape[1]
        self.others_ = None if self.others is None else clone(self.others).fit(X, y)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the new columns behind its own."""
        pairs = {name: (self.functions[name], self.columns[name]) for name in self.functions}
        new = _with(X, pairs)[[*X, *(name for name, pair in pairs.items() if {*pair[1]} <= {*X})]]
        if self.others_ is None:
            return new
        return pd.concat([self.others_.transform(X), new.iloc[:, X.shape[1] :]], axis=1)


def _with(frame: pd.DataFrame, features: Mapping[str, tuple]) -> pd.DataFrame:
    """Return a table with those features for which it has the columns.

    Raises
    ------
    UserError
        If a function does not return a number for each row.
    """
    new = {}
    for name, (function, columns) in features.items():
        if {*columns} <= {*frame}:
            new[name] = _numbers(name, function(frame[list(columns)]), frame)
    return frame.assign(**new) if new else frame


def _numbers(name: str, values: Any, frame: pd.DataFrame) -> np.ndarray:
    """Return what a feature says of each row, as numbers; infinite ones were not measured."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        found = np.empty((0, 0))
    if found.shape != (len(frame),):
        msg = f"{WHERE}: {name} does not return a number for each row: mend that function."
        raise UserError(msg)
    return np.where(np.isinf(found), np.nan, found)


def refuse_unknown(rungs: Mapping[str, Any], inputs: Iterable[str]) -> None:
    """Refuse models with a feature of columns that are no inputs: it would be left out silently.

    Raises
    ------
    UserError
    """
    known = {*inputs}
    for model in rungs.values():
        for step in model.get_params(deep=True).values():
            if not isinstance(step, Derived):
                continue
            for name, columns in step.columns.items():
                for column in (one for one in columns if one not in known):
                    msg = (
                        f"{WHERE}: {name} is worked out of {column!r}, which is no input in "
                        "study.toml: correct that name in @FEATURES.of."
                    )
                    raise UserError(msg)
