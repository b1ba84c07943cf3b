"""Checks of training: what was learnt, from which rows, and whether the score can be believed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import TASKS

from .chance import Score, against_chance, class_error, one_thread, pooled, shared
from .core import Finding, NotApplicable, check, listed
from .power import CHANCE, SURE, Power, by_error, counted, seen_from
from .refit import changed_statistics, depends_on_company

SHUFFLES = range(4, 17)  # at least, and fewer than: more where one says little
RARE_CHANCE = 3.0  # standard errors: a study may shuffle and run again many times
WELL_KNOWN = 8  # shuffles, from which on their scatter is known
PERMUTED_ROWS = 2_000
FEWEST_SEEDS = 5
LUCK = 0.02  # how often an honest seed may look like a lucky one
COMPANY = "the prediction for a row changes with the rows that are handed over with it"
RARELY = 3.0  # standard deviations of the seeds, from which on luck matters


@check(
    "train.pipeline",
    notebook="04_train",
    weight="void",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.2",
    fix="Put every scaler, imputer and selection into the Pipeline and fit it on the training "
    "rows only.",
)
def pipeline(
    model: Any, X: Any, y: Any = None, *, path: Any = None, threshold: float
) -> Finding | NotApplicable:
    """Every statistic of the inputs was learnt from the training rows alone.

    Parameters
    ----------
    model : fitted estimator
    X : DataFrame
        The rows that the model was trained on; all of them, since a sample has other statistics.
    y : array, optional
        Needed for steps that learn from the target.
    path : boxloop.record.rehearsal.Rehearsal, optional
        Its `halves` runs the preparation of the study with rows taken away; an input of the other
        rows that changes was learnt from those.

    Notes
    -----
    Every step is fitted anew on X and what it learnt is compared to one part in a million; a few
    rows are predicted alone and together, which must be the same.
    """
    seen, changed, skipped = changed_statistics(model, X, y)
    left_out = f" Not compared: {listed(skipped)}." if skipped else ""
    inputs, moved, reason = _prepared(path)
    company = [COMPANY] if depends_on_company(model, X) else []
    if not seen and path is None and not company:
        return NotApplicable(f"No step of the model learns statistics of the inputs.{left_out}")
    found = len(changed) + len(moved) + len(company)
    said = _all_well(seen, inputs, X)
    if found:
        said = "; ".join([*_faults(seen, changed, inputs, moved, len(X)), *company])
    allowed = f" ({threshold:g} allowed)" if found else ""
    power = counted("one statistic")
    if reason:
        why = f"study.data did not run with fewer rows: {reason}"
        power = Power(np.inf, 1, "a statistic inside the model", why)
    return Finding(found, found <= threshold, f"{said}{allowed}.{left_out}", power)


def _faults(seen: int, changed: list[str], inputs: int, moved: list[str], rows: int) -> list[str]:
    """Return the words for statistics, and for inputs, that other rows have part in."""
    parts = []
    if changed:
        words = f"learnt statistics differ from a fit on the {rows:,} training rows"
        parts.append(f"{len(changed)} of {seen} {words}: {listed(changed)}")
    if moved:
        words = "change when other rows of data/raw are taken away, so they were learnt from these"
        parts.append(f"{len(moved)} of {inputs} inputs of study.data {words}: {listed(moved)}")
    return parts


def _all_well(seen: int, inputs: int, X: Any) -> str:
    """Return the words for a model and a preparation without a fault."""
    agree = f"All {seen} learnt statistics agree with a fit on the {len(X):,} training rows"
    said = agree if seen else "No step of the model learns statistics of the inputs"
    kept = f"; the {inputs} inputs of study.data are the same whatever rows are beside them"
    return said + (kept if inputs else "")


def _prepared(path: Any) -> tuple[int, list[str], str]:
    """Return how many inputs were compared, which of them change, and why it could not be told."""
    if path is None:
        return 0, [], ""
    try:
        return (*path.halves(), "")
    except Exception as error:  # noqa: BLE001  # whatever the study raises, it is the answer
        return 0, [], _said(error)


def _said(error: Exception) -> str:
    """Return the first line of an error, without its full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")[:200]


