"""Estimates that several checks share: rows, folds, out-of-fold skill and its bounds.

scikit-learn is imported inside the functions: importing the checks must not slow a notebook's
start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 20_000
DRAWS = 200
FOLDS = 3
LEVEL = 0.95


@dataclass(frozen=True)
class Skill:
    """How well one block of columns predicts a target out of fold.

    `share` is the explained share of the target's variance; for classes it is the share that two
    normal distributions with the same AUC would have, so that one threshold has one meaning for
    every task.
    """

    share: float
    low: float
    words: str


def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as float64; words become codes, times become seconds, missing stays missing."""
    import pandas as pd

    return pd.DataFrame({name: _column(frame[name]) for name in frame.columns}, index=frame.index)


def _column(column: pd.Series) -> np.ndarray:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return (column - column.min()).dt.total_seconds().to_numpy(dtype=float)
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=float, na_value=np.nan)
    codes = pd.factorize(column, sort=True)[0].astype(float)
    return np.where(codes < 0, np.nan, codes)


def group_codes(groups: Any, frame: pd.DataFrame | None, size: int) -> np.ndarray:
    """Return an integer per row from an array, a column name, or nothing (then each row is its own group)."""
    import pandas as pd

    if groups is None:
        return np.arange(size)
    values = frame[groups] if isinstance(groups, str) else groups
    return pd.factorize(np.asarray(values))[0]


def sample(size: int, seed: int, most: int = MAX_ROWS) -> tuple[np.ndarray, str]:
    """Return sorted row numbers, and the words that own up to a sample."""
    if size <= most:
        return np.arange(size), ""
    rows = np.sort(np.random.default_rng(seed).choice(size, size=most, replace=False))
    return rows, f" (measured on {most:,} of {size:,} rows)"


def draws(groups: np.ndarray, seed: int, number: int = DRAWS) -> Iterator[np.ndarray]:
    """Yield how often each row stands in a sample of groups drawn with replacement."""
    rng = np.random.default_rng(seed)
    codes = np.unique(groups, return_inverse=True)[1]
    count = int(codes.max()) + 1
    for _ in range(number):
        yield np.bincount(rng.integers(count, size=count), minlength=count)[codes].astype(float)


def folds(
    groups: np.ndarray, seed: int, number: int = FOLDS
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return train and held-out row numbers; no group stands on both sides."""
    codes = np.unique(groups, return_inverse=True)[1]
    fold = np.random.default_rng(seed).permutation(int(codes.max()) + 1)[codes] % number
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(number)]


def out_of_fold(
    model: Any, X: Any, y: np.ndarray, groups: np.ndarray, seed: int, number: int = FOLDS
) -> np.ndarray:
    """Return out-of-fold predictions: one value per row, or one probability per row and class (codes 0..k-1)."""
    from sklearn.base import clone, is_classifier
    from threadpoolctl import threadpool_limits

    classes = int(y.max()) + 1 if is_classifier(model) else 0
    predicted = np.zeros((len(y), classes)) if classes else np.zeros(len(y))
    take = X.iloc if hasattr(X, "iloc") else X
    # On a busy machine the threads of boosted trees wait for one another 20 times longer than
    # they work.
    with threadpool_limits(limits=1):
        for train, held in folds(groups, seed, number):
            fitted = clone(model).fit(take[train], y[train])
            if classes:
                predicted[np.ix_(held, fitted.classes_.astype(int))] = _probability(
                    fitted, take[held]
                )
            else:
                predicted[held] = fitted.predict(take[held])
    return predicted


def _probability(model: Any, X: Any) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    score = np.asarray(model.decision_function(X))
    return np.column_stack([-score, score]) if score.ndim == 1 else score


def auc(positive: np.ndarray, score: np.ndarray, weights: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the area under the ROC curve, unweighted first and then once per row of weights; ties count half."""
    place = np.unique(score, return_inverse=True)[1]
    areas = []
    for weight in (np.ones(len(score)), *weights):
        up = np.bincount(place, weights=weight * positive)
        down = np.bincount(place, weights=weight * ~positive)
        pairs = up.sum() * down.sum()
        areas.append(np.sum(up * (np.cumsum(down) - down / 2)) / pairs if pairs else 0.5)
    return np.array(areas)


def one_against_rest(
    codes: np.ndarray, probability: np.ndarray, weights: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """Return the AUC of each class against the rest, shape (classes, 1 + weights); of two classes only the second."""
    classes = [1] if probability.shape[1] == 2 else range(probability.shape[1])
    return np.array([auc(codes == k, probability[:, k], weights) for k in classes])


def class_auc(
    codes: np.ndarray, probability: np.ndarray, weights: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """Return the mean one-against-the-rest AUC (one value, then one per row of weights)."""
    return one_against_rest(codes, probability, weights).mean(axis=0)


def share_of(area: np.ndarray) -> np.ndarray:
    """Return the explained share of variance that an AUC stands for (two normal classes of equal size)."""
    from scipy.stats import norm

    distance = np.sqrt(2) * norm.ppf(np.clip(area, 0.5, 1 - 1e-9))
    return distance**2 / (distance**2 + 4)


def area_of(share: float) -> float:
    """Return the AUC that an explained share of variance stands for; the inverse of `share_of`."""
    from scipy.stats import norm

    return float(norm.cdf(np.sqrt(2 * share / max(1 - share, 1e-9))))


def target_codes(y: Any) -> np.ndarray:
    """Return class labels as codes 0..k-1 in sorted order."""
    return np.unique(np.asarray(y), return_inverse=True)[1]


def skill(
    X: pd.DataFrame, y: np.ndarray, groups: np.ndarray, *, regression: bool, seed: int
) -> Skill:
    """Measure what X says about y out of fold, with a 95 % lower bound over groups."""
    weights = list(draws(groups, seed))
    predicted = out_of_fold(learner(regression, seed), X, y, groups, seed)
    if regression:
        values = _explained(y, predicted, weights)
        return Skill(
            float(values[0]), float(np.quantile(values[1:], (1 - LEVEL) / 2)), f"R² {values[0]:.2f}"
        )
    # One class that is given away is enough; the quantile allows for looking at each of them.
    areas = one_against_rest(y, predicted, weights)
    lows = np.quantile(areas[:, 1:], (1 - LEVEL) / 2 / len(areas), axis=1)
    best = int(np.argmax(lows))
    share, low = share_of(np.array([areas[best, 0], lows[best]]))
    return Skill(float(share), float(low), f"AUC {areas[best, 0]:.2f}")


def learner(regression: bool, seed: int) -> Any:
    """Return the quick learner with which the checks ask whether anything can be learnt."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return kind(
        max_iter=50, learning_rate=0.1, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )


def _explained(y: np.ndarray, predicted: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    values = []
    for weight in (np.ones(len(y)), *weights):
        spread = np.sum(weight * (y - np.average(y, weights=weight)) ** 2)
        values.append(1 - np.sum(weight * (y - predicted) ** 2) / spread if spread else 0.0)
    return np.array(values)
