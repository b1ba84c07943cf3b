"""Which table of a file that holds several is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


MOST_NAMED = 8


@dataclass(frozen=True)
class Choice:
    """A table of a file.

    Attributes
    ----------
    place : int
        Its place among those of the file, from 0.
    inside : str or None
        What ``--table`` calls it, where there are several.
    tables : tuple of str
        What ``--table`` calls all of them, where there are several.
    notes : list of str
    """

    place: int
    inside: str | None
    tables: tuple
    notes: list


def choose(
    path: Path, names: list, table: str | None, *, sizes: list, numbers: list | None = None
) -> Choice:
    """Return the table that was asked for; the first one, and a note, where nobody has asked.

    Parameters
    ----------
    path : Path
    names : list of str
        What the tables are called in the file; empty for one without a name.
    table : str or None
        A name, in capital letters or small ones, or a number.
    sizes : list of str
        How large each is, in words.
    numbers : list of int, optional
        By which they may be asked for, else 1, 2, 3.

    Raises
    ------
    UserError
        If there is no such table.
    """
    numbers = [str(number) for number in numbers or range(1, len(names) + 1)]
    called = [
        name if name.strip() and names.count(name) == 1 else number
        for name, number in zip(names, numbers, strict=True)
    ]
    several = len(names) > 1
    listed = [f"{name} ({size})" for name, size in zip(called, sizes, strict=True)][:MOST_NAMED]
    more = f" and {len(called) - MOST_NAMED} more" if len(called) > MOST_NAMED else ""
    tables = tuple(called) if several else ()
    if table is None:
        return Choice(0, called[0] if several else None, tables, _note(path, called, listed, more))
    ways = (names, numbers, [name.casefold() for name in names])
    for known, asked in zip(ways, (table, table, table.casefold()), strict=True):
        if asked in known:
            place = known.index(asked)
            return Choice(place, called[place] if several else None, tables, [])
    there = f"its tables are {', '.join(listed)}{more}" if several else f"it holds {listed[0]} only"
    remedy = "name one of them with --table" if several else "leave --table out"
    msg = f"{path.name} has no table '{table}', {there}: {remedy}."
    raise UserError(msg)


def _note(path: Path, called: list[str], listed: list[str], more: str) -> list[str]:
    """Return which of several tables is read, and how another would be."""
    if len(called) == 1:
        return []
    holds = f"{path.name} holds {len(called)} tables, {', '.join(listed)}{more}"
    return [f"{holds}: {called[0]} is read; --table {shell(called[1])} would read another."]


def only_one(path: Path, table: str | None) -> None:
    """Refuse to look for one table of several in a format that holds a single one."""
    if table is not None:
        msg = f"{path.name} holds one table and none called '{table}': leave --table out."
        raise UserError(msg)


def shell(word: str) -> str:
    """Return a word as it is typed on a command line."""
    plain = all(sign.isalnum() or sign in "._/-" for sign in word)
    return word if plain and word else f'"{word}"'
