"""The score of a model with fewer inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from boxloop.base.style import COLOURS
from boxloop.figures.bulk import Bulk, find_bulk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FARTHEST = 10.0  # ranges of the bulk, up to which a linear axis shows the point that lies apart


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
    axis = _axis(value, pd.concat([value - error, value + error, lines]).dropna())
    axis.show(ax.xaxis)
    words = [label, axis.words(value, what="point")]
    ax.set(xlabel="\n".join(filter(None, words)), ylabel="inputs", ylim=(len(ablation) - 0.5, -0.5))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return fig


def _axis(value: pd.Series, ends: pd.Series) -> Bulk:
    """Return an axis with every point where it has room: what lies apart is what matters most."""
    bulk = find_bulk(ends)
    low, high = float(ends.min()), float(ends.max())
    if not bulk.beyond(value).any():
        return bulk
    if low > 0:
        return Bulk("log", low / 1.1, high * 1.1)
    room = (high - low) / 20
    far = high - low > FARTHEST * (bulk.high - bulk.low)
    return bulk if far else Bulk("linear", low - room, high + room)
