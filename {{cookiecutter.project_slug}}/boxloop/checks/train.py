"""Checks of training: what was learnt, from which rows, and whether the score can be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.fits import each
from boxloop.measure.kinds import TASKS

from .core import Finding, NotApplicable, check, listed
from .refit import changed_statistics

PERMUTATIONS = 3
PERMUTED_ROWS = 2_000


@check(
    "train.pipeline",
    notebook="04_train",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.2",
    fix="Put every scaler, imputer and selection into the Pipeline and fit it on the training "
    "rows only.",
)
def pipeline(model: Any, X: Any, y: Any = None, *, threshold: float) -> Finding | NotApplicable:
    """Every statistic inside the pipeline was learnt from the training rows alone.

    Parameters
    ----------
    model : fitted estimator
    X : DataFrame
        The rows that the model was trained on; all of them, since a sample has other statistics.
    y : array, optional
        Needed for steps that learn from the target.

    Notes
    -----
    Every step is fitted anew on X and what it learnt is compared to one part in a million.
    """
    seen, changed, skipped = changed_statistics(model, X, y)
    left_out = f" Not compared: {listed(skipped)}." if skipped else ""
    if not seen:
        return NotApplicable(f"No step of the model learns statistics of the inputs.{left_out}")
    if not changed:
        message = (
            f"All {seen} learnt statistics agree with a fit on the {len(X):,} training "
            f"rows.{left_out}"
        )
        return Finding(0, passed=True, message=message)
    message = (
        f"{len(changed)} of {seen} learnt statistics differ from a fit on the {len(X):,} training "
        "rows"
    )
    message += f" ({threshold:g} allowed): {listed(changed)}.{left_out}"
    return Finding(len(changed), len(changed) <= threshold, message)


@check(
    "train.permuted_labels",
    notebook="04_train",
    threshold=0.1,
    source="Kapoor and Narayanan L1.3; Huppenkothen et al. §2.2",
    fix="Look for a step that sees the held-out rows: a selection, an encoding or a memory "
    "outside the folds.",
)
def permuted_labels(
    model: Any, X: Any, y: Any, *, groups: Any = None, task: str | None, seed: int, threshold: float
) -> Finding | NotApplicable:
    """With shuffled labels the whole training scores no better than chance.

    Parameters
    ----------
    model : estimator, or function (X, y, groups, seed) -> score
        A function runs the whole procedure, selection included, and returns its held-out score:
        an AUC for classes, a correlation with the target for regression.
    groups : str or array, optional
        Labels are shuffled between groups and folds respect them.

    Notes
    -----
    The score is a rank correlation, or 2 AUC - 1, so that chance is 0.
    The number compared is the mean of 3 shuffles less 3 standard errors of chance.
    """
    codes = estimates.group_codes(groups, X if hasattr(X, "columns") else None, len(y))
    rows, _ = estimates.sample(len(y), seed, PERMUTED_ROWS)
    part, labels, codes = (
        (X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]),
        np.asarray(y)[rows],
        codes[rows],
    )
    scorer = _scorer(model, task)
    if scorer is None:
        return NotApplicable("The model is fitted without labels.")
    classes = scorer is not _regression_score and not (callable(model) and _has_numbers(task))
    labels = estimates.target_codes(labels) if classes else labels.astype(float)
    rng = np.random.default_rng(seed)
    shuffled = [_shuffle(labels, codes, rng) for _ in range(PERMUTATIONS)]
    scores = each(lambda these: scorer(model, part, these, codes, seed), shuffled)
    mean, chance = float(np.mean(scores)), _chance(labels, codes, classes=classes)
    low = mean - 3 * chance / np.sqrt(PERMUTATIONS)
    message = (
        f"Mean score {mean:.3f} on {PERMUTATIONS} shuffles of the labels of {len(rows):,} rows, "
        "where chance gives "
        f"0 ± {chance:.3f} for each (at least {low:.3f}; threshold {threshold:g})."
    )
    return Finding(low, low <= threshold, message)


def _scorer(model: Any, task: str | None) -> Callable | None:
    from sklearn.base import is_classifier, is_regressor

    if not hasattr(model, "fit"):
        return lambda procedure, *args: (
            procedure(*args) if _has_numbers(task) else 2 * procedure(*args) - 1
        )
    if is_classifier(model):
        return _class_score
    return _regression_score if is_regressor(model) or _has_numbers(task) else None


def _has_numbers(task: str | None) -> bool:
    return task is not None and not TASKS[task].has_classes


def _class_score(model: Any, X: Any, y: np.ndarray, groups: np.ndarray, seed: int) -> float:
    return float(
        2 * estimates.class_auc(y, estimates.out_of_fold(model, X, y, groups, seed, 2))[0] - 1
    )


def _regression_score(model: Any, X: Any, y: np.ndarray, groups: np.ndarray, seed: int) -> float:
    from scipy.stats import spearmanr

    score = spearmanr(estimates.out_of_fold(model, X, y, groups, seed, 2), y).statistic
    return float(np.nan_to_num(score))


def _shuffle(y: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle labels between groups that share one label, else between rows."""
    codes = np.unique(groups, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    if len(first) < len(y) and (y == y[first][codes]).all():
        return y[rng.permutation(first)][codes]
    return rng.permutation(y)


def _chance(y: np.ndarray, groups: np.ndarray, *, classes: bool) -> float:
    # Rows of a group are not independent, so the number of groups sets the noise.
    share = len(np.unique(groups)) / len(y)
    if not classes:
        return float(1 / np.sqrt(max(share * len(y) - 1, 1)))
    counts = np.bincount(y) * share
    few = max(float(counts.min()), 1.0)
    rest = max(float(counts.sum()) - few, 1.0)
    return float(2 * np.sqrt((few + rest + 1) / (12 * few * rest)))


@check(
    "train.seeds",
    notebook="04_train",
    threshold=1.0,
    source="Huppenkothen et al. §2.2",
    fix="Train with at least five seeds and report their mean with its standard deviation.",
)
def seeds(
    scores: Iterable[float], *, reported: float, better: str | None = None, threshold: float
) -> Finding:
    """The reported score is what the seeds give, not the luckiest of them.

    Parameters
    ----------
    scores : one score per seed, at least five
    reported : the score that is published
    better : {"higher", "lower"}, optional
        Then only a flattering difference counts.

    Notes
    -----
    Fails when the reported score is further than `threshold` standard deviations from the mean,
    or when it is the best score of all: the best of five can lie within one standard deviation.
    """
    values = np.asarray(list(scores), dtype=float)
    if len(values) < 5:
        return Finding(
            len(values),
            passed=False,
            message=f"Scores of {len(values)} seeds were given, at least 5 are needed.",
        )
    mean, spread = values.mean(), values.std(ddof=1)
    sign = {"higher": 1.0, "lower": -1.0}.get(better or "", 0.0)
    difference = sign * (reported - mean) if sign else abs(reported - mean)
    tiny = 1e-9 * max(abs(mean), 1e-300)
    away = 0.0 if difference <= tiny else difference / max(spread, tiny)
    # Rounding of a stored score must not hide that it is the best one.
    above, below = reported >= values.max() - tiny, reported <= values.min() + tiny
    extreme = bool(away > 0 and ((above and sign >= 0) or (below and sign <= 0)))
    message = (
        f"Reported {reported:.4g}; {len(values)} seeds give {mean:.4g} ± {spread:.2g} "
        f"({away:.2f} standard deviations away, threshold {threshold:g})"
    )
    message += ", and no seed is more extreme." if extreme else "."
    return Finding(away, away <= threshold and not extreme, message)


@check(
    "train.too_good",
    notebook="04_train",
    threshold=1.6,
    source="Huppenkothen et al. §2.5 (success that is failure in disguise)",
    fix="Look for an input that knows the target, or correct the information limit.",
)
def too_good(
    model_scatter: float, limit_scatter: float | None, *, threshold: float
) -> Finding | NotApplicable:
    """The model is not better than the information in its inputs allows.

    Parameters
    ----------
    model_scatter : scatter of the model on held-out rows
    limit_scatter : scatter of the ideal inference from the same inputs, or None where nobody
        knows it
    """
    if limit_scatter is None:
        return NotApplicable("No information limit is known for these inputs.")
    ratio = limit_scatter / model_scatter if model_scatter else np.inf
    message = (
        f"The model scatters by {model_scatter:.3g}, the information limit is {limit_scatter:.3g}: "
        f"{ratio:.2f} times better (threshold {threshold:g})."
    )
    return Finding(ratio, bool(ratio <= threshold), message)
