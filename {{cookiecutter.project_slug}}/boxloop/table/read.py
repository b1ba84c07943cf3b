"""Read somebody's table, whatever it was written with: CSV, TSV, Parquet, FITS, VOTable or ECSV.

What cannot be understood is refused with one sentence that names the file, the column or line,
and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from boxloop.base.door import enter
from boxloop.base.errors import UserError
from boxloop.table.dates import in_decimal_years
from boxloop.table.formats import NAMES
from boxloop.table.text import ENDINGS, format_in, names_are_good, read_text

BINARY = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".fits": "fits",
    ".fit": "fits",
    ".vot": "votable",
    ".votable": "votable",
    ".xml": "votable",
    ".ecsv": "ascii.ecsv",
}
# Names that the notebooks give to columns of their own.
TAKEN = {"set", "truth", "model", "reference", "trivial"}


@dataclass(frozen=True)
class Catalogue:
    """A table as it was read.

    Attributes
    ----------
    frame : DataFrame
        Missing values are NaN, byte strings are text, times are decimal years.
    units, descriptions : dict of str
        By column, where the file tells them.
    notes : list of str
        What was changed in reading, one sentence each.
    """

    frame: pd.DataFrame
    units: dict = field(default_factory=dict)
    descriptions: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


def read_catalogue(path: Path) -> Catalogue:
    """Return the table in a file as a `Catalogue`.

    Parameters
    ----------
    path : Path
        Text (`boxloop.table.text.ENDINGS`, with or without names), ``.parquet .pq .fits .fit
        .vot .votable .xml .ecsv``; text and FITS may be compressed (``.gz``).

    Raises
    ------
    UserError
        If the file is not there, is empty, is of another kind, or cannot be understood.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"{path} is not there: check its name and folder."
        raise UserError(msg)
    enter(path)
    if not path.stat().st_size:
        msg = f"{path.name} is empty: write the table again."
        raise UserError(msg)
    suffix = next((s.lower() for s in reversed(path.suffixes) if s.lower() != ".gz"), "")
    if suffix in ENDINGS and (kind := format_in(path)) in ("ascii.ecsv", "votable"):
        found = _astropy(path, kind)
        found.notes.insert(0, f"The file is a table in {NAMES[kind]}, whatever its name says.")
    elif suffix in ENDINGS:
        found = _timed(*read_text(path, delimiter=ENDINGS[suffix]))
    elif suffix in BINARY:
        found = _parquet(path) if BINARY[suffix] == "parquet" else _astropy(path, BINARY[suffix])
    else:
        known = ", ".join([*filter(None, ENDINGS), *BINARY])
        msg = f"{path.name} ends in '{suffix}', which is not known: save it as one of {known}."
        raise UserError(msg)
    names_are_good(path, list(found.frame.columns))
    if found.frame.empty:
        msg = f"{path.name} has column names and no rows: write the table again."
        raise UserError(msg)
    return found


def in_project(found: Catalogue) -> Catalogue:
    """Return a catalogue with the names that its columns have in the project: `set_` for `set`.

    Parameters
    ----------
    found : Catalogue
    """
    there = set(found.frame.columns)
    new = {name: _free(f"{name}_", there) for name in TAKEN & there}
    if not new:
        return found
    units, descriptions = (
        {new.get(name, name): text for name, text in facts.items()}
        for facts in (found.units, found.descriptions)
    )
    notes = [
        f"Column '{old}' is called '{name}' here: the notebooks use the shorter name."
        for old, name in sorted(new.items())
    ]
    return Catalogue(found.frame.rename(columns=new), units, descriptions, [*found.notes, *notes])


def read_rows(path: Path) -> pd.DataFrame:
    """Return the rows of a file in whatever format people have it, named as in the project."""
    return in_project(read_catalogue(path)).frame


def _free(name: str, taken: Any):
    """Return a name with as many dashes behind it as make it a new one."""
    while name in taken:
        name += "_"
    return name


