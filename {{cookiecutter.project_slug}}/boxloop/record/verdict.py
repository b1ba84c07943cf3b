"""The verdict: what may be said of a study, one sentence that is computed.

A leak, a seal that was broken, a model that beats nothing: one failed check of that weight, and no
number is to be believed (Kapoor and Narayanan 2023). Everything else narrows what may be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from boxloop.measure.numbers import decimals, ends, is_interval, is_number, short
from boxloop.record.excused import excuses, is_excused

if TYPE_CHECKING:
    from boxloop.settings.load import Settings


STATES = ("stands", "limited", "open", "void")
NONE = "none yet, nothing was run"
ANSWERS = "answers.complete"  # its value is the number of questions that wait
BESIDE = "criteria: none of the primary metric on the test set"
FITTED = ("exploration", "train_cv")  # rows that a model was fitted to or chosen by
QUANTITIES = {
    "value": "{metric}",
    "low": "lower end of {metric}",
    "high": "upper end of {metric}",
    "gain": "gain in {metric}",
    "difference_low": "lower end of the difference in {metric}",
}
# What becomes of a metric where the model is better, and where it is worse.
MOVES = {
    "lower": ("lower", "higher"),
    "higher": ("higher", "lower"),
    "zero": ("nearer to 0", "farther from 0"),
}


def judge(
    checks: list[dict],
    metrics: dict,
    settings: Settings | None,
    *,
    undone: Iterable[Sequence[str]] = (),
) -> dict | None:
    """Return the verdict, or None where nothing was checked.

    A failed check that voids: ``void``. Else anything unanswered, or a notebook that is not done:
    ``open``. Else a check that limits and failed, a check that voids and cannot tell, one of any
    weight that is waived or otherwise rests on its author's word, or a criterion that is not met,
    not measured, or was changed after an opening: ``limited``. Else ``stands``.

    Parameters
    ----------
    checks : list of dict
        Rows of ``checks.json``.
    metrics : dict
        Content of ``metrics.json``, its criteria judged; any part may be missing.
    settings : boxloop.settings.load.Settings or None
    undone : pairs of str
        A notebook whose results are not those of today, and what is wrong with it.

    Returns
    -------
    dict or None
        ``state``, ``sentence``, and ``because``: the ids of checks, names of notebooks, and
        ``criterion: NAME``.
    """
    undone = list(undone)
    if not checks:
        return None
    if void := _ids(checks, "void", "fail"):
        verb = "fails" if len(void) == 1 else "fail"
        return _verdict("void", f"Not to be believed: {_joined(void)} {verb}.", void)
    said = _said(checks, metrics, settings)
    waiting = [row["id"] for row in checks if row.get("state") == "unanswered"]
    if waiting or undone:
        # Numbers of yesterday are not repeated as if they were those of today.
        so_far = "" if undone else f" So far: {said[0].lower()}{said[1:]}"
        because = [*waiting, *(name for name, _ in undone)]
        return _verdict("open", f"{_open_words(checks, undone)}.{so_far}", because)
    because = _limits(checks, metrics)
    return _verdict("limited" if because else "stands", said, because)


def _said(checks: list[dict], metrics: dict, settings: Settings | None) -> str:
    """Return the claim as a sentence; before any number somebody's word against a computed leak."""
    said = f"{claim(metrics, settings)}{_failing(checks)}{_riders(metrics)}."
    if words := excuses(checks):
        return f"With {_joined(words)}: {said[0].lower()}{said[1:]}"
    return said


def _verdict(state: str, sentence: str, because: list[str]) -> dict:
    return {"state": state, "sentence": sentence, "because": because}


def line(verdict: dict | None) -> str:
    """Return the verdict as one line of text: ``"Verdict: limited. Better than ..."``."""
    said = f"{verdict['state']}. {verdict['sentence']}" if verdict else f"{NONE}."
    return f"Verdict: {said}"


def _ids(checks: list[dict], weight: str, *states: str) -> list[str]:
    return [
        row["id"] for row in checks if row.get("weight") == weight and row.get("state") in states
    ]


def _limits(checks: list[dict], metrics: dict) -> list[str]:
    """Return what narrows the claim: checks first, then criteria."""
    criteria = metrics.get("criteria") or []
    names = [
        *_ids(checks, "limit", "fail"),
        *(row["id"] for row in checks if is_excused(row)),
        *_ids(checks, "void", "cannot-tell"),
        *(["criteria.unchanged"] if _lock(metrics).get("after") else []),
        *(f"criterion: {row.get('name')}" for row in criteria if row.get("met") is not True),
        *([BESIDE] if _is_beside(metrics) else []),
    ]
    return list(dict.fromkeys(names))


def _lock(metrics: dict) -> dict:
    """Return what is known of criteria that were locked."""
    found = metrics.get("lock")
    return found if isinstance(found, dict) else {}


def _is_beside(metrics: dict) -> bool:
    """Return whether no criterion asks for the primary metric on sealed rows."""
    rows, primary = metrics.get("criteria") or [], metrics.get("primary") or {}
    names = {primary.get("name"), (primary.get("robust") or {}).get("name")}
    asked = [row for row in rows if row.get("metric") in names and _is_sealed(row)]
    return bool(rows and primary.get("name")) and not asked


