"""The manifest of a release: what it is called, what made it, and the hash of every file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, sha256, write_json
from boxloop.predict.layout import MANIFEST
from boxloop.predict.opened import BAD_SIGNS, LONGEST, RESERVED, table_hash

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject

# Numbers come from these; the exact versions of all others stand in environment.txt.
MADE_WITH = ("python", "numpy", "scipy", "pandas", "scikit-learn", "skops", "pyarrow")


def files_of(folder: Path, archive: str) -> dict[str, dict[str, Any]]:
    """Return ``{path: {"sha256", "size"}}`` of the files of a release, sorted by path.

    The manifest itself and the zip, named `archive`, are not among them.

    Raises
    ------
    UserError
        If a file has a name that another system cannot have.
    """
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in (MANIFEST, archive):
            found[name] = {"sha256": sha256(path), "size": path.stat().st_size}
    _refuse_names(list(found))
    return dict(sorted(found.items()))


def _refuse_names(names: list[str]) -> None:
    """Refuse names that Windows or a Mac could not unpack."""
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        bad = BAD_SIGNS.search(name) or any(map(RESERVED.fullmatch, parts))
        if bad or any(part.endswith((" ", ".")) for part in parts) or len(name) > LONGEST:
            msg = (
                f"{name} cannot be the name of a file on every system: give it a plain, short one."
            )
            raise UserError(msg)
        if other := seen.get(name.casefold()):
            msg = f"{other} and {name} are one name on some systems: rename one of them."
            raise UserError(msg)
        seen[name.casefold()] = name


def identity(name: str, version: str, files: dict) -> str:
    """Return the id of a release: what it is called, and the first digits of what is in it."""
    return f"{name}-{version}-{table_hash(files)[:12]}"


def archive_name(name: str, version: str) -> str:
    """Return the file name of the zip."""
    return f"{name}-{version}.zip"


def write(folder: Path, subject: Subject) -> dict[str, Any]:
    """Write the manifest of what lies in a folder, and return it."""
    files = files_of(folder, archive_name(subject.name, subject.version))
    named = {"id": identity(subject.name, subject.version, files)}
    content = named | told(subject) | {"files": files}
    write_json(folder / MANIFEST, content)
    return content


def told(subject: Subject) -> dict[str, Any]:
    """Return what the manifest tells of a study beside its files."""
    verdict = subject.verdict or {}
    made = {key: subject.made_with[key] for key in MADE_WITH if key in subject.made_with}
    return {
        "name": subject.name,
        "title": subject.title,
        "version": subject.version,
        "opened_at": subject.opened_at,
        "made_with": made,
        "model_hash": subject.model_hash,
        "openings": subject.openings,
        "passes": subject.passes,
        "verdict": {key: verdict.get(key) for key in ("state", "sentence", "because")},
        "share_data": subject.shares_data,
        "share_predictions": subject.shares_predictions,
    }


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder that `boxloop release` has written; None of any other."""
    found = read_cache(folder / MANIFEST)
    texts = ("id", "name", "version", "model_hash")
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        return None
    return found if all(isinstance(found.get(key), str) for key in texts) else None
