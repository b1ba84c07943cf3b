"""Tables and figures that the chapters of a release left, beside those of a second run.

No interval says how far such a number may move. Where every number of the sets came out the same,
down to rounding, so do these; else nothing is concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boxloop.base.files import read_table, sha256
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count, text

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.base.places import Project

PART = "rerun"
TABLES, FIGURES = "results/*/*.csv", "results/*/figures/*.png"
ALIKE = 1e-6
# What a clock has measured is another each time.
CLOCK = re.compile(r"(^|[_ ])(ns|us|ms|s|seconds?|minutes?|hours?|time)([_ ]|$)")


def tables(then: Project, now: Project, *, exact: bool) -> Iterator[Finding]:
    """Yield which tables of numbers came out otherwise.

    Parameters
    ----------
    then, now : Project
        The release, and the copy in which its loop was run again.
    exact : bool
        Whether every number of the sets was the same.
    """
    pairs = list(_pairs(then, now, TABLES))
    rows = [row for name, one, two in pairs for row in _differences(name, one, two)]
    names = list(dict.fromkeys(row[0].partition(",")[0] for row in rows))
    if not rows and pairs:
        said = f"{count(len(pairs), 'table')} of the chapters came out the same."
        yield Finding(PART, AGREES, said, "results")
    elif rows:
        said = f"{count(len(names), 'table')} of {len(pairs)} came out otherwise: {names[0]}."
        yield Finding(PART, DIFFERS if exact else CANNOT_TELL, said, names[0], tuple(rows))


def figures(then: Project, now: Project, *, exact: bool) -> Iterator[Finding]:
    """Yield which figures are not the same to the last byte, where such a thing is to be hoped."""
    pairs = list(_pairs(then, now, FIGURES))
    pairs = [row for row in pairs if row[1].stem != "passes"]  # of which the copy has one more
    other = [name for name, one, two in pairs if sha256(one) != sha256(two)]
    if not exact or not pairs:
        return
    said = f"{count(len(pairs) - len(other), 'figure')} of {len(pairs)} came out the same."
    if other:
        said += f" To be compared by eye: {', '.join(other[:3])}."
    yield Finding(PART, CANNOT_TELL if other else AGREES, said, other[0] if other else "results")


def _pairs(then: Project, now: Project, pattern: str) -> Iterator[tuple[str, Path, Path]]:
    """Yield name and both files of what a release and the copy have."""
    for path in sorted(then.root.glob(pattern)):
        name = then.relative(path)
        if (other := now.root / name).is_file():
            yield name, path, other


def _differences(name: str, one: Path, two: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the first cell of each column of numbers that is another."""
    if one.read_bytes() == two.read_bytes():
        return
    then, now = read_table(one), read_table(two)
    if list(then) != list(now) or len(then) != len(now):
        yield f"{name}, shape", _shape(then), _shape(now)
        return
    for column in then.select_dtypes("number"):
        old, new = (table[column].to_numpy() for table in (then, now))
        if CLOCK.search(str(column)) or new.dtype.kind not in "fiub":
            continue
        off = ~np.isclose(old.astype(float), new.astype(float), rtol=ALIKE, equal_nan=True)
        if off.any():
            at = int(np.flatnonzero(off)[0])
            yield f"{name}, {column}, row {at}", text(old[at].item()), text(new[at].item())


def _shape(table: pd.DataFrame) -> str:
    return f"{count(len(table), 'row')}, {count(len(table.columns), 'column')}"
