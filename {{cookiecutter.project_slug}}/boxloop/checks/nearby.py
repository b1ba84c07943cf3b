"""Rows that are almost copies of training rows: closer than rows that know nothing of each other.

A row's distance to its nearest training row is compared with that to the tenth, so that dense and
thin regions are treated alike. Two expectations say how often the ratio is small by chance, and
the larger one stands: that of points spread evenly in as many dimensions as the further neighbours
show, and the ratios among a quarter of the training rows, where most copies have lost their
original and all else looks the same on a larger scale.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from .power import SURE

NEAR, FAR = 10, 20  # the neighbours that set the local scale, and the number of dimensions
QUARTERS = 4
KNOTS = 100  # of the map from values to places between 0 and 1
MAPPED = 20_000  # rows that it is made from
COARSE = 0.3  # a column in which one value is more frequent, or with few values, tells no distance
FEW_VALUES = 50
REPEATED = 3  # a value that so many rows share is spread over its share of the places
CHANCES = np.logspace(-5, -1.3, 12)  # ratios are judged at these rates by chance
RARE = 3e-4  # of 12 looks that go together, at two kinds of distance
MARGIN = 1.3  # both expectations are good to a factor
DIMENSION, TRIMMED_DIMENSION, LOCAL = 0.95, 0.85, 0.95
FEWEST = 2  # one close pair is what chance gives
FEWEST_AMONG = 3  # where more pairs have the chance: among training rows, or a column is left out
JITTERS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
USUAL, SHARE = 0.03, 0.1  # jitter and share of the copies that must not go unseen
SHARES = np.logspace(-2.3, 0, 24)
# Pairs of rows, and pairs times columns, that the two kinds of distance are computed for.
PAIRS, TRIMMED, PLANTED = 3e8, 6e8, 3e6
BLOCK = 2_000_000


@dataclass(frozen=True)
class Nearness:
    """How many rows come too close to a training row.

    Attributes
    ----------
    close : float
        The part of the rows asked that comes closer than chance makes likely, beyond what chance
        gives; 0 where chance explains it.
    seen_from : float
        The smallest share of copies that would have been seen, at a jitter of 0.03 of the spread.
    jitter : float
        The largest jitter, in units of the spread, at which copies in a tenth of the rows would
        have been seen; 0 where none would.
    asked : int
        Number of rows that were asked.
    """

    close: float
    seen_from: float
    jitter: float
    asked: int


BLIND = Nearness(0.0, float("inf"), 0.0, 0)


@dataclass(frozen=True)
class Look:
    """How probable by chance it is that the nearest row is so near, compared with the tenth.

    Attributes
    ----------
    whole, quarters : array of shape (m,), (m, 4)
        Among all training rows, and among each quarter of them, if rows are spread evenly.
    among, trimmed : bool
        The rows are training rows themselves; a column was left out of each pair.
    """

    whole: np.ndarray
    quarters: np.ndarray
    among: bool
    trimmed: bool

    @property
    def size(self) -> float:
        """Number of independent rows: two that are near one another count once."""
        return len(self.whole) / (2 if self.among else 1)

    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of rows below `CHANCES`, among all rows and among a quarter."""
        whole = (self.whole[:, None] < CHANCES).mean(axis=0)
        return whole, (self.quarters[..., None] < CHANCES).mean(axis=(0, 1))


