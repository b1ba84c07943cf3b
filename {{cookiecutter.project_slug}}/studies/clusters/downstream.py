"""What the masses are for: the halo mass function, counts of clusters per bin of mass.

The mass function is steep, so scatter carries more light clusters up than heavy ones down
(Eddington bias).
A mass estimate that is unbiased cluster by cluster can still count wrongly, and one that shrinks
towards the mean (as every regression does) empties the heaviest bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


EDGES = np.log([1.0, 1.5, 2.25, 3.5, 5.5, 20.0])  # ln(M500 / 1e14 Msun)


def counts(
    ln_mass: np.ndarray | pd.Series,
    *,
    groups: np.ndarray | pd.Series | None = None,
    edges: np.ndarray = EDGES,
) -> np.ndarray:
    """Count clusters per bin.

    Parameters
    ----------
    ln_mass : array (n,), ln(M500 / 1e14 Msun)
    groups : array (n,) or None
        Halo of each row. Several lines of sight to one halo count as one cluster together.
    edges : array (k + 1,), increasing

    Returns
    -------
    array (k,), numbers of clusters; not whole where the views of one halo fall into several bins
    """
    weights = None
    if groups is not None:
        _, halo, views = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
        weights = 1 / views[halo]
    return np.histogram(np.asarray(ln_mass), bins=edges, weights=weights)[0].astype(float)


def mass_function(
    ln_mass: np.ndarray | pd.Series,
    estimates: dict[str, np.ndarray],
    *,
    groups: np.ndarray | pd.Series | None = None,
    edges: Any = EDGES,
) -> pd.DataFrame:
    """Compare the mass function of estimated masses with the true one.

    Parameters
    ----------
    ln_mass : array (n,), true ln(M500 / 1e14 Msun)
    estimates : dict of arrays (n,), estimated ln masses by name ("reference", "model", ...)
    groups, edges : as in `counts`

    Returns
    -------
    DataFrame, one row per estimate and bin
        estimate, low, high (1e14 Msun), true, count, ratio (count / true), ratio_error.
        The error is the Poisson error of the true count, 1 / sqrt(true): how well a survey of
        this size could tell.
        Estimated and true counts share their clusters, so it is generous.
    """
    true = counts(ln_mass, groups=groups, edges=edges)
    safe = np.where(true > 0, true, np.nan)
    bins = {"low": np.exp(edges[:-1]), "high": np.exp(edges[1:]), "true": true}
    tables = []
    for name, estimate in estimates.items():
        count = counts(estimate, groups=groups, edges=edges)
        ratio = {"count": count, "ratio": count / safe, "ratio_error": 1 / np.sqrt(safe)}
        tables.append(pd.DataFrame({"estimate": name, **bins, **ratio}))
    return pd.concat(tables, ignore_index=True)


def draw(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the ratios of one `mass_function` table over the Poisson error of the true counts."""
    from boxloop.base import COLOURS, MARKERS, plain_log_ticks

    for name, part in table.groupby("estimate", sort=False):
        middle = np.sqrt(part["low"] * part["high"])
        ax.plot(middle, part["ratio"], color=COLOURS[name], marker=MARKERS[name], label=name)
    ax.fill_between(
        middle, 1 - part["ratio_error"], 1 + part["ratio_error"], color="#DDDDDD", zorder=0
    )
    ax.axhline(1, color=COLOURS["truth"], linewidth=1, zorder=1)
    ax.set(xscale="log", xlabel="M500 [1e14 Msun]", ylabel="estimated / true count")
    ax.label_outer()
    plain_log_ticks(ax.xaxis)
