"""Files of numpy: one array, or several that belong together."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose, only_one

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


WIDEST = 10_000  # a matrix is a table, and its columns are the table's
DAMAGED = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError)


def read_npy(path: Path, table: str | None) -> Catalogue:
    """Return the array in a file of numpy as a table; without names its columns are numbered."""
    only_one(path, table)
    return tabled(path, {"column": _loaded(path)}, alone=True).done()


def read_npz(path: Path, table: str | None) -> Catalogue:
    """Return the arrays of a file of numpy that have one length, side by side."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays, odd = {}, []
            for name in file.files:
                try:
                    arrays[name] = file[name]
                except ValueError:  # Python's own objects: a pickle
                    odd.append(name)
    except DAMAGED as error:
        msg = f"{path.name} is not a whole file of numpy: write it again."
        raise UserError(msg) from error
    tables = by_length(arrays)
    if not tables:
        msg = f"{path.name} holds no array with rows: save a table in it, or adopt another file."
        raise UserError(msg)
    choice = choose(
        path,
        [",".join(group) for group in tables],
        table,
        sizes=[f"{len(next(iter(group.values())))} rows" for group in tables],
    )
    found = tabled(path, tables[choice.place], alone=len(tables[choice.place]) == 1)
    for name in odd:
        found.leave_out(name, "hold objects of Python")
    return found.done(choice)


def read_netcdf(path: Path, table: str | None) -> Catalogue:
    """Return the variables of a netCDF file of version 3 that have one length, side by side."""
    from scipy.io import netcdf_file

    # scipy raises what it likes of a file that is damaged.
    try:
        with netcdf_file(path, mmap=False) as file:
            variables = {name: (one[:].copy(), one) for name, one in file.variables.items()}
    except Exception as error:
        msg = f"{path.name} is not a whole netCDF file: write it again."
        raise UserError(msg) from error
    tables = by_length({name: values for name, (values, _) in variables.items()})
    if not tables:
        msg = f"{path.name} holds no variable with rows: save a table in it, or adopt another file."
        raise UserError(msg)
    sizes = [f"{len(next(iter(group.values())))} rows" for group in tables]
    choice = choose(path, [",".join(group) for group in tables], table, sizes=sizes)
    found = Gathered(path, widest=WIDEST)
    for name, values in tables[choice.place].items():
        found.add(name, values, unit=getattr(variables[name][1], "units", b""))
    return found.done(choice)


def _loaded(path: Path):
    try:
        return np.load(path, allow_pickle=False)
    except DAMAGED as error:
        pickled = "allow_pickle" in str(error)
        why = "holds objects of Python, which are not opened" if pickled else "is not whole"
        remedy = "save an array of numbers" if pickled else "write it again"
        msg = f"{path.name} {why}: {remedy}."
        raise UserError(msg) from error


def by_length(arrays: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arrays that have one length together, those with the most columns first."""
    found: dict[int, dict[str, Any]] = {}
    for name, values in arrays.items():
        if getattr(values, "ndim", 0) and values.shape[0]:
            found.setdefault(values.shape[0], {})[name] = values
    longest = sorted(found.items(), key=lambda pair: (len(pair[1]), pair[0]), reverse=True)
    return [group for _, group in longest]


def tabled(path: Path, arrays: dict[str, Any], *, alone: bool) -> Gathered:
    """Return arrays of one length as columns.

    Parameters
    ----------
    path : Path
    arrays : dict of array of shape (n, ...)
    alone : bool
        Whether one array is the whole table, so that its columns need no name of their own.

    Raises
    ------
    UserError
        If the only array is no table.
    """
    found = Gathered(path, widest=WIDEST)
    for name, values in arrays.items():
        if not alone:
            found.add(name, values)
        elif values.dtype.names:
            for field in values.dtype.names:
                found.add(field, values[field])
        elif values.ndim == 1:
            found.add(name, values)
        elif values.ndim != 2:
            msg = (
                f"{path.name} holds an array of the shape {values.shape}, which is no table: "
                "save one with a row per object and a column per quantity."
            )
            raise UserError(msg)
        else:
            found.add(name, values)
            width = values.shape[1]
            found.said.clear()
            found.remarks.append(
                f"The file has no names of columns: they are called {name}_1 to {name}_{width}."
            )
    return found
