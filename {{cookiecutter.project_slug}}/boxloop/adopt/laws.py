"""Pairs of inputs that give the target exactly: a colour and one magnitude give the other one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boxloop.checks import exact

ROWS, INPUTS, MULTIPLIED = 2_000, 200, 30  # as many as are looked at
FEWEST_VALUES = 20  # of a target, with which less is a coincidence


def laws_of_pairs(inputs: dict[str, pd.Series], target: pd.Series) -> dict[str, str]:
    """Return for each input that gives the target exactly with another one, what it gives.

    Parameters
    ----------
    inputs : dict of Series of n rows
    target : Series of n rows

    Returns
    -------
    dict of str
        Part of a sentence by input; empty for a target of words or classes.
    """
    types = pd.api.types
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return {}
    y = target.to_numpy(dtype=float, na_value=np.nan)
    rows = np.flatnonzero(np.isfinite(y))
    rows = rows[:: len(rows) // ROWS + 1]
    if len(np.unique(y[rows])) < FEWEST_VALUES:
        return {}
    numbers = [
        name
        for name, column in inputs.items()
        if types.is_numeric_dtype(column) and not types.is_bool_dtype(column)
    ]
    X = {}
    for name in numbers[:INPUTS]:
        values = inputs[name].iloc[rows].to_numpy(dtype=float, na_value=np.nan)
        X[name] = np.where(np.isfinite(values), values, np.nan)
    found: dict[str, str] = {}
    for law in exact.of_pairs(X, y[rows], most=MULTIPLIED):
        said = f"{law.words} gives {target.name} exactly"
        for name in law.columns:
            found.setdefault(name, said)
    return found
