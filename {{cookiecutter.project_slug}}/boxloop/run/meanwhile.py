"""The process that converts chapters for the report while the next ones run.

It is started as ``python -m boxloop.run.meanwhile PROJECT``, reads the name of a chapter per line
and answers each with one line. It tells of no fault: what it has not kept, the page converts, and
says what is wrong with it.
"""

from __future__ import annotations

import os
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
# Where it is imported already, nothing is slow about converting in this process.
SLOW = "nbconvert"
# The notebooks come first; on Windows that, and that Ctrl-C is for the runner, is said on starting.
NICE, FLAGS = 10, ("CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")


class Meanwhile:
    """Has chapters converted while the next ones run.

    Whatever goes wrong here is no error: what is not kept, the page converts.

    Parameters
    ----------
    project : Project
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._process: Any = None
        self._waiting: list[str] = []
        self._lock, self._answered = threading.Lock(), threading.Condition()
        self._closed = self._gone = False

    def start(self) -> bool:
        """Start the process, which takes a second to import; return whether it is there."""
        with self._lock:
            if self._process is None and not self._closed and SLOW not in sys.modules:
                self._tidy()  # what a run that was killed has left
                with suppress(OSError):  # no memory, perhaps
                    self._process = self._started()
                    threading.Thread(target=self._listen, daemon=True).start()
                    for name in self._waiting:
                        self._tell(name)
            return self._process is not None

    def convert(self, name: str) -> None:
        """Have an executed chapter converted, once the process is there."""
        with self._lock, self._answered:
            self._waiting.append(name)
            if self._process is not None:
                self._tell(name)

    def wait(self) -> None:
        """Wait until all is converted that was asked for; not long, for the page can do it too."""
        if self._process is not None:
            with self._answered:
                self._answered.wait_for(lambda: self._gone or not self._waiting, SECONDS)

    def close(self) -> None:
        """End the process, with what it has begun to write."""
        with self._lock:
            self._closed = True
            if self._process is None:
                return
            self._process.kill()
            self._process.wait()
            with suppress(OSError, ValueError):
                self._process.stdin.close()
        self._tidy()

    def _started(self) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "boxloop.run.meanwhile", str(self._project.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(boxloop.__file__).parent.parent,  # this machinery, and no other
            text=True,
            encoding="utf-8",
            start_new_session=True,
            creationflags=sum(getattr(subprocess, flag, 0) for flag in FLAGS),
        )

    def _tell(self, name: str) -> None:
        with suppress(OSError, ValueError):
            self._process.stdin.write(f"{name}\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        """Take down what is converted; where the process ends nobody need wait for it."""
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                with self._answered:
                    with suppress(ValueError):
                        self._waiting.remove(line.strip())
                    self._answered.notify_all()
        with self._answered:
            self._gone = True
            self._answered.notify_all()

    def _tidy(self) -> None:
        for part in (self._project.report / "kept").glob(".*.part"):
            with suppress(OSError):
                part.unlink()


def main() -> None:
    """Keep the chapters of the project on the command line, in the order in which they come."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints gets nowhere
    from boxloop.base.places import Project

    project = Project(Path(sys.argv[1]))
    with suppress(Exception):
        from boxloop.report import get_ready

        get_ready()
    for line in os.fdopen(0, encoding="utf-8"):
        with suppress(Exception):
            from boxloop.report.chapters import keep_chapter

            keep_chapter(project, line.strip())
        print(line.strip(), file=answers)


if __name__ == "__main__":
    main()
