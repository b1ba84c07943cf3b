"""What every cut would give: exact counts, and the intervals of the metrics at each of them.

A reader may move the working point of a study, or the error that a regression tolerates, and ask
what becomes of it. For that a set keeps the counts at some cuts beside its rows, and intervals made
as `boxloop.measure.intervals.compare` makes them, of the same draws: at the working point that the
study has adopted they are those of its metrics.

A cut lies between two neighbouring scores and is written with as few digits as tell them apart, so
that no score can be read off it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.files import fingerprint, read_cache, write_json
from boxloop.measure.bounds import reaching
from boxloop.measure.intervals import Sample, affordable, bounded, group_counts
from boxloop.measure.metrics import METRICS, Yardstick
from boxloop.measure.ranking import FEW
from boxloop.measure.sets import stem
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from boxloop.measure.evidence import Evidence
    from boxloop.measure.ranking import Ranking
    from boxloop.measure.task import Task

MOST = 120  # cuts of a curve
FEWEST_CUTS = 30  # of each where several classes share the room of two curves
LEVEL = 0.95
BOTH = ("model", "reference")
PROBABILITY, BACKGROUND, ERROR = "probability", "background", "error"
# Told of every selection, and those that are told where the study asks for them.
TOLD = ("completeness", "purity", "false_positive_rate", "f1")
ASKED = ("accuracy", "balanced_accuracy", "matthews")
AT_RATE = ("signal_efficiency", "sic")  # at a background efficiency, as an anomaly search is cut
SIC = "sic_at_cut"  # at a cut: the background that passes fluctuates as well

USUAL = 0.5  # where a reader starts, where no cut was adopted
Array = np.ndarray


@dataclass(frozen=True)
class Counts:
    """How many rows pass some cuts; of all rows or of bootstrap draws.

    Parameters
    ----------
    kept, wrong : arrays of shape (cuts,) or (draws, cuts)
        Rows of the class of interest, and of the rest, that pass.
    signal, background : arrays of shape () or (draws, 1)
        How many there are of each.
    prevalence : float, optional
        Share of the class of interest that counts, see `boxloop.measure.ranking.Ranking`.
    """

    kept: Array
    wrong: Array
    signal: Array
    background: Array
    prevalence: float | None = None

    def told(self, name: str) -> Array:
        """Return a metric at each cut; the formulas are those of `boxloop.measure.ranking`."""
        kept, wrong, lost, right = self._decided
        whole = kept + wrong + lost + right
        if name == "completeness":
            return self.kept / np.maximum(self.signal, 1)
        if name == "false_positive_rate":
            return self.wrong / np.maximum(self.background, 1)
        if name == "purity":
            return kept / np.where(kept + wrong > 0, kept + wrong, 1)
        if name == "f1":
            return 2 * kept / np.where(kept + kept + wrong + lost > 0, 2 * kept + wrong + lost, 1)
        if name == "accuracy":
            return (kept + right) / whole
        if name == "balanced_accuracy":
            return (self.told("completeness") + 1 - self.told("false_positive_rate")) / 2
        if name == "matthews":
            spread = (kept + wrong) * (kept + lost) * (right + wrong) * (right + lost)
            root = np.sqrt(np.where(spread > 0, spread, 1))
            return np.where(spread > 0, (kept * right - wrong * lost) / root, 0.0)
        rate = self.told("false_positive_rate")
        enough = self.wrong >= np.minimum(FEW, self.background)
        times = self.told("completeness") / np.sqrt(np.where(rate > 0, rate, 1))
        return np.where(enough & (rate > 0), times, np.nan)

    @cached_property
    def _decided(self) -> tuple[Array, Array, Array, Array]:
        """Signal and background that pass, and that do not, in the mix that counts."""
        each, other = 1.0, 1.0
        if self.prevalence is not None:
            each = self.prevalence / np.maximum(self.signal, 1)
            other = (1 - self.prevalence) / np.maximum(self.background, 1)
        kept, wrong = self.kept * each, self.wrong * other
        return kept, wrong, self.signal * each - kept, self.background * other - wrong


class _Place(Sample):
    """The rows of a sample at another working point; what all of them share is worked out once."""

    def __init__(self, sample: Sample, point: float, known: dict) -> None:
        self.__dict__.update(sample.__dict__)
        self.working_point, self._known = point, known

    def groups_of(self, kind: str) -> int:
        """Return how many groups have such a row."""
        if kind == "passing":
            if "best" not in self._known:
                best = np.full(self.size, -np.inf)
                np.maximum.at(best, self.codes, self.guess)
                self._known["best"] = best
            return int((self._known["best"] >= self.working_point).sum())
        if kind not in self._known:
            self._known[kind] = super().groups_of(kind)
        return self._known[kind]


def keep(folder: Path, name: str, table: Mapping, task: Task) -> list[Path]:
    """Keep what every cut would give of a set of rows; return the file, or nothing.

    Parameters
    ----------
    folder : path
        Of the sets of one chapter, see `boxloop.measure.sets.keep_set`.
    name : str
    table : dict
        As `boxloop.measure.task.Task.compare` returns it; of a plain dict nothing is known.
    task : boxloop.measure.task.Task
    """
    path = folder / f"{stem(name)}.cuts.json"
    found = getattr(table, "evidence", None)
    if found is None:
        known = read_cache(path)
        same = isinstance(known, dict) and known.get("numbers") == fingerprint(table)
        return [path] if same else []
    made = every_cut(found, task)
    if made is None:
        return []
    write_json(path, {"set": name, "numbers": fingerprint(table)} | made)
    return [path]


def every_cut(found: Evidence, task: Task) -> dict[str, Any] | None:
    """Return the curves of a set of rows; None where nothing can be cut.

    Returns
    -------
    dict
        ``by`` what is cut (a probability, the share of the background that passes, or an error),
        ``level``, ``rows``, ``groups``, and ``curves``: of each ``of`` whom it speaks, ``cut``
        (what a score must reach, or an error exceed), counts, the place of the ``adopted`` cut or
        None, where to ``start``, and ``measures``: by name ``low`` and ``high`` at each cut,
        ``few`` (1 where too few groups tell) and ``value`` of those cuts of which counts do not
        tell it.
    """
    if "model" not in found.guesses or not len(found.truth):
        return None
    unique, codes = numbered(found.units)
    task_kind = task.kind
    curves: list[dict[str, Any]] = []
    if not task_kind.has_classes:
        by, curves = ERROR, _errors(found, codes)
    elif task.classes:
        by, curves = PROBABILITY, _of_classes(found, codes)
    else:
        by = PROBABILITY if task_kind.has_probabilities else BACKGROUND
        mine = _curve(found, codes, by=by, cut=task.cut)
        curves = [mine | {"of": "signal"}] if mine else []
    if not curves:
        return None
    size = {"rows": len(found.truth), "groups": len(unique)}
    return {"by": by, "level": LEVEL, **size, "curves": curves}


# Scores.


def _of_classes(found: Evidence, codes: Array) -> list[dict[str, Any]]:
    """Return a curve for each of several classes: rows are selected by its probability alone."""
    said, names = found.guesses["model"], found.yardstick.classes
    most = max(FEWEST_CUTS, 2 * MOST // max(len(names), 1))
    curves = []
    for code, name in enumerate(names):
        one = replace(
            found,
            truth=(found.truth == code).astype(float),
            guesses={"model": np.ascontiguousarray(said[:, code])},
            yardstick=Yardstick(),
            working_point=None,
        )
        if mine := _curve(one, codes, by=PROBABILITY, most=most):
            curves.append(mine | {"of": name})
    return curves


def _curve(
    found: Evidence,
    codes: Array,
    *,
    by: str,
    cut: Any = None,
    most: int = MOST,
) -> dict[str, Any] | None:
    """Return the curve of a score; None where a kind of rows is missing."""
    truth, score = found.truth, np.asarray(found.guesses["model"], dtype=float)
    ranking = found.yardstick.ranking(truth, score)
    signal, background = float(ranking.signal[-1]), float(ranking.background[-1])
    if not (signal and background and len(ranking.cuts) > 1):
        return None
    adopted = None if cut is None else float(cut(score[truth == 0]))
    at, cuts = _cuts(ranking, by, most, adopted)
    counts = Counts(*_read(ranking, at), found.yardstick.prevalence)
    points = counts.told("false_positive_rate") if by == BACKGROUND else np.array(cuts)
    here = None if adopted is None else cuts.index(adopted)
    if here is not None and by == BACKGROUND:
        points[here] = found.working_point
    asked = (name for name in ASKED if name in found.metrics)
    names = AT_RATE if by == BACKGROUND else (*TOLD, *asked, SIC)
    middle = int(np.argmin(np.abs(np.array(cuts) - USUAL)))
    return {
        "cut": cuts,
        "kept": counts.kept.astype(int).tolist(),
        "wrong": counts.wrong.astype(int).tolist(),
        "signal": int(signal),
        "background": int(background),
        "prevalence": found.yardstick.prevalence,
        "adopted": here,
        "point": found.working_point,
        "start": middle if here is None else here,
        "measures": _Intervals(found, codes, ranking, at, points).of(names, by),
    }


def _cuts(ranking: Ranking, by: str, most: int, adopted: float | None) -> tuple[Array, list[float]]:
    """Return cuts with their places among the falling scores, the adopted one among them.

    Probabilities rise from left to right; a share of the background grows.
    """
    places = _places(ranking, by, most)
    there = {at: _short(ranking.cuts[at], _next(ranking.cuts, at)) for at in places}
    if adopted is not None:
        there[_passing(ranking, adopted)] = adopted
    order = sorted(there, reverse=by == PROBABILITY)
    return np.array(order), [there[at] for at in order]


def _passing(ranking: Ranking, cut: float) -> int:
    """Return the place of the last of the falling scores that passes a cut, -1 where none does."""
    return int(np.searchsorted(-ranking.cuts, -cut, side="right")) - 1


def _read(ranking: Ranking, at: Array) -> tuple[Array, Array, Array, Array]:
    """Return how many rows of each kind pass cuts by their places, and how many there are."""
    signal, background = np.append(ranking.signal, 0.0), np.append(ranking.background, 0.0)
    return signal[at], background[at], ranking.signal[-1], ranking.background[-1]


def _places(ranking: Ranking, by: str, most: int) -> list[int]:
    """Return the places of at most so many cuts, dense where a reader would look.

    Evenly in the share of the signal and of the background that passes, and of few background
    rows by factors; probabilities also at round numbers.
    """
    some = max(most // 4, 8)
    signal, background = ranking.signal, ranking.background
    wanted = [
        np.searchsorted(signal, signal[-1] * np.arange(1, some + 1) / some - 1e-9),
        np.searchsorted(background, background[-1] * np.arange(1, some + 1) / some - 1e-9),
        np.searchsorted(background, np.geomspace(1, max(background[-1], 2), some), side="right")
        - 1,
    ]
    if by == PROBABILITY:
        round_ones = np.arange(1, some) / some
        wanted.append(np.searchsorted(-ranking.cuts, -round_ones, side="right") - 1)
    at = np.unique(np.clip(np.concatenate(wanted), 0, len(ranking.cuts) - 1))
    if by == BACKGROUND:  # of cuts that let the same share pass the one that keeps most signal
        at = np.unique(np.searchsorted(background, background[at], side="right") - 1)
    return [int(one) for one in _even(at, most)]


def _even(values: Array, most: int) -> Array:
    """Return at most so many of some values, spread evenly, the first and the last among them."""
    if len(values) <= most:
        return values
    return values[np.unique(np.round(np.linspace(0, len(values) - 1, most)).astype(int))]


def _next(cuts: Array, at: int) -> float:
    """Return the score below a place, minus infinity below the last."""
    return float(cuts[at + 1]) if at + 1 < len(cuts) else -math.inf


def _short(high: float, low: float) -> float:
    """Return the number with the fewest digits that is above `low` and at most `high`."""
    high = float(high)
    if high > 0 >= low and math.isinf(low):
        return 0.0
    size = max(abs(high), abs(low)) if math.isfinite(low) else abs(high)
    first = -math.floor(math.log10(size)) if size > 0 else 0
    for places in range(first - 1, first + 17):
        found = math.floor(round(high * 10.0**places, 6)) / 10.0**places
        if low < found <= high:
            return found
    return high


class _Intervals:
    """Ends of the intervals of metrics at some cuts.

    Parameters
    ----------
    found : Evidence
    codes : array of shape (n,), numbers of the groups
    ranking : Ranking of all rows
    at : array of shape (cuts,), places among the falling scores
    points : array of shape (cuts,)
        The working point of each: a score, or the share of the background that passes.
    """

    def __init__(
        self, found: Evidence, codes: Array, ranking: Ranking, at: Array, points: Array
    ) -> None:
        self.points, self.ranking = points, ranking
        self.counts = Counts(*_read(ranking, at), ranking.prevalence)
        guess = np.asarray(found.guesses["model"], dtype=float)
        stick, some = found.yardstick, [METRICS["completeness"]]
        self.sample = Sample(found.truth, guess, some, None, codes, stick)
        self._known: dict[str, Any] = {}
        draws = affordable(found.draws, len(found.truth))
        read: list[tuple] = []
        self.rates: list[Array] = []
        for weights in group_counts(self.sample.size, draws=draws, seed=found.seed):
            drawn = self.ranking.weighted(weights[codes])
            read.append(_read(drawn, at))
            curve = drawn.background_efficiency, drawn.signal_efficiency
            rates, passing = (np.append(0, one) for one in curve)
            self.rates.append(np.interp(points, rates, passing))
        kept, wrong, signal, background = (np.array(part) for part in zip(*read, strict=True))
        whole = signal[:, None], background[:, None]
        self.drawn = Counts(kept, wrong, *whole, ranking.prevalence)

    def of(self, names: tuple[str, ...], by: str) -> dict[str, dict[str, Any]]:
        """Return ``low``, ``high`` and ``few`` of each metric at each cut."""
        if by != BACKGROUND:
            return {name: self._ends(name, *self._at_cut(name)) for name in names}
        rates = np.array(self.rates)
        values = np.array([self.ranking.efficiency_at(point) for point in self.points])
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.sqrt(self.points)
            told = {"signal_efficiency": (values, rates), "sic": (values / root, rates / root)}
        counted = self.counts.told("completeness"), self.counts.told(SIC)
        found = {name: self._ends(name, *told[name]) for name in names}
        for name, plain in zip(names, counted, strict=True):
            differ = np.flatnonzero(np.abs(told[name][0] - plain) > 1e-12)
            found[name]["value"] = {int(k): float(told[name][0][k]) for k in differ}
        return found | {"purity": self._mixed(found["signal_efficiency"])}

    def _mixed(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return the ends of a purity: in a mix that is given it follows from the efficiency."""
        counts, ends = self.counts, {}
        rate, mix = self.points, counts.prevalence
        mix = counts.signal / (counts.signal + counts.background) if mix is None else mix
        for key in ("low", "high"):
            passing = mix * np.array(told[key], dtype=float)
            selected = passing + (1 - mix) * rate
            ends[key] = [float(a / b) if b else 0.0 for a, b in zip(passing, selected, strict=True)]
        return ends | {"few": told["few"]}

    def _at_cut(self, name: str) -> tuple[Array, Array]:
        """Return a metric at each cut, of all rows and of each draw."""
        return self.counts.told(name), self.drawn.told(name)

    def _ends(self, name: str, values: Array, draws: Array) -> dict[str, Any]:
        """Return the ends at each cut, as the metric's own kind of interval makes them."""
        metric = METRICS["sic" if name == SIC else name]
        found: dict[str, Any] = {"low": [], "high": [], "few": []}
        passing = self.drawn.kept / self.drawn.signal, self.drawn.wrong / self.drawn.background
        for k, value in enumerate(values):
            place = _Place(self.sample, float(self.points[k]), self._known)
            kind = METRICS["nmad"].kind if name == SIC else metric.kind  # percentiles of draws
            tally = kind.tally(kind, metric, place, float(value))
            tally.values = draws[:, k].tolist()
            if hasattr(tally, "passing"):
                tally.passing = list(zip(*(one[:, k] for one in passing), strict=True))
            ends = (
                reaching(float(value), tally.ends(LEVEL)) if np.isfinite(value) else (np.nan,) * 2
            )
            for key, end in zip(("low", "high"), ends, strict=True):
                found[key].append(float(end) if np.isfinite(end) else None)
            found["few"].append(int("too_few" in tally.note()))
        return found


