"""Dates in a table: recognised in the spellings that people use, and turned into decimal years."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

WRITE = "write 2015-06-04"  # what to do with a date that may mean two days
FIRST, LAST = 18000101, 21001231
FEWEST = 3  # whole numbers such as 20150604 are dates if so many different ones are
DATED = re.compile(r"date|night|day|obs|epoch|time", re.IGNORECASE)
ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)", re.ASCII)
CLOCK = (
    r"(?:(?:T|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
YEAR, MONTH, DAY = r"(?P<year>[12]\d{3})", r"(?P<month>[A-Za-z]{3,9})", r"(?P<day>\d{1,2})"
# Which spelling says what is settled by the year first, or by the name of the month.
CLEAR = [
    re.compile(words + CLOCK, re.ASCII)
    for words in (
        YEAR + r"(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        YEAR + r"[-/. ]" + MONTH + r"[-/. ]" + DAY,
        r"(?:[A-Za-z]{3,9},? )?" + DAY + r"[-/. ]" + MONTH + r"[-/., ]+" + YEAR,
        MONTH + r"\.? " + DAY + r",? " + YEAR,
        YEAR + r"(?P<month>\d{2})(?P<day>\d{2})",
    )
] + [
    re.compile(
        YEAR + r"(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})"
        r"(?P<second>\d{2}(?:\.\d+)?)?(?P<zone>Z)?",
        re.ASCII,
    ),
    re.compile(
        YEAR + r":(?P<days>\d{3})(?::(?P<hour>\d{2}):(?P<minute>\d{2})"
        r"(?::(?P<second>\d{2}(?:\.\d+)?))?)?",
        re.ASCII,
    ),
]
# Day and month, whichever comes first; the column itself may tell.
EITHER = re.compile(r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)" + YEAR + CLOCK)
# A year of two digits, and a month without a day.
SHORT = re.compile(
    r"[12]\d{3}[-/](?:0[1-9]|1[0-2])|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{2}(?:\s.*)?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[-/. ]'?(?:[12]\d)?\d{2}",
    re.ASCII,
)
TIME_OF_DAY = r"00\.|\d{1,2}\.00"  # with points: no day and no month is zero
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def in_decimal_years(frame: pd.DataFrame) -> tuple:
    """Return the table with dates as decimal years, the names of their columns, and what to say.

    Parameters
    ----------
    frame : DataFrame
        Dates are pandas' own, words, or whole numbers such as 20150604.

    Returns
    -------
    frame : DataFrame
    names : tuple of str
    notes : list of str
    """
    found, notes = dict[str, pd.Series](), list[str]()
    for name in frame.columns:
        column, said = _dates(frame[name])
        if pd.api.types.is_datetime64_any_dtype(column):
            found[name] = decimal_years(column)
            spelt = f" ({said})" if said else ""
            notes.append(f"Column '{name}' held dates{spelt}: it is now in decimal years.")
        elif said:
            notes.append(f"Column '{name}' {said}.")
    return with_columns(frame, found), tuple(found), notes


def with_columns(frame: pd.DataFrame, columns: dict) -> pd.DataFrame:
    """Return a table with some columns replaced, whatever they are called.

    Parameters
    ----------
    frame : DataFrame
    columns : dict of Series
    """
    frame = frame.copy(deep=False)
    for name, column in columns.items():
        frame[name] = column
    return frame


def decimal_years(column: pd.Series) -> pd.Series:
    """Return dates as years, each as its share of its own year; missing ones stay missing.

    Parameters
    ----------
    column : Series of datetime64
    """
    year = column.dt
    days = 365 + year.is_leap_year
    hours = year.hour + year.minute / 60 + (year.second + year.microsecond / 1e6) / 3600
    return year.year + (year.day_of_year - 1 + hours / 24) / days


def _dates(column: pd.Series) -> tuple:
    """Return a column as dates with how they were written, or as it is with what is doubtful."""
    there = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(column) or there.empty:
        return column, ""
    if pd.api.types.is_numeric_dtype(column):
        return _compact(column, there)
    if not isinstance(there.iloc[0], str):
        return column, ""
    if ISO.match(there.iloc[0]) and (dates := _iso(column)) is not None:
        return dates, ""
    words = there.astype(str).str.strip()
    pattern = _spelling(words.iloc[:20])
    if pattern is None:
        return column, ""
    if pattern is SHORT:
        return column, f"looks like dates ('{words.iloc[0]}') that may mean several days: {WRITE}"
    return _spelt(column, words, pattern)


def _iso(column: pd.Series) -> pd.Series | None:
    try:
        return pd.to_datetime(column, format="ISO8601", utc=True).dt.tz_localize(None)
    except (ValueError, TypeError):
        return None


def _spelling(words: pd.Series) -> re.Pattern | None:
    """Return the pattern that most of the first words follow, or None.

    `SHORT` as well where each of them is some date, and no pattern fits most.
    """
    found = {pattern: words.str.fullmatch(pattern) for pattern in (*CLEAR, EITHER, SHORT)}
    most = next((pattern for pattern, fits in found.items() if fits.mean() > 0.5), None)
    if most is None and pd.DataFrame(found).any(axis=1).mean() > 0.9:
        most = SHORT
    return None if most is SHORT and words.str.match(TIME_OF_DAY).any() else most


def _spelt(column: pd.Series, words: pd.Series, pattern: re.Pattern) -> tuple:
    """Return the dates that words of one spelling mean, or the words and why they are none."""
    parts = words.str.extract(pattern)
    how = f"written as {words.iloc[0]}"
    if pattern is EITHER:
        order = _order(parts)
        if not order:
            doubt = f"may be day or month first ('{words.iloc[0]}')"
            return column, f"looks like dates, and each {doubt}: {WRITE}"
        parts = parts.rename(columns=dict(zip(("one", "two"), order, strict=True)))
        how = f"{order[0]} first, as in {words.iloc[int(parts['day'].astype(float).argmax())]}"
    dates = _from_parts(parts)
    if dates.isna().any():
        odd = words[dates.isna().to_numpy()]
        return (
            column,
            f"looks like dates, but '{odd.iloc[0][:30]}' is none like the others: {WRITE}",
        )
    return dates.reindex(column.index), how


def _order(parts: pd.DataFrame) -> tuple:
    """Return what stands first and second, if a number above 12 tells; else nothing."""
    one, two = (parts[side].astype(float).max() > 12 for side in ("one", "two"))
    if one == two:
        return ()
    return ("day", "month") if one else ("month", "day")


def _from_parts(parts: pd.DataFrame) -> pd.Series:
    """Return dates from year, month, day and clock as words; what is no date is missing."""
    if "days" in parts:
        text, shape = parts["year"] + "-" + parts["days"], "%Y-%j"
    else:
        month = parts["month"]
        if month.str.contains(r"[A-Za-z]", na=False).any():
            month = (
                month.str[:3].str.lower().map({name: str(n) for n, name in enumerate(MONTHS, 1)})
            )
        text, shape = parts["year"] + "-" + month + "-" + parts["day"], "%Y-%m-%d"
    dates = pd.to_datetime(text, format=shape, errors="coerce")
    if "hour" not in parts or parts["hour"].isna().all():
        return dates
    clock = sum(
        pd.to_numeric(parts[name], errors="coerce").fillna(0) * seconds
        for name, seconds in (("hour", 3600), ("minute", 60), ("second", 1))
    )
    if "half" in parts:  # twelve is the first hour of either half of the day
        half = parts["half"].str.lower()
        clock = clock.where(half.isna(), clock % 43200) + 43200.0 * (half == "p")
    return dates + pd.to_timedelta(clock - _zone(parts), unit="s")


def _zone(parts: pd.DataFrame) -> Any:
    """Return by how many seconds the clock of each row runs before Greenwich's."""
    if "zone" not in parts or parts["zone"].isna().all():
        return 0.0
    signs = parts["zone"].str.extract(r"([+-])(\d{2}):?(\d{2})")
    size = signs[1].astype(float) * 3600 + signs[2].astype(float) * 60
    return (size * signs[0].map({"+": 1.0, "-": -1.0})).fillna(0.0)


