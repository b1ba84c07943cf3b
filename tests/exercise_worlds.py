"""What the check cells of the notebooks hand over, made small: by exercise, and by its metric."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

RNG = np.random.default_rng(14)
OWNERS = np.repeat(np.arange(30), 4)
TABLE = pd.DataFrame(RNG.normal(size=(120, 2)), columns=["x", "z"])
TRUTH = pd.Series(TABLE["x"] + RNG.normal(0, 0.3, 120))
MEMBER = (TRUTH > 0).astype(int)
FOLDS = [
    (np.flatnonzero(part != OWNERS % 3), np.flatnonzero(part == OWNERS % 3)) for part in range(3)
]
CRITERION = SimpleNamespace(quantity="gain", at_least=0.2)
TESTS = pd.DataFrame(
    {
        "test": ["noise", "noise", "other year"],
        "level": [1.0, 2.0, np.nan],
        "model": [0.11, 0.21, 0.3],
        "reference": [0.2, 0.26, 0.25],
        "verdict": ["safe", "unsafe", "unsafe"],
    }
)
AT_HOME = {"model": 0.1, "reference": 0.2}
SCORED = {"truth": MEMBER, "guess": TABLE["x"].to_numpy(), "cut": 0.5}
GIVEN = {
    "1.1": {"sample": TABLE, "inputs": ["x", "z"]},
    "1.2": {"metric": "rmse", "criteria": [CRITERION]},
    "1.3": {"groups": OWNERS},
    "2.2 rmse": {"metric": "rmse", "truth": TRUTH, "guess": TABLE["x"].to_numpy()},
    "2.2 area": {"metric": "area", "truth": MEMBER, "guess": TABLE["x"].to_numpy()},
    "2.1": {"truth": TRUTH, "folds": FOLDS},
    "3.1": {"groups": OWNERS, "share": 0.2},
    "3.2": {"train": TABLE.head(80), "held": TABLE.tail(40), "columns": ["x", "z"]},
    "4.1": {"X": TABLE, "y": TRUTH, "groups": OWNERS, "folds": 3},
    "4.2": {
        "names": ["line", "trees"],
        "scores": pd.Series([0.2, 0.1]),
        "errors": pd.Series([0.01, 0.01]),
        "better": "lower",
    },
    "5.1 nmad": {"metric": "nmad", "truth": TRUTH, "guess": TABLE["x"].to_numpy(), "cut": None},
    "5.1 purity": {"metric": "purity", **SCORED},
    "5.1 sic": {"metric": "sic", **SCORED},
    "5.2": {"errors": RNG.normal(size=30)[OWNERS], "groups": OWNERS},
    "5.3": {"task": "regression", "truth": TRUTH, "guess": TABLE["x"], "groups": OWNERS},
    "6.1": {
        "rows": TABLE,
        "inputs": ["x", "z"],
        "under": lambda rows: {who: value + rows["x"].std() for who, value in AT_HOME.items()},
        "at_home": AT_HOME,
    },
    "6.2": {},
    "7.1": {"looks": 5, "noise": 0.01},
    "7.2": {"tests": TESTS},
    "8.1": {},
    "8.2": {"train": TABLE.head(80), "rows": TABLE.tail(40), "inputs": ["x", "z"]},
}
# A number that has several exercises, one for each task: what stands at the end of their ids.
METRICS = {
    "2.2 rmse": "regression",
    "2.2 area": "scores",
    "5.1 nmad": "regression",
    "5.1 purity": "classification",
    "5.1 sic": "anomaly-detection",
}


def asked(number, answer):
    """Hand an answer to the check of an exercise; return what it says of a right one."""
    from boxloop.teach.exercises import CHECKS

    import_module(f"boxloop.teach.chapter_0{number[0]}")
    return CHECKS[number.split()[0]](answer, **GIVEN[number])


def refusal(number, answer):
    """Return the sentence with which a wrong answer is refused."""
    from boxloop.teach.exercises import CheckFailed

    with pytest.raises(CheckFailed) as refused:
        asked(number, answer)
    return str(refused.value)
