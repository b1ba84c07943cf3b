"""The traditional mass estimates: scaling relations, linear regression, the information limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from . import simulate

if TYPE_CHECKING:
    import pandas as pd

    from study.simulate import Physics


class ScalingRelation(RegressorMixin, BaseEstimator):
    """Power law between one mass proxy and the mass: ln M = a + b ln(proxy) + c ln E(z).

    Fitted by least squares: the normalisation a and, unless `slope` is given, the slope b.
    Fixed: the exponent c of E(z), at its self-similar value.

    Parameters
    ----------
    columns : tuple of str, the columns whose product is the proxy
    evolution : float, the exponent c
    slope : float or None, the exponent b (None: fitted)

    Attributes
    ----------
    normalisation_, slope_ : float

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"gas_mass": [10.0, 20.0], "temperature": [2.0, 4.0], "redshift":
    [0.2, 0.2]})
    >>> relation = ScalingRelation(columns=("gas_mass", "temperature")).fit(frame, [0.0, 0.6 *
    np.log(4.0)])
    >>> float(round(relation.slope_, 3))
    0.6
    """

    def __init__(
        self,
        columns: tuple = ("gas_mass", "temperature"),
        evolution: float = -0.4,
        slope: float | None = None,
    ) -> None:
        self.columns = columns
        self.evolution = evolution
        self.slope = slope

    def proxy(self, X: pd.DataFrame) -> np.ndarray:
        """Return ln(proxy), shape (n,)."""
        return np.log(X[list(self.columns)].to_numpy(dtype=float)).sum(axis=1)

    def fit(self, X: pd.DataFrame, y: np.ndarray | pd.Series) -> Any:
        """Calibrate on clusters of known mass; X is a DataFrame, y is ln(M500 / 1e14 Msun)."""
        x = self.proxy(X)
        y = np.asarray(y, dtype=float) - self.evolution * np.log(
            simulate.efunc(X["redshift"].to_numpy())
        )
        covariance = np.cov(x, y)
        self.slope_ = float(
            covariance[0, 1] / covariance[0, 0] if self.slope is None else self.slope
        )
        self.normalisation_ = float(np.mean(y) - self.slope_ * np.mean(x))
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return ln(M500 / 1e14 Msun), shape (n,)."""
        check_is_fitted(self)
        evolution = self.evolution * np.log(simulate.efunc(X["redshift"].to_numpy()))
        return self.normalisation_ + self.slope_ * self.proxy(X) + evolution


def reference() -> Any:
    """Return the M-Y_X relation, Y_X = M_gas T (Kravtsov, Vikhlinin & Nagai 2006, ApJ 650, 128).

    Self-similar expectation: M ~ Y_X^(3/5) E(z)^(-2/5).
    Slope and normalisation are calibrated on the training set, the exponent of E(z) is not.
    A faithful re-implementation of the relation, not of the authors' X-ray analysis.
    """
    return ScalingRelation(columns=("gas_mass", "temperature"), evolution=-2 / 5)


def alternates() -> dict:
    """Return other proxies of the field, exponents of E(z) self-similar.

    Gas mass (M ~ M_gas), richness (M ~ lambda), luminosity (M ~ L^(3/4) E(z)^(-7/4)), and Y_X
    with a fixed slope.
    Gas mass alone nearly rivals Y_X in simulator A and fails in B, where feedback is stronger.
    """
    return {
        "M-M_gas": ScalingRelation(columns=("gas_mass",), evolution=0.0),
        "M-richness": ScalingRelation(columns=("richness",), evolution=0.0),
        "M-L_X": ScalingRelation(columns=("luminosity",), evolution=-7 / 4),
        "M-Y_X, self-similar slope": ScalingRelation(evolution=-2 / 5, slope=3 / 5),
    }


def logarithms() -> Any:
    """Return the step that takes the logarithm of every input: power laws become straight lines."""
    return FunctionTransformer(func=np.log, feature_names_out="one-to-one")


