"""How a remedy is tried: something is broken, a door is tried, what it says is done.

A case is a generator function that takes a `Person`. It breaks something and yields a door and the
words by which its sentence is known; what comes after the yield is what the sentence says, done.
Where the remedy is to ask in another way, it yields that door.
"""

import errno
import os
import re
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import test_adopt
from test_malformed import GOOD
from walk_project import command, sources, write

from boxloop.base.errors import UserError
from boxloop.base.places import Project

CASES = {}


def case(function):
    """Take a generator function among the cases, under its name."""
    assert function.__name__ not in CASES, function.__name__
    CASES[function.__name__] = function
    return function


@dataclass(frozen=True)
class Answer:
    """What came back from a door: whether one may go through, and what was said."""

    through: bool
    said: str


class Person:
    """Somebody with a project, who types commands, edits files, and has committed both.

    Parameters
    ----------
    folder : path, empty
    finished : path
        The small project of `walk_project` after one run: what is committed.
    bake : callable
        Makes a project; see conftest.
    monkeypatch : pytest's
    """

    def __init__(self, folder, finished, bake, monkeypatch):
        self.folder, self.finished, self.bake, self.monkeypatch = (
            folder,
            finished,
            bake,
            monkeypatch,
        )
        self.project = None

    def small(self, *, ran=True):
        """Take the small project, after a run or as it was written."""
        root = self.folder / "small"
        if ran:
            shutil.copytree(self.finished, root)
        else:
            write(root, sources())
        self.project = Project(root)
        return self.project

    def own(self, task="classification"):
        """Take a project that waits for a table, as baked; another one for another task."""
        self.project = test_adopt.project(self.folder / f"own-{task}", task)
        return self.project

    def bakes(self, **answers):
        """Return a project that the template makes."""
        return Project(self.bake(self.folder / "baked", **answers))

    def path(self, name):
        return self.project.root / name

    def damage(self, name, content="{"):
        """Leave other bytes in a file, or write a new one."""
        path = self.path(name)
        path.chmod(0o644) if path.exists() else path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def edit(self, name, old, new):
        """Replace a text that stands in a file of the project."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.path(name).write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def delete(self, *names):
        for name in names:
            path = self.path(name)
            path.chmod(0o755 if path.is_dir() else 0o644)
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def restore(self, name):
        """Check out what was committed."""
        self.path(name).unlink(missing_ok=True)
        shutil.copy(self.finished / name, self.path(name))

    def honours_permissions(self):
        """Let files and folders refuse what their mode forbids, also to an administrator."""

        def unless(forbidden, function, place):
            def guarded(*args, **options):
                path = Path(place(*args, **options))
                if path.exists() and not path.stat().st_mode & forbidden:
                    raise PermissionError(errno.EACCES, "Permission denied", str(path))
                return function(*args, **options)

            return guarded

        self.monkeypatch.setattr(
            "pathlib.Path.open", unless(0o400, Path.open, lambda path, *_, **__: path)
        )
        self.monkeypatch.setattr(
            "os.open", unless(0o200, os.open, lambda path, *_, **__: Path(path).parent)
        )

    def does(self, *words):
        """Type a command that must succeed."""
        code, said = command(self.project, *words)
        assert _through(code, said, *words), f"boxloop {' '.join(words)} ended with {code}:\n{said}"
        return said

    def does_as_told(self, said):
        """Type the first ``boxloop`` command that stands between backquotes in a sentence."""
        words = re.search(r"`boxloop (.+?)`", said)[1].split()
        return self.does(*("a reason of four words" if word == "TEXT" else word for word in words))

    def types(self, *words):
        """Return the door of a command of `boxloop`."""
        return partial(self._typed, words)

    def _typed(self, words):
        code, said = command(self.project, *map(str, words))
        # What is open in the sheets of a small project is no trouble.
        return Answer(_through(code, said, *words), said)

    def adopts(self, *words, file="t.csv", target="kind"):
        """Return the door of ``boxloop adopt FILE --target COLUMN``."""
        return self.types("adopt", self.folder / file, "--target", target, *words)

    def writes(self, content=GOOD, file="t.csv"):
        """Write a table beside the project."""
        path = self.folder / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path


def calls(function, *args, **options):
    """Return the door of a function that a notebook calls."""

    def door():
        try:
            function(*args, **options)
        except (UserError, ValueError, KeyError, RuntimeError) as error:
            return Answer(False, str(error.args[0]))
        return Answer(True, "")

    return door


def _through(code, said, *words):
    """Return whether a command came to its end: that a check fails or is open is in no way."""
    judged = "check fails: " in said or "checks fail: " in said
    came = words[0] == "check" or (judged and "Failed: " not in said)
    return code == 0 or (code == 1 and came)


def tried(function, person):
    """Go through a case; return its sentence, and what was in the way afterwards, or None."""
    steps = function(person)
    door, words = next(steps)
    first = door()
    sentence = next((line for line in first.said.splitlines() if words in line), "")
    assert sentence, f"this does not say {words!r}:\n{first.said}"
    try:
        door = steps.send(sentence) or door
        next(steps)
    except StopIteration:
        pass
    again = door()
    if again.through and words not in again.said:
        return sentence, None
    return sentence, f"{sentence}\n    was followed, and then:\n{again.said}"
