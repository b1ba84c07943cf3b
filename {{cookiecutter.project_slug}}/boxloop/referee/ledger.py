"""What the ledger says: its chain, the openings and why, and whether results and passes agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.notebooks.file import read_notebook, source
from boxloop.notebooks.graph import read_loop
from boxloop.record.kept import numbers_kept
from boxloop.record.passes import all_passes, damaged_by_number, numbers_taken, snapshot
from boxloop.record.release import releases
from boxloop.referee import kept
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count, differences, text
from boxloop.split.ledger import check_chain, known_heads, parse
from boxloop.split.locked import Past, times, whole
from boxloop.split.seal import last

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "ledger"
WHERE = "data/sealed/ledger.jsonl"
RELEASES = "results/08_release/release.json"
PREDICTIONS = "results/08_release/predictions.parquet"
PASSES = "results/passes"
# What a pass keeps of a table of 04, where that is in the release.
KEPT_FROM = {
    "attempts": "results/04_train/attempts.csv",
    "spread": "results/04_train/seeds.csv",
}
_PASS = re.compile(r"\(#pass(\d+)\.")


def look(sent: Sent) -> Iterator[Finding]:
    """Yield what is found of the ledger, the releases on record and the passes."""
    events = yield from _chain(sent)
    if events is not None:
        yield from _order(events)
        yield from _openings(sent, events)
        yield from _releases(sent, events)
        yield from _rows(sent, events)
    yield from _passes(sent)


def _chain(sent: Sent):
    """Yield whether the ledger holds together and is the newest that results know of."""
    if not sent.has(WHERE):
        yield Finding(PART, DIFFERS, "The ledger is missing: nobody can count openings.", WHERE)
        return None
    try:
        events = parse(sent.file(WHERE).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        yield Finding(PART, DIFFERS, "The ledger is damaged: a line of it is no event.", WHERE)
        return None
    heads = known_heads(sent.project)
    if problem := check_chain(events, heads):
        lacks = problem.startswith("lacks")
        words = " It is older than the results, or was cut." if lacks else ""
        yield Finding(PART, DIFFERS, f"The ledger {problem}.{words}", WHERE)
    else:
        lines = count(len(events), "line")
        said = f"The ledger holds together: {lines}, with all {len(heads)} that results have seen."
        yield Finding(PART, AGREES, said, WHERE)
    return events


def _order(events: list[dict]) -> Iterator[Finding]:
    """Yield whether the test set was sealed before it was opened, and no line is older."""
    names = [event["event"] for event in whole(events)]
    if "opened" in names and "sealed" not in names[: names.index("opened")]:
        yield Finding(PART, DIFFERS, "The test set was opened before anything was sealed.", WHERE)
    stamps = [str(event.get("time", "")) for event in events]
    late = [n for n, (one, two) in enumerate(pairwise(stamps), 2) if two < one]
    if late:
        said = (
            f"Line {late[0]} of the ledger is dated before the line above: two clones, or clocks."
        )
        yield Finding(PART, CANNOT_TELL, said, WHERE)


def _openings(sent: Sent, events: list[dict]) -> Iterator[Finding]:
    """Yield how often the test set was opened, why, and what was in the way."""
    past = Past(events)
    number = len(past.counted) + past.uncounted
    said = f"The test set was {past.words}."
    stated = sent.manifest.get("openings")
    raw = sum(event["event"] == "opened" for event in whole(events))
    if stated not in (number, raw):
        said += f" {_manifest()} says {text(stated)}."
        values = (("openings", text(stated), str(number)),)
        yield Finding(PART, DIFFERS, said, WHERE, values)
    else:
        yield Finding(PART, AGREES, said, WHERE)
    for event in (dict(one.event) for one in past.openings):
        when, why = str(event.get("time", ""))[:10], text(event.get("reason", "no reason"))
        line = f"Opened {when} for model {str(event.get('model'))[:12]}: “{why}”."
        if event.get("anyway"):
            despite = event.get("despite")
            words = " ".join(map(str, despite)) if isinstance(despite, list) else ""
            line += f" In spite of obstacles, because “{text(event['anyway'])}”: {words}"
        yield Finding(PART, AGREES, line.strip(), WHERE)
    if past.entry_words:
        yield Finding(PART, AGREES, f"The test set was {past.entry_words}.", WHERE)


def _manifest() -> str:
    return "release.json"


def _releases(sent: Sent, events: list[dict]) -> Iterator[Finding]:
    """Yield whether each opening has its release, each release its opening, and today's model."""
    try:
        listed = releases(sent.project)
    except UserError as error:
        yield Finding(PART, DIFFERS, str(error), RELEASES)
        return
    opened = _opened(events)
    for row in listed:
        key = (row.get("sealed"), row.get("model_hash"))
        model = str(row.get("model_hash"))[:12]
        if key not in opened:
            said = f"Numbers of model {model} are on record, and the ledger has no such opening."
            yield Finding(PART, DIFFERS, said, RELEASES)
        elif row.get("reason") not in opened[key] and "reason" in row:
            said = f"The reason for the release of model {model} is not that in the ledger."
            values = (("reason", text(row.get("reason")), text(opened[key][-1])),)
            yield Finding(PART, DIFFERS, said, RELEASES, values)
    known = {(row.get("sealed"), row.get("model_hash")) for row in listed}
    for _, model in (key for key in opened if key not in known):
        said = f"The test set was opened for model {str(model)[:12]}, whose numbers are not there."
        yield Finding(PART, DIFFERS, said, RELEASES)
    yield from _model_of_today(sent, listed)
    said = (
        f"{count(len(listed), 'release')} on record, {count(len(opened), 'model')} in the ledger."
    )
    yield Finding(PART, AGREES, said, RELEASES)


