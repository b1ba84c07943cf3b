"""The key of the sealed rows: beside the ledger until it is handed over, in other hands from then.

After that this project makes no key of its own any more. Where it has to seal again without the
key, the rows are written with a key that nobody keeps: 01 to 07 run, and the release waits for the
one who has the key, with which 03 seals the same rows again.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError, plainly
from boxloop.base.files import read_cache

if TYPE_CHECKING:
    from boxloop.base.places import Project

VARIABLE = "BOXLOOP_SEAL_KEY"
HANDED_OVER = "handed over"
# The words in front tell a person, and a search for secrets, what the digits are.
_KEY = re.compile(r"boxloop-seal-[0-9a-f]{64}", re.ASCII)


class NoKeyError(UserError, ValueError):
    """A text that should be a key, and is none."""


@dataclass(frozen=True)
class Key:
    """A key, as the text that people hand on."""

    text: str

    @property
    def name(self) -> str:
        """What tells keys apart in the ledger and in sentences, and opens nothing."""
        return hashlib.sha256(f"name of {self.text}".encode()).hexdigest()[:12]

    @property
    def secret(self) -> bytes:
        """The 32 bytes that encrypt."""
        return bytes.fromhex(self.text.rpartition("-")[2])


def new_key() -> Key:
    """Return a key that was never used."""
    return Key(f"boxloop-seal-{secrets.token_hex(32)}")


def parse_key(text: str, source: str) -> Key:
    """Return the key in a text that came from `source`.

    Raises
    ------
    NoKeyError
        If it is none.
    """
    if _KEY.fullmatch(text := text.strip().removeprefix("\ufeff")):
        return Key(text)
    msg = f"{source} holds no key: one is a line that begins with boxloop-seal-."
    raise NoKeyError(msg)


def read_key(path: Path) -> Key:
    """Return the key in a file.

    Raises
    ------
    UserError
        If it cannot be read, or holds none.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        msg = f"The key cannot be read: {plainly(error)}."
        raise UserError(msg) from error
    return parse_key(text, str(path))


@contextmanager
def given(path: Path | None) -> Iterator[None]:
    """Let this process and its kernels have the key in a file; without a path, what they have.

    Raises
    ------
    UserError
        If there is no key in it.
    """
    if path is None:
        yield
        return
    before, key = os.environ.get(VARIABLE), read_key(path)
    os.environ[VARIABLE] = key.text
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def write_key(path: Path, key: Key) -> None:
    """Write a key to a new file that its owner alone can read, where the system knows owners.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            file.write(f"{key.text}\n")
    except BaseException:
        path.unlink(missing_ok=True)  # half a key is none
        raise


def handed_over(events: list[dict]) -> dict | None:
    """Return the line of the ledger that says to whom the key went, or None."""
    return next((event for event in events if event["event"] == HANDED_OVER), None)


def is_given() -> bool:
    """Return whether this process was given a key."""
    return bool(os.environ.get(VARIABLE, "").strip())


def key_in_hand(project: Project, events: list[dict]) -> Key | None:
    """Return the key that this process was given, else the one beside the ledger, else None.

    After a hand-over what lies beside the ledger counts no more.

    Raises
    ------
    UserError
        If there is one and it cannot be read.
    """
    if given := os.environ.get(VARIABLE, "").strip():
        return parse_key(given, VARIABLE)
    return None if handed_over(events) else key_beside(project)


def key_beside(project: Project) -> Key | None:
    """Return the key beside the ledger; None where there is none or it is damaged.

    Raises
    ------
    UserError
        If this person may not read it.
    """
    if not project.key_file.is_file():
        return None
    with suppress(ValueError):
        return read_key(project.key_file)
    return None


def facts_of(project: Project) -> dict:
    """Return what was taken down of the sealed file when it was written, empty where nothing was.

    `sha256` of the file, `content` of its rows, and the name of its `key`, None where nobody has
    it. The file is encrypted anew with each writing, so that the ledger knows its rows alone.
    """
    facts = read_cache(project.sealed_facts)
    texts = isinstance(facts, dict) and all(
        isinstance(facts.get(name), str) for name in ("sha256", "content")
    )
    return facts if texts and isinstance(facts.get("key"), str | None) else {}
