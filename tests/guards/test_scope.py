"""Which rows a model should not be believed about, and what it says about the others."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from boxloop.measure.predicted import predictions
from boxloop.measure.scope import FAR_AWAY, Scope
from boxloop.measure.shift import in_scope


def table(size, seed=0):
    """Two inputs, the one like the other, a word, and a number with gaps."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(100, 110, size)
    frame = pd.DataFrame({"x": x, "y": x + rng.normal(0, 0.1, size)})
    frame["word"] = rng.choice(["b", "d"], size)
    frame["rare"] = rng.choice(["p", "q", None], size)
    frame["gappy"] = np.where(rng.random(size) < 0.2, np.nan, rng.normal(size=size))
    return frame


@pytest.fixture(scope="module")
def scope():
    """The scope of such rows."""
    return Scope().fit(table(1000), table(400, 1))


def judged(scope, **changes):
    """Return flag and reason of a row in the middle, with some cells changed."""
    row = pd.DataFrame({"x": [105.0], "y": [105.0], "word": ["b"], "gappy": [0.0]}).assign(rare="p")
    return tuple(scope.judge(row.assign(**changes)).iloc[0])


def test_a_row_like_training_is_in_scope(scope):
    """Without a reason; a gap where training has gaps, too."""
    assert judged(scope) == (True, "")
    assert judged(scope, gappy=np.nan) == (True, "")
    assert judged(scope, rare=None) == (True, "")


def test_a_tenth_of_the_range_beyond_training_is_the_limit(scope):
    """The range is 10 wide: the reason names input, value and range."""
    assert judged(scope, x=99.2, y=99.2)[1] in ("", FAR_AWAY)
    said = judged(scope, x=98.0, y=98.0)
    assert not said[0] and "is 98, training rows have 10" in said[1]
    assert "x is 112" in judged(scope, x=112.0)[1]


def test_the_input_that_lies_farthest_is_named(scope):
    """Of two that lie beyond."""
    assert judged(scope, x=112.0, gappy=1e6)[1].startswith("gappy is 1e+06")


def test_a_row_that_is_like_none_is_out_of_scope(scope):
    """Each input is within its range, and no training row has them together."""
    assert judged(scope, x=103.0, y=108.0) == (False, FAR_AWAY)
    assert judged(scope, x=108.0, y=103.0) == (False, FAR_AWAY)


def test_a_hole_amid_training_rows_is_out_of_scope():
    """The middle of a ring; of the shape of a cloud alone, without kept rows, it is not seen."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 1000), rng.normal(5, 0.3, 1000)
    learnt = pd.DataFrame({"x": radius * np.cos(angle), "y": radius * np.sin(angle)})
    rows = pd.DataFrame({"x": [5.0, 0.0, 0.0], "y": [0.0, 0.0, 5.0]})

    assert in_scope(learnt[:800], learnt[800:], rows).tolist() == [True, False, True]
    blind = Scope(rows=False).fit(learnt[:800], learnt[800:])
    assert blind.judge(rows)["in_scope"].all() and not len(blind.density_.kept_)


def test_an_unknown_word_is_out_of_scope(scope):
    """Also where it stands between two known ones in the alphabet."""
    assert judged(scope, word="c") == (False, "word is 'c', a word that training has not")
    assert judged(scope, word="d")[0]


def test_a_missing_input_that_training_rows_have_is_out_of_scope(scope):
    """Of numbers and of words."""
    assert judged(scope, x=np.nan) == (False, "x is missing, which training rows have")
    assert judged(scope, word=None) == (False, "word is missing, which training rows have")


def test_more_gaps_than_training_rows_have_are_out_of_scope():
    """Each of them is usual."""
    rng = np.random.default_rng(0)
    learnt = pd.DataFrame(rng.normal(size=(900, 4)), columns=list("abcd"))
    learnt = learnt.mask(np.arange(900)[:, None] % 4 == np.arange(4))
    rows = pd.DataFrame([[0.0, 0, 0, np.nan], [0.0, np.nan, np.nan, np.nan]], columns=list("abcd"))
    found = Scope().fit(learnt[:600], learnt[600:]).judge(rows)

    assert found["in_scope"].tolist() == [True, False]
    assert found["reason"].iloc[1] == "3 inputs are missing, in training rows at most 1"


def test_the_range_is_that_of_training():
    """Validation rows that lie beyond it by chance do not widen it, nor in the middle narrow it."""
    learnt, home = table(1000)[["x"]], table(400, 1)[["x"]]
    rows = pd.DataFrame({"x": [learnt["x"].min(), 130.0]})
    beyond = pd.concat([home, pd.DataFrame({"x": [130.0]})])

    assert Scope().fit(learnt, beyond).judge(rows)["in_scope"].tolist() == [True, False]


def test_new_groups_beyond_the_range_widen_what_is_in_scope():
    """Validation rows are of other groups: what these hold by the dozen is like training."""
    learnt, home = table(1000)[["x"]], table(400, 1)[["x"]]
    rows = pd.DataFrame({"x": [112.0]})

    assert not in_scope(learnt, home, rows)[0]
    assert in_scope(learnt, home.assign(x=home["x"] + 5), rows)[0]


def test_what_is_said_of_a_row_does_not_depend_on_those_beside_it(scope):
    """A table is judged in pieces."""
    rows = table(600, 2)
    rows["y"] += np.linspace(-1, 1, 600)
    whole = scope.judge(rows)
    pieces = pd.concat([scope.judge(rows[start : start + 37]) for start in range(0, 600, 37)])

    assert 0.1 < whole["in_scope"].mean() < 0.9
    pd.testing.assert_frame_equal(whole, pieces)


def test_predictions_are_held_against_training_and_reach_to_both_sides():
    """A table of rows that are all far away is not its own measure."""
    learnt, home = table(1000), table(200, 1)
    study = type("Study", (), {"task": "regression"})
    settings = type("S", (), {"study": study, "inputs": ["x"], "seen": ["x"]})
    settings.only = staticmethod({"id": "name"}.get)
    model = DummyRegressor(strategy="constant", constant=3.0).fit(learnt[["x"]], learnt["y"])
    rows = pd.DataFrame({"name": ["u", "v", "w"], "x": [105.0, 200.0, 201.0]})
    found = predictions(rows, model, settings, train=learnt, validation=home, half_width=0.5)

    assert found["in_scope"].tolist() == [True, False, False]
    assert found.loc[0, ["name", "prediction", "low", "high"]].tolist() == ["u", 3.0, 2.5, 3.5]
