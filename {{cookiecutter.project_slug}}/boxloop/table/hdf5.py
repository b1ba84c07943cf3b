"""HDF5 of h5py, pandas, astropy, Keras or netCDF: compound tables, and columns side by side.

Nothing in a file is unpickled as it stands: of what pandas has pickled only plain lists of words
are taken.
"""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table import foreign
from boxloop.table.arrays import WIDEST, by_length
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from boxloop.table.catalogue import Catalogue


DEEPEST = 20  # groups in groups
META = ".__table_column_meta__"  # where astropy keeps units and descriptions


class _PlainNames(pickle.Unpickler):
    """What unpickles words, numbers, lists and nothing that could run."""

    def find_class(self, module: str, name: str) -> NoReturn:
        """Refuse every class and function."""
        msg = f"{module}.{name}"
        raise pickle.UnpicklingError(msg)


def read_hdf5(path: Path, table: str | None) -> Catalogue:
    """Return a table of an HDF5 file.

    Raises
    ------
    UserError
        If h5py is not installed, the file is damaged, or it holds no table.
    """
    try:
        import h5py
    except ImportError as error:
        raise foreign.missing(path, "hdf5") from error
    # h5py raises what it likes of a file that is damaged.
    try:
        with h5py.File(path, "r") as file:
            tables = _tables(file, h5py)
            if not tables:
                _refuse(path)
            names = [name.strip("/") or "/" for name, *_ in tables]
            sizes = [f"{rows} rows" for _, rows, _ in tables]
            choice = choose(path, names, table, sizes=sizes)
            found = Gathered(path, widest=WIDEST)
            if not _by_astropy(path, file, tables[choice.place][0], found):
                tables[choice.place][2](found)
    except UserError:
        raise
    except Exception as error:
        raise foreign.damaged(path, "hdf5") from error
    return found.done(choice)


def _by_astropy(path: Path, file: Any, name: str, found: Gathered) -> bool:
    """Add a table that astropy has written, with its times and positions; say whether it is one."""
    if f"{name}{META}" not in file:
        return False
    with suppress(Exception):  # whatever it is: the columns are there without it, too
        from astropy.table import Table

        from boxloop.table.astro import add_columns

        add_columns(found, Table.read(path, path=name, format="hdf5"))
        return True
    return False


def _refuse(path: Path) -> NoReturn:
    msg = f"{path.name} holds no table: its arrays have no rows in common; write columns as one."
    raise UserError(msg)


def _tables(file: Any, h5py: Any) -> list[tuple]:
    """Return name, number of rows and a function that adds the columns, for each table."""
    found: list[tuple] = []

    def look(group: Any, depth: int = 0):
        kind = _text(group.attrs.get("pandas_type", ""))
        if kind == "frame" and "axis0" in group:
            rows = 0 if "shape" in group["axis1"].attrs else len(group["axis1"])  # none: one is
            found.append((group.name, rows, lambda g, at=group: _fixed(g, at)))
            return
        if kind.startswith("frame_table") and "table" in group:
            rows = len(group["table"])
            found.append((group.name, rows, lambda g, at=group: _pandas_table(g, at)))
            return
        # Links lead elsewhere, in circles or nowhere.
        hard = [name for name in group if isinstance(group.get(name, getlink=True), h5py.HardLink)]
        inner = {name: group[name] for name in hard}
        sets = {name: one for name, one in inner.items() if isinstance(one, h5py.Dataset)}
        plain = {}
        for name, one in sets.items():
            if one.shape and one.dtype.names:
                found.append((one.name, len(one), lambda g, at=one: _compound(g, at)))
            elif one.shape and not name.endswith(META):
                plain[name] = one
        for number, columns in enumerate(by_length(plain)):
            rows = len(next(iter(columns.values())))
            name = group.name if number == 0 else next(iter(columns.values())).name
            found.append((name, rows, lambda g, at=columns: _side_by_side(g, at)))
        for one in inner.values():
            if isinstance(one, h5py.Group) and depth < DEEPEST:
                look(one, depth + 1)

    look(file)
    return [one for one in found if one[1]]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _fact(attributes: Any, *names: str) -> str:
    """Return the first of several attributes that is there, as text."""
    for name in names:
        with suppress(Exception):
            if isinstance(value := attributes.get(name), str | bytes | np.str_ | np.bytes_):
                return _text(value)
    return ""


