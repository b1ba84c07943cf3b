"""The chapters: each executed notebook as HTML, with its checks, its failure and its dates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.places import STATIONS
from boxloop.base.written import says_something
from boxloop.notebooks.answers import (
    cell_anchor,
    is_answer,
    read_answers,
    slug,
    split_answers,
)
from boxloop.notebooks.file import asked, read_copy, read_notebook, source, tags
from boxloop.notebooks.folder import chapter_names
from boxloop.record.sheets import tally, worst
from boxloop.report.digest import apart, fold, take_needed

if TYPE_CHECKING:
    from boxloop.base.places import Project


# What Python prints of a name that has moved: where, the sentence, and the line of code.
_MOVED = re.compile(r"^.*DeprecationWarning: boxloop\.\S+ has moved: .*\n(?:  .*\n)?", re.MULTILINE)
_TRACED = re.compile(r'(<a class="traced" href="#)([^"]+)')
HIDDEN = {"parameters", "injected-parameters", "remove-input"}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass
class Chapter:
    """One chapter of the report.

    Attributes
    ----------
    name, slug, number, title : str
        ``03_split``, ``03-split``, ``03``, ``Split``.
    html : str
        Its content, empty where it was not run.
    headings : list of dict
    checks : list of dict
        Rows of ``checks.json``, with ``cell``: the anchor of the cell that ran the check.
    failure : dict or None
        ``cell``, ``name``, ``message``, ``anchor`` of the cell that stopped it.
    note : str
        Why it is stale, or why it is not shown.
    facts : dict
        ``date``, ``seconds``, ``python`` as far as they are known.
    needed : list of dict
        Answers that a paper needs: ``item``, ``anchor``, ``example`` and their ``html``.
    stale, sealed : bool
        Whether it is out of date; whether it is to open a test set that is still shut.
    """

    name: str
    title: str
    executed: bool = False
    html: str = ""
    headings: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    failure: dict | None = None
    note: str = ""
    facts: dict = field(default_factory=dict)
    needed: list = field(default_factory=list)
    stale: bool = False
    sealed: bool = False

    @property
    def slug(self) -> str:
        """The anchor."""
        return slug(self.name)

    @property
    def number(self) -> str:
        """The two digits of the name."""
        return self.name[:2]

    @property
    def state(self) -> str:
        """The state of the chapter: its worst check, a failed cell, or ``not-run``.

        One that is out of date has no better state than that, nor has a shut seal.
        """
        if self.failure:
            return "fail"
        if not self.executed and not self.checks:
            return "not-run"
        found = worst([row["state"] for row in self.checks] or ["not-applicable"])
        if found in ("fail", "unanswered") or not (self.stale or self.sealed):
            return found
        return "stale" if self.stale else "sealed"

    @property
    def words(self) -> str:
        """The state in words: ``"1 fail, 4 pass"``."""
        if self.failure:
            return "stopped"
        if not self.executed and not self.checks:
            return "not run yet"
        said = tally(row["state"] for row in self.checks if not row.get("old")) or "no checks"
        if self.stale:
            return "out of date" if said == "no checks" else f"out of date, {said}"
        return f"sealed, {said}" if self.sealed else said


def read_chapters(
    project: Project, checks: list[dict], *, stale: dict | None = None, sealed: bool = False
) -> list:
    """Return the chapters in their order, the eight and what there is more.

    One that cannot be read says so.

    Parameters
    ----------
    project : boxloop.base.places.Project
    checks : list of dict
        Rows of ``results/checks.json``.
    stale : dict, optional
        Why a chapter is out of date, by name.
    sealed : bool
        Whether the test set has no numbers yet.
    """
    there = chapter_names(project)
    find, answers = _finder(project, checks), _answers_by_chapter(project)
    names = sorted({*STATIONS, *there})
    notes = {
        name: f"There is no notebooks/{name}.ipynb, so it has no results."
        for name in names
        if name not in there
    } | (stale or {})
    chapters = []
    for name in names:
        rows = [dict(row, cell="") for row in checks if row.get("notebook") == name]
        title = name[3:].replace("_", " ").capitalize()
        chapter = Chapter(name, title, checks=rows, note=notes.get(name, ""))
        chapter.stale = name in (stale or {})
        chapter.sealed = sealed and name == STATIONS[-1]
        path = project.executed / f"{name}.ipynb"
        if name in there and path.is_file():
            try:
                _fill(chapter, read_copy(path), project, names, find, answers[name])
            except UserError as error:
                chapter.note = str(error)
        chapters.append(chapter)
    _lead_home(chapters)
    return chapters


def keep_chapter(project: Project, name: str) -> None:
    """Convert one executed chapter, so that the page finds it kept.

    Raises
    ------
    UserError
        If there is nothing that can be converted.
    """
    from boxloop.record.results import read_checks

    names = sorted({*STATIONS, *chapter_names(project)})
    find = _finder(project, read_checks(project))
    copy = read_copy(project.executed / f"{name}.ipynb")
    _fill(Chapter(name, ""), copy, project, names, find, _answers_by_chapter(project)[name])


def _finder(project: Project, checks: list[dict]) -> Callable:
    """Return what finds the result at an address; it reads nothing before it is asked."""
    from boxloop.record.results import read_metrics
    from boxloop.record.traced import Results

    @cache
    def results() -> Results:
        return Results(project, read_metrics(project).get("sets") or {}, checks)

    return lambda address: results().find(address)


def _lead_home(chapters: list[Chapter]) -> None:
    """Let a traced number lead to the chapter where the cell of its result is not on the page."""
    ids = {found for chapter in chapters for found in re.findall(r' id="([^"]+)"', chapter.html)}

    def led(html: str) -> str:
        return _TRACED.sub(
            lambda link: link[0] if link[2] in ids else f"{link[1]}{link[2].partition('--')[0]}",
            html,
        )

    for chapter in chapters:
        chapter.html = led(chapter.html)
        for answer in chapter.needed:
            answer["html"] = led(answer["html"])


def _fill(
    chapter: Any,
    notebook: dict,
    project: Project,
    names: list[str],
    find: Callable,
    waiting: list[dict],
) -> None:
    """Fill a chapter from its executed copy; `names` are the chapters that links may lead to."""
    from boxloop.report.convert import put_code, to_html
    from boxloop.report.kept import chapter_html
    from boxloop.report.tidy import tidy

    cells = [cell for cell in notebook["cells"] if "papermill-error-cell-tag" not in tags(cell)]
    notebook = notebook | {"cells": cells}
    chapter.failure = _failure(chapter.name, cells)
    for row in chapter.checks:
        row["cell"] = _cell_of(row["id"], chapter.name, cells)
    if count := sum(map(_without_moved, cells)):
        said = f"{count} of its imports are by old names: its executed copy says the new ones."
        chapter.note = f"{chapter.note} {said}".strip()
    _mark(cells, _answers_now(project, chapter.name), chapter.failure)
    _say_why(cells, waiting)
    fold(cells, failed=(chapter.failure or {}).get("id", ""))
    needed = take_needed(chapter.name, cells, waiting)

    def convert(find: Callable, folder: Any) -> tuple:
        html, code = to_html(notebook)
        places: dict[str, Any] = {"folder": folder, "root": project.root}
        html, *rest = tidy(html, chapter=chapter.slug, others=names, find=find, **places)
        return put_code(html, code), *rest

    made_from = [notebook, chapter.slug, names]
    html, title, chapter.headings = chapter_html(project, chapter.name, made_from, find, convert)
    chapter.html, answers = apart(html, len(needed))
    chapter.needed = [row | {"html": text} for row, text in zip(needed, answers, strict=False)]
    chapter.title = title or chapter.title
    chapter.facts = _facts(notebook["metadata"])
    chapter.executed = True


def _without_moved(cell: dict) -> int:
    """Take the sentences of `boxloop.upkeep.moved` out of a cell; return how many there were."""
    found = 0
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            output["text"], count = _MOVED.subn("", "".join(output.get("text", "")))
            found += count
    if found:
        cell["outputs"] = [out for out in cell["outputs"] if out.get("text") != ""]
    return found


def _failure(name: str, cells: list[dict]) -> dict | None:
    """Return what stopped a notebook, or None; an error that a cell announces is not a failure."""
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error" and "raises-exception" not in tags(cell):
                return {
                    "cell": cell.get("execution_count") or cells.index(cell) + 1,
                    "id": cell.get("id", ""),
                    "name": _plain(output.get("ename", "Error")),
                    "message": _plain(output.get("evalue", ""))[:500],
                    "anchor": cell_anchor(name, cell.get("id") or "cell"),
                }
    return None


def _plain(text: str) -> str:
    """Return a message without the terminal's colours."""
    return _ANSI.sub("", "".join(text)).strip()


