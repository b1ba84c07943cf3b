"""Text tables some thousand lines at a time, of which no line may stop the others."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.predict.part import UNREAD, Needs, Part, shaped
from boxloop.table.encoding import as_utf8, wide_without_mark
from boxloop.table.fields import NOTHING, all_have, numbered
from boxloop.table.formats import refuse_page, written_as
from boxloop.table.header import laid_out
from boxloop.table.kinds import TEXT, suffix_of
from boxloop.table.recast import recast
from boxloop.table.text import FOOTER, is_remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boxloop.table.header import Layout


HEAD = 1 << 20  # signs in which the names, the separator and the first rows are found
BLOCK = 1 << 22  # signs that are cut into rows at a time
DAMAGED = (OSError, EOFError, zlib.error)
LONGEST = 100  # lines that a quoted field may go over
# What pandas takes for a missing value, and what people write beside it: of inputs alone, as an id
# may be called NA.
GAPS = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
        "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", *NOTHING]  # fmt: skip

# Since pandas 3.1 the parser rounds as Python does, and the option is on its way out.
OLD = tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)
EXACT: dict[str, Any] = {"float_precision": "round_trip"} if OLD else {}


class Lines:
    """A text table that is cut into rows while it is read.

    Parameters
    ----------
    path : Path
        Perhaps compressed (``.gz``).
    layout : boxloop.table.header.Layout
        What stands above its rows.

    Attributes
    ----------
    empty : int
        Lines without anything in them, so far: they are no rows.
    remarks : int
        Lines behind ``#`` among the rows, so far, and a footer.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self.names = [str(name).strip() for name in layout.names]
        self.empty = self.remarks = 0

    def parts(self, needs: Needs, called: dict[str, str]) -> Iterator[Part]:
        """Yield the rows in order.

        Parameters
        ----------
        needs : Needs
        called : dict of str
            What the file calls the columns of the project.
        """
        first = 1
        with closing(_stream(self.path)) as stream:
            for _ in range(self.layout.skipped):
                stream.readline()
            for text, last in _blocks(self.path, stream):
                part = self._part(_signs(text), first, needs, called, last=last)
                if len(part.frame):
                    yield part
                first += len(part.frame)

    def _part(
        self, text: str, first: int, needs: Needs, called: dict[str, str], *, last: bool
    ) -> Part:
        import pyarrow as pa

        places = {name: self.names.index(there) for name, there in called.items()}
        data = text.encode("utf-8", "replace")
        width, sign = self.layout.width, self.layout.sign
        odd = b'"' in data or data.startswith(b"#") or b"\n#" in data or b"\0" in data
        columns = None
        if not odd and not (last and _has_footer(text)) and all_have(data, 0, sign, width):
            columns, gone = self._evenly(data, places, needs)
        if columns is None:
            columns, gone = self._one_by_one(text.split("\n"), places, last=last)
        self.empty += _empty_lines(text)
        rows = len(gone)
        frame, unread = shaped(columns, rows, needs, sign=sign, gone=gone)
        kept = {
            called[name]: pa.array(columns[name].astype(object), pa.string(), from_pandas=True)
            for name in needs.kept
            if name in columns
        }
        return Part(first, kept, frame, unread)

    def _evenly(self, data: bytes, places: dict, needs: Needs) -> tuple:
        """Return the columns of lines that all have as many fields, and no row that is lost."""
        texts = [name for name in places if needs.is_text(name)]
        order = sorted(places, key=lambda name: places[name])
        if not data.strip():
            return {name: pd.Series([], dtype=object) for name in order}, np.empty(0, object)
        try:
            frame = pd.read_csv(
                io.BytesIO(data),
                sep=self.layout.sign or r"\s+",
                header=None,
                names=list(range(self.layout.width)),
                usecols=sorted(places.values()) or [0],
                index_col=False,
                encoding="utf-8",
                skipinitialspace=True,
                quoting=csv.QUOTE_NONE,
                low_memory=False,
                **EXACT,
                keep_default_na=False,
                na_values={at: GAPS for name, at in places.items() if name not in needs.kept},
                dtype={places[name]: str for name in texts} or None,
            )
        except (ValueError, OverflowError):  # a line that only looks even: it is found one by one
            return None, None
        columns = {name: frame[places[name]].rename(name) for name in order}
        return columns, np.full(len(frame), "", dtype=object)

    def _one_by_one(self, lines: list[str], places: dict, *, last: bool) -> tuple:
        """Return the columns of lines of which some are no rows, and why these cannot be read."""
        cells: dict[str, list] = {name: [] for name in places}
        gone = list[str]()
        foot = len(lines) - 1 if last else -1
        while last and foot > 0 and not lines[foot].strip():
            foot -= 1
        at = 0
        while at < len(lines):
            if not lines[at].strip():
                at += 1
                continue
            row, used = _row(lines, at, self.layout)
            if self._is_aside(lines[at], row, last=at == foot):
                self.remarks += 1
                at += 1
                continue
            even = len(row) == self.layout.width
            for name, place in places.items():
                cells[name].append(row[place] if place < len(row) else None)
            width = self.layout.width
            fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
            gone.append("" if even else f"{UNREAD}: {fields} in place of {width}")
            at += used
        columns = {name: pd.Series(values, dtype=object) for name, values in cells.items()}
        return columns, np.array(gone, dtype=object)

    def _is_aside(self, line: str, row: list[str], *, last: bool) -> bool:
        """Whether a line is a remark among the rows, or the footer of a database below them."""
        if line.startswith("#"):
            return is_remark(line.encode("utf-8", "replace"), self.layout)
        return last and len(row) != self.layout.width and bool(FOOTER.fullmatch(line.strip()))