def _riders(metrics: dict) -> str:
    """Return what goes with the claim: criteria that moved, openings beyond the first."""
    said = []
    if _lock(metrics).get("after"):
        said += [words[0].lower() + words[1:-1] for words in _lock(metrics).get("sentences", [])]
    opened = metrics.get("openings")
    if isinstance(opened, dict) and is_number(opened.get("count")) and opened["count"] > 1:
        said.append(f"the test set was {opened.get('words')}")
    return "".join(f"; {words}" for words in said)


def _failing(checks: list[dict]) -> str:
    """Return which checks fail without making the numbers void, for the end of a sentence."""
    names = _ids(checks, "limit", "fail")
    return f"; {_joined(names)} {'fails' if len(names) == 1 else 'fail'}" if names else ""


def waiting_words(checks: list[dict]) -> str:
    """Return how many questions and checks wait for a person: one count, wherever it is said."""
    rows = [row for row in checks if row.get("state") == "unanswered"]
    many = [row["value"] for row in rows if row["id"] == ANSWERS and is_number(row.get("value"))]
    questions, others = int(sum(many)), len(rows) - len(many)
    needed = [row["needed"] for row in rows if is_number(row.get("needed"))]
    parts = [f"{questions} question{'' if questions == 1 else 's'}{_needed(needed, questions)}"]
    parts = parts if questions else []
    parts += [f"{others} check{'' if others == 1 else 's'}"] if others else []
    verb = "waits" if questions + others == 1 else "wait"
    return f"{' and '.join(parts)} {verb} for an answer" if parts else ""


def waiting_ids(checks: list[dict]) -> list[str]:
    """Return the checks that wait; the one that counts the questions only where it waits alone."""
    ids = [row["id"] for row in checks if row.get("state") == "unanswered"]
    return [one for one in ids if one != ANSWERS] or ids


def _needed(known: list, questions: int) -> str:
    """Return how many of the questions a paper needs, where a check has said it."""
    if not known:
        return ""
    count = min(int(sum(known)), questions)
    which = "all" if count == questions else count or "none"
    return f" ({which} needed for a paper)"


def failing_words(checks: list[dict]) -> str:
    """Return how many checks fail, empty where none does."""
    count = sum(row.get("state") == "fail" for row in checks)
    return f"{count} {'check fails' if count == 1 else 'checks fail'}" if count else ""


def open_words(checks: list[dict]) -> str:
    """Return what fails and what waits, in the words of every command and of the cover."""
    return "; ".join(filter(None, [failing_words(checks), waiting_words(checks)]))


def _open_words(checks: list[dict], undone: list[Sequence[str]]) -> str:
    """Return what somebody still has to do."""
    alike: dict[str, list[str]] = {}
    for name, what in undone:
        alike.setdefault(what, []).append(name)
    parts = [f"{_joined(names)} {_of_many(what, len(names))}" for what, names in alike.items()]
    if words := waiting_words(checks):
        parts.append(f"{words} ({_joined(waiting_ids(checks))})")
    return f"Not settled: {'; '.join(parts)}"


def _of_many(verb: str, count: int) -> str:
    """Return a verb as it stands after so many names: ``has failed``, ``have failed``."""
    one, _, rest = verb.partition(" ")
    return verb if count == 1 else f"{ {'is': 'are', 'has': 'have'}.get(one, one) } {rest}".strip()


def _joined(words: Sequence[str], *, most: int = 4) -> str:
    """Return words in a row; what is beyond `most` is counted."""
    rest = len(words) - most
    shown = [*words[:most], f"{rest} more"] if rest > 0 else list(words)
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def claim(metrics: dict, settings: Settings | None) -> str:
    """Return how the model compares on every set that is spoken of, and the criteria met."""
    primary = metrics.get("primary") or {}
    lead = primary.get("robust") or primary  # heavy tails: the robust metric leads
    reference = settings.study.reference.label if settings else "the domain reference"
    found: dict[str, list[str]] = {}
    for name, values in _spoken_of(lead, metrics.get("sets") or {}).items():
        kind, size = _compared(values, lead)
        found.setdefault(kind, []).append(f"on {place(name)}" + (f" ({size})" if size else ""))
    alone = {"better": "Better than", "unclear": "No better than", "worse": "Worse than"}
    others = {"better": "better", "unclear": "not", "worse": "worse"}
    parts = []
    for kind in (kind for kind in alone if kind in found):
        head = others[kind] if parts else f"{alone[kind]} {reference}"
        parts.append(f"{head} {_joined(found[kind], most=9)}")
    said = ", ".join(parts) or f"Nothing was measured against {reference} yet"
    return ": ".join(filter(None, [said, _criteria_words(metrics)]))