def simplest() -> Any:
    """Return the simplest model that sees every input: linear regression of ln M on logarithms."""
    return make_pipeline(logarithms(), LinearRegression())


def gaussian_posterior(
    residual: np.ndarray,
    covariance: np.ndarray,
    alpha: np.ndarray = simulate.ALPHA,
    beta: Any = simulate.BETA,
) -> tuple:
    """Return mean and variance of mu given log-normal observables, and the log evidence.

    The evidence is up to a constant.

    With P(s | mu) = N(pi + alpha mu, C) and dn/dmu ~ exp(-beta1 mu - beta2 mu^2 / 2) the product
    is a Gaussian in mu: var = 1 / (alpha^T C^-1 alpha + beta2), mean = var (alpha^T C^-1 (s - pi)
    - beta1) (Evrard et al. 2014, MNRAS 441, 3562; derived here by completing the square and
    tested against quadrature).

    Parameters
    ----------
    residual : array (n, k), s - pi - gamma ln E(z)
    covariance : array (n, k, k), intrinsic scatter and measurement errors added
    alpha : array (k,)
    beta : (beta1, beta2)

    Returns
    -------
    mean, variance, log_evidence : arrays of shape (n,)
    """
    residual, covariance = np.asarray(residual), np.asarray(covariance)
    weights = np.linalg.solve(covariance, np.broadcast_to(alpha[:, None], (*residual.shape, 1)))[
        ..., 0
    ]
    whitened = np.linalg.solve(covariance, residual[..., None])[..., 0]
    variance = 1 / (weights @ alpha + beta[1])
    mean = variance * ((weights * residual).sum(axis=1) - beta[0])
    chi2 = (whitened * residual).sum(axis=1) - mean**2 / variance
    log_evidence = -0.5 * (chi2 + np.linalg.slogdet(covariance)[1] - np.log(variance))
    return mean, variance, log_evidence


def limit(frame: pd.DataFrame, physics: Physics | None = None) -> tuple:
    """Return the information limit: mean and sigma of ln M for who knows the simulator perfectly.

    Uses the observables, their errors and the redshift, never a truth column.
    Whether a cluster merges is unknown, so the posterior is the sum of two Gaussians, weighted by
    their evidence.
    Selection needs no correction: it depends on the photons alone, and these are given.
    The ends of the simulated mass range are ignored.

    Parameters
    ----------
    frame : DataFrame with the inputs and their error columns
    physics : Physics, the assumed simulator; by default for each row its own, by its halo's name

    Returns
    -------
    mean, sigma : arrays of shape (n,), ln(M500 / 1e14 Msun)
    """
    if physics is None:
        own, found = frame["halo_id"].str[0].to_numpy(), np.zeros((2, len(frame)))
        for letter in np.unique(own):
            part = frame[own == letter]
            found[:, own == letter] = limit(part, simulate.SIMULATORS[letter])
        return found[0], found[1]
    log_s = np.log(frame[list(simulate.OBSERVABLES)].to_numpy())
    log_s = log_s - np.outer(np.log(simulate.efunc(frame["redshift"])), physics.gamma)
    error = np.zeros_like(log_s)
    error[:, : len(simulate.MEASURED)] = frame[
        [f"{name}_error" for name in simulate.MEASURED]
    ].to_numpy()
    states = []
    for merging, prior in ((0, 1 - physics.merger_fraction), (1, physics.merger_fraction)):
        mean, covariance = physics.law(merging)
        noise = error[:, :, None] ** 2 * np.eye(error.shape[1])
        mean, variance, evidence = gaussian_posterior(
            log_s - mean, covariance + noise, alpha=physics.alpha
        )
        states.append((mean, variance, evidence + np.log(prior)))
    mean, variance, evidence = map(np.array, zip(*states, strict=True))
    weight = np.exp(evidence - np.logaddexp.reduce(evidence, axis=0))
    centre = (weight * mean).sum(axis=0)
    return centre, np.sqrt((weight * (variance + (mean - centre) ** 2)).sum(axis=0))
