"""Hold a table against what `boxloop run` will ask of it, before anything is written.

What a sensible person would mend is mended, by a role or by what counts as missing, and stands in
study.toml with its reason; the rest is refused in one sentence, with the command that leaves it
out. The rules are those of `boxloop.table.rules`, which a study and `data.schema` hold too.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.checks.data import FEWEST
from boxloop.measure.task import Task
from boxloop.split.division import measured
from boxloop.table import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from boxloop.adopt.roles import Guess
    from boxloop.settings.load import Settings

MENDED = ("input", "error", "nuisance", "truth")  # roles in which an infinite value is a gap
NOT_NEEDED = (*MENDED, "time", "id")  # roles of columns that may be given up; by time none is left
MOST_MARKS = 8  # values that mean: no error given; of more it is a column of something else
FEW_LOST = 0.1  # of the rows with a target may be left out because they have no error of it


@dataclass(frozen=True)
class Asked:
    """What a person has typed behind `boxloop adopt`.

    Attributes
    ----------
    files : tuple of str
    options : dict of str or None, by option
        Those that name a column come first, each with its column.
    ignore : tuple of str
        Columns that are to be ignored.
    """

    files: tuple[str, ...]
    options: dict[str, str | None]
    ignore: tuple[str, ...] = ()

    def of_one(self, targets: str | Sequence[str]) -> Asked:
        """Return the same with its target, or refuse several: the commands take them one by one."""
        found = list(dict.fromkeys([targets] if isinstance(targets, str) else targets))
        alone = [replace(self, options={"--target": name, **self.options}) for name in found]
        if len(alone) == 1:
            return alone[0]
        lines = [
            asked.line(ignore=[other for other in found if other != name])
            for name, asked in zip(found, alone, strict=True)
        ]
        msg = (
            "A loop predicts one target: make a project for each, and type there, one by one, "
            f"{' and '.join(f'`{line}`' for line in lines)}."
        )
        raise UserError(msg)

    def line(self, *, ignore: Iterable[str] = ()) -> str:
        """Return the command again, with more columns to ignore: a line that can be pasted.

        Parameters
        ----------
        ignore : list of str
            A column that an option has named loses the option instead.
        """
        out = list(dict.fromkeys([*self.ignore, *ignore]))
        words = ["boxloop", "adopt", *self.files]
        for option, value in self.options.items():
            if value in out:
                out.remove(value)
            elif value is not None:
                words += [option, value]
        words += [word for name in out for word in ("--ignore", name)]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def needed(roles: Mapping[str, Any], target: str, *, in_time: bool) -> dict[str, str]:
    """Return the columns without which a row is left out, each with the words for it.

    It is what ``study.contract.needed`` says of the study.toml that is about to be written.
    """
    by_role = {role: [n for n, guess in roles.items() if guess.role == role]
               for role in ("group", "id", "time", "weight")}  # fmt: skip
    found = {target: "no target"}
    for role in ("group", "id"):
        if len(by_role[role]) == 1:
            found[by_role[role][0]] = f"no {role}"
            break
    if in_time:
        found |= dict.fromkeys(by_role["time"][:1], "no time")
    found |= dict.fromkeys(by_role["weight"], "no weight")
    errors = (n for n, guess in roles.items() if guess.role == "error" and guess.error_of == target)
    return found | dict.fromkeys(errors, "no error of the target")


def mended(
    frame: pd.DataFrame, roles: dict[str, Guess], target: str, *, in_time: bool
) -> dict[str, Guess]:
    """Return roles with which what can be mended is no fault any more.

    Infinite values are gaps. An error below zero is none given, and of the target also one of zero.
    An error of the target that more than a tenth of the rows lack is not used: it would cost them.
    Columns that are empty or constant in the rows that are left teach nothing.

    Parameters
    ----------
    frame : DataFrame
        See `boxloop.table.plain`.
    roles : dict of boxloop.adopt.roles.Guess
    target : str
    in_time : bool
        Whether rows are divided by the time.
    """
    roles = {name: _with_gaps(frame[name], guess, target) for name, guess in roles.items()}
    there = known(frame[target], roles[target]).notna()
    for name, guess in roles.items():
        if guess.role == "error" and guess.error_of == target:
            roles[name] = _weighing(known(frame[name], guess)[there], guess, target)
    usable = frame[_has_all(frame, roles, needed(roles, target, in_time=in_time))]
    if usable.empty:
        return roles
    return {name: _teaching(usable, name, guess) for name, guess in roles.items()}


def seen_in(sample: pd.DataFrame, roles: dict[str, Guess], target: str) -> dict[str, Guess]:
    """Return roles in which columns are ignored of which the first look would see nothing.

    Parameters
    ----------
    sample : DataFrame
        The rows that 01 and 02 look at, measured. `data.schema` judges these.
    roles : dict of boxloop.adopt.roles.Guess
    target : str
    """
    found = {}
    for name, guess in roles.items():
        there = sample[name].dropna()
        why = None
        if guess.role in NOT_NEEDED and guess.error_of != target:
            if there.empty:
                why = f"none of the {len(sample):,} rows that 01 looks at has a value of it"
            elif guess.role == "input" and len(sample) >= FEWEST and (there == there.iloc[0]).all():
                why = f"it is {there.iloc[0]} in all {len(sample):,} rows that 01 looks at"
        found[name] = replace(guess, role="ignored", reason=why, error_of=None) if why else guess
    return found


def known(values: pd.Series, guess: Guess) -> pd.Series:
    """Return a column without what counts as missing."""
    return values.where(~values.isin(guess.missing)) if guess.missing else values


def not_weighing(before: dict[str, Guess], after: dict[str, Guess], target: str) -> list[str]:
    """Return that an error of the target was mended away, where one was."""
    return [
        f"Column '{name}', the error of the target, is not used: {after[name].reason}."
        for name, guess in before.items()
        if guess.error_of == target and after[name].role == "ignored"
    ]


def left_out(
    frame: pd.DataFrame, roles: dict[str, Guess], target: str, *, in_time: bool
) -> list[str]:
    """Return in a sentence how many rows will be left out, and for which reasons; [] where none.

    Errors of the target have a sentence of their own.
    """
    gone, said = np.zeros(len(frame), dtype=bool), []
    for name, words in needed(roles, target, in_time=in_time).items():
        new = known(frame[name], roles[name]).isna().to_numpy() & ~gone
        if new.any() and roles[name].role != "error":
            said.append(f"{words} ({name}) in {new.sum():,}")
            gone |= new
    return [f"Left out: {gone.sum():,} of {len(frame):,} rows: {', '.join(said)}."] if said else []


def refuse(path: Path, frame: pd.DataFrame, settings: Settings, asked: Asked) -> None:
    """Refuse what a study and its checks would refuse, all of it at once.

    Parameters
    ----------
    path : Path
    frame : DataFrame
        See `boxloop.table.plain`.
    settings : boxloop.settings.load.Settings
        As they are about to be written.
    asked : Asked

    Raises
    ------
    UserError
        One sentence with every fault, and the command that leaves the columns out.
    """
    found = list(_faults(measured(frame, settings), settings))
    target = settings.study.target
    own = [fault for fault in found if fault.column in (None, target)]
    rest = [fault for fault in found if fault.column not in (None, target)]
    said = [rules.together(own)] if own else []
    if rest:
        correct = any(fault.remedy in (rules.CORRECT, rules.OR_IGNORED) for fault in rest)
        first = f"{rules.CORRECT}, or " if correct else ""
        line = asked.line(ignore=list(dict.fromkeys(str(fault.column) for fault in rest)))
        whats = rules.some([fault.what for fault in rest])
        said.append(f"{whats}: {first}leave out what cannot be used: `{line}`")
    if said:
        msg = f"{path.name}, {'; '.join(said)}."
        raise UserError(msg)


def usable(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the measured rows that a study will use: they have all that is needed."""
    frame, study = measured(frame, settings), settings.study
    names = needed(settings.columns, study.target, in_time=settings.split.strategy == "time")
    there = frame[list(names)].notna().all(axis=1)
    if several := getattr(study, "classes", None):
        there &= Task(settings).labels(frame).isin(several)
    return frame[there].reset_index(drop=True)


