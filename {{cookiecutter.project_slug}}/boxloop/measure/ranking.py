"""The numbers of scores: completeness and purity, ROC, SIC, calibration.

See Huppenkothen et al. §2.3, Cheng §3.2 and §3.4. Truth is 1 for the class of interest (signal) and
0 for the rest (background); a score is higher where a row looks more like the class of interest.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


BINS = 10
PERFECT = 1 - 1e-12
FEW = 10  # background rows that must pass a cut before its SIC counts towards the maximum


class Ranking:
    """Rows sorted by score, with every cut that the distinct scores allow.

    Parameters
    ----------
    truth, score : arrays of shape (n,)
    prevalence : float, optional
        Share of the signal among the objects that the score is meant for, where it is known: what
        depends on the mix of both is told for that one, and else for the mix of the rows.

    Attributes
    ----------
    cuts : array of shape (k,), the distinct scores, falling; a row passes a cut when its score is
        at least that
    signal, background : arrays of shape (k,), how many rows of each kind pass
    """

    def __init__(
        self, truth: np.ndarray | pd.Series, score: np.ndarray, *, prevalence: float | None = None
    ) -> None:
        self.prevalence = prevalence
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
        drawn._last, drawn.cuts, drawn.prevalence = self._last, self.cuts, self.prevalence
        drawn._count(weights[self._order])
        return drawn

    @cached_property
    def surplus(self) -> np.ndarray:
        """Sum of truth − score over the rows that pass each cut."""
        return self.signal - np.cumsum(self._weights * self._score)[self._last]

    @cached_property
    def doubt(self) -> np.ndarray:
        """Sum over the rows that pass each cut of the variance that a probability allows for."""
        return np.cumsum(self._weights * self._score * (1 - self._score))[self._last]

    @cached_property
    def misses(self) -> np.ndarray:
        """Sum of (truth − score)² over the rows that pass each cut."""
        return np.cumsum(self._weights * (self._truth - self._score) ** 2)[self._last]

    @property
    def bins(self) -> np.ndarray:
        """Numbers of the cuts that end the (at most ten) bins of about equal size.

        Rows of the same score are never divided, so that their order does not matter.
        """
        passed = self.signal + self.background
        ends = np.searchsorted(passed, passed[-1] * np.arange(1, BINS) / BINS - 1e-9)
        return np.unique(np.append(ends, len(passed) - 1))

    def gaps(self, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return sum of truth − score in each bin, and its standard error, as shares of all rows.

        Parameters
        ----------
        ends : array, see `bins`

        Returns
        -------
        gaps, errors : arrays of shape (bins,)
            The error is that of the probabilities themselves or of the scatter in the bin,
            whichever is larger.
        """
        passed = self.signal + self.background
        rows = np.maximum(np.diff(passed[ends], prepend=0), 1e-300)
        surplus = np.diff(self.surplus[ends], prepend=0)
        said = np.diff(self.doubt[ends], prepend=0)
        seen = np.diff(self.misses[ends], prepend=0) - surplus**2 / rows
        errors = np.sqrt(np.maximum(np.maximum(said, seen), 0))
        return surplus / passed[-1], errors / passed[-1]

    @property
    def few(self) -> float:
        """Background rows that must pass a cut before its SIC counts towards the maximum."""
        return min(FEW, self.background[-1])

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
        """Share of signal among what passes each cut, in the mix that counts."""
        signal, background = self.in_mix(self.signal, self.background)
        passed = signal + background
        return signal / np.where(passed > 0, passed, 1)

    def precision(self, more: float = 0) -> float:
        """Return the mean purity over the completeness reached.

        Parameters
        ----------
        more : float
            Background rows that pass every cut beside those that do.
        """
        purity = self.purity
        if more:
            signal, background = self.in_mix(self.signal, self.background + more)
            passed = signal + background
            purity = signal / np.where(passed > 0, passed, 1)
        return float(np.sum(np.diff(np.append(0, self.signal_efficiency)) * purity))

    def in_mix(self, signal: Any, background: Any) -> tuple[Any, Any]:
        """Return so many rows of each kind as shares of the true mix, or as they are.

        The shares that pass do not depend on how common the signal is, so a known prevalence
        needs no other rows.
        """
        if self.prevalence is None:
            return signal, background
        rows, others = self.signal[-1], self.background[-1]
        each, other = self.prevalence / max(rows, 1), (1 - self.prevalence) / max(others, 1)
        return signal * each, background * other

    @cached_property
    def sic(self) -> np.ndarray:
        """Significance improvement eps_S / sqrt(eps_B) at each cut.

        It is 0 where fewer than `FEW` background rows pass.
        """
        enough = self.background >= self.few
        rate = np.where(self.background > 0, self.background_efficiency, 1.0)
        return np.where(enough, self.signal_efficiency / np.sqrt(rate), 0.0)

    def efficiency_at(self, rate: float) -> float:
        """Return the signal efficiency at a background efficiency, straight between the cuts."""
        return float(
            np.interp(
                rate, np.append(0, self.background_efficiency), np.append(0, self.signal_efficiency)
            )
        )

    def partial_area(self, rate: float) -> float:
        """Return the area under the ROC curve up to a background efficiency, scaled.

        One half is chance and 1 perfect, whatever the rate (McClish 1989, Med. Decis. Making 9,
        190).
        """
        curve = np.append(0, self.background_efficiency), np.append(0, self.signal_efficiency)
        inside = curve[0] < rate
        x, y = (
            np.append(curve[0][inside], rate),
            np.append(curve[1][inside], self.efficiency_at(rate)),
        )
        least = rate**2 / 2
        return float((1 + (np.trapezoid(y, x) - least) / (rate - least)) / 2)

    def rejection_at(self, efficiency: float) -> float:
        """Return 1 / background efficiency where that share of the signal passes.

        It is at most the number of background rows.
        """
        rate = np.interp(
            efficiency,
            np.append(0, self.signal_efficiency),
            np.append(0, self.background_efficiency),
        )
        return float(1 / max(rate, 1 / max(self.background[-1], 1)))

    def passing(self, cut: float) -> tuple:
        """Return how many rows of signal and of background have a score of at least `cut`."""
        at = np.searchsorted(-self.cuts, -cut, side="right") - 1
        return (float(self.signal[at]), float(self.background[at])) if at >= 0 else (0.0, 0.0)


