"""The runner: failures, interruption, the lock, parameters, and real kernels twice."""

import json
import os
import re
import subprocess
import sys

import pytest
from fake_loop import GRAPH, fake_execute, make_project

from boxloop.base.errors import UserError
from boxloop.run.lock import NAME, lock
from boxloop.run.loop import Interrupted, run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def states(outcome):
    return {result.name[:2]: result.state for result in outcome.results}


def silent(text):
    """Take the progress lines."""


def test_a_run_is_one_line_per_notebook(project, quick):
    """All five run, one report is built."""
    lines = []
    outcome = run(project, echo=lines.append)

    assert outcome.ok
    assert states(outcome) == dict.fromkeys(["01", "02", "03", "04", "05"], "ok")
    assert re.fullmatch(r"01 scoping +\d+\.\d s    ok", lines[0])
    assert len(lines) == len(GRAPH)
    assert quick == [project]


def test_a_failure_stops_only_what_hangs_on_it(tmp_path, quick):
    """03 fails: 04 does not need it and runs, 05 is skipped, the report is built."""
    project = make_project(tmp_path, faults={"03_train": "raise ValueError('too hot')"})
    lines = []
    outcome = run(project, echo=lines.append)

    assert not outcome.ok
    assert states(outcome) == {"01": "ok", "02": "ok", "03": "failed", "04": "ok", "05": "skipped"}
    assert outcome.failed[0].message == "03_train, cell work: ValueError: too hot"
    assert any(
        line.startswith("05") and "skipped: needs what 03_train makes" in line for line in lines
    )
    assert len(quick) == 1
    assert outcome.pass_number is None


def test_skips_go_down_the_chain(tmp_path, quick):
    """What needs a skipped notebook is skipped too."""
    outcome = run(make_project(tmp_path, faults={"02_split": "raise ValueError"}), echo=silent)

    assert states(outcome) == {
        "01": "ok",
        "02": "failed",
        "03": "skipped",
        "04": "skipped",
        "05": "skipped",
    }


def test_a_broken_report_does_not_hide_the_run(project, quick, monkeypatch):
    """The notebooks ran; the outcome says that the report did not come."""

    def fail(project):
        raise RuntimeError("no template")

    monkeypatch.setattr(sys.modules["boxloop.report"], "build_report", fail)
    outcome = run(project, echo=silent)

    assert set(states(outcome).values()) == {"ok"}
    assert outcome.problems == ["the report could not be built: RuntimeError: no template"]
    assert not outcome.ok


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "study/failures.toml", "results/04_look/more.csv", "report/notebooks/x.ipynb"],
)
def test_the_report_is_built_again_when_what_it_shows_has_changed(project, quick, name):
    """And only then: nothing else of a run without changes takes as long."""
    run(project, echo=silent)
    run(project, echo=silent)
    assert len(quick) == 1
    path = project.root / name
    path.write_text("more", encoding="utf-8")
    run(project, echo=silent)
    run(project, echo=silent)
    assert len(quick) == 2


def test_only_and_from(project, quick):
    """A part of the loop runs on what is there, and on nothing that is not."""
    with pytest.raises(UserError, match="run --from 02"):
        run(project, start="03", echo=silent)
    assert not project.results.exists()
    run(project, echo=silent)

    assert states(run(project, only="4", echo=silent)) == {"04": "ok"}
    assert states(run(project, start="4", echo=silent)) == {"04": "ok", "05": "ok"}


