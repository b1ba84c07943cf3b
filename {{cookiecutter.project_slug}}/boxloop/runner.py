"""Run the chapters one after another, keep every executed copy, and build the report in any case."""

import ast
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from boxloop import passes
from boxloop.errors import UserError
from boxloop.executor import execute, load_engine
from boxloop.lock import lock
from boxloop.loop import read_loop, require, select, upstream


@dataclass(frozen=True)
class Result:
    """What became of one chapter: `state` is ok, failed or skipped."""

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

    @property
    def failed(self):
        return [result for result in self.results if result.state == "failed"]

    @property
    def ok(self):
        return not self.failed and not self.problems


class Interrupted(Exception):
    """The person stopped the run; the message says how to go on."""


def parse_sets(items):
    """Return ``{key: text}`` of the ``KEY=VALUE`` items of the command line.

    Raises
    ------
    UserError
        If an item has no ``=``, or sets what has a command of its own.
    """
    values = {}
    for item in items:
        key, equals, text = item.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            msg = f"--set {item} is not of the form KEY=VALUE."
            raise UserError(msg)
        if key == "release_reason":
            msg = "--set release_reason does not open the seal: use `boxloop release --reason TEXT`."
            raise UserError(msg)
        values[key] = text
    return values


def _fit(key, text, default, notebook):
    """Return `text` as a value of the type that `notebook` declares for `key`."""
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        value = text
    if isinstance(default, str) and not isinstance(value, str):
        return text
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if default is not None and type(value) is not type(default):
        msg = f"--set {key}={text}: {notebook} expects {type(default).__name__}, such as {key}={default!r}."
        raise UserError(msg)
    return value


def parameters_of(selected, *, sets=(), smoke=False, release_reason=None):
    """Return ``{chapter name: {parameter: value}}``, only what differs from the notebooks' own.

    Raises
    ------
    UserError
        If a key is declared by no selected notebook, or a value has another type.
    """
    texts = parse_sets(sets)
    known = sorted({key for chapter in selected for key in chapter.parameters} - {"release_reason"})
    for key in texts:
        if key not in known:
            msg = f"--set {key}: no notebook to run has this parameter; there are {', '.join(known) or 'none'}."
            raise UserError(msg)
    given = {"smoke": True} if smoke else {}
    if release_reason is not None:
        given["release_reason"] = release_reason
        if not any("release_reason" in chapter.parameters for chapter in selected):
            msg = "No notebook has the parameter release_reason: restore 08_release.ipynb from your last commit."
            raise UserError(msg)
    values = {}
    for chapter in selected:
        declared = chapter.parameters
        own = {key: _fit(key, text, declared[key], chapter.name) for key, text in texts.items() if key in declared}
        values[chapter.name] = own | {key: value for key, value in given.items() if key in declared}
    return values


@contextmanager
def _running(chapter):
    """On a terminal, show which chapter runs until its result line replaces it."""
    if not sys.stdout.isatty():
        yield
        return
    print(f"{chapter.label:<18} running ...", end="\r", flush=True)
    try:
        yield
    finally:
        print(" " * 40, end="\r", flush=True)


def _run_one(project, chapter, parameters, blocked, echo):
    """Run one chapter, or skip it where a chapter that it needs did not come through."""
    missing = sorted(blocked)
    if missing:
        message = f"needs what {missing[0]} makes"
        echo(f"{chapter.label:<18}      -      skipped: {message}")
        return Result(chapter.name, "skipped", 0.0, message)
    with _running(chapter):
        start = time.perf_counter()
        error = execute(project, chapter, parameters)
        seconds = time.perf_counter() - start
    echo(f"{chapter.label:<18} {seconds:6.1f} s    {'failed' if error else 'ok'}")
    return Result(chapter.name, "failed" if error else "ok", seconds, error or "")


def _run_all(project, chapters, selected, parameters, echo):
    """Run the selected chapters in order; what hangs on a failed one is skipped."""
    results, lost = [], {}
    for chapter in selected:
        blocked = upstream(chapter, chapters) & lost.keys()
        try:
            result = _run_one(project, chapter, parameters[chapter.name], blocked, echo)
        except KeyboardInterrupt:
            first = next(iter(lost.values()), chapter)
            msg = f"Stopped during {chapter.name}; what is done is kept: go on with `boxloop run --from {first.number}`."
            raise Interrupted(msg) from None
        if result.state != "ok":
            lost[chapter.name] = chapter
        results.append(result)
    return results


def _record(project, chapters, outcome, note):
    """Keep a pass where the whole loop is done now."""
    try:
        outcome.pass_number = passes.record(project, chapters, note=note)
    except UserError as error:
        outcome.problems.append(f"the pass could not be kept: {error}")


def _report(project, outcome):
    """Build the report; a fault in it must not hide what became of the notebooks."""
    try:
        from boxloop.report import build_report

        outcome.report = build_report(project)
    except UserError as error:
        outcome.problems.append(f"the report could not be built: {error}")
    except Exception as error:  # whatever it is, the notebooks did run
        outcome.problems.append(f"the report could not be built: {type(error).__name__}: {error}")


def run(project, *, only=None, start=None, smoke=False, sets=(), release_reason=None, note=None, echo=print):
    """Run the loop, or a part of it.

    Parameters
    ----------
    project : Project
    only, start : str or list of str, optional
        Notebooks to run, or the one to start from; all by default.
    smoke : bool
        Quick numbers, to see that everything runs; counts as no pass.
    sets : list of str
        ``KEY=VALUE`` for the parameters of the notebooks.
    release_reason : str, optional
        Why the seal is opened; given to the notebook that asks for it.
    note : str, optional
        A remark for the pass.
    echo : callable
        Takes the progress lines.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError
        If something is asked for that cannot be; nothing was run or changed then.
    Interrupted
        If the person stopped the run.
    """
    chapters = read_loop(project)
    selected = select(chapters, only, start)
    parameters = parameters_of(selected, sets=sets, smoke=smoke, release_reason=release_reason)
    with lock(project):
        require(project, chapters, selected)
        load_engine()
        outcome = Outcome(_run_all(project, chapters, selected, parameters, echo))
        if not outcome.failed:
            _record(project, chapters, outcome, note)
        _report(project, outcome)
    return outcome
