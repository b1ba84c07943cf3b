"""The process that converts chapters for the report while the next ones run."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boxloop

if TYPE_CHECKING:
    from boxloop.base.places import Project

SECONDS = 5  # to wait for the last chapter


class Meanwhile:
    """Has chapters converted while the next ones run.

    Parameters
    ----------
    project : Project
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._process: Any = None
        self._waiting: list[str] = []
        self._lock, self._answered = threading.Lock(), threading.Condition()
        self._tidy()  # what a run that was killed has left

    def convert(self, name: str) -> None:
        """Have an executed chapter converted; returns at once."""
        if "nbconvert" in sys.modules:  # nothing is slow about it in this process
            return
        with self._lock:
            if self._process is None:
                self._start()
            with self._answered:
                self._waiting.append(name)
            with suppress(OSError, ValueError, AttributeError):  # it is gone: the page converts
                self._process.stdin.write(f"{name}\n")
                self._process.stdin.flush()

    def wait(self) -> None:
        """Wait until all is converted that was asked for; not long, for the page can do it too."""
        with self._answered:
            self._answered.wait_for(lambda: not self._waiting, timeout=SECONDS)

    def close(self) -> None:
        """End the process, with what it has begun to write."""
        with self._lock:
            if self._process is None:
                return
            with suppress(OSError, ValueError):
                self._process.stdin.close()
            self._process.kill()
            self._process.wait()
        self._tidy()

    def _start(self) -> None:
        # Ctrl-C is for the runner, which ends this as well.
        flags = ("CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")  # of Windows
        with suppress(OSError):  # no memory, perhaps
            self._process = subprocess.Popen(
                [sys.executable, "-m", "boxloop.report.meanwhile", str(self._project.root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(boxloop.__file__).parent.parent,  # this machinery, and no other
                text=True,
                encoding="utf-8",
                start_new_session=True,
                creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
            )
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Take down what is converted; when the process ends nobody need wait for it."""
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                with self._answered:
                    with suppress(ValueError):
                        self._waiting.remove(line.strip())
                    self._answered.notify_all()
        with self._answered:
            self._waiting.clear()
            self._answered.notify_all()

    def _tidy(self) -> None:
        for part in (self._project.report / "kept").glob(".*.part"):
            with suppress(OSError):
                part.unlink()
