"""What the field measured, beside the toy: numbers typed from the tables and abstracts named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import limits, search, simulate

# CMS collaboration 2020, J. High Energy Phys. 05, 033: dijet mass spectrum of 137 / fb at 13 TeV,
# |delta eta| < 1.1 (Figure 5, HEPData ins1764471), from 1.9 to 6.6 TeV.
LUMINOSITY = 137e3  # per pb
EDGES = [1945, 2037, 2132, 2231, 2332, 2438, 2546, 2659, 2775, 2895, 3019, 3147, 3279, 3416, 3558]
EDGES += [3704, 3854, 4010, 4171, 4337, 4509, 4686, 4869, 5058, 5253, 5455, 5663, 5877, 6099]
EDGES += [6328, 6564]  # GeV
SPECTRUM = [31.56, 23.22, 16.983, 12.364, 9.1211, 6.6792, 4.89, 3.5894, 2.5933, 1.903, 1.3653]
SPECTRUM += [0.9903, 0.70928, 0.51421, 0.36304, 0.26298, 0.18937, 0.12946, 0.089288, 0.061311]
SPECTRUM += [0.044992, 0.031793, 0.021356, 0.01365, 0.0091449, 0.0054545, 0.0038403, 0.0025553]
SPECTRUM += [0.0015562, 0.0010169]  # pb / TeV
# Expected and observed 95 % limits on cross section x branching x acceptance of a narrow
# resonance of two quarks (same paper, HEPData table 4); GeV: (fb, fb).
LIMITS = {2500: (19.824, 18.950), 3000: (11.316, 21.692), 3500: (6.2439, 6.8275)}
LIMITS |= {4000: (3.8086, 7.3294), 4500: (2.3315, 2.5224), 5000: (1.3962, 2.6911)}

# What a search gained over the inclusive bump hunt, at most, and where that stands.
GAINS = {
    "CWoLa on two jet masses, limits in data (ATLAS 2020)": 10.0,
    "density estimates, LHC Olympics (Nachman & Shih 2020)": 7.0,
}


def counts() -> np.ndarray:
    """Return the events of CMS per bin, shape (bins,)."""
    return np.array(SPECTRUM) * np.diff(EDGES) / 1e3 * LUMINOSITY


def slope(mass: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return d ln(rate) / d ln(mass) along a spectrum, shape of `mass`."""
    return np.gradient(np.log(rate), np.log(mass))


def functions(centre: float = 3_500.0) -> pd.DataFrame:
    """Return how the smooth function with 2 to 4 parameters fits CMS's spectrum, and its excess.

    Returns
    -------
    DataFrame, a row per number of parameters: deviance of the fit to all bins, its degrees of
    freedom, expectation in the region from the bins outside it, its error, local significance
    """
    edge, found, rows = np.array(EDGES, dtype=float), counts(), {}
    everywhere = np.ones(len(found), dtype=bool)
    for number in (2, 3, 4):
        rate, _ = search.fit(found, everywhere, number, edge)
        deviance = 2 * np.sum(found * np.log(found / rate) - found + rate)
        n, b, error, local = search.test(found, centre, parameters=number, edge=edge)
        rows[number] = {
            "deviance": deviance,
            "degrees of freedom": len(found) - number,
            "events in the region": n,
            "expected": b,
            "error of the fit": error,
            "local significance": local,
        }
    return pd.DataFrame(rows).T.rename_axis("parameters")


def limits_from_spectrum() -> pd.DataFrame:
    """Return our 95 % limits from CMS's spectrum beside those that CMS published, in fb.

    Ours count events in a window of two resolutions of the toy, with its narrow Gaussian signal,
    and carry the error of the fit and the choice of its function.
    """
    edge, found, rows = np.array(EDGES, dtype=float), counts(), {}
    for mass, (expected, observed) in LIMITS.items():
        n, b, error, _ = search.test(found, mass, edge=edge)
        other = search.test(found, mass, parameters=4, edge=edge)[1]
        total, inside = float(np.hypot(error, other - b)), _held(edge, mass)
        to_fb = 1e3 / (inside * LUMINOSITY)
        rows[mass] = {
            "ours, expected": to_fb * limits.upper_limit(round(b), b, total),
            "ours, observed": to_fb * limits.upper_limit(round(n), b, total),
            "CMS, expected": expected,
            "CMS, observed": observed,
        }
    return pd.DataFrame(rows).T.rename_axis("mass")


def _held(edge: np.ndarray, mass: float) -> float:
    """Return the share of a narrow resonance that the bins of its window hold."""
    from scipy.stats import norm

    bins = np.flatnonzero(search.inside(mass, edge=edge))
    ends = np.log(edge[[bins[0], bins[-1] + 1]] / mass) / simulate.RESOLUTION
    return float(norm.cdf(ends[1]) - norm.cdf(ends[0]))
