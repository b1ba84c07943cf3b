"""`boxloop room serve`: what is served, from where, and what the teacher is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, write_json, write_text
from boxloop.base.places import Project
from boxloop.classroom.addresses import addresses
from boxloop.classroom.handout import exercises_of, wheels_in, zip_student
from boxloop.classroom.members import LETTERS, Members, word
from boxloop.run.lock import lock
from boxloop.settings.load import load_settings

if TYPE_CHECKING:
    from boxloop.classroom.contest import Contest
    from boxloop.classroom.serve import Room, Serving
    from boxloop.settings.load import Settings

FOLDER, WORDS, ZIP = "room", "words.json", "student.zip"


@contextmanager
def opened(
    project: Project,
    *,
    student: Path | None = None,
    wheels: Path | None = None,
    labels: Path | None = None,
    looks: int = 3,
) -> Iterator[Room]:
    """Yield the room of a project as it was left, or a new one; nobody else serves it meanwhile.

    Parameters
    ----------
    project : Project
        The teacher's.
    student, wheels : Path, optional
        ``workshop/student`` and ``workshop/wheels`` if not given.
    labels : Path, optional
        See `boxloop.classroom.contest.Contest`.
    looks : int

    Raises
    ------
    UserError
        If there is no student edition, or the room is served already.
    """
    from boxloop.classroom.serve import Room

    workshop = project.root / "workshop"
    student, folder = (student or workshop / "student").resolve(), workshop / FOLDER
    settings = load_settings(project.settings_file)
    with _alone(folder):
        members = Members(folder)
        try:
            yield Room(
                title=settings.study.title,
                **_words(folder),
                members=members,
                name=student.name,
                zip=zip_student(student, folder / ZIP),
                wheels=wheels_in(wheels or workshop / "wheels"),
                exercises=exercises_of(student),
                contest=_contest(settings, labels, looks) if labels else None,
            )
        finally:
            members.close()


def _contest(settings: Settings, labels: Path, looks: int) -> Contest:
    from boxloop.classroom.contest import Contest  # which takes its time, and few need it

    return Contest(settings, labels, looks)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a room's folder: two servers with one journal would lose what the other has taken in."""
    write_text(folder / ".gitignore", "*\n")
    with _locked(folder):
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = lock(Project(folder))
    try:
        held.__enter__()
    except UserError as error:
        msg = f"This room is served already from {folder}: end the other `boxloop room serve`."
        raise UserError(msg) from error
    try:
        yield
    finally:
        held.__exit__(None, None, None)


def _words(folder: Path) -> dict[str, Any]:
    """Return the words of a room: the same ones as long as its folder is there."""
    path = folder / WORDS
    remedy = "delete it, and the room has new words; nobody in it is lost"
    known = read_json(path, remedy=remedy)
    if not isinstance(known, dict) or not all(_is_word(known.get(n)) for n in ("token", "teacher")):
        known = {"token": word(), "teacher": word(32)}
        write_json(path, known)
    return {name: str(known[name]) for name in ("token", "teacher")}


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and len(text) >= 8 and set(text) <= set(LETTERS)


def serve(
    project: Project, *, port: int, say: Callable, show: Callable[[str], Any], **what: Any
) -> None:
    """Serve a room until Ctrl-C.

    Parameters
    ----------
    project : Project
    port : int
    say : callable
        Takes lines for the terminal.
    show : callable
        Opens the teacher's page.
    **what
        See `opened`.

    Raises
    ------
    UserError
        If the room or its port cannot be had.
    """
    from boxloop.classroom.serve import Serving, blackboard

    with opened(project, **what) as room:
        serving = Serving(room, port)
        found = addresses()
        room.blackboard = blackboard([one.ip for one in found], serving.port, room.token)
        with serving:
            say(*_told(serving, found))
            show(serving.teacher)
            while True:
                time.sleep(1)


def _told(serving: Serving, found: list) -> list[str]:
    """Return what the terminal says of a room that is open."""
    room = serving.room
    if found:
        first, *others = room.blackboard
        lines = [f"For the blackboard: {first} ({found[0].adapter})"]
        pairs = zip(found[1:], others, strict=True)
        lines += [f"If that is not reached: {one} ({where.adapter})" for where, one in pairs]
    else:
        lines = [
            (
                "This laptop is in no network: join one, or open a hotspot, and serve again; "
                f"on this laptop alone: http://127.0.0.1:{serving.port}/{room.token}"
            )
        ]
    if not room.wheels:
        lines.append("There are no wheels, so students need the internet: `boxloop room wheels`.")
    known = len(room.members.known)
    lines += [f"In the room from before: {known}."] if known else []
    return [
        *lines,
        f"Your page, on this laptop alone: {serving.teacher}",
        "Where students reach nothing, let Python through the firewall of this laptop.",
        "Ctrl-C ends this; what came in is kept, and the words stay the same.",
    ]
