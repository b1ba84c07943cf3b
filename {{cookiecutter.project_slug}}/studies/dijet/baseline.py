"""The traditional search: a bump hunt in the dijet mass; and simple cuts on the jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline

from . import likelihood, regions, search, simulate
from .models import Decorrelated, Forest

if TYPE_CHECKING:
    import pandas as pd


class BumpHunt(BaseEstimator):
    """Sideband fit of the mass spectrum: the ratio of signal to background for every event.

    A bump hunt tests a count; it has no opinion about single events beyond their mass. That
    opinion can be written down: the expected signal over the fitted background at the event's
    mass, s(m) / b(m). Ranked by it, events nearest to the hypothesis come first, and a cut on it
    is a mass window. Its signal efficiency, background efficiency and SIC are those of choosing
    that window among all events; a classifier of jets has its own SIC, which comes on top of the
    window where the two are independent.
    It may read the dijet mass, and reads nothing else.

    Parameters
    ----------
    centre : float, mass hypothesis [GeV]
    width : float, resolution in ln(m_jj)
    parameters : int, of the smooth spectrum
    random_state : int, for accepting weighted rows

    Attributes
    ----------
    rate_ : array (bins,), fitted background
    count_, expected_, error_, local_ : float, the signal region of the fitted table
    """

    def __init__(
        self,
        centre: float = regions.CENTRE,
        width: float = simulate.RESOLUTION,
        parameters: int = search.PARAMETERS,
        random_state: int = 0,
    ) -> None:
        self.centre = centre
        self.width = width
        self.parameters = parameters
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: np.ndarray | pd.Series | None = None) -> Any:
        """Fit the sidebands; `y` is not looked at."""
        mass = X.loc[regions.unweighted(X, self.random_state), regions.RESONANCE]
        counts = search.histogram(mass)
        region = search.inside(self.centre)
        self.rate_ = search.fit(counts, ~region, self.parameters)[0]
        found = search.test(counts, self.centre, parameters=self.parameters)
        self.count_, self.expected_, self.error_, self.local_ = map(float, found)
        return self

    def anomaly_score(self, X: pd.DataFrame) -> np.ndarray:
        """Return ln(s(m) / b(m)) up to a constant, shape (n,)."""
        mass = X[regions.RESONANCE].to_numpy(dtype=float)
        edge = search.binning(len(self.rate_))
        log_b = np.interp(
            np.log(mass),
            np.log(edge[1:] * edge[:-1]) / 2,
            np.log(self.rate_ / np.diff(np.log(edge))),
        )
        return -0.5 * (np.log(mass / self.centre) / self.width) ** 2 - log_b


class Cut(BaseEstimator):
    """A cut on the jets that needs no training: the higher `kind` says, the more like the signal.

    Parameters
    ----------
    kind : {"two prongs", "heavy jets"}
        The larger tau21 of the two jets, low values first; or the mass of the lighter jet.
    """

    def __init__(self, kind: str = "two prongs") -> None:
        self.kind = kind

    def fit(self, X: pd.DataFrame, y: np.ndarray | None = None) -> Any:
        """Nothing is learnt."""
        self.n_features_in_ = X.shape[1]
        return self

    def anomaly_score(self, X: pd.DataFrame) -> np.ndarray:
        """Return the score, shape (n,)."""
        if self.kind == "two prongs":
            return -np.maximum(X["tau21_1"], X["tau21_2"]).to_numpy(dtype=float)
        return X["m_j2"].to_numpy(dtype=float)


def reference() -> Any:
    """Return the bump hunt at the mass of the study, its spectrum fitted to the sidebands.

    The usual search for dijet resonances (Harris & Kousouris 2011, Int. J. Mod. Phys. A 26,
    5005), re-implemented.
    """
    return BumpHunt()


def alternates() -> dict:
    """Return cuts on the substructure of jets, the first step of searches for boosted bosons."""
    return {"two-prong cut": Cut("two prongs"), "heavy-jet cut": Cut("heavy jets")}


def simplest() -> Any:
    """Return the simplest model that sees every jet feature: an isolation forest, off the shelf."""
    return make_pipeline(Decorrelated(remove=False), Forest(random_state=0))


def limit(frame: pd.DataFrame) -> tuple:
    """Return the likelihood ratio of the jets, in a tuple of one.

    It is the score of somebody who knows generator A and the signal.
    """
    return (likelihood.log_ratio(frame),)