def _spoken_of(lead: dict, sets: dict) -> dict[str, dict]:
    """Return the entries of the leading metric by set of rows, that of the headline first.

    Of a domain the sealed rows count once they are open, else the open ones.
    """
    own = {lead["set"]: lead} if isinstance(lead.get("set"), str) else {}
    names = [name for name in sets if name not in (*FITTED, "validation", "test", *own)]
    names = [name for name in names if name.startswith("test_") or f"test_{name}" not in sets]
    entries = {name: (sets[name].get("metrics") or {}).get(lead.get("name")) for name in names}
    return own | {name: entry for name, entry in entries.items() if isinstance(entry, dict)}


def _compared(values: dict, lead: dict) -> tuple[str, str]:
    """Return whether the model is better, worse or neither, and by how much, in words."""
    difference = values.get("difference")
    if not is_interval(difference):
        return "unclear", "no interval"
    low, high, places = difference["low"], difference["high"], decimals(difference)
    few = ", from too few groups" if difference.get("too_few") else ""
    if low == high == 0:
        return "unclear", "the same in every draw"
    if low <= 0 <= high:
        return "unclear", f"difference {ends(difference, places)}{few}"
    kind, size = ("better", (low, high)) if low > 0 else ("worse", (-high, -low))
    by = f"by {ends(dict(zip(('low', 'high'), size, strict=True)), places)}{few}"
    label, better = lead.get("label") or lead.get("name") or "", lead.get("better") or "lower"
    move, share = MOVES[better][kind == "worse"], _percent(values, better)
    return kind, f"{share} {move} {label}, {by}" if share else f"{label} {move} {by}"


def gain(values: dict) -> float | None:
    """Return the gain: the difference as a share of the reference, positive where better.

    Parameters
    ----------
    values : dict
        Entries ``difference`` and ``reference`` of one metric on one set of rows.
    """
    numbers = [
        entry["value"]
        for entry in (values.get("difference"), values.get("reference"))
        if isinstance(entry, dict) and is_number(entry.get("value"))
    ]
    return numbers[0] / abs(numbers[1]) if len(numbers) == 2 and numbers[1] else None


def _percent(values: dict, better: str) -> str:
    """Return the size of the gain; nothing where the reference may be zero, or should be."""
    share, reference = gain(values), values.get("reference")
    zero = is_interval(reference) and reference["low"] <= 0 <= reference["high"]
    if share is None or zero or better == "zero":
        return ""
    percent = 100 * abs(share)
    return f"{percent:.0f} %" if percent >= 0.5 else f"{percent:.1g} %"


def place(name: str) -> str:
    """Return a set of rows in words: ``"the test set of simulator B"``."""
    if name in ("validation", "test"):
        return f"the {name} set"
    words = [
        word.upper() if len(word) == 1 else word for word in name.removeprefix("test_").split("_")
    ]
    return ("the test set of " if name.startswith("test_") else "") + " ".join(words)


def _criteria_words(metrics: dict) -> str:
    """Return how many criteria are met, what those that are not miss, and what waits."""
    rows, labels = metrics.get("criteria") or [], _labels(metrics)
    opened = any(_is_sealed(name) for name in metrics.get("sets") or {})
    judged = [row for row in rows if row.get("met") is not None]
    waiting = [row for row in rows if row.get("met") is None and not opened and _is_sealed(row)]
    parts = []
    if judged:
        missed = [_missed(row, labels) for row in judged if not row["met"]]
        met = f"{len(judged) - len(missed)} of {len(rows)} {_criteria(len(rows))} met"
        met += " as they were locked" if _lock(metrics).get("after") else ""
        parts.append(met + (f" (not met: {'; '.join(missed)})" if missed else ""))
    for count, one, many in (
        (len(waiting), "waits for the test set", "wait for the test set"),
        (len(rows) - len(judged) - len(waiting), "is not measured", "are not measured"),
    ):
        if count:
            what = str(count) if parts else f"{count} {_criteria(count)}"
            parts.append(f"{what} {one if count == 1 else many}")
    if _is_beside(metrics):
        label = labels.get(metrics["primary"]["name"], "the primary metric")
        parts.append(f"none of them asks for {label} on the test set")
    return ", ".join(parts)


def _criteria(count: int) -> str:
    return "criterion" if count == 1 else "criteria"


def _is_sealed(found: Any) -> bool:
    """Return whether a set of rows, or that of a criterion, is of the sealed ones."""
    name = found.get("set") if isinstance(found, dict) else found
    return name == "test" or str(name).startswith("test_")


def _labels(metrics: dict) -> dict[str, str]:
    primary = metrics.get("primary") or {}
    entries = [primary, primary.get("robust") or {}, *(metrics.get("secondary") or [])]
    return {
        entry["name"]: entry.get("label") or entry["name"] for entry in entries if "name" in entry
    }


def _missed(row: dict, labels: dict[str, str]) -> str:
    """Return what a criterion asked, of which set, and what was measured."""
    if row.get("now") and row.get("value") is None:
        return f"'{row.get('name')}', {row['now']}"
    metric = labels.get(row.get("metric", ""), row.get("metric", ""))
    what = QUANTITIES.get(row.get("quantity", ""), "{metric}").format(metric=metric)
    return (
        f"{what} on {place(str(row.get('set')))}, {short(row.get('value'))} for {row.get('bound')}"
        + (f", {row['now']}" if str(row.get("now", "")).startswith("dropped") else "")
    )
