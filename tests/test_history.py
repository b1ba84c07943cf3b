"""The loop so far: passes side by side, and what changed."""

import xml.etree.ElementTree as ET

import pytest

from boxloop.base.files import write_json
from boxloop.base.places import Project
from boxloop.record.history import changes, interval, listing, rows, svg, table


def entry(value):
    """Return an interval."""
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


def a_pass(number, model, *, checks=None, met=True, sets=("validation",), **facts):
    """Return the content of a pass."""
    values = {"model": entry(model), "reference": entry(0.15), "difference": entry(0.15 - model)}
    primary = {"name": "rmse", "label": "RMSE", "unit": "kg", "set": "test"} | values
    criterion = {"name": "better", "met": met, "value": 0.3, "bound": "at least 0.2"}
    return {
        "number": number,
        "time": f"2026-01-0{number}T00:00:00+00:00",
        "note": f"note {number}",
        "metrics": {"primary": primary, "criteria": [criterion]},
        "sets": dict.fromkeys(sets, values),
        "checks": checks or {"split.groups": "pass"},
        "attempts": [{"name": "ridge", "score": "0.2", "chosen": True}],
        "released": False,
    } | facts


@pytest.fixture
def passes():
    """Two passes: the second is better, fails a check and misses a criterion."""
    second = a_pass(
        2,
        0.08,
        checks={"split.groups": "fail"},
        met=False,
        attempts=[{"name": "trees", "score": "0.1", "chosen": True}],
    )
    return [a_pass(1, 0.10), second]


def test_a_row_per_pass(passes, tmp_path):
    """From the files of a project, oldest first."""
    project = Project(tmp_path)
    for past in passes:
        write_json(project.passes / f"{past['number']:03d}.json", past)
    first, second = rows(project)

    assert (first["number"], first["criteria"], first["changed"]) == (1, "1 of 1 met", [])
    assert second["model"]["value"] == 0.08
    assert second["states"] == {"fail": 1}
    assert rows(Project(tmp_path / "none")) == []


def test_what_changed_is_said(passes):
    """Numbers, criteria, checks, attempts; and nothing where nothing did."""
    said = changes(*passes)

    assert said == [
        "model on validation: 0.100 [0.090, 0.110] became 0.080 [0.070, 0.090]",
        "criterion better: met became not met",
        "check split.groups: pass became fail",
        "attempt trees: new",
        "attempt ridge: no longer tried",
    ]
    assert changes(passes[0], passes[0]) == []


def test_passes_are_compared_on_rows_they_share():
    """Validation where there is one; numbers of different sets never stand in one column."""
    shared = [a_pass(1, 0.1, sets=("a", "validation")), a_pass(2, 0.1, sets=("validation", "test"))]
    apart = [a_pass(1, 0.1, sets=("a",)), a_pass(2, 0.1, sets=("b",))]

    assert [row["set"] for row in table(shared)] == ["validation", "validation"]
    assert [(row["set"], row["model"]) for row in table(apart)] == [(None, None)] * 2
    assert "nothing" in listing(table(apart))[-1]


def test_a_pass_of_an_earlier_version_is_readable():
    """It has neither sets nor attempts, and may have no number at all."""
    old = a_pass(1, 0.1)
    del old["sets"], old["attempts"]
    empty = {"number": 2, "note": "", "metrics": {"primary": None, "criteria": None}, "checks": {}}

    assert table([old])[0]["set"] == "test"
    assert table([empty])[0]["criteria"] == "none"
    assert svg(table([empty])) == ""
    assert interval(None) == "–"


def test_the_drawing_is_valid_and_says_its_numbers(passes):
    """A unit cannot become markup."""
    passes[1]["metrics"]["primary"]["unit"] = "<b>kg</b>"
    drawing = svg(table(passes))
    tree = ET.fromstring(drawing)

    assert "<b>" not in drawing
    assert sum(part.tag.endswith("circle") for part in tree.iter()) == 2
    assert "pass 2: model 0.08" in drawing
