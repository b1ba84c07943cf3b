"""Which rows a model should not be believed about, and what it says about the others."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from boxloop.measure.predicted import predictions
from boxloop.measure.shift import in_scope


@pytest.fixture
def learnt():
    """Two inputs from 100 to 110, the one like the other, and a word."""
    rng = np.random.default_rng(0)
    x = np.r_[100.0, rng.uniform(100, 110, 998), 110.0]
    y = np.clip(x + rng.normal(0, 0.1, 1000), 100, 110)
    return pd.DataFrame({"x": x, "y": y, "word": rng.choice(["b", "d"], 1000)})


def scope(learnt, rows, columns=("x",)):
    """Return which rows are in scope, with every other training row's neighbour as validation."""
    names = list(columns)
    home = learnt.sample(400, random_state=1)
    home = home.assign(x=home["x"] + 0.01, y=home["y"] + 0.01)
    return in_scope(learnt[names], home[names], pd.DataFrame(rows, columns=names)).tolist()


def test_a_tenth_of_the_range_beyond_training_is_the_limit(learnt):
    """The range is 10 wide: 0.9 beyond it is in scope, 1.1 beyond it is not, at both ends."""
    rows = [[99.1], [98.9], [110.9], [111.1], [105.0]]

    assert scope(learnt, rows) == [True, False, True, False, True]


def test_a_row_that_is_like_none_is_out_of_scope(learnt):
    """Each input is within its range, and no training row has them together."""
    assert scope(learnt, [[103, 103], [103, 108], [108, 103]], "xy") == [True, False, False]


def test_an_unknown_word_is_out_of_scope_and_a_missing_one_is_not(learnt):
    """Also where it would stand between two known ones in the alphabet."""
    assert scope(learnt, [["b"], ["c"], [None]], ["word"]) == [True, False, True]


def test_an_unknown_word_is_out_of_scope_however_near_its_neighbours_are():
    """Of forty words in alphabetical order one is missing in the middle: nothing else is odd."""
    words = [f"star {2 * number:02}" for number in range(40)]
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"x": rng.uniform(size=1400), "word": rng.choice(words, 1400)})
    rows = pd.DataFrame({"x": [0.5, 0.5, 0.5], "word": ["star 40", "star 41", None]})

    assert in_scope(table[:1000], table[1000:], rows).tolist() == [True, False, True]


def test_the_range_is_that_of_training(learnt):
    """Validation rows that lie in the middle by chance do not narrow it."""
    middle = learnt[["x"]][learnt["x"].between(104, 106)]
    ends = learnt[["x"]].iloc[[0, -1]]

    assert in_scope(learnt[["x"]], middle, ends).tolist() == [True, True]


def test_about_one_validation_row_in_twenty_is_out_of_scope(learnt):
    """By construction."""
    names = ["x", "y"]
    home = learnt[names].sample(400, random_state=1) + 0.01

    assert in_scope(learnt[names], home, home).mean() == pytest.approx(0.95, abs=0.01)


def test_predictions_are_held_against_training_and_reach_to_both_sides(learnt):
    """A table of rows that are all far away is not its own measure."""
    study = type("Study", (), {"task": "regression"})
    settings = type("S", (), {"study": study, "inputs": ["x"], "seen": ["x"]})
    settings.only = staticmethod({"id": "name"}.get)
    model = DummyRegressor(strategy="constant", constant=3.0).fit(learnt[["x"]], learnt["y"])
    home = learnt.sample(200, random_state=1).assign(x=lambda rows: rows["x"] + 0.01)
    rows = pd.DataFrame({"name": ["u", "v", "w"], "x": [105.0, 200.0, 201.0]})
    found = predictions(rows, model, settings, train=learnt, validation=home, half_width=0.5)

    assert found["in_scope"].tolist() == [True, False, False]
    assert found.loc[0, ["name", "prediction", "low", "high"]].tolist() == ["u", 3.0, 2.5, 3.5]
