"""The pass that a worked example has behind it: recorded in the template, put among the passes.

``study/passes/NNN.json`` holds what the loop found with ``[revision]`` of study.toml as it was
then, made by a tool of the template. The rest of what that pass was made from is this very project:
a test of the template makes the pass again from that, and compares every number.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_json
from boxloop.base.objects import put, put_json
from boxloop.base.places import STATIONS, Project
from boxloop.notebooks.answers import rows_of
from boxloop.notebooks.file import read_notebook
from boxloop.notebooks.science import answers_kept, code_kept, prose_hash

if TYPE_CHECKING:
    from pathlib import Path


def take_the_passes(root: Path) -> None:
    """Put the recorded passes of the study among those of the project, where it has none yet."""
    project, folder = Project(root), root / "study" / "passes"
    for path in sorted(folder.glob("*.json")):
        past, there = json.loads(path.read_text(encoding="utf-8")), project.passes / path.name
        if not there.exists():
            past["causes"] = {**past["causes"], **_causes(project, past["recorded"])}
            if isinstance(past.get("predictions"), dict):
                past["predictions"]["measured"] = put_json(project, sorted(past["numbers"]))
            write_json(there, past)
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _causes(project: Project, recorded: dict) -> dict[str, Any]:
    """Return what this project has of the causes of a pass; see `boxloop.record.causes.keep`."""
    chapters = {name: project.notebooks / f"{name}.ipynb" for name in STATIONS}
    books = {}
    for name, path in chapters.items():
        try:
            books[name] = read_notebook(path)
        except UserError:  # gone or damaged: `boxloop run` says so and names the remedy
            continue
    science = sorted(project.study.rglob("*.py"))
    settings = set_back(_text(project.settings_file), recorded["revision"])
    return {
        "settings": put(project, settings),
        "study": {project.relative(path): put(project, _text(path)) for path in science},
        "notebooks": {name: put_json(project, code_kept(book)) for name, book in books.items()},
        "answers": put_json(project, answers_kept(rows_of([*chapters.values()]))),
        "prose": {name: prose_hash(book) for name, book in books.items()},
    }


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def set_back(text: str, revision: dict[str, Any]) -> str:
    """Return a study.toml whose ``[revision]`` has the values of an earlier pass."""
    head, table, rest = text.partition("\n[revision]\n")
    inside, following, others = re.split(r"(^\[|\Z)", rest, maxsplit=1, flags=re.MULTILINE)
    for name, value in revision.items():
        line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        known = re.compile(rf"^{re.escape(name)}\s*=.*$", re.MULTILINE)
        inside = known.sub(lambda _, new=line: new, inside)
    return head + table + inside + following + others
