"""Some rows on their way to a model: what it reads, what is handed through, and what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.measure.scope import NUMBER, WORD
from boxloop.table.dates import in_decimal_years
from boxloop.table.fields import COMMA, COMMAS_ARE_FREE, FORTRAN, KNOWN
from boxloop.table.numbers_in_words import LIMIT, MARKS, SIGNS, SOFT

if TYPE_CHECKING:
    import pyarrow as pa

    from boxloop.predict.bundle import Bundle


UNREAD = "could not be read"
ROWS = 1 << 16  # rows that are in memory at a time
TRUTHS = {"true": 1.0, "false": 0.0}
THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"  # a comma for decimals, or one between thousands


@dataclass(frozen=True)
class Needs:
    """What a model reads of a table.

    Attributes
    ----------
    reads : dict of str
        Columns without which there is no prediction, and what each holds; see
        `boxloop.measure.scope.kinds_of`.
    kept : tuple of str
        Id and group, which are handed through as they came, where the table has them.
    dated : frozenset of str
        Numbers in years, which may be dates in a file.
    """

    reads: dict[str, str]
    kept: tuple[str, ...] = ()
    dated: frozenset = frozenset()

    def is_text(self, name: str) -> bool:
        """Whether a column is read as the text that it is."""
        return name in self.kept or self.reads[name] == WORD


def needs_of(bundle: Bundle) -> Needs:
    """Return what a model needs of a table.

    Parameters
    ----------
    bundle : boxloop.predict.bundle.Bundle
    """
    columns = bundle.settings.columns
    numbers = [name for name, kind in bundle.reads.items() if kind == NUMBER]
    years = frozenset(name for name in numbers if name in columns and columns[name].unit == "yr")
    return Needs(dict(bundle.reads), tuple(bundle.names), years)


@dataclass(frozen=True)
class Part:
    """Rows that stand one below the other in a table.

    Attributes
    ----------
    first : int
        The number of the first of them in the table, from 1.
    kept : dict of pyarrow.Array of length n
        Id and group as they came, by what the table calls them.
    frame : DataFrame of n rows
        What the model reads: floats, and words.
    unread : array of str, shape (n,)
        Why a row could not be read; empty where it could.
    """

    first: int
    kept: dict[str, pa.Array]
    frame: pd.DataFrame
    unread: np.ndarray = field(repr=False)


def shaped(columns: dict, rows: int, needs: Needs, *, sign: Any = ".", gone: Any = None) -> tuple:
    """Return what a model reads of some columns, and why rows could not be read.

    Parameters
    ----------
    columns : dict of Series of n rows
        By name, as a reader has found them: numbers, truth values or words.
    rows : int
    needs : Needs
    sign : str or None
        What separated the fields of a text.
    gone : array of str, shape (n,), optional
        Why a row as a whole could not be read.

    Returns
    -------
    frame : DataFrame of n rows
    unread : array of str, shape (n,)
    """
    unread = np.full(rows, "", dtype=object) if gone is None else gone
    found = {}
    for name, kind in needs.reads.items():
        column = columns.get(name)
        if column is None:  # of this part nothing could be understood
            column = pd.Series(np.full(rows, np.nan))
        column = column.reset_index(drop=True)
        if kind != NUMBER:
            found[name] = as_words(column) if kind == WORD else column
            continue
        if name in needs.dated:
            column = _in_years(column)
        found[name], bad = as_numbers(column, sign)
        _tell(unread, name, column, bad)
    return pd.DataFrame(found, index=pd.RangeIndex(rows)), unread


def _tell(unread: np.ndarray, name: str, column: pd.Series, bad: np.ndarray) -> None:
    """Write down which rows hold a word in place of a number, where nothing else is wrong."""
    for row in np.flatnonzero(bad & (unread == "")):
        unread[row] = f"{UNREAD}: {name} is {str(column.iloc[row])[:40]!r}"


def as_words(column: pd.Series) -> pd.Series:
    """Return a column as words without the blanks around them; missing ones are missing."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("int64")  # as `boxloop.table.plain` has it
    words = column.astype("str").where(column.notna(), None).astype("str").str.strip()
    return words.mask(words.str.lower().isin(KNOWN).fillna(value=False).astype(bool), None)


def as_numbers(column: pd.Series, sign: Any = ".") -> tuple[np.ndarray, np.ndarray]:
    """Return a column as floats, and which rows hold a word that is none.

    As `boxloop adopt` has it, marks of missing values and limits such as ``<0.1`` are missing.

    Parameters
    ----------
    column : Series of n rows
    sign : str or None
        What separated the fields of a text.

    Returns
    -------
    values, bad : arrays of shape (n,)
    """
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float).to_numpy(na_value=np.nan), np.zeros(len(column), bool)
    if pd.api.types.is_datetime64_any_dtype(column):
        return np.full(len(column), np.nan), column.notna().to_numpy()
    words = column.astype(object)
    there = words.notna().to_numpy(dtype=bool)
    values = np.full(len(column), np.nan)
    spelt = np.array([str(word).strip() for word in words[there]], dtype=object)
    read = pd.to_numeric(pd.Series(spelt, dtype=object), errors="coerce").notna().to_numpy()
    inner, bad = np.full(len(spelt), np.nan), np.zeros(len(spelt), bool)
    inner[read] = spelt[read].astype(float)  # as Python rounds, in every block the same
    for row in np.flatnonzero(~read):
        inner[row], bad[row] = _number(spelt[row], sign)
    values[there] = inner
    wrong = np.zeros(len(column), bool)
    wrong[there] = bad
    return values, wrong


def _number(word: str, sign: Any) -> tuple[float, bool]:
    """Return the number that a word is, or NaN, and whether it is neither number nor mark."""
    low = word.lower()
    if low in TRUTHS:
        return TRUTHS[low], False
    if low in MARKS | SOFT or re.fullmatch(SIGNS, word) or LIMIT.fullmatch(word):
        return np.nan, False
    if re.fullmatch(FORTRAN, word, re.ASCII):
        return float(re.sub("[dD]", "e", word)), False
    doubtful = sign != ";" and re.fullmatch(THOUSANDS, word, re.ASCII)
    if sign in COMMAS_ARE_FREE and re.fullmatch(COMMA, word, re.ASCII) and not doubtful:
        return float(word.replace(",", ".")), False
    return np.nan, True


def _in_years(column: pd.Series) -> pd.Series:
    """Return dates as decimal years; what is no date stays as it is."""
    [name] = [str(column.name)]
    frame, dates, _ = in_decimal_years(column.to_frame(name))
    if dates or pd.api.types.is_numeric_dtype(column):
        return frame[name]
    days = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    if not days.notna().any():
        return column
    years, *_ = in_decimal_years(days.to_frame(name))
    return column.astype(object).where(days.isna(), years[name])
