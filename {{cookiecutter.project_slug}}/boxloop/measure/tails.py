"""Heavy tails: where the fourth moment of residuals is missing, no interval of an RMSE holds."""

from __future__ import annotations

import numpy as np

LARGEST = 5  # the largest fifth of the groups is looked at
FEWEST = 50  # groups: of fewer the largest fifth tells nothing
BEYOND = 2.05  # standard deviations that exponential tails exceed once in fifty


def tail_excess(sizes: np.ndarray) -> float:
    """Return how much further the largest errors spread than those of exponential tails.

    Parameters
    ----------
    sizes : array of shape (groups,)
        Root mean square residual of each group.

    Returns
    -------
    float
        In standard deviations: beyond a threshold, what exponential tails exceed it by has a
        standard deviation equal to its mean, normal tails less, and power laws more (Castillo,
        Daoudi & Lockhart 2014). NaN of fewer than fifty groups.
    """
    sizes = np.sort(np.asarray(sizes, dtype=float))
    number = len(sizes) // LARGEST
    if len(sizes) < FEWEST or not np.isfinite(sizes).all():
        return np.nan
    beyond = sizes[-number:] - sizes[-number - 1]
    mean = float(beyond.mean())
    if mean <= 1e-9 * abs(float(sizes[-1])):
        return 0.0
    return float((beyond.std() / mean - 1) * np.sqrt(number))


def heavy_words(square: np.ndarray, codes: np.ndarray) -> str:
    """Return in words that the tails of residuals are heavy, or nothing.

    Parameters
    ----------
    square : array of shape (n,)
        Squares of the residuals.
    codes : array of shape (n,)
        The number of the group of each row, from 0.
    """
    sums, lengths = np.bincount(codes, weights=square), np.bincount(codes)
    excess = tail_excess(np.sqrt(sums / np.maximum(lengths, 1)))
    if not excess > BEYOND:
        return ""
    return (
        "heavy tails: the largest errors spread further than exponential tails allow "
        f"({excess:.1f} standard deviations), and no interval of a mean square can be trusted"
    )
