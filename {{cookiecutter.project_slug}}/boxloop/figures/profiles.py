"""What models have learnt of one input, side by side: too little, enough, too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.style import COLOURS
from boxloop.measure.task import guess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OBJECTS, POINTS = 12, 120


def draw_profiles(axes: Any, fitted: Mapping[str, Any], X: pd.DataFrame, name: str) -> None:
    """Draw what each model says of a few objects when one of their inputs is changed.

    Parameters
    ----------
    axes : array of Axes, one per model
    fitted : dict of fitted estimators, by title
    X : DataFrame of n rows; twelve of them are drawn, every one a line
    name : str
        The input, a number; the others stay as they are (individual conditional expectation,
        Goldstein et al. 2015).
    """
    values = X[name].dropna().to_numpy(dtype=float)
    grid = np.linspace(*np.quantile(values, [0.02, 0.98]), POINTS)
    rows = X.iloc[np.linspace(0, len(X) - 1, min(OBJECTS, len(X))).astype(int)]
    again = rows.loc[rows.index.repeat(POINTS)].reset_index(drop=True)
    again = again.assign(**{name: np.tile(grid, len(rows))})
    for ax, (title, model) in zip(axes, fitted.items(), strict=True):
        _draw(ax, grid, guess(model, again).reshape(len(rows), POINTS))
        ax.set(title=title, xlabel=name)


def _draw(ax: Axes, grid: np.ndarray, lines: np.ndarray) -> None:
    ax.plot(grid, lines.T, color=COLOURS["model"], alpha=0.5, lw=1)
