"""The weakest segment stands out where a model is weak, and nowhere by chance."""

import numpy as np
import pandas as pd
import pytest

from boxloop.measure.segments import FEWEST, calibrated, weakest_segment

ROWS = 900


def table(seed, groups=ROWS):
    """Return inputs, which rows lie in a corner of them, groups and a generator."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), ROWS // groups)
    columns = rng.normal(size=(groups, 5))[group] + 0.2 * rng.normal(size=(ROWS, 5))
    X = pd.DataFrame(columns, columns=list("abcde"))
    return X, ((X["a"] > 0.25) & (X["b"] < 0)).to_numpy(), group, rng


def probabilities(X, tilt=1.5):
    return 1 / (1 + np.exp(-tilt * X["a"].to_numpy() - X["c"].to_numpy()))


def test_perfect_scores_have_no_weak_segment():
    """However the classes are mixed: the old search found that mix, and called it weak."""
    for seed in range(5):
        X, corner, group, rng = table(seed)
        truth = (rng.random(ROWS) < np.where(corner, 0.9, 0.1)).astype(float)
        score = truth + 0.1 * rng.random(ROWS)
        earned = calibrated(truth, score)
        found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=99)
        assert not found.stands_out
        assert found.words.startswith("No segment stands out")


def test_hard_rows_are_no_weak_rows():
    """Where nobody can know more, a probability of one half is right, and the segment is not."""
    alarms = 0
    for seed in range(10):
        X, corner, group, rng = table(seed)
        chance = np.where(corner, 0.5, 0.05)
        truth = (rng.random(ROWS) < chance).astype(float)
        earned = calibrated(truth, chance + 1e-3 * rng.random(ROWS))
        found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=99)
        alarms += found.stands_out
    assert alarms <= 1


@pytest.mark.parametrize("factor", [1.0, 1.6])
def test_larger_errors_in_a_corner_stand_out(factor):
    """Errors 1.6 times as large in a fifth of the rows are found nine times in ten; none else."""
    heard = right = 0
    for seed in range(10):
        X, corner, group, rng = table(seed)
        residual = rng.normal(size=ROWS) * np.where(corner, factor, 1.0)
        found = weakest_segment(X, residual, groups=group, exchanges=99)
        heard += found.stands_out
        right += found.stands_out and np.mean(corner[found.inside]) > 0.7
        if found.stands_out:
            assert found.low > 0
            excess = residual**2 - np.mean(residual**2)
            assert found.excess == pytest.approx(excess[found.inside].mean(), rel=1e-4)
    assert (heard <= 1) if factor == 1 else (heard >= 9 and right >= 8)


def test_a_promise_that_breaks_in_a_corner_stands_out():
    """Scores that say nothing of the corner: there the truth is a coin, and they are sure."""
    heard = 0
    for seed in range(8):
        X, corner, group, rng = table(seed)
        chance = probabilities(X, tilt=3)
        truth = (rng.random(ROWS) < np.where(corner, 0.3, chance)).astype(float)
        earned = calibrated(truth, chance)
        found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=99)
        heard += found.stands_out
    assert heard >= 7


@pytest.mark.parametrize(("more", "words"), [(0.3, "beyond"), (-0.3, "short of")])
def test_a_wrong_one_half_stands_out(more, words):
    """Near p = 1/2 every outcome costs the same squared error; the corner is found all the same."""
    right = 0
    for seed in range(8):
        X, corner, group, rng = table(seed)
        said = 0.45 + 0.1 * probabilities(X)
        truth = (rng.random(ROWS) < said + more * corner).astype(float)
        earned = calibrated(truth, said)
        found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=99)
        right += found.stands_out and np.mean(corner[found.inside]) > 0.6 and words in found.words
    assert right >= 6


def test_a_few_rows_of_a_class_are_no_segment():
    """Two rows of the class of interest among hundreds decide nothing."""
    X, corner, group, rng = table(3)
    truth = np.zeros(ROWS)
    truth[rng.choice(np.flatnonzero(corner), FEWEST - 2, replace=False)] = 1
    earned = calibrated(truth, rng.random(ROWS))
    found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=19)
    assert not found.stands_out and found.rule == ""


def test_a_corner_without_what_is_promised_there_stands_out():
    """Scores say nine in ten of a corner that holds none: no row of the class is needed to see."""
    X, corner, group, rng = table(1)
    chance = np.where(corner, 0.9, np.where(rng.random(ROWS) < 0.5, 0.9, 0.1))
    truth = np.where(corner, 0, rng.random(ROWS) < chance).astype(float)
    earned = calibrated(truth, chance + 1e-3 * rng.random(ROWS))
    found = weakest_segment(X, truth - earned, chance=earned, groups=group, exchanges=99)
    assert found.stands_out and truth[found.inside & corner].sum() == 0


def test_rows_of_a_group_are_one_witness():
    """Nine hundred rows of ten objects that err together: chance finds a weak segment in them."""
    alarms = 0
    for seed in range(20):
        X, _, group, rng = table(seed, groups=30)
        residual = rng.normal(size=30)[group] + 0.1 * rng.normal(size=ROWS)
        alarms += weakest_segment(X, residual, groups=group, exchanges=99).stands_out
    assert alarms <= 2


def test_what_scores_have_earned_comes_true():
    """Whatever their scale; a score that tells nothing has earned the share of the class."""
    rng = np.random.default_rng(0)
    chance = rng.random(4000) ** 2
    truth = (rng.random(4000) < chance).astype(float)

    for score in (chance, np.exp(9 * chance), np.round(chance, 1)):
        earned = calibrated(truth, score)
        assert np.abs(earned - chance).mean() < 0.04
    assert calibrated(truth, np.ones(4000)) == pytest.approx(truth.mean())


def test_a_segment_may_be_where_a_value_is_missing():
    """It says so, and a missing value is on no side of another cut."""
    X, _, group, rng = table(5)
    gone = rng.random(ROWS) < 0.3
    residual = rng.normal(size=ROWS) * np.where(gone, 2, 1)
    found = weakest_segment(X.mask(pd.DataFrame({"a": gone})), residual, groups=group)
    assert found.stands_out and "a is missing" in found.rule
    assert not (found.inside & ~gone).any()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["errors", "heavy tails", "classes", "rare class"])
def test_no_more_than_one_null_world_in_twenty_alarms(kind):
    """Two hundred worlds without a weak segment: at most 5 % of them are said to have one."""
    alarms = 0
    for seed in range(200):
        X, _, group, rng = table(seed)
        if kind in ("errors", "heavy tails"):
            residual = rng.standard_t(4 if kind == "heavy tails" else 100, size=ROWS)
            found = weakest_segment(X, residual, groups=group, seed=seed)
        else:
            chance = probabilities(X) * (0.2 if kind == "rare class" else 1)
            truth = (rng.random(ROWS) < chance).astype(float)
            earned = calibrated(truth, chance)
            asked = {"chance": earned, "groups": group, "seed": seed}
            found = weakest_segment(X, truth - earned, **asked)
        alarms += found.stands_out
    assert alarms <= 10
