"""Whether a table can be adopted: the rules of `boxloop.table`, and what options must name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.measure.kinds import TASKS
from boxloop.table import rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


MOST_NAMED = 6  # columns in one sentence
PAIRS = (
    {"0", "1"},
    {"-1", "1"},
    {"False", "True"},
    {"FALSE", "TRUE"},
    {"F", "T"},
    {"f", "t"},
    {"N", "Y"},
    {"No", "Yes"},
    {"false", "true"},
    {"no", "yes"},
    {"n", "y"},
    {"background", "signal"},
)
YES = ("1", "True", "true", "yes", "y", "signal", "TRUE", "T", "t", "Y", "Yes")


def kind_of_task(name: str) -> Any:
    """Return the `TaskKind` that study.toml names, or refuse a task that nobody knows."""
    if name not in TASKS:
        msg = f"study.toml: task = {name!r} is not known: choose one of {', '.join(TASKS)}."
        raise UserError(msg)
    return TASKS[name]


def transform_fits(kind: Any, transform: str | None) -> None:
    """Refuse a transform of a target that is no number."""
    if transform is not None and kind.has_classes:
        says = f'--transform is of a number, and study.toml says task = "{kind.name}"'
        msg = f"{says}: leave it out, or adopt it in a project of another task."
        raise UserError(msg)


def columns_are_there(
    path: Path, frame: pd.DataFrame, wanted: dict, *, ignore: Sequence[str] = ()
) -> None:
    """Refuse a column that is not there, or that was named for two roles.

    Parameters
    ----------
    path : Path
    frame : DataFrame
    wanted : dict
        Columns, or None, by the option that names them.
    ignore : list of str
        Columns behind ``--ignore``.
    """
    for option, name in [*wanted.items(), *(("--ignore", name) for name in ignore)]:
        if name is not None and name not in frame.columns:
            more = " …" if frame.shape[1] > 12 else ""
            there = ", ".join(map(str, frame.columns[:12])) + more
            msg = f"{path.name} has no column '{name}' for {option}: its columns are {there}."
            raise UserError(msg)
    named = [*(name for name in wanted.values() if name is not None), *ignore]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        named_twice = f"{path.name}: the column '{twice}' was named for two roles"
        msg = f"{named_twice}: give each role a column of its own."
        raise UserError(msg)


def classes_or_numbers(path: Path, frame: pd.DataFrame, target: str, kind: Any) -> pd.Series:
    """Return the target of the rows that have one, or refuse a column that does not suit the task.

    Parameters
    ----------
    path : Path
    frame : DataFrame
    target : str
    kind : boxloop.measure.kinds.TaskKind
    """
    from boxloop.measure.task import spelled

    faults = rules.target_faults(target, frame[target], has_classes=kind.has_classes)
    rules.refuse(path.name, faults)
    column = frame[target].dropna()
    return spelled(column) if kind.has_classes else column


def there_are_inputs(path: Path, roles: dict) -> None:
    """Refuse a table without inputs."""
    inputs = _inputs(roles)
    others = [
        f"'{name}' is {_role(guess)}" for name, guess in roles.items() if guess.role != "target"
    ]
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    said = "; ".join(others[:MOST_NAMED]) + more if others else "there is only the target"
    rules.refuse(path.name, rules.input_faults(inputs, others=f" ({said})"))


def _inputs(roles: Any):
    return [name for name, guess in roles.items() if guess.role == "input"]


def _role(guess: Any):
    """Return in a few words what a column was taken for, and why it is no input."""
    if guess.role == "ignored":
        return f"ignored ({guess.reason})"
    return f"the error of {guess.error_of}" if guess.role == "error" else f"the {guess.role}"


def deployment_has_inputs(
    path: Path, others: pd.DataFrame, frame: pd.DataFrame, roles: dict
) -> None:
    """Refuse unlabelled objects that lack an input, or have words where the table has numbers.

    Parameters
    ----------
    path : Path
        The file of the unlabelled objects.
    others, frame : DataFrame
        The unlabelled objects, and the labelled table.
    roles : dict of boxloop.adopt.roles.Guess
    """
    inputs = _inputs(roles)
    words = [name for name in inputs if any(rules.not_numbers(name, frame[name]))]
    rules.refuse(path.name, rules.deployment_faults(others, inputs, words=words))


def interest(path: Path, target: str, labels: pd.Series, kind: Any, wanted: str | None) -> tuple:
    """Return the class of interest and the rule by which it was chosen.

    Parameters
    ----------
    path : Path
    target : str
    labels : Series of str
    kind : boxloop.measure.kinds.TaskKind
    wanted : str or None
        The class that the person has named.
    """
    if not kind.has_classes:
        if wanted is not None:
            says = f'--positive names a class, and study.toml says task = "{kind.name}"'
            msg = f"{says}: leave it out, or adopt it in a project of another task."
            raise UserError(msg)
        return None, None
    counts = labels.value_counts()
    if wanted is not None:
        if wanted not in counts.index:
            nowhere = rules.no_such_class(target, labels, wanted)
            msg = f"{path.name}, {nowhere}: name one of them with --positive."
            raise UserError(msg)
        return wanted, "the class of interest, as you named it; all others count as the rest"
    pair = next((pair for pair in PAIRS if pair == set(counts.index)), None)
    if pair is not None:
        chosen = max(pair, key=lambda word: (word in YES, word))
        return chosen, "the class of interest: the one that says yes"
    least = counts[counts == counts.min()].index
    rest = "all others count as the rest" if len(counts) > 2 else "the other is the rest"
    return min(least), f"the class of interest: the rarer one, a guess; {rest}"
