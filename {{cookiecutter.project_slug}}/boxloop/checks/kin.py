"""Signs that rows belong together though no column was named that says so.

Rows of one object resemble each other more than its neighbours do. Looked for are columns whose
equal values go with equal rows, runs along the file, and resemblance in the order of a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.estimates import numeric
from boxloop.table.codes import numbered

from .core import field
from .nearby import Places

if TYPE_CHECKING:
    import pandas as pd

# Columns that may say which rows belong together, and those that may say when.
NO_NAMES = ("target", "truth", "weight", "error", "resonance")
NO_TIMES = (*NO_NAMES, "input", "group")
TIME = re.compile(
    r"(^|_)(time|date|datetime|timestamp|mjd|bjd|hjd|jd|epoch|night|day|year|obstime)($|_|\d)"
)
FEWEST_ROWS, FEWEST_LEVELS, LARGEST_MEAN = 60, 20, 50
FOLLOWS = 0.7  # an input that follows the order of a column by so much is left out of the distance
NEIGHBOURS, FAR = 30, 10
LIFT, CONTRAST, BESIDE = 5.0, 2.0, 6.0
MOST_SHARE = 0.3
RARE = 1e-3
ASKED, PAIRS = 2_000, 2e8
ENOUGH_ROWS = 10_000  # for a correlation
RUN = 2  # so many rows on either side are beside a row in the file
LAGS = (1, 2, 3)
RESEMBLES, DEVIATIONS, TIME_MATTERS = 0.1, 3.5, 0.2


@dataclass(frozen=True)
class Sign:
    """How often the nearest row belongs to a row, and how often by chance.

    Attributes
    ----------
    name : str
        The column; "" stands for the order in the file.
    share, chance : float
    """

    name: str
    share: float
    chance: float


class Kin:
    """The training rows in the places of their inputs, where the nearest rows are looked up."""

    def __init__(self, frame: pd.DataFrame, inputs: list[str], seed: int) -> None:
        self.frame = frame
        table = numeric(frame[inputs]).to_numpy()
        # Grades and words make rows alike as well.
        places = Places(table, seed, every=True)
        self.columns = [inputs[j] for j in places.columns]
        self.table = places(table) if places.columns else np.zeros((len(frame), 0))
        few = int(min(ASKED, max(PAIRS / max(len(frame), 1), 100)))
        self.asked = np.sort(np.random.default_rng(seed).permutation(len(frame))[:few])
        self.found: dict[tuple[int, ...], np.ndarray] = {}

    def nearest(self, order: np.ndarray, without: str = "") -> np.ndarray | None:
        """Return the nearest rows of those asked, in inputs that do not follow an order.

        Parameters
        ----------
        order : array of shape (n,)
            Inputs that rise or fall with it would make its neighbours alike.
        without : str
            An input that is left out in any case.

        Returns
        -------
        array of shape (m, 30) or None
            Row numbers; None where no input is left.
        """
        keep = tuple(
            j
            for j, name in enumerate(self.columns)
            if name != without and _rank_correlation(self.table[:, j], order) < FOLLOWS
        )
        if not keep or len(self.frame) < FEWEST_ROWS:
            return None
        if keep not in self.found:
            self.found[keep] = self._search(self.table[:, keep])
        return self.found[keep]

    def _search(self, table: np.ndarray) -> np.ndarray:
        from sklearn.neighbors import NearestNeighbors

        finder = NearestNeighbors(
            n_neighbors=NEIGHBOURS + 1, algorithm="brute" if table.shape[1] > 5 else "kd_tree"
        ).fit(table)
        found = finder.kneighbors(table[self.asked], return_distance=False)
        # The row itself is the nearest but for rounding.
        others = np.argsort(found == self.asked[:, None], axis=1, kind="stable")[:, :NEIGHBOURS]
        return np.take_along_axis(found, others, axis=1)


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    there = np.flatnonzero(~np.isnan(other))
    there = there[:: len(there) // ENOUGH_ROWS + 1]
    if len(there) < FEWEST_ROWS // 2 or np.ptp(other[there]) == 0:
        return 0.0
    from scipy.stats import spearmanr

    return abs(float(spearmanr(one[there], other[there]).statistic))


def named(kin: Kin, columns: Mapping[str, Any]) -> Sign | None:
    """Return the column whose equal values go most clearly with rows that resemble each other.

    Parameters
    ----------
    columns : dict of column settings
        Read is `role`.
    """
    signs = []
    for name in kin.frame.columns:
        role = field(columns.get(name, {}), "role", "ignored")
        if role not in NO_NAMES and kin.frame.columns.tolist().count(name) == 1:
            codes = _codes(kin.frame[name])
            sign = None if codes is None else _same_value(kin, name, codes)
            signs += [sign] if sign else []
    return max(signs, key=lambda sign: sign.share / sign.chance, default=None)


def _codes(column: pd.Series) -> np.ndarray | None:
    """Return the levels of a column of whole numbers or words that has many small ones, or None."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        known = values[~np.isnan(values)]
        if not np.isfinite(known).all() or (known != np.round(known)).any():
            return None
    elif pd.api.types.is_datetime64_any_dtype(column):
        return None
    codes = pd.factorize(column, sort=True)[0]
    here = codes[codes >= 0]
    levels = len(np.unique(here))
    if levels < FEWEST_LEVELS or levels > 0.95 * len(here) or len(here) > LARGEST_MEAN * levels:
        return None
    return codes


