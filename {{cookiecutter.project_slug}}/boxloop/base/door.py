"""Which files a chapter may not read: the tables that the test rows were taken from.

Those stand in data/raw, which is a person's own, and are not encrypted. Looked at is what goes
through `boxloop.base.read_table` and `boxloop.table.read_rows`, and what Python itself opens in
this process, by whatever library (PEP 578): a loader of the study is refused as a cell is.
Accident, not malice: another process, or a library that opens files by itself (pyarrow, duckdb),
is not seen here; `seal.untouched` reads the code for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from boxloop.base.errors import UserError


class _Door:
    """What is shut, what was opened, in this process."""

    def __init__(self) -> None:
        self.hooked = False
        self.held = 0  # how often it is held open for the machinery
        self.shut: dict[tuple[int, int], tuple[Path, str]] = {}  # by device and number of a file
        self.folder: Path | None = None  # what is opened below it is noted
        self.noted: dict[Path, None] = {}
        self.divided: dict[Path, None] | None = None


_DOOR = _Door()
# Opened by the hundred, and no table.
_CODE = (".py", ".pyc", ".so", ".json", ".ttf", ".pyd")


def watch(folder: Path, refused: Iterable[tuple[Path, str]] = ()) -> None:
    """Begin to note what is opened below a folder, and refuse files with a sentence each.

    What was watched before is forgotten.
    """
    # Known to the system by numbers, so that a link to the file, or its name in other words, is
    # the file.
    _DOOR.shut = {}
    for path, sentence in refused:
        with suppress(OSError, ValueError):
            found = path.stat()
            _DOOR.shut[found.st_dev, found.st_ino] = path, sentence
    _DOOR.folder, _DOOR.noted, _DOOR.divided = folder.resolve(), {}, None
    if not _DOOR.hooked:
        _DOOR.hooked = True
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple) -> None:
    if event != "open" or _DOOR.held or _DOOR.folder is None:
        return
    if isinstance(arguments[0], str | bytes):  # else it is open already
        path = os.fsdecode(arguments[0])
        if not path.endswith(_CODE):
            enter(path)


def enter(path: str | Path) -> None:
    """Take note that a file is about to be read.

    Raises
    ------
    UserError
        If this chapter may not.
    """
    if _DOOR.held or _DOOR.folder is None:
        return
    if _DOOR.shut:
        if sentence := _refusal(Path(path)):
            raise UserError(sentence)
    elif _DOOR.folder.name in str(path):
        with suppress(OSError, ValueError):
            if (whole := Path(path).resolve()).is_relative_to(_DOOR.folder):
                _DOOR.noted[whole] = None


def _refusal(path: Path) -> str | None:
    with suppress(OSError, ValueError, KeyError):  # not shut, or not there
        found = path.stat()
        known, sentence = _DOOR.shut[found.st_dev, found.st_ino]
        # The number may have been given anew, to a file that came after it.
        return sentence if path.samefile(known) else None
    return None


@contextmanager
def held_open() -> Iterator[None]:
    """Let the machinery read what the chapter may not: for a hash, or with shuffled labels."""
    _DOOR.held += 1
    try:
        yield
    finally:
        _DOOR.held -= 1


def note_division() -> None:
    """Take down that rows were divided now: what was opened so far is what they came from."""
    _DOOR.divided = dict(_DOOR.noted)


def divided_from() -> list[Path] | None:
    """Return the files that divided rows came from; None where none were divided."""
    return None if _DOOR.divided is None else list(_DOOR.divided)
