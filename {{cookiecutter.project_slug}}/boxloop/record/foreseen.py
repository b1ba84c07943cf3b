"""When a prediction was written: before its result was known, or after.

What a pass had measured, and which predictions it held, is kept with the pass; a result that lies
there from a run that came to no pass is looked at when a prediction is registered. A prediction
with a changed bound or address is a new one, its words may change. What was measured with another
``[revision]``, from other raw data or for another target is another result: who turns the loop
once more may predict anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, read_cache, write_json
from boxloop.base.places import Project
from boxloop.notebooks.memory import raw_hashes
from boxloop.record.causes import Causes, causes_of
from boxloop.record.edits import table_of
from boxloop.record.facts import file_hash, setting, settings_table
from boxloop.record.objects import get_json, put_json
from boxloop.record.passes import all_passes
from boxloop.record.predictions import (
    CHAPTERS,
    COLUMNS,
    FILE,
    WAITING,
    Prediction,
    measured,
    parsed,
    registered,
    rows_of,
    scored,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from boxloop.record.traced import Results

WITHDRAWN = "withdrawn"
_END = re.compile(r"\.(?:low|high)$")


# What a pass keeps.


def turn(table: dict[str, Any], raw: Iterable[str]) -> dict[str, Any]:
    """Return what makes results comparable: revision and target of study.toml, raw data."""
    study = table.get("study")
    return {
        "revision": table.get("revision") or {},
        "target": study.get("target") if isinstance(study, dict) else None,
        "raw": sorted(set(raw)),
    }


def _is_same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Return whether two turns ask the same of the same data; no data known is no difference."""
    plain = all(one.get(key) == two.get(key) for key in ("revision", "target"))
    raws = [
        {*found} if isinstance(found := side.get("raw"), list) else set() for side in (one, two)
    ]
    return plain and (not all(raws) or bool(raws[0] & raws[1]))


def kept(project: Project, results: Results, causes: Causes) -> dict[str, Any]:
    """Return what a pass keeps of predictions: the scores, and what it had measured.

    Parameters
    ----------
    project : Project
    results : Results
        Of the pass that has just been completed.
    causes : Causes
        What it was made from.
    """
    found = registered(project)
    scores = {row["id"]: row for row in scored(found, results)}
    state = {
        name: {key: row[key] for key in ("value", "low", "high", "state")}
        for name, row in scores.items()
    }
    return {
        "turn": turn(table_of(causes.settings), causes.data.values()),
        "rows": [row | state[row["id"]] for row in rows_of(found)],
        "measured": put_json(project, sorted(_all_measured(results))),
    }


def _all_measured(results: Results) -> set[str]:
    criteria = results.settings.get("study", {}).get("criteria", [])
    numbered = [f"criteria.{number}" for number in range(1, len(criteria) + 1)]
    return {*results.addresses(), *(one for one in numbered if measured(one, results))}


class _Pass:
    """What one pass knew: its name, its turn, its predictions and what it had measured."""

    def __init__(self, project: Project, content: dict[str, Any], where: str) -> None:
        self.number, self.name = content["number"], f"pass {content['number']}{where}"
        found = content.get("predictions")
        self.facts = found if isinstance(found, dict) else {}
        self.rows = parsed(self.facts.get("rows"))
        states = self.facts.get("rows") if self.rows else []
        self.states = {row.get("id"): row.get("state") for row in states if isinstance(row, dict)}
        self.turn = self.facts.get("turn") or _turn_of(project, content)
        self.measured = self._read(project, content)

    def _read(self, project: Project, content: dict[str, Any]) -> set[str]:
        """Return the addresses at which something stood; of an older pass those of the headline."""
        name = self.facts.get("measured")
        try:
            found = get_json(project, name) if isinstance(name, str) else None
        except (UserError, ValueError):
            found = None
        if isinstance(found, list):
            return {one for one in found if isinstance(one, str)}
        metric = (content["metrics"].get("primary") or {}).get("name")
        sets = content["sets"]
        of_sets = {f"{one}.{metric}.{who}" for one, entry in sets.items() for who in entry}
        return of_sets | {f"gain.{one}.{metric}" for one in sets}

    def had(self, of: str) -> bool:
        """Return whether the result at an address was known once the pass was complete."""
        plain = re.sub(r"^pass\d+\.", "", of)
        return {plain, _END.sub("", plain)} & self.measured != set()


