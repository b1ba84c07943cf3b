"""Ends of intervals: one way for each kind of metric, all from the same paired draws of groups.

Percentiles of draws cover less than they promise where a metric is a mean of squares with long
tails, a share of few rows, or a sum of absolute values that noise cannot make smaller. What each
way covers on samples with a known truth is measured in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from boxloop.measure.residuals import Residuals

FEWEST = 30  # groups: with fewer an interval is said to be of too few
FEWEST_COUNTED = 10  # groups with a row that a share is a share of: the class of interest, say
FEWEST_CALIBRATED = 100  # groups, ten for each bin of a calibration error
FEWEST_PASSING = 2  # background rows that the working point must let pass
MOST_BY_ONE = 0.25  # of an average precision that one background row more may take away
LONG = 0.3  # by so much of the inverse number of groups that count a difference is widened
TAIL = 0.5  # by so much of the skewness that a mean is left with, its end in the long tail is moved
GRID = 80  # calibration errors that are tried for the ends of an interval

Ends = tuple[float, float]


class Scale(NamedTuple):
    """A scale on which a metric is nearly normal: there, its slope, and back."""

    there: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    back: Callable[[Any], Any]


PLAIN = Scale(lambda v: v, np.ones_like, lambda v: v)
LOG = Scale(np.log, lambda v: 1 / v, np.exp)
LOG_REST = Scale(lambda v: -np.log1p(-v), lambda v: 1 / (1 - v), lambda v: -np.expm1(-v))


class Drawn(NamedTuple):
    """One draw: rows and groups with how often each stands in it, and what is read off them."""

    ranking: Any
    residuals: Any
    groups: np.ndarray
    scores: Any = None


class Tally:
    """One metric of one predictor: its value, and the values in all draws.

    Parameters
    ----------
    kind : Kind
    metric : boxloop.measure.metrics.Metric
    sample : boxloop.measure.intervals.Sample
    value : float
        Of all rows.
    """

    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        self.kind, self.metric, self.sample, self.value = kind, metric, sample, float(value)
        self.values: list[float] = []

    def add(self, value: float, drawn: Drawn) -> None:  # noqa: ARG002
        """Take in one draw."""
        self.values.append(value)

    @property
    def draws(self) -> np.ndarray:
        """The values in all draws, NaN where there is none."""
        return np.asarray(self.values, dtype=float)

    def ends(self, level: float) -> Ends:
        """Return the ends of the interval."""
        return percentiles(self.draws, level)

    def difference(self, other: Tally, level: float) -> Ends:
        """Return the ends of the interval of the improvement over `other`."""
        leads = list(map(self.metric.improvement, other.draws, self.draws))
        return percentiles(np.asarray(leads, dtype=float), level)

    def counted(self) -> tuple[int, int]:
        """Return how many groups the metric counts, and how many are enough."""
        return self.sample.size, FEWEST

    def note(self) -> dict[str, Any]:
        """Return what has to be said with the interval; nothing where all is well."""
        there, enough = self.counted()
        if there >= enough and self.sample.size >= FEWEST:
            return {}
        there, enough = (there, enough) if there < enough else (self.sample.size, FEWEST)
        return {"too_few": True, "note": f"too few groups: {there}, and {enough} would be enough"}


def percentiles(draws: np.ndarray, level: float) -> Ends:
    """Return the percentiles of draws, without those that have no value (NaN)."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Kind:
    """The way of a metric to its interval; this one, of medians and others, is percentiles."""

    tally: ClassVar[type[Tally]] = Tally


@dataclass(frozen=True)
class Moments(Kind):
    """A smooth function of means over rows: a studentised bootstrap on a scale of its own.

    Parameters
    ----------
    values : callable
        Takes a `boxloop.measure.residuals.Residuals`, returns what is averaged, shape (k, n).
    gradient : callable
        Takes the k means, returns the derivatives of the metric by each of them.
    scale : Scale
    of_squares : bool
        Whether its error needs the fourth moment of the residuals, see `boxloop.measure.tails`.

    Notes
    -----
    In each draw the distance from the value is divided by the error that the groups of that draw
    tell (Efron 1981, bootstrap-t). What is rarer than the sample is long is in no draw: the end in
    the long tail is moved out by half the skewness of the mean, as measured on normal, Laplace and
    t5 residuals of 60 to 1000 groups, where it covers 94 to 96 % instead of 91.5 to 94.5 %.
    Errors of few groups are uncertain by Student's t over the normal distribution.
    """

    values: Callable[[Residuals], Any]
    gradient: Callable[[np.ndarray], Any]
    scale: Scale = PLAIN
    of_squares: bool = False
    tally: ClassVar[type[Tally]]


