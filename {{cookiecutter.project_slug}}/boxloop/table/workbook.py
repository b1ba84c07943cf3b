"""Workbooks of Excel: a sheet is written as text for a moment and read as such a file is."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from boxloop.base.errors import UserError
from boxloop.table import foreign
from boxloop.table.catalogue import Catalogue
from boxloop.table.inside import Choice, choose


def read_excel(path: Path, table: str | None) -> Catalogue:
    """Return a sheet of a workbook.

    Blank rows and columns around it, lines above its names and marks for missing values are what
    they are in text.

    Raises
    ------
    UserError
        If openpyxl is not installed, the file is damaged, or the sheet is empty.
    """
    from boxloop.table.text import read_text

    with as_text(path, table) as (sheet, choice, notes):
        found = read_text(sheet, delimiter=",")
    notes = [*notes, *found.notes]
    return replace(found, notes=notes, inside=choice.inside, tables=choice.tables)


@contextmanager
def as_text(path: Path, table: str | None) -> Iterator[tuple[Path, Choice, list[str]]]:
    """Hold the cells of a sheet in a text of the same name, fields apart by commas.

    Yields
    ------
    tuple of (Path, Choice, list of str)
        The text, which sheet it is, and what to say of that.

    Raises
    ------
    UserError
        As `read_excel`.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise foreign.missing(path, "excel") from error
    # The library raises what it likes; every one of them means: not such a file.
    try:
        sheets = _sheets(path, openpyxl)
    except Exception as error:
        raise foreign.damaged(path, "excel") from error
    full = [(title, rows) for title, rows in sheets if len(rows) > 1]
    if not full:
        msg = f"{path.name} has no sheet with a line of names and rows: write the table again."
        raise UserError(msg)
    sizes = [f"{len(rows) - 1} rows" for _, rows in full]
    choice = choose(path, [title for title, _ in full], table, sizes=sizes)
    rows, above = _below_the_title(full[choice.place][1])
    title = [f"The title above the names was passed over: {above}."] if above else []
    with tempfile.TemporaryDirectory(prefix="boxloop-", ignore_cleanup_errors=True) as folder:
        sheet = Path(folder) / path.name
        with sheet.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        yield sheet, choice, [*choice.notes, *title]


def _sheets(path: Path, openpyxl: Any) -> list[tuple[str, list]]:
    """Return the sheets of a workbook, each with its rows."""
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except AttributeError:  # a sheet that is a chart, which this quick way cannot skip
            book = openpyxl.load_workbook(file, data_only=True)
        tables = [sheet for sheet in book.worksheets if hasattr(sheet, "iter_rows")]
        return [(sheet.title, _rows(sheet)) for sheet in tables]


def _rows(sheet: Any) -> list[list]:
    """Return the rows of a sheet that hold something, without empty columns beside them."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what other programs write of the size is often wrong
    rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)]
    width = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    used = [at for at in range(width) if any(row[at] for row in rows)]
    return [[row[at] for at in used] for row in rows]


def _below_the_title(rows: list[list]) -> tuple:
    """Return the rows from the line of names on, and what stood above it in a single cell."""
    at = 0
    while len(rows[0]) > 1 and at < len(rows) - 2 and sum(map(bool, rows[at])) == 1:
        at += 1
    return rows[at:], "; ".join(cell[:60] for row in rows[:at] for cell in row if cell)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return repr(value.total_seconds())
    if isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper():
        return ""  # #N/A, #DIV/0!, #NAME?: nothing was computed
    return str(value)
