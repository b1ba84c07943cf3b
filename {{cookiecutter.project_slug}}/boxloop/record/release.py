"""Releases: what a model scored on the sealed test set, kept with the hash of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, read_json, sha256
from boxloop.notebooks.folder import files_of
from boxloop.split.locked import Past
from boxloop.split.seal import identity, last, read_ledger

if TYPE_CHECKING:
    from boxloop.base.places import Project


RESTORE = "restore it from your last commit"


def releases(project: Project) -> list[dict]:
    """Return the releases on record in ``results/08_release/release.json``, oldest first.

    Raises
    ------
    UserError
        If the file is damaged: what was measured on the test set cannot be made again.
    """
    path = project.station("08_release") / "release.json"
    content = read_json(path, {}, remedy=RESTORE)
    found = content.get("releases", []) if isinstance(content, dict) else None
    if isinstance(found, list) and all(_is_release(row) for row in found):
        return found
    msg = f"{project.relative(path)} is damaged: {RESTORE}."
    raise UserError(msg)


def _is_release(row: Any) -> bool:
    texts = ("model_hash", "reference_hash", "sealed", "reason")
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(key, ""), str | None) for key in texts)
        and isinstance(row.get("sets", {}), dict)
    )


def tables_released(project: Project, chapter: str) -> set[str]:
    """Return the fingerprints of the tables that the releases of a chapter have on record."""
    if not (project.station(chapter) / "release.json").is_file():
        return set()
    found = [entry for row in releases(project) for entry in row.get("sets", {}).values()]
    return {fingerprint(entry["metrics"]) for entry in found if "metrics" in entry}


def lost_numbers(project: Project) -> str | None:
    """Return in one sentence which opening of the test set has left no numbers, or None."""
    sealed, opened = None, []
    for event in read_ledger(project):
        sealed = event.get("content") if event["event"] == "sealed" else sealed
        opened += [(sealed, event.get("model"))] if event["event"] == "opened" else []
    known = {(row.get("sealed"), row.get("model_hash")) for row in releases(project)}
    lost = next((str(model) for rows, model in opened if (rows, model) not in known), None)
    if lost is None:
        return None
    return (
        f"The test set was opened for model {lost[:12]}, "
        f"and its numbers are not in results/08_release/release.json: {RESTORE}, "
        "or open it again with `boxloop release --reason TEXT`, which counts as one more opening."
    )


def earlier(project: Project, model_hash: str, reference_hash: str) -> Any:
    """Return the release of this model beside this reference on the present test set, or None.

    Another model or reference, or a test set that was sealed anew, has no numbers yet.
    """
    sealed = last(read_ledger(project), "sealed") or {}
    wanted = {
        "model_hash": model_hash,
        "reference_hash": reference_hash,
        "sealed": sealed.get("content"),
    }
    return next(
        (
            r
            for r in reversed(releases(project))
            if all(r.get(key) == value for key, value in wanted.items())
        ),
        None,
    )


def why_not_again(project: Project) -> str:
    """Return what became of the reason of a release that has opened nothing."""
    known = [one.event.get("reason") for one in Past(read_ledger(project)).openings]
    when = f" (“{known[-1]}”)" if known and known[-1] else ""
    return (
        f"The test set was not opened again: this model was released before{when}. "
        "The numbers are those of then, and the reason given now is not kept."
    )


def manifest(project: Project, patterns: list[str]) -> Any:
    """Return ``{path: sha256}`` of every file that a pattern such as ``data/raw/*`` matches.

    Of the sealed file it is the hash of its rows, as in the ledger: whoever seals the same rows
    again gets other bytes.
    """
    return {
        project.relative(path): identity(project) if path == project.sealed_file else sha256(path)
        for path in files_of(project, patterns)
        if path.is_file()
    }
