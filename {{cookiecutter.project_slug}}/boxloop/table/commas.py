"""Numbers with decimal commas in a text table, and commas that may mean two things."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from boxloop.base.errors import UserError
from boxloop.table.dates import with_columns
from boxloop.table.fields import COMMA, COMMAS_ARE_FREE

NEARLY = 0.9  # from this share of numbers on, a column of text holds numbers with mistakes in it
# A number with a sign between its thousands.
GROUPED = r"[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+,\d+)"
# The same where nothing else can be meant: one sign between thousands and another for decimals.
COMMAS_GROUP = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"
POINTS_GROUP = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?"
THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"  # may be a decimal comma, and may be one between thousands


def decimal_commas(frame: pd.DataFrame, sign: str | None, place: Callable) -> tuple:
    """Return the table with decimal commas read as points, and what to say of it.

    What may mean two things is refused. A column of numbers with commas must never pass for a
    column of words: it would be ignored as free text.

    Parameters
    ----------
    frame : DataFrame
    sign : str or None
        What separates the fields.
    place : callable
        Returns the words that name a column and the line of a row.
    """
    found, most, doubts = {}, 0, {}
    frame, mended = _ungrouped(frame, sign)
    said = list(mended.values())
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) or frame[name].dropna().empty:
            continue
        words = frame[name].dropna().astype(str).str.strip()
        if not (with_comma := words.str.contains(",", regex=False)).any():
            continue
        comma, other, grouped = _read_with_commas(words, with_comma)
        if sign in COMMAS_ARE_FREE and comma.any() and not other.any():
            found[name] = words.str.replace(",", ".", regex=False).astype(float)
            most = max(most, comma.mean())
            if words[comma].str.fullmatch(THOUSANDS, flags=re.ASCII).all():
                doubts[name] = words, comma
        elif (comma | grouped).mean() > 0.5:
            bad = other if sign in COMMAS_ARE_FREE and other.any() else with_comma
            _refuse_commas(name, words, bad, place)
    if most <= 1 - NEARLY:
        return frame, said  # a slip of the pen among whole numbers, which is refused as a word
    if sign != ";" and len(doubts) == len(found):
        # 1,234 everywhere: the semicolon alone tells that whoever wrote the file needs the comma
        # for decimals.
        name, (words, comma) = next(iter(doubts.items()))
        _refuse_commas(name, words, comma, place)
    _no_points(frame, list(found), list(mended), place)
    read = {name: values.reindex(frame.index) for name, values in found.items()}
    told = "The file has decimal commas: they are read as points."
    return with_columns(frame, read), [*said, told]


def _no_points(frame: pd.DataFrame, found: list, but: list, place: Callable) -> None:
    """Refuse a table in which other columns than some have decimal points."""
    others = (name for name in frame.columns if name not in (*found, *but))
    pointed = [name for name in others if _has_points(frame[name])]
    if pointed:
        file, commas = place(), f"decimal commas in column '{found[0]}'"
        both = f"{file} has {commas} and decimal points in column '{pointed[0]}'"
        msg = f"{both}: write all numbers with points, and nothing between thousands."
        raise UserError(msg)


def _ungrouped(frame: pd.DataFrame, sign: str | None) -> tuple:
    """Return the table without signs between thousands where it is clear, and notes by column.

    What is clear: 1,234,567 and 1,234.5 and 1.234,5; and 1,234 in a file that is separated by
    commas and has decimal points.
    """
    new, notes = {}, dict[str, str]()
    points = sign == "," and any(_has_points(frame[name]) for name in frame.columns)
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) or frame[name].dropna().empty:
            continue
        words = frame[name].dropna().astype(str).str.strip()
        comma, point = (words.str.contains(one, regex=False) for one in ",.")
        if not comma.any():
            continue
        numbers = pd.to_numeric(words.where(~comma), errors="coerce").notna()
        by_comma = comma & words.str.fullmatch(COMMAS_GROUP, flags=re.ASCII)
        by_point = words.str.fullmatch(POINTS_GROUP, flags=re.ASCII)
        if (by_comma | numbers).all() and (
            points or point.any() or (words[comma].str.count(",") > 1).any()
        ):
            plain, first = words.str.replace(",", "", regex=False), words[comma].iloc[0]
        elif sign in COMMAS_ARE_FREE and by_point.all() and (comma & point).any():
            plain = words.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
            first = words[comma & point].iloc[0]
        else:
            continue
        new[name] = pd.to_numeric(plain).reindex(frame.index)
        where = plain[words == first].iloc[0]
        notes[name] = f"Column '{name}' has signs between thousands: {first} is read as {where}."
    return with_columns(frame, new), notes


def _read_with_commas(words: Any, with_comma: Any):
    """Return which words are numbers with a decimal comma, which are not, which may be grouped."""
    comma = with_comma & words.str.fullmatch(COMMA, flags=re.ASCII)
    no_number = pd.to_numeric(words.where(~with_comma), errors="coerce").isna()
    other = ~comma & (with_comma | no_number | words.str.contains(".", regex=False))
    return comma, other, with_comma & words.str.fullmatch(GROUPED, flags=re.ASCII)


def _refuse_commas(name: str, words: pd.Series, bad: pd.Series, place: Callable) -> None:
    row = words.index[bad.to_numpy(dtype=bool)][0]
    where = place(name, row)
    stands = f"{words[row]!r} stands in a column of numbers with commas"
    msg = f"{where}: {stands}: write all numbers with points, and nothing between thousands."
    raise UserError(msg)


def _has_points(column: pd.Series) -> bool:
    """Whether numbers with points are in a column.

    Floats that are whole may be so because of a gap, else they were written as 1.000.
    """
    there = column.dropna()
    return pd.api.types.is_float_dtype(column) and bool(
        (there % 1).any() or len(there) == len(column)
    )
