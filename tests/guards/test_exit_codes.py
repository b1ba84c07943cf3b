"""Exit codes: 0 done, 1 a notebook failed or a check is open, 2 the input is wrong, 130 stopped."""

import sys

import pytest
from fake_loop import make_project

from boxloop.base.files import write_json
from boxloop.record import sheets
from boxloop.run.loop import Outcome, Result
from boxloop.split.seal import append

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

FACTS = {"value": 2, "threshold": 0, "source": "", "message": "found", "fix": "Mend it."}


@pytest.fixture
def checked(call, project, monkeypatch):
    """Return ``checked(*states)``: run all, leave checks in these states, and ask `check`."""
    monkeypatch.setattr(sheets, "appendix_a", lambda project, **_: [])
    assert call("run")[0] == 0

    def checked(*states):
        ids = ["split.groups", "split.time"]
        rows = [
            {"id": ident, "notebook": "02_split", "state": state, "reason": "known"} | FACTS
            for ident, state in zip(ids, states, strict=False)
        ]
        write_json(project.checks_file, rows)
        return call("check")

    return checked


@pytest.mark.parametrize(
    ("states", "code"),
    [(["pass"], 0), (["pass", "waived"], 0), (["pass", "fail"], 1), (["unanswered", "pass"], 1)],
)
def test_check_ends_with_1_while_a_check_is_open(checked, states, code):
    """Failed and unanswered are open; waived is not, and is told."""
    found, out, _ = checked(*states)

    assert found == code
    said = any(words in out for words in ("1 check fails:", "1 check waits for an answer:"))
    assert said is bool(code)
    assert ("1 waived:" in out) is ("waived" in states)


def test_check_ends_with_1_while_the_sheet_has_an_open_item(checked, monkeypatch):
    """Every check passes, and a question of the sheet has no answer."""
    row = {"item": "A.1a", "title": "Why?", "where": "", "state": "unanswered", "words": ""}
    monkeypatch.setattr(sheets, "appendix_a", lambda project, **_: [row])
    monkeypatch.setattr(sheets, "render", lambda rows, form: "A.1a unanswered")

    assert checked("pass")[0] == 1


def test_check_ends_with_1_where_a_notebook_is_out_of_date(checked, project):
    """Its checks are those of yesterday, whatever they say."""
    assert checked("pass")[0] == 0
    path = project.notebooks / "02_split.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("# 02_split", "# 2"), encoding="utf-8")
    code, out, _ = checked("pass")

    assert code == 1
    assert "02_split is out of date" in out


def test_check_tells_of_a_waiver_that_is_not_needed(checked, project, call):
    """It is no reason for another exit code."""
    checked("pass")
    row = {"id": "split.time", "notebook": "02_split", "state": "pass", "reason": ""} | FACTS
    write_json(project.checks_file, [row | {"stale_waiver": True}])
    code, out, _ = call("check")

    assert code == 0
    assert "remove its waiver" in out


def test_a_run_is_good_if_all_of_it_is():
    """A notebook that failed, or anything beside the notebooks, is no success."""
    good, bad = Result("01_a", "ok"), Result("02_b", "failed")

    assert Outcome([good]).ok
    assert not Outcome([good, bad]).ok
    assert not Outcome([good], problems=["the report could not be built"]).ok


def test_a_failed_notebook_or_a_broken_report_is_1(call, project, monkeypatch):
    """And a run in which all went well is 0."""
    assert call("run")[0] == 0

    def fail(project):
        raise RuntimeError

    monkeypatch.setattr(sys.modules["boxloop.report"], "build_report", fail)
    assert call("run", "--only", "4")[0] == 1
    monkeypatch.undo()


def test_a_failed_run_is_no_pass(call, project):
    """Though the numbers of an earlier one are there."""
    make_project(project.root, faults={"04_look": "raise ValueError"})
    code, out, _ = call("run")

    assert code == 1
    assert "Pass" not in out


@pytest.mark.parametrize("words", [["release", "--reason", " \n"], ["run", "--only", "77"], ["x"]])
def test_a_mistake_is_2_and_runs_nothing(call, project, words):
    """One sentence that begins with Error."""
    code, out, err = call(*words)

    assert (code, out) == (2, "")
    assert "Error: " in err
    assert not project.results.exists()


def test_a_broken_seal_is_not_opened(call, project):
    """The sealed file is there, and its ledger is not: nothing is run."""
    project.sealed_file.parent.mkdir(parents=True)
    project.sealed_file.write_bytes(b"rows")
    code, _, err = call("release", "--reason", "to see what it says")

    assert code == 2
    assert "is missing, though a test set was sealed" in err
    assert not project.results.exists()


@pytest.fixture
def swapped(project):
    """A sealed file that is not the one in the ledger, which is whole."""
    append(project, "sealed", sha256="0" * 64, content="")
    project.sealed_file.write_bytes(b"rows")


@pytest.mark.usefixtures("swapped")
def test_a_file_that_is_not_the_sealed_one_is_not_opened(call, project):
    """Nothing is run before the person knows."""
    code, _, err = call("release", "--reason", "to see what it says")

    assert code == 2
    assert "is not the file that was sealed" in err
    assert not project.results.exists()


@pytest.mark.usefixtures("swapped")
def test_what_is_lost_is_told_at_the_end_of_a_run(call):
    """All notebooks come through, and still it is no pass."""
    code, out, err = call("run")

    assert code == 1
    assert "is not the file that was sealed" in err
    assert "Pass" not in out


@pytest.mark.parametrize("opened", [False, True])
def test_a_release_that_is_stopped_is_130_and_says_whether_the_seal_was_opened(
    call, project, monkeypatch, opened
):
    """Ctrl-C while a notebook runs: an opening counts, and is not passed over in silence."""

    def stop(project, *_, **__):
        if opened:
            append(project, "opened", reason="paper", model="abc")
        raise KeyboardInterrupt

    monkeypatch.setattr("boxloop.run.loop.execute", stop)
    code, _, err = call("release", "--reason", "to see what it says")

    assert code == 130
    assert ("The test set was opened all the same" in err) is opened


def test_ctrl_c_outside_of_a_run_is_130(call, monkeypatch):
    """One word, no traceback."""

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("boxloop.record.lines.status_lines", stop)
    code, _, err = call("status")

    assert (code, err.strip()) == (130, "Stopped.")
