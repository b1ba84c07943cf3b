"""Attempts to make the model hold among fainter objects: judged in 06, kept on record in 07."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from boxloop.measure import shift_weights

from . import models, stress, survey


def noisier(train: pd.DataFrame) -> pd.DataFrame:
    """Return the training rows three times: as they are, and with visits 1 and 2 mag shallower."""
    worse = [stress.again(train, survey.Conditions(shallower=level)) for level in (1.0, 2.0)]
    return pd.concat([train, *worse], ignore_index=True)


def candidates(
    model: Any,
    reference: Any,
    train: pd.DataFrame,
    other: pd.DataFrame,
    *,
    inputs: list[str],
    seed: int,
) -> dict:
    """Return ways to classify, by name; each takes a table and returns the probability of Ia.

    Parameters
    ----------
    model, reference : fitted estimators of 04
    train : DataFrame, the training rows
    other : DataFrame, some labelled faint rows, as from a programme of faint spectroscopy
    inputs : list of str
    seed : int
    """

    def fit(
        rows: pd.DataFrame,
        columns: list[str] = inputs,
        weight: np.ndarray | None = None,
        maker: Any = model,
    ):
        step = {} if weight is None else {f"{maker.steps[-1][0]}__sample_weight": weight}
        fitted = clone(maker).fit(rows[columns], _truth(rows), **step)
        return lambda frame: fitted.predict_proba(frame[columns])[:, 1]

    weight = shift_weights(train, other, columns=inputs, scale=models.normal())
    told = _logit(model.predict_proba(other[inputs])[:, 1])
    curve = LogisticRegression(C=1e6).fit(told[:, None], _truth(other))
    return {
        "model": lambda frame: model.predict_proba(frame[inputs])[:, 1],
        "reference": lambda frame: reference.predict_proba(frame[inputs])[:, 1],
        "without brightness": fit(train, [name for name in inputs if name != "peak_mag"]),
        "noisier copies": fit(noisier(train)),
        "weighted like the faint": fit(train, weight=weight),
        "deep trees instead": fit(train, maker=models.ladder(seed)["extra trees"]),
        "calibrated on faint spectra": lambda frame: curve.predict_proba(
            _logit(model.predict_proba(frame[inputs])[:, 1])[:, None]
        )[:, 1],
        "learnt from faint spectra": fit(pd.concat([train, other])),
    }


def _truth(frame: pd.DataFrame) -> np.ndarray:
    return (frame["kind"] == "Ia").astype(float).to_numpy()


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))
