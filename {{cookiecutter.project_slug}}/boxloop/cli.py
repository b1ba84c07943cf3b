"""The command line: `boxloop run`, `release`, `adopt`, `status`, `check`, `compare` and so on."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boxloop.base.errors import UserError, plainly, shown
from boxloop.base.own import on_the_command_line
from boxloop.base.places import find_project
from boxloop.run.interrupt import ignore

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.run.loop import Outcome


def _say(*lines: Any, err: bool = False) -> None:
    """Print lines, if any; nothing that a table or a notebook brought along steers the terminal."""
    if lines:
        click.echo("\n".join(map(shown, lines)), err=err)


def _tell(*lines: Any, err: bool = False) -> None:
    """Print lines that nothing hangs on: where that is not possible, the work goes on."""
    try:
        _say(*lines, err=err)
    except OSError:  # a closed pipe, or a full disk behind it: from here on nobody is told
        stream = sys.stderr if err else sys.stdout
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # also for what Python has kept to write when it ends
        os.close(nowhere)


def _open_project() -> Project:
    """Return the project around the working directory, after its settings were validated."""
    from boxloop.record.facts import settings_are_valid, settings_were_valid

    project = find_project()
    if not settings_were_valid(project):
        from boxloop.settings.load import load_settings

        load_settings(project.settings_file)
        settings_are_valid(project)
    return project


def _open_results() -> Project:
    """Return the project as `_open_project` does, its results made again where they are damaged."""
    from boxloop.record import answered
    from boxloop.record.results import refresh

    project = _open_project()
    with suppress(OSError):  # nobody may write here: what is there has to do
        refresh(project)
    _tell(*answered.restore(project), err=True)
    return project


def _finish(project: Project, outcome: Outcome, note: Any, *more: str) -> None:
    """Print what became of a run, the verdict last, and end with exit code 0 or 1."""
    from boxloop.record.lines import closing_lines

    for result in outcome.failed:
        _tell(f"Failed: {result.message}", *_places(project, result.name), err=True)
    if outcome.pass_number:
        _tell(f"Pass {outcome.pass_number} is complete.")
    elif note:
        _tell(
            "The note is not kept: only a pass has one, "
            "and a pass needs every notebook done without --smoke."
        )
    for problem in outcome.problems:
        _tell(f"Failed: {problem}", err=True)
    if outcome.report:
        _tell(f"Report: {outcome.report}")
    _tell(*more, *_tally(project))
    with suppress(UserError):  # a damaged file was told of above
        _tell(*closing_lines(project))
    sys.exit(0 if outcome.ok else 1)


def _tally(project: Project) -> list[str]:
    """Return how many exercises are right, where there are exercises."""
    from boxloop.teach.course import tally

    return tally(project)


def _places(project: Project, name: str) -> list[str]:
    """Return where a chapter failed, file, line and code, from its executed copy."""
    from boxloop.notebooks.failed import places
    from boxloop.notebooks.file import read_copy

    try:
        return places(read_copy(project.executed / f"{name}.ipynb"), name, project.root)
    except UserError:  # no copy was kept, and the message says why
        return []


def _run(*, verbose: bool, jobs: int | None, parcel: bool = False, **options: Any):
    from boxloop.run.loop import Interrupted, run
    from boxloop.run.progress import lines_for

    project = _open_project()
    lines = lines_for(sys.stdout, echo=_tell, verbose=verbose)
    opened, asked = _times_opened(project), parcel
    try:
        outcome = run(project, lines=lines, last=True, jobs=jobs, **options)
    except Interrupted as stop:
        ignore()
        _tell(str(stop), err=True)
        if asked:
            _tell("Nothing is released before `boxloop release` has come to its end.", err=True)
        if _times_opened(project) > opened:
            _tell("The test set was opened all the same, and that counts.", err=True)
        sys.exit(130)
    if asked and not outcome.failed and _times_opened(project) == opened:
        from boxloop.record.release import why_not_again

        _tell(why_not_again(project))
    _finish(project, outcome, options.get("note"), *(_parcel(project, outcome) if asked else ()))


def _parcel(project: Project, outcome: Outcome) -> list[str]:
    """Write `release/` after a loop that has gone well; return what is to be said of it."""
    from boxloop.parcel.command import make
    from boxloop.run.lock import lock

    if outcome.failed or outcome.problems:
        return ["No release is written: mend what failed, and release again."]
    try:
        with lock(project):
            return make(project)
    except UserError as error:
        said = str(error)
    except OSError as error:
        said = f"{plainly(error)}."
    except Exception as error:  # noqa: BLE001  # whatever it is, the numbers are there
        said = f"{type(error).__name__}: {error}."
    outcome.problems.append(f"no release was written: {said}")
    return []


def _times_opened(project: Project) -> int:
    """Return how often the ledger says that the test set was opened; 0 where it says nothing."""
    from boxloop.split.seal import openings, read_ledger

    try:
        return len(openings(read_ledger(project)))
    except UserError:
        return 0


set_option = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a notebook parameter; may be repeated.",
)
note_option = click.option("--note", metavar="TEXT", help="A remark to keep with this pass.")


def how_options(command: Callable) -> Callable:
    """Add the options that say how notebooks are run, not what they compute."""
    options = [
        click.option(
            "--jobs",
            type=click.IntRange(1),
            metavar="N",
            help="Notebooks at a time, where none needs the other; two if not said.",
        ),
        click.option(
            "--cold",
            is_flag=True,
            help="Start every kernel from scratch; the numbers are the same.",
        ),
        click.option(
            "--timeout",
            type=click.IntRange(1),
            metavar="SECONDS",
            help="End a cell that takes longer; its notebook has failed then.",
        ),
        click.option(
            "--dask",
            metavar="ADDRESS",
            help="Send fits to this dask scheduler; `local` starts workers on this machine.",
        ),
        click.option(
            "--verbose", is_flag=True, help="Show what the cells print, as they print it."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _say_version(context: click.Context, _: Any, asked: Any) -> None:
    """Print the version of the machinery, and of the template that made the project."""
    if asked and not context.resilient_parsing:
        from boxloop.upkeep.version import version_lines

        _say(*version_lines(Path.cwd()))
        context.exit()


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Show the versions of template and Python.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Go round Box's loop: run the notebooks, check the study, build the report.

    Without a command it says what to do next.

    Exit codes: 0 done, 1 a notebook failed or a check fails (for `check`: or waits for an answer,
    or is out of date), 2 the input is wrong.
    """
    if context.invoked_subcommand is not None:
        return
    try:
        project = find_project()
    except UserError:
        _say(context.get_help())
        return
    from boxloop.run.next_step import next_lines

    _say(*next_lines(project))


