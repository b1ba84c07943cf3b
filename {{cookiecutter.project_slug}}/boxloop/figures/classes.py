"""Several classes, one by one: confusion both ways, curves, calibration, and classes under stress.

Each class has a panel or a line of its own with its name at it, because ten colours in one panel
cannot be told apart. What fits on a page is about a dozen of them.
"""

from __future__ import annotations

from itertools import product
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.style import COLOURS, MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from boxloop.measure.classes import OneVsRest

WIDE = 5  # panels in a row
LETTERS = 20  # of a line of a name
FEW = 5  # rows of a bin, below which its point is drawn pale
HALF = 0.5
DARK = 0.55  # from this share on, words on a field are white
MANY = 24  # fields in a row, beyond which no number fits into them
TITLES = {
    "completeness": "completeness",
    "purity": "purity",
    "f1": "F1",
    "average_precision": "average precision",
    "roc_auc": "one-vs-rest AUC",
}


def _name(words: Any, *, letters: int = LETTERS, lines: int = 3) -> str:
    """Return a name on so many short lines; what does not fit is left out before its last words."""
    found = wrap(str(words), letters) or [str(words)]
    if len(found) > lines:
        found = [*found[: lines - 1], f"… {found[-1]}"]
    return "\n".join(found)


def _panels(number: int, *, height: float, rows: int = 1) -> tuple:
    """Return a figure with that many panels, and for each of them `rows` axes."""
    import matplotlib.pyplot as plt

    wide = min(WIDE, number) if number != WIDE + 1 else 3
    lines = -(-number // wide)
    size = (max(2.1 * wide, 4.0) + 0.4, height * lines * rows + 0.7)
    fig, axes = plt.subplots(lines * rows, wide, figsize=size, squeeze=False)
    for row in axes:
        for ax in row:
            ax.tick_params(labelsize=8)
    blocks = [axes[block * lines : (block + 1) * lines].ravel() for block in range(rows)]
    for block in blocks:
        for ax in block[number:]:
            ax.remove()
    return fig, [block[:number] for block in blocks], wide


def draw_confusion(counts: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw a confusion matrix normalised both ways, with the counts, and return the figure.

    Left each row adds up to 100, with completeness on the diagonal; right each column does, with
    purity on the diagonal. Below each per cent stands the number of rows; an empty field is none.

    Parameters
    ----------
    counts : DataFrame of shape (K, K)
        See `boxloop.measure.classes.confusion`; rows are true classes.
    title : str
        Whose it is.
    """
    import matplotlib.pyplot as plt

    size = len(counts)
    side = max(2.4, min(0.42 * size + 1.0, 7.0))
    fig, axes = plt.subplots(1, 2, figsize=(2 * side + 2.6, side + 1.5), sharey=True)
    ways = {
        "of the true class [%]\ndiagonal: completeness": counts.div(counts.sum(axis=1), axis=0),
        "of what is called so [%]\ndiagonal: purity": counts / counts.sum(),
    }
    for ax, (words, shares) in zip(axes, ways.items(), strict=True):
        _fields(ax, shares.to_numpy(dtype=float), counts.to_numpy())
        ax.set_title(words, fontsize=10)
        ax.set_xlabel("called", fontsize=10)
        names = [_name(f"{name} ({n:,})", letters=24, lines=2) for name, n in counts.sum().items()]
        turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(range(size), names, fontsize=8, **turn)
    rows = [f"{_name(name)} ({n:,})" for name, n in counts.sum(axis=1).items()]
    axes[0].set_yticks(range(size), rows, fontsize=8)
    axes[0].set_ylabel("true class (rows)", fontsize=10)
    if title:
        fig.suptitle(title, fontsize=11, x=0.01, ha="left")
    return fig


def _fields(ax: Axes, shares: np.ndarray, counts: np.ndarray) -> None:
    """Draw the fields of a confusion matrix, each with per cent and count where there is room."""
    from matplotlib.colors import PowerNorm

    norm = PowerNorm(0.6, 0, 1)
    ax.imshow(np.nan_to_num(shares), cmap="Blues", norm=norm, aspect="auto")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    size = len(shares)
    letters = 9 if size <= 6 else 7
    for k, j in np.argwhere(counts > 0) if size <= MANY else []:
        share = 100 * shares[k, j]
        per_cent = f"{share:.0f}" if share >= 1 else "<1"
        colour = "white" if norm(shares[k, j]) > DARK else "black"
        weight = "bold" if k == j else "normal"
        look: dict[str, Any] = {"ha": "center", "color": colour}
        ax.text(j, k, per_cent, va="bottom", fontsize=letters, weight=weight, **look)
        ax.text(j, k + 0.04, f"{counts[k, j]:,}", va="top", fontsize=letters - 2, **look)


def draw_one_vs_rest(questions: Mapping[str, OneVsRest], passing: tuple[str, str]) -> Figure:
    """Draw for each class its ROC curve and purity against completeness, and return the figure.

    The areas stand in the panels in the colour of their curves: ROC AUC in the upper block,
    average precision in the lower one. Dashed is who knows nothing.

    Parameters
    ----------
    questions : dict of OneVsRest
        See `boxloop.measure.classes.one_vs_rest`.
    passing : tuple of str
        What the share of the class, and that of the rest, that passes a cut are called.
    """
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    fig, (upper, lower), wide = _panels(len(questions), height=1.75, rows=2)
    for k, (name, asked) in enumerate(questions.items()):
        share = asked.truth.mean()
        upper[k].plot([0, 1], [0, 1], "--", color=COLOURS["truth"], lw=0.8)
        lower[k].axhline(share, ls="--", color=COLOURS["truth"], lw=0.8)
        areas: dict[str, list] = {"roc": [], "purity": []}
        for who, score in asked.scores.items() if 0 < share < 1 else []:
            look: dict[str, Any] = {"color": COLOURS.get(who, COLOURS["other"]), "lw": 1.4}
            false, true, _ = roc_curve(asked.truth, score)
            upper[k].plot(false, true, **look)
            pure, complete, _ = precision_recall_curve(asked.truth, score)
            lower[k].plot(complete[:-1], pure[:-1], drawstyle="steps-post", **look)
            areas["roc"].append((roc_auc_score(asked.truth, score), look["color"]))
            areas["purity"].append((average_precision_score(asked.truth, score), look["color"]))
        _write_areas(upper[k], areas["roc"], right=True)
        _write_areas(lower[k], areas["purity"], right=False, above=share if share < HALF else 0)
        for ax in (upper[k], lower[k]):
            ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
            title = f"{name} ({int(asked.truth.sum()):,})"
            ax.set_title(_name(title, letters=26, lines=2), fontsize=9)
            ax.tick_params(labelleft=k % wide == 0)
    _axes_of(upper, wide, passing[1], passing[0])
    _axes_of(lower, wide, passing[0], "purity")
    _legend(fig, next(iter(questions.values())).scores, "no knowledge")
    return fig


def _write_areas(ax: Axes, areas: list, *, right: bool, above: float = 0.0) -> None:
    """Write the area under each curve where none of them usually runs, in its colour."""
    place, align = (0.97, "right") if right else (0.04, "left")
    for k, (area, colour) in enumerate(areas[::-1]):
        box: dict[str, Any] = {"facecolor": "white", "alpha": 0.75, "pad": 0.6, "lw": 0}
        where: dict[str, Any] = {"transform": ax.transAxes, "ha": align, "bbox": box}
        ax.text(place, 0.07 + above + 0.15 * k, f"{area:.3f}", color=colour, fontsize=8, **where)


def _axes_of(axes: Any, wide: int, below: str, beside: str) -> None:
    for k, ax in enumerate(axes):
        if k + wide >= len(axes):
            ax.set_xlabel(below, fontsize=8)
        if k % wide == 0:
            ax.set_ylabel(beside, fontsize=8)


def _legend(fig: Figure, names: Iterable[str], dashed: str, *, chance: bool = False) -> None:
    """Write who is who above the panels, never over a curve."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=COLOURS.get(who, COLOURS["other"]), label=who) for who in names]
    marks.append(Line2D([], [], color=COLOURS["truth"], ls="--", lw=0.8, label=dashed))
    if chance:
        marks.append(Line2D([], [], color="#BBBBBB", lw=4, label="what chance does to the model"))
    fig.legend(handles=marks, loc="outside upper left", ncols=len(marks), fontsize=9)


def draw_class_scores(table: pd.DataFrame) -> Figure:
    """Draw what each predictor reaches in each class, a panel per metric, and return the figure.

    Parameters
    ----------
    table : DataFrame
        See `boxloop.measure.classes.by_class`.
    """
    import matplotlib.pyplot as plt

    names, metrics = list(dict.fromkeys(table["class"])), list(dict.fromkeys(table["metric"]))
    rows = table.groupby("class", sort=False)["rows"].first()
    size = (2.3 * len(metrics) + 1.6, 0.36 * len(names) + 1.3)
    fig, axes = plt.subplots(1, len(metrics), figsize=size, sharey=True, squeeze=False)
    place = np.arange(len(names), dtype=float)
    whose = [who for who in COLOURS if who in set(table["who"])]
    for ax, metric in zip(axes[0], metrics, strict=True):
        for i, who in enumerate(whose):
            mine = table[(table["metric"] == metric) & (table["who"] == who)]
            mine = mine.set_index("class").reindex(names)
            bars = [mine["value"] - mine["low"], mine["high"] - mine["value"]]
            look: dict[str, Any] = {"fmt": MARKERS[who], "ms": 4, "color": COLOURS[who]}
            nudge = 0.28 * (i - (len(whose) - 1) / 2)
            ax.errorbar(mine["value"], place + nudge, xerr=bars, lw=1.2, label=who, **look)
        ax.set_title(TITLES.get(metric, metric), fontsize=10)
        left = ax.get_xlim()[0]
        ax.set_xlim(right=1 + 0.04 * max(1 - left, 1e-3))  # no share is above one
        ax.tick_params(axis="x", labelsize=8)
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    axes[0, 0].set_yticks(place, [f"{_name(name)} ({rows[name]:,})" for name in names], fontsize=8)
    axes[0, 0].invert_yaxis()
    handles, words = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, words, loc="outside upper left", ncols=len(words), fontsize=9)
    return fig


def draw_class_calibration(
    curves: Mapping[str, pd.DataFrame], errors: Mapping[str, pd.DataFrame]
) -> Figure:
    """Draw the reliability of each class in a panel of its own, and return the figure.

    Grey bars span what chance would show if the probabilities of the model were right, and a point
    of few rows is pale. In the colour of each predictor stands its calibration error, and in grey
    that which chance alone would give the model.

    Parameters
    ----------
    curves, errors : dict of DataFrame
        By predictor, see `boxloop.measure.reliability.class_calibration`.
    """
    first = next(iter(errors))
    names = list(errors[first]["class"])
    fig, (panels,), wide = _panels(len(names), height=1.95)
    for k, (ax, name) in enumerate(zip(panels, names, strict=True)):
        ax.plot([0, 1], [0, 1], "--", color=COLOURS["truth"], lw=0.8)
        chance = curves[first].query("`class` == @name")
        ax.vlines(chance["said"], chance["low"], chance["high"], color="#BBBBBB", lw=4)
        words = []
        for who, table in list(curves.items())[::-1]:
            mine = table[table["class"] == name]
            colour = COLOURS.get(who, COLOURS["other"])
            for few, ink in ((True, 0.3), (False, 1.0)):
                some = mine[(mine["rows"] < FEW) == few]
                look: dict[str, Any] = {"color": colour, "alpha": ink, "ms": 4, "lw": 0}
                ax.plot(some["said"], some["seen"], MARKERS.get(who, "v"), **look)
            words.insert(0, (errors[who].set_index("class").loc[name, "ece"], colour))
        words.append((errors[first].set_index("class").loc[name, "by_chance"], "#777777"))
        _write_areas(ax, words, right=True)
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        ax.set_title(_name(name, letters=26, lines=2), fontsize=9)
        ax.tick_params(labelleft=k % wide == 0)
    _axes_of(panels, wide, "probability said", "share that came true")
    _legend(fig, curves, "perfect", chance=True)
    return fig


def _hardest(table: pd.DataFrame) -> list[tuple]:
    """Return each test with the level at which some class is found least, home first."""
    order = list(dict.fromkeys(zip(table["test"], table["level"], strict=True)))
    least = table.groupby(["test", "level"], dropna=False, sort=False)["value"].min()
    lowest = dict(zip(order, least, strict=True))
    tests = dict.fromkeys(test for test, _ in order)
    return [min((case for case in order if case[0] == test), key=lowest.__getitem__)
            for test in tests]  # fmt: skip


def draw_class_stress(table: pd.DataFrame) -> Figure:
    """Draw the completeness of each class under each stress, and return the figure.

    Of each test the level is drawn at which the class that loses most is found least.
    A field is in bold, with a frame, where its whole interval lies below that at home.

    Parameters
    ----------
    table : DataFrame
        Columns `test`, `level`, `class`, `rows`, `value`, `low`, `high`; the first test is home.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    table = table.assign(level=table["level"].astype(object).where(table["level"].notna(), None))
    cases = _hardest(table)
    names = list(dict.fromkeys(table["class"]))
    found = {(row["test"], row["level"], row["class"]): row for row in table.to_dict("records")}
    size = (max(0.55 * len(names), 1.6) + 2.8, 0.25 * len(cases) + 2.0)
    fig, ax = plt.subplots(figsize=size)
    values = np.full((len(cases), len(names)), np.nan)
    for (k, case), (j, name) in product(enumerate(cases), enumerate(names)):
        row, home = found.get((*case, name)), found.get((*cases[0], name))
        if row is None or home is None or not np.isfinite(row["value"]):
            continue
        values[k, j], worse = row["value"], row["high"] < home["low"]
        look: dict[str, Any] = {"color": "white" if row["value"] > DARK else "black", "fontsize": 8}
        look |= {"weight": "bold" if worse else "normal", "ha": "center", "va": "center"}
        ax.text(j, k, f"{100 * row['value']:.0f}", **look)
        if worse:
            frame: dict[str, Any] = {"fill": False, "ec": COLOURS["reference"], "lw": 1.4}
            ax.add_patch(Rectangle((j - 0.46, k - 0.44), 0.92, 0.88, **frame))
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    labels = [test if level is None else f"{test}: {level:g}" for test, level in cases]
    ax.set_yticks(range(len(cases)), labels, fontsize=8)
    rows = table.groupby("class", sort=False)["rows"].first()
    words = [_name(f"{name} ({rows[name]:,})", letters=24, lines=2) for name in names]
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(names)), words, fontsize=8, **turn)
    ax.set_title("completeness [%]", fontsize=10)
    return fig
