"""Formats of tables in text that astropy reads, recognised by what the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


START = 1 << 16  # bytes in which a format shows itself
NAMES = {
    "ascii.mrt": "machine-readable (MRT)",
    "ascii.cds": "CDS",
    "ascii.ipac": "IPAC",
    "ascii.html": "HTML",
    "ascii.daophot": "DAOPHOT",
}
EXACT = 2**53


def written_as(data: bytes) -> str:
    """Return astropy's name of the format of a text, or nothing for fields with separators.

    Parameters
    ----------
    data : bytes
        The text, or its beginning.
    """
    text = data[:START].decode("utf-8", errors="replace").lstrip()
    lines = [line for line in text.split("\n") if line.strip()]
    if text.startswith("<"):
        return "ascii.html" if "<table" in text.lower() else ""
    if "Byte-by-byte Description of file" in text:
        return "ascii.mrt" if text.startswith("Title:") else "ascii.cds"
    if sum(line.startswith(("#N ", "#U ", "#F ")) for line in lines[:200]) > 2:
        return "ascii.daophot"
    return "ascii.ipac" if _is_ipac(lines) else ""


def refuse_page(path: Path, data: bytes) -> None:
    """Refuse a web page without a table, which a download often is in place of one."""
    start = data[:START].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) and b"<table" not in data.lower():
        msg = f"{path.name} is a web page without a table: save the table that it leads to instead."
        raise UserError(msg)


def _is_ipac(lines: list[str]) -> bool:
    """Whether names stand between bars, perhaps with types, and rows stand without."""
    rest = [line for line in lines if not line.startswith("\\")]
    bars = [line.startswith("|") and line.rstrip().endswith("|") for line in rest]
    if len(rest) < 2 or not bars[0] or all(bars):
        return False
    first = bars.index(False)
    return first <= 4 and not any(bars[first:]) and "|" not in rest[first]


def read_as(path: Path, data: bytes, kind: str) -> tuple:
    """Return the table that astropy reads from a text.

    Parameters
    ----------
    path : Path
    data : bytes
    kind : str
        As `written_as` says.

    Returns
    -------
    frame : DataFrame
    units, descriptions : dict of str
    notes : list of str

    Raises
    ------
    UserError
        If the text is not what it seems.
    """
    # astropy takes a second to import, and only these formats need it.
    from astropy.table import Table

    table = _read(path, data.decode(), kind)
    columns, units, descriptions = dict[str, pd.Series](), dict[str, str](), dict[str, str]()
    for name in table.colnames:
        column = table[name]
        unit, text = getattr(column, "unit", None), getattr(column.info, "description", None)
        units |= {name: str(unit)} if unit is not None and str(unit) else {}
        descriptions |= {name: str(text)} if text else {}
        columns[name] = _plain(Table([column], names=[name]).to_pandas()[name])
    return pd.DataFrame(columns), units, descriptions, [f"The file is a table in {NAMES[kind]}."]


def _plain(values: pd.Series) -> pd.Series:
    """Return whole numbers of which some are missing as floats where these are exact."""
    types = pd.api.types
    if types.is_extension_array_dtype(values) and types.is_integer_dtype(values):
        return values if (values.abs() > EXACT).any() else values.astype(float)
    if types.is_object_dtype(values) or types.is_string_dtype(values):
        words = values.astype(object)
        return words.where(words.map(lambda word: str(word).strip() != ""), None)
    return values


def _read(path: Path, text: str, kind: str) -> Any:
    import warnings

    from astropy.io import ascii as tables

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tables.read(text, format=kind.removeprefix("ascii."), guess=False)
    # The readers raise what they like; every one of them means: not such a table.
    except Exception as error:
        said = next((line for line in str(error).splitlines() if line.strip()), None)
        why = (said or type(error).__name__)[:90]
        msg = f"{path.name} looks like a table in {NAMES[kind]}, which cannot be read ({why}): "
        raise UserError(msg + "save it as CSV.") from error
