"""The limits of a run: time for a cell, what it may put out, and nothing that outlives the run."""

import json
import re
import signal
import sys
import time

import psutil
import pytest
from fake_loop import make_project
from test_faults import boxloop

from boxloop.run import pool

WAYS = [[], ["--cold"]]
# 03 needs what 02 makes; 04 does not.
GRAPH = {
    "01_scoping": ([], ["data/1.txt"]),
    "02_baseline": (["data/1.txt"], ["data/2.txt"]),
    "03_split": (["data/2.txt"], ["data/3.txt"]),
    "04_train": (["data/1.txt"], ["data/4.txt"]),
}


def finish(process):
    """Return exit code, output and errors of a command, and its peak memory in MB."""
    peak, one = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, one.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err, peak / 2**20


def outputs(project, name):
    """Return what the working cell of a notebook has put out."""
    cells = json.loads((project.executed / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    (found,) = [cell["outputs"] for cell in cells if cell["id"] == "work"]
    return found


def texts(outs):
    return "".join("".join(out["text"]) for out in outs if out["output_type"] == "stream")


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    "hang",
    [
        "import time; time.sleep(1000)",
        pytest.param("sum(range(10**13))  # nobody else gets a turn", marks=pytest.mark.slow),
    ],
)
def test_a_cell_that_takes_too_long(tmp_path, how, hang):
    """One sentence with the cell; what does not need it goes on.

    With more time it comes through.
    """
    slow = f"""
if not (root / 'well').exists():
    import os, time
    (root / 'pid').write_text(str(os.getpid()))
    print('begun', flush=True)
    time.sleep(0.3)  # a thread sends it
    {hang}
"""
    project = make_project(tmp_path, graph=GRAPH, faults={"02_baseline": slow})
    code, out, err, _ = finish(boxloop(project, "run", "--timeout", "3", *how))

    assert code == 1
    says = (
        "02_baseline, cell work: CellTimeoutError: took longer than 3 s: "
        "allow more with --timeout, or have the cell do less"
    )
    assert err == f"Failed: {says}\n"
    assert (
        re.search("03 split .*skipped", out)
        and re.search("04 train .* ok", out)
        and "Report: " in out
    )
    *printed, error = outputs(project, "02_baseline")
    assert (
        texts(printed) == "begun\n" and error["output_type"] == "error" and error["evalue"] in says
    )
    assert not alive(int((project.root / "pid").read_text()))
    (project.root / "well").touch()
    code, out, err, _ = finish(boxloop(project, "run", "--timeout", "60", *how))
    assert code == 0, out + err


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_time_limit_is_a_number_of_seconds(tmp_path, seconds):
    """Anything else is refused before anything runs."""
    project = make_project(tmp_path, graph=GRAPH)
    code, out, err, _ = finish(boxloop(project, "run", "--timeout", seconds))

    assert (code, out) == (2, "") and "--timeout" in err and not project.results.exists()


FLOOD = """
import sys
for number in range(200_000):
    print(number)
    if number % 1000 == 0: print('warning', number, file=sys.stderr)
print('x' * 10**8)
raise ValueError('after all that')
"""


@pytest.mark.parametrize("how", WAYS)
def test_a_flood_of_output(tmp_path, how):
    """Copy, report and memory stay small.

    Beginning, end, error and the count of the rest are there.
    """
    project = make_project(
        tmp_path, graph={"01_scoping": ([], ["data/1.txt"])}, faults={"01_scoping": FLOOD}
    )
    code, _, err, peak = finish(boxloop(project, "run", *how))
    outs = outputs(project, "01_scoping")

    first, where, line = err.splitlines()
    assert code == 1 and first == "Failed: 01_scoping, cell work: ValueError: after all that"
    assert where.startswith("    notebooks/01_scoping.ipynb, cell work, line ")
    assert line == "        raise ValueError('after all that')"
    assert (project.executed / "01_scoping.ipynb").stat().st_size < 500_000
    assert peak < 1200  # the line of 100 MB comes as one message, and is read as a whole
    assert (
        texts(outs).startswith("0\n1\n2\n")
        and re.search(r"… \d{3},\d{3} lines left out …", texts(outs))
        and "xxx\n" in texts(outs)
    )
    assert outs[-1]["evalue"] == "after all that"
    page = (project.report / "index.html").read_text(encoding="utf-8")
    assert "lines left out" in page and len(page) < 2_000_000


MANY = """
from IPython.display import HTML, display, clear_output
shown = display('begun', display_id='one')
for number in range(300): display(HTML(f'<b>{number}</b>'))
shown.update('ended')
"""
CLEARED = """
from IPython.display import clear_output
for number in range(5000): print(number)
clear_output(wait=True)
print('left')
"""


@pytest.mark.parametrize("how", WAYS)
def test_many_outputs_and_their_updates(tmp_path, how):
    """What is updated is found also where others are left out; what is cleared leaves no count."""
    graph = {"01_scoping": ([], ["data/1.txt"]), "02_baseline": ([], ["data/2.txt"])}
    project = make_project(
        tmp_path, graph=graph, faults={"01_scoping": MANY, "02_baseline": CLEARED}
    )
    code, out, err, _ = finish(boxloop(project, "run", *how))
    outs = outputs(project, "01_scoping")

    assert code == 0, out + err
    assert "".join(outs[0]["data"]["text/plain"]) == "'ended'"
    assert texts(outs) == "… 182 outputs left out …\n" and "<b>299</b>" in str(outs)
    assert texts(outputs(project, "02_baseline")) == "left\n"


# Started by a notebook, and out of its kernel's reach: in sessions of their own, and a daemon.
STRAYS = """
import os, subprocess, sys, time
sleep = [sys.executable, '-c', 'import time; time.sleep(1000)']
pids = [subprocess.Popen(sleep, start_new_session=True).pid for _ in range(2)]
options = 'start_new_session=True, stdout=subprocess.DEVNULL'
daemon = f"import subprocess; print(subprocess.Popen({{sleep!r}}, {{options}}).pid)"
daemon = [sys.executable, '-c', daemon]
pids.append(int(subprocess.run(daemon, stdout=subprocess.PIPE, start_new_session=True).stdout))
{more}
(root / 'pids').write_text(' '.join(map(str, pids)))
{end}
"""
# Only the process that it was forked from can know that it is ours.
NAMELESS = "pids.append(subprocess.Popen(sleep, start_new_session=True, env={}).pid)"
ENDS = {
    "normal": "",
    "failure": "raise ValueError('no')",
    "timeout": "time.sleep(1000)",
    "ctrl-c": "time.sleep(1000)",
    "killed": "time.sleep(1000)",
}


@pytest.mark.skipif(
    not pool.can_fork(), reason="there are no forked kernels, and not the same signals"
)
@pytest.mark.parametrize(
    ("end", "how"), [(end, how) for end in ENDS for how in WAYS if not (end == "killed" and how)]
)
def test_nothing_outlives_the_run(tmp_path, end, how):
    """However it ends; and what somebody else has started stays.

    Where the runner itself is killed, and kernels are no forks, nobody is left to look.
    """
    theirs = psutil.Popen(
        [sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True
    )
    fault = STRAYS.format(end=ENDS[end], more="" if how else NAMELESS)
    project = make_project(
        tmp_path, graph={"01_scoping": ([], ["data/1.txt"])}, faults={"01_scoping": fault}
    )
    process = boxloop(project, "run", *how, *(["--timeout", "3"] if end == "timeout" else []))
    if end in ("ctrl-c", "killed"):
        until((project.root / "pids").exists)
        process.send_signal(signal.SIGINT if end == "ctrl-c" else signal.SIGKILL)
    code, out, err, _ = finish(process)

    assert code == {"normal": 0, "ctrl-c": 130, "killed": -signal.SIGKILL}.get(end, 1), out + err
    pids = [int(pid) for pid in (project.root / "pids").read_text().split()]
    until(lambda: not any(alive(pid) for pid in pids), seconds=10 if end == "killed" else 0)
    assert len(pids) == (3 if how else 4) and not [pid for pid in pids if alive(pid)]
    assert alive(theirs.pid)
    theirs.kill()


def until(true, seconds=60):
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)


def test_a_run_ends_only_what_it_has_started(tmp_path):
    """Two projects at a time: the one that is through leaves the helper of the other alone."""
    wait = "\nwhile not (root / 'well').exists(): time.sleep(0.05)"
    one = make_project(
        tmp_path / "one",
        graph={"01_a": ([], ["data/1.txt"])},
        faults={"01_a": STRAYS.format(end=wait, more="")},
    )
    two = make_project(tmp_path / "two", graph={"01_a": ([], ["data/1.txt"])})
    first = boxloop(one, "run")
    until(lambda: (one.root / "pids").exists() and (one.root / "pids").read_text())
    assert finish(boxloop(two, "run"))[0] == 0
    pids = [int(pid) for pid in (one.root / "pids").read_text().split()]

    assert len(pids) == 3 and all(alive(pid) for pid in pids)
    (one.root / "well").touch()
    assert finish(first)[0] == 0
    assert not any(alive(pid) for pid in pids)