def _chapters(_: click.Context, __: Any, typed: str) -> list:
    """Return the chapters that a person may mean, for the completion of a shell."""
    from click.shell_completion import CompletionItem

    try:
        paths = sorted(find_project().notebooks.glob("[0-9][0-9]_*.ipynb"))
    except UserError:
        return []
    return [
        CompletionItem(path.stem[:2], help=path.stem)
        for path in paths
        if path.stem.startswith(typed)
    ]


@cli.command()
@click.option(
    "--only",
    multiple=True,
    metavar="NN",
    shell_complete=_chapters,
    help="Run this notebook only, current or not; may be repeated.",
)
@click.option(
    "--from",
    "start",
    metavar="NN",
    shell_complete=_chapters,
    help="Run this notebook and all after it, current or not.",
)
@click.option(
    "--smoke", is_flag=True, help="Quick numbers, to see that everything runs; counts as no pass."
)
@set_option
@note_option
@how_options
def run(only: tuple, start: Any, smoke: bool, sets: tuple, note: Any, **how: Any) -> None:
    """Run the notebooks that are not current, and build the report."""
    _run(only=only, start=start, smoke=smoke, sets=sets, note=note, **how)


@cli.command()
@click.argument("kind", type=click.Choice(["feature", "stress", "model", "check", "answer"]))
@click.argument("name")
@click.option(
    "--of", "of", multiple=True, metavar="COLUMN", help="What it is made of; may be repeated."
)
@click.option("--table", is_flag=True, help="A feature in the table, and not in the models.")
@click.option("--chapter", metavar="NN", help="Where a check or a question goes; 05 if not said.")
def add(kind: str, name: str, of: tuple, table: bool, chapter: Any) -> None:
    """Write a feature, stress test, model, check or question that works at once."""
    from boxloop.run.lock import lock
    from boxloop.upkeep.addition import add as write

    project = _open_project()
    with lock(project):
        _say(*write(project, kind, name, of=of, table=table, chapter=chapter))