def _turn_of(project: Project, content: dict[str, Any]) -> dict[str, Any] | None:
    """Return the turn of a pass that took none down, from what it was made from."""
    try:
        causes = causes_of(project, content)
    except (UserError, ValueError):
        return None
    return None if causes is None else turn(table_of(causes.settings), causes.data.values())


def _passes(project: Project) -> list[_Pass]:
    """Return what the passes know, oldest first, those of before a reset too."""
    found = []
    for folder in sorted((project.root / "attic").glob("*/results/passes")):
        before = Project(folder.parent.parent)
        found += [_Pass(before, past, " before a reset") for past in all_passes(before)]
    return [*found, *(_Pass(project, past, "") for past in all_passes(project))]


# What is known of a prediction.


def turn_now(project: Project) -> dict[str, Any]:
    """Return the turn of the loop that the results are of."""
    return turn(settings_table(project), raw_hashes(project).values())


def late(project: Project, predictions: Iterable[Prediction]) -> dict[tuple, str]:
    """Return by its key, in words, why a prediction was written after its result was known."""
    passes, now = _passes(project), turn_now(project)
    remembered = _remembered(project).get(fingerprint(_asked(project)), {})
    found = {}
    for one in predictions:
        own = [past for past in passes if _is_of(past, one, now)]
        held = [any(row.key == one.key for row in past.rows) for past in own]
        first = next((at for at, past in enumerate(own) if past.had(one.of)), None)
        if first is not None and True not in held[: first + 1]:
            found[one.key] = f"{own[first].name} had measured it{_was(one, own[: first + 1])}"
        elif remembered.get(fingerprint(list(one.key))):
            found[one.key] = "its result was known when it was written"
    return found


def _is_of(past: _Pass, one: Prediction, now: dict[str, Any]) -> bool:
    """Return whether a pass may have known the result that a prediction is of."""
    named = re.match(r"pass(\d+)\.", one.of)
    if named:
        return past.number == int(named[1])
    return isinstance(past.turn, dict) and _is_same(past.turn, now)


def _was(one: Prediction, passes: list[_Pass]) -> str:
    """Return what a prediction was before, where it stood there with another bound."""
    rows = [row for past in passes for row in past.rows if row.id == one.id and row.key != one.key]
    if not rows:
        return ""
    where = "" if rows[-1].of == one.of else f" for {rows[-1].of}"
    return f"; it was {rows[-1].words}{where}"


def withdrawn(project: Project, predictions: Iterable[Prediction]) -> list[dict[str, Any]]:
    """Return a row, as of `scored`, for each prediction that is gone since a pass scored it."""
    now, keys = turn_now(project), {one.key for one in predictions}
    found: dict[tuple, dict[str, Any]] = {}
    for past in _passes(project):
        if not isinstance(past.turn, dict) or not _is_same(past.turn, now):
            continue
        for one in past.rows:
            state = past.states.get(one.id)
            if one.key in keys or state in (None, WAITING) or one.key in found:
                continue
            note = f"{past.name} had found it {state}, and it is gone since"
            row = {"id": f"{one.id} ({past.name})", "prediction": one.sentence, "of": one.of}
            ends = {"value": None, "low": None, "high": None}
            found[one.key] = (
                row | {"predicted": one.words} | ends | {"state": WITHDRAWN, "note": note}
            )
    return list(found.values())


