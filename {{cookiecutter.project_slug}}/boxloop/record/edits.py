"""What was edited between two passes: settings, science, cells, parameters and data, by name."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxloop.record.blocks import alike, pieces

if TYPE_CHECKING:
    from boxloop.record.causes import Causes


GROUPS = ("settings", "data", "models", "stress")
OF_CHAPTER = {"01": "data", "03": "data", "06": "stress"}  # all others: models
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_MOST = 40  # signs of a value that are shown; numbers are shown whole


@dataclass(frozen=True)
class Edit:
    """One thing that is another in the later pass.

    Attributes
    ----------
    group : {"settings", "data", "models", "stress"}
    kind : {"setting", "parameter", "piece", "file", "cell", "links", "chapter", "raw"}
        Of study.toml, of a chapter, of a file in study/, such a file, of a chapter, what it needs
        and makes, such a notebook, and a file of data/raw.
    where : str
        The file or the chapter.
    name : tuple of str
        The key, the piece or the cell.
    old, new
        What it was and is; None where it was not there.
    """

    group: str
    kind: str
    where: str
    name: tuple[str, ...] = ()
    old: Any = None
    new: Any = None

    @property
    def label(self) -> str:
        """Where it is, in words."""
        if self.kind == "setting":
            return ".".join(part if _BARE.fullmatch(part) else _said(part) for part in self.name)
        if self.kind == "parameter":
            return f"{self.where}, parameter {self.name[0]}"
        if self.kind == "cell":
            return f"{self.where}, cell {self.name[0]}"
        if self.kind == "links":
            return f"{self.where}, what it needs and makes"
        return f"{self.where}: {self.name[0]}" if self.name else self.where

    @property
    def change(self) -> str:
        """What became of it, in words."""
        if self.kind in ("setting", "parameter"):
            return "; ".join(_value_changes(self.old, self.new))
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"


def edits(before: Causes, after: Causes) -> list[Edit]:
    """Return what differs in science between two passes; none where words alone do."""
    return [
        *_settings(before, after),
        *_parameters(before, after),
        *_science(before, after),
        *_chapters(before, after),
        *_raw(before, after),
    ]


def table_of(text: str) -> dict:
    """Return the tables of a study.toml; empty where it cannot be read."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


def _settings(before: Causes, after: Causes) -> Iterator[Edit]:
    one, two = (_counting(side.settings) for side in (before, after))
    for path, old, new in _different(one, two):
        yield Edit(
            "stress" if path[0] == "stress" else "settings", "setting", "study.toml", path, old, new
        )


def _counting(settings: str) -> dict:
    """Return the tables of a study.toml on which numbers depend: all but ``[release]``."""
    return {name: part for name, part in table_of(settings).items() if name != "release"}


