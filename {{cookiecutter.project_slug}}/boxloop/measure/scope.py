"""What a model says about rows without truth, row by row, with a flag where it should not be believed."""

import numpy as np
import pandas as pd

from boxloop.measure.shift import in_scope
from boxloop.measure.task import Task, guess


def cut(model, validation, settings):
    """Return the score from which a row passes, so that the working point of the study holds.

    Classification: the working point itself, a probability.
    Anomaly detection: the score that this share of the background among the validation rows passes.
    """
    point = settings.study.working_point
    if settings.study.task == "classification":
        return point
    background = validation[Task(settings).truth(validation) == 0]
    return float(np.quantile(guess(model, Task(settings).seen(background)), 1 - point))


def predictions(rows, model, settings, *, train, validation, half_width=None):
    """Return a prediction for each row, and whether it is in the scope of the training rows.

    Parameters
    ----------
    rows : DataFrame of n rows
        Has the inputs; no truth is needed.
    model : fitted estimator
    train, validation : DataFrame
    half_width : float, optional
        Regression: half of the width of the interval that 05 has measured.

    Returns
    -------
    DataFrame of n rows
        The id and the group where there are any; regression: ``prediction``, ``low`` and ``high``
        (in the unit of the target), else ``score`` and ``passes``; ``in_scope``, see
        `boxloop.measure.shift.in_scope`.
    """
    said = guess(model, Task(settings).seen(rows))
    if settings.study.task == "regression":
        reach = np.nan if half_width is None else half_width
        found = {"prediction": said, "low": said - reach, "high": said + reach}
    else:
        found = {"score": said, "passes": said >= cut(model, validation, settings)}
    inputs = settings.inputs
    found["in_scope"] = in_scope(train[inputs], validation[inputs], rows[inputs])
    names = dict.fromkeys(
        name
        for name in (settings.only("id"), settings.only("group"))
        if name in rows and name not in found
    )
    return pd.concat([rows[list(names)], pd.DataFrame(found, index=rows.index)], axis=1)
