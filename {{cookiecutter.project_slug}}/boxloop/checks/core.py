"""The registry of checks: what a unit returns, and what a reader sees.

A unit is a small function that measures one thing and returns a `Finding`, `NotApplicable` or
`Unanswered`.
Its docstring's first line is the claim a reader sees; `run_check` turns what it returns into a
`CheckResult`.
"""

from __future__ import annotations

import html
import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .power import CHANCE, Power
from .waiver import NEEDLESS, WAIVABLE, objection, reason_of, said

# What a failure does to the headline: nobody may believe it, it says less, or nothing.
WEIGHTS = ("void", "limit", "note")
# From the state that needs attention most to the one that needs it least.
STATES = ("fail", "unanswered", "cannot-tell", "waived", "pass", "not-applicable")

# A symbol as well as a colour, so that the state survives print and colour blindness.
SYMBOLS = dict(zip(STATES, ("✗", "?", "≈", "~", "✓", "–"), strict=True))
COLOURS = dict(
    zip(STATES, ("#c4382f", "#7d55b5", "#2f6fb0", "#a97800", "#1a8a63", "#7a7f87"), strict=True)
)


@dataclass(frozen=True)
class Finding:
    """What was measured: the number compared with the threshold, the verdict and one sentence.

    With its `power` a finding that is no fault becomes ``pass`` only where a fault that matters
    would have been seen, else ``cannot-tell``.
    A waiver holds while the value is not worse than it was by more than its noise: `error` is the
    standard error of the value, where the check knows it, or that of its logarithm where the value
    is a `ratio`; `worse` is the direction. What it takes from a person instead of the data stands
    in `on_word`, a sentence each.
    """

    value: float | None
    passed: bool
    message: str
    power: Power | None = None
    error: float | None = None
    ratio: bool = False
    worse: str = "higher"
    on_word: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """One of ``pass``, ``fail`` and ``cannot-tell``."""
        if not self.passed:
            return "fail"
        return "pass" if self.power is None or self.power.suffices else "cannot-tell"

    def allowed(self, at: float, threshold: float | None) -> float:
        """Return how far the value may go by chance, once in a hundred, from what it was.

        No further where it is known exactly, and where nobody knows its error.
        """
        error = self.error
        if error is None:
            error = self.power.error(threshold) if self.power else 0.0
        noise = CHANCE * error if math.isfinite(error) else 0.0
        noise *= 1 if self.worse == "higher" else -1
        return at * math.exp(min(noise, 100.0)) if self.ratio else at + noise


@dataclass(frozen=True)
class NotApplicable:
    """The unit cannot be applied here, and why."""

    reason: str


@dataclass(frozen=True)
class Unanswered:
    """A person still has to write something."""

    message: str
    value: float | None = None
    needed: int | None = None  # so many of what waits a paper needs


@dataclass(frozen=True)
class CheckUnit:
    """One registered check; `tasks` is None when it serves every task."""

    id: str
    notebook: str
    weight: str
    threshold: float | None
    source: str
    fix: str
    tasks: frozenset[str] | None
    sentence: str
    function: Callable[..., Finding | NotApplicable | Unanswered]

    def serves(self, task: str | None) -> bool:
        """Return whether the check can be applied in a study of this task."""
        return task is None or self.tasks is None or task in self.tasks

    @property
    def audience(self) -> str:
        """Say for which tasks the check is meant."""
        return (
            "applies to every task"
            if self.tasks is None
            else f"applies to {' and '.join(sorted(self.tasks))} only"
        )


REGISTRY: dict[str, CheckUnit] = {}


