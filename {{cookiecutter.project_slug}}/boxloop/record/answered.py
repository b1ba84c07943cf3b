"""The memory of the answers: what each was written for, kept beside the passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, write_json
from boxloop.base.written import says_something
from boxloop.notebooks.answers import memory_key, read_answers
from boxloop.notebooks.memory import CONFIRMED, REMEMBERED, spoken_of, text_hash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from boxloop.base.places import Project


def _known(path: Path) -> dict[str, Any]:
    content = read_cache(path)
    return content if isinstance(content, dict) else {}


def remember(project: Project) -> None:
    """Take down, for each answer with a new text, what the pass that is complete speaks of.

    What is known of a text stays as it was: it was written for that.
    """
    path = project.passes / REMEMBERED
    known, now = _known(path), spoken_of(project)
    found = {}
    for row in read_answers(project):
        if not says_something(row["text"]):
            continue
        text, before = text_hash(row["text"]), known.get(memory_key(row))
        same = isinstance(before, dict) and before.get("text") == text
        found[memory_key(row)] = before if same else _renewed(before, text, now)
    if found != known:
        write_json(path, found)


def _renewed(before: Any, text: str, now: dict[str, Any]) -> dict[str, Any]:
    """Return what to remember of an edited answer; a text that comes back is as old as it was."""
    earlier = {}
    if isinstance(before, dict):
        known = before.get("earlier")
        earlier = dict(known) if isinstance(known, dict) else {}
        if isinstance(before.get("text"), str):
            earlier[before["text"]] = before.get("spoke_of")
    spoke_of = earlier.pop(text, None) or now
    return {"text": text, "spoke_of": spoke_of} | ({"earlier": earlier} if earlier else {})


def confirm(project: Project, names: Iterable[str]) -> list[str]:
    """Take down that answers hold for today's results as they stand; return their ids.

    Parameters
    ----------
    project : Project
    names : iterable of str
        Ids of answers, or chapters such as ``01`` for all that wait there.

    Raises
    ------
    UserError
        If there is no such answer, or nothing is written in it.
    """
    rows, confirmed = read_answers(project), {}
    now = spoken_of(project)
    for name in names:
        chapter = [r for r in rows if r["notebook"][:2] == name and says_something(r["text"])]
        found = [r for r in rows if name in (r["id"], memory_key(r))] or [
            r for r in chapter if not r["answered"]
        ]
        if not found and not chapter:
            msg = f"There is no answer {name}: `boxloop answers` lists their ids."
            raise UserError(msg)
        for row in found:
            if not says_something(row["text"]):
                msg = (
                    f"{row['id']} is empty or says TODO: write an answer into {row['notebook']}, "
                    f"cell {row['cell']}; there is nothing to confirm."
                )
                raise UserError(msg)
            confirmed[memory_key(row)] = {"text": text_hash(row["text"]), "spoke_of": now}
    path = project.passes / CONFIRMED
    if confirmed:
        write_json(path, _known(path) | confirmed)
    return list(confirmed)
