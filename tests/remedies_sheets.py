"""Cases of sheets that somebody writes, and of sets whose evidence is asked for."""

import json

from remedies import calls, case

from boxloop.measure.sets import measured_again
from boxloop.settings.load import load_settings

MINE = "sheets/mine.json"
ITEM = {"item": "1", "rule": "Text", "question": "Is it there?", "files": ["study.toml"]}
GOOD = {"title": "A journal", "items": [ITEM]}


def asked(person, name="mine"):
    """Return the door of a sheet by its name."""
    return person.types("check", "--sheet", name)


def written(person, content=GOOD, name=MINE):
    person.damage(name, content if isinstance(content, str) else json.dumps(content))


def malformed(name, content, says):
    """Take a case of a sheet that is not as it should be, and is written again."""

    def sheet(person):
        person.small()
        written(person, content)
        yield asked(person), says
        written(person)

    sheet.__name__ = f"sheet {name}"
    case(sheet)


malformed("no JSON", "{", "is no JSON that can be read")
malformed("no items", {"title": "A journal"}, "it has no list of items")
malformed("no title", {"items": [ITEM]}, "it has no title")
malformed("a key", GOOD | {"key": "mine"}, "it has key = 'mine'")
malformed("no question", {"title": "A", "items": [{"item": "1"}]}, "lacks one of the texts")
malformed("twice", {"title": "A", "items": [ITEM, ITEM]}, "stands there twice")
malformed("unknown key", {"title": "A", "items": [ITEM | {"file": "a"}]}, "has 'file'")
malformed("no evidence", {"title": "A", "items": [ITEM | {"files": []}]}, "names nothing that may")
malformed("no list", {"title": "A", "items": [ITEM | {"checks": "a"}]}, "no list of names under")
malformed("a path out", {"title": "A", "items": [ITEM | {"files": ["../a"]}]}, "no list of paths")


@case
def a_sheet_that_is_not_there(person):
    """Another one is asked for, or it is written."""
    person.small()
    yield asked(person), "There is no sheet 'mine'"
    written(person)


@case
def a_sheet_with_the_name_of_another(person):
    """One of boxloop's is there already, so it gets a name of its own."""
    person.small()
    written(person, name="sheets/appendix-a.json")
    yield asked(person, "appendix-a"), "has the name of a sheet of boxloop"
    person.path("sheets/appendix-a.json").rename(person.path(MINE))


@case
def a_sheet_that_was_mistyped(person):
    """One of those that the sentence names."""
    person.small()
    yield asked(person, "reform"), "There is no sheet 'reform'"
    yield asked(person, "reforms")


@case
def a_sheet_with_the_name_of_one_of_boxloop(person):
    """It gets a name of its own."""
    person.small()
    written(person, name="sheets/claim.json")
    yield asked(person, "claim"), "has the name of a sheet of boxloop"
    person.path("sheets/claim.json").rename(person.path(MINE))
    yield asked(person)


CHAPTER = "notebooks/05_diagnose.ipynb"
ROWS = """
import numpy as np
frame = pd.DataFrame({'family': [1, 2, 3], 'weight': [1.0, 2.0, 4.0]})
guesses = {'model': np.array([1.0, 2.0, 3.5]), 'reference': np.array([1.1, 2.2, 3.0])}
found = here.compare(frame, guesses)
"""
VALIDATION = "results/05_diagnose/sets/validation"


def measuring(person, handed):
    """Take a small project whose 05 measures three rows, and hands on a table of them."""
    person.small()
    person.edit(CHAPTER, "SHIFT = 0.0", f"SHIFT = 0.0{ROWS}".replace("\n", "\\n"))
    person.edit(CHAPTER, 'table(model[\\"score\\"] + SHIFT)', handed)
    person.does("run")
    settings = load_settings(person.project.settings_file)
    return calls(measured_again, person.path(VALIDATION), settings)


@case
def a_set_of_a_plain_table(person):
    """The chapter hands on what here.compare has returned, and runs again."""
    yield measuring(person, "dict(found)"), "is not there, because here.metrics was handed"
    person.edit(CHAPTER, "dict(found)", "found")
    person.does("run")


@case
def a_set_that_was_edited(person):
    """The chapter runs again."""
    door = measuring(person, "found")
    person.damage(f"{VALIDATION}.json", "{}")
    yield door, "are not as 05_diagnose left them"
    person.does("run")


@case
def a_set_of_sealed_rows_that_is_gone(person):
    """It is copied from where the release was made."""
    door = measuring(person, "found")
    person.damage("results/05_diagnose/release.json", "{}")  # as in the folder of 08
    kept = person.path(f"{VALIDATION}.parquet").read_bytes()
    person.delete(f"{VALIDATION}.parquet")
    yield door, "restore it from where the release was made"
    person.damage(f"{VALIDATION}.parquet", kept)
