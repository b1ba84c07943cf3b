"""Run the chapters that are not current, keep every copy, and build the report in any case."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError, plainly
from boxloop.base.files import read_cache, sha256, write_cache
from boxloop.notebooks.folder import sort_notebooks
from boxloop.notebooks.graph import Chapter, read_loop, require, select
from boxloop.notebooks.parameters import parameters_of
from boxloop.record import answered, reference
from boxloop.record.facts import shown
from boxloop.record.health import losses, notices, refuse_a_damaged_ledger
from boxloop.record.obstacles import ANYWAY
from boxloop.record.results import read_checks, refresh
from boxloop.record.status import Now, Row, judge, status
from boxloop.run.cluster import cluster
from boxloop.run.execute import Stock, Stopped, environment, execute, load_engine
from boxloop.run.interrupt import Interrupts
from boxloop.run.lock import lock
from boxloop.run.meanwhile import Meanwhile
from boxloop.run.progress import Lines
from boxloop.run.strays import ours

if TYPE_CHECKING:
    from boxloop.base.places import Project

# Seconds after which a notebook is at work, the first kernel has what it needs, and this process
# only waits; a run that is through before is none to prepare a report in.
AT_WORK = 2


@dataclass(frozen=True)
class Result:
    """What became of one chapter: `state` is ok, failed, current or skipped."""

    name: str
    state: str
    seconds: float = 0.0
    message: str = ""


@dataclass
class Outcome:
    """What became of one run."""

    results: list[Result] = field(default_factory=list)
    pass_number: int | None = None
    report: object = None
    problems: list[str] = field(default_factory=list)
    checks_failed: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[Result]:
        """The results of the chapters that failed."""
        return [result for result in self.results if result.state == "failed"]

    @property
    def ok(self) -> bool:
        """Whether no notebook, no check and nothing beside them failed."""
        return not (self.failed or self.problems or self.checks_failed)

    @property
    def changed(self) -> bool:
        """Whether a notebook was run."""
        return any(result.state in ("ok", "failed") for result in self.results)


@dataclass(frozen=True)
class Options:
    """What is asked of a run.

    Attributes
    ----------
    only, start : str or list of str, optional
        Notebooks to run, or the one to start from, current or not; all that are not current by
        default.
    smoke : bool
        Quick numbers, to see that everything runs; counts as no pass.
    sets : list of str
        ``KEY=VALUE`` for the parameters of the notebooks.
    release_reason : str, optional
        Why the seal is opened; given to the notebook that asks for it, which runs in any case.
    anyway : str, optional
        Why the seal is opened in spite of what is in the way.
    note : str, optional
        A remark for the pass.
    jobs : int, optional
        Notebooks at a time, where they do not need each other; two where there are two processors.
    cold : bool
        Start every kernel from scratch.
    timeout : int, optional
        Seconds that a cell may take; as long as it likes if not said.
    dask : str, optional
        Address of a dask scheduler for the fits, or ``local``.
    """

    only: str | list[str] | None = None
    start: str | None = None
    smoke: bool = False
    sets: tuple[str, ...] | list[str] = ()
    release_reason: str | None = None
    anyway: str | None = None
    note: str | None = None
    jobs: int | None = None
    cold: bool = False
    timeout: int | None = None
    dask: str | None = None

    @property
    def forced(self) -> bool:
        """Whether chapters were asked for by name: they run, current or not."""
        return bool(self.only) or self.start is not None


class Interrupted(Exception):  # no error: it was asked for
    """The person stopped the run; the message says how to go on."""


class Round:
    """One run over the selected chapters.

    Parameters
    ----------
    project : Project
    chapters, selected : list of Chapter
    options : Options
    lines : boxloop.run.progress.Lines
    interrupts : boxloop.run.interrupt.Interrupts
    """

    def __init__(
        self,
        project: Any,
        chapters: Any,
        selected: Any,
        options: Any,
        *,
        lines: Any,
        interrupts: Any,
    ):
        self.project, self.chapters, self.selected = project, chapters, selected
        self.options, self.lines, self.interrupts = options, lines, interrupts
        self.parameters = parameters_of(
            selected,
            sets=options.sets,
            smoke=options.smoke,
            release_reason=options.release_reason,
        )
        how = {"cold": options.cold, "timeout": options.timeout}
        self.stock = Stock(project, selected, say=lines.say, **how)
        self.meanwhile = Meanwhile(project)
        self.preparing = threading.Timer(AT_WORK, self._prepare)
        self.preparing.daemon = True
        self.by_name = {chapter.name: chapter for chapter in selected}
        self.results: dict[str, Result] = {}
        self.why: dict[str, str] = {}
        self.begun: list[Chapter] = []
        self.active: set[str] = set()
        self.rows: list[Row] | None = None  # known once it is seen that nothing has to run

    def is_current(self, chapter: Chapter) -> bool:
        """Return whether a chapter is current, now that all that it needs has come through."""
        given = self.parameters[chapter.name]
        row = judge(Now(self.project, self.chapters), chapter, given=given)
        self.why[chapter.name] = row.detail if row.state == "stale" else ""
        return row.state == "done" and not self.options.forced

    def work(self, chapter: Chapter) -> str | None:
        """Run one chapter; return None, or how it failed."""
        if self.interrupts.heard:
            return "stopped"
        self.begun.append(chapter)
        self.active.add(chapter.name)
        try:
            return self._work(chapter)
        finally:
            self.active.discard(chapter.name)

    def _work(self, chapter: Chapter) -> str | None:
        start = time.perf_counter()
        with self.lines.running(chapter, self.project) as told:
            try:
                error = execute(
                    self.project,
                    chapter,
                    self.parameters[chapter.name],
                    stock=self.stock,
                    told=told,
                )
            except Stopped:
                return "stopped"
            except OSError as fault:
                error = f"{chapter.name}: {plainly(fault)}"
                # Whatever the notebook found: its copy for the report is not there.
                (self.project.station(chapter.name) / "station.json").unlink(missing_ok=True)
        seconds = time.perf_counter() - start
        state = "failed" if error else "ok"
        self.results[chapter.name] = Result(chapter.name, state, seconds, error or "")
        self.meanwhile.convert(chapter.name)
        why = self.why.get(chapter.name)
        self.lines.say(
            f"{chapter.label:<18} {seconds:6.1f} s    {state}" + (f"        {why}" if why else "")
        )
        return error

    def current(self, name: str) -> None:
        """Take down that a chapter was left alone."""
        self.results[name] = Result(name, "current")
        self.lines.say(f"{self.by_name[name].label:<18}      -      current")

    def lost(self, name: str, needed: list[str]) -> None:
        """Take down that a chapter waits for another that did not come through."""
        message = f"needs what {needed[0]} makes"
        self.results[name] = Result(name, "skipped", 0.0, message)
        self.lines.say(f"{self.by_name[name].label:<18}      -      skipped: {message}")

    def all_current(self) -> bool:
        """Return whether there is nothing to do, without asking chapter by chapter."""
        if self.options.forced:
            return False
        rows = status(self.project, self.chapters, parameters=self.parameters)
        current = all(row.state == "done" for row in rows if row.name in self.by_name)
        if current:
            self.rows = rows
        return current

    def go(self) -> list[Result]:
        """Run what is not current, and return the results in the order of the loop."""
        if self.all_current():
            count = len(self.selected)
            these = "the notebook is" if count == 1 else f"all {count} notebooks are"
            self.lines.say(f"Nothing changed: {these} current.")
            return [Result(chapter.name, "current") for chapter in self.selected]
        there, mine = environment(self.project), self.lines
        with ours() as mark, there, cluster(self.options.dask, mark) as where, mine:
            self.stock.mark = mark
            try:
                with environment(self.project, **where, **{ANYWAY: self.options.anyway or ""}):
                    self._turn()
                self.interrupts.tell()
            except KeyboardInterrupt:
                self.interrupts.leaving = True
                raise Interrupted(self._stopped()) from None
            finally:
                self._close()
        return [self.results[name] for name in self.by_name if name in self.results]

    def _prepare(self) -> None:
        """Import what the report needs, here and where chapters are converted meanwhile."""
        with suppress(Exception):  # a fault in it is for the report to tell
            converts = not self.meanwhile.start()
            from boxloop.record import completed  # noqa: F401
            from boxloop.report import get_ready

            get_ready(converts=converts)

    def _turn(self) -> None:
        load_engine(self.stock)
        from boxloop.run.schedule import go

        self.preparing.start()
        go(
            self.chapters,
            self.selected,
            is_current=self.is_current,
            work=self.work,
            current=self.current,
            lost=self.lost,
            jobs=self.options.jobs or min(2, os.cpu_count() or 1),
        )

    def _close(self) -> None:
        """End the kernels, and wait while their threads take away what they had begun to write."""
        self.preparing.cancel()
        self.stock.close()
        end = time.monotonic() + 5
        while self.active and time.monotonic() < end:
            time.sleep(0.02)

    def _stopped(self) -> str:
        """Return the sentence that says where it stopped and how to go on."""
        # In the order of the loop: two that run side by side begin in any order, and the earlier
        # one is where to go on from.
        begun = [chapter for chapter in self.selected if chapter in self.begun]
        through = {name for name, result in self.results.items() if result.state == "ok"}
        open_ones = [c for c in begun if c.name not in through] or self.selected[:1]
        names = " and ".join(chapter.name for chapter in open_ones)
        return (
            f"Stopped during {names}; what is done is kept: go on with `boxloop run`, "
            f"or repeat it with `boxloop run --from {open_ones[0].number}`."
        )


def _record(
    project: Project, chapters: list[Chapter], outcome: Outcome, note: Any, rows: list[Row] | None
) -> None:
    """Bring up to date what is made from the chapters' results: the spine, and the pass."""
    from boxloop.record import completed  # `Round._prepare` has it ready; nothing before needs it

    try:
        rows = status(project, chapters) if rows is None else rows
        refresh(project, rows)
        outcome.checks_failed = [
            row["id"] for row in read_checks(project) if row["state"] == "fail"
        ]
        complete = all(row.state == "done" and not row.smoke for row in rows)
        if not outcome.failed and not outcome.problems:
            outcome.pass_number = completed.record(project, chapters, note=note, complete=complete)
        if outcome.pass_number:
            answered.remember(project)
    except UserError as error:
        outcome.problems.append(f"the pass could not be kept: {error}")
    except OSError as error:
        outcome.problems.append(f"the pass could not be kept: {plainly(error)}.")


