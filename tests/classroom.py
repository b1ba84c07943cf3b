"""A room on loopback with a small student edition, and students that are processes' worth of it."""

import contextlib
import hashlib
import hmac
import http.client
import json
import time

import numpy as np
import pandas as pd
from study_files import STUDY

from boxloop.base.files import write_json, write_text
from boxloop.base.places import Project
from boxloop.classroom.command import opened
from boxloop.classroom.serve import Serving


def teacher(folder):
    """Write a project with a student edition of two exercises, and return it."""
    project = Project(folder / "course")
    student = project.root / "workshop" / "student"
    for root in (project.root, student):
        write_text(root / "study.toml", STUDY)
    for number in ("1.1", "3.2"):
        metadata = {"boxloop": {"exercise": number, "minutes": 8}}
        cell = {"cell_type": "markdown", "id": "e", "metadata": metadata, "source": "Write."}
        book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        write_json(student / "notebooks" / f"0{number[0]}_some.ipynb", book)
    return project


def table(folder, families=60):
    """Write rows with their truth for the study of the small projects, and return their path."""
    draw = np.random.default_rng(3)
    height = draw.normal(1.7, 0.1, size=2 * families)
    family = np.repeat(np.arange(families), 2)
    weight = 40 * height + draw.normal(size=2 * families)
    frame = pd.DataFrame({"height": height, "family": family, "weight": weight})
    frame.to_csv(folder / "labels.csv", index=False)
    return folder / "labels.csv"


@contextlib.contextmanager
def served(project, port=0, **what):
    """Yield a room that answers on loopback alone."""
    with opened(project, **what) as room, Serving(room, port, "127.0.0.1") as serving:
        yield serving


def ask(serving, path, body=None, method=None, **headers):
    """Return status, headers and text of one answer."""
    line = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=30)
    try:
        line.request(method or ("GET" if body is None else "POST"), path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        line.close()


class Student:
    """Somebody with a nickname; `password` is all that a killed laptop has to remember."""

    def __init__(self, serving, name, password=None):
        self.serving, self.name = serving, name
        sent = json.dumps({"name": name, "password": password})
        status, _, said = ask(serving, f"/{serving.room.token}/join", sent)
        self.joined = json.loads(said)
        assert status == 200, said
        self.password, self.number = self.joined["password"], self.joined["last"]

    def signed(self, what, sent):
        """Return a message and its signature."""
        body = json.dumps({"name": self.name} | sent)
        key = hashlib.sha256(self.password.encode()).hexdigest().encode()
        right = hmac.new(key, f"{what}\n{body}".encode(), "sha256").hexdigest()
        return body, right

    def posts(self, what, sent):
        """Send a message and return status and answer."""
        body, right = self.signed(what, sent)
        path = f"/{self.serving.room.token}/{what}"
        status, _, said = ask(self.serving, path, body, **{"Boxloop-Signature": right})
        return status, json.loads(said)

    def sends(self, exercises, **more):
        """Send states of exercises."""
        self.number += 1
        return self.posts("report", {"number": self.number, "exercises": exercises, **more})


def state(serving):
    """Return what the teacher's page is told, and in how many seconds."""
    begun = time.perf_counter()
    status, _, said = ask(serving, f"/teacher/{serving.room.teacher}/state.json")
    assert status == 200
    return json.loads(said), time.perf_counter() - begun


def tried(state="wrong", tries=1, said=""):
    """Return the state of an exercise as `results/exercises.json` has it."""
    return {"state": state, "tries": tries, "said": said}
