"""The graph of the loop: which notebooks there are, what each needs and makes, in which order."""

from __future__ import annotations

import ast
import graphlib
import heapq
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.notebooks.file import read_notebook, source, tags
from boxloop.notebooks.folder import no_path, says_what_it_needs, sort_notebooks

if TYPE_CHECKING:
    from boxloop.base.places import Project


@dataclass(frozen=True)
class Chapter:
    """One notebook of the loop.

    Parameters
    ----------
    name : str
        File name without ``.ipynb``, for example ``03_split``.
    path : Path
        The source notebook.
    needs, makes : tuple of str
        Paths or patterns from the project root, with forward slashes.
    minutes : dict
        Expected time: ``{"read": minutes, "run": minutes}``.
    parameters : dict
        Names and default values of the cell tagged ``parameters``.
    """

    name: str
    path: Path
    needs: tuple
    makes: tuple
    minutes: dict
    parameters: dict

    @property
    def number(self) -> str:
        """The two digits of the name."""
        return self.name[:2]

    @property
    def all_makes(self) -> tuple:
        """What it makes, and the fragments that every notebook writes when it ends."""
        return (
            *self.makes,
            *(f"results/{self.name}/{name}.json" for name in ("checks", "metrics", "station")),
        )

    @property
    def label(self) -> str:
        """The name as people read it: ``03 split``."""
        return self.name.replace("_", " ")


def _parameters(notebook: dict, name: str) -> dict:
    """Return the names and plain values of the cells tagged ``parameters``."""
    values = {}
    for cell in notebook["cells"]:
        if "parameters" not in tags(cell):
            continue
        try:
            for line in ast.parse(source(cell)).body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    values[line.targets[0].id] = ast.literal_eval(line.value)
                elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    if line.value is None:
                        continue
                    values[line.target.id] = ast.literal_eval(line.value)
        except (SyntaxError, ValueError) as error:
            msg = f"The parameters cell of {name} must hold plain values such as `smoke = False`."
            raise UserError(msg) from error
    return values


def read_chapter(path: Path) -> Chapter:
    """Return the `Chapter` in one notebook file.

    Raises
    ------
    UserError
        If it is not a notebook, or does not say what it needs and makes.
    """
    notebook = read_notebook(path)
    about = notebook["metadata"].get("boxloop")
    if not says_what_it_needs(notebook):
        msg = (
            f"{path.name} does not say what it needs and makes: "
            'add {"boxloop": {"needs": [], "makes": []}} to its notebook metadata.'
        )
        raise UserError(msg)
    if (item := no_path(notebook)) is not None:
        msg = (
            f"{path.name} needs or makes {item!r}, which is no path in the project: "
            "write one such as results/04_train/model.skops into its notebook metadata."
        )
        raise UserError(msg)
    minutes = about.get("minutes")
    return Chapter(
        name=path.stem,
        path=path,
        needs=tuple(about["needs"]),
        makes=tuple(about["makes"]),
        minutes=minutes if isinstance(minutes, dict) else {},
        parameters=_parameters(notebook, path.name),
    )


@cache
def matches(need: str, make: str) -> bool:
    """Return whether `make` provides `need`; either may be a pattern or a folder."""
    need, make = need.rstrip("/"), make.rstrip("/")
    inside, around = need.startswith(make + "/"), make.startswith(need + "/")
    return inside or around or fnmatch(need, make) or fnmatch(make, need)


def makers(need: str, chapters: list[Chapter]) -> list[Chapter]:
    """Return the chapters that make `need`."""
    return [
        chapter for chapter in chapters if any(matches(need, make) for make in chapter.all_makes)
    ]


def maker_of(project: Project, where: Any) -> Any:
    """Return the name of the notebook that makes the path `where`, or None."""
    found = makers(where, read_loop(project))
    return found[0].name if found else None


def upstream(chapter: Chapter, chapters: list[Chapter]) -> set[str]:
    """Return the names of the chapters that make what `chapter` needs, itself not counted."""
    found = {maker.name for need in chapter.needs for maker in makers(need, chapters)}
    return found - {chapter.name}