def _different(old: Any, new: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield path, old and new value of every leaf of two nested tables that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _different(old.get(key), new.get(key), (*path, key))
    elif old != new or type(old) is not type(new):
        yield path, old, new


def _parameters(before: Causes, after: Causes) -> Iterator[Edit]:
    for chapter in sorted({*before.parameters, *after.parameters}):
        old, new = (side.parameters.get(chapter, {}) for side in (before, after))
        for path, one, two in _different(old, new):
            yield Edit("settings", "parameter", chapter, path, one, two)


def _science(before: Causes, after: Causes) -> Iterator[Edit]:
    data = _behind_data(before) | _behind_data(after)
    for file in sorted({*before.study, *after.study}):
        old, new = before.study.get(file), after.study.get(file)
        stress = file == "study/stress.py"
        group = "stress" if stress else "data" if file in data else "models"
        if old is None or new is None:
            if pieces(new or old or ""):  # a file of nothing, such as __init__.py, says nothing
                yield Edit(group, "file", file, (), old, new)
            continue
        if old != new:
            for path, one, two in _different(pieces(old), pieces(new)):
                yield Edit(group, "piece", file, path, one, two)


def _behind_data(causes: Causes) -> set[str]:
    """Return ``study/data.py`` and the files of the study that it imports, these too, and so on."""
    found, to_do = set(), ["study/data.py"]
    while to_do:
        file = to_do.pop()
        if file in causes.study and file not in found:
            found.add(file)
            to_do += [f"study/{name}.py" for name in _imported(causes.study[file])]
    return found


def _imported(text: str) -> list[str]:
    """Return the modules of the study that a file of it imports, as far as it says so plainly."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").removeprefix("study").strip(".")
            if node.level or (node.module or "").split(".")[0] == "study":
                found += [module] if module else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [a.name.removeprefix("study.") for a in node.names if "study." in a.name]
    return [name.replace(".", "/") for name in found]


def _chapters(before: Causes, after: Causes) -> Iterator[Edit]:
    for chapter in sorted({*before.notebooks, *after.notebooks}):
        group = OF_CHAPTER.get(chapter[:2], "models")
        old, new = before.notebooks.get(chapter), after.notebooks.get(chapter)
        if old is None or new is None:
            yield Edit(group, "chapter", chapter, (), old, new)
            continue
        links = [[side["needs"], side["makes"]] for side in (old, new)]
        if links[0] != links[1]:
            yield Edit(group, "links", chapter, (), *links)
        yield from _cells(group, chapter, old["cells"], new["cells"])


def _cells(group: str, chapter: str, old: list[dict], new: list[dict]) -> Iterator[Edit]:
    one, two = ({cell["id"]: _counted(cell) for cell in side} for side in (old, new))
    gone = [name for name in one if name not in two]
    come = [name for name in two if name not in one]
    for name in list(come):  # the same code under another name
        twin = next((other for other in gone if one[other] == two[name]), None)
        if twin is not None:
            gone.remove(twin)
            come.remove(name)
    for name in [n for n in one if n in two and one[n] != two[n]] + gone + come:
        # A cell of comments alone that came or went is no science.
        if (name in one and name in two) or (one.get(name) or two[name])[1] != alike(""):
            yield Edit(group, "cell", chapter, (name,), one.get(name), two.get(name))


def _counted(cell: dict) -> list:
    return [cell["tags"], alike(cell["source"])]


def _raw(before: Causes, after: Causes) -> Iterator[Edit]:
    """Yield the raw files that differ, but for those that a chapter makes: they follow."""
    made = {*before.made, *after.made}
    for name in sorted({*before.data, *after.data} - made):
        old, new = before.data.get(name), after.data.get(name)
        if old != new:
            yield Edit("data", "raw", name, (), old, new)


def made_anew(before: Causes, after: Causes) -> list[str]:
    """Return the raw files that a chapter makes, and has made otherwise."""
    made = {*before.made, *after.made}
    return sorted(name for name in made if before.data.get(name) != after.data.get(name))


def words(before: Causes, after: Causes) -> list[str]:
    """Return a sentence for whatever was written otherwise and is no science."""
    found = []
    old, new = before.answers, after.answers
    if names := [name for name in {**old, **new} if old.get(name) != new.get(name)]:
        found.append(f"answers: {', '.join(names)}")
    old, new = before.prose, after.prose
    if names := [name for name in {**old, **new} if old.get(name) != new.get(name)]:
        found.append(f"Markdown of {', '.join(names)}")
    said = [table_of(side.settings).get("release") for side in (before, after)]
    if said[0] != said[1]:
        found.append("[release] of study.toml, what a release says of itself")
    places = sorted(_same_code(before, after))
    if places:
        found.append(f"comments, docstrings or layout of {', '.join(places)}")
    return found


def _same_code(before: Causes, after: Causes) -> Iterator[str]:
    """Yield files and chapters whose text differs where their code, or their tables, do not."""
    edited = {edit.where for edit in edits(before, after)}
    one, two = table_of(before.settings), table_of(after.settings)
    if before.settings != after.settings and one == two:
        yield "study.toml"
    for file, text in after.study.items():
        if file not in edited and before.study.get(file, text) != text:
            yield file
    for chapter, code in after.notebooks.items():
        old = before.notebooks.get(chapter, code)
        if chapter not in edited and old["cells"] != code["cells"]:
            yield chapter


def _value_changes(old: Any, new: Any) -> Iterator[str]:
    """Yield what became of a value; of a list of named tables, of each of them."""
    if _are_named(old) and _are_named(new):
        one, two = ({row["name"]: row for row in side} for side in (old, new))
        for path, before, after in _different(one, two):
            inside = "".join(f", {part}" for part in path[1:])
            yield f"{_said(path[0])}{inside}: {_said(before)} -> {_said(after)}"
        if list(one) != list(two) and one == two:
            yield "in another order"
        return
    yield f"{_said(old)} -> {_said(new)}"


def _are_named(value: Any) -> bool:
    names = [row.get("name") for row in value if isinstance(row, dict)] if _is_list(value) else []
    return (
        bool(names)
        and len(names) == len(value) == len({*map(str, names)})
        and all(isinstance(name, str) for name in names)
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _said(value: Any) -> str:
    """Return a value as it would be written; a long text is shortened, a number never."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        short = value if len(value) <= _MOST else f"{value[: _MOST - 1].rstrip()}…"
        return json.dumps(short, ensure_ascii=False)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_said(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
