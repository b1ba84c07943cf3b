"""Numbers that a text table has in words: exponents of Fortran, limits, errors, words for gaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.table.commas import NEARLY
from boxloop.table.dates import with_columns
from boxloop.table.fields import FORTRAN, KNOWN

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?"
LIMIT = re.compile(rf"(?:[<>]=?|[≤≥≲≳])\s*{NUMBER}", re.ASCII)
# A number and its error in one field, a percentage.
WITH_MORE = re.compile(
    rf"{NUMBER}\s*(?:(?:±|\+/-|\+-|\\pm)\s*{NUMBER}|\(\d+(?:\.\d+)?\)|[%:?*])"
    rf"|{NUMBER}\s*\+\s*{NUMBER}\s*-\s*{NUMBER}"
    r"|[+-]?\d[\d.,]*\s*[%€$£]|[$€£]\s*\d[\d.,]*",  # 38,4 % and $943.10
    re.ASCII,
)
# Hours or degrees, minutes and seconds.
ANGLE = re.compile(r"[+-]?\d{1,3}[:hd°\s]\s*\d{1,2}[:m'′\s]\s*\d{1,2}(?:\.\d*)?[s\"″]?")
SIGNS = r"[*.\-_~?–—]{2,}"  # a field too narrow for its number, or a line for nothing
# What stands for a missing value in a column of numbers, and would be a word elsewhere.
MARKS = KNOWN | {
    "~", "..", "....", ".....", "…", "–", "—", "-----", "------", "(null)", "<null>", "nil",
    "#value!", "#div/0!", "#ref!", "#num!", "#name?", "#n/a n/a", "-nan(ind)", "1.#qnan",
}  # fmt: skip
# The same, which may be a class among a few numbers that are names of classes.
SOFT = {
    "nodata", "no data", "no_data", "missing", "undefined", "undef", "unknown", "invalid", "bad",
    "masked", "none", "empty", "not available", "not measured",
    # Below what an instrument can tell from nothing.
    "nd", "n.d.", "n.d", "n/d", "bd", "b.d.", "bdl", "b.d.l.", "bld", "<dl", "< dl", "<lod",
    "< lod", "<loq", "< loq", "<mdl", "< mdl", "<rl", "lod", "loq", "not detected",
    "below detection", "trace",
}  # fmt: skip
MOST_THINGS = 50  # different whole numbers and words such as X and Y, as of chromosomes
OFTEN, CODES, SHORT = 3, 4, 8  # rows of a word that is no slip, such words, signs in one of them
MANY = 20  # a column of numbers has more different ones, a column of classes has not
EXACT = 2.0**53  # above, floating-point numbers leave whole numbers out
LARGEST = 2**63 - 1


def numbers(frame: pd.DataFrame, place: Callable) -> tuple:
    """Return the table with numbers that were in words as numbers, and what to say of it.

    Parameters
    ----------
    frame : DataFrame
    place : callable
        Returns the words that name a column and the line of a row.

    Raises
    ------
    UserError
        If a word stands in a column that nearly everywhere holds numbers.
    """
    found, notes = dict[str, pd.Series](), list[str]()
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) or column.dropna().empty:
            continue
        words = column.dropna().astype(str)
        stripped = words.str.strip()
        if (stripped.str.len() < words.str.len()).any():
            words = stripped
            found[name] = words.where(~words.str.lower().isin(KNOWN)).reindex(column.index)
            words = found[name].dropna()
        values, said = _numbers(name, words, place)
        notes += said
        if values is not None:
            found[name] = values.reindex(column.index)
    return with_columns(frame, found), notes


def _numbers(name: str, words: pd.Series, place: Callable) -> tuple:
    """Return the numbers that words are, or None where they stay words, and what to say of it."""
    values = pd.to_numeric(words, errors="coerce")
    if not (odd := values.isna()).any():
        exact = whole_numbers(words)
        return values if exact is None else exact, []
    few = words[odd].drop_duplicates().iloc[:1000]
    if not values.notna().any() and not few.str.fullmatch(FORTRAN, flags=re.ASCII).any():
        return None, _with_more(name, words)
    notes, column = list[str](), f"Column '{name}'"
    fortran = odd & words.str.fullmatch(FORTRAN, flags=re.ASCII)
    if fortran.any():
        spelt = words[fortran].str.replace("[dD]", "e", regex=True)
        values, odd = values.where(~fortran, pd.to_numeric(spelt)), odd & ~fortran
        notes.append(
            f"{column} has exponents as Fortran writes them, such as {spelt_as(words, fortran)}."
        )
    if values.isna().all():
        return None, _with_more(name, words)
    limit = odd & words.str.fullmatch(LIMIT)
    known, codes = _marks(words, values), _codes(words, values)
    if (codes & ~known).any() and are_names(words, values.notna()):
        return None, [f"{column} holds numbers and words such as {spelt_as(words, codes)}: words."]
    mark = odd & ~limit & (known | codes)
    left = odd & ~limit & ~mark
    if not left.any():
        notes += _gaps(column, words, limit, mark)
        exact = None if fortran.any() else whole_numbers(words[~odd])
        return (values if exact is None else exact.reindex(words.index)), notes
    if more := _with_more(name, words):
        return None, more
    if values.notna().mean() >= NEARLY:
        row = words.index[left.to_numpy(dtype=bool)][0]
        msg = f"{place(name, row)}: {words[row]!r} stands among numbers: "
        raise UserError(msg + "correct it or leave the field empty.")
    return None, _mixture(name, words, values, left)


def _gaps(column: str, words: pd.Series, limit: pd.Series, mark: pd.Series) -> list[str]:
    """Say which words are read as missing values."""
    notes = list[str]()
    if limit.any():
        mixed = f"mixes numbers and limits such as {spelt_as(words, limit)}"
        said = f"the limits are read as missing values ({_rows(limit)})"
        notes.append(f"{column} {mixed}: {said}.")
    told = mark & ~words.str.lower().isin(KNOWN)
    if told.any():
        said = f"{_listed(words[told])} is read as a missing value ({_rows(told)})"
        notes.append(f"{column}: {said}.")
    return notes


def _mixture(name: str, words: pd.Series, values: pd.Series, left: pd.Series) -> list[str]:
    """Say that a column of numbers is read as words, if it is one of numbers."""
    if values.notna().mean() < 0.5 or values.nunique() <= MANY:
        return []
    holds = f"holds numbers and words such as {spelt_as(words, left)} ({_rows(left)})"
    empty = "where nothing was measured, leave the field empty"
    return [f"Column '{name}' {holds} and is read as words: {empty}."]


def _marks(words: pd.Series, values: pd.Series) -> pd.Series:
    """Return which words stand for a missing value, in a column of numbers."""
    measured = words[values.notna()].nunique() > MANY or values.notna().mean() >= NEARLY
    known = words.str.lower().isin(MARKS | SOFT if measured else MARKS)
    return known | words.str.fullmatch(SIGNS)


def _codes(words: pd.Series, values: pd.Series) -> pd.Series:
    """Return which words are codes for no number, such as T for a trace of rain or Ice.

    There are few of them, and each stands several times in a column that nearly everywhere holds
    measured numbers; a word that stands there once is a slip.
    """
    if values.notna().mean() < NEARLY:
        return values.isna() & False
    plain = values.isna() & words.str.fullmatch(rf"[A-Za-z][A-Za-z./ ]{{0,{SHORT - 1}}}")
    counts = words[plain].value_counts()
    often = counts.index[counts >= OFTEN]
    return plain & words.isin(often) & (len(often) <= CODES)


def are_names(words: pd.Series, numbers: pd.Series) -> bool:
    """Whether small whole numbers and a few words name the same kind of thing: 1 to 22, X and Y.

    Parameters
    ----------
    words : Series of str
        Without gaps.
    numbers : Series of bool
        Which of them are numbers.
    """
    if numbers.all() or words.nunique() > MOST_THINGS:
        return False
    return bool(words[numbers].str.fullmatch(r"\d{1,3}", flags=re.ASCII).all())


def _with_more(name: str, words: pd.Series) -> list[str]:
    """Say that numbers stand with their errors, or with a sign for per cent, and are words."""
    first = words.drop_duplicates().iloc[:200]
    if first.str.fullmatch(ANGLE).mean() > 0.5:
        angles = f"holds angles or times such as '{first.iloc[0][:30]}', and is not used as numbers"
        return [f"Column '{name}' {angles}: write them as decimal numbers."]
    follows = first.str.fullmatch(WITH_MORE)
    if follows.mean() < 0.5 and follows.sum() < 20:
        return []
    example = f"'{first[follows].iloc[0][:30]}'"
    why = f"holds numbers in words, such as {example}, and is not used as numbers"
    return [f"Column '{name}' {why}: write each number into a column of its own."]


def spelt_as(words: pd.Series, which: pd.Series) -> str:
    """Return the first of some words in quotes."""
    return f"'{str(words[which].iloc[0])[:30]}'"


def _listed(words: pd.Series) -> str:
    different = list(words.drop_duplicates())
    return " and ".join(f"'{word[:20]}'" for word in different[:3]) + (
        " and others" if len(different) > 3 else ""
    )


def _rows(which: pd.Series) -> str:
    number = int(which.sum())
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def whole_numbers(words: pd.Series) -> pd.Series | None:
    """Return large whole numbers exactly: as Int64, or as the words they are where that is small.

    None where they are no whole numbers, or where floating-point numbers are exact.

    Parameters
    ----------
    words : Series of text without gaps
    """
    if not words.str.fullmatch(r"[+-]?\d+", flags=re.ASCII).all():
        return None
    numbers = [int(word) for word in words]
    largest = max(map(abs, numbers), default=0)
    if largest <= EXACT:
        return None
    if largest > LARGEST:
        return words
    return pd.Series(pd.array(numbers, dtype="Int64"), index=words.index)


def rounded(frame: pd.DataFrame) -> list[Any]:
    """Return the columns whose whole numbers floating point may have rounded, or that are huge.

    Parameters
    ----------
    frame : DataFrame
    """
    return [name for name in frame.columns if _rounded(frame[name].to_numpy())]


def _rounded(values: np.ndarray) -> bool:
    if values.dtype.kind == "u":
        return bool(len(values) and values.max() > LARGEST)
    if values.dtype.kind != "f":
        return False
    there = values[np.isfinite(values)]
    return bool(len(there) and np.abs(there).max() > EXACT and not (there % 1).any())


def exactly(frame: pd.DataFrame, words: dict | Iterable) -> pd.DataFrame:
    """Return the table with large whole numbers as their words say.

    Parameters
    ----------
    frame : DataFrame
    words : dict of Series
        By column, the same cells as text.
    """
    found = {}
    for name, column in dict(words).items():
        there = column.dropna().astype(str).str.strip()
        exact = whole_numbers(there)
        if exact is not None:
            found[name] = exact.reindex(frame.index)
    return with_columns(frame, found)
