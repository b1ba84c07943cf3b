"""Tables in text, whoever wrote them: what stands in the lines goes in, columns come out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.table.catalogue import Catalogue
from boxloop.table.commas import decimal_commas
from boxloop.table.encoding import text_of
from boxloop.table.fields import NOTHING, cut, one_width, rows_of
from boxloop.table.formats import read_as, refuse_page, written_as
from boxloop.table.header import laid_out
from boxloop.table.numbers_in_words import exactly, numbers, rounded
from boxloop.table.recast import recast

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.header import Layout


LONGEST = 200  # signs in the name of a column; more is a quote that never ends
FOOT = 400  # bytes at the end in which a footer is looked for
WORD = re.compile(rb"#[^\s\d#.+-]")  # a word, and neither a remark nor a row that is left out
# What databases write below a table.
FOOTER = re.compile(
    r"\(?\s*[\d,]+ (?:rows?|records?|objects?|sources?)\b[^,;|\t]*|\\\.|\[?EO[DF]\]?", re.IGNORECASE
)


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
    seen = set[str]()
    for name in names:
        if name in seen:
            times = f"the column name '{name}' stands there {names.count(name)} times"
            msg = f"{path.name}: {times}: rename all but one."
            raise UserError(msg)
        seen.add(name)


def read_text(path: Path, *, delimiter: str | None = None) -> Catalogue:
    """Return the table in a text file as a `Catalogue`, its dates still words.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        What separates the fields; found out where it is not given or does not fit.

    Raises
    ------
    UserError
        If the file is no text, a line has too many fields or too few, or a word stands among
        numbers.
    """
    data, notes = text_of(path)
    refuse_page(path, data)
    if kind := written_as(data):
        frame, units, descriptions, said = read_as(path, data, kind)
        frame, more = numbers(frame, _placed(path, None))
        return Catalogue(frame, units, descriptions, [*notes, *said, *more])
    data, footer = _without_footer(data)
    data, drawn = recast(path, data)
    layout = laid_out(data, "\t" if drawn else delimiter)
    if layout is None:
        msg = f"{path.name} has no rows: write the table again."
        raise UserError(msg)
    frame, said = _table(path, data, layout)
    units, descriptions = (
        {name: text for name, text in facts.items() if name in frame}
        for facts in (layout.units, layout.descriptions)
    )
    return Catalogue(frame, units, descriptions, [*notes, *drawn, *layout.notes, *footer, *said])


def _table(path: Path, data: bytes, layout: Layout) -> tuple:
    """Return the table below the names, and what to say of it."""
    data, said = _without_remarks(data, layout)
    start = _after(data, layout.skipped)
    nameless = [place for place, name in enumerate(layout.names) if not name]
    labels = [name or f"\0{place}" for place, name in enumerate(layout.names)]
    _names_are_good_enough(path, layout, nameless)
    one_width(path, data, start, layout.sign, layout.width)
    frame = _parse(path, data, start, layout.sign, labels)
    if large := rounded(frame):
        words = _parse(path, data, start, layout.sign, labels, only=large)
        frame = exactly(frame, {name: words[name] for name in large})
    frame, unnamed = _named(path, frame, labels, nameless)
    place = _placed(path, lambda: [line for line, _ in rows_of(path, data, start, layout.sign)])
    frame, commas = decimal_commas(frame, layout.sign, place)
    frame, more = numbers(frame, place)
    return frame, [*said, *unnamed, *commas, *more]


def _placed(path: Path, lines: Callable | None) -> Callable:
    """Return what names a file, a column and the line of a row in it."""

    def place(name: Any = None, row: int = 0) -> str:
        if name is None:
            return path.name
        where = f"line {lines()[row]}" if lines else f"row {row + 1}"
        return f"{path.name}, column '{name}', {where}"

    return place


def _without_remarks(data: bytes, layout: Layout) -> tuple:
    """Return the text with remarks among its rows emptied, and what to say of it."""
    start = _after(data, layout.skipped)
    if data.find(b"\n#", max(start - 1, 0)) < 0 and not data.startswith(b"#", start):
        return data, []
    body = data[start:]
    remarks = [line for line in re.findall(rb"(?m)^#[^\n]*", body) if is_remark(line, layout)]
    if not remarks or len(remarks) > (body.count(b"\n") + 1) / 2:
        return data, []  # words that begin with the sign of a remark
    kept = re.sub(
        rb"(?m)^#[^\n]*", lambda line: b"" if is_remark(line[0], layout) else line[0], body
    )
    lines = "1 line behind '#' among or below the rows is"
    if len(remarks) > 1:
        lines = f"{len(remarks)} lines behind '#' among or below the rows are"
    return data[:start] + kept, [f"{lines} passed over."]


def is_remark(line: bytes, layout: Layout) -> bool:
    """Whether a line is no row that begins with a word such as #12a."""
    if not WORD.match(line) or layout.width < 2:
        return True
    [row] = cut([line.decode()], layout.sign)[:1] or [[]]
    return len(row) != layout.width


