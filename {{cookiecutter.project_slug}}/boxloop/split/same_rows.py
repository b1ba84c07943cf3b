"""Whether rows are those that were sealed: known by their values, and not by their columns.

A study that has learnt something takes another column, or leaves one out; its test rows are the
same ones, and were looked at as often as before. So the ledger keeps a hash of each column. What
says which rows these are, and what is true of them, stays as it was sealed; what stood in the table
when it was sealed may go, and comes back with its values or not at all; what came later may change,
and the ledger says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 16  # of a hash, which accidents do not meet; the ledger holds one for each column


def column_hashes(frame: pd.DataFrame) -> dict[str, str]:
    """Return a hash of the values of each column, in the order of the rows."""
    import pandas as pd

    found = {}
    for place, name in enumerate(frame.columns):
        values = pd.util.hash_pandas_object(frame.iloc[:, place], index=False).to_numpy()
        found[str(name)] = hashlib.sha256(values.tobytes()).hexdigest()[:DIGITS]
    return found


@dataclass(frozen=True)
class Sealed:
    """What the ledger knows of the columns of the test rows that were sealed last.

    Attributes
    ----------
    content : str
        The hash that these rows go by, since they were sealed first.
    keep : tuple of str
        The columns that say which rows these are, and what is true of them.
    first, later : dict
        The hashes of the columns of the first sealing, and of those that came after it.
    here : frozenset of str
        The columns in the sealed file.
    """

    content: str
    keep: tuple[str, ...]
    first: dict[str, str]
    later: dict[str, str]
    here: frozenset[str]


@dataclass(frozen=True)
class Difference:
    """How a table of the sealed rows differs from the one that was sealed.

    Attributes
    ----------
    wrong : tuple of str
        Columns that are not what was sealed: they are other rows, or others' values.
    added, gone, changed : tuple of str
    """

    wrong: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What became of the columns, in a few words; empty where nothing did."""
        parts = (("with", self.added), ("without", self.gone), ("other values of", self.changed))
        said = "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)
        return f"the same rows, {said}" if said else ""


def sealed_columns(events: Iterable[dict]) -> Sealed | None:
    """Return what the ledger knows of the rows sealed last; None of a line that knows none."""
    lines = [event for event in events if event["event"] == "sealed"]
    if not lines or not isinstance(lines[-1].get("columns"), dict):
        return None
    content = lines[-1].get("content", "")
    own = []
    for line in reversed(lines):  # a test set in between was another one
        if line.get("content") != content or not isinstance(line.get("columns"), dict):
            break
        own.insert(0, line)
    first = own[0]["columns"]
    later = {
        name: digest
        for line in own[1:]
        for name, digest in line["columns"].items()
        if name not in first
    }
    keep = tuple(own[0].get("keep") or first)
    return Sealed(content, keep, first, later, frozenset(own[-1]["columns"]))


def difference(sealed: Sealed, found: dict[str, str], keep: Iterable[str]) -> Difference:
    """Return how columns differ from what was sealed.

    Parameters
    ----------
    sealed : Sealed
    found : dict
        The hashes of the columns of today, from `column_hashes`.
    keep : iterable of str
        The columns that say today which rows these are, and what is true of them.
    """
    known = sealed.first | sealed.later
    other = [name for name, digest in found.items() if known.get(name, digest) != digest]
    held = {*sealed.first, *sealed.keep, *keep}
    wrong = [name for name in other if name in held]
    wrong += [name for name in sealed.keep if name not in found]
    return Difference(
        tuple(wrong),
        tuple(name for name in found if name not in sealed.here),
        tuple(sorted(name for name in sealed.here if name not in found)),
        tuple(name for name in other if name not in held and name in sealed.here),
    )
