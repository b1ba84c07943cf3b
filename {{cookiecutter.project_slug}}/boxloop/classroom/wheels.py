"""Wheels for a room without internet: fetched beforehand by pip, for every system that will come.

pip cannot resolve for another system than its own, since it reads every ``sys_platform`` of a
requirement as its own. So the names are walked here, from the project's dependencies through what
is installed, with the marks of the other system; `constraints.txt` has the versions.
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.classroom.handout import wheels_in

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PATCH = 9  # of a Python that is kept up to date
LINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_24", "manylinux_2_27", "manylinux_2_28")


class System(NamedTuple):
    """A kind of laptop: how pip calls it, and what marks of requirements see there."""

    platforms: tuple[str, ...]
    marks: dict[str, str]


def _marks(name: str, system: str, platform: str, machine: str) -> dict[str, str]:
    return {
        "os_name": name,
        "platform_system": system,
        "sys_platform": platform,
        "platform_machine": machine,
    }


SYSTEMS = {
    "linux": System(
        tuple(f"{one}_x86_64" for one in LINUX), _marks("posix", "Linux", "linux", "x86_64")
    ),
    "windows": System(("win_amd64",), _marks("nt", "Windows", "win32", "AMD64")),
    "macos": System(("macosx_14_0_arm64",), _marks("posix", "Darwin", "darwin", "arm64")),
    "macos-intel": System(("macosx_14_0_x86_64",), _marks("posix", "Darwin", "darwin", "x86_64")),
}


def fetch(root: Path, folder: Path, systems: Iterable[str], pythons: Iterable[str]) -> list[str]:
    """Fill a folder with wheels, and return what is to be said, line by line.

    Parameters
    ----------
    root : Path
        The project: its ``pyproject.toml`` and ``constraints.txt``.
    folder : Path
        Wheels that are there already are not fetched again.
    systems : iterable of str
        Names in `SYSTEMS`.
    pythons : iterable of str
        Such as ``"3.12"``.

    Raises
    ------
    UserError
        If pip does not find or reach one.
    """
    pythons = list(dict.fromkeys(pythons))
    if odd := [one for one in pythons if not re.fullmatch(r"3\.(1[1-9]|[2-9]\d)", one)]:
        msg = f"'{odd[0]}' is no Python for this project: name one such as --python 3.12."
        raise UserError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / ".gitignore", "*\n")
    said = []
    _download_what_builds(root, folder)
    for system in dict.fromkeys(systems):
        for python in pythons:
            wanted = wanted_by(root, SYSTEMS[system], python)
            _download(wanted, SYSTEMS[system], python, folder)
            said.append(f"{system}, Python {python}: {len(wanted)} packages.")
    there = wheels_in(folder)
    size = sum(path.stat().st_size for path in there.values()) / 1e6
    return [*said, f"Written: {folder}, {len(there)} wheels, {size:.0f} MB."]


def wanted_by(root: Path, system: System, python: str) -> list[str]:
    """Return the requirements of a project on a system, pinned where `constraints.txt` does."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    marks: dict[str, Any] = system.marks | {
        "python_version": python,
        "python_full_version": f"{python}.{PATCH}",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    waiting = [Requirement(one) for one in about["project"]["dependencies"]]
    pinned, found = _pins(root / "constraints.txt", marks), {}
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if not _holds(one, marks | {"extra": ""}) or (name in found and not one.extras):
            continue
        known = found.setdefault(name, str(pinned.get(name) or f"{one.name}{one.specifier}"))
        for text in _needs(name) if known else ():
            need = Requirement(text)
            if any(_holds(need, marks | {"extra": extra}) for extra in ("", *one.extras)):
                need.marker = None
                if canonicalize_name(need.name) not in found or need.extras - one.extras:
                    waiting.append(need)
    return sorted(found.values())


def _holds(one: Requirement, marks: dict[str, Any]) -> bool:
    return one.marker is None or one.marker.evaluate(marks)


def _needs(name: str) -> list[str]:
    """Return what an installed package requires; nothing of one that is only for other systems."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _pins(path: Path, marks: dict[str, Any]) -> dict[str, str]:
    """Return by name what `constraints.txt` pins on a system."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    there = [one for one in found if _holds(one, marks)]
    return {canonicalize_name(one.name): f"{one.name}{one.specifier}" for one in there}


def _download_what_builds(root: Path, folder: Path) -> None:
    """Fetch what builds the project where it is installed: the same wheels on every system."""
    about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = about.get("build-system", {}).get("requires", [])
    pins = root / "constraints.txt"
    held = ["--constraint", str(pins)] if pins.is_file() else []
    _pip(folder, *held, *wanted, "editables")


def _download(wanted: list[str], system: System, python: str, folder: Path) -> None:
    """Fetch the wheels of a system."""
    with tempfile.TemporaryDirectory() as own:
        names = Path(own) / "wanted.txt"
        names.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        where = [word for one in system.platforms for word in ("--platform", one)]
        where += ["--implementation", "cp", "--python-version", f"{python}.{PATCH}"]
        _pip(folder, "--no-deps", *where, "--requirement", str(names))


def _pip(folder: Path, *words: str) -> None:
    """Have pip fetch wheels.

    Raises
    ------
    UserError
        If it does not find or reach one.
    """
    line = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--quiet"]
    line += ["--disable-pip-version-check", "--dest", str(folder), *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [one for one in done.stderr.splitlines() if one.startswith("ERROR")]
        why = (errors or done.stderr.strip().splitlines() or ["pip has failed"])[-1]
        msg = (
            f"pip has not fetched all wheels ({why.strip()}): mend that, such as the network or "
            "--python, and ask again; what is there is kept."
        )
        raise UserError(msg)
