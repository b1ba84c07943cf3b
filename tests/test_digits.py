"""A number and its interval are told in as many digits as the interval carries, and as make sense.

Properties over many widths, sizes and signs; the same seed every time.
"""

import math
import random
import re

import pytest

from boxloop.measure.numbers import NO_SPREAD, SIGNIFICANT, decimals, ends, told
from boxloop.report.cover import predictions, secondary
from boxloop.report.drawing import interval_drawing

NUMBER = re.compile(r"−?\d+(?:\.\d+)?")


def entries(count=2000):
    """Yield intervals of all sizes, half of them far narrower than their value is large."""
    draw = random.Random(19)
    for _ in range(count):
        value = draw.choice((-1, 1)) * 10 ** draw.uniform(-3, 4)
        half = abs(value) * 10 ** draw.uniform(-9, 1)
        low, high = value - half * draw.random(), value + half * draw.random()
        yield {"value": value, "low": min(low, value), "high": max(high, value)}


def numbers(words):
    """Return the numbers in a text."""
    return [float(found.replace("−", "-")) for found in NUMBER.findall(words)]


def test_no_interval_reads_as_if_it_had_no_width():
    """``1.000000 (1.000000 to 1.000000)`` and ``0.1 (0.1 to 0.1)`` are never said."""
    for entry in entries():
        _, *both = numbers(told(entry))
        assert len(both) == 1 or both[0] < both[1], told(entry)


def test_what_is_said_of_a_width_is_true():
    """Where no digit shows an interval, it is narrower than what is said."""
    narrow = [entry for entry in entries() if "narrower" in told(entry)]
    assert len(narrow) > 100
    for entry in narrow:
        assert entry["high"] - entry["low"] < numbers(told(entry))[1]


def test_half_of_an_interval_has_one_or_two_digits():
    """Unless five figures of the number itself do not reach as far."""
    for entry in entries():
        half, places = (entry["high"] - entry["low"]) / 2, decimals(entry)
        largest = max(map(abs, entry.values()))
        figures = places + 1 + math.floor(math.log10(largest))
        if figures < SIGNIFICANT and 0 < places < 6:
            assert 1 <= half * 10**places < 30, entry


def test_no_number_has_more_figures_than_a_reader_takes_in():
    """Five of them, and those before the point of a large one."""
    for entry in entries():
        largest = max(map(abs, entry.values()))
        before = max(math.floor(math.log10(largest)) + 1, 0)
        leading = min(math.floor(math.log10(largest)), 0)
        assert decimals(entry) + before + leading <= max(SIGNIFICANT, before), told(entry)


def test_an_end_is_the_nearest_that_its_digits_allow():
    """Rounded, and never by more than half of the last digit."""
    for entry in entries():
        places = decimals(entry)
        value, *both = numbers(told(entry))
        assert abs(value - entry["value"]) <= 0.501 * 10.0**-places
        if len(both) == 2:
            assert abs(both[1] - entry["high"]) <= 0.501 * 10.0**-places


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (1.0, 0.9999999, 1.0, "1.0000 (narrower than 0.0001)"),
        (0.1, 0.1, 0.1, f"0.100 ({NO_SPREAD})"),
        (0.1, 0.094, 0.1081, "0.100 (0.094 to 0.108)"),
        (0.104, 0.098, 0.112, "0.104 (0.098 to 0.112)"),
        (-0.5, -0.9, 0.1, "−0.5 (−0.9 to 0.1)"),
        (1234.567, 1200.1, 1300.4, "1235 (1200 to 1300)"),
        (2, 0, 5, "2.0 (0.0 to 5.0)"),
        (0.0, -1e-12, 1e-12, "0.000000 (narrower than 0.000001)"),
    ],
)
def test_words(value, low, high, words):
    """What a reader sees."""
    assert told({"value": value, "low": low, "high": high}) == words


def test_zero_has_no_sign():
    """A difference that rounds to nothing is not below nothing."""
    assert told({"value": -1e-9, "low": -2e-9, "high": 1e-9}).startswith("0.000000")


def test_numbers_of_a_row_have_their_decimals_together():
    """As many as the narrowest of them carries."""
    row = {
        "model": {"value": 0.1, "low": 0.094, "high": 0.108},
        "trivial": {"value": 633.1, "low": 591.2, "high": 690.3},
    }
    assert decimals(*row.values()) == 3
    assert ends(row["trivial"], 3) == "591.200 to 690.300"


def test_the_report_says_it_so_everywhere():
    """The cover's drawing, its table of metrics and its predictions."""
    sure = {"value": 1.0, "low": 0.9999999, "high": 1.0}
    drawing = interval_drawing({"model": sure})
    assert drawing["rows"][0]["words"] == "1.0000 (narrower than 0.0001)"
    cells = secondary({"primary": {"label": "AUC", "model": sure}})[0]["cells"]
    assert cells[0] == {"value": "1.0000", "interval": "narrower than 0.0001"}
    words = dict.fromkeys(("prediction", "of", "predicted", "state", "note", "earlier"), "")
    row = {"value": 0.1, "low": 0.0994, "high": 0.1006}
    assert predictions([words | row])[0]["interval"] == "0.0994 to 0.1006"
