"""Three kinds of columns: numbers, truth values as 0 and 1, and text."""

from __future__ import annotations

import numpy as np
import pandas as pd

EXACT = 2**53  # whole numbers beyond it are no floats


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with three kinds of columns: numbers, truth values as 0 and 1, and text.

    Whole numbers of which some are missing become floats, unless a float would change one of them:
    identifiers stay what they are. Text loses the blanks around it.
    """
    return pd.DataFrame({name: _plain(frame[name]) for name in frame.columns}, index=frame.index)


def _plain(column: pd.Series) -> pd.Series:
    there = column.notna()
    if pd.api.types.is_bool_dtype(column) or (
        column.dtype == object
        and there.any()
        and column[there].map(type).isin([bool, np.bool_]).all()
    ):
        return column.astype(float) if not there.all() else column.astype("int64")
    if pd.api.types.is_numeric_dtype(column):
        extended = pd.api.types.is_extension_array_dtype(column)
        return column if not extended or _is_exact(column) else column.astype(float)
    if isinstance(column.dtype, pd.StringDtype):  # words already, and many of them
        return column.str.strip().astype("str")
    words = column.astype("object").where(there, None)
    return words.map(lambda value: value if value is None else str(value).strip()).astype("str")


def _is_exact(column: pd.Series) -> bool:
    """Whether a column holds whole numbers that a float would change."""
    if not pd.api.types.is_integer_dtype(column):
        return False
    known = column.dropna()
    return bool(len(known) and (known.abs() > EXACT).any())
