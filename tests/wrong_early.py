"""Plausible wrong answers to the exercises of chapters 01 to 04: three for each, by another hand.

Each is what somebody in the room writes; its docstring says what they thought.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline


def outside_only(table, limits):
    """A value is broken if it is outside: no comparison with a gap is true."""
    return [
        name
        for name, (low, high) in limits.items()
        if name not in table or ((table[name] < low) | (table[name] > high)).any()
    ]


def on_average(table, limits):
    """A column is well if its mean is."""
    return [
        name
        for name, (low, high) in limits.items()
        if name not in table or not low <= table[name].mean() <= high
    ]


def what_is_there(table, limits):
    """Only columns that are there can be looked at."""
    return [
        name
        for name in table.columns
        if name in limits and not table[name].between(*limits[name]).all()
    ]


def less_is_more(model, reference, better):
    """The error falls, whatever is measured."""
    return (reference - model) / abs(reference) if reference else np.nan


def of_the_model(model, reference, better):
    """Divided by what the model has."""
    if better == "zero":
        model, reference = abs(model), abs(reference)
    if reference == 0:
        return np.nan
    return (model - reference if better == "higher" else reference - model) / abs(model)


def signed_bias(model, reference, better):
    """A bias is an error that should be lower."""
    if reference == 0:
        return np.nan
    return (model - reference if better == "higher" else reference - model) / reference


def just_significant(scatter, gain, power=0.8):
    """A gain of 1.96 errors is seen: in every other sample."""
    return int(np.ceil((norm.ppf(0.975) * scatter / gain) ** 2))


def without_the_square(scatter, gain, power=0.8):
    """The root of the number of groups forgotten."""
    return int(np.ceil((norm.ppf(0.975) + norm.ppf(power)) * scatter / gain))


def one_sided(scatter, gain, power=0.8):
    """Significant on one side."""
    return int(np.ceil(((norm.ppf(0.95) + norm.ppf(power)) * scatter / gain) ** 2))


def true_less_predicted(truth, guess):
    """The other sign."""
    off = np.asarray(truth) - np.asarray(guess)
    return off.mean(), off.std(), np.sqrt(np.mean(off**2))


def scatter_of_the_sample(truth, guess):
    """As pandas does."""
    off = np.asarray(guess) - np.asarray(truth)
    return off.mean(), off.std(ddof=1), np.sqrt(np.mean(off**2))


def rmse_twice(truth, guess):
    """Scatter is the size of the residuals."""
    off = np.asarray(guess) - np.asarray(truth)
    size = np.sqrt(np.mean(off**2))
    return off.mean(), size, size


def ties_are_lost(truth, score):
    """Strictly higher."""
    return np.mean(score[truth == 1][:, None] > score[truth == 0][None, :])


def at_a_half(truth, score):
    """An accuracy at a cut of one half."""
    return np.mean((score > 0.5) == (truth == 1))


def the_others_first(truth, score):
    """Members below others."""
    inside, outside = score[truth == 1][:, None], score[truth == 0][None, :]
    return np.mean(inside < outside) + 0.5 * np.mean(inside == outside)


def mean_of_all(truth, folds):
    """The mean of all rows, the held ones too."""
    return np.full(len(truth), truth.mean())


def mean_of_the_held(truth, folds):
    """The two arrays exchanged."""
    guess = np.full(len(truth), np.nan)
    for _, held in folds:
        guess[held] = truth.iloc[held].mean()
    return guess


def by_label(truth, folds):
    """Places taken for labels of the index."""
    guess = pd.Series(np.nan, index=truth.index)
    for fitted, held in folds:
        guess.loc[held] = truth.loc[fitted].mean()
    return guess.to_numpy()


def rows_drawn(groups, share, seed):
    """Each row by itself."""
    return np.random.default_rng(seed).uniform(size=len(groups)) < share


def the_first_names(groups, share, seed):
    """In the order of the catalogue."""
    owners = np.unique(groups)
    return np.isin(groups, owners[: round(share * len(owners))])


def owners_of_rows(groups, share, seed):
    """Rows are drawn until their groups are enough: a large one comes nearly always."""
    order = np.random.default_rng(seed).permutation(groups)
    many, picked = round(share * len(np.unique(groups))), []
    for owner in order:
        if owner not in picked and len(picked) < many:
            picked.append(owner)
    return np.isin(groups, picked)


def column_by_column(train, held, columns):
    """Each value stands somewhere in training."""
    return held[columns].apply(lambda column: column.isin(train[column.name])).all(axis=1)


def by_index(train, held, columns):
    """The labels of the index are the objects."""
    return held.index.isin(train.index)


def twins_too(train, held, columns):
    """Whatever stands twice in both tables together."""
    both = pd.concat([train[columns], held[columns]])
    return both.duplicated(keep=False).to_numpy()[len(train) :]


def _chained(folds, scaler, model, X, y):
    found = np.full(len(X), np.nan)
    for fitted, held in folds:
        chain = make_pipeline(clone(scaler), clone(model)).fit(X.iloc[fitted], y.iloc[fitted])
        found[held] = chain.predict(X.iloc[held])
    return found


def folds_of_rows(scaler, model, X, y, groups, folds):
    """Rows are shuffled, and groups forgotten."""
    return _chained(KFold(folds, shuffle=True, random_state=0).split(X), scaler, model, X, y)


def scaled_before(scaler, model, X, y, groups, folds):
    """The scaler is fitted once, to all rows."""
    scaled, found = clone(scaler).fit_transform(X), np.full(len(X), np.nan)
    for fitted, held in GroupKFold(folds).split(X, y, groups):
        found[held] = clone(model).fit(scaled[fitted], y.iloc[fitted]).predict(scaled[held])
    return found


def fold_after_fold(scaler, model, X, y, groups, folds):
    """What is predicted is joined in the order of the folds."""
    parts = []
    for fitted, held in GroupKFold(folds).split(X, y, groups):
        chain = make_pipeline(clone(scaler), clone(model)).fit(X.iloc[fitted], y.iloc[fitted])
        parts.append(chain.predict(X.iloc[held]))
    return np.concatenate(parts)


def simply_the_best(scores, errors, better):
    """The best score wins."""
    return int(np.argmax(scores) if better == "higher" else np.argmin(scores))


def its_own_error(scores, errors, better):
    """Each rung is excused by its own error."""
    up = scores if better == "higher" else -scores
    return int((up + errors >= up.max()).argmax())


def always_higher(scores, errors, better):
    """More is better, of a loss too."""
    best = np.argmax(scores)
    return int((scores >= scores[best] - errors[best]).argmax())


# By exercise; where a number has several, the metric that is asked for stands behind it.
WRONG = {
    "1.1": [outside_only, on_average, what_is_there],
    "1.2": [less_is_more, of_the_model, signed_bias],
    "1.3": [just_significant, without_the_square, one_sided],
    "2.2 rmse": [true_less_predicted, scatter_of_the_sample, rmse_twice],
    "2.2 area": [ties_are_lost, at_a_half, the_others_first],
    "2.1": [mean_of_all, mean_of_the_held, by_label],
    "3.1": [rows_drawn, the_first_names, owners_of_rows],
    "3.2": [column_by_column, by_index, twins_too],
    "4.1": [folds_of_rows, scaled_before, fold_after_fold],
    "4.2": [simply_the_best, its_own_error, always_higher],
}
