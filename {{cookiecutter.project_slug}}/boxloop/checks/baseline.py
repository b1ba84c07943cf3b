"""Checks of the domain reference: it exists, and it is no straw man."""

from __future__ import annotations

import math
from typing import Any

from boxloop.base.written import says_something

from .core import Finding, NotApplicable, Unanswered, check, field
from .power import TWO_SIDED, Power, counted

SMALL = 0.05  # of the trivial baseline's score: a gain that would not be worth a method


@check(
    "baseline.beats_trivial",
    notebook="02_baseline",
    weight="void",
    threshold=0,
    source="Huppenkothen et al. §2.1, A.1a",
    fix="Tune the domain reference as its own field would, or explain why nothing beats the "
    "trivial baseline.",
)
def beats_trivial(
    difference: Any, *, trivial: Any = None, threshold: float
) -> Finding | NotApplicable:
    """The domain reference is better than the trivial baseline.

    Parameters
    ----------
    difference : interval with value, low, high, or None
        How much better the reference is than the trivial baseline; positive is better.
        None when the study has no domain reference.
    trivial : interval of the trivial baseline, optional
        Then no gain is a fault only where a gain of a twentieth of that score is ruled out:
        a few rows find none where there is one.
    """
    if difference is None:
        return NotApplicable("The study has no domain reference.")
    value, low, high = (float(field(difference, name)) for name in ("value", "low", "high"))
    said = f"The domain reference improves on the trivial baseline by {value:.3g}"
    message = f"{said} ({low:.3g} to {high:.3g}; it must be above {threshold:g})."
    open_yet = trivial is not None and high > threshold + SMALL * abs(field(trivial, "value"))
    sight, error = _sight(value, low, threshold), (value - low) / TWO_SIDED
    passed = value > threshold or open_yet
    return Finding(low, passed, message, sight, error=error, worse="lower")


def _sight(value: float, low: float, threshold: float) -> Power:
    """Return which difference can be told from none: the lower half of its interval."""
    half, above = value - low, value - threshold
    # What touches the threshold is not above it.
    detectable = half if half < above else max(half, math.nextafter(above, math.inf))
    times = math.ceil((half / above) ** 2 + 1e-9) if above > 0 and math.isfinite(half) else None
    times = times if times is None or times < 1000 else None  # a difference of about nothing
    fault = f"a difference above {half:.2g}"
    return Power(detectable, above, fault, "from its interval", times, "times as many rows")


@check(
    "baseline.domain_reference",
    notebook="02_baseline",
    weight="limit",
    threshold=None,
    source="Huppenkothen et al. §2.1, A.1a, A.1b",
    fix="Name the method that the field would use and cite it under [study.reference] in "
    "study.toml, "
    'or set kind = "none" and give the reason.',
)
def domain_reference(
    reference: Any,
    *,
    method: Any = None,
    threshold: float | None = None,  # noqa: ARG001  # every check is handed one
) -> Finding | NotApplicable | Unanswered:
    """A method of the field is named and cited, or it is said why none exists.

    Parameters
    ----------
    reference : settings with name, kind, citation, reason
    method : callable, optional
        `study.baseline.reference`. Where it returns `stand_in`, a name in study.toml is a name
        for something else.
    """
    if field(reference, "kind") == "none":
        reason = field(reference, "reason") or field(reference, "citation")
        if says_something(reason):
            return NotApplicable(f"No traditional method exists: {reason}")
        return Unanswered("The study says that no traditional method exists, and gives no reason.")
    missing = [name for name in ("name", "citation") if not says_something(field(reference, name))]
    if missing:
        return Unanswered(f"The domain reference has no {' and no '.join(missing)}.")
    if is_stand_in(method):
        return Unanswered(
            f"study.toml names {field(reference, 'name')}, but reference() in study/baseline.py "
            "still returns the stand-in."
        )
    named = f"{field(reference, 'name')} ({field(reference, 'citation')})"
    said = f"The domain reference is {named}."
    return Finding(None, passed=True, message=said, power=counted("a missing name or citation"))


def is_stand_in(method: Any) -> bool:
    """Return whether `study.baseline.reference` still returns the stand-in."""
    return "stand_in" in getattr(getattr(method, "__code__", None), "co_names", ())
