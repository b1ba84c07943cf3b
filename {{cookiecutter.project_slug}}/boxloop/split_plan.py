"""How large the first look may be, and how many folds a table allows, so that every part can judge."""

import numpy as np

from boxloop.errors import UserError
from boxloop.split import folds, place, units
from boxloop.task import labels

SMALL = 500  # below this number of units 01 and 02 look at two fifths of them, in three folds
LOOK = 20_000  # rows are enough to look at
PLANS = ((0.2, 5), (0.3, 4), (0.4, 3), (0.5, 2))
FEWEST = 3  # rows of either side of the class of interest that validation and test must have


def plans(rows):
    """Return pairs of (exploration, folds) to try for so many rows, the usual one first."""
    if rows > 5 * LOOK:
        return ((float(f"{LOOK / rows:.1g}"), 5), *PLANS)
    return PLANS[2:] if rows < SMALL else PLANS


def fewest_groups():
    """Return the number of groups below which no plan will do: the first look must hold two groups for each of its folds."""
    return next(n for n in range(2, 100) if any((np.arange(n) / n < exploration).sum() >= 2 * number for exploration, number in PLANS))


def choose(file, frame, settings):
    """Return the first plan with which the table can be divided and cross-validated.

    Parameters
    ----------
    file : str
        What a message calls it.
    frame : DataFrame
        Rows that have a target, and what the split needs.
    settings : boxloop.settings.Settings

    Returns
    -------
    dict
        ``exploration`` and ``folds``.

    Raises
    ------
    UserError
        If no plan will do.
    """
    study, share = settings.study, place(frame, settings)
    positive = None if study.task == "regression" else (labels(frame, settings) == study.positive_class).to_numpy()
    for exploration, number in plans(len(frame)):
        plan = settings.split.model_copy(update={"exploration": exploration, "folds": number})
        if _works(frame, share, positive, settings.model_copy(update={"split": plan})):
            return {"exploration": exploration, "folds": number}
    way = f" by '{settings.only('time')}'" if settings.split.strategy == "time" else ""
    if settings.split.strategy == "group":
        name, number = settings.only("group"), len(np.unique(units(frame, settings)))
        if number < (least := fewest_groups()):
            other = "name another column with --group, bring more groups, or leave --group out if its rows do not belong together"
            msg = f"{file}: '{name}' has {number} groups, at least {least} are needed for training, validation, test and their cross-validation: {other}."
            raise UserError(msg)
        way = f" by the {number} groups of '{name}'"
    if positive is None:
        msg = f"{file}: {len(frame)} rows cannot be divided{way} into training, validation and test: bring more rows or groups, or divide another way."
    else:
        few = min((int(positive.sum()), study.positive_class), (int((~positive).sum()), "the rest"))
        msg = (
            f"{file}, column '{study.target}': {few[1]} has {few[0]} rows, which cannot be divided{way} so that each part has some: "
            "name a more frequent class with --positive, bring more rows, or divide another way."
        )
    raise UserError(msg)


def _works(frame, share, positive, settings):
    """Whether every part has rows of either side, and the two parts that are cross-validated have them in every fold."""
    plan = settings.split
    edges = (0, plan.train, plan.train + plan.validation, 2)
    for low, high in zip(edges, edges[1:], strict=False):
        rows = (share >= low) & (share < high)
        if not _both(rows, positive, FEWEST):
            return False
    for end in (plan.exploration, plan.train):
        rows = np.flatnonzero(share < end)
        part = frame.iloc[rows].reset_index(drop=True)
        whole = len(np.unique(units(part, settings))) if plan.strategy == "group" else len(part)
        if whole < 2 * plan.folds:
            return False
        if positive is None:
            continue
        for fitted, held in folds(part, settings):
            if not all(_both(rows[these], positive, 1) for these in (fitted, held)):
                return False
    return True


def _both(rows, positive, fewest):
    """Whether there are so many rows, of either side where there are two."""
    if positive is None:
        return np.size(rows) >= fewest and (rows.dtype != bool or rows.sum() >= fewest)
    inside = positive[rows]
    return min(inside.sum(), (~inside).sum()) >= fewest
