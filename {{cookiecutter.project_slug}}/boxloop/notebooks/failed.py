"""Where a chapter failed: the cell, the file, the line, and what stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from boxloop.notebooks.file import errors

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# How IPython heads what it shows of each call; a syntax error has no function.
_CELL = re.compile(r"^\s*Cell In\[(\d+)\], line (\d+)")
_FILE = re.compile(r"^\s*File (.+?):(\d+)(?:, in (.+?)\(.*)?$")
_ARROW = re.compile(r"^-+> *\d+ ?(.*)$")


@dataclass(frozen=True)
class Place:
    """One line of code that a failure went through.

    Parameters
    ----------
    where : str
        File and line, and function or cell.
    code : str
        What stands in the line; empty where nothing shows it.
    own : bool
        Whether a person wrote the line: it is in a cell, or in the project beside the machinery.
    """

    where: str
    code: str
    own: bool


def places(notebook: dict, name: str, root: Path) -> list[str]:
    """Return lines that say where an executed copy failed: its cell, and the person's last line.

    Parameters
    ----------
    notebook : dict
        The executed copy.
    name : str
        The chapter, without ending.
    root : Path
        The project; of what lies outside, and of the machinery, nothing is said.

    Returns
    -------
    list of str
        Two for each place, where it is and its code; none where the failure had no line.
    """
    cells = {cell.get("execution_count"): cell.get("id", "?") for cell in notebook["cells"]}
    traceback = next((output.get("traceback", []) for _, output in errors(notebook)), [])
    text = _COLOUR.sub("", "\n".join(map(str, traceback)))
    found = [place for place in _frames(text.splitlines(), cells, name, root) if place.own]
    lines = []
    for place in dict.fromkeys([*found[:1], *found[-1:]]):
        lines += [f"    {place.where}", *([f"        {place.code}"] if place.code else [])]
    return lines


def _frames(lines: list[str], cells: dict, name: str, root: Path) -> list[Place]:
    """Return the calls of a traceback, the outermost first."""
    heads = [at for at, line in enumerate(lines) if _CELL.match(line) or _FILE.match(line)]
    found = []
    for at, end in zip(heads, [*heads, len(lines)][1:], strict=True):
        code = _code(lines[at + 1 : end])
        if cell := _CELL.match(lines[at]):
            where = f"notebooks/{name}.ipynb, cell {cells.get(int(cell[1]), '?')}, line {cell[2]}"
            found.append(Place(where, code, own=True))
        elif file := _FILE.match(lines[at]):
            path, own = _own(Path(file[1]).expanduser(), root)
            within = f", in {file[3]}" if file[3] else ""
            found.append(Place(f"{path}, line {file[2]}{within}", code, own=own))
    return found


def _code(lines: list[str]) -> str:
    """Return the line that an arrow points to; of a syntax error the first, which is the one."""
    marked = [arrow[1] for line in lines if (arrow := _ARROW.match(line))]
    plain = [line for line in lines[:1] if line.strip() and not re.match(r"\s*\d+ ", line)]
    return next(iter([*marked, *plain]), "").strip()


def _own(path: Path, root: Path) -> tuple[str, bool]:
    """Return a path as it is named in the project, and whether it is a person's own."""
    for around in (root, root.resolve()):
        if path.is_relative_to(around):
            inside = path.relative_to(around)
            hidden = any(part.startswith(".") or part == "site-packages" for part in inside.parts)
            return inside.as_posix(), not hidden and inside.parts[0] != "boxloop"
    return str(path), False
