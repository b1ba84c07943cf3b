"""Probabilities come true as often as they say, by what the recalibrated ones would be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import CLASSIFICATION

from .core import Finding, check
from .power import SURE, Power, rounded
from .surest import codes_of, confidence_and_truth

BINS, PER_BIN = 10, 10  # bins at most, and groups in each at least
MAX_ROWS = 20_000
NULL_DRAWS, MORE_DRAWS = 1000, 4  # and so many times as many for several questions
BY_CHANCE = 0.005  # of the line through the log odds, and of the bins


@check(
    "diagnose.calibration",
    notebook="05_diagnose",
    weight="limit",
    threshold=0.1,
    source="Cheng §3.4",
    fix="Calibrate the probabilities on rows kept for it (CalibratedClassifierCV), or lower the "
    "confidence.",
    tasks={CLASSIFICATION},
)
def calibration(
    y: Any,
    probability: Any,
    *,
    groups: Any = None,
    seed: int,
    threshold: float,
    names: Sequence[str] | None = None,
) -> Finding:
    """A probability of 0.8 comes true in 80 % of the cases.

    Parameters
    ----------
    y : array of shape (n,)
        Labels.
    probability : array of shape (n,) or (n, classes)
        Of the class that sorts last, or of all classes in sorted order; of three or more the
        highest is judged, and that of each class against the rest.
    names : list of str, optional
        What the classes are called.

    Notes
    -----
    Compared is the mean distance of the probabilities from what they should be (the expected
    calibration error), as a share of the errors that always naming the largest class would make.
    So 0.1 is 0.05 of all rows between two equal classes, and a tenth of the rare class where it
    has three rows in a hundred.
    What they should be is read off a line through the log odds (Cox 1958, Biometrika 45, 562:
    intercept 0 and slope 1 are perfect) and off ten bins, fewer where a bin would hold less than
    10 groups; the bins' own noise is taken off.
    Fails where one of the two is beyond the threshold and beyond what perfect probabilities show
    in one of two hundred samples (labels drawn from them; scores are divided by their spread over
    groups), for all that is judged together.
    Probabilities of 0 and 1 stand for the smallest that this sample can tell from them.
    """
    asked = _questions(np.asarray(y), np.asarray(probability, dtype=float), names)
    size = len(asked[0].right)
    codes = estimates.group_codes(groups, None, size)
    rows, sampled = estimates.sample(size, seed, MAX_ROWS // min(len(asked), 2))
    judged = []
    for one in asked:
        stated = _clipped(one.stated[rows])
        sample = _Sample(stated, one.right[rows].astype(float), codes[rows], one.scale)
        null = sample.null(seed, looks=len(asked))
        judged.append((one, sample, *_judged(sample, null), null))
    bad = [one for one in judged if one[3] and one[2] > threshold]
    one, sample, value, beyond, _ = max(bad, key=lambda found: found[2], default=judged[0])
    level, slope = sample.line
    message = (
        f"The probabilities{one.words} are off by {value * one.scale:.3f}, which is {value:.2f} of "
        f"the errors of always naming the {one.largest} (threshold {threshold:g}), "
        f"{'more' if beyond else 'no more'} than chance gives; log odds: slope "
        f"{slope:.2f}, shift {level:+.2f} (perfect: 1 and 0){sampled}."
    )
    return Finding(value, not bad, message, judged[0][1].sight(judged[0][4][0], threshold))


@dataclass(frozen=True)
class _Question:
    """Probabilities of one event and whether it came true, shape (n,), and what it is in words."""

    stated: np.ndarray
    right: np.ndarray
    scale: float
    words: str = ""
    largest: str = "largest class"


def _questions(y: np.ndarray, chance: np.ndarray, names: Sequence[str] | None) -> list[_Question]:
    """Return what is judged: one event of two classes, of more the highest and each against all."""
    stated, right = confidence_and_truth(y, chance)
    labels = codes_of(y, chance)
    first = _Question(stated, right, _largest_missed(labels))
    if chance.ndim == 1 or chance.shape[1] < 3:
        return [first]
    found = [first]
    for code in np.unique(labels):
        own = labels == code
        called = names[code] if names else str(code)
        words, largest = f" of class '{called}'", "larger side"
        scale = _largest_missed(own.astype(int))
        found.append(_Question(chance[:, code], own, scale, words, largest))
    return found


def _judged(sample: _Sample, null: np.ndarray) -> tuple[float, bool]:
    """Return by how much probabilities are off, and whether that is beyond chance."""
    found = sample.by_line(), sample.by_bins()
    scores = sample.scores(sample.y, sample.repeats)
    beyond = [off for off, score, most in zip(found, scores, null, strict=True) if score > most]
    return max(beyond, default=found[0]), bool(beyond)


def _largest_missed(labels: np.ndarray) -> float:
    """Return the share of errors of always naming the largest class; not 0 where it is alone."""
    return float(max(1 - np.bincount(labels).max() / len(labels), 1 / len(labels)))


def _clipped(stated: np.ndarray) -> np.ndarray:
    """Return probabilities without 0 and 1: half the smallest step from them that was seen."""
    least = 1 / (2 * len(stated))
    near = np.minimum(stated, 1 - stated)
    if (near <= 0).any() and (near > 0).any():
        least = max(least, min(near[near > 0].min() / 2, 0.005))
    return np.clip(stated, least, 1 - least)


def _odds(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def _chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(odds, -35, 35)))


@dataclass
class _Sample:
    """Stated probabilities p, what came true y (0 or 1), and the group of each row: (n,).

    Distances are given in units of `scale`, a share of the rows.
    """

    p: np.ndarray
    y: np.ndarray
    codes: np.ndarray
    scale: float

    def __post_init__(self) -> None:
        weight, odds = self.p * (1 - self.p), _odds(self.p)
        self.number = len(np.unique(self.codes))
        # The log odds, freed of their mean: so that the scores of level and slope are independent.
        self.x = odds - np.average(odds, weights=weight)
        self.line = self._fit()
        self.q = _chance(self.line[0] + self.line[1] * odds)
        bins = int(np.clip(self.number // PER_BIN, 1, BINS))
        edges = np.unique(np.quantile(self.p, np.linspace(0, 1, bins + 1)[1:-1]))
        self.bins = np.unique(np.searchsorted(edges, self.p, side="right"), return_inverse=True)[1]
        off = self.y - self.q
        self.repeats = np.array([self._repeats(off), self._repeats(off * self.x)])

    def _fit(self) -> tuple[float, float]:
        """Return level and slope of the line; a quarter of a row at 0.5 keeps it finite."""
        odds = _odds(self.p)
        x = np.column_stack([np.ones(len(odds)), odds])
        beta, prior = np.array([0.0, 1.0]), np.diag([1e-6, 0.05])
        if np.ptp(odds) < 1e-9:
            prior = np.diag([1e-6, 1e9])  # one probability for all has no slope: it stays 1
        for _ in range(30):
            chance = _chance(x @ beta)
            slope = x.T @ (self.y - chance) - prior @ (beta - [0, 1])
            bend = x.T @ (x * (chance * (1 - chance))[:, None]) + prior
            step = np.clip(np.linalg.solve(bend, slope), -1, 1)
            beta = beta + step
            if np.abs(step).max() < 1e-8:
                break
        return float(beta[0]), float(beta[1])

    def _repeats(self, off: np.ndarray) -> float:
        """Return how many rows say as much as one independent one, from the spread over groups."""
        alone = float(np.sum(off**2))
        sums = np.bincount(self.codes, weights=off)
        return max(1.0, float(np.sum(sums**2)) / alone) if alone else 1.0

    def by_line(self) -> float:
        """Return the mean distance from the line."""
        return float(np.mean(np.abs(self.q - self.p))) / self.scale

    def by_bins(self) -> float:
        """Return the mean distance from the rate of the bin, its noise taken off in squares."""
        size = np.bincount(self.bins)
        gap = np.bincount(self.bins, weights=self.y - self.p) / size
        rate = (np.bincount(self.bins, weights=self.y) + 0.5) / (size + 1)
        noise = rate * (1 - rate) / size * self.repeats[0]
        left = np.sqrt(np.maximum(gap**2 - noise, 0))
        return float(np.average(left, weights=size)) / self.scale

    def scores(self, y: np.ndarray, repeats: np.ndarray) -> np.ndarray:
        """Return what speaks against the probabilities, of labels (n,) or (n, draws): (2, ...).

        By the line (the larger of level and slope, in deviations) and by bins (squares summed).
        """
        weight = self.p * (1 - self.p)
        off = (y.T - self.p).T
        level = np.abs(off.sum(axis=0)) / np.sqrt(weight.sum() * repeats[0])
        spread = np.sum(weight * self.x**2) * repeats[1]
        slope = np.abs(self.x @ off) / np.sqrt(spread) if spread > 1e-9 else 0 * level
        inside = self.bins == np.arange(self.bins.max() + 1)[:, None]
        gaps = inside.astype(float) @ off
        scale = inside.astype(float) @ weight * repeats[0]
        squares = np.sum(gaps.T**2 / scale, axis=-1)
        return np.array([np.maximum(level, slope), squares])

    def null(self, seed: int, *, looks: int = 1) -> np.ndarray:
        """Return what perfect probabilities show in one of 200 samples of independent rows.

        In fewer samples where several questions are asked at once.
        """
        from scipy.stats import norm, t

        rng = np.random.default_rng(seed)
        draws = (NULL_DRAWS if len(self.p) <= 2000 else NULL_DRAWS // 2) // 50
        draws *= min(looks, MORE_DRAWS)
        rare = BY_CHANCE / looks
        drawn = [
            self.scores((rng.random((len(self.p), 50)) < self.p[:, None]) * 1.0, np.ones(2))
            for _ in range(draws)
        ]
        most = np.quantile(np.concatenate(drawn, axis=1), 1 - rare, axis=1)
        few = t.isf(rare / 2, max(self.number - 1, 1)) / norm.isf(rare / 2)
        return most * np.array([few, few**2])

    def sight(self, most: float, threshold: float) -> Power:
        """Return the overconfidence that would have been seen by the line, from its formula."""
        odds = _odds(self.q)
        truth = self.q

        def seen(factor: float) -> tuple[float, float]:
            """Return size and score (less its limit, in deviations) of odds raised to a power."""
            stated = _clipped(_chance(factor * odds))
            weight, x = stated * (1 - stated), _odds(stated)
            x = x - np.average(x, weights=weight)
            null = math.sqrt(np.sum(weight * x**2) * self.repeats[1])
            if null < 1e-9:
                return 0.0, -math.inf
            size = float(np.mean(np.abs(truth - stated))) / self.scale
            level = math.sqrt(np.sum(weight) * self.repeats[0])
            best = -math.inf
            for by, norm, repeats in ((x, null, 1), (np.ones(len(x)), level, 0)):
                shown = abs(by @ (truth - stated)) / norm
                spread = np.sum(truth * (1 - truth) * by**2) * self.repeats[repeats]
                best = max(best, (shown - most) / (math.sqrt(spread) / norm))
            return size, best

        grid = [seen(factor) for factor in 1.06 ** np.arange(1, 60)]
        sizes = [size for size, score in grid if score >= SURE]
        least = sizes[0] if sizes else math.inf
        error = least / (most + SURE)
        size = max(least, threshold + SURE * error)
        matters = 2 * threshold
        enough = None
        if math.isfinite(size) and math.isfinite(threshold) and threshold > 0:
            need = min(threshold / SURE, matters / (most + SURE))
            enough = rounded(math.ceil(len(self.p) * max(error / need, 1) ** 2))
        fault = f"a distance of {size:.2g}"
        return Power(size, matters, fault, "from these probabilities", enough)
