"""The columns of a table as `boxloop adopt` sees them: without marks, and what they look like."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from boxloop.adopt import names
from boxloop.table.rules import MOST_LEVELS
from boxloop.table.shared import Levels, Ranks, levels, ranks

FEWEST_ROWS = 30
FOLLOWS = 0.2  # rank correlation of the target with the row before it in time, from which it drifts


@dataclass(frozen=True)
class SeenColumn:
    """One column without the marks of missing values."""

    name: str
    column: pd.Series
    dated: bool

    @cached_property
    def known(self) -> pd.Series:
        """Its values."""
        return self.column.dropna()

    @cached_property
    def gap(self) -> float:
        """The share of rows that have none."""
        return 1 - len(self.known) / max(len(self.column), 1)

    @cached_property
    def numeric(self) -> bool:
        """Whether it holds numbers, or truth values."""
        return bool(pd.api.types.is_numeric_dtype(self.column))

    @cached_property
    def truths(self) -> bool:
        """Whether it holds truth values."""
        return bool(pd.api.types.is_bool_dtype(self.column))

    @cached_property
    def whole(self) -> bool:
        """Whether it holds words, or whole numbers: what may name something."""
        if not self.numeric or pd.api.types.is_integer_dtype(self.column):
            return not self.truths
        values = self.known.to_numpy(dtype=float)
        some = values[:100]
        return bool(
            not self.truths
            and np.isfinite(values).all()
            and not (some % 1).any()
            and not (values % 1).any()
        )

    @cached_property
    def levels(self) -> Levels:
        """Its different values."""
        return levels(self.column)

    @property
    def repeats(self) -> bool:
        """Whether several rows share its values, as they may share a thing."""
        return self.levels.may_be_things


class SeenTable:
    """A table whose columns are understood one after the other."""

    def __init__(self, columns: dict[str, SeenColumn], target: str, found: dict) -> None:
        self.columns, self.found = columns, found
        self.target = columns[target]

    @property
    def roles(self) -> set[str]:
        """The roles that are given away."""
        return {role for role, *_ in self.found.values()}

    @cached_property
    def ranks(self) -> Ranks:
        """The columns of numbers in which rows may resemble each other."""
        return ranks({
            name: column.column
            for name, column in self.columns.items()
            if column.numeric and not column.truths and column is not self.target
            and self.found.get(name, ("error",))[0] == "error"
            and not names.names_things(name)
        })  # fmt: skip

    @cached_property
    def sample(self) -> np.ndarray:
        """Rows that a column is compared with the target in."""
        last = len(self.target.column) - 1
        return np.unique(np.linspace(0, last, 20_000).astype(int))

    @cached_property
    def answers(self) -> np.ndarray:
        """The target in these rows: numbers, or words."""
        return plain(self.target.column.iloc[self.sample])

    @cached_property
    def coarse(self) -> bool:
        """Whether the target has few different values."""
        there = self.target.column.iloc[self.sample].dropna()
        return there.nunique() <= min(MOST_LEVELS, len(there) / 2)

    def drifts_with(self, time: SeenColumn) -> bool:
        """Whether the target follows itself in the order of a time, and nothing is shared."""
        if "group" in self.roles or not self.target.numeric or self.coarse:
            return False
        return _drift(time.column, self.target.column)


def _drift(time: pd.Series, target: pd.Series) -> bool:
    """Return whether numbers follow themselves in the order of a time."""
    there = np.flatnonzero((time.notna() & target.notna()).to_numpy())
    if len(there) < FEWEST_ROWS:
        return False
    order = there[np.argsort(time.to_numpy(dtype=float, na_value=np.nan)[there], kind="stable")]
    values = target.iloc[order[:20_000]].rank().to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a constant target
        follows = float(np.corrcoef(values[:-1], values[1:])[0, 1])
    return follows > max(FOLLOWS, 4 / np.sqrt(len(values)))


def plain(column: pd.Series) -> np.ndarray:
    """Return numbers as such, NaN where infinite or missing, and anything else as it is."""
    if not pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=object)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)
