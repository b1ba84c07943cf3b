"""A table of very many columns as fewer: those that follow the target most, and components.

A spectrum of two thousand pixels is looked at pixel by pixel where a look is quick. What would
fit a model per column, or per pair of columns, is asked of the leading ones, and principal
components stand for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MANY = 150  # columns: of more, slow looks are taken at the leading ones
LEADING = 60
COMPONENTS = 30


def ranks(X: np.ndarray) -> np.ndarray:
    """Return the ranks in each column of X, shape (n, k), with mean 0 and length 1; gaps are 0."""
    from scipy.stats import rankdata

    there = np.isfinite(X)
    # Gaps are ranked behind all others, so that what is there has its ranks among itself.
    order = rankdata(np.where(there, X, np.inf), axis=0)
    number = np.maximum(there.sum(axis=0), 1)
    order = np.where(there, order - (number + 1) / 2, 0.0)
    return order / np.maximum(np.sqrt((order**2).sum(axis=0)), 1e-300)


def closeness(X: pd.DataFrame, y: np.ndarray, *, classes: bool) -> np.ndarray:
    """Return how closely each column follows the target in its order, from 0 to 1, shape (k,).

    Parameters
    ----------
    X : DataFrame of n rows, numbers
    y : array of shape (n,), or (n, targets)
        Numbers, in columns where there are several, or the codes 0..k-1 of classes; of several
        the one told best counts.
    """
    order = ranks(X.to_numpy(dtype=float))
    T = np.eye(int(y.max()) + 1)[y] if classes else np.asarray(y, dtype=float).reshape(len(y), -1)
    return np.abs(order.T @ ranks(T)).max(axis=1)


def leading(X: pd.DataFrame, y: np.ndarray, *, classes: bool, most: int = LEADING) -> list[str]:
    """Return the names of the columns that follow the target most, in their order; see above."""
    if X.shape[1] <= most:
        return list(X)
    first = np.argsort(-closeness(X, y, classes=classes), kind="stable")[:most]
    return [str(X.columns[place]) for place in np.sort(first)]


def components(X: pd.DataFrame, *, seed: int, most: int = COMPONENTS) -> pd.DataFrame:
    """Return the principal components of the columns, shape (n, at most `most`).

    Columns are scaled to unit variance, and gaps are their median.
    """
    import pandas as pd

    few = min(most, len(X) - 1, X.shape[1])
    if few < 1:
        return pd.DataFrame(index=X.index)
    found = reduced(few, seed).fit_transform(X.to_numpy(dtype=float))
    names = [f"component {number}" for number in range(1, few + 1)]
    return pd.DataFrame(found, index=X.index, columns=names)


def reduced(number: int, seed: int) -> Any:
    """Return the unfitted step from columns of numbers to so many principal components."""
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(
        fill, StandardScaler(), PCA(number, svd_solver="randomized", random_state=seed)
    )
