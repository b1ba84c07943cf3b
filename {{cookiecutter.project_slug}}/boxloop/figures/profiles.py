"""What a model has learnt of one input with several settings: too little, enough, too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from boxloop.base.style import COLOURS
from boxloop.figures.bulk import find_bulk
from boxloop.measure.task import guess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OBJECTS, POINTS, LEVELS = 12, 120, 8


def draw_profiles(
    axes: Any,
    model: Any,
    tried: Mapping[str, dict],
    X: pd.DataFrame,
    y: pd.Series,
    fold: tuple,
    name: str,
) -> None:
    """Draw what a model says of a few unseen objects when one of their inputs is changed.

    Parameters
    ----------
    axes : array of Axes, one for each way to set it
    model : unfitted estimator
    tried : dict of its settings, by title
    X, y : DataFrame of n rows and Series of shape (n,)
    fold : (rows to fit, rows held out)
        Twelve of those held out are drawn, each as a line.
    name : str
        The input; the others stay as they are (individual conditional expectation, Goldstein et
        al. 2015).
    """
    fitted, held = fold
    grid, words = _grid(X[name])
    rows = X.iloc[held[np.linspace(0, len(held) - 1, min(OBJECTS, len(held))).astype(int)]]
    again = rows.loc[rows.index.repeat(len(grid))].reset_index(drop=True)
    again = again.assign(**{name: np.tile(grid, len(rows))})
    drawn: list[np.ndarray] = []
    for ax, (title, settings) in zip(axes, tried.items(), strict=True):
        one = clone(model).set_params(**settings).fit(X.iloc[fitted], y.iloc[fitted])
        said = _of_own_class(guess(one, again), y.loc[rows.index].repeat(len(grid)))
        place = np.arange(len(grid)) if words else grid
        _draw(ax, place, said.reshape(len(rows), len(grid)))
        ax.set(title=title, xlabel=name)
        drawn.append(said)
        if words:
            ax.set_xticks(place, grid)
        if ax is not axes[0]:
            ax.sharey(axes[0])
            ax.tick_params(labelleft=False)
    find_bulk(*drawn).show(axes[0].yaxis)  # a setting that diverges must not flatten the others
    if not words:
        find_bulk(grid).show(*(ax.xaxis for ax in axes), most=4)


def _of_own_class(said: np.ndarray, y: pd.Series) -> np.ndarray:
    """Return a guess per row; of several classes the probability of its own."""
    return said[np.arange(len(said)), y.to_numpy(dtype=int)] if said.ndim > 1 else said


def _grid(values: pd.Series) -> tuple[np.ndarray, bool]:
    """Return the values that an input is given, and whether they are words."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        low, high = np.nanquantile(values.to_numpy(dtype=float), [0.02, 0.98])
        return (np.geomspace if 0 < 100 * low < high else np.linspace)(low, high, POINTS), False
    return np.array(sorted(values.dropna().unique(), key=str)[:LEVELS], dtype=object), True


def _draw(ax: Axes, grid: np.ndarray, lines: np.ndarray) -> None:
    ax.plot(grid, lines.T, color=COLOURS["model"], alpha=0.5, lw=1)
