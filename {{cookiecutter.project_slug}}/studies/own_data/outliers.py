"""Detectors of unusual rows.

None of them looks at the classes: what they find may be of a kind that nobody has named.
"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted

STEPS = 5  # concentration steps


class Spread(OutlierMixin, BaseEstimator):
    """Distance from the median in units of the median absolute deviation: the rms over columns.

    Attributes
    ----------
    centre_, width_ : arrays of shape (k,)
    offset_ : float, the score below which one row in a hundred lies
    """

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the middle and the width of each column; X is an array of shape (n, k)."""
        X = np.asarray(X, dtype=float)
        self.centre_ = np.median(X, axis=0)
        width = 1.4826 * np.median(np.abs(X - self.centre_), axis=0)
        deviation = np.std(X, axis=0)
        # Where more than half of the rows share one value there is no median deviation.
        self.width_ = np.where(width > 0, width, np.where(deviation > 0, deviation, 1.0))
        self.n_features_in_ = X.shape[1]
        self.offset_ = float(np.quantile(self.score_samples(X), 0.01))
        return self

    def score_samples(self, X: Any) -> Any:
        """Return how usual each row is, shape (n,): minus its distance."""
        check_is_fitted(self)
        return -np.sqrt(
            np.mean(((np.asarray(X, dtype=float) - self.centre_) / self.width_) ** 2, axis=1)
        )

    def decision_function(self, X: Any) -> Any:
        """Return the score above the offset, negative where a row is unusual."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> Any:
        """Return 1 for usual rows and -1 for unusual ones."""
        return np.where(self.decision_function(X) >= 0, 1, -1)


class Mahalanobis(Spread):
    """Distance from the mean in units of the covariance (Mahalanobis 1936).

    It knows which columns go together.

    Mean and covariance are computed without the tenth of the rows that is furthest out, so that
    what is sought does not widen its own yardstick. Which tenth that is begins with `Spread` and
    is settled by concentration steps (Rousseeuw & Van Driessen 1999): the tenth furthest by the
    last covariance is left out of the next. It is shrunk (Ledoit & Wolf 2004), so that any number
    of columns will do.

    Attributes
    ----------
    mean_, precision_ : arrays of shape (k,) and (k, k)
    """

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn mean and covariance of the array X, shape (n, k)."""
        from sklearn.covariance import LedoitWolf

        X = np.asarray(X, dtype=float)
        usual, self.n_features_in_ = Spread().fit(X).score_samples(X), X.shape[1]
        for _ in range(STEPS):
            shape = LedoitWolf().fit(X[usual >= np.quantile(usual, 0.1)])
            self.mean_ = shape.location_
            self.precision_ = np.linalg.pinv(shape.covariance_, hermitian=True)
            usual = self.score_samples(X)
        self.offset_ = float(np.quantile(self.score_samples(X), 0.01))
        return self

    def score_samples(self, X: Any) -> Any:
        """Return how usual each row is, shape (n,): minus its distance."""
        check_is_fitted(self)
        off = np.asarray(X, dtype=float) - self.mean_
        return -np.sqrt(
            np.maximum(np.einsum("ij,jk,ik->i", off, self.precision_, off, optimize=True), 0.0)
        )


class Together(OutlierMixin, BaseEstimator):
    """Several detectors: the mean of their scores, each in units of its own spread.

    Scores are compared as logarithms, since distances have long tails and densities are ratios.

    Parameters
    ----------
    members : list of (name, outlier detector)
        Their ``score_samples`` are negative throughout, as those of isolation forest, local
        outlier factor and `Mahalanobis`.
    rows : dict of int
        By name: a member that compares every row with every other is fitted to a sample of at
        most so many.
    random_state : int

    Attributes
    ----------
    members_ : list of fitted detectors
    centre_, width_ : arrays of shape (members,)
    """

    def __init__(self, members: Any = (), rows: Any = None, random_state: int = 0) -> None:
        self.members = members
        self.rows = rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fit every member to the array X, shape (n, k)."""
        X = np.asarray(X, dtype=float)
        rng, few = np.random.default_rng(self.random_state), self.rows or {}
        self.members_ = []
        for name, member in self.members:
            most = few.get(name, len(X))
            part = X if most >= len(X) else X[np.sort(rng.choice(len(X), most, replace=False))]
            self.members_.append(clone(member).fit(part))
        sample = X if len(X) <= 20_000 else X[np.sort(rng.choice(len(X), 20_000, replace=False))]
        logs = self._logs(sample)
        self.centre_, self.width_ = logs.mean(axis=0), np.maximum(logs.std(axis=0), 1e-12)
        self.n_features_in_ = X.shape[1]
        self.offset_ = float(np.quantile(self.score_samples(sample), 0.01))
        return self

    def _logs(self, X: Any):
        return np.column_stack(
            [np.log(np.maximum(-member.score_samples(X), 1e-12)) for member in self.members_]
        )

    def score_samples(self, X: Any) -> Any:
        """Return how usual each row is, shape (n,)."""
        check_is_fitted(self)
        return -((self._logs(np.asarray(X, dtype=float)) - self.centre_) / self.width_).mean(axis=1)

    def decision_function(self, X: Any) -> Any:
        """Return the score above the offset, negative where a row is unusual."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> Any:
        """Return 1 for usual rows and -1 for unusual ones."""
        return np.where(self.decision_function(X) >= 0, 1, -1)