def earlier(project: Project, predictions: Iterable[Prediction]) -> dict[tuple, str]:
    """Return by its key how a prediction stood in passes of other turns, in words."""
    now, found = turn_now(project), {}
    for past in _passes(project):
        if not isinstance(past.turn, dict) or _is_same(past.turn, now):
            continue
        for row in past.rows:
            if past.states.get(row.id) not in (None, WAITING):
                found.setdefault(row.key, []).append(f"{past.name}: {past.states[row.id]}")
    return {one.key: "; ".join(found[one.key]) for one in predictions if one.key in found}


def running(project: Project) -> int:
    """Return the number that a new pass would have."""
    return max((past["number"] for past in all_passes(project)), default=0) + 1


def table(project: Project, results: Results, *, chapter: str = "") -> pd.DataFrame:
    """Return every prediction with how it stands, those that are withdrawn too.

    Parameters
    ----------
    project : Project
    results : Results
    chapter : str, optional
        The one that asks; see `boxloop.record.predictions.scored`.

    Returns
    -------
    DataFrame
        Index: ids. Columns as in `boxloop.record.predictions.scored`, and ``earlier``.
    """
    import pandas as pd

    for name in CHAPTERS:
        if (path := project.station(name) / FILE).is_file():
            results.note(path)
    found = unique(registered(project))
    known = {"late": late(project, found), "running": running(project), "chapter": chapter}
    before = earlier(project, found)
    rows = [
        row | {"earlier": before.get(one.key, "")}
        for one, row in zip(found, scored(found, results, **known), strict=True)
    ]
    rows += [row | {"waits": False, "earlier": ""} for row in withdrawn(project, found)]
    columns = [*COLUMNS, "earlier"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


# What is remembered from one run to the next.


def _asked(project: Project) -> dict[str, Any]:
    """Return revision and target: what a memory is kept for."""
    return {key: value for key, value in turn(settings_table(project), ()).items() if key != "raw"}


def _remembered(project: Project) -> dict[str, dict[str, bool]]:
    """Return by turn, then by prediction, whether its result was known when it was written."""
    content = read_cache(project.passes / FILE)
    content = content if isinstance(content, dict) else {}
    return {
        name: {key: known for key, known in rows.items() if isinstance(known, bool)}
        for name, rows in content.items()
        if isinstance(rows, dict)
    }


def remember(project: Project, one: Prediction, results: Results, *, old: list[Prediction]) -> None:
    """Take down, the first time a prediction is met, whether a result of it lies there already.

    Parameters
    ----------
    project : Project
    one : Prediction
    results : Results
        As earlier runs have left them.
    old : list of Prediction
        Those that the chapter held when it ran last.
    """
    memory, name = _remembered(project), fingerprint(_asked(project))
    rows, key = memory.setdefault(name, {}), fingerprint(list(one.key))
    if key in rows:
        return
    before = any(one.key == row.key for row in old)
    rows[key] = not before and _lies_there(project, one.of, results)
    write_json(project.passes / FILE, memory)


def _lies_there(project: Project, of: str, results: Results) -> bool:
    """Return whether an earlier run has left a result of this turn at an address."""
    if re.match(r"pass\d+\.", of) or measured(of, results) is None:
        return False
    chapter = results.measured_in(of)
    facts = read_cache(project.station(chapter) / "station.json") if chapter else None
    if not isinstance(facts, dict) or facts.get("smoke"):
        return False
    known = facts.get("settings") if isinstance(facts.get("settings"), dict) else {}
    table = settings_table(project)
    revision = setting(table, "revision")
    if known.get("revision", setting({}, "revision")) != revision:
        return False
    return all(_is_still(project, name, sha) for name, sha in raw_hashes(project).items())


def _is_still(project: Project, name: str, sha: str) -> bool:
    path = project.root / name
    try:
        return path.is_file() and file_hash(project, path) == sha
    except (OSError, UserError):
        return False
