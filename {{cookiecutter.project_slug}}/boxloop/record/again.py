"""Checks asked once more, by somebody who was handed a study: without running its code.

What a check is asked with lies in results, in tables and in sets that chapters have kept. Whether
a notebook asks it in the way of boxloop is read from its text, see `boxloop.record.asking`; where
it does not, nobody knows with what, and the row says so.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import plain
from boxloop.base.places import Project
from boxloop.notebooks.folder import chapter_names
from boxloop.record import verdict
from boxloop.record.asking import Cells
from boxloop.record.material import Again, Material, NotThereError
from boxloop.record.results import (
    checks_left,
    metrics_left,
    read_checks,
    read_metrics,
    read_verdict,
)
from boxloop.record.ways import TABLE

if TYPE_CHECKING:
    from boxloop.checks.core import CheckResult
    from boxloop.settings.load import Settings

CLOSE = 1e-6  # relative: other versions of a library may round otherwise
ANOTHER_WAY = "the notebook asks it in another way than boxloop does, so with what is not known"


def recomputed(root: Path, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Return every check on record beside what it finds now, in the order of the record.

    Neither a notebook nor the study is run.

    Parameters
    ----------
    root : path
        Of a project or of an unpacked release.
    settings : boxloop.settings.load.Settings, optional
        Else those of its study.toml.

    Returns
    -------
    list of dict
        ``id``, ``notebook``; ``recorded_state`` and ``recorded_value``; ``state`` and ``value`` of
        now (None where it was not asked); ``agrees``, None where nothing can be said; ``why_not``:
        what does not agree, or why it was not asked again, or only in part.

    Raises
    ------
    UserError
        If study.toml, a notebook or results/checks.json cannot be read.
    """
    from boxloop.settings.load import load_settings

    project = Project(Path(root).resolve())
    known = settings or load_settings(project.settings_file)
    material, recorded = Material(project, known), {row["id"]: row for row in read_checks(project)}
    assembled = {row["id"]: row for row in checks_left(project, known)}
    ways = _ways(material)
    return [
        _judged(recorded.get(name), assembled.get(name), material, ways.get(name, {}))
        for name in [*recorded, *(name for name in assembled if name not in recorded)]
    ]


def _ways(material: Material) -> dict[str, dict[str, str]]:
    """Return by check and chapter the fingerprint of how it is asked there."""
    from boxloop.checks import REGISTRY

    found: dict[str, dict[str, str]] = {}
    for chapter, cells in material.code().items():
        code = Cells(cells)
        for name in REGISTRY:
            if way := code.way_of(name):
                found.setdefault(name, {})[chapter] = way
    return found


def _judged(
    row: dict | None, assembled: dict | None, material: Material, ways: dict[str, str]
) -> dict[str, Any]:
    """Return one row of `recomputed`."""
    from boxloop.checks import REGISTRY

    one: dict = row or assembled or {}
    facts: dict[str, Any] = {"id": one["id"], "notebook": one["notebook"]}
    facts |= {f"recorded_{key}": (row or {}).get(key) for key in ("state", "value")}
    facts |= {"state": None, "value": None, "agrees": None, "why_not": ""}
    if row is None:
        words = f"its row is not in results/checks.json, and {one['notebook']} has left one"
        return facts | {"agrees": False, "why_not": words}
    if assembled is None or _differ(row, assembled):
        words = f"results/checks.json has another row than {one['notebook']} has left"
        facts |= {"agrees": False, "why_not": words}
    if one["id"] not in REGISTRY:
        return facts | ({} if facts["why_not"] else {"why_not": "boxloop has no such check"})
    if words := _another_measure(row, material.settings):
        facts |= {"agrees": False, "why_not": words}
    now, words, in_part = _now(row, material, ways)
    if now is None:
        return facts | ({} if facts["why_not"] else {"why_not": words})
    facts |= {"state": now.state, "value": now.value}
    if facts["agrees"] is False:
        return facts
    agrees = _no_less(row, now) if in_part else _same(row, now)
    return facts | {"agrees": agrees, "why_not": words if agrees else f"{words}{_apart(row, now)}"}


