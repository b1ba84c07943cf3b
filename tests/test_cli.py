"""The command line: exit codes, one sentence per mistake, installed or not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_loop import make_project

from boxloop.base.files import write_json
from boxloop.record.lines import open_lines

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

PACKAGE = Path(__file__).parents[1] / "{{cookiecutter.project_slug}}" / "boxloop"


def test_run_status_report(call, project, quick):
    """The three commands of every day."""
    code, out, _ = call("run", "--note", "first try")
    assert code == 0
    assert "05 release" in out and "Pass 1 is complete." in out and "Report: " in out

    code, out, _ = call("status")
    assert code == 0
    assert out.count("done") == 5 and "never opened" in out and "first try" in out

    code, out, _ = call("report")
    assert (code, len(quick)) == (0, 2)


def test_commands_work_from_a_folder_inside(call, project, monkeypatch):
    """As from notebooks/."""
    monkeypatch.chdir(project.notebooks)
    assert call("status")[0] == 0


def test_a_failed_notebook_is_exit_code_1(call, project):
    """One line on stderr names notebook, cell and error; the report is built."""
    make_project(project.root, faults={"03_train": "raise ValueError('too hot')"})
    code, out, err = call("run")

    assert code == 1
    assert err == "Failed: 03_train, cell work: ValueError: too hot\n"
    assert "Report: " in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "--only", "9"], "no notebook 9"),
        (["run", "--from", ""], "no notebook"),
        (["run", "--from", "3"], "run --from 02"),
        (["run", "--only", "1", "--from", "3"], "exclude each other"),
        (["run", "--set", "colour=1"], "colour"),
        (["run", "--jobs", "0"], "--jobs"),
        (["run", "--colour"], "No such option"),
        (["fly"], "No such command"),
        (["check"], "Nothing was run yet"),
        (["compare"], "No pass is complete yet"),
        (["compare", "1", "2"], "No pass is complete yet"),
        (["fail", "  "], "empty failure"),
        (["fail"], "Missing argument"),
        (["check", "--format", "pdf"], "pdf"),
        (["release"], "--reason"),
        (["release", "--reason", "  "], "--reason"),
    ],
)
def test_mistakes_are_exit_code_2_and_change_nothing(call, project, words, says):
    """A sentence on stderr, no traceback, no results."""
    code, out, err = call(*words)

    assert (code, out) == (2, "")
    assert says in err and "Error: " in err and "Traceback" not in err
    assert not project.results.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["release", "--reason", "to see what it says"],
        ["status"],
        ["check"],
        ["compare"],
        ["fail", "x"],
        ["report"],
    ],
)
def test_every_command_reads_the_settings_first(call, project, words):
    """A wrong type is named with its key."""
    text = project.settings_file.read_text(encoding="utf-8")
    project.settings_file.write_text(
        text.replace("train = 0.6", 'train = "much"'), encoding="utf-8"
    )
    code, _, err = call(*words)

    assert code == 2
    assert err.startswith("Error: study.toml: ") and "split.train" in err


def test_outside_a_project(call, monkeypatch, tmp_path_factory):
    """It says what is missing."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    code, _, err = call("status")

    assert code == 2
    assert "No study.toml" in err


def test_a_note_without_a_pass_is_not_lost_silently(call):
    """A smoke run is no pass, and says so."""
    assert "note is not kept" in call("run", "--smoke", "--note", "try")[1]


def test_release_reminds_of_what_is_open(call, project):
    """Before the seal opens; what came through is no reason to say anything."""
    rows = [
        {"id": "answers.complete", "state": "unanswered"},
        {"id": "split.groups", "state": "fail"},
        {"id": "split.time", "state": "pass"},
    ]
    write_json(project.checks_file, rows)

    assert "1 check fails; 1 check waits for an answer" in "".join(
        map(str, call("release", "--reason", "to see what it says"))
    )


def test_release_gives_the_reason(call, project):
    """Status says that the pass is released."""
    assert call("release", "--reason", "to see what it says")[0] == 0
    assert "released" in call("status")[1]


def test_ctrl_c(call, monkeypatch):
    """130 and how to go on."""

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("boxloop.run.loop.execute", stop)
    code, _, err = call("run")

    assert code == 130
    assert "run --from 01" in err


OPEN = {
    "id": "split.groups",
    "notebook": "03_split",
    "state": "fail",
    "message": "2 groups in both",
    "fix": "Split by group.",
}


