"""What `boxloop adopt` says of a table that it takes in all the same: hints, never a refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boxloop.measure.transform import TRANSFORMS
from boxloop.table.marks import isolated

if TYPE_CHECKING:
    from pathlib import Path


DECADES = 3  # a positive target that spans more of them is often better learnt as its logarithm
SMALL, LARGE = 1e-3, 1e6  # a spread beyond them does not suit a report with three decimals
LOOKED_AT = ("target", "group", "input", "error")  # roles in which a missing value would do harm
MOST = 8  # names in one sentence
# Blanks and their like in the name of a class. A sign at its ends says something: K+ and K-, -1
# and 1, <=50K and >50K; so does the point of a number.
BLANKS = re.compile(r"[\s_/]|(?<=\w)-(?=\w)|(?<!\d)\.|\.(?!\d)")


def of_columns(labels: pd.Series, roles: dict) -> list[str]:
    """Return which columns are not used, which numbers are missing values, which may be classes."""
    notes = []
    ignored = [name for name, guess in roles.items() if guess.role == "ignored"]
    if ignored:
        notes.append(f"Not used: {_some(ignored)}; study.toml says why.")
    notes += [*_of_marks(roles), *_of_spellings(roles)]
    notes += [
        f"Column '{name}': the target drifts in its order, and rows are divided by it; give it the "
        'role ignored and set strategy = "random" in study.toml where they are independent.'
        for name, guess in roles.items()
        if guess.divides and guess.reason != "you named it"
    ]
    said = dict.fromkeys((guess.hint, name) for name, guess in roles.items() if guess.hint)
    told: set[str] = set()
    for hint, name in said:
        if hint.endswith("exactly"):
            notes += [] if hint in told else [_exactly(hint)]
            told.add(hint)
        else:
            notes.append(f"Column '{name}': {hint}.")
    if labels.nunique() <= 10 and labels.dtype.kind in "iuf":
        if_so = "if these are classes, adopt it in a project made with task = classification"
        notes.append(f"The target has {labels.nunique()} different values: {if_so}.")
    return notes


def of_size(roles: dict, rows: int) -> list[str]:
    """Return that a table has as many inputs as rows, where it does."""
    inputs = sum(guess.role == "input" for guess in roles.values())
    if inputs < rows:
        return []
    held_back = "only models that are held back by a penalty can learn from so few rows"
    return [f"There are {inputs:,} inputs for {rows:,} rows with a target: {held_back}."]


def _exactly(law: str) -> str:
    """Return what to think of a function of two inputs that gives the target."""
    return f"{law}: if one of them was made from it, give that one the role ignored in study.toml."


def _of_marks(roles: dict) -> list[str]:
    """Return which numbers are missing values, in a sentence for all columns that share them."""
    columns = dict[tuple, list[str]]()
    for name, guess in roles.items():
        if guess.missing and guess.role != "target":
            columns.setdefault(guess.missing, []).append(str(name))
    targets = [name for name, guess in roles.items() if guess.role == "target" and guess.missing]
    notes = [
        f"Column '{name}': {_numbers(roles[name].missing)} is read as a missing value; "
        "see study.toml."
        for name in targets
    ]
    for missing, names in columns.items():
        who = f"Column '{names[0]}'" if len(names) == 1 else f"Columns {_some(names)}"
        notes.append(f"{who}: {_numbers(missing)} is read as a missing value; see study.toml.")
    return notes


def _numbers(marks: tuple) -> str:
    return ", ".join(f"{mark:.10g}" for mark in marks)


def _of_spellings(roles: dict) -> list[str]:
    """Return which words are read as one."""
    notes = []
    for name, guess in roles.items():
        if guess.spellings:
            kept = dict.fromkeys(guess.spellings.values())
            pairs = [
                _some([repr(word) for word, to in guess.spellings.items() if to == one])
                + f" as {one!r}"
                for one in kept
            ]
            notes.append(
                f"Column '{name}': read as one word are {_some(pairs, 200)}; see study.toml."
            )
    return notes


def of_extremes(frame: pd.DataFrame, roles: dict) -> list[str]:
    """Return which numbers may stand for a missing value and are taken for measured, target first.

    Parameters
    ----------
    frame : DataFrame
        As understood: without the marks that were found.
    roles : dict of boxloop.adopt.roles.Guess
    """
    used = [name for name, guess in roles.items() if guess.role in LOOKED_AT]
    used.sort(key=lambda name: roles[name].role != "target")
    notes = []
    for name in used:
        if len(notes) < MOST and (found := isolated(frame[name], ())):
            number, rows = found
            where = f"{number:.10g} in {rows:,} {'row' if rows == 1 else 'rows'}"
            remedy = (
                f"if it means not measured, write missing = [{number:.10g}] there in study.toml"
            )
            notes.append(f"Column '{name}': {where} lies apart from all other values; {remedy}.")
    return notes


def of_target(
    target: str, frame: pd.DataFrame, roles: dict, *, transform: str | None = None
) -> list[str]:
    """Return what is worth knowing of a number that is to be predicted.

    Parameters
    ----------
    target : str
    frame : DataFrame
    roles : dict of boxloop.adopt.roles.Guess
    transform : str, optional
        What is learnt instead; see `boxloop.measure.transform`.
    """
    notes, there = [], frame[target].notna() & ~frame[target].isin(roles[target].missing)
    for name in (
        name for name, guess in roles.items() if guess.role == "error" and guess.error_of == target
    ):
        without = int((there & (frame[name].isna() | frame[name].isin(roles[name].missing))).sum())
        lost = f" and the {without:,} rows without one are left out" if without else ""
        weigh = f"rows with small errors weigh more in every fit{lost}"
        off = "give it the role ignored to turn that off"
        notes.append(f"Column '{name}' is the error of the target: {weigh}; {off}.")
    values = frame.loc[there, target].to_numpy(float)
    if not len(values):
        return notes
    low, high = np.quantile(values, [0.01, 0.99])
    if transform is not None:
        learnt = TRANSFORMS[transform].words.format(target)
        back = (
            "numbers are told in its own unit, and a prediction is nearer to a median than a mean"
        )
        notes.append(f"Models learn {learnt}: {back}.")
    elif values.min() > 0 and (decades := np.log10(high / low)) > DECADES:
        better = "its logarithm may be the better target; --transform log10 learns that"
        notes.append(f"Column '{target}' spans {decades:.1f} decades: {better}.")
    spread = float(np.std(values))
    if not SMALL <= spread <= LARGE:
        better = "bring it to another unit, the report prints three decimals"
        notes.append(f"Column '{target}' has a standard deviation of {spread:.1g}: {better}.")
    return notes


def several(labels: pd.Series) -> tuple[str, ...]:
    """Return the names of three or more classes, the commonest first; of fewer none."""
    counts = labels.str.strip().value_counts()
    names = sorted(filter(None, counts.index), key=lambda name: (-counts[name], name))
    return tuple(names) if len(names) > 2 else ()


def of_classes(labels: pd.Series, positive: str | None, classes: tuple[str, ...] = ()) -> list[str]:
    """Return what is asked of more than two classes: which they are, or which is of interest."""
    number, notes = labels.nunique(), _alike(labels)
    if classes and positive is None:
        asked = f"all of them are told apart; --positive CLASS, such as --positive '{classes[-1]}'"
        said = f"The classes are {_some(list(classes))}: {asked}, asks for one against the rest."
        return [said, *notes]
    if number < 3:
        return notes
    chosen = f"'{positive}' is set against all others; --positive CLASS chooses another one"
    return [f"The target has {number} classes: {chosen}.", *notes]


def _alike(labels: pd.Series) -> list[str]:
    """Return which names of classes differ in nothing but capital letters, blanks and dashes."""
    found: dict[str, list[str]] = {}
    for name in labels.str.strip().value_counts().index:
        found.setdefault(BLANKS.sub("", name.casefold()), []).append(name)
    pairs = [" and ".join(map(repr, same)) for word, same in found.items() if word and same[1:]]
    if not pairs:
        return []
    one = "if they are one class, write one name in your file and adopt it again"
    return [f"Names of classes that differ in their spelling alone: {'; '.join(pairs)}; {one}."]


def too_few_rows(
    labels: pd.Series, classes: tuple[str, ...], kept: list[str], enough: int, *, by: str
) -> list[str]:
    """Return which classes have too few rows for the split, and how many would be enough.

    Parameters
    ----------
    labels : Series of str
    classes, kept : sequences of str
        All of them, and those with enough rows.
    enough : int
    by : str
        The strategy of the split.
    """
    counts = labels.str.strip().value_counts()
    rare = [f"{name[:30]} ({counts[name]})" for name in classes if name not in kept]
    if not rare:
        return []
    apart = {"group": " in as many groups", "time": " spread over the times"}.get(by, "")
    left = "their rows are left out" if len(kept) > 2 else "so several cannot be told apart"
    where = "training, validation, test and their folds"
    words = f"{left}, and about {enough} rows of a class{apart} would be enough"
    return [f"Classes with too few rows for {where}: {_some(rare)}; {words}."]


def of_deployment(path: Path, others: pd.DataFrame, frame: pd.DataFrame, roles: dict) -> list[str]:
    """Return which columns of unlabelled objects are not used, and which words are new in them.

    Parameters
    ----------
    path : Path
        The file of the unlabelled objects.
    others, frame : DataFrame
        The unlabelled objects, and the labelled table.
    roles : dict of boxloop.adopt.roles.Guess
    """
    notes = []
    if extra := [str(name) for name in others.columns if name not in roles]:
        notes.append(
            f"{path.name}: not used, because the labelled table does not have them: {_some(extra)}."
        )
    for name in (name for name, guess in roles.items() if guess.role == "input"):
        if pd.api.types.is_numeric_dtype(frame[name]):
            continue
        words, known = _words(others[name]), set(_words(frame[name]))
        if new := [word for word in words.value_counts().index if word not in known]:
            rows = int(words.isin(new).sum())
            where = f"in {rows:,} {'row' if rows == 1 else 'rows'}"
            has = f"{path.name}, column '{name}' has words that the labelled table does not have"
            notes.append(f"{has}, {where}: {_some(new)}; no model can know what they mean.")
    return notes


def _words(column: pd.Series) -> pd.Series:
    return column.dropna().astype(str).str.strip()


def _some(names: list[str], most: int = 30) -> str:
    return ", ".join(name[:most] for name in names[:MOST]) + (
        f" and {len(names) - MOST} more" if len(names) > MOST else ""
    )
