"""What was left on the table: a strong model that nobody has tuned, on the same folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boxloop.measure.metrics import METRICS
from boxloop.measure.paired import Paired, as_loss, fold_gains, loss_words

from .core import Finding, NotApplicable, check
from .power import SURE, Power, counted

RARE = 0.01  # how often an honest model may be accused by chance, whatever the number of rivals


@check(
    "train.headroom",
    notebook="04_train",
    weight="limit",
    threshold=0.1,
    source="Huppenkothen et al. §2.1 and §2.2; Nadeau and Bengio 2003",
    fix="Add a rung of the rival's kind to study/models.py, or the differences and ratios of "
    "inputs in one unit; or say why the better model is not wanted.",
)
def headroom(
    model: Sequence[float],
    rivals: Mapping[str, Sequence[float]],
    *,
    metric: str,
    sample: tuple[int, int] | None = None,
    threshold: float,
) -> Finding | NotApplicable:
    """No strong model that nobody has tuned does much better on the same folds.

    Parameters
    ----------
    model : scores of the chosen model, one per fold
    rivals : dict of the scores of each rival in the same folds, NaN or fewer where it was cut off
    metric : str
        Name in `boxloop.measure.metrics.METRICS`.
    sample : (int, int), optional
        Rows that were used, and rows that there are.

    Notes
    -----
    The value is the share of the model's loss that the best rival saves, see
    `boxloop.measure.paired.fold_gains`. It limits the verdict: a gain over the reference is a
    lower bound then, and no gain says nothing of what a model could do.
    """
    loss = as_loss(metric, model)
    if np.isfinite(loss).any() and not np.nanmax(np.abs(loss)):
        return _no_loss(metric, int(np.isfinite(loss).sum()))
    gains = fold_gains({"model": model, **rivals}, metric=metric, over="model")
    known = {name: gain for name, gain in gains.items() if np.isfinite(gain.value)}
    if not known:
        return NotApplicable("No rival was scored on a fold of the model.")
    best = max(known, key=lambda name: known[name].value)
    gain, rare = known[best], RARE / len(known)
    passed = gain.value <= threshold or gain.value <= gain.beyond(rare)
    detectable = max(_seen(one, rare, threshold) for one in known.values())
    whole = detectable >= 1 and not METRICS[metric].unbounded
    power = Power(
        detectable,
        2 * threshold,
        "more than all of the loss" if whole else f"{detectable:.0%} of the loss",
        f"Student's t of {gain.folds} folds, corrected for the rows that they share",
    )
    said = _said(best, gain, len(known), metric) + _cut(rivals, known, model, sample)
    return Finding(gain.value, passed, f"{said} (threshold {threshold:g}).", power, gain.error)


def _no_loss(metric: str, folds: int) -> Finding:
    """Return the finding on a model that is right everywhere, whatever the rivals are."""
    words = f"The model has no {loss_words(metric)} left on its {folds} folds: nobody does better."
    return Finding(0.0, passed=True, message=words, power=counted("any loss at all"))


def _seen(gain: Paired, rare: float, threshold: float) -> float:
    """Return the gain of one rival that would have been seen.

    A rival that is surely no better is clear, however much its folds scatter.
    """
    beyond = gain.beyond(rare)
    if gain.value + beyond <= threshold:
        return threshold
    return max(threshold, beyond) + SURE * gain.error


def _said(best: str, gain: Paired, number: int, metric: str) -> str:
    among = f"the best of {number} rivals" if number > 1 else "a rival"
    ends = (gain.low, gain.high) if gain.value > 0 else (-gain.high, -gain.low)
    between = f" ({_percent(ends[0])} to {_percent(ends[1])} %)" if gain.folds > 1 else ""
    return (
        f"On the same {gain.folds} folds the {best}, {among}, is {_percent(abs(gain.value))} %"
        f"{between} {'better' if gain.value > 0 else 'worse'} by {loss_words(metric)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if abs(share) >= 0.1 else f"{100 * share:.2g}"


def _cut(
    rivals: Mapping[str, Sequence[float]],
    known: Mapping[str, Paired],
    model: Sequence[float],
    sample: tuple[int, int] | None,
) -> str:
    """Return what was left out: folds that a rival did not reach, rows that nobody was shown."""
    folds = int(np.isfinite(model).sum())
    parts = [
        f"{name} was cut off after {known[name].folds if name in known else 0} of {folds} folds"
        for name in rivals
        if name not in known or known[name].folds < folds
    ]
    if sample and sample[0] < sample[1]:
        parts.append(f"all were fitted to a sample of {sample[0]:,} of {sample[1]:,} rows")
    return f"; {'; '.join(parts)}" if parts else ""
