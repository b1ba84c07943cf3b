"""The command line: `boxloop run`, `release`, `adopt`, `status`, `check`, `compare`, `fail`, `report`."""

import importlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from boxloop.base.errors import UserError, plainly, shown
from boxloop.base.places import find_project
from boxloop.run.interrupt import ignore

OPEN_STATES = ("fail", "unanswered")


def _say(*lines, err=False):
    """Print lines, if any; nothing that a table or a notebook brought along steers the terminal."""
    if lines:
        click.echo("\n".join(map(shown, lines)), err=err)


def _tell(*lines, err=False):
    """Print lines that nothing hangs on: where that is not possible, the work goes on."""
    try:
        _say(*lines, err=err)
    except OSError:  # a closed pipe, or a full disk behind it: from here on nobody is told
        stream = sys.stderr if err else sys.stdout
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # also for what Python has kept to write when it ends
        os.close(nowhere)


def _open_project():
    """Return the project around the working directory, after its settings were validated."""
    from boxloop.record.facts import settings_are_valid, settings_were_valid

    project = find_project()
    if not settings_were_valid(project):
        from boxloop.settings.load import load_settings

        load_settings(project.settings_file)
        settings_are_valid(project)
    return project


def _open_results():
    """Return the project as `_open_project` does, its results made again where they are damaged."""
    from boxloop.record.results import refresh

    project = _open_project()
    with suppress(OSError):  # nobody may write here: what is there has to do
        refresh(project)
    return project


def _finish(outcome, note):
    """Print what became of a run and end with exit code 0 or 1."""
    for result in outcome.failed:
        _tell(f"Failed: {result.message}", err=True)
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
    sys.exit(0 if outcome.ok else 1)


def _run(*, verbose, jobs, **options):
    from boxloop.run.loop import Interrupted, run
    from boxloop.run.progress import lines_for

    project = _open_project()
    lines = lines_for(sys.stdout, echo=_tell, verbose=verbose)
    opened = _times_opened(project)
    try:
        outcome = run(project, lines=lines, jobs=jobs, **options)
    except Interrupted as stop:
        ignore()
        _tell(str(stop), err=True)
        if options.get("release_reason"):
            _tell("Nothing is released before `boxloop release` has come to its end.", err=True)
        if _times_opened(project) > opened:
            _tell("The test set was opened all the same, and that counts.", err=True)
        sys.exit(130)
    _finish(outcome, options.get("note"))


def _times_opened(project):
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


def how_options(command):
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli():
    """Go round Box's loop: run the notebooks, check the study, build the report.

    Exit codes: 0 done, 1 a notebook failed or a check is open, 2 the input is wrong.
    """


@cli.command()
@click.option(
    "--only",
    multiple=True,
    metavar="NN",
    help="Run this notebook only, current or not; may be repeated.",
)
@click.option(
    "--from", "start", metavar="NN", help="Run this notebook and all after it, current or not."
)
@click.option(
    "--smoke", is_flag=True, help="Quick numbers, to see that everything runs; counts as no pass."
)
@set_option
@note_option
@how_options
def run(only, start, smoke, sets, note, **how):
    """Run the notebooks that are not current, and build the report."""
    _run(only=only, start=start, smoke=smoke, sets=sets, note=note, **how)


@cli.command()
@click.option("--reason", metavar="TEXT", help="Why the test set is opened; goes to the ledger.")
@note_option
@how_options
def release(reason, note, **how):
    """Run what is not current and open the test set, for a reason."""
    if not (reason or "").strip():
        msg = "The seal opens only with a reason: boxloop release --reason TEXT."
        raise UserError(msg)
    _refuse_a_broken_seal()
    _say_what_is_open()
    _run(release_reason=reason.strip(), note=note, **how)


def _refuse_a_broken_seal():
    """Open nothing where the ledger or the sealed file is not what it was."""
    from boxloop.split.seal import trouble

    if problem := trouble(find_project()):
        raise UserError(problem)


