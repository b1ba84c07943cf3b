"""Cases of planted faults: what is there already, what is not, and what is somebody's own."""

import shutil

from remedies import case
from remedies_editions import whole, workshop

FAULT = "label-noise"


@case
def not_one_thing_to_plant(person):
    """Two at once are asked back; the list that the sentence names has the names."""
    workshop(person, *whole())
    yield person.types("plant", FAULT, "--secret"), "Name one FAULT"
    assert FAULT in person.does("plant", "--list")
    yield person.types("plant", FAULT)


@case
def no_fault_of_this_name(person):
    """The list has it."""
    workshop(person, *whole())
    yield person.types("plant", "noise"), "There is no fault 'noise'"
    yield person.types("plant", FAULT)


@case
def planted_already(person):
    """What is there is taken away first."""
    workshop(person, *whole())
    person.does("plant", FAULT)
    yield person.types("plant", FAULT), "is there already"
    person.does("plant", "--undo")


@case
def nothing_planted_to_accuse(person):
    """Something is planted, and then accused."""
    workshop(person, *whole())
    yield person.types("accuse", FAULT), "Nothing is planted here"
    person.does("plant", "--secret")


@case
def planted_is_damaged(person):
    """What is one's own is moved out, and the folder deleted."""
    workshop(person, *whole())
    person.does("plant", FAULT)
    person.damage("planted/about.json")
    yield person.types("accuse", FAULT), "is not as `boxloop plant` wrote it"
    shutil.rmtree(person.path("planted"))
    person.does("plant", FAULT)
