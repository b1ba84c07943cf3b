"""Who is in the room and what they have sent, kept in a journal that only grows while it is open.

Every line is on the disk before a student is told that it arrived. A server that was killed in the
middle of a line has lost that line alone, and its student was told nothing and sends it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, write_text

JOURNAL, MOST_MEMBERS, LONGEST_NAME = "journal.jsonl", 300, 24
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another on a blackboard
STUCK_AFTER = 3  # tries of an exercise that is still wrong
_NAME = re.compile(r"[^\W_](?:[\w .'-]*[\w.])?")


def word(length: int = 10) -> str:
    """Return a word that can be written on a blackboard and not guessed: 5 bits a letter."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def key_of(password: str) -> str:
    """Return what a student's messages are signed with: the room never keeps the password."""
    return hashlib.sha256(password.encode("utf-8")).hexdigest()


def nickname(text: Any) -> str:
    """Return a nickname as it is kept.

    Raises
    ------
    UserError
        If it holds anything but letters, digits, blanks and ``. ' - _``.
    """
    name = unicodedata.normalize("NFKC", text) if isinstance(text, str) else ""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not _NAME.fullmatch(name):
        msg = (
            f"This is no nickname: choose one of at most {LONGEST_NAME} letters, digits and "
            "blanks, such as Ada 2."
        )
        raise UserError(msg)
    return name


@dataclass
class Member:
    """A student, and the last that came from them.

    Attributes
    ----------
    name : str
    key : str
        See `key_of`.
    joined, heard : float
        Seconds since 1970.
    number : int
        Of the last message; one with the same or a smaller number changes nothing.
    digest : str
        Of the last message.
    exercises, checks : dict
        See `boxloop.classroom.reports`.
    help : bool
        Whether they have asked for it.
    entries : list of dict
        Predictions that were scored, oldest first.
    """

    name: str
    key: str
    joined: float
    heard: float
    number: int = 0
    digest: str = ""
    exercises: dict = field(default_factory=dict)
    checks: dict = field(default_factory=dict)
    help: bool = False
    entries: list[dict] = field(default_factory=list)

    @property
    def stuck(self) -> str:
        """The exercise that was tried in vain often enough, or a word where help was asked for."""
        if self.help:
            return "asks for help"
        for number in sorted(self.exercises, key=place, reverse=True):
            one = self.exercises[number]
            if one["state"] == "wrong" and one["tries"] >= STUCK_AFTER:
                return number
        return ""

    @property
    def at(self) -> str:
        """The last exercise that was tried; empty before the first."""
        return max((n for n, one in self.exercises.items() if one["tries"]), key=place, default="")


def place(number: str) -> tuple[int, ...]:
    """Return the place of an exercise such as ``"3.10"`` in the course."""
    return tuple(int(part) for part in number.split("."))


class Members:
    """All students of a room, in memory and in the journal of a folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing.

    Raises
    ------
    UserError
        If the journal holds what is none.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.version = Path(folder) / JOURNAL, 0
        self.known: dict[str, Member] = {}
        for at, text in enumerate(self._lines(), 1):
            try:
                self._take(json.loads(text))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                msg = f"{self.path}, line {at}, is damaged: remove that line, and serve again."
                raise UserError(msg) from error
        # Begun anew with one line for each fact that still counts: whole or not at all.
        write_text(self.path, "".join(f"{_line(one)}\n" for one in self._facts()))
        self._file = self.path.open("a", encoding="utf-8", newline="\n")

    def _lines(self) -> list[str]:
        """Return the lines of the journal; what follows the last line end was cut off."""
        if not self.path.is_file():
            return []
        return self.path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]

    def _facts(self) -> list[dict]:
        facts = []
        for one in self.known.values():
            first = {"event": "joined", "name": one.name, "key": one.key, "time": one.joined}
            facts.append(first)
            if one.number:
                facts.append({"event": "sent", **_sent(one)})
            facts += [{"event": "entry", "name": one.name, **entry} for entry in one.entries]
        return facts

    def _take(self, line: dict) -> None:
        """Take in a line of the journal."""
        event, name = line["event"], line["name"]
        if event == "joined":
            when = line["time"]
            self.known[name.casefold()] = Member(name, line["key"], when, when)
            return
        member = self.known[name.casefold()]
        member.heard = line["time"]
        if event == "sent":
            for what in ("number", "digest", "exercises", "checks", "help"):
                setattr(member, what, line[what])
        else:
            member.entries.append({k: v for k, v in line.items() if k not in ("event", "name")})

    def _note(self, line: dict) -> None:
        """Hand a line to the system, where no end of this process can lose it; then take it in."""
        self._file.write(f"{_line(line)}\n")
        self._file.flush()
        self._take(line)
        self.version += 1

    def join(self, name: Any, password: Any = None) -> tuple[Member, str]:
        """Let somebody in, or in again, and return them with their password.

        Raises
        ------
        UserError
            If the name is none, or somebody else's, or the room is full.
        """
        name = nickname(name)
        member = self.known.get(name.casefold())
        if member:
            said = key_of(password) if isinstance(password, str) else ""
            if not secrets.compare_digest(said, member.key):
                msg = (
                    f"Somebody is called {member.name} already: choose another nickname, or "
                    "add --password and the word that you were given if that is you."
                )
                raise UserError(msg)
            return member, str(password)
        if len(self.known) >= MOST_MEMBERS:
            msg = (
                f"The room is full ({MOST_MEMBERS} nicknames): ask who serves it to begin another."
            )
            raise UserError(msg)
        password = word(8)
        line = {"event": "joined", "name": name, "key": key_of(password), "time": time.time()}
        self._note(line)
        return self.known[name.casefold()], password

    def send(self, member: Member, number: int, report: dict) -> bool:
        """Keep what a student has sent; return False where a newer message came before.

        The same message a second time is well: its first answer may have been lost on the way.
        """
        digest = fingerprint(report)
        if number <= member.number:
            return number == member.number and digest == member.digest
        line = {"event": "sent", "name": member.name, "number": number, "digest": digest}
        self._note(line | report | {"time": time.time()})
        return True

    def enter(self, member: Member, entry: dict) -> None:
        """Keep predictions that were scored."""
        self._note({"event": "entry", "name": member.name, **entry, "time": time.time()})

    def settle(self) -> None:
        """Wait until all that was noted is on the disk, which a dead battery leaves alone."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the journal."""
        self._file.close()


def _line(fact: dict) -> str:
    return json.dumps(fact, ensure_ascii=True, allow_nan=False)


def _sent(one: Member) -> dict:
    kept = ("name", "number", "digest", "exercises", "checks", "help")
    return {what: getattr(one, what) for what in kept} | {"time": one.heard}
