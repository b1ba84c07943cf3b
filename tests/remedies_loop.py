"""Cases of what is typed, of a run that stops or meets another, and of the machine."""

import errno
import json
import os
import re
import sys
from functools import partial

from conftest import ROOT
from remedies import CASES, case
from walk_project import execute_here

from boxloop.record.status import status
from boxloop.run.lock import NAME, lock


# What is typed.
def typed(name, words, says, *mended):
    """Take one case for each way of typing a command that the sentence names."""

    def made(mend):
        def remedy(person):
            person.small()
            yield person.types(*words), says
            yield person.types(*mend)

        return remedy

    CASES.update(
        {f"typed {name} {number}": made(mend) for number, mend in enumerate(mended, start=1)}
    )


SIX = ["run", "--only", "06"]
typed("no notebook", ["run", "--only", "9"], "There is no notebook 9: there are 01_scoping,", SIX)
typed(
    "two ways",
    [*SIX, "--from", "03"],
    "--only and --from exclude each other: give one of them",
    SIX,
    ["run", "--from", "06"],
)
typed(
    "no value",
    [*SIX, "--set", "smoke"],
    "is not of the form KEY=VALUE",
    [*SIX, "--set", "smoke=True"],
)
typed(
    "another type",
    [*SIX, "--set", "smoke=3"],
    "06_stress_test expects bool, such as smoke=False",
    [*SIX, "--set", "smoke=False"],
)
typed(
    "no parameter",
    [*SIX, "--set", "colour=3"],
    "no notebook to run has this parameter; there are smoke",
    [*SIX, "--set", "smoke=True"],
)
SET_REASON = ["run", "--set", "release_reason=x"]
typed(
    "a reason to set",
    SET_REASON,
    "use `boxloop release --reason TEXT`",
    ["release", "--reason", "to see what it says"],
)
typed(
    "no reason",
    ["release"],
    "The seal opens only with a reason: boxloop release --reason TEXT",
    ["release", "--reason", "to see what it says"],
)
typed(
    "three passes",
    ["compare", "1", "1", "1"],
    "3 passes were named: name one or two",
    ["compare", "1"],
    ["compare", "1", "1"],
)
typed("no pass", ["compare", "7"], "There is no pass 7: choose from 1.", ["compare", "1"])
typed(
    "a note of a smoke run",
    ["run", "--smoke", "--note", "x"],
    "The note is not kept",
    ["run", "--note", "x"],
)


@case
def before_a_run_there_are_no_checks(person):
    person.small(ran=False)
    said = yield person.types("check"), "Nothing was run yet, so there is nothing to check"
    person.does_as_told(said)


@case
def before_a_run_there_is_no_pass(person):
    person.small(ran=False)
    said = yield person.types("compare"), "No pass is complete yet"
    person.does_as_told(said)


@case
def a_notebook_never_ran(person):
    person.small(), person.delete("results/05_diagnose", "report/notebooks/05_diagnose.ipynb")
    said = yield person.types("check"), "05_diagnose was never run"
    person.does_as_told(said)


@case
def a_notebook_is_out_of_date(person):
    person.small(), person.edit("study/data.py", "FIRST = 0", "FIRST = 0  # the first")
    said = yield person.types("check"), "01_scoping is out of date"
    person.does_as_told(said)


@case
def a_cell_failed(person):
    person.small(), person.edit("notebooks/05_diagnose.ipynb", "SHIFT = 0.0", "SHIFT = 1/0")
    person.types("run")()
    said = yield person.types("check"), "05_diagnose failed"
    person.edit("notebooks/05_diagnose.ipynb", "SHIFT = 1/0", "SHIFT = 0.0")
    person.does_as_told(said)


def _stopped(person):
    person.small()

    def execute(project, chapter, *args, **options):
        if chapter.name == "06_stress_test":
            raise KeyboardInterrupt
        return execute_here(project, chapter, *args, **options)

    person.monkeypatch.setattr("boxloop.run.loop.execute", execute)
    return person.types("run", "--from", "03")


