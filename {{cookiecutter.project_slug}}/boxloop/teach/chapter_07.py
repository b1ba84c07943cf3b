"""The checks of chapter 07: an entry of the failures log, and the luck of the best of many."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import a_pair

WHY = "The test lowers two columns together, because one cause acts on both."


@check("7.2")
def failure_entry(answer: Callable, *, tests: pd.DataFrame) -> str:
    """Check an entry of the failures log that is made of the table of chapter 06.

    Parameters
    ----------
    answer : callable
    tests : DataFrame
        ``stress.csv`` of 06.
    """
    small = _small_tests()
    entry = _entry(answer, small, "dead pixels", WHY)
    if entry is None:
        wrong("The model is unsafe under dead pixels, and no entry came back.")
    if entry["about"] != "stress: dead pixels":
        wrong(
            'It is about "stress: dead pixels": the log joins what a file and a person say of one'
            " failure by that name."
        )
    _what_was_measured(str(entry["measured"]))
    if entry["explanation"] != WHY:
        wrong("The explanation is the reason that was handed in, in the words of the person.")
    if _entry(answer, small, "longer errors", WHY) is not None:
        wrong(
            "Under longer errors no level is unsafe: cannot-tell asks for more rows and is no"
            " failure, so None comes back."
        )
    _wants_a_reason(answer, small)
    return _of_this_study(answer, tests)


def _small_tests() -> pd.DataFrame:
    """Return a table such as 06 keeps, with the levels out of order and below zero."""
    columns = ["test", "level", "model", "reference", "verdict", "reference_verdict"]
    rows = [
        ("longer errors", 2.0, 0.14, 0.17, "cannot tell", "unsafe"),
        ("dead pixels", 0.4, 0.3719, 0.2284, "unsafe", "unsafe"),
        ("dead pixels", 0.1, 0.1153, 0.1621, "safe", "safe"),
        ("dead pixels", -0.3, 0.2946, 0.2197, "unsafe", "cannot tell"),
        ("dead pixels", 0.2, 0.2468, 0.1835, "unsafe", "safe"),
        ("other year", np.nan, 0.4177, 0.3352, "unsafe", "safe"),
    ]
    return pd.DataFrame(rows, columns=columns)


def _entry(answer: Callable, tests: pd.DataFrame, name: str, why: str) -> dict | None:
    entry = answer(tests.copy(), name, why)
    if entry is None:
        return None
    if not isinstance(entry, dict) or set(entry) != {"about", "measured", "explanation"}:
        wrong("An entry is a dictionary with about, measured and explanation, or None.")
    return entry


def _what_was_measured(said: str) -> None:
    if _tells(said, 0.3719) or _tells(said, 0.2946):
        wrong(
            "The gentlest blow that breaks the model is the one to tell: there its safe use ends."
        )
    if _tells(said, 0.1153):
        wrong("At the smallest level the model is safe: tell the first at which it is not.")
    if not _tells(said, 0.2468):
        wrong("What the model made of it is missing: its number at the level that breaks it.")
    if not _tells(said, 0.1835):
        wrong(
            "The number of the reference is missing: only the pair tells a fragile model from a"
            " hard test."
        )
    if not _tells(said, 0.2, 1e-6):
        wrong("The level is missing: without it nobody can repeat the test.")


def _tells(said: str, number: float, within: float = 0.006) -> bool:
    """Return whether a text has a number, to two digits, as a share or in per cent."""
    found = re.findall(r"(\d*[.]?\d+(?:e[-+]?\d+)?)(\s*%)?", said)
    return any(abs(float(one) / (100 if cent else 1) - number) <= within for one, cent in found)


def _wants_a_reason(answer: Callable, small: pd.DataFrame) -> None:
    for why in ("", "   ", "TODO"):
        try:
            answer(small.copy(), "dead pixels", why)
        except ValueError:
            continue
        wrong(
            f"An entry whose reason is {why!r} was taken: what nobody explains comes back in the"
            " next pass, so raise a ValueError."
        )
    needed = "Other data have no level, and the model breaks there too: they need an entry."
    try:
        other = _entry(answer, small, "other year", WHY)
    except ValueError as error:
        wrong(f"A level of NaN stopped the function ({error}). {needed}")
    if other is None or not _tells(str(other["measured"]), 0.4177):
        wrong(needed)


def _of_this_study(answer: Callable, tests: pd.DataFrame) -> str:
    names = tests.loc[tests["verdict"] == "unsafe", "test"].unique()
    if not len(names):
        return "In this study no test is surely unsafe for the model: a null result, worth a line."
    first = answer(tests.copy(), names[0], WHY)["measured"]
    words = f"Tests of this study under which the model breaks: {len(names)}"
    return f"{words}; {names[0]}: {first}."


@check("7.1")
def luck_of_the_best(answer: Callable, *, looks: int, noise: float) -> str:
    """Check what the best of many equal models promises, and what it keeps.

    Parameters
    ----------
    answer : callable
    looks : int
        How many models the study compared.
    noise : float
        The standard error of the score of one of them.
    """

    def of(models: int, error: float, seed: int = 7) -> tuple[float, float]:
        got = answer(models, error, np.random.default_rng(seed))
        return a_pair(got, "what is promised and what is kept")

    promised, kept = of(10, 1.0)
    if promised < kept - 0.5:
        wrong("The chosen model looks best when it is chosen: promised comes first, then kept.")
    if abs(promised) < 0.2:
        wrong("The best of ten promises nothing here: choose in each draw, then average.")
    if promised > 2.2:
        wrong(
            f"The best of ten promises {promised:.2f}, which is the best of all draws together:"
            " choose within a draw, and average over the draws."
        )
    if kept > 0.2:
        wrong(
            f"The chosen model keeps {kept:.2f} on fresh rows, though no model is better than"
            " another: its fresh score knows nothing of the one that chose it."
        )
    if abs(of(1, 1.0)[0]) > 0.1:
        wrong("One model is not chosen, so that it promises what it keeps: nothing.")
    if abs(promised - 1.54) > 0.12:
        wrong(f"The best of ten normal scores lies 1.54 errors up, not {promised:.2f}.")
    if abs(of(10, 0.1)[0] / promised - 0.1) > 0.02:
        wrong("A tenth of the noise must promise a tenth: luck is counted in errors of a score.")
    if of(10, 1.0) != (promised, kept):
        wrong("The same seed gave another number: draw with the generator that is handed in.")
    here, _ = of(max(int(looks), 1), float(noise))
    words = f"Had the {looks} models of 04 been equal, the best would look better by {here:.2g}"
    return f"{words} on its folds, and would keep nothing of that."
