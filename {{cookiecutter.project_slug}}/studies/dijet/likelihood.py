"""What nobody can beat: the likelihood ratio of signal to background, both known exactly.

By Neyman and Pearson no other score of the jets has a larger signal efficiency at the same
background efficiency.
Pile-up and the drift of the jet-mass scale, a per cent each, are left out, so the limit is exact
up to that.

A classifier knows the ratio too, if it is calibrated: with s the chance of signal that a score has
earned, and equally many of both, r = s / (1 - s) (Cranmer, Pavez & Louppe 2015, arXiv:1506.02169).
CWoLa needs no truth for that. Where a share f of the region is signal and none of the sidebands,
its own odds are l = 1 - f + f r (Metodiev et al. 2017), and so r = 1 + (l - 1) / f.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from . import simulate

if TYPE_CHECKING:
    import pandas as pd

    from study.simulate import Physics


def _normal(value: np.ndarray, mean: float | np.ndarray, spread: float) -> np.ndarray:
    return norm.pdf((value - mean) / spread) / spread


def _jet(
    mass: np.ndarray, tau: np.ndarray, median_mass: float, mass_spread: float, median_tau: float
) -> np.ndarray:
    """Return the density of one jet in (ln mass, logit tau21), both normal."""
    return _normal(mass, np.log(median_mass), mass_spread) * _normal(
        tau, simulate.logit(median_tau), simulate.TAU_SPREAD
    )


def _qcd(mass: np.ndarray, tau: np.ndarray, m_jj: np.ndarray, physics: Physics) -> np.ndarray:
    heavy = (mass - np.log(physics.mass) - physics.tie * np.log(m_jj / 3_000)) / physics.spread
    shift = simulate.logit(physics.tau) - simulate.HEAVY_IS_PRONGED * heavy
    return norm.pdf(heavy) / physics.spread * _normal(tau, shift, simulate.TAU_SPREAD)


def _top(mass: np.ndarray, tau: np.ndarray):
    parts = zip(
        (simulate.WHOLE_TOP, 1 - simulate.WHOLE_TOP), simulate.TOP, simulate.TOP_TAU, strict=True
    )
    return sum(
        share * _jet(mass, tau, jet, simulate.TOP_SPREAD, prong) for share, jet, prong in parts
    )


def _prongs(mass: np.ndarray, tau: np.ndarray, daughter: float):
    parts = zip(
        (simulate.LOST, 1 - simulate.LOST),
        (0.5 * daughter, daughter),
        simulate.PRONG_TAU,
        strict=True,
    )
    return sum(
        share * _jet(mass, tau, jet, simulate.PRONG_SPREAD, prong) for share, jet, prong in parts
    )


def log_ratio(
    frame: pd.DataFrame, physics: Physics = simulate.A, resonance: Any = simulate.SIGNAL
) -> np.ndarray:
    """Return ln(p_signal / p_background) of the jets at the dijet mass of the event, shape (n,).

    The dijet mass serves as a condition only, as it does for every classifier of this study: what
    the mass itself says is left to the bump hunt.
    """
    m_jj = frame["m_jj"].to_numpy()
    one, two = (
        (np.log(frame[f"m_j{k}"].to_numpy()), simulate.logit(frame[f"tau21_{k}"].to_numpy()))
        for k in "12"
    )
    # Which daughter is the heavier jet is not known, so both assignments count.
    signal = (
        sum(
            _prongs(*one, a) * _prongs(*two, b)
            for a, b in ((resonance.x, resonance.y), (resonance.y, resonance.x))
        )
        / 2
    )
    qcd = _qcd(*one, m_jj, physics) * _qcd(*two, m_jj, physics)
    background = (1 - physics.top) * qcd + physics.top * _top(*one) * _top(*two)
    eta, most = frame["delta_eta"].to_numpy(), simulate.MAX_DELTA_ETA
    central = 0.5 / np.cosh(eta / 2) ** 2 / np.tanh(most / 2)
    return np.log(signal * central + 1e-300) - np.log(
        background * np.exp(eta) / (np.exp(most) - 1) + 1e-300
    )


def calibrated_log_ratio(
    known: np.ndarray, truth: np.ndarray, score: np.ndarray, parts: int = 40
) -> np.ndarray:
    """Return ln(r) that a score has earned, from a sample of known truth, shape of `score`.

    The densities of the score for signal and for background are histograms whose bins hold equally
    many signal rows, and more signal means more (isotonic); half an event is added to each.

    Parameters
    ----------
    known, truth : arrays (n,), scores of a sample and whether it is signal
    score : array (m,)
    parts : int, bins
    """
    from sklearn.isotonic import IsotonicRegression

    known, truth = np.asarray(known), np.asarray(truth, dtype=bool)
    edges = np.unique(np.quantile(known[truth], np.linspace(0, 1, parts + 1)[1:-1]))
    low = np.quantile(known[~truth], np.linspace(0, 1, parts // 2 + 1)[1:-1])
    edges = np.unique(np.concatenate([low[low < edges[0]], edges]))
    filled = [
        np.bincount(np.searchsorted(edges, known[of]), minlength=len(edges) + 1)
        for of in (truth, ~truth)
    ]
    densities = [(count + 0.5) / (count.sum() + 1) for count in filled]
    ratio = np.log(densities[0] / densities[1])
    places, rows = np.arange(len(ratio)), filled[0] + filled[1]
    rising = IsotonicRegression().fit(places, ratio, sample_weight=rows).predict(places)
    return rising[np.searchsorted(edges, np.asarray(score))]


def log_ratio_of_mixtures(score: np.ndarray, purity: float) -> np.ndarray:
    """Return ln(r) from CWoLa's own chance of the signal region, (n,); no truth is used.

    Parameters
    ----------
    score : array (n,), chance of the region, both samples equally large
    purity : float, share f of signal in the region
    """
    odds = score / (1 - score)
    return np.log(np.maximum(1 + (odds - 1) / purity, 1e-3))


def lost(log_ratio: np.ndarray, exact: np.ndarray, truth: np.ndarray) -> float:
    """Return the log loss beyond that of the exact ratio, in nats per event, equal priors.

    Parameters
    ----------
    log_ratio, exact : arrays (n,), of ln(r)
    truth : bool array (n,)
    """

    def loss(values: np.ndarray) -> float:
        missed, alarmed = np.logaddexp(0, -values[truth]), np.logaddexp(0, values[~truth])
        return 0.5 * (missed.mean() + alarmed.mean())

    return float(loss(np.asarray(log_ratio)) - loss(np.asarray(exact)))
