"""The numbers of several classes: which of them a row is of, and with what probability.

The truth is the place of a row's class in ``study.classes``, from 0, and a guess is a row of
probabilities in that order. What is read off rows here is also read off the rows of a bootstrap
draw, which are the same rows with other weights.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from boxloop.measure import ranking
from boxloop.measure.ranking import Ranking

LEAST = 1e-15  # a probability of nothing that came true would be an infinite surprise


def whole(guesses: np.ndarray) -> np.ndarray:
    """Return which rows have a guess: a number, or a probability for every class; shape (n,)."""
    there = np.isfinite(guesses)
    return there.all(axis=1) if there.ndim > 1 else there


def surprise(truth: Any, probabilities: Any) -> np.ndarray:
    """Return −ln(probability given to the class that came true), shape (n,).

    Parameters
    ----------
    truth : array of shape (n,), places in ``study.classes``
    probabilities : array of shape (n, K)
        Rows are divided by their sum first.
    """
    rows, truth = np.asarray(probabilities, dtype=float), np.asarray(truth).astype(int)
    given = rows[np.arange(len(rows)), truth] / np.maximum(rows.sum(axis=1), LEAST)
    return -np.log(np.clip(given, LEAST, 1.0))


class Scores:
    """Rows with their class and the probabilities they were given; weights say how often each.

    Parameters
    ----------
    truth : array of shape (n,)
        Places in ``study.classes``, from 0.
    probabilities : array of shape (n, K)
    class_weights : array of shape (K,), optional
        How much each class counts in the log loss.

    Attributes
    ----------
    said : array of shape (n,), the class of the largest probability, the first of equal ones
    """

    def __init__(self, truth: Any, probabilities: Any, class_weights: Any = None) -> None:
        self.truth = np.asarray(truth).astype(int)
        self.probabilities = np.asarray(probabilities, dtype=float)
        self.size = self.probabilities.shape[1]
        given = np.ones(self.size) if class_weights is None else class_weights
        self.class_weights = np.asarray(given, dtype=float)
        self.said = np.argmax(self.probabilities, axis=1)
        self.weights = np.ones(len(self.truth))
        self._parent: Scores | None = None

    def weighted(self, weights: np.ndarray) -> Scores:
        """Return the scores of a draw that holds row i `weights[i]` times; nothing is sorted."""
        drawn = object.__new__(Scores)
        drawn.truth, drawn.probabilities, drawn.said = self.truth, self.probabilities, self.said
        drawn.size, drawn.class_weights = self.size, self.class_weights
        drawn.weights, drawn._parent = weights, self
        return drawn

    @cached_property
    def surprise(self) -> np.ndarray:
        """See `surprise`."""
        return self._parent.surprise if self._parent else surprise(self.truth, self.probabilities)

    @cached_property
    def rankings(self) -> list[Ranking]:
        """Each class against the rest, by its probability."""
        if self._parent:
            return [one.weighted(self.weights) for one in self._parent.rankings]
        columns = enumerate(self.probabilities.T)
        return [Ranking(self.truth == code, column) for code, column in columns]

    @cached_property
    def confusion(self) -> np.ndarray:
        """Weights by true class (rows) and by the class said (columns), shape (K, K)."""
        cells = self.truth * self.size + self.said
        shape = self.size, self.size
        return np.bincount(cells, weights=self.weights, minlength=self.size**2).reshape(shape)

    @property
    def there(self) -> np.ndarray:
        """Which classes have a row, shape (K,)."""
        return self.confusion.sum(axis=1) > 0

    @property
    def completeness(self) -> np.ndarray:
        """Share of the rows of each class that is said to be of it, shape (K,); NaN without."""
        rows = self.confusion.sum(axis=1)
        return np.where(rows > 0, np.diag(self.confusion) / np.where(rows > 0, rows, 1), np.nan)

    @property
    def purity(self) -> np.ndarray:
        """Share of the rows said to be of a class that is of it, shape (K,); 0 where none is."""
        said = self.confusion.sum(axis=0)
        return np.diag(self.confusion) / np.where(said > 0, said, 1)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of completeness and purity of each class, shape (K,)."""
        both = self.confusion.sum(axis=0) + self.confusion.sum(axis=1)
        return 2 * np.diag(self.confusion) / np.where(both > 0, both, 1)


def class_log_loss(scores: Scores) -> float:
    """Return the log loss weighted by class: each class counts as one, however many its rows.

    The mean of −ln(probability of the true class) over the rows of each class, and of these the
    mean by ``study.class_weights`` (PLAsTiCC; Malz et al. 2019, AJ 158, 171, section 4).
    """
    return float(np.sum(_shares(scores) * class_surprise(scores), where=scores.there))


def class_surprise(scores: Scores) -> np.ndarray:
    """Return the mean of −ln(probability of the true class) of each class, shape (K,)."""
    rows = scores.confusion.sum(axis=1)
    sums = np.bincount(scores.truth, scores.weights * scores.surprise, minlength=scores.size)
    return sums / np.where(rows > 0, rows, 1)


def _shares(scores: Scores) -> np.ndarray:
    """Return how much each class counts, those without a row nothing; they add up to one."""
    counts = np.where(scores.there, scores.class_weights, 0.0)
    return counts / max(counts.sum(), 1e-300)


def _over_classes(values: np.ndarray, scores: Scores) -> float:
    """Return the mean over the classes that have a row."""
    return float(np.mean(values[scores.there])) if scores.there.any() else np.nan


def accuracy(scores: Scores) -> float:
    """Return the share of right decisions; compare it with the share of the largest class."""
    return float(np.trace(scores.confusion) / scores.confusion.sum())


def macro_f1(scores: Scores) -> float:
    """Return the mean of F1 over the classes."""
    return _over_classes(scores.f1, scores)


def weighted_f1(scores: Scores) -> float:
    """Return the mean of F1 over the classes, each as often as it has rows."""
    rows = scores.confusion.sum(axis=1)
    return float(rows @ scores.f1 / rows.sum())


def macro_completeness(scores: Scores) -> float:
    """Return the mean completeness over the classes (balanced accuracy); 1 / K is chance."""
    return _over_classes(scores.completeness, scores)


def macro_purity(scores: Scores) -> float:
    """Return the mean purity over the classes; 0 for a class that no row is said to be of."""
    return _over_classes(scores.purity, scores)


def macro_roc_auc(scores: Scores) -> float:
    """Return the mean over the classes of the ROC AUC of each against the rest."""
    areas = np.array([ranking.roc_auc(one) for one in scores.rankings])
    return _over_classes(areas, scores)


def class_ece(scores: Scores) -> float:
    """Return the mean over the classes of the calibration error of the probability of each.

    See `boxloop.measure.ranking.ece` (classwise ECE: Kull et al. 2019, NeurIPS 32, section 2).
    """
    return float(np.mean([ranking.ece(one) for one in scores.rankings]))
