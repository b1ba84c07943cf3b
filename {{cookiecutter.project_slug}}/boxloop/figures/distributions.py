"""How the inputs of several sets of rows are distributed, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from boxloop.base.style import plain_log_ticks
from boxloop.measure.shift import alike

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# Colours and lines that stand for sets of rows; methods have theirs in boxloop.base.style.
LOOKS: tuple[tuple[str, Literal["-", "--", ":"]], ...] = (
    ("#56B4E9", "-"),
    ("#E69F00", "--"),
    ("#CC79A7", "-"),
    ("#777777", ":"),
)
MOST = 12
FEW = 6  # words that have room under an axis


def draw_distributions(tables: dict[str, pd.DataFrame], columns: dict) -> Figure:
    """Draw one histogram per column: the share of each set's rows in 20 bins, or in one per word.

    Parameters
    ----------
    tables : dict of DataFrame
        Sets of rows by name, at most four.
    columns : dict
        Column settings by name, of which `unit` is read; the first twelve are drawn.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    names = list(columns)[:MOST]
    drawn = alike({part: frame[names] for part, frame in tables.items()})
    rows = -(-len(names) // 4)
    fig, axes = plt.subplots(rows, 4, figsize=(10.5, 2.4 * rows), squeeze=False)
    for ax, name in zip(axes.flat, names, strict=False):
        words = _words([frame[name] for frame in tables.values()])
        _histogram(
            ax,
            {part: frame[name].dropna().to_numpy() for part, frame in drawn.items()},
            words=len(words),
        )
        unit = columns[name].unit
        ax.set(yticks=[], xlabel=f"{name}  [{unit}]" if unit else name)
        if 0 < len(words) <= FEW:
            ax.set_xticks(range(len(words)), [str(word)[:12] for word in words], fontsize=8)
    for ax in axes.flat[len(names) :]:
        ax.remove()
    handles = [plt.Line2D([], [], color=c, linestyle=line) for c, line in LOOKS[: len(tables)]]
    fig.legend(handles, list(tables), loc="outside upper center", ncols=len(tables))
    return fig


def _words(columns: list) -> list:
    """Return the words of a column in the order of their codes; none of numbers or times."""
    column = pd.concat(columns)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return []
    return list(pd.factorize(column, sort=True)[1])


def _histogram(ax: Any, values: dict[str, np.ndarray], *, words: int = 0) -> None:
    there = [v for v in values.values() if len(v)]
    if not there:
        return
    low, high = min(v.min() for v in there), max(v.max() for v in there)
    logarithmic = not words and 0 < low < high
    bins = (
        np.arange(words + 1) - 0.5
        if words
        else np.geomspace(low, high, 21)
        if logarithmic
        else np.linspace(low, high, 21)
        if low < high
        else 21
    )
    for (colour, line), v in zip(LOOKS, values.values(), strict=False):
        if len(v):
            ax.hist(
                v,
                bins=bins,
                weights=np.full(len(v), 1 / len(v)),
                histtype="step",
                color=colour,
                linestyle=line,
            )
    if logarithmic:
        ax.set_xscale("log")
        plain_log_ticks(ax.xaxis)
