"""What can go wrong while the loop runs.

One clear sentence, nothing half written, and the next run goes on.
"""

import asyncio
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from conftest import TEMPLATE
from fake_loop import make_project
from jupyter_core.utils import ensure_event_loop

import boxloop.run.lock as lock_of
from boxloop.notebooks.file import signed
from boxloop.notebooks.graph import read_loop
from boxloop.record.status import status
from boxloop.run.execute import Stock, Stopped, environment, execute, load_engine
from boxloop.run.lock import NAME, lock
from boxloop.run.loop import run
from boxloop.run.strays import ours

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

CHAIN = {
    "01_a": ([], ["data/1.txt"]),
    "02_b": (["data/1.txt"], ["data/2.txt"]),
    "03_c": (["data/2.txt"], ["data/3.txt"]),
}


@pytest.fixture
def real(quick, monkeypatch):
    """Real kernels instead of the fake ones."""
    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", load_engine)


def silent(text):
    """Take the progress lines."""


def states(outcome):
    return [result.state for result in outcome.results]


def parts(project):
    """Return what is half written."""
    return [path for path in project.root.rglob("*") if path.suffix == ".part" or path.name == NAME]


def test_no_memory_is_said(tmp_path, real):
    """The cell is named, with what to do; the machine goes on."""
    project = make_project(
        tmp_path,
        graph=CHAIN,
        faults={"02_b": "raise MemoryError" if os.name == "nt" else "bytearray(1 << 62)"},
    )
    outcome = run(project, echo=silent)

    assert states(outcome) == ["ok", "failed", "skipped"]
    assert outcome.failed[0].message == (
        "02_b, cell work: MemoryError:  (the memory was not enough: take fewer rows or a "
        "larger machine)"
    )


