"""Traditional typing: cuts in colour and decline time, and the simplest model beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.validation import check_is_fitted

from . import simulate

if TYPE_CHECKING:
    import pandas as pd


CUT = ("g_r", "r_i", "fall_time", "decline")
PAIRS = {"g_r": (1, 2), "r_i": (2, 3)}  # bands of a colour


def template(name: str, redshift: np.ndarray) -> np.ndarray:
    """Return what a normal Ia shows at a redshift, up to a constant: a colour, or dilated days.

    The field knows the spectrum of a Ia from nearby ones and needs no training sample for it;
    in this toy world it is the mean spectrum of `simulate`.
    """
    z = np.asarray(redshift, dtype=float)
    if name not in PAIRS:
        return np.zeros_like(z)
    ia = simulate.KINDS["Ia"]
    blue, red = (
        simulate.spectrum(simulate.WAVELENGTH[band] / (1 + z), ia.temperature, ia.line)
        for band in PAIRS[name]
    )
    return blue - red


class Cuts(ClassifierMixin, BaseEstimator):
    """A box around the locus of supernovae Ia, with a margin that is turned into a probability.

    The locus of a colour is the template at the redshift of the host plus a constant; that of a
    time, or of a magnitude, is a line in redshift. Constants, lines and scatter are fitted to the
    Ia among the training rows.
    An object is as far from the locus as the worst of its columns, in units of their scatter
    among Ia.
    A strict box or a wide one differ in the distance allowed, so the distance is the score;
    a logistic curve of one variable, fitted to the training rows, turns it into a probability
    (Platt scaling).

    Parameters
    ----------
    columns : tuple of str, what is cut on
    redshift : str, the column with the redshift of the host

    Attributes
    ----------
    locus_ : array (k, 2), slope and constant of (column - template) against ln(redshift)
    scatter_ : array (k,), 1.4826 x median absolute deviation of the Ia about the locus
    slope_, offset_ : float, probability = 1 / (1 + exp(-(slope x ln(distance) + offset)))
    cut_ : float, the distance at which an object is as likely a Ia as not: the cut of the field

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"host_redshift": rng.uniform(0.1, 0.5, 400), "decline":
    rng.normal(0, 0.1, 400)})
    >>> far = np.arange(400) < 200
    >>> cuts = Cuts(columns=("decline",)).fit(frame.assign(decline=frame["decline"] + far), ~far)
    >>> bool(cuts.predict(frame)[200:].mean() > 0.95)
    True
    """

    def __init__(self, columns: tuple = CUT, redshift: str = "host_redshift") -> None:
        self.columns = columns
        self.redshift = redshift

    def residual(self, X: pd.DataFrame) -> np.ndarray:
        """Return the distance from the locus along each column, in its unit, shape (n, k)."""
        z = X[self.redshift].to_numpy(dtype=float)
        away = [X[name].to_numpy(dtype=float) - template(name, z) for name in self.columns]
        return np.column_stack(away) - self.locus_[:, 1] - np.outer(np.log(z), self.locus_[:, 0])

    def distance(self, X: pd.DataFrame) -> np.ndarray:
        """Return the distance from the locus in scatters of the Ia: the worst column's, (n,)."""
        check_is_fitted(self)
        return np.max(np.abs(self.residual(X)) / self.scatter_, axis=1)

    def fit(self, X: pd.DataFrame, y: np.ndarray | pd.Series) -> Any:
        """Calibrate locus, scatter and cut on classified objects: a DataFrame X; y is 1 for Ia."""
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        good = X[y == self.classes_[-1]]
        self.locus_ = np.zeros((len(self.columns), 2))
        away, ln_z = self.residual(good), np.log(good[self.redshift].to_numpy(dtype=float))
        lines = [
            np.polyfit(ln_z, part, deg=0 if name in PAIRS else 1)
            for name, part in zip(self.columns, away.T, strict=True)
        ]
        self.locus_ = np.array([np.append(np.zeros(2 - len(line)), line) for line in lines])
        self.scatter_ = 1.4826 * np.median(np.abs(self.residual(good)), axis=0)
        curve = LogisticRegression(C=1e6).fit(np.log(self.distance(X))[:, None], y)
        self.slope_, self.offset_ = float(curve.coef_[0, 0]), float(curve.intercept_[0])
        self.cut_ = float(np.exp(-self.offset_ / self.slope_))
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of not Ia and Ia, shape (n, 2)."""
        p = 1 / (1 + np.exp(-(self.slope_ * np.log(self.distance(X)) + self.offset_)))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> Any:
        """Return the class of each row: Ia inside the cut."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


def reference() -> Any:
    """Return the cuts of the field: colours at peak and decline times, given the host's redshift.

    In the spirit of photometric typing by selection cuts (Bazin et al. 2011, A&A 534, A43),
    re-implemented for the features at hand and calibrated on the training rows.
    The brightness is left out on purpose: it is what a Hubble diagram is to measure.
    """
    return Cuts()


def alternates() -> dict:
    """Return other cuts: colours alone, times alone, the box with brightness as one more side."""
    return {
        "colours alone": Cuts(columns=("g_r", "r_i")),
        "decline times alone": Cuts(columns=("fall_time", "decline")),
        "cuts with brightness": Cuts(columns=(*CUT, "peak_mag")),
    }


def pick(X: pd.DataFrame) -> pd.DataFrame:
    """Return the four columns of the simplest model."""
    return X[["g_r", "r_i", "rise_time", "fall_time"]]


def simplest() -> Any:
    """Return the simplest model: logistic regression on two colours and two times."""
    return make_pipeline(FunctionTransformer(func=pick), StandardScaler(), LogisticRegression())
