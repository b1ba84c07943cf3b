"""Passes: every completed run of the loop with changed inputs, numbered and kept."""

import csv
from datetime import UTC, datetime

from boxloop.notebook import read_notebook, sources
from boxloop.provenance import input_hashes
from boxloop.status import is_complete
from boxloop.store import fingerprint, read_json, write_json


def all_passes(project):
    """Return the passes, oldest first."""
    found = [(path, read_json(path)) for path in project.passes.glob("*.json") if path.stem.isdecimal()]
    return [content for _, content in sorted(found, key=lambda item: int(item[0].stem))]


def last_pass(project):
    """Return the newest pass, or None."""
    return next(reversed(all_passes(project)), None)


def _executed(project, chapter):
    """Return the parameters with which the kept copy of a chapter was executed."""
    copy = read_notebook(project.executed / f"{chapter.name}.ipynb")
    return copy["metadata"].get("papermill", {}).get("parameters") or {}


def inputs_hash(project, chapters, parameters):
    """Return one hash of all that a person can change: notebooks, settings, science, parameters."""
    return fingerprint(
        {
            "notebooks": {chapter.name: fingerprint(sources(read_notebook(chapter.path))) for chapter in chapters},
            "files": input_hashes(project),
            "parameters": parameters,
        }
    )


def snapshot(project):
    """Return what the results say now, small enough to be kept: metrics, criteria, states of the checks, attempts."""
    metrics = read_json(project.metrics_file, {})
    primary = (metrics.get("primary") or {}).get("name")
    sets = {name: found.get("metrics", {}).get(primary) for name, found in (metrics.get("sets") or {}).items()}
    return {
        "metrics": {key: metrics.get(key) for key in ("primary", "criteria")},
        "sets": {name: values for name, values in sets.items() if values},
        "checks": {row["id"]: row["state"] for row in read_json(project.checks_file, [])},
        "attempts": _attempts(project, primary),
    }


def _attempts(project, metric):
    """Return name, score and fate of everything that 04 tried: what is tried once must not vanish from the log."""
    path = project.station("04_train") / "attempts.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{"name": row["name"], "score": row.get(metric, ""), "chosen": row["chosen"] == "True"} for row in rows]


def record(project, chapters, *, note=None):
    """Write the pass that has just been completed, and return its number.

    The same inputs as in the last pass are the same pass: its file is brought up to date.
    Where a notebook is missing, stale or was run with ``smoke``, there is no pass: None.
    """
    if not is_complete(project, chapters):
        return None
    parameters = {chapter.name: _executed(project, chapter) for chapter in chapters}
    reasons = [values.pop("release_reason", "") for values in parameters.values()]
    inputs = inputs_hash(project, chapters, parameters)
    last = last_pass(project)
    same = last is not None and last["inputs"] == inputs
    if same and last["released"] and not any(reasons):
        # What was measured on the test set stands: the same inputs give the same numbers.
        return last["number"]
    number = last["number"] + (not same) if last else 1
    content = {
        "number": number,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "note": note if note is not None else (last["note"] if same else ""),
        "inputs": inputs,
        **snapshot(project),
        "released": any(reasons),
    }
    write_json(project.passes / f"{number:03d}.json", content)
    return number
