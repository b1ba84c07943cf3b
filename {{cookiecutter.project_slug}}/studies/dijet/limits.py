"""How large a signal may hide in a count: upper limits by CLs, with an unsure background.

The background is known as well as from a second count: an auxiliary Poisson measurement, the same
that `search.significance` profiles. Given it, the background is a gamma variable (Cousins,
Linnemann & Tucker 2008, Nucl. Instrum. Meth. A 595, 480), and a count without signal is negative
binomial. Several errors of one background, statistical and systematic, add in quadrature.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LEVEL = 0.95


def background_counts(count: int, expected: float, error: float) -> tuple:
    """Return the background counts up to `count` that may happen, and the chance of each.

    Counts that are twelve standard deviations below are left out.
    """
    from scipy.stats import nbinom, poisson

    variance = error**2
    least = min(count, expected) - 12 * np.sqrt(expected + variance) - 10
    numbers = np.arange(max(int(least), 0), count + 1)
    if variance < 1e-9 * max(expected, 1e-9):
        return numbers, poisson.pmf(numbers, expected)
    chances = nbinom.pmf(numbers, expected**2 / variance, expected / (expected + variance))
    return numbers, chances


def cls(count: int, expected: float, error: float, signal: float) -> float:
    """Return CLs = p(n <= count | s + b) / p(n <= count | b) (Read 2002, J. Phys. G 28, 2693).

    Parameters
    ----------
    count : int, events found
    expected, error : float, background and its error, statistical and systematic together
    signal : float, expected signal events in the count
    """
    from scipy.stats import poisson

    numbers, chances = background_counts(int(count), expected, error)
    fewer = poisson.cdf(int(count) - numbers, signal)
    return float(chances @ fewer / max(chances.sum(), 1e-300))


def upper_limit(count: float, expected: float, error: float, level: float = LEVEL) -> float:
    """Return the signal in the count that is excluded at `level`: there CLs is 1 - level.

    Without events it is ln 20 = 3.0 at 95 per cent, whatever the background.
    """
    from scipy.optimize import brentq

    spread = np.sqrt(max(count, expected, 1.0) + error**2)
    most = max(count - expected, 0.0) + 8 * spread + 10
    return float(brentq(lambda s: cls(int(count), expected, error, s) - (1 - level), 0, most))


def coverage(signal: float, expected: float, error: float, *, draws: int, seed: int) -> float:
    """Return how often the limit lies above the true signal, in experiments drawn with it.

    Parameters
    ----------
    signal, expected : float, true means of the count
    error : float, of the background: its second count scatters accordingly
    draws, seed : int
    """
    rng = np.random.default_rng(seed)
    scale = error**2 / expected  # background events per event of the second count
    counts = rng.poisson(signal + expected, size=draws)
    beside = np.maximum(rng.poisson(expected / scale, size=draws), 1) * scale
    rows = zip(counts.tolist(), beside.tolist(), strict=True)
    kept = [cls(n, b, np.sqrt(b * scale), signal) >= 1 - LEVEL for n, b in rows]
    return float(np.mean(kept))


def extra_error(counts: Any, expected: Any, errors: Any) -> dict[str, float]:
    """Return the relative error of the background that counts without signal ask for.

    What they scatter beyond counting and the error of the fit: a nuisance that every experiment
    draws anew. A test of the background by itself, whose deviation is then carried as a
    systematic error, is known in the field as that of a spurious signal.

    Parameters
    ----------
    counts, expected, errors : arrays (experiments,)

    Returns
    -------
    dict : value, low and high (95 per cent, from the chi-squared distribution of the scatter)
    """
    from scipy.stats import chi2

    n, b, e = (np.asarray(part, dtype=float) for part in (counts, expected, errors))
    scatter, known = np.sum((n - b) ** 2), np.mean(b + e**2)
    ends = (scatter / len(n), *(scatter / chi2.isf(tail, len(n)) for tail in (0.025, 0.975)))
    value, low, high = (np.sqrt(max(end - known, 0.0) / np.mean(b**2)) for end in ends)
    return {"value": float(value), "low": float(low), "high": float(high)}


def width(values: Any) -> dict[str, float]:
    """Return the standard deviation of normal values with its 95 per cent interval."""
    from scipy.stats import chi2

    values = np.asarray(values, dtype=float)
    degrees, found = len(values) - 1, values.std(ddof=1)
    low, high = (found * np.sqrt(degrees / chi2.isf(tail, degrees)) for tail in (0.025, 0.975))
    return {"value": float(found), "low": float(low), "high": float(high)}


def share(passed: Any) -> dict[str, float]:
    """Return a share with its exact 95 per cent interval (Clopper & Pearson 1934)."""
    from scipy.stats import binomtest

    passed = np.asarray(passed, dtype=bool)
    found = binomtest(int(passed.sum()), len(passed)).proportion_ci(0.95, method="exact")
    return {"value": float(passed.mean()), "low": float(found.low), "high": float(found.high)}