class Places:
    """The map from values to evenly filled places between 0 and 1, made from the training rows.

    Ranks, so that no unit and no tail sets the distance, but smooth ones.
    """

    def __init__(self, train: np.ndarray, seed: int, *, every: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        rows = train[self.rng.permutation(len(train))[:MAPPED]]
        known = [np.sort(column[~np.isnan(column)]) for column in rows.T]
        some = [j for j, values in enumerate(known) if len(values) and values[0] < values[-1]]
        fine = [j for j in some if _fine(known[j])]
        # Words and grades only blur a distance, as long as there is something to be measured.
        self.columns = fine if len(fine) > 1 and not every else some
        self.known = [known[j] for j in self.columns]
        self.spread = np.array([_spread(values) for values in self.known])

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the places of some rows, shape (m, columns in use)."""
        pairs = zip(rows[:, self.columns].T, self.known, strict=True)
        return np.column_stack([self._place(values, known) for values, known in pairs])

    def _place(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        count = min(KNOTS, max(2, len(known) // 5))
        # The last rows of a heavy tail would crowd in one segment: there the knots stand closer.
        tail = 2.0 ** np.arange(np.log2(len(known) / count + 1)) / len(known)
        ranks = np.unique(np.r_[np.linspace(0, 1, count), tail, 1 - tail])
        knots, first = np.unique(np.quantile(known, ranks), return_index=True)
        anywhere = self.rng.random(len(values))
        # Numbers that were rounded are anywhere within their step; others have hardly a step.
        step = np.quantile(np.diff(np.unique(known)), 0.01)
        moved = values + step * (anywhere - 0.5)
        place = np.interp(moved, knots, ranks[first])
        ends = np.clip(moved - known[-1], 0, None) - np.clip(known[0] - moved, 0, None)
        # Beyond the last row places go on growing, to no more than one further.
        place += ends / (known[-1] - known[0] + np.abs(ends))
        low = np.searchsorted(known, values, "left") / len(known)
        high = np.searchsorted(known, values, "right") / len(known)
        shared = high - low >= REPEATED / len(known)
        place = np.where(shared, low + anywhere * (high - low), place)
        return np.where(np.isnan(values), anywhere, place)

    def shaken(self, rows: np.ndarray, jitter: float) -> np.ndarray:
        """Return the rows with a jitter in units of each column's spread."""
        moved = rows.copy()
        noise = self.rng.normal(size=(len(rows), len(self.columns)))
        moved[:, self.columns] += jitter * self.spread * noise
        return moved


def _fine(known: np.ndarray) -> bool:
    counts = np.unique(known, return_counts=True)[1]
    return len(counts) >= FEW_VALUES and counts.max() <= COARSE * len(known)


def _spread(known: np.ndarray) -> float:
    low, high = np.quantile(known, [0.16, 0.84])
    return float(high - low) / 2


def near(
    search: Search | None, rows: np.ndarray | None, *, threshold: float, most: int
) -> Nearness:
    """Ask whether rows come closer to a training row than chance makes likely.

    Parameters
    ----------
    search : Search or None
        What `search_among` made of the training rows.
    rows : array of shape (m, d) or None
        The rows asked; None asks the training rows about one another.
    threshold : float
        A larger part of the rows is a fault.
    most : int
        So many rows are asked at most.
    """
    if search is None or (rows is not None and len(rows) < FEWEST):
        return BLIND
    size = len(search.table) if rows is None else len(rows)
    few = int(min(most, max(PAIRS / len(search.table), 100)))
    asked = search.rng.permutation(size)[:few]
    own = asked if rows is None else None
    places = search.table[asked] if rows is None else search.places(rows[asked])
    looks = [search.look(places, own)]
    if search.trims:
        few = int(max(TRIMMED / search.table.size, 50))
        looks.append(search.look(places[:few], None if own is None else own[:few], trimmed=True))
    close = max(_excess(look, *look.shares()) for look in looks)
    return Nearness(close, *_sight(looks, search.planted, threshold), len(asked))


def search_among(left: np.ndarray, seed: int) -> Search | None:
    """Return the search among training rows, or None where they are too few or all alike."""
    if len(left) < QUARTERS * FAR:
        return None
    places = Places(left, seed)
    return Search(left, places, np.random.default_rng(seed)) if places.columns else None


class Search:
    """The training rows in four random quarters, among which neighbours are looked for."""

    def __init__(self, left: np.ndarray, places: Places, rng: np.random.Generator) -> None:
        self.left, self.places, self.rng = left, places, rng
        self.table = places(left)
        self.quarters = np.array_split(rng.permutation(len(left)), QUARTERS)
        self.trims = self.table.shape[1] > 2

    @functools.cached_property
    def planted(self) -> list[tuple[float, list[Look]]]:
        """Looks at copies of training rows, by their jitter: without and with a column left out."""
        few = int(np.clip(PLANTED / self.table.size, 15, 100))
        base = self.left[self.rng.permutation(len(self.left))[:few]]
        found = []
        for jitter in JITTERS:
            rows = self.places(self.places.shaken(base, jitter))
            kinds = (False, True) if self.trims else (False,)
            found.append((jitter, [self.look(rows, trimmed=trimmed) for trimmed in kinds]))
        return found

    def look(
        self, rows: np.ndarray, own: np.ndarray | None = None, *, trimmed: bool = False
    ) -> Look:
        """Return the ratios of some rows.

        Parameters
        ----------
        rows : array of shape (m, d)
        own : array of shape (m,), optional
            The numbers of training rows that the rows are themselves.
        trimmed : bool
            Of each pair of rows the column is left out in which they differ most: a copy in which
            one column was measured afresh is near in the others.
        """
        found = np.stack(
            [self._closest(rows, part, own, trimmed=trimmed) for part in self.quarters], axis=1
        )
        whole = np.sort(found.reshape(len(rows), -1), axis=1)[:, :FAR]
        factor = TRIMMED_DIMENSION if trimmed else DIMENSION
        dimension = factor * _dimensions(whole)
        # For rows spread evenly in d dimensions (r1/r10)^d follows Beta(1, 9).
        among_all, among_quarters = (
            1 - (1 - _ratio(distances) ** each) ** (NEAR - 1)
            for distances, each in ((whole, dimension), (found, dimension[:, None]))
        )
        return Look(among_all, among_quarters, own is not None, trimmed)

    def _closest(
        self, rows: np.ndarray, part: np.ndarray, own: np.ndarray | None, *, trimmed: bool
    ) -> np.ndarray:
        """Return the distances to the twenty nearest of some training rows, shape (m, 20)."""
        # Half the digits are enough for gaps between places, and cost half the time.
        kind = np.float32 if trimmed else np.float64
        table, found = self.table[part].astype(kind), np.empty((len(rows), FAR))
        step = max(1, BLOCK // len(part))
        for start in range(0, len(rows), step):
            block = rows[start : start + step].astype(kind)
            total = _trimmed(block, table) if trimmed else _squares(block, table)
            if own is not None:
                total[own[start : start + step, None] == part] = np.inf
            nearest = np.sort(np.partition(total, FAR - 1, axis=1)[:, :FAR], axis=1)
            found[start : start + step] = np.sqrt(np.maximum(nearest, 0))
        return found


def _squares(rows: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the squared distances of all pairs; good to 1e-15, so distances to 1e-7."""
    return (rows**2).sum(axis=1)[:, None] + (table**2).sum(axis=1) - 2 * rows @ table.T


def _trimmed(rows: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return them without the column in which a pair differs most."""
    total = np.zeros((len(rows), len(table)), dtype=rows.dtype)
    worst = np.zeros_like(total)
    for one, other in zip(rows.T, table.T, strict=True):
        gap = one[:, None] - other
        gap *= gap
        total += gap
        np.maximum(worst, gap, out=worst)
    total -= worst
    return total


def _dimensions(distances: np.ndarray) -> np.ndarray:
    """Return in how many dimensions rows are spread around each row.

    Notes
    -----
    For rows spread evenly in d dimensions (rj/rk)^d follows Beta(j, k - j), so the mean of
    d · log(rk/rj) is the sum of 1/i from j to k - 1. Copies touch the nearest ones and make d too
    small, which is why the larger of two estimates stands. Where some rows lie on a thinner sheet
    than others, their own neighbours say so, if less exactly (Levina and Bickel 2004).
    """
    logs = np.log(np.maximum(distances, 1e-12))
    inverse = 1 / np.arange(1, FAR)
    pooled = max(
        inverse[j - 1 : k - 1].sum() / max(float((logs[:, k - 1] - logs[:, j - 1]).mean()), 1e-9)
        for j, k in ((NEAR // 2, NEAR), (NEAR, FAR))
    )
    spans = (logs[:, -1:] - logs[:, NEAR // 2 - 1 : -1]).sum(axis=1)
    mean = sum(inverse[j - 1 :].sum() for j in range(NEAR // 2, FAR))
    return np.minimum(pooled, LOCAL * mean / np.maximum(spans, 1e-9))


def _ratio(distances: np.ndarray) -> np.ndarray:
    # Rows of equal places have no scale, and are no near copies.
    scale = distances[..., NEAR - 1]
    return np.divide(distances[..., 0], scale, out=np.ones_like(scale), where=scale > 0)


def _excess(look: Look, whole: np.ndarray, quarter: np.ndarray) -> float:
    """Return the share of rows that are closer than chance makes likely, beyond chance.

    Parameters
    ----------
    look : Look
        Read are its size and its kind.
    whole, quarter : array of shape (12,)
        Shares of rows below `CHANCES`, among all training rows and among a quarter.

    Notes
    -----
    Of p copies a quarter of the training rows still holds p / 4.
    """
    from scipy.stats import poisson

    thin = (quarter - whole / QUARTERS) / (1 - 1 / QUARTERS)
    chance = MARGIN * np.maximum(CHANCES, thin)
    count = np.floor(whole * look.size + 1e-9)
    enough = count >= (FEWEST_AMONG if look.trimmed or look.among else FEWEST)
    hit = enough & (poisson.sf(count - 1, chance * look.size) < RARE)
    return float(np.max((whole - chance)[hit], initial=0.0))


def _sight(
    looks: list[Look], planted: list[tuple[float, list[Look]]], threshold: float
) -> tuple[float, float]:
    """Return what would have been seen of copies among the rows asked.

    Returns
    -------
    float, float
        See `Nearness.seen_from` and `Nearness.jitter`.
    """
    own = [look.shares() for look in looks]
    seen_from, jitter = float("inf"), 0.0

    def seen(share: float) -> bool:
        for look, mine, theirs in zip(looks, own, copies, strict=True):
            whole, quarter = (
                (1 - share) * a + share * b for a, b in zip(mine, theirs, strict=True)
            )
            # So many copies there are; which of them come close enough is a matter of chance.
            error = np.sqrt((mine[0] + share * theirs[0] * (1 - theirs[0])) / look.size)
            unlucky = np.maximum(1 - SURE * error / np.maximum(whole, 1e-9), 0)
            if _excess(look, unlucky * whole, unlucky * quarter) > threshold:
                return True
        return False

    for each, found in planted:
        copies = [one.shares() for one in found]
        if each == USUAL:
            seen_from = next((float(share) for share in SHARES if seen(share)), float("inf"))
        if seen(SHARE):
            jitter = each
    return seen_from, jitter
