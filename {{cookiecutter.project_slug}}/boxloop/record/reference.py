"""Results that a course ships, so that any chapter starts alone: the workshop's, not one's own.

``reference/`` holds what the chapters before a chapter left, without figures, and without the test
set, its key and its ledger. Where it was laid, ``station.json`` says ``reference``: such a chapter
is never done, so that no pass, verdict or release is made of it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, sha256, write_json, written_whole
from boxloop.base.places import STATIONS

if TYPE_CHECKING:
    from boxloop.base.places import Project

FOLDER = "reference"
MARK = "reference"  # key in station.json
WHY = "the workshop's reference, no run of yours"
# What made it is the teacher's alone: such a chapter is never compared with the project it lies in.
FACTS = ("notebook", "smoke", "home_rows", "divided_from")
# A figure is for a report, and the states of exercises are for who solved them.
LARGE = {".png", ".svg", ".pickle"}


def folder_of(project: Project) -> Path:
    """Return where a course keeps its reference."""
    return project.root / FOLDER


def taken(project: Project, chapter: str) -> list[Path]:
    """Return what a reference takes of one chapter: results and interim tables, nothing sealed."""
    facts = read_cache(project.station(chapter) / "station.json")
    makes = facts["makes"] if isinstance(facts, dict) else {}
    paths = [project.root / name for name in makes] + list(project.station(chapter).rglob("*"))
    inside = (project.station(chapter), project.interim)
    return sorted(
        path
        for path in set(paths)
        if path.is_file()
        and path.suffix not in LARGE
        and path.name != "station.json"
        and any(top in path.parents for top in inside)
    )


def write(project: Project, folder: Path) -> int:
    """Write the reference of 01 to 07, as a project has run them, into an edition; return bytes.

    Parameters
    ----------
    project : Project
        One whose chapters are done.
    folder : Path
        The root of the edition.
    """
    total = 0
    for chapter in STATIONS[:-1]:
        kept = {path.relative_to(project.root).as_posix(): path for path in taken(project, chapter)}
        for name, path in kept.items():
            there = folder / FOLDER / name
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
            total += path.stat().st_size
        facts = read_cache(project.station(chapter) / "station.json")
        facts = {key: facts[key] for key in FACTS if key in facts}
        facts |= {"needs": {}, MARK: True}
        facts["makes"] = {name: sha256(path) for name, path in kept.items()}
        station = folder / FOLDER / "results" / chapter / "station.json"
        total += write_json(station, facts).stat().st_size
    return total


def is_reference(project: Project, chapter: str) -> bool:
    """Return whether the results of a chapter are those that the course came with."""
    facts = read_cache(project.station(chapter) / "station.json")
    return isinstance(facts, dict) and facts.get(MARK) is True


def missing(project: Project, chapter: str) -> list[str]:
    """Return the chapters before this one that have left nothing here."""
    before = STATIONS[: STATIONS.index(chapter)] if chapter in STATIONS else ()
    return [name for name in before if not (project.station(name) / "station.json").is_file()]


def offer(project: Project, chapter: str) -> str:
    """Return the sentence that offers the reference to who has not run what comes before."""
    if not (folder_of(project).is_dir() and missing(project, chapter)):
        return ""
    return f" To start from the workshop's reference instead: `boxloop catch-up {chapter[:2]}`."


def lay(project: Project, chapters: list[str]) -> None:
    """Put the reference of some chapters where a run would have left it; facts come last.

    Raises
    ------
    UserError
        If the course came without it, or a file of it is not as it was written.
    """
    stations = {name: _checked(project, name) for name in chapters}
    for name, facts in stations.items():
        for path in facts["makes"]:
            data = (folder_of(project) / path).read_bytes()
            target = project.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            written_whole(target, lambda part, data=data: part.write_bytes(data))
        write_json(project.station(name) / "station.json", facts)


def refuse_damaged(project: Project, chapters: list[str]) -> None:
    """Refuse a reference that is not as it was given out, before anything is moved.

    Raises
    ------
    UserError
        With the first file.
    """
    for name in chapters:
        _checked(project, name)


def _checked(project: Project, chapter: str) -> dict:
    """Return the facts of a chapter in the reference, after a look at each of its files."""
    station = folder_of(project) / "results" / chapter / "station.json"
    facts = read_cache(station)
    where = station.relative_to(project.root).as_posix()
    if not isinstance(facts, dict) or not isinstance(facts.get("makes"), dict):
        msg = f"{where} is not there: take reference/ from the folder that your teacher gave out."
        raise UserError(msg)
    for name, known in facts["makes"].items():
        path = folder_of(project) / name
        inside = name.startswith(("results/", "data/interim/")) and ".." not in Path(name).parts
        if not inside or not path.is_file() or sha256(path) != known:
            msg = (
                f"reference/{name} is not as it was given out: "
                "take reference/ anew from the folder that your teacher gave out."
            )
            raise UserError(msg)
    return facts


def begin(project: Project, chapter: str) -> list[str]:
    """Let a chapter that is opened alone start from the reference, and return what is to be said.

    Only what no run has left is laid, and no file is written over; without a reference, or where
    nothing is missing, nothing is done.
    """
    if folder_of(project).is_dir() and (lacks := missing(project, chapter)):
        there = [path for name in lacks for path in _targets(project, name) if path.exists()]
        if there:
            name = there[0].relative_to(project.root).as_posix()
            number = chapter[:2]
            line = f"{name} is of a run that did not end: `boxloop catch-up {number}` starts anew."
            return [line]
        lay(project, lacks)
    return told(project, chapter)


def _targets(project: Project, chapter: str) -> list[Path]:
    facts = read_cache(folder_of(project) / "results" / chapter / "station.json")
    makes = facts.get("makes", {}) if isinstance(facts, dict) else {}
    return [project.root / name for name in makes]


def told(project: Project, chapter: str) -> list[str]:
    """Return the sentence that says which chapters before this one are not one's own."""
    before = STATIONS[: STATIONS.index(chapter)] if chapter in STATIONS else ()
    lent = [name[:2] for name in before if is_reference(project, name)]
    if not lent:
        return []
    return [
        f"{', '.join(lent)}: {WHY}. This chapter starts from it; `boxloop run` makes it your own."
    ]
