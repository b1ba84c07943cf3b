"""The report on this machine's own address, in a page that loads it again when it is new.

Tornado serves it, which JupyterLab brings along. Only 127.0.0.1 is bound; who does not know the
token of this session, or comes by another name of the host (a page elsewhere whose name was turned
to this address), is refused. The report stays as it was written: it stands in a frame, and the
frame's page holds the one line to the server.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from boxloop.run.in_thread import Guarded, InThread

HOST = "127.0.0.1"
SHOWN = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>boxloop watch</title>
<style>
  html, body { height: 100%; margin: 0; overflow: hidden; font: 14px/2 system-ui, sans-serif }
  body { display: flex; flex-direction: column }
  p { margin: 0; padding: 0 1em; background: #1d2b3a; color: #fff }
  iframe { flex: 1; border: 0; width: 100% }
</style>
<p role="status" id="state">Waiting for the first run.</p>
<iframe id="report" title="The report" src="index.html"></iframe>
<script src="watch.js"></script>
</html>
"""
SCRIPT = """\
const state = document.getElementById("state");
const frame = document.getElementById("report");
function listen() {
  const line = new WebSocket("ws://" + location.host + location.pathname + "line");
  line.onmessage = (message) => {
    const told = JSON.parse(message.data);
    if (told.say) state.textContent = told.say;
    // The page of before keeps its place: a browser scrolls back where it reloads.
    if (told.reload) frame.contentWindow.location.reload();
  };
  line.onclose = () => {
    state.textContent = "boxloop watch has ended, or is not reached.";
    setTimeout(listen, 2000);
  };
}
// Links that lead elsewhere open elsewhere: this frame shows the report and nothing else.
frame.addEventListener("load", () => {
  const page = frame.contentDocument;
  document.title = page.title || "boxloop watch";
  page.addEventListener("click", (click) => {
    const link = click.target.closest("a[href]");
    if (link && link.origin !== location.origin) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  }, true);
});
listen();
"""
# The frame holds the report, which has a policy of its own; nothing comes from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'self'; "
    "connect-src ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Guarded(Guarded):
    """Answers nobody who comes by another name, or without the token."""

    def prepare(self) -> None:
        served = self.settings["served"]
        if self.request.host not in served.hosts:
            raise HTTPError(403)
        if not self.has_word(served.token):
            raise HTTPError(403)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish(f"{status_code}: open the address that `boxloop watch` has printed.\n")


class _Frame(_Guarded):
    def get(self, **_: Any) -> None:
        """Send the page around the report."""
        self.set_header("Content-Security-Policy", POLICY.format(host=self.request.host))
        self.finish(PAGE)


class _Script(_Guarded):
    def get(self, **_: Any) -> None:
        """Send what listens in that page."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(SCRIPT)


class _Report(_Guarded):
    def get(self, name: str, **_: Any) -> None:
        """Send a page of the report; other files that lie beside it are not shown."""
        path = self.settings["served"].folder / name
        if path.suffix not in SHOWN or not path.is_file():
            self.set_status(404)
            self.finish("There is no report yet: it comes when the run has ended.\n")
            return
        self.set_header("Content-Type", SHOWN[path.suffix])
        self.finish(path.read_bytes())


class _Line(_Guarded, WebSocketHandler):
    """The line to one open page."""

    def check_origin(self, origin: str) -> bool:
        return origin in {f"http://{host}" for host in self.settings["served"].hosts}

    def open(self, *_: Any, **__: Any) -> None:
        self.settings["served"].joined(self)

    def on_close(self) -> None:
        self.settings["served"].lines.discard(self)

    def on_message(self, message: Any) -> None:
        """Nothing is asked by a page."""


class Served(InThread):
    """The server, in a thread of its own, while a block runs.

    Parameters
    ----------
    folder : Path
        The report.
    port : int
        0 takes one that is free.

    Raises
    ------
    OSError
        If the port is taken.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, self.token = folder, secrets.token_urlsafe(24)
        self.lines: set[_Line] = set()
        self._said = {"say": "Waiting for the first run."}
        super().__init__(bind_sockets(port, HOST))
        self.hosts = {f"{HOST}:{self.port}", f"localhost:{self.port}"}

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def tell(self, say: str = "", *, reload: bool = False) -> None:
        """Tell every open page what goes on, or to load the report again; from any thread."""
        told = {"say": say, "reload": reload}
        self._loop.call_soon_threadsafe(self._send, told)

    def joined(self, line: _Line) -> None:
        """Take in a page that was opened, and tell it what was told last."""
        self.lines.add(line)
        line.write_message(json.dumps(self._said))

    def _send(self, told: dict) -> None:
        if told["say"]:
            self._said = {"say": told["say"]}
        for line in list(self.lines):
            try:
                line.write_message(json.dumps(told))
            except WebSocketClosedError:
                self.lines.discard(line)

    def server(self) -> HTTPServer:
        """Return what answers: the page around the report, its script, and the line to it."""
        below = r"/(?P<token>[\w-]+)/"
        pages = [
            (below, _Frame),
            (below + r"watch\.js", _Script),
            (below + "line", _Line),
            (below + r"(?P<name>[\w-][\w.-]*)", _Report),
        ]
        settings: dict[str, Any] = {"served": self, "log_function": lambda _: None}
        return HTTPServer(Application(pages, **settings))
