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
from boxloop.base.objects import get_json, put_json
from boxloop.base.places import Project
from boxloop.notebooks.beliefs import OPEN, RIGHT, WRONG
from boxloop.notebooks.folder import chapter_names
from boxloop.notebooks.memory import raw_hashes
from boxloop.notebooks.stated import Entry
from boxloop.record.causes import Causes, causes_of
from boxloop.record.edits import table_of
from boxloop.record.facts import file_hash, setting, settings_table
from boxloop.record.passes import all_passes
from boxloop.record.predictions import (
    CHAPTERS,
    COLUMNS,
    FILE,
    LATE,
    OF_PASS,
    WAITING,
    Past,
    Prediction,
    Results,
    known_already,
    measured,
    objection,
    parsed,
    registered,
    rows_of,
    scored,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd


WITHDRAWN = "withdrawn"
PARTS = ("value", "low", "high")
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
    scores = {row["id"]: row for row in scored(found, results, past=past_of(project, found))}
    state = {name: {key: row[key] for key in (*PARTS, "state")} for name, row in scores.items()}
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
        self.number, self.attic = content["number"], where
        self.name = f"pass {self.number}{where}"
        found = content.get("predictions")
        self.facts = found if isinstance(found, dict) else {}
        damaged = found is not None and not (
            isinstance(self.facts.get("turn"), dict) and isinstance(self.facts.get("rows"), list)
        )
        self.rows = parsed(self.facts.get("rows"))
        states: Any = self.facts.get("rows") if self.rows else []
        self.states = {row.get("id"): row.get("state") for row in states if isinstance(row, dict)}
        self.turn = None if damaged else self.facts.get("turn") or _turn_of(project, content)
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

    def state(self, one: Prediction) -> str | None:
        """Return how a prediction stood in this pass, None where it did not stand there."""
        own = next((row for row in self.rows if row.key == one.key), None)
        return None if own is None else str(self.states.get(own.id) or WAITING)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield the addresses of what this pass found of its predictions, and the entries."""
        rows: Any = self.facts.get("rows") if self.rows else []
        values = {row.get("id"): row for row in rows if isinstance(row, dict)}
        for one in self.rows:
            ends: dict[str, Any] = {key: values[one.id].get(key) for key in PARTS}
            if all(end is None or isinstance(end, int | float) for end in ends.values()):
                address = f"pass{self.number}.{OF_PASS.sub('', one.of)}"
                yield address, Entry(address, **ends)

    def had(self, of: str) -> bool:
        """Return whether the result at an address was known once the pass was complete."""
        plain = OF_PASS.sub("", of)
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


def late(
    project: Project, predictions: Iterable[Prediction], passes: list[_Pass]
) -> dict[tuple, str]:
    """Return by its key, in words, why a prediction was written after its result was known."""
    now = turn_now(project)
    remembered = _remembered(project).get(fingerprint(_asked(project)), {})
    found = {}
    for one in predictions:
        own = [past for past in passes if _is_of(past, one, now)]
        first = next((at for at, past in enumerate(own) if past.had(one.of)), None)
        known = [] if first is None else own[: first + 1]
        states = [past.state(one) for past in own]
        if known and not any(states[: len(known)]):
            found[one.key] = f"{known[-1].name} had measured it{_was(one, known)}"
        elif LATE in states or _is_known(remembered.get(fingerprint(list(one.key))), now["raw"]):
            found[one.key] = "its result was known when it was written"
    return found


def _is_known(raw: Any, now: list[str]) -> bool:
    """Return whether a result was known that came from the raw data of now."""
    return isinstance(raw, list) and (not raw or not now or bool({*raw} & {*now}))


def _is_of(past: _Pass, one: Prediction, now: dict[str, Any]) -> bool:
    """Return whether a pass may have known the result that a prediction is of."""
    named = OF_PASS.match(one.of)
    if named:
        return past.number == int(named[1]) and not past.attic
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
            if one.key in keys or state not in (RIGHT, WRONG, OPEN) or one.key in found:
                continue
            note = f"{past.name} had found it {state}, and it is gone since"
            row = {"id": f"{one.id} ({past.name})", "prediction": one.sentence, "of": one.of}
            ends = dict.fromkeys(PARTS)
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


def past_of(project: Project, predictions: Iterable[Prediction]) -> Past:
    """Return what the passes know of predictions."""
    passes = _passes(project)
    own = [past for past in passes if past.attic == ""]
    running = max((past.number for past in own), default=0) + 1
    kept = {address: entry for past in own for address, entry in past.entries()}
    return Past(late(project, predictions, passes), kept, running)


def rows(project: Project, results: Results, *, chapter: str = "") -> list[dict[str, Any]]:
    """Return every prediction with how it stands, those that are withdrawn too.

    Parameters
    ----------
    project : Project
    results : Results
    chapter : str, optional
        The one that asks; see `boxloop.record.predictions.scored`.

    Returns
    -------
    list of dict
        As `boxloop.record.predictions.scored` returns them, with ``earlier``.
    """
    for name in CHAPTERS:
        if (path := project.station(name) / FILE).is_file():
            results.note(path)
    found = unique(registered(project))
    before, past = earlier(project, found), past_of(project, found)
    scores = scored(found, results, chapter=chapter, past=past)
    here = [
        row | {"earlier": before.get(one.key, "")} for one, row in zip(found, scores, strict=True)
    ]
    return here + [row | {"waits": False, "earlier": ""} for row in withdrawn(project, found)]


def table(project: Project, results: Results, *, chapter: str = "") -> pd.DataFrame:
    """Return `rows` as a table with the ids as its index."""
    import pandas as pd

    columns = [*COLUMNS, "earlier"]
    return pd.DataFrame(rows(project, results, chapter=chapter), columns=columns).set_index("id")


# What is remembered from one run to the next.


def _asked(project: Project) -> dict[str, Any]:
    """Return revision and target: what a memory is kept for."""
    return {key: value for key, value in turn(settings_table(project), ()).items() if key != "raw"}


def _remembered(project: Project) -> dict[str, dict[str, Any]]:
    """Return by turn, then by prediction, the raw data of a result that was known when it came.

    None where no result was.
    """
    content = read_cache(project.passes / FILE)
    content = content if isinstance(content, dict) else {}
    return {name: dict(rows) for name, rows in content.items() if isinstance(rows, dict)}


def register(one: Prediction, here: Any, results: Results) -> list[Prediction]:
    """Return the predictions of a chapter with one more, and remember when it was written.

    Parameters
    ----------
    one : Prediction
    here : boxloop.record.station.Station
    results : Results
        As earlier runs have left them.

    Raises
    ------
    UserError
        If the name is another prediction's, the address is none, or its result is known already.
    """
    call = f"here.predict({one.id!r})"
    before = [row for row in registered(here.project) if row.chapter < here.name]
    for row in [*before, *here._predicted]:  # noqa: SLF001  # its desk
        if row.id == one.id and row != one:
            msg = f"{call} is another prediction in {row.chapter}: give it its own id."
            raise UserError(msg)
    names = chapter_names(here.project)
    if what := objection(one.of, names, len(here.settings.study.criteria)):
        msg = f"{call}: of={one.of!r} is no address of a result: {what}."
        raise UserError(msg)
    if where := known_already(one.of, here):
        msg = f"{call}: {one.of} is known already, from {where}: predict it before that."
        raise UserError(msg)
    if not here.smoke:
        remember(here.project, one, results, old=here._predicted_before)  # noqa: SLF001
    return [row for row in here._predicted if row.id != one.id] + [one]  # noqa: SLF001


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
    before = any(one.key == row.key for row in old) or _is_held(project, one)
    known = not before and _lies_there(project, one.of, results)
    rows[key] = sorted({*raw_hashes(project).values()}) if known else None
    write_json(project.passes / FILE, memory)


def _is_held(project: Project, one: Prediction) -> bool:
    """Return whether a pass of this turn holds a prediction, so that it is no new one."""
    now = turn_now(project)
    return any(past.state(one) for past in _passes(project) if _is_of(past, one, now))


def _lies_there(project: Project, of: str, results: Results) -> bool:
    """Return whether an earlier run has left a result of this turn at an address."""
    if OF_PASS.match(of) or measured(of, results) is None:
        return False
    chapter = results.measured_in(of)
    facts = read_cache(project.station(chapter) / "station.json") if chapter else None
    if not isinstance(facts, dict) or facts.get("smoke"):
        return False
    known: Any = facts.get("settings")
    then = known.get("revision") if isinstance(known, dict) else None
    if (then or setting({}, "revision")) != setting(settings_table(project), "revision"):
        return False
    return all(_is_still(project, name, sha) for name, sha in raw_hashes(project).items())


def _is_still(project: Project, name: str, sha: str) -> bool:
    path = project.root / name
    try:
        return path.is_file() and file_hash(project, path) == sha
    except (OSError, UserError):
        return False
