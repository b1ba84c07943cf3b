"""The share of a target's variance that a block of columns explains, and its power.

The share is measured out of fold in whole groups. For classes it is the share that two normal
distributions with the same AUC would have, so that one threshold has one meaning for every task.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from boxloop.measure import estimates
from boxloop.table.codes import numbered

from .power import SURE, Power, rounded

if TYPE_CHECKING:
    import pandas as pd

ONE_IN = 0.01  # a share counts where chance alone exceeds it once in a hundred
KEPT = 0.95  # so much of a weak share the learner finds, when rows are many
DENSE = np.geomspace(1e-4, 0.999, 400)


@dataclass(frozen=True)
class Share:
    """How well one block of columns predicts a target out of fold.

    Parameters
    ----------
    value, error : float
        The explained share, and its standard error over groups.
    chance : float
        Standard errors that chance exceeds once in a hundred, allowing for the looks taken.
    words : str
        "R² 0.12", "AUC 0.71".
    loss : float
        What learning from so few rows costs, measured on a shuffled target.
    size : float
        Rows, or as many independent rows as the groups are worth.
    rare : float, optional
        For classes: the share of rows of the class.
    """

    value: float
    error: float
    chance: float
    words: str
    loss: float
    size: float
    rare: float | None = None

    def beyond(self, threshold: float) -> bool:
        """Return whether the share is beyond the threshold and beyond chance."""
        return self.value > threshold and self.value > self.chance * self.error

    def detectable(self, threshold: float, *, times: float = 1.0) -> float:
        """Return the smallest true share that is seen with probability 0.8, at most one.

        Parameters
        ----------
        times : float
            In a sample that is so many times as large.
        """
        error, loss = _error(DENSE, self.size * times, self.rare), self.loss / times
        # A guess with noise loses squared error; its order loses less.
        kept = DENSE - loss if self.rare is None else DENSE**2 / (DENSE + loss)
        found = KEPT * kept - SURE * error
        seen = found >= np.maximum(threshold, self.chance * error)
        return float(DENSE[seen].min()) if seen.any() else 1.0

    def power(self, threshold: float, *, rows: int) -> Power:
        """Return the sight of a check whose share may be as large as the threshold."""
        matters, detectable = 2 * threshold, self.detectable(threshold)
        fault = f"an explained share of {detectable:.2g}"
        if self.rare is not None:
            fault += f" (an AUC of {estimates.area_of(min(detectable, 0.999)):.2f})"
        times = next((t for t in 1.2 ** np.arange(80) if self._shows(threshold, t)), None)
        enough = None if times is None else rounded(math.ceil(rows * times))
        how = "from its own error, and a shuffled target on these rows"
        return Power(detectable, matters, fault, how, enough)

    def _shows(self, threshold: float, times: float) -> bool:
        return self.detectable(threshold, times=times) <= 2 * threshold


def _error(share: np.ndarray, size: float, rare: float | None) -> np.ndarray:
    """Return the standard error of a share of this size, from normal theory."""
    if rare is None:
        return 2 * np.sqrt(share) * (1 - share) / math.sqrt(size)
    distance = 2 * np.sqrt(share / (1 - share))
    slope = 8 * distance / (distance**2 + 4) ** 2
    return slope * np.sqrt((1 + distance**2 / 8) / (size * rare * (1 - rare)))


def explained(
    X: pd.DataFrame, y: np.ndarray, groups: np.ndarray, *, classes: bool, seed: int, looks: int = 1
) -> Share:
    """Measure what columns say about a target.

    Parameters
    ----------
    X : DataFrame of n rows, numbers
    y : array of shape (n,)
        Numbers, or the codes 0..k-1 of classes.
    groups : array of shape (n,)
    looks : int
        Blocks that are looked at, of which the best is judged.

    Notes
    -----
    A target with heavy tails is measured a second time by its order alone: a few values carry its
    variance, and no interval of that share can be trusted.
    """
    guess = estimates.out_of_fold(estimates.blend(seed, classes=classes), X, y, groups, seed)
    loss = _loss(X, y, groups, classes=classes, seed=seed)
    if classes:
        return _best_class(y, guess, groups, loss, looks)
    found = _of_numbers(y, guess, groups, loss, _chance(looks))
    if not estimates.has_heavy_tails(y):
        return found
    order = estimates.normal_scores(y)
    guess = estimates.out_of_fold(estimates.blend(seed, classes=False), X, order, groups, seed)
    other = _of_numbers(order, guess, groups, loss, _chance(2 * looks))
    other = replace(other, words=f"{other.words} of its order")
    return max(found, other, key=lambda share: share.value / max(share.error, 1e-9))


def _chance(looks: int) -> float:
    from scipy.stats import norm

    return float(norm.isf(ONE_IN / looks))


def _loss(X: pd.DataFrame, y: np.ndarray, groups: np.ndarray, *, classes: bool, seed: int) -> float:
    """Return how much of the variance of a target is guessed where there is nothing to guess."""
    shuffled = y[np.random.default_rng(seed).permutation(len(y))]
    guess = estimates.out_of_fold(estimates.blend(seed, classes=classes), X, shuffled, groups, seed)
    truth = np.eye(guess.shape[1])[y] if classes else y[:, None]
    guess = guess.reshape(truth.shape)
    return float(np.mean(np.var(guess, axis=0) / np.var(truth, axis=0)))


def _of_numbers(
    y: np.ndarray, guess: np.ndarray, groups: np.ndarray, loss: float, chance: float
) -> Share:
    spread, miss = (y - y.mean()) ** 2, (y - guess) ** 2
    value = 1 - miss.sum() / spread.sum()
    pull = ((1 - value) * spread - miss) / spread.mean()
    error, size = _of_groups(pull, groups)
    return Share(float(value), error, chance, f"R² {value:.2f}", loss, size)


def _best_class(
    y: np.ndarray, guess: np.ndarray, groups: np.ndarray, loss: float, looks: int
) -> Share:
    """Return the share of the class that is best told from the rest: one given away is enough."""
    codes = [1] if guess.shape[1] == 2 else range(guess.shape[1])
    shares = []
    for code in codes:
        area, pull = _area(y == code, guess[:, code])
        error, size = _of_groups(pull, groups)
        low, value, high = estimates.share_of(area + np.array([-error, 0.0, error]))
        shares.append(
            Share(
                float(value),
                float(high - low) / 2,
                _chance(looks * len(codes)),
                f"AUC {area:.2f}",
                loss,
                size,
                float(np.mean(y == code)),
            )
        )
    return max(shares, key=lambda share: share.value / max(share.error, 1e-9))


def _area(positive: np.ndarray, score: np.ndarray) -> tuple[float, np.ndarray]:
    """Return an AUC, and how much each row pulls at it (DeLong et al. 1988, Biometrics 44, 837)."""
    from scipy.stats import rankdata

    ones, zeros = score[positive], score[~positive]
    above = (rankdata(score)[positive] - rankdata(ones)) / len(zeros)
    below = 1 - (rankdata(score)[~positive] - rankdata(zeros)) / len(ones)
    area, pull = float(above.mean()), np.empty(len(score))
    pull[positive] = (above - area) * len(score) / len(ones)
    pull[~positive] = (below - area) * len(score) / len(zeros)
    return area, pull


def _of_groups(pull: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Return the standard error of a mean over groups, and how many rows they are worth."""
    _, codes = numbered(groups)
    sums = np.bincount(codes, weights=pull)
    rows, together = np.sum(pull**2), np.sum(sums**2)
    worth = len(pull) * float(rows / together) if together > 0 else float(len(pull))
    return float(np.sqrt(together) / len(pull)), float(np.clip(worth, len(sums), len(pull)))
