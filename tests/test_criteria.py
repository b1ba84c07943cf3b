"""A criterion is judged by the number that it asks for, and by its one bound."""

import pytest
from study_files import STUDY

from boxloop.record.results import judge
from boxloop.settings.load import load_settings
from boxloop.settings.tables import Criterion

SETS = {
    "test": {
        "metrics": {
            "rmse": {
                "model": {"value": 2.0},
                "reference": {"value": 4.0},
                "difference": {"value": 2.0, "low": 0.0},
            }
        }
    }
}


def judged(sets=SETS, **bound):
    facts = {"name": "c", "metric": "rmse", "set": "test", "quantity": "value"} | bound
    return judge(Criterion(**facts), sets)


@pytest.mark.parametrize(
    ("bound", "words", "met"),
    [
        ({"above": 2}, "above 2", False),
        ({"above": 1.999}, "above 1.999", True),
        ({"at_least": 2}, "at least 2", True),
        ({"at_least": 2.001}, "at least 2.001", False),
        ({"at_most": 2}, "at most 2", True),
        ({"at_most": 1.999}, "at most 1.999", False),
    ],
)
def test_a_bound_holds_or_not(bound, words, met):
    """At least and at most count equality in, above does not."""
    found = judged(**bound)

    assert (found["bound"], found["value"], found["met"]) == (words, 2.0, met)


def test_nothing_gained_is_not_above_nothing():
    """An interval that begins at zero shows no improvement; at_least = 0 is met by it."""
    gained = {"quantity": "difference_low"}

    assert judged(**gained, above=0)["met"] is False
    assert judged(**gained, at_least=0)["met"] is True
    assert judged(**gained, at_least=1e-100)["met"] is False  # as projects were adopted before
    assert judged(**gained, at_least=1e-100)["bound"] == judged(**gained, above=0)["bound"]


def test_a_gain_is_a_share_of_the_reference():
    """Half of what the reference is off; not all of what the model is."""
    assert judged(quantity="gain", at_least=0.5)["value"] == 0.5


def test_what_was_not_measured_is_neither_met_nor_missed():
    """Before the test set is opened there is no number."""
    found = judged({"validation": {}}, above=0)

    assert (found["value"], found["met"]) == (None, None)


def test_study_toml_may_say_above(tmp_path):
    """A whole number will do."""
    file = tmp_path / "study.toml"
    file.write_text(STUDY.replace("at_least = 0.2", "above = 0"), encoding="utf-8")
    (criterion,) = load_settings(file).study.criteria

    assert (criterion.above, criterion.at_least, criterion.at_most) == (0.0, None, None)
