"""What the sample is for: a Hubble diagram, hence contamination and bias of its mean distance.

A photometric sample is cut first and measured afterwards: the hosts of selected objects get a
spectrum, so the redshift is exact here. Whatever was selected is taken for a Ia, and its distance
modulus is the peak magnitude less that of a normal Ia at the same redshift. A contaminant is a
number in the wrong place: an Ibc is fainter, so it looks too far.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import simulate


def standard_candle(redshift: pd.Series) -> np.ndarray:
    """Return peak magnitude in r less distance modulus of a normal Ia without dust, mag."""
    z = np.asarray(redshift, dtype=float)
    ia = simulate.KINDS["Ia"]
    rest = simulate.WAVELENGTH[2] / (1 + z)
    return ia.magnitude - 2.5 * np.log10(1 + z) + simulate.spectrum(rest, ia.temperature, ia.line)


def residuals(frame: pd.DataFrame) -> np.ndarray:
    """Return measured less true distance modulus [mag], every row taken for a Ia; shape (n,)."""
    candle = standard_candle(frame["true_redshift"])
    return frame["peak_mag"].to_numpy() - candle - frame["true_modulus"].to_numpy()


def bias(residual: np.ndarray, is_ia: np.ndarray | pd.Series, passed: np.ndarray) -> dict:
    """Split the bias of the mean distance modulus of a selected sample into its two causes.

    bias = mean(residual of the selected) - mean(residual of all Ia)
         = f (mean of the contaminants - mean of the selected Ia) + (mean of the selected Ia -
         mean of all Ia),
    with f the contamination. The mean of all Ia is the zero point that a survey calibrates away.

    Parameters
    ----------
    residual : array (n,), mag
    is_ia, passed : boolean arrays (n,)

    Returns
    -------
    dict
        selected (number), completeness, contamination, bias, by_contamination, by_selection
        (mag), error (statistical error of the mean of all Ia selected, mag). NaN where nothing
        was selected.
    """
    residual = np.asarray(residual, dtype=float)
    is_ia, passed = np.asarray(is_ia, dtype=bool), np.asarray(passed, dtype=bool)
    good, bad = residual[passed & is_ia], residual[passed & ~is_ia]
    if not len(good):
        shares, causes = ("completeness", "contamination"), ("by_contamination", "by_selection")
        names = (*shares, "bias", *causes, "error")
        return {"selected": int(passed.sum())} | dict.fromkeys(names, np.nan)
    share = len(bad) / passed.sum()
    by_contamination = share * (bad.mean() - good.mean()) if len(bad) else 0.0
    by_selection = good.mean() - residual[is_ia].mean()
    return {
        "selected": int(passed.sum()),
        "completeness": len(good) / is_ia.sum(),
        "contamination": share,
        "bias": by_contamination + by_selection,
        "by_contamination": by_contamination,
        "by_selection": by_selection,
        "error": good.std(ddof=1) / np.sqrt(len(good)) if len(good) > 1 else np.nan,
    }


def ratio(values: pd.Series, first: pd.Series, *, draws: int, seed: int) -> tuple:
    """Return the mean of some rows over that of the others, with its 95 % interval.

    Parameters
    ----------
    values : Series of shape (n,)
    first : boolean Series (n,)
    draws : int, of a bootstrap over the rows of either side
    seed : int

    Returns
    -------
    tuple of three floats
    """
    rng = np.random.default_rng(seed)
    sides = values[first].to_numpy(), values[~first].to_numpy()
    above, below = (rng.choice(side, (draws, len(side))).mean(axis=1) for side in sides)
    low, high = np.quantile(above / below, [0.025, 0.975])
    return sides[0].mean() / sides[1].mean(), low, high


def rates(frame: pd.DataFrame, passed: np.ndarray, weight: np.ndarray | None = None) -> dict:
    """Return purity and completeness of a selected sample, each row counted as its weight says.

    Parameters
    ----------
    frame : DataFrame with labels, n rows
    passed : boolean array (n,)
    weight : array (n,), optional
    """
    weight = np.ones(len(frame)) if weight is None else weight
    is_ia = (frame["kind"] == "Ia").to_numpy()
    true = weight[passed & is_ia].sum()
    return {"purity": true / weight[passed].sum(), "completeness": true / weight[is_ia].sum()}


def hubble(frame: pd.DataFrame, scores: dict, *, cut: float) -> pd.DataFrame:
    """Return the bias of every predictor's sample at one cut, one row each; columns as in `bias`.

    Parameters
    ----------
    frame : DataFrame with labels and truth columns
    scores : dict of arrays (n,), probability of Ia by predictor
    cut : float
    """
    residual, is_ia = residuals(frame), (frame["kind"] == "Ia").to_numpy()
    return pd.DataFrame(
        {who: bias(residual, is_ia, score >= cut) for who, score in scores.items()}
    ).T
