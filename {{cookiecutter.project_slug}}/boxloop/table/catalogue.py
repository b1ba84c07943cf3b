"""A table as it was read: what every reader of a format hands on."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Catalogue:
    """A table as it was read.

    Attributes
    ----------
    frame : DataFrame
        Missing values are NaN, byte strings are text, times are decimal years.
    units, descriptions : dict of str
        By column, where the file tells them.
    notes : list of str
        What was changed in reading, one sentence each.
    inside : str or None
        The table of the file that this is, where it holds several.
    tables : tuple of str
        All tables of the file, where it holds several.
    """

    frame: pd.DataFrame
    units: dict = field(default_factory=dict)
    descriptions: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    inside: str | None = None
    tables: tuple = ()
