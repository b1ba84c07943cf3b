"""The room on the teacher's laptop: students come by its network, the teacher by this machine.

Who does not have the word of the room is refused before anything is read; the teacher's page needs
another word, and to come from this laptop itself. Messages are signed with a student's password and
numbered, so that one that was overheard can be neither changed nor sent again. It is plain HTTP:
whoever listens in the network can read along, which is one more reason for a nickname.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError

from boxloop.base.errors import UserError
from boxloop.classroom import handout, pages
from boxloop.classroom.addresses import is_of_this_machine
from boxloop.classroom.members import place
from boxloop.classroom.reports import read_report
from boxloop.run.in_thread import Guarded, InThread

if TYPE_CHECKING:
    from boxloop.classroom.contest import Contest
    from boxloop.classroom.members import Member, Members

MOST_BYTES, SLOWEST = 4_000_000, 20  # of a message; seconds in which it has to come
CHUNK, PORT = 1 << 18, 8765
LOCAL = {"127.0.0.1", "::1"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass
class Room:
    """What a room serves.

    Attributes
    ----------
    title : str
        Of the study.
    token, teacher : str
        The words of students and of the teacher.
    members : Members
    name : str
        The folder that the zip unpacks.
    zip : Path
        The student edition.
    wheels : dict of Path
        By name.
    exercises : list of str
        Numbers in the order of the course.
    contest : Contest, optional
        Hidden labels.
    blackboard : list of str
        Addresses to write there, the likeliest first.
    """

    title: str
    token: str
    teacher: str
    members: Members
    name: str
    zip: Path
    wheels: dict[str, Path] = field(default_factory=dict)
    exercises: list[str] = field(default_factory=list)
    contest: Contest | None = None
    blackboard: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Return what the teacher's page shows: those who are stuck first."""
        known = list(self.members.known.values())
        told = {number for one in known for number in one.exercises}
        shown = sorted(
            (_shown(one) for one in known), key=lambda one: (not one["stuck"], one["key"])
        )
        contest = self.contest
        return {
            "now": time.time(),
            "exercises": sorted({*self.exercises, *told}, key=place),
            "members": shown,
            "metric": contest.metric.label if contest else "",
            "board": contest.board(known) if contest else [],
        }


def _shown(one: Member) -> dict[str, Any]:
    states = list(one.checks.values())
    kept = {n: {"state": e["state"], "tries": e["tries"]} for n, e in one.exercises.items()}
    return {
        "name": one.name,
        "key": one.name.casefold(),
        "stuck": one.stuck,
        "said": one.exercises.get(one.stuck, {}).get("said", ""),
        "exercises": kept,
        "checks": f"{states.count('fail')} of {len(states)}" if states else "\N{EN DASH}",
        "heard": one.heard,
    }


class _Guarded(Guarded):
    """Answers nobody who lacks the word, or whom a page elsewhere has sent."""

    policy = POLICY

    @property
    def room(self) -> Room:
        return self.settings["room"]

    def prepare(self) -> None:
        if not is_of_this_machine(self.request.host):
            raise HTTPError(403)
        if not self.has_word(self.room.token):
            raise HTTPError(403)

    def write_error(self, status_code: int, **_: Any) -> None:
        if status_code == 403:
            self.finish(pages.door_page())
        else:
            self.finish(f"{status_code}: nothing of the room stands there.\n")

    def send_text(self, text: str, kind: str) -> None:
        """Answer with a text."""
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(text)

    async def send_file(self, path: Path, kind: str) -> None:
        """Answer with a file, piece by piece: other students are served in between."""
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", str(path.stat().st_size))
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                self.write(piece)
                await self.flush()


class _Closed(_Guarded):
    def prepare(self) -> None:
        raise HTTPError(403)


class _Enter(_Guarded):
    def prepare(self) -> None:
        word = self.get_query_argument("word", "").strip().casefold()
        if not hmac.compare_digest(word.encode(), self.room.token.encode()):
            raise HTTPError(403)

    def get(self) -> None:
        """Lead whoever has typed the word into the room."""
        self.redirect(f"/{self.room.token}/")


