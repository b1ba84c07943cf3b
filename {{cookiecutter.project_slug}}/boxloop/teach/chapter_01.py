"""The checks of chapter 01: a contract of data, the gain of a criterion, the power of a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.metrics import METRICS
from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import a_number

SURE = 1.96  # standard errors: an effect beyond is told from none at five per cent, two-sided


@check("1.1")
def contract_of_data(answer: Callable, *, sample: pd.DataFrame, inputs: Sequence[str]) -> str:
    """Check a function that names the columns which break a contract.

    Parameters
    ----------
    answer : callable
    sample : DataFrame
        Rows of the study, which keep to the range that they have themselves.
    inputs : sequence of str
    """
    _small_contracts(answer)
    numbers = sample[[name for name in inputs if name in sample]].select_dtypes("number")
    numbers = numbers.dropna(axis="columns")
    numbers = numbers.loc[:, np.isfinite(numbers.astype(float)).all()]
    if numbers.empty:
        return "This study has no numeric column without gaps, so it was tried on small tables."
    limits = {name: (column.min(), column.max()) for name, column in numbers.items()}
    if _named(answer, numbers, limits):
        wrong("The exploration sample breaks the contract that was read off itself: no row may.")
    slipped = next((name for name, column in numbers.items() if column.abs().max() > 0), None)
    if slipped is None:
        return f"It holds for {len(limits)} columns of this study."
    other = numbers.assign(**{slipped: 1_000.0 * numbers[slipped]})
    if _named(answer, other, limits) != [slipped]:
        wrong(f"{slipped} came in another unit, 1,000 times as large, and it is not what is named.")
    words = f"In this study it holds for {len(limits)} columns, and a thousandfold slip of"
    return f"{words} {slipped} is noticed."


def _named(answer: Callable, table: pd.DataFrame, limits: dict) -> list[str]:
    """Ask for the columns of a copy that break the contract."""
    got = answer(table.copy(), dict(limits))
    if got is None:
        wrong("Nothing came back: end the function with a return of the list of names.")
    if isinstance(got, str | bool) or not hasattr(got, "__iter__"):
        wrong("A list of names is asked for, an empty one where all is well.")
    return list(got)


def _small_contracts(answer: Callable) -> None:
    limits = {"redshift": (0.0, 2.0), "flux": (-5.0, 40.0), "visits": (1, 200)}
    good = {"redshift": [0.1, 0.7, 1.9], "flux": [-1.0, 3.0, 39.0], "visits": [10, 20, 30]}

    def named(**changed: Any) -> list[str]:
        return _named(answer, pd.DataFrame(good | changed), limits)

    if named():
        wrong("A table that keeps every promise is accused: what lies between its limits is well.")
    if named(redshift=[0.0, 2.0, 1.0]):
        wrong("A value on a limit is inside: the contract names the lowest and highest allowed.")
    if named(surplus=[1e9, 1e9, 1e9]):
        wrong("A column of which the contract says nothing cannot break it.")
    if named(flux=[1.0, -5.1, 3.0]) != ["flux"] or named(flux=[1.0, 3.0, 41.0]) != ["flux"]:
        wrong("One row below the lowest value, or above the highest, breaks the promise: one will.")
    if named(redshift=[0.1, np.nan, 0.3]) != ["redshift"]:
        wrong(
            "A gap passed: every comparison with NaN is false, so ask whether each value is inside"
            " rather than whether one is outside."
        )
    without = pd.DataFrame(good).drop(columns="visits")
    try:
        missing = _named(answer, without, limits)
    except (KeyError, AttributeError):
        wrong("A column that is not there stopped the function: it is the first breach to report.")
    if missing != ["visits"]:
        wrong("A column that is promised and missing breaks the contract; it was not named.")
    if named(visits=[0, 1, 2], redshift=[9.0, 1.0, 1.0]) != ["redshift", "visits"]:
        wrong("Two columns are broken: name each once, in the order of the contract.")


@check("1.2")
def gain_of_a_criterion(answer: Callable, *, metric: str, criteria: Sequence[Any]) -> str:
    """Check a gain over the reference, in the three senses of better.

    Parameters
    ----------
    answer : callable
    metric : str
        What the study calls its primary metric.
    criteria : sequence of Criterion
        Of the study.
    """

    def of(model: float, reference: float, sense: str) -> float:
        return a_number(answer(model, reference, sense), "the gain")

    if not (of(0.15, 0.2, "lower") > 0 and of(0.9, 0.6, "higher") > 0):
        wrong("A model that is better has a gain above zero, whether lower or higher is better.")
    if not (of(0.25, 0.2, "lower") < 0 and of(0.5, 0.6, "higher") < 0):
        wrong("A model that is worse than the reference has a negative gain: keep its sign.")
    if not (np.isclose(of(0.15, 0.2, "lower"), 0.25) and np.isclose(of(0.9, 0.6, "higher"), 0.5)):
        wrong(
            "From 0.2 to 0.15 is a quarter of the reference's own value: divide by the reference,"
            " which stays the same whatever the model does."
        )
    if not np.isclose(of(-0.02, -0.08, "zero"), 0.75):
        wrong("A bias is better nearer to zero: from −0.08 to −0.02 three quarters of it are gone.")
    if not np.isclose(of(0.08, -0.08, "zero"), 0):
        wrong("A bias of +0.08 is as bad as one of −0.08: only its size counts.")
    try:
        with np.errstate(all="ignore"):
            nothing = of(0.1, 0.0, "zero")
    except ZeroDivisionError:
        wrong("A reference of zero stopped the function: no share can be taken of it, so NaN.")
    if not np.isnan(nothing):
        wrong("No share can be taken of a reference that is zero: NaN, since nothing is known.")
    asked = [one.at_least for one in criteria if one.quantity == "gain" and one.at_least]
    better, name = METRICS[metric].better, METRICS[metric].label
    words = f"The primary metric of this study is {name}, of which {better} is better"
    if not asked:
        return f"{words}; no criterion asks for a share."
    return f"{words}; the reference must be beaten by {max(asked):.0%} of its own value."


@check("1.3")
def power_of_a_sample(answer: Callable, *, groups: Any) -> str:
    """Check how many groups are enough, by experiments with that many.

    Parameters
    ----------
    answer : callable
    groups : array (n,)
        The group of each labelled row of the study.
    """

    def of(scatter: float, gain: float, power: float = 0.8) -> float:
        number = a_number(answer(scatter, gain, power), "the number of groups")
        if not np.isfinite(number) or number <= 0:
            wrong("A number of groups is above zero, and finite where there is a gain to see.")
        return number

    if of(1.0, 0.05) <= of(1.0, 0.1):
        wrong("A smaller gain needs more groups: it hides longer in the scatter.")
    if not 3.8 < of(1.0, 0.05) / of(1.0, 0.1) < 4.2:
        wrong(
            "Half the gain needs four times the groups: errors fall with the root of their number."
        )
    if not 3.8 < of(2.0, 0.1) / of(1.0, 0.1) < 4.2:
        wrong("Twice the scatter needs four times the groups, as half the gain does.")
    if of(1.0, 0.1, 0.95) <= of(1.0, 0.1, 0.8):
        wrong("To see the gain more often takes more groups: the power that is asked for counts.")
    for power in (0.8, 0.95):
        _try_it_out(of(1.0, 0.1, power), power)
    number = of(1.0, 0.31)
    if number != round(number):
        wrong("There is no part of a group: round up, so that the power is kept.")
    few = of(1.0, 1.1)
    seen = NormalDist().cdf(1.1 * np.sqrt(few) - SURE)
    if seen < 0.8:
        wrong(
            f"Of few groups each counts: with {few:g} of them a gain of 1.1 scatters is seen in"
            f" {seen:.0%} of samples, where 80 % were asked for, so round up."
        )
    return _smallest_gain(of, len(np.unique(np.asarray(groups))))


def _try_it_out(number: float, power: float) -> None:
    """Make many experiments with that many groups, a scatter of 1 and a gain of 0.1."""
    error = 1 / np.sqrt(number)
    means = np.random.default_rng(13).normal(0.1, error, 100_000)
    seen = np.mean(np.abs(means) > SURE * error)
    asked = f"With {number:,.0f} groups {seen:.0%} of 100,000 experiments saw the gain, where"
    if seen < power - 0.01:
        wrong(
            f"{asked} {power:.0%} were asked for: a mean that lands below its expectation must be"
            " significant as well."
        )
    if seen > power + 0.01:
        wrong(f"{asked} {power:.0%} were asked for: fewer groups are enough.")


def _smallest_gain(of: Callable, there: int) -> str:
    """Say which gain the groups of the study can show, in units of the scatter."""
    low, high = 1e-4, 10.0
    for _ in range(40):
        middle = np.sqrt(low * high)
        low, high = (low, middle) if of(1.0, middle) <= there else (middle, high)
    words = (
        f"The {there:,} groups of this study show a mean difference of {high:.2g} of its scatter"
    )
    return f"{words} in four of five samples, and a smaller one more rarely."
