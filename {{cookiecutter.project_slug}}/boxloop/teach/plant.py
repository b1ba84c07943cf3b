"""`boxloop plant FAULT` and `boxloop accuse FAULT`: a mistake that looks like a success."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_json, write_text
from boxloop.notebooks.clean import KERNEL, LANGUAGE
from boxloop.teach.faults import FAULTS, Fault

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.teach.worlds import World

FOLDER = "planted"
ABOUT = "about.json"
BOOK = "case.ipynb"
QUIET = ("pass", "cannot-tell", "not-applicable")
INTRODUCTION = """# A case

Somebody has done this study, and the number is good. Run all cells: is it true?

The checks in the last cell are those of the loop; what they say is evidence, and the tables beside
this notebook are, and the code. Name the fault with `boxloop accuse FAULT` in a terminal;
`boxloop plant --list` has the names. Nothing here touches your own project."""


def listed() -> list[str]:
    """Return a line for each fault."""
    width = max(map(len, FAULTS))
    return [f"{name:{width}}  {fault.says}" for name, fault in FAULTS.items()]


def plant(project: Project, name: str) -> list[str]:
    """Plant a fault into `planted/`, and return its number, who hears it, and the honest number.

    Raises
    ------
    UserError
        If there is no such fault, or `planted/` is there.
    """
    fault = _known(name)
    folder = _free(project)
    world = fault.made()
    found = _lay(folder, name, fault, world)
    return [
        f"Planted: {name}. {fault.says}",
        f"The flattering number: {_number(found)}",
        *_heard(found["states"], found["said"]),
        f"The honest number: {honest(fault, found, world):.4f}, {_of(fault)}.",
        f"Where to see it: {fault.why}",
        f"In place: {FOLDER}/{BOOK} and its tables. `boxloop plant --undo` takes them away.",
    ]


def plant_secretly(project: Project) -> list[str]:
    """Plant one of all faults by lot, and say only what a reader of the study would see.

    Raises
    ------
    UserError
        If `planted/` is there.
    """
    folder = _free(project)
    name = secrets.choice(list(FAULTS))
    found = _lay(folder, name, FAULTS[name], FAULTS[name].made())
    return [
        f"One of {len(FAULTS)} faults is planted. The study reports: {_number(found)}",
        f"Open {FOLDER}/{BOOK}, run it, read the tables, and find out which.",
        "Then `boxloop accuse FAULT`; `boxloop plant --list` has the names.",
    ]


def undo(project: Project) -> list[str]:
    """Take `planted/` away; the rest of the project was never touched.

    Raises
    ------
    UserError
        If nothing is planted, or `planted/` is somebody's own.
    """
    _about(project)
    shutil.rmtree(project.root / FOLDER)
    return [f"{FOLDER}/ is gone; your project is as it was."]


def accuse(project: Project, name: str) -> list[str]:
    """Say whether this fault is planted, and why.

    Raises
    ------
    UserError
        If there is no such fault, or nothing is planted.
    """
    fault, about = _known(name), _about(project)
    if _sealed(name, about["salt"]) != about["fault"]:
        return [f"Wrong: it is not {name}. {_alibi(fault, about['states'])}"]
    world = fault.made()
    found = _played(fault, world)
    return [
        f"Right: {fault.says}",
        *_heard(found["states"], found["said"]),
        f"Reported was: {_number(found)}",
        f"The honest number: {honest(fault, found, world):.4f}, {_of(fault)}.",
        f"Where to see it: {fault.why}",
    ]


def honest(fault: Fault, found: dict, world: World) -> float:
    """Return the number that would have been true.

    Parameters
    ----------
    found : dict
        What the cells of the planted notebook have made.
    """
    if not fault.again:
        return float(found["judge"](found["model"], world.fresh))
    return float(_played(fault, fault.made(planted=False), planted=False)["reported"])


def _played(fault: Fault, world: World, *, planted: bool = True) -> dict:
    """Run the notebook of a fault, or what it was before, away from what a student edits."""
    cells = fault.cells(planted=planted)
    with tempfile.TemporaryDirectory() as place:
        _write_tables(Path(place), world)
        return _run(Path(place), cells if planted else cells[:-1])


def _of(fault: Fault) -> str:
    if fault.again:
        return "of the same study without the fault"
    return "of the same model on new rows of the sky"


def _alibi(fault: Fault, states: dict[str, str]) -> str:
    """Return the sentence that clears a fault."""
    state = states.get(fault.own)
    if state is None:
        return f"It would be heard by {fault.own}, which this study has no use for."
    if state in QUIET:
        return f"It would be heard by {fault.own}, which is quiet here."
    return f"{fault.own} would speak as it does, but another fault is behind it: read the code."


def _heard(states: dict[str, str], said: dict[str, str]) -> list[str]:
    """Return a line for each check that speaks."""
    return [f"  {states[one]}  {one}: {said[one]}" for one in states if states[one] not in QUIET]


def _number(found: dict) -> str:
    return f"{found['printed'].strip().splitlines()[-1]}."


def _known(name: str) -> Fault:
    if name not in FAULTS:
        msg = f"There is no fault {name!r}: `boxloop plant --list` has the names."
        raise UserError(msg)
    return FAULTS[name]


def _free(project: Project) -> Path:
    folder = project.root / FOLDER
    if folder.exists():
        msg = f"{FOLDER}/ is there already: `boxloop plant --undo` takes it away first."
        raise UserError(msg)
    return folder


def _about(project: Project) -> dict[str, Any]:
    """Return what is kept of the fault that is planted."""
    path = project.root / FOLDER / ABOUT
    if not path.parent.exists():
        msg = "Nothing is planted here: `boxloop plant --secret` plants a fault."
        raise UserError(msg)
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if {"salt", "fault", "states"} <= set(about):
            return about
    except (OSError, ValueError, TypeError):
        pass
    msg = (
        f"{FOLDER}/{ABOUT} is not as `boxloop plant` wrote it: move what is yours out of "
        f"{FOLDER}/ and delete the folder, then plant again."
    )
    raise UserError(msg)


def _sealed(name: str, salt: str) -> str:
    """Return what a name is kept as: nothing that could be read off, or looked up elsewhere."""
    return hashlib.scrypt(name.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


def _lay(folder: Path, name: str, fault: Fault, world: World) -> dict:
    """Write tables and notebook, whole or not at all, and return what its cells have made."""
    part = folder.with_name(f".{secrets.token_hex(4)}.part")
    try:
        _write_tables(part, world)
        write_json(part / BOOK, _book(fault.cells()))
        found = _run(part, fault.cells())
        salt = secrets.token_hex(16)
        kept = {"salt": salt, "fault": _sealed(name, salt), "states": found["states"]}
        write_json(part / ABOUT, kept)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def _write_tables(folder: Path, world: World) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in world.tables.items():
        write_text(folder / f"{name}.csv", rows.to_csv(index=False, lineterminator="\n"))
    events = [json.dumps(event) for event in world.ledger]
    write_text(folder / "ledger.jsonl", "\n".join(events) + "\n")


def _book(cells: list[str]) -> dict[str, Any]:
    """Return a notebook with these cells, nothing run."""
    code = [
        {
            "cell_type": "code",
            "id": ident,
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for ident, text in zip(("tables", "model", "checks"), cells, strict=True)
    ]
    first = {"cell_type": "markdown", "id": "case", "metadata": {}, "source": INTRODUCTION}
    about = {"kernelspec": KERNEL, "language_info": LANGUAGE}
    return {"cells": [first, *code], "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _run(folder: Path, cells: list[str]) -> dict:
    """Run cells where their tables are, as JupyterLab would, and return what they have made."""
    made: dict[str, Any] = {}
    printed, before = io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for text in cells:
                exec(compile(text, BOOK, "exec"), made)  # noqa: S102  # cells of our own
    finally:
        os.chdir(before)
    found = made.get("found", [])
    made["printed"] = printed.getvalue()
    made["states"] = {one.id: one.state for one in found}
    made["said"] = {one.id: one.message for one in found}
    return made