@cli.command()
@click.option("--reason", metavar="TEXT", help="Why the test set is opened; goes to the ledger.")
@click.option("--anyway", metavar="REASON", help="Why it is opened in spite of what is in the way.")
@click.option("--yes", is_flag=True, help="Do not ask at a terminal.")
@note_option
@click.option(
    "--key",
    metavar="KEYFILE",
    type=click.Path(path_type=Path),
    help="The key of the test set, where it was handed over.",
)
@how_options
def release(reason: Any, anyway: Any, yes: bool, note: Any, key: Any, **how: Any) -> None:
    """Run what is not current, open the test set, for a reason, and write `release/`."""
    from boxloop.base.written import reason_for
    from boxloop.parcel.command import nothing_to_open, refuse_another_folder
    from boxloop.record.obstacles import why_anyway
    from boxloop.split.key import given

    reason = reason_for("The seal opens only with a reason: boxloop release --reason TEXT", reason)
    anyway = why_anyway(anyway)
    refuse_another_folder(find_project())
    if nothing_to_open(find_project()):  # released before: what it left is packed again
        return _run(parcel=True, note=note, **how)
    with given(key):
        _refuse_a_broken_seal()
        _say_what_is_open()
        _refuse_what_is_in_the_way(anyway)
        if not yes and sys.stdin is not None and sys.stdin.isatty():
            times = _times_opened(find_project())
            before = f"It was opened {times} times before" if times else "It is new only once"
            click.confirm(f"{before}. Open the test set now?", abort=True)
        return _run(parcel=True, release_reason=reason, anyway=anyway, note=note, **how)


def _refuse_what_is_in_the_way(anyway: str) -> None:
    """Name what is in the way of a release, a line for each; without a reason, end here."""
    from boxloop.record.obstacles import obstacles, remedy
    from boxloop.settings.load import load_settings

    project = _open_results()
    found = obstacles(project, load_settings(project.settings_file))
    _say(*found, err=True)
    if found and not anyway:
        raise UserError(remedy())


def _refuse_a_broken_seal() -> None:
    """Open nothing where the ledger, the sealed file or its key is not what it was."""
    from boxloop.split.seal import refuse_without_key, trouble

    if problem := trouble(find_project()):
        raise UserError(problem)
    refuse_without_key(find_project())


@cli.command()
@click.option(
    "--hand-over",
    "file",
    metavar="KEYFILE",
    required=True,
    type=click.Path(path_type=Path),
    help="Move the key of the test set to this new file, outside of the project.",
)
def seal(file: Path) -> None:
    """Hand over the key of the test set: to a supervisor, a teacher, or CI."""
    from boxloop.run.lock import lock
    from boxloop.split.handover import hand_over

    project = _open_project()
    with lock(project):
        _say(*hand_over(project, file))


@cli.command()
def setup() -> None:
    """Keep outputs of notebooks out of git: once in each clone."""
    from boxloop.upkeep.setup import set_up

    _say(*set_up(find_project()))


