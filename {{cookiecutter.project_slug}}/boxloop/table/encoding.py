"""The bytes of a text file: unpacked, in UTF-8, with one kind of line end."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


BLOCK = 1 << 24  # bytes that are unpacked at once
START = 4096  # bytes in which a file shows what it is
WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Signs that no text holds; a file that is full of them is none, in whatever encoding.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MANY = 0.01


def text_of(path: Path) -> tuple:
    """Return what a text file holds, as UTF-8, and what to say of its encoding.

    Parameters
    ----------
    path : Path
        Perhaps compressed (``.gz``).

    Returns
    -------
    data : bytes
        Without byte-order mark; every line ends with LF.
    notes : list of str

    Raises
    ------
    UserError
        If the file is no text, is cut short, or holds a byte that is zero.
    """
    data, notes = as_utf8(path, _unpacked(path))
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if (place := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, place) + 1
        msg = (
            f"{path.name}, line {line} holds a byte that is zero and no text: "
            "delete it or write the table again."
        )
        raise UserError(msg)
    return data, notes


def _unpacked(path: Path) -> bytes:
    blocks = list[bytes]()
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            while block := file.read(BLOCK):
                blocks.append(block)
    except (OSError, EOFError, zlib.error) as error:
        number = sum(block.count(b"\n") for block in blocks)
        msg = f"{path.name} cannot be read after line {number} ({error}): copy it again."
        raise UserError(msg) from error
    return b"".join(blocks)


def as_utf8(path: Path, data: bytes) -> tuple:
    """Return the text in UTF-8 without byte-order mark, and what to say of it."""
    if wide := WIDE.get(data[:2]) or wide_without_mark(data[:START]):
        text = data[2:] if data[:2] in WIDE else data
        try:
            return text.decode(wide).encode(), ["The file is UTF-16 text: it was read as that."]
        except UnicodeError:
            _refuse(path)
    data = data.removeprefix(codecs.BOM_UTF8)
    start = data[:START]
    if b"\0" in start and len(CONTROL.findall(start)) > MANY * len(start):
        _refuse(path)
    if data.isascii():
        return data, []
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if len(CONTROL.findall(start)) > MANY * len(start):
            _refuse(path)
        line = data.count(b"\n", 0, error.start) + 1
        said = f"Line {line} is not UTF-8: the file was read as Latin-1, as older systems write it."
        return _latin(data).encode(), [said]
    return data, []


def _latin(data: bytes) -> str:
    """Return the text as Windows writes Latin-1, or as everybody else does."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def wide_without_mark(start: bytes) -> str:
    """Return the name of the UTF-16 in which every second byte is zero, or nothing."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    few, most = 0.02 * len(start) / 2, 0.8 * len(start) / 2
    if len(start) >= 8 and even <= few and odd >= most:
        return "utf-16-le"
    return "utf-16-be" if len(start) >= 8 and odd <= few and even >= most else ""


def _refuse(path: Path) -> None:
    msg = (
        f"{path.name} is not a text file: "
        "give it the ending of what it is, such as .fits or .parquet."
    )
    raise UserError(msg)
