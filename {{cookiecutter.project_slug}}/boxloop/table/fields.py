"""How the lines of a text table are cut into fields, and whether all have equally many."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


COMMA = r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?"  # a number with a decimal comma
# Separators (None for blanks) beside which a comma inside a field may be a decimal comma.
COMMAS_ARE_FREE = (";", "\t", "|", None)
FORTRAN = r"[+-]?(?:\d+\.?\d*|\.\d+)[dD][+-]?\d+"  # a number as Fortran writes double precision
# What people write where nothing was measured, beside what pandas knows ("", NA, NaN, null, None).
NOTHING = ["--", "---", "----", "-", "...", "?", "*", "INDEF", "masked", "N.A.", "\\N"]
KNOWN = {*map(str.lower, NOTHING), "", "na", "n/a", "nan", "null", "none", "#n/a", "<na>"}
ANGLE = 3  # numbers in it: degrees, minutes and seconds
BLOCK = 1 << 23  # bytes whose fields are counted at once
csv.field_size_limit(2**31 - 1)  # Python's own is 128 kB, and spectra or sequences are longer


def is_number(text: str, sign: Any) -> bool:
    """Whether a field is a number, also with a decimal comma where that is no separator."""
    try:
        float(text)
    except ValueError:
        text = text.strip()
        if re.fullmatch(FORTRAN, text, re.ASCII):
            return True
        return sign in COMMAS_ARE_FREE and bool(re.fullmatch(COMMA, text, re.ASCII))
    return True


def is_nothing(text: str) -> bool:
    """Whether a field is empty or holds a usual word for a missing value."""
    return text.strip().lower() in KNOWN


def cut(lines: list[str], sign: str | None) -> list[list[str]]:
    """Return the fields of lines that all hold something; a quoted field may go over several."""
    return [row for _, row in numbered(lines, sign)]


def numbered(lines: Any, sign: str | None, first: int = 1) -> Iterator:
    """Yield the number of the line where each row that holds something ends, and its fields."""
    if sign is None:
        for number, line in enumerate(lines, first):
            if line.strip():
                yield number, _blank_cut(line)
        return
    reader = csv.reader(lines, delimiter=sign)
    for row in reader:
        if row and (len(row) > 1 or row[0].strip()):
            yield first - 1 + reader.line_num, row


def _blank_cut(line: str) -> list[str]:
    if '"' not in line:
        return line.split()
    words = " ".join(line.split("\t")).strip()
    return next(csv.reader([words], delimiter=" ", skipinitialspace=True))


def separator(lines: list[str]) -> tuple:
    """Return whether a sign cuts the lines into equally many fields, and the sign.

    None stands for blanks.
    """
    best, most = None, 1
    for sign in (",", ";", "\t", "|"):
        try:
            rows = cut(lines, sign)
        except csv.Error:  # a field without end: its line is named later
            continue
        widths = {len(row) for row in rows}
        if len(widths) != 1 or max(widths) < 2:
            continue
        # Without a line of names, decimal commas cut every line into the same number of fields,
        # too.
        numbers = best == "," and all(
            is_number(cell, sign) or not cell.strip() for row in rows for cell in row
        )
        if max(widths) > most or numbers:
            best, most = sign, max(widths)
    if best in (None, ",") and _blanks_between_commas(lines):
        return True, None
    if best == "\t" and _blanks_between_numbers(lines):
        return True, None
    if best is not None:
        return True, best
    blanks = {len(_blank_cut(line)) for line in lines}
    separated = sum(any(sign in line for sign in ",;\t|") for line in lines)
    few = separated <= len(lines) / 2 if max(blanks) > 1 else not separated
    return len(blanks) == 1 and few, None


def commonest(lines: list[str]) -> str | None:
    """Return the sign that stands in the lines most often, so that a line that differs is named."""
    count = {sign: sum(line.count(sign) for line in lines) for sign in (",", ";", "\t")}
    sign = max(count, key=lambda sign: count[sign])
    return sign if count[sign] >= len(lines) else None


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
        and all(is_number(cell, None) and not cell.endswith(",") for cell in cells)
    )


def _blanks_between_numbers(lines: list[str]) -> bool:
    """Whether a field between tabs holds many numbers, more than an angle has, in every line."""
    rows = [line.split("\t") for line in lines]
    same = len({len(_blank_cut(line)) for line in lines}) == 1
    return same and any(
        all(len(cell.split()) > ANGLE and _many_numbers(cell) for cell in cells)
        for cells in zip(*rows, strict=False)
    )


def _many_numbers(cell: str) -> bool:
    words = cell.split()
    return all(is_number(word, None) or is_nothing(word) for word in words)


def one_width(path: Path, data: bytes, start: int, sign: str | None, width: int) -> None:
    """Refuse the first row that has not as many fields as all others, and name its line.

    Parameters
    ----------
    path : Path
    data : bytes
        The text.
    start : int
        Where the first row begins.
    sign : str or None
    width : int
        The number of fields.
    """
    if data.find(b'"', start) < 0 and all_have(data, start, sign, width):
        return
    for line, row in rows_of(path, data, start, sign):
        if len(row) != width:
            has = f"has {len(row)} fields where the first has {width}"
            msg = f"{path.name}, line {line} {has}: mend that line."
            raise UserError(msg)


def rows_of(path: Path, data: bytes, start: int, sign: str | None) -> Iterator:
    """Yield the line where each row ends, and its fields; slow, and exact with quotes."""
    lines = (line.decode() for line in _lines(data, start))
    first = data.count(b"\n", 0, start) + 1
    last = first
    try:
        for line, row in numbered(lines, sign, first):
            last = line
            yield line, row
    except csv.Error as error:
        msg = f"{path.name}, line {last + 1} cannot be cut into fields ({error}): mend that line."
        raise UserError(msg) from error


def _lines(data: bytes, start: int) -> Iterator:
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def all_have(data: bytes, start: int, sign: str | None, width: int) -> bool:
    """Whether every line that is not empty has as many fields; there are no quotes."""
    while start < len(data):
        end = data.find(b"\n", min(start + BLOCK, len(data))) + 1 or len(data)
        block = np.frombuffer(data, np.uint8, end - start, start)
        start = end
        ends = np.flatnonzero(block == ord("\n"))
        begins = np.concatenate([[0], ends[ends + 1 < len(block)] + 1])
        # A field between blanks begins where a sign follows a blank.
        blank = (block == 32) | (block == 9) | (block == 10)
        words = np.diff(blank.view(np.int8), prepend=np.int8(1)) == -1
        filled = np.add.reduceat(words, begins, dtype=np.int64)
        if sign == "\t":
            filled += np.add.reduceat(block == 9, begins, dtype=np.int64)
        held = filled > 0
        if sign is not None:
            filled = np.add.reduceat(block == ord(sign), begins, dtype=np.int64) + 1
        if (filled[held] != width).any():
            return False
    return True