def _say_what_is_open():
    """Remind, before the seal is opened, of the checks of the last run that did not come through."""
    from boxloop.record.results import read_checks

    try:
        states = [row.get("state") for row in read_checks(find_project())]
    except UserError:
        return  # damaged: the run makes it again
    failed, unanswered = states.count("fail"), states.count("unanswered")
    if failed or unanswered:
        _say(
            f"Of the checks of the last run {failed} failed and {unanswered} wait for an answer; "
            "a test set is new only once.",
            err=True,
        )


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="COLUMN", help="The column to predict.")
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
    "--force", is_flag=True, help="Replace a study.toml that was edited; a copy of it is kept."
)
def adopt(file, **options):
    """Take in a table of your own: copy it to data/raw and write study.toml."""
    from boxloop.adopt.command import adopt as take_in
    from boxloop.adopt.roles import understood

    project = find_project()
    found = take_in(project, file, **options)
    _say(*understood(found.roles), *found.notes)
    _say(f"Written: study.toml and {project.relative(found.table)}.")
    if found.backup:
        _say(f"Your study.toml from before is {found.backup.name}.")
    _say("Next: read study.toml and correct what was guessed wrong, then `boxloop run`.")


@cli.command()
def status():
    """Show what is done, what is stale and why, the seal and the pass."""
    from boxloop.notebooks.folder import sort_notebooks
    from boxloop.record.health import losses, notices
    from boxloop.record.passes import last_pass
    from boxloop.record.status import status as rows_of

    project = _open_project()
    for row in rows_of(project, parameters={}):
        _say(f"{row.name.replace('_', ' '):<18} {row.state:<10} {row.detail}".rstrip())
    _say(*sort_notebooks(project).others, *losses(project), *notices(project))
    _say(f"Seal: {_seal_words(project)}.")
    newest = last_pass(project)
    if newest is None:
        _say("Pass: none complete yet.")
        return
    words = [newest["time"][:10], "released" if newest["released"] else "", newest["note"]]
    _say(f"Pass: {newest['number']} ({', '.join(filter(None, words))}).")


def _seal_words(project):
    """Return how it stands with the test set and its openings."""
    from boxloop.split.seal import last, openings, read_ledger, trouble

    if trouble(project):
        return "broken, see above"
    events = read_ledger(project)
    times = f"opened {_times(len(openings(events)))}"
    if last(events, "lost"):
        known = sum(event.get("openings", 0) for event in events)
        times += f"; {_times(known)} or more in an earlier ledger, which was lost"
    if not last(events, "sealed"):
        return f"no test set yet, {times}"
    there = (
        "sealed"
        if project.sealed_file.exists()
        else "sealed, and its file is missing: 03 writes the same rows again"
    )
    return f"{there}, {times}"


def _times(count):
    return f"{count} {'time' if count == 1 else 'times'}"


@cli.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
)
@click.option(
    "--sheet", type=click.Choice(["appendix-a", "reforms"]), default="appendix-a", show_default=True
)
def check(form, sheet):
    """Print the Appendix A or REFORMS sheet and what is open."""
    from boxloop.record import sheets
    from boxloop.record.health import losses
    from boxloop.record.results import read_checks
    from boxloop.record.status import status as rows_of

    project = _open_results()
    checks = read_checks(project)
    if not checks:
        msg = "Nothing was run yet, so there is nothing to check: `boxloop run` first."
        raise UserError(msg)
    rows = {"appendix-a": sheets.appendix_a, "reforms": sheets.reforms}[sheet](project)
    open_checks = [row for row in checks if row["state"] in OPEN_STATES]
    waived = [row for row in checks if row["state"] == "waived"]
    stale = [row for row in checks if row.get("stale_waiver")]
    broken = [
        *losses(project),
        *(_not_done(row) for row in rows_of(project) if row.state != "done"),
    ]
    text = sheets.render(rows, form)
    if form == "json":
        both = {
            "sheet": json.loads(text),
            "open": open_checks,
            "waived": waived,
            "stale_waivers": stale,
            "broken": broken,
        }
        _say(*json.dumps(both, indent=1, ensure_ascii=False).split("\n"))
    else:
        _say(*text.rstrip().split("\n"), "")
        _say(*open_lines(open_checks, form), *sheets.waiver_lines(waived, stale, form))
        if broken:
            _say("", "Not to be relied on:", *broken)
    open_items = any(row["state"] in OPEN_STATES for row in rows)
    sys.exit(1 if open_checks or open_items or broken else 0)


