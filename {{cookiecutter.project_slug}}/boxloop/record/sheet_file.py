"""A sheet is data: one JSON file of items, each with what in a project may answer it.

The sheets of boxloop lie in its ``templates/sheets``, those of a project in its folder ``sheets``.

    {"title": "My journal", "source": "where its wording is from",
     "items": [{"item": "1", "rule": "Methods", "question": "Is the model there?",
                "checks": ["release.*"], "answers": ["08_release.limits"],
                "files": ["results/04_train/*.skops", {"path": "README.md", "says": "run"}]}]}

An item that nothing in a project can answer has ``"author": true``.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.notebooks.file import is_inside

if TYPE_CHECKING:
    from boxloop.base.places import Project

FOLDER = "sheets"
TEXTS = ("item", "rule", "question")
KEYS = (None, "appendix", "reforms")  # under which cells name the items that they answer
EVIDENCE = ("checks", "answers", "files")
OWN = {*TEXTS, *EVIDENCE, "answer", "author"}


def sheet_names(project: Project) -> list[str]:
    """Return the names of the sheets there are: those of boxloop, then those of the project."""
    own = sorted(path.stem for path in (project.root / FOLDER).glob("*.json"))
    return [*_built_in(), *own]


def read_sheet(project: Project, name: str) -> dict[str, Any]:
    """Return a sheet: ``title``, ``source`` and ``items``, and perhaps the ``key`` of answers.

    Raises
    ------
    UserError
        If there is no sheet of this name, or its file is not as the head of this module shows.
    """
    there = sheet_names(project)
    if there.count(name) > 1:
        msg = f"{FOLDER}/{name}.json has the name of a sheet of boxloop: give it another one."
        raise UserError(msg)
    if name not in there:
        msg = (
            f"There is no sheet {name!r}: choose from {', '.join(there)}, "
            f"or write {FOLDER}/NAME.json."
        )
        raise UserError(msg)
    built_in = _folder() / f"{name}.json"
    path = built_in if name in _built_in() else project.root / FOLDER / f"{name}.json"
    where = f"{FOLDER}/{name}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{where} is no JSON that can be read ({error}): mend it there."
        raise UserError(msg) from error
    if fault := _fault(content):
        msg = f"{where}: {fault}."
        raise UserError(msg)
    return content


def _folder() -> Any:
    return files("boxloop") / "templates" / FOLDER


def _built_in() -> list[str]:
    return sorted(one.name.removesuffix(".json") for one in _folder().iterdir())


def _fault(content: Any) -> str:
    """Return what keeps some JSON from being a sheet, and what to write instead; or nothing."""
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(items, list) or not items:
        return 'it has no list of items: write {"title": "...", "items": [...]}'
    if not isinstance(content.get("title"), str):
        return 'it has no title: write "title": "..."'
    if content.get("key") not in KEYS:
        return f"it has key = {content['key']!r}: leave it out, and name the answers of each item"
    names = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or not all(isinstance(item.get(k), str) for k in TEXTS):
            return f"item {number} lacks one of the texts {', '.join(TEXTS)}: write it"
        if fault := _item_fault(item):
            return f"item {item['item']!r} {fault}"
        names.append(item["item"])
    if twice := next((name for name in names if names.count(name) > 1), None):
        return f"item {twice!r} stands there twice: give each a name of its own"
    return ""


def _item_fault(item: dict) -> str:
    """Return what is wrong with one item, to follow its name; or nothing."""
    if unknown := next((key for key in item if key not in OWN), None):
        return f"has {unknown!r}: write one of {', '.join(sorted(OWN - set(TEXTS)))} there"
    for key in EVIDENCE:
        found = item.get(key, [])
        if not isinstance(found, list) or not all(_names_something(key, one) for one in found):
            kinds = "paths below the project" if key == "files" else "names"
            return f"has no list of {kinds} under {key!r}: write one"
    if not any(item.get(key) for key in (*EVIDENCE, "answer", "author")):
        return 'names nothing that may answer it: write checks, answers, files, or "author": true'
    return ""


def _names_something(key: str, one: Any) -> bool:
    if key != "files":
        return isinstance(one, str)
    if isinstance(one, dict):
        return set(one) == {"path", "says"} and all(isinstance(v, str) for v in one.values()) and (
            is_inside(one["path"])
        )  # fmt: skip
    return isinstance(one, str) and is_inside(one)
