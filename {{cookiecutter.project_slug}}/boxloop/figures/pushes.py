"""The parts of single guesses, row by row, and which of them mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.style import COLOURS
from boxloop.figures.bulk import find_bulk
from boxloop.figures.labels import column_label

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def draw_pushes(parts: pd.DataFrame, misled: pd.DataFrame, *, unit: str) -> Figure:
    """Draw what every input adds to the guess of each row, and its mean push towards the error.

    Parameters
    ----------
    parts : DataFrame
        A row per object, its label in the index; a column per input.
    misled : DataFrame
        Index: the same inputs. Columns: two kinds of rows, each with the mean push of an input
        towards the error.
    unit : str, of the guess
    """
    import matplotlib.pyplot as plt

    size = (10.5, max(0.32 * max(len(parts), parts.shape[1]) + 1.6, 3.2))
    fig, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=[1.5, 1])
    sizes = np.abs(parts.to_numpy(dtype=float))
    bulk = find_bulk(sizes)  # one enormous push must not leave all others without a colour
    most = min(float(np.nanmax(sizes, initial=0.0)), bulk.high) or 1.0
    parts = parts.rename(columns=lambda name: column_label(name, width=22, lines=1))
    misled = misled.rename(index=lambda name: column_label(name, width=22))
    look: dict[str, Any] = {"cmap": "PuOr_r", "vmin": -most, "vmax": most, "aspect": "auto"}
    drawn = left.imshow(parts, **look)
    left.set_xticks(range(parts.shape[1]), parts.columns, rotation=45, ha="right", fontsize=9)
    left.set_yticks(range(len(parts)), parts.index, fontsize=9)
    left.set(xlabel="input", ylabel="truth, taken for what the model says")
    left.grid(visible=False)
    fig.colorbar(drawn, ax=left, label=f"push {unit}".strip(), extend=_ends(sizes, most))
    place = np.arange(len(misled))
    for kind, colour, shift in zip(misled, ("model", "trivial"), (-0.2, 0.2), strict=True):
        right.barh(place + shift, misled[kind], 0.4, color=COLOURS[colour], label=kind)
    right.axvline(0, color=COLOURS["truth"], lw=0.8)
    right.set_yticks(place, misled.index, fontsize=9)
    right.invert_yaxis()
    right.set_xlabel(f"mean push towards the error {unit}".strip())
    right.set_ylabel("input")
    right.legend(fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return fig


def _ends(sizes: np.ndarray, most: float) -> str:
    """Return whether the bar of colours goes on beyond its ends."""
    return "both" if bool((sizes > most).any()) else "neither"
