"""The dozen questions that a paper needs stand first, wherever questions are listed."""

import json
from types import SimpleNamespace

import pytest
from conftest import TEMPLATE

from boxloop.checks.records import answers_complete
from boxloop.notebooks.answers import rows_of, split_answers
from boxloop.notebooks.file import read_notebook, source, tags
from boxloop.notebooks.needed import ITEMS, NEEDED, WORTH, is_needed, needed_first, waiting
from boxloop.notebooks.needed import waiting_lines as lines_of
from boxloop.record.verdict import waiting_words

NOTEBOOKS = sorted((TEMPLATE / "notebooks").glob("[0-9]*.ipynb"))
SHEET = json.loads(
    (TEMPLATE / "boxloop" / "templates" / "sheets" / "appendix-a.json").read_text(encoding="utf-8")
)["items"]


def cells(tag):
    """Return the answer cells with a tag: chapter, text and what their metadata name."""
    return [
        (path.stem, source(cell), cell["metadata"]["boxloop"]["answers"])
        for path in NOTEBOOKS
        for cell in read_notebook(path)["cells"]
        if {"answer", tag} <= tags(cell)
    ]


def answer(notebook="01_scoping", name="context", answered=False):
    """Return one row of the answers."""
    return {"id": name, "notebook": notebook, "answered": answered, "question": f"{name}?"}


def test_there_is_one_question_for_each_item_that_only_words_can_answer():
    """The items of Appendix A that ask for an answer, each once: twelve."""
    asked = [row["item"] for row in SHEET if row["answer"]]

    assert sorted(ITEMS.values()) == sorted(asked)
    assert len(ITEMS) == 12


@pytest.mark.parametrize("study", ["own_data", "clusters", "transients", "dijet"])
def test_every_study_asks_them_and_each_answers_its_item(study):
    """A question that a study does not ask could never be answered there."""
    asked = {
        f"{name}.{fact['id']}": fact["appendix"]
        for name, _, facts in cells(study)
        for fact in facts
    }

    assert {key: item for key, item in ITEMS.items() if item in asked.get(key, [])} == ITEMS


def test_the_prompts_of_own_data_say_which_are_needed():
    """In every cell those come first, under a line that says so; the others under another."""
    for name, text, facts in cells("own_data"):
        needed = [f"{name}.{fact['id']}" in ITEMS for fact in facts]
        assert needed == sorted(needed, reverse=True), name
        head = "*Needed for a paper"
        assert (head in text) == any(needed) and ("*Worth asking*" in text) != all(needed)
        assert text.find(head) <= text.find("*Worth asking*") or all(needed)


def test_the_line_above_a_question_is_no_answer_to_the_one_before():
    """Otherwise a TODO before it would count as written."""
    text = (
        "*Needed for a paper (Huppenkothen et al., Appendix A, 1(a))*\n\n**One?**\n\nTODO\n\n"
        "*Worth asking*\n\n**Two?**\n\nMine, *worth asking* or not."
    )

    assert split_answers(text) == [("One?", "TODO"), ("Two?", "Mine, *worth asking* or not.")]
    assert all(row["text"] == "TODO" for row in rows_of(NOTEBOOKS) if row["cell"].endswith("-own"))


def test_the_needed_are_listed_first_with_their_item():
    """A line each for those, and the others by chapter."""
    rows = [answer(name="nature"), answer(name="trust"), answer(), answer("05_diagnose", "x", True)]

    assert [row["id"] for row in needed_first(rows)] == ["trust", "context", "nature", "x"]
    assert [len(found) for found in waiting(rows).values()] == [2, 1]
    assert lines_of(rows) == [
        "2 questions needed for a paper (Huppenkothen et al. (2023), Appendix A):",
        "  4a 01_scoping: trust?",
        "  1a 01_scoping: context?",
        "1 question worth asking:",
        "  01_scoping: nature",
    ]
    assert lines_of([answer(answered=True)]) == []


@pytest.mark.parametrize(
    ("needed", "worth", "words"),
    [
        (2, 1, "3 questions (2 needed for a paper) wait for an answer"),
        (2, 0, "2 questions (all needed for a paper) wait for an answer"),
        (0, 2, "2 questions (none needed for a paper) wait for an answer"),
    ],
)
def test_the_verdict_says_how_many_of_what_waits_a_paper_needs(needed, worth, words):
    """Who has answered the dozen reads that nothing of it is open, and what else is."""
    dozen = [answer(*key.split("."), answered=k >= needed) for k, key in enumerate(ITEMS)]
    rest = [answer(name=f"other{k}") for k in range(worth)]
    found = answers_complete([*rest, *dozen], threshold=0)
    row = {"id": "answers.complete", "state": "unanswered"}

    assert (found.value, found.needed) == (needed + worth, needed)
    assert waiting_words([row | {"value": found.value, "needed": found.needed}]) == words
    assert NEEDED in found.message and (not needed or "01_scoping: context?" in found.message)


def test_a_record_of_an_older_project_has_no_such_count():
    """Its words stay as they were."""
    row = {"id": "answers.complete", "state": "unanswered", "value": 3}

    assert waiting_words([row]) == "3 questions wait for an answer"
    assert not is_needed({}) and WORTH != NEEDED


def test_a_release_whose_dozen_is_answered_says_what_else_is_open(tmp_path, monkeypatch):
    """It is in the way as before, and the sentence says that what a paper needs is there."""
    from boxloop.base.places import Project
    from boxloop.record import obstacles

    rows = [answer(*key.split("."), answered=True) for key in ITEMS] + [answer(name="nature")]
    monkeypatch.setattr(obstacles, "read_answers", lambda _: rows)
    monkeypatch.setattr(obstacles, "read_checks", lambda _: [])
    study = SimpleNamespace(title="A study", question="Does it rain?", criteria=[], author="Me")
    settings = SimpleNamespace(study=study, release=SimpleNamespace(authors=[]))
    found = obstacles.obstacles(Project(tmp_path), settings)

    said = "Without an answer, worth asking: 01_scoping: nature"
    assert found == [f"{said}; every question needed for a paper is answered."]
