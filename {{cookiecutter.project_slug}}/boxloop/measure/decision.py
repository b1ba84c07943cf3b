"""The decision: may a method be used on harder rows? By all that the criteria of a study name.

A method is judged against itself at home, on the same draws of the same groups: a promise is kept,
broken, or nobody can tell. The model and the domain reference are judged by one rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from boxloop.measure.bounds import correlation, joined
from boxloop.measure.evidence import ROBUST
from boxloop.measure.intervals import affordable, bounded, entries, group_counts, tallied
from boxloop.measure.metrics import METRICS
from boxloop.measure.stress import TOLERANCE
from boxloop.measure.task import Task, guess
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    from boxloop.measure.metrics import Metric

SAFE, UNSURE, UNSAFE = "safe", "cannot tell", "unsafe"
VERDICTS = (SAFE, UNSURE, UNSAFE)  # from good to bad
BOTH = ("model", "reference")
AT_HOME = ("train_cv", "validation", "test")  # sets of the rows that a model is made for
UNCUT = ("sic", "max_sic")  # who knows nothing makes no cut, and improves nothing
OF_SELECTED = ("purity", "deployed_purity")  # who knows nothing selects the mix
NOTHING = "knowing nothing"
TINY, LEVEL = 1e-9, 0.95


def promised(criteria: Iterable, where: str | None = None) -> dict[str, float | None]:
    """Return the metrics by which rows are judged, each with the worst error that is allowed.

    Parameters
    ----------
    criteria : list of boxloop.settings.tables.Criterion
    where : str, optional
        The labelled domain that the rows come from, as `study.data.domains` names it.

    Returns
    -------
    dict
        By metric the error (see `boxloop.measure.metrics.Metric.loss`) at the bound that a
        criterion sets on its value; None where it sets none. What is promised at home is asked
        everywhere; what is promised of another domain is asked there.
    """
    criteria = [one for one in criteria if not one.of_chapter]
    home = [one for one in criteria if one.set in AT_HOME] or criteria
    own = [one for one in criteria if where and one.set in (where, f"test_{where}")]
    found: dict[str, float | None] = {}
    for some in (home, own):
        named = dict.fromkeys(one.metric for one in some)
        for name in named:
            bounds = [_worst(one) for one in some if one.metric == name]
            known = [bound for bound in bounds if bound is not None]
            found[name] = min(known) if known else found.get(name)
    return found


def _worst(criterion: Any) -> float | None:
    """Return the largest error that a criterion allows, or None where it bounds no value."""
    if criterion.quantity != "value":
        return None
    metric = METRICS[criterion.metric]
    least = criterion.at_least if criterion.at_least is not None else criterion.above
    bound = least if metric.better == "higher" else criterion.at_most
    return None if bound is None else metric.loss(bound)


@dataclass(frozen=True)
class Told:
    """An error of one predictor: lower is better.

    Parameters
    ----------
    value, low, high : float
    draws : array of shape (draws,)
        Its values in draws of groups.
    unsure : str
        Why its interval is not to be trusted; empty where it is.
    """

    value: float
    low: float
    high: float
    draws: np.ndarray
    unsure: str = ""

    def mapped(self, function: Callable[[float], float]) -> tuple[float, float, float]:
        """Return value, low and high on another scale."""
        return function(self.value), function(self.low), function(self.high)


def error_told(metric: Metric, tally: Any, entry: dict) -> Told:
    """Return a metric as an error, with its interval and draws.

    Parameters
    ----------
    tally : boxloop.measure.bounds.Tally
    entry : dict
        Its interval, see `boxloop.measure.intervals.entries`.
    """
    low, high = sorted(metric.loss(entry[end]) for end in ("low", "high"))
    if metric.better == "zero" and entry["low"] <= 0 <= entry["high"]:
        low = 0.0
    draws = np.array([metric.loss(value) for value in tally.draws], dtype=float)
    unsure = entry.get("note", "") if {"too_few", "heavy_tails"} & set(entry) else ""
    return Told(metric.loss(entry["value"]), low, high, draws, unsure)


@dataclass(frozen=True)
class Ratio:
    """An error over what is allowed: 1 is the border, above it a promise is broken."""

    value: float
    low: float
    high: float

    def verdict(self, *, unsure: bool = False) -> str:
        """Return ``safe``, ``unsafe`` or ``cannot tell``.

        Parameters
        ----------
        unsure : bool
            The interval is not to be trusted: harm that it shows counts, its all-clear does not.
        """
        if self.high <= 1 and not unsure:
            return SAFE
        return UNSAFE if self.low > 1 else UNSURE


def ratio(
    home: Told, now: Told, *, bound: float | None = None, same: bool = False, tolerance: Any = None
) -> Ratio:
    """Return the error under stress over what is allowed, from the same draws of groups.

    Allowed is a quarter more than the error at home, or the bound of a criterion, if that is more.

    Parameters
    ----------
    home, now : Told
    bound : float, optional
    same : bool
        Nothing has changed: rows and guesses are those at home.

    Notes
    -----
    Intervals of errors are about symmetric in their logarithms, where those of both are joined
    with the correlation of their draws (Zou & Donner 2008), as those of a difference are.
    """
    allowed = TOLERANCE if tolerance is None else tolerance
    if same:
        found = np.full(3, 1 / allowed)
    elif min(home.value, home.low, now.value, now.low) > 0:
        with np.errstate(divide="ignore"):
            together = correlation(np.log(now.draws), np.log(home.draws))
        gap = math.log(now.value / home.value)
        ends = joined(now.mapped(math.log), home.mapped(math.log), together)
        found = np.exp([gap, *ends]) / allowed
    else:
        most, together = allowed * home.value, correlation(now.draws, home.draws)
        ends = joined(now.mapped(float), home.mapped(lambda end: allowed * end), together)
        gaps = np.array([now.value - most, *ends])
        found = np.clip(1 + gaps / max(most, TINY), 0, 1 / TINY)
    if bound is not None:
        found = np.fmin(found, np.array(now.mapped(float)) / max(bound, TINY))
    return Ratio(*map(float, found))


class Home:
    """What model and reference do on undisturbed rows, and what they may do on harder ones.

    Parameters
    ----------
    frame : DataFrame of n rows
        Undisturbed validation rows.
    fitted : dict of fitted estimators
        ``model`` and ``reference``; ``trivial`` is who knows nothing.
    settings : boxloop.settings.load.Settings
    draws, seed : int
        Of the bootstrap over groups; harder tables that hold the same groups see the same draws.

    Attributes
    ----------
    primary : dict
        The primary metric of each predictor: ``<name>``, ``<name>_low``, ``<name>_high``.
    """

    def __init__(
        self, frame: pd.DataFrame, fitted: dict, settings: Any, *, draws: int, seed: int
    ) -> None:
        self.settings, self.fitted, self.seed = settings, dict(fitted), seed
        self.draws = affordable(draws, len(frame))
        self.task = Task(settings)
        criteria = [one for one in settings.study.criteria if not one.of_chapter]
        named = dict.fromkeys([settings.study.primary_metric, *(one.metric for one in criteria)])
        self.names, self.robust = list(named), {}
        self.units, _ = numbered(self._units(frame))
        self.bound = settings.study.outlier_bound
        self.told: dict[str, dict[str, Told]] = {}
        self.said: dict[str, np.ndarray] = {}
        self.truth: np.ndarray = np.zeros(0)
        measured = self._measured(frame, self.fitted, self.names)
        heavy = [name for name in named if self._heavy(measured.found[name])]
        if heavy:
            self.robust = dict.fromkeys(heavy, ROBUST)
            self.names = list(dict.fromkeys([*self.names, ROBUST]))
            measured = self._measured(frame, self.fitted, self.names)
        self.told, self.said, self.truth = measured.told, measured.said, measured.truth
        self.primary = measured.columns(settings.study.primary_metric)

    @staticmethod
    def _heavy(found: dict[str, dict]) -> bool:
        """Return whether tails are heavy, of either method or of what sets them apart."""
        return any("heavy_tails" in found[who] for who in (*BOTH, "difference"))

    def under(
        self, frame: pd.DataFrame, fitted: dict | None = None, *, where: str | None = None
    ) -> dict[str, Any]:
        """Return how the methods do on harder rows.

        Parameters
        ----------
        frame : DataFrame
        fitted : dict of fitted estimators, optional
            Others than those at home: taught without a class, say.
        where : str, optional
            The labelled domain that the rows come from; see `promised`.

        Returns
        -------
        dict
            The primary metric, as `measure_primary` names it, and ``judged``: a list with a row for
            each metric and method, see `by_metric`.
        """
        asked = promised(self.settings.study.criteria, where)
        asked = asked or {self.settings.study.primary_metric: None}
        bounds = {name: bound for name, bound in asked.items() if name not in self.robust}
        bounds |= {self.robust[name]: None for name in asked if name in self.robust}
        measured = self._measured(frame, self.fitted | dict(fitted or {}), list(bounds))
        alike = np.array_equal(measured.truth, self.truth)
        rows = []
        for who in BOTH:
            same = alike and np.array_equal(measured.said[who], self.said[who])
            nothing = {"than_nothing": self._nothing(measured, who)}
            rows += [
                self._judged(name, who, bound, measured, same) | nothing
                for name, bound in bounds.items()
            ]
        return measured.columns(self.settings.study.primary_metric) | {"judged": rows}

    def _judged(
        self, name: str, who: str, bound: float | None, measured: _Measured, same: bool
    ) -> dict[str, Any]:
        home, now = self.told[who][name], measured.told[who][name]
        found = ratio(home, now, bound=bound, same=same)
        unsure = "" if same else now.unsure or home.unsure
        lead = measured.found[name]["difference"]
        ahead = "model" if lead["low"] > 0 else "reference" if lead["high"] < 0 else ""
        facts = {end: measured.found[name][who][end] for end in ("value", "low", "high")}
        ratios = {"ratio": found.value, "ratio_low": found.low, "ratio_high": found.high}
        told = {"verdict": found.verdict(unsure=bool(unsure)), "unsure": unsure, "ahead": ahead}
        return {"metric": name, "who": who} | facts | ratios | told

    def _nothing(self, measured: _Measured, who: str) -> str:
        """Return ``better`` or ``worse`` than who knows nothing, by the primary metric, or ''."""
        name = self.settings.study.primary_metric
        mine, other = measured.told[who][name], measured.told.get("trivial", {}).get(name)
        if name in UNCUT or name in OF_SELECTED:
            value = METRICS[name].loss(1.0 if name in UNCUT else measured.mix)
            other = Told(value, value, value, np.zeros(0))
        if other is None:
            return "not asked"
        together = correlation(other.draws, mine.draws) if len(other.draws) else 0.0
        low, high = joined(other.mapped(float), mine.mapped(float), together)
        return "better" if low > 0 else "worse" if high < 0 else ""

    def _units(self, frame: pd.DataFrame) -> np.ndarray:
        name = self.settings.only("group") or self.settings.only("id")
        return frame[name].to_numpy() if name else frame.index.to_numpy()

    def _measured(self, frame: pd.DataFrame, fitted: dict, names: list[str]) -> _Measured:
        seen, primary = self.task.seen(frame), self.settings.study.primary_metric
        said = {who: np.asarray(guess(one, seen), dtype=float) for who, one in fitted.items()}
        there = np.isfinite(np.column_stack(list(said.values()))).all(axis=1)
        said, rows = {who: values[there] for who, values in said.items()}, frame[there]
        truth, stick = self.task.truth(rows).to_numpy(dtype=float), self.task.yardstick(rows)
        if self.bound is not None:
            stick = replace(stick, bound=self.bound)
        stick, _ = bounded(truth, said, stick)
        self.bound = stick.bound
        found = _Measured(truth, said, stick.prevalence)
        asked: dict[tuple[str, ...], list[str]] = {BOTH: [primary, *names]}
        if "trivial" in said and primary not in (*UNCUT, *OF_SELECTED):
            asked[("trivial",)] = [primary]
        unique, codes = numbered(self._units(rows))
        point = self.settings.study.working_point
        for some, metrics in asked.items():
            mine = {who: said[who] for who in some}
            chosen = [METRICS[name] for name in dict.fromkeys(metrics)]
            options: dict[str, Any] = {"working_point": point, "yardstick": stick}
            counts = self._counts(unique)
            tallies, pairs = tallied(truth, mine, chosen, codes, counts, **options)
            found.take(tallies, pairs, chosen)
        return found

    def _counts(self, unique: np.ndarray) -> Iterator[np.ndarray]:
        """Yield how often each unit stands in a draw: units of home as often as at home."""
        place = {unit: at for at, unit in enumerate(self.units.tolist())}
        known = np.array([place.get(unit, -1) for unit in unique.tolist()])
        new, draw = int((known < 0).sum()), partial(group_counts, draws=self.draws)
        shared = draw(len(self.units), seed=self.seed)
        others = draw(max(new, 1), seed=self.seed + (new < len(unique)))
        for one, other in zip(shared, others, strict=True):
            counts = one[known]
            counts[known < 0] = other[:new]
            yield counts


class _Measured:
    """Model, reference and who knows nothing on one table."""

    def __init__(self, truth: np.ndarray, said: dict, prevalence: float | None) -> None:
        self.truth, self.said = truth, said
        self.mix = float(np.mean(truth > 0)) if prevalence is None else prevalence
        self.found: dict[str, dict] = {}
        self.told: dict[str, dict[str, Told]] = {}

    def take(self, tallies: dict, pairs: dict, metrics: list[Metric]) -> None:
        """Take in what `boxloop.measure.intervals.tallied` returned."""
        for metric in metrics:
            entry = entries(metric, tallies, pairs, LEVEL, {})
            self.found.setdefault(metric.name, {}).update(entry)
            for who, mine in tallies.items():
                told = error_told(metric, mine[metric.name], entry[who])
                self.told.setdefault(who, {})[metric.name] = told

    def columns(self, name: str) -> dict[str, float]:
        """Return a metric of each predictor by name, with its ends."""
        ends = {"": "value", "_low": "low", "_high": "high"}
        found = self.found[name]
        return {f"{who}{end}": found[who][key] for who in BOTH for end, key in ends.items()}


def by_metric(results: list[dict]) -> pd.DataFrame:
    """Return a row for each harder table, metric and method.

    Parameters
    ----------
    results : list of dict
        What `Home.under` returned, with ``test``, ``kind`` and ``level``.

    Returns
    -------
    DataFrame
        ``ratio`` and its ends: the error over what is allowed; ``verdict``; ``unsure``: why an
        interval is not to be trusted; ``ahead``: who is surely better on these rows;
        ``than_nothing``: whether the method is surely better or worse than knowing nothing.
    """
    rows = []
    for number, case in enumerate(results):
        facts = {key: case[key] for key in ("test", "kind", "level")}
        rows += [{"case": number} | facts | row for row in case["judged"]]
    return pd.DataFrame(rows)


class Decision(NamedTuple):
    """What follows from stress tests.

    Parameters
    ----------
    levels : DataFrame, see `each_level`
    judged : DataFrame, see `by_metric`
    chart : DataFrame, see `decision_map`
    """

    levels: pd.DataFrame
    judged: pd.DataFrame
    chart: pd.DataFrame


def decide(results: list[dict]) -> Decision:
    """Return what follows from stress tests: level by level, metric by metric, test by test.

    Parameters
    ----------
    results : list of dict, see `by_metric`
    """
    judged = by_metric(results)
    levels = each_level(results, judged)
    return Decision(levels, judged, decision_map(levels))


def each_level(results: list[dict], judged: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each harder table, with the verdict on the model and on the reference.

    Parameters
    ----------
    results : list of dict, see `by_metric`
    judged : DataFrame from `by_metric`

    Returns
    -------
    DataFrame
        ``verdict`` and ``reference_verdict``: safe where all metrics are, unsafe where one is;
        ``because`` and ``reference_because``: the metrics that decide; ``better``: who is surely
        better on these rows, and by what.
    """
    rows = []
    for number, case in enumerate(results):
        mine = judged[judged["case"] == number]
        row = {key: value for key, value in case.items() if key != "judged"}
        for who, prefix in zip(BOTH, ("", "reference_"), strict=True):
            found = mine[mine["who"] == who]
            worst = max(found["verdict"], key=VERDICTS.index)
            because = [] if worst == SAFE else found["metric"][found["verdict"] == worst]
            row[f"{prefix}verdict"] = worst
            words = [*map(short, because)]
            if worst == UNSAFE and (found["than_nothing"] == "worse").any():
                words.append(f"worse than {NOTHING}")
            row[f"{prefix}because"] = ", ".join(words)
        rows.append(row | {"better": _better(mine)})
    return pd.DataFrame(rows)


