"""Intervals by group bootstrap: whole groups are drawn, rows of a group are not independent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boxloop.measure.bounds import Drawn, Moments, PairedMoments, reaching
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION
from boxloop.measure.metrics import METRICS, Yardstick
from boxloop.measure.tails import heavy_words
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.measure.bounds import Tally
    from boxloop.measure.metrics import Metric


ROWS_DRAWN, LEAST = 50_000_000, 100
MANY = 20_000  # groups: of more, the error is the same in every draw
ROWS = "in these rows"  # where a mix is known from, unless it is that of the objects meant
AT_ONCE = 2_000_000  # groups × draws whose errors are told in one go


class Interval(NamedTuple):
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float


class Entry(dict):
    """A value with the ends of its interval by name, and perhaps what there is to say of it.

    Notebooks unpack it into three numbers, ``value, low, high = entry.values()``: whatever is said
    besides does not stand in their way.
    """

    def values(self) -> Any:  # not what a dict has: see above
        """Return value, low and high, and nothing else."""
        return [self[name] for name in Interval._fields]


def residual_score(y: pd.Series) -> Any:
    """Return MAPIE's conformity score |y − prediction|, for targets of any size.

    MAPIE tests whether the score can be undone, to 1e-8 in the unit of the target: numbers of
    1e10 are rounded more coarsely.

    Parameters
    ----------
    y : array of shape (n,)
        The target.
    """
    from mapie.conformity_scores import AbsoluteConformityScore

    score = AbsoluteConformityScore()
    score.eps *= max(1.0, float(np.max(np.abs(y))))
    return score


def affordable(draws: int, n: int) -> int:
    """Return how many bootstrap draws are made of n rows: `draws`, and fewer of very many rows.

    Rows × draws stay below fifty million, but 100 draws are made in any case. A hundred draws place
    the ends of a 95 % interval to about a fifth of its half-width, and with that many rows the
    interval is narrow.
    """
    return int(min(draws, max(LEAST, ROWS_DRAWN // max(n, 1))))


def group_draws(groups: np.ndarray | pd.Series, *, draws: int, seed: int) -> Iterator:
    """Yield `draws` arrays of row numbers, each a sample of whole groups with replacement.

    Parameters
    ----------
    groups : array of shape (n,)
        Group of each row; every row its own group where rows are independent.
    """
    unique, codes = numbered(groups)
    size = len(unique)
    order = np.argsort(codes, kind="stable")
    lengths = np.bincount(codes, minlength=size)
    starts = np.cumsum(lengths) - lengths
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        chosen = rng.integers(size, size=size)
        drawn = lengths[chosen]
        first = np.cumsum(drawn) - drawn
        yield order[np.repeat(starts[chosen] - first, drawn) + np.arange(drawn.sum())]


def group_counts(size: int, *, draws: int, seed: int) -> Iterator:
    """Yield how often each of `size` groups stands in the draws of `group_draws`, shape (size,)."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(size, size=size), minlength=size).astype(float)


def group_weights(groups: np.ndarray | pd.Series, *, draws: int, seed: int) -> Iterator:
    """Yield how often each row stands in the draws that `group_draws` yields, shape (n,)."""
    unique, codes = numbered(groups)
    for counts in group_counts(len(unique), draws=draws, seed=seed):
        yield counts[codes]


def group_bootstrap(
    statistic: Any, *arrays: Any, groups: Any, draws: int = 1000, seed: int = 0, level: Any = 0.95
) -> Interval:
    """Return a statistic with its percentile interval.

    Parameters
    ----------
    statistic : callable
        Takes the arrays, returns a float.
    *arrays : arrays of shape (n,) or (n, k)
    groups : array of shape (n,)
    draws, seed : int
        Of very many rows fewer draws are made, see `affordable`.
    level : float
        Probability that the interval should cover.

    Returns
    -------
    Interval
        Value on all rows, and the ends of the interval.
    """
    whole = [np.asarray(array) for array in arrays]
    draws = affordable(draws, len(groups))
    if statistic is np.mean and whole[0].ndim == 1:
        values = whole[0].astype(float)
        sample = [
            np.einsum("i,i", weights, values) / weights.sum()
            for weights in group_weights(groups, draws=draws, seed=seed)
        ]
    else:
        sample = [
            statistic(*(array[rows] for array in whole))
            for rows in group_draws(groups, draws=draws, seed=seed)
        ]
    return interval(statistic(*whole), sample, level=level)


def interval(value: float, sample: list, *, level: float = 0.95) -> Any:
    """Return a value with the percentiles of its bootstrap sample.

    Draws in which the statistic is not defined (NaN) are left out. With few groups the
    percentiles can leave out the value itself; the interval then reaches to it.
    """
    value, sample = float(value), np.asarray(sample, dtype=float)
    known = sample[~np.isnan(sample)]
    if np.isnan(value) or not len(known):
        return Interval(value, np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, min(float(low), value), max(float(high), value))


