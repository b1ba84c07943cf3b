"""Columns of any type made plain: numbers, truth values, words and dates, one value per row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.table.catalogue import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.inside import Choice


WIDEST = 32  # values in one cell that become columns of their own; more are a spectrum or an image
EXACT = 2**53  # whole numbers beyond it are no longer exact as floats (IEEE 754)
DAY = 86_400
BEYOND = "hold whole numbers beyond 64 bits with a sign: read as words"
# Five values in the order of the bands of SDSS (its data model, file photoObj).
BANDS = re.compile(
    r"^((psf|model|cmodel|petro|fiber2?|dev|exp|dered|ap|sky)_?(mag|flux|counts)(err|_?ivar)?"
    r"|extinction|petroR(50|90)(err)?|petroRad(err)?|probPSF|nmgypercount)$",
    re.IGNORECASE,
)


class Gathered:
    """The columns of a table as a reader finds them; what has no place in a table is left out.

    Parameters
    ----------
    path : Path
    widest : int
        Values in one cell that become columns of their own.
    """

    def __init__(self, path: Path, *, widest: int = WIDEST) -> None:
        self.path, self.widest = path, widest
        self.series: list[tuple[str, pd.Series]] = []
        self.units: dict[str, str] = {}
        self.descriptions: dict[str, str] = {}
        self.said: dict[str, list[str]] = {}  # columns by what is to be said of them
        self.left: dict[str, list[str]] = {}  # columns that are left out, by why
        self.remarks: list[str] = []  # what is to be said of the whole table
        self.times: list[str] = []  # columns that held times and are decimal years now
        self.made: set[str] = set()  # names of columns that several were made from

    def add(
        self, name: Any, values: Any, *, mask: Any = None, unit: Any = "", text: Any = ""
    ) -> None:
        """Add a column of numpy.

        Parameters
        ----------
        name : str
        values : array of shape (n, ...), masked or not
        mask : array of bool, shape (n, ...), optional
            True where nothing was measured.
        unit, text : str
            What the file says of it.
        """
        name, kept = _word(name), np.ma.getmaskarray(values)
        mask = kept if mask is None else kept | np.asarray(mask, dtype=bool)
        values = np.ma.getdata(values)
        if values.dtype.names:
            for field in values.dtype.names:
                inner = mask[field] if mask.dtype.names else mask
                self.add(self._made(name, f"_{field}"), values[field], mask=inner, unit=unit)
            return
        mask = (
            np.asarray(mask, dtype=bool) if not mask.dtype.names else np.zeros(values.shape, bool)
        )
        if values.ndim == 1:
            self._one(name, values, mask, unit, text)
        elif values.ndim > 1:
            self._several(name, values, mask, unit, text)

    def _several(self, name: str, values: Any, mask: Any, unit: Any, text: Any):
        """Add the values of cells that hold several as columns of their own."""
        width = int(np.prod(values.shape[1:]))
        if width > self.widest or width == 0:
            self.leave_out(name, f"hold more than {self.widest} values in each row")
            return
        values, mask = values.reshape(len(values), width), mask.reshape(len(mask), width)
        if width > 1:
            self._say("hold several values in each row: each has a column of its own here", name)
        for at, end in enumerate(_ends(name, width)):
            self._one(self._made(name, end), values[:, at], mask[:, at], unit, text)

    def _one(self, name: str, values: Any, mask: Any, unit: Any, text: Any):
        kind = values.dtype.kind
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if kind == "c":
            self._say("hold complex numbers: real and imaginary parts are two columns here", name)
            for end, part in (("_re", values.real), ("_im", values.imag)):
                self._keep(self._made(name, end), _floats(part, mask), unit, text)
        elif kind == "f":
            self._keep(name, _floats(values, mask), unit, text)
        elif kind in "iu":
            self._keep(name, self._whole(name, values, mask), unit, text)
        elif kind == "b":
            truth = pd.Series(values)
            truth = truth.astype(object).mask(mask, None) if mask.any() else truth
            self._keep(name, truth, unit, text)
        elif kind == "m":
            self._lasting(name, values / np.timedelta64(1, "s"), mask, text)
        elif kind == "M":
            self._keep(name, _dated(values, mask), unit, text)
        elif kind in "SUT":
            self._words(name, values, mask, unit, text)
        else:
            self.objects(name, values.tolist(), mask=mask, unit=unit, text=text)

    def _words(self, name: str, values: Any, mask: Any, unit: Any, text: Any):
        try:
            words = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
        except UnicodeDecodeError:
            self.leave_out(name, "hold bytes that are no text")
            return
        self._keep(name, pd.Series(words.astype(object)).mask(mask, None), unit, text)

    def _whole(self, name: str, values: Any, mask: Any) -> pd.Series:
        """Return whole numbers, exact: identifiers beyond 2**53 with a gap are Int64."""
        there = values[~mask]
        if len(there) and there.max() > np.iinfo(np.int64).max:
            self._say(BEYOND, name)
            return pd.Series(values.astype(str).astype(object)).mask(mask, None)
        if values.dtype.kind == "u" and values.dtype.itemsize == 8:
            values = np.where(mask, 0, values).astype(np.int64)
        if not mask.any():
            return pd.Series(values)
        if len(there) and (there.max() > EXACT or there.min() < -EXACT):
            return pd.Series(pd.arrays.IntegerArray(values.astype(np.int64), mask.copy()))
        return _floats(values.astype(float), mask)

    def _lasting(self, name: str, seconds: Any, mask: Any, text: Any):
        """Keep durations in days; in seconds where all are shorter than a day."""
        seconds = np.where(mask, np.nan, np.asarray(seconds, dtype=float))
        longest = np.nanmax(np.abs(seconds), initial=0.0)
        by, unit = (DAY, "d") if longest >= DAY else (1, "s")
        self._say(f"hold durations: read in {'days' if by == DAY else 'seconds'}", name)
        self._keep(name, pd.Series(seconds / by), unit, text)

    def objects(
        self, name: Any, values: list, *, mask: Any = None, unit: Any = "", text: Any = ""
    ) -> None:
        """Add a column of Python's own values, of one type or mixed.

        Parameters
        ----------
        name : str
        values : list of length n
        mask, unit, text
            As for `add`.
        """
        import pyarrow as pa

        name = _word(name)
        if mask is not None and np.any(mask):
            values = [None if gone else one for one, gone in zip(values, mask, strict=True)]
        try:
            column = pa.array(values, from_pandas=True)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            self._mixed(name, values, unit, text)
            return
        self.arrow(name, column, unit=unit, text=text)

    def _mixed(self, name: str, values: list, unit: Any, text: Any):
        """Add values of several types as words; what is no number and no word is left out."""
        scalar = (str, int, float, bool, np.generic)
        there = [value for value in values if value is not None and value == value]  # noqa: PLR0124
        if not all(isinstance(value, scalar) or hasattr(value, "as_tuple") for value in there):
            self.leave_out(name, "hold values that are neither numbers nor words")
            return
        if all(isinstance(value, bool | int | float) and abs(value) < EXACT for value in there):
            numbers = [np.nan if value is None else float(value) for value in values]
            self._keep(name, pd.Series(numbers), unit, text)
            return
        whole = all(isinstance(value, int) for value in there)
        mixed = "hold numbers and words: all are read as words"
        self._say(BEYOND if whole else mixed, name)
        gone = [value is None or value != value for value in values]  # noqa: PLR0124
        words = [None if no else str(value) for no, value in zip(gone, values, strict=True)]
        self._keep(name, pd.Series(words), unit, text)

    def arrow(self, name: Any, column: Any, *, unit: Any = "", text: Any = "") -> None:
        """Add a column of Arrow.

        Parameters
        ----------
        name : str
        column : pyarrow.Array or pyarrow.ChunkedArray of length n
        unit, text
            As for `add`.
        """
        import pyarrow as pa

        types, name = pa.types, _word(name)
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
            column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        kind = column.type
        if types.is_dictionary(kind):
            column = column.dictionary_decode()
            kind = column.type
        if types.is_struct(kind):
            for at in range(kind.num_fields):
                inner = column.flatten()[at]
                self.arrow(self._made(name, f"_{kind.field(at).name}"), inner, unit=unit)
        elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            self._listed(name, column, unit, text)
        elif (numbers := _numbers(column)) is not None:
            self.add(name, numbers, unit=unit, text=text)
        else:
            self._other(name, column, unit, text)

    def _listed(self, name: str, column: Any, unit: Any, text: Any):
        """Add lists of equal length as columns of their own."""
        import pyarrow.compute as pc

        widths = pc.unique(pc.list_value_length(column)).drop_null().to_pylist()
        nested = column.type.value_type.num_fields
        if len(widths) != 1 or nested or not 0 < widths[0] <= self.widest:
            several = "lists of different lengths" if len(widths) > 1 else "several values"
            self.leave_out(name, f"hold {several} in each row")
            return
        self._say("hold several values in each row: each has a column of its own here", name)
        for at, end in enumerate(_ends(name, widths[0])):
            self.arrow(self._made(name, end), pc.list_element(column, at), unit=unit, text=text)

    def _other(self, name: str, column: Any, unit: Any, text: Any):
        """Add a column of Arrow that holds neither numbers nor lists."""
        import pyarrow as pa

        types, kind = pa.types, column.type
        mask = column.is_null().to_numpy(zero_copy_only=False)
        if types.is_null(kind):
            self._keep(name, pd.Series(np.full(len(column), np.nan)), unit, text)
        elif types.is_date(kind) or types.is_timestamp(kind):
            days = column.cast(pa.timestamp("s")) if types.is_date(kind) else column
            # An instant is kept as it is in UTC.
            plain = days.cast(pa.timestamp(days.type.unit))
            self._keep(name, _dated(plain.to_numpy(zero_copy_only=False), mask), unit, text)
        elif types.is_time(kind):
            seconds = column.cast(pa.time64("ns")).cast(pa.int64()).fill_null(0).to_numpy() / 1e9
            self._say("hold times of day: read in seconds since midnight", name)
            self._keep(name, _floats(seconds, mask), "s", text)
        elif types.is_duration(kind):
            parts = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
            whole = column.cast(pa.int64()).fill_null(0).to_numpy()
            self._lasting(name, whole / parts, mask, text)
        else:
            try:
                words = column.cast(pa.large_string())
            except pa.ArrowException:
                no_text = "binary" in str(kind)
                why = "hold bytes that are no text" if no_text else f"are of the type {kind}"
                self.leave_out(name, why)
                return
            self._keep(name, words.to_pandas(), unit, text)

    def _keep(self, name: str, series: pd.Series, unit: Any, text: Any):
        self.series.append((name, series))
        unit, text = ("" if fact is None else _word(fact).strip() for fact in (unit, text))
        self.units |= {name: unit} if unit and unit not in ("None", "nan") else {}
        self.descriptions |= {name: text} if text and text != "None" else {}

    def leave_out(self, name: Any, why: str) -> None:
        """Take note that a column has no place in the table, and why: ``hold lists``."""
        self.left.setdefault(why, []).append(_word(name))

    def _say(self, what: str, name: str) -> None:
        self.said.setdefault(what, []).append(name)

    def _made(self, name: str, end: str):
        """Return the name of one of several columns that are made from one of the file."""
        self.made |= {f"{name}{end}"} if end else set()
        return f"{name}{end}"

    def _free(self) -> list[str]:
        """Return the names, those that were made here with dashes where the file has them too."""
        names: list[str] = []
        counts = pd.Series([name for name, _ in self.series]).value_counts()
        for name, _ in self.series:
            new = name
            while name in self.made and counts[name] > 1 and (new in names or new == name):
                new += "_"
            names.append(new)
        return names

    def done(self, choice: Choice | None = None) -> Catalogue:
        """Return the table, with what was changed and what was left out as notes.

        Raises
        ------
        UserError
            If no column is left.
        """
        gone = [_sentence(names, why) for why, names in self.left.items()]
        if not self.series:
            why = f" ({gone[0].lower()})" if gone else ""
            msg = (
                f"{self.path.name} holds no column of numbers or words{why}: "
                "write a table with one value per row in each column."
            )
            raise UserError(msg)
        notes = [*(choice.notes if choice else []), *self.remarks]
        notes += [f"{_sentence(names, what)}." for what, names in self.said.items()]
        years = "held times: it is now in decimal years"
        notes += [f"Column '{name}' {years}." for name in self.times]
        notes += [f"{out}: left out." for out in gone]
        frame = pd.concat([series for _, series in self.series], axis=1)
        frame.columns = pd.Index(self._free(), dtype=object)
        inside, tables = (choice.inside, choice.tables) if choice else (None, ())
        return Catalogue(frame, self.units, self.descriptions, notes, inside, tables)


def _sentence(names: list[str], what: str, most: int = 4) -> str:
    """Return what is said of one column, or of several: ``hold`` becomes ``holds`` for one."""
    named = ", ".join(f"'{name}'" for name in names[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    if len(names) > 1:
        return f"Columns {named}{more} {what}"
    verb, rest = what.split(maxsplit=1)
    return f"Column {named} {'is' if verb == 'are' else f'{verb}s'} {rest}"


def _word(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _ends(name: str, width: int) -> list[str]:
    """Return what stands behind the name of each value in a cell: its band, else its number."""
    if width == 1:
        return [""]
    if width == 5 and BANDS.match(name):
        return [f"_{band}" for band in "ugriz"]
    return [f"_{number}" for number in range(1, width + 1)]


def _floats(values: Any, mask: Any) -> pd.Series:
    wide = values.dtype.itemsize > 8 or values.dtype.itemsize < 4
    values = values.astype(float) if wide or values.dtype.kind != "f" else values
    return pd.Series(np.where(mask, np.nan, values) if mask.any() else values)


def _dated(values: Any, mask: Any) -> pd.Series:
    unit = np.datetime_data(values.dtype)[0]
    values = values.astype("datetime64[s]") if unit not in ("s", "ms", "us", "ns") else values
    return pd.Series(np.where(mask, np.datetime64("NaT"), values))


def _numbers(column: Any):
    """Return the values of a column of Arrow and where none is; None where it holds no numbers."""
    import pyarrow as pa

    types, kind = pa.types, column.type
    if types.is_decimal(kind):
        try:
            column = column.cast(pa.int64() if kind.scale <= 0 else pa.float64())
        except pa.ArrowException:
            column = column.cast(pa.float64())
        kind = column.type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        return None
    mask = column.is_null().to_numpy(zero_copy_only=False)
    nothing = False if types.is_boolean(kind) else pa.scalar(0).cast(kind)
    return np.ma.array(column.fill_null(nothing).to_numpy(zero_copy_only=False), mask=mask)