class _Join(_Guarded):
    def get(self, **_: Any) -> None:
        """Send the page that students open."""
        if not self.request.path.endswith("/"):  # or its links would lead elsewhere
            self.redirect(f"/{self.room.token}/")
            return
        room, host = self.room, self.request.host
        address = f"http://{host}/{room.token}"
        install = handout.install_lines(address, room.name, wheels=bool(room.wheels))
        wheels_for = handout.wheels_are_for(room.wheels)
        looks = room.contest.looks if room.contest else 0
        lines = handout.join_lines(address)
        page = pages.join_page(room.title, install, lines, wheels_for, looks)
        self.send_text(page, "text/html")


class _Script(_Guarded):
    def get(self, **_: Any) -> None:
        """Send what copies a line."""
        self.send_text(pages.COPY, "text/javascript")


class _Zip(_Guarded):
    async def get(self, **_: Any) -> None:
        """Send the student edition."""
        await self.send_file(self.room.zip, "application/zip")


class _Wheels(_Guarded):
    async def get(self, name: str, **_: Any) -> None:
        """Send the list of wheels, or one of those that stand in it."""
        if not name:
            self.send_text(pages.wheels_page(self.room.wheels), "text/html")
        elif name in self.room.wheels:
            await self.send_file(self.room.wheels[name], "application/octet-stream")
        else:
            raise HTTPError(404)


class _Rows(_Guarded):
    def get(self, **_: Any) -> None:
        """Send the rows whose labels are hidden."""
        if self.room.contest is None:
            raise HTTPError(404)
        text = self.room.contest.rows().to_csv(index=False, lineterminator="\n")
        self.send_text(text, "text/csv")


class _Disk:
    """One wait for the disk serves all who are waiting: thirty at once take no longer than one."""

    def __init__(self) -> None:
        self._turn, self._there = asyncio.Lock(), -1

    async def has(self, members: Members) -> None:
        """Return when all that is noted by now is on the disk."""
        wanted = members.version
        async with self._turn:
            if self._there < wanted:
                now = members.version
                await asyncio.get_running_loop().run_in_executor(None, members.settle)
                self._there = now


def _message(body: bytes) -> dict:
    """Return what a message says.

    Raises
    ------
    UserError
        If it is none.
    """
    try:
        sent = json.loads(body)
        json.dumps(sent, ensure_ascii=False).encode("utf-8")  # half a character is no text
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        msg = "The room takes messages of `boxloop room join` and send() alone: send it with these."
        raise UserError(msg)
    return sent


class _Message(_Guarded):
    """Takes in what students send, and says in one sentence what is wrong with it."""

    async def post(self, **_: Any) -> None:
        """Answer a message in JSON: ``said``, and whether it is well by the status."""
        try:
            answer = await self.taken(_message(self.request.body))
            await self.settings["disk"].has(self.room.members)
        except _Older as error:
            self._refuse(409, str(error), last=error.last)
        except UserError as error:
            self._refuse(400, str(error))
        else:
            self.send_text(json.dumps(answer), "application/json")

    def _refuse(self, status: int, said: str, **more: Any) -> None:
        self.set_status(status)
        self.send_text(json.dumps({"said": said, **more}), "application/json")

    async def taken(self, sent: dict) -> dict:
        """Take a message in and return the answer."""
        raise NotImplementedError

    def member(self, sent: dict) -> Member:
        """Return who has signed a message.

        Raises
        ------
        UserError
            If nobody of that name has.
        """
        known = self.room.members.known.get(str(sent.get("name")).casefold())
        signed = self.request.headers.get("Boxloop-Signature", "")
        text = f"{self.request.path.rpartition('/')[2]}\n".encode() + self.request.body
        key = known.key if known else ""
        right = hmac.new(key.encode(), text, "sha256").hexdigest()
        if not (known and hmac.compare_digest(signed.encode(), right.encode())):
            msg = (
                "The room does not know you by this nickname and password: join it again with "
                "`boxloop room join ADDRESS --as NICKNAME`."
            )
            raise UserError(msg)
        return known


class _Older(UserError):
    """A message came after a newer one."""

    def __init__(self, last: int) -> None:
        super().__init__("Something newer came from you before: send it again.")
        self.last = last


class _Joining(_Message):
    async def taken(self, sent: dict) -> dict:
        member, password = self.room.members.join(sent.get("name"), sent.get("password"))
        known = {n: one["state"] for n, one in member.exercises.items()}
        looks = self.room.contest.looks if self.room.contest else 0
        return {
            "name": member.name,
            "password": password,
            "last": member.number,
            "exercises": known,
            "looks": looks,
        }


