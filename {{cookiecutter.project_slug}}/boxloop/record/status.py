"""What is done, what is stale and why, without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, sha256
from boxloop.notebooks.file import first_error, read_copy, read_notebook, sources
from boxloop.notebooks.graph import read_loop, upstream
from boxloop.record.by_hand import doubt, take_over
from boxloop.record.facts import (
    code_now,
    code_of,
    doubted,
    file_hash,
    inputs,
    named,
    place,
    setting,
    settings_table,
)
from boxloop.record.reference import MARK, WHY

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter


@dataclass(frozen=True)
class Row:
    """The state of one notebook: done, stale, failed or never run; `detail` says why."""

    name: str
    state: str
    detail: str = ""
    smoke: bool = False


class Now:
    """The project as it is at this moment; each file is read once, and only if somebody asks."""

    def __init__(self, project: Project, chapters: list[Chapter]) -> None:
        self.project, self.chapters = project, chapters
        self._known = {}

    def __getattr__(self, name: str):
        find = {
            "inputs": inputs,
            "code": code_now,
            "table": settings_table,
            "doubted": doubted,
        }[name]
        setattr(self, name, find(self.project))
        return getattr(self, name)

    def hash(self, path: Path, how: Callable) -> str:
        """Return the hash of a file, or None where it cannot be read."""
        if (path, how) not in self._known:
            try:
                self._known[path, how] = how(path)
            except (OSError, UserError):
                self._known[path, how] = None
        return self._known[path, how]

    def content(self, path: Path) -> str:
        """Return the hash of a file as `boxloop.record.facts.file_hash` sees it."""
        return self.hash(path, self._content)

    def _content(self, path: Path) -> str:
        return file_hash(self.project, path)


def _changed(now: Now, hashes: dict):
    """Return what became of the first file that is not as it was, or None."""
    for name, value in hashes.items():
        path = now.project.root / name
        if not path.is_file():
            return f"{name} is gone"
        found = now.content(path)
        if found != value:
            return f"{name} changed" if found else f"{name} cannot be read"
    return None


def _differ(before: dict, now: dict):
    """Return the first name in `before` that is gone, or another, in `now`; or None."""
    return next((name for name, value in before.items() if now.get(name) != value), None)


def _facts_changed(now: Now, chapter: Chapter, facts: dict) -> str | None:
    """Return the first of the facts (see `boxloop.record.facts`) that no longer holds, or None."""
    # First the code: where the machinery was replaced, it may also hash otherwise.
    if name := _differ(facts["code"], now.code):
        return f"{name} changed" if place(now.project, name).is_file() else f"{name} is gone"
    declared, files = facts.get("declared", {}), named(now.project, chapter.name, chapter.needs)
    if reason := _changed(now, declared | facts.get("outside", {})):
        return reason
    if new := next((name for name in files if name not in declared), None):
        return f"{new} is new"
    settings = facts.get("settings", {})
    if key := next((key for key in settings if setting(now.table, key) != settings[key]), None):
        return "study.toml changed" if key == "*" else f"study.toml changed: {key}"
    paths = {c.name: c.path for c in now.chapters}
    before = facts.get("before", {})
    if name := next(
        (n for n in before if n not in paths or now.hash(paths[n], code_of) != before[n]), None
    ):
        return f"the code of {name} changed"
    if facts.get("doubted") not in (None, now.doubted):
        return "what is known of the answers changed"
    return None


def _copy_is_old(now: Now, chapter: Chapter, copy: dict, facts: dict):
    """Return why an executed copy is not what would be executed now, or None."""
    if sources(copy) != sources(read_notebook(chapter.path)):
        return "the notebook changed"
    if "code" in facts:
        return _facts_changed(now, chapter, facts)
    # A notebook without a desk says nothing of what it used: any setting and all of the science
    # may count.
    before = copy["metadata"]["boxloop"].get("inputs", {})
    changed = sorted(
        name
        for name in before.keys() | now.inputs.keys()
        if before.get(name) != now.inputs.get(name)
    )
    return f"{changed[0]} changed" if changed else None


def _belongs_to_another(now: Now, chapter: Chapter, copy: dict) -> bool:
    """Return whether a copy shows another run than the one whose results are there.

    A notebook was run by hand since, its results came from another commit, or it was broken off.
    """
    known = copy["metadata"]["boxloop"].get("station")
    if known is None:  # nothing was there when it ended; a copy that failed so explains no results
        return first_error(copy) is not None
    return now.hash(now.project.station(chapter.name) / "station.json", sha256) != known


def _is_by_hand(now: Now, chapter: Chapter, copy: dict | None, facts: dict) -> bool:
    """Return whether the results are those of a run in JupyterLab that the copy does not show."""
    return "by_hand" in facts and (copy is None or _belongs_to_another(now, chapter, copy))


def _other_parameters(chapter: Chapter, copy: dict, given: dict):
    """Return which parameter the copy was executed with that is another now, or None.

    A reason to open the seal is new each time; that there is none now changes nothing.
    """
    if given.get("release_reason"):
        return "the seal is to be opened"
    before = chapter.parameters | copy["metadata"].get("papermill", {}).get("parameters", {})
    wanted = chapter.parameters | given
    names = [
        name for name in wanted if name != "release_reason" and before.get(name) != wanted[name]
    ]
    if not names:
        return None
    return (
        "smoke run"
        if names[0] == "smoke" and before["smoke"]
        else f"{names[0]} was {before.get(names[0])!r}, is {wanted[names[0]]!r}"
    )


_SHAPES = dict.fromkeys(
    ("needs", "makes", "declared", "outside", "before", "code", "settings", "by_hand"), dict
)


def station_facts(path: Path) -> dict | None:
    """Return the content of a ``station.json``, or None where there is none.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    facts = read_json(path, None)
    if facts is None and not path.exists():
        return None
    if isinstance(facts, dict) and all(
        isinstance(facts.get(key, {}), kind) for key, kind in _SHAPES.items()
    ):
        return facts
    msg = f"{path.parent.name}/{path.name} is damaged: delete it and run `boxloop run`."
    raise UserError(msg)


