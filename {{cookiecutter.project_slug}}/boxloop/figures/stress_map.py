"""Predictors under stress, and the map of safe and unsafe use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.style import COLOURS, MARKERS
from boxloop.measure.metrics import METRICS
from boxloop.measure.stress import TOLERANCE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


# A ratio of errors beyond it is drawn at the edge of the map: a lost metric has no bound.
FURTHEST = 16.0


def draw_predictors(
    ax: Any,
    x: Any,
    table: pd.DataFrame,
    names: dict | tuple,
    *,
    markersize: int | None = None,
    linestyle: str = "-",
    nudge: float = 0.0,
) -> None:
    """Draw predictors with their intervals, each in its own colour and marker.

    Parameters
    ----------
    ax : matplotlib Axes
    x : array of shape (n,)
    table : DataFrame of n rows
        Columns as `measure_primary` names them.
    names : list of str
        Predictors to draw.
    nudge : float
        Half the distance between predictors along x, so that their bars do not hide each other.
    """
    names = list(names)
    for i, name in enumerate(names):
        bars = [table[name] - table[f"{name}_low"], table[f"{name}_high"] - table[name]]
        look = {
            "color": COLOURS[name],
            "marker": MARKERS[name],
            "markersize": markersize,
            "linestyle": linestyle,
        }
        place = np.asarray(x, dtype=float) + nudge * (2 * i - len(names) + 1)
        ax.errorbar(place, table[name], bars, label=name, capsize=3, **look)


def draw_stress_map(
    table: pd.DataFrame, chart: pd.DataFrame, home: dict, *, metric: str = "rmse"
) -> Figure:
    """Draw the map of safe and unsafe use and return the figure.

    Parameters
    ----------
    table : DataFrame from `stress_verdicts`; one mark per row.
    chart : DataFrame from `safe_unsafe`; one line per row, with its verdicts in words.
    home : dict from `measure_primary`, on undisturbed rows.
    metric : str, what was measured.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    fig, ax = plt.subplots(figsize=(7.2, 1 + 0.32 * len(chart)))
    height = {test: -i for i, test in enumerate(chart["test"])}
    error = METRICS[metric].loss
    ratio = {
        who: table[who].map(error) / max(error(home[who]), 1e-9) for who in ("model", "reference")
    }
    beyond = any((values > FURTHEST).any() for values in ratio.values())
    ratio = {who: values.clip(upper=FURTHEST) for who, values in ratio.items()}
    most = max(2.0, *(values.max() for values in ratio.values()))
    for who, nudge, x in (("model", 0.15, 1.03), ("reference", -0.15, 1.24)):
        ax.plot(ratio[who], table["test"].map(height) + nudge, MARKERS[who], color=COLOURS[who])
        write = partial(
            ax.text, color=COLOURS[who], transform=ax.get_yaxis_transform(), va="center", fontsize=9
        )
        write(x, 1, who, weight="bold")
        for test, word in zip(chart["test"], chart[who], strict=True):
            write(x, height[test], word)
    ax.axvspan(TOLERANCE, 1.1 * most, color="#EEEEEE", zorder=0)
    label = (
        f"error / error at home (at the edge: {FURTHEST:g} and more)"
        if beyond
        else "error / error at home"
    )
    ax.set(xscale="log", xlim=(0.7, 1.1 * most), xlabel=label)
    ax.set(ylim=(0.5 - len(chart), 0.7), yticks=list(height.values()), yticklabels=list(height))
    ax.set_ylabel("stress test")
    ticks = [tick for tick in (0.7, 1, TOLERANCE, 2, 4, 8, 16) if tick <= 1.1 * most]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    return fig
