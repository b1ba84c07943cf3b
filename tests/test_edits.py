"""What was edited between two passes: named by key, function and cell, and taken back."""

import copy
import tomllib

import pytest
from study_files import STUDY

from boxloop.record.blocks import IMPORTS, LOOSE, alike, compose, pieces
from boxloop.record.causes import Causes
from boxloop.record.edits import edits, made_anew, words
from boxloop.run.rewrite import as_toml

DATA = "from . import sky\n\n\ndef rows():\n    return sky.N\n"
CELL = {"id": "fit", "tags": [], "source": "fit(1)"}


@pytest.fixture
def before():
    """Causes with a bit of everything."""
    return Causes(
        settings=STUDY,
        study={
            "study/data.py": DATA,
            "study/sky.py": "N = 3\n",
            "study/models.py": "def a():\n    return 1\n\n\nclass B:\n    x = 1\n",
            "study/stress.py": "def noise():\n    return 1\n",
        },
        notebooks={
            name: {"needs": [], "makes": [], "cells": [dict(CELL)]}
            for name in ("01_scoping", "04_train", "06_stress_test")
        },
        answers={"why": "Because."},
        prose={"01_scoping": "a"},
        data={"data/raw/a.csv": "1", "data/raw/b.csv": "1"},
        made=["data/raw/b.csv"],
    )


def said(before, after):
    """Return ``(group, label, change)`` of what was edited."""
    return [(edit.group, edit.label, edit.change) for edit in edits(before, after)]


def test_settings_are_named_by_their_keys(before):
    """A column's role, a number, a level, a criterion by its name, a key that is new."""
    after = copy.deepcopy(before)
    after.settings = (
        STUDY.replace('role = "group"', 'role = "nuisance"')
        .replace("train = 0.6", "train = 0.5\nfolds = 5")
        .replace("at_least = 0.2", "at_least = 0.1")
        + "\n[stress]\nnoise = [1.0, 2.0]\n[columns.'a b']\nrole = 'id'\n"
    )
    assert said(before, after) == [
        ("settings", "study.criteria", '"better than the line", at_least: 0.2 -> 0.1'),
        ("settings", "columns.family.role", '"group" -> "nuisance"'),
        ("settings", 'columns."a b"', 'nothing -> {role = "id"}'),
        ("settings", "split.train", "0.6 -> 0.5"),
        ("settings", "split.folds", "nothing -> 5"),
        ("stress", "stress", "nothing -> {noise = [1.0, 2.0]}"),
    ]


def test_science_is_named_by_function_and_group(before):
    """What data.py imports belongs to the data; what is added or removed is said to be."""
    after = copy.deepcopy(before)
    after.study |= {
        "study/sky.py": "N = 4\n",
        "study/models.py": "import os\n\n\nclass B:\n    x = 2\n\n\ndef c():\n    return 1\n",
        "study/stress.py": "def noise():\n    return 2\n",
        "study/extra.py": "print(1)\n",
    }
    assert said(before, after) == [
        ("models", "study/extra.py", "added"),
        ("models", "study/models.py: a", "removed"),
        ("models", "study/models.py: B", "changed"),
        ("models", f"study/models.py: {IMPORTS}", "added"),
        ("models", "study/models.py: c", "added"),
        ("data", "study/sky.py: N", "changed"),
        ("stress", "study/stress.py: noise", "changed"),
    ]


def test_cells_parameters_and_data_are_named(before):
    """A cell under another id with the same code is the same; data that a notebook makes follow."""
    after = copy.deepcopy(before)
    after.notebooks["01_scoping"]["cells"][0]["source"] = "fit(2)"
    after.notebooks["04_train"]["cells"] = [
        CELL | {"id": "other"},
        CELL | {"id": "new", "source": "x"},
    ]
    after.notebooks["06_stress_test"]["cells"][0]["source"] = "%time fit(1)"
    after.notebooks["06_stress_test"]["needs"] = ["data/raw/*"]
    after.parameters = {"04_train": {"extra": 2}}
    after.data = {"data/raw/a.csv": "2", "data/raw/b.csv": "2"}

    assert said(before, after) == [
        ("settings", "04_train, parameter extra", "nothing -> 2"),
        ("data", "01_scoping, cell fit", "changed"),
        ("models", "04_train, cell new", "added"),
        ("stress", "06_stress_test, what it needs and makes", "changed"),
        ("stress", "06_stress_test, cell fit", "changed"),
        ("data", "data/raw/a.csv", "changed"),
    ]
    assert made_anew(before, after) == ["data/raw/b.csv"]


def test_words_are_no_edits(before):
    """Comments, docstrings, layout, answers and Markdown; each is told as words."""
    after = copy.deepcopy(before)
    after.settings = f"# mine\n{STUDY}"
    after.study["study/data.py"] = f'"""New."""\n{DATA}  # end\n'
    after.notebooks["04_train"]["cells"][0]["source"] = "# why\nfit( 1 )"
    after.notebooks["04_train"]["cells"].append(CELL | {"id": "note", "source": "# nothing"})
    after.answers, after.prose = {"why": "Why not."}, {"01_scoping": "b"}

    assert edits(before, after) == []
    places = "04_train, study.toml, study/data.py"
    assert words(before, after) == [
        "answers: why",
        "Markdown of 01_scoping",
        f"comments, docstrings or layout of {places}",
    ]
    assert words(before, before) == []


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("x = 1", "x = 1  # one", True),
        ("def f():\n    '''A.'''\n    return 1", "def f():\n    return 1", True),
        ("class A:\n    '''B.'''", "class A:\n    pass", True),
        ("x = 'a'", "x = 'b'", False),
        ("%magic", "%magic ", True),
        ("%magic", "%other", False),
        ("f(", "f(", True),
    ],
)
def test_what_parses_alike_is_alike(one, two, same):
    """A docstring is words, a text that is used is not; what is no Python counts as it stands."""
    assert (alike(one) == alike(two)) is same


OLD = """from __future__ import annotations
import os
A = 1
def f():
    return 1
def gone():
    return 1
register(gone)
T = [f, gone]
"""
NEW = """from __future__ import annotations
import os, sys
A = 2
def f():
    return 2
def come():
    return 1
T = [f, come]
"""


@pytest.mark.parametrize(
    "names", [[], ["f"], ["A", "f"], ["come"], [IMPORTS], ["gone", LOOSE, "T"]]
)
def test_single_pieces_are_taken_back(names):
    """Those that are named are as in the old file, all others as in the new one; it runs."""
    found, old, new = pieces(compose(OLD, NEW, names)), pieces(OLD), pieces(NEW)

    wanted = {name: (old if name in names else new).get(name) for name in {**old, **new}}
    assert found == {name: text for name, text in wanted.items() if text is not None}
    if "come" not in names:
        exec(compose(OLD, NEW, names), {"register": print, "__name__": "m"})


def test_all_pieces_taken_back_are_the_old_file():
    """In its order, so that what needs an earlier line finds it."""
    text = compose(OLD, NEW, {**pieces(OLD), **pieces(NEW)})

    assert list(pieces(text).items()) == list(pieces(OLD).items())


def test_settings_written_anew_say_the_same():
    """Texts, dates, lists of tables, odd names, numbers of every kind."""
    text = STUDY + (
        '["a.b"]\nx = "q\\"\\u007f"\nd = 2026-01-02\nf = 1e-100\ni = -inf\nb = true\n'
        "[c.d.e]\nl = [[1, 2], []]\nm = {n = 1}\n"
    )
    assert tomllib.loads(as_toml(tomllib.loads(text))) == tomllib.loads(text)
