"""Cases of the referee: what is handed to it, and where the certificate goes."""

import shutil

import doctored
from remedies import Answer, case
from walk_project import command, execute_here, write

from boxloop.base.places import Project


def sent(person):
    """Take a release that somebody was sent, a folder; made once."""
    kept = person.finished.parent / "sent"
    if not kept.is_dir():
        project = write(person.finished.parent / "judged", doctored.sources())
        person.monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
        code, said = command(project, "release", *doctored.REASON)
        assert code == 0, said
        doctored.by_hand(project, kept)
    person.project = Project(person.folder)
    return shutil.copytree(kept, person.folder / "toy")


def judges(person, *words):
    """Return the door of ``boxloop referee``."""

    def door():
        code, said = command(person.project, "referee", *map(str, words))
        return Answer(code == 0, said)

    return door


@case
def referee_is_handed_no_release(person):
    """The folder of the project, and then the release that is in it."""
    folder = sent(person)
    yield judges(person, person.folder), "so it is no release: give the one"
    yield judges(person, folder)


@case
def certificate_in_the_release(person):
    folder = sent(person)
    yield judges(person, folder, "--out", folder / "c.html"), "lies in the release"
    yield judges(person, folder, "--out", person.folder / "c.html")


@case
def certificate_that_is_no_page(person):
    folder = sent(person)
    yield judges(person, folder, "--out", "c.pdf"), "end it in .html"
    yield judges(person, folder, "--out", person.folder / "c.html")


@case
def wheels_in_no_folder(person):
    folder = sent(person)
    wheels = person.folder / "wheels"
    yield judges(person, folder, "--find-links", wheels), "name the one with the wheels"
    wheels.mkdir()