def lines_of(path: Path, sign: str | None = None) -> Lines | None:
    """Return a text table as `Lines`, or None where its format has to be read as a whole.

    Parameters
    ----------
    path : Path
        Of the kind ``text``.
    sign : str, optional
        What separates the fields, where it is known.

    Raises
    ------
    UserError
        If it is no text, or a web page, or has no line of names.
    """
    with closing(_stream(path)) as stream:
        try:
            head = stream.read(HEAD)
        except DAMAGED as error:
            raise _cut_short(path, error) from error
    if len(head) == HEAD:
        head = head[: head.rfind("\n") + 1] or head
    data = as_utf8(path, head.encode("utf-8", "surrogateescape"))[0]
    refuse_page(path, data)
    if written_as(data) or recast(path, data)[0] != data:
        return None
    layout = laid_out(data, sign or TEXT.get(suffix_of(path)))
    if layout is None:
        msg = f"{path.name} has no rows and no names: write the table again."
        raise UserError(msg)
    return Lines(path, layout)


def _stream(path: Path) -> Any:
    """Return a text file, its lines ended by LF; bytes that are no UTF-8 are kept as they are."""
    raw: Any = (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb")
    try:
        start = raw.read(4096)
        raw.seek(0)
    except DAMAGED as error:
        raw.close()
        raise _cut_short(path, error) from error
    wide = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = "utf-16" if wide else wide_without_mark(start) or "utf-8-sig"
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline=None)


def _cut_short(path: Path, error: Any) -> UserError:
    why = (str(error).strip().splitlines() or [type(error).__name__])[0][:100].rstrip(".")
    return UserError(f"{path.name} cannot be read to its end ({why}): copy it again.")


def _signs(text: str) -> str:
    """Return a text of which some bytes are no UTF-8 as Latin-1, as older systems write it."""
    if text.isascii():
        return text
    data = text.encode("utf-8", "surrogateescape")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _blocks(path: Path, stream: Any) -> Iterator[tuple[str, bool]]:
    """Yield whole lines, many at a time, and whether these are the last."""
    rest = ""
    while True:
        try:
            text = stream.read(BLOCK)
        except (*DAMAGED, UnicodeError) as error:
            raise _cut_short(path, error) from error
        if not text:
            yield rest, True
            return
        rest += text
        if end := _end(rest):
            yield rest[:end], False
            rest = rest[end:]


def _end(text: str) -> int:
    """Return where the last line ends that does not lie in a quoted field; 0 for nowhere."""
    end = text.rfind("\n") + 1
    if not end or text.count('"', 0, end) % 2 == 0:
        return end
    start = end
    for _ in range(LONGEST):
        begin = text.rfind("\n", 0, start - 1) + 1
        if text.count('"', begin, start) % 2:
            return begin or end
        if not (start := begin):
            break
    return end


def _row(lines: list[str], at: int, layout: Layout) -> tuple[list[str], int]:
    """Return the fields of the row that begins in a line, and over how many lines it goes.

    A quote that nothing closes is part of one line alone.
    """
    line = lines[at]
    if line.count('"') % 2 and layout.sign is not None:
        quotes = 0
        for more in range(1, min(LONGEST, len(lines) - at) + 1):
            quotes += lines[at + more - 1].count('"')
            if quotes % 2 == 0:
                row = _fields([f"{one}\n" for one in lines[at : at + more]], layout.sign)
                if len(row) == layout.width:
                    return row, more
                break
        return line.split(layout.sign), 1
    return _fields([line], layout.sign), 1


def _fields(lines: list[str], sign: str | None) -> list[str]:
    """Return the fields of the first row in some lines."""
    try:
        return next((row for _, row in _stripped(lines, sign)), [])
    except csv.Error:
        return lines[0].split(sign)


def _stripped(lines: list[str], sign: str | None) -> Iterator:
    if sign is None:
        yield from numbered(lines, sign)
        return
    for row in csv.reader(lines, delimiter=sign, skipinitialspace=True):
        yield 0, row


def _has_footer(text: str) -> bool:
    """Whether the last line may be no row, but what databases write below."""
    last = text.rstrip().rsplit("\n", 1)[-1].strip()
    return bool(FOOTER.fullmatch(last))


def _empty_lines(text: str) -> int:
    """Return how many lines hold nothing; what follows the last line end is no line."""
    if "\n\n" not in text and not text.startswith("\n") and " \n" not in text:
        return 0
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return sum(not line.strip() for line in lines)
