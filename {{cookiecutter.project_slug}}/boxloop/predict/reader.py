"""A Parquet file that is read piece by piece, here or by a worker that can see it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.predict.part import Needs, Part, shaped
from boxloop.table import sampled
from boxloop.table.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


@dataclass(frozen=True)
class Piece:
    """Rows of one row group, by their place: what a worker is told to read.

    Attributes
    ----------
    first : int
        The number of the first of them in the table, from 1.
    group : int
    skip : int
        Rows of the group that stand before.
    """

    first: int
    group: int
    skip: int


@dataclass
class _Place:
    """Where one thread has come to in a row group."""

    group: int
    at: int
    tables: Iterator[pa.Table]


class Reader:
    """Reads any piece of a Parquet file; pieces in order are read without a step back.

    It can be sent to a worker: what is open stays here, and the worker opens the file once.

    Parameters
    ----------
    path : Path
    names : list of str or None
        Columns that are read; None for all.
    needs : boxloop.predict.part.Needs
    kept : dict of pyarrow.DataType
        Id and group as the file calls them.
    rows : int
        In a piece; at the end of a row group there may be fewer.
    """

    def __init__(
        self, path: Path, names: Any, needs: Needs, kept: dict[str, Any], rows: int
    ) -> None:
        self.path, self.names, self.needs, self.kept, self.rows = (
            path.resolve(), names, needs, kept, rows,
        )  # fmt: skip
        self.mark = sampled.footer(path)
        self._start()

    def _start(self) -> None:
        self._places: dict[int, _Place] = {}
        self._files: dict[int, Any] = {}
        self._seen: bool | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: nothing that is open."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._start()

    def close(self) -> None:
        """Close the file."""
        for file in self._files.values():
            file.close()
        self._start()

    @property
    def sees(self) -> bool:
        """Whether the same file is here: size and footer are looked at once."""
        if self._seen is None:
            self._seen = False
            with suppress(UserError, OSError):
                self._seen = sampled.footer(self.path) == self.mark
        return self._seen

    def pieces(self) -> Iterator[Piece]:
        """Yield the places of all pieces, in order."""
        with sampled.opened(self.path) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        first = 1
        for group, size in enumerate(sizes):
            for skip in range(0, size, self.rows):
                yield Piece(first + skip, group, skip)
            first += size

    def part(self, piece: Piece) -> Part:
        """Return the rows of a piece.

        Raises
        ------
        UserError
            If the file is damaged there.
        """
        table = self._table(piece)
        frame = plain(sampled.understood(self.path, table).frame)
        columns = {name: frame[name] for name in frame.columns}
        found, unread = shaped(columns, len(table), self.needs)
        return Part(piece.first, handed_through(table, frame, self.kept), found, unread)

    def _table(self, piece: Piece) -> pa.Table:
        thread = threading.get_ident()  # a worker may have several
        place = self._places.get(thread)
        if place is None or place.group != piece.group or place.at > piece.skip:
            if thread not in self._files:
                self._files[thread] = sampled.opened(self.path)
            tables = sampled.even(
                self.path, self._files[thread], self.names, self.rows, piece.group
            )
            place = self._places[thread] = _Place(piece.group, 0, tables)
        for table in place.tables:
            here, place.at = place.at, place.at + len(table)
            if here == piece.skip:
                return table
        raise sampled.damaged(self.path)


def handed_through(table: Any, frame: Any, kinds: dict) -> dict:
    """Return id and group as they stand in a table of Arrow, or as they were understood.

    Parameters
    ----------
    table : pyarrow.Table of n rows
    frame : DataFrame of n rows
    kinds : dict of pyarrow.DataType
    """
    import pyarrow as pa

    kept = {}
    for name, kind in kinds.items():
        if name in table.column_names and not table.schema.field(name).type.num_fields:
            column = table.column(name).combine_chunks()
            column = column.storage if isinstance(column, pa.ExtensionArray) else column
            kept[name] = column.cast(kind)
        else:
            kept[name] = pa.array(frame[name].astype(str), kind)
    return kept
