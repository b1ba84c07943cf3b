"""A waiver covers what it was written for, and by chance a little more; not more than that."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boxloop.checks import REGISTRY, CheckUnit, Finding, Unanswered, run_check
from boxloop.checks.power import CHANCE, Power, by_error, counted, seen_from
from boxloop.checks.waiver import line_of, said, under

STAND_IN = "test.waived"


@pytest.fixture
def judged(monkeypatch):
    """Return ``judged(finding, at)``: the row of a check that found this, waived at a value."""

    def function(found, *, threshold=None):
        return found

    unit = CheckUnit(STAND_IN, "01_scoping", "limit", 1.0, "", "Mend it.", None, "So.", function)
    monkeypatch.setitem(REGISTRY, STAND_IN, unit)

    def judge(found, at, reason="it is the lesson here"):
        return run_check(STAND_IN, found, waiver=SimpleNamespace(reason=reason, at=at))

    return judge


def fails(value, **facts):
    return Finding(value, False, "Found.", **facts)


@pytest.mark.parametrize(
    ("found", "inside", "outside"),
    [
        ({"error": 0.1}, 2.0 + 0.99 * CHANCE * 0.1, 2.0 + 1.01 * CHANCE * 0.1),
        ({"error": 0.1, "worse": "lower"}, 2.0 - 0.99 * CHANCE * 0.1, 2.0 - 1.01 * CHANCE * 0.1),
        ({"error": 0.1, "ratio": True}, 2 * math.exp(0.232), 2 * math.exp(0.234)),
        ({"power": counted("one row")}, 2, 3),
        ({"power": counted("one row"), "worse": "lower"}, 2, 1),
        ({}, 2.0, 2.001),
        ({"error": math.inf}, 2.0, 2.001),
        ({"power": Power(math.inf, 1.0, "a fault", "unknown")}, 2.0, 2.001),
    ],
)
def test_a_waiver_covers_its_own_noise(judged, found, inside, outside):
    """On the one side of it the check is waived, on the other it fails; better is covered."""
    better = 1.5 if found.get("worse") != "lower" else 2.5

    for value in (2.0, inside, better):
        assert judged(fails(value, **found), 2.0).state == "waived", value
    row = judged(fails(outside, **found), 2.0)
    assert (row.state, row.reason, row.waived_at) == ("fail", "", None)
    assert f"waived at 2 and is {said(outside)} now" in row.message


@pytest.mark.parametrize(("error", "threshold"), [(0.01, 0.2), (0.3, 0.2), (0.3, 0.0)])
def test_the_error_is_read_off_the_sight(error, threshold):
    """Where the check says what it would have seen, `seen_from` is solved for the error."""
    options = {"fault": "{}", "how": "by its error", "size": 1}

    assert by_error(error, threshold, 1.0, **options).error(threshold) == pytest.approx(error)
    sight = Power(seen_from(error, threshold), 1.0, "", "by its error")
    found = Finding(1.0, False, "", sight)
    assert found.allowed(1.0, threshold) == pytest.approx(1 + CHANCE * error)
    assert counted("one").error(0) == 0


def test_chance_alone_opens_a_waiver_once_in_a_hundred(judged):
    """A value that is measured again with its error is seldom called worse."""
    rng = np.random.default_rng(4)
    values = 3 + 0.2 * rng.normal(size=3_000)
    opened = np.mean([judged(fails(float(v), error=0.2), 3.0).state == "fail" for v in values])

    assert 0.005 < opened < 0.016


def test_a_row_says_what_it_is_waived_at(judged):
    """The value then, in the row and in its words; the value now stands beside it."""
    row = judged(fails(1.98, error=0.1), 1.754)

    assert (row.state, row.value, row.as_dict()["waived_at"]) == ("waived", 1.98, 1.754)
    assert row.words == "Found. Reason: it is the lesson here (waived at 1.754)"
    assert "waived_at" not in run_check(STAND_IN, fails(1.98)).as_dict()


def test_a_waiver_without_a_value(judged):
    """Enough for a question and for what has no value; else the row says what to add."""
    assert judged(Unanswered("Who?", 3), None).state == "waived"
    assert judged(fails(None), None).state == "waived"
    row = judged(fails(0.12345), None)
    assert row.state == "fail" and "add at = 0.1235 to it" in row.message


def test_a_question_is_bound_too(judged):
    """Five open ones were waived, not six; and a value that is gone cannot be compared."""
    assert judged(Unanswered("Who?", 5), 5).state == "waived"
    assert judged(Unanswered("Who?", 6), 5).state == "unanswered"
    assert "no value that could be compared" in judged(fails(None), 5).message


def test_a_value_is_compared_as_it_is_written(judged):
    """What `boxloop waive` writes covers the value that it was made from, counts exactly."""
    for value in (1.7540568027742012, 0.000123456, 123456.7, 1e9 + 1, 12345):
        line = line_of("a.b", "why it is so", value)
        at = float(line.partition("at = ")[2].rstrip(" }"))
        assert judged(fails(value), at).state == "waived"
    assert judged(fails(12346, power=counted("one")), 12345).state == "fail"


def test_rows_that_no_notebook_asks():
    """Waived where they wait for somebody; named where they need nothing."""
    waivers = {"a.b": SimpleNamespace(reason="that chapter is gone here", at=None)}
    asked = under({"id": "a.b", "state": "unanswered"}, waivers)

    assert (asked["state"], asked["reason"]) == ("waived", "that chapter is gone here")
    assert under({"id": "a.b", "state": "not-applicable"}, waivers)["stale_waiver"] is True
    assert under({"id": "c.d", "state": "unanswered"}, waivers)["state"] == "unanswered"