@cli.command()
@click.option(
    "--out",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the benchmark is, or goes; `benchmark` in the project if not said.",
)
@click.option(
    "--score",
    "entry",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Score somebody's submission on the sealed rows, once and on record.",
)
@click.option("--by", metavar="NAME", help="Whose submission it is.")
@click.option(
    "--key",
    metavar="KEYFILE",
    type=click.Path(path_type=Path),
    help="The key of the test set, where it was handed over.",
)
def benchmark(folder: Any, entry: Any, by: Any, key: Any) -> None:
    """After a release: write the study as a benchmark that others can enter, or score an entry."""
    from boxloop.record import benchmark, entries
    from boxloop.run.lock import lock
    from boxloop.split.key import given

    project = _open_results()
    with lock(project), given(key):
        lines = entries.score(project, folder, entry, by=by) if entry else None
        _say(*(lines or benchmark.make(project, folder)))


@cli.command()
@click.option(
    "--to",
    "place",
    required=True,
    type=click.Choice(["zenodo", "huggingface"]),
    help="Where the release is to be uploaded.",
)
@click.option(
    "--out",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A new folder; `release-to-PLACE` in the project if not said.",
)
def export(place: str, folder: Any) -> None:
    """After a release: prepare what is uploaded, and say how; nothing is sent."""
    from boxloop.parcel.export import export as prepare

    _say(*prepare(find_project(), place, folder))


@cli.command()
@click.argument("path", metavar="PATH|ZIP", type=click.Path(path_type=Path))
@click.option("--rerun", is_flag=True, help="Run its loop again, in the recorded versions.")
@click.option("--newest", is_flag=True, help="Run its loop again, in versions of today.")
@click.option(
    "--find-links",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Take packages from this folder of wheels, and from nowhere else.",
)
@click.option(
    "--out",
    metavar="FILE.html",
    type=click.Path(path_type=Path),
    help="The certificate; certificate-ID.html here, if not said.",
)
@click.option(
    "--trust-code", is_flag=True, help="Run code of the release where its models are made with it."
)
def referee(path: Any, **asked: Any) -> None:
    """Judge somebody's release, from any folder: whether all agrees, and is borne out."""
    from boxloop.referee.command import Asked
    from boxloop.referee.command import referee as judged

    sys.exit(0 if judged(path, Asked(**asked), _tell) else 1)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where predictions go; its ending says as what: CSV, Parquet, FITS, VOTable or ECSV.",
)
@click.option(
    "--release",
    "place",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A release as somebody sent it, zip or folder; that of the project if not said.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Let workers of this dask scheduler predict; `local` starts workers on this machine.",
)
@click.option(
    "--trust-code", is_flag=True, help="Run code of the release that this project does not have."
)
@click.option(
    "--table", metavar="NAME", help="One of the tables in a file that holds several, or its number."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def predict(file: Path, out: Path, place: Any, dask: Any, **options: Any) -> None:
    """Predict every row of a table by a released model, and say which rows it was not made for."""
    from boxloop.predict.command import predict as answer
    from boxloop.run.cluster import cluster

    with cluster(dask) as where:
        _say(*answer(file, out, release=place, where=where, **options))


def _say_what_is_open() -> None:
    """Remind, before the seal is opened, of the checks that did not come through.

    A project in which nothing can run is refused before, so that this is all one reads.
    """
    from boxloop.notebooks.graph import read_loop
    from boxloop.record.results import read_checks
    from boxloop.record.verdict import open_words

    read_loop(_open_project())
    try:
        words = open_words(read_checks(find_project()))
    except UserError:
        return  # damaged: the run makes it again
    if words:
        _say(f"As the last run left it: {words}; a test set is new only once.", err=True)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--target", multiple=True, metavar="COLUMN", help="The column to predict.")
@click.option("--id", "ident", metavar="COLUMN", help="A different value in every row.")
@click.option(
    "--group", metavar="COLUMN", help="Rows with the same value stay on one side of the split."
)
@click.option("--time", metavar="COLUMN", help="What is later is never trained on.")
@click.option(
    "--deployment",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Unlabelled objects that the model is meant for.",
)
@click.option(
    "--positive", metavar="CLASS", help="The class of interest, where the target holds classes."
)
@click.option(
    "--table", metavar="NAME", help="One of the tables in a file that holds several, or its number."
)
@click.option(
    "--class-from",
    metavar="name",
    help="Each file holds one class, and its name says which; or a pattern that finds it there.",
)
@click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="Not to be used; may be given several times."
)
@click.option(
    "--transform",
    type=click.Choice(["log10", "asinh", "1+z"]),
    help="Learn that of a number; it is undone in every result.",
)
@click.option(
    "--force", is_flag=True, help="Replace a study.toml that was edited; a copy of it is kept."
)
def adopt(files: tuple[Path, ...], **options: Any) -> None:
    """Take in a table of your own: copy it to data/raw and write study.toml."""
    from boxloop.adopt.command import adopt as take_in
    from boxloop.adopt.roles import understood

    project = find_project()
    found = take_in(project, files, **options)
    _say(*understood(found.roles), *found.notes)
    _say(f"Written: study.toml and {project.relative(found.table)}.")
    if found.backup:
        _say(f"Your study.toml from before is {found.backup.name}.")
    _say("Next: read study.toml and correct what was guessed wrong, then `boxloop run`.")


