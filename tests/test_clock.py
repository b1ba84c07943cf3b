"""The clock is moved back while the loop runs.

A library under every process gives the time of day a year too early.
"""

import shutil
import subprocess
import sys

import pytest
from fake_loop import make_project
from test_faults import CHAIN, boxloop

from boxloop.record.passes import all_passes, last_pass
from boxloop.record.status import status
from boxloop.run.lock import NAME

# From the moment on that the file $BACK exists it is a year earlier, for all that asks the C
# library.
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long off(void) {
    const char *file = getenv("BACK");
    return file && !access(file, F_OK) ? 31536000L : 0;
}
int clock_gettime(clockid_t id, struct timespec *t) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int found = real(id, t);
    if (!found && id == CLOCK_REALTIME) t->tv_sec -= off();
    return found;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000; return 0;
}
time_t time(time_t *t) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """Put the clock under all processes that are started from here.

    Return the file whose presence moves it back.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not sys.platform.startswith("linux") or not compiler:
        pytest.skip("needs Linux and a C compiler to give the processes another clock")
    (tmp_path / "clock.c").write_text(CLOCK, encoding="utf-8")
    library = tmp_path / "clock.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(library), str(tmp_path / "clock.c"), "-ldl"],
        check=True,
    )
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("BACK", str(tmp_path / "back"))

    def year():
        question = "import datetime; print(datetime.datetime.now().year)"
        command = [sys.executable, "-c", question]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)

    before = year()
    (tmp_path / "back").touch()
    assert year() == before - 1, "the clock does not move"
    (tmp_path / "back").unlink()
    return tmp_path / "back"


def finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_the_clock_goes_back_in_the_middle_of_a_cell(tmp_path, clock, how):
    """All three come through, nothing is left over, nothing old is taken for new or new for old."""
    back = f"import pathlib; pathlib.Path({str(clock)!r}).touch()"
    project = make_project(tmp_path / "project", graph=CHAIN, faults={"02_b": back})
    code, out, err = finish(boxloop(project, "run", *how))
    assert code == 0 and err == "", out + err
    assert clock.exists() and not (project.root / NAME).exists()
    assert [row.state for row in status(project)] == ["done"] * 3

    code, out, err = finish(boxloop(project, "run", *how))
    assert out.startswith("Nothing changed"), out + err
    path = project.notebooks / "02_b.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("str(extra)", "str(2 * extra)"), encoding="utf-8"
    )
    code, out, err = finish(boxloop(project, "run", *how))
    assert code == 0, out + err
    assert [
        line.split()[0] + " " + ("current" if "current" in line else "ran")
        for line in out.splitlines()[:3]
    ] == ["01 current", "02 ran", "03 ran"]


def test_passes_keep_their_order_when_the_clock_goes_back(tmp_path, clock):
    """Numbers count passes, not dates."""
    project = make_project(tmp_path / "project", graph=CHAIN)
    finish(boxloop(project, "run", "--note", "first"))
    clock.touch()
    code, out, err = finish(
        boxloop(project, "run", "--from", "01", "--set", "extra=2", "--note", "second")
    )
    assert code == 0, out + err
    first, second = all_passes(project)

    assert (first["number"], first["note"], second["number"], second["note"]) == (
        1,
        "first",
        2,
        "second",
    )
    assert second["time"] < first["time"]
    assert last_pass(project)["note"] == "second"
