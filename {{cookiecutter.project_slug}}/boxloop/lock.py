"""One run at a time: a file in the project's root says who is running."""

import json
import os
import socket
import time
from contextlib import contextmanager

from boxloop.errors import UserError

NAME = ".boxloop.lock"


def _me():
    import psutil

    process = psutil.Process()
    return {"pid": process.pid, "started": process.create_time(), "host": socket.gethostname()}


def _alive(owner):
    """Return whether the process in the lock file still runs; on another machine, assume so."""
    import psutil

    if owner.get("host") != socket.gethostname():
        return True
    try:
        # Numbers of processes are given out again; number and start time together are not.
        return abs(psutil.Process(owner["pid"]).create_time() - owner["started"]) < 1
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, KeyError, TypeError, ValueError):
        return False


def _owner(path):
    """Return the content of a lock file; it may be a moment before its owner has written it."""
    for _ in range(10):
        try:
            owner = json.loads(path.read_text(encoding="utf-8"))
            return owner if isinstance(owner, dict) else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            time.sleep(0.1)
    return {"host": socket.gethostname()}


def _take(path):
    """Create the lock file, or return False where there is one."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(_me(), file)
    return True


@contextmanager
def lock(project):
    """Hold the project's lock while the block runs; a lock left by a dead process is taken over.

    Raises
    ------
    UserError
        If another run is going on in this project.
    """
    path = project.root / NAME
    if not _take(path):
        owner = _owner(path)
        if _alive(owner):
            msg = f"Another run is going on in this project (process {owner.get('pid')} on {owner.get('host')}): wait for it; if there is none, delete {NAME}."
            raise UserError(msg)
        path.unlink(missing_ok=True)
        if not _take(path):
            msg = "Another run has just begun in this project: wait for it."
            raise UserError(msg)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
