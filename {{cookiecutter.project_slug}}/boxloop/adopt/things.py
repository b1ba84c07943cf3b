"""Columns that name rows, things that several rows share, or times: by structure and by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from boxloop.adopt import names
from boxloop.adopt.seen import FEWEST_ROWS, SeenColumn, SeenTable
from boxloop.table.rules import MOST_LEVELS
from boxloop.table.shared import BLIND, alike, given_out, orders

FEWEST_GROUPS = 10
FEWEST_SHARING = 0.02  # of the rows share a value with another one: an identifier that names groups
LARGEST_GROUP = 0.4  # of the rows; a larger one leaves too little for the other parts
MOST_GAPS = 0.05  # of the rows without an identifier, which is then set aside
LARGE_NUMBER = 10**6
DAYS = ((40_000, 88_000), (2_400_000, 2_500_000))  # modified and full Julian dates
STAY = "rows of one group stay on one side of the split"


def time_of(column: SeenColumn, table: SeenTable) -> tuple | None:
    """Return role and reason of a column that holds a time, else None."""
    name = str(column.name)
    if not column.numeric or column.truths:
        return None
    low, high = (float(end) for end in (column.known.min(), column.known.max()))
    julian = names.names_julian(name) and any(a < low and high < b for a, b in DAYS)
    if not (column.dated or names.names_time(name) or julian):
        if not (names.may_name_time(name) and column.column.is_monotonic_increasing):
            return None
        if table.drifts_with(column):
            return _once(table, "time", "rows stand in its order, in which the target drifts")
        each = len(column.known) >= FEWEST_ROWS and column.whole and column.known.is_unique
        return _once(table, "time", "rows stand in its order, one for each") if each else None
    named = "named as a time" if names.names_time(name) else "its numbers are dates"
    return _once(table, "time", "it holds dates" if column.dated else named)


def _once(table: SeenTable, role: str, reason: str) -> tuple:
    return (role, reason) if role not in table.roles else ("ignored", f"a second {role}")


def things_of(table: SeenTable) -> dict[str, tuple]:
    """Return role and reason of columns that name rows, or things that several rows share."""
    found = dict[str, tuple]()
    free = {name: c for name, c in table.columns.items() if name not in table.found and c.whole}
    free = {name: c for name, c in free.items() if len(c.known) and not time_of(c, table)}
    named = [name for name in free if names.names_things(str(name))]
    for name, column in free.items():
        if why := _is_id(column, named=name in named):
            found[name] = why
    for name, column in table.columns.items():
        if name not in table.found and _is_candidate(column):
            found[name] = ("id", "numbers of candidates: a star, and a number behind the point")
    _one_of(found, "id", "it numbers or names the rows, too", taken="id" in table.roles)
    group = next((name for name, (role, *_) in table.found.items() if role == "group"), None)
    group = _share(table, {name: free[name] for name in named if name not in found}, found, group)
    rest = {name: free[name] for name in free if name not in found and name not in named}
    _share(table, _without_group(rest, group and table.columns[group]), found, group)
    for name in named:
        if name not in found and names.names_id(str(name)):
            found[name] = ("ignored", "named as an identifier")
    return found


def _share(table: SeenTable, some: dict[str, SeenColumn], found: dict, group: Any) -> Any:
    """Find columns that name what rows share; the finest of the surest divides, unless one does."""
    repeat = [name for name, column in some.items() if column.numeric and column.repeats]
    shared = {}
    for name, column in some.items():
        named = names.names_things(str(name))
        if why := _is_shared(column, table, named=named, blind=len(repeat) > BLIND):
            shared[name] = why
    if group is None and shared:
        group = _first(shared, some)
        found[group] = ("group", shared[group][0])
    told = "it names things that several rows share: --group divides by it instead"
    found.update({name: ("ignored", told) for name in shared if name != group})
    return group


def _first(shared: dict[str, tuple], some: dict[str, SeenColumn]) -> str:
    """Return the column that divides: the finest of the surest, or what holds it and is as fine."""
    number = {name: len(some[name].levels.counts) for name in shared}
    order = sorted(
        shared, key=lambda name: (names.is_instrument(name), -shared[name][1], -number[name])
    )
    finest = order[0]
    codes = some[finest].levels.codes
    there = codes >= 0
    for name in order[1:]:
        # A planet candidate belongs to one star: whoever keeps the star together keeps both.
        width = number[name] + 1
        both = codes[there].astype(np.int64) * width + some[name].levels.codes[there] + 1
        pairs = len(np.unique(both))
        if number[finest] / 2 <= number[name] < number[finest] == pairs:
            return name
    return finest


def _without_group(some: dict[str, SeenColumn], group: SeenColumn | None) -> dict[str, SeenColumn]:
    """Return columns with one row of each group: what belongs to the group repeats with it."""
    if group is None or not some:
        return some
    first = ~group.column.duplicated() & group.column.notna()
    return {
        name: SeenColumn(name, column.column.where(first.to_numpy()), dated=column.dated)
        for name, column in some.items()
        if column.repeats
    }


def _one_of(found: dict, role: str, reason: str, *, taken: bool) -> None:
    """Leave a role to the first column that has it."""
    for name, (own, *_) in list(found.items()):
        if own == role:
            found[name] = ("ignored", reason) if taken else found[name]
            taken = True


def _is_id(column: SeenColumn, *, named: bool) -> tuple | None:
    """Return role and reason of a column that has a different value in (nearly) every row."""
    from boxloop.table.identifiers import identifier_share

    found, known = column.levels, len(column.known)
    share = len(found.counts) / known
    if share < 0.95 or (found.shared >= FEWEST_SHARING * known and known >= FEWEST_ROWS and named):
        return None
    if not (named or identifier_share(column.column, 0.95) >= 0.95):
        return None
    if column.gap > MOST_GAPS:
        return "ignored", f"it numbers or names rows, and {percent(column.gap)} of them have none"
    nearly = "a different one in every row" if share == 1 else "nearly a different one in every row"
    return "id", nearly


def _is_candidate(column: SeenColumn) -> bool:
    """Whether numbers such as 102.01 and 102.02 name candidates, as those of TESS and Kepler."""
    if not (column.numeric and names.names_things(str(column.name))) or column.whole:
        return False
    values = column.known.to_numpy(dtype=float)
    behind = np.round(values % 1 * 100, 6)
    return bool(((behind > 0) & (behind < 10) & (behind % 1 == 0)).all()) and (
        len(np.unique(values)) > 0.95 * len(values)
    )


def _is_shared(column: SeenColumn, table: SeenTable, *, named: bool, blind: bool) -> tuple | None:
    """Return reason and strength where a column names what several rows share, else None."""
    found = column.levels
    most = found.counts.max() if len(found.counts) else 0
    few = len(found.counts) < FEWEST_GROUPS or most > LARGEST_GROUP * found.known
    if few or found.shared < FEWEST_SHARING * found.known:
        return None
    why = None
    if not column.numeric and not named and len(found.counts) <= MOST_LEVELS:
        return None  # words that a model can learn from
    given = column.numeric and given_out(found)
    if given:
        why = "its numbers were given out, not measured"
    elif not blind and (other := alike(found, table.ranks, str(column.name))):
        why = f"rows that share it are alike in {other}"
    # What a thing has repeats with it, and is a measurement; numbers of things may be in order.
    large = given and int(found.unique[-1]) >= LARGE_NUMBER
    if why and not (named or large) and column.numeric:
        why = None if orders(found, table.ranks, str(column.name)) else why
    if not named and why is None:
        return None
    called = "named as an identifier, and rows share it" if named else f"rows share it, and {why}"
    return f"{called}: {STAY}", 2 * named + (why is not None)


def percent(share: float) -> str:
    """Return a share in per cent, never rounded to none or all."""
    return (
        f"{100 * share:.0f} %"
        if 0.01 <= share <= 0.99
        else f"{100 * share:.2g} %"
        if share < 0.01
        else "more than 99 %"
    )
