"""A criterion is judged by the number that it asks for, and by its one bound."""

import pytest
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.base.files import sha256, write_json
from boxloop.base.places import Project
from boxloop.measure.decision import promised
from boxloop.record.results import chapter_numbers, judge
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


OF_CHAPTER = {"metric": "alarms", "set": "06_stress_test", "quantity": "high", "at_most": 0.1}


def chapter(tmp_path, numbers):
    """Return a project whose chapter 06 has kept these numbers."""
    project = Project(tmp_path)
    kept = write_json(project.station("06_stress_test") / "numbers.json", numbers)
    made = {project.relative(kept): sha256(kept)}
    write_json(project.station("06_stress_test") / "station.json", {"makes": made})
    return project, kept


def test_a_criterion_may_ask_a_chapter_for_a_number(tmp_path):
    """Judged by the end of its interval; by none that the chapter does not vouch for."""
    criterion = Criterion(name="c", **OF_CHAPTER)
    numbers = {"alarms": {"value": 0.02, "low": 0.01, "high": 0.11}, "other": {"value": 1.0}}
    project, kept = chapter(tmp_path, numbers)
    found = judge(criterion, chapter_numbers(project, [criterion]))
    kept.write_text(kept.read_text(encoding="utf-8").replace("0.11", "0.01"), encoding="utf-8")
    changed = judge(criterion, chapter_numbers(project, [criterion]))
    value = judge(
        criterion.model_copy(update={"quantity": "value"}),
        {"06_stress_test": {"metrics": {"alarms": {"model": numbers["alarms"]}}}},
    )

    assert (found["value"], found["met"]) == (0.11, False)
    assert (changed["value"], changed["met"]) == (None, None)
    assert (value["value"], value["met"]) == (0.02, True)
    assert judge(criterion, {})["met"] is None


def test_a_number_without_interval_has_no_upper_end(tmp_path):
    """Then nobody can tell."""
    criterion = Criterion(name="c", **OF_CHAPTER)
    project, _ = chapter(tmp_path, {"alarms": {"value": 0.02, "low": None, "high": None}})

    assert judge(criterion, chapter_numbers(project, [criterion]))["met"] is None


def test_study_toml_asks_a_chapter_by_any_name_but_for_no_gain(tmp_path):
    """Its numbers are no metrics; and a metric of no rows is no metric of a set of rows."""
    file = tmp_path / "study.toml"
    asked = STUDY.replace('set = "test"', 'set = "06_stress_test"', 1)
    asked = asked.replace('\nmetric = "rmse"', '\nmetric = "alarms"', 1)
    file.write_text(asked.replace('"gain"', '"high"', 1), encoding="utf-8")
    (criterion,) = load_settings(file).study.criteria

    assert criterion.of_chapter
    file.write_text(asked, encoding="utf-8")
    with pytest.raises(UserError, match="asks the chapter 06_stress_test for gain: write value"):
        load_settings(file)


def test_the_map_of_safe_use_is_drawn_by_metrics_alone():
    """What a chapter keeps is no error of rows."""
    own = Criterion(name="a", metric="rmse", set="test", at_most=1.5)
    other = Criterion(name="c", **OF_CHAPTER)

    assert promised([own, other]) == {"rmse": 1.5}
    assert promised([other]) == {}
