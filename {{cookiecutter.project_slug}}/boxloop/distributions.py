"""How the inputs of several sets of rows are distributed, side by side."""

import numpy as np

from boxloop.style import plain_log_ticks

# Colours and lines that stand for sets of rows; methods have theirs in boxloop.style.
LOOKS = (("#56B4E9", "-"), ("#E69F00", "--"), ("#CC79A7", "-"), ("#777777", ":"))
MOST = 12


def plot_distributions(tables, columns):
    """Draw one histogram per column: the share of the rows of each set in 20 bins.

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
    rows = -(-len(names) // 4)
    fig, axes = plt.subplots(rows, 4, figsize=(10.5, 2.4 * rows), squeeze=False)
    for ax, name in zip(axes.flat, names, strict=False):
        _histogram(ax, {part: frame[name].dropna().to_numpy() for part, frame in tables.items()})
        unit = columns[name].unit
        ax.set(yticks=[], xlabel=f"{name}  [{unit}]" if unit else name)
    for ax in axes.flat[len(names) :]:
        ax.remove()
    handles = [plt.Line2D([], [], color=c, linestyle=line) for c, line in LOOKS[: len(tables)]]
    fig.legend(handles, list(tables), loc="outside upper center", ncols=len(tables))
    return fig


def _histogram(ax, values):
    there = [v for v in values.values() if len(v)]
    if not there:
        return
    low, high = min(v.min() for v in there), max(v.max() for v in there)
    logarithmic = 0 < low < high
    bins = np.geomspace(low, high, 21) if logarithmic else np.linspace(low, high, 21) if low < high else 21
    for (colour, line), v in zip(LOOKS, values.values(), strict=False):
        if len(v):
            ax.hist(v, bins=bins, weights=np.full(len(v), 1 / len(v)), histtype="step", color=colour, linestyle=line)
    if logarithmic:
        ax.set_xscale("log")
        plain_log_ticks(ax.xaxis)
