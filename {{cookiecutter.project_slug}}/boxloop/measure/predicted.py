"""What a model says about rows without truth, with a flag where it should not be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.measure.scope import Scope
from boxloop.measure.task import Task, guess
from boxloop.measure.transform import Reach, View

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL = 0.9  # of the sets of classes


def predictions(
    rows: pd.DataFrame,
    model: Any,
    settings: Any,
    *,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    half_width: float | np.ndarray | Reach | None = None,
) -> pd.DataFrame:
    """Return a prediction for each row, and whether it is in the scope of the training rows.

    Parameters
    ----------
    rows : DataFrame of n rows
        Has the inputs; no truth is needed.
    model : fitted estimator
    train, validation : DataFrame
    half_width : float, array of shape (n,) or Reach, optional
        Regression: half of the width of the interval that 05 has set, or how far it reaches.

    Returns
    -------
    DataFrame of n rows
        The id and the group where there are any; what `told` says; ``in_scope`` and ``reason``,
        see `boxloop.measure.scope.Scope`.
    """
    task, inputs = Task(settings), settings.inputs
    said, known = guess(model, task.seen(rows)), limits(model, settings, validation)
    found = told(said, task, known, half_width=half_width)
    scope = Scope().fit(train[inputs], validation[inputs]).judge(rows)
    names = [name for name in names_of(settings) if name in rows and name not in found]
    return pd.concat([rows[names], found.set_axis(rows.index), scope], axis=1)


def names_of(settings: Any) -> list[str]:
    """Return the columns that say which object a row is: its id and its group."""
    asked = dict.fromkeys((settings.only("id"), settings.only("group")))
    return [name for name in asked if name]


def limits(model: Any, settings: Any, validation: pd.DataFrame) -> dict[str, float]:
    """Return what validation rows set once: from where a score passes, or a class is possible.

    ``cut`` of a class of interest, ``least`` of several classes (`conformal_sets`), nothing of a
    number.
    """
    task = Task(settings)
    if not task.has_classes:
        return {}
    if task.classes:
        known, truth = guess(model, task.seen(validation)), task.truth(validation)
        return {"least": least_probability(known, truth.to_numpy(dtype=int))}
    if task.kind.has_probabilities:
        return {"cut": float(task.cut())}
    background = validation[(task.truth(validation) == 0).to_numpy()]
    return {"cut": float(task.cut(guess(model, task.seen(background))))}


def told(
    said: np.ndarray,
    task: Task,
    known: dict[str, float],
    *,
    half_width: float | np.ndarray | Reach | None = None,
) -> pd.DataFrame:
    """Return guesses as the columns of a table of predictions.

    Parameters
    ----------
    said : array of shape (n,) or (n, K)
        See `boxloop.measure.task.guess`; NaN where there is none.
    task : Task
    known : dict
        See `limits`.
    half_width : as in `predictions`

    Returns
    -------
    DataFrame of n rows
        Regression: ``prediction``, ``low`` and ``high`` (in the unit of the target); of several
        classes a ``probability`` of each, the likeliest ``class``, and ``may_be_90``
        (`conformal_sets`); else ``score`` and ``passes``.
    """
    if not task.has_classes:
        low, high = _ends(said, np.nan if half_width is None else half_width)
        return pd.DataFrame({"prediction": said, "low": low, "high": high})
    if not task.classes:
        return pd.DataFrame({"score": said, "passes": said >= known["cut"]})
    names, there = np.array(task.classes, dtype=object), ~np.isnan(said).any(axis=1)
    found: dict[str, Any] = dict(zip(task.columns("probability"), said.T, strict=True))
    likeliest = np.nan_to_num(said).argmax(axis=1)
    found["class"] = pd.Series(np.where(there, names[likeliest], None)).astype("str")
    sets = possible(said, known["least"]) & there[:, None]
    words = [" | ".join(names[row]) for row in sets]
    found[f"may_be_{round(100 * LEVEL)}"] = pd.Series(words, dtype="str")  # text, even of no row
    return pd.DataFrame(found)


def _ends(said: np.ndarray, reach: float | np.ndarray | Reach) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper ends of intervals about predictions."""
    return reach.ends(said) if isinstance(reach, Reach) else (said - reach, said + reach)


def half_width(facts: dict | None, size: Callable[[], np.ndarray]) -> Any:
    """Return half of the width of intervals, as `predictions` takes it.

    Parameters
    ----------
    facts : dict or None
        What 05 has written of them; None where it has set none.
    size : callable
        Returns the size of the error that 05 has learnt to predict, shape (n,); asked where errors
        differ.
    """
    if facts is None:
        return None
    if reach := facts.get("reach"):
        scale = size() if reach["uneven"] else 1.0
        view = View(reach["transform"], reach["size"], reach["least"])
        return Reach(view, reach["half"] * scale)
    return facts["per_scale"] * size() if "per_scale" in facts else facts["half_width"]


def conformal_sets(known: np.ndarray, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return which of several classes each row may be of, bool of shape (n, K), never none.

    Of rows like those that were not fitted to, nine in ten or more have their class in the set
    (Sadinle, Lei & Wasserman 2019, J. Am. Stat. Assoc. 114, 223: as few classes as that allows).

    Parameters
    ----------
    known, truth : arrays of shape (m, K) and (m,)
        Probabilities of rows that the model was not fitted to, and the codes of their classes.
    said : array of shape (n, K)
    """
    return possible(said, least_probability(known, truth))


def least_probability(known: np.ndarray, truth: np.ndarray) -> float:
    """Return the probability from which on a class is in the sets of `conformal_sets`."""
    own = np.sort(known[np.arange(len(truth)), truth])
    rank = int(np.floor((1 - LEVEL) * (len(own) + 1) + 1e-9))
    return float(own[rank - 1]) if rank else 0.0  # of fewer than nine rows nothing is ruled out


def possible(said: np.ndarray, least: float) -> np.ndarray:
    """Return which classes have a probability of `least` or are the likeliest, shape (n, K)."""
    sets = said >= least
    if len(said):
        sets[np.arange(len(said)), np.nan_to_num(said).argmax(axis=1)] = True
    return sets