def _records(project: Project, chapter: Chapter):
    """Return station facts, executed copy, and which of them is damaged (None: neither)."""
    station, path = (
        project.station(chapter.name) / "station.json",
        project.executed / f"{chapter.name}.ipynb",
    )
    facts = copy = problem = None
    try:
        facts = station_facts(station)
    except (UserError, OSError):
        problem = f"{project.relative(station)} is damaged"
    try:
        copy = read_copy(path) if path.exists() else None
    except UserError:
        problem = f"{project.relative(path)} is damaged"
    return facts, copy, problem


def judge(now: Now, chapter: Any, *, doubtful: Any = (), given: dict | None = None) -> Row:
    """Return the row of one chapter.

    Parameters
    ----------
    now : Now
    chapter : Chapter
    doubtful : list of str
        The chapters it needs that are not done.
    given : dict, optional
        Parameters that it would be run with; by default they are not compared.
    """
    facts, copy, problem = _records(now.project, chapter)
    if facts and not problem and _is_by_hand(now, chapter, copy, facts):
        copy = take_over(now.project, chapter.name, facts) or copy
    error = copy and first_error(copy)
    if problem:
        return Row(chapter.name, "stale", problem)
    if copy is None and facts is None:
        return Row(chapter.name, "never run")
    another = copy is not None and facts is not None and _belongs_to_another(now, chapter, copy)
    if error and not another:
        return Row(chapter.name, "failed", f"cell {error[0]}: {error[1]}")
    if facts is None:
        return Row(chapter.name, "stale", "its last run was interrupted")
    reason = facts.get(MARK) and WHY
    reason = reason or _changed(now, facts.get("needs", {}) | facts.get("makes", {}))
    if "by_hand" in facts and (copy is None or another):
        reason = reason or f"run by hand: {doubt(read_notebook(chapter.path), facts)}"
    elif copy is None:
        reason = reason or "run by hand: the report has no copy of it"
    elif another:
        reason = reason or "its copy in the report is of another run"
    else:
        reason = reason or _copy_is_old(now, chapter, copy, facts)
        reason = reason or (None if given is None else _other_parameters(chapter, copy, given))
    if not reason and doubtful:
        reason = f"{doubtful[0]} is not done"
    smoke = bool(facts.get("smoke"))
    return Row(
        chapter.name, "stale" if reason else "done", reason or ("smoke run" if smoke else ""), smoke
    )


def status(
    project: Project, chapters: list[Chapter] | None = None, *, parameters: dict | None = None
) -> list[Row]:
    """Return one `Row` per notebook, in the order of the loop.

    A notebook is stale if one of these changed in content since it ran: its cells, its parameters
    (where `parameters` gives those of the next run, by chapter), the settings that it read, the
    code that it imported, a file that it needed or made, or the code of a notebook whose files it
    needs; and if such a notebook is not done.
    """
    chapters = chapters or read_loop(project)
    now, rows = Now(project, chapters), []
    open_names: set[str] = set()
    for chapter in chapters:
        doubtful = sorted(upstream(chapter, chapters) & open_names)
        given = None if parameters is None else parameters.get(chapter.name, {})
        row = judge(now, chapter, doubtful=doubtful, given=given)
        rows.append(row)
        if row.state != "done":
            open_names.add(chapter.name)
    return rows


def is_complete(project: Project, chapters: list[Chapter] | None) -> bool:
    """Return whether every notebook is done, and none of them with quick numbers."""
    return all(row.state == "done" and not row.smoke for row in status(project, chapters))
