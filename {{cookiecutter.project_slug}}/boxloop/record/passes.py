"""Passes: every completed run of the loop with changed inputs, numbered and kept."""

from __future__ import annotations

import csv
import statistics
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.files import fingerprint, read_cache
from boxloop.record.facts import file_hash
from boxloop.record.results import read_checks, read_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project

LEFT = ("*/*.csv", "*/figures/*.png")  # of the folders of chapters


def _files(project: Project) -> list[Path]:
    """Return the files of all passes, oldest first."""
    return sorted(
        (p for p in project.passes.glob("*.json") if p.stem.isdecimal()), key=lambda p: int(p.stem)
    )


def _read(path: Path):
    """Return the pass in a file, or None where the file is damaged.

    What an older version did not write yet is empty.
    """
    content = read_cache(path)
    if not isinstance(content, dict) or type(content.get("number")) is not int:
        return None
    empty: dict[str, Any] = {"time": "", "note": "", "metrics": {}, "checks": {}, "sets": {}}
    content = {**empty, "attempts": [], "words": [], "spread": {}, "numbers": {}, **content}
    right = (
        content["number"] == int(path.stem)
        and isinstance(content.get("released"), bool)
        and all(isinstance(content.get(key, ""), str) for key in ("time", "note", "inputs"))
        and _is_table(content["checks"], str)
        and _is_table(content["metrics"])
        and _is_primary(content["metrics"].get("primary"))
        and _are_rows(content["metrics"].get("criteria") or [], _is_criterion)
        and _is_table(content["sets"], dict)
        and all(_are_intervals(found) for found in content["sets"].values())
        and _are_rows(content["attempts"], lambda row: isinstance(row.get("name"), str))
        and _are_rows(content["words"], _is_remark)
        and _is_table(content["spread"], int | float)
        and _is_table(content["numbers"], dict)
        and isinstance(content.get("recorded", {}), dict)
    )
    return content if right else None


def _is_table(value: Any, kind: Any = object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())


def _are_rows(value: Any, right: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and right(row) for row in value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and abs(value) < 1e300)


def _are_intervals(found: Any) -> bool:
    """Return whether each predictor has an interval, or nothing."""
    return all(
        entry is None
        or (
            isinstance(entry, dict)
            and all(_is_number(entry.get(key)) for key in ("value", "low", "high"))
            and (entry.get("low") is None) == (entry.get("high") is None)
        )
        for entry in found.values()
    )


def _is_primary(primary: Any) -> bool:
    if not primary:
        return primary is None or primary == {}
    names = ("name", "label", "unit", "set")
    return (
        isinstance(primary, dict)
        and all(isinstance(primary.get(key) or "", str) for key in names)
        and _are_intervals({who: primary.get(who) for who in ("model", "reference", "difference")})
    )


def _is_remark(row: Any) -> bool:
    changed = row.get("changed")
    return (
        isinstance(row.get("time"), str)
        and isinstance(changed, list)
        and all(isinstance(item, str) for item in changed)
    )


def _is_criterion(row: Any) -> bool:
    return (
        isinstance(row.get("name"), str)
        and row.get("met", "") in (True, False, None)
        and "value" in row
        and _is_number(row["value"])
        and isinstance(row.get("bound", ""), str)
        and (row["value"] is None or "bound" in row)
    )


def all_passes(project: Project) -> list[dict]:
    """Return the passes, oldest first; one whose file is damaged is not among them."""
    return [content for path in _files(project) if (content := _read(path)) is not None]


def passes_made_here(project: Project) -> list[dict]:
    """Return the passes that were completed in this project, oldest first.

    Without the recorded ones, which came with the template (`boxloop.upkeep.recorded`).
    """
    return [past for past in all_passes(project) if not past.get("recorded")]


def damaged(project: Project) -> list:
    """Return one sentence for each pass whose file is damaged."""
    return list(damaged_by_number(project).values())


def damaged_by_number(project: Project) -> dict[int, str]:
    """Return by the number of a pass whose file is damaged a sentence on it."""
    bad = [path for path in _files(project) if _read(path) is None]
    return {int(path.stem): _damaged(project.relative(path)) for path in bad}


def _damaged(name: str) -> str:
    return f"{name} is damaged: restore it from your last commit, or delete it."


def numbers_taken(project: Project) -> list[int]:
    """Return the numbers of all passes, oldest first, those whose files are damaged too."""
    return [int(path.stem) for path in _files(project)]


def last_pass(project: Project) -> Any:
    """Return the newest pass, or None."""
    return next(reversed(all_passes(project)), None)


def hash_of(project: Project, number: int) -> str | None:
    """Return the hash of what a pass says, by which the next one knows it; None if it is gone."""
    content = read_cache(project.passes / f"{number:03d}.json")
    return fingerprint(content) if isinstance(content, dict) else None


def left(project: Project) -> dict[str, str]:
    """Return the hash of each table and figure that chapters have left, by its path.

    A referee, who has no second run, sees by them what was edited since.
    """
    paths = sorted(path for pattern in LEFT for path in project.results.glob(pattern))
    return {project.relative(path): file_hash(project, path) for path in paths}


def snapshot(project: Project) -> Any:
    """Return what the results say now, small enough to be kept."""
    metrics = read_metrics(project)
    primary = (metrics.get("primary") or {}).get("name")
    sets = {
        name: found.get("metrics", {}).get(primary)
        for name, found in (metrics.get("sets") or {}).items()
    }
    criteria = [_with_ends(row, metrics) for row in metrics.get("criteria") or []]
    return {
        "metrics": {"primary": metrics.get("primary"), "criteria": criteria},
        "sets": {name: values for name, values in sets.items() if values},
        "checks": {row["id"]: row["state"] for row in read_checks(project)},
        "attempts": _attempts(project, primary),
        "spread": _spread(project, primary),
    }


def _with_ends(row: dict, metrics: dict) -> dict:
    """Return a criterion with the interval of its number, where it is one that has an interval."""
    found = (metrics.get("sets") or {}).get(row.get("set")) or {}
    values = (found.get("metrics") or {}).get(row.get("metric")) or {}
    model, reference, difference = (
        values.get(who) or {} for who in ("model", "reference", "difference")
    )
    with suppress(KeyError, TypeError, ZeroDivisionError):
        if row.get("quantity") == "value":
            return row | {key: model[key] for key in ("low", "high")}
        if row.get("quantity") == "gain":
            size = abs(reference["value"])
            return row | {key: difference[key] / size for key in ("low", "high")}
    return row


def _spread(project: Project, metric: str | None) -> dict[str, float]:
    """Return by how much another seed, and other samples of the groups, move the primary metric.

    Standard deviations over the seeds of the study, from what 04 has kept; empty where it kept
    none.
    """
    found = {}
    with suppress(OSError, ValueError, KeyError, TypeError):
        path = project.station("04_train") / "seeds.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for name, column in (("seeds", metric), ("samples", "resampled")):
            values = [float(row[column]) for row in rows]
            found[name] = statistics.stdev(values)
    return found


def _attempts(project: Project, metric: str | None):
    """Return name, score and fate of all that 04 tried: it must not vanish from the log."""
    path = project.station("04_train") / "attempts.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {"name": row["name"], "score": row.get(metric, ""), "chosen": row["chosen"] == "True"}
        for row in rows
    ]