def _opened(events: list[dict]) -> dict[tuple[Any, Any], list]:
    """Return the reasons of the openings in the ledger by rows and model."""
    sealed, found = None, {}
    for event in events:
        sealed = event.get("content") if event["event"] == "sealed" else sealed
        if event["event"] == "opened":
            found.setdefault((sealed, event.get("model")), []).append(event.get("reason"))
    return found


def _rows(sent: Sent, events: list[dict]) -> Iterator[Finding]:
    """Yield whether predictions are kept of all rows that were sealed, set by set."""
    known = (last(events, "sealed") or {}).get("rows")
    table = sent.table(PREDICTIONS)
    if not known or table is None or "set" not in table:
        return
    counts = table["set"].value_counts()
    there = {name: int(counts.get(name, 0)) for name in known}
    if any(there.values()) and there != known:
        rows = tuple((n, str(known[n]), str(there[n])) for n in known if there[n] != known[n])
        said = f"{PREDICTIONS} has other rows than were sealed: {', '.join(r[0] for r in rows)}."
        yield Finding(PART, DIFFERS, said, PREDICTIONS, rows)
    elif any(there.values()):
        said = f"Of all {count(sum(known.values()), 'row')} that were sealed predictions are there."
        yield Finding(PART, AGREES, said, PREDICTIONS)


def _model_of_today(sent: Sent, listed: list[dict]) -> Iterator[Finding]:
    """Yield whether the model of the manifest, of 04 and of the last release are one."""
    hashes = {
        "release.json": sent.manifest.get("model_hash"),
        "results/04_train/model.json": sent.json("results/04_train/model.json").get("model_hash"),
        "model/facts.json": sent.json("model/facts.json").get("model_hash"),
    }
    if listed:
        hashes[f"the newest release in {RELEASES}"] = listed[-1].get("model_hash")
    if len(set(map(str, hashes.values()))) > 1:
        values = tuple((name, text(value), "") for name, value in hashes.items())
        said = "The files that name the released model do not name the same one."
        yield Finding(PART, DIFFERS, said, RELEASES, values)


def _passes(sent: Sent) -> Iterator[Finding]:
    """Yield how many passes there are, which are gone, and whether the last one says the same."""
    for sentence in damaged_by_number(sent.project).values():
        yield Finding(PART, DIFFERS, sentence, PASSES)
    taken, passes = numbers_taken(sent.project), all_passes(sent.project)
    if gone := sorted({*range(1, max(taken, default=0) + 1), *_linked(sent)} - {*taken}):
        names = ", ".join(map(str, gone))
        said = f"Pass {names} is gone." if len(gone) == 1 else f"Passes {names} are gone."
        yield Finding(PART, DIFFERS, said, PASSES)
    stated = sent.manifest.get("passes")
    if stated != len(taken):
        said = f"release.json counts {text(stated)} passes, and there are {len(taken)}."
        yield Finding(PART, DIFFERS, said, PASSES, (("passes", text(stated), str(len(taken))),))
    if not passes:
        yield Finding(PART, DIFFERS, "No completed pass is on record.", PASSES)
        return
    last, where = passes[-1], f"{PASSES}/{passes[-1]['number']:03d}.json"
    if not last["released"]:
        yield Finding(PART, DIFFERS, f"Pass {last['number']} was not released.", where)
    if found := _moved(sent, last):
        said = f"Pass {last['number']} keeps other results than those in the release."
        yield Finding(PART, DIFFERS, said, where, tuple(found))
    else:
        released = sum(one["released"] for one in passes)
        said = f"{count(len(passes), 'pass', 'passes')}, {times(released)} released."
        yield Finding(PART, AGREES, said, where)
    yield from kept.look(sent, passes)


def _moved(sent: Sent, last: dict) -> list[tuple[str, str, str]]:
    """Return what the last pass keeps of the results that is not what they say now."""
    now, parts = snapshot(sent.project), ["metrics", "sets", "checks"]
    shared = sent.settings.release.share_data
    parts += [
        part for part, where in KEPT_FROM.items() if part in last and (shared or sent.has(where))
    ]
    found = [
        (f"{part}.{name}" if name else part, one, two)
        for part in parts
        for name, one, two in differences(last.get(part), now[part])
    ]
    return found + _numbers(sent, last.get("numbers") or {})


def _numbers(sent: Sent, then: dict) -> list[tuple[str, str, str]]:
    """Return which numbers that prose may speak of are others now; what is not shared is none."""
    try:
        now = numbers_kept(sent.project, read_loop(sent.project))
    except UserError:  # a notebook that is damaged is told of among the sources
        return []
    both = [name for name in then if name in now]
    return differences({name: then[name] for name in both}, {name: now[name] for name in both})


def _linked(sent: Sent) -> set[int]:
    """Return the numbers of the passes that the prose speaks of."""
    found: set[int] = set()
    for path in sent.project.notebooks.glob("*.ipynb"):
        try:
            cells = read_notebook(path)["cells"]
        except UserError:  # told of among the sources
            continue
        prose = [source(cell) for cell in cells if cell.get("cell_type") == "markdown"]
        found |= {int(number) for text_ in prose for number in _PASS.findall(text_)}
    return found
