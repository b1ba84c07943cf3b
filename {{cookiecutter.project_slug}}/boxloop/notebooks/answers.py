"""Answers: what a person wrote in the notebooks in reply to the questions of the papers."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.written import says_something
from boxloop.notebooks.file import read_notebook, source, tags
from boxloop.notebooks.folder import sort_notebooks
from boxloop.notebooks.memory import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


# A question is a line of its own in bold; what follows, up to the next one, is its answer.
_QUESTION = re.compile(r"^\*\*(.+?)\*\*\s*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# In a study with data of its own these lines stand under the question, and belong to it; the last
# two stand above those questions that a paper needs, and above those that are worth asking.
_PROMPT = re.compile(
    r"^\*(?:(?:Why|For example):\*.*|Needed for a paper\b[^*]*\*\s*|Worth asking\b[^*]*\*\s*)$",
    re.MULTILINE,
)


NOTHING = "nothing is written"


def slug(notebook: str) -> str:
    """Return the anchor of a chapter of the report: ``03_split`` becomes ``03-split``."""
    return notebook.replace("_", "-")


def cell_anchor(notebook: str, cell_id: str) -> str:
    """Return the anchor of a cell of the report, such as ``03-split--answer-seal``."""
    return f"{slug(notebook)}--{cell_id}"


def is_answer(cell: dict) -> bool:
    """Return whether a cell of a notebook is tagged as an answer."""
    return "answer" in tags(cell)


def split_answers(text: str) -> list:
    """Return the ``(question, answer)`` pairs in the text of an answer cell.

    Parameters
    ----------
    text : str
        Markdown in which each question is a line in bold. HTML comments are no answer, nor are
        the lines that begin with ``*Why:*`` or ``*For example:*``: they explain the question.
    """
    parts = _QUESTION.split(_PROMPT.sub("", _COMMENT.sub("", text)))[1:]
    # Also on the Python of Cookiecutter, whose `zip` is not strict.
    return [(parts[at], parts[at + 1].strip()) for at in range(0, len(parts), 2)]


def is_answered(text: str) -> Any:
    """Return whether every question in the text of an answer cell is answered."""
    pairs = split_answers(text)
    return bool(pairs) and all(says_something(answer) for _, answer in pairs)


def _named_questions(notebook: str, cell: dict) -> list[dict]:
    """Return what the metadata of an answer cell say of its questions.

    Raises
    ------
    UserError
        If they do not name each question, with lists of the items that it replies to.
    """
    about = cell["metadata"].get("boxloop", {})
    facts = about.get("answers", []) if isinstance(about, dict) else None
    if isinstance(facts, list) and all(_names_a_question(fact) for fact in facts):
        return facts
    msg = (
        f"{notebook}.ipynb, cell {cell.get('id')}: its metadata do not name its questions: "
        "restore the notebook from your last commit."
    )
    raise UserError(msg)


def _names_a_question(fact: Any) -> bool:
    if not isinstance(fact, dict) or not isinstance(fact.get("id"), str):
        return False
    lists = [fact.get(key, []) for key in ("appendix", "reforms")]
    return all(
        isinstance(items, list) and all(isinstance(item, str) for item in items) for items in lists
    )


def _rows(notebook: str, cell: dict) -> list[dict]:
    facts = _named_questions(notebook, cell)
    pairs = split_answers(source(cell))
    if len(facts) != len(pairs):
        msg = (
            f"{notebook}.ipynb, cell {cell.get('id')}: {len(pairs)} questions in bold, "
            "but its metadata names "
            f"{len(facts)}; keep each question on a line of its own between double stars."
        )
        raise UserError(msg)
    return [
        {
            "id": fact["id"],
            "notebook": notebook,
            "cell": cell.get("id", ""),
            "question": pairs[at][0],
            "appendix": fact.get("appendix", []),
            "reforms": fact.get("reforms", []),
            "text": pairs[at][1],
        }
        for at, fact in enumerate(facts)  # also on the Python of Cookiecutter, as above
    ]


def memory_key(row: dict) -> str:
    """Return by what an answer is remembered, such as ``08_release.limits``: 01 has limits too."""
    return f"{row['notebook']}.{row['id']}"


def read_answers(project: Project) -> list[dict]:
    """Return the answers in the notebooks of a project, in the order of the loop.

    Parameters
    ----------
    project : boxloop.base.places.Project

    Returns
    -------
    list of dict
        ``id``, ``notebook``, ``cell`` (its id), ``question``, the items of Appendix A
        (``appendix``) and of REFORMS (``reforms``) that it replies to, the ``text`` of the answer,
        its ``state`` (``answered``, ``example``: by the worked example that it came with, or
        ``unanswered``), ``why``, and ``answered``: whether nobody has to act.

    Raises
    ------
    UserError
        If a notebook cannot be read, or questions and metadata of an answer cell do not match;
        a notebook that is missing has no answers.
    """
    paths = sort_notebooks(project).chapters
    cells = [(path.stem, cell) for path in paths for cell in read_notebook(path)["cells"]]
    rows = [row for name, cell in cells if is_answer(cell) for row in _rows(name, cell)]
    memory = Memory(project) if rows else None
    for row in rows:
        state, why = "unanswered", NOTHING
        if memory and says_something(row["text"]):
            state, why = memory.judge(memory_key(row), row["text"])
        row |= {"answered": state != "unanswered", "state": state, "why": why}
    return rows


def example_answers(notebooks: list[Path]) -> dict[str, str]:
    """Return by `memory_key` the answers in some notebooks; a damaged notebook has none."""
    rows = rows_of(notebooks)
    return {memory_key(row): row["text"] for row in rows if says_something(row["text"])}


def rows_of(notebooks: list[Path]) -> list[dict]:
    """Return the answers in some notebooks without a judgement; a damaged one has none."""
    found = []
    for path in notebooks:
        with suppress(UserError):
            cells = [cell for cell in read_notebook(path)["cells"] if is_answer(cell)]
            found += [row for cell in cells for row in _rows(path.stem, cell)]
    return found