@case
def a_run_that_was_stopped_goes_on(person):
    said = yield (
        _stopped(person),
        "go on with `boxloop run`, or repeat it with `boxloop run --from 06`",
    )
    person.monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    person.does_as_told(said)
    yield person.types("run")


@case
def a_run_that_was_stopped_is_repeated(person):
    said = yield _stopped(person), "go on with `boxloop run`, or repeat it"
    person.monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    yield person.types(*re.findall(r"`boxloop (.+?)`", said)[1].split())


@case
def a_release_that_was_stopped_comes_to_its_end(person):
    person.small()

    def execute(*_, **__):
        raise KeyboardInterrupt

    person.monkeypatch.setattr("boxloop.run.loop.execute", execute)
    yield (
        person.types("release", "--reason", "to see what it says"),
        "Nothing is released before `boxloop release` has come to its end",
    )
    person.monkeypatch.setattr("boxloop.run.loop.execute", execute_here)


# Two runs at once.
@case
def another_run_is_waited_for(person):
    held = lock(person.small())
    held.__enter__()
    yield person.types(*SIX), "wait for it; if there is none, delete .boxloop.lock"
    held.__exit__(None, None, None)


@case
def a_lock_of_another_machine_is_deleted(person):
    person.small()
    person.path(NAME).write_text(
        '{"pid": 1, "host": "gone.example", "started": 0}', encoding="utf-8"
    )
    yield person.types(*SIX), "wait for it; if there is none, delete .boxloop.lock"
    person.delete(NAME)


@case
def a_run_that_has_just_begun_is_waited_for(person):
    person.small()
    with person.monkeypatch.context() as patch:
        patch.setattr("boxloop.run.lock._take", lambda path: False)  # somebody is quicker, twice
        patch.setattr("boxloop.run.lock._alive", lambda owner: False)
        yield person.types(*SIX), "Another run has just begun in this project: wait for it"


# The machine.
@case
def a_full_disk_gets_some_space(person):
    project = person.small()

    make = os.open

    def full(path, *options, **more):
        if str(path).endswith(".part"):
            raise OSError(errno.ENOSPC, "No space left on device", "results")
        return make(path, *options, **more)

    with person.monkeypatch.context() as patch:
        patch.setattr("os.open", full)
        yield person.types(*SIX), "free some space and run again, what is done is kept"
    done = {row.name for row in status(project) if row.state == "done"}
    assert {"01_scoping", "04_train"} <= done


@case
def a_folder_without_permission_gets_it(person):
    project = person.small()
    person.honours_permissions()
    project.passes.chmod(0o500)
    yield person.types("run", "--note", "x"), "change its permissions and run again"
    project.passes.chmod(0o755)


@case
def a_file_in_the_place_of_a_folder_is_taken_away(person):
    project = person.small()
    person.delete("report")
    project.report.write_text("mine", encoding="utf-8")
    yield person.types("run"), "mend that and run again"
    person.delete("report")


def hidden(person, *names):
    """Let packages be missing."""
    patch = person.monkeypatch.context()
    inner = patch.__enter__()
    for name in names:
        inner.setitem(sys.modules, name, None)
    return partial(patch.__exit__, None, None, None)


@case
def a_package_is_installed(person):
    person.small()
    install = hidden(person, "psutil")
    said = yield (
        person.types(*SIX),
        "the package psutil is missing: run `python -m pip install -e .`",
    )
    assert "psutil" in (ROOT / "{{cookiecutter.project_slug}}/pyproject.toml").read_text(
        encoding="utf-8"
    ), said
    install()


def two_passes(person, *, edit=("notebooks/05_diagnose.ipynb", "SHIFT = 0.0", "SHIFT = 0.1")):
    """Complete a second pass of the small project."""
    person.small(), person.edit(*edit), person.does("run")


def another_pass(person):
    """Complete one more, which compares with the one before it."""
    person.edit("notebooks/06_stress_test.ipynb", "LEVELS = [1, 2]", "LEVELS = [1, 3]")
    person.does("run")
    return person.types("compare", "2", "3", "--replay")


