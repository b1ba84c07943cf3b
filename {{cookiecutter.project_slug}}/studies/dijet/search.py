"""The bump hunt: a smooth fit to the sidebands, the excess over it, and how surprising it is.

Every significance says what it contains. *Local*: for one mass that was fixed before looking.
*Global*: allowing for all masses that were looked at, here by background-only toys.
Both include the statistical uncertainty of the sideband fit. Systematic errors of the background,
such as the choice of its function (`function_error`), enter where `downstream` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import regions, simulate

if TYPE_CHECKING:
    import pandas as pd


BINS = 60
PARAMETERS = 3  # normalisation, p1, p2; p3 is held at zero, as searches with few events do
SCAN = regions.CENTRE * np.exp(0.04 * np.arange(-8, 10))  # GeV, 2.5 to 5.0 TeV: mass hypotheses


@dataclass(frozen=True)
class Excess:
    """One signal region: events found, expected (with its error), and the local significance."""

    mass: float
    count: float
    expected: float
    error: float
    local: float


def binning(bins: int = BINS) -> np.ndarray:
    """Return bin edges [GeV], equal in ln(m_jj), shape (bins + 1,)."""
    return np.geomspace(*simulate.RANGE, bins + 1)


def histogram(mass: pd.Series, bins: int = BINS) -> np.ndarray:
    """Return the counts per bin, shape (bins,)."""
    return np.histogram(mass, bins=binning(bins))[0].astype(float)


def design(edge: np.ndarray, parameters: int = PARAMETERS) -> tuple:
    """Return ln(bin width) and the orthonormal terms of the spectrum; `edge` in GeV, (bins + 1,).

    It is ln(dN/dm) = p0 + p1 ln(1 - x) - p2 ln x - p3 ln(x)^2.

    The published shape is the exponential of a straight line in its parameters: a Poisson
    regression with one optimum.

    Returns
    -------
    offset : array (bins,)
    terms : array (bins, parameters)
    """
    x = np.sqrt(edge[1:] * edge[:-1]) / simulate.SQRT_S
    raw = np.column_stack([np.ones_like(x), np.log(1 - x), -np.log(x), -(np.log(x) ** 2)])[
        :, :parameters
    ]
    return np.log(np.diff(edge)), np.linalg.qr(raw)[0]


def fit(
    counts: np.ndarray, used: np.ndarray, parameters: int = PARAMETERS, edge: Any = None
) -> Any:
    """Fit the smooth spectrum to the bins in use, by Newton steps on the binned Poisson likelihood.

    Parameters
    ----------
    counts : array (..., bins), one spectrum or many toys
    used : bool array (bins,)
    parameters : int
    edge : array (bins + 1,), GeV; as many bins of `binning` by default

    Returns
    -------
    rate : array (..., bins), expected counts in every bin
    covariance : array (..., parameters, parameters), of the coefficients of `design`
    """
    counts = np.asarray(counts, dtype=float)
    offset, terms = design(binning(counts.shape[-1]) if edge is None else edge, parameters)
    here, observed = terms[used], counts[..., used]
    start = np.log(np.maximum(observed, 0.5)) - offset[used]
    beta = start @ np.linalg.pinv(here).T
    for _ in range(12):
        rate = np.exp(np.clip(beta @ here.T + offset[used], -30, 30))
        information = np.einsum("...b,bi,bj->...ij", rate, here, here)
        step = np.linalg.solve(information, ((observed - rate) @ here)[..., None])[..., 0]
        beta = beta + np.clip(step, -20, 20)
        if np.abs(step).max() < 1e-8:
            break
    return np.exp(np.clip(beta @ terms.T + offset, -30, 30)), np.linalg.inv(information)


def significance(count: Any, expected: float | np.ndarray, error: float | np.ndarray) -> Any:
    """Return the local significance of a count over an unsure expectation; deficits are negative.

    The square root of the profile-likelihood ratio where the expectation is known as well as from
    an auxiliary Poisson measurement of relative error error / expected (Li & Ma 1983, ApJ 272,
    317, Eq. 17). Without an error it is sqrt(2 (n ln(n / b) - n + b)) (Cowan et al. 2011, Eur.
    Phys. J. C 71, 1554).
    """
    n, b = np.asarray(count, dtype=float), np.maximum(np.asarray(expected, dtype=float), 1e-9)
    safe = np.maximum(n, 1e-12)
    variance = np.maximum(np.asarray(error, dtype=float) ** 2, 1e-9 * b)
    first = np.where(n > 0, safe * np.log(safe * (b + variance) / (b**2 + safe * variance)), 0.0)
    second = b**2 / variance * np.log1p(variance * (n - b) / (b * (b + variance)))
    return np.sign(n - b) * np.sqrt(np.maximum(2 * (first - second), 0.0))


def inside(
    centre: float, half: float = regions.HALF, bins: int = BINS, edge: Any = None
) -> np.ndarray:
    """Return the bins whose centre lies in the signal region: it, exactly, for masses of `SCAN`."""
    edge = binning(bins) if edge is None else edge
    return regions.window(np.sqrt(edge[1:] * edge[:-1]), centre, half)


# A test of statistics, which pytest does not collect.
def test(
    counts: np.ndarray,
    centre: float = regions.CENTRE,
    half: Any = regions.HALF,
    parameters: int = PARAMETERS,
    edge: Any = None,
) -> tuple:
    """Compare the signal region with the fit to all other bins.

    Parameters
    ----------
    counts : array (..., bins)
    centre : float, GeV
    edge : array (bins + 1,), GeV; as many bins of `binning` by default

    Returns
    -------
    count, expected, error, local : arrays of shape (...)
    """
    edge = binning(np.shape(counts)[-1]) if edge is None else edge
    region = inside(centre, half, edge=edge)
    rate, covariance = fit(counts, ~region, parameters, edge)
    terms = design(edge, parameters)[1][region]
    gradient = rate[..., region] @ terms
    error = np.sqrt(np.einsum("...i,...ij,...j->...", gradient, covariance, gradient))
    count, expected = counts[..., region].sum(axis=-1), rate[..., region].sum(axis=-1)
    return count, expected, error, significance(count, expected, error)


def excess(mass: pd.Series, centre: float = regions.CENTRE, **options: Any) -> Excess:
    """Return the `Excess` of events with these dijet masses [GeV] at one mass hypothesis."""
    return Excess(
        float(centre), *(float(part) for part in test(histogram(mass), centre, **options))
    )


def scan(counts: np.ndarray, centres: Any = SCAN, **options: Any) -> np.ndarray:
    """Return the local significance at every mass hypothesis, shape (..., len(centres))."""
    return np.stack([test(counts, centre, **options)[3] for centre in centres], axis=-1)


def toys(rate: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Return background-only spectra drawn about `rate` (bins,), shape (size, bins)."""
    return np.random.default_rng(seed).poisson(rate, size=(size, len(rate))).astype(float)


def overall(local: float, maxima: np.ndarray) -> tuple:
    """Return the global p-value of a local significance: the share of toys with a larger maximum.

    One is added to both numbers.

    Parameters
    ----------
    local : float
    maxima : array (toys,), the largest local significance of every background-only toy

    Returns
    -------
    (p, significance), the latter one-sided; both are bounds once no toy exceeds `local`
    """
    from scipy.stats import norm

    maxima = np.asarray(maxima)
    chance = (np.sum(maxima >= local) + 1) / (len(maxima) + 1)
    return float(chance), float(norm.isf(chance))


def function_error(counts: np.ndarray, expected: float, centre: float = regions.CENTRE) -> float:
    """Return by how many events one parameter more moves the expectation in the signal region.

    The systematic error of choosing the function.
    """
    return float(abs(test(counts, centre, parameters=PARAMETERS + 1)[1] - expected))
