"""Checks of the validation results: the flattering number is the whole story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.intervals import group_bootstrap
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION, REGRESSION

from .core import Finding, NotApplicable, check
from .surest import calibration_error, confidence_and_truth, confident_errors

BINS = 10
PER_BIN = 10  # groups at least: the noise of a bin is read off the rows in it


@check(
    "diagnose.accuracy_paradox",
    notebook="05_diagnose",
    threshold=0.2,
    source="Huppenkothen et al. §2.3",
    fix="Report completeness and purity per class instead of accuracy, and weight the classes in "
    "training.",
    tasks={CLASSIFICATION},
)
def accuracy_paradox(y: Any, predicted: Any, *, threshold: float) -> Finding:
    """Accuracy does not hide that a rare class is missed.

    Notes
    -----
    Compared is accuracy minus balanced accuracy, less two standard errors of the class recalls.
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    codes = estimates.target_codes(y)
    counts = np.bincount(codes)
    recall = np.bincount(codes, weights=y == predicted) / counts
    accuracy, balanced = float((y == predicted).mean()), float(recall.mean())
    # One success and one failure more: a class of three objects is never sure.
    smooth = (recall * counts + 1) / (counts + 2)
    error = float(np.sqrt(np.sum(smooth * (1 - smooth) / (counts + 2)))) / len(counts)
    value = accuracy - balanced - 2 * error
    message = (
        f"Accuracy {accuracy:.3f}, balanced accuracy {balanced:.3f}, always the largest class "
        f"{counts.max() / counts.sum():.3f} (difference at least {value:.3f}, threshold "
        f"{threshold:g})."
    )
    return Finding(value, value <= threshold, message)


@check(
    "diagnose.calibration",
    notebook="05_diagnose",
    threshold=0.035,
    source="Cheng §3.4",
    fix="Calibrate the probabilities on rows kept for it (CalibratedClassifierCV), or lower the "
    "confidence.",
    tasks={CLASSIFICATION},
)
def calibration(
    y: Any, probability: Any, *, groups: Any = None, seed: int, threshold: float
) -> Finding:
    """A probability of 0.8 comes true in 80 % of the cases.

    Parameters
    ----------
    y : array of shape (n,)
        Labels.
    probability : array of shape (n,) or (n, classes)
        Of the class that sorts last, or of all classes in sorted order; then the highest is judged.

    Notes
    -----
    Expected calibration error in bins of equal size: 10, fewer where a bin would hold less than
    10 groups.
    Compared is its lower 97.5 % bound over groups, less the error that ten finite bins show even
    under perfect calibration: that of bootstrapped groups after the gap of every bin is taken
    off.
    """
    confidence, right = confidence_and_truth(np.asarray(y), np.asarray(probability, dtype=float))
    codes = estimates.group_codes(groups, None, len(right))
    rows, sampled = estimates.sample(len(right), seed, 50_000)
    confidence, right, codes = confidence[rows], right[rows].astype(float), codes[rows]
    number = int(np.clip(len(np.unique(codes)) // PER_BIN, 1, BINS))
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, number + 1)[1:-1]))
    bins = np.searchsorted(edges, confidence, side="right")
    gap = right - confidence
    error = calibration_error(bins, gap, np.ones(len(gap)))
    noise = gap - (np.bincount(bins, weights=gap) / np.maximum(np.bincount(bins), 1))[bins]
    drawn = [
        [calibration_error(bins, g, weight) for g in (gap, noise)]
        for weight in estimates.draws(codes, seed)
    ]
    spread, floor = np.std(drawn, axis=0)[0], np.mean(drawn, axis=0)[1]
    low = max(0.0, float(error - floor - 1.96 * spread))
    message = (
        f"Expected calibration error {error:.3f} (at least {low:.3f} beyond noise, threshold "
        f"{threshold:g}){sampled}."
    )
    return Finding(low, low <= threshold, message)


@check(
    "diagnose.coverage",
    notebook="05_diagnose",
    threshold=0.05,
    source="Cheng §3.4; Huppenkothen et al. §2.4",
    fix="Set the intervals by conformal prediction on rows kept for it, or scale the error bars.",
    tasks={REGRESSION},
)
def coverage(
    y: Any, low: Any, high: Any, *, level: float, groups: Any = None, seed: int, threshold: float
) -> Finding:
    """The intervals contain the truth as often as they promise.

    Parameters
    ----------
    y, low, high : arrays of shape (n,)
    level : promised coverage

    Notes
    -----
    Compared is the distance from the level to the nearer end of the 95 % interval of the coverage;
    that interval is the wider of a group bootstrap and Wilson's.
    """
    inside = ((np.asarray(y) >= np.asarray(low)) & (np.asarray(y) <= np.asarray(high))).astype(
        float
    )
    codes = estimates.group_codes(groups, None, len(inside))
    share, *ends = group_bootstrap(
        np.mean, inside, groups=codes, draws=estimates.DRAWS, seed=seed, level=estimates.LEVEL
    )
    wilson = _wilson(share, len(np.unique(codes)))
    below, above = min(ends[0], wilson[0]), max(ends[1], wilson[1])
    value = float(max(0.0, below - level, level - above))
    message = (
        f"{share:.1%} of {len(inside):,} intervals contain the truth; the 95 % interval of this "
        f"share, {below:.1%} to {above:.1%}, "
    )
    miss = f"misses the promised {level:.1%} by {value:.1%} (threshold {threshold:.1%})."
    message += miss if value else f"includes the promised {level:.1%}."
    return Finding(value, value <= threshold, message)