class _MomentTally(Tally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        rows = np.atleast_2d(kind.values(sample.residuals)).astype(float)
        sums = [np.bincount(sample.codes, weights=row, minlength=sample.size) for row in rows]
        self.means = np.sum(sums, axis=1) / sample.lengths.sum()
        apart = np.array(sums) - self.means[:, None] * sample.lengths
        self.parts = np.column_stack([*apart, sample.lengths])
        self.squares = _products(self.parts, self.parts)
        self.errors, self.slopes = np.zeros(0), np.zeros(0)
        with np.errstate(invalid="ignore"):
            self.whole = self.parts @ self._slopes(np.ones((1, sample.size)))[0]

    def _slopes(self, weights: np.ndarray) -> np.ndarray:
        """Return by what a group's parts move the metric in each draw, shape (draws, parts)."""
        sums = weights @ self.parts
        n, shift = sums[:, -1:], sums[:, :-1] / sums[:, -1:]
        with np.errstate(all="ignore"):
            slopes = np.asarray(self.kind.gradient((self.means + shift).T), dtype=float).T
            return np.column_stack([slopes, -np.sum(slopes * shift, axis=1)]) / n

    def take(self, weights: np.ndarray) -> None:
        """Take in the groups of several draws, shape (draws, groups)."""
        self.slopes = self._slopes(weights)
        self.now = _spread(self.slopes, weights @ self.squares, self.slopes)
        self.errors = np.append(self.errors, np.sqrt(np.maximum(self.now, 0)))

    def ends(self, level: float) -> Ends:
        draws = self.draws, self.errors
        return studentised(self.value, self.whole, *draws, scale=self.kind.scale, level=level)


def _products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return every part of one times every part of the other, by group."""
    return (one[:, :, None] * other[:, None, :]).reshape(len(one), one.shape[1] * other.shape[1])


def _spread(one: np.ndarray, products: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the covariance of two metrics in each draw, from their slopes, shape (draws,)."""
    whole = products.reshape(len(one), one.shape[1], other.shape[1])
    with np.errstate(all="ignore"):
        return np.einsum("bi,bij,bj->b", one, whole, other)


Moments.tally = _MomentTally


class PairedMoments:
    """The improvement of one predictor over another, both functions of means.

    Its long tails lie on both sides, so that skewness does not tell of them: both ends are moved
    out by what the fourth powers of the influences say of the number of groups that count.
    """

    def __init__(self, model: Any, reference: Any) -> None:
        self.model, self.reference, self.errors = model, reference, np.zeros(0)
        self.whole = model.metric.sign * (model.whole - reference.whole)
        self.products = _products(model.parts, reference.parts)

    def take(self, weights: np.ndarray) -> None:
        """Take in the draws that both tallies have just seen."""
        shared = _spread(self.model.slopes, weights @ self.products, self.reference.slopes)
        square = self.model.now + self.reference.now - 2 * shared
        self.errors = np.append(self.errors, np.sqrt(np.maximum(square, 0)))

    def ends(self, level: float) -> Ends:
        """Return the ends of the interval of the improvement."""
        lead, sign = self.model.value - self.reference.value, self.model.metric.sign
        if not lead and not self.whole.any():
            return 0.0, 0.0
        draws = sign * (self.model.draws - self.reference.draws), self.errors
        square = float(np.sum(self.whole**2))
        share = float(np.sum(self.whole**4)) / square**2 if square > 0 else 0.0
        wide = 1 + LONG * share
        return studentised(sign * lead, self.whole, *draws, scale=PLAIN, level=level, wide=wide)


def studentised(
    value: float,
    influence: np.ndarray,
    draws: np.ndarray,
    errors: np.ndarray,
    *,
    scale: Scale,
    level: float,
    wide: float = 1.0,
) -> Ends:
    """Return the ends of a bootstrap-t interval, see `Moments`.

    Parameters
    ----------
    value : float
    influence : array of shape (groups,)
        How much each group moves the value.
    draws, errors : arrays of shape (draws,)
        The value in each draw, and its standard error there; without any it is that of all rows.
    wide : float
        Both ends are moved out by this factor.
    """
    from scipy.stats import norm, t

    square = float(np.sum(influence**2))
    errors = errors if len(errors) else np.full(len(draws), math.sqrt(square))
    if not np.isfinite(square) or math.sqrt(square) <= 1e-12 * abs(value):
        return (value, value) if np.isfinite(square) else (np.nan, np.nan)
    error, skewness = math.sqrt(square), float(np.sum(influence**3)) / square**1.5
    with np.errstate(all="ignore"):
        centre, step = float(scale.there(value)), float(scale.slope(value)) * error
        apart = (scale.there(draws) - centre) / (scale.slope(draws) * errors)
    known = apart[np.isfinite(apart)]
    if not len(known):
        return value, value
    student = float(t.ppf((1 + level) / 2, max(len(influence) - 1, 1)))
    step *= wide * min(student / float(norm.ppf((1 + level) / 2)), 2)
    most = 2 * student
    ends = np.clip(np.quantile(known, [(1 - level) / 2, (1 + level) / 2]), -most, most)
    longer = 1 + TAIL * min(abs(skewness), 1)
    below, above = (longer, 1) if skewness < 0 else (1, longer)
    low = scale.back(centre - ends[1] * step * below)
    return float(low), float(scale.back(centre - ends[0] * step * above))


@dataclass(frozen=True)
class Share(Kind):
    """A share of rows, or a number that behaves like one: Wilson's interval.

    Parameters
    ----------
    of : {"all", "signal", "background", "passing", "classes"}
        The rows whose groups are counted; of both classes the one with fewer groups.
    there, back : callable
        ``(metric, working_point) -> share`` and its inverse.
    at : callable, optional
        ``(metric, working_point) -> background efficiency`` that a metric is read off at: some
        background rows must pass there.
    by_odds : bool
        Whether the interval is symmetric in the logarithm of its odds: of areas, which are no
        count of rows.

    Notes
    -----
    The number of independent rows is the one with which a share has the variance of the draws
    (Korn & Graubard 1998), and the number of groups where all draws agree. A difference of two
    joins both intervals with the correlation of their draws (Newcombe 1998, method 10; Zou &
    Donner 2008), so that few discordant pairs do not make it narrow.
    """

    of: Literal["all", "signal", "background", "passing", "classes"] = "all"
    there: Callable[[Any, Any], Any] = lambda v, _: v
    back: Callable[[Any, Any], Any] = lambda v, _: v
    at: Callable[[float, Any], float] | None = None
    by_odds: bool = False
    tally: ClassVar[type[Tally]]


class _Joined(Tally):
    """Differences are joined from the intervals of both."""

    def difference(self, other: Tally, level: float) -> Ends:
        if np.array_equal(self.sample.guess, other.sample.guess):
            return 0.0, 0.0
        mine, theirs = ((one.value, *reaching(one.value, one.ends(level))) for one in (self, other))
        together = correlation(self.draws, other.draws)
        if self.metric.better == "higher":
            return joined(mine, theirs, together)
        return joined(theirs, mine, together)


class _ShareTally(_Joined):
    def ends(self, level: float) -> Ends:
        point, draws = self.sample.working_point, self.draws
        if self.sample.is_constant and (draws == self.value).all():
            return self.value, self.value
        with np.errstate(divide="ignore", invalid="ignore"):
            known = np.asarray(self.kind.there(draws, point), dtype=float)
            share = float(self.kind.there(self.value, point))
        known, groups = known[np.isfinite(known)], self.sample.groups_of(self.kind.of)
        if not (len(known) > 1 and np.isfinite(share) and groups):
            return np.nan, np.nan
        free = max(self.sample.size - 1, 1)
        variance = float(np.var(known, ddof=1)) * (free + 1) / free
        share = min(max(share, 0.0), 1.0)
        if self.kind.by_odds and 0 < share < 1 and variance > 0:
            ends = by_odds(share, variance, level, free=free)
        else:
            ends = wilson(share, variance, groups, level, free=free)
        low, high = sorted(float(self.kind.back(end, point)) for end in ends)
        return low, high

    def counted(self) -> tuple[int, int]:
        groups = self.sample.groups_of(self.kind.of)
        return groups, FEWEST if self.kind.of == "all" else FEWEST_COUNTED

    def note(self) -> dict[str, Any]:
        said = super().note()
        if said or self.kind.at is None:
            return said
        passing = self.kind.at(self.value, self.sample.working_point)
        passing *= self.sample.rows_of("background")
        if passing >= FEWEST_PASSING:
            return {}
        words = f"too few groups: about {passing:.1f} background rows pass the cut"
        return {"too_few": True, "note": f"{words}, and {FEWEST_PASSING} would be enough"}


Share.tally = _ShareTally


@dataclass(frozen=True)
class Purity(Share):
    """A purity: a share of the rows that pass, or, in another mix, made of two efficiencies.

    Notes
    -----
    Where the true mix is known, few rows of the rarer kind decide, and the rows that pass tell
    nothing of them: none of 4000 background rows may still be one in a thousand. The interval then
    holds each purity p at which pi (1 - p) eps_S - (1 - pi) p eps_B may be nothing, by the
    intervals of both efficiencies, joined as those of a difference are.
    """

    of: Literal["all", "signal", "background", "passing", "classes"] = "passing"
    tally: ClassVar[type[Tally]]


class _PurityTally(_ShareTally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        self.passing: list[tuple[float, float]] = []

    def add(self, value: float, drawn: Drawn) -> None:
        super().add(value, drawn)
        self.passing.append(self._efficiencies(drawn.ranking))

    def _efficiencies(self, ranking: Any) -> tuple[float, float]:
        signal, background = ranking.passing(self.sample.working_point)
        rows, others = ranking.signal[-1], ranking.background[-1]
        return signal / rows if rows else np.nan, background / others if others else np.nan

    def ends(self, level: float) -> Ends:
        prevalence, now = self.sample.ranking.prevalence, self._efficiencies(self.sample.ranking)
        if prevalence is None or not np.isfinite(now).all() or not self.value:
            return super().ends(level)
        draws, free = np.array(self.passing), max(self.sample.size - 1, 1)
        draws = draws[np.isfinite(draws).all(axis=1)]
        if len(draws) < 2:
            return np.nan, np.nan
        variances = np.var(draws, axis=0, ddof=1) * (free + 1) / free
        groups = [self.sample.groups_of(kind) for kind in ("signal", "background")]
        signal, background = (
            (share, *wilson(share, float(spread), count, level, free=free))
            for share, spread, count in zip(now, variances, groups, strict=True)
        )
        return _purities(signal, background, prevalence, correlation(draws[:, 0], draws[:, 1]))


Purity.tally = _PurityTally


def _purities(
    signal: tuple[float, float, float],
    background: tuple[float, float, float],
    prevalence: float,
    together: float,
) -> Ends:
    """Return the ends of a purity from value, low and high of both efficiencies."""
    # The ends of eps_S - odds x eps_B, which is nothing where the signal has these odds.
    tried = np.logspace(-9, 9, 3601)
    value, low, high = (tried * end for end in background)
    below, above = joined(signal, (value, low, high), together)
    inside = np.flatnonzero((below <= 0) & (above >= 0))
    if not len(inside):
        return np.nan, np.nan
    # At the true purity p the odds of the prevalence times eps_S are those of p times eps_B.
    odds = prevalence / (1 - prevalence) * tried[inside[[0, -1]]]
    low, high = odds / (1 + odds)
    return float(low), 1.0 if inside[-1] == len(tried) - 1 else float(high)


@dataclass(frozen=True)
class Precision(Share):
    """An area under purity against completeness; in a rarer mix few background rows decide it.

    Notes
    -----
    At the purest cuts hardly a background row passes, and where the signal is rarer than in the
    rows, each one more would tell. So the low end is that of the area with one background row more
    at every cut, and where that row takes away more than a quarter of the area, it is said that
    there are too few of them.
    """

    of: Literal["all", "signal", "background", "passing", "classes"] = "classes"
    by_odds: bool = True
    tally: ClassVar[type[Tally]]


class _PrecisionTally(_ShareTally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        self.cautious = sample.ranking.precision(more=1)
        self.lower: list[float] = []

    @property
    def other_mix(self) -> bool:
        """Whether it is told for a mix that is not that of the rows."""
        return self.sample.ranking.prevalence is not None and not self.sample.is_constant

    def add(self, value: float, drawn: Drawn) -> None:
        super().add(value, drawn)
        if self.other_mix:
            self.lower.append(drawn.ranking.precision(more=1))

    def ends(self, level: float) -> Ends:
        low, high = super().ends(level)
        known = np.array(self.lower)[np.isfinite(self.lower)] if self.other_mix else np.zeros(0)
        if len(known) < 2 or not 0 < self.cautious < 1:
            return low, high
        free = max(self.sample.size - 1, 1)
        variance = float(np.var(known, ddof=1)) * (free + 1) / free
        return min(low, by_odds(self.cautious, variance, level, free=free)[0]), high

    def note(self) -> dict[str, Any]:
        said = super().note()
        if said or not self.other_mix or self.cautious >= (1 - MOST_BY_ONE) * self.value:
            return said
        words = "one background row more at each cut would take away more than a quarter of it"
        return {"too_few": True, "note": f"too few groups: {words}"}


Precision.tally = _PrecisionTally


def wilson(share: float, variance: float, groups: int, level: float, *, free: int) -> Ends:
    """Return Wilson's interval of a share.

    Parameters
    ----------
    share, variance : float
        The estimate, and its variance between groups.
    groups : int
        The number of independent rows where the variance tells nothing.
    level : float
    free : int
        Degrees of freedom of the variance.
    """
    from scipy.stats import t

    q, spread = float(t.ppf((1 + level) / 2, max(free, 1))), share * (1 - share)
    n = spread / variance if spread > 0 and variance > 0 else groups
    middle, half = share + q**2 / (2 * n), q * math.sqrt(spread / n + q**2 / (4 * n**2))
    return max((middle - half) / (1 + q**2 / n), 0.0), min((middle + half) / (1 + q**2 / n), 1.0)


def by_odds(share: float, variance: float, level: float, *, free: int) -> Ends:
    """Return the interval of a share that is symmetric in the logarithm of its odds."""
    from scipy.stats import t

    centre = math.log(share / (1 - share))
    half = float(t.ppf((1 + level) / 2, free)) * math.sqrt(variance) / (share * (1 - share))
    low, high = (
        1 / (1 + math.exp(-min(max(x, -700), 700))) for x in (centre - half, centre + half)
    )
    return low, high


def joined(one: tuple[Any, Any, Any], other: tuple[Any, Any, Any], together: float) -> Any:
    """Return the ends of one − other from value, low and high of each, and their correlation.

    Numbers, or arrays of them.
    """
    (a, a_low, a_high), (b, b_low, b_high) = one, other
    below, above = (a - a_low, b_high - b), (a_high - a, b - b_low)
    squares = (x**2 + y**2 - 2 * together * x * y for x, y in (below, above))
    low, high = (np.sqrt(np.maximum(square, 0.0)) for square in squares)
    return a - b - low, a - b + high


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two rows of draws, 0 where one of them does not move."""
    there = np.isfinite(one) & np.isfinite(other)
    if there.sum() < 3 or np.ptp(one[there]) == 0 or np.ptp(other[there]) == 0:
        return 0.0
    return float(np.corrcoef(one[there], other[there])[0, 1])


@dataclass(frozen=True)
class Calibration(Kind):
    """A sum of absolute gaps, which noise makes larger and never smaller: by test inversion.

    Notes
    -----
    For a true error of any size, the gaps of the bins are those observed, scaled to that size,
    plus noise. For the noise of each draw there is a size that makes the sum as large as the one
    observed; the interval holds the middle 95 % of these sizes (a test inverted). Where a bin has
    seen one class only, draws have no noise: for the low end it is at least what the probabilities
    say, and from the high end only half of what chance adds is taken off. An improvement has the
    differences of such sizes, in draws of their own, because noise makes the sums of two
    predictors correlate and their true errors not; an error that may be nothing counts as nothing.
    """

    tally: ClassVar[type[Tally]]


class _CalibrationTally(Tally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        self.edges = sample.ranking.bins
        self.gaps, self.floor = sample.ranking.gaps(self.edges)
        self.noise: list[np.ndarray] = []
        at = np.searchsorted(-sample.ranking.cuts[self.edges], -sample.guess)
        inside = [np.unique(sample.codes[at == place]) for place in range(len(self.edges))]
        self.free = np.array([max(len(groups) - 1, 1) for groups in inside])

    def add(self, value: float, drawn: Drawn) -> None:  # noqa: ARG002
        gaps, _ = drawn.ranking.gaps(self.edges)
        self.noise.append(gaps - self.gaps)
        super().add(float(np.abs(gaps).sum()), drawn)

    def ends(self, level: float) -> Ends:
        low, _ = percentiles(self.least(), level)
        _, high = percentiles(self.most(), level)
        return low, min(max(high, low), 1.0)

    def difference(self, other: Any, level: float) -> Ends:
        if np.array_equal(self.sample.guess, other.sample.guess):
            return 0.0, 0.0
        low, _ = percentiles(other.at_least(level) - self.most(), level)
        _, high = percentiles(other.most() - self.at_least(level), level)
        return low, high

    def at_least(self, level: float) -> np.ndarray:
        """Return the small sizes in another order; nothing, where the true error may be nothing."""
        sizes = self.least()
        return np.roll(sizes, len(sizes) // 2) if percentiles(sizes, level)[0] > 0 else 0 * sizes

    def least(self) -> np.ndarray:
        """Return for the noise of each draw the true error that agrees with the sum seen."""
        seen, noise = float(np.abs(self.gaps).sum()), self._noise(self.floor)
        return self._sizes(seen, noise)

    def most(self) -> np.ndarray:
        """Return the same without the least noise, and with half of what chance adds."""
        seen, noise = float(np.abs(self.gaps).sum()), self._noise(0 * self.floor)
        added = seen - noise @ np.where(self.gaps < 0, -1, 1)
        return (self._sizes(seen, noise) + added) / 2

    def _sizes(self, seen: float, noise: np.ndarray) -> np.ndarray:
        shape = np.abs(self.gaps) / seen if seen else np.full(len(self.gaps), 1 / len(self.gaps))
        signed = shape * np.where(self.gaps < 0, -1, 1)
        tried = np.linspace(0, seen + float(np.abs(noise).sum(axis=1).max()) + 1e-12, GRID)
        sums = np.abs(tried[:, None, None] * signed + noise).sum(axis=2)
        fits = sums <= seen
        last = GRID - 1 - np.argmax(fits[::-1], axis=0)
        return np.where(fits.any(axis=0), tried[last], 0.0)

    def counted(self) -> tuple[int, int]:
        return self.sample.size, FEWEST_CALIBRATED

    def _noise(self, least: np.ndarray) -> np.ndarray:
        """Return the noise of the gaps in each draw, at least that large, shape (draws, bins)."""
        noise = np.array(self.noise)
        spread = noise.std(axis=0)
        still = spread < 1e-3 * least
        chance = np.random.default_rng(0).normal(size=(len(noise), int(still.sum())))
        noise[:, ~still] /= np.maximum(spread[~still], 1e-300)
        noise[:, still] = chance
        return noise * np.maximum(spread, least) * np.sqrt((self.free + 1) / self.free)


Calibration.tally = _CalibrationTally


@dataclass(frozen=True)
class ClassCalibration(Kind):
    """The mean of the calibration errors of several classes, each as `Calibration` has it.

    In each draw the sizes that agree with what was seen are averaged over the classes: the noise
    of one class is not independent of that of the others, as their probabilities add up to one.
    """

    tally: ClassVar[type[Tally]]


class _OneOfClasses:
    """One class of a sample of several, as a calibration of one class takes a sample."""

    def __init__(self, sample: Any, code: int) -> None:
        self.ranking, self.guess = sample.scores.rankings[code], sample.guess[:, code]
        self.codes, self.size = sample.codes, sample.size


class _ClassCalibrationTally(_CalibrationTally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        Tally.__init__(self, kind, metric, sample, value)
        ones = [_OneOfClasses(sample, code) for code in range(sample.scores.size)]
        self.each = [_CalibrationTally(kind, metric, one, value) for one in ones]

    def add(self, value: float, drawn: Drawn) -> None:
        self.values.append(value)
        for one, ranking in zip(self.each, drawn.scores.rankings, strict=True):
            one.add(value, drawn._replace(ranking=ranking))

    def least(self) -> np.ndarray:
        return np.mean([one.least() for one in self.each], axis=0)

    def most(self) -> np.ndarray:
        return np.mean([one.most() for one in self.each], axis=0)


ClassCalibration.tally = _ClassCalibrationTally


@dataclass(frozen=True)
class Surprises(Kind):
    """A mean over classes of means over their rows, of surprises that have long tails.

    Notes
    -----
    A studentised bootstrap on the logarithm, as of `Moments`: in each draw the distance from the
    value is divided by the error that the groups of that draw tell.
    """

    tally: ClassVar[type[Tally]]


class _SurpriseTally(Tally):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        scores = sample.scores
        cells, shape = sample.codes * scores.size + scores.truth, (sample.size, scores.size)
        many = shape[0] * shape[1]
        self.rows = np.bincount(cells, minlength=many).reshape(shape).astype(float)
        self.sums = np.bincount(cells, weights=scores.surprise, minlength=many).reshape(shape)
        self.errors: list[float] = []
        self.whole = self._influence(np.ones(sample.size))

    def _influence(self, groups: np.ndarray) -> np.ndarray:
        """Return by how much each group moves the value of a draw, shape (groups,)."""
        rows, sums = groups @ self.rows, groups @ self.sums
        counts = np.where(rows > 0, self.sample.scores.class_weights, 0.0)
        there = np.where(rows > 0, rows, 1)
        share = counts / max(counts.sum(), 1e-300) / there
        return self.sums @ share - self.rows @ (share * sums / there)

    def add(self, value: float, drawn: Drawn) -> None:
        super().add(value, drawn)
        square = float(drawn.groups @ self._influence(drawn.groups) ** 2)
        self.errors.append(math.sqrt(square))

    def ends(self, level: float) -> Ends:
        draws = self.draws, np.array(self.errors)
        return studentised(self.value, self.whole, *draws, scale=LOG, level=level)

    def difference(self, other: Any, level: float) -> Ends:
        lead, influence = other.value - self.value, other.whole - self.whole
        if not influence.any():
            return lead, lead
        draws = other.draws - self.draws, np.zeros(0)
        return studentised(lead, influence, *draws, scale=PLAIN, level=level)

    def counted(self) -> tuple[int, int]:
        return self.sample.groups_of("classes"), FEWEST_COUNTED


Surprises.tally = _SurpriseTally


@dataclass(frozen=True)
class Maximum(Kind):
    """A maximum over cuts, which chooses its own fluctuation: the cut is fixed, and that told.

    Notes
    -----
    How much a maximum flatters is measured in the draws: the maximum of a draw less what its cut
    is worth in the whole sample (Efron 1983). The interval is that of the cut of the whole sample,
    moved down by the mean of it; it reaches to the maximum itself.
    """

    tally: ClassVar[type[Tally]]


class _MaximumTally(_Joined):
    def __init__(self, kind: Any, metric: Any, sample: Any, value: float) -> None:
        super().__init__(kind, metric, sample, value)
        self.curve = sample.ranking.sic
        self.at = int(np.argmax(self.curve))
        self.fixed: list[float] = []
        self.flattery: list[float] = []

    def add(self, value: float, drawn: Drawn) -> None:
        super().add(value, drawn)
        curve = drawn.ranking.sic
        self.fixed.append(float(curve[self.at]))
        self.flattery.append(float(curve.max() - self.curve[int(np.argmax(curve))]))

    @property
    def optimism(self) -> float:
        """By how much the maximum is likely to be too large."""
        return max(float(np.mean(self.flattery)), 0.0)

    def ends(self, level: float) -> Ends:
        low, high = percentiles(np.asarray(self.fixed), level)
        return max(low - self.optimism, 0.0), high - self.optimism

    def counted(self) -> tuple[int, int]:
        passing = self.sample.ranking.background[self.at]
        edge = passing < 2 * self.sample.ranking.few
        return 0 if edge else self.sample.groups_of("classes"), FEWEST_COUNTED

    def note(self) -> dict[str, Any]:
        said = super().note()
        if self.counted()[0] == 0 and self.value > 0:
            return {
                "too_few": True,
                "note": "too few groups: the maximum lies where the background ends",
            }
        words = f"the maximum flatters by about {self.optimism:.2g}; its interval allows for that"
        return said or {"note": words}


Maximum.tally = _MaximumTally


def reaching(value: float, ends: Ends) -> Ends:
    """Return the ends of an interval that reaches to its value."""
    if np.isnan(value):
        return np.nan, np.nan
    return min(ends[0], value), max(ends[1], value)
