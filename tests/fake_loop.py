"""A project of five tiny notebooks, so that the runner can be tested in seconds."""

import contextlib
import json
import threading
from pathlib import Path

from study_files import STUDY

from boxloop.base.places import Project
from boxloop.notebooks.file import signed
from boxloop.record.facts import inputs

# What boxloop.record.station.Station does, in a few lines of plain Python.
BODY = """
import hashlib, json, pathlib
root = pathlib.Path.cwd().parent
folder = root / "results" / {name!r}
(folder / "station.json").unlink(missing_ok=True)
{fault}
hashes = lambda names: {{n: hashlib.sha256((root / n).read_bytes()).hexdigest() for n in names}}
needs = hashes({needs!r})
for item in {makes!r}:
    (root / item).parent.mkdir(parents=True, exist_ok=True)
    (root / item).unlink(missing_ok=True)  # as a file that is replaced whole
    (root / item).write_text(str(extra), encoding="utf-8")
folder.mkdir(parents=True, exist_ok=True)
facts = {{"notebook": {name!r}, "smoke": smoke, "needs": needs, "makes": hashes({makes!r})}}
(folder / "station.json").write_text(json.dumps(facts), encoding="utf-8")
"""

# name: (needs, makes); 03 and 04 are two branches of 02.
GRAPH = {
    "01_scoping": ([], ["data/raw/all.txt"]),
    "02_split": (["data/raw/all.txt"], ["data/interim/train.txt"]),
    "03_train": (["data/interim/train.txt"], ["results/03_train/model.txt"]),
    "04_look": (["data/interim/train.txt"], ["results/04_look/look.txt"]),
    "05_release": (["results/03_train/model.txt"], ["results/05_release/card.txt"]),
}


def cell(kind, cell_id, source, tags=()):
    """Return a notebook cell."""
    extra = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {
        "cell_type": kind,
        "id": cell_id,
        "metadata": {"tags": list(tags)},
        "source": source,
    } | extra


def notebook(name, needs, makes, *, fault="", parameters="smoke = False\nextra = 1.5"):
    """Return a notebook that does what its metadata says."""
    body = BODY.format(name=name, needs=needs, makes=makes, fault=fault)
    return {
        "cells": [
            cell("markdown", "title", f"# {name}"),
            cell("code", "parameters", parameters, ["parameters"]),
            cell("code", "work", body),
        ],
        "metadata": {
            "boxloop": {"needs": needs, "makes": makes, "minutes": {"read": 1, "run": 1}},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write_notebook(project, name, content):
    """Write a notebook into the project."""
    path = project.notebooks / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def make_project(root, *, graph=GRAPH, faults=None):
    """Write a project with the notebooks of `graph` into `root`, and return it."""
    project = Project(Path(root))
    for folder in (project.notebooks, project.study):
        folder.mkdir(parents=True, exist_ok=True)
    project.settings_file.write_text(STUDY, encoding="utf-8")
    (project.study / "__init__.py").write_text('"""Nothing."""\n', encoding="utf-8")
    for name, (needs, makes) in graph.items():
        extra = (
            {"parameters": 'smoke = False\nextra = 1.5\nrelease_reason = ""'}
            if "release" in name
            else {}
        )
        write_notebook(
            project, name, notebook(name, needs, makes, fault=(faults or {}).get(name, ""), **extra)
        )
    return project


# Two chapters side by side share this process, and so its working directory.
_TURN = threading.Lock()


def fake_execute(project, chapter, parameters, **_):
    """Do what the executor does, in this process; a cell may `raise`."""
    content = json.loads(chapter.path.read_text(encoding="utf-8"))
    content["metadata"]["papermill"] = {"parameters": parameters}
    content["metadata"]["boxloop"]["inputs"] = inputs(project)
    names, error = {}, None
    with _TURN, contextlib.chdir(project.notebooks):
        for item in content["cells"]:
            if item["cell_type"] != "code":
                continue
            try:
                exec(item["source"], names)
                names |= parameters
            except Exception as fault:
                error = f"{chapter.name}, cell {item['id']}: {type(fault).__name__}: {fault}"
                name, text = type(fault).__name__, str(fault)
                item["outputs"] = [
                    {"output_type": "error", "ename": name, "evalue": text, "traceback": []}
                ]
                break
    project.executed.mkdir(parents=True, exist_ok=True)
    (project.executed / f"{chapter.name}.ipynb").write_text(signed(content), encoding="utf-8")
    return error