def _now(row: dict, material: Material, ways: dict[str, str]) -> tuple:
    """Return what a check finds now or None, words on why not or on what, and whether in part."""
    from boxloop.checks import not_applicable, run_check
    from boxloop.checks.core import REGISTRY

    name, settings = row["id"], material.settings
    waiver, task = settings.waivers.get(name), settings.study.task
    if not REGISTRY[name].serves(task):
        return run_check(name, waiver=waiver, task=task), "", False
    entry = TABLE.get(name) or Again({}, "nobody has said how it is asked again")
    if not ways:
        return None, "no notebook asks it", False
    if not entry.ways:
        return None, entry.why_not, False
    way = ways.get(REGISTRY[name].notebook)
    if len(ways) > 1 or way not in entry.ways:
        return None, ANOTHER_WAY, False
    try:
        asked = entry.ways[way](material)
        if asked.not_applicable:
            return not_applicable(name, asked.not_applicable, waiver=waiver), "", False
        options: dict[str, Any] = {
            "threshold": settings.thresholds.get(name),
            "waiver": waiver,
            "task": task,
        }
        found = run_check(name, *asked.args, **asked.options, **options)
    except NotThereError as error:
        return None, str(error), False
    except (UserError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        # What it is asked with is not of the kind that the chapter has left.
        words = f"it cannot be asked with what is there ({type(error).__name__}: {error})"
        return None, words, False
    return found, entry.why_not, entry.in_part


def _another_measure(row: dict, settings: Settings) -> str:
    """Return in words that a row was judged by another weight or threshold than it says."""
    from boxloop.checks import REGISTRY

    unit = REGISTRY[row["id"]]
    limit = settings.thresholds.get(row["id"], unit.threshold)
    if row.get("weight") != unit.weight:
        return f"its weight is {unit.weight}, on record is {row.get('weight')}"
    if not _close(row.get("threshold"), limit):
        return f"its threshold is {limit}, on record is {row.get('threshold')}"
    return ""


def _differ(one: dict, other: dict) -> bool:
    return any(one.get(key) != other.get(key) for key in {*one, *other})


def _close(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(float(one), float(other), rel_tol=CLOSE, abs_tol=1e-9)


def _same(row: dict, now: CheckResult) -> bool:
    return row["state"] == now.state and _close(row.get("value"), now.value)


def _no_less(row: dict, now: CheckResult) -> bool:
    """Return whether all rows may have shown what is on record, where some show this."""
    if now.state == "fail" and row["state"] not in ("fail", "waived"):
        return False
    if row.get("value") is None or now.value is None:
        return now.state != "fail" or row["state"] in ("fail", "waived")
    return now.value <= row["value"] or _close(now.value, row["value"])


def _apart(row: dict, now: CheckResult) -> str:
    from boxloop.checks.waiver import said

    both = [
        f"{state}" if value is None else f"{state} at {said(value)}"
        for state, value in ((row["state"], row.get("value")), (now.state, now.value))
    ]
    return f"on record is {both[0]}, and it is {both[1]}"


def judged_again(root: Path, settings: Settings | None = None) -> dict[str, Any]:
    """Return the verdict on record beside the one that follows from checks and metrics.

    Parameters
    ----------
    root, settings : see `recomputed`

    Returns
    -------
    dict
        ``recorded`` and ``now`` (as in ``verdict.json``, or None), ``agrees``, and ``why_not``:
        what is not as the chapters have left it.

    Raises
    ------
    UserError
        If study.toml or a file of results/ cannot be read.
    """
    from boxloop.settings.load import load_settings

    project = Project(Path(root).resolve())
    known = settings or load_settings(project.settings_file)
    metrics, recorded = plain(metrics_left(project, known)), read_verdict(project)
    # A chapter that was not done then is known by its name; what was wrong with it is not.
    undone = [n for n in (recorded or {}).get("because", []) if n in chapter_names(project)]
    pairs = [(name, "is not of today") for name in undone]
    now = verdict.judge(read_checks(project), metrics, known, undone=pairs)
    keys = ("state", "because") if undone else ("state", "because", "sentence")
    words = ""
    if metrics != read_metrics(project):
        words = "results/metrics.json is not what follows from the chapters"
    elif any((recorded or {}).get(key) != (now or {}).get(key) for key in keys):
        words = f"on record is “{verdict.line(recorded)}”, and it is “{verdict.line(now)}”"
    return {"recorded": recorded, "now": now, "agrees": not words, "why_not": words}
