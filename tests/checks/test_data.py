"""The table is what the manifest says."""

import numpy as np
import pandas as pd
import pytest

from boxloop.checks import run_check

from .neutral import column, manifest, trial


def drop(frame):
    del frame["shade"]


def words(frame):
    frame["shade"] = "dark"


def names(frame):
    frame["shade"] = [f"plot {number}" for number in range(len(frame))]


def empty(frame):
    frame["shade"] = np.nan


def infinite(frame):
    frame.loc[7, "shade"] = np.inf


def negative(frame):
    frame.loc[[3, 9], "worms"] = -1.0


def constant(frame):
    frame["shade"] = 0.5


def unlabelled(frame):
    frame.loc[5, "harvest"] = np.nan


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (drop, "'shade' is missing"),
        (words, "'shade' is dark in all rows looked at"),
        (names, "'shade' holds 1,200 different words, and more than 50 are no classes"),
        (empty, "'shade' has no value in any row"),
        (infinite, "'shade' holds inf in row 8: infinite values are refused"),
        (negative, "'worms' holds -1 in row 4, the first of 2 such rows: below its min = 0"),
        (constant, "'shade' is 0.5 in all rows looked at"),
        (unlabelled, "'harvest' holds nothing in row 6: a value is needed"),
    ],
)
def test_schema_names_the_column_and_the_fault(plant, words, seed):
    """Each fault is found and nothing else is."""
    frame = trial(seed)
    clean = run_check("data.schema", frame, columns=manifest())
    assert clean.state == "pass"
    assert clean.power == "one value would have been seen (all are looked at)"

    plant(frame)
    result = run_check("data.schema", frame, columns=manifest())

    assert (result.state, result.value) == ("fail", 1)
    assert words in result.message


def test_schema_lets_words_class_the_rows_where_no_number_is_promised(seed):
    """A few words are a class, with gaps or without; many are names, and limits promise numbers."""
    few = trial(seed)
    few["shade"] = np.where(np.arange(len(few)) % 3 == 0, "dark", "light")
    gaps = few.assign(shade=few["shade"].where(few.index != 4, None))
    many = few.assign(shade=[f"plot {number}" for number in range(len(few))])
    columns = manifest()
    words = columns | {"shade": {"role": "input"}}
    bounded = columns | {"shade": {"role": "input", "min": 0.0}}

    assert [
        run_check("data.schema", frame, columns=words).state for frame in (few, gaps, many)
    ] == ["pass", "pass", "fail"]
    assert run_check("data.schema", few, columns=bounded).state == "fail"


def test_schema_is_not_surprised_by_one_value_in_few_rows(seed):
    """Where one row in a hundred has another value, eighty rows often have none.

    A thousand have.
    """
    frame = trial(seed).iloc[:80].assign(rare=0.0)
    columns = manifest() | {"rare": {"role": "input"}}

    assert run_check("data.schema", frame, columns=columns).state == "pass"
    assert run_check("data.schema", trial(seed).assign(rare=0.0), columns=columns).state == "fail"


def test_schema_takes_labels_in_words_and_dates():
    """A class may be a word and a time a date."""
    frame = pd.DataFrame(
        {"kind": ["a", "b"], "night": pd.to_datetime(["2020-01-01", "2020-01-02"]), "x": [1, 2]}
    )
    columns = {"kind": column("target"), "night": column("time"), "x": column("input")}

    assert run_check("data.schema", frame, columns=columns).state == "pass"


def test_duplicate_columns(seed):
    """A copy, a repeated name and what a reader makes of one are found.

    Equal identifiers are not.
    """
    frame, columns = trial(seed), manifest()
    frame["plot"] = frame["sample_number"]
    clean = run_check("data.duplicate_columns", frame, columns=columns)
    assert clean.state == "pass"
    assert clean.power == "one column would have been seen (all are looked at)"

    copied = run_check(
        "data.duplicate_columns", frame.assign(shade=frame["slope"]), columns=columns
    )
    renamed = run_check(
        "data.duplicate_columns", frame.rename(columns={"crew": "slope.1"}), columns=columns
    )
    twice = run_check(
        "data.duplicate_columns", pd.concat([frame, frame[["slope"]]], axis=1), columns=columns
    )

    assert copied.state == renamed.state == twice.state == "fail"
    assert "'slope' and 'shade'" in copied.message
    assert "named 'slope'" in renamed.message
    assert "'slope' stands over two" in twice.message


def test_what_never_changes_in_a_small_sample_is_told_and_no_fault(seed):
    """A pixel at the rim is not zero in one image of four hundred."""
    frame = trial(seed).iloc[:400].assign(shade=0.5)
    result = run_check("data.schema", frame, columns=manifest())

    assert result.state == "pass"
    assert "in which 'shade' never changes" in result.message
