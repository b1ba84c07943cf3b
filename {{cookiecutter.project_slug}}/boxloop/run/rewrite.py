"""Take edits back in a copy of a project: settings, science, cells and notebooks as they were."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.adopt.study_toml import key, quoted
from boxloop.base.files import sha256, write_text
from boxloop.notebooks.file import as_text, read_notebook
from boxloop.record.blocks import compose
from boxloop.record.edits import made_anew, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.record.causes import Causes
    from boxloop.record.edits import Edit


def take_back(
    copy: Project, back: Sequence[Edit], before: Causes, after: Causes, *, shelf: Path
) -> list[str]:
    """Take some edits back in a copy of the project, and return which raw files could not be.

    Parameters
    ----------
    copy : Project
        In the state `after`, but for words; nothing else may be using it.
    back : list of Edit
        Some of what differs between `before` and `after`; see `boxloop.record.edits.edits`.
    before, after : Causes
    shelf : Path
        Where a raw file with the earlier content may lie, under whatever name.
    """
    of: dict[str, list[Edit]] = defaultdict(list)
    for edit in back:
        of[edit.kind].append(edit)
    if of["setting"]:
        write_text(copy.settings_file, _settings(after.settings, of["setting"]))
    for edit in of["file"]:
        _put_file(copy, edit)
    for file in dict.fromkeys(edit.where for edit in of["piece"]):
        names = [edit.name[0] for edit in of["piece"] if edit.where == file]
        text = compose(before.study[file], after.study[file], names)
        write_text(copy.root / file, text)
    for edit in of["chapter"]:
        _put_chapter(copy, edit)
    for chapter in dict.fromkeys(edit.where for edit in of["cell"] + of["links"]):
        mine = [edit for edit in of["cell"] + of["links"] if edit.where == chapter]
        _rewrite_notebook(copy, chapter, mine, before.notebooks[chapter])
    if any(edit.group == "data" for edit in back):
        _make_again(copy, made_anew(before, after))
    return [edit.where for edit in of["raw"] if not _put_raw(copy, edit, shelf)]


def _settings(text: str, back: list[Edit]) -> str:
    """Return a study.toml in which some keys are as they were."""
    table = table_of(text)
    for edit in back:
        place = table
        for part in edit.name[:-1]:
            place = place.setdefault(part, {})
        if edit.old is None:
            place.pop(edit.name[-1], None)
        else:
            place[edit.name[-1]] = edit.old
    return as_toml(table)


def as_toml(table: dict[str, Any]) -> str:
    """Return tables as TOML, a header for each at the top and all else in line."""
    plain = [f"{key(name)} = {_value(v)}" for name, v in table.items() if not isinstance(v, dict)]
    for name, values in table.items():
        if isinstance(values, dict):
            plain += ["", f"[{key(name)}]"]
            plain += [f"{key(inner)} = {_value(value)}" for inner, value in values.items()]
    return "\n".join(plain) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key(name)} = {_value(item)}' for name, item in value.items())}}}"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return repr(value)


def _put_file(copy: Project, edit: Edit) -> None:
    path = copy.root / edit.where
    if edit.old is None:
        path.unlink(missing_ok=True)
    else:
        write_text(path, edit.old)


def _put_chapter(copy: Project, edit: Edit) -> None:
    """Take a notebook away, or put back its code cells; its Markdown is not kept."""
    path = copy.notebooks / f"{edit.where}.ipynb"
    if edit.old is None:
        path.unlink(missing_ok=True)
        shutil.rmtree(copy.station(edit.where), ignore_errors=True)
        return
    links = {name: edit.old[name] for name in ("needs", "makes")}
    notebook = {
        "cells": [_cell(cell) for cell in edit.old["cells"]],
        "metadata": {"boxloop": links},
    }
    write_text(path, as_text(notebook | {"nbformat": 4, "nbformat_minor": 5}))


def _cell(kept: dict) -> dict:
    facts = {"id": kept["id"], "metadata": {"tags": kept["tags"]}, "source": kept["source"]}
    return {"cell_type": "code", "execution_count": None, "outputs": []} | facts


def _rewrite_notebook(copy: Project, chapter: str, back: list[Edit], before: dict) -> None:
    """Give some cells of a notebook the code that they had; its Markdown stays."""
    path = copy.notebooks / f"{chapter}.ipynb"
    notebook = read_notebook(path)
    cells, kept = notebook["cells"], {cell["id"]: cell for cell in before["cells"]}
    for edit in back:
        if edit.kind == "links":
            links = dict(zip(("needs", "makes"), edit.old, strict=True))
            notebook["metadata"]["boxloop"] |= links
            continue
        place = next((n for n, cell in enumerate(cells) if cell.get("id") == edit.name[0]), None)
        if edit.old is None and place is not None:
            del cells[place]
        elif edit.old is not None and place is not None:
            cells[place] = _cell(kept[edit.name[0]])
        elif edit.old is not None:
            cells.insert(_behind(cells, list(kept), edit.name[0]), _cell(kept[edit.name[0]]))
    write_text(path, as_text(notebook))


def _behind(cells: list[dict], order: list[str], name: str) -> int:
    """Return where a cell belongs: behind the nearest that came before it and is there still."""
    places = {cell.get("id"): number for number, cell in enumerate(cells)}
    earlier = [places[other] for other in order[: order.index(name)] if other in places]
    return earlier[-1] + 1 if earlier else 0


def _make_again(copy: Project, names: list[str]) -> None:
    """Let the notebook that makes these raw files make them again."""
    for name in names:
        (copy.root / name).unlink(missing_ok=True)


def _put_raw(copy: Project, edit: Edit, shelf: Path) -> bool:
    """Put a raw file back from one with its content; return whether it is back."""
    path = copy.root / edit.where
    if edit.old is None:
        path.unlink(missing_ok=True)
        return True
    for other in sorted(shelf.rglob("*")):
        with suppress(OSError):
            if other.is_file() and sha256(other) == edit.old:
                shutil.copy2(other, path)
                return True
    return False
