"""Tables in text: delimiters, header lines and encodings, and the line that is wrong."""

import codecs
import csv
import gzip
from io import StringIO

import pandas as pd

from boxloop.errors import UserError

NEARLY = 0.9  # from this share of numbers on, a column of text is a column of numbers with mistakes in it


def names_are_good(path, names):
    """Refuse a column without a name, and a name that stands twice."""
    for number, name in enumerate(names, 1):
        if not str(name).strip():
            msg = f"{path.name}: column {number} has no name: give it one in the first line."
            raise UserError(msg)
        if names.count(name) > 1:
            msg = f"{path.name}: the column name '{name}' stands there {names.count(name)} times: rename all but one."
            raise UserError(msg)


def _open(path):
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _decoded(path):
    """Return the text of a file, or refuse it with the line that is not UTF-8."""
    try:
        with _open(path) as file:
            raw = file.read()
    except (OSError, EOFError) as error:
        msg = f"{path.name} cannot be read ({error}): copy it again."
        raise UserError(msg) from error
    if b"\0" in raw[:4096] and not raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        msg = f"{path.name} is not a text file: give it the ending of what it is, such as .fits or .parquet."
        raise UserError(msg)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        msg = f"{path.name}, line {line}: it is not UTF-8 text: save the file with the encoding UTF-8."
        raise UserError(msg) from error


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _delimiter(lines):
    """Return the sign that cuts the first lines into the same number of fields, most of them; None for blanks."""
    best, most = None, 1
    for sign in (",", ";", "\t", "|"):
        widths = {len(row) for row in csv.reader(lines, delimiter=sign)}
        if len(widths) == 1 and max(widths) > most:
            best, most = sign, max(widths)
    if best is None:
        # Nothing fits all lines: the commonest sign, so that the line that differs can be named.
        count = {sign: sum(line.count(sign) for line in lines) for sign in (",", ";", "\t")}
        sign = max(count, key=count.get)
        best = sign if count[sign] >= len(lines) else None
    return best


def read_text(path, *, delimiter=None):
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
    text = _decoded(path)
    lines = text.splitlines()
    skipped = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if skipped is None:
        msg = f"{path.name} has no rows: write the table again."
        raise UserError(msg)
    body = lines[skipped:]
    sign = delimiter or _delimiter([line for line in body[:50] if line.strip()])
    rows = csv.reader(body, delimiter=sign) if sign else ([*line.split()] for line in body)
    first, width = None, 0
    for number, row in enumerate(rows, skipped + 1):
        if not row:
            continue
        if first is None:
            first, width = row, len(row)
        elif len(row) != width:
            msg = f"{path.name}, line {number} has {len(row)} fields where the first has {width}: mend that line."
            raise UserError(msg)
    has_header = not all(_is_number(cell) or not cell.strip() for cell in first)
    if has_header and _looks_like_data(first, body, sign):
        has_header = False
    names = [name.strip() for name in first] if has_header else [f"column_{n}" for n in range(1, width + 1)]
    names_are_good(path, names)
    options = {"sep": sign} if sign else {"sep": r"\s+"}
    frame = _parse(path, body, options, names, has_header)
    notes = [] if has_header else [f"The file has no line of names: the columns are called column_1 to column_{width}."]
    return _numbers(path, frame, skipped + 1 + has_header), notes


def _looks_like_data(first, body, sign):
    """Whether the first line is a row like the next ones: numbers where they have numbers."""
    row = next(csv.reader(body[1:2], delimiter=sign), []) if sign else (body[1].split() if len(body) > 1 else [])
    numbers = [_is_number(cell) for cell in first]
    return any(numbers) and numbers == [_is_number(cell) for cell in row]


def _parse(path, body, options, names, has_header):
    try:
        return pd.read_csv(
            StringIO("\n".join(body)), **options, names=names, header=0 if has_header else None,
            skipinitialspace=True, skip_blank_lines=True, low_memory=False,
        )
    except (ValueError, OSError) as error:
        msg = f"{path.name} cannot be read as a table ({str(error).strip().splitlines()[0]}): save it as CSV with one line per row."
        raise UserError(msg) from error


def _numbers(path, frame, first_line):
    """Refuse a column of numbers with words in it, and name the first of them."""
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) or column.dropna().empty:
            continue
        words = column.dropna().astype(str)
        values = pd.to_numeric(words, errors="coerce")
        if NEARLY <= values.notna().mean() < 1:
            bad = values.index[values.isna()][0]
            msg = f"{path.name}, column '{name}', line {bad + first_line}: {words[bad]!r} stands among numbers: correct it or leave the field empty."
            raise UserError(msg)
    return frame
