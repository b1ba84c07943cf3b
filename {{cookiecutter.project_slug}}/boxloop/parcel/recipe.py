"""What a toy table is drawn from, and what may be told in it.

A toy table has the columns, kinds, gaps, words and groups of the real one, about its distributions
column by column, and about its rank correlations: a Gaussian copula, and each class that is common
enough has its own. Nothing in a recipe is told of fewer than `FEWEST` rows, or groups where rows
come in groups:

- a column is cut into blocks of `FEWEST` or more, and of a block its median alone counts, which no
  single row can move far; the ends of blocks are half way between two medians, rounded, and those
  of the column further out;
- a number or a word is named where `FEWEST` or more share it; rarer words are called one;
- ids, groups and other names are made up; which cells are empty together is told in shares.

It is made of the rows that lie open: the sealed ones add nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.files import read_table

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings

FEWEST = 10  # rows, or groups, that anything in a recipe is made of
MOST_STEPS = 60  # blocks of a column
MOST_COMMON = 50  # different numbers, each of them common, that are named one by one
COMMON = 0.005  # share of the rows from which on a number is named among many
NAMES = {"labelled": "table.csv", "deployment": "deployment.csv"}
REST = "other"  # what rare words are called
SEED = 20
NOTHING: dict[str, list] = {"words": [None], "shares": [1]}  # of a column without a value


def recipe_of(project: Project, settings: Settings) -> dict:
    """Return what the toy tables are drawn from.

    Raises
    ------
    UserError
        If there are fewer rows than anything may be told of.
    """
    import pandas as pd

    paths = [project.interim / f"{name}.parquet" for name in ("train", "validation", "deployment")]
    with held_open():
        parts = [read_table(path) for path in paths[:2] if path.is_file()]
        unlabelled = read_table(paths[2]) if paths[2].is_file() else None
    labelled = pd.concat(parts, ignore_index=True)
    test = settings.split.test
    tables = [Table(labelled, settings, 1 / (1 - test)).recipe(NAMES["labelled"], "toy")]
    if unlabelled is not None and settings.data and settings.data.deployment:
        tables.append(Table(unlabelled, settings).recipe(NAMES["deployment"], "new"))
    return {"seed": SEED, "tables": tables}


@dataclass
class Table:
    """An open table, and what may be told of it.

    Parameters
    ----------
    frame : DataFrame of n rows
    settings : boxloop.settings.load.Settings
    larger : float
        How many times as many groups the toy has.
    """

    frame: pd.DataFrame
    settings: Settings
    larger: float = 1.0

    def __post_init__(self) -> None:
        group = self.settings.only("group")
        self.group = group if group in self.frame else None
        self.units = np.arange(len(self.frame))
        if self.group:
            self.units = (
                self.frame.groupby(self.group, sort=False, dropna=False).ngroup().to_numpy()
            )
        if len(set(self.units.tolist())) < 2 * FEWEST:
            things = "groups" if self.group else "rows"
            msg = (
                f"There are fewer than {2 * FEWEST} {things} to make a toy table of: set "
                "share_data = true under [release] in study.toml."
            )
            raise UserError(msg)

    def recipe(self, file: str, prefix: str) -> dict:
        """Return the recipe of this table, as `make_toy.make` takes it."""
        known = [name for name in self.settings.columns if name in self.frame]
        names = {name: self._names(name, prefix) for name in known if self._is_name(name)}
        ranked = [name for name in known if name not in names]
        time = self.settings.only("time")
        return {
            "file": file,
            "columns": known,
            "group": self.group,
            "names": names,
            "sort": time if time in ranked and _is_sorted(self.frame[time]) else None,
            "parts": [self._part(rows, ranked, fixed) for rows, fixed in self._classes()],
        }

    def _is_name(self, name: str) -> bool:
        """Return whether a column holds names: ids, groups, words that hardly two share."""
        if name in (self.settings.only("id"), self.group) or name in self.settings.role("id"):
            return True
        values = self.frame[name]
        if name == self.settings.study.target or _is_number(values) or values.isna().all():
            return False
        counts = shared_by(values.astype(str), self.units)
        rare = [value for value, count in counts.items() if count < FEWEST]
        return bool(values.astype(str).isin(rare).mean() > 0.5)

    def _names(self, name: str, prefix: str) -> dict:
        """Return how names are made up, so that none of them is a real one."""
        known = set(self.frame[name].dropna().astype(str))
        number = len(self.frame) * 2 + 10
        numeric = _is_number(self.frame[name])
        for digits in range(1, 18):
            first = 10**digits
            words = {f"{'' if numeric else prefix}{first + place}" for place in range(number)}
            if first > number and not words & known:
                return {"prefix": "" if numeric else prefix, "first": first}
        return {"prefix": f"{prefix}-", "first": 1}

    def _classes(self) -> list[tuple[np.ndarray, dict[str, int] | None]]:
        """Return the rows of each part, and of rare classes how many rows each gets instead."""
        every = np.ones(len(self.frame), dtype=bool)
        target = self.settings.study.target
        if not self.settings.study.kind.has_classes or target not in self.frame:
            return [(every, None)]
        labels = self.frame[target].astype(str).to_numpy()
        mixed = self.group and self.frame.groupby(self.group)[target].nunique().max() > 1
        counts = {
            name: len(np.unique(self.units[labels == name])) for name in dict.fromkeys(labels)
        }
        own = [name for name in sorted(counts) if counts[name] >= 5 * FEWEST]
        if mixed or not own:
            return [(every, None)]
        rare = {name: int((labels == name).sum()) for name in sorted(counts) if name not in own}
        parts: list = [(labels == name, None) for name in own]
        return parts + ([(every, self._told_classes(rare))] if rare else [])

    def _told_classes(self, rare: dict[str, int]) -> dict[str, int]:
        """Return the rare classes that may be named, with how many rows they get."""
        study = self.settings.study
        public = {*(study.classes or ()), *filter(None, [study.positive_class])}
        found: Counter = Counter()
        for name, count in rare.items():
            word = name if name in public or count >= FEWEST else REST
            found[word] += FEWEST * max(round(count / FEWEST), 1)
        return dict(found)

    def _part(self, rows: np.ndarray, ranked: list[str], fixed: dict[str, int] | None) -> dict:
        """Return the law of some rows; where classes are fixed, of so many rows of those."""
        frame, units = self.frame.loc[rows], self.units[rows]
        about = {name: self._law(name, frame[name], units) for name in ranked}
        sizes = self._sizes(units)
        if fixed:
            about[self.settings.study.target] = {
                "words": list(fixed),
                "shares": list(fixed.values()),
            }
            share = sum(fixed.values()) / max(sum(size * count for size, count in sizes), 1)
            sizes = [[size, math.ceil(count * share * self.larger)] for size, count in sizes]
        scores = np.column_stack(
            [_scores(_ordered(frame[name], about[name])) for name in ranked] or [np.empty(0)]
        )
        between, within = correlations(scores, units)
        columns = {name: self.settings.columns[name] for name in ranked}
        marks = {name: one.missing[0] for name, one in columns.items() if one.missing}
        return {
            "sizes": sizes,
            "ranked": ranked,
            "values": about,
            "between": np.round(between, 3).tolist(),
            "within": np.round(within, 3).tolist(),
            "gaps": gaps(frame[ranked], units),
            "marks": marks,
        }

    def _sizes(self, units: np.ndarray) -> list[list[int]]:
        """Return how many groups there are of each size; a rare size counts as a common one."""
        of_group = Counter(units.tolist())
        sizes = Counter(of_group.values())
        common = [size for size, count in sizes.items() if count >= FEWEST]
        common = common or [round(float(np.median(list(of_group.values()))))]
        told: Counter = Counter()
        for size, count in sizes.items():
            told[_nearest(common, size)] += count
        return [[size, round(told[size] * self.larger)] for size in sorted(told)]

    def _law(self, name: str, values: pd.Series, units: np.ndarray) -> dict:
        """Return the law of a column, as `make_toy.values` takes it."""
        if not _is_number(values):
            known = values.notna().to_numpy()
            return _words(values[known].astype(str), units[known]) if known.any() else NOTHING
        column, plain = self.settings.columns[name], _plain(values)
        known = np.isfinite(plain)
        if not known.any():
            return NOTHING
        law = Law(plain[known], units[known], (column.min, column.max)).steps()
        if _is_date(values):
            law["dates"] = True
        law["whole"] = bool(np.all(plain[known] == np.round(plain[known])))
        law["float"] = values.dtype.kind == "f" and not values.isna().any()
        return law


def _nearest(common: list[int], size: int) -> int:
    """Return the common size that a size is nearest to; the smaller of two."""
    return min((abs(known - size), known) for known in common)[1]


def _is_sorted(values: pd.Series) -> bool:
    return bool(values.is_monotonic_increasing)


def _is_date(values: pd.Series) -> bool:
    return values.dtype.kind == "M"


def _is_number(values: pd.Series) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return (is_numeric_dtype(values) and not is_bool_dtype(values)) or _is_date(values)


def _plain(values: pd.Series) -> np.ndarray:
    """Return a column as numbers, NaN where there is none; dates in seconds."""
    if _is_date(values):
        import pandas as pd

        plain = pd.to_datetime(values, utc=True).dt.tz_localize(None)
        seconds = plain.to_numpy().astype("datetime64[s]").astype("int64").astype(float)
        return np.where(values.isna().to_numpy(), np.nan, seconds)
    return values.to_numpy(dtype=float, na_value=np.nan)


def shared_by(values: Any, units: np.ndarray) -> dict:
    """Return for each value how many groups have it."""
    return dict(Counter(value for value, _ in set(zip(values, units.tolist(), strict=True))))


def _words(values: pd.Series, units: np.ndarray) -> dict:
    """Return the words of a column that many share, and one for all others."""
    counts, rows = shared_by(values, units), Counter(values)
    told: dict[str, int] = {}
    for word in sorted(rows, key=lambda word: (-rows[word], word)):
        name = word if counts[word] >= FEWEST else REST
        told[name] = told.get(name, 0) + rows[word]
    return {"words": list(told), "shares": list(told.values())}


def _ordered(values: pd.Series, about: dict) -> np.ndarray:
    """Return numbers whose order is that of the values in the law of the column."""
    if "words" not in about:
        return _plain(values)
    order = {word: place for place, word in enumerate(about["words"])}
    found = values.astype(str).map(order).fillna(len(order) - 1).astype(float)
    return found.where(values.notna(), np.nan).to_numpy()


def _scores(values: np.ndarray) -> np.ndarray:
    """Return normal scores of values, NaN where there is none."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    found, known = np.full(len(values), np.nan), np.isfinite(values)
    found[known] = ndtri(rankdata(values[known]) / (known.sum() + 1))
    return found


