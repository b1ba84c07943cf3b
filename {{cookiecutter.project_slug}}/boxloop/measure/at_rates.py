"""Metrics at a false-positive rate that a study names: the figure of merit of many searches.

``signal_efficiency_at_1e-2`` is the share of the signal that passes where one per cent of the
background does; ``partial_roc_auc_to_1e-1`` is the area under the ROC curve up to a tenth of it,
scaled so that 0.5 is chance and 1 is perfect (McClish 1989). The standard library alone: settings
ask it before anything is computed.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

EFFICIENCY, PARTIAL = "signal_efficiency_at", "partial_roc_auc_to"
PLAIN = "signal_efficiency"  # of a classification: at study.false_positive_rate
NAMED = re.compile(rf"({EFFICIENCY}|{PARTIAL})_([0-9.eE+-]+)")


def spelled(rate: Any) -> str:
    """Return a rate as names of metrics spell it, without a dot: 0.01 is 1e-2, 0.025 is 25e-3."""
    sign, digits, exponent = Decimal(str(rate)).normalize().as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"


def parsed(name: str) -> tuple[str, float] | None:
    """Return which metric a name asks for, and at which rate between 0 and 1; else None."""
    found = NAMED.fullmatch(name)
    try:
        rate = float(Decimal(found[2])) if found else 0.0
    except (InvalidOperation, OverflowError):
        return None
    return (found[1], rate) if found and 0 < rate < 1 else None


def canonical(name: str) -> str:
    """Return the name of a metric with its rate spelled in one way; any other name as it is."""
    found = parsed(name)
    return f"{found[0]}_{spelled(found[1])}" if found else name


def spelled_out(study: dict, *, classification: bool) -> dict:
    """Return the [study] of a study.toml with its metrics as `METRICS` knows them.

    Of a classification ``signal_efficiency`` becomes that at each ``false_positive_rate``: as the
    primary metric and in criteria at the first of them.
    """
    rates = study.get("false_positive_rate")
    rates = rates if isinstance(rates, list) else [rates]
    usable = [rate for rate in rates if isinstance(rate, float | int) and 0 < rate < 1]
    at = [f"{EFFICIENCY}_{spelled(rate)}" for rate in usable] if classification else []

    def names(name: Any) -> list[Any]:
        if not isinstance(name, str):
            return [name]
        return at if at and name == PLAIN else [canonical(name)]

    found = dict(study)
    if "primary_metric" in study:
        found["primary_metric"] = names(study["primary_metric"])[0]
    if isinstance(study.get("secondary_metrics"), list):
        more = [name for one in study["secondary_metrics"] for name in names(one)]
        more += at[1:] if study.get("primary_metric") == PLAIN else []
        first = found.get("primary_metric")
        kept = [name for place, name in enumerate(more) if name not in more[:place]]
        found["secondary_metrics"] = [name for name in kept if name != first] or kept
    if isinstance(study.get("criteria"), list):
        found["criteria"] = [
            one | {"metric": names(one["metric"])[0]}
            if isinstance(one, dict) and "metric" in one
            else one
            for one in study["criteria"]
        ]
    return found


def faulty(study: Any, *, classification: bool) -> str:
    """Return what is wrong with ``study.false_positive_rate``, or nothing."""
    rates, asked = study.false_positive_rate, [study.primary_metric, *study.secondary_metrics]
    if not classification:
        only = "study.false_positive_rate belongs to classification with a class of interest"
        return "" if rates is None else f"{only}: remove it"
    listed = rates if isinstance(rates, list) else [] if rates is None else [rates]
    if wrong := [rate for rate in listed if not 0 < rate < 1]:
        return f"study.false_positive_rate is {wrong[0]:g} and must lie between 0 and 1"
    if not listed and PLAIN in asked:
        return (
            f"metric '{PLAIN}' is read at a false-positive rate: add one to [study], such as "
            "false_positive_rate = 0.01"
        )
    if listed and not any(name.startswith(EFFICIENCY) for name in asked):
        return (
            f"study.false_positive_rate is read by no metric: write primary_metric = "
            f'"{PLAIN}", or remove it'
        )
    return ""