def compare(
    truth: np.ndarray | pd.Series,
    predictions: dict[str, np.ndarray],
    *,
    groups: np.ndarray | pd.Series,
    metrics: list[str],
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    working_point: float | None = None,
    yardstick: Yardstick | None = None,
) -> Any:
    """Measure model, reference and trivial baseline on the same rows and the same bootstrap draws.

    Parameters
    ----------
    truth, groups : arrays of shape (n,)
    predictions : dict
        ``"model"`` and ``"reference"``, perhaps ``"trivial"``, each of shape (n,) or (n, K).
    metrics, draws, seed : see `METRICS` and `affordable`
    working_point : float, optional
        Cut (classification) or background efficiency (anomaly detection).
    yardstick : boxloop.measure.metrics.Yardstick, optional
        Without a bound of its own, an outlier is beyond 3 NMAD of the reference.

    Returns
    -------
    dict
        For each metric the intervals of all predictors, and of ``difference`` (positive where the
        model is better than the reference): ``value``, ``low``, ``high`` (`boxloop.measure.bounds`)
        and a ``note`` with ``too_few`` (groups), ``heavy_tails`` or ``scale`` (of residuals). Of
        scores also ``mix``: ``signal``, the share of the class of interest that the number is told
        for, ``from`` where that is known, and the classes of the ``rest``; or ``classes`` alone.
    """
    truth, chosen = np.asarray(truth), [METRICS[name] for name in metrics]
    if not len(truth):
        return {metric.name: _of_no_rows(predictions) for metric in chosen}
    stick, said = bounded(truth, predictions, _told_apart(yardstick or Yardstick(), predictions))
    unique, codes = numbered(groups)
    counts = group_counts(len(unique), draws=affordable(draws, len(truth)), seed=seed)
    tallies, pairs = tallied(
        truth, predictions, chosen, codes, counts, working_point=working_point, yardstick=stick
    )
    about = {metric.name: _about(metric, said, stick, truth) for metric in chosen}
    return {one.name: entries(one, tallies, pairs, level, about[one.name]) for one in chosen}


def tallied(
    truth: np.ndarray,
    predictions: dict[str, np.ndarray],
    metrics: list[Metric],
    codes: np.ndarray,
    counts: Iterator,
    *,
    working_point: float | None,
    yardstick: Yardstick,
) -> tuple:
    """Return what has taken in the draws: of each predictor by metric, and of pairs by metric.

    Parameters
    ----------
    codes : array of shape (n,)
        The number of the group of each row, from 0.
    counts : iterator of arrays of shape (groups,)
        How often each group stands in a draw, see `group_counts`.
    """
    samples = {
        name: Sample(truth, np.asarray(values), metrics, working_point, codes, yardstick)
        for name, values in predictions.items()
    }
    return _drawn(samples, metrics, counts)


def _of_no_rows(predictions: dict) -> dict[str, Entry]:
    """Return what is known of a metric where there is no row: nothing."""
    both = ["difference"] if {"model", "reference"} <= set(predictions) else []
    unknown = dict.fromkeys(Interval._fields, np.nan) | {"too_few": True, "note": "no rows"}
    return {who: Entry(unknown) for who in [*predictions, *both]}


def _told_apart(yardstick: Yardstick, predictions: dict) -> Yardstick:
    """Return the yardstick with a number for each of several classes that nobody has named."""
    widths = [np.shape(values)[1] for values in predictions.values() if np.ndim(values) > 1]
    if yardstick.classes or not widths:
        return yardstick
    return replace(yardstick, classes=tuple(map(str, range(widths[0]))))


def _about(metric: Metric, bound: str, yardstick: Yardstick, truth: np.ndarray) -> dict[str, Any]:
    """Return what has to be said of a metric, whoever it is measured of."""
    told: dict[str, Any] = {"note": bound} if bound and metric.name == "outlier_fraction" else {}
    if yardstick.scale and metric.scales:
        told["scale"] = yardstick.scale
    if yardstick.classes:
        told["mix"] = _mix_of_classes(yardstick, truth)
    elif CLASSIFICATION in metric.tasks or ANOMALY in metric.tasks:
        told["mix"] = _mix(metric, yardstick, truth)
        if metric.name == "deployed_purity":
            told["note"] = _mix_in_words(told["mix"], known=yardstick.prevalence is not None)
    return told


