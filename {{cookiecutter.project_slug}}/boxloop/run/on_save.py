"""Run what is out of date whenever a file of the study is saved: `boxloop watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError, plainly
from boxloop.run.lock import NAME as LOCK
from boxloop.run.lock import is_held
from boxloop.run.loop import run
from boxloop.settings.load import load_settings

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.run.served import Served

EVERY = 0.3  # seconds between two looks
QUIET = 0.3  # seconds without a change before a run: editors write several files
NOT_SAVED = {"__pycache__", ".ipynb_checkpoints"}  # folders of what nobody has written
Seen = dict[Path, tuple[int, int]]


def seen(project: Project) -> Seen:
    """Return time and size of every file that a person saves; hidden ones are of an editor."""
    files = [project.settings_file]
    for folder in (project.study, project.notebooks, project.raw):
        files += (path for path in folder.rglob("*") if not NOT_SAVED & set(path.parts))
    found = {}
    for path in files:
        if path.name.startswith(".") or path.name.endswith(("~", ".pyc", ".tmp", ".part")):
            continue
        try:
            facts = path.stat()
        except OSError:  # gone while this looked
            continue
        if path.is_file():
            found[path] = facts.st_mtime_ns, facts.st_size
    return found


def _report(project: Project) -> tuple[int, int] | None:
    try:
        facts = (project.report / "index.html").stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


class Watch:
    """One session: looks, waits until it is quiet, runs, and tells the open pages.

    Parameters
    ----------
    project : Project
    served : Served
    say : callable
        Takes a line for the terminal.
    options : dict
        How notebooks are run, see `boxloop.run.loop.Options`, and ``lines``, a callable that
        makes what shows the progress of a run.
    """

    def __init__(self, project: Project, served: Served, say: Callable, **options: Any) -> None:
        self.project, self.served, self.say = project, served, say
        self._lines, self.options = options.pop("lines", lambda: None), options
        self._page = _report(project)

    def steps(self) -> Iterator[str]:
        """Yield what came of each run, and "" for each look that found nothing new."""
        now = seen(self.project)
        while True:
            kept = self._part(now, raw=False)
            yield self._turn()
            # What was saved while it ran is seen at the next look; raw tables are of the run.
            before = kept | self._part(seen(self.project), raw=True)
            while (now := self._look()) == before:
                yield ""
            while (later := self._look(QUIET)) != now:
                now = later
            self.say(f"Saved: {self._names(before, now)}.")

    def _look(self, seconds: float = EVERY) -> Seen:
        time.sleep(seconds)
        self._tell_of_the_report()
        return seen(self.project)

    def _part(self, found: Seen, *, raw: bool) -> Seen:
        return {
            path: facts
            for path, facts in found.items()
            if (self.project.raw in path.parents) == raw
        }

    def _names(self, before: Seen, now: Seen) -> str:
        changed = {path for path, _ in set(before.items()) ^ set(now.items())}
        names = sorted(self.project.relative(path) for path in changed)
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    def _turn(self) -> str:
        """Run what is out of date; a mistake is a sentence, and the next save may mend it."""
        self._wait_for_others()
        self.served.tell("Running what is out of date.")
        try:
            load_settings(self.project.settings_file)
            outcome = run(self.project, lines=self._lines(), **self.options)
        except UserError as error:
            said = f"Error: {error}"
        except OSError as error:
            said = f"Error: {plainly(error)}."
        else:
            said = self._became(outcome)
        self._tell_of_the_report()
        self.served.tell(said)
        self.say(said)
        return said

    def _became(self, outcome: Any) -> str:
        wrong = [f"Failed: {result.message}" for result in outcome.failed]
        wrong += [f"Failed: {problem}" for problem in outcome.problems]
        if not outcome.changed and not wrong:
            return "Nothing was out of date."
        return " ".join(wrong) or f"The report is of {time.strftime('%H:%M:%S')}."

    def _wait_for_others(self) -> None:
        """Let a run that somebody else has begun come to its end; a lock left behind is no run."""
        told = False
        while is_held(self.project.root / LOCK):
            if not told:
                self.say("Another run is going on in this project: waiting for it.")
                told = True
            time.sleep(EVERY)

    def _tell_of_the_report(self) -> None:
        """Have the pages load the report again where it is another, whoever has made it."""
        now = _report(self.project)
        if now is not None and now != self._page:
            self._page = now
            self.served.tell(reload=True)


def watch(project: Project, *, port: int, show: Callable, say: Callable, **options: Any) -> None:
    """Run and serve until Ctrl-C.

    Parameters
    ----------
    project : Project
    port : int
        0 takes one that is free.
    show : callable
        Takes the address, once it answers.
    say : callable
    **options
        See `Watch`.

    Raises
    ------
    UserError
        If the port cannot be had.
    """
    from boxloop.run.served import Served

    try:
        served = Served(project.report, port)
    except OSError as error:
        msg = f"Port {port} cannot be used ({error.strerror}): leave --port out, or name another."
        raise UserError(msg) from error
    with served:
        show(served.address)
        for _ in Watch(project, served, say, **options).steps():
            pass
