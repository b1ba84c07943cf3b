"""How sure a classifier is, how often it is right, and which labels it does not believe."""

from __future__ import annotations

from typing import Any

import numpy as np

from boxloop.measure import estimates


def square(probability: Any) -> np.ndarray:
    """Return probabilities as shape (n, classes), also where only the second is given."""
    probability = np.asarray(probability, dtype=float)
    return np.column_stack([1 - probability, probability]) if probability.ndim == 1 else probability


def codes_of(y: Any, probability: np.ndarray) -> np.ndarray:
    """Return labels as columns of their probabilities: codes as they are, else in sorted order.

    Of several classes one may be in no row of a sample.
    """
    y = np.asarray(y)
    codes = y.dtype.kind in "iu" and probability.ndim > 1 and len(y) and y.min() >= 0
    return y if codes and y.max() < probability.shape[1] else estimates.target_codes(y)


def suspicious_labels(y: Any, out_of_fold_probability: Any) -> np.ndarray:
    """Return the rows whose label the model does not believe, the least credible first.

    Confident learning (Northcutt, Jiang & Chuang 2021, JAIR 70, 1373): a row is suspicious if
    another class is at least as probable as it is on average among rows that carry its label.
    They are ordered by the probability of their label less that of the other class.

    Parameters
    ----------
    y : array of shape (n,)
    out_of_fold_probability : array of shape (n,) or (n, classes)
        From a model that did not see the row; classes in sorted order.

    Returns
    -------
    array of int
        Row numbers; rows that are right but unusual are among them.
    """
    probability = square(out_of_fold_probability)
    labels = codes_of(y, probability)
    every = np.arange(len(labels))
    mine = probability[every, labels]
    typical = np.full(probability.shape[1], np.inf)
    for k in np.unique(labels):
        typical[k] = mine[labels == k].mean()
    believed = np.where(probability >= typical, probability, -1.0)
    believed[every, labels] = -1.0
    other = believed.max(axis=1)
    rows = np.flatnonzero(other > mine)
    return rows[np.argsort((mine - other)[rows], kind="stable")]


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