def boxloop(project, *words, **options):
    """Start ``python -m boxloop`` in a project with its own machinery."""
    if not (project.root / "boxloop").exists():
        shutil.copytree(
            TEMPLATE / "boxloop",
            project.root / "boxloop",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    command = [sys.executable, "-m", "boxloop", *words]
    return subprocess.Popen(
        command,
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def obedient():
    """Give up root's right to ignore the permissions of files.

    It holds from the next program on.
    """
    import ctypes

    read_any, override = 2, 1  # CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE
    for right in (read_any, override):
        if ctypes.CDLL(None).prctl(24, right, 0, 0, 0):  # PR_CAPBSET_DROP
            os._exit(77)


def under_permissions(project, *words):
    """Run ``python -m boxloop`` as somebody for whom the permissions of files hold.

    Return exit code, output and errors.
    """
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions of this kind are not known here")
    root = os.geteuid() == 0
    if root and not sys.platform.startswith("linux"):
        pytest.skip("root ignores permissions here")
    process = boxloop(project, *words, **({"preexec_fn": obedient} if root else {}))
    out, err = process.communicate(timeout=120)
    if process.returncode == 77:
        pytest.skip("may not give up the rights of root")
    return process.returncode, out, err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process there")
@pytest.mark.parametrize("how", [["--cold"], [], ["--jobs", "1"], ["--cold", "--jobs", "1"]])
def test_ctrl_c(tmp_path, how):
    """130, one sentence, no kernel and no part left; what was done is current, the rest runs."""
    wait = (
        "import time\n(root / 'begun').touch()\nwhile not (root / 'well').exists(): time.sleep(0.1)"
    )
    project = make_project(tmp_path / "päth with blanks", graph=CHAIN, faults={"02_b": wait})
    process = boxloop(project, "run", *how)
    end = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert (
        err.startswith("Stopped during 02_b; what is done is kept: go on with `boxloop run`")
        and "Traceback" not in err
    )
    _, alive = psutil.wait_procs(below, timeout=5)
    assert not alive and not parts(project)
    assert [row.state for row in status(project)] == ["done", "stale", "stale"] or status(project)[
        1
    ].state == "never run"
    (project.root / "well").touch()
    again = boxloop(project, "run", *how)
    out, err = again.communicate(timeout=120)
    assert [line.split()[2] for line in out.splitlines()[:1]] == [
        "-"
    ] and "current" in out.splitlines()[0]
    assert [row.state for row in status(project)] == ["done"] * 3, out + err


MET = """
import os, signal, sys
from boxloop.run.interrupt import Interrupts
try:
    with Interrupts(last=True):
        exec("os.kill(os.getpid(), signal.SIGINT)")
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_ctrl_c_while_something_is_imported(tmp_path):
    """A dataclass is made by executing a text: a Ctrl-C in it ends with 130 like any other."""
    (tmp_path / "met.py").write_text(MET, encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(TEMPLATE)}
    assert subprocess.run([sys.executable, "-m", "met"], cwd=tmp_path, env=env).returncode == 130


@pytest.mark.parametrize("cold", [True, False])
def test_a_chapter_that_is_broken_off_leaves_nothing_open(tmp_path, monkeypatch, cold):
    """No event loop that nobody closed: Python would complain of it after the one sentence."""
    wait = "import time\n(root / 'begun').touch()\ntime.sleep(100)"
    project = make_project(tmp_path, graph=CHAIN, faults={"01_a": wait})
    chapter = read_loop(project)[0]
    stock, stopped, unclosed = Stock(project, [chapter], cold=cold), [], []

    def deleted(loop):
        if not loop.is_closed():
            unclosed.append(repr(loop))
            loop.close()

    monkeypatch.setattr(asyncio.BaseEventLoop, "__del__", deleted)

    def body():
        try:
            execute(project, chapter, {}, stock=stock)
        except Stopped as error:
            stopped.append(error)

    with environment(project), ours() as mark:
        stock.mark = mark
        load_engine(stock)
        thread = threading.Thread(target=body)
        thread.start()
        while not (project.root / "begun").exists():
            time.sleep(0.05)
        stock.close()
        thread.join(30)
    gc.collect()
    assert stopped and not unclosed


def test_what_waits_ends_with_its_notebook():
    """A task that nbclient leaves behind is ended with its loop, and does not complain later."""
    load_engine()
    from boxloop.run.engine import own_loop

    def body():
        with own_loop():
            loop = ensure_event_loop()
            tasks.append(loop.create_task(asyncio.sleep(100)))
            loop.run_until_complete(asyncio.sleep(0))

    tasks = []
    thread = threading.Thread(target=body)
    thread.start()
    thread.join(10)
    assert tasks[0].cancelled() and tasks[0].get_loop().is_closed()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process there")
@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_ctrl_c_at_any_moment(tmp_path, how):
    """Once, or again and again while the run tidies up: 130, one sentence, nothing left."""
    graph = CHAIN | {"03_c": (["data/1.txt"], ["data/3.txt"])}
    wait = "import time\ntime.sleep(100)"
    project = make_project(tmp_path, graph=graph, faults={"01_a": "print()", "02_b": wait})
    for moment in (0, 0.2, 0.4, 0.7, 1.2):  # after the run has begun, however busy the machine is
        for gaps in ([], [0.05] * 4, [0.3, 0.3]):
            process = boxloop(project, "run", "--from", "01", *how, start_new_session=True)
            end = time.monotonic() + 60
            while not (project.root / NAME).exists() and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(moment)
            for gap in [0, *gaps]:
                time.sleep(gap)
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130, (moment, gaps, err)
            said = err.strip()
            assert said.startswith("Stopped") and "\n" not in said, (moment, gaps, err)
            assert not parts(project), (moment, gaps)


FAILED = (
    "Failed: 03_c, cell work: ValueError: \n"
    "    notebooks/03_c.ipynb, cell work, line 6\n"
    "        if extra > 2: raise ValueError\n"
)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /dev/full elsewhere")
@pytest.mark.parametrize("how", [[], ["--cold"], ["--verbose"]])
def test_nobody_reads_the_progress(tmp_path, how):
    """A closed pipe and a full disk behind it take no part in the run, nor in its exit code."""
    faults = {"03_c": "print('said')\nif extra > 2: raise ValueError"}
    project = make_project(tmp_path, graph=CHAIN, faults=faults)
    boxloop(project, "status").communicate(timeout=60)  # its machinery is there from now on
    for extra, code in ((1.5, 0), (2.5, 1)):
        words = ["run", "--from", "01", "--set", f"extra={extra}", *how]
        command = [sys.executable, "-m", "boxloop", *words]
        for where in ("closed", "full", "both closed"):
            with Path("/dev/full").open("w") if where == "full" else closed_pipe() as out:
                err = out if where == "both closed" else subprocess.PIPE
                done = subprocess.run(
                    command, cwd=project.root, stdout=out, stderr=err, text=True, timeout=120
                )
            rest = FAILED if code and done.stderr else ""
            assert (done.returncode, done.stderr or "") == (code, rest), (where, extra)
            assert [row.state for row in status(project)][:2] == ["done"] * 2


def closed_pipe():
    """Return the end of a pipe whose reader is gone."""
    source, end = os.pipe()
    os.close(source)
    return os.fdopen(end, "w")


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs a small file system of its own"
)
def test_a_full_disk(tmp_path, real):
    """The sentence names the disk; with space again the run goes on from there."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True
    ).returncode:
        pytest.skip("may not mount a small file system")
    try:
        lines = [
            "if (root / 'full').exists():",
            " filler = open(root / 'filler', 'wb', buffering=0)",
            " try:",
            "  while True: filler.write(bytes(4096))",
        ]
        fill = "\n".join([*lines, " except OSError: pass"])
        project = make_project(disk / "project", graph=CHAIN, faults={"01_a": fill})
        assert states(run(project, only="01", echo=silent)) == ["ok"]
        copy = (project.executed / "01_a.ipynb").read_bytes()
        (project.root / "full").touch()
        outcome = run(project, start="01", echo=silent)
        assert states(outcome) == ["failed", "skipped", "skipped"]
        assert "01_a" in outcome.failed[0].message and (
            "the disk is full" in outcome.failed[0].message
            or "No space left" in outcome.failed[0].message
        )
        assert (project.executed / "01_a.ipynb").read_bytes() == copy
        assert not parts(project)
        for name in ("filler", "full"):
            (project.root / name).unlink()
        assert states(run(project, echo=silent)) == ["ok", "ok", "ok"]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process there")
@pytest.mark.parametrize("when", ["while it is taken", "while it is given back"])
def test_ctrl_c_in_the_middle_of_a_lock(project, monkeypatch, when):
    """It is heard once the lock is taken or given back; none is left."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was deaf before
    take, unlink = lock_of._take, type(project.root).unlink

    def then_interrupted(act, *args, **options):
        done = act(*args, **options)
        os.kill(os.getpid(), signal.SIGINT)
        return done

    if when == "while it is taken":
        monkeypatch.setattr(lock_of, "_take", partial(then_interrupted, take))
    else:
        slow = lambda path, **how: then_interrupted(unlink, path, **how)  # noqa: E731  # a method
        monkeypatch.setattr(type(project.root), "unlink", slow)
    with pytest.raises(KeyboardInterrupt), lock(project):
        pass

    assert not (project.root / NAME).exists()


def test_no_room_for_a_lock(project, quick, monkeypatch):
    """One sentence, exit code 2, and no empty lock that blocks the next run."""
    import errno

    from boxloop.cli import main

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(project.root / NAME))

    monkeypatch.chdir(project.root)
    monkeypatch.setattr("boxloop.run.lock._me", full)
    with pytest.raises(SystemExit) as stop:
        main(["run"])
    assert stop.value.code == 2
    assert not parts(project)


@pytest.mark.parametrize(
    "file", ["data/1.txt", "results/02_b/station.json", "report/notebooks/02_b.ipynb"]
)
def test_a_truncated_file_is_made_again(tmp_path, quick, file):
    """Whatever was cut in half is stale with its maker; the rest stays."""
    project = make_project(tmp_path, graph=CHAIN)
    run(project, echo=silent)
    path = project.root / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    lines = []
    outcome = run(project, echo=lines.append)

    assert outcome.ok
    assert states(outcome).count("ok") == 1 and "current" in states(outcome)
    assert any(file in line for line in lines)
    assert states(run(project, echo=silent)) == ["current"] * 3


def test_an_unreadable_result_is_made_again(tmp_path, quick):
    """The status says so, nothing crashes, and its maker replaces it."""
    project = make_project(tmp_path, graph=CHAIN)
    run(project, echo=silent)
    (project.root / "data" / "1.txt").chmod(0)
    code, out, err = under_permissions(project, "status")

    assert "data/1.txt cannot be read" in out and "Traceback" not in err
    code, out, err = under_permissions(project, "run")
    assert code == 0, out + err
    first, *rest = (line.split() for line in out.splitlines()[:3])
    assert "ok" in first and all("current" in words for words in rest), out
    assert (project.root / "data" / "1.txt").read_text(encoding="utf-8") == "1.5"
    assert [row.state for row in status(project)] == ["done"] * 3


def test_an_unreadable_source_is_named(tmp_path, quick):
    """What no notebook makes cannot be made again.

    One sentence with the file, exit code 2, and nothing is lost.
    """
    project = make_project(tmp_path, graph=CHAIN)
    run(project, echo=silent)
    for path in (project.settings_file, project.notebooks / "02_b.ipynb"):
        path.chmod(0)
        code, out, err = under_permissions(project, "run")
        path.chmod(0o644)

        assert code == 2, out + err
        assert path.name in err and len(err.strip().splitlines()) == 1
        assert [row.state for row in status(project)] == ["done"] * 3


@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_a_read_only_folder_of_notebooks_is_enough(tmp_path, how):
    """Nothing is written beside the sources, whoever runs them."""
    project = make_project(tmp_path / "ä {b} c", graph=CHAIN)
    before = {
        path: path.stat().st_mtime_ns for path in [project.notebooks, *project.notebooks.iterdir()]
    }
    project.notebooks.chmod(0o555)
    code, out, err = under_permissions(project, "run", *how)
    project.notebooks.chmod(0o755)

    assert code == 0, out + err
    assert before == {
        path: path.stat().st_mtime_ns for path in [project.notebooks, *project.notebooks.iterdir()]
    }
    assert [row.state for row in status(project)] == ["done"] * 3


@pytest.mark.parametrize("folder", ["results", "report", "."])
def test_a_read_only_project_is_named(tmp_path, folder):
    """Where results cannot be written the sentence says which folder, and what was there stays."""
    project = make_project(tmp_path, graph=CHAIN)
    code, out, err = under_permissions(project, "run")
    assert code == 0, out + err
    held = {path: path.read_bytes() for path in project.results.rglob("*") if path.is_file()}
    (project.study / "__init__.py").write_text("CHANGED = 1\n", encoding="utf-8")
    below = [
        project.root / folder,
        *(path for path in (project.root / folder).rglob("*") if path.is_dir()),
    ]
    for path in below:
        path.chmod(0o555)
    code, out, err = under_permissions(project, "run", "--from", "01", "--set", "extra=2.5")
    for path in below:
        path.chmod(0o755)

    assert code in (1, 2), out + err
    assert "Traceback" not in err and "ermission" in out + err
    assert not parts(project)
    if folder != "report":
        assert all(
            path.read_bytes() == content
            for path, content in held.items()
            if path.name != "station.json" and path.is_file()
        )
    code, out, err = under_permissions(project, "run")
    assert code == 0, out + err


def test_the_runner_itself_is_killed(tmp_path):
    """SIGKILL: no kernel outlives it, its lock is taken over, the rest runs."""
    wait = (
        "import time\n(root / 'begun').touch()\nwhile not (root / 'well').exists(): time.sleep(0.1)"
    )
    project = make_project(tmp_path, graph=CHAIN, faults={"02_b": wait})
    process = boxloop(project, "run")
    end = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=30)

    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive
    (project.root / "well").touch()
    again = boxloop(project, "run")
    out, err = again.communicate(timeout=120)
    assert "current" in out.splitlines()[0]
    assert [row.state for row in status(project)] == ["done"] * 3, out + err


def test_the_clock_moves_while_a_run_goes_on(project, quick, monkeypatch):
    """The lock knows its owner by more than the time of day."""
    from boxloop.base.errors import UserError

    with lock(project):
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: 0.0)
        if sys.platform.startswith("linux"):
            with pytest.raises(UserError, match="Another run"):
                run(project, echo=silent)


def test_results_by_hand_are_not_in_the_report(project, quick):
    """A run in JupyterLab that found something else than the kept copy shows."""
    run(project, echo=silent)
    copy = project.executed / "04_look.ipynb"
    content = json.loads(copy.read_text(encoding="utf-8"))
    content["metadata"]["boxloop"]["station"] = "another"
    copy.write_text(signed(content), encoding="utf-8")

    assert [row.detail for row in status(project) if row.state == "stale"] == [
        "its copy in the report is of another run"
    ]
    assert Path(copy).is_file()
