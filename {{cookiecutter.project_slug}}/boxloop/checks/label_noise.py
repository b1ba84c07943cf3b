"""Wrong labels: what share of them stands where no overlap of the classes explains them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from boxloop.measure.kinds import CLASSIFICATION

from .core import Finding, check
from .power import SURE, Power, rounded
from .surest import codes_of, square, suspicious_labels

SURELY = 3.0  # deviations: chance, and some room for overlaps that are none of these curves
BINS = 40
SHARES = np.concatenate([np.arange(0, 0.05, 0.0025), np.arange(0.05, 0.45, 0.01)])
DISTANCES = np.geomspace(0.4, 9, 30)
BLUNT = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15)  # of the odds: the model's ranks are not perfect
TAILS, HEAVY = (3, 5), 3.6  # degrees of freedom; (98 % − 50 %) / (75 % − 50 %), normal: 3.0
OPEN = 1.0  # half the squared deviation within which a share stays open


@check(
    "diagnose.label_noise",
    notebook="05_diagnose",
    weight="limit",
    threshold=0.03,
    source="Huppenkothen et al. §1, §2.4; Northcutt, Jiang & Chuang 2021, JAIR 70, 1373",
    fix="Inspect the rows that the model believes least (05 lists twenty), and correct or drop "
    "their labels.",
    tasks={CLASSIFICATION},
)
def label_noise(y: Any, out_of_fold_probability: Any, *, threshold: float) -> Finding:
    """Where the model is surest, the labels agree with it.

    Parameters
    ----------
    y : array of shape (n,)
    out_of_fold_probability : array of shape (n,) or (n, classes)
        From a model that did not see the row; classes in sorted order.

    Notes
    -----
    A model trained on wrong labels expects wrong labels, so its own probabilities betray nothing;
    their order does.
    Where classes merely overlap, errors become ever rarer the surer the model is; wrong labels
    stand everywhere, so the rate levels off at their share.
    Compared is the share that is left beside the best of many overlaps, by likelihood: two normal
    classes of every distance and of the class's own frequency, ranked more or less bluntly, and
    with heavy tails where the log odds have some.
    Fails where the share is beyond the threshold and three deviations from none.
    A part of a class that looks exactly like another class has the same effect.
    """
    probability = square(out_of_fold_probability)
    labels = codes_of(y, probability)
    curve = Levels.of(labels, probability)
    profile = curve.profile()
    best = int(np.argmax(profile))
    value = float(SHARES[best])
    sure = math.sqrt(max(0.0, 2 * float(profile[best] - profile[0])))
    convicted = value > threshold and sure > SURELY
    highest = float(SHARES[profile > profile[best] - OPEN].max())
    sight = curve.sight(best, threshold, value if convicted else highest)
    rows = suspicious_labels(y, probability)
    message = (
        f"About {value:.1%} of the labels look wrong where no overlap explains it ({sure:.1f} "
        f"deviations from none; threshold {threshold:.1%}, {SURELY:g} deviations), while "
        f"{curve.errors.sum() / len(labels):.1%} of all rows have another label than the model says"
    )
    if not convicted and not sight.suffices:
        message += "; the classes overlap too much to tell"
    if convicted and len(rows):
        message += f"; the most suspicious rows: {', '.join(map(str, rows[:5]))}"
    return Finding(value, not convicted, message + ".", sight)


@dataclass(frozen=True)
class Levels:
    """Rows and errors by place, from the surest to the least sure; (predicted classes, bins).

    `prior` is the frequency of each predicted class among the labels, shape (predicted classes,).
    """

    rows: np.ndarray
    errors: np.ndarray
    prior: np.ndarray
    classes: int
    heavy: bool

    @classmethod
    def of(cls, labels: np.ndarray, probability: np.ndarray) -> Levels:
        """Count them within each predicted class; rows that are equally sure share their place."""
        guess, sure = probability.argmax(axis=1), probability.max(axis=1)
        counts = np.bincount(labels, minlength=probability.shape[1])
        table, tails = [], []
        for k in np.unique(guess):
            rows = np.flatnonzero(guess == k)
            _, which, number = np.unique(-sure[rows], return_inverse=True, return_counts=True)
            place = ((np.cumsum(number) - number / 2) / len(rows))[which]
            bins = np.minimum((place * BINS).astype(int), BINS - 1)
            wrong = np.bincount(bins, weights=labels[rows] != k, minlength=BINS)
            table.append((np.bincount(bins, minlength=BINS), wrong, counts[k] / len(labels)))
            tails.append(len(rows) / len(labels) * _tail(sure[rows]))
        rows, errors, prior = (np.array(part, dtype=float) for part in zip(*table, strict=True))
        return cls(rows, errors, prior, max(probability.shape[1], 2), sum(tails) > HEAVY)

    def expected(self, share: float) -> np.ndarray:
        """Return the error rates beside this share of wrong labels: (overlaps, classes × bins)."""
        left = max(1 - share * self.classes / (self.classes - 1), 0.05)
        clean = np.clip((self.prior - share / (self.classes - 1)) / left, 0.003, 0.997)
        places = [round(2 * math.log(prior / (1 - prior))) for prior in clean]
        most = math.log(self.classes - 1)
        # A class is predicted from 1/2 on; of many classes, where all meet, from 1/classes on.
        limits = sorted({0.0, min(math.log(2), most), most})
        overlap = np.concatenate(
            [
                np.stack([_overlaps(place, self.heavy, limit) for place in places], axis=1)
                for limit in limits
            ]
        )
        overlap = overlap[:: 1 if self.classes <= 3 else 3]  # many classes: fewer curves
        return np.clip(share + left * overlap, 1e-6, 1 - 1e-6).reshape(len(overlap), -1)

    def likelihood(self, share: float, errors: np.ndarray) -> np.ndarray:
        """Return the log likelihood of errors, shape (classes, bins), under every overlap."""
        rate, wrong = self.expected(share), errors.ravel()
        return np.log(rate) @ wrong + np.log1p(-rate) @ (self.rows.ravel() - wrong)

    def profile(self) -> np.ndarray:
        """Return the log likelihood of every share beside the overlap that suits it best."""
        return np.array([self.likelihood(share, self.errors).max() for share in SHARES])

    def deviations(self, share: float, overlap: int) -> float:
        """Return by how many deviations this share would stand out beside this overlap."""
        errors = self.rows * self.expected(share)[overlap].reshape(self.rows.shape)
        with_it = self.likelihood(share, errors)[overlap]
        return math.sqrt(max(0.0, 2 * float(with_it - self.likelihood(0.0, errors).max())))

    def sight(self, best: int, threshold: float, at_most: float) -> Power:
        """Return the share that would have stood out; one that stays open is not ruled out."""
        overlap = int(np.argmax(self.likelihood(SHARES[best], self.errors)))
        matters, needed = 2 * threshold, SURELY + SURE
        seen = math.inf
        for share in SHARES[1:]:
            if self.deviations(share, overlap) >= needed:
                seen = float(share)
                break
        # The share itself has an error: as large as the share that is seen has, or the counting.
        counting = math.sqrt(threshold / self.rows.sum()) if math.isfinite(threshold) else 0.0
        seen = max(seen, threshold + SURE * counting, at_most)
        enough = None
        if math.isfinite(matters):
            apart = self.deviations(min(matters, SHARES[-1]), overlap)
            if apart > 0.1:
                enough = math.ceil(self.rows.sum() * max((needed / apart) ** 2, 1.1))
        fault = f"a share of {seen:.2g} labels that are wrong at random"
        return Power(seen, matters, fault, "from the overlap of these classes", rounded(enough))


def _tail(sure: np.ndarray) -> float:
    """Return how far the log odds reach out, in units of their upper half's width."""
    sure = np.clip(sure, 1e-12, 1 - 1e-12)
    middle, upper, outer = np.quantile(np.log(sure / (1 - sure)), [0.5, 0.75, 0.98])
    return float((outer - middle) / max(upper - middle, 1e-9))


