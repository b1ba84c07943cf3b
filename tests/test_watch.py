"""`boxloop watch`: a file is saved, what is out of date runs, the open page loads the report again.

On loopback, by a socket and a websocket as a browser opens them.
"""

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fake_loop import GRAPH, make_project
from tornado import ioloop, websocket
from tornado.httpclient import HTTPClientError, HTTPRequest

from boxloop.run import on_save
from boxloop.run.lock import NAME
from boxloop.run.served import Served

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

TEMPLATE = Path(__file__).parents[1] / "{{cookiecutter.project_slug}}"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A test does not wait for a person."""
    monkeypatch.setattr(on_save, "EVERY", 0.02)
    monkeypatch.setattr(on_save, "QUIET", 0.05)


@pytest.fixture
def served(project):
    """The server of a project that has a report."""
    project.report.mkdir(exist_ok=True)
    (project.report / "index.html").write_text("<p>the report</p>", encoding="utf-8")
    (project.report / "04_train.html").write_text("<p>04</p>", encoding="utf-8")
    (project.report / "ledger.jsonl").write_text("{}", encoding="utf-8")
    with Served(project.report) as server:
        yield server


def ask(served, path, **headers):
    """Return status, headers and text of one answer."""
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        line.close()


def test_it_serves_the_report_as_it_is(served):
    """In a frame, with a policy of its own; the report's chapters too."""
    code, headers, page = ask(served, f"/{served.token}/")
    assert code == 200 and 'src="index.html"' in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert ask(served, f"/{served.token}/index.html")[::2] == (200, "<p>the report</p>")
    assert ask(served, f"/{served.token}/04_train.html")[::2] == (200, "<p>04</p>")
    assert "WebSocket" in ask(served, f"/{served.token}/watch.js")[2]


def test_nobody_without_the_token(served):
    """Neither page nor report nor script."""
    for path in ("/", "/index.html", "/none/", "/none/index.html", "/none/watch.js", "/none/line"):
        assert ask(served, path)[0] in (403, 404), path
    assert ask(served, "/none/index.html")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_nobody_by_another_name(served, host):
    """A page elsewhere may have its own name turned to this address."""
    assert ask(served, f"/{served.token}/index.html", Host=host)[0] in (400, 403)
    here = f"localhost:{served.port}"
    assert ask(served, f"/{served.token}/index.html", Host=here)[0] == 200


@pytest.mark.parametrize(
    "name",
    ["ledger.jsonl", "../study.toml", "..%2Fstudy.toml", "notebooks/03_train.ipynb", ".html", "x"],
)
def test_nothing_but_pages_of_the_report(served, name):
    """Not what lies beside them, nor above."""
    assert ask(served, f"/{served.token}/{name}")[0] == 404


def test_only_this_machine_is_bound(served):
    """No other address of it answers."""
    assert {found.getsockname()[0] for found in served._sockets} == {"127.0.0.1"}


def heard(served, *, origin=None, until, wait=120):
    """Open the line as a page does; return what was told, up to what `until` waits for."""
    told = []

    async def listen():
        request = HTTPRequest(
            f"ws://127.0.0.1:{served.port}/{served.token}/line",
            headers={"Origin": origin or f"http://127.0.0.1:{served.port}"},
        )
        line = await websocket.websocket_connect(request)
        while not (told and until(told[-1])):
            told.append(json.loads(await line.read_message()))
        line.close()

    ioloop.IOLoop(make_current=False).run_sync(listen, timeout=wait)
    return told


def test_a_page_elsewhere_gets_no_line(served):
    """Its browser says where it comes from."""
    with pytest.raises(HTTPClientError, match="403"):
        heard(served, origin="http://evil.example", until=bool)


class Session:
    """A watch in a thread of its own, as a person has it in a terminal."""

    def __init__(self, project, served):
        self.said, self.came, self.over = [], queue.Queue(), False
        self.watch = on_save.Watch(project, served, self.said.append, jobs=1)
        self.thread = threading.Thread(target=self._go, daemon=True)
        self.thread.start()

    def _go(self):
        for step in self.watch.steps():
            if step:
                self.came.put(step)
            if self.over:
                return

    def next(self):
        """Return what came of the next run."""
        return self.came.get(timeout=120)


