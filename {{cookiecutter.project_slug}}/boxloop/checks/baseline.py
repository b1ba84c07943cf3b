"""Checks of the domain reference: it exists, and it is no straw man."""

from __future__ import annotations

from typing import Any

from boxloop.base.written import says_something

from .core import Finding, NotApplicable, Unanswered, check, field


@check(
    "baseline.beats_trivial",
    notebook="02_baseline",
    threshold=0,
    source="Huppenkothen et al. §2.1, A.1a",
    fix="Tune the domain reference as its own field would, or explain why nothing beats the "
    "trivial baseline.",
)
def beats_trivial(difference: Any, *, threshold: float) -> Finding | NotApplicable:
    """The domain reference is better than the trivial baseline.

    Parameters
    ----------
    difference : interval with value, low, high, or None
        How much better the reference is than the trivial baseline; positive is better.
        None when the study has no domain reference.
    """
    if difference is None:
        return NotApplicable("The study has no domain reference.")
    value, low, high = (float(field(difference, name)) for name in ("value", "low", "high"))
    message = (
        f"The domain reference improves on the trivial baseline by {value:.3g} ({low:.3g} to "
        f"{high:.3g}; "
        f"the lower end must be above {threshold:g})."
    )
    return Finding(low, low > threshold, message)


@check(
    "baseline.domain_reference",
    notebook="02_baseline",
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
    if "stand_in" in getattr(getattr(method, "__code__", None), "co_names", ()):
        return Unanswered(
            f"study.toml names {field(reference, 'name')}, but reference() in study/baseline.py "
            "still returns the stand-in."
        )
    named = f"{field(reference, 'name')} ({field(reference, 'citation')})"
    return Finding(None, passed=True, message=f"The domain reference is {named}.")