def short(name: str) -> str:
    """Return the label of a metric in few words."""
    return METRICS[name].label.split(" at the ")[0].split(" (")[0]


def _better(mine: pd.DataFrame) -> str:
    """Return in words who is surely better on the rows of one table."""
    than = mine.groupby("who")["than_nothing"].first()
    if (than == "not asked").any():
        than = than.replace("not asked", "better")
    if (than == "worse").all():
        return f"{NOTHING} is better than both"
    if not (than == "better").any():
        return f"{NOTHING} may be better than both"
    ahead = mine.drop_duplicates("metric").set_index("metric")["ahead"]
    leads = {who: [short(name) for name in ahead.index[ahead == who]] for who in BOTH}
    sure = [who for who in BOTH if leads[who]]
    if len(sure) < 2:
        return sure[0] if sure else "no sure difference"
    return "; ".join(f"{who} by {', '.join(leads[who])}" for who in BOTH)


def decision_map(table: pd.DataFrame) -> pd.DataFrame:
    """Return the map of safe and unsafe use: a row per test, with the worst verdict of its levels.

    Parameters
    ----------
    table : DataFrame from `each_level`

    Returns
    -------
    DataFrame
        ``model`` and ``reference``: the verdict; ``model_at`` and ``reference_at``: at which levels
        and by which metrics; ``better``: who is surely better, at the hardest level.
    """
    rows = []
    for (kind, test), mine in table.groupby(["kind", "test"], sort=False):
        row = {"kind": kind, "test": test}
        for who, prefix in zip(BOTH, ("", "reference_"), strict=True):
            verdicts = mine[f"{prefix}verdict"]
            row[who] = max(verdicts, key=VERDICTS.index)
            row[f"{who}_at"] = _where(mine[verdicts == row[who]], len(mine), f"{prefix}because")
        hardest = mine.loc[mine["verdict"].map(VERDICTS.index).idxmax()]
        rows.append(row | {"better": hardest["better"]})
    return pd.DataFrame(rows)


def _where(part: pd.DataFrame, levels: int, because: str) -> str:
    """Return at which levels a verdict holds, and by which metrics."""
    if (part[because] == "").all():
        return ""
    at = ", ".join(f"{level:g}" for level in part["level"].dropna()) if len(part) < levels else ""
    names = dict.fromkeys(name for words in part[because] for name in words.split(", "))
    return f"{f'at {at}: ' if at else ''}{', '.join(names)}"
