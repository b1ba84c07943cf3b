"""`release/`, written whole or not at all from a study that was released, and the zip of it."""

from __future__ import annotations

import importlib
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.parcel import contents, manifest
from boxloop.parcel.contents import LITTER, Contents
from boxloop.parcel.manifest import archive_name, read_manifest
from boxloop.parcel.subject import Subject
from boxloop.parcel.zipped import write_zip
from boxloop.predict.layout import FOLDER, MANIFEST, MODEL
from boxloop.record.status import is_complete

if TYPE_CHECKING:
    from boxloop.base.places import Project

# Each has `write(folder, subject)`; the last describes what all others have written.
PARTS = (
    "boxloop.parcel.model",
    "boxloop.parcel.onnx",
    "boxloop.parcel.environment",
    "boxloop.parcel.paper",
    "boxloop.parcel.draft",
    "boxloop.parcel.toy",
    "boxloop.parcel.cards",
    "boxloop.parcel.readme",
    "boxloop.parcel.metadata",
)
ONLY_IF_NOT_SHARED = "boxloop.parcel.toy"  # stands in for rows that are not there
NAMED = 3  # so many are named, the others counted


def make(project: Project) -> list[str]:
    """Write the release of a project, whole or not at all.

    Returns
    -------
    list of str
        Where it is, what is not in it, and what to do next, line by line.

    Raises
    ------
    UserError
        If the model of today was not released, the verdict is void, `release/` is somebody
        else's, or a model file holds rows that are not to be shared.
    """
    subject, folder = Subject(project), project.root / FOLDER
    if not (project.station("04_train") / MODEL).is_file():
        return [f"No release is written: 04 keeps no {MODEL}, with which others could predict."]
    _refuse_unreleased(subject)
    refuse_another_folder(project)
    part = folder.with_name(f".{FOLDER}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir()
        found, said = contents.write(part, subject), []
        for name in PARTS:
            if name != ONLY_IF_NOT_SHARED or not subject.shares_data:
                told = importlib.import_module(name).write(part, subject)
                said += [one for one in told or () if isinstance(one, str)]
        refuse_models_with_rows(part, subject)
        made = manifest.write(part, subject)
        archive = archive_name(subject.name, subject.version)
        write_zip(part / archive, part, [MANIFEST, *made["files"]])
        _put_in_place(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return _told(folder / archive, made, found, said)


def _put_in_place(part: Path, folder: Path) -> None:
    """Let a finished folder take the place of the one before; whatever goes wrong, that stays."""
    old = part.with_suffix(".old")
    there = folder.exists()
    if there:
        folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:
        if there:
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _refuse_unreleased(subject: Subject) -> None:
    """Refuse to hand out what nobody should use, or what has no numbers yet."""
    verdict = subject.verdict or {}
    if verdict.get("state") == "void":
        msg = (
            f"the verdict is void ({', '.join(verdict['because'])}), and nobody is handed a model "
            "that is not to be believed: `boxloop check` says what to mend."
        )
        raise UserError(msg)
    if not subject.released:
        msg = "the model of today was not released yet: run `boxloop release --reason TEXT`."
        raise UserError(msg)
    # What its chapters left is not all there, or not all of today.
    if not is_complete(subject.project, None):
        msg = "a chapter is not done, so its results are not those of today: run `boxloop run`."
        raise UserError(msg)


def refuse_another_folder(project: Project) -> None:
    """Refuse a `release/` that would lose something if it were replaced.

    Raises
    ------
    UserError
        If it is no release, or a file in it was added or changed by hand.
    """
    folder = project.root / FOLDER
    if not folder.exists() and not folder.is_symlink():
        return
    empty = folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
    found = None if folder.is_symlink() or not folder.is_dir() else read_manifest(folder)
    if found is None and not empty:
        msg = f"{folder} is no release that `boxloop release` has written: move it elsewhere."
        raise UserError(msg)
    if found and (name := _by_hand(folder, found)):
        msg = (
            f"{FOLDER}/{name} was put there or changed by hand and would be lost: move it out of "
            f"{FOLDER}/, or move {FOLDER}/ elsewhere."
        )
        raise UserError(msg)


def _by_hand(folder: Path, known: dict[str, Any]) -> str | None:
    """Return the first file in a release that its manifest does not know so, or None."""
    ours = {MANIFEST, archive_name(known["name"], known["version"])}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        facts = known["files"].get(name)
        if path.is_symlink() or (path.is_file() and facts is None):
            if name not in ours and not LITTER.fullmatch(path.name):
                return name
        elif path.is_file() and isinstance(facts, dict) and sha256(path) != facts.get("sha256"):
            return name
    return None


def refuse_models_with_rows(part: Path, subject: Subject) -> None:
    """Refuse model files that hold rows which the study does not share.

    Raises
    ------
    UserError
    """
    if subject.shares_data:
        return
    if names := contents.models_that_keep_rows(part):
        msg = (
            f"{names[0]} holds rows that it was trained on, as nearest neighbours, kernels and "
            "Gaussian processes do: choose another model, or write share_data = true under "
            "[release] in study.toml."
        )
        raise UserError(msg)


def _told(archive: Path, made: dict[str, Any], found: Contents, said: list[str]) -> list[str]:
    """Return what a person reads of a release that was written."""
    size = archive.stat().st_size / 1e6
    lines = [f"Release: {archive} ({size:.1f} MB, {len(made['files'])} files), id {made['id']}."]
    if not made["share_data"]:
        told = f"{_listed(found.rows)} stay here: they show rows" if found.rows else "no rows in it"
        lines.append(f"share_data = false: data/raw, data/interim, {told}. toy/ stands in.")
    if found.predictions:
        lines.append(f"share_predictions = false: {_listed(found.predictions)} stay here.")
    if found.links:
        lines.append(f"Not in it, because they are links: {_listed(found.links)}.")
    if found.secret:
        lines.append(f"Not in it, because they are a key or sealed rows: {_listed(found.secret)}.")
    if large := [f"{name} ({count / 1e6:.0f} MB)" for name, count in found.large]:
        lines.append(f"Large files in it: {', '.join(large)}.")
    return [
        *lines,
        *map(str, said),
        f"Next: `boxloop referee {FOLDER}/{archive.name}` checks it as a stranger would;",
        "`boxloop export --to zenodo` prepares the upload.",
    ]


def _listed(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def nothing_to_open(project: Project) -> bool:
    """Return whether the model of today was released and nothing has to run for its release."""
    with suppress(UserError, OSError):
        return bool(Subject(project).released) and is_complete(project, None)
    return False
