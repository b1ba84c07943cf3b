"""What is seen in one column: its unit, its range, and the numbers that stand for nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from boxloop.table.marks import are_marks, marks

if TYPE_CHECKING:
    from boxloop.table.read import Catalogue

__all__ = ["describe", "marks", "stem_of", "unit_of"]

UNIT = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\])]+)[\])]$")
# What stands in brackets behind them is no unit: log(mass), mean (radius).
FUNCTIONS = re.compile(
    r"^(log|log10|ln|lg|sqrt|abs|exp|a?sinh?|cos|tan|mean|std|sd|max|min|median|sum|f|d|delta)$",
    re.IGNORECASE,
)
# Units that people write behind a name: mass_Msun, flux_mJy. Letters that may mean something else
# are not among them.
BEHIND = re.compile(
    r"(?<=[a-z0-9])_(?P<unit>[mun]?Jy|Msun|Rsun|Lsun|Mjup|Rjup|Mearth|Rearth|[kM]?pc|[kMGT]eV|kms"
    r"|km_s|mas|arcsec|arcmin|deg|rad|days?|hours?|hr|yr|Myr|Gyr|Angstrom|AA|nm|um|mm|cm|km|kg"
    r"|[kMG]?Hz|AU|au|mmol|degC|hPa|kPa|mV|dex|ppm|pct)$"
)


def stem_of(name: str) -> str:
    """Return a name without the unit in brackets behind it."""
    bracket = UNIT.match(str(name))
    return (bracket["name"] if bracket else str(name)).strip() or str(name)


def unit_of(name: str, catalogue: Catalogue) -> str:
    """Return the unit of a column: the file's, or what its name says: `u [mag]`, `mass_Msun`."""
    if told := catalogue.units.get(name):
        return told
    bracket = UNIT.match(str(name))
    if bracket and bracket["name"].strip():  # `[Fe/H]` is a name, and says no unit
        function = "[" not in str(name) and FUNCTIONS.match(bracket["name"].strip())
        return "" if function else bracket["unit"].strip()
    behind = BEHIND.search(str(name))
    return behind["unit"].replace("km_s", "km/s").replace("kms", "km/s") if behind else ""


def describe(column: pd.Series, found: tuple | None = None) -> str:
    """Return the range of a column's numbers or its first words, and how much is missing.

    Parameters
    ----------
    column : Series
    found : tuple of float, optional
        The marks in it; without them they are looked for.
    """
    gap = float(column.isna().mean())
    if gap == 1:
        return "nothing"
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        words = _range(column, marks(column) if found is None else found)
    else:
        counts = column.dropna().astype(str).value_counts()
        words = ", ".join(word[:20] for word in counts.index[:4]) + (
            f" and {len(counts) - 4} more" if len(counts) > 4 else ""
        )
    return words + (f"; {gap:.1%} missing" if gap else "")


def _range(column: pd.Series, found: tuple) -> str:
    rest = column[~are_marks(column, found)] if found else column
    # Whole numbers in full: an identifier that is rounded says nothing.
    low, high = (
        f"{end}" if pd.api.types.is_integer_dtype(rest) else f"{float(end):.6g}"
        for end in (rest.min(), rest.max())
    )
    said = ", ".join(f"{mark:g}" for mark in found)
    return f"{low} to {high}" + (f"; {said} for a missing value" if found else "")
