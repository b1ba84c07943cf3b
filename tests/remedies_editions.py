"""Cases of a workshop: cells of exercises that are not whole, and editions that were edited."""

import json

from remedies import case
from study_files import STUDY

from boxloop.base.files import write_json
from boxloop.base.places import STATIONS, Project

SOLUTION = "def one():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION"
TEXTS = {
    "exercise": "### Exercise 3.1 · One (5 min)",
    "solution": SOLUTION,
    "check": 'from boxloop.teach import exercise\n\nexercise("3.1", one)',
}


def _cell(kind, text=None, *, ident=None, taught=True):
    code = kind in ("solution", "check")
    return {
        "cell_type": "code" if code else "markdown",
        "id": ident or f"{kind}-3-1",
        "metadata": {"tags": [kind]} if taught else {},
        "source": TEXTS[kind] if text is None else text,
    } | ({"outputs": [], "execution_count": None} if code else {})


def workshop(person, *cells):
    """Give the person a small project with these cells in 03."""
    root = person.folder / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "study.toml").write_text(STUDY, encoding="utf-8")
    (root / "study").mkdir()
    (root / "pyproject.toml").write_text('[tool.boxloop]\nedition = "workshop"\n')
    person.project = Project(root)
    for name in STATIONS:
        _write(person, name, [_cell("exercise", f"# {name}", ident="intro", taught=False)])
    _write(person, "03_split", cells)


def _write(person, name, cells):
    about = {"boxloop": {"needs": [], "makes": []}}
    book = {"cells": list(cells), "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    write_json(person.project.notebooks / f"{name}.ipynb", book)


def whole():
    return [_cell(kind) for kind in TEXTS]


def wrong(name, cells, says):
    """Take a case of cells that are not as they should be, and are put right."""

    def broken(person):
        workshop(person, *cells)
        yield person.types("workshop"), says
        _write(person, "03_split", whole())

    broken.__name__ = f"exercise {name}"
    case(broken)


def _with(text):
    return [_cell("exercise"), _cell("solution", text), _cell("check")]


wrong("not there", [_cell("exercise", "# 03", taught=False)], "The notebooks hold no exercise")
wrong("without a check", whole()[:2], "exercise 3.1 has no check: write a cell")
wrong("without a solution", [whole()[0], whole()[2]], "exercise 3.1 has no solution: write a cell")
wrong("without marks", _with("x = 1"), "has no solution between its two marks")
wrong("with an id of its own", [*whole(), _cell("check", ident="mine")], "name it check-3-1")
wrong("begun twice", _with("  # BEGIN SOLUTION\n" + SOLUTION), "write # END SOLUTION before it")
wrong("never ended", _with("  # BEGIN SOLUTION"), "nothing ends: write # END SOLUTION below it")
wrong("never begun", _with("  # END SOLUTION"), "write # BEGIN SOLUTION above it")
wrong(
    "misspelt at its end",
    _with("  # BEGIN SOLUTION\n  return 1\n  # end solution"),
    "write # BEGIN SOLUTION or # END SOLUTION alone",
)
wrong("misspelt", _with("  # Begin solution"), "write # BEGIN SOLUTION or # END SOLUTION alone")
wrong(
    "outside of a function",
    _with("# BEGIN SOLUTION\nx = 1\n# END SOLUTION"),
    "put both marks into it",
)
wrong(
    "in an untagged cell",
    [*whole(), _cell("solution", ident="mine", taught=False)],
    "without the tag solution: give it that tag",
)
wrong(
    "in a check",
    [*whole()[:2], _cell("check", SOLUTION)],
    "has the tag check: take the marks out",
)
LINE = "a_line_that_gives_it_away = 1"
wrong(
    "that its text gives away",
    [_cell("exercise", f"Write: {LINE}"), *_with(SOLUTION.replace("return 1", LINE))[1:]],
    "write it in other words there",
)


@case
def an_edition_that_was_edited(person):
    workshop(person, *whole())
    person.does("workshop")
    path = person.path("workshop/student/notebooks/03_split.ipynb")
    book = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, book | {"metadata": {"mine": 1}})
    yield person.types("workshop"), "build with --replace, which loses that edit"
    person.does("workshop", "--replace")


@case
def a_workshop_of_the_student_edition(person):
    workshop(person, *whole())
    person.does("workshop")
    teacher, person.project = person.project, Project(person.path("workshop/student"))
    yield person.types("workshop"), "type it in the project that it was made of"
    person.project = teacher
    yield person.types("workshop")


@case
def an_address_of_no_repository(person):
    workshop(person, *whole())
    yield person.types("workshop", "--repository", "github.com/a"), "is no address of a repository"
    yield person.types("workshop", "--repository", "https://github.com/OWNER/NAME")