def roc_auc(ranking: Ranking, _: float | None = None) -> float:
    """Return the area under the ROC curve: the chance that signal scores above background."""
    area = float(
        np.trapezoid(
            np.append(0, ranking.signal_efficiency), np.append(0, ranking.background_efficiency)
        )
    )
    return 1.0 if area > PERFECT else area  # rounding would hide that nothing is out of order


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
    return ranking.precision()


def completeness(ranking: Ranking, working_point: float) -> float:
    """Return the share of the class of interest with a score of at least the working point."""
    return ranking.passing(working_point)[0] / max(ranking.signal[-1], 1)


def purity(ranking: Ranking, working_point: float) -> float:
    """Return the share of the class of interest in a selection; 0 where none is selected.

    At the true mix of classes, where it is known; the purity of labelled rows is that of their own.
    """
    signal, background = ranking.in_mix(*ranking.passing(working_point))
    passed = signal + background
    return float(signal / passed) if passed else 0.0


def false_positive_rate(ranking: Ranking, working_point: float) -> float:
    """Return the share of the other classes that is selected."""
    return ranking.passing(working_point)[1] / max(ranking.background[-1], 1)


def accuracy(ranking: Ranking, working_point: float) -> float:
    """Return the share of right decisions; compare it with the share of the larger class."""
    kept, wrong, lost, right = _decided(ranking, working_point)
    return (kept + right) / (kept + wrong + lost + right)


def _decided(ranking: Ranking, working_point: float) -> tuple[float, float, float, float]:
    """Return signal and background that pass, and signal and background that do not."""
    kept, wrong = ranking.in_mix(*ranking.passing(working_point))
    signal, background = ranking.in_mix(ranking.signal[-1], ranking.background[-1])
    return float(kept), float(wrong), float(signal - kept), float(background - wrong)


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
    return ranking.rejection_at(0.5)


def deployed_purity(ranking: Ranking, working_point: float) -> float:
    """Return the purity at the true mix: another name for `purity`, which is that by default."""
    return purity(ranking, working_point)


def f1(ranking: Ranking, working_point: float) -> float:
    """Return the harmonic mean of purity and completeness; 0 where no row is selected."""
    kept, wrong, lost, _ = _decided(ranking, working_point)
    whole = 2 * kept + wrong + lost
    return 2 * kept / whole if whole else 0.0


def matthews(ranking: Ranking, working_point: float) -> float:
    """Return the correlation of decision and truth (Matthews 1975); 0 where one is the same."""
    kept, wrong, lost, right = _decided(ranking, working_point)
    spread = (kept + wrong) * (kept + lost) * (right + wrong) * (right + lost)
    return float((kept * right - wrong * lost) / np.sqrt(spread)) if spread else 0.0


def ece(ranking: Ranking, _: float | None = None) -> float:
    """Return the expected calibration error (ECE) in ten bins of about equal size.

    It is the mean of |share that came true − mean probability|, less what chance adds to it: a
    gap of size m with error s is expected to look like E|N(m, s)|, and is taken to be the observed
    gap, shrunk by the share of all squared gaps that is noise. It takes rows to be independent.
    """
    from scipy.special import ndtr

    gaps, errors = ranking.gaps(ranking.bins)
    there = errors > 0
    size, error = np.abs(gaps), np.where(there, errors, 1.0)
    square = float(np.sum(size**2))
    real = max(0.0, 1 - float(np.sum(errors**2)) / square) if square else 0.0
    ratio = np.sqrt(real) * size / error
    added = np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) - 2 * ratio * ndtr(-ratio)
    return max(0.0, float(np.sum(size - np.where(there, error * added, 0.0))))
