"""Waivers: a rule may be broken for a reason, and no further than it was when that was written.

A waiver holds the value that it was written at. It goes on holding while the check's value is not
worse than that by more than its own noise:

- the noise is what chance exceeds once in a hundred, 2.33 standard errors of today's value (of its
  logarithm, where it is a ratio); the check knows its error, or it is read off what the check could
  have seen (`Power.error`);
- counts, and what else is known exactly, have none: one row more is worse;
- worse is larger, but for the few findings that say ``worse="lower"``. Checks with two sides
  compare a distance, for which larger is worse on both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boxloop.base.toml import quoted

WAIVABLE = ("fail", "unanswered")
# Why a check needs no waiver, by its state.
NEEDLESS = {
    "pass": "it passes",
    "cannot-tell": "it cannot tell, which needs none",
    "not-applicable": "it does not apply",
}
DIGITS = 4  # of a value that is no count, in study.toml and in sentences


def said(value: float) -> str:
    """Return a value as it stands in study.toml: counts whole, others with four digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:.{DIGITS}g}"


def line_of(check_id: str, reason: str, value: float | None) -> str:
    """Return the line of study.toml that waives a check at a value, or at none."""
    at = "" if value is None else f", at = {said(value)}"
    return f"{quoted(check_id)} = {{ reason = {quoted(reason)}{at} }}"


def reason_of(waiver: Any) -> str:
    """Return the reason of a waiver, which is a text or has one."""
    return (waiver if isinstance(waiver, str) else getattr(waiver, "reason", "")).strip()


def objection(
    waiver: Any,
    state: str,
    value: float | None,
    *,
    reach: float | None = None,
    worse: str = "higher",
) -> str:
    """Return in one sentence why a waiver does not cover what a check found; empty if it does.

    Parameters
    ----------
    waiver : str or object with ``reason`` and ``at``
        A text alone is bound to no value: only code gives it, study.toml does not.
    state : {"fail", "unanswered"}
    value : float, optional
    reach : float, optional
        How far the value may be by chance, if it was what the waiver says.
    worse : {"higher", "lower"}
    """
    at = None if isinstance(waiver, str) else waiver.at
    if at is None:
        if isinstance(waiver, str) or value is None or state == "unanswered":
            return ""
        return f"Its waiver names no value: add at = {said(value)} to it in study.toml."
    if value is None:
        return f"It was waived at {said(at)}, and now it has no value that could be compared."
    reach = at if reach is None else reach
    inside = value <= reach if worse == "higher" else value >= reach
    if inside or said(value) == said(at):
        return ""
    noisy = "known exactly" if reach == at else f"by chance up to {said(reach)}"
    return (
        f"It was waived at {said(at)} and is {said(value)} now ({noisy}): "
        "that is worse, so the waiver does not cover it."
    )


def under(row: dict, waivers: Mapping[str, Any]) -> dict:
    """Return the row of a check that no notebook asks, with what study.toml waives."""
    waiver = waivers.get(row["id"])
    if waiver is None:
        return row
    if row["state"] in WAIVABLE:
        return row | {"state": "waived", "reason": reason_of(waiver)}
    return row | {"stale_waiver": True}
