"""What an adopted table must keep to; every breach is one sentence with file, column, row and remedy.

Rows are numbered from 1, without the header.
"""

import warnings

import numpy as np
import pandas as pd

from boxloop.base import UserError
from boxloop.measure import Task
from boxloop.split import folds, place, units

MOST_LEVELS = 50  # words with more different values name things, they do not class them
FEWEST_ROWS = 20
PLENTY = 100  # rows of a kind in the smallest part, from which on no division leaves it without that kind
BEYOND = "correct your file and adopt it again, or change the limit in study.toml"  # data/raw itself is never changed
OR_IGNORED = "correct your file or leave the field empty there, and adopt it again, or give the column the role ignored in study.toml"
NUMBERS = ("weight", "error", "resonance")


def needed(settings):
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


def check_columns(frame, settings, *, learnt=True):
    """Return the columns of the manifest, after a look at each of them.

    Parameters
    ----------
    frame : DataFrame
        The whole table, from `study.data.plain`.
    learnt : bool
        Whether models learn from the rows: then an input must not be the same in all of them.
    """
    file = settings.data.table
    for name, column in settings.columns.items():
        if name not in frame:
            _refuse(file, name, "is missing", "put it back or take it out of study.toml")
        if column.role != "ignored":
            _column(frame[name], name, settings, learnt)
    return frame[list(settings.columns)]


def check_deployment(frame, settings, *, words_of):
    """Return the columns of the manifest that deployment rows have, after a look at their inputs.

    Parameters
    ----------
    frame : DataFrame
    words_of : list of str
        Inputs that hold words in the labelled table.
    """
    file = settings.data.deployment
    missing = [name for name in settings.inputs if name not in frame]
    if missing:
        _refuse(
            file,
            missing[0],
            "is missing",
            "add it to the file, or give the column another role in study.toml",
        )
    kept = frame[
        [name for name in settings.columns if name in frame and name != settings.study.target]
    ].copy()
    for name in settings.inputs:
        if name in words_of:
            kept[name] = kept[name].astype("str").where(kept[name].notna(), None).astype("str")
            continue
        if kept[name].isna().all():
            kept[name] = kept[name].astype(float)
        _is_numeric(kept[name], name, file)
        _is_finite(kept[name], name, file)
    return kept


def check_rows(frame, settings):
    """Look whether the rows that are left can be learnt from and divided."""
    file, target = settings.data.table, settings.study.target
    if len(frame) < FEWEST_ROWS:
        _refuse(
            file,
            target,
            f"has a value in {len(frame)} usable rows",
            f"a study needs at least {FEWEST_ROWS} of them",
        )
    if len(settings.inputs) > len(frame):
        few = f"has a value in {len(frame)} rows for {len(settings.inputs)} inputs"
        _refuse(
            file, target, few, "give inputs the role ignored until there are fewer inputs than rows"
        )
    if settings.study.task == "regression":
        if _constant(frame[target]):
            _refuse(
                file,
                target,
                f"is {frame[target].iloc[0]:g} in every row",
                "there is nothing to predict: choose another target",
            )
    else:
        _classes(frame, settings)
    for name in settings.inputs:
        if _constant(frame[name]):
            _refuse(
                file,
                name,
                "has the same value in every row that has a target",
                "give it the role ignored in study.toml",
            )
    _split(frame, settings)


def _column(values, name, settings, learnt):
    """Look at one column of the manifest."""
    column, file = settings.columns[name], settings.data.table
    numeric = pd.api.types.is_numeric_dtype(values)
    promised = column.role in NUMBERS or any(
        value is not None for value in (column.min, column.max, column.slope, column.expected)
    )
    amount = name == settings.study.target and settings.study.task == "regression"
    if column.role in ("input", *NUMBERS) and values.isna().all():
        _refuse(file, name, "has no value in any row", "give it the role ignored in study.toml")
    ordered = column.role == "time" and settings.split.strategy == "time"
    if (
        promised
        or amount
        or ordered
        or (not numeric and column.role == "input" and _mostly_numbers(values))
    ):
        _is_numeric(values, name, file)
    if numeric:
        _is_finite(values, name, file)
        _limits(values, name, column, file)
    elif column.role == "input" and (levels := values.nunique()) > MOST_LEVELS:
        _refuse(
            file,
            name,
            f"holds {levels:,} different words",
            f"more than {MOST_LEVELS} are no classes: give it the role ignored or id in study.toml",
        )
    if learnt and column.role == "input" and _constant(values):
        _refuse(
            file,
            name,
            f"is {values.dropna().iloc[0]} in every row",
            "give it the role ignored in study.toml",
        )
    if name in settings.weights:
        _weights(values, name, column, file)


def _weights(values, name, column, file):
    bad = values < 0 if column.role == "weight" else values <= 0
    if bad.any():
        why = (
            "a weight cannot be negative"
            if column.role == "weight"
            else "an error must be larger than zero"
        )
        _refuse_row(values, bad, name, file, why, remedy=OR_IGNORED)
    if not (values > 0).any():
        _refuse(file, name, "is zero in every row", "give it the role ignored in study.toml")


def _constant(values):
    there = values.dropna()
    return there.empty or bool((there == there.iloc[0]).all())


