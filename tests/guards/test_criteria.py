"""A criterion is judged by the number it names, on the set it names, with the bound it names."""

import numpy as np
import pytest

from boxloop.measure.intervals import compare
from boxloop.record.results import assemble_metrics, headline_set, judge, measured
from boxloop.settings.tables import Criterion


def criterion(**facts):
    usual = {"name": "better", "metric": "rmse", "set": "test", "quantity": "gain"}
    return Criterion(**usual | facts)


def interval(value, half=0.01):
    return {"value": value, "low": value - half, "high": value + half}


def entry(model, reference):
    """Return a metric of which less is better, as `compare` tells it."""
    gain = interval(reference - model)
    return {"model": interval(model), "reference": interval(reference), "difference": gain}


@pytest.fixture
def sets():
    """The model is better on both sets, much better on validation, and its bias is small."""
    return {
        "validation": {"metrics": {"bias": entry(0.0, 0.5), "rmse": entry(0.1, 0.4)}},
        "test": {"metrics": {"bias": entry(0.05, 0.25), "rmse": entry(0.3, 0.4)}},
    }


def test_a_gain_is_a_share_of_the_reference(sets):
    """From 0.4 to 0.3 is a quarter of what the reference has, and a third of what the model has."""
    assert measured(criterion(at_least=0.2), sets) == pytest.approx(0.25)
    assert judge(criterion(at_least=0.24), sets)["met"] is True
    assert judge(criterion(at_least=0.3), sets)["met"] is False


def test_a_gain_over_a_negative_reference_is_a_gain():
    """R² of the reference may be negative: a model with 0.1 is better all the same."""
    table = {"model": interval(0.1), "reference": interval(-0.4), "difference": interval(0.5)}

    assert measured(criterion(at_least=0.0), {"test": {"metrics": {"rmse": table}}}) == 1.25


def test_value_and_lower_end_are_what_they_say(sets):
    """The metric of the model itself, and the lower end of the interval of the difference."""
    assert measured(criterion(quantity="value", at_most=0.3), sets) == 0.3
    found = measured(criterion(quantity="difference_low", at_least=0.0), sets)
    assert found == pytest.approx(0.09)


def test_each_criterion_has_its_own_set_and_metric(sets):
    """Validation is not test, and bias is not rmse, in whatever order they were measured."""
    value = {"quantity": "value", "at_most": 1.0}
    found = [
        measured(criterion(set=name, metric=metric, **value), sets)
        for name in ("validation", "test")
        for metric in ("bias", "rmse")
    ]

    assert found == [0.0, 0.1, 0.05, 0.3]


@pytest.mark.parametrize("shift", [-1e-9, 0.0, 1e-9])
def test_a_bound_that_is_reached_is_met(sets, shift):
    """At least 0.3 is met by 0.3 and missed by the number below it; at most 0.3 likewise."""
    least = judge(criterion(quantity="value", at_least=0.3 + shift), sets)
    most = judge(criterion(quantity="value", at_most=0.3 + shift), sets)

    assert least["met"] is (shift <= 0)
    assert most["met"] is (shift >= 0)


@pytest.mark.parametrize(("shift", "met"), [(-1e-9, True), (0.0, False), (1e-9, False)])
def test_above_is_not_met_by_the_bound_itself(sets, shift, met):
    """Above 0.3 is more than 0.3; above 0 is a bound like any other."""
    assert judge(criterion(quantity="value", above=0.3 + shift), sets)["met"] is met
    sets["test"]["metrics"]["rmse"]["difference"]["low"] = -shift
    assert judge(criterion(quantity="difference_low", above=0.0), sets)["met"] is met


def test_what_was_not_measured_is_neither_met_nor_missed(sets):
    """The test set before it is opened, and a metric that nobody has asked for."""
    del sets["test"]
    for missing in (criterion(at_most=1.0), criterion(set="validation", metric="nmad", at_most=1)):
        found = judge(missing, sets)
        assert (found["value"], found["met"]) == (None, None)


def test_the_headline_speaks_of_the_test_set_once_it_is_there(sets):
    """And of validation before."""
    assert headline_set(sets) == "test"
    assert headline_set({"validation": sets["validation"]}) == "validation"
    assert headline_set({}) is None


def test_every_criterion_of_the_study_is_judged(sets, tmp_path):
    """In the order of study.toml, into metrics.json."""
    from study_files import STUDY

    from boxloop.settings.load import load_settings

    more = '[[study.criteria]]\nname = "small"\nmetric = "bias"\nset = "test"\nat_most = 0.01\n'
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace("[columns.height]", more + "\n[columns.height]"), "utf-8")
    found = assemble_metrics(sets, load_settings(path))

    assert [row["met"] for row in found["criteria"]] == [True, False]
    assert (found["primary"]["set"], found["primary"]["model"]["value"]) == ("test", 0.3)


def test_the_noise_that_model_and_reference_share_cancels():
    """Both err by the same large number in each group: the small difference is sure."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 5)
    truth, shared = rng.normal(size=300), np.repeat(rng.normal(size=60) ** 3, 5)
    guesses = {"model": truth + shared, "reference": truth + 1.05 * shared}
    found = compare(truth, guesses, groups=groups, metrics=["rmse"], draws=400)["rmse"]

    width = {who: found[who]["high"] - found[who]["low"] for who in found}
    assert width["difference"] < 0.1 * width["model"]
    assert found["difference"]["low"] > 0


def test_rows_of_a_group_are_not_counted_as_independent():
    """A table of which each row stands there 25 times says as much as the table itself."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=80)
    guess, groups = truth + rng.normal(size=80), np.arange(80)
    copies = [np.repeat(values, 25) for values in (truth, guess, groups)]
    widths = []
    for one, two, of in ((truth, guess, groups), copies):
        found = compare(one, {"model": two}, groups=of, metrics=["rmse"], draws=400)["rmse"]
        widths.append(found["model"]["high"] - found["model"]["low"])

    assert widths[1] == pytest.approx(widths[0], rel=0.1)
