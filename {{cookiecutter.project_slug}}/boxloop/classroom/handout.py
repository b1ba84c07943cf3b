"""What the room hands out: the student edition as one zip, wheels, and a line for each system."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from boxloop.base.errors import UserError
from boxloop.base.files import write_text, written_whole
from boxloop.parcel.zipped import write_zip

# Never handed out, wherever they lie: what opens a test set, and what a run has made.
LEFT_OUT = {"__pycache__", "node_modules", "workshop", "attic", "release"}
SECRET = re.compile(r".*\.key|.*\.pem|id_rsa.*|ledger\.jsonl", re.IGNORECASE)
HIDDEN = {".gitignore", ".gitattributes", ".github", ".devcontainer", ".binder"}
WHEEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+!-]*\.whl")
ROOM = "room"  # id of the cell
SAID = (
    "## To the room\n\nThe cell below sends, under your nickname, which exercises and checks are "
    "right; no code and no prose. `send(help=True)` asks for somebody to come."
)
SEND = "from boxloop.teach import send\n\nsend()"
SYSTEMS = (("win", "Windows"), ("macosx", "macOS"), ("linux", "Linux"))


def student_files(folder: Path) -> list[str]:
    """Return the files of the student edition that are handed out, as paths in it.

    No link, no key, nothing hidden but what a project needs.

    Raises
    ------
    UserError
        If there is none.
    """
    if not (folder / "study.toml").is_file():
        msg = (
            f"There is no student edition in {folder}: `boxloop workshop` builds it, or name a "
            "project with --student FOLDER."
        )
        raise UserError(msg)
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if _is_given(path, folder)
    )


def _is_given(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if any(part in LEFT_OUT or (part[0] == "." and part not in HIDDEN) for part in parts):
        return False
    linked = any(folder.joinpath(*parts[: at + 1]).is_symlink() for at in range(len(parts)))
    return path.is_file() and not linked and not SECRET.fullmatch(path.name)


def zip_student(folder: Path, to: Path) -> Path:
    """Write the student edition as one zip, in a folder of its own name, whole or not at all.

    Its notebooks end with a cell that sends to the room: nobody who has no room has that cell.
    """
    folder = folder.resolve()
    with tempfile.TemporaryDirectory() as own:
        top = Path(own)
        names = [f"{folder.name}/{name}" for name in student_files(folder)]
        for name in names:
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder.parent / name, top / name)
        for path in (top / folder.name / "notebooks").glob("*.ipynb"):
            _with_cells(path)
        return written_whole(to, lambda part: write_zip(part, top, names))


def _with_cells(path: Path) -> None:
    """Add to a notebook the cell that sends, once."""
    book = json.loads(path.read_text(encoding="utf-8"))
    if any(cell.get("id") in (ROOM, f"{ROOM}-send") for cell in book["cells"]):
        return
    said = {"cell_type": "markdown", "id": ROOM, "metadata": {}, "source": SAID}
    code = {"cell_type": "code", "execution_count": None, "id": f"{ROOM}-send", "metadata": {}}
    book["cells"] += [said, code | {"outputs": [], "source": SEND}]
    text = json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True)
    write_text(path, text + "\n")


def exercises_of(folder: Path) -> list[str]:
    """Return the numbers of the exercises in the notebooks of an edition, in order."""
    found = set()
    for path in (folder / "notebooks").glob("*.ipynb"):
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            number = cell["metadata"].get("boxloop", {}).get("exercise")
            if isinstance(number, str) and re.fullmatch(r"[1-9]\d?\.[1-9]\d?", number):
                found.add(number)
    return sorted(found, key=lambda number: tuple(map(int, number.split("."))))


def wheels_in(folder: Path) -> dict[str, Path]:
    """Return the wheels of a folder by their names; links are none."""
    if not folder.is_dir():
        return {}
    there = sorted(path for path in folder.iterdir() if WHEEL.fullmatch(path.name))
    return {path.name: path for path in there if path.is_file() and not path.is_symlink()}


def wheels_are_for(names: Any) -> list[str]:
    """Return systems and Pythons that a folder of wheels has numpy for, such as Linux, 3.12."""
    found = set()
    for name in names:
        if parts := re.fullmatch(r"numpy-[^-]+-cp3(\d+)-[^-]+-(.+)\.whl", name):
            system = next((shown for mark, shown in SYSTEMS if mark in parts[2]), parts[2])
            chip = " (Intel)" if system == "macOS" and "x86_64" in parts[2] else ""
            found.add((f"{system}{chip}", int(parts[1])))
    return [f"{system}: Python 3.{minor}" for system, minor in sorted(found)]


class Line(NamedTuple):
    """What is copied into a terminal, on which system."""

    system: str
    terminal: str
    text: str


def install_lines(address: str, name: str, *, wheels: bool) -> list[Line]:
    """Return the line of each system that fetches the student edition and installs it.

    Parameters
    ----------
    address : str
        Of the room with its token, such as ``http://192.168.1.20:8765/k3m9``.
    name : str
        The folder in the zip.
    wheels : bool
        Whether the room hands out wheels, so that no other network is needed.
    """
    host = re.sub(r"^https?://|:\d+(/.*)?$|/.*$", "", address)
    found = f"--no-index --find-links {address}/wheels/ --trusted-host {host} " if wheels else ""
    pip = f"-m pip install {found}-e ."
    unix = (
        f"curl -fsS -o student.zip {address}/student.zip && python3 -m zipfile -e student.zip . && "
        f"cd {name} && python3 -m venv .venv && .venv/bin/python {pip}"
    )
    windows = (
        f"curl.exe -fsS -o student.zip {address}/student.zip; py -m zipfile -e student.zip .; "
        f"cd {name}; py -m venv .venv; .venv\\Scripts\\python {pip}"
    )
    return [
        Line("macOS and Linux", "Terminal", unix),
        Line("Windows", "PowerShell", windows),
    ]


def join_lines(address: str) -> list[Line]:
    """Return the line of each system that joins the room, in the folder of the student edition."""
    words = f"-m boxloop room join {address} --as NICKNAME"
    return [
        Line("macOS and Linux", "Terminal", f".venv/bin/python {words}"),
        Line("Windows", "PowerShell", f".venv\\Scripts\\python {words}"),
    ]
