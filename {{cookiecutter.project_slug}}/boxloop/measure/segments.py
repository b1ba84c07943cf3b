"""The weakest segment of a sample: the best of many, judged by what a search finds in chance.

Whoever looks for the worst corner of a sample finds one. So the loss has its expectation taken out
first, and what the search finds is compared with what it finds where losses have been exchanged
between rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.estimates import group_codes, numeric, sample

if TYPE_CHECKING:
    import pandas as pd

EXCHANGES = 199  # of losses between rows: then the smallest p-value is 1 in 200
BY_CHANCE = 0.02  # a segment that more searches in exchanged losses surpass does not stand out
LEAST = 0.1  # share of the rows that a segment has
FEWEST = 10  # rows of each class that may be expected in a segment, and groups in it
ALIKE = 25  # rows next to each other in probability, whose labels are exchanged
PLACES = np.arange(0.1, 0.95, 0.1)  # quantiles of an input at which it is cut
MOST = 10_000  # rows that are searched
SEES = 0.5  # the mean of |1 - 2 p| in a segment, from which on its squared error tells outcomes
LOSS, MORE, LESS = "mean excess", "share beyond what was said", "share short of what was said"


@dataclass(frozen=True)
class Segment:
    """What a search for the weakest segment found.

    Parameters
    ----------
    rule : str
        Where it is, such as ``"depth > 0.8 and colour <= 1.2"``; empty where none was large enough.
    inside : array of bool, shape (n,)
    excess, low, high : float
        Mean of the loss less its expectation in the segment, with an interval that holds for all
        segments of the search at once.
    p : float
        How often a search in exchanged losses finds a segment as weak.
    rows : int
        Rows of the segment.
    of : str
        What `excess` is the mean of.
    """

    rule: str
    inside: np.ndarray
    excess: float
    low: float
    high: float
    p: float
    rows: int
    of: str = LOSS

    @property
    def stands_out(self) -> bool:
        """Whether chance does not find the like of it."""
        return bool(self.rule) and self.p <= BY_CHANCE

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        if not self.rule:
            return "No segment stands out: none has rows enough to be judged."
        chance = f"{self.p:.1%} of searches in exchanged losses find one as weak"
        if not self.stands_out:
            return f"No segment stands out: {chance} as {self.rule}."
        excess = f"{self.excess:.3g} [{self.low:.3g}, {self.high:.3g}]"
        return f"{self.rule} ({self.rows} rows): {self.of} {excess}; {chance}."


def calibrated(truth: Any, score: Any) -> np.ndarray:
    """Return the probability that scores have earned on these rows, shape (n,).

    A smooth curve of the rank of the score (logistic regression on splines): scores of any kind
    become probabilities, and a promise that is wrong everywhere is no matter of one segment.

    Parameters
    ----------
    truth : array of shape (n,)
        1 for the class of interest, else 0.
    score : array of shape (n,)
    """
    from scipy.stats import norm, rankdata
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer

    truth, score = np.asarray(truth, dtype=int), np.asarray(score, dtype=float)
    if len(np.unique(truth)) < 2 or np.ptp(score) == 0:
        return np.full(len(truth), truth.mean() if len(truth) else np.nan)
    place = norm.ppf((rankdata(score) - 0.5) / len(score))[:, None]
    curve = SplineTransformer(n_knots=7, degree=3, extrapolation="linear")
    model = make_pipeline(curve, LogisticRegression(C=100, max_iter=1000))
    return model.fit(place, truth).predict_proba(place)[:, 1]


def weakest_segment(
    X: pd.DataFrame,
    residual: Any,
    *,
    chance: Any = None,
    groups: Any = None,
    seed: int = 0,
    exchanges: int = EXCHANGES,
) -> Segment:
    """Return the segment, of one or two cuts, in which a model errs most beyond expectation.

    Parameters
    ----------
    X : DataFrame of n rows
        Columns that a segment may be cut by.
    residual : array of shape (n,)
        Truth less prediction; of classes, truth (0 or 1) less `chance`.
    chance : array of shape (n,), optional
        Of classes, the calibrated probability of each row, see `calibrated`.
    groups : array of shape (n,), optional
        Rows of a group are no independent witnesses.

    Notes
    -----
    The loss is the squared residual. Its expectation is the mean of the sample, and of classes
    p (1 - p): what is left is (1 - 2 p) (y - p), nothing on average wherever p is right, however
    hard the rows are. That is blind near p = 1/2, where every outcome costs the same: so of classes
    y - p is searched as well, for segments in which the class of interest comes true more often
    than was said, or less often (Hébert-Johnson et al. 2018 ask it of every segment). That counts
    where the loss finds nothing, or cannot see. A segment counts by the sum of what is left over
    its standard error between groups (Chung & Romano 2013: a studentised exchange is fair where
    spreads differ). Losses are exchanged between all rows, and of classes between rows of like
    probability.
    """
    rows, _ = sample(len(X), seed, MOST)
    p = None if chance is None else np.asarray(chance, dtype=float)[rows]
    excess = _Excess(np.asarray(residual, dtype=float)[rows], p, seed)
    codes = group_codes(None if groups is None else np.asarray(groups)[rows], None, len(rows))
    search = _Search(numeric(X).iloc[rows], p, codes)
    found = search.each(excess.values, codes)
    if not found:
        return Segment("", np.zeros(len(X), dtype=bool), np.nan, np.nan, np.nan, p=1.0, rows=0)
    exchanged = [search.each(excess.exchanged()) for _ in range(exchanges)]
    worst = _worst([replace(one, by_chance=_highest(exchanged, one.of)) for one in found], p)
    return _judged(worst, search.words(worst), search.holds(numeric(X), worst))


def _highest(exchanged: list[list[_Found]], of: int) -> np.ndarray:
    """Return the highest scores by chance: of the loss, or of both signs of what was said."""
    alike = [[one.score for one in each if (one.of > 0) == (of > 0)] for each in exchanged]
    return np.array([max(scores, default=0.0) for scores in alike])


def _worst(found: list[_Found], p: np.ndarray | None) -> _Found:
    """Return which of what was found counts: that of the loss, where it sees and stands out.

    Else the segment that errs most of those beyond chance, else the first.
    """
    first = found[0]
    sees = p is None or np.mean(np.abs(1 - 2 * p[first.inside])) >= SEES
    if first.of == 0 and first.stands_out and sees:
        return first
    beyond = [one for one in found if one.of > 0 and one.stands_out]
    return max(beyond, key=lambda one: one.total / one.rows, default=first)


def _judged(found: _Found, rule: str, inside: np.ndarray) -> Segment:
    """Return a segment beside the scores of searches in exchanged losses."""
    of = (LOSS, MORE, LESS)[found.of]
    mean = found.total / found.rows
    error = mean / found.score if found.score else np.nan
    reach = float(np.quantile(found.by_chance, 1 - BY_CHANCE)) * abs(error)
    ends, rows = (mean - reach, mean + reach), int(found.rows)
    return Segment(rule, inside, mean, *ends, p=found.share, rows=rows, of=of)


class _Excess:
    """A loss less its expectation, and what it is where losses have been exchanged.

    Parameters
    ----------
    residual : array of shape (n,)
    chance : array of shape (n,), or None
    seed : int
    """

    def __init__(self, residual: np.ndarray, chance: np.ndarray | None, seed: int) -> None:
        self.residual, self.chance = residual, chance
        self.rng = np.random.default_rng(seed)
        n = len(residual)
        if chance is None:
            self.blocks = np.zeros(n, dtype=int)
        else:
            place = np.empty(n, dtype=int)
            place[np.lexsort((self.rng.random(n), chance))] = np.arange(n)
            self.blocks = place // ALIKE
        self.values = self._less_expectation(residual)

    def _less_expectation(self, residual: np.ndarray) -> np.ndarray:
        """Return what is searched, a row each, shape (1 or 3, n)."""
        if self.chance is None:
            return (residual**2 - np.mean(residual**2))[None]
        # Where a block of like rows comes true more often than the curve says, that is the curve.
        sums = np.bincount(self.blocks, weights=residual) / np.bincount(self.blocks)
        beyond = residual - sums[self.blocks]
        return np.stack([(1 - 2 * self.chance) * beyond, beyond, -beyond])

    def exchanged(self) -> np.ndarray:
        """Return `values` where rows of a block have exchanged their losses."""
        order = np.lexsort((self.rng.random(len(self.blocks)), self.blocks))
        home = np.argsort(self.blocks, kind="stable")
        if self.chance is None:
            return self.values[:, order]
        truth = np.empty(len(self.residual))
        truth[home] = (self.residual + self.chance)[order]
        return self._less_expectation(truth - self.chance)


@dataclass(frozen=True)
class _Found:
    score: float
    total: float
    rows: float
    inside: np.ndarray
    cuts: tuple[int, ...]
    of: int = 0  # which of what is searched
    by_chance: np.ndarray = field(default_factory=lambda: np.zeros(0))  # scores where exchanged

    @property
    def share(self) -> float:
        """How often a search in exchanged losses scores as high."""
        return (1 + int(np.sum(self.by_chance >= self.score))) / (len(self.by_chance) + 1)

    @property
    def stands_out(self) -> bool:
        """Whether that is rare."""
        return self.share <= BY_CHANCE


class _Search:
    """All segments of one cut, and within the best of them all of a second.

    Parameters
    ----------
    X : DataFrame of n rows, numbers
    chance : array of shape (n,), or None
    codes : array of shape (n,), the group of each row
    """

    def __init__(self, X: pd.DataFrame, chance: np.ndarray | None, codes: np.ndarray) -> None:
        self.cuts = _cuts(X)
        sides = [_side(X[name].to_numpy(), way, at) for name, way, at in self.cuts]
        self.sides = np.array(sides, dtype=np.float32).reshape(len(sides), len(X))
        self.chance, self.least = chance, max(LEAST * len(X), 2 * FEWEST)
        self.order = np.argsort(codes, kind="stable")
        self.starts = np.flatnonzero(np.diff(codes[self.order], prepend=-1))

    def each(self, values: np.ndarray, codes: np.ndarray | None = None) -> list[_Found]:
        """Return the segment with the largest score in each row of `values`, shape (k, n).

        Its error is between groups if there are `codes`; rows without a segment are left out.
        """
        found = [self._best(row, codes) for row in values]
        return [replace(one, of=of) for of, one in enumerate(found) if one]

    def _best(self, values: np.ndarray, codes: np.ndarray | None) -> _Found | None:
        one = self._best_side(values, np.ones(len(values), dtype=bool), (), codes)
        if one is None:
            return None
        two = self._best_side(values, one.inside, one.cuts, codes)
        return two if two and two.score > one.score else one

    def _best_side(
        self, values: np.ndarray, within: np.ndarray, cuts: tuple, codes: np.ndarray | None
    ) -> _Found | None:
        inside = within.astype(np.float32)
        rows, mine = self.sides @ inside, (values * within).astype(np.float32)
        total = self.sides @ mine
        square = self.sides @ mine**2 if codes is None else self._between_groups(mine)
        judged = (rows >= self.least) & self._both_classes(inside) & (square > 0)
        if not judged.any():
            return None
        scores = np.full(len(judged), -np.inf)
        scores[judged] = total[judged] / np.sqrt(square[judged])
        at = int(np.argmax(scores))
        held = within & (self.sides[at] > 0)
        return _Found(float(scores[at]), float(total[at]), float(rows[at]), held, (*cuts, at))

    def _between_groups(self, mine: np.ndarray) -> np.ndarray:
        """Return the sum of the squares of what each group adds to a segment, by segment."""
        found = np.empty(len(self.sides))
        for i, side in enumerate(self.sides):
            sums = np.add.reduceat((side * mine)[self.order], self.starts)
            there = np.add.reduceat(side[self.order], self.starts) > 0
            count = int(there.sum())
            # Few groups know their own spread badly; fewer than that say nothing.
            found[i] = np.sum(sums**2) * count / (count - 1) if count >= FEWEST else 0.0
        return found

    def _both_classes(self, inside: np.ndarray) -> np.ndarray:
        if self.chance is None:
            return np.ones(len(self.sides), dtype=bool)
        positive = self.sides @ (inside * self.chance.astype(np.float32))
        return (positive >= FEWEST) & (self.sides @ inside - positive >= FEWEST)

    def words(self, found: _Found) -> str:
        """Return where a segment is."""
        return " and ".join(
            f"{name} is missing" if way == "missing" else f"{name} {way} {at:.4g}"
            for name, way, at in (self.cuts[i] for i in found.cuts)
        )

    def holds(self, X: pd.DataFrame, found: _Found) -> np.ndarray:
        """Return which rows of a table lie in a segment, bool of shape (n,)."""
        cuts = [self.cuts[i] for i in found.cuts]
        return np.logical_and.reduce([_side(X[name].to_numpy(), way, at) for name, way, at in cuts])


def _cuts(X: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Return all cuts: the column, the side, and where."""
    found: list[tuple[str, str, float]] = []
    for name in X:
        values = X[name].to_numpy(dtype=float)
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        places = np.unique(np.quantile(known, PLACES, method="lower"))
        places = places[places < known.max()]
        found += [(name, way, float(at)) for at in places for way in ("<=", ">")]
        if len(known) < len(values):
            found.append((name, "missing", np.nan))
    return found


def _side(values: Any, way: str, at: float) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if way == "missing":
        return ~np.isfinite(values)
    return values <= at if way == "<=" else values > at
