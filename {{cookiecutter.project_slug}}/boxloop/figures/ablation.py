"""The score of a model with fewer inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from boxloop.base.style import COLOURS
from boxloop.figures.bulk import find_bulk

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ablation(ablation: pd.DataFrame, lines: pd.Series, *, label: str) -> Figure:
    """Draw the score of a model with fewer inputs, one line each, and return the figure.

    Parameters
    ----------
    ablation : DataFrame
        First column the metric, second its standard error; index what was left out.
    lines : dict of float
        The metric of ``reference`` and ``limit``, where there is one.
    label : str, of the axis
    """
    import matplotlib.pyplot as plt

    value, error = ablation.iloc[:, 0], ablation.iloc[:, 1]
    fig, ax = plt.subplots(figsize=(7.0, 0.3 * len(ablation) + 1))
    ax.errorbar(value, ablation.index, xerr=error, fmt="o", color=COLOURS["model"], capsize=3)
    for name, place in lines.items():
        ax.axvline(place, ls="--", color=COLOURS[name], label=name)
    bulk = find_bulk(pd.concat([value - error, value + error, lines]))
    bulk.show(ax.xaxis)
    bulk.note(ax, value, what="point")
    ax.set(xlabel=label, ylabel="inputs", ylim=(len(ablation) - 0.5, -0.5))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return fig