# Errors of a regression.


def _errors(found: Evidence, codes: Array) -> list[dict[str, Any]]:
    """Return for model and reference the share of rows that err by more than some sizes."""
    whos = [who for who in BOTH if who in found.guesses]
    stick, words = bounded(found.truth, found.guesses, found.yardstick)
    sizes = {who: np.abs(stick.residuals(found.truth, found.guesses[who]).residual) for who in whos}
    if not all(np.isfinite(one).all() and np.ptp(one) > 0 for one in sizes.values()):
        return []
    bounds = _sizes(np.concatenate([*sizes.values()]), stick.bound)
    return [
        {"of": who, "words": words, "adopted": None, "start": len(bounds) // 2}
        | _beyond(found, who, sizes[who], codes, bounds, stick)
        | (_adopted(bounds, stick.bound))
        for who in whos
    ]


def _adopted(bounds: list[float], bound: float | None) -> dict[str, int]:
    return {} if bound is None else {"adopted": bounds.index(bound), "start": bounds.index(bound)}


def _sizes(errors: Array, bound: float | None) -> list[float]:
    """Return sizes of errors to tolerate, growing; the bound of the study is one of them."""
    falling = np.unique(errors)[::-1]
    some, n = MOST // 2, len(falling)
    at = np.append(np.arange(1, some + 1) / some * n - 1, np.geomspace(1, n, some) - 1)
    places = [int(k) for k in _even(np.unique(np.clip(at.astype(int), 0, n - 2)), MOST)]
    # An error beyond a size exceeds it: the size lies between one error and the next.
    found = {-_short(-float(falling[k + 1]), -float(falling[k])) for k in places}
    return sorted({one + 0.0 for one in found} | ({bound} if bound is not None else set()))


def _beyond(
    found: Evidence, who: str, errors: Array, codes: Array, bounds: list[float], stick: Yardstick
) -> dict[str, Any]:
    """Return the counts and the intervals of the share beyond each size."""
    order = np.argsort(-errors, kind="stable")
    count = np.searchsorted(-errors[order], -np.array(bounds), side="left")
    metric, guess = METRICS["outlier_fraction"], np.asarray(found.guesses[who], dtype=float)
    sample = Sample(found.truth, guess, [metric], None, codes, stick)
    draws, n = [], len(errors)
    for weights in group_counts(sample.size, draws=affordable(found.draws, n), seed=found.seed):
        rows = weights[codes]
        reached = np.append(0.0, np.cumsum(rows[order]))
        draws.append(reached[count] / reached[-1])
    shares, drawn = count / n, np.array(draws)
    made: dict[str, Any] = {"low": [], "high": [], "few": []}
    known: dict = {}
    for k, share in enumerate(shares):
        place = _Place(sample, np.nan, known)
        tally = metric.kind.tally(metric.kind, metric, place, float(share))
        tally.values = drawn[:, k].tolist()
        low, high = reaching(float(share), tally.ends(LEVEL))
        made["low"].append(float(low))
        made["high"].append(float(high))
        made["few"].append(int("too_few" in tally.note()))
    counted = {"beyond": [int(one) for one in count], "rows": n, "cut": bounds}
    return counted | {"measures": {"outlier_fraction": made}}
