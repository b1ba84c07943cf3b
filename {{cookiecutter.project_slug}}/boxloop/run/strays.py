"""Whatever the notebooks of a run have started ends with the run, also what has left its kernel."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from boxloop.base.errors import MARK  # processes hand it on to those that they start

ROUNDS = 10  # what still starts others after so many, or is held by the system, is left
SECONDS = 1  # to end by itself, and to take away what it has put down


def marked(mark: str) -> list:
    """Return the processes in whose environment the mark stands, this one not counted."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # those of other users do not tell
            if process.pid != os.getpid() and mark in process.environ().get(MARK, ""):
                found.append(process)
    return found


def end(mark: str) -> None:
    """End all processes with the mark, and those that they start meanwhile."""
    import psutil

    for _ in range(ROUNDS):
        left = marked(mark)
        if not left:
            return
        for process in left:
            with suppress(psutil.Error):
                process.terminate()
        _, alive = psutil.wait_procs(left, timeout=SECONDS)
        for process in alive:
            with suppress(psutil.Error):
                process.kill()
        _, alive = psutil.wait_procs(alive, timeout=SECONDS)


@contextmanager
def ours() -> Iterator:
    """Surround a run: yields what must be in the environment of what it starts, and ends that.

    Not in this process's own environment, which another run in it would find there. A run inside
    of a notebook of another run has the marks of both.
    """
    mark = uuid.uuid4().hex
    try:
        yield {MARK: " ".join(filter(None, [os.environ.get(MARK), mark]))}
    finally:
        end(mark)
