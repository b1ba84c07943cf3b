"""Whether `release/` is of the study as it is now: for `boxloop status`, which is quick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.parcel.manifest import read_manifest
from boxloop.predict.layout import FOLDER
from boxloop.record.facts import file_hash

if TYPE_CHECKING:
    from boxloop.base.places import Project


def state_lines(project: Project) -> list[str]:
    """Return what is in `release/`, and whether that is the study of today; nothing without one."""
    folder = project.root / FOLDER
    known = read_manifest(folder) if folder.is_dir() else None
    if known is None:
        return []
    if changed := _changed_since(project, folder, known):
        again = "`boxloop release --reason TEXT` writes it anew"
        return [f"Release: {known['id']}, of before: {changed} is another now; {again}."]
    return [f"Release: {known['id']}, as the study is now."]


def _changed_since(project: Project, folder: Path, known: dict[str, Any]) -> str | None:
    """Return the first file that the study has otherwise now than its release, or None."""
    there = type(project)(folder)
    own = [name for name in known["files"] if name.startswith(("study/", "notebooks/"))]
    made = [f"results/{name}.json" for name in ("metrics", "checks", "verdict")]
    for name in ["study.toml", *own, "data/sealed/ledger.jsonl", *made]:
        here, kept = project.root / name, folder / name
        if not kept.is_file():
            continue
        try:
            same = here.is_file() and file_hash(project, here) == file_hash(there, kept)
        except (OSError, UserError):
            same = False
        if not same:
            return name
    return None
