"""The exercises of a project, as its notebooks hold them: five cells each, known by tag and id."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache
from boxloop.base.places import STATIONS
from boxloop.notebooks.file import read_notebook, source, tags
from boxloop.teach.regions import bodies, regions

if TYPE_CHECKING:
    from boxloop.base.places import Project

# The cells of an exercise, in their order; `stub` stands for the solution in the student edition.
PARTS = ("exercise", "hint", "solution", "check", "instructor")
NEEDED = ("exercise", "solution", "check")
TEACHING = {*PARTS, "stub"}
FILE = "exercises.json"  # in results/
_ID = re.compile(r"(exercise|hint|solution|stub|check|instructor)-(\d+)-(\d+)(-[a-z0-9-]+)?")
_TITLE = re.compile(r"^#+ Exercise (\S+)(?: · (.*?))?(?: \((\d+) min\))?\s*$", re.MULTILINE)


@dataclass
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    chapter, number, title : str
        Such as ``03_split``, ``3.1`` and ``Split by group``.
    minutes : int
    notes : str
        What the instructor is told of it, Markdown.
    solutions : list of list of str
        The lines that students are to write; none in the student edition.
    parts : set of str
        The kinds of cells that it has.
    """

    chapter: str
    number: str
    title: str = ""
    minutes: int = 0
    notes: str = ""
    solutions: list[list[str]] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)


@dataclass
class Lesson:
    """One chapter of a course: `read` are the minutes of the chapter without its exercises."""

    name: str
    title: str
    read: int
    exercises: list[Exercise]


def number_of(cell: dict, name: str) -> str | None:
    """Return the number of the exercise that a cell belongs to, such as ``3.1``, or None.

    Raises
    ------
    UserError
        If the tag of the cell says that it belongs to one, and its id does not say to which.
    """
    kinds = tags(cell) & TEACHING
    if not kinds:
        return None
    match = _ID.fullmatch(cell.get("id", ""))
    if not match or kinds != {match[1]}:
        kind = min(kinds)
        msg = (
            f"{name}, cell {cell.get('id', '?')} has the tag {kind}, and its id does not say of "
            f"which exercise: name it {kind}-3-1 for exercise 3.1."
        )
        raise UserError(msg)
    return f"{int(match[2])}.{match[3]}"


def lessons(project: Project) -> list[Lesson]:
    """Return the chapters of a project in order, each with its exercises.

    Raises
    ------
    UserError
        If a notebook cannot be read, or a cell of an exercise is not what it must be.
    """
    found = []
    for name in STATIONS:
        book = read_notebook(project.notebooks / f"{name}.ipynb")
        minutes = (book["metadata"].get("boxloop") or {}).get("minutes") or {}
        title = source(book["cells"][0]).partition("\n")[0].lstrip("# ") if book["cells"] else name
        found.append(Lesson(name, title, int(minutes.get("read", 0)), _exercises(book, name)))
    return found


def _exercises(book: dict, name: str) -> list[Exercise]:
    """Return the exercises in one notebook, in their order."""
    found: dict[str, Exercise] = {}
    for cell in book["cells"]:
        number, text = number_of(cell, name), source(cell)
        where = f"{name}, cell {cell.get('id', '?')}"
        if number is None:
            if cell["cell_type"] == "code" and regions(text, where):
                msg = f"{where} holds a solution without the tag solution: give it that tag."
                raise UserError(msg)
            continue
        one = found.setdefault(number, Exercise(name, number))
        (kind,) = tags(cell) & TEACHING
        if kind != "solution" and regions(text, where):
            msg = f"{where} holds a solution, and has the tag {kind}: take the marks out."
            raise UserError(msg)
        one.parts.add(kind)
        if kind == "exercise":
            _take_the_title(one, cell, text)
        elif kind == "instructor":
            one.notes = text.strip()
        elif kind == "solution":
            one.solutions += bodies(text, where)
    return list(found.values())


def _take_the_title(one: Exercise, cell: dict, text: str) -> None:
    """Take the title of an exercise from its first line; minutes from its metadata, or there."""
    about = cell["metadata"].get("boxloop")
    minutes = about.get("minutes") if isinstance(about, dict) else None
    match = _TITLE.search(text)
    one.title = (match[2] or "") if match else ""
    one.minutes = int(minutes or (match[3] if match else 0) or 0)


def refuse_half_exercises(found: list[Lesson]) -> None:
    """Refuse an exercise that lacks a cell, before an edition is built.

    Raises
    ------
    UserError
        If there is no exercise at all, or one without its text, solution or check.
    """
    every = [one for lesson in found for one in lesson.exercises]
    if not every:
        msg = (
            "The notebooks hold no exercise: a project with edition=workshop has them; bake one, "
            "and see there how the cells of an exercise look."
        )
        raise UserError(msg)
    for one in every:
        lacks = [part for part in NEEDED if part not in one.parts]
        lacks += [] if one.solutions or "solution" in lacks else ["solution between its two marks"]
        if lacks:
            ident = one.number.replace(".", "-")
            msg = (
                f"{one.chapter}: exercise {one.number} has no {lacks[0]}: write a cell with the "
                f"tag {lacks[0].split()[0]} and the id {lacks[0].split()[0]}-{ident}."
            )
            raise UserError(msg)


def tally(project: Project) -> list[str]:
    """Return in a line how many exercises are right, and none where there are no exercises."""
    try:
        numbers = [one.number for lesson in lessons(project) for one in lesson.exercises]
    except UserError:  # a notebook that cannot be read is told of elsewhere
        return []
    known = read_cache(project.results / FILE)
    known = known if isinstance(known, dict) else {}
    right = [n for n in numbers if isinstance(known.get(n), dict) and known[n]["state"] == "right"]
    return [f"Exercises: {len(right)} of {len(numbers)} right."] if numbers else []
