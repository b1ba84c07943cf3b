"""Packed files: what is inside is unpacked for a moment and read as the file that it is."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.table.inside import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boxloop.table.inside import Choice

OPEN: dict = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
# What these libraries raise of a file that is damaged, or locked.
DAMAGED = (
    OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError,
    NotImplementedError,
)  # fmt: skip
# Members that speak of the table beside them.
DOCUMENT = re.compile(
    r"(^|/)(read_?me|licen[cs]e|citation|changelog)[^/]*$"
    r"|\.(md|rst|pdf|docx?|html?|png|jpe?g|gif|names|py|ipynb|bib|log|sh)$",
    re.IGNORECASE,
)
# What the Finder and the Explorer put beside other files.
BY_DESKTOPS = re.compile(r"\.DS_Store|\._.*|Thumbs\.db|desktop\.ini", re.IGNORECASE)


@contextmanager
def unpacked(path: Path, kind: str, table: str | None) -> Iterator[tuple[Path, Choice | None]]:
    """Unpack a file into a folder that lasts as long as it is read.

    Parameters
    ----------
    path : Path
    kind : str
        ``gz bz2 xz zip``.
    table : str or None
        The member of a zip file that holds several.

    Yields
    ------
    Path
        Of what was inside.
    Choice or None
        Which of several members it is.

    Raises
    ------
    UserError
        If it is damaged, locked by a password, or holds no file.
    """
    with tempfile.TemporaryDirectory(prefix="boxloop-", ignore_cleanup_errors=True) as folder:
        choice = _member(path, table) if kind == "zip" else None
        name = Path(choice[0]).name if choice else _name(path, kind)
        inner = Path(folder) / (name or "table")
        try:
            with _source(path, kind, choice) as source, inner.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        except DAMAGED as error:
            raise UserError(_damaged(path, error)) from error
        yield inner, choice[1] if choice else None


def left_by_a_desktop(name: str) -> bool:
    """Return whether a member is one that a system puts beside others by itself."""
    steps = name.split("/")
    return "__MACOSX" in steps or bool(BY_DESKTOPS.fullmatch(steps[-1]))


def _name(path: Path, kind: str) -> str:
    """Return the name of a file without the ending of its packing."""
    return path.stem if path.suffix.lower() == f".{kind}" else path.name


def _damaged(path: Path, error: Any):
    why = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if "password" in why or "encrypted" in why:
        return f"{path.name} is locked with a password: unpack it and adopt what is in it."
    return f"{path.name} cannot be read ({why[:100].rstrip('.')}): copy it again."


@contextmanager
def _source(path: Path, kind: str, choice: Any) -> Iterator[Any]:
    if choice is None:
        with OPEN[kind](path, "rb") as source:
            yield source
    else:
        with zipfile.ZipFile(path) as packed, packed.open(choice[0]) as source:
            yield source


def _member(path: Path, table: str | None) -> tuple:
    """Return the member of a zip file that is read, and the choice where there are several."""
    try:
        with zipfile.ZipFile(path) as packed:
            members = [
                one
                for one in packed.infolist()
                if not one.is_dir() and not left_by_a_desktop(one.filename)
            ]
    except DAMAGED as error:
        raise UserError(_damaged(path, error)) from error
    if not members:
        msg = f"{path.name} is a zip file without a file in it: pack the table again."
        raise UserError(msg)
    members = [one for one in members if not DOCUMENT.search(one.filename)] or members
    if len(members) == 1:
        return members[0].filename, None
    names = [one.filename for one in members]
    choice = choose(path, names, table, sizes=[f"{one.file_size:,} bytes" for one in members])
    return names[choice.place], choice