def _wilson(share: float, size: int, z: float = 1.96) -> tuple[float, float]:
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return float(middle - half), float(middle + half)


@check(
    "diagnose.regression_to_mean",
    notebook="05_diagnose",
    threshold=0.2,
    source="Huppenkothen et al. §2.3",
    fix="Add inputs that carry information at the extremes, or correct for it where the "
    "predictions are used.",
    tasks={REGRESSION},
)
def regression_to_mean(
    y: Any, predicted: Any, *, groups: Any = None, seed: int, threshold: float
) -> Finding:
    """High values are not predicted too low, nor low values too high.

    Notes
    -----
    Compared is 1 minus the slope of the prediction against the truth: its lower 97.5 % bound over
    groups.
    """
    y, predicted = np.asarray(y, dtype=float), np.asarray(predicted, dtype=float)
    codes = estimates.group_codes(groups, None, len(y))
    value = 1 - _slope(y, predicted, np.ones(len(y)))
    low, high = np.quantile(
        [1 - _slope(y, predicted, weight) for weight in estimates.draws(codes, seed)],
        [(1 - estimates.LEVEL) / 2, (1 + estimates.LEVEL) / 2],
    )
    top = y >= np.quantile(y, 0.9)
    message = (
        f"The slope of prediction against truth falls short of 1 by {value:.3f} ({low:.3f} to "
        f"{high:.3f}, "
        f"threshold {threshold:g}); the mean residual of the top tenth is "
        f"{np.mean((predicted - y)[top]):.3g}."
    )
    return Finding(float(low), bool(low <= threshold), message)


def _slope(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    x = x - np.average(x, weights=weight)
    spread = np.sum(weight * x**2)
    return float(np.sum(weight * x * y) / spread) if spread else 0.0


@check(
    "diagnose.label_noise",
    notebook="05_diagnose",
    threshold=0.02,
    source="Huppenkothen et al. §1, §2.4",
    fix="Inspect the rows that the model gets wrong with the highest confidence, and correct or "
    "drop their labels.",
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
    A model trained on wrong labels expects wrong labels, so its own probabilities betray nothing.
    But classes that merely overlap leave few errors among the surest third of the rows of a
    predicted class, while wrong labels stand there as often as anywhere.
    Compared is the error rate of that third less what two overlapping normal classes with the
    same total error would leave, less two standard errors.
    A part of a class that looks exactly like another class has the same effect.
    """
    labels = estimates.target_codes(y)
    probability = np.asarray(out_of_fold_probability, dtype=float)
    if probability.ndim == 1:
        probability = np.column_stack([1 - probability, probability])
    surest, expected, error = confident_errors(labels, probability)
    value = surest - expected - 2 * error
    message = (
        f"The surest third has {surest:.1%} wrong labels where overlap explains {expected:.1%} "
        f"(at least {max(value, 0):.1%} more, threshold {threshold:.1%})."
    )
    return Finding(value, value <= threshold, message)


@check(
    "diagnose.class_conditional",
    notebook="05_diagnose",
    threshold=2.0,
    source="Cheng §3.2",
    fix="Quote the rate for each background class, and choose the working point on the worst of "
    "them.",
    tasks={CLASSIFICATION, ANOMALY},
)
def class_conditional(
    score: Any, background_class: Iterable[Any], *, total_rate: float, threshold: float
) -> Finding | NotApplicable:
    """No kind of background passes the cut far more often than another.

    Parameters
    ----------
    score : array of shape (n,)
        Of background rows only; high is selected.
    background_class : array of shape (n,)
    total_rate : false-positive rate of all background together

    Notes
    -----
    Compared is the ratio of the highest to the lowest rate, less 1.96 standard errors of its
    logarithm; with more than two classes the factor grows, since the most different pair is
    picked.
    """
    from scipy.stats import norm

    score, kinds = np.asarray(score, dtype=float), np.asarray(list(background_class))
    names, codes = np.unique(kinds, return_inverse=True)
    if len(names) < 2:
        return NotApplicable("There is one class of background only.")
    order = np.argsort(-score, kind="stable")
    passed = np.zeros(len(score))
    passed[order[: max(1, round(total_rate * len(score)))]] = 1
    counts, total = np.bincount(codes, weights=passed), np.bincount(codes)
    # Half a count more, so that a class of which nothing passes has a rate with an error.
    rates, errors = (counts + 0.5) / (total + 1), np.sqrt(1 / (counts + 0.5) - 1 / (total + 1))
    z = norm.isf(0.05 / (len(names) * (len(names) - 1)))
    ratio = np.log(rates[:, None] / rates[None, :])
    bound = np.exp(ratio - z * np.hypot(errors[:, None], errors[None, :]))
    np.fill_diagonal(bound, 0)
    most, least = np.unravel_index(np.argmax(bound), bound.shape)
    value = float(bound[most, least])
    message = (
        f"At a total rate of {total_rate:.2%}, '{names[most]}' passes at "
        f"{counts[most] / total[most]:.2%} and "
        f"'{names[least]}' at {counts[least] / total[least]:.2%} (at least {value:.2f} times, "
        f"threshold {threshold:g})."
    )
    return Finding(value, value <= threshold, message)
