"""A stranger's rows as the model takes them: every row stays, and what was not understood is said.

Words, truth values and numbers that stand for nothing are read as the loop reads them
(`boxloop.table`, `boxloop.split.measured`). A cell that is no number becomes missing, and its row
carries the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError, shown
from boxloop.measure.scope import TIME, WORD
from boxloop.measure.task import spelled
from boxloop.split.division import measured
from boxloop.table.dates import decimal_years
from boxloop.table.fields import is_nothing
from boxloop.table.spellings import NO, YES, spelled_alike

if TYPE_CHECKING:
    from collections.abc import Mapping

CITED = 40  # signs of a cell that a reason cites
# Names that a project gives to columns which its notebooks have a word for.
TAKEN = ("set", "truth", "model", "reference", "trivial")


def prepared(
    frame: pd.DataFrame, kinds: Mapping[str, str], settings: Any
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what the model reads of a table, and for each row which cell was not understood.

    Parameters
    ----------
    frame : DataFrame of n rows
        As somebody has it: numbers may be written as text.
    kinds : mapping of str
        What each column holds that the model reads; see `boxloop.measure.scope.kinds_of`.
    settings : Settings

    Returns
    -------
    DataFrame of n rows
        With the index of `frame`.
    array of str, shape (n,)
        Empty where all was understood.

    Raises
    ------
    UserError
        If a column is missing, or there are two of one name.
    """
    columns = _there(frame, list(kinds))
    notes, found = np.full(len(frame), "", dtype=object), {}
    for name, kind in kinds.items():
        column = frame[columns[name]]
        if kind == WORD:
            spellings = settings.columns[name].spellings if name in settings.columns else {}
            found[name] = _words(spelled_alike(column, spellings))
        elif kind == TIME:
            found[name] = _times(column, name, notes)
        else:
            found[name] = _numbers(column, name, notes)
    rows = measured(pd.DataFrame(found, index=frame.index), settings)
    for name, kind in kinds.items():
        if kind == WORD:
            rows[name] = rows[name].astype("str")
        elif pd.api.types.is_extension_array_dtype(rows[name]):
            rows[name] = rows[name].astype(float)
    return rows, notes


def called(frame: pd.DataFrame, name: str) -> Any:
    """Return what a column of the project is called in a stranger's table; None where it lacks it.

    A column ``set`` is called ``set_`` in a project, and may be called so here.
    """
    plain = name.rstrip("_")
    return next(
        (one for one in (name, *((plain,) if plain in TAKEN else ())) if one in frame), None
    )


def _there(frame: pd.DataFrame, names: list[str]) -> dict[str, str]:
    """Return what each column is called in the table; refuse one that is missing or twice there."""
    found = {name: called(frame, name) for name in names}
    if gone := [shown(name) for name, there in found.items() if there is None]:
        several = (
            f"columns {', '.join(map(repr, gone))} are"
            if len(gone) > 1
            else f"column {gone[0]!r} is"
        )
        msg = f"The {several} missing, which the model reads: add what was measured there."
        raise UserError(msg)
    twice = [name for name, there in found.items() if frame[there].ndim > 1]
    if twice:
        msg = f"The table has two columns '{shown(twice[0])}': give one of them another name."
        raise UserError(msg)
    return found


def _numbers(column: pd.Series, name: str, notes: np.ndarray) -> pd.Series:
    """Return a column as numbers, of whatever type it is; note what is none, or is infinite."""
    types = pd.api.types
    if types.is_datetime64_any_dtype(column):
        return decimal_years(column)
    if types.is_bool_dtype(column) and not column.isna().any():
        return column.astype("int64")
    if not types.is_numeric_dtype(column):
        column = _read(column, name, notes)
    elif types.is_extension_array_dtype(column):
        whole = types.is_integer_dtype(column) and not column.isna().any()
        column = column.astype("int64") if whole else column.astype(float)
    if types.is_float_dtype(column) and (bad := np.isinf(column.to_numpy())).any():
        _note(notes, bad, [f"{name} is infinite"] * int(bad.sum()))
        column = column.mask(bad)
    return column


def _read(column: pd.Series, name: str, notes: np.ndarray) -> pd.Series:
    """Return text as numbers, truth values as 0 and 1; note what can be read as neither."""
    words = column.astype(object).where(column.notna(), None)
    words = words.map(lambda cell: str(cell).strip(), na_action="ignore")
    values = pd.to_numeric(words, errors="coerce").astype(float)
    rest = np.flatnonzero(values.isna().to_numpy() & words.notna().to_numpy())
    values, said = values.to_numpy(copy=True), {}
    bad = np.zeros(len(values), dtype=bool)
    for row in rest:
        word = words.iloc[row]
        if word not in said:
            said[word] = _value(word)
        value = said[word]
        bad[row] = value is None
        values[row] = np.nan if value is None else value
    cells = [repr(" ".join(words.iloc[row].split())[:CITED]) for row in np.flatnonzero(bad)]
    _note(notes, bad, [f"{name} is {cell}, which is no number" for cell in cells])
    return pd.Series(values, index=column.index)


def _value(word: str) -> float | None:
    """Return what a word means that Python reads as no number; None where nobody knows."""
    if is_nothing(word):
        return np.nan
    if word.lower() in YES + NO:
        return float(word.lower() in YES)
    try:  # as Fortran writes double precision
        return float(word.lower().replace("d", "e", 1))
    except ValueError:
        return None


def _times(column: pd.Series, name: str, notes: np.ndarray) -> pd.Series:
    found = pd.to_datetime(column, errors="coerce")
    bad = (found.isna() & column.notna()).to_numpy()
    cells = [repr(str(cell)[:CITED]) for cell in column[bad]]
    _note(notes, bad, [f"{name} is {cell}, which is no date" for cell in cells])
    return found


def _words(column: pd.Series) -> pd.Series:
    """Return a column as text without blanks around it; an empty cell is missing."""
    if pd.api.types.is_numeric_dtype(column):
        there = column.notna()
        return spelled(column).where(there, None).astype("str")
    words = column.astype("str").where(column.notna(), None).astype("str").str.strip()
    return words.where(words != "", None).astype("str")


def _note(notes: np.ndarray, bad: np.ndarray, texts: list[str]) -> None:
    for row, text in zip(np.flatnonzero(bad), texts, strict=True):
        notes[row] = notes[row] or text
