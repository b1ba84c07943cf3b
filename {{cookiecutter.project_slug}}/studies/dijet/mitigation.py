"""Variants of the search, tried in 06 and 07: decorrelated, not, and one nobody should use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from . import regions
from .models import Cwola, Decorrelated, boosting, cwola, ladder

if TYPE_CHECKING:
    import pandas as pd


class WithMass(TransformerMixin, BaseEstimator):
    """Adds the dijet mass to the features: the planted fault.

    A classifier of regions then needs nothing else.
    """

    def fit(self, X: pd.DataFrame, y: Any = None) -> Any:
        """Nothing is learnt."""
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with ln(m_jj) as one more feature."""
        return X.assign(ln_m_jj=np.log(X[regions.RESONANCE] / regions.CENTRE))


def leaking(seed: int) -> Any:
    """Return CWoLa with the dijet mass among its features."""
    return make_pipeline(
        Decorrelated(remove=False), WithMass(), Cwola([boosting(seed)], random_state=seed)
    )


def candidates(seed: int) -> dict:
    """Return searches by name: two with the trends of the features in the dijet mass, two without.

    Parameters
    ----------
    seed : int
    """
    return {
        "isolation forest": ladder(seed)["isolation forest"],
        "CWoLa, not decorrelated": cwola([boosting(seed)], seed=seed, remove=False),
        "CWoLa, decorrelated": cwola([boosting(seed)], seed=seed, remove=True),
        "CWoLa, m_jj as input": leaking(seed),
    }
