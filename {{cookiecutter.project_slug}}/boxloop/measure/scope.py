"""What a model says about rows without truth, with a flag where it should not be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.shift import in_scope
from boxloop.measure.task import Task, guess
from boxloop.measure.transform import Reach


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
        ``class``, else ``score`` and ``passes``; ``in_scope``, see
        `boxloop.measure.shift.in_scope`.
    """
    task = Task(settings)
    said = guess(model, task.seen(rows))
    if not task.has_classes:
        low, high = _ends(said, np.nan if half_width is None else half_width)
        found = {"prediction": said, "low": low, "high": high}
    elif task.classes:
        found = dict(zip(task.columns("probability"), said.T, strict=True))
        found["class"] = np.array(task.classes, dtype=object)[said.argmax(axis=1)]
    else:
        if task.kind.has_probabilities:
            edge = task.cut()
        else:
            background = validation[task.truth(validation) == 0]
            edge = task.cut(guess(model, task.seen(background)))
        found = {"score": said, "passes": said >= edge}
    inputs = settings.inputs
    found["in_scope"] = in_scope(train[inputs], validation[inputs], rows[inputs])
    asked = dict.fromkeys((settings.only("id"), settings.only("group")))
    names = [name for name in asked if name in rows and name not in found]
    return pd.concat([rows[names], pd.DataFrame(found, index=rows.index)], axis=1)


def _ends(said: np.ndarray, reach: float | np.ndarray | Reach) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper ends of intervals about predictions."""
    return reach.ends(said) if isinstance(reach, Reach) else (said - reach, said + reach)
