"""Cases of catching up in a course."""

import shutil

from remedies import case
from walk_project import sources, write

from boxloop.teach.catch_up import give_along

REFERENCE = "reference"


def student(person):
    """Take the small project with a reference of a teacher's run, and return its first copy."""
    teacher = person.small()
    given = person.folder / "given"
    write(given, sources())
    assert "MB" in give_along(teacher, [given])[0]
    shutil.rmtree(person.path(REFERENCE), ignore_errors=True)
    shutil.copytree(given / REFERENCE, person.path(REFERENCE))
    return given / REFERENCE


def given_anew(name, breaks, says):
    """Take a case of a reference that is not as it was, and is taken anew."""

    def reference_is(person):
        given = student(person)
        breaks(person.path(REFERENCE))
        yield person.types("catch-up", "04"), says
        shutil.rmtree(person.path(REFERENCE), ignore_errors=True)
        shutil.copytree(given, person.path(REFERENCE))

    reference_is.__name__ = f"reference is {name}"
    case(reference_is)


STATION = "results/02_baseline/station.json"
given_anew("short", lambda top: (top / STATION).unlink(), "is not there: take reference/ from")
given_anew(
    "edited",
    lambda top: (top / "results/02_baseline/checks.json").write_text("[]", encoding="utf-8"),
    "is not as it was given out",
)


@case
def no_reference_to_catch_up_with(person):
    """It comes with the student edition, which the teacher builds after a run."""
    teacher = person.small()
    yield person.types("catch-up", "04"), "There is no reference/ here to catch up with"
    assert "MB" in give_along(teacher, [teacher.root])[0]


@case
def no_such_chapter_to_catch_up_with(person):
    """The sentence names the chapters."""
    student(person)
    yield person.types("catch-up", "9"), "choose one from 02 to 08"
    yield person.types("catch-up", "08")


@case
def nothing_to_catch_up_with_before_01(person):
    """It needs nothing; the others do."""
    student(person)
    yield person.types("catch-up", "01"), "01 is the first chapter"
    yield person.types("catch-up", "02")


@case
def a_chapter_alone_before_what_it_needs(person):
    """A run of all before it is offered, and the reference of the course beside it."""
    student(person)
    for folder in ("results", "data/interim"):
        shutil.rmtree(person.path(folder), ignore_errors=True)
    yield person.types("run", "--only", "04"), "workshop's reference instead: `boxloop catch-up 04`"
    assert "In place: 01 to 03" in person.types("catch-up", "04")().said
    yield person.types("run", "--only", "04")
