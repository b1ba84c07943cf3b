"""Metrics in parts of a sample, and the search for its weakest part."""

import numpy as np
import pandas as pd

from boxloop.measure.strata import (
    compare_parts,
    measure_parts,
    quarters,
    split_parts,
    traits,
    weak_segment,
)

GROUPS = np.repeat(np.arange(50), 2)
STATE = np.where(np.arange(100) < 40, "calm", "stormy")


def test_parts_are_named_and_hold_their_rows():
    """Each label becomes a part; a row without a label is in none."""
    size = pd.cut(np.arange(100), [-1, 9, 98], labels=["small", "large"])

    parts = split_parts({"state": STATE, "size": size})

    assert list(parts) == ["state: calm", "state: stormy", "size: small", "size: large"]
    assert list(parts["size: small"]) == list(range(10))
    assert 99 not in parts["size: large"]


def test_each_part_is_measured_on_its_own_rows():
    """An error in one part does not show in the other."""
    truth = np.zeros(100)
    parts = split_parts({"state": STATE})
    predictions = {"model": np.where(STATE == "calm", 0.0, 2.0), "reference": np.ones(100)}

    table = compare_parts(
        truth, predictions, parts=parts, groups=GROUPS, metrics=["rmse"], draws=20
    )
    found = table.set_index(["stratum", "who"])["value"]

    assert found["state: calm", "model"] == 0
    assert found["state: stormy", "model"] == 2
    assert found["state: calm", "reference"] == 1
    assert list(table["n"]) == [40, 40, 60, 60]


def test_a_statistic_in_parts_has_an_interval_and_skips_empty_parts():
    """The share of rows inside an interval, say."""
    inside = STATE == "calm"
    parts = split_parts({"state": STATE}) | {"none": np.array([], dtype=int)}

    table = measure_parts(np.mean, inside, parts=parts, groups=GROUPS, draws=20)

    assert list(table.index) == ["state: calm", "state: stormy"]
    assert list(table["value"]) == [1, 0]


def test_traits_put_the_largest_shift_first():
    """A shift is counted in standard deviations of the whole table."""
    whole = pd.DataFrame({"same": [1.0, 2.0, 1.0, 2.0], "high": [0.0, 0.0, 8.0, 8.0]})

    table = traits(whole.iloc[2:], whole)

    assert list(table.index) == ["high", "same"]
    assert table.loc["high", "shift"] == 4 / whole["high"].std()
    assert table.loc["same", "shift"] == 0


def test_the_weak_segment_is_where_the_loss_was_planted():
    """Large losses above 0.8 of one input are found from half of the rows."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"noise": rng.random(600), "depth": rng.random(600)})
    loss = 0.01 * rng.random(600) + (X["depth"] > 0.8)

    rule, segment = weak_segment(X, loss, fitted=np.arange(600) % 2 == 0)

    assert "depth" in rule
    assert X["depth"][segment].min() > 0.79
    assert segment.mean() > 0.05


def test_a_column_of_few_values_has_these_in_place_of_quarters():
    """A flag has no second quarter with half of the rows; values that are close stay apart."""
    flag, dates = np.repeat([0.0, 1.0], [30, 70]), np.tile([2459000.1, 2459000.3], 50)

    assert list(split_parts({"flag": quarters(flag)})) == ["flag: 0", "flag: 1"]
    assert list(quarters(dates).categories) == ["2459000.1", "2459000.3"]
    assert len(quarters(np.arange(100)).categories) == 4
