"""Tables in text: delimiters, header lines and encodings, and the line that is wrong."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


NEARLY = 0.9  # from this share of numbers on, a column of text holds numbers with mistakes in it
HEAD = 50  # lines that are looked at to find the delimiter
COMMA = r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?"  # a number with a decimal comma
# A number with a sign between its thousands.
GROUPED = r"[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+,\d+)"
THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"  # may be a decimal comma, and may be one between thousands
# Separators (None for blanks) beside which a comma inside a field may be a decimal comma.
COMMAS_ARE_FREE = (";", "\t", "|", None)
# What people write where nothing was measured, beside what pandas knows ("", NA, NaN, null, None).
NOTHING = ["--", "-", "...", "?", "*", "INDEF", "masked", "N.A.", "\\N"]
LONGEST = 200  # signs in the name of a column; more is a quote that never ends
csv.field_size_limit(2**31 - 1)  # Python's own is 128 kB, and spectra or sequences are longer


def names_are_good(path: Path, names: list[str]) -> None:
    """Refuse a column without a name, a name that is no name, and one that stands twice."""
    for number, name in enumerate(names, 1):
        if len(str(name)) > LONGEST:
            msg = (
                f"{path.name}: the name of column {number} is {len(str(name))} signs long: "
                f"give it one of at most {LONGEST}."
            )
            raise UserError(msg)
        if not str(name).strip():
            msg = f"{path.name}: column {number} has no name: give it one in the first line."
            raise UserError(msg)
        if names.count(name) > 1:
            times = f"the column name '{name}' stands there {names.count(name)} times"
            msg = f"{path.name}: {times}: rename all but one."
            raise UserError(msg)


def _open(path: Path):
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _lines(path: Path) -> Iterator:
    """Yield the lines of a text file as they are read, or refuse one that is not UTF-8."""
    number = 0
    try:
        with _open(path) as file:
            start = file.read(4096)
            if b"\0" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                msg = (
                    f"{path.name} is not a text file: "
                    "give it the ending of what it is, such as .fits or .parquet."
                )
                raise UserError(msg)
            file.seek(0)
            for line in io.TextIOWrapper(file, encoding="utf-8-sig", newline=None):
                number += 1
                if "\0" in line:
                    msg = (
                        f"{path.name}, line {number} holds a byte that is zero and no text: "
                        "delete it or write the table again."
                    )
                    raise UserError(msg)
                yield line
    except UnicodeDecodeError as error:
        where = f"{path.name}, line {_bad_line(path)}"
        msg = f"{where}: it is not UTF-8 text: save the file with the encoding UTF-8."
        raise UserError(msg) from error
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{path.name} cannot be read after line {number} ({error}): copy it again."
        raise UserError(msg) from error


def _bad_line(path: Path) -> int:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _is_number(text: str, sign: Any) -> bool:
    try:
        float(text)
    except ValueError:
        return sign in COMMAS_ARE_FREE and bool(re.fullmatch(COMMA, text.strip(), re.ASCII))
    return True


def _delimiter(lines: list[str]) -> str | None:
    """Return the sign that cuts the first lines into equally many fields, most of them.

    None stands for blanks.
    """
    best, most = None, 1
    for sign in (",", ";", "\t", "|"):
        try:
            rows = list(csv.reader(lines, delimiter=sign))
        except csv.Error:  # a field without end: `_one_width` names its line
            continue
        widths = {len(row) for row in rows}
        if len(widths) != 1 or max(widths) < 2:
            continue
        # Without a line of names, decimal commas cut every line into the same number of fields,
        # too.
        numbers = best == "," and all(
            _is_number(cell, sign) or not cell.strip() for row in rows for cell in row
        )
        if max(widths) > most or numbers:
            best, most = sign, max(widths)
    if best in (None, ",") and _blanks_between_commas(lines):
        return None
    if best is None:
        # Nothing fits all lines: the commonest sign, so that the line that differs can be named.
        count = {sign: sum(line.count(sign) for line in lines) for sign in (",", ";", "\t")}
        sign = max(count, key=lambda sign: count[sign])
        best = sign if count[sign] >= len(lines) else None
    return best


def _blanks_between_commas(lines: list[str]) -> bool:
    """Whether blanks separate numbers with decimal commas, perhaps below names without commas."""
    rows = [line.split() for line in lines]
    cells = [cell for row in rows[1:] for cell in row]
    named = rows[0] if all("," not in cell for cell in rows[0]) else []
    cells += [] if named else rows[0]
    whole = len(rows) > 1 and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    return (
        whole
        and any("," in cell for cell in cells)
        and all(_is_number(cell, None) and not cell.endswith(",") for cell in cells)
    )


def _head(path: Path) -> tuple:
    """Return how many lines come before the table, and its first lines."""
    skipped, head = 0, list[str]()
    for line in _lines(path):
        if not head and (not line.strip() or line.startswith("#")):
            skipped += 1
        else:
            head.append(line)
        if len(head) == HEAD:
            break
    if not head:
        msg = f"{path.name} has no rows: write the table again."
        raise UserError(msg)
    return skipped, [line for line in head if line.strip()]


def read_text(path: Path, *, delimiter: str | None = None) -> tuple:
    """Return the table in a text file, and what to say of it.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        What separates the fields; found out where it is not given.

    Returns
    -------
    frame : DataFrame
    notes : list of str

    Raises
    ------
    UserError
        If a line is not UTF-8, has too many fields or too few, or holds a word among numbers.
    """
    skipped, head = _head(path)
    sign = delimiter or _delimiter(head)
    first, width = _one_width(path, skipped, sign)
    has_header = not all(_is_number(cell, sign) or not cell.strip() for cell in first)
    if has_header and _looks_like_data(first, head, sign):
        has_header = False
    names = (
        [name.strip() for name in first]
        if has_header
        else [f"column_{n}" for n in range(1, width + 1)]
    )
    names_are_good(path, names)
    frame = _parse(path, skipped, sign, names, has_header)
    notes = (
        []
        if has_header
        else [f"The file has no line of names: the columns are called column_1 to column_{width}."]
    )
    first_line = skipped + 1 + has_header
    frame, changed = _decimal_commas(path, frame, sign, first_line)
    notes += ["The file has decimal commas: they are read as points."] if changed else []
    return _numbers(path, frame, first_line), notes


def _one_width(path: Path, skipped: int, sign: str | None) -> tuple:
    """Return the first row and its number of fields, or refuse a row that has another."""
    first, width = None, 0
    for line, row in _cut(path, skipped, sign):
        if first is None:
            first, width = row, len(row)
        elif len(row) != width:
            has = f"has {len(row)} fields where the first has {width}"
            msg = f"{path.name}, line {line} {has}: mend that line."
            raise UserError(msg)
    return first, width


def _cut(path: Path, skipped: int, sign: Any) -> Iterator:
    """Yield the number of the line where each row that holds something ends, and its fields."""
    lines = islice(_lines(path), skipped, None)
    if sign is None:
        for number, text in enumerate(lines, skipped + 1):
            if text.strip():
                yield number, text.split()
        return
    reader = csv.reader(lines, delimiter=sign)
    try:
        for row in reader:
            if row:
                yield skipped + reader.line_num, row
    except csv.Error as error:
        line = skipped + reader.line_num
        msg = f"{path.name}, line {line} cannot be cut into fields ({error}): mend that line."
        raise UserError(msg) from error


def _looks_like_data(first: list[str], head: list[str], sign: str | None) -> bool:
    """Whether the first line is a row like the next ones: numbers where they have numbers."""
    row = (
        next(csv.reader(head[1:2], delimiter=sign), [])
        if sign
        else (head[1].split() if len(head) > 1 else [])
    )
    numbers = [_is_number(cell, sign) for cell in first]
    return any(numbers) and numbers == [_is_number(cell, sign) for cell in row]


def _parse(
    path: Path, skipped: int, sign: str | None, names: list[str], has_header: bool
) -> pd.DataFrame:
    try:
        with _open(path) as file:
            return pd.read_csv(
                file,
                sep=sign or r"\s+",
                names=names,
                header=None,
                skiprows=_rows_to_skip(path, skipped, has_header),
                encoding="utf-8-sig",
                skipinitialspace=True,
                skip_blank_lines=True,
                low_memory=False,
                index_col=False,
                na_values=NOTHING,
            )
    except (ValueError, OSError) as error:
        said = str(error).strip().splitlines()[0]
        unread = f"{path.name} cannot be read as a table ({said})"
        msg = f"{unread}: save it as CSV with one line per row."
        raise UserError(msg) from error


def _rows_to_skip(path: Path, skipped: int, has_header: bool) -> int:
    """Return how many lines come before the first row of data; names may go over several."""
    if not has_header:
        return skipped
    lines = islice(_lines(path), skipped, None)
    reader = csv.reader(lines)
    next(reader)
    return skipped + max(reader.line_num, 1)


def _decimal_commas(path: Path, frame: pd.DataFrame, sign: str | None, first_line: int) -> tuple:
    """Return the table with decimal commas read as points, and whether there were any.

    What may mean two things is refused. A column of numbers with commas must never pass for a
    column of words: it would be ignored as free text.
    """
    found, most, doubts = {}, 0, {}
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
            _refuse_commas(path, name, words, bad, first_line)
    if most <= 1 - NEARLY:
        return frame, False  # a slip of the pen among whole numbers, which `_numbers` refuses
    if sign != ";" and len(doubts) == len(found):
        # 1,234 everywhere: the semicolon alone tells that whoever wrote the file needs the comma
        # for decimals.
        name, (words, comma) = next(iter(doubts.items()))
        _refuse_commas(path, name, words, comma, first_line)
    pointed = [name for name in frame.columns if name not in found and _has_points(frame[name])]
    if pointed:
        commas = f"decimal commas in column '{next(iter(found))}'"
        both = f"{path.name} has {commas} and decimal points in column '{pointed[0]}'"
        msg = f"{both}: write all numbers with points."
        raise UserError(msg)
    read = {name: values.reindex(frame.index) for name, values in found.items()}
    return frame.assign(**read), True


def _read_with_commas(words: Any, with_comma: Any):
    """Return which words are numbers with a decimal comma, which are not, which may be grouped."""
    comma = with_comma & words.str.fullmatch(COMMA, flags=re.ASCII)
    no_number = pd.to_numeric(words.where(~with_comma), errors="coerce").isna()
    other = ~comma & (with_comma | no_number | words.str.contains(".", regex=False))
    return comma, other, with_comma & words.str.fullmatch(GROUPED, flags=re.ASCII)


def _refuse_commas(
    path: Path, name: str, words: pd.Series, bad: pd.Series, first_line: int
) -> None:
    row = words.index[bad.to_numpy(dtype=bool)][0]
    where = f"{path.name}, column '{name}', line {row + first_line}"
    stands = f"{words[row]!r} stands in a column of numbers with commas"
    msg = f"{where}: {stands}: write all numbers with points."
    raise UserError(msg)


def _has_points(column: pd.Series) -> bool:
    """Whether numbers with points are in a column.

    Floats that are whole may be so because of a gap, else they were written as 1.000.
    """
    there = column.dropna()
    return pd.api.types.is_float_dtype(column) and bool(
        (there % 1).any() or len(there) == len(column)
    )


def _numbers(path: Path, frame: pd.DataFrame, first_line: int) -> pd.DataFrame:
    """Refuse a column of numbers with words in it, and name the first of them."""
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) or column.dropna().empty:
            continue
        words = column.dropna().astype(str)
        values = pd.to_numeric(words, errors="coerce")
        if NEARLY <= values.notna().mean() < 1:
            bad = values.index[values.isna()][0]
            where = f"{path.name}, column '{name}', line {bad + first_line}"
            stands = f"{words[bad]!r} stands among numbers"
            msg = f"{where}: {stands}: correct it or leave the field empty."
            raise UserError(msg)
    return frame