def _parquet(path: Path) -> Catalogue:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        msg = f"{path.name} is not a whole Parquet file: write it again."
        raise UserError(msg) from error
    if any(frame.index.names):
        frame = frame.reset_index()
    frame.columns = [str(name) for name in frame.columns]
    for name in frame.columns:
        if any(
            isinstance(value, list | tuple | dict | np.ndarray)
            for value in frame[name].dropna().iloc[:1]
        ):
            _refuse_lists(path, name)
        frame[name] = _decoded(path, frame[name])
    return _timed(_without_blanks(frame.reset_index(drop=True)))


def _decoded(path: Path, column: pd.Series) -> pd.Series:
    """Return a column of byte strings as text, and any other as it is."""
    if not any(isinstance(value, bytes) for value in column.dropna().iloc[:1]):
        return column
    try:
        return column.map(lambda value: value.decode() if isinstance(value, bytes) else value)
    except UnicodeDecodeError as error:
        msg = f"{path.name}, column '{column.name}' holds bytes that are no text: leave it out."
        raise UserError(msg) from error


def _refuse_lists(path: Path, name: str) -> None:
    several = f"{path.name}, column '{name}' holds several values in each row"
    msg = f"{several}: give each of them a column of its own."
    raise UserError(msg)


def _timed(
    frame: pd.DataFrame,
    units: dict | None = None,
    descriptions: dict | None = None,
    notes: Any = (),
) -> Catalogue:
    """Return a `Catalogue` in which dates are decimal years."""
    frame, names, said = in_decimal_years(frame)
    units = dict(units or {}) | dict.fromkeys(names, "yr")
    return Catalogue(frame, units, descriptions or {}, [*notes, *said])


def _without_blanks(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with empty text missing, as in CSV: binary formats fill text with blanks."""
    for name in frame.columns:
        if pd.api.types.is_object_dtype(frame[name]) or pd.api.types.is_string_dtype(frame[name]):
            blank = (
                frame[name]
                .map(lambda value: isinstance(value, str) and not value.strip())
                .astype(bool)
            )
            frame[name] = frame[name].mask(blank, None) if blank.any() else frame[name]
    return frame


def _astropy(path: Path, kind: str) -> Catalogue:
    # astropy takes a second to import, and only these formats need it.
    from astropy.table import Table
    from astropy.time import Time
    from astropy.units import Quantity

    table = _table(path, kind)
    units, descriptions, notes, columns = dict[str, str](), dict[str, str](), list[str](), {}
    for name in table.colnames:
        column = table[name]
        if isinstance(column, Time):
            columns[name] = column.decimalyear
            units[name] = "yr"
            notes.append(f"Column '{name}' held times: it is now in decimal years.")
            continue
        if getattr(column, "ndim", 1) != 1 or not hasattr(column, "dtype"):
            _refuse_lists(path, name)
        unit, text = getattr(column, "unit", None), getattr(column.info, "description", None)
        units |= {name: str(unit)} if unit is not None and str(unit) else {}
        descriptions |= {name: str(text)} if text else {}
        values = column.value if isinstance(column, Quantity) else column
        columns[name] = Table([values], names=[name]).to_pandas()[name]
    frame = pd.DataFrame(columns)
    for name in frame.columns:
        values, types = frame[name], pd.api.types
        if types.is_extension_array_dtype(values) and types.is_integer_dtype(values):
            frame[name] = values.astype(float)  # whole numbers of which some are missing
    return _timed(_without_blanks(frame), units, descriptions, notes)


def _table(path: Path, kind: Any):
    """Return the astropy table in a file, byte strings as text."""
    import warnings

    from astropy.table import Table

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = Table.read(path, format=kind)
            for name in table.colnames:
                if getattr(getattr(table[name], "dtype", None), "kind", "") == "S":
                    table[name] = np.ma.asarray(table[name]).astype("U")
    # The readers raise what they like; every one of them means: not such a file.
    except Exception as error:
        said = next((line for line in str(error).splitlines() if line.strip()), None)
        why = (said or type(error).__name__)[:120]
        name = kind.upper().removeprefix("ASCII.")
        msg = f"{path.name} cannot be read as {name} ({why}): write it again."
        raise UserError(msg) from error
    return table
