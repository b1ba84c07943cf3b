"""The sheets hold every item, and an item is as good as the worst of its evidence."""

import json
from fnmatch import fnmatch

import pytest
from conftest import TEMPLATE
from fake_report import answer, check_row, make_report_project, notebook, write_chapter, write_json

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.notebooks.answers import memory_key, rows_of
from boxloop.record.sheet_file import read_sheet, sheet_names
from boxloop.record.sheets import appendix_a, filled, reforms, render, tally, worst

SHEETS = ["appendix-a", "claim", "completeness", "reforms"]
MINE = {
    "title": "A journal",
    "items": [
        {"item": "1", "rule": "Text", "question": "Is there a table?", "files": ["results/*.json"]},
        {"item": "2", "rule": "Text", "question": "Who paid?", "author": True},
    ],
}


@pytest.fixture
def project(tmp_path):
    """A project after one turn of the loop."""
    return make_report_project(tmp_path / "p")


def by_item(rows):
    """Return a sheet as a dictionary."""
    return {row["item"]: row for row in rows}


def test_appendix_a_has_its_fifteen_items(project):
    """Items 1a to 6b, in order, each with a question of ours."""
    rows = appendix_a(project)
    items = ["1a", "1b", "1c", "2a", "2b", "3a", "3b", "3c", "4a", "4b", "4c"]
    items += ["5a", "5b", "6a", "6b"]
    assert [row["item"] for row in rows] == items
    assert all(row["question"].endswith("?") for row in rows)


def test_reforms_has_its_32_items(project):
    """Eight modules, 32 items, no item twice."""
    items = [row["item"] for row in reforms(project)]
    assert len(items) == len(set(items)) == 32
    assert {item[0] for item in items} == set("12345678")


@pytest.mark.parametrize("name", SHEETS)
def test_every_check_answer_and_file_that_a_sheet_names_exists(project, name):
    """What matches nothing would stay unanswered for ever."""
    registry = pytest.importorskip("boxloop.checks").REGISTRY
    notebooks = sorted((TEMPLATE / "notebooks").glob("[0-9]*.ipynb"))
    asked = {memory_key(row) for row in rows_of(notebooks)}
    code = "".join(path.read_text(encoding="utf-8") for path in notebooks)
    for item in read_sheet(project, name)["items"]:
        for pattern in item.get("checks", []):
            assert any(fnmatch(known, pattern) for known in registry), pattern
        assert set(item.get("answers", [])) <= asked
        for one in item.get("files", []):
            path = one["path"] if isinstance(one, dict) else one
            made = path.rpartition("/")[2].replace("*.png", "figures") in code
            of_results = path in ("results/metrics.json", "report/index.html", "README.md")
            studies = TEMPLATE / path.replace("study/", "studies/clusters/")
            known = studies.is_file() or (TEMPLATE / path).is_file() or path == "study.toml"
            assert made or of_results or known, path


def test_claim_has_its_44_items_and_completeness_its_five(project):
    """By number, in order."""
    assert [row["item"] for row in filled(project, "claim")] == [str(n) for n in range(1, 45)]
    assert [row["item"] for row in filled(project, "completeness")] == list("12345")


def test_an_item_that_only_the_author_can_answer_is_asked_of_the_author(project):
    """Who paid for it stands in no file: open, and said so."""
    row = by_item(filled(project, "claim"))["44"]
    assert row["state"] == "unanswered"
    assert row["missing"] == ["asked of the author: nothing in a project says it"]


def test_a_file_that_does_not_say_it_does_not_count(project):
    """A README without the commands answers nothing; with them it does."""
    (project.root / "README.md").write_text("A study.\n", encoding="utf-8")
    piece = by_item(filled(project, "completeness"))["5"]["files"][0]
    assert (piece["state"], piece["message"]) == ("unanswered", "does not say 'boxloop run'")

    (project.root / "README.md").write_text("Type boxloop run.\n", encoding="utf-8")
    assert by_item(filled(project, "completeness"))["5"]["files"][0]["state"] == "pass"


