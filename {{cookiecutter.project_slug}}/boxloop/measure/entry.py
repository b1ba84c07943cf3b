"""An entry of a benchmark: a file with a prediction for each row, judged and measured.

A copy of this module, and of what it imports, is part of every benchmark: whoever enters needs
numpy, pandas and scikit-learn, and gets the numbers that the study itself would give.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError, shown
from boxloop.measure.kinds import kind_of
from boxloop.measure.metrics import METRICS
from boxloop.measure.numbers import told
from boxloop.measure.sets import measure_sets
from boxloop.measure.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


ROW, PREDICTION, SET = "row", "prediction", "set"
OF_CLASS = "probability"  # what the columns of several classes begin with
NEAR_ONE = 1e-3  # how far from one the probabilities of a row may add up, written in few digits
INPUTS, TASK = "test_inputs.csv", "task.json"


class Asked:
    """What a benchmark asks, in the shape in which `boxloop.measure.task.Task` takes settings.

    Parameters
    ----------
    facts : dict
        The content of ``task.json``: ``study`` as in study.toml, the names of the columns by their
        `roles`, ``draws`` and ``seed`` of the bootstrap, and whether the study's own entries are
        cuts (``labels_count``).
    """

    def __init__(self, facts: dict) -> None:
        self.facts = facts
        self.study = SimpleNamespace(**facts["study"])

    def role(self, role: str) -> list[str]:
        """Return the names of the columns with this role."""
        return list(self.facts["roles"].get(role, []))

    def only(self, role: str) -> str | None:
        """Return the one column with this role, or None."""
        names = self.role(role)
        return names[0] if len(names) == 1 else None

    def measure(self, frame: pd.DataFrame, guesses: dict[str, np.ndarray]) -> dict[str, dict]:
        """Return the metrics of guesses by set; see `boxloop.measure.sets.measure_sets`."""
        options = {"draws": self.facts["draws"], "seed": self.facts["seed"]}
        return measure_sets(frame, guesses, self, **options)

    @property
    def columns(self) -> list[str]:
        """What the columns of a submission are called, beside the one that names the rows."""
        found = Task(self).columns(OF_CLASS)
        return found if isinstance(found, list) else [PREDICTION]


def read_entry(path: Path, asked: Asked | None = None) -> pd.DataFrame:
    """Return the table in a submission, all of it text.

    Parameters
    ----------
    path : Path
    asked : Asked, optional
        Without it there is to be one column of predictions.

    Raises
    ------
    UserError
        If it is no CSV table with the columns that are asked for.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): name a CSV file that you may read."
        raise UserError(msg) from error
    if data.startswith(b"PAR1"):
        msg = f"{path.name} is Parquet: write it as CSV, frame.to_csv(NAME, index=False)."
        raise UserError(msg)
    try:
        text = data.decode("utf-8-sig")  # Windows may mark it
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except ValueError as error:  # no UTF-8, no table
        why = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else _first(error)
        msg = f"{path.name} is no CSV table ({why}): write it with frame.to_csv(NAME, index=False)."
        raise UserError(msg) from error
    wanted = asked.columns if asked else [PREDICTION]
    if set(frame.columns) != {ROW, *wanted}:
        known = ", ".join(map(str, frame.columns[:5]))
        more = " and more" if len(frame.columns) > 5 else ""
        marks = "; its columns are parted by semicolons" if ";" in known else ""
        msg = (
            f"{path.name} has the columns {known}{more}{marks}: give it the {_these(wanted)}, "
            "parted by a comma, and no index."
        )
        raise UserError(msg)
    return frame


def _these(wanted: list[str]) -> str:
    number = {2: "two"}.get(len(wanted) + 1, str(len(wanted) + 1))
    return f"{number} columns {', '.join([ROW, *wanted[:-1]])} and {wanted[-1]}"


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["it is empty"])[0].rstrip(".")


def predictions(
    frame: pd.DataFrame, rows: Sequence[str], asked: Asked, name: str, *, some: bool = False
) -> Any:
    """Return the predictions of a submission by row, in the order of `rows`.

    A Series, or of several classes a DataFrame with a column for each.

    Parameters
    ----------
    frame : DataFrame
        See `read_entry`.
    rows : sequence of str
        The rows that are asked for.
    asked : Asked
    name : str
        What the submission is called in a sentence.
    some : bool
        Whether it may leave rows out.

    Raises
    ------
    UserError
        If a row is missing, twice there or unknown, or a prediction is none.
    """
    told = frame[ROW]
    if (twice := told[told.duplicated()]).size:
        msg = f"{name} holds row {twice.iloc[0]} more than once: leave one prediction for each row."
        raise UserError(msg)
    if (unknown := told[~told.isin(rows)]).size:
        msg = (
            f"{name} holds {_many(unknown)} that are not asked for, such as "
            f"'{unknown.iloc[0]}': leave them out, and take the names of the rows from {INPUTS}."
        )
        raise UserError(msg)
    left = pd.Series(rows, dtype=object)
    left = left[~left.isin(told)]
    if left.size and (not some or len(left) == len(rows)):
        msg = f"{name} lacks {_many(left)}, such as {left.iloc[0]}: give every row a prediction."
        raise UserError(msg)
    found = {column: _numbers(frame, name, column) for column in asked.columns}
    values = _good(pd.DataFrame(found, index=told.to_numpy()), asked, name)
    return values.loc[[row for row in rows if row in values.index]]