@cli.command()
def status() -> None:
    """Show what is done, what is stale and why, the seal and the pass."""
    from boxloop.parcel.state import state_lines
    from boxloop.record.lines import status_lines

    project = _open_project()
    *lines, verdict = status_lines(project)
    _say(*lines, *_tally(project), *state_lines(project), verdict)


@cli.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
)
@click.option(
    "--sheet",
    metavar="NAME",
    default="appendix-a",
    show_default=True,
    help="Or reforms, completeness, claim, or NAME of your own sheets/NAME.json.",
)
def check(form: str, sheet: str) -> None:
    """Print a sheet for referees, such as Appendix A, and what is open."""
    from boxloop.record.lines import Review

    review = Review(_open_results(), sheet)
    _say(*review.lines(form))
    sys.exit(1 if review.is_open else 0)


@cli.command()
@click.argument("check_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why it does no harm here.")
def waive(check_id: str, reason: str) -> None:
    """Let a check fail for a reason, up to the value that it has today: written to study.toml."""
    from boxloop.record.waive import waive as write

    done = write(_open_results(), check_id, reason)
    _say("Written to [waivers] of study.toml:", "", done.line, "")
    if done.before:
        _say("In place of:", "", done.before, "")
    again = f", which asks it again in {done.notebook}" if done.notebook else ""
    _say(f"The check is waived after `boxloop run`{again}.")


@cli.command()
@click.option("--reason", required=True, metavar="TEXT", help="Why; goes to the new ledger.")
def reset(reason: str) -> None:
    """Put what runs have made, the test set and its ledger into attic/, and begin anew."""
    from boxloop.run.reset import reset as put_away

    project = find_project()
    done = put_away(project, reason)
    _say(f"Results, report, test set and ledger of before are in {project.relative(done.attic)}.")
    _say("Your data in data/raw, notebooks/, study/ and study.toml are where they were.")
    _say("Next: `boxloop run`.")


@cli.command("catch-up")
@click.argument("number", metavar="NN")
def catch_up(number: str) -> None:
    """Start chapter NN from the workshop's reference: what was run goes into attic/."""
    from boxloop.teach.catch_up import catch_up as place

    _say(*place(_open_project(), number))


REPLAYED = """\b
The groups of edits:
  settings  keys of study.toml, its columns among them; parameters (--set)
  data      study/data.py and what it imports of study/; code cells of 01
            and 03; files of data/raw (hashed, not kept: they come back where
            a notebook makes them, or data/raw holds one with that content)
  models    all other files of study/; code cells of all other notebooks
  stress    [stress] of study.toml; study/stress.py; code cells of 06
"""