def check(
    check_id: str,
    *,
    notebook: str,
    weight: str,
    threshold: float | None,
    source: str,
    fix: str,
    tasks: Collection[str] | None = None,
) -> Callable[[Callable], Callable]:
    """Register the decorated function as the check `check_id` and return it unchanged.

    Its `weight` is one of `WEIGHTS`.
    """
    if weight not in WEIGHTS:
        msg = f"{check_id}: weight is one of {', '.join(WEIGHTS)}, not {weight!r}"
        raise ValueError(msg)

    def register(function: Callable) -> Callable:
        sentence = (inspect.getdoc(function) or "").partition("\n")[0]
        served = None if tasks is None else frozenset(tasks)
        REGISTRY[check_id] = CheckUnit(
            check_id, notebook, weight, threshold, source, fix, served, sentence, function
        )
        return function

    return register


@dataclass(frozen=True)
class CheckResult:
    """One row of `results/checks.json`."""

    id: str
    notebook: str
    state: str
    weight: str
    value: float | None
    threshold: float | None
    detectable: float | None
    source: str
    message: str
    fix: str
    power: str = ""
    reason: str = ""
    stale_waiver: bool = False
    waived_at: float | None = None
    on_word: tuple[str, ...] = ()
    registered: float | None = None
    set_aside: bool = False
    needed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON row; what says something of an author stands in it only where it does.

        That is a waiver, its value, what a check took on somebody's word, the threshold that was
        ``registered`` where study.toml has another one, and that a chapter has set it aside; and
        how many of the answers that wait are ``needed`` for a paper.
        """
        row = asdict(self)
        silent = {"stale_waiver": False, "waived_at": None, "on_word": (), "registered": None}
        silent |= {"set_aside": False, "needed": None}
        for key, nothing in silent.items():
            if row[key] is nothing or row[key] == () == nothing:
                del row[key]
        return row

    @property
    def open(self) -> bool:
        """Return whether somebody still has to act."""
        return self.state in ("fail", "unanswered")

    @property
    def words(self) -> str:
        """Join what was measured, the reason, and the remedy where one is due."""
        parts = [self.message]
        if self.power and not self.open:
            parts.append(f"{self.power[0].upper()}{self.power[1:]}.")
        if self.reason:
            at = "" if self.waived_at is None else f" (waived at {said(self.waived_at)})"
            parts.append(f"Reason: {self.reason}{at}")
        if self.on_word:
            parts.append(f"Taken on the author's word: {'; '.join(self.on_word)}.")
        if self.stale_waiver:
            parts.append(f"Its waiver is not needed: {NEEDLESS[self.state]}.")
        if self.open:
            parts.append(f"What to do: {self.fix} ({self.source})")
        return " ".join(parts)

    def __repr__(self) -> str:
        """Return one plain line."""
        return f"{SYMBOLS[self.state]} {self.state} {self.id}: {self.words}"

    def _repr_html_(self) -> str:
        """Return one escaped line that reads the same without its colour."""
        colour = COLOURS[self.state]
        return (
            f'<div class="check check-{self.state}" style="border-left:4px solid '
            f'{colour};padding-left:0.6em">'
            f'<strong class="check-state" style="color:{colour}">{SYMBOLS[self.state]} '
            f"{self.state}</strong> "
            f"<code>{html.escape(self.id)}</code> {html.escape(self.words)}</div>"
        )


def run_check(
    check_id: str,
    *args: Any,
    threshold: float | None = None,
    waiver: Any = None,
    task: str | None = None,
    **kwargs: Any,
) -> CheckResult:
    """Run one registered check and return its row.

    Parameters
    ----------
    check_id : str
        The check's name, for example ``"split.groups"``.
    *args, **kwargs
        What the unit takes, apart from `threshold`.
    threshold : float, optional
        Replaces the registered threshold.
    waiver : str or object with ``reason`` and ``at``, optional
        The written reason why this check may fail, and the value up to which it may; a text alone
        is bound to no value, and an empty one waives nothing.
    task : str, optional
        The study's task; a check that does not serve it is not applicable.

    Raises
    ------
    KeyError
        When no check has this name; what a unit raises is a bug and is not caught.
    """
    unit = _unit(check_id)
    limit = unit.threshold if threshold is None else threshold
    waiver = waiver if waiver and reason_of(waiver) else None
    if not unit.serves(task):
        return _row(unit, limit, NotApplicable(unit.audience), waiver)
    if "task" in inspect.signature(unit.function).parameters:
        kwargs["task"] = task
    return _row(unit, limit, unit.function(*args, threshold=limit, **kwargs), waiver)


def _unit(check_id: str) -> CheckUnit:
    if check_id not in REGISTRY:
        msg = f"no check is called {check_id!r}; the names are in boxloop.checks.REGISTRY"
        raise KeyError(msg)
    return REGISTRY[check_id]


def _row(
    unit: CheckUnit,
    limit: float | None,
    found: Finding | NotApplicable | Unanswered,
    waiver: Any,
) -> CheckResult:
    value, reason, power = None, "", None
    if isinstance(found, NotApplicable):
        state, message, reason = "not-applicable", "Not measured.", found.reason
    elif isinstance(found, Unanswered):
        state, value, message = "unanswered", found.value, found.message
    else:
        state, value, message, power = found.state, found.value, found.message, found.power
    value, at = _plain(value), None
    stale = waiver is not None and state in NEEDLESS
    if waiver is not None and state in WAIVABLE:
        at = getattr(waiver, "at", None)
        reach, worse = at, "higher"
        if at is not None and isinstance(found, Finding):
            reach, worse = found.allowed(at, limit), found.worse
        if against := objection(waiver, state, value, reach=reach, worse=worse):
            message, at = f"{message} {against}", None
        else:
            state, reason = "waived", reason_of(waiver)
    return CheckResult(
        id=unit.id,
        notebook=unit.notebook,
        state=state,
        weight=unit.weight,
        value=value,
        threshold=_plain(limit),
        detectable=_plain(power.detectable if power else None),
        source=unit.source,
        message=message,
        fix=unit.fix,
        power=power.words if power else "",
        reason=reason,
        stale_waiver=stale,
        waived_at=_plain(at),
        on_word=found.on_word if isinstance(found, Finding) else (),
        registered=None if limit == unit.threshold else _plain(unit.threshold),
        needed=found.needed if isinstance(found, Unanswered) else None,
    )


def _plain(number: Any) -> float | None:
    # JSON knows neither numpy numbers nor NaN.
    if number is None or not math.isfinite(float(number)):
        return None
    return (
        int(number)
        if float(number).is_integer() and not isinstance(number, float)
        else float(number)
    )


def listed(names: Iterable[object], most: int = 4) -> str:
    """Return the names quoted and joined; what is beyond `most` is counted."""
    quoted = [f"'{name}'" for name in names]
    rest = len(quoted) - most
    return ", ".join(quoted[:most]) + (f" and {rest} more" if rest > 0 else "")


def field(record: Any, name: str, default: Any = None) -> Any:
    """Return a named field of a mapping or of an object."""
    return (
        record.get(name, default) if isinstance(record, Mapping) else getattr(record, name, default)
    )


def input_names(columns: Mapping[str, Any] | Iterable[str]) -> list[str]:
    """Return the input columns of a manifest, or the names themselves when they are given."""
    if isinstance(columns, Mapping):
        return [name for name, column in columns.items() if field(column, "role") == "input"]
    return list(columns)


def not_applicable(check_id: str, reason: str, *, waiver: Any = None) -> CheckResult:
    """Return the row of a check that does not apply to this study, and why.

    A `waiver` of it (see `run_check`) is not needed, and the row says so. Of a check that voids a
    headline the row says too that it was set aside in a chapter, by whoever wrote that.

    Raises
    ------
    KeyError, ValueError
        When no check has this name; when the reason is empty.
    """
    unit = _unit(check_id)
    if not reason.strip():
        msg = f"{check_id} needs a reason why it does not apply"
        raise ValueError(msg)
    row = _row(unit, unit.threshold, NotApplicable(reason.strip()), waiver)
    return replace(row, set_aside=unit.weight == "void")