def _good(values: pd.DataFrame, asked: Asked, name: str) -> Any:
    """Return predictions that are what was asked for, or refuse them."""
    if Task(asked).classes:
        _refuse_no_chances(values, asked, name)
        return values
    _refuse_no_scores(values[PREDICTION], asked, name)
    return values[PREDICTION]


def _many(rows: pd.Series) -> str:
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'}"


def _numbers(frame: pd.DataFrame, name: str, column: str = PREDICTION) -> list[float]:
    """Return the predictions as numbers, to the last digit that is written."""
    found = []
    for row, text in zip(frame[ROW], frame[column], strict=True):
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            msg = (
                f"{name}: the {column} of row {row} is '{text}': write a finite number there, "
                "with a decimal point."
            )
            raise UserError(msg)
        found.append(value)
    return found


def _refuse_no_scores(values: pd.Series, asked: Asked, name: str) -> None:
    """Refuse what is no probability, and labels where scores are asked for."""
    kind, study = kind_of(asked.study), asked.study
    outside = values[(values < 0) | (values > 1)]
    if kind.has_probabilities and outside.size:
        msg = (
            f"{name}: {outside.iloc[0]:g}, of row {outside.index[0]}, is no probability: write "
            f"that of {study.positive_class}, between 0 and 1."
        )
        raise UserError(msg)
    if kind.has_classes and set(values) == {0.0, 1.0} and not asked.facts["labels_count"]:
        msg = (
            f"{name} holds labels, 0 and 1: write scores, which are higher where a row looks more "
            f"like {study.positive_class}."
        )
        raise UserError(msg)


def _refuse_no_chances(values: pd.DataFrame, asked: Asked, name: str) -> None:
    """Refuse rows that are no probabilities of several classes, and labels in their place."""
    sums = values.sum(axis=1)
    bad = ((values < 0) | (values > 1)).any(axis=1) | ((sums - 1).abs() > NEAR_ONE)
    if bad.any():
        row = values.index[bad][0]
        msg = (
            f"{name}: what row {row} says is no set of probabilities (they add up to "
            f"{sums[row]:g}): write one between 0 and 1 for each class, which add up to 1."
        )
        raise UserError(msg)
    if values.isin([0.0, 1.0]).all(axis=None) and not asked.facts["labels_count"]:
        msg = (
            f"{name} holds labels, 0 and 1: write the probability of each class, which are higher "
            "where a row looks more like it."
        )
        raise UserError(msg)


def read_rows(path: Path) -> pd.DataFrame:
    """Return a table of the benchmark."""
    return pd.read_csv(path, dtype={ROW: str})


def read_asked(folder: Path) -> Asked:
    """Return what the benchmark in a folder asks."""
    return Asked(json.loads((folder / TASK).read_text(encoding="utf-8")))


def metric_lines(sets: dict[str, dict], asked: Asked) -> list[str]:
    """Return a line for each metric of each set, with 95 % interval."""
    lines = []
    for name, found in sets.items():
        lines.append(f"{name}: {found['n_rows']} rows, {found['n_groups']} of them independent")
        for metric, entry in found["metrics"].items():
            unit = METRICS[metric].in_unit(asked.study.unit, asked.study.scale)
            words = f"{METRICS[metric].titled(asked.study.scale)}{f' [{unit}]' if unit else ''}"
            lines.append(f"  {words}: {_told(entry['model'])}")
            if "difference" in entry:
                better = "; above 0 is better"
                lines.append(f"    against the other: {_told(entry['difference'])}{better}")
    return lines


def _told(entry: dict) -> str:
    if entry["value"] is None or not np.isfinite(entry["value"]):
        return "not defined"
    return told(entry)


def main(folder: Path, arguments: Iterable[str] | None = None) -> int:
    """Judge a submission, or measure predictions of rows whose truth is known; return exit code.

    Parameters
    ----------
    folder : path
        The benchmark.
    arguments : iterable of str, optional
        Those of the command line.
    """
    parser = argparse.ArgumentParser(description="Is a submission as it should be, and how good?")
    parser.add_argument(
        "submission", type=Path, help=f"CSV with the column {ROW} and the predictions"
    )
    parser.add_argument("--truth", type=Path, help="measure against it: training.csv, for example")
    parser.add_argument("--against", type=Path, help="another one, such as entries/reference.csv")
    given = parser.parse_args(None if arguments is None else list(arguments))
    try:
        lines = _answer(folder, given)
    except UserError as error:
        print(shown(f"Error: {error}"), file=sys.stderr)
        return 2
    print("\n".join(map(shown, lines)))
    return 0


def _answer(folder: Path, given: argparse.Namespace) -> list[str]:
    asked, files = read_asked(folder), [given.submission, given.against]
    frame = read_rows(given.truth or folder / INPUTS)
    said = [
        predictions(
            read_entry(path, asked), list(frame[ROW]), asked, path.name, some=bool(given.truth)
        )
        for path in files
        if path is not None
    ]
    if not given.truth:
        return [f"{given.submission.name} is as it should be: {len(said[0])} rows."]
    both = frame[ROW].isin(set.intersection(*(set(values.index) for values in said)))
    frame = frame[both].reset_index(drop=True)
    if name := asked.only("id"):
        frame = frame.assign(**{name: frame.get(name, frame[ROW])})
    whose = dict(zip(("model", "reference"), said, strict=False))
    guesses = {who: values.loc[frame[ROW]].to_numpy() for who, values in whose.items()}
    return metric_lines(asked.measure(frame, guesses), asked)
