"""A Parquet file that does not fit into memory: known by its footer, seen by a random sample.

Nothing here ever holds more of the file than a few ten thousand rows and the sample.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.door import enter
from boxloop.base.errors import UserError
from boxloop.base.files import written_whole
from boxloop.base.places import find_project
from boxloop.table.arrow import gathered_arrow
from boxloop.table.kinds import kind_of
from boxloop.table.plain import plain
from boxloop.table.read import TAKEN, in_project, settled
from boxloop.table.text import names_are_good

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import pandas as pd

    from boxloop.table.catalogue import Catalogue


MOST = 20_000_000  # values, rows × columns: a file of more is kept by reference (160 MB of floats)
ROWS = 100_000  # in the sample: a share of a half is known to ±0.3 per cent (95 %)
SEED = 0
BATCH = 1 << 16  # rows in memory at a time
BUFFER = 1 << 20  # bytes of a column that are read at a time
END = 8  # bytes at the end of a file of Parquet: the length of its footer, and its sign


def opened(path: Path) -> Any:
    """Return a `pyarrow.parquet.ParquetFile` that reads row groups in small pieces.

    Raises
    ------
    UserError
        If it is no whole file of Parquet.
    """
    import pyarrow as pa
    from pyarrow import parquet

    enter(path)
    try:
        return parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path) from error


def damaged(path: Path) -> UserError:
    """Return what to say of a file that cannot be read to its end."""
    return UserError(f"{path.name} is not a whole Parquet file: write it again.")


def is_large(path: Path) -> bool:
    """Whether a file is kept by reference: Parquet with more than `MOST` values.

    Parameters
    ----------
    path : Path
        Of a file that is there; only its footer is read.
    """
    if kind_of(path) != "parquet":
        return False
    with opened(path) as file:
        return file.metadata.num_rows * file.metadata.num_columns > MOST


def footer(path: Path) -> str:
    """Return the sha256 of the size of a Parquet file and of its footer.

    The footer holds schema and number of rows and, of each column of each row group, where it is,
    its size and as a rule its smallest and largest value and its gaps (Parquet format,
    ``FileMetaData``). A change of values that leaves all of these as they are is not seen; a copy
    of the file, or a new date of it, changes nothing.

    Raises
    ------
    UserError
        If it is not there, or no whole file of Parquet.
    """
    if not path.is_file():
        msg = f"{path} is not there: put it back, or adopt it again with --deployment and --force."
        raise UserError(msg)
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - END, 0))
        end = file.read(END)
        length = int.from_bytes(end[:4], "little")
        if end[4:] not in (b"PAR1", b"PARE") or length + END > size:
            raise damaged(path)
        file.seek(size - END - length)
        digest = hashlib.sha256(f"{size}\n".encode() + file.read(length))
    return digest.hexdigest()


def sample(
    path: Path, wanted: Collection[str] | None = None, *, rows: int | None = None, seed: int = SEED
) -> Any:
    """Return a random sample of the rows of a Parquet file, as a `pyarrow.Table`.

    Each row is as likely as any other, and none comes twice: which rows are drawn is settled from
    their number alone, then the file is read once, row group by row group, in its order.

    Parameters
    ----------
    path : Path
    wanted : collection of str, optional
        Names in the project; other columns are not read.
    rows : int, optional
        `ROWS`, if not said; all, where the file has no more.
    seed : int

    Raises
    ------
    UserError
        If the file is damaged.
    """
    import pyarrow as pa

    with opened(path) as file:
        total = file.metadata.num_rows
        random = np.random.default_rng(seed)
        drawn = np.sort(
            random.choice(total, min(rows or ROWS, total), replace=False, shuffle=False)
        )
        names = columns_of(file, wanted)
        schema = file.schema_arrow
        if names is not None:
            schema = pa.schema([schema.field(name) for name in names], schema.metadata)
        parts, start = [schema.empty_table()], 0
        for batch in batches(path, file, names):
            end = start + len(batch)
            here = drawn[np.searchsorted(drawn, start) : np.searchsorted(drawn, end)] - start
            if len(here):
                parts.append(pa.Table.from_batches([batch.take(pa.array(here))]).cast(schema))
            start = end
    return pa.concat_tables(parts)


def batches(
    path: Path, file: Any, names: list[str] | None, rows: int = BATCH, groups: Any = None
) -> Iterator:
    """Yield the rows of an opened file, some at a time, in order and never across row groups.

    Parameters
    ----------
    path : Path
    file : pyarrow.parquet.ParquetFile
    names : list of str or None
        Columns; None for all.
    rows : int
    groups : iterable of int, optional
        Row groups; all, if not said.

    Raises
    ------
    UserError
        If a row group is damaged.
    """
    import pyarrow as pa

    try:
        for group in range(file.num_row_groups) if groups is None else groups:
            yield from file.iter_batches(rows, [group], columns=names, use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path) from error


def even(path: Path, file: Any, names: list[str] | None, rows: int, group: int) -> Iterator:
    """Yield the rows of one row group as tables of just so many rows; the last may have fewer.

    Where a file changes its encoding the batches of Arrow are shorter than was asked for.

    Parameters
    ----------
    path, file, names, rows
        As for `batches`.
    group : int
    """
    import pyarrow as pa

    waiting: list[Any] = []
    for batch in batches(path, file, names, rows, groups=[group]):
        waiting.append(batch)
        if sum(map(len, waiting)) >= rows:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, rows)
            waiting = table.slice(rows).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)


def columns_of(file: Any, wanted: Collection[str] | None) -> list[str] | None:
    """Return the columns of a Parquet file behind some names in the project; None for all.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    wanted : collection of str or None
        Also the names of columns that are made of one of several values: ``mag_1`` of ``mag``.
    """
    if wanted is None:
        return None
    metadata = file.schema_arrow.pandas_metadata or {}
    plain_names = not metadata.get("index_columns") or all(
        not isinstance(one, str) for one in metadata["index_columns"]
    )
    if not plain_names or len(metadata.get("column_indexes", [])) > 1:
        return None  # names of pandas' own are settled by its whole header
    here = set(wanted) | {name[:-1] for name in wanted if name[:-1] in TAKEN}
    return [
        name
        for name in file.schema_arrow.names
        if name in here or any(one.startswith(f"{name}_") for one in here)
    ]


def understood(path: Path, table: Any) -> Catalogue:
    """Return some rows of a Parquet file as `boxloop.table.read.read_catalogue` returns all.

    Parameters
    ----------
    path : Path
    table : pyarrow.Table
    """
    names_are_good(path, table.column_names)
    return in_project(settled(gathered_arrow(path, table)))


def copy_of(folder: Path, mark: str, rows: int) -> Path:
    """Return where the sample of a table is kept: the name tells of which, and of how many rows.

    Parameters
    ----------
    folder : Path
    mark : str
        Its `footer`.
    rows : int
    """
    return folder / f"deployment_{mark[:12]}_{rows}.parquet"


def kept_sample(start: Path, settings: Any) -> tuple[Path, pd.DataFrame]:
    """Return the sample of a deployment table that is kept by reference, and its file.

    It is drawn where it is not there yet; the table itself is looked at by its footer only.

    Parameters
    ----------
    start : Path
        In the project.
    settings : boxloop.settings.load.Settings

    Raises
    ------
    UserError
        If the table is not there, or not the one that was adopted.
    """
    from pyarrow import parquet

    project, data = find_project(start), settings.data
    path = project.root / data.deployment
    if footer(path) != data.deployment_footer:
        msg = (
            f"{data.deployment} is not the file that was adopted, its footer has changed: put it "
            "back, or adopt it again with --deployment and --force."
        )
        raise UserError(msg)
    copy = copy_of(project.interim, data.deployment_footer, data.deployment_sample)
    found = None
    with suppress(OSError, ValueError):  # not there yet, or damaged: the table itself is whole
        found = parquet.read_table(copy)
    if found is None:
        found = sample(path, list(settings.columns), rows=data.deployment_sample)
        keep(found, copy)
    return copy, plain(understood(path, found).frame)


def keep(table: Any, copy: Path) -> None:
    """Write a sample as Parquet, whole or not at all."""
    from pyarrow import parquet

    written_whole(copy, lambda part: parquet.write_table(table, part))
