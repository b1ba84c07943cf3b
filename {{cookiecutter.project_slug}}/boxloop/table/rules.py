"""What a table must keep to: one set of rules for `boxloop adopt`, a study, and `data.schema`.

Each rule yields a `Fault` for what it finds; a door refuses the first one, a check lists them all.
Rows are numbered from 1, without the header.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.table.numbers_in_words import are_names

MOST_LEVELS = 50  # an input of more different words holds names or free text
MOST_CLASSES = 50  # a target of more different values is a number, or names
FEWEST_ROWS = 20
MOST_NAMED = 12  # faults in one sentence
NUMBERS = ("weight", "error", "resonance")  # roles that hold numbers
NEEDED = ("target", "id", "group", "time", "weight")  # roles without which a row is left out
PROMISES = ("min", "max", "slope", "expected")  # what study.toml says of numbers only
CORRECT = "correct your file or leave the field empty there, and adopt it again"
OR_IGNORED = f"{CORRECT}, or give the column the role ignored in study.toml"
# The notebooks of a project are those of its task.
ANOTHER_TASK = "choose another target or adopt it in a project that is made with task = {}"
IGNORE = "give it the role ignored in study.toml"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a table, and what a person can do about it.

    Attributes
    ----------
    what, remedy : str
        Parts of a sentence; the door knows the name of the file.
    column : str or None
        The column without which the fault would be gone; None where that is no way out.
    """

    what: str
    remedy: str
    column: str | None = None


def refuse(file: str, faults: Iterable[Fault]) -> None:
    """Raise a UserError with all of some faults, if there is one.

    Parameters
    ----------
    file : str
        What the sentence calls the table.
    faults : iterable of Fault
    """
    if found := list(faults):
        msg = f"{file}, {together(found)}."
        raise UserError(msg)


def together(faults: Iterable[Fault], *, most: int = MOST_NAMED) -> str:
    """Return faults as part of a sentence, those with one remedy side by side.

    Parameters
    ----------
    faults : iterable of Fault
    most : int
        How many are told with one remedy; of more their number.
    """
    by_remedy: dict[str, list[str]] = {}
    for fault in faults:
        by_remedy.setdefault(fault.remedy, []).append(fault.what)
    return "; ".join(f"{some(whats, most=most)}: {way}" for way, whats in by_remedy.items())


def some(words: Collection[str], *, most: int = MOST_NAMED) -> str:
    """Return words side by side, and of too many the number of the others."""
    more = f"; and {len(words) - most} more" if len(words) > most else ""
    return "; ".join(list(words)[:most]) + more


def column_faults(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, numbers: Collection[str] = ()
) -> Iterator[Fault]:
    """Yield what is wrong with the columns of the manifest, one after the other.

    Parameters
    ----------
    frame : DataFrame
    columns : dict of column settings
        By name, as in study.toml; columns with the role ignored must be there, nothing else.
    numbers : collection of str
        Columns that hold numbers whatever their role: a target that is predicted as a number, the
        time that rows are divided by.
    """
    roles = {name: _of(column, "role") for name, column in columns.items()}
    target = next((name for name, role in roles.items() if role == "target"), None)
    for name, column in columns.items():
        if name not in frame:
            yield Fault(f"column '{name}' is missing", "put it back or take it out of study.toml")
        elif roles[name] != "ignored":
            values = frame[name] if frame[name].ndim == 1 else frame[name].iloc[:, 0]
            yield from _column(name, values, column, target=target, numeric=name in numbers)


def deployment_faults(
    frame: pd.DataFrame, inputs: Iterable[str], *, words: Collection[str]
) -> Iterator[Fault]:
    """Yield what is wrong with objects without a target: they need the inputs and nothing else.

    Parameters
    ----------
    frame : DataFrame
    inputs : list of str
    words : collection of str
        Inputs that hold words in the labelled table.
    """
    for name in inputs:
        if name not in frame:
            yield Fault(
                f"column '{name}' is missing, which the model reads",
                "add it, or take it out of the labelled table and adopt that again",
            )
        elif name not in words:
            yield from not_numbers(name, frame[name])
            yield from infinite(name, frame[name])


