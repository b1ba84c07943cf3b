"""`boxloop workshop --nbgrader`: the same exercises as a course that nbgrader hands out and grades.

An assignment is a whole student edition, because a chapter needs its project, with the chapters
at its top, where alone nbgrader takes notebooks: these hold the solutions, which
`nbgrader generate_assignment` takes out. What else it copies, as it is, comes from the student
edition, which holds none.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.files import write_json, write_text
from boxloop.notebooks.file import as_text, read_notebook, tags
from boxloop.teach.course import Lesson, lessons, number_of
from boxloop.teach.editions import BUILT, edition_of, hashes, refuse_edited
from boxloop.teach.ways_in import PAGE

if TYPE_CHECKING:
    from boxloop.base.places import Project

ASSIGNMENT = "loop"
SCHEMA = 3  # of nbgrader's metadata, since its version 0.6
CONFIG = '''"""The course of nbgrader in this folder; yours to change: it is written once."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "{name}"
# A chapter takes minutes where nbgrader waits thirty seconds for a cell.
c.ExecutePreprocessor.timeout = 1800
c.ClearSolutions.code_stub = {{
    "python": 'raise NotImplementedError("Write this part, then run the next cell.")'
}}
'''


def course_of(project: Project) -> Path:
    """Return the folder of nbgrader's course."""
    return project.root / "workshop" / "nbgrader"


def refuse_edited_course(project: Project) -> None:
    """Refuse to write over an assignment that somebody has worked in.

    Raises
    ------
    UserError
        With the first file that is not as it was built.
    """
    refuse_edited(project, course_of(project) / "source", (ASSIGNMENT,))


def build_course(project: Project) -> list[str]:
    """Write ``workshop/nbgrader/`` beside the editions, and return what is to be said.

    Only the assignment is made anew: what nbgrader keeps there, submissions and grades, stays.

    Parameters
    ----------
    project : Project
        With a student edition that was just built.
    """
    found = lessons(project)
    course = course_of(project)
    target = course / "source" / ASSIGNMENT
    part = project.root / "workshop" / f".{secrets.token_hex(4)}.part"
    try:
        shutil.copytree(project.root / "workshop" / "student", part)
        shutil.rmtree(part / "notebooks")
        books = {lesson.name: graded(project, lesson) for lesson in found}
        for name, book in books.items():
            write_text(part / f"{name}.ipynb", as_text(book))
        for page in set(part.glob("*.md")) - {part / PAGE}:  # its links are of the repository
            write_text(
                page, _read(page).replace("notebooks/0", "0").replace("lab notebooks", "lab")
            )
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        write_json(target.parent / BUILT, {ASSIGNMENT: hashes(target)})
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if not (course / "nbgrader_config.py").exists():
        name = re.sub(r"[^A-Za-z0-9_-]", "_", project.root.name)
        write_text(course / "nbgrader_config.py", CONFIG.format(name=name))
    write_text(course / "README.md", _text("NBGRADER"))
    cells = [cell["metadata"] for book in books.values() for cell in book["cells"]]
    points = sum(one["nbgrader"].get("points", 0) for one in cells if "nbgrader" in one)
    return [
        f"Written: workshop/nbgrader/source/{ASSIGNMENT}, with {points} points, one a minute.",
        f"Next: in workshop/nbgrader, type `nbgrader generate_assignment {ASSIGNMENT}`.",
    ]


def graded(project: Project, lesson: Lesson) -> dict:
    """Return a chapter with solutions and with what nbgrader reads of a cell.

    Without what instructors are told: nbgrader would hand that out.
    """
    book = read_notebook(project.notebooks / f"{lesson.name}.ipynb")
    minutes = {one.number: one.minutes for one in lesson.exercises}
    checks = Counter(number_of(c, lesson.name) for c in book["cells"] if "check" in tags(c))

    def change(cell: dict, name: str) -> dict | None:
        number, kinds = number_of(cell, name), tags(cell)
        if "instructor" in kinds:
            return None
        if number and "solution" in kinds:
            cell["metadata"]["nbgrader"] = _about(cell, solution=True)
        elif number and "check" in kinds:
            points = max(minutes[number] // checks[number], 1)
            cell["metadata"]["nbgrader"] = _about(cell, solution=False) | {"points": points}
            cell["metadata"]["tags"] = sorted({*kinds, "raises-exception"})
        return cell

    return edition_of(book, lesson.name, change)


def _about(cell: dict, *, solution: bool) -> dict:
    """Return nbgrader's metadata of an answer, or of the locked check that grades it."""
    return {
        "cell_type": cell["cell_type"],
        "grade": not solution,
        "grade_id": cell["id"],
        "locked": not solution,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }


def _text(name: str) -> str:
    return _read(Path(__file__).parents[1] / "templates" / "course" / f"{name}.md")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