def test_a_sheet_of_the_project_is_found_by_its_name(project):
    """It lies in the folder sheets, beside those of boxloop."""
    write_json(project.root / "sheets" / "mine.json", MINE)
    assert sheet_names(project) == [*SHEETS, "mine"]
    assert [row["state"] for row in filled(project, "mine")] == ["pass", "unanswered"]


def test_a_sheet_of_the_project_does_not_take_the_place_of_one_of_boxloop(project):
    """Who writes an easier Appendix A is told."""
    write_json(project.root / "sheets" / "appendix-a.json", MINE)
    with pytest.raises(UserError, match="give it another one"):
        appendix_a(project)


@pytest.mark.parametrize("name", ["none", "../study", ""])
def test_an_unknown_sheet_names_those_there_are(project, name):
    """Whatever was typed: no path leads out of the folder."""
    with pytest.raises(UserError, match="choose from appendix-a, claim, completeness, reforms"):
        filled(project, name)


def test_worst_state_wins():
    """Fail before unanswered before waived before pass before not-applicable.

    Nothing is unanswered.
    """
    assert worst(["pass", "waived", "fail", "unanswered"]) == "fail"
    assert worst(["not-applicable", "pass"]) == "pass"
    assert worst([]) == "unanswered"
    assert tally(["pass", "fail", "pass"]) == "1 fail, 2 pass"


def test_an_empty_project_is_all_unanswered(tmp_path):
    """Nothing was run: no item passes, none raises."""
    rows = appendix_a(Project(tmp_path)) + reforms(Project(tmp_path))
    assert {row["state"] for row in rows} == {"unanswered"}
    assert all(render(rows, form) for form in ("table", "json", "markdown"))


def test_checks_answers_and_files_decide_an_item(project):
    """1a needs two checks, an answer and metrics.json; each of them can spoil it."""
    good = [
        check_row("baseline.beats_trivial", "02_baseline"),
        check_row("stress.overspecialisation", "06_stress_test"),
    ]
    write_json(project.checks_file, good)
    assert by_item(appendix_a(project))["1a"]["state"] == "pass"

    write_json(project.checks_file, [good[0] | {"state": "fail"}, good[1]])
    row = by_item(appendix_a(project))["1a"]
    assert (row["state"], row["evidence"]) == ("fail", "#check-baseline.beats_trivial")

    write_json(project.checks_file, good)
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "TODO")]))
    row = by_item(appendix_a(project))["1a"]
    assert (row["state"], row["evidence"]) == ("unanswered", "#02-baseline--answer-02")


def test_a_missing_answer_or_file_is_said(project):
    """2a asks for an answer that no cell of this project gives; 6a for a data card."""
    rows = by_item(appendix_a(project))
    assert rows["2a"]["missing"] == ["no answer cell names this item"]
    assert {
        "id": "results/08_release/data_card.md",
        "state": "unanswered",
        "message": "no such file yet",
        "anchor": "",
    } in rows["6a"]["files"]


def test_json_is_the_rows(project):
    """What the release keeps is what was computed."""
    rows = appendix_a(project)
    assert json.loads(render(rows, "json")) == rows


def test_the_terminal_table_says_what_is_open(project):
    """Every item has a line; what keeps it open stands below; the last line counts."""
    text = render(appendix_a(project), "table")
    assert "fail split.groups: because" in " ".join(text.split())
    assert text.splitlines()[-1].startswith("15 items: ")
    assert max(len(line) for line in text.splitlines()) <= 110


def test_markdown_escapes_what_people_wrote(project):
    """A reason or a question of an answer is text, never markup."""
    evil = answer()
    evil["metadata"]["boxloop"] = {"answers": [{"id": "<img>|", "appendix": ["2a"], "reforms": []}]}
    evil["source"] = '**Why <img src=x onerror="1">|?**\n\nTODO'
    write_chapter(project, "01_scoping", notebook([evil]))
    rows = appendix_a(project)
    assert "<img" not in render(rows, "markdown")
    lines = [line for line in render(rows, "markdown").splitlines() if line.startswith("| ")]
    assert len(lines) == 16
