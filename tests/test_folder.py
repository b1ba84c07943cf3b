"""Chapters and what only looks like one.

Copies, scratch, damaged, renamed and deleted notebooks.
"""

import json
import shutil

import pytest
from fake_loop import GRAPH, make_project, notebook, write_notebook

from boxloop.base.errors import UserError
from boxloop.notebooks.folder import chapter_names, files_of, sort_notebooks
from boxloop.notebooks.graph import read_loop
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def silent(text):
    """Take the progress lines."""


def said(project):
    """Run, and return what was said before the notebooks began."""
    lines = []
    run(project, echo=lines.append)
    return lines[0]


@pytest.mark.parametrize(
    "name", ["03_train-Copy1", "03_train copy", "03_train (1)", "03_train - Copy"]
)
def test_a_copy_is_no_chapter_and_is_said_so(project, quick, name):
    """As JupyterLab, macOS, Windows and browsers name copies.

    It is not run, and nothing else changes.
    """
    run(project, echo=silent)
    shutil.copy(project.notebooks / "03_train.ipynb", project.notebooks / f"{name}.ipynb")

    assert (
        said(project)
        == f"notebooks/{name}.ipynb is no chapter and does not run: it is a copy of 03_train."
    )
    assert chapter_names(project) == list(GRAPH)
    assert {result.state for result in run(project, echo=silent).results} == {"current"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("03_train_old", "it makes the results of 03_train"),
        ("09_train", "it makes the results of 03_train"),
    ],
)
def test_a_copy_under_a_name_of_its_own(project, quick, name, reason):
    """It would write over the results of the chapter that it was copied from."""
    shutil.copy(project.notebooks / "03_train.ipynb", project.notebooks / f"{name}.ipynb")

    assert said(project) == f"notebooks/{name}.ipynb is no chapter and does not run: {reason}."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it cannot be read as a notebook"),
        ("", "it cannot be read as a notebook"),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "its metadata do not say what it needs and makes",
        ),
    ],
)
def test_a_scratch_notebook_stops_nothing(project, quick, text, reason):
    """Damaged or not: the loop runs, and the sentence says why this one does not."""
    (project.notebooks / "99_scratch.ipynb").write_text(text, encoding="utf-8")
    (project.notebooks / "scratch.ipynb").write_text(text, encoding="utf-8")
    lines = []

    assert run(project, echo=lines.append).ok
    assert lines[0] == f"notebooks/99_scratch.ipynb is no chapter and does not run: {reason}."
    assert not any(" scratch.ipynb" in line for line in lines)


def test_an_extra_chapter_runs(project, quick):
    """A ninth notebook that says what it needs and makes belongs to the loop."""
    write_notebook(
        project,
        "09_paper",
        notebook("09_paper", ["results/03_train/model.txt"], ["results/09_paper/table.txt"]),
    )

    assert [result.state for result in run(project, echo=silent).results] == ["ok"] * 6
    assert chapter_names(project)[-1] == "09_paper"


def test_two_chapters_with_one_number(project, quick):
    """The one that has results stays; the other is named."""
    run(project, echo=silent)
    write_notebook(
        project, "03_a_newer_one", notebook("03_a_newer_one", [], ["results/03_a_newer_one/x.txt"])
    )

    assert (
        said(project)
        == "notebooks/03_a_newer_one.ipynb is no chapter and does not run: 03_train has its number."
    )


def test_a_renamed_chapter_is_not_run_under_another_name(project, quick):
    """Its results are those of the old name; given that name back, all is as before."""
    run(project, echo=silent)
    path = project.notebooks / "04_look.ipynb"
    path.rename(path.with_name("04_watch.ipynb"))
    lines = []
    outcome = run(project, echo=lines.append)

    assert "it makes the results of 04_look, so give it that name" in lines[0]
    assert not outcome.ok and outcome.pass_number is None
    path.with_name("04_watch.ipynb").rename(path)
    assert run(project, echo=silent).pass_number == 1


def test_a_deleted_chapter_is_named_until_its_results_are_gone(project, quick):
    """Nobody needs 04: the rest runs, there is no pass, and both remedies of the sentence help."""
    run(project, echo=silent)
    path = project.notebooks / "04_look.ipynb"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    outcome = run(project, echo=silent)

    assert outcome.problems == [
        (
            "notebooks/04_look.ipynb is gone, so its results do not count: restore it from your "
            "last commit, or delete results/04_look and report/notebooks/04_look.ipynb."
        )
    ]
    assert outcome.pass_number is None
    path.write_text(text, encoding="utf-8")
    assert run(project, echo=silent).pass_number == 1
    path.unlink()
    shutil.rmtree(project.station("04_look"))
    (project.executed / "04_look.ipynb").unlink()
    assert run(project, echo=silent).pass_number == 2


def test_what_a_deleted_chapter_made_is_not_used(project, quick):
    """05 needs what 03 made: nothing runs on what is left of it."""
    run(project, echo=silent)
    (project.notebooks / "03_train.ipynb").unlink()

    with pytest.raises(
        UserError,
        match=(
            r"05_release needs results/03_train/model.txt, which 03_train made: restore "
            r"notebooks/03_train.ipynb"
        ),
    ):
        run(project, echo=silent)


def test_a_damaged_chapter_is_named(project, quick):
    """It is one of the loop, so nothing can be said without it."""
    run(project, echo=silent)
    (project.notebooks / "04_look.ipynb").write_text("{", encoding="utf-8")

    with pytest.raises(UserError, match=r"04_look.ipynb is not a readable notebook"):
        read_loop(project)
    assert sort_notebooks(project).gone == ()


def test_only_chapters_are_inputs(project, quick):
    """A pattern such as notebooks/*.ipynb means the loop: scratch does not make anything stale."""
    (project.notebooks / "99_scratch.ipynb").write_text("{", encoding="utf-8")
    (project.notebooks / "notes.ipynb").write_text(
        json.dumps(notebook("x", [], [])), encoding="utf-8"
    )

    found = [path.stem for path in files_of(project, ["notebooks/*.ipynb", "notebooks/0*.ipynb"])]
    assert found == list(GRAPH)


def test_an_empty_project_has_no_chapters(tmp_path):
    """And no complaint."""
    assert sort_notebooks(make_project(tmp_path, graph={})).chapters == ()
