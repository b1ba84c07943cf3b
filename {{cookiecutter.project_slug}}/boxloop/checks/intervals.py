"""Intervals hold what they promise: on average, and in every part of the sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import REGRESSION

from .core import Finding, check
from .power import SURE, Power, rounded

FEWEST = 30  # groups: of fewer a share cannot be judged
BY_CHANCE = 0.005  # on either side together: of the average, and of all parts together
OFTEN = 2.5  # a miss so many times the tolerance matters; in a part twice as much


@dataclass(frozen=True)
class Share:
    """How many intervals of one part hold the truth, and what that is worth.

    `size` counts rows; `worth` counts independent ones that would know the share as well.
    """

    name: str
    inside: float
    size: int
    worth: float

    def chance(self, level: float) -> float:
        """Return the two-sided probability of such a share if the promise holds (binomial)."""
        from scipy.special import betainc

        hits, misses = self.inside * self.worth, (1 - self.inside) * self.worth
        below = betainc(misses, hits + 1, 1 - level) if misses > 0 else 1.0
        above = betainc(hits, misses + 1, level) if hits > 0 else 1.0
        return float(min(1.0, 2 * min(below, above)))


@check(
    "diagnose.coverage",
    notebook="05_diagnose",
    weight="limit",
    threshold=0.02,
    source="Cheng §3.4; Huppenkothen et al. §2.4",
    fix="Set the intervals by conformal prediction on rows kept for it, with a width that follows "
    "the scatter where only a part of the sample misses.",
    tasks={REGRESSION},
)
def coverage(
    y: Any,
    low: Any,
    high: Any,
    *,
    level: float,
    threshold: float,
    groups: Any = None,
    seed: int | None = None,  # noqa: ARG001  # cells of older projects give it
    predicted: Any = None,
    strata: Mapping[str, Any] | None = None,
    set_by: int | None = None,
) -> Finding:
    """The intervals contain the truth as often as they promise.

    Parameters
    ----------
    y, low, high : arrays of shape (n,)
    level : promised coverage
    predicted : array of shape (n,), optional; else the middle of the interval
    strata : dict of labels of shape (n,), optional; parts that are judged as well
    set_by : int, optional
        Rows that set the width of the intervals: by chance all promise too much or too little.

    Notes
    -----
    Fails where a share is off by more than the threshold, and than chance allows in one of two
    hundred samples: on average, or (divided among them) in a third of the predictions, of the
    widths where they differ, or in a stratum. Rows count for what their spread over groups says.
    """
    y, low, high = (np.asarray(part, dtype=float) for part in (y, low, high))
    inside = ((y >= low) & (y <= high)).astype(float)
    codes = estimates.group_codes(groups, None, len(inside))
    shares = _shares(inside, codes, _parts(low, high, predicted, strata), set_by)
    whole, convicted = shares[0], _convicted(shares, level)
    worst = max(convicted, key=lambda share: abs(share.inside - level), default=whole)
    value = abs(worst.inside - level)
    words = f"{whole.inside:.1%} of {whole.size:,} intervals contain the truth"
    if worst is not whole:
        words += f", and {worst.inside:.1%} of {worst.size:,} in {worst.name}"
    said = f"{value:.1%} off" if convicted else "by no more than chance off"
    words += f": {said} the promised {level:.1%} (threshold {threshold:.1%}, {_looks(shares)})."
    words += _too_few(len(np.unique(codes)), "rows" if groups is None else "groups")
    fault = bool(convicted) and value > threshold
    return Finding(value, not fault, words, _sight(shares, level, threshold))


def _convicted(shares: Sequence[Any], level: float) -> list:
    """Return the shares that chance does not explain: the first is that of all rows."""
    rest = len(shares) - 1
    limits = [BY_CHANCE, *[BY_CHANCE / max(rest, 1)] * rest]
    judged = zip(shares, limits, strict=True)
    return [share for share, most in judged if share.chance(level) < most]


def _looks(shares: Sequence[Any]) -> str:
    return f"{len(shares)} shares looked at" if len(shares) > 1 else "one share looked at"


def _too_few(number: int, what: str) -> str:
    least = f" {number} {what} are too few to judge a share by; {FEWEST} are the least."
    return least if number < FEWEST else ""


def _parts(
    low: np.ndarray, high: np.ndarray, predicted: Any, strata: Mapping[str, Any] | None
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield name and rows (bool) of every part of the sample that is judged."""
    middle = (low + high) / 2 if predicted is None else np.asarray(predicted, dtype=float)
    for what, values in {"prediction": middle, "width": high - low}.items():
        known = values[np.isfinite(values)]
        if len(known) < len(values) or np.ptp(known) <= 1e-6 * np.abs(known).max():
            continue
        third = np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values)
        for k, name in enumerate(("lowest", "middle", "highest")):
            yield f"the {name} third by {what}", third == k
    for what, labels in (strata or {}).items():
        words = np.asarray(labels).astype(str)
        for label in np.unique(words):
            yield f"{what} {label}", words == label