def correlations(scores: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return correlations of scores between groups and within them; their sum has ones.

    Parameters
    ----------
    scores : array of shape (n, columns)
    units : array of shape (n,)
        The group of each row. Without groups all is within.

    Returns
    -------
    between, within : arrays of shape (columns, columns)
    """
    import pandas as pd

    frame = pd.DataFrame(scores)
    whole = frame.corr(min_periods=FEWEST).fillna(0).to_numpy(copy=True)
    np.fill_diagonal(whole, 1)
    if len(np.unique(units)) == len(units):
        return np.zeros_like(whole), whole
    inner = frame - frame.groupby(units).transform("mean")
    known = frame.notna().astype(float).to_numpy()
    pairs = known.T @ known
    free = pairs * (1 - len(np.unique(units)) / len(units))
    filled = inner.fillna(0).to_numpy()
    spread = frame.std(ddof=0).replace(0, 1).fillna(1).to_numpy()
    within = filled.T @ filled / np.maximum(free, 1) / np.outer(spread, spread)
    large = np.sqrt(np.maximum(np.diag(within), 1))
    within = within / np.outer(large, large)
    constant = np.diag(within) < 1e-9
    within[constant, :], within[:, constant] = 0, 0
    return whole - within, within


def gaps(frame: pd.DataFrame, units: np.ndarray) -> list:
    """Return which cells are empty together, with the share of the rows; each of many rows.

    Where rows with gaps are mostly of rare kinds, each column is told of by itself.
    """
    empty = frame.isna()
    names = [name for name in frame if empty[name].any() and not empty[name].all()]
    if not names:
        return []
    kinds = [
        tuple(name for name, gone in zip(names, row, strict=True) if gone)
        for row in empty[names].to_numpy()
    ]
    counts, shared = Counter(kind for kind in kinds if kind), shared_by(kinds, units)
    common = {kind: count for kind, count in counts.items() if shared[kind] >= FEWEST}
    if sum(common.values()) < 0.9 * sum(counts.values()):
        each = {(name,): int(empty[name].sum()) for name in names}
        alike = {kind: len(np.unique(units[empty[kind[0]].to_numpy()])) for kind in each}
        common = {kind: count for kind, count in each.items() if alike[kind] >= FEWEST}
    return [[list(kind), round(common[kind] / len(frame), 4)] for kind in sorted(common)]


@dataclass
class Law:
    """The distribution of a column of numbers, told in steps.

    Parameters
    ----------
    values : array of shape (n,), finite
    units : array of shape (n,)
        The group of each.
    limits : pair of float or None
        What study.toml says of the ends of the column.
    """

    values: np.ndarray
    units: np.ndarray
    limits: tuple[float | None, float | None] = (None, None)

    def steps(self) -> dict:
        """Return shares, low and high ends of the steps, in the order of the values."""
        common = self._common()
        rest = ~np.isin(self.values, list(common))
        steps = [(value, value, value, count) for value, count in common.items()]
        steps += self._blocks(self.values[rest], self.units[rest])
        steps.sort()
        return {
            "shares": [count for *_, count in steps],
            "low": [low for _, low, _, _ in steps],
            "high": [high for _, _, high, _ in steps],
        }

    def _common(self) -> dict[float, int]:
        """Return the numbers that many groups share, with how many rows have them."""
        rows = Counter(self.values.tolist())
        often = [value for value, count in rows.items() if count >= FEWEST]
        some = np.isin(self.values, often)
        shared = shared_by(self.values[some].tolist(), self.units[some])
        found = {value: rows[value] for value in often if shared[value] >= FEWEST}
        if len(found) <= MOST_COMMON:
            return found
        return {value: n for value, n in found.items() if n >= COMMON * len(self.values)}

    def _blocks(self, values: np.ndarray, units: np.ndarray) -> list[tuple]:
        """Return median, ends and rows of each block; rows that fill none join none."""
        order = np.argsort(values, kind="stable")
        values, units = values[order], units[order]
        least = max(FEWEST, math.ceil(len(values) / MOST_STEPS))
        blocks, start, seen = [], 0, set()
        for place, unit in enumerate(units.tolist()):
            seen.add(unit)
            if len(seen) >= FEWEST and place + 1 - start >= least:
                blocks.append(values[start : place + 1])
                start, seen = place + 1, set()
        if blocks and start < len(values):
            blocks[-1] = np.concatenate([blocks[-1], values[start:]])
        if not blocks:
            return []
        medians = [float(np.median(block)) for block in blocks]
        edges = self._edges(medians, blocks)
        counts = [len(block) for block in blocks]
        return list(zip(medians, edges[:-1], edges[1:], counts, strict=True))

    def _edges(self, medians: list[float], blocks: list[np.ndarray]) -> list[float]:
        """Return the ends of blocks: half way between medians, and beyond the outermost ones."""
        first = medians[1] - medians[0] if len(medians) > 1 else _middle(blocks[0])
        last = medians[-1] - medians[-2] if len(medians) > 1 else first
        inner = [rounded((low + high) / 2, high - low) for low, high in pairwise(medians)]
        low = self._end(medians[0], -first, self.limits[0])
        high = self._end(medians[-1], last, self.limits[1])
        return [low, *inner, high]

    def _end(self, middle: float, step: float, limit: float | None) -> float:
        """Return an end of a column, rounded outwards: on the side of 0 that its values keep to."""
        found = rounded(middle + step, step, outwards=math.copysign(1, step))
        keeps = np.all(self.values >= 0) if step < 0 else np.all(self.values <= 0)
        if keeps and found * middle <= 0:
            strictly = not np.any(self.values == 0)
            found = rounded(middle / 2, middle) if strictly else 0.0
        if limit is not None:
            found = max(found, limit) if step < 0 else min(found, limit)
        return found


def _middle(values: np.ndarray) -> float:
    """Return how far the middle half of some values reaches."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low)


def rounded(value: float, scale: float, outwards: float = 0) -> float:
    """Return a number rounded to about a hundredth of a scale; to a tenth where outwards."""
    if not scale or not math.isfinite(scale):
        return value
    digits = (1 if outwards else 2) - math.floor(math.log10(abs(scale)))
    if not outwards:
        return round(value, digits)
    unit = 10.0**-digits
    whole = math.ceil(value / unit) if outwards > 0 else math.floor(value / unit)
    return round(whole * unit, digits)
