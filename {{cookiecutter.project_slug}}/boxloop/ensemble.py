"""An ensemble of refits: what the model would say had chance given it other rows."""

import numpy as np
from sklearn.base import clone

from boxloop.intervals import group_draws
from boxloop.metrics import rmse
from boxloop.parallel import each


def resample_predict(model, X, y, *, groups, cv, seed):
    """Return predictions for every row by a model fitted to a bootstrap sample of the groups of the other folds.

    Parameters
    ----------
    model : estimator, not fitted
    X : DataFrame of n rows
    y : Series of shape (n,)
    groups : array of shape (n,)
        Whole groups are drawn, because rows of a group are not independent.
    cv : list of (rows to fit, rows to predict)
    seed : int

    Returns
    -------
    array of shape (n,), NaN for rows that no fold predicts
    """
    predicted = np.full(len(y), np.nan)

    def refit(fold):
        fitted, held = fold
        drawn = fitted[next(group_draws(groups[fitted], draws=1, seed=seed))]
        return clone(model).fit(X.iloc[drawn], y.iloc[drawn]).predict(X.iloc[held])

    for (_, held), values in zip(cv, each(refit, cv), strict=True):
        predicted[held] = values
    return predicted


def spread(truth, predictions):
    """Return how far the members of an ensemble disagree.

    Parameters
    ----------
    truth : array of shape (n,)
    predictions : array of shape (n, members)

    Returns
    -------
    dict
        ``rmse`` and ``sd of rmse`` over the members, ``spread per object`` (median over the rows of
        the standard deviation between members), ``rmse of the mean`` of all members.
    """
    scores = [rmse(truth, member) for member in predictions.T]
    return {
        "rmse": float(np.mean(scores)),
        "sd of rmse": float(np.std(scores, ddof=1)),
        "spread per object": float(np.median(predictions.std(axis=1, ddof=1))),
        "rmse of the mean": rmse(truth, predictions.mean(axis=1)),
    }
