"""Attempts to make the model useful under other gas physics: judged in 06, kept on record in 07."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs as they are."""
    return frame


def shapeless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs without the two that are closest to the details of gas physics."""
    return frame.drop(columns=["centroid_shift", "concentration"])


def product(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs with gas mass times temperature in place of the two.

    Feedback lowers the one and raises the other; the product hardly feels it
    (Kravtsov, Vikhlinin & Nagai 2006, ApJ 650, 128).
    """
    return frame.assign(gas_mass=frame["gas_mass"] * frame["temperature"]).drop(
        columns="temperature"
    )


def candidates(
    make: Callable,
    fitted: dict,
    train: pd.DataFrame,
    other: pd.DataFrame,
    *,
    inputs: list[str],
    target: str,
) -> dict:
    """Return ways to predict, by name; each takes a table and returns ln(M500 / 1e14 Msun).

    Parameters
    ----------
    make : callable that returns an unfitted pipeline
    fitted : dict of fitted estimators, "model" and "reference"
    train : DataFrame, the training rows
    other : DataFrame, labelled rows of another simulator, as weak lensing would provide them
    inputs : list of str
    target : str
    """
    both = pd.concat([train, other])
    plans = {
        "without shape": (shapeless, train),
        "product only": (product, train),
        "learnt from B too": (whole, both),
    }
    found = {name: _predictor(estimator, whole, inputs) for name, estimator in fitted.items()}
    for name, (view, rows) in plans.items():
        found[name] = _predictor(make().fit(view(rows[inputs]), rows[target]), view, inputs)
    for name, estimator in fitted.items():
        offset = np.mean(estimator.predict(other[inputs]) - other[target])
        found[f"{name}, zero point from B"] = _predictor(estimator, whole, inputs, offset)
    return found


def _predictor(estimator: Any, view: Callable, inputs: list[str], offset: float = 0.0) -> Callable:
    return lambda frame: estimator.predict(view(frame[inputs])) - offset
