"""Read somebody's table, whatever it was written with.

What cannot be understood is refused with one sentence that names the file, the column or line,
and the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from boxloop.base.door import enter
from boxloop.base.errors import UserError
from boxloop.table import foreign
from boxloop.table.catalogue import Catalogue
from boxloop.table.dates import in_decimal_years, with_columns
from boxloop.table.inside import only_one
from boxloop.table.kinds import ENDINGS, TEXT, kind_of, suffix_of
from boxloop.table.numbers_in_words import numbers
from boxloop.table.plain import plain
from boxloop.table.text import names_are_good, read_text

__all__ = ["Catalogue", "in_project", "read_catalogue", "read_rows"]

# What reads each kind of file: a module of this room and its function, imported when it is needed.
READERS = {
    "fits": ("astro", "read_fits"),
    "votable": ("astro", "read_votable"),
    "ecsv": ("astro", "read_ecsv"),
    "parquet": ("arrow", "read_parquet"),
    "arrow": ("arrow", "read_arrow"),
    "orc": ("arrow", "read_orc"),
    "npy": ("arrays", "read_npy"),
    "npz": ("arrays", "read_npz"),
    "netcdf3": ("arrays", "read_netcdf"),
    "json": ("records", "read_json"),
    "arff": ("records", "read_arff"),
    "excel": ("workbook", "read_excel"),
    "hdf5": ("hdf5", "read_hdf5"),
    "root": ("root", "read_root"),
}
SOME = 8  # columns in one sentence
BEGINS_WITH_ZERO = re.compile(r"0\d+", re.ASCII)  # a name that looks like a number: 007
PACKINGS = ("gz", "bz2", "xz", "zip")
# Names that the notebooks give to columns of their own.
TAKEN = {"set", "truth", "model", "reference", "trivial"}


def read_catalogue(
    path: Path, *, table: str | None = None, rows: bool = True, text: Collection[str] = ()
) -> Catalogue:
    """Return the table in a file as a `Catalogue`.

    Parameters
    ----------
    path : Path
        Of any kind in `READERS`, or text. The content decides what it is, not its name.
    table : str, optional
        The name or number of one table, where the file holds several.
    rows : bool
        Whether a table without rows is refused.
    text : names of columns
        Whose words stay words where a format has them as such, though all of them are numbers.

    Raises
    ------
    UserError
        If the file is not there, is empty, is of another kind, or cannot be understood.
    """
    path = is_there(path)
    found = _found(path, table, text)
    names_are_good(path, list(found.frame.columns))
    if rows and found.frame.empty:
        msg = f"{path.name} has column names and no rows: write the table again."
        raise UserError(msg)
    return found


def is_there(path: Path) -> Path:
    """Return the path of a file that is there and not empty, or refuse it."""
    path = Path(path)
    if path.is_dir():
        msg = f"{path} is not there as a file, it is a folder: name the files in it."
        raise UserError(msg)
    if not path.is_file():
        msg = f"{path} is not there: check its name and folder."
        raise UserError(msg)
    enter(path)
    if not path.stat().st_size:
        msg = f"{path.name} is empty: write the table again."
        raise UserError(msg)
    return path


def _found(path: Path, table: str | None, text: Collection[str] = ()) -> Catalogue:
    """Return what the reader of its kind finds in a file."""
    kind = kind_of(path)
    if kind in PACKINGS:
        return _unpacked(path, kind, table)
    if kind in READERS:
        module, function = READERS[kind]
        read: Callable = getattr(import_module(f"boxloop.table.{module}"), function)
        return settled(read(path, table), _another_name(path, kind), text)
    if kind != "text":
        foreign.refuse(path, kind)
    only_one(path, table)
    read_in = read_text(path, delimiter=TEXT.get(suffix_of(path)))
    return _timed(read_in.frame, read_in.units, read_in.descriptions, read_in.notes)


def settled(found: Catalogue, notes: Any = (), text: Collection[str] = ()) -> Catalogue:
    """Return a table of a binary format with blanks as missing and dates as decimal years.

    Parameters
    ----------
    found : Catalogue
    notes : list of str
        What to say first.
    text : names of columns
        Whose words stay words.
    """
    frame, said = _numbers_in_text(_without_blanks(found.frame), text)
    timed = _timed(frame, found.units, found.descriptions, [*notes, *found.notes, *said])
    return replace(found, frame=timed.frame, units=timed.units, notes=timed.notes)


def _numbers_in_text(frame: pd.DataFrame, text: Collection[str]) -> tuple:
    """Return a table in which text that holds numbers is read as in CSV, and what to say of it.

    Not where one of them begins with a zero, as 007: it would lose it.
    """
    types, texts = pd.api.types, list[Any]()
    for name in (one for one in frame.columns if one not in text):
        there = frame[name].dropna()
        words = types.is_object_dtype(there) or types.is_string_dtype(there)
        if not (words and len(there) and there.map(lambda value: isinstance(value, str)).all()):
            continue
        if not there.str.strip().str.fullmatch(BEGINS_WITH_ZERO, na=False).any():
            texts.append(name)
    changed, notes = numbers(frame[texts], _row_of) if texts else (frame[[]], [])
    new = [name for name in texts if types.is_numeric_dtype(changed[name])]
    if new:
        some = ", ".join(f"'{name}'" for name in new[:SOME]) + (" …" if new[SOME:] else "")
        who = f"Column {some} holds" if len(new) == 1 else f"Columns {some} hold"
        notes.append(f"{who} numbers as text: they are read as numbers.")
    return with_columns(frame, {name: changed[name] for name in new}), notes


def _row_of(name: Any, row: int) -> str:
    return f"Column '{name}', row {row + 1}"


def _another_name(path: Path, kind: str) -> list[str]:
    """Return a note where the name of a file says that it is of another kind."""
    suffix = suffix_of(path)
    named = "text" if suffix in TEXT else ENDINGS.get(suffix, kind)
    if named == kind or {named, kind} <= {"text", "ecsv", "arff", "json"}:
        return []
    return [f"{path.name} is of the kind {kind.upper()}, whatever its name says: read as such."]


def _unpacked(path: Path, kind: str, table: str | None) -> Catalogue:
    """Return what is found inside of a packed file; messages name the file that a person has."""
    from boxloop.table.packed import unpacked

    with unpacked(path, kind, table) as (inner, choice):
        try:
            found = _found(inner, None if choice else table)
        except UserError as error:
            msg = str(error).replace(inner.as_posix(), path.as_posix())
            raise UserError(msg.replace(inner.name, path.name, 1)) from error
    if choice is None:
        return found
    notes = [*choice.notes, *found.notes]
    return replace(found, inside=choice.inside, tables=choice.tables, notes=notes)


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
    return replace(
        found,
        frame=found.frame.rename(columns=new),
        units=units,
        descriptions=descriptions,
        notes=[*found.notes, *notes],
    )


def read_rows(path: Path, *, table: str | None = None) -> pd.DataFrame:
    """Return the rows of a file in whatever format people have it, named as in the project.

    Columns are numbers, truth values as 0 and 1, or text; see `boxloop.table.plain`.

    Parameters
    ----------
    path : Path
    table : str, optional
        The name or number of one table, where the file holds several.
    """
    return plain(in_project(read_catalogue(path, table=table)).frame)


def _free(name: str, taken: Any):
    """Return a name with as many dashes behind it as make it a new one."""
    while name in taken:
        name += "_"
    return name


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