def _compact(column: pd.Series, there: pd.Series) -> tuple:
    """Return whole numbers such as 20150604 as dates, if every one of them is a day."""
    if pd.api.types.is_bool_dtype(column) or there.dtype.kind not in "iuf":
        return column, ""
    low, high = there.min(), there.max()
    if low > FIRST * 10**6 and (there % 1 == 0).all() and there.nunique() >= FEWEST:
        text = column.dropna().astype("int64").astype(str)
        dates = pd.to_datetime(text, format="%Y%m%d%H%M%S", errors="coerce")
        whole = text.str.len().eq(14).all() and dates.notna().all()
        return (
            (dates.reindex(column.index), f"written as {text.iloc[0]}") if whole else (column, "")
        )
    if low < FIRST or high > LAST or (there % 1 != 0).any():
        return column, ""
    whole = there.to_numpy(dtype=np.int64)
    day, month = whole % 100, whole // 100 % 100
    if not ((day >= 1) & (day <= 31) & (month >= 1) & (month <= 12)).all():
        return column, ""
    if there.nunique() < FEWEST and not DATED.search(str(column.name)):
        return column, ""
    dates = pd.to_datetime(
        pd.Series(whole, index=there.index).astype(str), format="%Y%m%d", errors="coerce"
    )
    if dates.isna().any():
        return column, ""
    return dates.reindex(column.index), f"written as {whole[0]}"
