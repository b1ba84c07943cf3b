"""What can go wrong while the loop runs: one clear sentence, nothing half written, and the next run goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from boxloop.executor import execute, load_engine
from boxloop.lock import NAME, lock
from boxloop.runner import run
from boxloop.status import status
from conftest import TEMPLATE
from fake_loop import make_project

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

CHAIN = {"01_a": ([], ["data/1.txt"]), "02_b": (["data/1.txt"], ["data/2.txt"]), "03_c": (["data/2.txt"], ["data/3.txt"])}


@pytest.fixture
def real(quick, monkeypatch):
    """Real kernels instead of the fake ones."""
    monkeypatch.setattr("boxloop.runner.execute", execute)
    monkeypatch.setattr("boxloop.runner.load_engine", load_engine)


def silent(text):
    """Take the progress lines."""


def states(outcome):
    return [result.state for result in outcome.results]


def parts(project):
    """Return what is half written."""
    return [path for path in project.root.rglob("*") if path.suffix == ".part" or path.name == NAME]


def test_no_memory_is_said(tmp_path, real):
    """The cell is named, with what to do; the machine goes on."""
    project = make_project(tmp_path, graph=CHAIN, faults={"02_b": "raise MemoryError" if os.name == "nt" else "bytearray(1 << 62)"})
    outcome = run(project, echo=silent)

    assert states(outcome) == ["ok", "failed", "skipped"]
    assert outcome.failed[0].message == "02_b, cell work: MemoryError:  (the memory was not enough: take fewer rows or a larger machine)"


def boxloop(project, *words, **options):
    """Start ``python -m boxloop`` in a project with its own machinery."""
    if not (project.root / "boxloop").exists():
        shutil.copytree(TEMPLATE / "boxloop", project.root / "boxloop", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "boxloop", *words]
    return subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process there")
@pytest.mark.parametrize("how", [["--cold"], [], ["--jobs", "2"]])
def test_ctrl_c(tmp_path, how):
    """130, one sentence, no kernel and no part left; what was done is current, the rest runs."""
    wait = "import time\n(root / 'begun').touch()\nwhile not (root / 'well').exists(): time.sleep(0.1)"
    project = make_project(tmp_path / "päth with blanks", graph=CHAIN, faults={"02_b": wait})
    process = boxloop(project, "run", *how)
    end = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert err.startswith("Stopped during 02_b; what is done is kept: go on with `boxloop run`") and "Traceback" not in err
    gone, alive = psutil.wait_procs(below, timeout=5)
    assert not alive and not parts(project)
    assert [row.state for row in status(project)] == ["done", "stale", "stale"] or status(project)[1].state == "never run"
    (project.root / "well").touch()
    again = boxloop(project, "run", *how)
    out, err = again.communicate(timeout=120)
    assert [line.split()[2] for line in out.splitlines()[:1]] == ["-"] and "current" in out.splitlines()[0]
    assert [row.state for row in status(project)] == ["done"] * 3, out + err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a small file system of its own")
def test_a_full_disk(tmp_path, real):
    """The sentence names the disk; with space again the run goes on from there."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("may not mount a small file system")
    try:
        lines = ["if (root / 'full').exists():", " filler = open(root / 'filler', 'wb', buffering=0)", " try:", "  while True: filler.write(bytes(4096))"]
        fill = "\n".join([*lines, " except OSError: pass"])
        project = make_project(disk / "project", graph=CHAIN, faults={"01_a": fill})
        assert states(run(project, only="01", echo=silent)) == ["ok"]
        copy = (project.executed / "01_a.ipynb").read_bytes()
        (project.root / "full").touch()
        outcome = run(project, start="01", echo=silent)
        assert states(outcome) == ["failed", "skipped", "skipped"]
        assert "01_a" in outcome.failed[0].message and ("the disk is full" in outcome.failed[0].message or "No space left" in outcome.failed[0].message)
        assert (project.executed / "01_a.ipynb").read_bytes() == copy
        assert not parts(project)
        for name in ("filler", "full"):
            (project.root / name).unlink()
        assert states(run(project, echo=silent)) == ["ok", "ok", "ok"]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_no_room_for_a_lock(project, quick, monkeypatch):
    """One sentence, exit code 2, and no empty lock that blocks the next run."""
    import errno

    from boxloop.cli import main

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(project.root / NAME))

    monkeypatch.chdir(project.root)
    monkeypatch.setattr("boxloop.lock._me", full)
    with pytest.raises(SystemExit) as stop:
        main(["run"])
    assert stop.value.code == 2
    assert not parts(project)


@pytest.mark.parametrize("file", ["data/1.txt", "results/02_b/station.json", "report/notebooks/02_b.ipynb"])
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


def test_an_unreadable_file_is_made_again(tmp_path, quick, monkeypatch):
    """The status says so; its maker replaces it."""
    from boxloop import status as module

    project = make_project(tmp_path, graph=CHAIN)
    run(project, echo=silent)
    locked = project.root / "data" / "1.txt"

    def sha256(path, known=module.sha256):
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return known(path)

    monkeypatch.setattr(module, "sha256", sha256)
    assert [row.detail for row in status(project)][:2] == ["data/1.txt cannot be read", "data/1.txt cannot be read"]
    monkeypatch.undo()


def test_the_runner_itself_is_killed(tmp_path):
    """SIGKILL: no kernel outlives it, its lock is taken over, the rest runs."""
    wait = "import time\n(root / 'begun').touch()\nwhile not (root / 'well').exists(): time.sleep(0.1)"
    project = make_project(tmp_path, graph=CHAIN, faults={"02_b": wait})
    process = boxloop(project, "run")
    end = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=30)

    gone, alive = psutil.wait_procs(below, timeout=10)
    assert not alive
    (project.root / "well").touch()
    again = boxloop(project, "run")
    out, err = again.communicate(timeout=120)
    assert "current" in out.splitlines()[0]
    assert [row.state for row in status(project)] == ["done"] * 3, out + err


def test_the_clock_moves_while_a_run_goes_on(project, quick, monkeypatch):
    """The lock knows its owner by more than the time of day."""
    from boxloop.errors import UserError

    with lock(project):
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: 0.0)
        if sys.platform.startswith("linux"):
            with pytest.raises(UserError, match="Another run"):
                run(project, echo=silent)


def test_nothing_is_written_beside_the_notebooks(tmp_path, real):
    """A folder of notebooks that may only be read is enough."""
    project = make_project(tmp_path / "ä {b} c", graph=CHAIN)
    before = {path: path.stat().st_mtime_ns for path in [project.notebooks, *project.notebooks.iterdir()]}
    project.notebooks.chmod(0o555)
    try:
        assert run(project, echo=silent).ok
    finally:
        project.notebooks.chmod(0o755)

    assert before == {path: path.stat().st_mtime_ns for path in [project.notebooks, *project.notebooks.iterdir()]}


def test_results_by_hand_are_not_in_the_report(project, quick):
    """A run in JupyterLab that found something else than the kept copy shows."""
    run(project, echo=silent)
    copy = project.executed / "04_look.ipynb"
    content = json.loads(copy.read_text(encoding="utf-8"))
    content["metadata"]["boxloop"]["station"] = "another"
    copy.write_text(json.dumps(content), encoding="utf-8")

    assert [row.detail for row in status(project) if row.state == "stale"] == ["run by hand: the report has no good copy of it"]
    assert Path(copy).is_file()