class _Sending(_Message):
    async def taken(self, sent: dict) -> dict:
        member, number = self.member(sent), sent.get("number")
        if type(number) is not int or not 0 < number < 2**53:
            msg = "A message has no number: join the room again, then send it."
            raise UserError(msg)
        if not self.room.members.send(member, number, read_report(sent)):
            raise _Older(member.number)
        right = sum(one["state"] == "right" for one in member.exercises.values())
        return {"said": f"The room has it: {right} exercises right, as {member.name}."}


class _Entering(_Message):
    async def taken(self, sent: dict) -> dict:
        member, contest = self.member(sent), self.room.contest
        if contest is None or not isinstance(sent.get("table"), str):
            msg = "This room has no hidden labels: ask who serves it."
            raise UserError(msg)
        async with self.settings["one_at_a_time"]:  # or two at once would be one look too many
            loop = asyncio.get_running_loop()
            mine = contest.entries(member)
            entry = await loop.run_in_executor(None, contest.score, sent["table"])
            if all(entry["sha256"] != one["sha256"] for one in mine):
                if len(mine) >= contest.looks:
                    said = f"{member.name} has no look left: the entry that looked best counts."
                    raise UserError(said)
                self.room.members.enter(member, entry)
        return {"said": contest.told(member)}


class _Teacher(_Guarded):
    """Answers on this laptop alone, and by the teacher's word."""

    def prepare(self) -> None:
        here = self.request.remote_ip in LOCAL and is_of_this_machine(self.request.host)
        if not (here and self.has_word(self.room.teacher)):
            raise HTTPError(403)

    def get(self, name: str, **_: Any) -> None:
        """Send the page, its script, or the state of the room."""
        first, *others = self.room.blackboard or [f"http://{self.request.host}/{self.room.token}"]
        if name == "state.json":
            self.send_text(json.dumps(self.room.state()), "application/json")
        elif name == "watch.js":
            self.send_text(pages.WATCH, "text/javascript")
        else:
            self.send_text(pages.teacher_page(self.room.title, first, others), "text/html")


def application(room: Room) -> Application:
    """Return what answers in a room."""
    below = r"/(?P<token>[\w-]{1,80})"
    found = [
        (rf"/teacher{below}/(?P<name>|state\.json|watch\.js)", _Teacher),
        (r"/enter", _Enter),
        (rf"{below}/?", _Join),
        (rf"{below}/copy\.js", _Script),
        (rf"{below}/student\.zip", _Zip),
        (rf"{below}/hidden\.csv", _Rows),
        (rf"{below}/wheels/(?P<name>[\w.+!-]*)", _Wheels),
        (rf"{below}/join", _Joining),
        (rf"{below}/report", _Sending),
        (rf"{below}/entry", _Entering),
        (r".*", _Closed),
    ]
    kept: dict[str, Any] = {"room": room, "one_at_a_time": asyncio.Lock(), "disk": _Disk()}
    return Application(found, log_function=lambda _: None, **kept)


class Serving(InThread):
    """A room that answers, in a thread of its own, while a block runs.

    Parameters
    ----------
    room : Room
    port : int
        0 takes one that is free.
    host : str
        Empty: every address of this machine, as a room needs it.

    Raises
    ------
    UserError
        If the port is taken.
    """

    def __init__(self, room: Room, port: int = PORT, host: str = "") -> None:
        self.room = room
        try:
            super().__init__(bind_sockets(port, host or None, reuse_port=False))
        except OSError as error:
            msg = (
                f"Port {port} cannot be used ({error.strerror}): end what uses it, such as another "
                "room, or name another with --port."
            )
            raise UserError(msg) from error

    @property
    def teacher(self) -> str:
        """What the teacher opens."""
        return f"http://127.0.0.1:{self.port}/teacher/{self.room.teacher}/"

    def server(self) -> HTTPServer:
        """Return what answers, within the limits of a room."""
        # What strangers send is no news for the terminal, and neither is that they hang up.
        for name in ("tornado.general", "tornado.access"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        limits = {"max_body_size": MOST_BYTES, "max_buffer_size": 2 * MOST_BYTES}
        times = {"body_timeout": SLOWEST, "idle_connection_timeout": 3 * SLOWEST}
        return HTTPServer(application(self.room), max_header_size=1 << 14, **limits, **times)


def blackboard(addresses: list[str], port: int, token: str) -> list[str]:
    """Return the addresses of a room as they are written on a blackboard."""
    return [f"http://{one}:{port}/{token}" for one in addresses if re.fullmatch(r"[\d.]+", one)]