def target_faults(name: str, values: pd.Series, *, has_classes: bool) -> Iterator[Fault]:
    """Yield what is wrong with the target.

    Parameters
    ----------
    name : str
    values : Series
    has_classes : bool
        See `boxloop.measure.kinds.TaskKind.has_classes`.
    """
    there = values.dropna()
    numeric, different = pd.api.types.is_numeric_dtype(there), there.nunique()
    if len(there) < FEWEST_ROWS:
        few = f"has a value in {len(there)} usable rows, at least {FEWEST_ROWS} are needed"
        yield Fault(f"column '{name}' {few}", "choose another target or add rows")
    elif different == 1:
        yield Fault(
            f"column '{name}' is {str(there.iloc[0])[:40]!r} in every row that has a value",
            "choose another target or add rows of another kind",
        )
    elif has_classes:
        whole = not numeric or not (there.astype(float) % 1).any()
        if different > MOST_CLASSES or not whole:
            what = f"{different:,} different values" if whole else "numbers that are not whole"
            yield Fault(
                f"column '{name}' holds {what}, and at most {MOST_CLASSES} classes are needed",
                ANOTHER_TASK.format("regression"),
            )
    elif not numeric:
        yield from _words_for_numbers(name, values)
    elif different == 2:
        yield Fault(
            f"column '{name}' holds two different values only",
            ANOTHER_TASK.format("classification"),
        )
    else:
        yield from infinite(name, values)


def input_faults(inputs: Collection[str], *, others: str = "") -> Iterator[Fault]:
    """Yield what is wrong with the number of inputs: there must be one.

    Parameters
    ----------
    inputs : list of str
    others : str
        What the other columns are.
    """
    if not inputs:
        yield Fault(
            f"no column is left to learn from{others}",
            "add a column that was measured, and adopt the table again",
        )


def row_faults(
    frame: pd.DataFrame,
    *,
    target: str,
    inputs: Collection[str],
    labels: pd.Series | None = None,
    positive: str | None = None,
) -> Iterator[Fault]:
    """Yield what is wrong with the rows that can be used.

    Parameters
    ----------
    frame : DataFrame of n rows
    target : str
    inputs : list of str
    labels : Series of str, shape (n,), optional
        The classes, where the target has some.
    positive : str, optional
        The class of interest; None where several classes are told apart.
    """
    basic = [
        *target_faults(target, frame[target], has_classes=labels is not None),
        *input_faults(inputs),
    ]
    if labels is not None and positive is not None and not (labels == positive).any():
        wrong = no_such_class(target, labels, positive)
        basic.append(Fault(wrong, "correct study.positive_class"))
    if basic:
        yield from basic  # what else is wrong follows from it
        return
    for name in inputs:
        yield from constant(name, frame[name])


def no_such_class(target: str, labels: pd.Series, wanted: str | None) -> str:
    """Return in words that no row is of a class, and which classes there are."""
    there = ", ".join(map(repr, labels.value_counts().index[:10]))
    return f"column '{target}' is {wanted!r} in no row; its classes are {there}"


def constant(name: str, values: pd.Series, *, where: str = "every usable row") -> Iterator[Fault]:
    """Yield a fault where an input is the same in all rows, which teaches nothing."""
    there = values.dropna()
    if there.empty:
        yield Fault(f"column '{name}' has no value in any usable row", IGNORE, column=name)
    elif (there == there.iloc[0]).all():
        yield Fault(f"column '{name}' is {there.iloc[0]} in {where}", IGNORE, column=name)


def gaps(name: str, values: pd.Series) -> Iterator[Fault]:
    """Yield a fault where rows lack a value without which they should have been left out."""
    yield from _rows(name, values, values.isna(), "a value is needed", "leave that row out")


def infinite(name: str, values: pd.Series) -> Iterator[Fault]:
    """Yield a fault where a column of numbers holds infinite ones."""
    if pd.api.types.is_numeric_dtype(values):
        bad = np.isinf(values.astype(float))
        yield from _rows(name, values, bad, "infinite values are refused", CORRECT)


def not_numbers(name: str, values: pd.Series, needed: str = "a number") -> Iterator[Fault]:
    """Yield a fault where a column that should hold numbers, or true and false, holds words."""
    there = values.dropna()
    truths = there.map(type).isin([bool, np.bool_]).all()  # of an empty column, too
    if not pd.api.types.is_numeric_dtype(values) and not truths:
        yield from _rows(name, values, _words(values), f"{needed} is needed", CORRECT)


