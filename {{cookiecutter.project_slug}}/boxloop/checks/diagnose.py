"""Checks of the validation results: the flattering number is the whole story."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION, REGRESSION

from .core import Finding, NotApplicable, check
from .power import CHANCE, SURE, Power, counted, rounded


@check(
    "diagnose.accuracy_paradox",
    notebook="05_diagnose",
    weight="limit",
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
    Compared is accuracy minus balanced accuracy, less what chance adds to it in one of a hundred
    samples, by the errors of the class recalls: a difference is no fault, only a large one.
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    codes = estimates.target_codes(y)
    counts = np.bincount(codes)
    recall = np.bincount(codes, weights=y == predicted) / counts
    accuracy, balanced = float((y == predicted).mean()), float(recall.mean())
    # One success and one failure more: a class of three objects is never sure.
    smooth = (recall * counts + 1) / (counts + 2)
    error = float(np.sqrt(np.sum(smooth * (1 - smooth) / (counts + 2)))) / len(counts)
    value = accuracy - balanced - CHANCE * error
    message = (
        f"Accuracy {accuracy:.3f}, balanced accuracy {balanced:.3f}, always the largest class "
        f"{counts.max() / counts.sum():.3f} (difference at least {value:.3f}, threshold "
        f"{threshold:g})."
    )
    seen = threshold + (CHANCE + SURE) * error
    enough = None
    if math.isfinite(threshold) and threshold > 0:
        enough = rounded(math.ceil(len(y) * ((CHANCE + SURE) * error / threshold) ** 2))
    fault = f"a difference of {seen:.2g}"
    sight = Power(seen, 2 * threshold, fault, "from the errors of the recalls", enough)
    return Finding(value, value <= threshold, message, sight, error=error)


@check(
    "diagnose.regression_to_mean",
    notebook="05_diagnose",
    weight="limit",
    threshold=0.2,
    source="Huppenkothen et al. §2.3",
    fix="Let the model be less, or more, cautious (its regularisation), or correct the predictions "
    "with a line fitted on rows kept for it.",
    tasks={REGRESSION},
)
def regression_to_mean(
    y: Any,
    predicted: Any,
    *,
    threshold: float,
    groups: Any = None,
    seed: int | None = None,  # noqa: ARG001  # cells of older projects give it
) -> Finding:
    """Where the prediction rises by one, the truth rises by one.

    Notes
    -----
    Compared is the distance from 1 of the slope of the truth on the prediction: 1 for the best
    predictor that exists, however noisy its inputs, because E[y | prediction] is then the
    prediction.
    More than 1 is a model that shrinks too much, less than 1 one that follows its noise, and a
    negative slope one that is upside down.
    (The slope of the prediction on the truth is R² even for the best predictor.)
    The error is a jackknife over groups, which tails and far predictions widen; fails beyond what
    chance gives in one of a hundred samples (Student's t).
    A constant prediction has no slope: all that varies is lost, and its distance is 1.
    """
    from scipy.stats import t

    y, predicted = np.asarray(y, dtype=float), np.asarray(predicted, dtype=float)
    codes = estimates.group_codes(groups, None, len(y))
    number, of = len(np.unique(codes)), "rows" if groups is None else "groups"
    if np.ptp(predicted) <= 1e-9 * max(np.ptp(y), np.abs(predicted).max(), 1e-300):
        message = f"The prediction is {predicted[0]:.4g} in every row: it follows nothing."
        return Finding(1.0, threshold >= 1, message, counted("a constant prediction"))
    slope, error = _slope_of_truth(y, predicted, codes)
    chance = float(t.isf(0.005, max(number - 2, 1)))
    value = abs(slope - 1)
    tops = ((predicted - y)[x >= np.quantile(x, 0.9)].mean() for x in (predicted, y))
    half = float(t.isf((1 - estimates.LEVEL) / 2, max(number - 2, 1))) * error
    message = (
        f"Where the prediction rises by 1, the truth rises by {slope:.3f} ({slope - half:.3f} to "
        f"{slope + half:.3f}): {value:.3f} off 1, threshold {threshold:g}; the mean residual is "
        "{:.3g} in the top tenth of the prediction and {:.3g} in that of the truth.".format(*tops)
    )
    sight = _slope_seen(error / max(abs(slope), 0.2), threshold, chance, number, of)
    passed = not (value > threshold and value > chance * error)
    return Finding(value, passed, message, sight, error=error)


def _slope_seen(error: float, threshold: float, chance: float, size: int, of: str) -> Power:
    """Return the distance from 1 that would have been seen; the error grows with the slope.

    Parameters
    ----------
    error : float
        Relative error of the slope, over `size` groups or rows (`of`).
    """
    matters, seen = 2 * threshold, math.inf
    if (chance + SURE) * error < 1:
        sure = (threshold + SURE * error) / (1 - SURE * error)
        seen = max(sure, (chance + SURE) * error / (1 - (chance + SURE) * error))
    enough = None
    if threshold > 0 and math.isfinite(threshold * error):
        need = min(threshold / SURE, matters / (chance + SURE)) / (1 + matters)
        enough = rounded(math.ceil(size * (error / need) ** 2))
    fault = f"a slope that is {seen:.2g} above 1"
    return Power(seen, matters, fault, f"from the spread over {of}", enough, of)


def _slope_of_truth(y: np.ndarray, predicted: np.ndarray, codes: np.ndarray) -> tuple[float, float]:
    """Return the slope of the truth on the prediction, and its jackknife error over groups."""
    x, y = predicted - predicted.mean(), y - y.mean()
    size = np.ones(len(x))
    # One row of sums per group: number, x, y, x², xy.
    parts = np.array([np.bincount(codes, weights=w) for w in (size, x, y, x * x, x * y)])
    number = parts.shape[1]
    left = np.column_stack([parts.sum(axis=1), parts.sum(axis=1)[:, None] - parts])
    spread = left[3] - left[1] ** 2 / np.maximum(left[0], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (left[4] - left[1] * left[2] / np.maximum(left[0], 1)) / spread
    if number < 3 or not np.isfinite(slopes).all():
        return float(np.nan_to_num(slopes[0])), math.inf
    error = math.sqrt((number - 1) * float(np.mean((slopes[1:] - slopes[0]) ** 2)))
    return float(slopes[0]), error


@check(
    "diagnose.class_conditional",
    notebook="05_diagnose",
    weight="limit",
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
        Of background rows only; high is selected. Probabilities of several classes have none.
    background_class : array of shape (n,)
    total_rate : false-positive rate of all background together

    Notes
    -----
    Compared is the ratio of the highest to the lowest rate, less what chance makes of it in one
    of forty samples on either side (of more, where the most different of several pairs is picked).
    What would have been seen is said for the class with the fewest rows.
    """
    from scipy.stats import norm

    score, kinds = np.asarray(score, dtype=float), np.asarray(list(background_class))
    if score.ndim > 1:
        return NotApplicable("No class of interest is named: none of several is background.")
    names, codes = np.unique(kinds, return_inverse=True)
    if len(names) < 2:
        return NotApplicable("There is one class of background only.")
    number = max(1, round(total_rate * len(score)))
    cut = np.partition(score, len(score) - number)[len(score) - number]
    # Rows at the cut pass in part: which of them come first in the table says nothing.
    passed = (score > cut).astype(float)
    passed[score == cut] = (number - passed.sum()) / np.sum(score == cut)
    counts, total = np.bincount(codes, weights=passed), np.bincount(codes)
    # Half a count more, so that a class of which nothing passes has a rate with an error.
    rates, errors = (counts + 0.5) / (total + 1), np.sqrt(1 / (counts + 0.5) - 1 / (total + 1))
    z = norm.isf(0.05 / (len(names) * (len(names) - 1)))
    ratio = np.log(rates[:, None] / rates[None, :])
    bound = np.exp(ratio - z * np.hypot(errors[:, None], errors[None, :]))
    np.fill_diagonal(bound, 0)
    most, least = np.unravel_index(np.argmax(bound), bound.shape)
    value, error = float(bound[most, least]), math.hypot(errors[most], errors[least])
    high, low = counts[most] / total[most], counts[least] / total[least]
    message = (
        f"At a total rate of {total_rate:.2%}, '{names[most]}' passes at {high:.2%} and "
        f"'{names[least]}' at {low:.2%} (at least {value:.2f} times, threshold {threshold:g})."
    )
    sight = _rate_seen(str(names[np.argmin(total)]), total, total_rate, z, threshold)
    return Finding(value, value <= threshold, message, sight, error=error, ratio=True)


def _rate_seen(name: str, total: np.ndarray, rate: float, z: float, threshold: float) -> Power:
    """Return the ratio of rates that would have been seen of the class with the fewest rows."""
    few, many = total.min(), np.sort(total)[1]

    def error(ratio: float, factor: float = 1.0) -> float:
        passing = min(rate * ratio, 0.5) * few, rate * many
        return math.sqrt(sum(1 / (factor * number + 0.5) for number in passing))

    seen = threshold
    for _ in range(30):  # the more often it passes, the better its rate is known
        seen = (seen * threshold * math.exp(min((z + SURE) * error(seen), 300))) ** 0.5
    enough: int | None = None
    for factor in 1.2 ** np.arange(1, 80):
        if (z + SURE) * error(2 * threshold, factor) <= math.log(2):
            enough = rounded(math.ceil(factor * total.sum()))
            break
    fault = f"'{name}' passing {seen:.2g} times as often"
    how = "from the numbers of rows"
    return Power(seen, 2 * threshold, fault, how, enough, "background rows")
