"""Far rows are flagged and rows like training are not, on tables of many kinds and sizes."""

import numpy as np
import pandas as pd
import pytest
from scope_tables import TABLES, shares

from boxloop.measure.density import Density
from boxloop.measure.model_file import load_model, save_model
from boxloop.measure.scope import Scope


def scope_of(train, home):
    """Return the scope of rows."""
    return Scope().fit(train, home)


@pytest.mark.parametrize("size", [200, 2000])
@pytest.mark.parametrize("name", TABLES)
def test_far_rows_are_flagged_and_fresh_rows_are_not(name, size):
    """At least 95 in 100 of those, at most 5 in 100 of these: over three seeds."""
    found = pd.DataFrame([shares(scope_of, name, size, seed) for seed in range(3)])

    assert found["fresh"].mean() <= 0.05
    far = found.drop(columns="fresh").mean()
    assert far.min() >= 0.95, far


@pytest.mark.parametrize("size", [200, 2000])
def test_one_heavy_tail_makes_no_room_for_the_other_inputs(size):
    """Half a range beyond its ends another input is out of scope, and fresh rows are within."""
    found, fresh = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        train, home, rows = (
            pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd")).assign(
                tail=rng.standard_cauchy(n)
            )
            for n in (size, size // 4, 1000)
        )
        scope = scope_of(train, home)
        fresh.append(1 - scope.judge(rows)["in_scope"].mean())
        high, low = train.max(), train.min()
        for name in ("a", "tail"):
            reach = (0.5 if name == "a" else 5) * (high[name] - low[name])
            moved = rows.assign(**{name: high[name] + reach})
            found.append(1 - scope.judge(moved)["in_scope"].mean())

    assert np.mean(fresh) <= 0.05
    assert min(found) >= 0.95, found


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_many_training_rows(name):
    """Of 50,000 a sample is kept."""
    found = shares(scope_of, name, 50_000, 0)

    assert found.pop("fresh") <= 0.05
    assert min(found.values()) >= 0.95, found


def test_a_scope_is_stored_without_code(tmp_path):
    """As a model is; it says the same, and its file has the same bytes twice."""
    rows = TABLES["mixed"](900, np.random.default_rng(0))
    scope = Scope().fit(rows[:600], rows[600:])
    one, two = (save_model(tmp_path / name, scope) for name in ("a.skops", "b.skops"))

    pd.testing.assert_frame_equal(load_model(one).judge(rows), scope.judge(rows))
    assert one.read_bytes() == two.read_bytes()
    assert load_model(one).names_ == list(rows)


def test_times_are_told_as_dates():
    """A day long after the last of training."""
    days = pd.DataFrame({"t": pd.date_range("2020-01-01", periods=400)})
    later = pd.DataFrame({"t": pd.to_datetime(["2020-06-01", "2029-01-01", None])})
    found = Scope().fit(days[:300], days[300:]).judge(later)

    assert found["in_scope"].tolist() == [True, False, False]
    assert found["reason"].iloc[1] == "t is 2029-01-01, training rows have 2020-01-01 to 2020-10-26"


def test_made_up_rows_are_amid_the_training_rows():
    """What stands for rows that are not shared: none of them, and of the same columns."""
    rows = TABLES["mixed"](900, np.random.default_rng(0))
    scope = Scope(rows=False).fit(rows[:600], rows[600:])
    made = scope.examples(50)

    assert list(made) == list(rows) and len(made) == 50
    assert not made["y"].isin(rows["y"]).any()
    assert set(made["word"]) <= set("abcd") and set(made["flag"]) <= {0, 1}
    pd.testing.assert_frame_equal(made, scope.examples(50))


def test_columns_without_a_value_or_a_difference_do_no_harm():
    """All missing, all the same: another value is out of scope where there is one."""
    rows = pd.DataFrame({"x": range(100), "none": [None] * 100, "same": 3.0}).astype(float)
    scope = Scope().fit(rows[:80], rows[80:])
    asked = pd.DataFrame({"x": [5.0, 5.0], "none": [None, None], "same": [3.0, 4.0]}).astype(float)

    assert scope.judge(asked)["in_scope"].tolist() == [True, False]


def test_a_word_that_only_left_out_rows_have_tells_nothing():
    """Neither an index beyond the end nor what the first word of the next column tells."""
    rng = np.random.default_rng(0)
    values, codes = rng.normal(size=(30, 2)), np.zeros((30, 2), dtype=int)
    codes[:15, 1] = 1
    values[codes[:, 1] == 0] += 5
    cloud = Density().learn(values, codes)
    rare, none = np.array([[1, 1], [0, 2]]), np.array([[-1, 1], [0, -1]])

    assert (cloud.squared(values[:2], rare) == cloud.squared(values[:2], none)).all()
    for seed in range(5):  # one row has the last word of the last column
        frame = pd.DataFrame({"size": rng.normal(size=40), "kind": ["a"] * 20 + ["b"] * 20})
        frame.loc[seed, "kind"] = "z"
        assert len(Scope().fit(frame[:30], frame[30:]).judge(frame)) == 40
