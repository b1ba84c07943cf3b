"""What an adopted table must keep to; a breach is one sentence with file, column and remedy.

What holds for every table stands in `boxloop.table.rules`; here is what depends on how yours is
divided, and the place for rules of your own.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from boxloop.base import UserError
from boxloop.measure import Task
from boxloop.split import folds, place
from boxloop.table import column_faults, deployment_faults, refuse, row_faults

if TYPE_CHECKING:
    import pandas as pd


# Rows of a kind in the smallest part, from which on no division leaves it without that kind.
PLENTY = 100


def needed(settings: Any) -> Any:
    """Return the columns without which a row cannot be used, each with the words for it."""
    study, split = settings.study, settings.split
    found = {study.target: "no target"}
    unit = settings.only("group") or settings.only("id")
    found |= {unit: "no group" if settings.only("group") else "no id"} if unit else {}
    if split.strategy == "time":
        found[settings.only("time")] = "no time"
    return found | {
        name: "no weight" if settings.columns[name].role == "weight" else "no error of the target"
        for name in settings.weights
    }


def check_columns(frame: Any, settings: Any) -> Any:
    """Return the columns of the manifest, after a look at each of them.

    Parameters
    ----------
    frame : DataFrame
        The whole table, from `boxloop.table.read_rows`.
    """
    numbers = [] if Task(settings).has_classes else [settings.study.target]
    numbers += settings.role("time") if settings.split.strategy == "time" else []
    refuse(settings.data.table, column_faults(frame, settings.columns, numbers=numbers))
    return frame[list(settings.columns)]


def check_deployment(frame: Any, settings: Any, *, words_of: Any) -> Any:
    """Return the columns of the manifest that deployment rows have, after a look at their inputs.

    Parameters
    ----------
    frame : DataFrame
    words_of : list of str
        Inputs that hold words in the labelled table.
    """
    refuse(settings.data.deployment, deployment_faults(frame, settings.inputs, words=words_of))
    names = [name for name in settings.columns if name in frame and name != settings.study.target]
    kept = frame[names].copy()
    for name in settings.inputs:
        if name in words_of:
            kept[name] = kept[name].astype("str").where(kept[name].notna(), None).astype("str")
        elif kept[name].isna().all():
            kept[name] = kept[name].astype(float)
    return kept


def check_rows(frame: pd.DataFrame, settings: Any) -> None:
    """Look whether the rows that are left can be learnt from and divided."""
    file, study, task = settings.data.table, settings.study, Task(settings)
    labels = task.labels(frame) if task.has_classes else None
    kinds = {"labels": labels, "positive": study.positive_class}
    refuse(file, row_faults(frame, target=study.target, inputs=settings.inputs, **kinds))
    task.refuse_untransformed(frame)
    if labels is not None and settings.split.strategy == "stratified":
        # The class of interest against all others: how rare one of the others is does not matter.
        # Of several classes each matters.
        sides = [(int(rows.sum()), name) for name, rows in _sides(frame, settings).items()]
        count, side = min(sides)
        if count < settings.split.folds:
            rare = f"is {side} in {count} rows, fewer than split.folds = {settings.split.folds}"
            fewer = " or lower split.folds" if count > 1 else ""
            _refuse(file, study.target, rare, f"add rows of it{fewer}")
    _split(frame, settings)


def classes(settings: Any) -> Any:
    """Return the classes that are told apart; none of a number, and of one class against others."""
    return list(getattr(settings.study, "classes", None) or ())


def _sides(frame: pd.DataFrame, settings: Any) -> dict:
    """Return the rows, shape (n,), of each class that every part must have; {} of a number."""
    task = Task(settings)
    if not task.has_classes:
        return {}
    labels = task.labels(frame).to_numpy()
    if several := classes(settings):
        return {repr(name): labels == name for name in several}
    inside = labels == settings.study.positive_class
    return {repr(settings.study.positive_class): inside, "another class": ~inside}


def _split(frame: pd.DataFrame, settings: Any):
    """Look whether each part has rows of every kind, and whether two of them can be folded."""
    plan, sides = settings.split, _sides(frame, settings)
    rarest = min((rows.sum() for rows in sides.values()), default=len(frame))
    smallest = min(plan.exploration, plan.validation, plan.test)
    if plan.strategy in ("random", "stratified") and rarest * smallest >= PLENTY:
        return  # a million rows need no counting
    share = place(frame, settings)
    edges = {
        "train": (0, plan.train),
        "validation": (plan.train, plan.train + plan.validation),
        "test": (plan.train + plan.validation, 2),
        "exploration": (0, plan.exploration),
    }
    for part, (low, high) in edges.items():
        rows = (share >= low) & (share < high)
        _has_each_side(rows, sides, part, settings)
        if part in ("train", "exploration"):
            _enough_for_folds(frame[rows], part, settings)
            if sides:
                inside = {name: side[rows] for name, side in sides.items()}
                _each_side_in_folds(frame[rows], inside, part, settings)


def _has_each_side(rows: Any, sides: dict, part: Any, settings: Any) -> None:
    """Refuse a part without rows, or without one of the classes that it must have."""
    if rows.any() and all((rows & side).any() for side in sides.values()):
        return
    even = "stratified" if sides else "random"
    evenly = f', or set split.strategy = "{even}"' if settings.split.strategy != even else ""
    both = "every class in study.classes" if classes(settings) else "both sides of positive_class"
    what = f"rows of {both}" if sides else "rows"
    without = f"leaves the part '{part}' of the split without {what}"
    remedy = f"enlarge split.{part}{evenly}"
    _refuse(settings.data.table, settings.study.target, without, remedy)


def _enough_for_folds(frame: pd.DataFrame, part: Any, settings: Any) -> None:
    """Refuse a part of fewer rows than folds; of fewer groups, where these stay whole."""
    plan, grouped = settings.split, settings.split.strategy == "group"
    count = frame[settings.only("group")].nunique() if grouped else len(frame)
    if count < plan.folds:
        words = f"has {count} groups" if grouped else f"has {count} rows"
        few = f"{words} in the part '{part}', fewer than split.folds = {plan.folds}"
        name = settings.only("group") or settings.only("id") or settings.study.target
        _refuse(settings.data.table, name, few, f"lower split.folds or enlarge split.{part}")


def _each_side_in_folds(frame: pd.DataFrame, sides: dict, part: Any, settings: Any) -> None:
    """Refuse a part of which some fold would be fitted without a class that it must have."""
    with warnings.catch_warnings():
        # A rare class beside the class of interest may be absent from a fold.
        warnings.simplefilter("ignore")
        divided = folds(frame.reset_index(drop=True), settings)
    if all(side[fitted].any() for fitted, _ in divided for side in sides.values()):
        return
    study, strategy = settings.study, settings.split.strategy
    lacks = f"has too few rows of '{study.positive_class}' or of the rest"
    if classes(settings):
        rare = min(sides, key=lambda name: sides[name].sum())
        lacks = f"has too few rows of {rare}"
    few = f"{lacks} in the part '{part}' to cross-validate"
    evenly = ', or set split.strategy = "stratified"'
    # With fewer folds the first fit in time has more rows; any other fit has fewer.
    timely = f", lower split.folds{evenly}"
    others = timely if strategy == "time" else evenly if strategy != "stratified" else ""
    _refuse(settings.data.table, study.target, few, f"enlarge split.{part}{others}")


def _refuse(file: str, name: str, what: Any, remedy: str):
    msg = f"{file}, column '{name}' {what}: {remedy}."
    raise UserError(msg)
