"""The environment of a release: exact versions, a lock where one can be made, and a container."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from boxloop.base.files import write_text
from boxloop.parcel import containers
from boxloop.parcel.said import asked, normal

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject

ENVIRONMENT, LOCK = "environment.txt", "pylock.toml"
NO_LOCK = (
    "There is no pylock.toml: without a network none could be made of these versions. "
    "`uv pip compile environment.txt --no-deps --format pylock.toml -o pylock.toml` makes one, "
    "or `pip lock -r environment.txt` from pip 25.1 on."
)
SECONDS = 60  # for uv, which needs less than one


def write(folder: Path, subject: Subject) -> list[str]:
    """Write all that sets up the environment again into the folder of a release.

    Parameters
    ----------
    folder : path
        The release.
    subject : Subject

    Returns
    -------
    list of str
        Sentences for the reader of the release: what is not there, and how it is made.

    Raises
    ------
    UserError
        If nobody knows with which Python the results were made.
    """
    write_text(folder / ENVIRONMENT, exact(subject))
    text = lock(folder, subject)
    if text is not None:
        write_text(folder / LOCK, text)
    containers.write(folder, subject)
    return [] if text is not None else [NO_LOCK]


def exact(subject: Subject) -> str:
    """Return the exact versions as the text of a requirements file, without the project itself."""
    packages = {k: v for k, v in subject.made_with.items() if k not in ("python", "system")}
    own = {normal(subject.name), "boxloop"}
    head = f"# Python {subject.made_with.get('python')} on {subject.made_with.get('system')}"
    lines = [f"{name}=={packages[name]}" for name in packages if normal(name) not in own]
    return "\n".join([head, *lines]) + "\n"


def lock(folder: Path, subject: Subject) -> str | None:
    """Return a lock file (PEP 751) of these versions, or None where none can be had offline.

    The project's own ``pylock.toml``, else what uv exports from ``uv.lock`` or finds in its
    cache. One that has other versions, or names files of this machine, is none for others.
    """
    own = subject.project.root / LOCK
    if own.is_file() and _holds(text := own.read_text(encoding="utf-8-sig"), subject):
        return text
    uv = shutil.which("uv")
    for command in _commands(folder, subject) if uv else []:
        said = _said([str(uv), *command], subject.project.root)
        if said is not None and _holds(said, subject):
            return said
    return None


def _commands(folder: Path, subject: Subject) -> Iterator[list[str]]:
    """Yield what uv is asked, one after the other; never to look anything up."""
    alone = ["--offline", "--format", LOCK, "--no-header"]
    if (subject.project.root / "uv.lock").is_file():
        yield ["export", "--frozen", "--no-emit-project", *alone]
    python = str(subject.made_with.get("python"))
    asked = [str(folder / ENVIRONMENT), "--no-deps", "--python-version", python]
    yield ["pip", "compile", *asked, "--python", sys.executable, *alone]


def _said(command: list[str], root: Path) -> str | None:
    """Return what a command of uv prints, or None where it fails."""
    quiet = os.environ | {"UV_OFFLINE": "1", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            command, cwd=root, env=quiet, capture_output=True, check=True, timeout=SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _holds(text: str, subject: Subject) -> bool:
    """Whether a lock file has the versions of the results, and no file of this machine."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    packages = table.get("packages")
    if not isinstance(packages, list) or not all(isinstance(one, dict) for one in packages):
        return False
    locked: dict[str, set[str]] = {}
    for one in packages:
        locked.setdefault(normal(str(one.get("name"))), set()).add(str(one.get("version")))
    made = {normal(name): version for name, version in subject.made_with.items()}
    same = all(made[name] in versions for name, versions in locked.items() if name in made)
    whole = locked.keys() >= made.keys() & {*asked(subject.project.root)}
    return bool(locked) and whole and same and not any(map(_is_here, _places(table)))


def _places(value: Any) -> Iterator[str]:
    """Yield all addresses and paths in a lock file."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, str) and key in ("index", "path", "url"):
            yield item
        else:
            yield from _places(item)


def _is_here(place: str) -> bool:
    """Whether an address or path means something on this machine alone."""
    if place.startswith(("https://", "http://")):
        return re.match(r"https?://(?:[^/]*@|localhost\b|127\.)", place) is not None
    return ":" in place or PurePosixPath(place.replace("\\", "/")).is_absolute() or ".." in place
