"""Attempts to make the model useful under other gas physics: judged in 06, kept on record in 07."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from . import stress
from .baseline import logarithms
from .invariance import AnchorRegression

# Fixed before anything was measured: shifts up to ten times those between the two simulators.
GAMMA = 100.0


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


def varied(frame: pd.DataFrame, *, top: float, seed: int, copies: int = 2) -> pd.DataFrame:
    """Return the rows with copies whose feedback is drawn at random: a nuisance, not a constant.

    Parameters
    ----------
    frame : DataFrame of n rows, with `halo_id`
    top : float
        Strongest feedback, as `stress.feedback` counts it; it is drawn evenly from zero upwards,
        once for all rows of a halo.
    seed, copies : int

    Returns
    -------
    DataFrame of (1 + copies) n rows; no mass is changed
    """
    codes, halos = pd.factorize(frame["halo_id"])
    drawn = np.random.default_rng(seed).uniform(0, top, (copies, len(halos)))
    moved = [stress.feedback(frame, strength[codes], None) for strength in drawn]
    return pd.concat([frame, *moved], ignore_index=True)


def anchored(frame: pd.DataFrame, inputs: list[str], target: str, gamma: float) -> Any:
    """Return anchor regression of ln M on the logarithms, with the simulators as anchors."""
    line = make_pipeline(logarithms(), AnchorRegression(gamma))
    own = frame["halo_id"].str[0]
    return line.fit(frame[inputs], frame[target], anchorregression__anchors=own)


def candidates(
    make: Callable,
    fitted: dict,
    home: pd.DataFrame,
    other: pd.DataFrame,
    *,
    inputs: list[str],
    target: str,
    strongest: float,
    seed: int,
) -> dict:
    """Return ways to predict, by name; each takes a table and returns ln(M500 / 1e14 Msun).

    Parameters
    ----------
    make : callable that returns an unfitted pipeline
    fitted : dict of fitted estimators, "model" and "reference"
    home : DataFrame, the training rows of simulator A
    other : DataFrame, rows of simulator B that may teach
    inputs : list of str
    target : str
    strongest : float, the strongest feedback that `varied` draws
    seed : int
    """
    both = pd.concat([home, other], ignore_index=True)
    rows: dict[str, Any] = {"top": strongest, "seed": seed}
    plans = {
        "A alone": (whole, home),
        "A, without shape": (shapeless, home),
        "A, product only": (product, home),
        "A, feedback varied": (whole, varied(home, **rows)),
        "A and B": (whole, both),
        "A and B, product only": (product, both),
        "A and B, feedback varied": (whole, varied(both, **rows)),
    }
    found = {name: _predictor(estimator, whole, inputs) for name, estimator in fitted.items()}
    for name, (view, taught) in plans.items():
        learnt = make().fit(view(taught[inputs]), taught[target])
        found[name] = _predictor(learnt, view, inputs)
    offset = np.mean(found["A alone"](other) - other[target])
    found["A alone, zero point from B"] = lambda frame: found["A alone"](frame) - offset
    for name, gamma in {"A and B, a line": 1.0, "A and B, anchored": GAMMA}.items():
        found[name] = _predictor(anchored(both, inputs, target, gamma), whole, inputs)
    return found


def _predictor(estimator: Any, view: Callable, inputs: list[str]) -> Callable:
    return lambda frame: estimator.predict(view(frame[inputs]))
