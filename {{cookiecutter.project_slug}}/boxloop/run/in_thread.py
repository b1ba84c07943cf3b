"""A server of tornado that answers in a thread of its own, while a block runs."""

from __future__ import annotations

import asyncio
import hmac
import threading
from typing import TYPE_CHECKING, Self

from tornado.web import RequestHandler

if TYPE_CHECKING:
    from socket import socket

    from tornado.httpserver import HTTPServer

ENDS = 5  # seconds in which what is being answered may end


class Guarded(RequestHandler):
    """Says nothing of itself, and nothing that a browser may keep or hand on."""

    policy = "frame-ancestors 'self'"

    def has_word(self, word: str) -> bool:
        """Return whether the address holds the word of a server, in a time that tells nothing."""
        return hmac.compare_digest(self.path_kwargs["token"].encode(), word.encode())

    def set_default_headers(self) -> None:
        """Set what every answer has."""
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", self.policy)


class InThread:
    """Answers on sockets from the beginning of a ``with`` block to its end.

    Parameters
    ----------
    sockets : list of socket
        Bound, so that who begins knows the port.
    """

    def __init__(self, sockets: list[socket]) -> None:
        self.port = sockets[0].getsockname()[1]
        self._sockets, self._loop = sockets, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def server(self) -> HTTPServer:
        """Return what answers; called in the thread."""
        raise NotImplementedError

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self.server()
        server.add_sockets(self._sockets)
        try:
            self._loop.run_forever()
        finally:
            server.stop()
            self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ENDS)
