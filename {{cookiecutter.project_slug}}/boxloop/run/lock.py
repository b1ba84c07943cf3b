"""One run at a time: a file in the project's root says who is running."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.run.interrupt import undisturbed

if TYPE_CHECKING:
    from boxloop.base.places import Project


NAME = ".boxloop.lock"


def _started(process: Any) -> float:
    """Return when a process started: on Linux since the machine did, whatever the clock says."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.is_file():
        return process.create_time()
    # The name of the program, in brackets, may hold blanks; the start is the 20th field after it.
    return int(
        stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    ) / os.sysconf("SC_CLK_TCK")


def _me() -> dict:
    import psutil

    process = psutil.Process()
    return {"pid": process.pid, "started": _started(process), "host": socket.gethostname()}


def _alive(owner: Any):
    """Return whether the process in the lock file still runs; on another machine, assume so."""
    import psutil

    if owner.get("host") != socket.gethostname():
        return True
    try:
        # Numbers of processes are given out again; number and start time together are not.
        return abs(_started(psutil.Process(owner["pid"])) - owner["started"]) < 1
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, OSError, IndexError, KeyError, TypeError, ValueError):
        return False


def _owner(path: Path):
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


def is_held(path: Path) -> bool:
    """Return whether a run that still goes on holds this lock file."""
    return path.exists() and _alive(_owner(path))


def _take(path: Path) -> bool:
    """Create the lock file, or return False where there is one."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(_me(), file)
    except BaseException:  # the disk is full: a lock without an owner would block the next run
        path.unlink(missing_ok=True)
        raise
    return True


def _take_over(path: Path):
    """Create the lock file in place of one that a dead process has left."""
    owner = _owner(path)
    if _alive(owner):
        process = f"process {owner.get('pid')} on {owner.get('host')}"
        msg = (
            f"Another run is going on in this project ({process}): "
            f"wait for it; if there is none, delete {NAME}."
        )
        raise UserError(msg)
    path.unlink(missing_ok=True)
    if not _take(path):
        msg = "Another run has just begun in this project: wait for it."
        raise UserError(msg)
    return True


@contextmanager
def lock(project: Project) -> Iterator:
    """Hold the project's lock while the block runs; a lock left by a dead process is taken over.

    Raises
    ------
    UserError
        If another run is going on in this project.
    """
    path, ours = project.root / NAME, False
    try:
        with undisturbed():  # or nobody knows whose the lock is that lies there
            ours = _take(path) or _take_over(path)
        yield path
    finally:
        with undisturbed():
            if ours:
                path.unlink(missing_ok=True)