def _drawn(samples: dict[str, Sample], metrics: list[Metric], counts: Iterator) -> tuple:
    """Return what takes in the draws of each predictor, and of model and reference together."""
    tallies = {name: sample.tallies() for name, sample in samples.items()}
    pairs = _pairs(metrics, tallies)
    all_tallies = (one for of in tallies.values() for one in of.values())
    means: list[Any] = [one for one in all_tallies if isinstance(one.kind, Moments)]
    size = next(iter(samples.values())).size
    while some := list(islice(counts, max(AT_ONCE // max(size, 1), 1))):
        for weights in some:
            for name, sample in samples.items():
                sample.take(weights, tallies[name])
        if size <= MANY:
            for one in [*means, *pairs.values()]:
                one.take(np.array(some))
    return tallies, pairs


def bounded(truth: np.ndarray, predictions: dict, yardstick: Yardstick) -> tuple[Yardstick, str]:
    """Return the yardstick with a bound of outliers, if there is one, and what it is in words."""
    if yardstick.bound is not None:
        return yardstick, f"beyond {yardstick.bound:.3g}, the bound of the study"
    if yardstick.classes or "reference" not in predictions or not len(truth):
        return yardstick, ""
    bound = 3 * yardstick.residuals(truth, predictions["reference"]).scatter
    if not (np.isfinite(bound) and bound > 0):
        return yardstick, ""
    return replace(yardstick, bound=bound), f"beyond {bound:.3g}, 3 NMAD of the reference"


def _mix(metric: Metric, yardstick: Yardstick, truth: np.ndarray) -> dict[str, Any]:
    """Return the mix of classes that a number of scores is told for.

    ``signal`` is the share of the class of interest, ``from`` where that is known from, ``rest``
    what the other rows are. Rates do not depend on the first, but on the last.
    """
    rest = {"rest": yardstick.rest} if yardstick.rest else {}
    if yardstick.prevalence is not None and metric.mixed:
        return {"signal": yardstick.prevalence, "from": yardstick.prevalence_from} | rest
    return {"signal": float(np.mean(truth > 0)), "from": ROWS} | rest


def _mix_of_classes(yardstick: Yardstick, truth: np.ndarray) -> dict[str, Any]:
    """Return the share of each of several classes in the rows."""
    shares = np.bincount(truth.astype(int), minlength=len(yardstick.classes)) / len(truth)
    return {"classes": dict(zip(yardstick.classes, map(float, shares), strict=False)), "from": ROWS}


def _mix_in_words(mix: dict, *, known: bool) -> str:
    """Return in words which mix of classes a purity is of."""
    if not known:
        return "at the mix of these rows: neither study.prevalence nor weights say another"
    return f"at a prevalence of {mix['signal']:.3g}, {mix['from']}"


def _pairs(metrics: list[Metric], tallies: dict) -> dict[str, PairedMoments]:
    """Return what tells the error of an improvement in each draw, of metrics that are means."""
    if not {"model", "reference"} <= set(tallies):
        return {}
    return {
        metric.name: PairedMoments(*(tallies[who][metric.name] for who in ("model", "reference")))
        for metric in metrics
        if isinstance(metric.kind, Moments) and metric.better != "zero"
    }


def entries(
    metric: Metric, tallies: dict, pairs: dict, level: float, about: dict[str, Any]
) -> dict[str, dict]:
    """Return the intervals of one metric, each with what has to be said of it."""
    mine = {who: of[metric.name] for who, of in tallies.items()}
    found: dict[str, dict] = {}
    notes = {}
    for who, tally in mine.items():
        ends = reaching(tally.value, tally.ends(level))
        notes[who] = _joined_notes(tally.note(), _tails(metric, tally), about)
        found[who] = Entry(Interval(tally.value, *ends)._asdict() | notes[who])
    if {"model", "reference"} <= set(mine):
        model, reference = mine["model"], mine["reference"]
        lead = metric.improvement(reference.value, model.value)
        pair = pairs.get(metric.name)
        ends = pair.ends(level) if pair else model.difference(reference, level)
        said = _joined_notes(notes["model"], notes["reference"])
        found["difference"] = Entry(Interval(lead, *reaching(lead, ends))._asdict() | said)
    return found


def _tails(metric: Metric, tally: Tally) -> dict[str, Any]:
    """Return that tails are heavy, where the error of a metric needs their fourth moment."""
    if not (isinstance(metric.kind, Moments) and metric.kind.of_squares):
        return {}
    words = tally.sample.heavy_tails
    return {"heavy_tails": True, "note": words} if words else {}


def _joined_notes(*said: dict) -> dict[str, Any]:
    """Return several notes as one: every flag, and every sentence once."""
    flags = {key: value for one in said for key, value in one.items() if key != "note"}
    words = "; ".join(dict.fromkeys(one["note"] for one in said if one.get("note")))
    return flags | ({"note": words} if words else {})


class Sample:
    """Metrics of one prediction, of all rows and of draws; rows are sorted once for all of them.

    Parameters
    ----------
    truth, guess : arrays of shape (n,)
        Of several classes a guess has the shape (n, K).
    metrics : list of boxloop.measure.metrics.Metric
    working_point : float or None
    codes : array of shape (n,)
        The number of the group of each row, from 0; every row its own where there are none.
    yardstick : boxloop.measure.metrics.Yardstick, optional
    """

    def __init__(
        self,
        truth: np.ndarray,
        guess: np.ndarray,
        metrics: list[Metric],
        working_point: float | None,
        codes: np.ndarray | None = None,
        yardstick: Yardstick | None = None,
    ) -> None:
        yardstick = yardstick or Yardstick()
        self.truth, self.guess = truth, guess
        self.metrics, self.working_point = metrics, working_point
        self.codes = np.arange(len(truth)) if codes is None else codes
        self.lengths = np.bincount(self.codes).astype(float)
        self.size = len(self.lengths)
        several = np.ndim(guess) > 1
        self.scores = yardstick.scores(truth, guess) if several else None
        ranked = not several and any(metric.ranked for metric in metrics)
        self.ranking = yardstick.ranking(truth, guess) if ranked else None
        of_residuals = not several and any(metric.of_residuals for metric in metrics)
        self.residuals = yardstick.residuals(truth, guess) if of_residuals else None

    def whole(self) -> dict:
        """Return the metrics of all rows by name."""
        return self._read(Drawn(self.ranking, self.residuals, np.ones(0), self.scores), None)

    def draw(self, weights: np.ndarray) -> dict:
        """Return the metrics by name of a draw that holds each row `weights` times."""
        return self._read(self._drawn(weights, np.ones(0)), weights)

    def tallies(self) -> dict[str, Tally]:
        """Return by metric what takes in its values, draw by draw."""
        whole = self.whole()
        return {
            metric.name: metric.kind.tally(metric.kind, metric, self, whole[metric.name])
            for metric in self.metrics
        }

    def take(self, groups: np.ndarray, tallies: dict[str, Tally]) -> None:
        """Take in a draw that holds each group `groups` times."""
        rows = groups[self.codes]
        drawn = self._drawn(rows, groups)
        for name, value in self._read(drawn, rows).items():
            tallies[name].add(value, drawn)

    def _drawn(self, rows: np.ndarray, groups: np.ndarray) -> Drawn:
        return Drawn(
            self.ranking and self.ranking.weighted(rows),
            self.residuals and self.residuals.weighted(rows),
            groups,
            self.scores and self.scores.weighted(rows),
        )

    def _read(self, drawn: Drawn, weights: Any) -> dict:
        found = {}
        for metric in self.metrics:
            if drawn.scores and metric.of_classes:
                found[metric.name] = metric.of_classes(drawn.scores)
            elif metric.ranked:
                found[metric.name] = metric.function(drawn.ranking, self.working_point)
            elif metric.of_residuals:
                found[metric.name] = metric.of_residuals(drawn.residuals)
            else:  # a metric of one's own, which knows no weights
                rows = slice(None) if weights is None else drawn_rows(weights)
                found[metric.name] = metric.function(self.truth[rows], self.guess[rows])
        return found

    @cached_property
    def is_constant(self) -> bool:
        """Whether it says the same of every row."""
        return not np.ptp(self.guess, axis=0).any()

    @cached_property
    def heavy_tails(self) -> str:
        """In words that the residuals have heavy tails, or nothing."""
        return heavy_words(self.residuals.residual) if self.residuals else ""

    def rows_of(self, kind: str) -> int:
        """Return how many rows there are: ``"signal"``, ``"background"`` or ``"all"``."""
        return int(self._rows(kind).sum())

    def groups_of(self, kind: str) -> int:
        """Return how many groups have such a row, see `boxloop.measure.bounds.Share`."""
        if kind == "classes" and self.scores:
            held = (len(np.unique(self.codes[self.truth == k])) for k in range(self.scores.size))
            return min((count for count in held if count), default=0)
        if kind == "classes":
            return min(self.groups_of("signal"), self.groups_of("background"))
        return len(np.unique(self.codes[self._rows(kind)]))

    def _rows(self, kind: str) -> np.ndarray:
        if kind == "passing":
            return self.guess >= self.working_point
        if kind == "all":
            return np.ones(len(self.truth), dtype=bool)
        return self.truth > 0 if kind == "signal" else self.truth == 0


def drawn_rows(weights: np.ndarray) -> np.ndarray:
    """Return the row numbers of a draw that holds row i `weights[i]` times."""
    return np.repeat(np.arange(len(weights)), weights.astype(int))
