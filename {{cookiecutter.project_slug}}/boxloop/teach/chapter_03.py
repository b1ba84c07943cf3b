"""The checks of chapter 03: a division by group, and rows that stand on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import an_array

TIMES = 300  # divisions with other seeds; a group's share of them is known to about 0.02


@check("3.1")
def split_by_group(answer: Callable, *, groups: Any, share: float) -> str:
    """Check a division that holds out whole groups.

    Parameters
    ----------
    answer : callable
    groups : array (n,)
        The group of each labelled row of the study.
    share : float
        Of the groups that the study holds out.
    """
    _small_divisions(answer)
    _equal_chances(answer)
    owners = np.asarray(groups)
    held = _held(answer, owners, share, 0)
    codes = np.unique(owners, return_inverse=True)[1]
    if codes.max() + 1 == len(codes):
        return "In this study each row is a group of its own, so that rows may be divided."
    by_row = np.random.default_rng(0).permutation(len(codes)) < held.sum()
    torn = np.isin(codes[by_row], codes[~by_row]).mean()
    words = f"In this study {held.sum():,} rows are held out, no group of theirs is left behind"
    return f"{words}; had rows been drawn, {torn:.0%} of them would have left one."


def _held(answer: Callable, owners: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return which rows are held out, as true and false."""
    got = answer(owners.copy(), share, seed)
    values = an_array(got, len(owners), "flags, true for rows that are held out,")
    if not np.isin(values, (0, 1)).all():
        wrong("Flags are true or false, one per row: true where the row is held out.")
    return values.astype(bool)


def _small_divisions(answer: Callable) -> None:
    rng = np.random.default_rng(31)
    owners = rng.permutation(np.repeat([f"field {k}" for k in range(40)], 5))
    held = _held(answer, owners, 0.25, 7)
    if not held.any() or held.all():
        wrong("One side is empty: a quarter of the groups was to be held out.")
    if np.isin(owners[held], owners[~held]).any():
        wrong(
            "A group stands on both sides: who has seen one row of it has half seen the others, so"
            " a group goes whole."
        )
    many = len(np.unique(owners[held]))
    if abs(many - 10) > 1:
        wrong(f"A quarter of 40 groups was to be held out, which is 10, and {many} are.")
    if not np.array_equal(_held(answer, owners, 0.25, 7), held):
        wrong("The same seed held out other groups: draw with a generator that starts at the seed.")
    if all(np.array_equal(_held(answer, owners, 0.25, seed), held) for seed in range(1, 6)):
        wrong(
            "Every seed holds out the same groups: a catalogue is sorted by something; draw them."
        )


def _equal_chances(answer: Callable) -> None:
    """Look over many seeds how often each group is held out, one of them large."""
    owners = np.repeat(np.arange(20), [60, *[2] * 19])
    owners = np.random.default_rng(32).permutation(owners)
    often = np.zeros(20)
    for seed in range(TIMES):
        out = np.unique(owners[_held(answer, owners, 0.2, seed)])
        if abs(len(out) - 4) > 1:
            wrong(
                f"Of 20 groups 4 were to be held out, and {len(out)} are: one of them is large, and"
                " it is groups that are counted."
            )
        often[out] += 1 / TIMES
    if abs(often[0] - 0.2) > 0.12:
        wrong(
            f"A large group is held out in {often[0]:.0%} of draws, not in 20 %: draw from the"
            " names, in which each group stands once."
        )
    if often.min() < 0.05:
        wrong("Some group is never held out: each must have the same chance to judge.")


@check("3.2")
def shared_objects(
    answer: Callable, *, train: pd.DataFrame, held: pd.DataFrame, columns: Sequence[str]
) -> str:
    """Check a function that finds rows which stand on both sides.

    Parameters
    ----------
    answer : callable
    train, held : DataFrame
        Training and validation rows of the study.
    columns : sequence of str
        By which rows are compared: its inputs.
    """
    _small_copies(answer)
    names = list(columns)
    own = _copied(answer, train, held, names)
    planted = pd.concat([held, train.tail(10)], ignore_index=True)
    if not _copied(answer, train, planted, names)[-10:].all():
        wrong(
            "Ten training rows of this study were put among the held ones, and not all were found."
        )
    words = f"Of {len(held):,} validation rows of this study {own.sum():,} repeat a training row"
    return f"{words}, and ten that were planted among them are found."


def _copied(
    answer: Callable, train: pd.DataFrame, held: pd.DataFrame, columns: list[str]
) -> np.ndarray:
    before = train.copy(), held.copy()
    got = answer(train, held, list(columns))
    if not (train.equals(before[0]) and held.equals(before[1])):
        wrong("A table that was handed in is changed: whoever looks for copies may not make any.")
    values = an_array(got, len(held), "flags, true for held rows that stand in training,")
    if not np.isin(values, (0, 1)).all():
        wrong("Flags are true or false, one per held row.")
    return values.astype(bool)


def _small_copies(answer: Callable) -> None:
    train = pd.DataFrame(
        {"colour": [1.0, 2.0, 3.0, 3.0, np.nan], "size": [10, 20, 30, 30, 50], "mass": range(5)}
    )
    held = pd.DataFrame(
        {"colour": [2.0, 7.0, 1.0, 3.0], "size": [20, 70, 30, 30], "mass": [5, 6, 0, 8]},
        index=[9, 0, 1, 2],
    )
    names = ["colour", "size"]
    found = _copied(answer, train, held, names)
    if not found.any():
        wrong(
            "The first held row has inputs of a training row, and another target, as an object that"
            " was measured twice: compare the named columns alone."
        )
    if found[1]:
        wrong("The second held row is like none in training: labels of the index are no values.")
    if found[2]:
        wrong(
            "Each value of the third held row stands somewhere in training, but never together:"
            " a copy is a whole row."
        )
    if not (found[0] and found[3]):
        wrong("Two held rows repeat training rows: one flag per held row, in the order of these.")
    gap = pd.DataFrame({"colour": [np.nan, np.nan], "size": [50, 51], "mass": [0, 0]})
    if _copied(answer, train, gap, names).tolist() != [True, False]:
        wrong(
            "A copy of a row with a gap was missed, or taken for another: NaN is not equal to NaN."
        )
    twins = pd.concat([held.iloc[[1]]] * 2)
    if _copied(answer, train, twins, names).any():
        wrong("Two held rows that are alike are no leak: one of them must stand in training.")
    if not _copied(answer, train, held.iloc[::-1], names)[[0, 3]].all():
        wrong("The held rows came in another order, and the flags did not follow.")
