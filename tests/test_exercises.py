"""Wrong answers are refused, each with a sentence that teaches; right ones of any style pass."""

from statistics import NormalDist

import numpy as np
import pytest
from exercise_worlds import GIVEN, asked, refusal
from right_answers import RIGHT
from wrong_early import WRONG as EARLY
from wrong_late import WRONG as LATE

WRONG = EARLY | LATE
CASES = [(number, answer) for number, answers in WRONG.items() for answer in answers]


@pytest.mark.parametrize(
    ("number", "answer"), CASES, ids=[f"{number}-{answer.__name__}" for number, answer in CASES]
)
def test_a_wrong_answer_is_refused_with_a_sentence(number, answer):
    """It is no mystery what is wrong: one sentence, of some words, that ends."""
    said = refusal(number, answer)

    assert len(said.split()) >= 8, said
    assert said.endswith("."), said


@pytest.mark.parametrize("number", WRONG)
def test_each_exercise_has_three_and_says_more_than_one_thing(number):
    """Who is told the same whatever the mistake learns nothing."""
    assert len(WRONG[number]) >= 3
    assert len({refusal(number, answer) for answer in WRONG[number]}) >= 2


def test_no_exercise_is_left_out():
    """The wrong answers are to all exercises of the eight chapters."""
    assert set(WRONG) == set(RIGHT) == set(GIVEN)


@pytest.mark.parametrize(
    ("number", "answer"),
    [(number, answer) for number, answers in RIGHT.items() for answer in answers],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_right_answer_in_another_style_passes(number, answer):
    """Whoever does it otherwise than the solution has done it."""
    assert asked(number, answer)


def _rounded_down(scatter, gain, power=0.8):
    return int(((1.96 + NormalDist().inv_cdf(power)) * scatter / gain) ** 2)


def _as_pandas_does(truth, guess):
    off = guess - truth  # a Series of two of them
    return off.mean(), off.std(), (off**2).mean() ** 0.5


def _by_labels(scaler, model, X, y, groups, folds):
    return model.fit(X.loc[[0, 1]], y.loc[[0, 1]]).predict(X)


def _names_of_rows(statistic, values, groups, rng, draws=1_000):
    many = len(np.unique(groups))
    found = [
        statistic(np.concatenate([values[groups == one] for one in rng.choice(groups, many)]))
        for _ in range(draws)
    ]
    return np.percentile(found, [2.5, 97.5])


def _mean_of_groups(statistic, values, groups, rng, draws=1_000):
    names = np.unique(groups)
    found = [
        np.mean([statistic(values[groups == one]) for one in rng.choice(names, len(names))])
        for _ in range(draws)
    ]
    return np.percentile(found, [2.5, 97.5])


def _where_the_level_is_least(tests, name, why):
    if why.strip() in ("", "TODO"):
        raise ValueError(why)
    broken = tests[(tests["test"] == name) & (tests["verdict"] == "unsafe")]
    if broken.empty:
        return None
    if broken["level"].isna().all():
        raise ValueError("Encountered all NA values")  # as pandas does, of idxmin
    row = broken.loc[broken["level"].abs().idxmin()]
    said = f"{row.level}: {row.model:.3f}, {row.reference:.3f}"
    return {"about": f"stress: {name}", "measured": said, "explanation": why}


def _none_is_compared(criterion, sets):
    found = sets.get(criterion["set"], {}).get(criterion["metric"], {})
    return "yes" if found.get(criterion["end"]) <= criterion.get("at_most", 1) else "no"


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        ("1.3", _rounded_down, "round up"),
        ("2.2 rmse", _as_pandas_does, "as pandas does"),
        ("4.1", _by_labels, "names places of rows"),
        ("5.2", _names_of_rows, "times as often as another"),
        ("5.2", _mean_of_groups, "one group at a time"),
        ("7.2", _where_the_level_is_least, "A level of NaN stopped"),
        ("8.1", _none_is_compared, "ended in TypeError"),
        ("8.1", lambda *_: ["yes"], "what came back is ['yes']"),
        ("3.1", lambda *_: [1, 0], "Flags, true for"),
    ],
)
def test_the_sentence_is_about_the_mistake(number, answer, said):
    """Not about another one, and no traceback of a table that the student never saw."""
    assert said in refusal(number, answer)
