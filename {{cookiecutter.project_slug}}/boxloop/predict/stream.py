"""A table as it is handed to a model: some thousand rows at a time, whatever the file is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.predict.lines import Lines, lines_of
from boxloop.predict.part import ROWS, Needs, Part, shaped
from boxloop.predict.reader import Reader
from boxloop.table import sampled
from boxloop.table.inside import only_one
from boxloop.table.kinds import kind_of
from boxloop.table.packed import unpacked
from boxloop.table.plain import plain
from boxloop.table.read import PACKINGS, TAKEN, in_project, is_there, read_catalogue
from boxloop.table.workbook import as_text

if TYPE_CHECKING:
    import pyarrow as pa


MOST = 5  # columns in one sentence
FEW = 1000  # rows from which it is seen what columns hold


@dataclass
class Stream:
    """A table that is read once, from its first row to its last.

    Attributes
    ----------
    parts : iterator of Part
    kept : dict of pyarrow.DataType
        Id and group as the table calls them, and what they are there.
    missing : tuple of str
        Id and group that the table does not have.
    notes : list of str
        What to say of it before the first row is read.
    lines : boxloop.predict.lines.Lines or None
        Of a text, what counts the lines that are no rows.
    reader : boxloop.predict.reader.Reader or None
        Of Parquet, what reads the same parts anywhere.
    """

    parts: Iterator[Part]
    kept: dict[str, pa.DataType]
    missing: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    lines: Lines | None = None
    reader: Reader | None = None

    def close(self) -> None:
        """Close the file that its reader holds open."""
        if self.reader is not None:
            self.reader.close()


@contextmanager
def opened(path: Path, needs: Needs, table: str | None = None) -> Iterator[Stream]:
    """Open a table: Parquet and text are read a part at a time, all else as a whole.

    Parameters
    ----------
    path : Path
    needs : Needs
    table : str, optional
        The name or number of one table, where the file holds several.

    Raises
    ------
    UserError
        If it cannot be read, or lacks an input.
    """
    path = is_there(path)
    kind = kind_of(path)
    if kind in PACKINGS:
        with (
            unpacked(path, kind, table) as (inner, choice),
            opened(inner, needs, None if choice else table) as found,
        ):
            found.notes[:0] = choice.notes if choice else []
            yield found
        return
    if kind == "parquet":
        only_one(path, table)
        with sampled.opened(path) as file:
            found = _of_parquet(path, file, needs)
        with closing(found):
            yield found
        return
    if kind == "excel":  # cells of text stay text: an id may begin with a zero
        with as_text(path, table) as (sheet, _, notes):
            lines = lines_of(sheet, ",")
            found = _of_lines(sheet, lines, needs) if lines else _of_whole(path, needs, table)
            found.notes[:0] = notes if lines else []
            yield found
        return
    lines = lines_of(path) if kind == "text" else None
    if lines is None:
        yield _of_whole(path, needs, table)
        return
    only_one(path, table)
    yield _of_lines(path, lines, needs)


def _of_lines(path: Path, lines: Lines, needs: Needs) -> Stream:
    """Return the rows of a text, some thousand lines at a time."""
    import pyarrow as pa

    called = _called(path, lines.names, needs)
    parts = lines.parts(needs, called)
    kinds = {called[name]: pa.string() for name in needs.kept if name in called}
    return Stream(parts, kinds, _missing(called, needs), list(lines.layout.notes), lines)


def _called(path: Path, names: list[str], needs: Needs) -> dict[str, str]:
    """Return what a file calls the columns of the project, as far as it has them.

    Raises
    ------
    UserError
        If it lacks an input, or has one twice.
    """
    found = {}
    for name in dict.fromkeys((*needs.reads, *needs.kept)):
        there = name if name in names or name[:-1] not in TAKEN else name[:-1]
        if there in names:
            found[name] = there
        if names.count(there) > 1:
            times = f"the column name '{there}' stands there {names.count(there)} times"
            msg = f"{path.name}: {times}: rename all but one."
            raise UserError(msg)
    if lacking := [name for name in needs.reads if name not in found]:
        _refuse(path, names, lacking)
    return found


def _refuse(path: Path, names: list[str], lacking: list[str]) -> None:
    """Say which inputs a table lacks, and which of its columns may be meant."""
    low = {_folded(name): name for name in reversed(names)}
    near = {
        name: low[found[0]]
        for name in lacking
        if (found := get_close_matches(_folded(name), low, n=1, cutoff=0.6))
    }
    name = next(iter(near), lacking[0])
    others = [f"'{other}'" for other in lacking if other != name]
    more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
    also = f" (nor {', '.join(others[:MOST])}{more})" if others else ""
    has = f"{path.name} has no column '{name}'{also}, which the model reads"
    remedy = f"rename '{near[name]}' if that is what it is, or add it" if near else "add it"
    msg = f"{has}: {remedy}."
    raise UserError(msg)


def _folded(name: str) -> str:
    """Return a name without capitals, and with letters of one sign where a Mac writes two."""
    return unicodedata.normalize("NFC", name).casefold()


def _missing(called: dict[str, str], needs: Needs) -> tuple[str, ...]:
    return tuple(name for name in needs.kept if name not in called)


def _of_parquet(path: Path, file: Any, needs: Needs) -> Stream:
    """Return the rows of a Parquet file, batch by batch of each row group."""
    wanted = {*needs.reads, *needs.kept}
    names = sampled.columns_of(file, wanted)
    schema = file.schema_arrow
    here = schema.names if names is None else names
    first = next(sampled.batches(path, file, names, FEW), None)
    head = schema.empty_table().select(here) if first is None else _tabled(first)
    known = list(sampled.understood(path, head).frame.columns)
    known += [name for name in schema.names if name not in known]  # for the name that is near
    missing = _missing(_called(path, known, needs), needs)
    kinds = _kept_of(schema, known, needs)
    reader = Reader(path, names, needs, kinds, ROWS)
    return Stream(map(reader.part, reader.pieces()), kinds, missing, reader=reader)


def _tabled(batch: Any) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def _kept_of(schema: Any, known: Any, needs: Needs) -> dict[str, pa.DataType]:
    """Return the types of id and group as they stand in a Parquet file, by their names there."""
    import pyarrow as pa

    kept = {}
    for name in needs.kept:
        there = name if name in schema.names or name[:-1] not in TAKEN else name[:-1]
        if there in schema.names and not schema.field(there).type.num_fields:
            kept[there] = _bare_type(schema.field(there).type)
        elif name in known:
            kept[name] = pa.string()  # one of several values in a cell
    return kept


def _bare_type(kind: Any) -> Any:
    """Return a type without its dictionary or the clothes of another library."""
    import pyarrow as pa

    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _of_whole(path: Path, needs: Needs, table: str | None) -> Stream:
    """Return the rows of a format that is read as a whole."""
    import pyarrow as pa

    found = read_catalogue(path, table=table, rows=False, text=needs.kept)
    frame = plain(in_project(found).frame)
    called = _called(path, list(frame.columns), needs)
    there = found.frame.columns
    names = [name if name in there else name[:-1] for name in needs.kept if name in called]
    kept = {name: pa.array(found.frame[name], from_pandas=True) for name in names}
    kinds = {name: column.type for name, column in kept.items()}
    parts = _slices(frame, kept, needs)
    return Stream(parts, kinds, _missing(called, needs), list(found.notes))


def _slices(frame: Any, kept: dict, needs: Needs) -> Iterator[Part]:
    for start in range(0, len(frame), ROWS):
        rows = frame.iloc[start : start + ROWS]
        columns = {name: rows[name] for name in frame.columns}
        shape, unread = shaped(columns, len(rows), needs)
        these = {name: column.slice(start, ROWS) for name, column in kept.items()}
        yield Part(start + 1, these, shape, unread)
