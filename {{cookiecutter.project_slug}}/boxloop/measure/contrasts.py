"""Differences and ratios of inputs in one unit: colours of magnitudes, ratios of fluxes.

A tree cuts along one input at a time, so a border along the difference of two is a staircase to
it; and the science often lives in the difference, because what is common to both (a distance, an
exposure, a calibration) has gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

ALL_PAIRS = 4  # inputs of one unit; of more each meets its neighbour alone
MOST = 30  # inputs of one unit: more are a spectrum, where neighbours differ by noise
DIFFERENCES = ("mag", "dex", "log", "ln", "dB")  # units that are logarithms already
NO_UNIT = {"", "1", "-", "?", "none", "TODO"}


class Contrasts(TransformerMixin, BaseEstimator):
    """Add, to a table, the differences or the ratios of the inputs that share a unit.

    Of logarithmic units (mag, dex, dB) and of columns with values that are not positive the
    difference a - b; of other columns, positive in every fitted row, the ratio as ln(a / b). Which
    of the two is learnt from the fitted rows alone. Up to four columns of one unit meet in all
    pairs, more of them each with the next one in the order of the table, and more than thirty are
    left as they are.

    Parameters
    ----------
    units : dict
        Unit by column name. Columns without a unit, and those of a unit of their own, are left as
        they are.
    keep : bool
        Whether the columns themselves stay in the table.

    Attributes
    ----------
    pairs_ : list of (str, str)
    ratios_ : list of bool, of the same length

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"g": [20.0, 21.0], "r": [19.5, 19.0], "z": [0.1, 0.2]})
    >>> colours = Contrasts({"g": "mag", "r": "mag"}).fit(table)
    >>> list(colours.get_feature_names_out())
    ['g', 'r', 'z', 'g - r']
    >>> colours.transform(table)["g - r"].tolist()
    [0.5, 2.0]
    """

    def __init__(self, units: Mapping[str, str], keep: bool = True) -> None:  # noqa: FBT002
        self.units = units
        self.keep = keep

    def fit(self, X: pd.DataFrame, y: Any = None) -> Any:  # noqa: ARG002
        """Learn which columns go together, and which of them are positive."""
        self.feature_names_in_ = np.array(list(X), dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.pairs_, self.ratios_ = [], []
        for unit, names in self._alike(X).items():
            logs = any(unit.startswith(word) for word in DIFFERENCES)
            positive = not logs and bool((X[names] > 0).where(X[names].notna(), other=True)
                                         .all(axis=None))  # fmt: skip
            pairs = combinations(names, 2) if len(names) <= ALL_PAIRS else pairwise(names)
            for pair in pairs:
                self.pairs_.append(pair)
                self.ratios_.append(positive)
        return self

    def _alike(self, X: pd.DataFrame) -> dict[str, list[str]]:
        """Return the columns of each unit that two or more numbers of the table share."""
        found: dict[str, list[str]] = {}
        for name in X:
            unit = (self.units.get(name) or "").strip()
            if unit not in NO_UNIT and pd.api.types.is_numeric_dtype(X[name]):
                found.setdefault(unit, []).append(name)
        return {unit: names for unit, names in found.items() if 1 < len(names) <= MOST}

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the contrasts behind its columns; NaN where one of a pair is."""
        check_is_fitted(self)
        new = {}
        for (a, b), ratio, name in zip(self.pairs_, self.ratios_, self._names(), strict=True):
            first, other = X[a].astype(float), X[b].astype(float)
            if ratio:  # a new row may have what no fitted row had: no logarithm there
                first, other = (np.log(values.where(values > 0)) for values in (first, other))
            new[name] = first - other
        used = {name for pair in self.pairs_ for name in pair}
        names = [name for name in self.feature_names_in_ if self.keep or name not in used]
        return pd.concat([X[names], pd.DataFrame(new, index=X.index)], axis=1)

    def _names(self) -> list[str]:
        return [
            f"ln({a} / {b})" if ratio else f"{a} - {b}"
            for (a, b), ratio in zip(self.pairs_, self.ratios_, strict=True)
        ]

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ARG002
        """Return the names of the columns that `transform` returns."""
        check_is_fitted(self)
        used = {name for pair in self.pairs_ for name in pair}
        names = [name for name in self.feature_names_in_ if self.keep or name not in used]
        return np.array([*names, *self._names()], dtype=object)
