"""What stands in ``notebooks/``: chapters, what only looks like one, and chapters that are gone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from boxloop.base.places import STATIONS
from boxloop.notebooks.file import code_cells, is_inside, parse

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


NAME = re.compile(r"\d\d_[A-Za-z0-9_]+")
_RESULT = re.compile(r"results/(\d\d_[A-Za-z0-9_]+)/")
NO_NOTEBOOK = "it cannot be read as a notebook"
_DESK = re.compile(r"\bStation\(\s*[\"'](\d\d_[A-Za-z0-9_]+)[\"']")


@dataclass(frozen=True)
class Folder:
    """The notebooks of a project, sorted.

    Attributes
    ----------
    chapters : tuple of Path
        What the loop is made of, in the order of the names; a damaged one is among them.
    others : tuple of str
        One sentence for each ``NN_*.ipynb`` that is no chapter, with the reason.
    gone : tuple of str
        Names of chapters that have results, and no notebook any more.
    """

    chapters: tuple
    others: tuple
    gone: tuple

    @property
    def losses(self) -> list:
        """One sentence for each chapter that is gone: its results count no longer."""
        return [
            f"notebooks/{name}.ipynb is gone, so its results do not count: restore it from your "
            f"last commit, or delete results/{name} and report/notebooks/{name}.ipynb."
            for name in self.gone
        ]


def says_what_it_needs(notebook: dict) -> bool:
    """Return whether the metadata of a notebook list what it needs and what it makes."""
    about = notebook["metadata"].get("boxloop")
    return isinstance(about, dict) and all(
        isinstance(about.get(key), list) and all(isinstance(item, str) for item in about[key])
        for key in ("needs", "makes")
    )


def no_path(notebook: dict) -> Any:
    """Return the first need or product of a notebook that is no path in the project, or None."""
    about = notebook["metadata"]["boxloop"]
    items = [item for key in ("needs", "makes") for item in about[key]]
    return next((item for item in items if not is_inside(item)), None)


def sort_notebooks(project: Project) -> Folder:
    """Return the `Folder` of a project, without complaint about any notebook in it.

    A chapter has a plain name such as ``05_diagnose``, says what it needs and makes, and neither
    makes nor sits at the desk of another. A damaged notebook counts as one where its name is known:
    as one of the eight, by results that it left, or because another needs these.
    """
    paths = sorted(p for p in project.notebooks.glob("[0-9][0-9]_*.ipynb") if p.is_file())
    abouts = {path: _about(path) for path in paths}
    left = _left_results(project)
    known = {
        *STATIONS,
        *left,
        *(n for about in abouts.values() if isinstance(about, dict) for n in about["needs"]),
    }
    reasons = {path: _no_chapter(path, about, abouts, known) for path, about in abouts.items()}
    kept, doubles = _one_per_number([path for path in paths if not reasons[path]], left)
    others = [_said(path, reason) for path, reason in (reasons | doubles).items() if reason]
    names = {path.stem for path in paths}
    gone = [name for name in left if name not in names]
    return Folder(tuple(kept), tuple(others), tuple(gone))


def chapter_names(project: Project) -> list[str]:
    """Return the names of the chapters, in order; see `sort_notebooks`."""
    return [path.stem for path in sort_notebooks(project).chapters]


def desks(project: Project) -> Any:
    """Return the names of the chapters that sit at a desk, in order; others leave no checks."""
    chapters = sort_notebooks(project).chapters
    return [path.stem for path in chapters if "Station(" in path.read_text(encoding="utf-8")]


def files_of(project: Project, patterns: list[str] | tuple) -> list[Path]:
    """Return the paths that the patterns match below the root, sorted, each once.

    In ``notebooks/`` only chapters count: what else lies there is nobody's input.
    """
    found = {path for pattern in patterns for path in project.root.glob(pattern)}
    if any(_is_notebook(project, path) for path in found):
        chapters = set(sort_notebooks(project).chapters)
        found = {path for path in found if not _is_notebook(project, path) or path in chapters}
    return sorted(found)


def _is_notebook(project: Project, path: Path) -> bool:
    return path.parent == project.notebooks and path.suffix == ".ipynb"


def _about(path: Path):
    """Return whose results a notebook needs, and whose it makes, or why it does not say."""
    try:
        return _about_in(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return NO_NOTEBOOK


@lru_cache(maxsize=256)
def _about_in(text: str) -> dict | str:
    notebook = parse(text)
    if notebook is None:
        return NO_NOTEBOOK
    if not says_what_it_needs(notebook):
        return "its metadata do not say what it needs and makes"
    if (item := no_path(notebook)) is not None:
        return f"its metadata name {item!r}, which is no path in the project"
    about = notebook["metadata"]["boxloop"]
    owners = {
        key: {name for item in about[key] for name in _RESULT.findall(item)}
        for key in ("needs", "makes")
    }
    owners["makes"] |= {name for _, text in code_cells(notebook) for name in _DESK.findall(text)}
    return owners


def _no_chapter(path: Path, about: Any, abouts: dict, known: set[str]) -> str:
    """Return why a notebook is no chapter, or an empty text."""
    names = {other.stem for other in abouts}
    if not NAME.fullmatch(path.stem):
        starts = [name for name in names if NAME.fullmatch(name) and path.stem.startswith(name)]
        original = max(starts, key=len, default=None)
        return (
            f"it is a copy of {original}"
            if original
            else "a chapter has a name such as 05_diagnose"
        )
    if isinstance(about, str):
        return "" if path.stem in known else about
    other = min(about["makes"] - {path.stem}, default=None)
    if other is None:
        return ""
    return f"it makes the results of {other}" + ("" if other in names else ", so give it that name")


def _said(path: Path, reason: str) -> str:
    return f"notebooks/{path.name} is no chapter and does not run: {reason}."


def _left_results(project: Project) -> list[str]:
    """Return the names of all notebooks that left results or an executed copy, sorted."""
    stations = {path.parent.name for path in project.results.glob("*/station.json")}
    copies = {path.stem for path in project.executed.glob("*.ipynb")}
    return sorted(name for name in stations | copies if NAME.fullmatch(name))


def _one_per_number(paths: list[Path], left: list[str]) -> tuple:
    """Return the chapters, one for each number, and why each of the others is none."""
    kept, doubles = [], {}
    for path in paths:
        same = [other for other in paths if other.name[:2] == path.name[:2]]
        first = min(same, key=lambda other: (other.stem not in STATIONS, other.stem not in left))
        if path == first:
            kept.append(path)
        else:
            doubles[path] = f"{first.stem} has its number"
    return kept, doubles
