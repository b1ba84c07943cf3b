"""A table of predictions on its way into a file, whole or not at all."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import written_whole

if TYPE_CHECKING:
    import pyarrow as pa


# What is written a part at a time, and what is kept in memory until the last row is there.
STREAMED = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
GATHERED = {
    ".fits": "fits", ".fit": "fits", ".fts": "fits",
    ".vot": "votable", ".votable": "votable", ".xml": "votable", ".ecsv": "ascii.ecsv",
}  # fmt: skip

QUOTED = r'[",\r\n]|^\s|\s$'  # a word that holds one of these stands in quotes


def kind_for(path: Path) -> str:
    """Return the kind of file that the ending of a name asks for.

    Raises
    ------
    UserError
        If nothing here is written with that ending.
    """
    kind = (STREAMED | GATHERED).get(path.suffix.lower())
    if kind is None:
        ending = f"'{path.suffix}'" if path.suffix else "no ending"
        named = f"{path.name} has {ending}, by which no table is written"
        msg = f"{named}: end it in .csv, .parquet, .fits, .vot or .ecsv."
        raise UserError(msg)
    return kind


def refuse(out: Path, file: Path, *, force: bool) -> None:
    """Refuse a place where a table cannot go, before there is anything to write.

    Parameters
    ----------
    out, file : Path
        Where predictions go, and the table that they are for.
    force : bool
        Whether a file that is there is replaced.
    """
    kind_for(out)
    if out.resolve() == file.resolve():
        msg = f"{out} is the table itself: name another file with --out."
        raise UserError(msg)
    if out.is_dir():
        msg = f"{out} is a folder: name a file in it with --out."
        raise UserError(msg)
    if out.exists() and not force:
        msg = f"{out} is there already: name another file, or add --force to replace it."
        raise UserError(msg)
    if not out.parent.is_dir():
        msg = f"The folder {out.parent} is not there: make it, or name another one with --out."
        raise UserError(msg)


def write(out: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> Path:
    """Write tables one below the other into one file.

    Parameters
    ----------
    out : Path
        Its ending says as what; CSV and Parquet need memory for one table at a time.
    schema : pyarrow.Schema
    tables : iterable of pyarrow.Table
    """
    kind = kind_for(out)
    fill = {"csv": _csv, "parquet": _parquet}.get(kind)
    if fill is not None:
        return written_whole(out, lambda part: fill(part, schema, tables))
    return written_whole(out, lambda part: _astropy(part, kind, schema, tables))


def _parquet(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    from pyarrow import parquet

    with path.open("wb") as file, parquet.ParquetWriter(file, schema) as writer:
        for table in tables:
            writer.write_table(table)


def _csv(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    names = io.StringIO()
    csv.writer(names, lineterminator="\n").writerow(schema.names)
    with path.open("wb") as file:
        file.write(names.getvalue().encode())
        for table in tables:
            if len(table):
                file.write(_lines(table))


def _lines(table: pa.Table) -> bytes:
    """Return rows as lines of CSV; what is nothing is empty, and quotes stand where one needs them.

    Not by the writer of Arrow, which puts every word in quotes.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = [_cells(column.combine_chunks()) for column in table.columns]
    if len(cells) == 1:
        lines = cells[0]
    else:
        lines = pc.binary_join_element_wise(*cells, pa.scalar(",", pa.large_string()))
    return ("\n".join(lines.to_pylist()) + "\n").encode()


def _cells(column: Any) -> Any:
    """Return the cells of a column as they stand in CSV, floats so that they can be read back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.large_string()
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "True", "False").cast(text).fill_null("")
    words = column.cast(text).fill_null("")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        quoted = pc.replace_substring(words, '"', '""')
        mark = pa.scalar('"', text)
        quoted = pc.binary_join_element_wise(mark, quoted, mark, pa.scalar("", text))
        return pc.if_else(pc.match_substring_regex(words, QUOTED), quoted, words)
    return words


def _astropy(path: Path, kind: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write a format of astropy; what a row does not have is masked."""
    import pyarrow as pa
    from astropy.table import Table

    whole = pa.concat_tables([schema.empty_table(), *tables])
    found = Table([_column(whole, name, kind) for name in whole.column_names])
    if kind == "fits":
        _refuse_letters(found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units and names that other tables do not have
        found.write(path, format=kind, overwrite=True)


def _refuse_letters(found: Any) -> None:
    """Refuse what FITS has no letters for, and ids would lose."""
    for name in found.colnames:
        words = found[name].tolist() if found[name].dtype.kind == "U" else []
        if other := next((one for one in [name, *words] if not one.isascii()), None):
            msg = f"FITS has ASCII letters alone, and '{other}' is in '{name}': end --out in .ecsv."
            raise UserError(msg)


def _column(table: pa.Table, name: str, kind: str) -> Any:
    """Return a column of Arrow as one of astropy."""
    import numpy as np
    import pyarrow as pa
    from astropy.table import Column, MaskedColumn

    column = table.column(name).combine_chunks()
    gone = column.is_null().to_numpy(zero_copy_only=False)
    types = pa.types
    if types.is_floating(column.type):
        return Column(column.to_numpy(zero_copy_only=False), name)
    if types.is_boolean(column.type) and kind == "fits" and gone.any():
        column = column.cast(pa.int16())  # its truth values know no third
    if types.is_unsigned_integer(column.type) and kind == "votable":
        column = _signed(column)  # of which it has none without a sign
    if types.is_integer(column.type) or types.is_boolean(column.type):
        nothing = pa.scalar(0).cast(column.type)
        values = column.fill_null(nothing).to_numpy(zero_copy_only=False)
        if not gone.any():
            return Column(values, name)
        values = np.where(gone, _least(values.dtype), values)
        return MaskedColumn(values, name, mask=gone, fill_value=_least(values.dtype))
    words = column.cast(pa.string()).fill_null("").to_pylist()
    return Column(np.array(words, dtype=str) if words else np.array([], dtype="U1"), name)


def _signed(column: Any) -> Any:
    """Return whole numbers with a sign, or as text where one is too large for that."""
    import pyarrow as pa

    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.string())


def _least(kind: Any) -> Any:
    """Return a number that stands for nothing in a column of FITS."""
    import numpy as np

    return False if kind.kind == "b" else np.iinfo(kind).min
