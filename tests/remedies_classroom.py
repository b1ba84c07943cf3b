"""Cases of `boxloop room`: what the teacher is told, and what a student is."""

import re
import shutil
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import classroom
import pandas as pd
import remedies_editions
from remedies import calls, case

from boxloop.base.files import read_json, write_json, write_text
from boxloop.base.places import Project
from boxloop.classroom import members, wheels
from boxloop.classroom.command import opened
from boxloop.classroom.contest import Contest
from boxloop.classroom.serve import Serving
from boxloop.teach import enter, exercises, hidden_rows, room, send
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
def a_room_before_its_workshop(person):
    remedies_editions.workshop(person, *remedies_editions.whole())
    yield opens(person), "There is no student edition in"
    person.does("workshop")


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
def a_room_whose_port_stays_taken(person):
    teaches(person)
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield opens(person, port=there.getsockname()[1]), "name another with --port"
        yield opens(person)
        yield


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


labelled("not there", Path.unlink, "name another table with --labels")
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


@contextmanager
def visited(person, **what):
    """Yield a room, and its address, with a student before its door."""
    teaches(person)
    mine = student(person)
    with classroom.served(person.project, **what) as serving:
        yield serving, address_of(serving)
    person.project = mine


def address_of(serving):
    return f"http://127.0.0.1:{serving.port}/{serving.room.token}"


@case
def a_nickname_that_is_none(person):
    with visited(person) as (_, address):
        yield calls(join, address, "<b>"), "choose one of at most 24 letters"
        yield calls(join, address, "Ada")
        yield


@case
def a_nickname_that_was_mine(person):
    with visited(person) as (serving, address):
        word = classroom.Student(serving, "Ada").password
        yield calls(join, address, "Ada"), "add --password and the word"
        yield calls(join, address, "Ada", word)
        yield


@case
def a_nickname_that_somebody_has(person):
    with visited(person) as (serving, address):
        classroom.Student(serving, "Ada")
        yield calls(join, address, "Ada"), "choose another nickname"
        yield calls(join, address, "Ada 2")
        yield


@case
def a_room_that_is_full(person):
    person.monkeypatch.setattr(members, "MOST_MEMBERS", 1)
    with visited(person) as (serving, address):
        classroom.Student(serving, "Ada")
        yield calls(join, address, "Bob"), "ask who serves it to begin another"
        (person.folder / "next").mkdir()
        with classroom.served(classroom.teacher(person.folder / "next")) as other:
            yield calls(join, address_of(other), "Bob")
            yield


@case
def no_room_was_joined(person):
    teaches(person)
    student(person)
    with classroom.served(person.project, labels=classroom.table(person.folder)) as serving:
        yield calls(hidden_rows), "Join a room first"
        join(address_of(serving), "Ada")
        yield calls(hidden_rows)
        yield


@case
def a_room_that_has_forgotten_a_student(person):
    """As after its journal was removed."""
    with visited(person) as (_, address):
        known = {"address": address, "name": "Ada", "password": "a", "last": 3}
        write_json(Path(room.KEPT), known)
        yield calls(send), "join it again with `boxloop room join ADDRESS --as NICKNAME`"
        join(address, "Ada")
        yield calls(send)
        yield


@case
def what_no_exercise_leaves(person):
    with visited(person) as (_, address):
        join(address, "Ada")
        states = Path("results", "exercises.json")
        write_json(states, {"1.1": {"state": "odd", "tries": 1}})
        yield calls(send), "does not understand what it was sent of exercise 1.1: run the cell"
        exercises._note("1.1", "right", "Well.")
        yield calls(send)
        yield


@case
def a_message_of_another_program(person):
    with visited(person) as (_, address):
        join(address, "Ada")
        yield calls(room._post, address, "report", []), "send it with these"
        yield calls(send)
        yield


@case
def a_message_without_a_number(person):
    with visited(person) as (_, address):
        join(address, "Ada")
        known = read_json(Path(room.KEPT))
        sent = {"name": "Ada", "exercises": {}}
        yield calls(room._post, address, "report", sent, known), "join the room again"
        join(address, "Ada")
        yield calls(send)
        yield


@case
def a_message_that_others_overtake(person):
    """Of the same student: another notebook sends at the same moments."""
    post, tries = room._post, iter(range(5))

    def overtaken(*words):
        if next(tries, None) is not None:
            raise room._Older("Something newer came from you before: send it again.", 9)
        return post(*words)

    with visited(person) as (_, address):
        join(address, "Ada")
        person.monkeypatch.setattr(room, "_post", overtaken)
        yield calls(send), "taking in something else of yours: send it again"
        yield calls(send)
        yield


@case
def a_room_without_labels(person):
    with visited(person) as (serving, address):
        join(address, "Ada")
        yield calls(hidden_rows), "has no hidden labels: ask who serves it"
    teacher = Project(person.folder / "course")
    labels = classroom.table(person.folder)
    with classroom.served(teacher, port=serving.port, labels=labels):
        yield calls(hidden_rows)
        yield


@case
def an_entry_that_the_room_fails_at(person):
    def fails(*_):
        raise MemoryError

    teaches(person)
    student(person)
    with classroom.served(person.project, labels=classroom.table(person.folder)) as serving:
        join(address_of(serving), "Ada")
        said = hidden_rows()[["row"]].assign(prediction=60.0)
        with person.monkeypatch.context() as patch:
            patch.setattr(Contest, "score", fails)
            yield calls(enter, said), "The room has refused that (500): ask who serves it"
        yield calls(enter, said)
        yield


class _Other(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_):
        pass


@case
def what_answers_is_no_room(person):
    """A printer, a router."""
    with visited(person) as (_, address), HTTPServer(("127.0.0.1", 0), _Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{other.server_address[1]}/word"
        yield calls(join, there, "Ada"), "is no room: copy the address from the blackboard again"
        yield calls(join, address, "Ada")
        other.shutdown()
        yield


@case
def states_of_exercises_that_are_damaged(person):
    write_text(student(person).results / "exercises.json", "{")
    yield calls(exercises._note, "1.1", "right", "Well."), "delete it and check again"
    Path("results", "exercises.json").unlink()
