"""The cell after an exercise asks here: what was written is right, or a sentence says why not.

The checks of chapter NN are functions in ``boxloop/teach/chapter_NN.py`` with `check` above them.
They never compare with a stored answer: they try what was written on small tables made for it,
where what is right is known, and on the study at hand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, write_json
from boxloop.base.places import find_project
from boxloop.teach.course import FILE

PATIENCE = 5  # seconds: no chapter holds the states of exercises for longer than a moment
CHECKS: dict[str, Callable] = {}  # by number, such as "3.1"; filled when its chapter is imported


class CheckFailed(UserError):
    """An answer lacks a property that it must have; the sentence says which, and why it matters."""


def wrong(sentence: str) -> NoReturn:
    """Refuse an answer in one sentence that teaches.

    Raises
    ------
    CheckFailed
        Always.
    """
    raise CheckFailed(sentence)


def check(number: str) -> Callable:
    """Take a function among the checks, for the exercise of that number.

    It is handed what the student has made and what else the cell names, returns what was found
    good in a few words, and calls `wrong` where something is not.
    """

    def take(function: Callable) -> Callable:
        CHECKS[number] = function
        return function

    return take


def exercise(number: str, answer: Any, **given: Any) -> None:
    """Check what was written for an exercise, print one line, and note it in ``results/``.

    Parameters
    ----------
    number : str
        Such as ``"3.1"``: the first exercise of chapter 03.
    answer : object
        What the student has made, mostly a function.
    **given
        What else the check looks at, such as the table of the study.

    Raises
    ------
    CheckFailed
        If it lacks a property; the sentence says which.
    NotImplementedError
        If nothing was written yet.
    Exception
        Whatever the answer itself raises; it counts as wrong.
    """
    import_module(f"boxloop.teach.chapter_{int(number.partition('.')[0]):02d}")
    try:
        said = CHECKS[number](answer, **given)
    except NotImplementedError as error:
        _note(number, "not-begun", "")
        raise error.with_traceback(None) from None  # the sentence, without the code of its check
    except CheckFailed as error:
        _note(number, "wrong", str(error))
        raise error.with_traceback(None) from None
    except Exception as error:
        _note(number, "wrong", f"It stopped with {type(error).__name__}: {error}")
        raise
    _note(number, "right", said)
    print(f"Exercise {number}: right. {said}")


def _note(number: str, state: str, said: str) -> None:
    """Keep the state of an exercise and how often it was tried."""
    path = find_project().results / FILE
    with _held(path):
        found = read_json(path, {}, remedy="delete it and check again")
        known = found if isinstance(found, dict) else {}
        before = known.get(number)
        tries = before.get("tries", 0) + 1 if isinstance(before, dict) else 1
        write_json(path, known | {number: {"state": state, "said": said, "tries": tries}})


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Let one chapter at a time read a file and write it: two of them run side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, end = path.with_name(f".{path.name}.lock"), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError):  # Windows says the latter while one is removed
            time.sleep(0.01)
    try:
        yield  # also after that time: whoever holds it then was stopped
    finally:
        lock.unlink(missing_ok=True)
