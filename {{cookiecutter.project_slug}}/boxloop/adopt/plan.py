"""How large the first look may be, and how many folds a table allows."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.measure.task import Task
from boxloop.split.division import folds, place, units

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.settings.load import Settings


SMALL = 500  # below this number of units 01 and 02 look at two fifths of them, in three folds
LOOK = 20_000  # rows are enough to look at
PLANS = ((0.2, 5), (0.3, 4), (0.4, 3), (0.5, 2))
LOOKED_AT = 3  # classes that are tried where the one of interest will not do
FEWEST = 3  # rows of each class that validation and test must have
FEWEST_CLASSES = 3  # of two, one is the class of interest


def plans(rows: int) -> tuple:
    """Return pairs of (exploration, folds) to try for so many rows, the usual one first."""
    if rows > 5 * LOOK:
        return ((float(f"{LOOK / rows:.1g}"), 5), *PLANS)
    return PLANS[2:] if rows < SMALL else PLANS


def fewest_groups() -> int:
    """Return the number of groups below which no plan will do: two per fold of the first look."""
    return next(
        n
        for n in range(2, 100)
        if any(
            (np.arange(n) / n < exploration).sum() >= 2 * number for exploration, number in PLANS
        )
    )


def choose(file: str, frame: pd.DataFrame, settings: Settings) -> Any:
    """Return the first plan with which the table can be divided and cross-validated.

    Parameters
    ----------
    file : str
        What a message calls it.
    frame : DataFrame
        Rows that have a target, and what the split needs.
    settings : boxloop.settings.load.Settings

    Returns
    -------
    dict
        ``exploration`` and ``folds``.

    Raises
    ------
    UserError
        If no plan will do.
    """
    share = place(frame, settings)
    if (plan := _first(frame, share, settings)) is None:
        _refuse(file, frame, share, settings)
    return plan


def _refuse(file: str, frame: pd.DataFrame, share: np.ndarray, settings: Settings):
    """Say why no plan will do, and what would help."""
    study, strategy = settings.study, settings.split.strategy
    name = settings.only(strategy) if strategy in ("group", "time") else None
    number = len(np.unique(units(frame, settings)))
    if strategy == "group" and number < (least := fewest_groups()):
        msg = (
            f"{file}: '{name}' has {number} groups, at least {least} are needed for training, "
            "validation, test and their cross-validation: name another column with --group, "
            "bring more groups, or leave --group out if its rows do not belong together."
        )
        raise UserError(msg)
    by = f"the {number} groups of '{name}'" if strategy == "group" else f"'{name}'"
    way = f" by {by}" if name else ""
    other_way = "name another column with --group" if strategy == "group" else "leave --time out"
    out = f", or {other_way}" if name else ""
    if (codes := _codes(frame, settings)) is None or settings.study.classes:
        what = f"{len(frame)} rows cannot be divided{way} into training, validation and test"
        each = " of every class" if study.classes else ""
        msg = f"{file}: {what}: bring more rows{each}{out}."
        raise UserError(msg)
    found = _another(frame, share, settings)
    inside = int((codes == 0).sum())
    few = min((inside, study.positive_class), (len(codes) - inside, "the rest"))
    other = f"name another class with --positive, such as {found}, or " if found else ""
    msg = (
        f"{file}, column '{study.target}': {str(few[1])[:60]} has {few[0]} rows, "
        f"which cannot be divided{way} so that each part has some: "
        f"{other}bring more rows of it, {_least(settings.split)} or more{out}."
    )
    raise UserError(msg)


def with_enough(frame: pd.DataFrame, settings: Settings) -> tuple[list[str], int]:
    """Return the classes that each part and each fold can have, and how many rows are enough.

    Parameters
    ----------
    frame : DataFrame
        Rows that have a target, and what the split needs.
    settings : boxloop.settings.load.Settings
        Of several classes.

    Returns
    -------
    names : list of str
        Perhaps fewer than three.
    rows : int
        How many rows of a class the plan needs that serves most of them; rows that belong together
        count once.
    """
    names, needed = list(settings.study.classes), 0
    while len(names) >= FEWEST_CLASSES:
        study = settings.study.model_copy(update={"classes": names})
        asked = settings.model_copy(update={"study": study})
        rows = of_classes(frame, asked)
        share, codes = place(rows, asked), _codes(rows, asked)
        found = [
            (_lacking(rows, share, codes, _planned(asked, plan)), plan) for plan in plans(len(rows))
        ]
        lacking, plan = min(found, key=lambda one: len(one[0]))
        needed = max(needed, _rows_needed(settings.split, *plan))
        if not lacking:
            break
        names = [name for code, name in enumerate(names) if code not in lacking]
    return names, needed


def of_classes(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the rows of the classes that study.toml asks for; of one class of interest all."""
    if not settings.study.classes:
        return frame
    kept = Task(settings).labels(frame).isin(settings.study.classes)
    return frame[kept].reset_index(drop=True)