@cli.command(epilog=REPLAYED)
@click.argument("numbers", nargs=-1, metavar="[A [B]]")
@click.option("--replay", is_flag=True, help="Run B again with some edits taken back.")
def compare(numbers: tuple, replay: bool) -> None:
    """Show what was edited from pass A to pass B, and what became of the numbers.

    One number stands against the newest pass; without numbers, all passes are listed, and what the
    last one changed.

    With --replay, pass B is run again with one group of edits taken back at a time, then with
    single edits of a group that moved the headline, in a copy in a temporary folder and only as far
    as results are stale; the project, its results and its seal are left alone.
    """
    from boxloop.record.compared import compare_lines
    from boxloop.record.lost import losses_of_passes

    project = _open_project()
    for sentence in losses_of_passes(project):
        _say(sentence, err=True)
    _say(*(_replayed(project, numbers) if replay else compare_lines(project, numbers)))


def _replayed(project: Project, numbers: tuple) -> list[str]:
    """Return what a replay says; its progress goes to stderr."""
    from boxloop.record.compared import chosen
    from boxloop.run.loop import Interrupted
    from boxloop.run.told_apart import replay_lines

    try:
        one, two = chosen(project, numbers)
        return replay_lines(project, one, two, echo=lambda line: _tell(line, err=True))
    except Interrupted as stop:
        ignore()
        _tell(str(stop), err=True)
        sys.exit(130)


@cli.command()
@click.argument("text")
@click.option(
    "--about",
    metavar="NAME",
    help='A name for it, or the row it explains, such as "check: split.groups".',
)
@click.option("--explanation", metavar="TEXT", help="Why it failed, as far as you know.")
def fail(text: str, about: Any, explanation: str | None) -> None:
    """Add to the failures log what went wrong."""
    from boxloop.record.failures import add

    project = _open_project()
    written = add(project.failures_file, text, about=about, explanation=explanation)
    _say(f"Added to {project.relative(project.failures_file)}:", "", *written.split("\n"))
    if "explanation = " not in written:
        _say("It has no explanation yet, so log.explained will ask for one: write it there.")
    _say("The log shows it after `boxloop run --from 07`.")


@cli.command()
@click.option("--update", is_flag=True, help="Write today's digits where a number is another.")
@click.option(
    "--confirm",
    multiple=True,
    metavar="ID",
    help="These answers hold for today's results as they stand: ids, chapters such as 01, or all.",
)
@click.argument("more", nargs=-1, metavar="")
def answers(update: bool, confirm: tuple, more: tuple) -> None:
    """List the answers and the numbers in prose, and whether they are as the results say."""
    from boxloop.record import answered, prose

    project = _open_results()
    if more and not confirm:
        msg = (
            f"What is to be done with {more[0]}? `boxloop answers --confirm {more[0]}` confirms it."
        )
        raise UserError(msg)
    if confirm:
        names = answered.confirm(project, [*confirm, *more])
        _say(f"Confirmed: {', '.join(names) or 'none waited'}.")
        _say(*(["Next: `boxloop run`."] if names else []))
    _say(*(prose.update(project) if update else [] if confirm else prose.answer_lines(project)))


@cli.command()
@click.option(
    "--pdf", is_flag=True, help="Print it to report/index.pdf, by Chromium, Chrome, Edge."
)
@click.option("--paper", is_flag=True, help="Write report/paper.md, a draft made of the answers.")
@click.option("--slides", is_flag=True, help="Write report/slides/, to be shown in a room.")
def report(pdf: bool, paper: bool, slides: bool) -> None:
    """Rebuild the report from what was executed."""
    from boxloop.report import build_report

    project = _open_results()
    _say(f"Report: {build_report(project)}")
    if paper:
        from boxloop.base.files import write_text
        from boxloop.parcel.draft import FILE, draft
        from boxloop.parcel.subject import Subject

        _say(f"Draft: {write_text(project.report / FILE, draft(Subject(project)))}")
    if pdf:
        from boxloop.report.printing import print_pdf

        _say(f"PDF: {print_pdf(project)}")
    if slides:
        from boxloop.report.slides import build_slides

        _say(*build_slides(project))


