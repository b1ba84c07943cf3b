"""Write the pass that has just been completed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, plain, write_json
from boxloop.notebooks.file import read_notebook
from boxloop.record import foreseen
from boxloop.record.causes import causes_now, causes_of, keep
from boxloop.record.edits import edits, words
from boxloop.record.facts import file_hash
from boxloop.record.facts import inputs as inputs_of
from boxloop.record.kept import numbers_kept
from boxloop.record.passes import hash_of, last_pass, left, numbers_taken, snapshot
from boxloop.record.prose import results_of
from boxloop.record.status import is_complete
from boxloop.split.seal import head

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter
    from boxloop.record.causes import Causes


def _executed(project: Project, chapter: Chapter):
    """Return the parameters with which the kept copy of a chapter was executed."""
    copy = read_notebook(project.executed / f"{chapter.name}.ipynb")
    return copy["metadata"].get("papermill", {}).get("parameters", {})


def inputs_hash(project: Project, chapters: list[Chapter], parameters: dict) -> str:
    """Return one hash of all that a person can change: notebooks, settings, science, parameters."""
    return fingerprint(
        {
            "notebooks": {chapter.name: file_hash(project, chapter.path) for chapter in chapters},
            "files": inputs_of(project),
            "parameters": parameters,
        }
    )


def record(
    project: Project, chapters: list[Chapter], *, note: Any = None, complete: Any = None
) -> int | None:
    """Write the pass that has just been completed, and return its number.

    The same science as in the last pass is the same pass: its file is brought up to date, and left
    alone where it says the same already; where words alone were changed, it notes which.
    A damaged file of the newest pass is written anew.
    Where a notebook is missing, stale or was run with ``smoke``, there is no pass: None.

    Parameters
    ----------
    project : boxloop.base.places.Project
    chapters : list of boxloop.notebooks.graph.Chapter
    note : str, optional
        A remark to keep with it.
    complete : bool, optional
        Whether every notebook is done; found out by default.
    """
    if not (is_complete(project, chapters) if complete is None else complete):
        return None
    parameters = {chapter.name: _executed(project, chapter) for chapter in chapters}
    reasons = [values.pop("release_reason", "") for values in parameters.values()]
    causes = causes_now(project, chapters, parameters)
    inputs, last = inputs_hash(project, chapters, parameters), last_pass(project)
    same = last is not None and _is_same(project, last, inputs, causes)
    words_since = _words_since(project, last, inputs, causes) if same else []
    number = last["number"] if same else _next_number(project, last)
    made_of = {"inputs": inputs, "words": words_since, **_witness(project, number, causes)}
    now = plain(snapshot(project) | {"numbers": numbers_kept(project, chapters)})
    if same and last["released"] and _headline_set(now) != _headline_set(last):
        content = last | made_of  # what was measured on the test set stands, also where 08 lost it
    else:
        content = {
            "number": number,
            "note": note if note is not None else (last["note"] if same else ""),
            **now,
            "released": any(reasons) or (same and last["released"]),
            "ledger": head(project),
            "predictions": foreseen.kept(project, results_of(project), causes),
            **made_of,
        }
    _write(project, content, last if same else None)
    return content["number"]


def _witness(project: Project, number: int, causes: Causes) -> dict[str, Any]:
    """Return what a pass keeps so that others can see what was edited since."""
    found = {"left": left(project), "follows": hash_of(project, number - 1)}
    return found | {"causes": keep(project, causes)}


def _write(project: Project, content: dict, last: dict | None) -> None:
    """Write a pass, unless it says what the last one says already."""
    content = {key: value for key, value in content.items() if key != "time"}
    if last is None or content != {key: value for key, value in last.items() if key != "time"}:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        path = project.passes / f"{content['number']:03d}.json"
        write_json(path, {"number": content["number"], "time": time} | content)


def _is_same(project: Project, last: dict, inputs: str, causes: Causes) -> bool:
    """Return whether the science is that of the last pass, whatever its words."""
    before = _causes_of(project, last)
    if before is None:
        return last.get("inputs") == inputs
    # The raw data are not in that hash.
    if last.get("inputs") == inputs and before.data == causes.data:
        return True
    return not edits(before, causes)


def _causes_of(project: Project, past: dict) -> Causes | None:
    try:
        return causes_of(project, past)
    except UserError:  # a text of it is lost: `compare` says so
        return None


def _words_since(project: Project, last: dict, inputs: str, causes: Causes) -> list[dict]:
    """Return which words were changed since a pass was completed, with what is changed now."""
    before = _causes_of(project, last)
    if before is None or last.get("inputs") == inputs or not (found := words(before, causes)):
        return last["words"]
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return [*last["words"], {"time": time, "changed": found}]


def _headline_set(found: Any):
    return ((found.get("metrics") or {}).get("primary") or {}).get("set")


def _next_number(project: Project, last: Any) -> int:
    """Return the number of a new pass: one more than the last, or that of a newest one lost."""
    newest = max(numbers_taken(project), default=0)
    return newest if newest > (last["number"] if last else 0) else newest + 1
