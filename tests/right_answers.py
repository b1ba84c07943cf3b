"""Right answers to the exercises in another style than the solutions: loops, lists, other tools.

Each is what somebody in the room writes; a check that refuses one of them teaches what is false.
"""

import math
import statistics

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, recall_score, roc_auc_score
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler


def by_extremes(table, limits):
    """Smallest, largest, and a count of gaps."""
    return [
        name
        for name, (low, high) in limits.items()
        if name not in table.columns
        or table[name].isna().any()
        or table[name].min() < low
        or table[name].max() > high
    ]


def share_by_sense(model, reference, better):
    """One sign for each sense."""
    if better == "zero":
        return share_by_sense(abs(model), abs(reference), "lower")
    if reference == 0:
        return float("nan")
    return {"higher": 1, "lower": -1}[better] * (model - reference) / abs(reference)


def both_tails(scatter, gain, power=0.8):
    """The first number whose power is enough, by bisection; both tails count."""
    normal = statistics.NormalDist()

    def seen(number):
        shift = gain * math.sqrt(number) / scatter
        return normal.cdf(shift - 1.96) + normal.cdf(-shift - 1.96)

    low, high = 0, 1
    while seen(high) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if seen(middle) >= power else (middle, high)
    return high


def dummies(truth, folds):
    """The model of scikit-learn that knows nothing."""
    guess = np.full(len(truth), np.nan)
    for fitted, held in folds:
        model = DummyRegressor().fit(np.zeros((len(fitted), 1)), truth.iloc[fitted])
        guess[held] = model.predict(np.zeros((len(held), 1)))
    return guess


def in_plain_python(truth, guess):
    """The sides of a right triangle."""
    off = [said - true for true, said in zip(truth, guess, strict=True)]
    bias, scatter = statistics.fmean(off), statistics.pstdev(off)
    return [bias, scatter, math.hypot(bias, scatter)]


def area_of_a_library(truth, score):
    """The function of scikit-learn."""
    return roc_auc_score(truth, score)


def shuffle_split(groups, share, seed):
    """The splitter of scikit-learn, which yields places."""
    splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
    _, held = next(splitter.split(groups, groups=groups))
    return np.isin(np.arange(len(groups)), held)


def set_of_rows(train, held, columns):
    """A set of tuples, with a number for what is missing."""
    known = set(train[columns].fillna(-999.0).itertuples(index=False, name=None))
    asked = held[columns].fillna(-999.0).itertuples(index=False, name=None)
    return [row in known for row in asked]


def names_in_parts(scaler, model, X, y, groups, folds):
    """Names are shuffled and parted by hand; scaler and model are fitted one after the other."""
    values, truth, found = X.to_numpy(), y.to_numpy(), np.empty(len(X))
    names = np.random.default_rng(0).permutation(np.unique(groups))
    for part in np.array_split(names, folds):
        held = np.isin(groups, part)
        scale = clone(scaler).fit(values[~held])
        fitted = clone(model).fit(scale.transform(values[~held]), truth[~held])
        found[held] = fitted.predict(scale.transform(values[held]))
    return found


def in_one_line(scaler, model, X, y, groups, folds):
    """The function of scikit-learn."""
    chain = make_pipeline(scaler, model)
    return cross_val_predict(chain, X, y, groups=groups, cv=GroupKFold(folds))


def first_near_the_best(scores, errors, better):
    """A loop that ends at the first."""
    best = int(np.argmax(scores) if better == "higher" else np.argmin(scores))
    for place, score in enumerate(scores):
        if abs(score - scores[best]) <= errors[best]:
            return place
    return best


def medians_of_pandas(truth, guess):
    """Divided by a quantile of the normal."""
    off = pd.Series(guess - truth)
    return (off - off.median()).abs().median() / 0.6745


def scores_of_a_library(member, called):
    """The functions of scikit-learn."""
    pure = precision_score(member, called, zero_division=np.nan)
    return recall_score(member, called), pure


def one_row_each(is_signal, passes):
    """A table of both."""
    share = pd.Series(passes).groupby(is_signal).mean()
    return share[True] / math.sqrt(share[False]) if share[False] else math.nan


def counts_of_groups(statistic, values, groups, rng, draws=1_000):
    """How often each group comes is multinomial."""
    names, place = np.unique(groups, return_inverse=True)
    even = np.full(len(names), 1 / len(names))
    found = [
        statistic(np.repeat(values, rng.multinomial(len(names), even)[place])) for _ in range(draws)
    ]
    return np.quantile(found, 0.025), np.quantile(found, 0.975)


