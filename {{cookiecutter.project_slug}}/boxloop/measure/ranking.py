"""The numbers of scores: completeness and purity, ROC, SIC, calibration.

See Huppenkothen et al. §2.3, Cheng §3.2 and §3.4. Truth is 1 for the class of interest (signal) and
0 for the rest (background); a score is higher where a row looks more like the class of interest.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


BINS = 10
FEW = 10  # background rows that must pass a cut before its SIC counts towards the maximum


class Ranking:
    """Rows sorted by score, with every cut that the distinct scores allow.

    Parameters
    ----------
    truth, score : arrays of shape (n,)

    Attributes
    ----------
    cuts : array of shape (k,), the distinct scores, falling; a row passes a cut when its score is
        at least that
    signal, background : arrays of shape (k,), how many rows of each kind pass
    """

    def __init__(self, truth: np.ndarray | pd.Series, score: np.ndarray) -> None:
        truth, score = np.asarray(truth, dtype=float), np.asarray(score, dtype=float)
        self._order = np.argsort(-score, kind="stable")
        self._truth, self._score = truth[self._order], score[self._order]
        last = np.append(np.flatnonzero(self._score[1:] != self._score[:-1]), len(score) - 1)
        self._last = last if len(last) < len(score) else slice(None)
        self.cuts = self._score[self._last]
        self._count(np.ones(len(score)))

    def _count(self, weights: np.ndarray) -> None:
        """Count what passes each cut when the sorted rows stand `weights` times."""
        self._weights = weights
        self.signal = np.cumsum(weights * self._truth)[self._last]
        self.background = np.cumsum(weights)[self._last] - self.signal

    def weighted(self, weights: np.ndarray) -> Ranking:
        """Return the ranking of a draw that holds row i `weights[i]` times; nothing is sorted."""
        drawn = object.__new__(Ranking)
        drawn._order, drawn._truth, drawn._score = self._order, self._truth, self._score
        drawn._last, drawn.cuts = self._last, self.cuts
        drawn._count(weights[self._order])
        return drawn

    @cached_property
    def surplus(self) -> np.ndarray:
        """Sum of truth − score over the rows that pass each cut."""
        return self.signal - np.cumsum(self._weights * self._score)[self._last]

    @cached_property
    def signal_efficiency(self) -> np.ndarray:
        """Share of the signal that passes each cut (completeness, true-positive rate)."""
        return self.signal / max(self.signal[-1], 1)

    @cached_property
    def background_efficiency(self) -> np.ndarray:
        """Share of the background that passes each cut (false-positive rate)."""
        return self.background / max(self.background[-1], 1)

    @cached_property
    def purity(self) -> np.ndarray:
        """Share of signal among the rows that pass each cut."""
        return self.signal / np.maximum(self.signal + self.background, 1)

    @cached_property
    def sic(self) -> np.ndarray:
        """Significance improvement eps_S / sqrt(eps_B) at each cut.

        It is 0 where fewer than `FEW` background rows pass.
        """
        enough = self.background >= min(FEW, self.background[-1])
        rate = np.where(self.background > 0, self.background_efficiency, 1.0)
        return np.where(enough, self.signal_efficiency / np.sqrt(rate), 0.0)

    def efficiency_at(self, rate: float) -> float:
        """Return the signal efficiency at a background efficiency, straight between the cuts."""
        return float(
            np.interp(
                rate, np.append(0, self.background_efficiency), np.append(0, self.signal_efficiency)
            )
        )

    def passing(self, cut: float) -> tuple:
        """Return how many rows of signal and of background have a score of at least `cut`."""
        at = np.searchsorted(-self.cuts, -cut, side="right") - 1
        return (float(self.signal[at]), float(self.background[at])) if at >= 0 else (0.0, 0.0)


def roc_auc(ranking: Ranking, _: float | None = None) -> float:
    """Return the area under the ROC curve: the chance that signal scores above background."""
    return float(
        np.trapezoid(
            np.append(0, ranking.signal_efficiency), np.append(0, ranking.background_efficiency)
        )
    )


def concordance(ranking: Ranking) -> float:
    """Return the ROC AUC from whole counts of rows, one half where a class is missing.

    It is `roc_auc` before any rounding, for checks that compare it with chance: a draw that lacks
    a class tells nothing, where the area of no curve is 0.
    """
    signal, background = ranking.signal, ranking.background
    pairs = signal[-1] * background[-1]
    if not pairs:
        return 0.5
    area = (signal[1:] + signal[:-1]) @ (background[1:] - background[:-1])
    return float((area + signal[0] * background[0]) / (2 * pairs))


def average_precision(ranking: Ranking, _: float | None = None) -> float:
    """Return the mean purity over the completeness reached; the prevalence is what chance gives."""
    return float(np.sum(np.diff(np.append(0, ranking.signal_efficiency)) * ranking.purity))


def completeness(ranking: Ranking, working_point: float) -> float:
    """Return the share of the class of interest with a score of at least the working point."""
    return ranking.passing(working_point)[0] / max(ranking.signal[-1], 1)


def purity(ranking: Ranking, working_point: float) -> float:
    """Return the share of the class of interest among the rows selected; 0 of no rows."""
    signal, background = ranking.passing(working_point)
    return signal / max(signal + background, 1)


def false_positive_rate(ranking: Ranking, working_point: float) -> float:
    """Return the share of the other classes that is selected."""
    return ranking.passing(working_point)[1] / max(ranking.background[-1], 1)


def accuracy(ranking: Ranking, working_point: float) -> float:
    """Return the share of right decisions; compare it with the share of the larger class."""
    signal, background = ranking.passing(working_point)
    return (signal + ranking.background[-1] - background) / (
        ranking.signal[-1] + ranking.background[-1]
    )


def balanced_accuracy(ranking: Ranking, working_point: float) -> float:
    """Return the mean of completeness and of the background rejected; one half is chance."""
    return (
        completeness(ranking, working_point) + 1 - false_positive_rate(ranking, working_point)
    ) / 2


def max_sic(ranking: Ranking, _: float | None = None) -> float:
    """Return the largest eps_S / sqrt(eps_B) over all cuts (Cheng §3.2); 1 is no improvement."""
    return float(ranking.sic.max())


def sic(ranking: Ranking, working_point: float) -> float:
    """Return eps_S / sqrt(eps_B) at the background efficiency of the working point."""
    return ranking.efficiency_at(working_point) / np.sqrt(working_point)


def signal_efficiency(ranking: Ranking, working_point: float) -> float:
    """Return the signal efficiency at the background efficiency of the working point."""
    return ranking.efficiency_at(working_point)


def background_rejection(ranking: Ranking, _: float | None = None) -> float:
    """Return 1 / eps_B where half of the signal passes; at most the number of background rows."""
    rate = np.interp(
        0.5, np.append(0, ranking.signal_efficiency), np.append(0, ranking.background_efficiency)
    )
    return float(1 / max(rate, 1 / max(ranking.background[-1], 1)))


def ece(ranking: Ranking, _: float | None = None) -> float:
    """Return the expected calibration error (ECE) in ten bins of equal size.

    It is the mean of |share that came true − mean probability|. Rows of the same probability that
    an edge of a bin cuts are shared out evenly, whatever their order. Finite bins make it positive
    even for perfect probabilities; the check `diagnose.calibration` allows for that.
    """
    passed = np.append(0, ranking.signal + ranking.background)
    sizes = np.full(BINS, passed[-1] // BINS) + (np.arange(BINS) >= BINS - passed[-1] % BINS)
    surplus = np.interp(np.cumsum(sizes), passed, np.append(0, ranking.surplus))
    return float(np.abs(np.diff(surplus, prepend=0)).sum() / passed[-1])
