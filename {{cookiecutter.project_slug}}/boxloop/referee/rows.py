"""Whether the tables of a release are one story: raw data, and the rows that it was divided into.

A pass keeps the hash of each raw file. Of a row in data/interim that stands in data/raw as it is,
id and group must be those that it has there: who exchanges them moves rows between sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.referee.finding import AGREES, DIFFERS, Finding, count

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.record.causes import Causes
    from boxloop.referee.sent import Sent

PART = "sources"
READ = (".csv", ".parquet")  # as the loop writes tables itself
MOST_ROWS = 1_000_000
DIGITS = 9  # of a number that was written as text and read again
NAMES = ("id", "group")  # roles of columns that say which row it is


def raw(sent: Sent, causes: Causes) -> Iterator[Finding]:
    """Yield which raw files are others than those of the last pass."""
    from boxloop.record.facts import file_hash

    there = {name: value for name, value in causes.data.items() if sent.has(name)}
    for name, value in there.items():
        if file_hash(sent.project, sent.file(name)) != value:
            yield Finding(PART, DIFFERS, f"{name} is not that of the last pass.", name)


def named(sent: Sent) -> Iterator[Finding]:
    """Yield which tables hold rows under another id or group than these have in data/raw."""
    settings = sent.settings
    names = [name for name, column in settings.columns.items() if column.role in NAMES]
    tables = _tables(sent, "data/interim")
    if not names or not tables:
        return
    sources = list(_tables(sent, "data/raw").values())
    found = {place: _matched(table, sources, names) for place, table in tables.items()}
    known, total = (sum(pair[at] for pair in found.values()) for at in (0, 1))
    # A study may call its rows otherwise than they were called before: all of them, then.
    if not known:
        return
    for place, (same, rows) in found.items():
        if same < rows:
            said = (
                f"{place}: of {count(rows, 'row')} that stand in data/raw, {rows - same} bear "
                f"another {' or '.join(names)} there."
            )
            yield Finding(PART, DIFFERS, said, place)
    if known == total:
        said = f"{count(total, 'row')} of data/interim bear the {' and '.join(names)} of data/raw."
        yield Finding(PART, AGREES, said, "data/interim")


def _tables(sent: Sent, folder: str) -> dict[str, pd.DataFrame]:
    """Return by name the tables in a folder that can be read and are no larger than can be."""
    found = {}
    for path in sorted(sent.file(folder).glob("*")):
        name = f"{folder}/{path.name}"
        try:
            table = sent.table(name) if path.suffix in READ else None
        except (UserError, OSError, ValueError):  # told where it is needed
            continue
        if table is not None and len(table) <= MOST_ROWS:
            found[name] = table
    return found


def _matched(table: pd.DataFrame, sources: list, names: list[str]) -> tuple[int, int]:
    """Return how many rows stand in a source with their names, and how many but for these."""
    same = rows = 0
    for source in sources:
        both = [name for name in table if name in source and name not in names]
        ours = [name for name in names if name in table and name in source]
        if len(both) < 2 or not ours:
            continue
        mine, whole = _keys(table, both), _keys(source, both)
        there = mine.isin(set(whole))
        with_names = mine + "|" + _keys(table, ours)
        agree = with_names.isin(set(whole + "|" + _keys(source, ours)))
        same, rows = same + int((agree & there).sum()), rows + int(there.sum())
    return same, rows


def _keys(table: pd.DataFrame, names: list[str]) -> pd.Series:
    """Return a text for each row, of some columns; numbers by their first digits."""
    import pandas as pd

    parts = []
    for name in names:
        column = table[name]
        if pd.api.types.is_float_dtype(column):
            parts.append(column.map(f"{{:.{DIGITS}g}}".format))
        else:
            parts.append(column.astype(str))
    return parts[0].str.cat(parts[1:], sep="|")
