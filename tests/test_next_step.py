"""`boxloop` alone says what to do next, and what it says can be typed and leads on."""

import re
import subprocess

import pytest
from release_project import copy_of, released, without_kernels
from test_malformed import GOOD
from walk_project import command, sources, write

from boxloop.base.files import read_json, write_json
from boxloop.base.places import Project
from boxloop.cli import cli
from boxloop.run.next_step import next_lines
from boxloop.split.seal import read_ledger


@pytest.fixture(autouse=True)
def kernels(monkeypatch):
    """Chapters run in this process."""
    without_kernels(monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The small project after a run."""
    project = write(tmp_path_factory.mktemp("next"), sources())
    with pytest.MonkeyPatch.context() as patch:
        without_kernels(patch)
        assert command(project, "run")[0] == 0
    return project


@pytest.fixture
def ran(finished, tmp_path):
    """A copy of it, to work in."""
    return copy_of(finished, tmp_path)


def commands(lines):
    """Return the commands of boxloop that stand between backquotes, as words."""
    typed = re.findall(r"`boxloop ([^`]+)`", " ".join(lines))
    return [
        ["a reason of four words" if w == "TEXT" else w for w in line.split()] for line in typed
    ]


def does(project, lines, *, codes=(0,)):
    """Type each of them; return what was said."""
    assert commands(lines), lines
    said = ""
    for words in commands(lines):
        code, text = command(project, *words)
        assert code in codes, (words, text)
        assert "Traceback" not in text
        said += text
    return said


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def settled(project):
    """Let every check have come through, as in a study that somebody has finished."""
    rows = [row for row in read_json(project.checks_file) if row["state"] == "pass"]
    write_json(project.checks_file, rows)


def test_without_a_command(ran, monkeypatch, capsys):
    """Typed in a project, and in a folder of it; elsewhere it is the help."""
    from boxloop.cli import main

    for folder in (ran.root, ran.notebooks):
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as stop:
            main([])
        assert stop.value.code == 0
        assert capsys.readouterr().out.splitlines() == next_lines(ran)
    monkeypatch.chdir(ran.root.parent)
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0 and "Commands:" in capsys.readouterr().out


def test_a_clone_without_its_filter(ran):
    """Under git the first thing is that outputs stay out of it."""
    (ran.root / ".gitattributes").write_text("*.ipynb filter=boxloop\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=ran.root, check=True)
    lines = next_lines(ran)

    assert "outputs" in lines[0].lower()
    does(ran, lines)
    assert next_lines(ran) != lines


def test_no_table_yet(bake, tmp_path):
    """A project for a table of one's own, as it is baked."""
    baked = bake(tmp_path, start_from="own-data", task="classification")
    project, table = Project(baked), tmp_path / "t.csv"
    table.write_text(GOOD, encoding="utf-8")
    lines = next_lines(project)

    assert lines[0] == "No table of yours is here yet."
    assert commands(lines) == [["adopt", "FILE", "--target", "COLUMN"]]
    assert command(project, "adopt", str(table), "--target", "kind")[0] == 0
    assert next_lines(project)[0] == "Nothing was run yet."


def test_never_run(tmp_path):
    """Then it has run."""
    project = write(tmp_path, sources())
    lines = next_lines(project)

    assert lines[0] == "Nothing was run yet."
    does(project, lines)
    assert "never" not in next_lines(project)[0]


def test_a_chapter_that_failed(ran):
    """It is named, and mending it is for a person."""
    model = ran.notebooks / "04_train.ipynb"
    edit(model, "NOISE = 0", "NOISE = 1 / 0")
    assert command(ran, "run")[0] == 1
    lines = next_lines(ran)

    assert lines[0] == "04_train failed, cell work: ZeroDivisionError: division by zero."
    edit(model, "NOISE = 1 / 0", "NOISE = 0")
    does(ran, lines)
    assert "failed" not in next_lines(ran)[0]


def test_what_is_out_of_date(ran):
    """Why, and how many; after a run it is not."""
    edit(ran.study / "data.py", "FIRST = 0", "FIRST = 0  # from here")
    lines = next_lines(ran)

    assert lines[0].startswith("01_scoping and ") and "study/data.py changed" in lines[0]
    does(ran, lines)
    assert "out of date" not in next_lines(ran)[0]


def test_quick_numbers(ran):
    """They are none."""
    command(ran, "run", "--smoke", "--only", "05")
    assert "out of date (smoke run)" in next_lines(ran)[0]


def test_a_check_that_fails(ran):
    """It is looked at, or waived for a reason."""
    edit(ran.notebooks / "07_failures_log.ipynb", 'LOGGED = [\\"forest\\"]', "LOGGED = []")
    assert command(ran, "run")[0] == 1
    lines = next_lines(ran)

    assert lines[0].endswith("log.complete first.") and "fail" in lines[0]
    does(ran, lines, codes=(0, 1))
    command(ran, "run")
    assert "log.complete" not in " ".join(next_lines(ran))


def test_a_question_that_waits(ran):
    """`boxloop answers` lists it."""
    edit(ran.notebooks / "01_scoping.ipynb", "Because.", "TODO")
    command(ran, "run")
    lines = next_lines(ran)

    assert lines[0].startswith("1 question and ") and lines[0].endswith("wait for an answer.")
    assert "why" in does(ran, lines)


def test_a_check_that_waits(ran):
    """`boxloop check` says what it asks for."""
    lines = next_lines(ran)

    assert lines[0].endswith("checks wait for an answer.")
    assert "wait for an answer" in does(ran, lines, codes=(1,))


def test_what_is_in_the_way_of_a_release(ran):
    """It is the first thing; the sentence is that of `boxloop release`."""
    settled(ran)
    edit(ran.settings_file, 'title = "', 'title = "TODO ')
    command(ran, "run")
    settled(ran)
    lines = next_lines(ran)

    assert lines[0] == "Before a release: study.toml does not say yet: title."
    does(ran, lines, codes=(0, 1))


def test_ready_to_be_released(ran):
    """The test set opens, once, and a release is written."""
    settled(ran)
    lines = next_lines(ran)

    assert lines[0] == "Everything is settled."
    does(ran, lines, codes=(0, 1))
    assert [event["event"] for event in read_ledger(ran)].count("opened") == 1


def test_released(tmp_path_factory, tmp_path):
    """Nothing has changed since: it is checked (see test_referee.py) and uploaded."""
    project = copy_of(released(tmp_path_factory)[0], tmp_path)
    assert command(project, "export", "--to", "zenodo")[0] == 0
    settled(project)
    settled(Project(project.root / "release"))
    lines = next_lines(project)

    assert lines[0].endswith(", as the study is now.")
    assert commands(lines) == [["referee", "release"], ["export", "--to", "zenodo"]]


def test_released_and_changed_since(tmp_path_factory, tmp_path):
    """Told beside what is out of date, and alone when that has run; see also test_parcel.py."""
    project = copy_of(released(tmp_path_factory)[0], tmp_path)
    edit(project.settings_file, "[study]", "# mine\n[study]")
    lines = next_lines(project)

    assert len(lines) == 3 and "is out of date (study.toml changed)" in lines[0]
    assert "of before: study.toml is another now" in lines[2]
    assert command(project, *commands(lines)[0])[0] in (0, 1)
    settled(project)
    lines = next_lines(project)
    assert "of before: study.toml is another now" in lines[0]
    assert commands(lines)[1] == ["compare"]


def test_every_command_is_one():
    """Nothing is named that cannot be typed."""
    from pathlib import Path

    import boxloop.run.next_step as module

    text = Path(module.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"`boxloop (\w+)", text))
    assert {"run", "adopt", "check", "answers", "release"} <= named <= set(cli.commands)
