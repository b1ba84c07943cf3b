"""The checks of chapter 08: a scope flag, and a criterion that is judged or left open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import pandas as pd

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import an_array

STATES = {"yes", "no", "not measured"}


@check("8.2")
def scope_flag(
    answer: Callable, *, train: pd.DataFrame, rows: pd.DataFrame, inputs: Sequence[str]
) -> str:
    """Check a flag that says whether a row is like the training rows.

    Parameters
    ----------
    answer : callable
    train, rows : DataFrame
        Of the study: training rows, and those of another sample.
    inputs : sequence of str
    """
    known, alike = _small(1_000, 81), _small(400, 82)
    flag = an_array(answer(known.copy(), alike.copy()), len(alike), "flags")
    if not np.isin(flag, (0, 1)).all():
        wrong("A flag is true or false: say from where on a row counts as out of scope.")
    if flag.mean() < 0.5 and an_array(answer(known, _far()), 3, "flags").mean() > 0.5:
        wrong("The flag is the wrong way round: true is a row that the model may be used for.")
    if flag.mean() < 0.93:
        wrong(
            f"Of rows from the population of the training rows it sends away {1 - flag.mean():.0%}:"
            " a flag that cries wolf is soon ignored."
        )
    if an_array(answer(known.copy(), _far()), 3, "flags").any():
        wrong("A row far beyond the range of a column counts as in scope: there a model makes up.")
    _empty_corner(answer, known)
    _gaps_and_company(answer, known, alike, flag)
    return _of_this_study(answer, train, rows, inputs)


def _small(n: int, seed: int) -> pd.DataFrame:
    """Return rows whose two columns go together, in units that are far apart."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"colour": x, "counts": 1e5 * (x + rng.normal(0, 0.2, n)) + 1e6})


def _far() -> pd.DataFrame:
    return pd.DataFrame({"colour": [0.0, 9.0, -9.0], "counts": [3e6, 1e6, 1e6]})


def _corner() -> pd.DataFrame:
    return pd.DataFrame({"colour": [2.0, -2.0], "counts": [8e5, 1.2e6]})


def _empty_corner(answer: Callable, known: pd.DataFrame) -> None:
    if an_array(answer(known.copy(), _corner()), 2, "flags").any():
        wrong(
            "A red object with few counts passes: each value lies within the range of its column,"
            " but no training row is near that pair; and a distance must weigh both columns alike,"
            " whatever their units."
        )
    near = pd.DataFrame({"colour": [0.0, 1.0, -1.0], "counts": [1e6, 1.1e6, 9e5]})
    if not an_array(answer(known.copy(), near), 3, "flags").all():
        wrong("A row in the middle of the training rows counts as out of scope.")


def _gaps_and_company(
    answer: Callable, known: pd.DataFrame, alike: pd.DataFrame, flag: np.ndarray
) -> None:
    holes = alike.head(3).copy()
    holes.iloc[1, 0] = np.nan
    try:
        found = an_array(answer(known.copy(), holes), 3, "flags")
    except ValueError:
        wrong("A row with a missing value stopped the table: it is out of scope, and others go on.")
    if found[1] != 0:
        wrong("A row with a missing value counts as in scope: nothing is known of it there.")
    asked = pd.concat([alike.head(20), _corner()], ignore_index=True)
    alone = [answer(known.copy(), asked.iloc[[row]].copy()) for row in range(len(asked))]
    if not np.array_equal(np.ravel(alone).astype(float), np.append(flag[:20], [0, 0])):
        wrong(
            "A row that comes alone gets another flag than in company: ranges, scales and reach"
            " are those of the training rows, not of the table that is asked about."
        )


def _of_this_study(
    answer: Callable, train: pd.DataFrame, rows: pd.DataFrame, inputs: Sequence[str]
) -> str:
    numeric = [name for name in inputs if pd.api.types.is_numeric_dtype(train[name])]
    numbers = [name for name in numeric if train[name].std() > 0][:20]
    known = train[numbers].dropna().head(5_000)
    if len(known) < 50 or not numbers:
        return "Too few numbers of this study are complete to try it there."
    found = np.asarray(answer(known.copy(), rows[numbers].head(2_000).copy()), dtype=float)
    return f"In this study {found.mean():.1%} of the first {len(found):,} rows asked are in scope."


NUMBERS = {
    "validation": {"rmse": {"value": 0.10, "low": 0.09, "high": 0.12}},
    "test": {
        "rmse": {"value": 0.14, "low": 0.13, "high": 0.16},
        "gain": {"value": 0.20, "low": -0.05, "high": 0.40},
        "purity": {"value": np.nan, "low": np.nan, "high": np.nan},
    },
}
# Set, metric and end of the interval; the bound; the answer; what to say of another one.
CRITERIA: list[tuple[str, str, str, dict, str, str]] = [
    (
        *("other", "rmse", "value", {"at_most": 0.15}, "not measured"),
        "Validation rows helped to choose the model, and cannot stand in for a sealed set.",
    ),
    ("test", "rmse", "value", {"at_most": 0.15}, "yes", "An error of 0.14 is at most 0.15."),
    (
        *("test", "rmse", "value", {"at_most": 0.12}, "no"),
        "An error of 0.14 is more than 0.12: judge the set that is named, and no other.",
    ),
    (
        *("validation", "rmse", "value", {"at_most": 0.12}, "yes"),
        "This criterion names the validation rows, and their error of 0.10 is at most 0.12.",
    ),
    ("test", "gain", "value", {"at_least": 0.1}, "yes", "A gain of 0.20 is at least 0.10."),
    (
        *("test", "gain", "value", {"at_least": 0.3}, "no"),
        "A gain of 0.20 is not at least 0.30: look which of the two bounds is given.",
    ),
    (
        *("test", "gain", "low", {"at_least": 0.0}, "no"),
        "This criterion asks for the low end, and that is below zero: it may all be chance.",
    ),
    (
        *("test", "rmse", "high", {"at_most": 0.15}, "no"),
        "This criterion asks for the high end, 0.16, and that is more than 0.15.",
    ),
    (
        *("test", "gain", "value", {"at_least": 0.2}, "yes"),
        "At least 0.20 holds 0.20 itself: a bound is read as it was written.",
    ),
    (
        *("test", "purity", "value", {"at_least": 0.9}, "not measured"),
        "NaN is no number that missed a bound: nothing was measured, and the table says so.",
    ),
    (
        *("test", "completeness", "value", {"at_least": 0.9}, "not measured"),
        "Nobody has measured a completeness on the test rows: that is no miss.",
    ),
]


@check("8.1")
def judge(answer: Callable) -> str:
    """Check how a criterion is judged.

    Parameters
    ----------
    answer : callable
    """
    for where, metric, end, bound, right, otherwise in CRITERIA:
        asked = {"set": where, "metric": metric, "end": end} | bound
        try:
            got = answer(asked, deepcopy(NUMBERS))
        except (KeyError, TypeError) as error:
            kind = type(error).__name__
            wrong(f"A criterion was not judged but ended in {kind} {error}: {otherwise}")
        if not isinstance(got, str) or got not in STATES:
            wrong(f"A criterion is answered by yes, no or not measured; what came back is {got!r}.")
        if got != right:
            wrong(otherwise)
    return "It judges what was asked, where it was asked, and leaves open what nobody has measured."
