"""Cases of the benchmark: made after a release, and what others send in."""

import shutil

import benchmark_project
import pandas as pd
from remedies import case
from walk_project import command

from boxloop.base.files import sha256, write_table
from boxloop.base.places import Project
from boxloop.split.seal import append, content_hash, open_seal

TEST = "data/sealed/test.parquet"
ENTRY = ("--by", "Ada")
RELEASE = ("release", "--reason", "to see what it says", "--anyway", "it is a small study")
TASK = "classification"


def study(person, *, made=True):
    """Take a small study that was released, with a benchmark or without one; made once."""
    kept = person.finished.parent / "released"
    if not kept.is_dir():
        project = benchmark_project.project(kept, TASK)
        assert command(project, *RELEASE)[0] == 0
        assert command(project, "benchmark")[0] == 0
    shutil.copytree(kept, person.folder / "study")
    person.project = Project(person.folder / "study")
    if not made:
        shutil.rmtree(person.path("benchmark"))
    return person.project


def right(person, name="entry.csv", change=lambda table: table):
    """Write a submission as it should be, or with a change."""
    table = pd.read_csv(person.path("benchmark/example_submission.csv"), dtype={"row": str})
    path = person.folder / name
    change(table).to_csv(path, index=False)
    return path


def submits(person, *more, name="entry.csv"):
    """Return the door of a submission."""
    return person.types("benchmark", "--score", person.folder / name, *ENTRY, *more)


def wrong(name, change, says):
    """Take a case of a submission that is not as it should be, and is written again."""

    def submission(person):
        study(person)
        path = right(person)
        change(path)
        yield submits(person), says
        right(person)

    submission.__name__ = f"submission {name}"
    case(submission)


def _edited(change):
    """Return what changes the table in a submission."""

    def edit(path):
        table = pd.read_csv(path, dtype=str)
        change(table).to_csv(path, index=False)

    return edit


def _first(value):
    return _edited(lambda table: table.assign(prediction=[value, *table["prediction"][1:]]))


def _labels(table):
    return table.assign(prediction=["0", *["1"] * (len(table) - 1)])


wrong("not there", lambda path: path.unlink(), "name a CSV file that you may read")
wrong("as Parquet", lambda path: path.write_bytes(b"PAR1"), "is Parquet: write it as CSV")
wrong(
    "empty", lambda path: path.write_bytes(b""), "is no CSV table (No columns to parse from file)"
)
wrong(
    "with semicolons",
    lambda path: path.write_text(path.read_text().replace(",", ";")),
    "its columns are parted by semicolons: give it the two columns row and prediction",
)
wrong("with a row twice", _edited(lambda t: pd.concat([t, t.head(1)])), "more than once: leave one")
wrong("with other rows", _edited(lambda t: t.replace("t0000000", "x")), "leave them out, and take")
wrong("that lacks rows", _edited(lambda t: t.iloc[1:]), "lacks 1 row, such as t0000000: give every")
wrong("with a text", _first("dust"), "is 'dust': write a finite number there")
wrong("with no probability", _first("1.5"), "is no probability: write that of star")
wrong("of labels", _edited(_labels), "holds labels, 0 and 1: write scores")


@case
def a_benchmark_comes_after_a_release(person):
    project = person.project = benchmark_project.project(person.folder / "study", TASK)
    assert command(project, "run")[0] == 0
    yield person.types("benchmark"), "comes after the release of the model of today"
    person.does(*RELEASE)


@case
def a_benchmark_of_another_model(person):
    study(person, made=False)
    trained = person.path("results/04_train")
    shutil.copy(trained / "model.skops", trained / "reference.skops")
    said = yield person.types("benchmark"), "reference.skops does not say what was released"
    person.does_as_told(said)


@case
def a_benchmark_over_a_folder(person):
    study(person)
    yield person.types("benchmark"), "is there already: remove it"
    shutil.rmtree(person.path("benchmark"))


@case
def a_benchmark_beside_a_folder(person):
    study(person)
    yield person.types("benchmark"), "is there already: remove it"
    yield person.types("benchmark", "--out", person.folder / "another")


@case
def a_benchmark_among_the_data(person):
    study(person, made=False)
    yield (
        person.types("benchmark", "--out", person.path("data/interim/b")),
        "is a place of the study itself: name a folder outside of the project",
    )
    yield person.types("benchmark", "--out", person.folder / "outside")


@case
def a_benchmark_beside_the_study(person):
    study(person, made=False)
    yield (
        person.types("benchmark", "--out", person.path("results")),
        "is a place of the study itself: name a folder outside of the project",
    )
    yield person.types("benchmark", "--out", person.path("benchmark-2"))


@case
def a_benchmark_of_a_test_set_that_is_not_encrypted(person):
    project = study(person, made=False)
    frame = open_seal(project, reason="x", model_hash="m")
    person.delete(TEST, "data/sealed/seal.key", "data/sealed/test.json")
    write_table(project.sealed_file, frame)
    append(project, "sealed", sha256=sha256(project.sealed_file), content=content_hash(frame))
    said = yield person.types("benchmark"), "is from before test sets were encrypted"
    person.does_as_told(said)


@case
def an_entry_without_a_benchmark(person):
    study(person)
    right(person)
    shutil.rmtree(person.path("benchmark"))
    said = yield submits(person), "There is no benchmark in"
    person.does_as_told(said)


def _changed(person):
    study(person)
    right(person)
    path = person.path("benchmark/entries/reference.csv")
    path.write_text("row,prediction\n", encoding="utf-8")
    return submits(person), "its entries/reference.csv was changed"


@case
def a_benchmark_that_was_changed_is_put_back(person):
    yield _changed(person)
    shutil.copy(person.finished.parent / "released/benchmark/entries/reference.csv",
                person.path("benchmark/entries/reference.csv"))  # fmt: skip


@case
def a_benchmark_that_was_changed_is_made_again(person):
    yield _changed(person)
    person.does("benchmark", "--out", person.folder / "new")
    yield submits(person, "--out", person.folder / "new")


@case
def a_benchmark_of_a_test_set_that_was_sealed_anew(person):
    study(person)
    right(person)
    person.delete(TEST, "data/sealed/seal.key")
    person.does("run")
    yield submits(person), "was sealed anew since the benchmark"
    person.does("benchmark", "--out", person.folder / "new")
    yield submits(person, "--out", person.folder / "new")


@case
def an_entry_by_nobody(person):
    study(person)
    path = right(person)
    words = ("benchmark", "--score", path)
    yield person.types(*words), "Say whose entry it is: boxloop benchmark --score FILE --by NAME"
    yield person.types(*words, "--by", "Ada")


@case
def an_entry_by_the_reference(person):
    study(person)
    path = right(person)
    words = ("benchmark", "--score", path)
    yield person.types(*words, "--by", "Reference"), "no name of ours"
    yield person.types(*words, "--by", "Ada")


@case
def the_best_entry_of_a_name_is_missing(person):
    study(person)
    first = right(person)
    person.does("benchmark", "--score", str(first), *ENTRY)
    right(person, "next.csv", lambda table: table.assign(prediction=0.5))
    person.delete("benchmark/entries/0001-ada.csv")
    yield submits(person, name="next.csv"), "the best entry by Ada so far, is missing"
    shutil.copy(first, person.path("benchmark/entries/0001-ada.csv"))
