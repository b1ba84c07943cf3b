"""A chapter that was run in JupyterLab counts where its saved notebook shows that very run."""

import json

import pytest
from fake_loop import fake_execute, make_project

from boxloop.base.files import fingerprint
from boxloop.notebooks.file import code_cells, read_copy, read_notebook, signed
from boxloop.record.status import status
from boxloop.run import loop
from boxloop.run.loop import run

RUN = "a1"
MARK = {
    "output_type": "display_data",
    "data": {"text/plain": "Save this notebook"},
    "metadata": {"boxloop": {"run": RUN}},
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project after a run, of which 04 was run again in JupyterLab and saved."""
    monkeypatch.setattr(loop, "execute", fake_execute)
    monkeypatch.setattr(loop, "load_engine", lambda _: None)
    monkeypatch.setattr(loop, "_report", lambda *_: None)
    project = make_project(tmp_path)
    assert run(project, echo=lambda _: None).ok
    by_hand(project)
    copy = project.executed / "04_look.ipynb"
    notebook = read_copy(copy)
    notebook["metadata"]["boxloop"]["station"] = "that of the run before"
    copy.write_text(signed(notebook), encoding="utf-8")
    return project


def by_hand(project, **facts):
    """Leave what a run by hand and a save leave."""
    path = project.notebooks / "04_look.ipynb"
    typed = [text.rstrip("\n") for _, text in code_cells(read_notebook(path))]
    station = project.station("04_look") / "station.json"
    known = json.loads(station.read_text(encoding="utf-8"))
    known["by_hand"] = {"run": RUN, "cells": fingerprint(typed)} | facts
    station.write_text(json.dumps(known), encoding="utf-8")
    change(project, run_through)


def change(project, how):
    """Change the saved notebook of 04 by a function of its code cells."""
    path = project.notebooks / "04_look.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    how([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def run_through(code):
    for count, cell in enumerate(code, 1):
        shown = {"output_type": "stream", "name": "stdout", "text": "seen by hand\n"}
        cell["execution_count"], cell["outputs"] = count, [shown]
    code[-1]["outputs"] = [*code[-1]["outputs"], MARK]


def row(project):
    return next(row for row in status(project) if row.name == "04_look")


def test_it_counts_and_the_report_has_its_copy(project):
    """With what was shown, but without the mark; a run leaves it alone."""
    assert row(project).state == "done"
    text = json.dumps(read_copy(project.executed / "04_look.ipynb"))
    assert "seen by hand" in text
    assert RUN not in text
    assert [r.state for r in run(project, echo=lambda _: None).results] == ["current"] * 5


def test_it_counts_without_a_copy_of_before(project):
    """A chapter that no `boxloop run` has seen."""
    (project.executed / "04_look.ipynb").unlink()

    assert row(project).state == "done"


def test_a_copy_that_is_kept_outlives_the_outputs(project):
    """A checkout takes them from the notebook; the copy stays."""
    assert row(project).state == "done"
    change(project, lambda code: [cell.update(outputs=[], execution_count=None) for cell in code])

    assert row(project).state == "done"


def test_what_is_not_saved_does_not_count(project):
    """The saved notebook shows an earlier run with the same cells."""
    by_hand(project, run="a2")

    assert row(project).state == "stale"
    assert row(project).detail == "run by hand: save that notebook, and it counts"


def test_a_cell_that_was_run_again_does_not_count(project):
    """Nobody knows what the others would show."""
    change(project, lambda code: code[0].update(execution_count=9))

    assert "not from top to bottom in a new kernel: Kernel > Restart" in row(project).detail


def test_a_cell_that_was_edited_does_not_count(project):
    """What it shows is of before."""
    change(project, lambda code: code[0].update(source="smoke = False\nextra = 2.5"))

    assert "its cells were changed since" in row(project).detail


def test_a_cell_that_was_not_run_does_not_count(project):
    """Not even where nothing needs it."""

    def without(code):
        code[1].update(execution_count=None, outputs=[MARK])

    change(project, without)

    assert "not from top to bottom" in row(project).detail


def test_other_science_makes_it_stale(project):
    """As any other chapter: a copy is a copy."""
    assert row(project).state == "done"
    (project.study / "__init__.py").write_text("NEW = 1\n", encoding="utf-8")

    assert row(project).state == "stale"