def order(chapters: list[Chapter]) -> list[Chapter]:
    """Return `chapters` so that each comes after those it needs; ties go by name.

    Raises
    ------
    UserError
        If they need each other in a circle.
    """
    by_name = {chapter.name: chapter for chapter in chapters}
    sorter = graphlib.TopologicalSorter({c.name: upstream(c, chapters) for c in chapters})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " needs ".join(reversed(error.args[1]))
        msg = (
            f"The notebooks wait for each other ({circle}): mend needs and makes in their metadata."
        )
        raise UserError(msg) from error
    ready, result = list(sorter.get_ready()), []
    heapq.heapify(ready)
    while ready:
        name = heapq.heappop(ready)
        result.append(by_name[name])
        sorter.done(name)
        for following in sorter.get_ready():
            heapq.heappush(ready, following)
    return result


def read_loop(project: Project) -> list[Chapter]:
    """Return the chapters in ``notebooks/`` in the order in which they run.

    What a chapter is, see `boxloop.notebooks.folder`.

    Raises
    ------
    UserError
        If there is none, one is not valid, or they need each other in a circle.
    """
    paths = sort_notebooks(project).chapters
    if not paths:
        msg = (
            f"There is no notebook such as 01_scoping.ipynb in {project.notebooks}: "
            "restore it from your last commit."
        )
        raise UserError(msg)
    return order([read_chapter(path) for path in paths])


def find(chapters: list[Chapter], wanted: Any) -> Chapter:
    """Return the chapter that `wanted` names: ``3``, ``03``, ``split``, ``03_split`` or its path.

    Raises
    ------
    UserError
        If there is no such notebook.
    """
    text = str(wanted).replace("\\", "/").removeprefix("notebooks/").removesuffix(".ipynb")
    for chapter in chapters:
        same_number = text.isdecimal() and int(text) == int(chapter.number)
        if same_number or text in (chapter.name, chapter.name[3:]):
            return chapter
    known = ", ".join(chapter.name for chapter in chapters)
    msg = f"There is no notebook {wanted}: there are {known}."
    raise UserError(msg)


def select(chapters: list[Chapter], only: Any = None, start: Any = None) -> list[Chapter]:
    """Return the chapters to run: `only` one (or several), or all from `start` on."""
    if only and start is not None:
        msg = "--only and --from exclude each other: give one of them."
        raise UserError(msg)
    if only:
        wanted = [only] if isinstance(only, str | int) else only
        names = {find(chapters, item).name for item in wanted}
        return [chapter for chapter in chapters if chapter.name in names]
    first = chapters.index(find(chapters, start)) if start is not None else 0
    return chapters[first:]


def require(project: Project, chapters: list[Chapter], selected: list[Chapter]) -> None:
    """Refuse to start where something needed is missing and no selected notebook makes it.

    Raises
    ------
    UserError
        Naming the notebook, what it needs, and which notebook makes it.
    """
    gone = sort_notebooks(project).gone
    for chapter in selected:
        for need in chapter.needs:
            # The study and the notebooks are a person's own, and a pattern names what may be
            # there: what is not there is not needed.
            given = need.startswith(("study/", "notebooks/")) or "*" in need
            lost = next((name for name in gone if matches(need, f"results/{name}")), None)
            if lost and not given:
                msg = (
                    f"{chapter.name} needs {need}, which {lost} made: "
                    f"restore notebooks/{lost}.ipynb from your last commit."
                )
                raise UserError(msg)
            if given or any(project.root.glob(need)) or makers(need, selected):
                continue
            made_by = makers(need, chapters)
            where = (
                f"which {made_by[0].name} makes: run `boxloop run --from {made_by[0].number}`."
                if made_by
                else "which is missing and which no notebook makes: put it there."
            )
            msg = f"{chapter.name} needs {need}, {where}"
            raise UserError(msg)
