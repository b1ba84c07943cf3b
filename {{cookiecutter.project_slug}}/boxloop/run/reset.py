"""Begin anew: what runs have made goes to ``attic/``, and the new ledger says that it did."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_json
from boxloop.base.written import reason_for
from boxloop.record.lost import recorded_files
from boxloop.run.lock import lock
from boxloop.split.ledger import openings_on_record, remembered
from boxloop.split.locked import Past, handed_on
from boxloop.split.seal import append, read_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project

# Tell what a folder is for; every project has them, whatever was run.
STAY = {"README.md", ".gitkeep", ".gitignore"}


@dataclass(frozen=True)
class Moved:
    """Where things went, and how often test sets had been opened until then."""

    attic: Path
    openings: int


def reset(project: Project, reason: str) -> Moved:
    """Move results, report, interim tables, sealed rows and ledger to ``attic/NNN``, all or none.

    Raw data, notebooks, study and study.toml stay, and so does a pass that was recorded with the
    template and not made here; the attic has a copy of it. The new ledger begins with a line that
    says why, how often test sets were opened before, and what the old one knew of rows, data and
    criteria.

    Raises
    ------
    UserError
        If there is no reason, nothing was run yet, or a run is going on.
    OSError
        If something cannot be moved; then everything is back in its place.
    """
    reason = reason_for("A reset needs a reason: boxloop reset --reason TEXT", reason)
    with lock(project):
        made = [path for folder in _folders(project) for path in _inside(folder)]
        # What commands remember, and the ledger of a reset just before, are nothing that ran.
        recorded = recorded_files(project)
        if not _left_by_runs(project, recorded) and not _sealed(project):
            msg = "Nothing was run yet, so there is nothing to put away: `boxloop run` begins."
            raise UserError(msg)
        facts = {"reason": reason, **_openings(project)}
        attic = _free(project)
        _move(project, made, attic, facts, recorded)
    return Moved(attic, facts["openings"])


def _folders(project: Project) -> tuple[Path, ...]:
    return project.results, project.report, project.interim, project.sealed


def _inside(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.name not in STAY]


def _left_by_runs(project: Project, recorded: list[Path]) -> bool:
    """Return whether results or interim tables are there that did not come with the template."""
    paths = (path for top in (project.results, project.interim) for path in top.rglob("*"))
    return any(path.is_file() and path.name not in STAY and path not in recorded for path in paths)


def _sealed(project: Project) -> bool:
    return project.sealed_file.exists() or any(
        event["event"] != "reset" for event in remembered(project)
    )


def _openings(project: Project) -> dict[str, Any]:
    """Return what the new ledger has to know of the old ones: openings, criteria, data."""
    try:
        events = read_ledger(project)
    except UserError:  # damaged or lost: what results, passes and the copy know of is what is left
        known = {"openings": openings_on_record(project), "ledger": "damaged"}
        return known | {"before": handed_on(remembered(project))}
    past = Past(events)
    known = len(past.openings) + past.uncounted + (past.lost or 0)
    return {"openings": known, "before": handed_on(events)}


def _free(project: Project) -> Path:
    """Return the first folder of the attic that is not there."""
    top = project.root / "attic"
    taken = [int(path.name) for path in top.glob("*") if path.name.isdecimal()]
    return top / f"{max(taken, default=0) + 1:03d}"


def _move(
    project: Project, made: list[Path], attic: Path, facts: dict, recorded: list[Path]
) -> None:
    """Move everything and begin the ledger; whatever goes wrong, put everything back."""
    done: list[tuple[Path, Path]] = []
    begun = False
    time = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        write_json(attic / "reset.json", {"time": time, **facts})
        for path in made:
            there = attic / path.relative_to(project.root)
            there.parent.mkdir(parents=True, exist_ok=True)
            path.rename(there)
            done.append((path, there))
        for path in recorded:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(attic / path.relative_to(project.root), path)
        begun = True
        append(project, "reset", **facts, attic=project.relative(attic))
    except BaseException:
        for copy in (project.ledger_file, project.ledger_copy) if begun else ():
            copy.unlink(missing_ok=True)
        if recorded and (attic / project.relative(project.passes)).exists():
            shutil.rmtree(project.passes, ignore_errors=True)  # copies, if it is there at all
        for path, there in reversed(done):
            there.rename(path)
        with suppress(OSError):  # nothing of worth is in it any more
            shutil.rmtree(attic)
        raise
