"""Search the mass spectrum of selected background for a bump that the selection has made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 40
WIDTHS = (2, 3, 4, 6)


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

    Parameters
    ----------
    mass : array of shape (n,)
    passed : bool array of shape (n,)
    """
    edges = np.unique(np.quantile(mass, np.linspace(0, 1, BINS + 1)))
    bins = np.clip(np.searchsorted(edges, mass, side="right") - 1, 0, len(edges) - 2)
    total = np.bincount(bins, minlength=len(edges) - 1).astype(float)
    count = np.bincount(bins, weights=passed, minlength=len(edges) - 1)
    windows = [
        (start, start + width) for width in WIDTHS for start in range(len(total) - width + 1)
    ]
    found = []
    for start, stop in windows:
        expected, variance = _expected(total, count, start, stop)
        local = _significance(count[start:stop].sum(), expected, variance)
        found.append((local, start, stop, expected))
    local, start, stop, expected = max(found, key=lambda row: abs(row[0]))
    number = int(count[start:stop].sum())
    return Bump(
        _overall(local, len(windows)),
        float(edges[start]),
        float(edges[stop]),
        number,
        float(expected),
    )


def _expected(total: np.ndarray, count: np.ndarray, start: int, stop: int) -> tuple[float, float]:
    """Return count and variance in a window, from a smooth probability to pass fitted outside.

    The fit is logistic, of second order.
    """
    x = np.linspace(-1, 1, len(total))
    design = np.column_stack([np.ones_like(x), x, x**2])
    inside = slice(start, stop)
    weight = total.copy()
    weight[inside] = 0
    level = np.clip((weight * count).sum() / max((weight * total).sum(), 1), 1e-6, 1 - 1e-6)
    beta = np.array([np.log(level / (1 - level)), 0.0, 0.0])
    used = np.where(weight > 0, count, 0.0)
    for _ in range(25):
        share = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        information = design.T @ (design * (weight * share * (1 - share))[:, None]) + 1e-6 * np.eye(
            3
        )
        step = np.linalg.solve(information, design.T @ (used - weight * share))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-6:
            break
    share = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
    slope = (total * share * (1 - share))[inside] @ design[inside]
    return float((total * share)[inside].sum()), float(slope @ np.linalg.solve(information, slope))


def _significance(count: float, expected: float, variance: float) -> float:
    """Return the signed likelihood-ratio significance of a count, diluted by the fit's error."""
    expected = max(expected, 1e-3)
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
