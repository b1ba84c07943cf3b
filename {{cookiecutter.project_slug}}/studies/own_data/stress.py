"""Stress tests that any table allows: noise, loss, a harder population, a calibration that is off.

Tests of their own have the inputs that the model leans on most, as notebook 04 has measured on rows
that it was not fitted to; before that, the first inputs of study.toml.

They are a start. Add what the instruments and simulations of your field can do wrong: a function
``(frame, level, rng)`` that returns a harder table, and a line in `build`. Levels stand in
[stress] of study.toml.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from boxloop.base import find_project
from boxloop.measure import StressTest, Task

from .manifest import manifest

MOST = 6  # inputs that get tests of their own
LEADING = "04_train/leading.csv"  # the inputs by what shuffling each costs, the most first
ADDED: list = []  # tests that `boxloop add stress` has written below
FEWEST = 5  # rows of each class that a harder part of the population keeps


def is_amount(column: Any) -> Any:
    """Whether a column holds numbers that can be a little larger: no words, no yes and no."""
    return pd.api.types.is_numeric_dtype(column) and column.nunique() > 2


def one_error_up(frame: pd.DataFrame) -> Any:
    """Return the inputs that have an error column, each raised by it."""
    settings = manifest()
    pairs = {name: settings.error_of(name) for name in settings.inputs}
    return pd.DataFrame(
        {name: frame[name] + frame[error] for name, error in pairs.items() if error in frame},
        index=frame.index,
    )


def spread(column: Any) -> Any:
    """Return the width of a column: its interquartile range as a sigma, else its deviation."""
    low, high = column.quantile([0.25, 0.75])
    return (high - low) / 1.349 if high > low else float(np.nan_to_num(column.std()))


def noise(frame: pd.DataFrame, level: Any, rng: np.random.Generator) -> Any:
    """Add Gaussian noise to every amount: `level` times its error bar, else times its spread."""
    settings, changed = manifest(), {}
    for name in settings.inputs:
        if is_amount(frame[name]):
            error = settings.error_of(name)
            width = frame[error].fillna(0.0).abs() if error in frame else spread(frame[name])
            changed[name] = frame[name] + level * width * rng.standard_normal(len(frame))
    return frame.assign(**changed)


def missing(frame: pd.DataFrame, level: float, rng: np.random.Generator, *, name: str) -> Any:
    """Lose the input `name` in a share `level` of the rows."""
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < level)})


def extreme(
    frame: pd.DataFrame, level: float, rng: np.random.Generator, *, name: str, highest: Any
) -> Any:
    """Keep the share `level` of the rows where the input `name` is lowest or highest.

    Where there are classes the share grows until it holds five rows of each side: without them
    nothing can be measured.
    """
    if not pd.api.types.is_numeric_dtype(frame[name]):
        return frame
    there = np.flatnonzero(frame[name].notna())
    order = there[np.argsort(frame[name].to_numpy()[there], kind="stable")]
    order = order[::-1] if highest else order
    size = max(round(level * len(order)), FEWEST)
    task = Task(manifest())
    if task.has_classes:
        kinds = task.truth(frame).to_numpy()[order]
        for kind in np.unique(kinds):
            size = max(size, np.flatnonzero(kinds == kind)[:FEWEST][-1] + 1)
    return frame.iloc[np.sort(order[:size])]


def scale(frame: pd.DataFrame, level: float, rng: np.random.Generator, *, name: str) -> Any:
    """Multiply the input `name` by 1 + `level`: a calibration that is off."""
    return frame.assign(**{name: frame[name] * (1 + level)}) if is_amount(frame[name]) else frame


def amounts(settings: Any) -> Any:
    """Return the inputs that are numbers; all inputs as long as there is no training table."""
    from pyarrow.parquet import read_schema
    from pyarrow.types import is_floating, is_integer

    file = find_project().interim / "train.parquet"
    if not file.is_file():
        return settings.inputs
    schema = read_schema(file)
    kinds = {name: schema.field(name).type for name in settings.inputs if name in schema.names}
    return [name for name, kind in kinds.items() if is_floating(kind) or is_integer(kind)]


def leading(settings: Any) -> Any:
    """Return the inputs, those first that the model of notebook 04 leans on most.

    In the order of study.toml as long as there is no such result, or where it is of other inputs.
    """
    file, inputs = find_project().results / LEADING, list(settings.inputs)
    if not file.is_file():
        return inputs
    try:
        names = pd.read_csv(file, dtype=str, keep_default_na=False)["input"].tolist()
    except (OSError, ValueError, KeyError):
        return inputs  # no table, or one without that column
    first = [name for name in dict.fromkeys(names) if name in inputs]
    return first + [name for name in inputs if name not in first]


def build(settings: Any) -> Any:
    """Return the stress tests of a study; those without levels in [stress] are left out."""
    names, known = leading(settings), set(amounts(settings))
    numbers = [name for name in names if name in known]
    says = "Noise on every number: the level times its error bar, or times its spread without one."
    tests = [StressTest("noise", "noise", "noise", noise, says)]
    for name in names[:MOST]:
        says = f"{name} lost in this share of rows."
        tests.append(
            StressTest(f"no {name}", "missing", "missing", partial(missing, name=name), says)
        )
    for name in numbers[: MOST // 2]:
        for word, highest in (("lowest", False), ("highest", True)):
            function = partial(extreme, name=name, highest=highest)
            says = f"Only the share of rows with the {word} {name}."
            tests.append(StressTest(f"{word} {name}", "covariate", "extreme", function, says))
    for name in numbers[:MOST]:
        says = f"{name} times one plus the level."
        tests.append(
            StressTest(f"{name} scale", "instrument", "scale", partial(scale, name=name), says)
        )
    return [test for test in tests if settings.stress.get(test.levels)] + ADDED


def __getattr__(name: str):
    """Make `TESTS` when asked for: before a table is adopted there is nothing to make it of."""
    if name == "TESTS":
        return build(manifest())
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