def _cell_of(check_id: str, name: str, cells: list[dict]) -> str:
    """Return the anchor of the cell that ran a check, or an empty text."""
    for cell in cells:
        if cell.get("cell_type") == "code" and check_id in asked(source(cell)):
            return cell_anchor(name, cell.get("id") or "cell")
    return ""


def _answers_now(project: Project, name: str) -> dict:
    """Return the text of the answers in the source notebook, by id of their cell.

    An answer needs no run: the report shows what the notebook says today.
    """
    path = project.notebooks / f"{name}.ipynb"
    cells = read_notebook(path)["cells"] if path.is_file() else []
    return {cell.get("id"): source(cell) for cell in cells if is_answer(cell)}


def _mark(cells: list[dict], answers: dict, failure: Any) -> None:
    """Write what the template asks for into the metadata of the cells."""
    for cell in cells:
        facts = cell.setdefault("metadata", {})
        facts["hidden"] = bool(tags(cell) & HIDDEN)
        facts["failed"] = (
            bool(failure) and cell.get("id", "") == failure["id"] and bool(cell.get("outputs"))
        )
        if is_answer(cell):
            cell["source"] = answers.get(cell.get("id"), source(cell))
            replies = [text for _, text in split_answers(source(cell))]
            facts["questions"] = len(replies)
            facts["unanswered"] = (
                sum(not says_something(text) for text in replies) if replies else 1
            )


def _answers_by_chapter(project: Project) -> dict[str, list[dict]]:
    """Return the rows of the answers by chapter; none where a notebook cannot be read."""
    found: dict[str, list[dict]] = defaultdict(list)
    with suppress(UserError):
        for row in read_answers(project):
            found[row["notebook"]].append(row)
    return found


def _say_why(cells: list[dict], rows: list[dict]) -> None:
    """Mark the answers that were written for other results, and those that the example gave."""
    for cell in cells:
        own = [row for row in rows if row["cell"] == cell.get("id", "")]
        if own and is_answer(cell):
            facts = cell["metadata"]
            facts["unanswered"] = sum(not row["answered"] for row in own)
            waiting = [
                row["why"] for row in own if not row["answered"] and says_something(row["text"])
            ]
            facts["why"] = "; ".join(dict.fromkeys(waiting))
            facts["example"] = all(row["state"] == "example" for row in own)


def _facts(metadata: dict) -> dict:
    papermill = metadata.get("papermill") or {}
    return {
        "date": str(papermill.get("start_time") or "")[:16].replace("T", " "),
        "seconds": papermill.get("duration"),
        "python": metadata.get("language_info", {}).get("version", ""),
    }
