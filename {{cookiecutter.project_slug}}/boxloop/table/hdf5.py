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


META = ".__table_column_meta__"  # where astropy keeps units and descriptions


class _PlainNames(pickle.Unpickler):
    """What unpickles words, numbers, lists and nothing that could run."""

    def find_class(self, module: str, name: str) -> NoReturn:
        """Refuse every class and function."""
        raise pickle.UnpicklingError(f"{module}.{name}")


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
            tables[choice.place][2](found)
    except UserError:
        raise
    except Exception as error:
        raise foreign.damaged(path, "hdf5") from error
    return found.done(choice)


def _refuse(path: Path) -> NoReturn:
    msg = f"{path.name} holds no table: its arrays have no rows in common; write columns as one."
    raise UserError(msg)


def _tables(file: Any, h5py: Any) -> list[tuple]:
    """Return name, number of rows and a function that adds the columns, for each table."""
    found: list[tuple] = []

    def look(group: Any):
        kind = _text(group.attrs.get("pandas_type", ""))
        if kind == "frame" and "axis0" in group:
            found.append((group.name, len(group["axis1"]), lambda g, at=group: _fixed(g, at)))
            return
        if kind.startswith("frame_table") and "table" in group:
            rows = len(group["table"])
            found.append((group.name, rows, lambda g, at=group: _pandas_table(g, at)))
            return
        plain = {}
        for name, one in group.items():
            if isinstance(one, h5py.Group):
                continue
            if one.dtype.names and one.ndim == 1 and len(one):
                found.append((one.name, len(one), lambda g, at=one: _compound(g, at)))
            elif not name.endswith(META) and one.ndim:
                plain[name] = one
        for number, columns in enumerate(by_length(plain)):
            rows = len(next(iter(columns.values())))
            name = group.name if number == 0 else next(iter(columns.values())).name
            found.append((name, rows, lambda g, at=columns: _side_by_side(g, at)))
        for one in group.values():
            if isinstance(one, h5py.Group):
                look(one)

    look(file)
    return found


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
        _added(found, name, one[()], unit=unit, text=text, fill=one.attrs.get("_FillValue"))


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
    rows, facts = one[()], _of_astropy(one)
    for name in rows.dtype.names:
        known = facts.get(name, {})
        unit, text = known.get("unit"), known.get("description")
        _added(found, name, rows[name], unit=unit, text=text)


def _of_astropy(one: Any) -> dict:
    """Return what astropy has written of units and descriptions, by column."""
    with suppress(Exception):  # whatever it is: the values do not depend on it
        from astropy.table.meta import get_header_from_yaml

        lines = [_text(line) for line in one.parent[one.name.rsplit("/", 1)[-1] + META][()]]
        return {each["name"]: each for each in get_header_from_yaml(lines).get("datatype", [])}
    return {}


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
    for name in [_text(name) for name in group["axis0"][()]]:
        if blocks.get(name) is None:
            found.leave_out(name, "hold words that pandas has pickled")
        else:
            found.add(name, blocks[name])


def _pandas_table(found: Gathered, group: Any) -> None:
    """Add the columns of a table that pandas has written row by row."""
    one = group["table"]
    rows = one[()]
    for field in rows.dtype.names:
        if field == "index":
            continue
        values = rows[field]
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
