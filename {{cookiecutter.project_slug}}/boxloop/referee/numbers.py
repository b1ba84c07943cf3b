"""Every number again from the stored predictions, and what follows from the numbers.

Of each set of rows the chapters have kept what its numbers were made of; from that metrics and
intervals are computed again, from those ``metrics.json`` with its criteria, the headline and the
verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.record import verdict
from boxloop.record.results import assemble_checks, assemble_metrics, chapter_numbers, past_of
from boxloop.referee.asked import Rules, rules
from boxloop.referee.finding import (
    AGREES,
    CANNOT_TELL,
    DIFFERS,
    Finding,
    count,
    differences,
    leaves,
)

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "numbers"
METRICS, CHECKS, VERDICT = (f"results/{name}.json" for name in ("metrics", "checks", "verdict"))
RELEASE = "results/08_release/release.json"
TRAINED = "04_train"
EVIDENCE = "sets"  # the folder of a chapter that keeps what its numbers were made of


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which numbers were found again, set by set, and what follows from them."""
    sets: dict[str, Any] = {}
    rows: list[dict] = []
    again: set[str] = set()
    for chapter in sent.chapters:
        where = f"results/{chapter}/metrics.json"
        left, asked = sent.json(where).get("sets"), rules(sent, chapter)
        for name, entry in (left if isinstance(left, dict) else {}).items():
            found = yield from _set(sent, chapter, name, entry, asked)
            sets[name] = found or entry
            again |= {name} if found else set()
        rows += sent.json(f"results/{chapter}/checks.json", list)
    yield from _released(sent, sets)
    yield from _whole(sent, sets, rows)
    yield from _headline(sent, again)


def _set(sent: Sent, chapter: str, name: str, entry: Any, asked: Rules):
    """Yield whether the numbers of a set follow from its evidence; return them as found."""
    from boxloop.measure.sets import measured_again, stem

    place, where = f"results/{chapter}/{EVIDENCE}", f"results/{chapter}/metrics.json"
    rows = f"{place}/{stem(name)}.parquet"
    stored = entry.get("metrics") if isinstance(entry, dict) else None
    size = count(sum(isinstance(v, int | float) for _, v in leaves(stored)), "number")
    if not sent.has(rows):
        yield _without_evidence(sent, chapter, name, size, rows, keeps=asked.keeps)
        return None
    yield from _asked_with(sent, chapter, name, asked)
    try:
        found = measured_again(sent.file(place) / name, sent.settings)
    except UserError as error:
        yield Finding(PART, DIFFERS, f"{chapter}, set {name}: {error}", rows)
        return None
    if other := differences(stored, found):
        said = f"{chapter}, set {name}: {len(other)} of {size} do not follow from the predictions."
        yield Finding(PART, DIFFERS, said, where, _named(f"sets.{name}.metrics", other))
    else:
        said = f"{chapter}, set {name}: {size}, intervals among them, found again."
        yield Finding(PART, AGREES, said, rows)
    if chapter != TRAINED:  # in time its first rows are no one's to predict
        yield from _sizes(sent, f"{chapter}, set {name}", entry, rows)
    return entry | {"metrics": found}


def _sizes(sent: Sent, what: str, entry: dict, rows: str) -> Iterator[Finding]:
    """Yield whether a set is told to be larger or smaller than its evidence."""
    table = sent.table(rows)
    if table is None or "unit" not in table:
        return
    found = {"n_rows": len(table), "n_groups": int(table["unit"].nunique())}
    told = {name: entry.get(name) for name in found}
    if other := differences(told, found):
        sizes = f"{count(len(table), 'row')} in {count(found['n_groups'], 'group')}"
        said = f"{what}: its predictions are of {sizes}."
        yield Finding(PART, DIFFERS, said, rows, tuple(other))


def _asked_with(sent: Sent, chapter: str, name: str, asked: Rules) -> Iterator[Finding]:
    """Yield whether a set was measured with other draws or another seed than its chapter has."""
    from boxloop.measure.sets import stem

    where = f"results/{chapter}/{EVIDENCE}/{stem(name)}.json"
    for what in ("draws", "seed"):
        known, told = getattr(asked, what), sent.json(where).get(what)
        if known and told not in known:
            right = " or ".join(map(str, sorted(known)))
            said = (
                f"{chapter}, set {name}: measured with {what} {told}, and its chapter has {right}."
            )
            values = ((what, str(told), right),)
            state = DIFFERS if sent.same_machinery else CANNOT_TELL
            yield Finding(PART, state, said, where, values)


