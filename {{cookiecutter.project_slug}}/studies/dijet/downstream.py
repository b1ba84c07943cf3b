"""What the scores are for: the significance of an excess, before and after the cut.

The cut is placed in the sidebands, at a background efficiency that was fixed beforehand, so the
signal region has no say in it. Significances are local (one mass, fixed beforehand) and include
the statistical error of the sideband fit; they exclude the choice of the fit function and every
systematic error of the jets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import regions, search

if TYPE_CHECKING:
    from matplotlib.axes import Axes


RATES = (1.0, 0.05, 0.01)


def selected(
    frame: pd.DataFrame, score: np.ndarray, rate: float, centre: float = regions.CENTRE
) -> np.ndarray:
    """Return which events pass the cut that lets the share `rate` of the sidebands pass, (n,)."""
    score, mass = np.asarray(score), frame[regions.RESONANCE]
    return score >= np.quantile(score[~regions.window(mass, centre)], 1 - rate)


def before_after(
    frame: pd.DataFrame, score: np.ndarray, rates: Any = RATES, centre: Any = regions.CENTRE
) -> pd.DataFrame:
    """Hunt for the bump at one mass after every cut.

    Parameters
    ----------
    frame : DataFrame with the dijet mass, every row one event
    score : array (n,), from classifiers that have not learnt from the event they score
    rates : background efficiencies; 1 is no cut
    centre : float, GeV

    Returns
    -------
    DataFrame, one row per rate: background efficiency, events, in the signal region, expected,
    error, local significance
    """
    rows = []
    for rate in rates:
        kept = frame.loc[selected(frame, score, rate, centre), regions.RESONANCE]
        found = search.excess(kept, centre)
        rows.append(
            {
                "background efficiency": rate,
                "events": len(kept),
                "in the signal region": found.count,
                "expected": found.expected,
                "error of the fit": found.error,
                "local significance": found.local,
            }
        )
    return pd.DataFrame(rows)


def draw(
    ax: Axes,
    mass: pd.Series,
    centre: Any = regions.CENTRE,
    *,
    blind: bool = False,
    colour: str = "black",
    label: str | None = None,
    bins: Any = search.BINS // 2,
) -> np.ndarray:
    """Draw a spectrum with its sideband fit and return the fitted counts, shape (bins,).

    Parameters
    ----------
    ax : matplotlib Axes
    mass : array (n,), GeV
    blind : bool, whether the signal region is left empty
    """
    edge, counts = search.binning(bins) / 1e3, search.histogram(mass, bins)
    middle, region = np.sqrt(edge[1:] * edge[:-1]), search.inside(centre, bins=bins)
    rate, covariance = search.fit(counts, ~region)
    error = np.sqrt(
        np.einsum("bi,ij,bj->b", search.design(bins)[1], covariance, search.design(bins)[1])
    )
    shown = ~region if blind else np.ones(bins, dtype=bool)
    ax.errorbar(
        middle[shown],
        counts[shown],
        np.sqrt(counts[shown]),
        fmt="o",
        ms=3,
        color=colour,
        label=label,
    )
    ax.plot(middle, rate, color=colour, lw=1)
    ax.fill_between(
        middle, rate * np.exp(-error), rate * np.exp(error), color=colour, alpha=0.25, lw=0
    )
    ax.axvspan(*(np.array(regions.edges(centre)) / 1e3), color="#EEEEEE", zorder=0)
    ax.set(yscale="log", xlabel=r"dijet mass $m_{jj}$ [TeV]", ylabel="events per bin")
    return rate
