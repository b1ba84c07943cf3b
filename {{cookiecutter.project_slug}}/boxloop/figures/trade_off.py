"""Flexibility against interpretability, for the rungs of one study and from their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boxloop.base.style import COLOURS, plain_log_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LEAST = 1e-4  # a smaller loss is drawn as this one: the axis has no zero


def draw_trade_off(rungs: pd.DataFrame, *, chosen: str, label: str, better: str) -> Figure:
    """Draw one point per rung, coloured by its score, and return the figure.

    Parameters
    ----------
    rungs : DataFrame
        Index: names. Columns: the score, what measures flexibility, and the share of what a rung
        says that is lost when it is replaced by one curve per input, in this order.
    chosen : str
    label : str, of the score
    better : {"higher", "lower", "zero"}
        Brighter is better.
    """
    import matplotlib.pyplot as plt

    score, flexible, lost = (rungs.iloc[:, k].to_numpy(dtype=float) for k in range(3))
    lost = 100 * np.maximum(lost, LEAST)
    fig, ax = plt.subplots(figsize=(7.6, 4.0))
    look: dict = {"cmap": "viridis" if better == "higher" else "viridis_r", "s": 90, "zorder": 3}
    points = ax.scatter(flexible, lost, c=score, **look)
    mine = list(rungs.index).index(chosen)
    ring: dict = {"facecolors": "none", "edgecolors": COLOURS["truth"], "linewidths": 1.5}
    ax.scatter(flexible[mine], lost[mine], s=260, label="chosen", **ring)
    for number, name in enumerate(rungs.index):
        below = _has_one_above(number, flexible, lost)
        where: dict = {"xytext": (0, -18 if below else 12), "textcoords": "offset points"}
        ax.annotate(name, (flexible[number], lost[number]), ha="center", fontsize=9, **where)
    ax.set(yscale="log", xlabel=f"{rungs.columns[1]} (more flexible →)")
    ax.set_ylabel("lost by one curve per input [%]\n(easier to read →)")
    ax.invert_yaxis()
    ax.margins(0.2, 0.25)
    if (flexible > 0).all():
        ax.set_xscale("log")
        plain_log_ticks(ax.xaxis)
    else:
        ax.set_xlim(left=-0.2 * max(flexible.max(), 1e-9))
    plain_log_ticks(ax.yaxis)
    fig.colorbar(points, label=label)
    ax.legend(loc="best")
    return fig


def _has_one_above(number: int, flexible: np.ndarray, lost: np.ndarray) -> bool:
    """Return whether a point lies close above another one, so that its name has no room there."""
    mine = np.arange(len(lost)) != number
    near = np.maximum(flexible, flexible[number]) < 2.5 * np.minimum(flexible, flexible[number])
    above = (lost <= lost[number]) & (lost > lost[number] / 2)
    return bool((mine & near & above).any())
