"""Which files a chapter may not read: the tables that the test rows were taken from, and the seal.

The tables stand in data/raw, which is a person's own, and are not encrypted. Looked at is what goes
through `boxloop.base.read_table` and `boxloop.table.read_rows`, what Python itself opens in this
process, by whatever library (PEP 578), and what pyarrow is handed as a path, which opens files by
itself: a loader of the study is refused as a cell is.
Accident, not malice: another process, or another library that opens files by itself (duckdb,
polars, h5py), is not seen here; `seal.untouched` reads the code for that.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from boxloop.base.errors import UserError


class _Door:
    """What is shut, what was opened, in this process."""

    def __init__(self) -> None:
        self.hooked = False
        self.held = 0  # how often it is held open for the machinery
        # By device and number of a file: where it was, what it was, and why it is shut.
        self.shut: dict[tuple[int, int], tuple[Path, os.stat_result, str]] = {}
        self.folder: Path | None = None  # what is opened below it is noted
        self.noted: dict[Path, None] = {}
        self.divided: dict[Path, None] | None = None


_DOOR = _Door()
# Opened by the hundred, and no table.
_CODE = (".py", ".pyc", ".so", ".ttf", ".pyd")
_EVENTS = {"open", "sqlite3.connect"}
# Where pyarrow is handed a path, or several: Python is not told of what it opens.
_GATES = (
    ("pyarrow", "memory_map"),
    ("pyarrow.csv", "read_csv"),
    ("pyarrow.csv", "open_csv"),
    ("pyarrow.json", "read_json"),
    ("pyarrow.parquet.core", "ParquetFile.__init__"),
    ("pyarrow.parquet.core", "ParquetDataset.__init__"),
    ("pyarrow.dataset", "dataset"),
)


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
            _DOOR.shut[found.st_dev, found.st_ino] = path, found, sentence
    _DOOR.folder, _DOOR.noted, _DOOR.divided = folder.resolve(), {}, None
    if not _DOOR.hooked:
        _DOOR.hooked = True
        sys.addaudithook(_hook)
        for place in _GATES:
            _gate(*place)


def _hook(event: str, arguments: tuple) -> None:
    if event not in _EVENTS or _DOOR.held or _DOOR.folder is None:
        return
    if isinstance(arguments[0], str | bytes):  # else it is open already
        path = os.fsdecode(arguments[0])
        if not path.endswith(_CODE):
            enter(path.removeprefix("file:").partition("?")[0] if event != "open" else path)


def _gate(module: str, name: str) -> None:
    """Let a function of a library, which is handed paths, ask here first."""
    *owners, last = name.split(".")
    try:
        owner = functools.reduce(getattr, owners, importlib.import_module(module))
        function = getattr(owner, last)
    except (ImportError, AttributeError):  # another version, without it
        return

    @functools.wraps(function)
    def asking(*args: Any, **options: Any) -> Any:
        for value in (*args[:2], *options.values()):  # the first one may be `self`
            _enter_each(value)
        return function(*args, **options)

    setattr(owner, last, asking)


def _enter_each(value: Any) -> None:
    """Take note of all files that a path, a folder or a list of paths stands for."""
    if _DOOR.held or _DOOR.folder is None:
        return
    if isinstance(value, list | tuple):
        for item in value:
            _enter_each(item)
    elif isinstance(value, str | os.PathLike):
        path = Path(os.fsdecode(value).removeprefix("file://"))
        if not path.is_dir():
            enter(path)
        elif _overlap(path):
            for inner in sorted(path.rglob("*")):
                enter(inner)


def _overlap(folder: Path) -> bool:
    """Return whether a folder may hold what is looked at here; others are not walked through."""
    places = [known.parent.resolve() for known, *_ in _DOOR.shut.values()]
    places += [_DOOR.folder] if _DOOR.folder else []
    whole = folder.resolve()
    return any(place.is_relative_to(whole) or whole.is_relative_to(place) for place in places)


def enter(path: str | Path) -> None:
    """Take note that a file is about to be read.

    Raises
    ------
    UserError
        If this chapter may not.
    """
    if _DOOR.held or _DOOR.folder is None:
        return
    if _DOOR.shut and (sentence := _refusal(Path(path))):
        raise UserError(sentence)
    if _DOOR.folder.name in str(path):
        with suppress(OSError, ValueError):
            if (whole := Path(path).resolve()).is_relative_to(_DOOR.folder):
                _DOOR.noted[whole] = None


def _refusal(path: Path) -> str | None:
    with suppress(OSError, ValueError, KeyError):  # not shut, or not there
        found = path.stat()
        known, was, sentence = _DOOR.shut[found.st_dev, found.st_ino]
        # The number may have been given anew, to a file that came after it; or the file has moved.
        if known.exists():
            same = path.samefile(known)
        else:
            same = (found.st_mtime_ns, found.st_size) == (was.st_mtime_ns, was.st_size)
        return sentence if same else None
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
