"""The cut of a classification, chosen where it costs nothing: on guesses for rows not fitted to.

A rare class that is told well is cut near one half, and one that is told badly far below: for
probabilities that keep their promise the best F1 lies at a cut of half its value (Lipton, Elkan &
Naryanaswamy 2014). Neither is known before the model is; so a cut is proposed from out-of-fold
guesses of training rows, and stands in study.toml before any sealed row is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.intervals import group_weights
from boxloop.measure.numbers import told
from boxloop.measure.ranking import Ranking

USUAL = 0.5
PLACES = 2  # digits of a proposal
ENDS = 0.025, 0.975


@dataclass(frozen=True)
class Proposal:
    """A cut that would be better, and what speaks for it.

    Attributes
    ----------
    cut, low, high : float
        Where F1 is highest, with its 95 % interval over draws of groups.
    table : DataFrame
        Index: the cuts by name. Columns: ``cut``, ``F1``, ``low``, ``high``, ``purity`` and
        ``completeness``.
    gain, gain_low, gain_high : float
        By how much F1 there is above that of the cut in study.toml.
    """

    cut: float
    low: float
    high: float
    table: pd.DataFrame
    gain: float
    gain_low: float
    gain_high: float

    @property
    def is_better(self) -> bool:
        """Whether chance does not explain the gain."""
        return self.gain_low > 0

    @property
    def words(self) -> str:
        """What is proposed and why, in two sentences."""
        now = self.table.loc["study.toml"]
        best = f"F1 is highest at a cut of {self.cut:.2g} [{self.low:.2g}, {self.high:.2g}]"
        found = {"value": self.gain, "low": self.gain_low, "high": self.gain_high}
        gain = told(found, form="{} [{}, {}]")
        if not self.is_better:
            return (
                f"{best}; that of study.toml, {now['cut']:.2g}, is as good within chance ({gain})."
            )
        do = f"write working_point = {self.cut:.2g} in study.toml and run again"
        return f"{best}, by {gain} above that of study.toml, {now['cut']:.2g}: {do}."


def best_f1(
    truth: Any,
    score: Any,
    *,
    working_point: float,
    groups: np.ndarray,
    draws: int,
    seed: int,
    prevalence: float | None = None,
) -> Proposal:
    """Return the cut with the highest F1, beside one half and the one that stands in study.toml.

    Parameters
    ----------
    truth, score : arrays of shape (n,)
        Of rows that the model was not fitted to. Rows without a score (NaN) are left out.
    working_point : float
    groups : array of shape (n,)
    draws : int
        Of groups, with replacement.
    prevalence : float, optional
        Share of the class of interest that F1 is told for; see `boxloop.measure.ranking.Ranking`.
    """
    score = np.asarray(score, dtype=float)
    there = np.isfinite(score)
    ranking = Ranking(np.asarray(truth)[there], score[there], prevalence=prevalence)
    cut = max((USUAL, _best(ranking)), key=lambda place: _told(ranking, place)[0])
    cuts = {"best F1": cut, "one half": USUAL, "study.toml": working_point}
    found, values = [], []
    for weights in group_weights(np.asarray(groups)[there], draws=draws, seed=seed):
        drawn = ranking.weighted(np.asarray(weights, dtype=float))
        if drawn.signal[-1] and drawn.background[-1]:
            found.append(_best(drawn))
            values.append([_told(drawn, place)[0] for place in cuts.values()])
    told = np.array(values) if values else np.full((1, len(cuts)), np.nan)
    table = _table(ranking, cuts, told)
    ends = np.quantile(found, ENDS) if found else (np.nan, np.nan)
    gain = float(table.loc["best F1", "F1"] - table.loc["study.toml", "F1"])
    gained = np.quantile(told[:, 0] - told[:, 2], ENDS)
    low, high, gain_low, gain_high = (float(end) for end in (*ends, *gained))
    return Proposal(cut, low, high, table, gain, gain_low, gain_high)


def _table(ranking: Ranking, cuts: dict[str, float], told: np.ndarray) -> pd.DataFrame:
    """Return what the rows say of each cut; `told` is F1 in each draw, shape (draws, cuts)."""
    rows = {}
    for place, (name, value) in enumerate(cuts.items()):
        f1, purity, completeness = _told(ranking, value)
        rows[name] = [value, f1, *np.quantile(told[:, place], ENDS), purity, completeness]
    columns = ["cut", "F1", "low", "high", "purity", "completeness"]
    return pd.DataFrame(rows, columns).T.rename_axis("chosen by")


def _best(ranking: Ranking) -> float:
    """Return the middle between the two scores that the highest F1 lies between, rounded."""
    kept, wrong = ranking.in_mix(ranking.signal, ranking.background)
    whole = ranking.in_mix(ranking.signal[-1], ranking.background[-1])[0]
    at = int(np.argmax(2 * kept / np.maximum(kept + wrong + whole, 1e-300)))
    below = ranking.cuts[at + 1] if at + 1 < len(ranking.cuts) else ranking.cuts[at]
    between = float(ranking.cuts[at] + below) / 2
    rounded = float(np.format_float_positional(between, PLACES, unique=False, fractional=False))
    return min(max(rounded, 0.001), 0.999)


def _told(ranking: Ranking, cut: float) -> tuple[float, float, float]:
    """Return F1, purity and completeness at a cut."""
    kept, wrong = ranking.in_mix(*ranking.passing(cut))
    whole = ranking.in_mix(ranking.signal[-1], ranking.background[-1])[0]
    passed = kept + wrong
    f1 = 2 * kept / (passed + whole) if passed + whole else 0.0
    return float(f1), float(kept / passed) if passed else 0.0, float(kept / whole) if whole else 0.0
