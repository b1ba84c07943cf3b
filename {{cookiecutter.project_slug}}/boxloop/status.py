"""What is done, what is stale and why, without running anything."""

from dataclasses import dataclass

from boxloop.loop import read_loop, upstream
from boxloop.notebook import first_error, read_notebook, sources
from boxloop.provenance import input_hashes
from boxloop.store import read_json, sha256


@dataclass(frozen=True)
class Row:
    """The state of one notebook: done, stale, failed or never run; `detail` says why."""

    name: str
    state: str
    detail: str = ""
    smoke: bool = False


def _changed(project, hashes):
    """Return the first path whose file is gone or has another hash, or None."""
    for name, value in hashes.items():
        path = project.root / name
        if not path.is_file():
            return f"{name} is gone"
        if sha256(path) != value:
            return f"{name} changed"
    return None


def _copy_is_old(copy, chapter, inputs):
    """Return why an executed copy is not what would be executed now, or None."""
    if sources(copy) != sources(read_notebook(chapter.path)):
        return "the notebook changed"
    before = copy["metadata"].get("boxloop", {}).get("inputs", {})
    changed = sorted(name for name in before.keys() | inputs.keys() if before.get(name) != inputs.get(name))
    return f"{changed[0]} changed" if changed else None


def _row(project, chapter, doubtful, inputs):
    """Return the row of one chapter.

    `doubtful` are the chapters it needs that are not done, `inputs` the hashes of settings
    and science as they are now.
    """
    copy_path = project.executed / f"{chapter.name}.ipynb"
    facts = read_json(project.station(chapter.name) / "station.json")
    copy = read_notebook(copy_path) if copy_path.is_file() else None
    error = copy and first_error(copy)
    if copy is None and facts is None:
        return Row(chapter.name, "never run")
    if error and facts is None:
        return Row(chapter.name, "failed", f"cell {error[0]}: {error[1]}")
    if facts is None:
        return Row(chapter.name, "stale", "its last run was interrupted")
    reason = _changed(project, facts.get("needs", {})) or _changed(project, facts.get("makes", {}))
    if copy is None or error:
        reason = reason or "run by hand: the report has no good copy of it"
    else:
        reason = reason or _copy_is_old(copy, chapter, inputs)
    if not reason and doubtful:
        reason = f"{doubtful[0]} is not done"
    smoke = bool(facts.get("smoke"))
    return Row(chapter.name, "stale" if reason else "done", reason or ("smoke run" if smoke else ""), smoke)


def status(project, chapters=None):
    """Return one `Row` per notebook, in the order of the loop.

    A notebook is stale if its text, ``study.toml`` or the study's code changed since its
    executed copy, if a file that it needed or made changed, or if a notebook whose files it
    needs is not done.
    """
    chapters = chapters or read_loop(project)
    inputs = input_hashes(project)
    rows, open_names = [], set()
    for chapter in chapters:
        row = _row(project, chapter, sorted(upstream(chapter, chapters) & open_names), inputs)
        rows.append(row)
        if row.state != "done":
            open_names.add(chapter.name)
    return rows


def is_complete(project, chapters):
    """Return whether every notebook is done, and none of them with quick numbers."""
    return all(row.state == "done" and not row.smoke for row in status(project, chapters))