@check(
    "train.permuted_labels",
    notebook="04_train",
    weight="void",
    threshold=0.1,
    source="Kapoor and Narayanan L1.3; Huppenkothen et al. §2.2",
    fix="Look for a step that sees the held-out rows: a selection, an encoding or a memory "
    "outside the folds.",
)
def permuted_labels(
    model: Any,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    task: str | None,
    seed: int,
    path: Any = None,
    threshold: float,
) -> Finding | NotApplicable:
    """With shuffled labels the whole path scores no better than chance.

    Parameters
    ----------
    model : estimator, or function (X, y, groups, seed) -> score
        A function runs a whole procedure and returns its held-out score: an AUC for classes, a
        correlation with the target for regression.
    groups : str or array, optional
        Labels are shuffled between groups and folds respect them.
    path : boxloop.record.rehearsal.Rehearsal, optional
        The study from its raw tables on: labels are shuffled before study.data sees them.

    Notes
    -----
    The mean of 4 to 16 shuffles of a rank correlation, or of 2 AUC - 1: chance is 0.
    """
    told = "" if path is None else _rehearsed(path, X, len(y), threshold)
    if not isinstance(told, str):
        return told
    one, size = _estimator(model, X, y, groups, task, seed), min(len(y), PERMUTED_ROWS)
    if one is None:
        return NotApplicable("The model is fitted without labels.")
    found = _judged(*_shuffles(one), threshold, f"of {size:,} rows", size)
    if told and isinstance(found, Finding):
        alone = Power(np.inf, 2 * threshold, "a leak inside the model", told)
        found = replace(found, power=alone)
    return found


def _rehearsed(path: Any, X: Any, size: int, threshold: float) -> Finding | NotApplicable | str:
    """Return what the study's own path scores on shuffled labels, or why it could not be run."""
    if path.shuffled_column is None:
        return NotApplicable("The model is fitted without labels.")
    if chosen := path.left_out(X):
        message = (
            f"Inputs left out in a cell, which no shuffle of the labels sees: {listed(chosen)}."
        )
        return Finding(None, passed=False, message=message, power=counted("one input"))
    try:
        return _judged(*_shuffles(path.shuffle), threshold, "of data/raw", size)
    except Exception as error:  # noqa: BLE001  # whatever the study raises, it is the answer
        return f"study.data did not run on shuffled labels: {_said(error)}"


def _shuffles(one: Callable[[int], Score | None]) -> tuple[list[float], float]:
    """Return the scores of several shuffles, and the standard error of one by chance."""
    scores, error = [], np.inf
    for number in range(SHUFFLES.stop - 1):
        found = one(number)
        if found is None:
            if number >= SHUFFLES.start:
                break
            continue
        scores.append(found.value)
        error = found.error
        # Their number depends on how much one can show, never on what it shows.
        if len(scores) >= max(SHUFFLES.start, (error / 0.05) ** 2):
            break
    return scores, error


def _judged(
    scores: list[float], error: float, threshold: float, where: str, size: int
) -> Finding | NotApplicable:
    """Return the finding for the scores of shuffled labels."""
    if not scores:
        return NotApplicable(
            "No fold has enough rows, of two classes where there are classes, to score shuffled "
            "labels."
        )
    if len(scores) >= WELL_KNOWN:  # a handful of rows of a class scatters more than large samples
        error = max(error, float(np.std(scores, ddof=1)))
    mean, spread = float(np.mean(scores)), error / np.sqrt(len(scores))
    power = by_error(
        spread,
        threshold,
        2 * threshold,
        fault="a mean score of {:.2f}",
        how="from the number of rows and shuffles",
        size=size,
        chance=RARE_CHANCE,
    )
    message = (
        f"Mean score {mean:.3f} on {len(scores)} shuffles of the labels {where}, where chance "
        f"gives 0 ± {spread:.3f} (threshold {threshold:g})."
    )
    passed = mean <= max(threshold, RARE_CHANCE * spread)
    return Finding(mean, passed, message, power, error=float(spread))


def _estimator(
    model: Any, X: Any, y: Any, groups: Any, task: str | None, seed: int
) -> Callable[[int], Score | None] | None:
    """Return what shuffles the labels of these rows and scores the model; None: it has no labels.

    Parameters are those of `permuted_labels`.
    """
    from sklearn.base import is_classifier, is_regressor

    codes = estimates.group_codes(groups, X if hasattr(X, "columns") else None, len(y))
    rows, _ = estimates.sample(len(y), seed, PERMUTED_ROWS)
    part = X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]
    labels, codes = np.asarray(y)[rows], codes[rows]
    numbers = task is not None and not TASKS[task].has_classes
    if hasattr(model, "fit"):
        classes = is_classifier(model)
        if not (classes or is_regressor(model) or numbers):
            return None
    else:
        classes = not numbers
    labels = estimates.target_codes(labels) if classes else labels.astype(float)
    score = partial(_held_out if hasattr(model, "fit") else _procedure, model, part)

    def one(number: int) -> Score | None:
        these = _shuffle(labels, codes, np.random.default_rng([seed, number]))
        return score(these, codes, seed, classes)

    return one


