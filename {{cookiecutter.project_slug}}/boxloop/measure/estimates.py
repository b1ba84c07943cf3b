"""Estimates that several checks share: rows, out-of-fold skill and its bounds.

Checks are asked of any rows, with groups or without, and know neither the split nor the metrics of
the study: they have folds, a quick learner and numbers of draws of their own, and take the rest
from `boxloop.measure`. Pandas and scikit-learn are imported inside the functions: importing the
checks must not slow a command's start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.intervals import group_weights
from boxloop.measure.ranking import Ranking, concordance
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 20_000
DRAWS = 200
FOLDS = 3
LEVEL = 0.95


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as floats: words become codes, times seconds, what is missing stays so."""
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
    """Return an integer per row from an array or a column name; without groups a row is its own."""
    import pandas as pd

    if groups is None:
        return np.arange(size)
    if frame is not None and isinstance(groups, str):
        groups = frame[groups]
    return pd.factorize(np.asarray(groups))[0]


def sample(size: int, seed: int, most: int = MAX_ROWS) -> tuple[np.ndarray, str]:
    """Return sorted row numbers, and the words that own up to a sample."""
    if size <= most:
        return np.arange(size), ""
    rows = np.sort(np.random.default_rng(seed).choice(size, size=most, replace=False))
    return rows, f" (measured on {most:,} of {size:,} rows)"


def draws(groups: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each row stands in a sample of groups drawn with replacement."""
    return group_weights(groups, draws=DRAWS, seed=seed)


def out_of_fold(
    model: Any, X: Any, y: np.ndarray, groups: np.ndarray, seed: int, number: int = FOLDS
) -> np.ndarray:
    """Return what models say of rows that they were not fitted to, in folds of whole groups.

    Returns
    -------
    array of shape (n,), or (n, classes)
        A prediction, or the probability of each class where `y` holds the codes 0..k-1 of classes.
    """
    from joblib import parallel_config
    from sklearn.base import is_classifier
    from threadpoolctl import threadpool_limits

    from boxloop.measure import task
    from boxloop.split.division import group_folds

    classes = int(y.max()) + 1 if is_classifier(model) else 0

    def say(fitted: Any, rows: Any) -> np.ndarray:
        if not classes:
            return fitted.predict(rows)
        chance = np.zeros((len(rows), classes))
        chance[:, fitted.classes_.astype(int)] = _probability(fitted, rows)
        return chance

    # The fits are small: not worth a way to a cluster, and on a busy machine the threads of boosted
    # trees wait for one another 20 times longer than they work.
    with threadpool_limits(limits=1), parallel_config(backend="sequential", n_jobs=1):
        return task.out_of_fold(model, X, y, group_folds(groups, number, seed=seed), say=say)


def _probability(model: Any, X: Any) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    score = np.asarray(model.decision_function(X))
    return np.column_stack([-score, score]) if score.ndim == 1 else score


def auc(positive: np.ndarray, score: np.ndarray, weights: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the ROC AUC, of all rows first and then once per row of weights."""
    ranking = Ranking(positive, score)
    return np.array([concordance(each) for each in (ranking, *map(ranking.weighted, weights))])


def one_against_rest(
    codes: np.ndarray, probability: np.ndarray, weights: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """Return the AUC of each class against the rest, of two classes only of the second.

    Shape (classes, 1 + weights): of all rows first, then once per row of weights.
    """
    classes = [1] if probability.shape[1] == 2 else range(probability.shape[1])
    return np.array([auc(codes == k, probability[:, k], weights) for k in classes])


def class_auc(
    codes: np.ndarray, probability: np.ndarray, weights: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """Return the mean AUC of each class against the rest, shape (1 + weights,)."""
    return one_against_rest(codes, probability, weights).mean(axis=0)


def share_of(area: np.ndarray) -> np.ndarray:
    """Return the explained share of variance that an AUC of two normal classes stands for."""
    from scipy.stats import norm

    distance = np.sqrt(2) * norm.ppf(np.clip(area, 0.5, 1 - 1e-9))
    return distance**2 / (distance**2 + 4)


def area_of(share: float) -> float:
    """Return the AUC that an explained share of variance stands for; the inverse of `share_of`."""
    from scipy.stats import norm

    return float(norm.cdf(np.sqrt(2 * share / max(1 - share, 1e-9))))


def target_codes(y: Any) -> np.ndarray:
    """Return class labels as codes 0..k-1 in sorted order."""
    return numbered(y)[1]


def learner(seed: int, *, classes: bool) -> Any:
    """Return the quick learner with which the checks ask whether anything can be learnt."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return kind(
        max_iter=50, learning_rate=0.1, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )


def blend(seed: int, *, classes: bool) -> Any:
    """Return the mean of a straight model and a small boosting: a weak sign needs few numbers.

    A straight model wastes least on a weak trend, trees see levels, bends and gaps; the mean of
    both is nearly as good as the better one.
    """
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        VotingClassifier,
        VotingRegressor,
    )
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    shape = {"max_iter": 30, "max_leaf_nodes": 6, "min_samples_leaf": 30, "early_stopping": False}
    straight = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=1.0) if classes else Ridge(alpha=1.0),
    )
    if classes:
        trees = HistGradientBoostingClassifier(**shape, random_state=seed)
        return VotingClassifier([("straight", straight), ("trees", trees)], voting="soft")
    trees = HistGradientBoostingRegressor(**shape, random_state=seed)
    return VotingRegressor([("straight", straight), ("trees", trees)])


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Return values by their order alone, as quantiles of a normal distribution; NaN stays NaN."""
    from scipy.stats import norm, rankdata

    there = np.isfinite(values)
    scores = np.full(len(values), np.nan)
    if there.any():
        scores[there] = norm.ppf((rankdata(values[there]) - 0.5) / there.sum())
    return scores


def has_heavy_tails(y: np.ndarray) -> bool:
    """Return whether a few values carry the variance: an excess kurtosis above three."""
    from scipy.stats import kurtosis

    return bool(kurtosis(y) > 3)
