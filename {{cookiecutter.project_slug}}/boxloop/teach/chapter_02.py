"""The checks of chapter 02: metrics by hand, and the trivial baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import a_number, an_array

MOST = 2_000  # rows of the study that are compared pair by pair; it is to take no longer


@check("2.2")
def metric_by_hand(answer: Callable, *, metric: str, truth: Any, guess: Any) -> str:
    """Check the metric that the study's task asks for.

    Parameters
    ----------
    answer : callable
    metric : {"rmse", "area"}
    truth, guess : array (n,)
        Of the exploration sample; of several classes `guess` is (n, classes).
    """
    y, said = np.asarray(truth, dtype=float), np.asarray(guess, dtype=float)
    if metric == "rmse":
        return _two_parts(answer, pd.Series(y), pd.Series(said))
    if said.ndim == 2:  # of several classes the last is taken, against all others
        y, said = (y == said.shape[1] - 1).astype(float), said[:, -1]
    there = np.flatnonzero(np.isfinite(said))[:MOST]
    return _area(answer, y[there], said[there])


def _two_parts(answer: Callable, truth: pd.Series, guess: pd.Series) -> str:
    def of(true: Any, said: Any) -> tuple[float, float, float]:
        got = answer(true, said)
        try:
            first, second, third = got
            return float(first), float(second), float(third)
        except (TypeError, ValueError):
            wrong("Three numbers are asked for: bias, scatter and RMSE, in this order.")

    rng = np.random.default_rng(21)
    true = rng.uniform(10, 20, 12)
    off = rng.normal(0, 0.3, 12)
    off -= np.mean(off)
    bias, scatter, rmse = of(pd.Series(true), pd.Series(true + off + 0.5))
    if np.isclose(bias, -0.5):
        wrong("Guesses half a unit too high have a bias of +0.5: it is predicted less true.")
    if not np.isclose(bias, 0.5):
        wrong(f"All guesses are moved up by 0.5, and the bias says {bias:.3g}: it is their mean.")
    if np.isclose(scatter, np.std(off, ddof=1)):
        _less_one()
    if not np.isclose(of(true, true + off + 7)[1], scatter):
        wrong("An offset that all guesses share moved the scatter: count deviations from the bias.")
    if not np.isclose(of(true, true + 3 * off)[1], 3 * scatter):
        wrong("Deviations three times as long have three times the scatter, which has their unit.")
    known = np.sqrt(np.mean((off + 0.5) ** 2))
    if not np.isclose(rmse, known):
        wrong(
            f"The RMSE of these rows is {known:.4f}, not {rmse:.4f}: root, of the mean, of squares."
        )
    if not np.isclose(rmse**2, bias**2 + scatter**2):
        _less_one()
    bias, scatter, rmse = of(truth, guess)
    words = f"The reference has a bias of {bias:+.3g} and a scatter of {scatter:.3g}"
    return f"{words}: of its squared RMSE the bias makes {bias**2 / rmse**2:.1%}."


def _less_one() -> NoReturn:
    wrong(
        "The squares do not add up, RMSE² = bias² + scatter²: divide the scatter by n, not by"
        " n − 1, as pandas does where NumPy does not."
    )


def _area(answer: Callable, member: np.ndarray, score: np.ndarray) -> str:
    def of(members: Sequence[float], others: Sequence[float]) -> float:
        truth = np.repeat([1.0, 0.0], [len(members), len(others)])
        mixed = np.random.default_rng(3).permutation(len(truth))
        said = np.concatenate([members, others])
        return a_number(answer(truth[mixed], said[mixed]), "the chance")

    if np.isclose(of([3, 4], [1, 2]), 0):
        wrong("Members that lie above all others have a chance of one: it is the wrong way round.")
    if not np.isclose(of([3, 4], [1, 2]), 1) or not np.isclose(of([1, 2], [3, 4]), 0):
        wrong(
            "All members above all others is a one, and all below a zero: it is a share of pairs."
        )
    if not np.isclose(of([0.3] * 4, [0.3] * 3), 0.5):
        wrong(
            "A score that is the same for all knows nothing, and has a half: a pair that ties"
            " counts as half."
        )
    if not np.isclose(of([5, 2], [1, 3, 4]), 4 / 6):
        wrong(
            "Of the six pairs of [5, 2] with [1, 3, 4] four are in order: each member meets each"
            " of the others."
        )
    if not np.isclose(of([5, 2], [1, 3, 4] * 50), 4 / 6):
        wrong("Fifty times as many others of the same scores must not move it: it is no accuracy.")
    if not np.isclose(of([500, 20], [1, 30, 40]), 4 / 6):
        wrong("Scores were stretched, their order kept, and it moved: only order counts, no cut.")
    mine = a_number(answer(member, score), "the chance")
    words = f"The reference ranks a member above an other in {mine:.1%} of pairs"
    return f"{words}; that is the area under its ROC curve, drawn next."


@check("2.1")
def trivial_baseline(answer: Callable, *, truth: Any, folds: Sequence) -> str:
    """Check a baseline that knows no input, out of fold.

    Parameters
    ----------
    answer : callable
    truth : Series (n,)
        Of the exploration sample; of several classes their places.
    folds : list of (fitted, held)
        Places of rows, as scikit-learn's splitters yield them.
    """
    _small_folds(answer)
    y = pd.Series(np.asarray(truth, dtype=float), index=np.arange(len(truth))[::-1])
    guess = an_array(answer(y.copy(), folds), len(y), "guesses")
    there = np.isfinite(guess)
    if np.ptp(guess[there]) == 0:
        return "In this study every fold has the same mean."
    along = np.corrcoef(guess[there], y[there])[0, 1]
    words = f"Here it knows no input, and still goes along with the truth by {along:+.2f}"
    return f"{words}: rows that are held out high leave a low mean behind, so that it is no skill."


def _small_folds(answer: Callable) -> None:
    y = pd.Series([1.0, 2.0, 3.0, 6.0, 11.0, 20.0], index=[5, 3, 4, 0, 1, 2])
    parts = [np.array([0, 3]), np.array([5, 1]), np.array([2, 4])]
    folds = [(np.setdiff1d(np.arange(6), held), held) for held in parts]

    def of(truth: pd.Series, those: Sequence = folds) -> np.ndarray:
        return an_array(answer(truth.copy(), those), len(truth), "guesses")

    plain = of(y)
    if np.isnan(plain).any():
        wrong(
            "A row that is held out has no guess: each held row gets the mean of the fitted ones."
        )
    if np.ptp(plain) == 0:
        wrong("All rows got one mean, their own values in it: a row may not help to guess itself.")
    counted = y.reset_index(drop=True)  # here labels and places are the same
    if not np.allclose(of(counted), plain):
        wrong("The labels of the index have a say in the guesses: a fold names places of rows.")
    for held in parts:
        changed = counted.copy()
        changed.iloc[held] += 1_000
        if not np.allclose(of(changed)[held], plain[held]):
            wrong(
                "The truth of held rows was changed and their guess moved: a row may not help to"
                " guess itself, so the mean is that of the fitted ones."
            )
    right = {0: 9.0, 3: 9.0, 5: 5.25, 1: 5.25, 2: 7.25, 4: 7.25}
    if not np.allclose(plain, [right[place] for place in range(6)]):
        wrong(
            f"The first row should get 9, the mean of the four fitted ones; it got {plain[0]:.4g}."
        )
    if not np.allclose(of(y, folds[::-1]), plain):
        wrong("The folds came in another order and rows got other guesses: fill them in by place.")
    some = of(y, folds[:2])
    if not np.isnan(some[parts[2]]).all():
        wrong("A row that no fold holds out has no guess, and no zero either: leave it NaN.")