def _not_done(row):
    """Return one sentence on a notebook whose checks are not those of today."""
    words = {"failed": "failed", "stale": "is out of date"}.get(row.state, "was never run")
    detail = f" ({row.detail})" if row.detail else ""
    mend = "mend that cell, then" if row.state == "failed" else "run"
    return f"{row.name} {words}{detail}: {mend} `boxloop run`."


def open_lines(open_checks, form):
    """Return the lines that name each open check, where it is, and what to do."""
    if not open_checks:
        return ["No check is open."]
    bullet = "- " if form == "markdown" else "  "
    heading = f"{len(open_checks)} open {'check' if len(open_checks) == 1 else 'checks'}:"
    lines = [heading, ""] if form == "markdown" else [heading]
    for row in open_checks:
        remedy = f" Remedy: {row['fix']}" if row.get("fix") else ""
        lines.append(
            f"{bullet}{row['id']} ({row['notebook']}, {row['state']}): {row['message']}{remedy}"
        )
    return lines


@cli.command()
@click.argument("numbers", nargs=-1, metavar="[A [B]]")
def compare(numbers):
    """Show passes side by side; without numbers, all of them and what the last one changed."""
    from boxloop.record.history import listing, side_by_side, table
    from boxloop.record.passes import all_passes, damaged

    project = _open_project()
    passes = all_passes(project)
    for sentence in damaged(project):
        _say(sentence, err=True)
    if not passes:
        msg = "No pass is complete yet, so there is nothing to compare: `boxloop run` first."
        raise UserError(msg)
    if not numbers:
        _say(*listing(table(passes)))
        return
    if len(numbers) > 2:
        msg = f"{len(numbers)} passes were named: name one or two."
        raise UserError(msg)
    by_number = {str(past["number"]): past for past in passes}
    wanted = [number.lstrip("0") or "0" for number in numbers]
    for number in wanted:
        if number not in by_number:
            msg = f"There is no pass {number}: there are {', '.join(by_number)}."
            raise UserError(msg)
    one, two = (by_number[number] for number in [*wanted, str(passes[-1]["number"])][:2])
    lines = side_by_side(one, two)
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    for label, left, right in lines:
        _say(f"{label:<{widths[0]}}  {left:<{widths[1]}}  {right}".rstrip())
    if lines[-1][0].partition(":")[0] != "check":
        _say("No check has changed its state.")


@cli.command()
@click.argument("text")
@click.option(
    "--about",
    metavar="NAME",
    help='A name for it, or the row it explains, such as "check: split.groups".',
)
@click.option("--explanation", metavar="TEXT", help="Why it failed, as far as you know.")
def fail(text, about, explanation):
    """Add to the failures log what went wrong."""
    from boxloop.record.failures import add

    project = _open_project()
    written = add(project.failures_file, text, about=about, explanation=explanation)
    _say(f"Added to {project.relative(project.failures_file)}:", "", *written.split("\n"))
    if "explanation = " not in written:
        _say("It has no explanation yet, so log.explained will ask for one: write it there.")
    _say("The log shows it after `boxloop run --from 07`.")


@cli.command()
def report():
    """Rebuild the report from what was executed."""
    from boxloop.report import build_report

    _say(f"Report: {build_report(_open_results())}")


def _speak_safely():
    """Let no character of a message end in a traceback on a console that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = "utf-8" if sys.platform == "win32" else stream.encoding
            stream.reconfigure(encoding=encoding, errors="replace")


def _finish_the_bake():
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


def main(arguments=None):
    """Run the command line; a mistake of the user is one sentence and exit code 2."""
    _speak_safely()
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
        error.message = shown(error.message)
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