def _side_by_side(found: Gathered, columns: dict) -> None:
    """Add datasets of one length as columns, with their units."""
    for name, one in columns.items():
        unit = _fact(one.attrs, "units", "unit", "UNIT")
        text = _fact(one.attrs, "long_name", "description", "DESCRIPTION")
        values = _named(one)
        _added(found, name, values, unit=unit, text=text, fill=one.attrs.get("_FillValue"))


def _named(one: Any) -> Any:
    """Return the values of a dataset; the names of those that it gives names to."""
    import h5py

    values, names = one[()], h5py.check_enum_dtype(one.dtype)
    if not names or set(names) == {"FALSE", "TRUE"}:
        return values
    codes = {code: name for name, code in names.items()}
    return np.array([codes.get(code) for code in values.ravel()], dtype=object).reshape(one.shape)


def _added(found: Gathered, name: str, values: Any, *, fill: Any = None, **facts: Any):
    if fill is not None and values.dtype.kind in "iuf" and np.size(fill) == 1:
        values = np.ma.masked_equal(values, np.ravel(fill)[0], copy=False)
    if values.dtype.kind == "O" and values.ndim == 1:
        words = [_text(one) if isinstance(one, bytes) else one for one in values.tolist()]
        found.objects(name, words, **facts)
    else:
        found.add(name, values, **facts)


def _compound(found: Gathered, one: Any) -> None:
    """Add the fields of a dataset of records."""
    rows = one[()]
    for name in rows.dtype.names:
        _added(found, name, rows[name])


def _fixed(found: Gathered, group: Any) -> None:
    """Add the columns of a table that pandas has written as blocks of one type."""
    blocks = {}
    for number in range(int(group.attrs.get("nblocks", 0))):
        names = [_text(name) for name in group[f"block{number}_items"][()]]
        values = group[f"block{number}_values"]
        if "O" in values.dtype.kind or values.ndim != 2:  # pandas has pickled it
            blocks |= dict.fromkeys(names)
            continue
        kind = _text(values.attrs.get("value_type", ""))
        rows = values[()].astype(kind) if kind.startswith("datetime64") else values[()]
        blocks |= {name: rows[:, at] for at, name in enumerate(names)}
    _add_index(found, group["axis1"][()], group["axis1"].attrs)
    for name in [_text(name) for name in group["axis0"][()]]:
        if blocks.get(name) is None:
            found.leave_out(name, "hold words that pandas has pickled")
        else:
            found.add(name, blocks[name])


def _add_index(found: Gathered, values: Any, attributes: Any):
    """Add the index of a table of pandas, unless it only counts the rows."""
    kind = _text(attributes.get("kind", attributes.get("index_kind", "")))
    if values.ndim == 1 and not (
        values.dtype.kind in "iu" and (np.diff(values) == 1).all() and kind != "datetime64"
    ):
        words = values.astype("datetime64[ns]") if kind.startswith("datetime64") else values
        _added(found, "index", words)


def _typed(group: Any, field: str, values: Any) -> Any:
    """Return what a column of a table of pandas holds, which is told beside it."""
    attributes = group["table"].attrs
    kind = _text(attributes.get(f"{field}_dtype", ""))
    if kind.startswith(("datetime64", "timedelta64")):
        return values.astype("datetime64[ns]" if kind[0] == "d" else "timedelta64[ns]")
    if kind == "bool":
        return values.astype(bool)
    if _text(attributes.get(f"{field}_meta", "")) == "category":
        words = group[f"meta/{field}/meta/table"]["values"]
        return np.ma.array(words[np.maximum(values, 0)], mask=values < 0)
    return values


def _pandas_table(found: Gathered, group: Any) -> None:
    """Add the columns of a table that pandas has written row by row."""
    one = group["table"]
    rows = one[()]
    for field in rows.dtype.names:
        if field == "index":
            _add_index(found, rows[field], one.attrs)
            continue
        values = _typed(group, field, rows[field])
        names = _names(one.attrs.get(f"{field}_kind"))
        if names is None or (values.ndim == 2 and len(names) != values.shape[1]):
            _added(found, field, values)
        elif values.ndim == 1:
            _added(found, names[0] if field.startswith("values_block") else field, values)
        else:
            for at, name in enumerate(names):
                _added(found, name, values[:, at])


def _names(pickled: Any) -> list[str] | None:
    """Return a list of names that pandas has pickled; None where it is anything else."""
    content = pickled.tobytes() if isinstance(pickled, np.void | np.ndarray) else pickled
    if isinstance(content, str):
        content = content.encode("latin-1", "replace")
    with suppress(Exception):
        names = _PlainNames(io.BytesIO(content)).load()
        if isinstance(names, list) and names:
            return [_text(name) for name in names]
    return None
