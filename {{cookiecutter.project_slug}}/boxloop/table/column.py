"""What is seen in one column: its unit, its range, and the numbers that stand for nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from boxloop.table.read import Catalogue


# What catalogues write where nothing was measured; one of them counts only where it lies far from
# all other values.
SENTINELS = {
    -1.0, -9.0, -99.0, -99.9, -99.99, -999.0, -999.9, -9999.0, -9999.9, -99999.0,
    99.0, 99.9, 99.99, 999.0, 9999.0, 99999.0, -32768.0, 1e20, -1e20, 1e30, -1e30,
}  # fmt: skip
UNIT = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\])]+)[\])]$")


def stem_of(name: str) -> str:
    """Return a name without the unit in brackets behind it."""
    bracket = UNIT.match(str(name))
    return (bracket["name"] if bracket else str(name)).strip() or str(name)


def unit_of(name: str, catalogue: Catalogue) -> str:
    """Return the unit of a column: the file's, or what stands in brackets in its name."""
    bracket = UNIT.match(str(name))
    return catalogue.units.get(name) or (bracket["unit"].strip() if bracket else "")


def describe(column: pd.Series) -> str:
    """Return the range of a column's numbers or its first words, and how much is missing."""
    values, gap = column.dropna(), float(column.isna().mean())
    if values.empty:
        return "nothing"
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        found = marks(column)
        rest = values[~values.isin(found)]
        # Whole numbers in full: an identifier that is rounded says nothing.
        low, high = (
            f"{end}" if pd.api.types.is_integer_dtype(values) else f"{end:.6g}"
            for end in (rest.min(), rest.max())
        )
        words = f"{low} to {high}" + (
            f"; {', '.join(f'{mark:g}' for mark in found)} for a missing value" if found else ""
        )
    else:
        counts = values.astype(str).value_counts()
        words = ", ".join(word[:20] for word in counts.index[:4]) + (
            f" and {len(counts) - 4} more" if len(counts) > 4 else ""
        )
    return words + (f"; {gap:.1%} missing" if gap else "")


def marks(column: pd.Series) -> tuple:
    """Return the numbers that stand for a missing value.

    Each is a usual mark at one end, repeated, and far from all other values.

    Parameters
    ----------
    column : Series

    Returns
    -------
    tuple of float
        Empty for words, and where fewer than ten different values would be left.
    """
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return ()
    values = column.dropna().astype(float)
    values, found = values[np.isfinite(values)], list[float]()
    while (mark := _mark(values[~values.isin(found)])) is not None:
        found.append(mark)
    return tuple(found)


def _mark(values: pd.Series):
    """Return one value at an end that is a mark, or None."""
    if values.nunique() < 11:
        return None
    for end in (values.min(), values.max()):
        others = values[values != end]
        gap = others.min() - end if end < others.min() else end - others.max()
        low, high = others.quantile([0.01, 0.99])
        if end in SENTINELS and len(values) - len(others) >= 2 and gap > high - low and gap > 0.5:
            return float(end)
    return None