def test_check_prints_the_sheet_and_what_is_open(call, project):
    """Exit code 1 while something is open; JSON is JSON."""
    row = {"value": 2, "threshold": 0, "source": "", "reason": None}
    write_json(project.checks_file, [OPEN | row])
    code, out, _ = call("check")
    assert code == 1
    assert (
        "1 check fails:" in out
        and "split.groups (03_split, fail): 2 groups in both Remedy: Split by group." in out
    )

    code, out, _ = call("check", "--format", "json", "--sheet", "reforms")
    assert code == 1
    assert json.loads(out)["open"][0]["id"] == "split.groups"
    assert call("check", "--format", "markdown")[0] == 1


def test_check_gives_reasons_and_names_stale_waivers(call, project):
    """In the table, in Markdown and in JSON."""
    facts = {"value": 2, "threshold": 0, "source": "", "message": "found", "fix": ""}
    waived = {
        "id": "split.groups",
        "notebook": "03_split",
        "state": "waived",
        "reason": "one family only",
    }
    stale = {
        "id": "split.time",
        "notebook": "03_split",
        "state": "pass",
        "reason": "",
        "stale_waiver": True,
    }
    write_json(project.checks_file, [waived | facts, stale | facts])

    for form, word in (("table", "waiver is not needed"), ("markdown", "stale waiver")):
        sheet, _, after = " ".join(call("check", "--format", form)[1].split()).partition(
            "1 waived:"
        )
        assert "one family only" in sheet and word in sheet
        assert "split.groups (03_split): one family only" in after
        assert "split.time (03_split): it passes, so remove its waiver" in after
    found = json.loads(call("check", "--format", "json")[1])
    assert [row["id"] for row in found["waived"] + found["stale_waivers"]] == [
        "split.groups",
        "split.time",
    ]


def test_check_names_what_it_cannot_tell(call, project):
    """With what would be enough; nobody can act upon it at once, so the exit code is not its."""
    call("run")
    facts = {"value": 2, "threshold": 0, "source": "", "message": "found", "fix": "", "reason": ""}
    power = "only 0.3 would have been seen; about 900 rows would be enough"
    row = {"id": "split.groups", "notebook": "03_split", "state": "cannot-tell", "power": power}
    sharp = {"id": "split.time", "notebook": "03_split", "state": "pass", "power": "one row"}
    write_json(project.checks_file, [row | facts, sharp | facts])

    for form in ("table", "markdown"):
        words = " ".join(call("check", "--format", form)[1].split())
        passed = f"1 check passed: {'- ' * (form == 'markdown')}split.time (03_split): one row"
        assert words.partition(" Verdict: ")[0].endswith(passed)
        assert f"1 check cannot tell: {'- ' if form == 'markdown' else ''}split.groups" in words
        assert power in words.partition("cannot tell:")[2] and "No check is open, but" in words
    found = json.loads(call("check", "--format", "json")[1])
    assert [row["id"] for row in found["cannot_tell"]] == ["split.groups"] and not found["open"]
    assert [row["id"] for row in found["passed"]] == ["split.time"]


def test_compare_passes(call, project):
    """All of them, two of them, and one against the newest; an unknown number is a mistake."""
    call("run", "--note", "first")
    call("run", "--set", "extra=2", "--note", "second")

    out = call("compare")[1]
    assert "pass 1" in out and "second" in out and "What pass 2 changed:" in out
    out = call("compare", "1", "002")[1]
    assert "first" in out and "second" in out and "No check has changed its state." in out
    assert call("compare", "1")[1] == out
    for words in (["7"], ["1", "x"], ["1", "2", "3"]):
        code, _, err = call("compare", *words)
        assert code == 2 and err.startswith("Error: ") and err.count("\n") == 1


def test_fail_shows_what_it_wrote(call, project):
    """And keeps it; the same again is refused."""
    code, out, _ = call("fail", "the oven was cold", "--explanation", "no fuse")
    assert code == 0
    assert 'what = "the oven was cold"' in out and 'explanation = "no fuse"' in out
    assert "no fuse" in project.failures_file.read_text(encoding="utf-8")
    assert call("fail", "the oven was cold")[0] == 2
    assert "no explanation yet" in call("fail", "the oven was too hot")[1]


def test_nothing_open():
    """A plain sentence."""
    assert open_lines([], "table") == ["No check is open."]


def python_m_boxloop(root, *words, **environment):
    command = [sys.executable, "-m", "boxloop", *words]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment
    return subprocess.run(command, cwd=root, capture_output=True, env=env, timeout=60)


def test_python_m_boxloop_without_installation(project):
    """From the root, in another process; on a console that knows only ASCII nothing breaks."""
    shutil.copytree(PACKAGE, project.root / "boxloop", ignore=shutil.ignore_patterns("__pycache__"))
    done = python_m_boxloop(project.root, "status")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"never run") == 5

    wrong = python_m_boxloop(
        project.root, "run", "--only", "π", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert wrong.returncode == 2
    assert b"Error: There is no notebook" in wrong.stderr and b"Traceback" not in wrong.stderr
