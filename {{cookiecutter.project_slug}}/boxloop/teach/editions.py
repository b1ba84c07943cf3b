"""`boxloop workshop`: the project twice, for students without any solution, for instructors with.

Both are made of the notebooks as they were written, cell by cell, and never of executed ones.
Copied is by name of a place: no result, no key, no report, nothing that a run has made.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, sha256, write_json, write_text
from boxloop.base.places import Project
from boxloop.notebooks.clean import KERNEL, LANGUAGE
from boxloop.notebooks.file import ADDED_TAGS, as_text, read_notebook, source, tags
from boxloop.parcel.contents import LITTER
from boxloop.teach.catch_up import give_along
from boxloop.teach.course import Lesson, lessons, number_of, refuse_half_exercises
from boxloop.teach.guide import instructor_text, setup_text, with_first_line
from boxloop.teach.regions import stub
from boxloop.teach.timetable import timetable_text
from boxloop.teach.ways_in import PAGE, repository, write_ways_in

if TYPE_CHECKING:
    from boxloop.teach.course import Exercise

EDITIONS = ("student", "instructor")
FOLDERS = (
    "boxloop", "study", "tests", "reference", "sheets", "data/raw",
    ".github", ".devcontainer", ".binder",
)  # fmt: skip
FILES = (
    "study.toml", "pyproject.toml", "constraints.txt", "uv.lock", "README.md", "LICENSE",
    "CITATION.cff", ".gitignore", ".gitattributes", ".pre-commit-config.yaml", "data/README.md",
    "data/interim/README.md", "data/sealed/README.md", "results/README.md", "report/README.md",
)  # fmt: skip
# What a cell keeps of its metadata: nothing that a run or a window has left.
KEPT_OF_A_CELL = ("tags", "boxloop", "slideshow")
LEFT_OF_A_BOOK = ("inputs", "sha256", "station")  # of a copy that was executed
BUILT = "built.json"  # in workshop/: what was written, to see whether somebody has worked in it
# Shorter lines, such as `return total`, say nothing by themselves.
TELLING = 20


def build(project: Project, *, replace: bool = False, address: str = "") -> list[str]:
    """Write ``workshop/student/`` and ``workshop/instructor/``, and return what is to be said.

    Parameters
    ----------
    project : Project
        One with edition=workshop.
    replace : bool
        Also where somebody has edited the editions that stand there.
    address : str
        Of the repository that the student edition will stand in: it gets ways in for a browser.

    Raises
    ------
    UserError
        If the address is none, an exercise is not whole, a solution would go out, or an edition
        was edited.
    """
    refuse_the_student_edition(project)
    home = repository(address) if address else ""
    found = lessons(project)
    refuse_half_exercises(found)
    workshop = project.root / "workshop"
    if not replace:
        refuse_edited(project, workshop)
    part = workshop / f".{secrets.token_hex(4)}.part"
    try:
        along = _write_both(part, project, found, home)
        written = {name: hashes(part / name) for name in EDITIONS}
        for name in EDITIONS:
            shutil.rmtree(workshop / name, ignore_errors=True)
            (part / name).replace(workshop / name)
        write_json(workshop / BUILT, written)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    count = sum(len(lesson.exercises) for lesson in found)
    return [
        f"Written: workshop/student, {count} exercises and none of their solutions.",
        "Written: workshop/instructor, with solutions, INSTRUCTOR.md and TIMETABLE.md.",
        *along,
        *([f"Written: workshop/student/{PAGE}, ways in for a browser."] if home else []),
        "Next: read workshop/instructor/INSTRUCTOR.md; hand out workshop/student alone.",
    ]


def refuse_the_student_edition(project: Project) -> None:
    """Refuse where there are no solutions to build from.

    Raises
    ------
    UserError
        If this is the student edition.
    """
    import tomllib

    try:
        about = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
        edition = about["tool"]["boxloop"]["edition"]
    except (OSError, ValueError, LookupError, TypeError):
        return
    if edition == "student":
        msg = (
            "This is the student edition, which has no solutions to build from: "
            "type it in the project that it was made of."
        )
        raise UserError(msg)


def _write_both(part: Path, project: Project, found: list[Lesson], home: str) -> list[str]:
    """Write both editions into a folder, and return what is to be said of their reference."""
    for name in EDITIONS:
        _write(part / name, project, found, name)
    if home:
        write_ways_in(part / "student", home)
    for name in EDITIONS:  # after the last change to its cells
        _take_the_recorded_passes(project, part / name)
    along = give_along(project, [part / name for name in EDITIONS])
    refuse_leaks(part / "student", project, found)
    return along


def _write(folder: Path, project: Project, found: list[Lesson], name: str) -> None:
    """Write one edition, a whole project, into a folder that is not there yet."""
    for source_path, inside in _files(project.root):
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source_path, target)
    change = _for_students if name == "student" else _plain
    for path in sorted(project.notebooks.glob("*.ipynb")):
        text = as_text(edition_of(read_notebook(path), path.stem, change))
        write_text(folder / "notebooks" / path.name, text)
    _name_the_edition(folder / "pyproject.toml", name)
    write_text(folder / "SETUP.md", setup_text(folder, name))
    write_text(folder / "TIMETABLE.md", timetable_text(found))
    if name == "instructor":
        write_text(folder / "INSTRUCTOR.md", instructor_text(found))
    elif (folder / "README.md").is_file():
        readme = (folder / "README.md").read_text(encoding="utf-8")
        write_text(folder / "README.md", with_first_line(readme))


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what an edition takes of a project: the file, and where it goes; links stay."""
    for name in FILES:
        if (root / name).is_file() and not (root / name).is_symlink():
            yield root / name, name
    for name in FOLDERS:
        for path in sorted((root / name).rglob("*")):
            inside = path.relative_to(root)
            below = path.relative_to(root / name).parts
            linked = any((root / one).is_symlink() for one in [inside, *inside.parents][:-1])
            litter = any(LITTER.fullmatch(part) for part in below)
            if path.is_file() and not linked and not litter:
                yield path, inside.as_posix()


