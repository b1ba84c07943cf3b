"""What passes were made from, by content: the same text is kept once, whoever refers to it."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


def place(project: Project, name: str) -> Path:
    """Return the file that holds the text with the hash `name`."""
    return project.passes / "objects" / f"{name}.z64"


def put(project: Project, text: str) -> str:
    """Keep a text unless it is there already, and return its hash; its file is written whole."""
    data = text.encode("utf-8")
    name = hashlib.sha256(data).hexdigest()
    if _found(place(project, name), name) is None:
        packed = base64.encodebytes(zlib.compress(data, 9))  # version control may touch line ends
        write_text(place(project, name), packed.decode("ascii"))
    return name


def get(project: Project, name: str) -> str:
    """Return the text with the hash `name`.

    Raises
    ------
    UserError
        If its file is missing or damaged.
    """
    path = place(project, name)
    text = _found(path, name)
    if text is None:
        how = "damaged" if path.exists() else "missing"
        msg = (
            f"{project.relative(path.parent)}/{name[:12]}….z64 is {how}, which a pass was made "
            "from: restore it from your last commit."
        )
        raise UserError(msg)
    return text


def find(project: Project, name: str) -> str | None:
    """Return the text with the hash `name`, or None where it is missing or damaged."""
    return _found(place(project, name), name)


def _found(path: Path, name: str) -> str | None:
    """Return the text in a file, or None where it is not the one with this hash."""
    try:
        data = zlib.decompress(base64.decodebytes(path.read_bytes()))
    except (OSError, ValueError, zlib.error):
        return None
    return data.decode("utf-8") if hashlib.sha256(data).hexdigest() == name else None


def put_json(project: Project, value: Any) -> str:
    """Keep what JSON can hold, and return its hash: the same for the same content."""
    return put(project, json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1))


def get_json(project: Project, name: str) -> Any:
    """Return what `put_json` has kept; see `get`."""
    return json.loads(get(project, name))
