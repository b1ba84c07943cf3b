"""The leakage sheet: the eight types of Kapoor & Narayanan (2023), with evidence and argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


TYPES = {
    "L1.1": (
        "no test set",
        "Building and choosing use train and validation; only a release opens the seal.",
    ),
    "L1.2": (
        "preprocessing on train and test",
        "Whatever learns from data sits inside a pipeline and learns from training folds.",
    ),
    "L1.3": (
        "feature selection on train and test",
        "The inputs are those that study.toml names; no score chose them before the division.",
    ),
    "L1.4": ("duplicates", "A copy would sit on both sides of the division."),
    "L2": (
        "illegitimate features",
        "By study.toml a new object has every input; whether one is the answer was tested.",
    ),
    "L3.1": (
        "temporal leakage",
        "Rows that are divided in time never teach about their past; of others the author answers.",
    ),
    "L3.2": (
        "dependence of train and test",
        "Whole groups are divided and drawn; where no column names them, a row is a group.",
    ),
    "L3.3": (
        "sampling bias in the test set",
        (
            "Measured, not removed: the claim stays inside the scope of the training data, "
            "and other labelled domains are sealed beside the test set."
        ),
    ),
}


def said(*results: Any) -> str:
    """Return what checks found, as text: id, state, what was measured and why it is waived."""
    return " ".join(f"{result.id} {result.state}: {result.words}" for result in results)


def leakage_sheet(evidence: dict, arguments: dict | None = None) -> pd.DataFrame:
    """Return the sheet as a table: type, what, evidence, argument.

    Parameters
    ----------
    evidence : dict
        For each of the eight types what was computed: a text, or a list of results of checks.
    arguments : dict, optional
        Own words in place of the argument of a type.

    Raises
    ------
    KeyError
        If a type has no evidence.
    """
    import pandas as pd

    arguments = arguments or {}
    rows = [
        (name, what, _words(evidence[name]), arguments.get(name, argument))
        for name, (what, argument) in TYPES.items()
    ]
    return pd.DataFrame(rows, columns=["type", "what", "evidence", "argument"])


def _words(found: Any) -> str:
    return found if isinstance(found, str) else said(*found)
