"""FITS, VOTable and ECSV: tables that astropy reads, with units, masks, times and positions."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose, only_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


def read_fits(path: Path, table: str | None) -> Catalogue:
    """Return a table of a FITS file.

    Raises
    ------
    UserError
        If it is damaged, or holds images alone.
    """
    from astropy.io import fits
    from astropy.table import Table

    def extensions():
        with fits.open(path) as file:
            return [(at, hdu, hdu.header.copy()) for at, hdu in enumerate(file)]

    found = _asked(path, "FITS", extensions)
    tables = [(at, hdu, head) for at, hdu, head in found if _is_table(hdu)]
    if not tables:
        _refuse_images(path, [head for *_, head in found])
    choice = choose(
        path,
        [str(head.get("EXTNAME", "")) for *_, head in tables],
        table,
        sizes=[_size(head["NAXIS2"], head["TFIELDS"]) for *_, head in tables],
        numbers=[at for at, *_ in tables],
    )
    at, _, head = tables[choice.place]
    if head.get("ZTABLE"):
        msg = f"{path.name} was packed by fpack: `funpack {path.name}` unpacks it."
        raise UserError(msg)
    # Keywords of the standard of times (Rots et al. 2015): without them there is nothing to ask.
    timed = any(key.startswith(("TCTYP", "TRPOS")) for key in head)

    def read():
        return Table.read(path, format="fits", hdu=at, astropy_native=timed)

    return gathered(path, _asked(path, "FITS", read)).done(choice)


def _is_table(hdu: Any):
    from astropy.io import fits

    image = isinstance(hdu, fits.CompImageHDU)
    return isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not image


def _refuse_images(path: Path, heads: list):
    """Say that a FITS file holds no table, and what is in it."""
    shapes = [
        " × ".join(str(head[f"{axis}NAXIS{n}"]) for n in range(1, head[f"{axis}NAXIS"] + 1))
        for head in heads
        for axis in ("Z" if "ZNAXIS" in head else "",)
        if head.get(f"{axis}NAXIS", 0)
    ]
    what = f"an image of {shapes[0]} pixels" if shapes else "a header"
    remedy = "adopt a table of what was measured in it" if shapes else "write it again"
    cut = "" if shapes else ", or it was cut short"
    msg = f"{path.name} is a FITS file with {what} and no table{cut}: {remedy}."
    raise UserError(msg)


def _size(rows: Any, columns: Any) -> str:
    return f"{rows} rows of {columns} columns"


def read_votable(path: Path, table: str | None) -> Catalogue:
    """Return a table of a VOTable file."""
    from astropy.io.votable import parse

    file = _asked(path, "VOTABLE", lambda: parse(path, verify="ignore"))
    tables = list(file.iter_tables())
    if not tables:
        infos = [info for each in file.resources for info in each.infos]
        said = next((str(one.content) for one in infos if one.value == "ERROR"), "")
        why = f" ({' '.join(said.split())[:100]})" if said.strip() else ""
        msg = f"{path.name} is a VOTable without a table{why}: ask for it again."
        raise UserError(msg)
    choice = choose(
        path,
        [str(one.name or one.ID or "") for one in tables],
        table,
        sizes=[_size(len(one.array), len(one.fields)) for one in tables],
    )

    def read():
        return tables[choice.place].to_table(use_names_over_ids=True)

    return gathered(path, _asked(path, "VOTABLE", read)).done(choice)


def read_ecsv(path: Path, table: str | None) -> Catalogue:
    """Return the table of an ECSV file."""
    from astropy.table import Table

    only_one(path, table)
    found = _asked(path, "ECSV", lambda: Table.read(path, format="ascii.ecsv"))
    return gathered(path, found).done()


def _asked(path: Path, kind: str, read: Callable) -> Any:
    """Return what astropy reads, or say in one sentence why it does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    # The readers raise what they like; every one of them means: not such a file.
    except Exception as error:
        said = next((line for line in str(error).splitlines() if line.strip()), None)
        why = re.sub(r"^\S*:\d+:\d+: ([EW]\d+: )?", "", said or type(error).__name__).strip()
        cut = "reshape" in why or "buffer is smaller" in why
        why = "it ends before its last row" if cut else why.split(". ")[0].rstrip(".")[:120]
        msg = f"{path.name} cannot be read as {kind} ({why}): write it again."
        raise UserError(msg) from error


def gathered(path: Path, table: Any) -> Gathered:
    """Return the columns of a table of astropy."""
    found = Gathered(path)
    add_columns(found, table)
    return found


def add_columns(found: Gathered, table: Any) -> None:
    """Add the columns of a table of astropy."""
    for name in table.colnames:
        column = table[name]
        unit, text = getattr(column, "unit", None), getattr(column.info, "description", None)
        try:
            _add(found, name, column, unit=unit, text=text)
        except (TypeError, ValueError, AttributeError):  # a kind of column that is not known here
            found.leave_out(name, f"are of the kind {type(column).__name__}")


def _add(found: Gathered, name: str, column: Any, **facts: Any):
    from astropy.coordinates import SkyCoord
    from astropy.time import Time, TimeDelta
    from astropy.units import Quantity

    if isinstance(column, SkyCoord):
        spherical = column.spherical
        ends = column.frame.representation_component_names
        parts = {ends_of(ends, "lon"): spherical.lon.deg, ends_of(ends, "lat"): spherical.lat.deg}
        for end, degrees in parts.items():
            found.add(f"{name}_{end}", np.ma.asarray(degrees), unit="deg", text=facts["text"])
        return
    if isinstance(column, Time | TimeDelta):
        _add_times(found, name, column, facts["text"])
        return
    mask = getattr(column, "mask", None)
    values = getattr(column, "unmasked", column)
    values = values.value if isinstance(values, Quantity) else values
    plain = np.ma.getdata(np.ma.asarray(values)) if mask is not None else np.asarray(values)
    found.add(name, plain, mask=mask, **facts)


def ends_of(names: dict, which: str) -> str:
    """Return what a frame calls its longitude or latitude: ``ra`` for ``lon``."""
    return next((own for own, general in names.items() if general == which), which)


def _add_times(found: Gathered, name: str, column: Any, text: Any):
    """Add times as decimal years and differences of times in days; masked ones are missing."""
    from astropy.time import TimeDelta

    difference = isinstance(column, TimeDelta)
    if column.ndim != 1:
        found.leave_out(name, "hold several times in each row")
        return
    mask = np.broadcast_to(np.asarray(column.mask, dtype=bool), column.shape)
    values = np.full(len(column), np.nan)
    if not mask.all():
        there = column[~mask]
        values[~mask] = np.asarray(there.jd if difference else there.decimalyear, dtype=float)
    if difference:
        found.add(name, values, unit="d", text=text)
        return
    found.add(name, values, unit="yr", text=text)
    found.times.append(name)
