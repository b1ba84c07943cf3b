"""What a person types all day: help that fits, versions, completion, where a run has failed."""

import os
import subprocess
import sys
import webbrowser

import pytest
from conftest import ROOT, TEMPLATE

import boxloop
from boxloop.cli import cli
from boxloop.notebooks.failed import places

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call


@pytest.mark.parametrize("name", ["", *cli.commands])
def test_help_fits_eighty_columns(call, monkeypatch, name):
    """On a wide terminal too: nobody reads lines of 200 signs."""
    for columns in ("80", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        code, out, _ = call(*filter(None, [name]), "--help")
        assert code == 0 and out.startswith("Usage: boxloop")
        assert [line for line in out.splitlines() if len(line) > 80] == []


def test_the_version(call, project):
    """Of the machinery and Python; that of the template where it is another."""
    code, out, _ = call("--version")
    assert code == 0
    python = ".".join(map(str, sys.version_info[:3]))
    assert out == f"boxloop {boxloop.__version__}, Python {python}\n"

    made = '[tool.boxloop]\ntemplate_version = "0.0.1"\n'
    (project.root / "pyproject.toml").write_text(made, encoding="utf-8")
    assert "made with template 0.0.1" in call("--version")[1]
    for damaged in ("[", "tool = 1", "[tool]\nboxloop = 1"):
        (project.root / "pyproject.toml").write_text(damaged, encoding="utf-8")
        assert call("--version")[1] == out


@pytest.mark.parametrize("name", ["4", "04", "look", "04_look", "notebooks/04_look.ipynb"])
def test_a_chapter_by_any_of_its_names(call, name):
    """Also as a shell completes its path."""
    assert call("run")[0] == 0
    code, out, _ = call("run", "--only", name)
    assert code == 0 and "04 look" in out and "03 train" not in out
    assert "04 look" in call("run", "--from", name)[1]


def completed(project, shell, line, **more):
    """Return what the program says to a shell that completes a line."""
    words = {"_BOXLOOP_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, **more}
    count = str(len(line.split()) - (not line.endswith(" ")))
    env = os.environ | {"PYTHONPATH": str(TEMPLATE), "COMP_CWORD": count} | words
    done = subprocess.run(
        [sys.executable, "-m", "boxloop"],
        cwd=project.root,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.split()


def test_the_shell_completes(project):
    """Commands, options and chapters: as the README of the machinery says."""
    assert completed(project, "bash", "boxloop sta") == ["plain,status"]
    assert completed(project, "zsh", "boxloop run --sm")[:2] == ["plain", "--smoke"]
    chapters = completed(project, "bash", "boxloop run --from 0")
    assert chapters == [f"plain,0{n}" for n in range(1, 6)]
    text = (TEMPLATE / "boxloop" / "README.md").read_text(encoding="utf-8")
    assert "_BOXLOOP_COMPLETE=bash_source boxloop" in text
    script = completed(project, "bash", "boxloop", _BOXLOOP_COMPLETE="zsh_source")
    assert "#compdef" in script and "boxloop" in script


def test_open_shows_the_report(call, project, monkeypatch):
    """In the browser; where there is none, its path is what one needs."""
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda address: shown.append(address) or True)
    assert call("run")[0] == 0
    monkeypatch.setenv("BROWSER", "firefox")
    code, out, _ = call("open")
    page = project.report / "index.html"
    assert (code, out) == (0, f"Report: {page}\n") and shown == [page.as_uri()]

    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    code, out, _ = call("open")
    assert code == 0 and out.splitlines()[0] == f"Report: {page}" and len(shown) == 1
    assert "No browser was found" in out


CELL = "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[2]\x1b[39m\x1b[32m, line 3\x1b[39m"


def copy(*traceback, count=2):
    """Return an executed copy with an error."""
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": list(traceback)}
    cells = [
        {"cell_type": "code", "id": "defs", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "id": "fit", "execution_count": count, "outputs": [error]},
    ]
    return {"cells": cells}


def test_where_it_failed(tmp_path):
    """The cell that was run, and the last line that a person wrote; not those of libraries."""
    study, machinery = tmp_path / "study" / "models.py", tmp_path / "boxloop" / "measure.py"
    found = places(
        copy(
            f"{CELL}\n      1 a = 1\n\x1b[32m----> 3\x1b[39m models.fit(x)\n",
            f"File {study}:12, in fit(x)\n     11 b\n---> 12     return top(x)\n",
            f"File {machinery}:7, in top(x)\n----> 7     raise\n",
            f"File {tmp_path}/.venv/lib/python3.11/site-packages/a.py:7, in x(y)\n----> 7 raise\n",
            "ValueError: too hot",
        ),
        "04_train",
        tmp_path,
    )

    assert found == [
        "    notebooks/04_train.ipynb, cell fit, line 3",
        "        models.fit(x)",
        "    study/models.py, line 12, in fit",
        "        return top(x)",
    ]


def test_a_function_of_another_cell_is_named_there(tmp_path):
    """And a syntax error has a line without an arrow."""
    other = "Cell In[1], line 9, in f(x)\n----> 9     1 / 0"
    found = places(copy(f"{CELL}\n----> 3 f(1)", other), "04_train", tmp_path)
    assert found[2:] == ["    notebooks/04_train.ipynb, cell defs, line 9", "        1 / 0"]

    file = tmp_path / "study" / "models.py"
    wrong = f"  {CELL}\n    from study import models\n\n  File {file}:5\n    def f(:\n          ^\n"
    found = places(copy(wrong + "SyntaxError: invalid syntax"), "04_train", tmp_path)
    assert found == [
        "    notebooks/04_train.ipynb, cell fit, line 3",
        "        from study import models",
        "    study/models.py, line 5",
        "        def f(:",
    ]


def test_a_kernel_that_died_had_no_line(tmp_path):
    """Nothing is made up."""
    assert places(copy("the kernel died while this cell ran"), "04_train", tmp_path) == []
    assert places({"cells": []}, "04_train", tmp_path) == []


def test_the_command_says_where(call, project):
    """Below the line that names the error."""
    from fake_loop import make_project

    make_project(project.root, faults={"03_train": "raise ValueError('too hot')"})
    _, _, err = call("run")
    assert err == "Failed: 03_train, cell work: ValueError: too hot\n"  # without a traceback


def test_readmes_name_commands_that_exist():
    """Also those of the template."""
    import re

    for path in (ROOT / "README.md", TEMPLATE / "boxloop" / "README.md"):
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^|uv run |[/\\])boxloop ([a-z][a-z-]*)", text, re.MULTILINE))
        assert named <= set(cli.commands), path