def _faults(frame: pd.DataFrame, settings: Settings):
    """Yield what is wrong with the columns, or else with the rows that can be used."""
    task, study = Task(settings), settings.study
    numbers = [] if task.has_classes else [study.target]
    numbers += settings.role("time") if settings.split.strategy == "time" else []
    found = list(rules.column_faults(frame, settings.columns, numbers=numbers))
    yield from found
    if found:
        return
    rows = usable(frame, settings)
    labels = task.labels(rows) if task.has_classes else None
    more = {"labels": labels, "positive": study.positive_class}
    yield from rules.row_faults(rows, target=study.target, inputs=settings.inputs, **more)


def _has_all(frame: pd.DataFrame, roles: dict[str, Guess], names: Iterable[str]) -> np.ndarray:
    there = [known(frame[name], roles[name]).notna().to_numpy() for name in names]
    return np.logical_and.reduce(there)


def _with_gaps(values: pd.Series, guess: Guess, target: str) -> Guess:
    """Return a guess that counts infinite values as missing, and errors that are none."""
    if guess.role not in MENDED or not pd.api.types.is_numeric_dtype(values):
        return guess
    there = known(values, guess).dropna().astype(float)
    no_value = np.isinf(there)
    if guess.role == "error":
        # An input without an error has no noise; a target without one has an unknown one.
        no_value |= (there <= 0) if guess.error_of == target else (there < 0)
        if len(there) and not ((there > 0) & ~no_value).any():
            return replace(guess, role="ignored", reason="no error in it is above zero",
                           error_of=None)  # fmt: skip
    marks = sorted(set(there[no_value]))
    if len(marks) > MOST_MARKS:
        why = f"{int(no_value.sum()):,} of its values are not above zero: no errors"
        return replace(guess, role="ignored", reason=why, error_of=None)
    return replace(guess, missing=(*guess.missing, *marks)) if marks else guess


def _weighing(errors: pd.Series, guess: Guess, target: str) -> Guess:
    """Return a guess that does not use an error of the target which too many rows lack."""
    lost = int(errors.isna().sum())
    if lost <= FEW_LOST * len(errors):
        return guess
    why = (
        f"{lost:,} of {len(errors):,} rows with {target} have no error above zero, too many to "
        f'leave out; role = "error" and error_of = {target!r} use it all the same'
    )
    return replace(guess, role="ignored", reason=why, error_of=None)


def _teaching(usable: pd.DataFrame, name: str, guess: Guess) -> Guess:
    """Return a guess that ignores an input without two values, and an error without any."""
    if guess.role not in ("input", "error", "nuisance"):
        return guess
    there = known(usable[name], guess).dropna()
    if there.empty:
        why = "it has no value in any row that can be used"
    elif guess.role == "input" and (there == there.iloc[0]).all():
        why = f"it is {str(there.iloc[0])[:30]} in every row that can be used"
    else:
        return guess
    return replace(guess, role="ignored", reason=why, error_of=None)
