"""A draft of a paper: answers in the order of a paper, numbers as text with their intervals."""

import json

import pytest
from fake_report import make_report_project, markdown, write_chapter, write_json
from walk_project import command

from boxloop.notebooks.needed import ITEMS
from boxloop.notebooks.stated import Entry
from boxloop.parcel import draft
from boxloop.parcel.subject import Subject

QUESTIONS = {
    "01_scoping": ["context", "downstream", "literature", "trust"],
    "05_diagnose": ["residual-failures", "physics-of-the-model"],
    "06_stress_test": ["safe-use"],
    "07_failures_log": ["rules-broken", "abandoned", "informative-failures"],
    "08_release": ["data-available", "software-available"],
}
SAID = """It errs by [0.102](#validation.rmse.model), of [5 %](@galton1886), or \
[26 %](#gain.validation.rmse) less; [more](#validation.rmse.model) in [a place](03_split.ipynb).

# A heading

Once it was [0.5](#validation.bias.model)."""


def entry(value, half):
    return {"value": value, "low": value - half, "high": value + half}


@pytest.fixture
def project(tmp_path):
    """A project whose twelve questions are asked, and two of them answered."""
    project = make_report_project(tmp_path / "p")
    for name, ids in QUESTIONS.items():
        texts = dict.fromkeys(ids, "TODO") | {"context": "It fits.", "residual-failures": SAID}
        words = "\n\n".join(f"**What of {one}?**\n\n{texts[one]}" for one in ids)
        facts = [{"id": one, "appendix": [], "reforms": []} for one in ids]
        cells = [markdown("answer-all", words, ["answer"], boxloop={"answers": facts})]
        content = {"cells": cells, "metadata": {"boxloop": {"needs": [], "makes": []}}}
        write_chapter(project, name, content | {"nbformat": 4, "nbformat_minor": 5})
    rmse = {"model": entry(0.1021, 0.006), "reference": entry(0.138, 0.007), "trivial": None}
    rmse["difference"] = entry(0.0359, 0.005)
    bias = {"model": entry(0.031, 0.002) | {"too_few": True}}
    sets = {"validation": {"n_rows": 400, "n_groups": 120, "metrics": {"rmse": rmse, "bias": bias}}}
    sets["train_cv"] = sets["validation"]
    metrics = json.loads(project.metrics_file.read_text(encoding="utf-8")) | {"sets": sets}
    write_json(project.metrics_file, metrics)
    write_json(project.station("05_diagnose") / "metrics.json", {"sets": sets})
    project.ledger_file.write_text("", encoding="utf-8")
    return project


@pytest.fixture
def text(project):
    """The draft."""
    return draft.draft(Subject(project))


def part(text, title):
    """Return what stands under a heading of the second level."""
    return text.partition(f"\n## {title}")[2].partition("\n## ")[0]


def test_it_has_the_parts_of_a_paper_with_what_was_answered(text):
    """In their order; the question of the study comes first."""
    heads = [line for line in text.splitlines() if line.startswith(("# ", "## "))]
    assert heads[0] == "# Toy"
    assert [head[3:] for head in heads[1:-1]] == [*draft.PARTS]
    assert "How heavy is it?" in part(text, "Question") and "It fits." in part(text, "Question")
    assert "| validation | 400 | 120 |" in part(text, "Data")
    assert "a straight line (Galton 1886)" in part(text, "Methods")
    assert "still sealed" in part(text, "Methods")


def test_numbers_in_answers_are_text_with_their_intervals(text):
    """With the digits of the author; a source is cited, and a word stays a word."""
    said = part(text, "Results")
    assert "It errs by 0.102 (0.096 to 0.108)" in said
    assert "5 % [@galton1886]" in said
    assert "; more in [a place](03_split.ipynb)" in said
    assert "\n#### A heading" in said
    assert "](#" not in text


def test_an_interval_stands_behind_its_own_number_alone():
    """In its unit: not behind a ratio, a word, or one that has no interval."""
    found = Entry("a", 0.26, 0.21, 0.31)
    assert draft._interval("26 %", found) == " (21 to 31 %)"
    assert draft._interval("0.3", found) == " (0.2 to 0.3)"
    assert draft._interval("1.3 times", found) == ""
    assert draft._interval("a quarter", found) == ""
    assert draft._interval("0.26", Entry("a", 0.26)) == ""


def test_a_number_that_no_longer_holds_says_what_it_is_now(text):
    """It is not repeated as if it were so."""
    assert "Once it was 0.5 (TODO: now 0.0310 (0.0290 to 0.0330))." in part(text, "Results")


def test_metrics_stand_with_intervals_and_notes(text):
    """Of sets that chose no method."""
    said = part(text, "Results")
    row = "| validation | RMSE (kg) | 0.102 (0.096 to 0.108) | 0.138 (0.131 to 0.145) | – | "
    assert f"{row}0.036 (0.031 to 0.041) |" in said
    assert "0.0310 (0.0290 to 0.0330), too few groups" in said
    assert "train_cv" not in said and "train_cv" in part(text, "Data")
    assert "- met: better than the line (at least 0.2, test; measured: 0.258)" in said


def test_what_nobody_has_answered_is_to_be_done(text):
    """Where it belongs, and once more at the end."""
    assert "### What of trust?\n\nTODO: nothing is written." in part(text, "Limits")
    rest = text.partition("\n## To be answered (10 of 12)")[2]
    assert all(f"- {item} What of" in rest for item in ITEMS.values() if item not in ("1a", "3b"))
    assert "`split.groups` (fail)" in part(text, "Limits")


def test_hostile_names_are_text(project):
    """A title is no formatting."""
    toml = project.settings_file.read_text(encoding="utf-8")
    project.settings_file.write_text(
        toml.replace('title = "Toy"', 'title = "*A* <script> | [x](y)"'), encoding="utf-8"
    )
    text = draft.draft(Subject(project))
    assert text.startswith(r"# \*A\* \<script> \| [x\](y)")


def test_the_command_writes_it_and_a_release_has_it(project, tmp_path):
    """The same text."""
    code, said = command(project, "report", "--paper")
    assert code == 0 and "Draft: " in said, said
    draft.write(tmp_path / "release", Subject(project))
    written = (tmp_path / "release" / "paper" / "paper.md").read_text(encoding="utf-8")
    assert written == (project.report / "paper.md").read_text(encoding="utf-8")
    assert "boxloop.parcel.draft" in __import__("boxloop.parcel.command", fromlist=["x"]).PARTS