def _column(
    name: str, values: pd.Series, column: Any, *, target: str | None, numeric: bool
) -> Iterator[Fault]:
    """Yield what is wrong with one column of the manifest."""
    role = _of(column, "role")
    if role != "target" and values.isna().all():
        yield Fault(f"column '{name}' has no value in any row", IGNORE, column=name)
        return
    promised = role in NUMBERS or any(_of(column, key) is not None for key in PROMISES)
    if pd.api.types.is_numeric_dtype(values):
        values = values.astype(float)  # some kinds of integers compare as neither true nor false
        yield from infinite(name, values)
        yield from _limits(name, values, column)
        if role == "weight" or (role == "error" and _of(column, "error_of") == target):
            yield from _weights(name, values, role)
    elif role == "target" and numeric:
        yield from _words_for_numbers(name, values)
    elif promised or numeric or (role == "input" and _mostly_numbers(values)):
        date = "a number or a date such as 2015-06-04"
        yield from not_numbers(name, values, date if role == "time" else "a number")
    elif role == "input" and (levels := values.nunique()) > MOST_LEVELS:
        yield Fault(
            f"column '{name}' holds {levels:,} different words, and more than {MOST_LEVELS} "
            "are no classes",
            "give it the role ignored or id in study.toml",
            column=name,
        )


def _limits(name: str, values: pd.Series, column: Any) -> Iterator[Fault]:
    low, high = _of(column, "min"), _of(column, "max")
    # data/raw itself is never changed.
    remedy = "correct your file and adopt it again, or change the limit in study.toml"
    if low is not None:
        why = f"below its min = {low:g} in study.toml"
        yield from _rows(name, values, values < low, why, remedy)
    if high is not None:
        why = f"above its max = {high:g} in study.toml"
        yield from _rows(name, values, values > high, why, remedy)


def _weights(name: str, values: pd.Series, role: str) -> Iterator[Fault]:
    if role == "weight":
        why = "a weight cannot be negative"
        yield from _rows(name, values, values < 0, why, OR_IGNORED)
    else:
        why = "an error must be larger than zero"
        some = (values > 0).any()  # else one sentence is enough
        yield from _rows(name, values, (values <= 0) & some, why, OR_IGNORED)
    if not (values > 0).any():
        yield Fault(f"column '{name}' is zero in every row", IGNORE, column=name)


def _words_for_numbers(name: str, values: pd.Series) -> Iterator[Fault]:
    """Yield a fault where a target that is to be predicted as a number holds words."""
    remedy = f"correct your file, {ANOTHER_TASK.format('classification')}"
    yield from _rows(name, values, _words(values), "regression needs numbers", remedy)


def _words(values: pd.Series) -> pd.Series:
    """Return which rows hold a word; all that hold something where each could be read as one."""
    bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
    return bad if bad.any() else values.notna()


def _mostly_numbers(values: pd.Series) -> bool:
    """Whether words are numbers with slips, and no names."""
    words = pd.Series(values.dropna().unique()).astype(str)
    numbers = pd.to_numeric(words, errors="coerce").notna()
    return numbers.mean() > 0.5 and not are_names(words, numbers)


def _rows(name: str, values: pd.Series, bad: pd.Series, why: str, remedy: str) -> Iterator[Fault]:
    """Yield a fault where some rows of a column are bad: the first of them, and how many."""
    rows = np.flatnonzero(np.asarray(bad, dtype=bool))
    if len(rows):
        value = values.iloc[rows[0]]
        said = f"{value:g}" if pd.api.types.is_number(value) else repr(value)
        said = "nothing" if pd.isna(value) else said
        more = f", the first of {len(rows):,} such rows" if len(rows) > 1 else ""
        what = f"column '{name}' holds {said} in row {rows[0] + 1}{more}: {why}"
        yield Fault(what, remedy, column=name)


def _of(column: Any, key: str) -> Any:
    """Return what study.toml says of a column, None where it says nothing."""
    return column.get(key) if isinstance(column, Mapping) else getattr(column, key, None)
