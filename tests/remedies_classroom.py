"""Cases of `boxloop room`: what the teacher is told, and what a student is."""

import re
import shutil
import socket
from pathlib import Path

import classroom
import pandas as pd
from remedies import calls, case

from boxloop.base.files import write_text
from boxloop.base.places import Project
from boxloop.classroom import wheels
from boxloop.classroom.command import opened
from boxloop.classroom.serve import Serving
from boxloop.teach.room import join


def teaches(person):
    """Take a teacher's project."""
    person.project = classroom.teacher(person.folder)
    return person.project


def opens(person, port=0, **what):
    """Return the door of a room that is served for a moment."""

    def door():
        with opened(person.project, **what) as room, Serving(room, port, "127.0.0.1"):
            pass

    return calls(door)


@case
def a_room_without_a_student_edition(person):
    project = teaches(person)
    shutil.move(project.root / "workshop" / "student", person.folder / "other")
    yield opens(person), "There is no student edition in"
    yield opens(person, student=person.folder / "other")


@case
def a_room_that_is_served_already(person):
    teaches(person)
    with opened(person.project):
        yield opens(person), "end the other `boxloop room serve`"


@case
def a_room_whose_port_is_taken(person):
    teaches(person)
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        yield opens(person, port=port), f"Port {port} cannot be used"


@case
def a_room_whose_words_are_damaged(person):
    path = teaches(person).root / "workshop" / "room" / "words.json"
    write_text(path, "{")
    yield opens(person), "delete it, and the room has new words"
    path.unlink()


@case
def a_room_whose_journal_is_damaged(person):
    path = teaches(person).root / "workshop" / "room" / "journal.jsonl"
    write_text(path, '{"event": "sent"}\n')
    yield opens(person), "line 1, is damaged: remove that line"
    write_text(path, "")


def labelled(name, change, says):
    """Take a case of labels that cannot judge."""

    def labels(person):
        teaches(person)
        path = classroom.table(person.folder)
        good = path.read_bytes()
        change(path)
        yield opens(person, labels=path), says
        path.write_bytes(good)

    labels.__name__ = f"labels {name}"
    case(labels)


def edited(change):
    """Return what changes a table."""
    return lambda path: change(pd.read_csv(path)).to_csv(path, index=False)


labelled("not there", Path.unlink, "name a CSV or Parquet table with --labels")
labelled("without a column", edited(lambda t: t.drop(columns="height")), "has no column height")
labelled("with a gap", edited(lambda t: t.assign(weight=[None, *t.weight[1:]])), "leave them out")
labelled("too few", edited(lambda t: t.head(20)), "give it 40 or more")


@case
def wheels_of_no_python(person):
    teaches(person)
    person.monkeypatch.setattr(wheels, "_pip", lambda *_: None)
    person.path("pyproject.toml").write_text("[project]\ndependencies = []\n", encoding="utf-8")
    yield person.types("room", "wheels", "--python", "3"), "name one such as --python 3.12"
    yield person.types("room", "wheels", "--python", "3.12")


@case
def wheels_that_pip_does_not_find(person):
    teaches(person)
    said = {"returncode": 1, "stderr": "ERROR: No matching distribution", "stdout": ""}
    answer = type("Done", (), said)
    person.monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: answer)
    person.path("pyproject.toml").write_text("[project]\ndependencies = []\n", encoding="utf-8")
    yield person.types("room", "wheels"), "mend that, such as the network or --python"
    answer.returncode = 0


def student(person):
    """Return a student's project, and begin to work in it."""
    write_text(person.folder / "mine" / "study.toml", classroom.STUDY)
    person.monkeypatch.chdir(person.folder / "mine")
    return Project(person.folder / "mine")


def of_a_room(change, says):
    """Take a case of an address that leads nowhere; the right one is what helps."""

    def address(person):
        teaches(person)
        student(person)
        with classroom.served(person.project) as serving:
            right = f"http://127.0.0.1:{serving.port}/{serving.room.token}"
            yield calls(join, change(right), "Ada"), says
            yield calls(join, right, "Ada")
            yield  # the room stays open until that was tried

    address.__name__ = f"address that {says}"
    case(address)


of_a_room(lambda right: right.rpartition("/")[0], "copy the whole address")
of_a_room(lambda right: f"{right}x", "does not know this word: copy its address")
of_a_room(lambda right: re.sub(r":\d+", ":9", right), "is not reached: is this laptop in")


@case
def a_nickname_that_is_none(person):
    teaches(person)
    student(person)
    with classroom.served(person.project) as serving:
        address = f"http://127.0.0.1:{serving.port}/{serving.room.token}"
        yield calls(join, address, "<b>"), "choose one of 1 to 24 letters"
        yield calls(join, address, "Ada")
        yield


@case
def a_nickname_that_somebody_has(person):
    teaches(person)
    student(person)
    with classroom.served(person.project) as serving:
        address = f"http://127.0.0.1:{serving.port}/{serving.room.token}"
        word = classroom.Student(serving, "Ada").password
        yield calls(join, address, "Ada"), "choose another nickname"
        yield calls(join, address, "Ada", word)
        yield
