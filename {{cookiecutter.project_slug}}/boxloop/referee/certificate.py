"""The certificate: one page that needs nothing else, in which everything of a stranger is text."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from boxloop.base.files import write_text
from boxloop.referee.environment import present
from boxloop.referee.finding import PARTS
from boxloop.referee.judgement import CANNOT_SEE
from boxloop.report.safe import without_unseen

if TYPE_CHECKING:
    from boxloop.referee.judgement import Judgement
    from boxloop.referee.sheet import Evidence

TEMPLATE = "certificate.html.j2"
MOST = 200  # so many values that differ are told in one table
COUNTED = ("numpy", "pandas", "scipy", "scikit-learn", "skops")


def write(path: Path, found: Judgement, release: Path, *, day: str | None = None) -> Path:
    """Write the certificate, whole or not at all, and return its path.

    Parameters
    ----------
    path : path
    found : Judgement
    release : path
        The folder or zip that was judged; links lead into a folder.
    day : str, optional
        The day of judging, ISO; today where none is given. All else follows from what was found.
    """
    return write_text(path, page(path, found, release, day=day))


def page(path: Path, found: Judgement, release: Path, *, day: str | None = None) -> str:
    """Return the certificate as HTML; see `write`."""
    from jinja2 import Environment

    source = (files("boxloop") / "templates" / TEMPLATE).read_text(encoding="utf-8")
    options: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    template = Environment(**options).from_string(source)  # noqa: S701  # it is escaped
    base = _base(path, release) if release.is_dir() else None
    html = template.render(
        facts=found.facts,
        ok=found.ok,
        sentence=found.sentence,
        parts=_parts(found),
        sheet=[_item(one, base) for one in found.sheet],
        no_sheet=found.no_sheet,
        linked=base is not None,
        cannot_see=CANNOT_SEE,
        versions=versions(),
        most=MOST,
        day=day or datetime.now(UTC).date().isoformat(),
    )
    return without_unseen(html)


def _parts(found: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "name": part,
            "asks": asks,
            "state": found.state(part),
            "css": found.state(part).replace(" ", "-"),
            "findings": found.of(part),
        }
        for part, asks in PARTS.items()
    ]


def _item(one: Any, base: str | None) -> dict[str, Any]:
    pieces = [{**vars(piece), "link": _link(piece, base)} for piece in one.evidence]
    return {**vars(one), "evidence": pieces}


def _link(piece: Evidence, base: str | None) -> str:
    """Return the address of a piece of evidence, as seen from the certificate; empty in a zip."""
    if base is None or not piece.file:
        return ""
    return f"{base}{quote(piece.file)}" + (f"#{quote(piece.anchor)}" if piece.anchor else "")


def _base(path: Path, release: Path) -> str | None:
    """Return the way from the folder of the certificate to the release, None between two drives."""
    try:
        way = os.path.relpath(release.resolve(), path.resolve().parent)
    except ValueError:
        return None
    return "./" + quote(Path(way).as_posix()) + "/"


def versions() -> dict[str, Any]:
    """Return in what this is judged: boxloop, Python and what computes."""
    from boxloop import __version__

    known = present()
    packages = {name: known[name] for name in COUNTED if name in known}
    return {"boxloop": __version__, "python": known["python"], "packages": packages}