@lru_cache(maxsize=64)
def _overlaps(place: int, heavy: bool, limit: float) -> np.ndarray:
    """Return the error rate by place of a predicted class, for every overlap: (overlaps, bins).

    Parameters
    ----------
    place : int
        Twice the log odds of the class's frequency, rounded.
    heavy : bool
        With Student's t beside the normal classes, ranked by the distance from the boundary.
    limit : float
        Log odds against the class at the boundary.
    """
    from scipy.stats import norm, t

    shapes: list[tuple[Callable, tuple[float, ...]]] = [(norm.logpdf, BLUNT)]
    if heavy:
        shapes += [(t(tail).logpdf, (1.0,)) for tail in TAILS]
    curves = [_overlap(place, limit, *shape, far) for far in DISTANCES for shape in shapes]
    return np.concatenate(curves)


def _overlap(
    place: int, limit: float, logpdf: Callable, blunt: tuple[float, ...], distance: float
) -> np.ndarray:
    """Return the error rates of one pair of classes, as blunt as said: (len(blunt), bins)."""
    x = np.linspace(-15, 25, 1001)
    prior = 1 / (1 + math.exp(-place / 2))
    mine, other = logpdf(x - distance / 2), logpdf(x + distance / 2)
    odds = mine - other + place / 2
    density = prior * np.exp(mine) + (1 - prior) * np.exp(other)
    inside = odds > -limit
    if not inside.any() or density[inside].sum() < 1e-12:  # the class is never predicted
        inside, odds = odds >= odds.max() - 1e-9, np.zeros_like(odds)
    # From the surest, at the far end, to the boundary.
    odds, density = odds[inside][::-1], density[inside][::-1]
    error = density / (1 + np.exp(np.minimum(np.outer(blunt, odds), 50)))
    reached = np.r_[0, np.cumsum(density)] / density.sum()
    ends = np.linspace(0, 1, BINS + 1)
    wrong = [np.interp(ends, reached, np.r_[0, np.cumsum(row)]) for row in error]
    rate = np.diff(np.array(wrong) / density.sum(), axis=1) * BINS
    return np.clip(rate, 0, 1 - 1 / (1 + math.exp(limit)))