def _same_value(kin: Kin, name: str, codes: np.ndarray) -> Sign | None:
    near = kin.nearest(np.where(codes < 0, np.nan, codes), without=name)
    if near is None:
        return None
    own = codes[kin.asked]
    known = own >= 0
    near, own = near[known], own[known, None]
    sizes = np.bincount(codes[codes >= 0])
    chance = float(np.mean((sizes[own[:, 0]] - 1) / (len(codes) - 1)))
    same = codes[near] == own
    beside = np.abs(codes[near[:, 0]] - own[:, 0]) == 1
    share = float(same[:, 0].mean())
    # In bins of an input the next bin is as near; names that stand beside each other are not.
    ordered = BESIDE * float(beside.mean()) / 2 if beside.mean() > 3 * chance else 0.0
    far = CONTRAST * float(same[:, FAR:].mean()) if share < MOST_SHARE else 0.0
    enough = max(LIFT * chance, ordered, far)
    return _sign(name, share, chance, enough, len(own))


def beside(kin: Kin) -> Sign | None:
    """Return whether the nearest row is mostly the row beside it in the file.

    Notes
    -----
    Compared with rows a twentieth of the file away, so that a file that was sorted by something
    keeps quiet.
    """
    size = len(kin.frame)
    near = kin.nearest(np.arange(size, dtype=float))
    if near is None:
        return None
    away = np.abs(near[:, 0] - kin.asked)
    share, chance = float((away <= RUN).mean()), 2 * RUN / (size - 1)
    low, high = max(FAR, size // 20), max(2 * FAR, size // 8)
    drift = float(((away > low) & (away <= high)).mean()) * RUN / (high - low)
    return _sign("", share, chance, max(LIFT * chance, CONTRAST * drift), len(near))


def _sign(name: str, share: float, chance: float, enough: float, size: int) -> Sign | None:
    from scipy.stats import poisson

    rare = poisson.sf(round(share * size) - 1, enough * size) < RARE
    return Sign(name, share, chance) if rare and share * size >= 5 else None


def times(frame: pd.DataFrame, columns: Mapping[str, Any]) -> list[str]:
    """Return the columns that hold a time, by their role, their type or their name."""
    import pandas as pd

    found = []
    for name in map(str, frame.columns.unique()):
        role, values = field(columns.get(name, {}), "role", "ignored"), frame[name]
        if values.ndim > 1 or role in NO_TIMES:
            continue
        dated = pd.api.types.is_datetime64_any_dtype(values)
        called = pd.api.types.is_numeric_dtype(values) and TIME.search(name.lower())
        if role == "time" or dated or called:
            found.append(name)
    return found


def resemblance(
    frame: pd.DataFrame, time: str, names: list[str], seed: int, group: str | None = None
) -> tuple[str, float, int]:
    """Return the column in which rows follow those before them in time most closely.

    Parameters
    ----------
    group : str, optional
        Rows of one group are not compared with each other: the split keeps them together.

    Returns
    -------
    str, float, int
        The column, the correlation of its ranks between a row and the next three, and the number
        of rows, or pairs of groups, that were compared. Equal times are in random order.
    """
    from scipy.stats import rankdata

    table = numeric(frame[[*names, time]]).to_numpy()
    groups = np.arange(len(frame)) if group is None else numbered(frame[group].to_numpy())[1]
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~np.isnan(table[:, -1])))
    rows = rows[np.argsort(table[rows, -1], kind="stable")]
    pairs = np.vstack([np.column_stack([rows[:-lag], rows[lag:]]) for lag in LAGS])
    pairs = pairs[groups[pairs[:, 0]] != groups[pairs[:, 1]]]
    count = min(len(np.unique(np.sort(groups[pairs], axis=1), axis=0)), len(rows))
    best, most = "", 0.0
    for j, name in enumerate(names):
        there = pairs[~np.isnan(table[pairs, j]).any(axis=1)]
        if len(there) < FEWEST_ROWS or np.ptp(table[there, j]) == 0:
            continue
        one, other = rankdata(table[there, j], axis=None).reshape(-1, 2).T
        found = float(np.corrcoef(one, other)[0, 1]) if one.std() * other.std() else 0.0
        if found > most:
            best, most = name, found
    return best, most, count
