"""What a student's notebook says to the room: nothing, until its cell is run.

Sent are the states of exercises and checks, how often an exercise was tried and what its check
said, under a chosen nickname: no code, no prose, no data, no name of a person or machine.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib import request
from urllib.error import HTTPError, URLError

from boxloop.base.errors import MARK, UserError
from boxloop.base.files import read_cache, write_json
from boxloop.base.places import find_project

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.base.places import Project

KEPT = ".boxloop.room.json"  # in the project's root; git does not see it
SECONDS, MOST_BYTES = 15, 50_000_000
_ADDRESS = re.compile(r"(https?://[^\s/]+/[\w-]+)/?")
_NO_ROOM = "Join a room first: `boxloop room join ADDRESS --as NICKNAME`, as on its page."


def join(address: str, nickname: str, password: str | None = None) -> str:
    """Join the room at an address, or join it again, and return what is to be said of it.

    Parameters
    ----------
    address : str
        As it stands on the blackboard: ``http://192.168.1.20:8765/WORD``.
    nickname : str
        All that the room knows of a person.
    password : str, optional
        What the room has said when this nickname joined first; on the same laptop it is known.

    Raises
    ------
    UserError
        If there is no room, or somebody else has that nickname.
    """
    found = _ADDRESS.fullmatch(address.strip())
    if not found:
        msg = f"'{address}' is no room: copy the whole address, http://… with the word at its end."
        raise UserError(msg)
    project = find_project()
    known = _known(project)
    same = known.get("name", "").casefold() == " ".join(nickname.split()).casefold()
    # Whatever the address: after a break it may be another one, and the room the same.
    password = password or (known["password"] if same else None)
    answer = _post(found[1], "join", {"name": nickname, "password": password})
    kept = {"address": found[1], "name": answer["name"], "password": answer["password"]}
    write_json(project.root / KEPT, kept | {"last": answer["last"]})
    return f"You are {answer['name']}. Your password, if you lose this folder: {answer['password']}"


def send(*, help: bool = False) -> None:  # noqa: A002  # what a student would write
    """Send which exercises and checks are right to the room, and print what it says.

    Parameters
    ----------
    help : bool
        Whether somebody is to come.

    Raises
    ------
    UserError
        If the room is not reached: nothing is lost, send again.
    """
    project = find_project()
    known = _known(project)
    if MARK in os.environ:
        print("Not sent: a run sends nothing. Run this cell in JupyterLab.")
        return
    if not known:  # Run All goes on
        print(_NO_ROOM)
        return
    sent = {"name": known["name"], "help": help} | _states(project)
    for _ in range(5):  # another notebook may send at the same moment
        known["last"] += 1
        try:
            answer = _post(known["address"], "report", sent | {"number": known["last"]}, known)
        except _Older as error:
            known["last"] = error.last
        else:
            write_json(project.root / KEPT, known)
            print(answer["said"])
            return
    msg = "The room is taking in something else of yours: send it again."
    raise UserError(msg)


def _states(project: Project) -> dict[str, Any]:
    """Return the states of exercises and checks."""
    exercises = read_cache(project.results / "exercises.json")
    checks = read_cache(project.checks_file)
    return {
        "exercises": exercises if isinstance(exercises, dict) else {},
        "checks": {one["id"]: one["state"] for one in checks} if isinstance(checks, list) else {},
    }


def hidden_rows() -> pd.DataFrame:
    """Return the rows of the room whose labels are hidden, with their names in ``row``.

    Raises
    ------
    UserError
        If the room has none.
    """
    import io

    import pandas as pd

    known = _joined(find_project())
    asked = request.Request(f"{known['address']}/hidden.csv")  # noqa: S310  # http, see `_ADDRESS`
    text = _asked(asked).decode("utf-8")
    return pd.read_csv(io.StringIO(text), dtype={"row": str})


def enter(predictions: pd.DataFrame) -> None:
    """Have predictions of the hidden rows scored, and print what the room says. Looks are few.

    Parameters
    ----------
    predictions : DataFrame
        With the columns ``row`` and ``prediction``.

    Raises
    ------
    UserError
        If they are not as asked, or no look is left.
    """
    known = _joined(find_project())
    table = predictions.to_csv(index=False, lineterminator="\n")
    print(_post(known["address"], "entry", {"name": known["name"], "table": table}, known)["said"])


class _Older(UserError):
    """The room has had a newer message."""

    def __init__(self, said: str, last: int) -> None:
        super().__init__(said)
        self.last = last


def _known(project: Project) -> dict[str, Any]:
    found = read_cache(project.root / KEPT)
    wanted = {"address": str, "name": str, "password": str, "last": int}
    good = isinstance(found, dict) and all(isinstance(found.get(k), t) for k, t in wanted.items())
    return found if good else {}


def _joined(project: Project) -> dict[str, Any]:
    known = _known(project)
    if not known:
        raise UserError(_NO_ROOM)
    return known


def _post(address: str, what: str, sent: dict, known: dict | None = None) -> dict[str, Any]:
    """Send a message, signed where one has joined, and return the answer."""
    body = json.dumps(sent).encode("utf-8")
    headers = {"Content-Type": "application/json"}
    if known:
        key = hashlib.sha256(known["password"].encode("utf-8")).hexdigest().encode()
        text = f"{what}\n".encode() + body
        headers["Boxloop-Signature"] = hmac.new(key, text, "sha256").hexdigest()
    asked = request.Request(f"{address}/{what}", data=body, headers=headers)  # noqa: S310  # http
    try:
        return json.loads(_asked(asked))
    except ValueError as error:
        msg = f"What answers at {address} is no room: copy the address from the blackboard again."
        raise UserError(msg) from error


def _asked(asked: request.Request) -> bytes:
    """Return an answer. No proxy is asked: the room is in this network.

    Raises
    ------
    UserError
        If there is none, or it is a refusal.
    """
    opener = request.build_opener(request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=SECONDS) as answer:
            return answer.read(MOST_BYTES)
    except HTTPError as error:
        raise _refused(error) from error
    except (URLError, OSError, ValueError) as error:
        msg = (
            f"The room at {asked.host} is not reached: is this laptop in the room's network? "
            "Nothing is lost: try again."
        )
        raise UserError(msg) from error


def _refused(error: HTTPError) -> UserError:
    if error.code == 403:
        return UserError("The room does not know this word: copy its address from its page again.")
    if error.code == 404:
        return UserError("This room has no hidden labels: ask who serves it.")
    try:
        answer = json.loads(error.read(100_000))
        said, last = str(answer["said"]), answer.get("last")
    except (ValueError, KeyError, TypeError, AttributeError):
        return UserError(f"The room has refused that ({error.code}): ask who serves it.")
    return _Older(said, last) if error.code == 409 and isinstance(last, int) else UserError(said)
