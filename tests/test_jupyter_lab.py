"""A notebook in the real JupyterLab server: listed, opened, run from its first cell to its last."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import pytest

pytestmark = pytest.mark.slow

START_SECONDS = 90
CELL_SECONDS = 300


class Server:
    """The server's address, and how to ask it."""

    def __init__(self, port, token):
        self.place, self.token = f"127.0.0.1:{port}", token
        self.headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def ask(self, path, *, method="GET", body=None):
        """Return the JSON answer of the server's API, or None where it answers nothing."""
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(
            f"http://{self.place}{path}", data=data, headers=self.headers, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(server, process, log):
    """Return when the server answers; fail with its log when it ends or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            return server.ask("/api/status")
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail("JupyterLab did not start:\n" + log.read_text(encoding="utf-8", errors="replace"))


@pytest.fixture
def lab(baked, tmp_path):
    """JupyterLab in a copy of the default project, with nothing of the user's settings."""
    project = tmp_path / "project"
    shutil.copytree(baked, project)
    with lab_in(project, tmp_path) as server:
        yield server


@contextlib.contextmanager
def lab_in(project, tmp_path, *more):
    """Yield the server of a project, started with more options; its settings are in `tmp_path`."""
    port, token = free_port(), secrets.token_hex(16)
    homes = {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    # What `pip install -e .` would do: the kernel finds the project's packages.
    env = os.environ | homes | {"PYTHONPATH": str(project), "JUPYTER_PREFER_ENV_PATH": "1"}
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={project}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *more,
    ]
    log = tmp_path / "lab.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=env,
            cwd=project,
            stdout=file,
            stderr=file,
        )
    server = Server(port, token)
    try:
        wait_until_up(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


async def execute(connection, code):
    """Run one cell as JupyterLab does, and return the content of its reply."""
    request = uuid.uuid4().hex
    header = {
        "msg_id": request,
        "msg_type": "execute_request",
        "session": "test",
        "username": "test",
        "version": "5.3",
        "date": "",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {
        "channel": "shell",
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "buffers": [],
    }
    await connection.write_message(json.dumps(message))
    while True:
        text = await connection.read_message()
        assert text is not None, "the server closed the connection"
        if isinstance(text, bytes):
            continue  # a message with buffers, which no reply has
        reply = json.loads(text)
        if reply["parent_header"].get("msg_id") == request and reply["msg_type"] == "execute_reply":
            return reply["content"]


async def run_cells(server, kernel, cells):
    """Return ``[(cell id, reply)]`` of all code cells, up to the first error."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    url = f"ws://{server.place}/api/kernels/{kernel}/channels?session_id=test"
    connection = await websocket_connect(
        HTTPRequest(url, headers=server.headers, connect_timeout=60)
    )
    replies = []
    try:
        for cell in cells:
            reply = await asyncio.wait_for(execute(connection, cell["source"]), CELL_SECONDS)
            replies.append((cell.get("id"), reply))
            if reply["status"] != "ok":
                break
    finally:
        connection.close()
    return replies


def test_the_first_notebook_runs_in_jupyterlab(lab):
    """The eight notebooks are listed, and 01 runs cell by cell in a kernel of its own."""
    listed = lab.ask("/api/contents/notebooks?content=1")["content"]
    names = sorted(item["name"] for item in listed if item["type"] == "notebook")
    assert [name[:3] for name in names] == [f"0{number}_" for number in range(1, 9)]

    path = "notebooks/01_scoping.ipynb"
    cells = lab.ask(f"/api/contents/{path}?content=1")["content"]["cells"]
    body = {
        "path": path,
        "name": "01_scoping.ipynb",
        "type": "notebook",
        "kernel": {"name": "python3"},
    }
    session = lab.ask("/api/sessions", method="POST", body=body)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    try:
        replies = asyncio.run(run_cells(lab, session["kernel"]["id"], code))
    finally:
        lab.ask(f"/api/sessions/{session['id']}", method="DELETE")

    errors = [
        (cell, reply["ename"], reply["evalue"])
        for cell, reply in replies
        if reply["status"] != "ok"
    ]
    assert errors == []
    assert len(replies) == len(code)
