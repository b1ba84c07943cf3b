"""Parquet, Feather, Arrow and ORC: files of columns with types, read by pyarrow."""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table.astro import gathered
from boxloop.table.gather import Gathered
from boxloop.table.inside import only_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


def read_parquet(path: Path, table: str | None) -> Catalogue:
    """Return the table of a Parquet file."""
    from pyarrow import parquet

    return _read(path, table, "Parquet", lambda file: parquet.ParquetFile(file).read())


def read_arrow(path: Path, table: str | None) -> Catalogue:
    """Return the table of a Feather or Arrow file, or of a stream of Arrow."""
    from pyarrow import feather, ipc

    def read(file: Any):
        with suppress(OSError, ValueError):
            return feather.read_table(file)
        file.seek(0)
        return ipc.open_stream(file).read_all()

    return _read(path, table, "Arrow", read)


def read_orc(path: Path, table: str | None) -> Catalogue:
    """Return the table of an ORC file."""
    from pyarrow import orc

    return _read(path, table, "ORC", lambda file: orc.ORCFile(file).read())


def _read(path: Path, table: str | None, kind: str, read: Callable) -> Catalogue:
    import pyarrow as pa

    only_one(path, table)
    try:
        # Opened here: pyarrow keeps a file open that it cannot read, and Windows will not move it.
        with path.open("rb") as file:
            found = read(file)
        found.validate(full=True)
    except (OSError, ValueError, pa.ArrowException, MemoryError) as error:
        msg = f"{path.name} is not a whole {kind} file: write it again."
        raise UserError(msg) from error
    if b"table_meta_yaml" in (found.schema.metadata or {}) and kind == "Parquet":
        with suppress(Exception):  # whatever it is: the columns are there without it, too
            from astropy.table import Table

            return gathered(path, Table.read(path, format="parquet")).done()
    return gathered_arrow(path, found)


def gathered_arrow(path: Path, table: Any) -> Catalogue:
    """Return a table of Arrow; an index of pandas is a column where it has a name.

    Parameters
    ----------
    path : Path
        Of the file that it is of.
    table : pyarrow.Table
    """
    columns, metadata = Gathered(path), table.schema.pandas_metadata or {}
    levels = len(metadata.get("column_indexes", [])) > 1
    facts = _of_astropy(table.schema.metadata or {})
    index, names = _index(metadata), list(table.schema.names)
    for at in sorted(range(len(names)), key=lambda at: names[at] not in index):
        name, field = names[at], table.schema.field(at)
        if (called := index.get(name, name)) is None:
            continue
        if (field.metadata or {}).get(b"ARROW:extension:name") == b"pandas.period":
            columns.leave_out(called, "hold periods of pandas")
            continue
        own = {
            key.decode(): value.decode("utf-8", "replace")
            for key, value in (field.metadata or {}).items()
        }
        known = facts.get(name, {})
        unit = own.get("unit") or own.get("units") or known.get("unit")
        text = own.get("description") or own.get("comment") or known.get("description")
        called = _flat(called) if levels else called
        columns.arrow(called, table.column(at), unit=unit, text=text)
    for one in metadata.get("index_columns", []):
        if isinstance(one, dict) and one.get("name") is not None and one.get("kind") == "range":
            rows = np.arange(one["start"], one["stop"], one["step"])
            if len(rows) == len(table):  # else it is a part of a file
                columns.add(one["name"], rows)
    return columns.done()


def _index(metadata: dict) -> dict:
    """Return what the columns of an index of pandas are called; None: left out, it has no name."""
    found = {}
    for one in metadata.get("index_columns", []):
        if isinstance(one, str):
            facts = [c for c in metadata.get("columns", []) if c.get("field_name") == one]
            name = facts[0].get("name") if facts else one
            counts = bool(facts) and "int" in str(facts[0].get("pandas_type"))
            found[one] = name if name is not None else None if counts else "index"
    return found


def _flat(name: str) -> str:
    """Return a name of several levels as one: ``('a', 'u')`` is ``a_u``."""
    with suppress(ValueError, SyntaxError):
        levels = ast.literal_eval(name)
        return "_".join(str(level) for level in levels if str(level)) or name
    return name


def _of_astropy(metadata: dict) -> dict:
    """Return what astropy has written of units and descriptions, by column."""
    if (written := metadata.get(b"table_meta_yaml")) is None:
        return {}
    with suppress(Exception):  # whatever it is: the values do not depend on it
        from astropy.table.meta import get_header_from_yaml

        header = get_header_from_yaml(written.decode("utf-8").split("\n"))
        return {one["name"]: one for one in header.get("datatype", [])}
    return {}
