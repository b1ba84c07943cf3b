"""Checks of the table itself: is it what study.toml says it is?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .core import Finding, check, field, input_names

if TYPE_CHECKING:
    import pandas as pd

NUMERIC_ROLES = ("input", "weight", "error")
MOST_LEVELS = 50  # words with more different values are names or free text
FEWEST = 200  # of fewer rows one value in all of them is no surprise, where one row in a hundred has another
COMPLETE_ROLES = ("target", "id", "group", "time", "weight")


@check(
    "data.schema",
    notebook="01_scoping",
    threshold=0,
    source="Huppenkothen et al. §2.4",
    fix="Correct the named columns in study/data.py, or their type and limits in study.toml.",
)
def schema(frame: pd.DataFrame, *, columns: Mapping[str, Any], threshold: float) -> Finding:
    """Every column of study.toml is there, with the type, the limits and the values it promises.

    Parameters
    ----------
    frame : DataFrame
    columns : dict of column settings
        Read are `role`, `min` and `max`.
    """
    faults = []
    for name, column in columns.items():
        if name in frame.columns:
            values = frame.loc[:, frame.columns == name].iloc[:, 0]
            faults += [f"'{name}' {fault}" for fault in _faults(values, column)]
        else:
            faults.append(f"'{name}' is missing")
    if not faults:
        return Finding(
            0, True, f"All {len(columns)} columns keep to the manifest in {len(frame):,} rows."
        )
    shown = "; ".join(faults[:6]) + (f"; and {len(faults) - 6} more" if len(faults) > 6 else "")
    return Finding(
        len(faults),
        len(faults) <= threshold,
        f"{shown} ({len(faults)} faults, {threshold:g} allowed).",
    )


def _faults(values: pd.Series, column: Any) -> list[str]:
    import pandas as pd

    role = field(column, "role")
    if values.isna().all():
        return ["has no value at all"]
    numeric = pd.api.types.is_numeric_dtype(values)
    if role in NUMERIC_ROLES and not numeric and not (role == "input" and _classes(values, column)):
        return [f"has type {values.dtype} and must be numeric"]
    faults = []
    if role in COMPLETE_ROLES and values.isna().any():
        faults.append(_where(values.isna(), "has no value"))
    if numeric:
        faults += _number_faults(values.astype(float), column)
    if role == "input" and numeric and len(values) >= FEWEST and values.min() == values.max():
        faults.append(f"is {values.dropna().iloc[0]} in every row")
    return faults


def _classes(values: pd.Series, column: Any) -> bool:
    """Whether words are the levels of a class: few of them, and no limits or slopes promised."""
    promises = [field(column, name) for name in ("min", "max", "slope", "expected")]
    words = values.dropna()
    return (
        all(promise is None for promise in promises)
        and words.map(type).eq(str).all()
        and 2 <= words.nunique() <= MOST_LEVELS
    )


def _number_faults(values: pd.Series, column: Any) -> list[str]:
    low, high = field(column, "min"), field(column, "max")
    tests = [(np.isinf(values), "is infinite")]
    if low is not None:
        tests.append((np.isfinite(values) & (values < low), f"is below its minimum {low:g}"))
    if high is not None:
        tests.append((np.isfinite(values) & (values > high), f"is above its maximum {high:g}"))
    return [_where(bad, words) for bad, words in tests if bad.any()]


def _where(bad: pd.Series, words: str) -> str:
    count = int(bad.sum())
    return f"{words} in {count:,} row{'s' if count > 1 else ''}, first in row {bad.index[bad.to_numpy().argmax()]}"


@check(
    "data.duplicate_columns",
    notebook="01_scoping",
    threshold=0,
    source="Huppenkothen et al. §2.4",
    fix="Rename one of the two, or remove the copy from the inputs in study.toml.",
)
def duplicate_columns(
    frame: pd.DataFrame, *, columns: Mapping[str, Any], threshold: float
) -> Finding:
    """No name stands over two columns, and no input is a copy of another column.

    Notes
    -----
    A second column of the same name is what a table reader turns into ``name.1``.
    Copies among identifiers, groups and truth columns are no fault: only pairs with an input count.
    """
    import pandas as pd

    names = [str(name) for name in frame.columns]
    faults = [
        f"the name '{name}' stands over two columns"
        for name in pd.Index(names)[pd.Index(names).duplicated()]
    ]
    faults += [
        f"'{name}' looks like a second column named '{name[:-2]}'"
        for name in names
        if name.endswith(".1") and name[:-2] in names
    ]
    faults += [
        f"'{one}' and '{other}' hold the same values"
        for one, other in _copies(frame, input_names(columns))
    ]
    if not faults:
        return Finding(0, True, f"All {len(names)} columns have a name and values of their own.")
    message = f"{'; '.join(faults)} ({len(faults)} faults, {threshold:g} allowed)."
    return Finding(len(faults), len(faults) <= threshold, message[0].upper() + message[1:])


def _copies(frame: pd.DataFrame, inputs: list[str]) -> list[tuple[str, str]]:
    import pandas as pd

    unique = frame.loc[:, ~frame.columns.duplicated()]
    prints: dict[bytes, str] = {}
    pairs = []
    # Inputs come last, so that each finds the identifiers, targets and inputs before it.
    for name in sorted(unique.columns, key=lambda name: name in inputs):
        values = unique[name]
        if values.isna().all() or values.nunique() == 1:
            continue
        values = values.astype(float) if pd.api.types.is_numeric_dtype(values) else values
        key = hashlib.sha256(
            pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes()
        ).digest()
        first = prints.setdefault(key, name)
        if first != name and name in inputs:
            pairs.append((first, name))
    return pairs
