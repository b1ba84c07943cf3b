"""The domain reference exists and is no straw man."""

from types import SimpleNamespace

import pytest

from boxloop.checks import run_check
from boxloop.measure.intervals import Interval


def test_a_reference_must_surely_beat_the_trivial_baseline(state):
    """Where its interval touches zero nobody can tell; without a gain it is a straw man."""
    assert state("baseline.beats_trivial", Interval(0.3, 0.2, 0.4)) == "pass"
    assert state("baseline.beats_trivial", {"value": 0.1, "low": -0.1, "high": 0.3}) == (
        "cannot-tell"
    )
    assert state("baseline.beats_trivial", {"value": 0.0, "low": -0.2, "high": 0.2}) == "fail"
    assert state("baseline.beats_trivial", {"value": -0.1, "low": -0.2, "high": -0.05}) == "fail"
    assert state("baseline.beats_trivial", None) == "not-applicable"


def test_a_gain_that_nobody_can_tell_from_none_says_how_many_rows_would_be_enough():
    """The interval is to be less than half as wide: more than four times the rows."""
    found = run_check("baseline.beats_trivial", {"value": 0.1, "low": -0.1, "high": 0.3})

    assert found.detectable == pytest.approx(0.2)
    assert "only a difference above 0.2 would have been seen" in found.power
    assert "about 5 times as many rows would be enough" in found.power


def test_too_few_rows_find_no_gain_where_there_may_be_one(state):
    """Beside the trivial score a gain that is ruled out is a fault, one that is open is none."""
    found = {"value": -0.1, "low": -1.4, "high": 0.7}

    assert state("baseline.beats_trivial", found, trivial={"value": 8.0}) == "cannot-tell"
    assert state("baseline.beats_trivial", found, trivial={"value": 80.0}) == "fail"


def test_a_reference_is_named_or_its_absence_explained():
    """TODO is no name, and no reason is no reason."""

    def found(**facts):
        reference = SimpleNamespace(
            **{"name": "rule of thumb", "kind": "domain", "citation": "Handbook", "reason": None}
            | facts
        )
        return run_check("baseline.domain_reference", reference)

    assert found().state == "pass"
    assert found(citation="TODO").state == "unanswered"
    assert (
        found(name=" ", citation="").message == "The domain reference has no name and no citation."
    )
    assert found(kind="none", citation="", reason="first of its kind").state == "not-applicable"
    assert found(kind="none", citation="", reason=None).state == "unanswered"


def stand_in():
    return "ridge"


def test_a_name_without_a_method_is_no_reference():
    """Naming another method in study.toml is not enough while reference() returns the stand-in."""
    named = SimpleNamespace(name="rule of thumb", kind="domain", citation="Handbook", reason=None)

    def untouched():
        return stand_in()

    def own():
        return "rule"

    assert run_check("baseline.domain_reference", named, method=untouched).state == "unanswered"
    assert run_check("baseline.domain_reference", named, method=own).state == "pass"
    assert run_check("baseline.domain_reference", named, method=SimpleNamespace).state == "pass"
