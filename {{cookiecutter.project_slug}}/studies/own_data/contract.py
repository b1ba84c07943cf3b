"""What an adopted table must keep to; a breach is one sentence with file, column and remedy.

What holds for every table stands in `boxloop.table.rules`; here is what depends on how yours is
divided, and the place for rules of your own.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

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
        The whole table, from `study.data.plain`.
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
    classes = {"labels": labels, "positive": study.positive_class}
    refuse(file, row_faults(frame, target=study.target, inputs=settings.inputs, **classes))
    if labels is not None and settings.split.strategy == "stratified":
        # The class of interest against all others: how rare one of the others is does not matter.
        inside = int((labels == study.positive_class).sum())
        sides = (inside, repr(study.positive_class)), (len(frame) - inside, "another class")
        count, side = min(sides)
        if count < settings.split.folds:
            rare = f"is {side} in {count} rows, fewer than split.folds = {settings.split.folds}"
            fewer = " or lower split.folds" if count > 1 else ""
            _refuse(file, study.target, rare, f"add rows of it{fewer}")
    _split(frame, settings)


def _split(frame: pd.DataFrame, settings: Any):
    """Look whether each part has rows of every kind, and whether two of them can be folded."""
    plan, task = settings.split, Task(settings)
    inside = None
    if task.has_classes:
        inside = (task.labels(frame) == settings.study.positive_class).to_numpy()
    rarest = len(frame) if inside is None else min(inside.sum(), (~inside).sum())
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
        _both_sides(rows, inside, part, settings)
        if part in ("train", "exploration"):
            _enough_for_folds(frame[rows], part, settings)
            if inside is not None:
                _both_sides_of_folds(frame[rows], inside[rows], part, settings)


def _both_sides(rows: Any, inside: Any, part: Any, settings: Any) -> None:
    """Refuse a part without rows, or without one of the two sides of the class of interest."""
    if rows.any() and (inside is None or len(np.unique(inside[rows])) == 2):
        return
    even = "random" if inside is None else "stratified"
    evenly = f', or set split.strategy = "{even}"' if settings.split.strategy != even else ""
    what = "rows" if inside is None else "rows of both sides of positive_class"
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


def _both_sides_of_folds(frame: pd.DataFrame, inside: Any, part: Any, settings: Any) -> None:
    """Refuse a part of which some fold would be fitted to one side of the class of interest."""
    with warnings.catch_warnings():
        # A rare class beside the class of interest may be absent from a fold.
        warnings.simplefilter("ignore")
        divided = folds(frame.reset_index(drop=True), settings)
    if all(len(np.unique(inside[fitted])) == 2 for fitted, _ in divided):
        return
    study, strategy = settings.study, settings.split.strategy
    lacks = f"has too few rows of '{study.positive_class}' or of the rest"
    few = f"{lacks} in the part '{part}' to cross-validate"
    evenly = ', or set split.strategy = "stratified"'
    # With fewer folds the first fit in time has more rows; any other fit has fewer.
    timely = f", lower split.folds{evenly}"
    others = timely if strategy == "time" else evenly if strategy != "stratified" else ""
    _refuse(settings.data.table, study.target, few, f"enlarge split.{part}{others}")


def _refuse(file: str, name: str, what: Any, remedy: str):
    msg = f"{file}, column '{name}' {what}: {remedy}."
    raise UserError(msg)