def _procedure(
    model: Callable, X: Any, y: np.ndarray, groups: np.ndarray, seed: int, classes: bool
) -> Score:
    """Return the score that a whole procedure gives itself; its error as that of `pooled` folds."""
    share, found = len(np.unique(groups)) / len(y), model(X, y, groups, seed)
    if classes:
        return Score(2 * found - 1, float(np.sqrt(2)) * class_error(y, share))
    return Score(found, float(np.sqrt(2 / max(share * len(y) - 1, 1))))


def _held_out(
    model: Any, X: Any, y: np.ndarray, groups: np.ndarray, seed: int, classes: bool
) -> Score | None:
    """Return the score of each half of the groups by an estimator fitted to the other half."""
    from sklearn.base import clone

    from boxloop.split.division import group_folds

    rows, found = X.iloc if hasattr(X, "iloc") else X, []
    for fitted, held in group_folds(groups, 2, seed=seed):
        if classes and min(len(np.unique(y[part])) for part in (fitted, held)) < 2:
            continue  # such a fold has one class: it shows nothing, and some models refuse it
        with one_thread():
            mine = clone(model).fit(rows[fitted], y[fitted])
            said = _chances(mine, rows[held]) if classes else mine.predict(rows[held])
        found.append(against_chance(y[held], said, groups[held], classes=classes))
    return pooled(found)


def _chances(model: Any, X: Any) -> np.ndarray:
    """Return the probability, or the score, of each class code; shape (n, classes)."""
    probability = hasattr(model, "predict_proba")
    said = np.asarray(model.predict_proba(X) if probability else model.decision_function(X))
    said = np.column_stack([-said, said]) if said.ndim == 1 else said
    chances = np.zeros((len(said), max(int(model.classes_.max()) + 1, 2)))
    chances[:, model.classes_.astype(int)] = said
    return chances


