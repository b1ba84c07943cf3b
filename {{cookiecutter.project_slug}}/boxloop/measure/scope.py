"""What a model says about rows without truth, with a flag where it should not be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.shift import in_scope
from boxloop.measure.task import Task, guess
from boxloop.measure.transform import Reach

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
        The id and the group where there are any; regression: ``prediction``, ``low`` and ``high``
        (in the unit of the target), of several classes a ``probability`` of each and the likeliest
        ``class``, and ``may_be_90`` (`conformal_sets`), else ``score`` and ``passes``;
        ``in_scope``, see `boxloop.measure.shift.in_scope`.
    """
    task = Task(settings)
    said = guess(model, task.seen(rows))
    if not task.has_classes:
        low, high = _ends(said, np.nan if half_width is None else half_width)
        found = {"prediction": said, "low": low, "high": high}
    elif task.classes:
        known = guess(model, task.seen(validation)), task.truth(validation).to_numpy(dtype=int)
        found = _of_classes(said, known, task)
    else:
        found = {"score": said, "passes": said >= _edge(model, validation, task)}
    inputs = settings.inputs
    found["in_scope"] = in_scope(train[inputs], validation[inputs], rows[inputs])
    asked = dict.fromkeys((settings.only("id"), settings.only("group")))
    names = [name for name in asked if name in rows and name not in found]
    return pd.concat([rows[names], pd.DataFrame(found, index=rows.index)], axis=1)


def _ends(said: np.ndarray, reach: float | np.ndarray | Reach) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper ends of intervals about predictions."""
    return reach.ends(said) if isinstance(reach, Reach) else (said - reach, said + reach)


def _edge(model: Any, validation: pd.DataFrame, task: Task) -> float:
    """Return the score from which on a row passes."""
    if task.kind.has_probabilities:
        return task.cut()
    return task.cut(guess(model, task.seen(validation[task.truth(validation) == 0])))


def _of_classes(said: np.ndarray, known: tuple[np.ndarray, np.ndarray], task: Task) -> dict:
    """Return the columns of several classes: see `predictions`."""
    names = np.array(task.classes, dtype=object)
    found: dict[str, Any] = dict(zip(task.columns("probability"), said.T, strict=True))
    found["class"] = names[said.argmax(axis=1)]
    return found | {f"may_be_{round(100 * LEVEL)}": [
        " | ".join(names[row]) for row in conformal_sets(*known, said)
    ]}  # fmt: skip


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
    own = np.sort(known[np.arange(len(truth)), truth])
    rank = int(np.floor((1 - LEVEL) * (len(own) + 1) + 1e-9))
    edge = own[rank - 1] if rank else 0.0  # of fewer than nine rows nothing can be ruled out
    sets = said >= edge
    sets[np.arange(len(said)), said.argmax(axis=1)] = True
    return sets
