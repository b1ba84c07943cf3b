"""Signal region, sidebands, and the number of events that a weighted table stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


CENTRE = 3_500.0  # GeV: the mass hypothesis of the search
HALF = (
    0.06  # half width of the signal region in ln(m_jj): two resolutions, so 95 % of a narrow signal
)
SIDE = 0.25  # outer edge of the sidebands that a classifier learns from, in ln(m_jj)
RESONANCE, WEIGHT = "m_jj", "weight"


def window(mass: np.ndarray | pd.Series, centre: float = CENTRE, half: float = HALF) -> Any:
    """Return which masses [GeV] lie in the signal region, bool array of the shape of `mass`."""
    return np.abs(np.log(np.asarray(mass, dtype=float) / centre)) < half


def sidebands(mass: pd.Series, centre: float = CENTRE, half: Any = HALF, side: float = SIDE) -> Any:
    """Return which masses [GeV] lie in the two neighbouring sidebands."""
    return window(mass, centre, side) & ~window(mass, centre, half)


def edges(centre: float = CENTRE, half: Any = HALF) -> tuple:
    """Return the ends of the signal region in GeV."""
    return centre * np.exp(-half), centre * np.exp(half)


def weights(frame: pd.DataFrame) -> np.ndarray:
    """Return how many events each row stands for, shape (n,); 1 in a table without weights."""
    return frame[WEIGHT].to_numpy(dtype=float) if WEIGHT in frame else np.ones(len(frame))


def unweighted(frame: pd.DataFrame, seed: int) -> Any:
    """Return which rows make a table of whole events: one of weight w stays with probability w.

    What is left is as large and as rich in signal as real data, so that nothing can learn from
    more signal than the experiment would have. Rows, not their truth, decide.
    """
    return np.random.default_rng(seed).random(len(frame)) < weights(frame)
