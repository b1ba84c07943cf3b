"""Whether the files that name versions name the same ones, and which are installed here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from boxloop.base.provenance import versions
from boxloop.record.passes import last_pass
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count, text

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "environment"
WHERE = "environment.txt"
KEPT = "results/08_release/environment.txt"
NO_PACKAGE = ("boxloop", "system")  # is in the release itself; is told in words
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)\s*$")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_PYTHON = re.compile(r"^#\s*Python (\d+\.\d+\.\d+\S*)")


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which files name another version than ``environment.txt``."""
    pinned = recorded(sent)
    if len(pinned) < 2:
        yield Finding(PART, DIFFERS, f"{WHERE} names no versions.", WHERE)
        return
    yield from _loose(sent, pinned)
    if sent.has(WHERE) and sent.text(WHERE) != sent.text(KEPT):
        said = f"{WHERE} is not the one that 08 has written ({KEPT})."
        yield Finding(PART, DIFFERS, said, WHERE)
    wrong = 0
    for where, others in _others(sent).items():
        rows = [
            (name, text(pinned.get(name, "no version")), text(version))
            for name, version in others.items()
            if pinned.get(name) != version
        ]
        if rows:
            wrong += 1
            said = f"{where} names other versions than {WHERE}: {', '.join(r[0] for r in rows)}."
            yield Finding(PART, DIFFERS, said, where, tuple(rows))
    if not wrong:
        yield Finding(PART, AGREES, f"{count(len(pinned), 'version')}, the same wherever.", WHERE)
    yield _here(pinned)


def _loose(sent: Sent, pinned: dict[str, str]) -> Iterator[Finding]:
    """Yield lines that name no exact version, and packages that are needed and are not named."""
    lines = [line.strip() for line in sent.text(WHERE).splitlines()]
    loose = [one for one in lines if one and not one.startswith("#") and not _PIN.match(one)]
    if loose:
        rows = tuple((text(one), "", "") for one in loose)
        said = f"{WHERE} names no exact version in {count(len(loose), 'line')}: {text(loose[0])}."
        yield Finding(PART, DIFFERS, said, WHERE, rows)
    if lacking := [name for name in needed(sent) if name not in pinned]:
        said = f"pyproject.toml needs {', '.join(lacking)}, of which {WHERE} names no version."
        yield Finding(PART, DIFFERS, said, WHERE)


def needed(sent: Sent) -> list[str]:
    """Return the names of what pyproject.toml needs everywhere; none where it does not say."""
    try:
        found = tomllib.loads(sent.text("pyproject.toml"))["project"]["dependencies"]
    except (ValueError, KeyError, TypeError):
        return []
    names = [_NAME.match(one) for one in found if isinstance(one, str) and ";" not in one]
    return [plain_name(name[0]) for name in names if name]


def recorded(sent: Sent) -> dict[str, str]:
    """Return by name the versions in ``environment.txt``, that of Python among them."""
    found = {}
    for line in sent.text(WHERE if sent.has(WHERE) else KEPT).splitlines():
        if match := _PYTHON.match(line):
            found["python"] = match[1]
        elif match := _PIN.match(line):
            found[plain_name(match[1])] = match[2]
    return found


def plain_name(name: str) -> str:
    """Return the name of a package as all files spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _others(sent: Sent) -> dict[str, dict[str, str]]:
    """Return by file the versions that others than ``environment.txt`` name; boxloop's is none."""
    past = last_pass(sent.project) or {}
    causes = past.get("causes")
    tables = {
        "release.json": sent.manifest.get("made_with"),
        "model/facts.json": sent.json("model/facts.json").get("versions"),
        f"results/passes/{past.get('number', 0):03d}.json": (
            causes.get("packages") if isinstance(causes, dict) else None
        ),
        "pylock.toml": _locked(sent),
    }
    return {
        where: {
            plain_name(name): version
            for name, version in table.items()
            if isinstance(version, str) and name not in NO_PACKAGE
        }
        for where, table in tables.items()
        if isinstance(table, dict)
    }


def _locked(sent: Sent) -> dict[str, str]:
    """Return what ``pylock.toml`` (PEP 751) locks of the packages that are installed."""
    try:
        packages = tomllib.loads(sent.text("pylock.toml")).get("packages", [])
    except ValueError:
        return {}
    known = recorded(sent)
    found = {}
    for row in packages if isinstance(packages, list) else []:
        # What it locks for other systems is not installed here.
        if isinstance(row, dict) and plain_name(str(row.get("name"))) in known and "version" in row:
            found[str(row["name"])] = row["version"]
    return found


def unlike(pinned: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return by name recorded and present version where they differ; "none" is not installed."""
    now = present()
    return {n: (v, now.get(n, "none")) for n, v in pinned.items() if now.get(n) != v}


@cache
def present() -> dict[str, str]:
    """Return the versions of all that is installed here, and of Python; read once."""
    import platform

    return versions() | {"python": platform.python_version()}


def _here(pinned: dict[str, str]) -> Finding:
    """Return whether the versions in which this is judged are those of the release."""
    other = unlike(pinned)
    if not other:
        return Finding(PART, AGREES, "This is judged in the recorded versions.", WHERE)
    rows = tuple((name, *pair) for name, pair in other.items())
    said = f"This is judged in other versions: {count(len(other), 'package')} differ."
    return Finding(PART, CANNOT_TELL, said, WHERE, rows)
