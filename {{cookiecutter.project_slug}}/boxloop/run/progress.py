"""What a person sees while notebooks run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError, shown
from boxloop.notebooks.file import read_copy, read_notebook

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def expected_seconds(project: Project, chapter: Chapter) -> float | None:
    """Return how long a chapter took when it was last executed, or None."""
    try:
        copy = read_copy(project.executed / f"{chapter.name}.ipynb")
    except UserError:
        return None
    return copy["metadata"].get("papermill", {}).get("duration")


class Told:
    """What is known of one running chapter; papermill's client calls the hooks.

    Parameters
    ----------
    chapter : Chapter
    before : float or None
        Seconds that it took last time.
    stream : file-like, optional
        Gets what the cells print, as they print it.
    """

    def __init__(self, chapter: Chapter, before: float | None = None, stream: Any = None) -> None:
        self.label, self.before, self._stream = shown(chapter.label), before, stream
        try:
            self._cells = [
                cell.get("cell_type") == "code" for cell in read_notebook(chapter.path)["cells"]
            ]
        except UserError:  # the run itself will say so
            self._cells = []
        self.done, self.start = 0, time.monotonic()

    def hooks(self) -> dict:
        """Return the options that make papermill tell."""
        streams = (
            {"stdout_file": self._stream, "stderr_file": self._stream, "log_output": True}
            if self._stream
            else {}
        )
        return {"on_cell_executed": self._executed} | streams

    def _executed(self, **_: Any):
        self.done += 1

    def line(self) -> str:
        """Return one line: name, cells, elapsed and expected seconds."""
        seconds = f"{time.monotonic() - self.start:6.1f} s"
        usual = f" of about {self.before:.0f} s" if self.before else ""
        cells = sum(self._cells)
        return f"{self.label:<18} {seconds}{usual}, cell {min(self.done + 1, cells)} of {cells}"


class Stream:
    """A file that hands on what is written to it, line by line."""

    def __init__(self, say: Any, label: str) -> None:
        self._say, self._label, self._rest = say, label, ""

    def write(self, text: str) -> None:
        """Tell the lines that have ended."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            # Of a line that was written over and over, the last; and without its colours.
            last = _COLOUR.sub("", line).rstrip("\r").rpartition("\r")[2]
            self._say(f"{self._label} | {last}")

    def flush(self) -> None:
        """Lines are told when they end."""


class Lines:
    """Plain lines, one per notebook when it is through.

    Parameters
    ----------
    echo : callable
        Takes a line.
    verbose : bool
        Also show what the cells print, as they print it.
    """

    def __init__(self, echo: Callable = print, *, verbose: bool = False) -> None:
        self.verbose, self._echo = verbose, echo

    def say(self, line: str) -> None:
        """Show a line; where it cannot be written, the run goes on without it."""
        with suppress(OSError):
            self._echo(shown(line))

    @contextmanager
    def running(self, chapter: Chapter, project: Project) -> Iterator:
        """Surround the run of one chapter; yields what is told about it."""
        stream = Stream(self.say, chapter.label) if self.verbose else None
        yield Told(chapter, expected_seconds(project, chapter), stream)

    def __enter__(self):
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to tidy."""


class Live(Lines):
    """On a terminal: one line per running notebook that moves, results above it."""

    def __init__(self, *, verbose: bool = False) -> None:
        from rich.console import Console
        from rich.live import Live as Screen

        console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        super().__init__(console.print, verbose=verbose)
        self._running = []
        self._screen = Screen(
            get_renderable=self._lines, console=console, refresh_per_second=4, transient=True
        )

    def _lines(self):
        from rich.text import Text

        return Text("\n".join(told.line() for told in list(self._running)))

    @contextmanager
    def running(self, chapter: Chapter, project: Project) -> Iterator:
        """Surround the run of one chapter with a line that moves."""
        with super().running(chapter, project) as told:
            self._running.append(told)
            try:
                yield told
            finally:
                self._running.remove(told)

    def __enter__(self):
        self._screen.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._screen.stop()


def lines_for(stream: Any, *, echo: Callable, verbose: bool = False) -> Lines:
    """Return what shows the progress on `stream`: on a terminal lines that move, else plain."""
    return Live(verbose=verbose) if stream.isatty() else Lines(echo, verbose=verbose)
