"""The memory of the answers: what each was written for, kept beside the passes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, read_cache, write_json
from boxloop.base.written import says_something
from boxloop.notebooks.answers import memory_key, read_answers
from boxloop.notebooks.memory import (
    CONFIRMED,
    MANIFESTS,
    REMEMBERED,
    columns_used,
    lost,
    spoken_of,
    spoken_of_then,
    text_hash,
)
from boxloop.record.causes import causes_of
from boxloop.record.facts import settings_table
from boxloop.record.passes import passes_made_here

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from boxloop.base.places import Project


def _known(path: Path) -> dict[str, Any]:
    content = read_cache(path)
    return content if isinstance(content, dict) else {}


def remember(project: Project, *, ahead: bool = False) -> list[str]:
    """Take down, for each answer with a new text, what the pass that is complete speaks of.

    What is known of a text stays as it was: it was written for that. A text that stands in an
    earlier pass was written for that pass, whatever has become of its memory. Such texts are
    looked for `ahead` of a run, so that 08 judges what is judged after it; new ones at its end.

    Returns
    -------
    list of str
        What was lost, and from where it came back, in sentences.
    """
    path = project.passes / REMEMBERED
    how, known, now = lost(project), _known(path), spoken_of(project)
    past, found = _Past(project), {}
    for row in read_answers(project):
        if not says_something(row["text"]):
            continue
        key, text = memory_key(row), text_hash(row["text"])
        before = known.get(key)
        before = before if isinstance(before, dict) else {}
        same = before.get("text") == text
        if same and (isinstance(before.get("spoke_of"), dict) or not ahead):
            found[key] = before
            continue
        then = past.spoke_of(text)
        forgotten = then is None and not past.is_whole and bool(how or same)
        if then or forgotten or not ahead:
            found[key] = _renewed(before, text, then or (None if forgotten else now))
        elif before and not same:
            found.setdefault(key, before)  # its new text is known when its pass is complete
    # That nothing is answered yet is known as well.
    if found != known or how or not (ahead or path.is_file()):
        write_json(path, found)
    if not ahead:
        _take_down_columns(project, now)
    if how and past.numbers:
        return [f"{project.relative(path)} was {how}: it is made again from {past.words}."]
    return []


def restore(project: Project) -> list[str]:
    """Make a memory that is lost again from the passes; return what there is to say of it."""
    path, said = project.passes / CONFIRMED, []
    if lost(project, CONFIRMED):
        kept = {key: row for key, row in _known(path).items() if isinstance(row, dict)}
        said.append(
            f"{project.relative(path)} is damaged: {len(kept)} confirmations are readable; restore "
            "it from your last commit, or confirm what waits."
        )
    with suppress(UserError, OSError):  # a notebook that cannot be read is told of elsewhere
        said += remember(project, ahead=True)
    return said


def _take_down_columns(project: Project, now: dict[str, Any]) -> None:
    """Keep roles and units of today's columns, by which a change is named later."""
    path = project.passes / MANIFESTS
    kept = _known(path)
    if now["manifest"] not in kept:
        used = columns_used(settings_table(project))
        if fingerprint(used) == now["manifest"]:
            write_json(path, kept | {now["manifest"]: used})


class _Past:
    """What each text of an answer spoke of in the first pass that holds it.

    Parameters
    ----------
    project : Project
    """

    def __init__(self, project: Project) -> None:
        self.project, self.numbers, self.is_whole = project, [], True
        self._first: dict[str, dict[str, Any]] | None = None

    def spoke_of(self, text: str) -> dict[str, Any] | None:
        """Return what a text, by its hash, was first run with; None where no pass holds it."""
        if self._first is None:
            self._first = self._read()
        return self._first.get(text)

    def _read(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for past in passes_made_here(self.project):
            if "causes" not in past:
                continue  # of a version that remembered nothing
            try:
                causes = causes_of(self.project, past)
            except (UserError, ValueError):
                causes = None
            if causes is None or not isinstance(causes.answers, dict):
                self.is_whole = False
                continue
            self.numbers.append(past["number"])
            then = spoken_of_then(causes.settings, causes.data, past["metrics"].get("primary"))
            for text in causes.answers.values():
                found.setdefault(text_hash(str(text)), then)
        return found

    @property
    def words(self) -> str:
        """From which passes, for people."""
        numbers = ", ".join(map(str, self.numbers))
        return f"pass {numbers}" if len(self.numbers) == 1 else f"passes {numbers}"


def _renewed(before: Any, text: str, now: dict[str, Any] | None) -> dict[str, Any]:
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

    Who confirms an answer of the example takes it over as his own.

    Parameters
    ----------
    project : Project
    names : iterable of str
        Ids of answers, chapters such as ``01`` for all that wait there, or ``all``.

    Raises
    ------
    UserError
        If there is no such answer, nothing is written in it, or nothing was run yet.
    """
    now = spoken_of(project)
    if now["headline"]["value"] is None and not passes_made_here(project):
        msg = (
            "There is nothing to confirm yet, because nothing was run: type `boxloop run`, and "
            "confirm what `boxloop answers` calls unanswered then."
        )
        raise UserError(msg)
    rows, confirmed = read_answers(project), {}
    for name in (one for given in names for one in given.split(",") if one):
        for row in _named(rows, name):
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
        _take_down_columns(project, now)
    return list(confirmed)


def _named(rows: list[dict], name: str) -> list[dict]:
    """Return the answers that a name means: of a chapter or of all those that wait."""
    written = [row for row in rows if says_something(row["text"])]
    chapter = written if name == "all" else [row for row in written if row["notebook"][:2] == name]
    found = [row for row in rows if name in (row["id"], memory_key(row))]
    if not found and not chapter and name != "all":
        msg = f"There is no answer {name}: `boxloop answers` lists their ids."
        raise UserError(msg)
    return found or [row for row in chapter if not row["answered"]]
