"""What the scores are for: the significance of an excess, before and after the cut.

The cut is placed in the sidebands, at a background efficiency that was fixed beforehand, so the
signal region has no say in it. Significances are local (one mass, fixed beforehand). One holds the
statistical error of the sideband fit alone; the other also what the choice of the function moves,
and what training on the data that are searched adds (`limits.extra_error` of experiments without
signal). What moves the jets of sidebands and region alike, such as their mass scale, cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    frame: pd.DataFrame,
    score: np.ndarray,
    rates: Any = RATES,
    centre: Any = regions.CENTRE,
    training: Mapping[float, float] | None = None,
) -> pd.DataFrame:
    """Hunt for the bump at one mass after every cut.

    Parameters
    ----------
    frame : DataFrame with the dijet mass, every row one event
    score : array (n,), from classifiers that have not learnt from the event they score
    rates : background efficiencies; 1 is no cut
    centre : float, GeV
    training : dict, optional
        By rate the error that training on these events adds, as a share of the expectation.

    Returns
    -------
    DataFrame, one row per rate: background efficiency, events, in the signal region, expected,
    three errors of the expectation, local significance from the first of them, and from all
    """
    rows = []
    for rate in rates:
        kept = frame.loc[selected(frame, score, rate, centre), regions.RESONANCE]
        counts = search.histogram(kept)
        n, b, error, local = search.test(counts, centre)
        extra = (training or {}).get(rate, 0.0) * b
        parts = [error, search.function_error(counts, b, centre), extra]
        rows.append(
            {
                "background efficiency": rate,
                "events": len(kept),
                "in the signal region": n,
                "expected": b,
                "error of the fit": error,
                "of its function": parts[1],
                "of training": extra,
                "local significance": local,
                "with systematic errors": search.significance(n, b, float(np.linalg.norm(parts))),
            }
        )
    return pd.DataFrame(rows).astype(float)


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
    terms = search.design(search.binning(bins))[1]
    error = np.sqrt(np.einsum("bi,ij,bj->b", terms, covariance, terms))
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