def _after(data: bytes, lines: int) -> int:
    """Return where the text goes on after so many lines."""
    start = 0
    for _ in range(lines):
        start = data.find(b"\n", start) + 1 or len(data)
    return start


def _without_footer(data: bytes) -> tuple:
    """Return the text without the number of rows that databases write below, and what to say."""
    whole = data.rstrip()
    above = max(whole.rfind(b"\n"), 0)
    last = whole[above:].decode().strip() if len(whole) - above < FOOT else ""
    if not above or not FOOTER.fullmatch(last):
        return data, []
    return whole[:above] + b"\n", [f"The last line ('{last[:40]}') is no row: it is passed over."]


def _names_are_good_enough(path: Path, layout: Layout, nameless: list[int]) -> None:
    """Refuse names that stand twice or are none; what has no name may be empty or count."""
    names = [name for name in layout.names if name]
    if len(names) == len(layout.names) - len(nameless):
        whole = [name or f"column_{n}" for n, name in enumerate(layout.names, 1)]
        clear = [
            name if place not in nameless else f"\0{place}" for place, name in enumerate(whole)
        ]
        names_are_good(path, clear)


def _parse(
    path: Path, data: bytes, start: int, sign: str | None, names: list[str], only: Any = None
) -> pd.DataFrame:
    file = io.BytesIO(data)
    file.seek(start)
    try:
        return pd.read_csv(
            file,
            sep=sign or r"\s+",
            names=names,
            header=None,
            encoding="utf-8",
            skipinitialspace=True,
            skip_blank_lines=True,
            low_memory=False,
            index_col=False,
            na_values=NOTHING,
            usecols=only,
            dtype=None if only is None else str,
        )
    except (ValueError, OSError) as error:
        said = str(error).strip().splitlines()[0]
        unread = f"{path.name} cannot be read as a table ({said})"
        msg = f"{unread}: save it as CSV with one line per row."
        raise UserError(msg) from error


def _named(path: Path, frame: pd.DataFrame, labels: list[str], nameless: list[int]) -> tuple:
    """Return the table without columns that have no name, which is said, or refuse one."""
    notes, new = list[str](), dict[str, str]()
    for place in nameless:
        label = labels[place]
        if frame[label].isna().all() and len(frame):
            notes.append(f"Column {place + 1} has no name and is empty: it is left out.")
            frame = frame.drop(columns=label)
        elif place == 0 and _counts(frame[label]):
            notes.append("The first column has no name and numbers the rows: it is left out.")
            frame = frame.drop(columns=label)
        elif place == 0 and len(frame):
            new[label] = "row_name" if "row_name" not in frame else "row_name_"
            notes.append(f"The first column has no name: it is called {new[label]}.")
        elif len(frame):
            names_are_good(path, [name if name[0] != "\0" else "" for name in labels])
    return frame.rename(columns=new), notes


def _counts(column: pd.Series) -> bool:
    """Whether a column numbers the rows, perhaps with some left out, or in another order."""
    whole = column.dtype.kind in "iu" and not column.duplicated().any()
    return bool(whole and (column.to_numpy() >= np.zeros(1)).all())
