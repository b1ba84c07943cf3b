"""How the inputs of several sets of rows are distributed, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from boxloop.figures.bulk import find_bulk
from boxloop.figures.labels import column_label, distinct_labels
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
FEW = 12  # words that have room beside an axis; of more the commonest are drawn
WIDTH, LONGEST = 24, 14  # signs of a line under a panel, and of a word


def draw_distributions(tables: dict[str, pd.DataFrame], columns: dict) -> Figure:
    """Draw one histogram per column: the share of each set's rows in 20 bins, or in one per word.

    Rows that lie outside of a panel are counted below it.

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
        there = [frame[name] for frame in tables.values()]
        if words := _words(there):
            outside = _bars(ax, there, words)
        else:
            outside = _histogram(ax, [frame[name].dropna().to_numpy() for frame in drawn.values()])
        label = column_label(name, columns[name].unit, width=WIDTH)
        ax.set_xlabel("\n".join(filter(None, [label, outside])), fontsize=10)
    for ax in axes.flat[len(names) :]:
        ax.remove()
    fig.supylabel("share of rows", fontsize=10)
    handles = [plt.Line2D([], [], color=c, linestyle=line) for c, line in LOOKS[: len(tables)]]
    names = [column_label(name, width=40, lines=1) for name in tables]
    fig.legend(handles, names, loc="outside upper center", ncols=len(tables))
    return fig


def _words(columns: list) -> list:
    """Return the words of a column in the order of their codes; none of numbers or times."""
    column = pd.concat(columns)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return []
    return list(pd.factorize(column, sort=True)[1])


def _bars(ax: Any, columns: list[pd.Series], words: list) -> str:
    """Draw the share of each word, from top to bottom, and return what is left out."""
    shares = [column.value_counts(normalize=True) for column in columns]
    if len(words) > FEW:
        common = pd.concat(shares, axis=1).max(axis=1).sort_values(ascending=False)
        words = sorted(common.index[:FEW], key=list(words).index)
    place = np.arange(len(words))
    for (colour, line), share in zip(LOOKS, shares, strict=False):
        values = share.reindex(words).fillna(0.0).to_numpy(dtype=float)
        ax.stairs(
            values,
            np.arange(len(words) + 1) - 0.5,
            orientation="horizontal",
            color=colour,
            linestyle=line,
        )
    labels = distinct_labels([str(word) for word in words], width=LONGEST)
    ax.set_yticks(place, labels, fontsize=max(5, 9 - len(words) // 3))
    ax.set(xticks=[], ylim=(len(words) - 0.4, -0.6), xlim=(0, None))
    ax.grid(visible=False)
    left = sum(int((column.notna() & ~column.isin(words)).sum()) for column in columns)
    return f"{left:,} rows have other words" if left else ""


def _histogram(ax: Any, values: list[np.ndarray]) -> str:
    """Draw the share of each set in bins of equal width; return how many rows lie outside."""
    ax.set_yticks([])
    if not any(len(one) for one in values):
        return "no value in these rows"
    bulk = find_bulk(*values)
    edges = bulk.bins()
    for (colour, line), one in zip(LOOKS, values, strict=False):
        if len(one):
            look: dict[str, Any] = {"color": colour, "linestyle": line, "histtype": "step"}
            ax.hist(one, bins=edges, weights=np.full(len(one), 1 / len(one)), **look)
    bulk.show(ax.xaxis, most=5)
    ax.set_ylim(bottom=0)
    return bulk.words(np.concatenate(values))
