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
FEWEST = 3  # rows of each class, or of either side of that of interest, that each part must have
FEWEST_CLASSES = 3  # of two, one is the class of interest
PARTS = (0.6, 0.2, 0.2)  # training, validation and test, as study.toml is written


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
    sides = _sides(frame, settings)
    if not sides:
        what = f"{len(frame)} rows cannot be divided{way} into training, validation and test"
        msg = f"{file}: {what}: bring more rows{out}."
        raise UserError(msg)
    few, side = min((int(rows.sum()), name) for name, rows in sides.items())
    found = _another(frame, share, settings) if study.positive_class else None
    other = f"name another class with --positive, such as {found}, or " if found else ""
    msg = (
        f"{file}, column '{study.target}': {side[:60]} has {few} rows, "
        f"which cannot be divided{way} so that each part has some: "
        f"{other}bring {_how_many(few, len(frame))} rows of it{out}."
    )
    raise UserError(msg)


def _how_many(few: int, rows: int) -> str:
    """Return how many rows of a class with `few` are to be brought.

    Groups and times may lie so that more are needed; then the number alone is no promise.
    """
    least = fewest_of_a_class(rows)
    return f"at least {least}" if few < least else "more"


def fewest_of_a_class(rows: int) -> int:
    """Return of how many rows a class must have so that a table of `rows` rows can be divided.

    It is divided evenly: other strategies may ask for more.
    """
    return next(n for n in range(FEWEST, 1000) if any(_holds(n, *tried) for tried in plans(rows)))


def _holds(number: int, exploration: float, folds: int) -> bool:
    """Whether every part and every fold has rows of a class of so many rows."""
    share = np.arange(number) / number
    edges = (0, *np.cumsum(PARTS))
    parts = [((share >= low) & (share < high)).sum() for low, high in pairwise(edges)]
    return min(parts) >= FEWEST and (share < exploration).sum() >= folds


def _sides(frame: pd.DataFrame, settings: Settings) -> dict[str, np.ndarray]:
    """Return the rows, shape (n,), of each class that every part must have; {} of a number."""
    task, study = Task(settings), settings.study
    if not task.has_classes:
        return {}
    labels = task.labels(frame).to_numpy()
    if several := getattr(study, "classes", None):
        return {name: labels == name for name in several}
    inside = labels == study.positive_class
    return {str(study.positive_class): inside, "the rest": ~inside}


def _first(frame: pd.DataFrame, share: np.ndarray, settings: Settings) -> dict | None:
    """Return the first plan that works, or None."""
    sides = list(_sides(frame, settings).values())
    for exploration, number in plans(len(frame)):
        plan = settings.split.model_copy(update={"exploration": exploration, "folds": number})
        if _works(frame, share, sides, settings.model_copy(update={"split": plan})):
            return {"exploration": exploration, "folds": number}
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


def _works(
    frame: pd.DataFrame, share: np.ndarray, sides: list[np.ndarray], settings: Settings
) -> bool:
    """Whether every part has rows of each side, and every fold of the parts that are folded."""
    plan = settings.split
    edges = (0, plan.train, plan.train + plan.validation, 2)
    for low, high in pairwise(edges):
        rows = (share >= low) & (share < high)
        if min([rows.sum(), *((rows & side).sum() for side in sides)]) < FEWEST:
            return False
    for end in (plan.exploration, plan.train):
        rows = np.flatnonzero(share < end)
        part = frame.iloc[rows].reset_index(drop=True)
        whole = len(np.unique(units(part, settings))) if plan.strategy == "group" else len(part)
        if whole < 2 * plan.folds:
            return False
        if not sides:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fold may lack a rare class that is not of interest
            divided = folds(part, settings)
        for fitted, held in divided:
            if not all(side[rows[these]].any() for these in (fitted, held) for side in sides):
                return False
    return True


def with_enough(frame: pd.DataFrame, settings: Settings) -> list[str]:
    """Return those of several classes of which every part and every fold can have rows.

    Parameters
    ----------
    frame : DataFrame
        Rows that have a target, and what the split needs.
    settings : boxloop.settings.load.Settings
        With all classes.
    """
    counts = Task(settings).labels(frame).value_counts()
    least = fewest_of_a_class(len(frame))
    names = [name for name in settings.study.classes or () if counts.get(name, 0) >= least]
    while len(names) >= FEWEST_CLASSES:
        study = settings.study.model_copy(update={"classes": names})
        asked = settings.model_copy(update={"study": study})
        rows = frame[Task(settings).labels(frame).isin(names)].reset_index(drop=True)
        if _first(rows, share := place(rows, asked), asked) is not None:
            return names
        kept = _kept(rows, share, asked)
        if len(kept) == len(names):  # it is the rows that are too few, and not those of a class
            return names
        names = kept
    return names


def _kept(frame: pd.DataFrame, share: np.ndarray, settings: Settings) -> list[str]:
    """Return the classes that stand in every part and fold of the plan that serves most of them."""
    best: list[str] = []
    for exploration, number in plans(len(frame)):
        plan = settings.split.model_copy(update={"exploration": exploration, "folds": number})
        planned = settings.model_copy(update={"split": plan})
        sides = _sides(frame, settings).items()
        kept = [name for name, side in sides if _works(frame, share, [side], planned)]
        best = max(best, kept, key=len)
    return best
