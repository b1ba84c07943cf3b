"""Answers are read from the source notebooks, and a TODO is not an answer."""

from types import SimpleNamespace

import pytest
from fake_report import make_report_project, markdown, notebook, write_chapter

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.base.written import says_something
from boxloop.checks import run_check
from boxloop.notebooks.answers import is_answered, read_answers
from boxloop.settings.tables import Reference


@pytest.mark.parametrize(
    ("source", "answered"),
    [
        ("**Why?**\n\nBecause.", True),
        ("Because.", False),
        ("**Why?**\n\nBecause.\n\n**How?**\n\nSo.", True),
        ("**Why?**\n\nBecause.\n\n**How?**\n\nTODO", False),
        ("**Why?**", False),
        ("**Why?**\n\n  \n", False),
        ("**Why?**\n\nTODO", False),
        ("**Why?**\n\nBecause. TODO: say more", False),
        ("**Why?**\n\n<!-- one paragraph, see §2.1 -->\n", False),
        ("**Why?**\n\n**Because** it is.", True),
        ("**Why?**\n\nMETODOLOGY is a word too.", True),
        ("**Why?**\n\n*Why:* it matters.\n\n*For example:* because.\n", False),
        ("**Why?**\n\n*Why:* it matters.\n\n*For example:* because.\n\nSo.", True),
    ],
)
def test_an_answer_is_what_follows_a_bold_line(source, answered):
    """Empty text, a comment, what explains the question or the word TODO leave it open.

    Every question counts.
    """
    assert is_answered(source) is answered


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Todo el catálogo.", True),
        ("TODOS", True),
        ("A method. TODO: cite it", False),
        ("TODO", False),
        (" \n", False),
        (None, False),
    ],
)
def test_one_rule_says_what_waits_for_a_person(text, written):
    """An answer, a name in study.toml, an explanation and a licence are judged alike."""
    reference = SimpleNamespace(name="M", kind="domain", citation=text, reason=None)
    rows = [{"about": "a", "explanation": text}]

    assert says_something(text) is written
    assert (run_check("baseline.domain_reference", reference).state == "pass") is written
    assert (run_check("log.explained", rows).state == "pass") is written
    assert (Reference(name=str(text or ""), citation="").label == str(text)) is written


def test_answers_come_in_the_order_of_the_loop(tmp_path):
    """Each row names its cell, its notebook and the items it replies to."""
    project = make_report_project(tmp_path / "p")
    rows = read_answers(project)
    assert [row["notebook"][:2] for row in rows] == [f"0{n}" for n in range(1, 9)]
    assert rows[0] == {
        "id": "data",
        "notebook": "01_scoping",
        "cell": "answer-01",
        "question": "Why these data?",
        "appendix": ["1a", "4a"],
        "reforms": ["1b"],
        "answered": True,
        "state": "answered",
        "why": "",
        "text": "They hold every cluster above the limit.",
    }


def test_one_cell_may_hold_several_questions(tmp_path):
    """The source may be a list of lines; each question has its own items and its own state."""
    project = make_report_project(tmp_path / "p", names=[])
    lines = ["**Why?**\n", "\n", "Because.\n", "\n", "**How?**\n", "\n", "TODO"]
    facts = [
        {"id": "why", "appendix": ["1a"], "reforms": []},
        {"id": "how", "appendix": [], "reforms": ["5b"]},
    ]
    write_chapter(
        project,
        "02_baseline",
        notebook([markdown("answer-x", lines, ["answer"], boxloop={"answers": facts})]),
    )
    why, how = read_answers(project)
    assert (why["id"], why["text"], why["appendix"], why["answered"]) == (
        "why",
        "Because.",
        ["1a"],
        True,
    )
    assert (how["question"], how["cell"], how["answered"]) == ("How?", "answer-x", False)


def test_questions_and_metadata_must_match(tmp_path):
    """A question that was deleted by accident is named, not shifted to its neighbour."""
    project = make_report_project(tmp_path / "p", names=[])
    cell = markdown(
        "answer-x", "**Why?** Because.", ["answer"], boxloop={"answers": [{"id": "why"}]}
    )
    write_chapter(project, "02_baseline", notebook([cell]))
    with pytest.raises(UserError, match=r"02_baseline.ipynb, cell answer-x"):
        read_answers(project)


def test_no_notebooks_no_answers(tmp_path):
    """A missing notebook has no answers."""
    assert read_answers(Project(tmp_path)) == []


def test_a_damaged_notebook_is_named(tmp_path):
    """The sentence names the file."""
    project = make_report_project(tmp_path / "p", names=[])
    project.notebooks.mkdir()
    (project.notebooks / "03_split.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"03_split\.ipynb"):
        read_answers(project)
