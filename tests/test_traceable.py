"""A number in prose is a link to its result: wrong ones are caught, right ones are let alone."""

import json

import pytest
from planted import CHECKS, KEYS, LADDER, NUMBERS, RIGHT, SETS, SETTINGS, WRONG

from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.record.prose import numbers_said
from boxloop.record.traced import Results


def toml(table, name=""):
    """Return tables of numbers as TOML."""
    plain = [f"{key} = {value}" for key, value in table.items() if not isinstance(value, dict)]
    inner = [
        toml(value, f"{name}{key}.") for key, value in table.items() if isinstance(value, dict)
    ]
    head = [f"[{name[:-1]}]"] if name else []
    return "\n".join([*head, *plain, *inner])


def markdown(text, cell="seen"):
    """Return a notebook with one cell of prose."""
    cells = [{"cell_type": "markdown", "id": cell, "metadata": {}, "source": text}]
    about = {"boxloop": {"needs": [], "makes": []}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the results that the sentences of `planted` speak of."""
    project = Project(tmp_path_factory.mktemp("bats"))
    project.notebooks.mkdir()
    project.study.mkdir()
    bib = "".join(f"@article{{{key},\n  year = {{{key[-4:]}}}\n}}\n" for key in KEYS)
    (project.study / "references.bib").write_text(bib, encoding="utf-8")
    project.settings_file.write_text(toml(SETTINGS), encoding="utf-8")
    for name in ("03_split", "04_train", "05_diagnose"):
        write(project, name, markdown("Nothing."))
    for name, numbers in NUMBERS.items():
        project.station(name).mkdir(parents=True)
        (project.station(name) / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    (project.station("04_train") / "ladder.csv").write_text(LADDER, encoding="utf-8")
    return project


def write(project, name, notebook):
    """Write a notebook."""
    path = project.notebooks / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def judged(project, text):
    """Return the check of a project whose last notebook says this."""
    write(project, "08_release", markdown(text))
    return run_check("answers.traceable", numbers_said(project, Results(project, SETS, CHECKS)))


@pytest.mark.parametrize("sentence", RIGHT)
def test_a_right_sentence_is_let_alone(project, sentence):
    """Traced and right, cited, given, or no number of the study."""
    assert judged(project, sentence).state == "pass"


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_sentence_is_caught(project, sentence):
    """Wrong where it is a link; bare, and so waiting for a person, where it is none."""
    assert judged(project, sentence).state == ("fail" if "](#" in sentence else "unanswered")


def test_there_are_sixty_of_each():
    """So that one in sixty means something."""
    assert (len(set(RIGHT)), len(set(WRONG))) == (60, 60)
