"""How sure a classifier is, how often it is right, and what overlap leaves where it is surest."""

from __future__ import annotations

import numpy as np


def confident_errors(labels: np.ndarray, probability: np.ndarray) -> tuple[float, float, float]:
    """Return the error rate of the surest third, what overlap leaves there, and its error.

    Classes count equally.
    The third is taken within each predicted class: wrong labels in one class make the model less
    sure of that class.
    """
    counts = np.bincount(labels, minlength=probability.shape[1])
    balanced = probability / np.maximum(counts, 1)
    balanced /= balanced.sum(axis=1, keepdims=True)
    guess, sure, weight = balanced.argmax(axis=1), balanced.max(axis=1), 1 / counts[labels]
    sums = np.zeros(4)
    for k in np.unique(guess):
        rows = np.flatnonzero(guess == k)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
        heavy, wrong = weight[rows], labels[rows] != k
        last = np.searchsorted(np.cumsum(heavy), heavy.sum() / 3)
        # Rows as sure as the last one belong to the third as well.
        top = sure[rows] >= sure[rows][last]
        share = float(heavy[top] @ wrong[top] / heavy[top].sum())
        noise = np.sum(heavy[top] ** 2) / heavy[top].sum() ** 2 * max(share * (1 - share), 1e-4)
        mass = heavy.sum()
        sums += mass * np.array(
            [share, overlap_errors(float(heavy @ wrong / mass)), mass * noise, 1]
        )
    return sums[0] / sums[3], sums[1] / sums[3], float(np.sqrt(sums[2]) / sums[3])


def overlap_errors(total: float) -> float:
    """Return the error rate of the surest third of two equal normal classes, from that of all."""
    from scipy.stats import norm

    half = -norm.ppf(min(max(total, 1e-9), 0.4999))
    grid = np.linspace(-14, 14, 8001)
    density = norm.pdf(grid - half)
    density /= density.sum()
    order = np.argsort(-np.abs(grid), kind="stable")
    surest = order[np.cumsum(density[order]) <= 1 / 3]
    return float(density[surest][grid[surest] < 0].sum() * 3)


def confidence_and_truth(y: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability that is judged in each row, and whether it came true."""
    labels = np.unique(y)
    if probability.ndim == 1:
        return probability, y == (
            1 if y.dtype.kind in "iubf" and set(labels) <= {0, 1} else labels[-1]
        )
    if (
        probability.shape[1] != len(labels)
        and y.dtype.kind in "iu"
        and labels.max() < probability.shape[1]
    ):
        labels = np.arange(probability.shape[1])
    if probability.shape[1] == 2:
        return probability[:, 1], y == labels[-1]
    return probability.max(axis=1), labels[probability.argmax(axis=1)] == y


def calibration_error(bins: np.ndarray, gap: np.ndarray, weight: np.ndarray) -> float:
    """Return the mean over rows of the absolute gap of their bin; weights count rows."""
    return float(np.abs(np.bincount(bins, weights=weight * gap)).sum() / weight.sum())
