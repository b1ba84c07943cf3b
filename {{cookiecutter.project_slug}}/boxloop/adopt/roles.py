"""Guess what the columns of a stranger's table are: roles with their reasons, to be objected to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.adopt import names
from boxloop.adopt.error_columns import error_columns
from boxloop.adopt.flags import flag_of, limits_in, numbers_in_words, only_signs
from boxloop.adopt.laws import laws_of_pairs
from boxloop.adopt.seen import SeenColumn, SeenTable, plain
from boxloop.adopt.things import percent, things_of, time_of
from boxloop.base.errors import shown
from boxloop.table.column import describe, unit_of
from boxloop.table.marks import marks_of, without_marks
from boxloop.table.rules import MOST_LEVELS
from boxloop.table.spellings import same_words, spelled_alike

if TYPE_CHECKING:
    from boxloop.table.read import Catalogue


ROUNDED_WEIGHTS = 1  # decimals of numbers that may be the weight of a body
WEIGHS = (
    ", the target: rows with small errors weigh more in every fit; the role ignored turns that off"
)


@dataclass(frozen=True)
class Guess:
    """What one column is taken for.

    Attributes
    ----------
    role, reason : str
        A role of study.toml, and why.
    unit : str
    seen : str
        The range of its numbers, or its first words.
    error_of : str or None
        The column whose error it is.
    missing : tuple of float
        Numbers that are taken for marks of a missing value.
    description : str
        What the file says of it.
    spellings : dict of str
        Words that mean another one of the column.
    divides : bool
        Whether it is a time in whose order the target drifts.
    hint : str
        What a person should hear of it: part of a sentence, or empty.
    """

    role: str
    reason: str
    unit: str = ""
    seen: str = ""
    error_of: str | None = None
    missing: tuple = ()
    description: str = ""
    spellings: dict = field(default_factory=dict)
    divides: bool = False
    hint: str = ""


def guess_roles(
    catalogue: Catalogue,
    *,
    target: str,
    ident: Any = None,
    group: Any = None,
    time: str | None = None,
) -> dict:
    """Return a `Guess` for every column, in the order of the file.

    Parameters
    ----------
    catalogue : boxloop.table.read.Catalogue
    target, ident, group, time : str or None
        Columns that the person has named; the others are guessed: see `boxloop.table.shared`.
    """
    frame = catalogue.frame
    errors, found = _named(frame, {"target": target, "id": ident, "group": group, "time": time})
    marked = marks_of({name: frame[name] for name in frame.columns}, errors)
    same = {name: same_words(frame[name]) for name in frame.columns}
    table = SeenTable(_columns(catalogue, marked, same), target, found)
    things = things_of(table)
    for name, column in table.columns.items():
        if name not in found:
            found[name] = _role(column, table, things)
    _ignore_copies(table.columns, found)
    inputs = [name for name, (role, *_) in found.items() if role == "input"]
    gives = laws_of_pairs(
        {name: table.columns[name].column for name in inputs}, table.target.column
    )
    seen = {name: _seen(name, catalogue, marked[name], found[name]) for name in frame.columns}
    return {
        name: replace(
            guess,
            error_of=errors.get(name) if guess.role == "error" else None,
            spellings=same[name] if guess.role in ("target", "input") else {},
            divides=guess.role == "time" and table.drifts_with(table.columns[name]),
            reason="; ".join(filter(None, (guess.reason, gives.get(name)))),
            hint=gives.get(name) or guess.hint,
        )
        for name, guess in seen.items()
    }


def _seen(name: str, catalogue: Catalogue, marks: tuple, found: tuple) -> Guess:
    """Return what is told of one column by itself."""
    role, reason, *hint = found
    return Guess(
        role,
        reason,
        unit_of(name, catalogue),
        describe(catalogue.frame[name], marks),
        missing=_missing(marks, role),
        description=" ".join(catalogue.descriptions.get(name, "").split()),
        hint="".join(hint),
    )


def _columns(catalogue: Catalogue, marked: dict, same: dict) -> dict[str, SeenColumn]:
    """Return the columns of a table without marks, and with one spelling for each word."""
    dated = {note.split("'")[1] for note in catalogue.notes if "decimal years" in note}
    return {
        name: SeenColumn(
            name,
            spelled_alike(without_marks(catalogue.frame[name], marked[name]), same[name]),
            dated=name in dated,
        )
        for name in catalogue.frame.columns
    }


def _missing(marks: tuple, role: str) -> tuple:
    """Return the marks that count: of what names rows or groups negative ones only."""
    if role in ("id", "group"):
        return tuple(mark for mark in marks if mark < 0)
    return () if role == "ignored" else marks


def as_understood(frame: pd.DataFrame, roles: dict) -> pd.DataFrame:
    """Return the table without marks of missing values, and with one spelling for each word.

    As `boxloop.split.division.measured` will do from study.toml.

    Parameters
    ----------
    frame : DataFrame
    roles : dict of Guess
    """
    changed = {
        name: spelled_alike(without_marks(frame[name], guess.missing), guess.spellings)
        for name, guess in roles.items()
        if guess.missing or guess.spellings
    }
    return frame.assign(**changed) if changed else frame


def _named(frame: pd.DataFrame, options: Any):
    """Return which column each error column belongs to, and the roles that names have settled."""
    found = {name: (role, "you named it") for role, name in options.items() if name is not None}
    errors, others = error_columns(frame, set(found))
    target = options["target"]
    for name, base in errors.items():
        if base not in errors:
            weighs = WEIGHS if base == target else ""
            found[name] = ("error", f"named as the error of {base}{weighs}")
    for name, base in others.items():
        if base not in errors:
            found[name] = ("ignored", f"one more error of {base}")
    return errors, found


def _role(column: SeenColumn, table: SeenTable, things: dict[str, tuple]) -> tuple:
    """Return role and reason of one column that nobody has named, and perhaps a hint."""
    name, values = str(column.name), column.known
    if values.empty:
        return "ignored", "it has no value in any row"
    first = values.iloc[0]
    flagged = _flag(column, table)
    if (values == first).all() and not (flagged and flagged[2]):
        gap = column.gap
        return "ignored", f"it is '{str(first)[:30]}' in every row" + (
            f" that has a value ({percent(gap)} have none)" if gap else ""
        )
    if _says_the_same(column, table):
        return "ignored", "it is the target under another name: knowing one is knowing the other"
    if names.TRUTH.match(name):
        return "truth", "named as a truth"
    if flagged:
        return flagged
    return (
        time_of(column, table)
        or _weight(column, table)
        or things.get(column.name)
        or _content(column)
    )


def _flag(column: SeenColumn, table: SeenTable) -> tuple | None:
    """Return role, reason and hint of a column that says whether the target is a limit."""
    what, places = str(table.target.name), list(table.columns)
    kind = flag_of(str(column.name), column.known, what)
    beside = abs(places.index(column.name) - places.index(table.target.name)) == 1
    if kind is None and beside and not table.coarse and only_signs(column.known):
        kind = "limit"
    if kind is None:
        return None
    rows = limits_in(column.column)
    if kind == "flag":
        return "ignored", f"named as a flag of {what}: a new object has none", ""
    says = f"{rows:,} rows are limits of '{what}' and not measurements by it" if rows else ""
    return (
        "ignored",
        f"it says where {what} is a limit: a new object has none",
        f"{says}; leave them out of your file, or what is learnt is the limits" if says else "",
    )


def _weight(column: SeenColumn, table: SeenTable) -> tuple | None:
    """Return role and reason of a column that is named as weights of rows, else None."""
    if not (column.numeric and names.names_weight(str(column.name))):
        return None
    if names.bare(str(column.name)) in ("weight", "weights"):
        values = column.known.to_numpy(dtype=float)
        rounded = np.allclose(values, np.round(values, ROUNDED_WEIGHTS)) and values.min() >= 1
        if names.may_be_a_body(list(map(str, table.columns))) or (rounded and np.ptp(values) > 0):
            asks = "if rows count by it, give it the role weight in study.toml"
            return "input", "a number; the weight of a thing rather than of a row", asks
    if (column.known < 0).any():
        asks = "a weight cannot be negative: it is not used"
        return "ignored", "named as a weight, with values below zero", asks
    counts = "rows count by it in every fit and number; the role ignored turns that off"
    return "weight", "named as a weight", counts


def _content(column: SeenColumn) -> tuple:
    name, values = str(column.name), column.known
    if not column.numeric:
        if mixed := numbers_in_words(values):
            remedy = "write the numbers into this column and the rest into one of its own"
            return "ignored", mixed, f"{mixed}: it is not used; {remedy}"
        count = values.astype(str).nunique()
        if count > MOST_LEVELS or count > len(values) / 2:
            return "ignored", f"words, {count:,} different ones in {len(values):,} rows"
        return "input", f"words, {count} different ones"
    if names.SKY.match(name):
        return "input", "a number; a position on the sky: does the physics depend on it?"
    if names.may_name_time(name) and not column.truths:
        asks = f"if it is a time, adopt with --time {name} to divide the rows by it"
        return "input", "a number; perhaps a time", asks
    return "input", "true or false" if column.truths else "a number"


def _ignore_copies(columns: dict[str, SeenColumn], found: dict) -> None:
    """Set inputs aside that are another one once more."""
    first: dict[bytes, str] = {}  # by their values: the first input that has them
    for name, column in columns.items():
        if found[name][0] == "input":
            original = first.setdefault(_print(column.column), name)
            found[name] = found[name] if original == name else ("ignored", f"a copy of {original}")


def _says_the_same(column: SeenColumn, table: SeenTable) -> bool:
    """Whether a column is the target in other words or another unit."""
    one, other = column.column.iloc[table.sample], table.target.column.iloc[table.sample]
    if column.numeric and table.target.numeric and not table.coarse:
        first, second = plain(one), table.answers
        there = np.isfinite(first) & np.isfinite(second)
        first, second = first[there], second[there]
        if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
            return False
        return bool(abs(np.corrcoef(first, second)[0, 1]) > 1 - 1e-9)
    if not table.coarse or (column.numeric and not column.truths and not column.whole):
        return False
    both = pd.DataFrame({"one": one, "other": other}).dropna()
    if len(both) < 3 or both["other"].nunique() > min(MOST_LEVELS, len(both) / 2):
        return False
    pairs = both.drop_duplicates().astype(str)
    return len(pairs) == pairs["one"].nunique() == pairs["other"].nunique()


def _print(column: pd.Series) -> bytes:
    types = pd.api.types
    whole = types.is_integer_dtype(column) and not column.isna().any()
    same = column if whole else column.astype(float if types.is_numeric_dtype(column) else str)
    return pd.util.hash_pandas_object(same, index=False).to_numpy().tobytes()


def understood(roles: dict, *, most: int = 30) -> list[str]:
    """Return a short table of what each column was taken for."""
    head = ("column", "role", "unit", "seen", "because")
    said = [
        (name, guess.role, guess.unit or "–", guess.seen, guess.reason)
        for name, guess in list(roles.items())[:most]
    ]
    rows = [[shown(cell) for cell in row] for row in (head, *said)]
    cut = [
        [
            cell if len(cell) <= limit else cell[: limit - 1] + "…"
            for cell, limit in zip(row, (24, 8, 12, 44, 60), strict=True)
        ]
        for row in rows
    ]
    widths = [max(len(row[place]) for row in cut) for place in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cut
    ]
    if len(roles) > most:
        lines.append(f"… and {len(roles) - most} more columns, in study.toml.")
    return [*lines, ""]