@cli.command("open")
def open_report() -> None:
    """Open the report in the browser."""
    from boxloop.run.browser import show

    page = find_project().report / "index.html"
    if not page.is_file():
        msg = "There is no report yet: `boxloop run` makes it."
        raise UserError(msg)
    there = show(page.as_uri())
    _say(f"Report: {page}", *([] if there else ["No browser was found to show it in: open that."]))


@cli.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Where the report is served on this machine; any that is free, if not said.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@how_options
def watch(port: int, no_browser: bool, verbose: bool, **how: Any) -> None:
    """Run what is out of date whenever a file is saved, and reload the report.

    It looks at study/, notebooks/, study.toml and data/raw. Ctrl-C ends it.
    """
    from boxloop.run.browser import show
    from boxloop.run.loop import Interrupted
    from boxloop.run.on_save import watch as on_save
    from boxloop.run.progress import lines_for

    def shown_at(address: str) -> None:
        _tell(f"The report: {address}", "Ctrl-C ends this.")
        if not no_browser:
            show(address)

    def lines() -> Any:
        return lines_for(sys.stdout, echo=_tell, verbose=verbose)

    try:
        on_save(find_project(), port=port, show=shown_at, say=_tell, lines=lines, **how)
    except Interrupted as stop:
        ignore()
        _tell(str(stop), err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        ignore()
        _tell("Nobody watches any more; what was run is kept.")


@cli.group()
def room() -> None:
    """Serve a workshop in a room without internet, or join one."""


_FOLDER = click.Path(file_okay=False, path_type=Path)


@room.command("serve")
@click.option("--student", type=_FOLDER, help="The project to hand out; workshop/student.")
@click.option("--wheels", type=_FOLDER, help="Wheels to hand out; workshop/wheels.")
@click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A table of rows that no student has: their labels stay hidden, for a leaderboard.",
)
@click.option(
    "--looks",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Entries for these that a student may have scored.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
def serve_room(no_browser: bool, **what: Any) -> None:
    """Hand out the student edition in this network, and show who is at which exercise."""
    from boxloop.classroom.command import serve
    from boxloop.run.browser import show

    shown = (lambda _: None) if no_browser else show
    try:
        serve(find_project(), say=_tell, show=shown, **what)
    except KeyboardInterrupt:
        ignore()
        _tell("The room is closed; what came in is kept for the next `boxloop room serve`.")


@room.command("wheels")
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice(["linux", "windows", "macos", "macos-intel"]),
    default=("linux", "windows", "macos"),
    show_default=True,
    help="Laptops that will come; may be repeated.",
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="3.N",
    help="Pythons that will come; may be repeated. That of this laptop, if not said.",
)
def fetch_wheels(systems: tuple, pythons: tuple) -> None:
    """Fetch into workshop/wheels what students install, while there is a network."""
    from boxloop.classroom.wheels import fetch

    project = find_project()
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = project.root / "workshop" / "wheels"
    _say(*fetch(project.root, folder, systems, pythons or (mine,)))
    _say("Next: `boxloop room serve`.")


@room.command("join")
@click.argument("address")
@click.option("--as", "nickname", required=True, metavar="NICKNAME", help="Not your own name.")
@click.option("--password", metavar="WORD", help="What you were given, to come in again.")
def join_room(address: str, nickname: str, password: str | None) -> None:
    """Join the room at the address on the blackboard."""
    from boxloop.teach.room import join

    _say(join(address, nickname, password))
    _say("The last cell of each notebook sends which exercises are right, when you run it.")


