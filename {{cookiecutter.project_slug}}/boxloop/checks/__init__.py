"""Small computed tests of a study, by name: `run_check("split.groups", ...)`.

Importing the families fills `REGISTRY`.
"""

from . import access, baseline, data, diagnose, features, records, release, split, stress, train
from .core import (
    REGISTRY,
    STATES,
    CheckResult,
    CheckUnit,
    Finding,
    NotApplicable,
    Unanswered,
    check,
    not_applicable,
    run_check,
)

FAMILIES = (data, baseline, split, features, train, diagnose, stress, records, access, release)

__all__ = [
    "FAMILIES",
    "REGISTRY",
    "STATES",
    "CheckResult",
    "CheckUnit",
    "Finding",
    "NotApplicable",
    "Unanswered",
    "check",
    "not_applicable",
    "run_check",
]
