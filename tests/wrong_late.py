"""Plausible wrong answers to the exercises of chapters 05 to 08: three for each, by another hand.

Each is what somebody in the room writes; its docstring says what they thought.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def about_zero(truth, guess):
    """The median size of the residuals, so that a bias counts as scatter."""
    return 1.4826 * np.median(np.abs(np.asarray(guess) - np.asarray(truth)))


def mean_inside(truth, guess):
    """Distances from the mean, which one wild guess moves."""
    off = np.asarray(guess) - np.asarray(truth)
    return 1.4826 * np.median(np.abs(off - off.mean()))


def without_the_factor(truth, guess):
    """The plain median absolute deviation."""
    off = np.asarray(guess) - np.asarray(truth)
    return np.median(np.abs(off - np.median(off)))


def purity_first(is_member, is_called):
    """The two exchanged."""
    both = np.sum(is_member & is_called)
    return both / np.sum(is_called) if np.any(is_called) else np.nan, both / np.sum(is_member)


def right_of_all(is_member, is_called):
    """The share of right answers stands for both."""
    right = np.mean(is_member == is_called)
    return right, right


def pure_when_empty(is_member, is_called):
    """What is empty has no contaminant."""
    both = np.sum(is_member & is_called)
    return both / np.sum(is_member), both / np.sum(is_called) if np.any(is_called) else 1.0


def counts_for_shares(is_signal, passes):
    """S over the root of B, in events."""
    background = np.sum(passes & ~is_signal)
    return np.sum(passes & is_signal) / np.sqrt(background) if background else np.nan


def without_the_root(is_signal, passes):
    """One efficiency over the other."""
    background = np.mean(passes[~is_signal])
    return np.mean(passes[is_signal]) / background if background else np.nan


def infinitely_good(is_signal, passes):
    """No background passes: there is nothing better."""
    background = np.mean(passes[~is_signal])
    return np.mean(passes[is_signal]) / np.sqrt(background) if background else np.inf


def draws_rows(statistic, values, groups, rng, draws=1_000):
    """The plain bootstrap, over rows."""
    picks = rng.integers(len(values), size=(draws, len(values)))
    return np.percentile([statistic(values[pick]) for pick in picks], [2.5, 97.5])


def twice_is_once(statistic, values, groups, rng, draws=1_000):
    """Membership of the drawn names, which forgets that one came twice."""
    names = np.unique(groups)
    found = [
        statistic(values[np.isin(groups, rng.choice(names, size=len(names)))]) for _ in range(draws)
    ]
    return np.percentile(found, [2.5, 97.5])


def one_sigma(statistic, values, groups, rng, draws=1_000):
    """Mean of the draws, and one standard deviation to either side."""
    names = np.unique(groups)
    found = []
    for _ in range(draws):
        picked = rng.choice(names, size=len(names))
        found.append(
            statistic(np.concatenate([values[np.asarray(groups) == name] for name in picked]))
        )
    return np.mean(found) - np.std(found), np.mean(found) + np.std(found)


def plain_quantile(scores, alpha):
    """The quantile of the scores at hand, without the new one."""
    return np.quantile(scores, 1 - alpha)


def one_rank_too_far(scores, alpha):
    """The rank taken for a place that counts from zero."""
    rank = int(np.ceil((len(scores) + 1) * (1 - alpha)))
    return np.sort(scores)[rank] if rank < len(scores) else np.inf


def the_largest_will_do(scores, alpha):
    """Where there are too few scores, the largest of them."""
    rank = int(np.ceil((len(scores) + 1) * (1 - alpha)))
    return np.sort(scores)[min(rank, len(scores)) - 1]


def in_place(rows, column, level, rng):
    """The table itself is changed."""
    rows[column] = rows[column] + level * rows[column].std() * rng.normal(size=len(rows))
    return rows


def one_step_for_all(rows, column, level, rng):
    """One random number, added to every row."""
    return rows.assign(**{column: rows[column] + level * rows[column].std() * rng.normal()})


def in_its_own_unit(rows, column, level, rng):
    """The level is taken for the size of the noise."""
    return rows.assign(**{column: rows[column] + level * rng.normal(size=len(rows))})


def _chance_of_new(home, away, *, scaled=True):
    """Return the probability of each row at home to be new."""
    both = pd.concat([home, away])
    label = np.r_[np.zeros(len(home)), np.ones(len(away))]
    model = (
        make_pipeline(StandardScaler(), LogisticRegression()) if scaled else LogisticRegression()
    )
    return model.fit(both, label).predict_proba(home)[:, 1]


def probability_for_ratio(home, away):
    """The probability of being new is the weight."""
    return _chance_of_new(home, away)


def upside_down(home, away):
    """The odds of being at home."""
    chance = _chance_of_new(home, away)
    return (1 - chance) / chance


def unscaled(home, away):
    """A penalty on columns of any scale."""
    chance = _chance_of_new(home, away, scaled=False)
    return chance / (1 - chance)


def kept_as_promised(models, noise, rng, draws=4_000):
    """The chosen model is judged by the rows that chose it."""
    best = noise * rng.normal(size=(draws, models)).max(axis=1)
    return best.mean(), best.mean()


def best_of_all_draws(models, noise, rng, draws=4_000):
    """The largest number of the whole table."""
    first, fresh = noise * rng.normal(size=(2, draws, models))
    return first.max(), fresh.flat[first.argmax()]


def mean_before_best(models, noise, rng, draws=4_000):
    """Averaged over draws first, then the best model is taken."""
    first, fresh = noise * rng.normal(size=(2, draws, models))
    best = first.mean(axis=0).argmax()
    return first[:, best].mean(), fresh[:, best].mean()


def _told(row, name, why):
    said = f"level {row['level']:g}: model {row['model']:.3f}, reference {row['reference']:.3f}"
    return {"about": f"stress: {name}", "measured": said, "explanation": why}


def hardest_blow(tests, name, why):
    """The worst case is the one to tell."""
    if why.strip() in ("", "TODO"):
        raise ValueError(why)
    found = tests[(tests["test"] == name) & (tests["verdict"] == "unsafe")]
    if found.empty:
        return None
    return _told(found.sort_values("level", key=abs).iloc[-1], name, why)


def without_a_reason(tests, name, why):
    """The reason can be written later."""
    found = tests[(tests["test"] == name) & (tests["verdict"] == "unsafe")]
    if found.empty:
        return None
    return _told(found.sort_values("level", key=abs).iloc[0], name, why)


def whatever_is_not_safe(tests, name, why):
    """What cannot be told is a failure as well."""
    if why.strip() in ("", "TODO"):
        raise ValueError(why)
    found = tests[(tests["test"] == name) & (tests["verdict"] != "safe")]
    if found.empty:
        return None
    return _told(found.sort_values("level", key=abs).iloc[0], name, why)


def _judged(number, criterion):
    """Return whether a number meets a bound; NaN meets none."""
    if "at_most" in criterion:
        return "yes" if number <= criterion["at_most"] else "no"
    return "yes" if number >= criterion["at_least"] else "no"


def missed_when_missing(criterion, sets):
    """What was not measured was not met."""
    found = sets.get(criterion["set"], {}).get(criterion["metric"], {})
    return _judged(found.get(criterion["end"], np.nan), criterion)


def validation_stands_in(criterion, sets):
    """The next best set of rows is asked."""
    found = sets.get(criterion["set"], sets["validation"]).get(criterion["metric"], {})
    number = found.get(criterion["end"], np.nan)
    return "not measured" if pd.isna(number) else _judged(number, criterion)


def middle_of_the_interval(criterion, sets):
    """The value is what counts, whatever end was named."""
    number = sets.get(criterion["set"], {}).get(criterion["metric"], {}).get("value", np.nan)
    return "not measured" if pd.isna(number) else _judged(number, criterion)


def ranges_only(train, rows):
    """Each value lies in its range."""
    return (rows.ge(train.min()) & rows.le(train.max())).all(axis=1).to_numpy()


def scaled_by_the_asked(train, rows):
    """The asked rows are scaled by their own mean and scatter."""
    known = ((train - train.mean()) / train.std()).to_numpy()
    nearest = NearestNeighbors(n_neighbors=1).fit(known)
    reach = np.quantile(nearest.kneighbors()[0], 0.99)
    scaled = ((rows - rows.mean()) / rows.std()).fillna(0).to_numpy()
    return ranges_only(train, rows) & (nearest.kneighbors(scaled)[0][:, 0] <= reach)


def three_sigma(train, rows):
    """Column by column, within three standard deviations."""
    return ((rows - train.mean()).abs() <= 3 * train.std()).all(axis=1).to_numpy()


def normal_cut(scores, alpha):
    """Scores are taken for normal ones."""
    return np.mean(scores) + norm.ppf(1 - alpha) * np.std(scores)


# By exercise; where a number has several, the metric that is asked for stands behind it.
WRONG = {
    "5.1 nmad": [about_zero, mean_inside, without_the_factor],
    "5.1 purity": [purity_first, right_of_all, pure_when_empty],
    "5.1 sic": [counts_for_shares, without_the_root, infinitely_good],
    "5.2": [draws_rows, twice_is_once, one_sigma],
    "5.3": [plain_quantile, one_rank_too_far, the_largest_will_do, normal_cut],
    "6.1": [in_place, one_step_for_all, in_its_own_unit],
    "6.2": [probability_for_ratio, upside_down, unscaled],
    "7.1": [kept_as_promised, best_of_all_draws, mean_before_best],
    "7.2": [hardest_blow, without_a_reason, whatever_is_not_safe],
    "8.1": [missed_when_missing, validation_stands_in, middle_of_the_interval],
    "8.2": [ranges_only, scaled_by_the_asked, three_sigma],
}
