"""Heavy tails: where the fourth moment of residuals is missing, no interval of an RMSE holds."""

from __future__ import annotations

import numpy as np

FEWEST = 20  # rows: of fewer nobody tells tails
MOST = 1_000  # rows that are looked at
HEAVY = 1.5, 2.0, 2.5, 3.0, 3.5, 4.0  # degrees of freedom of t: no fourth moment
LIGHT = 0.8, 1.0, 1.25, 1.6, 2.0, 3.0  # exponents of exp(-|x|^b): every moment
SCALES = np.geomspace(0.4, 4.0, 24)  # tried, in units of the median absolute residual
SURE = 1.0  # by so much the heavy law must be the likelier one, in log likelihood


def heavy_lead(residuals: np.ndarray) -> float:
    """Return by how much Student's t explains residuals better than any law with light tails.

    Each side of the median is explained by itself, so that a skewed law is not taken for a heavy
    one. The heavy laws are t with at most four degrees of freedom, which have no fourth moment;
    the light ones fall as exp(-|x|^b), normal and Laplace among them.

    Parameters
    ----------
    residuals : array of shape (n,)

    Returns
    -------
    float
        The difference of the log likelihoods; positive where heavy tails are likelier, NaN where
        there are too few different residuals.
    """
    residuals = np.asarray(residuals, dtype=float)
    if len(residuals) < FEWEST or not np.isfinite(residuals).all():
        return np.nan
    # Every k-th row: the order of a table may follow its size.
    residuals = residuals[:: -(-len(residuals) // MOST)]
    away = residuals - np.median(residuals)
    sides = [np.abs(away[away > 0]), np.abs(away[away < 0])]
    if min(map(len, sides)) < FEWEST // 4:
        return np.nan
    return float(sum(_lead(side) for side in sides))


def _lead(distances: np.ndarray) -> float:
    """Return the lead of the heavy laws for distances from the median, all positive."""
    from scipy.special import gammaln

    x = distances / (np.median(distances) * SCALES[:, None])
    scaling = len(distances) * np.log(SCALES)
    size, logarithm = len(distances), np.log(x)

    def of_t(nu: float) -> float:
        constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(np.pi * nu)
        body = np.log1p(x**2 / nu).sum(axis=1)
        return float((size * constant - (nu + 1) / 2 * body - scaling).max())

    def of_power(b: float) -> float:
        constant = np.log(b / 2) - gammaln(1 / b)
        return float((size * constant - np.exp(b * logarithm).sum(axis=1) - scaling).max())

    return max(map(of_t, HEAVY)) - max(map(of_power, LIGHT))


def heavy_words(residuals: np.ndarray) -> str:
    """Return in words that the tails of residuals, shape (n,), are heavy, or nothing."""
    lead = heavy_lead(residuals)
    if not lead > SURE:
        return ""
    return (
        "heavy tails: the residuals are likelier under a law without fourth moment than under "
        f"normal or exponential tails (log likelihood {lead:+.1f}), so no interval of a mean "
        "square can be trusted"
    )