def _shuffle(y: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle labels between groups that share one label, else between rows."""
    if not shared(y, groups):
        return rng.permutation(y)
    first, codes = np.unique(groups, return_index=True, return_inverse=True)[1:]
    return y[rng.permutation(first)][codes]


@check(
    "train.seeds",
    notebook="04_train",
    weight="limit",
    threshold=1.0,
    source="Huppenkothen et al. §2.2",
    fix="Train with at least five seeds and report their mean with its standard deviation.",
)
def seeds(
    scores: Iterable[float],
    *,
    reported: float,
    better: str | None = None,
    more: Callable[[], Iterable[float]] | None = None,
    threshold: float,
) -> Finding:
    """The published score is what the seeds give, not the luckiest of them.

    Parameters
    ----------
    scores : one score per seed, at least five
    reported : what is published: the mean of the seeds, or the score of one of them
    better : {"higher", "lower", "zero"}, optional
        Then only a flattering difference counts.
    more : callable, optional
        Trains with more seeds and returns their scores; called only where five cannot tell.

    Notes
    -----
    The published score is compared with the *other* seeds. An honest first seed is the best in a
    run of five, so then more are drawn. It fails beyond `threshold` standard deviations, if less
    than one honest seed in fifty lies so far out (prediction interval of Student's t).
    """
    values = np.asarray(list(scores), dtype=float)
    if plain := _without_luck(values, reported):
        return plain
    if better == "zero":
        values, reported, better = np.abs(values), abs(reported), "lower"
    others = _others(values, reported)
    away, extreme = _away(others, reported, better)
    if more is not None and (extreme or away > threshold) and np.ptp(others) > 0:
        others = np.append(others, list(more()))
        away, extreme = _away(others, reported, better)
    limit = _luck(others, sides=1 if better else 2)
    power = _seen(others, limit, away, extreme=extreme, threshold=threshold)
    message = (
        f"Published {reported:.4g}; {len(others)} other seeds give {others.mean():.4g} ± "
        f"{others.std(ddof=1):.2g} ({away:.2f} standard deviations away, threshold {threshold:g})"
        f"{', and none is more extreme' if extreme else ''}."
    )
    # The mean of the others and their spread, in units of which it is told, are uncertain.
    error = math.sqrt(1 / len(others) + away**2 / (2 * (len(others) - 1)))
    return Finding(away, away <= max(threshold, limit), message, power, error=error)


def _without_luck(values: np.ndarray, reported: float) -> Finding | None:
    """Return the finding where luck is no question: too few seeds, or their mean is published."""
    if len(values) < FEWEST_SEEDS:
        words = f"Scores of {len(values)} seeds were given, at least {FEWEST_SEEDS} are needed."
        power = counted("one seed")
        return Finding(len(values), passed=False, message=words, power=power, worse="lower")
    if np.isclose(reported, values.mean(), rtol=1e-9, atol=0):
        words = f"The mean of {len(values)} seeds is published, ± {values.std(ddof=1):.2g}."
        return Finding(0.0, passed=True, message=words, power=counted("one score"))
    return None


def _others(values: np.ndarray, reported: float) -> np.ndarray:
    """Return the scores of the seeds that are not the published one."""
    nearest = int(np.argmin(np.abs(values - reported)))
    # A stored score is rounded; one that is no seed's own is compared with all of them.
    same = abs(values[nearest] - reported) <= max(0.05 * values.std(), 1e-9 * abs(reported))
    return np.delete(values, nearest) if same else values


def _away(others: np.ndarray, reported: float, better: str | None) -> tuple[float, bool]:
    """Return how many standard deviations a score lies from the others, and if none is so far."""
    sign = {"higher": 1.0, "lower": -1.0}.get(better or "", 0.0)
    mean, spread = others.mean(), others.std(ddof=1)
    difference = sign * (reported - mean) if sign else abs(reported - mean)
    tiny = 1e-9 * max(abs(mean), 1e-300)
    away = 0.0 if difference <= tiny else float(difference / max(spread, tiny))
    above, below = reported >= others.max() - tiny, reported <= others.min() + tiny
    return away, bool(away > 0 and ((above and sign >= 0) or (below and sign <= 0)))


def _luck(others: np.ndarray, *, sides: int) -> float:
    """Return how far from the others an honest seed lies once in fifty, in their deviations."""
    from scipy.stats import t

    size = len(others)
    if np.ptp(others) == 0:  # nothing is drawn at random
        return 0.0
    return float(t.ppf(1 - LUCK / sides, size - 1) * np.sqrt(1 + 1 / size))


def _seen(
    others: np.ndarray, limit: float, away: float, *, extreme: bool, threshold: float
) -> Power:
    """Return the sight of `seeds`: luck is seen where it stands out, or where it does not at all.

    A lucky seed is the most extreme one, so a score that another seed surpasses is none.
    """
    from scipy.stats import norm

    size, spread = len(others), np.ptp(others)
    matters, words = RARELY * threshold, "a luck of {:.1f} standard deviations"
    if spread == 0:
        return counted("any other score")
    if not extreme and away <= threshold:
        out = float(norm.ppf(0.8 ** (1 / size)))
        return Power(out, matters, words.format(out), "no other seed would have surpassed it")
    found = max(threshold, limit)
    # The spread of the others is itself uncertain: by 1 / sqrt(2 (size - 1)).
    error = np.sqrt(1 / size + found**2 / (2 * (size - 1)))
    out, how = found + SURE * error, f"Student's t of {size} other seeds"
    return Power(out, matters, words.format(out), how, enough=20, of="seeds")


@check(
    "train.too_good",
    notebook="04_train",
    weight="void",
    threshold=1.6,
    source="Huppenkothen et al. §2.5 (success that is failure in disguise)",
    fix="Look for an input that knows the target, or correct the information limit.",
)
def too_good(
    model_scatter: float,
    limit_scatter: float | None,
    *,
    error: float | None = None,
    threshold: float,
) -> Finding | NotApplicable:
    """The model is not better than the information in its inputs allows.

    Parameters
    ----------
    model_scatter : error of the model on held-out rows: the scatter of values, what is missing of a
        share, the inverse of an improvement
    limit_scatter : that of the ideal inference from the same inputs, or None where nobody knows it
    error : standard error of `model_scatter`, optional
        Between folds, for example; without it the ratio is taken as exact.
    """
    if limit_scatter is None:
        return NotApplicable("No information limit is known for these inputs.")
    ratio = limit_scatter / model_scatter if model_scatter else np.inf
    # The error of a ratio of 1, which is what an honest model has at best.
    spread = (error or 0.0) / limit_scatter if limit_scatter else 0.0
    message = (
        f"The error of the model is {model_scatter:.3g}, that of the information limit "
        f"{limit_scatter:.3g}, {ratio:.2f} times as large (threshold {threshold:g})."
    )
    beyond = ratio - 1 > CHANCE * spread
    seen = 1 + seen_from(spread, threshold - 1)
    how = "the ratio is taken as exact" if error is None else "from the error between folds"
    matters = 1 + 2 * (threshold - 1)
    power = Power(seen, matters, f"a model {seen:.2f} times better than the limit", how)
    return Finding(ratio, bool(ratio <= threshold or not beyond), message, power, error=spread)
