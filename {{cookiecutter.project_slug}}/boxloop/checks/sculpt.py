"""Search the mass spectrum of selected background for a bump that the selection has made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BINS, FINE = 40, 4  # bins of equal number, and parts of each that the curve is fitted to
WIDTHS = (2, 3, 4, 6)
SIDE = 3  # bins on either side of a window at least: an open tail is no bump
KNOTS, PER_KNOT = 6, 40  # of the curve at most, and selected rows for each
FEW = 25  # rows expected: of fewer the probability is counted, not approximated
PEAK_BINS, PROMINENT, HIGHER = 25, 4.0, 1.5


@dataclass(frozen=True)
class Bump:
    """The most significant window: global significance, edges in mass, rows found and expected."""

    significance: float
    low: float
    high: float
    count: int
    expected: float


def biggest_bump(mass: np.ndarray, passed: np.ndarray) -> Bump:
    """Return the window whose count of selected rows departs most from a smooth selection.

    Every window has sidebands on both sides, and two curves in the logarithm of the mass are
    fitted there: a natural cubic spline, which follows a smooth drift of any shape, and a parabola,
    which follows one of any strength. What stands out from both, and to the same side, is a bump.

    Parameters
    ----------
    mass : array of shape (n,)
    passed : bool array of shape (n,)
    """
    mass = np.asarray(mass, dtype=float)
    edges = np.unique(np.quantile(mass, np.linspace(0, 1, BINS * FINE + 1)))
    bins = np.clip(np.searchsorted(edges, mass, side="right") - 1, 0, len(edges) - 2)
    total = np.bincount(bins, minlength=len(edges) - 1).astype(float)
    count = np.bincount(bins, weights=passed, minlength=len(edges) - 1)
    scale = np.log(mass) if mass.min() > 0 else mass
    middle = np.bincount(bins, weights=scale, minlength=len(edges) - 1) / np.maximum(total, 1)
    knots = int(np.clip(count.sum() // PER_KNOT, 4, KNOTS))
    designs = [_splines(middle, np.linspace(0.02, 0.97, knots)), _parabola(middle)]
    starts: list = [None, None]
    found, windows = [], list(_windows(len(total)))
    for inside in windows:
        both = []
        for k, design in enumerate(designs):
            expected, variance, starts[k] = _expected(design, total, count, inside, starts[k])
            local = _significance(count[inside].sum(), expected, variance)
            both.append((local, inside, expected))
        least = min(both, key=lambda row: abs(row[0]))
        found.append(least if both[0][0] * both[1][0] > 0 else (0.0, *least[1:]))
    local, inside, expected = max(
        found, key=lambda row: abs(row[0]), default=(0.0, slice(0, len(total)), count.sum())
    )
    return Bump(
        _overall(local, max(len(windows), 1)),
        float(edges[inside.start]),
        float(edges[inside.stop]),
        int(count[inside].sum()),
        float(expected),
    )


def _windows(number: int) -> Iterator[slice]:
    """Yield the fine bins of every window; fewer of them where many rows have the same mass."""
    coarse = number // FINE
    for width in WIDTHS:
        for start in range(SIDE, coarse - width - SIDE + 1):
            yield slice(start * FINE, (start + width) * FINE)


def _splines(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return a natural cubic spline basis (Hastie et al. 2009, §5.2.1), shape (len(x), k)."""
    x = (x - x.min()) / max(np.ptp(x), 1e-300)
    knots = np.unique(np.quantile(x, places))
    columns = [np.ones_like(x), x]
    if len(knots) > 2:

        def cubic(knot: float) -> np.ndarray:
            both = np.maximum(x - knot, 0) ** 3 - np.maximum(x - knots[-1], 0) ** 3
            return both / (knots[-1] - knot)

        columns += [cubic(knot) - cubic(knots[-2]) for knot in knots[:-2]]
    basis = np.column_stack(columns)
    # Orthogonal columns of one size: the fit is then well conditioned.
    return np.linalg.qr(basis)[0] * np.sqrt(len(x))


def _parabola(x: np.ndarray) -> np.ndarray:
    return np.linalg.qr(np.column_stack([np.ones_like(x), x, x**2]))[0] * np.sqrt(len(x))


