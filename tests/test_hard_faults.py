"""Faults of the whole command, in processes of its own.

Two at once, cut files, no memory, a full disk.
"""

import subprocess
import sys
import time

import pytest
from fake_loop import make_project
from test_faults import CHAIN, boxloop, parts

from boxloop.record.status import status
from boxloop.run.lock import NAME

WAIT = "import time\n(root / 'begun').touch()\nwhile not (root / 'well').exists(): time.sleep(0.05)"


def finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def lines(out):
    """Return ``["01 ok", ...]`` of the first three lines of a run."""
    words = ("current", "failed", "skipped", "ok")
    return [
        f"{line.split()[0]} {next(word for word in words if word in line)}"
        for line in out.splitlines()[:3]
    ]


def done(project):
    return [row.state for row in status(project)] == ["done"] * 3


def test_two_runs_at_once(tmp_path):
    """The second is refused in one sentence; the first, in the middle of a cell, goes on."""
    project = make_project(tmp_path, graph=CHAIN, faults={"02_b": WAIT})
    first = boxloop(project, "run")
    end = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    for words in (["run"], ["run", "--from", "01"], ["run", "--only", "03", "--cold"]):
        code, out, err = finish(boxloop(project, *words))
        assert (code, out) == (2, "")
        assert (
            len(err.splitlines()) == 1
            and f"Another run is going on in this project (process {first.pid} on " in err
        )
    (project.root / "well").touch()
    code, out, err = finish(first)

    assert code == 0 and lines(out) == ["01 ok", "02 ok", "03 ok"], out + err
    assert done(project) and not parts(project)


def test_two_runs_begin_in_the_same_moment(tmp_path):
    """One of them has the lock, or both in turn; never do both run a notebook."""
    project = make_project(
        tmp_path,
        graph=CHAIN,
        faults=dict.fromkeys(CHAIN, "with (root / 'count').open('a') as file: file.write('x')"),
    )
    codes = sorted(
        finish(process)[0] for process in [boxloop(project, "run"), boxloop(project, "run")]
    )

    assert codes in ([0, 2], [0, 0])
    assert (project.root / "count").read_text(encoding="utf-8") == "xxx"
    assert done(project) and not (project.root / NAME).exists()


@pytest.mark.parametrize(
    "file", ["data/1.txt", "results/02_b/station.json", "report/notebooks/02_b.ipynb"]
)
def test_a_truncated_file_is_named_and_made_again(tmp_path, file):
    """By the command: ``status`` says which, ``run`` goes on from its maker."""
    project = make_project(tmp_path, graph=CHAIN)
    assert finish(boxloop(project, "run"))[0] == 0
    path = project.root / file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    code, out, err = finish(boxloop(project, "status"))
    assert file in out + err and "Traceback" not in err
    code, out, err = finish(boxloop(project, "run"))

    assert code == 0, out + err
    maker = "01" if file.startswith("data") else "02"
    assert lines(out) == [
        f"{number} {'ok' if number == maker else 'current'}" for number in ("01", "02", "03")
    ]
    assert done(project) and not parts(project)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a process cannot be given less memory there"
)
@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_a_cell_that_needs_more_memory_than_there_is(tmp_path, how):
    """A limit of the system, and an array beyond it.

    The cell is named, the rest is skipped, and the next run goes on.
    """
    greedy = [
        "if not (root / 'well').exists():",
        "    import resource, numpy as np",
        "    now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()",
        "    resource.setrlimit(resource.RLIMIT_AS, (now + 2**28, now + 2**28))",
        "    held = [np.ones(2**22) for _ in range(1000)]",
    ]
    project = make_project(tmp_path, graph=CHAIN, faults={"02_b": "\n".join(greedy)})
    code, out, err = finish(boxloop(project, "run", *how))

    assert code == 1 and lines(out) == ["01 ok", "02 failed", "03 skipped"], out + err
    assert (
        "02_b, cell work: " in err
        and "MemoryError" in err
        and "take fewer rows or a larger machine" in err
        and "Traceback" not in err
    )
    assert not parts(project)
    (project.root / "well").touch()
    code, out, err = finish(boxloop(project, "run", *how))
    assert code == 0 and lines(out) == ["01 current", "02 ok", "03 ok"], out + err


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs a small file system of its own"
)
def test_the_disk_is_full_for_the_command(tmp_path):
    """One sentence with the notebook, no part left.

    With space again the next run goes on from there.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True
    ).returncode:
        pytest.skip("may not mount a small file system")
    try:
        fill = (
            "if not (root / 'well').exists():\n"
            "    filler = open(root / 'filler', 'wb', buffering=0)\n"
            "    try:\n"
            "        while True: filler.write(bytes(4096))\n"
            "    except OSError: pass"
        )
        project = make_project(disk / "project", graph=CHAIN, faults={"02_b": fill})
        code, out, err = finish(boxloop(project, "run"))
        assert code in (1, 2) and "Traceback" not in err, out + err
        assert "02_b" in err and ("the disk is full" in err or "No space left" in err), err
        assert not parts(project)
        (project.root / "filler").unlink()
        (project.root / "well").touch()
        code, out, err = finish(boxloop(project, "run"))
        assert code == 0 and lines(out) == ["01 current", "02 ok", "03 ok"], out + err
        assert done(project)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