def rewritten(person, **facts):
    """Replace something in the file of the first pass."""
    path = person.path("results/passes/001.json")
    past = json.loads(path.read_text(encoding="utf-8")) | facts
    person.damage("results/passes/001.json", json.dumps(past))


CHAPTERS = "01_scoping", "05_diagnose"
REPLAY = ["compare", "1", "2", "--replay"]


@case
def a_text_of_a_pass_is_gone(person):
    two_passes(person, edit=("study.toml", 'title = "Toy"', 'title = "Toys"'))
    past = json.loads(person.path("results/passes/001.json").read_text(encoding="utf-8"))
    text = f"results/passes/objects/{past['causes']['settings']}.z64"
    person.delete(text)
    yield person.types(*REPLAY), "is missing, which a pass was made from"
    person.restore(text)


@case
def a_text_of_a_pass_is_said_by_compare(person):
    two_passes(person, edit=("study.toml", 'title = "Toy"', 'title = "Toys"'))
    past = json.loads(person.path("results/passes/001.json").read_text(encoding="utf-8"))
    text = f"results/passes/objects/{past['causes']['settings']}.z64"
    person.damage(text, "x")
    yield person.types("compare"), "is damaged, study.toml of pass 1: restore it from your last"
    person.restore(text)


@case
def all_texts_of_a_pass_are_gone(person):
    person.small()
    folder = person.path("results/passes/objects")
    texts = [f"results/passes/objects/{path.name}" for path in sorted(folder.iterdir())]
    person.delete(*texts)
    yield person.types("compare"), "in results/passes/objects: restore that folder from your last"
    for text in texts:
        person.restore(text)


@case
def no_pass_can_be_read(person):
    person.small(), person.damage("results/passes/001.json", "{")
    yield person.types("compare"), "No pass can be read: results/passes/001.json is damaged"
    person.restore("results/passes/001.json")


@case
def a_pass_that_is_asked_for_is_damaged(person):
    two_passes(person, edit=("study.toml", 'title = "Toy"', 'title = "Toys"'))
    person.damage("results/passes/001.json", "{")
    yield person.types("compare", "1", "2"), "001.json is damaged: restore it from your last commit"
    person.restore("results/passes/001.json")


@case
def a_pass_keeps_no_causes(person):
    two_passes(person), rewritten(person, causes=None)
    yield person.types(*REPLAY), "Pass 1 keeps no record of causes"
    yield another_pass(person)


@case
def a_pass_was_judged_by_another_metric(person):
    two_passes(person), rewritten(person, metrics={"primary": {"name": "bias"}})
    yield person.types(*REPLAY), "Pass 1 was judged by bias and pass 2 by rmse"
    yield another_pass(person)


@case
def a_pass_was_measured_on_other_rows(person):
    two_passes(person), rewritten(person, sets={"elsewhere": {}})
    yield person.types(*REPLAY), "Passes 1 and 2 were not measured on the same rows"
    yield another_pass(person)


@case
def raw_data_are_not_those_of_a_pass(person):
    person.small(ran=False)
    raw, first, fifth = "data/raw/all.csv", *(f"notebooks/{n}.ipynb" for n in CHAPTERS)
    person.edit(first, f'"{raw}",', ""), person.edit(first, "write_table(raw", "(raw")
    rows = "\n".join(["x", *map(str, range(10)), ""])
    person.damage(raw, rows), person.does("run")
    person.edit(fifth, "SHIFT = 0.0", "SHIFT = 0.1"), person.does("run")
    person.damage(raw, rows.replace("9", "10"))
    yield person.types(*REPLAY), "data/raw/all.csv is not what it was in pass 2"
    person.damage(raw, rows)


if hasattr(os, "mkfifo"):

    @case
    def something_in_the_project_is_no_file(person):
        two_passes(person)
        os.mkfifo(person.path("data/pipe"))
        yield person.types(*REPLAY), "cannot be copied"
        person.path("data/pipe").rename(person.folder / "pipe")
