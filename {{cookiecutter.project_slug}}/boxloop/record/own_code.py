"""A person's own modules: those of the study, and those beside it that are imported or run."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.notebooks.file import code_cells, read_notebook
from boxloop.notebooks.graph import read_loop

if TYPE_CHECKING:
    from boxloop.base.places import Project

IMPORTS = re.compile(r"^\s*(?:from|import)\s+(.+)", re.MULTILINE)
FILES = re.compile(r"[\w./\\-]+\.py\b")
NOT_OWN = {"study", "boxloop"}


def study_modules(project: Project) -> dict[str, str]:
    """Return by name ("helpers", "sub.helpers") the text of the modules of the study."""
    return {
        ".".join(name): text
        for name, text in _texts(project.study, sorted(project.study.rglob("*.py"))).items()
        if name[0] != "tests"
    }


def beside(project: Project) -> dict[str, str]:
    """Return by name ("/helpers") the text of one's own modules that chapters or study lead to.

    They are looked for where Python looks: in the folder of the notebooks and in the root.
    """
    found: dict[str, str] = {}
    cells = [code_cells(read_notebook(chapter.path)) for chapter in read_loop(project)]
    open_ones = [text for pairs in cells for _, text in pairs]
    open_ones += study_modules(project).values()
    while open_ones:
        for name, text in _led_to(project, open_ones.pop()).items():
            # One that stands in both folders may be either.
            known = found.get(name, "")
            if text not in known:
                found[name] = f"{known}\n{text}"
                open_ones.append(text)
    return found


def _led_to(project: Project, text: str) -> dict[str, str]:
    """Return the modules that a text imports, and the files that it names."""
    found: dict[str, str] = {}
    for place in (project.notebooks, project.root):
        paths: list[Path] = []
        for name in _imported(text) - NOT_OWN:
            paths += [place / f"{name}.py", *sorted((place / name).rglob("*.py"))]
        found |= _named(place, paths)
        root = project.root.resolve()
        files = [(place / word.replace("\\", "/")).resolve() for word in FILES.findall(text)]
        files = [path for path in files if path.is_relative_to(root)]
        found |= _named(root, [path for path in files if not _is_known(path.relative_to(root))])
    return found


def _imported(text: str) -> set[str]:
    """Return the first names of what a text imports; magic beside it does not matter."""
    names: set[str] = set()
    for line in IMPORTS.findall(text):
        for statement in (f"import {line}", f"from {line}"):
            try:
                (node, *_) = ast.parse(statement).body
            except (SyntaxError, ValueError):
                continue
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def _is_known(path: Path) -> bool:
    return path.parts[0] in NOT_OWN


def _named(place: Path, paths: list[Path]) -> dict[str, str]:
    texts = _texts(place, [path for path in paths if path.is_file()])
    return {"/" + ".".join(name): text for name, text in texts.items()}


def _texts(place: Path, paths: list[Path]) -> dict[tuple[str, ...], str]:
    """Return the texts of modules by the parts of their names, as seen from `place`."""
    return {
        path.relative_to(place).with_suffix("").parts: path.read_text(
            encoding="utf-8", errors="replace"
        )
        for path in paths
    }