def _least(split: Any) -> int:
    """Return the fewest rows that one class, divided evenly, must have in any plan."""
    return min(_rows_needed(split, *plan) for plan in PLANS)


def _rows_needed(split: Any, exploration: float, number: int) -> int:
    """Return the fewest rows that one class, divided evenly, must have in a plan."""
    edge = split.train + split.validation
    for rows in range(2 * number, 1000):
        at = np.arange(rows) / rows
        parts = ((at >= split.train) & (at < edge)).sum(), (at >= edge).sum()
        if min(parts) >= FEWEST and (at < exploration).sum() >= number:
            break
    return rows


def _planned(settings: Settings, plan: tuple) -> Settings:
    """Return the settings with a plan of (exploration, folds)."""
    update = {"exploration": plan[0], "folds": plan[1]}
    return settings.model_copy(update={"split": settings.split.model_copy(update=update)})


def _codes(frame: pd.DataFrame, settings: Settings) -> np.ndarray | None:
    """Return the class of each row that the parts must have, shape (n,); None of numbers.

    The class of interest is 0 and all others are 1, or each of several has its own place.
    """
    task = Task(settings)
    if not task.has_classes:
        return None
    if task.classes:
        return task.truth(frame).to_numpy(dtype=int)
    return (task.labels(frame) != settings.study.positive_class).to_numpy(dtype=int)


def _first(frame: pd.DataFrame, share: np.ndarray, settings: Settings) -> dict | None:
    """Return the first plan that works, or None."""
    codes = _codes(frame, settings)
    for plan in plans(len(frame)):
        if not _lacking(frame, share, codes, _planned(settings, plan)):
            return dict(zip(("exploration", "folds"), plan, strict=True))
    return None


def _another(frame: pd.DataFrame, share: Any, settings: Settings):
    """Return a class with which the table could be divided, of the least rare ones, or None."""
    counts = Task(settings).labels(frame).value_counts()
    balance = np.minimum(counts, len(frame) - counts).sort_values(ascending=False, kind="stable")
    for name in balance.index[:LOOKED_AT]:
        study = settings.study.model_copy(update={"positive_class": name})
        if _first(frame, share, settings.model_copy(update={"study": study})) is not None:
            return name
    return None


def _lacking(
    frame: pd.DataFrame, share: np.ndarray, codes: np.ndarray | None, settings: Settings
) -> set[int]:
    """Return the classes that some part, or some fold of the parts that are folded, has not.

    Of numbers, and where there are too few rows at all, it is {-1} if so.
    """
    plan, lacking = settings.split, set()
    edges = (0, plan.train, plan.train + plan.validation, 2)
    for low, high in pairwise(edges):
        lacking |= _rare(np.flatnonzero((share >= low) & (share < high)), codes, FEWEST)
    for end in (plan.exploration, plan.train):
        rows = np.flatnonzero(share < end)
        part = frame.iloc[rows].reset_index(drop=True)
        whole = len(np.unique(units(part, settings))) if plan.strategy == "group" else len(part)
        if whole < 2 * plan.folds:
            return {-1}
        if codes is None or lacking:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fold may lack a rare class that is not of interest
            divided = folds(part, settings)
        for fitted, held in divided:
            lacking |= _rare(rows[fitted], codes, 1) | _rare(rows[held], codes, 1)
    return lacking


def _rare(rows: np.ndarray, codes: np.ndarray | None, fewest: int) -> set[int]:
    """Return the classes of which some rows hold fewer than so many; {-1} of too few numbers."""
    if codes is None:
        return set() if len(rows) >= fewest else {-1}
    counts = np.bincount(codes[rows], minlength=max(int(codes.max()) + 1, 2))
    return set(np.flatnonzero(counts < fewest).tolist())