def edition_of(book: dict, name: str, change: Callable) -> dict:
    """Return a notebook made anew of the cells of another, without what a run has left in it.

    Parameters
    ----------
    book : dict
    name : str
        Of the chapter, for sentences.
    change : callable
        Takes a cell and the name, returns the cell to write, or None.
    """
    about = book["metadata"].get("boxloop") or {}
    cells = [cell for cell in book["cells"] if not tags(cell) & ADDED_TAGS]
    fresh = (_fresh(cell, at) for at, cell in enumerate(cells, 1))
    return {
        "cells": [made for cell in fresh if (made := change(cell, name)) is not None],
        "metadata": {
            "boxloop": {k: v for k, v in about.items() if k not in LEFT_OF_A_BOOK},
            "kernelspec": dict(KERNEL),
            "language_info": dict(LANGUAGE),
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _fresh(cell: dict, at: int) -> dict:
    """Return a cell as it was written: its id, its text, and what of its metadata is ours."""
    made: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id") or f"cell-{at}",
        "metadata": {k: v for k, v in cell["metadata"].items() if k in KEPT_OF_A_CELL},
        "source": source(cell).splitlines(keepends=True),
    }
    if cell["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    elif cell.get("attachments"):
        made["attachments"] = cell["attachments"]
    return made


def _plain(cell: dict, name: str) -> dict:  # noqa: ARG001  # as the other edition's
    return cell


def _for_students(cell: dict, name: str) -> dict | None:
    """Return a cell of the student edition: no solution, none of what instructors are told.

    A check that fails is announced, so that JupyterLab runs the cells below it all the same.
    """
    number, kinds = number_of(cell, name), tags(cell)
    if "instructor" in kinds:
        return None
    if "check" in kinds:
        cell["metadata"]["tags"] = sorted({*kinds, "raises-exception"})
    if number and "solution" in kinds:
        text = stub(source(cell), number, f"{name}, cell {cell['id']}")
        cell["source"] = text.splitlines(keepends=True)
        cell["id"] = cell["id"].replace("solution", "stub", 1)
        cell["metadata"]["tags"] = sorted({*kinds - {"solution"}, "stub"})
    return cell


def _name_the_edition(path: Path, name: str) -> None:
    """Write into ``pyproject.toml`` which edition this is."""
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        line = f'edition = "{name}"'
        write_text(path, re.sub(r'^edition = ".*"$', line, text, count=1, flags=re.MULTILINE))


def _take_the_recorded_passes(project: Project, folder: Path) -> None:
    """Give an edition the passes that the worked example came with, as made of its own cells.

    What a pass was made from is kept with it, cells with solutions among them: so it is made anew.
    """
    from boxloop.upkeep.recorded import take_the_passes

    for path in sorted(project.passes.glob("[0-9]*.json")):
        past = read_cache(path)
        if isinstance(past, dict) and "recorded" in past:
            write_json(folder / "study" / "passes" / path.name, past)
    take_the_passes(folder)


def refuse_leaks(folder: Path, project: Project, found: list[Lesson]) -> None:
    """Refuse a student edition that holds the text of a solution.

    The whole of one may stand in no file. A single telling line may not stand in a cell, a check
    or a guide of the course either; what chapters show outside of exercises is no secret.

    Raises
    ------
    UserError
        With the exercise, and the file that gives it away.
    """
    shown = set(_shown_lines(project))
    texts = {path: _text_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    of_the_course = (folder / "notebooks", folder / "boxloop" / "teach")
    for one in (exercise for lesson in found for exercise in lesson.exercises):
        for body in one.solutions:
            lines = [line.strip() for line in body if line.strip()]
            telling = [line for line in lines if len(line) >= TELLING and line not in shown]
            for path, text in texts.items():
                course = path.suffix == ".md" or any(at in path.parents for at in of_the_course)
                for line in telling if course else ():
                    if line in text:
                        _refuse_leak(one, path.relative_to(folder), line)
                if len(lines) > 1 and "\n".join(lines) in text:
                    _refuse_leak(one, path.relative_to(folder), lines[0])


def _refuse_leak(one: Exercise, where: Path, line: str) -> None:
    msg = (
        f"{where.as_posix()} would give the solution of exercise {one.number} away by the line "
        f"`{line[:60]}`: write it in other words there."
    )
    raise UserError(msg)


def _shown_lines(project: Project) -> Iterator[str]:
    """Yield the lines of all cells outside of exercises."""
    for path in sorted(project.notebooks.glob("*.ipynb")):
        for cell in read_notebook(path)["cells"]:
            if number_of(cell, path.stem) is None:
                yield from (line.strip() for line in source(cell).split("\n"))


def _text_of(path: Path) -> str:
    """Return the lines of a file without their indents; of a notebook, those of its cells."""
    data = path.read_bytes()
    if path.suffix == ".ipynb":
        cells = json.loads(data)["cells"]
        text = "\n".join(source(cell) for cell in cells)
    else:
        text = data.decode("utf-8", errors="replace")
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def hashes(folder: Path) -> dict[str, str]:
    """Return the hashes of what a person would edit in an edition."""
    paths = [*folder.glob("notebooks/*.ipynb"), *folder.glob("study/**/*.py"), *folder.glob("*.*")]
    return {p.relative_to(folder).as_posix(): sha256(p) for p in sorted(paths) if p.is_file()}


def refuse_edited(project: Project, folder: Path, names: Iterable[str] = EDITIONS) -> None:
    """Refuse to write over an edition that somebody has worked in.

    Parameters
    ----------
    project : Project
    folder : Path
        Where the editions stand, and beside them what was written.
    names : iterable of str
        Of the editions.

    Raises
    ------
    UserError
        With the first file that is not as it was built.
    """
    written = read_cache(folder / BUILT)
    written = written if isinstance(written, dict) else {}
    for name in names:
        if not (folder / name).exists():
            continue
        known, now = written.get(name, {}), hashes(folder / name)
        for path in sorted({*known, *now}):
            if path in now and known.get(path) != now[path]:
                msg = (
                    f"{project.relative(folder / name / path)} is not as `boxloop workshop` has "
                    "written it: edit the notebooks/ of this project instead, and build with "
                    "--replace, which loses that edit."
                )
                raise UserError(msg)