def _expected(
    design: np.ndarray,
    total: np.ndarray,
    count: np.ndarray,
    inside: slice,
    start: np.ndarray | None,
) -> tuple[float, float, np.ndarray]:
    """Return count and variance in a window, from a smooth probability to pass fitted outside.

    The variance is that of the fit, as many times as the counts outside scatter more than they
    should, and what they scatter more themselves. The fit (logistic, from `start`) is returned to start the next from.
    """
    weight = total.copy()
    weight[inside] = 0
    beta = _level(design, weight, count) if start is None else start.copy()
    used = np.where(weight > 0, count, 0.0)
    ridge = 1e-6 * np.eye(design.shape[1])
    for _ in range(40):
        share = _share(design, beta)
        information = design.T @ (design * (weight * share * (1 - share))[:, None]) + ridge
        step = np.linalg.solve(information, design.T @ (used - weight * share))
        beta = beta + step * min(1.0, 2 / max(np.abs(step).max(), 1e-300))
        if np.abs(step).max() < 1e-4:
            break
    share = _share(design, beta)
    off = (used - weight * share) ** 2 / np.maximum(weight * share * (1 - share), 1e-9)
    known = weight * share * (1 - share) > 0.5
    excess = max(1.0, off[known].sum() / max(known.sum() - design.shape[1], 1))
    slope = (total * share * (1 - share))[inside] @ design[inside]
    expected = float((total * share)[inside].sum())
    variance = float(slope @ np.linalg.solve(information, slope))
    return expected, excess * variance + (excess - 1) * expected, beta


def _share(design: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))


def _level(design: np.ndarray, weight: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the fit of a constant probability."""
    level = (weight > 0) @ count / max(weight.sum(), 1)
    level = np.clip(level, 1e-6, 1 - 1e-6)
    odds = np.full(len(design), np.log(level / (1 - level)))
    return np.linalg.lstsq(design, odds, rcond=None)[0]


def _significance(count: float, expected: float, variance: float) -> float:
    """Return the signed significance of a count, diluted by the error of what is expected.

    By likelihood ratio; of few expected rows by their probability (the expectation is a gamma
    variable, so the count is a negative binomial one).
    """
    from scipy.special import betainc, ndtri

    expected = max(expected, 1e-3)
    if expected < FEW:
        shape = expected**2 / max(variance, 1e-6 * expected**2)
        none = shape / (shape + expected)
        more = [float(betainc(k, shape, 1 - none)) if k > 0 else 1.0 for k in (count, count + 1)]
        above = (more[0] + more[1]) / 2  # half of what is as many
        if 1e-12 < above < 1 - 1e-12:
            return float(-ndtri(above))
    ratio = count * np.log(count / expected) if count else 0.0
    raw = np.sqrt(max(2 * (ratio - count + expected), 0.0)) * np.sign(count - expected)
    return float(raw * np.sqrt(expected / (expected + variance)))


def _overall(local: float, windows: int) -> float:
    """Return the significance after allowing for the number of windows looked at."""
    from scipy.stats import norm

    # In logarithms, because a real bump has a probability that underflows.
    log_chance = norm.logsf(abs(local)) + np.log(2 * windows)
    if log_chance > np.log(0.5):
        return 0.0
    if log_chance > -700:
        return float(np.sign(local) * norm.isf(np.exp(log_chance)))
    return float(np.sign(local) * np.sqrt(local**2 - 2 * np.log(2 * windows)))


def own_peak(mass: np.ndarray, passed: np.ndarray) -> float | None:
    """Return the mass at which selected rows peak where all rows fall, or None.

    Bins of equal width over the middle 99 %; the peak has to stand out by four deviations and by
    half above what lies between it and the peak of all rows.
    """
    edges = np.linspace(*np.quantile(mass, [0.005, 0.995]), PEAK_BINS + 1)
    every = np.histogram(mass, bins=edges)[0].astype(float)
    some = np.histogram(mass[passed], bins=edges)[0].astype(float)
    home, peak = int(np.argmax(every)), int(np.argmax(some))
    step = 1 if peak > home else -1
    between = np.arange(home, peak, step)
    lower = between[every[between] > every[peak]]
    if not len(lower):
        return None
    valley = some[lower].min()
    apart = (some[peak] - valley) / math.sqrt(max(some[peak] + valley, 1))
    if apart < PROMINENT or some[peak] < HIGHER * valley:
        return None
    return float((edges[peak] + edges[peak + 1]) / 2)
