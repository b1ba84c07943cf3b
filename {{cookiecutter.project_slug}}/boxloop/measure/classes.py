"""Several classes, one by one: who is found, who is mistaken for whom, whose probability is right.

Everywhere ``truth`` holds the codes 0 to K − 1 of the classes, shape (n,), in the order of
``names``, and probabilities have shape (n, K), columns in that order. A row without a guess is NaN
and left out. A row is called by the class with the highest probability, the first of equal ones.
A question of two classes fits in: its names are the class of interest alone, its truth is 1 for
that class, and its guesses, of shape (n,), are cut at a working point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from boxloop.measure.intervals import compare
from boxloop.measure.several import whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DECIDED = ("completeness", "purity", "f1")  # of who is called what
RANKED = ("average_precision", "roc_auc")  # of every cut
HALF = 0.5  # any cut between 0 and 1 parts who is called by a class from who is not
NO_ROWS: dict[str, Any] = {"value": np.nan, "low": np.nan, "high": np.nan, "note": "no rows"}


class OneVsRest(NamedTuple):
    """The question that one class asks: truth 1 for it and 0 for the rest, and a score by name.

    ``called`` says of each row whether it is called by the class.
    """

    truth: np.ndarray
    scores: dict[str, np.ndarray]
    called: dict[str, np.ndarray]


def decided(guess: Any, *, working_point: float = HALF) -> np.ndarray:
    """Return by which code each row is called, shape (n,).

    Parameters
    ----------
    guess : array of shape (n, K), or (n,) of two classes
    working_point : float
        Of two classes, the probability from which on a row is called 1.
    """
    guess = np.asarray(guess, dtype=float)
    if guess.ndim == 1:
        return (guess >= working_point).astype(int)
    return np.where(np.isfinite(guess), guess, -1).argmax(axis=1)


def believed(truth: Any, guess: Any) -> np.ndarray:
    """Return the probability that was given to the true class of each row, shape (n,)."""
    guess, codes = np.asarray(guess, dtype=float), np.asarray(truth).astype(int)
    if guess.ndim == 1:
        return np.where(codes == 1, guess, 1 - guess)
    return guess[np.arange(len(codes)), codes]


def error(truth: Any, guess: Any) -> np.ndarray:
    """Return guess less truth, shape (n,); of several classes what the true one was denied.

    That is the probability of the true class less 1: never above 0.
    """
    guess, truth = np.asarray(guess, dtype=float), np.asarray(truth, dtype=float)
    return believed(truth, guess) - 1 if guess.ndim > 1 else guess - truth


def confusion(
    truth: Any,
    guess: Any,
    names: Sequence[str],
    *,
    normalise: Literal["true", "predicted"] | None = None,
    working_point: float = HALF,
) -> pd.DataFrame:
    """Return the confusion matrix: a row for each true class, a column for what rows are called.

    Parameters
    ----------
    names : sequence of str
        Of all classes; of two classes that of code 0 comes first.
    normalise : {"true", "predicted"}, optional
        ``"true"``: each row adds up to 1, with completeness on the diagonal. ``"predicted"``: each
        column does, with purity on the diagonal. Else rows are counted.

    Returns
    -------
    DataFrame of shape (K, K)
        NaN where a class has no row, or no row is called by it: of none there is no share.
    """
    from sklearn.metrics import confusion_matrix

    there = whole(np.asarray(guess, dtype=float))
    called = decided(np.asarray(guess)[there], working_point=working_point)
    codes = np.asarray(truth)[there].astype(int)
    counts = confusion_matrix(codes, called, labels=range(len(names)))
    table = pd.DataFrame(counts, index=[*names], columns=[*names])
    if normalise == "true":
        return table.div(table.sum(axis=1).replace(0, np.nan), axis=0)
    return table / table.sum().replace(0, np.nan) if normalise else table


def one_vs_rest(
    truth: Any,
    predictions: Mapping[str, Any],
    names: Sequence[str],
    *,
    working_point: float = HALF,
) -> dict[str, OneVsRest]:
    """Return the question of each class, on the rows of which every predictor says something.

    Parameters
    ----------
    predictions : dict of arrays of shape (n, K), or (n,)
        By predictor.
    names : sequence of str
        Of two classes the class of interest alone.
    """
    guesses = {who: np.asarray(values, dtype=float) for who, values in predictions.items()}
    there = np.all([whole(np.asarray(values, dtype=float)) for values in guesses.values()], axis=0)
    codes = np.asarray(truth)[there].astype(int)
    guesses = {who: values[there] for who, values in guesses.items()}
    called = {who: decided(one, working_point=working_point) for who, one in guesses.items()}
    if len(names) == 1:
        calls = {who: found == 1 for who, found in called.items()}
        return {names[0]: OneVsRest((codes == 1).astype(float), guesses, calls)}
    return {
        name: OneVsRest(
            (codes == k).astype(float),
            {who: values[:, k] for who, values in guesses.items()},
            {who: found == k for who, found in called.items()},
        )
        for k, name in enumerate(names)
    }


def by_class(
    truth: Any,
    predictions: Mapping[str, Any],
    names: Sequence[str],
    *,
    groups: Any,
    metrics: Sequence[str] = (*DECIDED, *RANKED),
    draws: int = 500,
    seed: int = 0,
    working_point: float = HALF,
) -> pd.DataFrame:
    """Return what every predictor reaches in each class, with 95 % interval over groups.

    Completeness, purity and F1 are of what rows are called; average precision and ROC AUC of every
    cut, the class against the rest. Intervals are those of `boxloop.measure.intervals.compare`,
    and ``difference`` is paired. Purity is that of the mix of these rows.

    Parameters
    ----------
    predictions : dict of arrays of shape (n, K), or (n,)
        ``"model"``, perhaps ``"reference"``.
    groups : array of shape (n,)

    Returns
    -------
    DataFrame
        A row per class, metric and predictor: `class`, `rows` (of the class), `called` (rows),
        `metric`, `who`, `value`, `low`, `high`, `note`; NaN where a class has no row, and for the
        purity of what nothing is called by.
    """
    questions = one_vs_rest(truth, predictions, names, working_point=working_point)
    there = np.all([whole(np.asarray(one, dtype=float)) for one in predictions.values()], axis=0)
    options = {"groups": np.asarray(groups)[there], "draws": draws, "seed": seed}
    tables = [_of_class(name, asked, metrics, options) for name, asked in questions.items()]
    return pd.DataFrame([row for rows in tables for row in rows])


def _of_class(name: str, asked: OneVsRest, metrics: Sequence[str], options: dict) -> list[dict]:
    """Return the rows of one class, see `by_class`."""
    marks = {who: called.astype(float) for who, called in asked.called.items()}
    found, size = {}, int(asked.truth.sum())
    for sides, among in ((marks, DECIDED), (asked.scores, RANKED)):
        if some := [metric for metric in metrics if metric in among]:
            found |= compare(asked.truth, sides, metrics=some, working_point=HALF, **options)
    rows, lone = [], not 0 < size < len(asked.truth)
    for metric, (who, entry) in [(one, each) for one in metrics for each in found[one].items()]:
        empty = metric == "purity" and not _called_any(asked, who)
        told = NO_ROWS if size == 0 or empty or (lone and metric in RANKED) else _flat(entry)
        facts = {"class": name, "rows": size, "called": _number_called(asked, who)}
        rows.append(facts | {"metric": metric, "who": who} | told)
    return rows


def _number_called(asked: OneVsRest, who: str) -> int | None:
    return int(asked.called[who].sum()) if who in asked.called else None


def _called_any(asked: OneVsRest, who: str) -> bool:
    sides = [who] if who in asked.called else [*asked.called]
    return all(asked.called[one].any() for one in sides)


def _flat(entry: Any) -> dict:
    return {end: entry[end] for end in ("value", "low", "high")} | {"note": entry.get("note", "")}


def mistaken(
    truth: Any,
    predictions: Mapping[str, Any],
    names: Sequence[str],
    *,
    groups: Any,
    draws: int = 500,
    seed: int = 0,
    most: int = 15,
) -> pd.DataFrame:
    """Return which class the model takes for which, the largest share of a class first.

    Parameters
    ----------
    predictions : dict of arrays of shape (n, K)
        ``"model"``, perhaps ``"reference"``.
    groups : array of shape (n,)
    most : int, pairs that are told

    Returns
    -------
    DataFrame
        `true`, `called`, `rows`, `of` (rows of the true class), `share` of them with the ends of
        its 95 % interval, `low` and `high`; `reference`, its share, where there is one; `note`.
    """
    guesses = {who: np.asarray(values, dtype=float) for who, values in predictions.items()}
    there = np.all([whole(np.asarray(values, dtype=float)) for values in guesses.values()], axis=0)
    codes = np.asarray(truth)[there].astype(int)
    called = {who: decided(values[there]) for who, values in guesses.items()}
    size, options = len(names), {"groups": np.asarray(groups)[there], "draws": draws, "seed": seed}
    counts = np.bincount(codes * size + called["model"], minlength=size**2).reshape(size, size)
    pairs = [(k, j) for k, j in np.argwhere(counts) if k != j]
    pairs.sort(key=lambda pair: (-counts[pair] / counts[pair[0]].sum(), -counts[pair]))
    rows = []
    for k, j in pairs[:most]:
        marks = {who: (one == j).astype(float) for who, one in called.items()}
        sides: dict[str, Any] = {"metrics": ["completeness"], "working_point": HALF, **options}
        found = compare((codes == k).astype(float), marks, **sides)["completeness"]
        told = _flat(found["model"])
        row = {"true": names[k], "called": names[j], "rows": int(counts[k, j])}
        row |= {"of": int(counts[k].sum()), "share": told.pop("value")} | told
        if "reference" in found:
            row["reference"] = found["reference"]["value"]
        rows.append(row)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["true", "called", "rows"])


def right_by_class(
    labels: Any,
    right: Mapping[str, Any],
    *,
    groups: Any,
    names: Sequence[str] = (),
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return of each class the share of its rows that is decided rightly: its completeness.

    Parameters
    ----------
    labels : array of text, shape (n,)
        Of two classes those of the rest may be told apart, too.
    right : dict of arrays of bool, shape (n,)
        By predictor.
    names : sequence of str, optional
        The classes in the order of the table; else by name.

    Returns
    -------
    DataFrame
        `class`, `rows`, `who`, `value`, `low`, `high`, `note`.
    """
    labels, rows = np.asarray(labels), []
    marks = {who: np.asarray(values, dtype=float) for who, values in right.items()}
    options = {"groups": np.asarray(groups), "draws": draws, "seed": seed}
    for name in names or sorted(set(labels)):
        mine = labels == name
        sides: dict[str, Any] = {"metrics": ["completeness"], "working_point": HALF, **options}
        found = compare(mine.astype(float), marks, **sides)["completeness"]
        facts = {"class": name, "rows": int(mine.sum())}
        rows += [facts | {"who": who} | _flat(entry) for who, entry in found.items()]
    return pd.DataFrame(rows)