def _mostly_numbers(values):
    return pd.to_numeric(pd.Series(values.dropna().unique()), errors="coerce").notna().mean() > 0.5


def _is_numeric(values, name, file):
    if not pd.api.types.is_numeric_dtype(values):
        bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        bad = bad if bad.any() else values.notna()
        _refuse_row(values, bad, name, file, "a number is needed")


def _is_finite(values, name, file):
    bad = np.isinf(values.to_numpy(dtype=float))
    if bad.any():
        _refuse_row(values, bad, name, file, "infinite values are refused")


def _limits(values, name, column, file):
    if column.min is not None and (bad := values < column.min).any():
        _refuse_row(
            values, bad, name, file, f"below its min = {column.min:g} in study.toml", remedy=BEYOND
        )
    if column.max is not None and (bad := values > column.max).any():
        _refuse_row(
            values, bad, name, file, f"above its max = {column.max:g} in study.toml", remedy=BEYOND
        )


def _classes(frame, settings):
    file, study = settings.data.table, settings.study
    found = Task(settings).labels(frame)
    counts = found.value_counts()
    if len(counts) < 2:
        _refuse(
            file,
            study.target,
            f"is {counts.index[0]!r} in every row",
            "a study needs rows of two classes or more",
        )
    if study.positive_class not in counts.index:
        there = ", ".join(map(repr, counts.index[:5]))
        _refuse(
            file,
            study.target,
            f"is nowhere positive_class = {study.positive_class!r}",
            f"correct study.positive_class; the classes are {there}",
        )
    if settings.split.strategy == "stratified":
        # The class of interest against all others: how rare one of the others is does not matter.
        inside = counts[study.positive_class]
        others = len(frame) - inside
        count, side = min((inside, repr(study.positive_class)), (others, "another class"))
        if count < settings.split.folds:
            rare = f"is {side} in {count} rows, fewer than split.folds = {settings.split.folds}"
            fewer = " or lower split.folds" if count > 1 else ""
            _refuse(file, study.target, rare, f"add rows of it{fewer}")


def _split(frame, settings):
    """Look whether each part has rows of every kind, and whether cross-validation can divide the two that it is used on."""
    file, plan = settings.data.table, settings.split
    unit = settings.only("group") or settings.only("id")
    several = settings.study.task != "regression"
    positive = (
        (Task(settings).labels(frame) == settings.study.positive_class).to_numpy() if several else None
    )
    even = "stratified" if several else "random"
    evenly = f', or set split.strategy = "{even}"' if plan.strategy != even else ""
    rarest = min(positive.sum(), (~positive).sum()) if several else len(frame)
    if (
        plan.strategy in ("random", "stratified")
        and rarest * min(plan.exploration, plan.validation, plan.test) >= PLENTY
    ):
        return  # a million rows need no counting
    share = place(frame, settings)
    edges = {
        "train": (0, plan.train),
        "validation": (plan.train, plan.train + plan.validation),
        "test": (plan.train + plan.validation, 2),
    }
    for part, (low, high) in (edges | {"exploration": (0, plan.exploration)}).items():
        rows = (share >= low) & (share < high)
        if not rows.any() or (several and len(np.unique(positive[rows])) < 2):
            what = "rows of both sides of positive_class" if several else "rows"
            without = f"leaves the part '{part}' of the split without {what}"
            _refuse(file, settings.study.target, without, f"enlarge split.{part}{evenly}")
        if part in ("train", "exploration"):
            whole = (
                units(frame[rows], settings) if plan.strategy == "group" else np.arange(rows.sum())
            )
            if (count := len(np.unique(whole))) < plan.folds:
                words = f"has {count} groups" if plan.strategy == "group" else f"has {count} rows"
                few = f"{words} in the part '{part}', fewer than split.folds = {plan.folds}"
                _refuse(
                    file,
                    unit or settings.study.target,
                    few,
                    f"lower split.folds or enlarge split.{part}",
                )
            if several:
                _folds(frame[rows], positive[rows], part, settings)


def _folds(frame, positive, part, settings):
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # a rare class beside the class of interest may be absent from a fold
        divided = folds(frame.reset_index(drop=True), settings)
    for fitted, _ in divided:
        if len(np.unique(positive[fitted])) < 2:
            few = f"has too few rows of '{settings.study.positive_class}' or of the rest in the part '{part}' to cross-validate"
            strategy = settings.split.strategy
            evenly = ', or set split.strategy = "stratified"'
            # With fewer folds the first fit in time has more rows; any other fit has fewer.
            timely = f", lower split.folds{evenly}"
            others = timely if strategy == "time" else evenly if strategy != "stratified" else ""
            remedy = f"enlarge split.{part}{others}"
            _refuse(settings.data.table, settings.study.target, few, remedy)


def _refuse_row(
    values,
    bad,
    name,
    file,
    why,
    *,
    remedy="correct your file or leave the field empty there, and adopt it again",
):
    row = int(np.argmax(np.asarray(bad, dtype=bool)))
    value = values.iloc[row]
    said = repr(value) if isinstance(value, str) else f"{value:g}"
    _refuse(file, name, f"holds {said} in row {row + 1}", f"{why}: {remedy}")


def _refuse(file, name, what, remedy):
    msg = f"{file}, column '{name}' {what}: {remedy}."
    raise UserError(msg)