def _report(project: Project, outcome: Outcome) -> None:
    """Build the report, unless it shows this already; a fault in it must not hide what ran."""
    page, stamp = project.report / "index.html", project.report / "made_from.json"
    try:
        if (
            not outcome.changed
            and page.is_file()
            and read_cache(stamp) == [shown(project), sha256(page)]
        ):
            outcome.report = page
            return
        from boxloop.report import build_report

        outcome.report = build_report(project)
        write_cache(stamp, [shown(project), sha256(page)])
    except UserError as error:
        outcome.problems.append(f"the report could not be built: {error}")
    except OSError as error:
        outcome.problems.append(f"the report could not be built: {plainly(error)}.")
    except Exception as error:  # noqa: BLE001  # whatever it is, the notebooks did run
        outcome.problems.append(f"the report could not be built: {type(error).__name__}: {error}")


def _require(project: Project, chapters: list[Chapter], selected: list[Chapter]) -> None:
    """Refuse to start where something is missing; a course says that it can be laid there."""
    try:
        require(project, chapters, selected)
    except UserError as error:
        msg = f"{error}{reference.offer(project, selected[0].name)}"
        raise UserError(msg) from None


def run(
    project: Project,
    *,
    echo: Callable = print,
    lines: Lines | None = None,
    last: bool = False,
    **options: Any,
) -> Outcome:
    """Run what is not current in the loop, or in a part of it.

    Parameters
    ----------
    project : Project
    echo, lines : callable that takes the progress lines, or another way to show them
    last : bool
        The process ends with this run, and stays deaf to a second Ctrl-C.
    **options
        What is asked of the run, see `Options`.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, Interrupted
        Where that cannot be which is asked for, nothing run or changed; where Ctrl-C was heard.
    """
    asked, lines, chapters = Options(**options), lines or Lines(echo), read_loop(project)
    selected = select(chapters, asked.only, asked.start)
    refuse_a_damaged_ledger(project, chapters, selected)
    interrupts = Interrupts(last=last)
    this = Round(project, chapters, selected, asked, lines=lines, interrupts=interrupts)
    with interrupts, lock(project), closing(this.meanwhile):
        _require(project, chapters, selected)
        for sentence in [*sort_notebooks(project).others, *answered.restore(project)]:
            lines.say(sentence)
        outcome = Outcome(this.go())
        outcome.problems += losses(project)
        _record(project, chapters, outcome, asked.note, this.rows)
        for sentence in notices(project):
            lines.say(sentence)
        this.meanwhile.wait()
        _report(project, outcome)
    return outcome