def _shares(
    inside: np.ndarray, codes: np.ndarray, parts: Iterator, set_by: int | None
) -> list[Share]:
    """Return the share of all rows, then of the parts that have groups enough."""
    whole = np.ones(len(inside), dtype=bool)
    together = _repeats(inside, codes)
    found = []
    for name, rows in [("all rows", whole), *parts]:
        size, number = int(rows.sum()), len(np.unique(codes[rows]))
        if rows is not whole and (number < FEWEST or size == len(whole)):
            continue
        repeats = _repeats(inside[rows], codes[rows])
        lost = repeats / max(size, 1) + (together / set_by if set_by else 0.0)
        worth = 1 / lost if number >= FEWEST else min(1 / lost, number)
        found.append(Share(name, float(inside[rows].mean()), size, worth))
    return found


def _repeats(inside: np.ndarray, codes: np.ndarray) -> float:
    """Return how many rows say as much as one independent row (the design effect), at least 1."""
    off = inside - inside.mean()
    sums = np.bincount(codes, weights=off)
    number = len(np.unique(codes))
    alone = float(np.sum(off**2))
    if alone == 0 or number < 2:
        return len(inside) / max(number, 1)
    if number == len(inside):
        return 1.0
    # Of few groups the spread is not well known: about what Student's t allows for.
    return max(1.0, float(np.sum(sums**2)) / alone * (1 + 4 / number))


def _sight(shares: list[Share], level: float, threshold: float) -> Power:
    """Return the miss that would have been seen on average; in a third it is said beside it."""
    from scipy.stats import norm

    whole, matters = shares[0], OFTEN * threshold

    def seen(worth: float, most: float) -> float:
        null, miss = math.sqrt(level * (1 - level) / worth), 0.0
        for _ in range(20):  # a share that misses scatters more than one that holds
            truth = min(max(level - miss, 0.05), 0.95)
            scatter = math.sqrt(truth * (1 - truth) / worth)
            miss = max(threshold, norm.isf(most / 2) * null) + SURE * scatter
        return float(miss)

    miss = seen(whole.worth, BY_CHANCE)
    fault = f"a miss of {100 * miss:.2g} points on average"
    if len(shares) > 1:
        third = seen(whole.worth / 3, BY_CHANCE / (len(shares) - 1))
        fault += f" (of {100 * third:.2g} in a third of the rows)"
    enough = None
    if math.isfinite(matters) and 0 < matters < 1:
        truth = min(max(level - matters, 0.05), 0.95)
        need = norm.isf(BY_CHANCE / 2) * math.sqrt(level * (1 - level))
        need = (need + SURE * math.sqrt(truth * (1 - truth))) / matters
        need = max(need, SURE * math.sqrt(truth * (1 - truth)) / (matters - threshold))
        enough = rounded(math.ceil(whole.size / whole.worth * need**2))
    return Power(miss, matters, fault, "from the number of rows", enough, "judged rows")
