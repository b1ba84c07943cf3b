"""The map of safe and unsafe use: what each method may be used for, in marks and in words."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.style import COLOURS
from boxloop.measure.decision import BOTH, SAFE, UNSAFE, UNSURE, VERDICTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAREST, FURTHEST = 0.2, 10.0  # ratios beyond are drawn at the edge
TICKS, LABELLED = (0.25, 0.5, 1, 2, 4, 8), (0.25, 1, 4)
LINE, BETWEEN = 0.46, 0.17  # inches of a test, and parts of it between its levels
MARKS: dict[str, dict[str, Any]] = {
    SAFE: {"marker": "o", "markersize": 4.5},
    UNSURE: {"marker": "D", "markersize": 4.5, "markerfacecolor": "white"},
    UNSAFE: {"marker": "X", "markersize": 6},
}
WIDEST, LINES = 30, 3  # letters of a line of words, and lines


def draw_decision_map(judged: pd.DataFrame, chart: pd.DataFrame) -> Figure:
    """Draw the map of safe and unsafe use and return the figure.

    A panel for each method and a line for each test. Each level is a bar: the error over what is
    allowed, of the metric that decides, with its interval. The word is the verdict of the worst
    level, and the last column says who is surely better on the same rows.

    Parameters
    ----------
    judged : DataFrame from `boxloop.measure.decision.by_metric`
    chart : DataFrame from `boxloop.measure.decision.decision_map`
    """
    import matplotlib.pyplot as plt

    widths = {"width_ratios": [1, 0.84, 1, 0.84, 0.72]}
    size = (9.6, 1.5 + LINE * len(chart))
    fig, axes = plt.subplots(1, 5, figsize=size, sharey=True, gridspec_kw=widths)
    place = {test: -float(i) for i, test in enumerate(chart["test"])}
    for who, ax, beside in zip(BOTH, axes[::2], axes[1::2], strict=False):
        _draw_ratios(ax, judged[judged["who"] == who], place, COLOURS[who])
        ax.set_title(who, color=COLOURS[who], fontsize=11)
        for row in chart.to_dict("records"):
            _write(beside, place[row["test"]], row[who], row[f"{who}_at"], COLOURS[who])
    for row in chart.to_dict("records"):
        _write(axes[4], place[row["test"]], "", row["better"], COLOURS["truth"])
    axes[4].set_title("surely better", fontsize=11)
    axes[0].set(ylim=(0.6 - len(chart), 0.6), yticks=[*place.values()], yticklabels=[*place])
    axes[0].set_ylabel("stress test", fontsize=10)
    for ax in axes[:3:2]:
        ax.set_xlabel("error / what is allowed", fontsize=10)
    known = [_mark(verdict) for verdict in VERDICTS]
    fig.legend(handles=known, loc="outside lower center", ncols=3, fontsize=10)
    return fig


def _mark(verdict: str) -> Any:
    """Return the mark of a verdict, for the legend."""
    from matplotlib.lines import Line2D

    style: dict[str, Any] = {"color": COLOURS["truth"], "linestyle": "", "label": verdict}
    return Line2D([], [], **style, **MARKS[verdict])


def deciding(judged: pd.DataFrame) -> pd.DataFrame:
    """Return of each harder table the row of the metric that decides: worst verdict, most error."""
    order = judged.assign(rank=judged["verdict"].map(VERDICTS.index))
    order = order.sort_values(["case", "rank", "ratio"], kind="stable")
    return order.groupby("case", sort=True).tail(1).sort_values("case", kind="stable")


def _draw_ratios(ax: Axes, judged: pd.DataFrame, place: dict[str, float], colour: str) -> None:
    """Draw a bar for each level of each test, in the order of the levels from top to bottom."""
    for test, levels in deciding(judged).groupby("test", sort=False):
        middle = (len(levels) - 1) / 2
        step = min(BETWEEN, 0.6 / max(len(levels), 1))
        for i, row in enumerate(levels.to_dict("records")):
            at = place[test] - (i - middle) * step
            low, value, high = np.clip(
                [row["ratio_low"], row["ratio"], row["ratio_high"]], NEAREST, FURTHEST
            )
            ax.plot([low, high], [at, at], color=colour, lw=1.2)
            look: dict[str, Any] = {"color": colour, "linestyle": "", "clip_on": False, "zorder": 3}
            ax.plot(value, at, **look, **MARKS[row["verdict"]])
    ax.axvline(1, color=COLOURS["truth"], lw=1)
    ax.axvspan(1, FURTHEST, color="#EEEEEE", zorder=0)
    ax.set(xscale="log", xlim=(NEAREST, FURTHEST))
    ax.set_xticks(TICKS, [f"{tick:g}" if tick in LABELLED else "" for tick in TICKS])
    ax.set_xticks([], minor=True)
    ax.tick_params(axis="y", left=False)
    ax.tick_params(axis="x", labelsize=9)


def _write(ax: Axes, at: float, word: str, more: str, colour: str) -> None:
    """Write a verdict, and below it at which levels and by which metrics it holds."""
    ax.set_axis_off()
    where: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "color": colour}
    lines = [line for part in more.split("; ") for line in wrap(part, WIDEST)]
    most = LINES if word else LINES + 1
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: WIDEST - 2]} …"]
    at += 0.12 * bool(
        word and len(lines) == LINES
    )  # so that it ends above the next line of the map
    weight = "bold" if word == UNSAFE else "normal"
    if word:
        sits: dict[str, Any] = {"va": "bottom" if lines else "center", "fontsize": 9.5}
        ax.text(0, at + (0.06 if lines else 0), word, **where, **sits, fontweight=weight)
    below: dict[str, Any] = {"linespacing": 0.95, "va": "top" if word else "center"}
    ax.text(0, at + (0.03 if word else 0), "\n".join(lines), **where, **below, fontsize=7.5)
