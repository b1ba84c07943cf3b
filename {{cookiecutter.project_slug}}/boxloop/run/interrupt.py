"""Ctrl-C: it stops a run, and does not disturb while what was begun is tidied up."""

import atexit
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupts:
    """Surround a run; once `leaving` is set, Ctrl-C does nothing until the run has come to its end.

    Where somebody else listens to Ctrl-C, or in another thread than the first, nothing changes.

    Parameters
    ----------
    last : bool
        The process ends with this run: after a Ctrl-C the next ones stay unheard, or the next
        would meet Python's own handler on the way out.
    """

    def __init__(self, *, last: bool = False) -> None:
        self.last = last
        self.heard, self.leaving, self._ours = False, False, False

    def __enter__(self):
        first = threading.current_thread() is threading.main_thread()
        self._ours = first and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._ours:
            signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        if self._ours and self.heard and self.last:
            ignore()
        elif self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def tell(self) -> None:
        """Raise what was heard: Python swallows it in some places."""
        if self.heard:
            raise KeyboardInterrupt

    def _heard(self, *_: Any) -> None:
        self.heard = True
        if not self.leaving:
            raise KeyboardInterrupt


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a Ctrl-C wait until the block is through: it is done whole, and nobody's word is lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple] = []
    before = signal.signal(signal.SIGINT, lambda *what: heard.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard and callable(before):
            before(*heard[0])


def ignore() -> None:
    """Let no further Ctrl-C disturb the end of this process; what it starts is not deaf."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: None)
        # Python gives up its handlers before it is through, and would die of the next one.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        # Where a Ctrl-C met a text that was executed, as for a dataclass that is imported, Python
        # dies of it at its end although it was caught, until another text was executed.
        exec("")  # noqa: S102