def test_parameters_reach_the_notebooks_that_declare_them(project, quick):
    """Whole numbers do for floats; smoke goes to all."""
    run(project, sets=["extra=3"], smoke=True, echo=silent)

    assert (project.root / "data/raw/all.txt").read_text(encoding="utf-8") == "3.0"
    assert json.loads((project.station("01_scoping") / "station.json").read_text(encoding="utf-8"))[
        "smoke"
    ]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("colour=red", "colour.*there are extra, smoke"),
        ("extra=red", "expects float"),
        ("extra=True", "expects float"),
        ("smoke=1", "expects bool"),
        ("extra", "KEY=VALUE"),
        ("release_reason=x", "boxloop release"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(project, quick, item, says):
    """One sentence each."""
    with pytest.raises(UserError, match=says):
        run(project, sets=[item], echo=silent)
    assert not project.results.exists()


def test_the_reason_reaches_the_release(project, quick):
    """Only the notebook that declares it gets it."""
    run(project, release_reason="for the paper", echo=silent)
    copy = json.loads((project.executed / "05_release.ipynb").read_text(encoding="utf-8"))

    assert copy["metadata"]["papermill"]["parameters"] == {"release_reason": "for the paper"}


def test_a_release_needs_a_notebook_that_asks_for_the_reason(tmp_path, quick):
    """Otherwise nothing would be opened, silently."""
    project = make_project(tmp_path, graph={"01_a": ([], ["data/a.txt"])})

    with pytest.raises(UserError, match="release_reason"):
        run(project, release_reason="x", echo=silent)


def test_after_an_interruption_the_next_run_works(project, quick, monkeypatch):
    """The message says how to go on, the lock is gone, old copies stay."""

    def stop_at_three(project, chapter, parameters, **_):
        if chapter.name == "03_train":
            raise KeyboardInterrupt
        return fake_execute(project, chapter, parameters)

    monkeypatch.setattr("boxloop.run.loop.execute", stop_at_three)
    with pytest.raises(Interrupted, match=r"Stopped during 03_train.*run --from 03"):
        run(project, echo=silent)
    assert not (project.root / NAME).exists()
    assert quick == []

    monkeypatch.setattr("boxloop.run.loop.execute", fake_execute)
    outcome = run(project, start="03", echo=silent)
    assert outcome.ok
    assert outcome.pass_number == 1


def test_a_second_run_is_refused(project, quick):
    """The first one keeps its lock."""
    with lock(project):
        with pytest.raises(UserError, match=f"Another run.*process {os.getpid()}"):
            run(project, echo=silent)
        assert (project.root / NAME).exists()
    assert not (project.root / NAME).exists()
    assert run(project, echo=silent).ok


def test_the_lock_of_a_dead_process_is_taken_over(project, quick):
    """Neither a dead process nor another one with its old number blocks for ever."""
    with lock(project):
        owner = json.loads((project.root / NAME).read_text(encoding="utf-8"))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for stale in (owner | {"pid": gone.pid}, owner | {"started": owner["started"] - 1000}):
        (project.root / NAME).write_text(json.dumps(stale), encoding="utf-8")
        assert run(project, only="1", echo=silent).ok
    assert not (project.root / NAME).exists()


def test_the_lock_of_another_machine_is_respected(project, quick):
    """Whether a process lives elsewhere cannot be seen from here; the message says what to do."""
    owner = {"pid": 1, "started": 0.0, "host": "elsewhere"}
    (project.root / NAME).write_text(json.dumps(owner), encoding="utf-8")

    with pytest.raises(UserError, match=f"on elsewhere.*delete {NAME}"):
        run(project, echo=silent)


def test_real_kernels_in_a_folder_with_an_odd_name(tmp_path, quick, monkeypatch):
    """The failed copy is kept, no path of this machine is in it, nothing is left over."""
    from boxloop.run.execute import execute

    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    graph = {name: GRAPH[name] for name in ("01_scoping", "02_split")}
    project = make_project(
        tmp_path / "ä {b} c", graph=graph, faults={"02_split": "raise ValueError('σ too small')"}
    )
    path = project.notebooks / "01_scoping.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"name": "python3"', '"name": "elsewhere"'),
        encoding="utf-8",
    )
    outcome = run(project, sets=["extra=2"], echo=silent)

    assert states(outcome) == {"01": "ok", "02": "failed"}
    assert outcome.failed[0].message == "02_split, cell work: ValueError: σ too small"
    assert (project.root / "data/raw/all.txt").read_text(encoding="utf-8") == "2.0"
    assert sorted(path.name for path in project.executed.iterdir()) == [
        "01_scoping.ipynb",
        "02_split.ipynb",
    ]
    assert tmp_path.name not in (project.executed / "01_scoping.ipynb").read_text(encoding="utf-8")


def test_a_kernel_that_dies_gets_a_second_chance(tmp_path, quick, monkeypatch):
    """Dead once is repeated; dead twice is a failure that the copy shows."""
    from boxloop.run.execute import execute

    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    die = (
        "import os\n(root / 'n').open('a').write('x')\n"
        "if len((root / 'n').read_text()) < {}: os._exit(1)"
    )
    project = make_project(
        tmp_path, graph={"01_scoping": GRAPH["01_scoping"]}, faults={"01_scoping": die.format(4)}
    )

    first = run(project, echo=silent)
    assert "DeadKernelError" in first.failed[0].message
    assert "the kernel died" in (project.executed / "01_scoping.ipynb").read_text(encoding="utf-8")
    second = run(project, echo=silent)  # its third try dies, the fourth lives
    assert second.ok
    assert (project.root / "n").read_text(encoding="utf-8") == "xxxx"