def _without_evidence(
    sent: Sent, chapter: str, name: str, size: str, rows: str, *, keeps: bool
) -> Finding:
    """Return what to say of a set whose predictions are not there.

    Where the code of a chapter has them kept, nobody but the sender can have taken them away.
    """
    shared = sent.settings.release.share_predictions
    kept = rows in (sent.station(chapter).get("makes") or {})
    kept = kept or (keeps and sent.same_machinery)
    why = "were not kept" if shared else "are not shared, as study.toml says"
    why = "are missing in the release" if shared and kept else why
    said = f"{chapter}, set {name}: {size} cannot be found again, for its predictions {why}."
    return Finding(PART, DIFFERS if shared and kept else CANNOT_TELL, said, rows)


def _named(before: str, rows: list[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"{before}.{at}" if at else before, one, two) for at, one, two in rows)


def _released(sent: Sent, sets: dict) -> Iterator[Finding]:
    """Yield whether the numbers kept with the newest release are those of its sets."""
    listed = sent.json(RELEASE).get("releases")
    newest = listed[-1] if isinstance(listed, list) and listed else {}
    kept = newest.get("sets") if isinstance(newest, dict) else None
    for name, entry in (kept if isinstance(kept, dict) else {}).items():
        if other := differences(entry, sets.get(name)):
            said = f"{RELEASE} keeps other numbers of the set {name} than its predictions give."
            yield Finding(PART, DIFFERS, said, RELEASE, _named(f"sets.{name}", other))


def _whole(sent: Sent, sets: dict, rows: list[dict]) -> Iterator[Finding]:
    """Yield whether metrics.json, checks.json and the verdict follow from the chapters."""
    settings, project = sent.settings, sent.project
    numbers = chapter_numbers(project, settings.study.criteria)
    metrics = assemble_metrics(sets, settings, past_of(project), numbers)
    stored = sent.json(METRICS)
    for part in {**metrics, **stored}:
        what = WORDS.get(part, part)
        if other := differences(stored.get(part), metrics.get(part)):
            said = f"{METRICS}: {what} not as {'they follow' if part in MANY else 'it follows'}."
            yield Finding(PART, DIFFERS, said, METRICS, _named(part, other))
    size = sum(isinstance(v, int | float) for _, v in leaves(stored))
    yield Finding(PART, AGREES, f"{METRICS}: {count(size, 'number')} compared.", METRICS)
    late = {name: [] for name in sent.chapters if not sent.station(name)}
    checks = assemble_checks(rows, settings, sent.chapters, late)
    yield from _compared(sent.json(CHECKS, list), checks, CHECKS, "The checks")
    undone = [[name, "has not run yet"] for name in late]
    judged = verdict.judge(checks, metrics, settings, undone=undone)
    yield from _compared(sent.json(VERDICT), judged or {}, VERDICT, "The verdict")
    state, told = (judged or {}).get("state"), sent.manifest.get("verdict")
    told = told.get("state") if isinstance(told, dict) else told
    if told not in (state, (judged or {}).get("sentence"), verdict.line(judged)):
        values = (("verdict", str(told), str(state)),)
        said = "release.json tells another verdict than the one that follows."
        yield Finding(PART, DIFFERS, said, "release.json", values)


def _headline(sent: Sent, again: set[str]) -> Iterator[Finding]:
    """Yield whether what the headline says was found again: without that nothing is borne out."""
    primary = sent.json(METRICS).get("primary")
    where = primary.get("set") if isinstance(primary, dict) else None
    if where not in again:
        said = f"The headline speaks of the set {where}, whose numbers cannot be found again here."
        yield Finding(PART, CANNOT_TELL, said, METRICS, needed=True)
        return
    study, sets = sent.settings.study, sent.json(METRICS).get("sets") or {}
    asked = [study.primary_metric, *study.secondary_metrics]
    if lacking := [name for name in asked if name not in sets[where].get("metrics", {})]:
        said = f"The set {where} lacks metrics that study.toml asks for: {', '.join(lacking)}."
        yield Finding(PART, DIFFERS, said, METRICS)


MANY = ("secondary", "criteria", "openings", "sets")
WORDS = {
    "primary": "the headline is",
    "secondary": "the secondary metrics are",
    "criteria": "the criteria are",
    "openings": "the openings are",
    "lock": "what is said of locked criteria is",
    "sets": "the sets are",
}


def _compared(stored: Any, found: Any, where: str, what: str) -> Iterator[Finding]:
    """Yield whether a file says what follows from the chapters."""
    if isinstance(found, list):  # by their ids, so that one that is gone moves no other
        stored, found = (_by_id(rows) for rows in (stored, found))
    if other := differences(stored, found):
        said = f"{what} of {where} {'are' if what.endswith('s') else 'is'} not what follows."
        yield Finding(PART, DIFFERS, said, where, _named("", other))
    else:
        verb = "follow" if what.endswith("s") else "follows"
        yield Finding(PART, AGREES, f"{what} {verb} from what the chapters found.", where)


def _by_id(rows: list) -> dict[str, Any]:
    return {str(row.get("id")): row for row in rows if isinstance(row, dict)}