@cli.command()
@click.option("--replace", is_flag=True, help="Also where somebody has edited what stands there.")
@click.option("--nbgrader", is_flag=True, help="Also workshop/nbgrader/, a course for nbgrader.")
@click.option(
    "--repository",
    default="",
    metavar="URL",
    help="Of the student edition on GitHub: adds ways in for a browser.",
)
def workshop(replace: bool, nbgrader: bool, repository: str) -> None:
    """Write workshop/student/, without solutions, and workshop/instructor/, with them."""
    from boxloop.teach.editions import build
    from boxloop.teach.grading import build_course, refuse_edited_course

    project = _open_project()
    if nbgrader and not replace:
        refuse_edited_course(project)
    _say(*build(project, replace=replace, address=repository))
    if nbgrader:
        _say(*build_course(project))


@cli.command()
@click.argument("fault", required=False)
@click.option("--list", "names", is_flag=True, help="Say which faults there are.")
@click.option("--secret", is_flag=True, help="Plant one by lot, and do not say which.")
@click.option("--undo", is_flag=True, help="Take planted/ away.")
def plant(fault: str | None, names: bool, secret: bool, undo: bool) -> None:
    """Write planted/: a small study with a FAULT in it, its number, and the honest one.

    Nothing else in the project is touched.
    """
    if [fault is not None, names, secret, undo].count(True) != 1:
        msg = "Name one FAULT, or one of --list, --secret and --undo: `boxloop plant --list`."
        raise UserError(msg)
    from boxloop.teach import plant as planted

    if names:
        _say(*planted.listed())
    elif undo:
        _say(*planted.undo(find_project()))
    elif secret:
        _say(*planted.plant_secretly(find_project()))
    else:
        _say(*planted.plant(find_project(), str(fault)))


@cli.command()
@click.argument("fault")
def accuse(fault: str) -> None:
    """Say whether the FAULT that `boxloop plant --secret` has hidden is this one, and why."""
    from boxloop.teach.plant import accuse as judged

    _say(*judged(find_project(), fault))


@cli.command()
def doctor() -> None:
    """Look whether this machine can do the loop: a line about each thing that it needs."""
    from boxloop.teach.doctor import diagnose

    fine = True
    for line in diagnose(find_project().root):
        _say(str(line))
        fine = fine and line.ok
    sys.exit(0 if fine else 1)


def _speak_safely() -> None:
    """Let no character of a message end in a traceback on a console that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = "utf-8" if sys.platform == "win32" else stream.encoding
            stream.reconfigure(encoding=encoding, errors="replace")


def _finish_the_bake() -> None:
    """Do what the hook of the template does, where Cookiecutter ran without hooks."""
    from boxloop.upkeep.finish import finish_from_record

    try:
        root = find_project().root
    except UserError:
        return  # no project here: the command says so, if it needs one
    if finish_from_record(root):
        importlib.invalidate_caches()  # `study` has come while this process was looking elsewhere
        _say(
            "The bake was not finished: "
            "study/ and the cells of the notebooks are now those that were chosen.",
            err=True,
        )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a mistake of the user is one sentence and exit code 2."""
    _speak_safely()
    if arguments is None and on_the_command_line():
        return
    try:
        _finish_the_bake()
        sys.exit(cli.main(args=arguments, prog_name="boxloop", standalone_mode=False) or 0)
    except UserError as error:
        _tell(f"Error: {error}", err=True)
    except OSError as error:
        if error.errno is None:
            raise
        _tell(f"Error: {plainly(error)}.", err=True)
    except click.ClickException as error:
        error.message = shown(error.message)  # type: ignore[misc]  # final for other people
        error.show()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("boxloop", "study")):
            raise
        _tell(
            f"Error: the package {error.name} is missing: run `python -m pip install -e .`",
            err=True,
        )
    except (click.Abort, KeyboardInterrupt):
        ignore()
        _tell("Stopped.", err=True)
        sys.exit(130)
    sys.exit(2)