@pytest.fixture
def session(project, quick, served):
    """A session whose first run is over."""
    made = Session(project, served)
    assert made.next().startswith("The report is of ")
    yield made
    made.over = True
    made.thread.join(5)


def saves(path, old, new):
    """Save a file as an editor does: another one comes in its place."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    part.replace(path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("notebooks/03_train.ipynb", "# 03_train", "# The training"),
        ("study/__init__.py", "Nothing", "Something"),
        ("study.toml", "train = 0.6", "train = 0.60"),
    ],
)
def test_a_saved_file_runs_and_the_page_reloads(session, served, project, name, old, new):
    """Only what is out of date; the terminal names the file."""
    threading.Timer(0.3, saves, (project.root / name, old, new)).start()
    told = heard(served, until=lambda told: told.get("reload"))

    assert {"say": "Running what is out of date.", "reload": False} in told
    session.next()
    assert f"Saved: {name}." in session.said


def test_a_mistake_is_a_sentence_and_the_next_save_mends_it(session, project):
    """Watching goes on."""
    saves(project.settings_file, "train = 0.6", 'train = "much"')
    assert session.next().startswith("Error: study.toml: ")
    saves(project.settings_file, 'train = "much"', "train = 0.6")
    assert session.next() == "Nothing was out of date."


def test_a_chapter_that_fails_is_told_once(session, project):
    """It does not run again before something is saved."""
    make_project(project.root, faults={"03_train": "raise ValueError('too hot')"})
    assert "Failed: 03_train, cell work: ValueError: too hot" in session.next()
    time.sleep(0.4)
    assert session.came.empty()


def test_several_files_saved_at_once_are_one_run(session, project, monkeypatch):
    """It waits until it is quiet."""
    monkeypatch.setattr(on_save, "QUIET", 0.6)
    for number in range(4):
        (project.study / f"part{number}.py").write_text("x = 1\n", encoding="utf-8")
        time.sleep(0.15)
    session.next()
    time.sleep(0.3)
    saved = [line for line in session.said if line.startswith("Saved: ")]
    names = "study/part0.py, study/part1.py, study/part2.py and 1 more"
    assert saved == [f"Saved: {names}."]


def test_what_a_run_writes_is_not_saved_by_a_person(session, project):
    """Raw tables that 01 makes, caches and the files of an editor begin no run."""
    for name in ("study/.x.swp", "study/x.py~", "study/__pycache__/x.pyc"):
        (project.root / name).parent.mkdir(exist_ok=True)
        (project.root / name).write_text("x", encoding="utf-8")
    time.sleep(0.4)
    assert session.came.empty()


def test_it_waits_for_the_run_of_somebody_else(session, project):
    """The lock is respected, and a lock that is gone lets it go on."""
    lock = project.root / NAME
    lock.write_text(json.dumps({"pid": 1, "host": "elsewhere"}), encoding="utf-8")
    saves(project.study / "__init__.py", "Nothing", "Something")
    time.sleep(0.4)
    assert session.came.empty() and "waiting for it" in session.said[-1]
    lock.unlink()
    assert session.next().startswith("The report is of ")


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly(tmp_path):
    """In a process of its own: one sentence, no traceback, no lock left."""
    project = make_project(tmp_path, graph={"01_scoping": GRAPH["01_scoping"]})
    words = [sys.executable, "-m", "boxloop", "watch", "--no-browser", "--jobs", "1"]
    flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {}
    watch = subprocess.Popen(
        words,
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(TEMPLATE), "PYTHONUNBUFFERED": "1"},
        **flags,
    )
    said = []
    for line in watch.stdout:
        said.append(line)
        if line.startswith(("The report is of", "Failed", "Error")):
            break
    time.sleep(1)
    watch.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
    said += watch.stdout.readlines()

    assert watch.wait(120) == 0, said
    assert said[-1] == "Nobody watches any more; what was run is kept.\n"
    assert "Traceback" not in "".join(said) and not (project.root / NAME).exists()
    assert any("http://127.0.0.1:" in line for line in said)
