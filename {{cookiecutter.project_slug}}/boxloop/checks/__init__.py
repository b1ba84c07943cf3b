"""Evidence goes in, a finding comes out: `run_check("split.groups", ...)`.

Importing the families fills `REGISTRY`, so the machinery asks for it here.
"""

from . import (
    access,
    baseline,
    calibration,
    data,
    diagnose,
    features,
    foreseen,
    headroom,
    intervals,
    label_noise,
    prose,
    records,
    release,
    search,
    split,
    stress,
    train,
)
from .core import (  # noqa: F401  # what is not in __all__ is for the machinery
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
from .sculpt import biggest_bump

FAMILIES = (
    data,
    baseline,
    split,
    features,
    train,
    search,
    headroom,
    diagnose,
    calibration,
    intervals,
    label_noise,
    stress,
    records,
    foreseen,
    prose,
    access,
    release,
)

__all__ = ["Finding", "biggest_bump", "check", "run_check"]