def from_above(scores, alpha):
    """Counted from the largest."""
    rank = math.floor(alpha * (len(scores) + 1))
    return sorted(scores, reverse=True)[rank - 1] if rank else math.inf


def known_values_alone(rows, column, level, rng):
    """Noise is drawn for what is known."""
    harder = rows.copy()
    known = harder[column].notna()
    step = rng.normal(0, level * harder[column].std(ddof=0), known.sum())
    harder.loc[known, column] += step
    return harder


def _odds(classifier, home, away):
    is_new = np.repeat([0, 1], [len(home), len(away)])
    new = classifier.fit(pd.concat([home, away]), is_new).predict_proba(home)[:, 1]
    return new / (1 - new)


def by_densities(home, away):
    """Two normal densities, which need no common scale."""
    return _odds(GaussianNB(), home, away)


def by_trees(home, away):
    """Trees, which need none either."""
    return _odds(GradientBoostingClassifier(n_estimators=60, max_depth=2), home, away)


def by_a_forest(home, away):
    """Many trees with large leaves."""
    return _odds(RandomForestClassifier(60, min_samples_leaf=100, random_state=0), home, away)


def without_a_penalty(home, away):
    """Who has no penalty needs no scale."""
    return _odds(LogisticRegression(C=1e9), home, away)


def draw_after_draw(models, noise, rng, draws=4_000):
    """A loop over the draws."""
    promised, kept = [], []
    for _ in range(draws):
        score = rng.normal(0, noise, models)
        promised.append(max(score))
        kept.append(rng.normal(0, noise, models)[score.argmax()])
    return statistics.fmean(promised), statistics.fmean(kept)


def _gentlest(tests, name, why):
    if why.strip() in ("", "TODO"):
        raise ValueError(why)
    broken = tests[(tests["test"] == name) & (tests["verdict"] == "unsafe")]
    return None if broken.empty else broken.iloc[broken["level"].abs().argsort().iloc[0]]


def in_per_cent(tests, name, why):
    """Shares are easier to read in per cent."""
    row = _gentlest(tests, name, why)
    if row is None:
        return None
    said = f"level {row.level:.0%}: model {row.model:.1%}, reference {row.reference:.1%}"
    return {"about": f"stress: {name}", "measured": said, "explanation": why}


def with_a_ratio(tests, name, why):
    """Two digits, and how much worse the model is."""
    row = _gentlest(tests, name, why)
    if row is None:
        return None
    said = f"at {row.level:g} {row.model:.2g}, not {row.reference:.2g}"
    said = f"{said} ({row.model / row.reference - 1:+.0%})"
    return {"about": f"stress: {name}", "measured": said, "explanation": why}


def asked_for_forgiveness(criterion, sets):
    """What is not there is an error that is caught."""
    try:
        number = sets[criterion["set"]][criterion["metric"]][criterion["end"]]
    except KeyError:
        return "not measured"
    if math.isnan(number):
        return "not measured"
    if "at_least" in criterion:
        return "yes" if number >= criterion["at_least"] else "no"
    return "yes" if number <= criterion["at_most"] else "no"


def all_distances(train, rows):
    """Every distance at once, of columns between zero and one."""
    scale = MinMaxScaler().fit(train.to_numpy())
    known, asked = scale.transform(train.to_numpy()), scale.transform(rows.to_numpy())
    apart = cdist(known, known)
    np.fill_diagonal(apart, np.inf)
    reach = np.quantile(apart.min(axis=0), 0.99)
    inside = ((asked >= 0) & (asked <= 1)).all(axis=1)  # a gap is not
    near = cdist(asked, known).min(axis=1) <= reach
    return inside & near


# By exercise; where a number has several, the metric that is asked for stands behind it.
RIGHT = {
    "1.1": [by_extremes],
    "1.2": [share_by_sense],
    "1.3": [both_tails],
    "2.1": [dummies],
    "2.2 rmse": [in_plain_python],
    "2.2 area": [area_of_a_library],
    "3.1": [shuffle_split],
    "3.2": [set_of_rows],
    "4.1": [names_in_parts, in_one_line],
    "4.2": [first_near_the_best],
    "5.1 nmad": [medians_of_pandas],
    "5.1 purity": [scores_of_a_library],
    "5.1 sic": [one_row_each],
    "5.2": [counts_of_groups],
    "5.3": [from_above],
    "6.1": [known_values_alone],
    "6.2": [by_densities, by_trees, by_a_forest, without_a_penalty],
    "7.1": [draw_after_draw],
    "7.2": [in_per_cent, with_a_ratio],
    "8.1": [asked_for_forgiveness],
    "8.2": [all_distances],
}
