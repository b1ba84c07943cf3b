"""Moving lines on a terminal, plain ones elsewhere, and on request what the cells print."""

import io
import json
import time

import pytest
from fake_loop import make_project

from boxloop.notebooks.file import signed
from boxloop.notebooks.graph import read_loop
from boxloop.run.execute import execute, load_engine
from boxloop.run.loop import run
from boxloop.run.progress import Lines, Live, Told, expected_seconds, lines_for

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def test_a_line_tells_cells_elapsed_and_expected(project):
    """Two code cells; the last run took 12 s."""
    chapter = read_loop(project)[0]
    project.executed.mkdir(parents=True)
    copy = json.loads(chapter.path.read_text(encoding="utf-8"))
    copy["metadata"]["papermill"] = {"duration": 12.3}
    (project.executed / "01_scoping.ipynb").write_text(signed(copy), encoding="utf-8")
    told = Told(chapter, expected_seconds(project, chapter))
    told.start = time.monotonic() - 3

    assert told.line() == "01 scoping            3.0 s of about 12 s, cell 1 of 2"
    told.hooks()["on_cell_executed"](cell=None, cell_index=1, execute_reply=None)
    assert told.line().endswith("cell 2 of 2")


def test_a_first_run_has_no_expectation(project):
    """And a missing copy is no error."""
    chapter = read_loop(project)[0]

    assert "of about" not in Told(chapter, expected_seconds(project, chapter)).line()


def test_plain_lines_where_there_is_no_terminal():
    """A log file gets no control characters."""
    assert type(lines_for(io.StringIO(), echo=print)) is Lines


def test_a_terminal_shows_what_runs(project):
    """The moving lines are the running chapters, in their order."""
    lines, (first, second, *_) = Live(), read_loop(project)
    with lines.running(first, project), lines.running(second, project):
        assert [line[:8] for line in lines._lines().plain.splitlines()] == ["01 scopi", "02 split"]
    assert lines._lines().plain == ""


@pytest.mark.parametrize("cold", [True, False])
def test_verbose_shows_what_cells_print(tmp_path, quick, monkeypatch, cold):
    """Line by line, with the name of the notebook."""
    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", load_engine)
    project = make_project(
        tmp_path,
        graph={"01_a": ([], ["data/1.txt"])},
        faults={"01_a": "print('hello'); print('there')"},
    )
    heard = []
    assert run(project, cold=cold, lines=Lines(heard.append, verbose=True)).ok

    assert [line for line in heard if "|" in line] == ["01 a | hello", "01 a | there"]
