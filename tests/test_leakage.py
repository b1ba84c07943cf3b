"""The leakage sheet: eight types, each with evidence and argument."""

import pytest

from boxloop.checks import run_check
from boxloop.record.leakage import TYPES, leakage_sheet, said


def evidence():
    """Return words for every type."""
    return {name: f"found for {name}" for name in TYPES}


def test_the_eight_types_stand_in_order():
    """Kapoor and Narayanan's, with what was found beside what is argued."""
    sheet = leakage_sheet(evidence())

    assert list(sheet["type"]) == ["L1.1", "L1.2", "L1.3", "L1.4", "L2", "L3.1", "L3.2", "L3.3"]
    assert list(sheet.columns) == ["type", "what", "evidence", "argument"]
    assert sheet["evidence"].iloc[4] == "found for L2"
    assert sheet["argument"].str.endswith(".").all()


def test_a_type_without_evidence_is_refused():
    """An argument alone is what the sheet is there to avoid."""
    with pytest.raises(KeyError, match=r"L3.1"):
        leakage_sheet({name: words for name, words in evidence().items() if name != "L3.1"})


def test_own_words_replace_an_argument():
    """Of one type, and of no other."""
    sheet = leakage_sheet(evidence(), {"L1.1": "Ours."}).set_index("type")

    assert sheet.loc["L1.1", "argument"] == "Ours."
    assert sheet.loc["L1.2", "argument"] == TYPES["L1.2"][1]


def test_evidence_is_what_the_checks_say():
    """Names, states, what was measured, and the reason of a waiver."""
    columns = {"height": {"role": "input"}, "name": {"role": "id"}}
    good = run_check("features.forbidden", ["height"], columns=columns)
    bad = run_check("features.forbidden", ["name"], columns=columns, waiver="a known exception")

    assert said(good).startswith("features.forbidden pass: All 1 inputs")
    assert "waived" in said(good, bad) and "a known exception" in said(good, bad)
