"""The cards are filled from the data, and no section can be left out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from boxloop.record.cards import (
    column_table,
    composition,
    demoted,
    markdown_table,
    metric_table,
    model_card,
    power_table,
    with_overrides,
)
from boxloop.settings.tables import Column

SECTIONS = (
    "intended_use",
    "not_for",
    "data",
    "metrics",
    "strata",
    "safe_unsafe",
    "training",
    "limits",
    "citation",
)


def test_a_table_survives_bars_and_line_breaks():
    """A bar in a cell must not open a new column."""
    frame = pd.DataFrame({"a": ["x|y\nz"], "b": [0.123456], "c": [np.nan], "d": [None]})

    assert markdown_table(frame).splitlines() == [
        "| a | b | c | d |",
        "| --- | --- | --- | --- |",
        "| x\\|y z | 0.123 |  |  |",
    ]


NAMES = [
    "a|b",
    "$x$",
    "x^2_$",
    "flux_{r}",
    "`c`",
    "*s*",
    "<b>b</b>",
    "](http://x)",
    "back\\slash",
    "\\|",
    "&amp;",
    "~~t~~",
    "_u_",
    "core_px",
]


def test_a_name_is_no_formatting():
    """As Markdown, mathematics and HTML read it, a table shows each name as it was written."""
    from bs4 import BeautifulSoup
    from mistune import create_markdown

    table = markdown_table(pd.DataFrame({"name": NAMES, "[n|m]": "0.1 [0.0, 0.2]"}))
    page = BeautifulSoup(
        create_markdown(escape=False, plugins=["table", "strikethrough", "math"])(table),
        "html.parser",
    )
    cells = [[cell.text for cell in row.find_all(["td", "th"])] for row in page.find_all("tr")]

    assert cells == [["name", "[n|m]"], *([name, "0.1 [0.0, 0.2]"] for name in NAMES)]
    assert not page.find_all(["em", "strong", "code", "a", "b", "del"]) and "math" not in str(page)


def test_a_card_holds_no_escape_sequence():
    """Shown on a terminal, a card does not steer it."""
    assert "\x1b" not in markdown_table(pd.DataFrame({"\x1b[31m": ["\x1b]0;x\x07"]}))


def test_a_card_inside_a_chapter_has_smaller_headings():
    """Only headings move; the text stays."""
    assert demoted("# A\n\ntext # no\n## B") == "### A\n\ntext # no\n#### B\n"


def test_metrics_carry_their_interval():
    """A number without its interval is no result."""
    entry = {"value": 0.1, "low": 0.09, "high": 0.11}
    sets = {
        "test": {
            "n_rows": 9,
            "n_groups": 3,
            "metrics": {"rmse": {"model": entry}, "r2": {"model": entry}},
        }
    }
    table = metric_table(sets)

    assert list(table["metric"]) == ["RMSE", "R²"]
    assert table.loc[0, "model"] == "0.100 [0.090, 0.110]"
    assert table.loc[0, "reference"] == ""


def test_the_model_card_has_every_section():
    """Text, tables and lists of both become sections in a fixed order."""
    content = dict.fromkeys(SECTIONS, "words") | {"strata": ["before", pd.DataFrame({"a": [1]})]}
    text = model_card(Ridge(), title="A/B", **content)

    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[0] == "# Model card: A-B"
    assert len(headings) == 1 + len(SECTIONS)
    assert "before\n\n| a |" in text


@pytest.mark.parametrize("missing", SECTIONS)
def test_a_model_card_with_a_hole_is_refused(missing):
    """Every section must be given."""
    content = dict.fromkeys(SECTIONS, "words")
    del content[missing]

    with pytest.raises(TypeError, match=missing):
        model_card(Ridge(), title="x", **content)


def test_composition_counts_what_is_there():
    """Rows, groups, copies and gaps are counted, not remembered."""
    frame = pd.DataFrame({"g": [1, 1, 2], "x": [1.0, 1.0, np.nan]})
    found = composition({"train": frame, "survey": frame[["x"]]}, group="g")

    assert found.loc[0].to_dict() == {
        "table": "train",
        "rows": 3,
        "groups": 2,
        "copied rows": 1,
        "missing cells": 1,
    }
    assert pd.isna(found.loc[1, "groups"])


def test_columns_are_described_from_manifest_and_data():
    """Meaning comes from study.toml, numbers from the table; text has no median."""
    columns = {
        name: Column(role=role, unit="keV", description="d")
        for name, role in (("x", "input"), ("name", "id"), ("gone", "input"))
    }
    found = column_table(pd.DataFrame({"name": ["a", "b"], "x": [1.0, np.nan]}), columns)

    assert list(found["column"]) == ["x", "name"]
    assert found.loc[0, "missing"] == "50.0%"
    assert pd.isna(found.loc[1, "median"])


def test_the_card_says_what_the_checks_could_have_seen(monkeypatch):
    """Of this study the smallest fault; of clean and faulty worlds the shares, each where known."""
    known = {"split.groups": {"false_alarms": 0.025, "heard": 0.9}, "split.time": {"heard": 1.0}}
    monkeypatch.setattr("boxloop.checks.power.measured_power", lambda: known)
    rows = [
        {"id": "split.groups", "state": "cannot-tell", "value": 0.1, "detectable": 0.3},
        {"id": "split.time", "state": "pass", "value": 0.0, "detectable": None},
        {"id": "data.schema", "state": "pass", "value": 0, "detectable": 1},
    ]
    table = power_table(rows)

    assert list(table["check"]) == ["split.groups", "split.time"]
    assert list(table["seen from"].iloc[:1]) == [0.3]
    assert list(table["false alarms"]) == ["2%", ""] and list(table["heard"]) == ["90%", "100%"]


@pytest.mark.parametrize("state", ["limited", "void"])
def test_the_verdict_stands_first_and_warns_of_numbers(state):
    """A card without one is as it was; a void one leaves no number without its mark."""
    words = dict.fromkeys(SECTIONS, "words") | {"title": "T"}
    plain = model_card(Ridge(), **words)
    verdict = {"state": state, "sentence": "Better than x_y.", "because": ["split.groups"]}
    card = model_card(Ridge(), **words, verdict=verdict)

    assert "Verdict" not in plain
    assert card.index("## Verdict") < card.index("## Intended use")
    assert f"**{state.capitalize()}.** Better than x_y." in card
    assert "Because of: split.groups." in card
    marks = card.count("**Not to be believed; see the verdict.**")
    assert marks == (2 if state == "void" else 0)


@pytest.mark.parametrize("state", ["stands", "void"])
def test_a_card_shows_what_was_predicted(state):
    """A row for each, marked where nothing is to be believed; no section where none is."""
    row = {"prediction": "It will be better.", "predicted": "above 0", "value": 0.2, "low": None}
    table = pd.DataFrame([row | {"high": None, "state": "right", "note": "no interval"}])
    words = dict.fromkeys(SECTIONS, "words") | {"title": "T"}
    verdict = {"state": state, "sentence": "So.", "because": []}
    card = model_card(Ridge(), **words, verdict=verdict, predictions=table)

    part = card.partition("## What was predicted")[2].partition("\n## ")[0]
    assert "| It will be better. | above 0 | 0.2 |  |  | right | no interval |" in part
    assert ("Not to be believed" in part) == (state == "void")
    assert "What was predicted" not in model_card(Ridge(), **words, predictions=table[:0])


def test_a_card_says_what_its_release_was_made_in_spite_of():
    """As it was written, no formatting; a release that nothing was in the way of says nothing."""
    plain = {"event": "opened", "reason": "x"}
    forced = plain | {"anyway": "a *lesson*", "despite": ["a.b fails."]}

    assert with_overrides("# Card\n", [plain]) == "# Card\n"
    said = with_overrides("# Card\n", [plain, forced])
    assert said.startswith("# Card\n\n# Released all the same, because\n")
    assert said.endswith("- a \\*lesson\\* (in spite of: a.b fails.)\n")
