"""The chain of the ledger: each line holds a hash of itself and of the lines that it follows.

Where two clones of a project were merged, lines of both may follow from one: it is a tree then, and
no line of it can vanish unseen either.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from boxloop.base.files import read_cache

if TYPE_CHECKING:
    from boxloop.base.places import Project


CHAIN = "chain"
# What the lines hold that somebody goes by: event, key, kind.
SHAPES = (
    ("criteria", "criteria", list),
    ("trained", "criteria", list),
    ("lost", "heads", list),
    ("opened", "criteria", list),
    ("trained", "raw", list),
    ("criteria", "raw", list),
    ("lost", "openings", int),
    ("reset", "before", list),
    ("reset", "looks", list),
    ("reset", "openings", int),
    ("reset", "reason", str),
    ("sealed", "columns", dict),
    ("sealed", "content", str),
    ("sealed", "keep", list),
    ("sealed", "rows", dict),
    ("sealed", "sha256", str),
    ("benchmark made", "manifest", str),
    ("submitted", "sha256", str),
    ("submitted", "by", str),
    ("scored", "sha256", str),
    ("scored", "by", str),
    ("scored", "score", dict),
)


def _hash(before: str | None, row: dict) -> str:
    """Return the hash of a line that follows from `before`."""
    kept = {key: value for key, value in row.items() if key != CHAIN}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{before or ''}{text}".encode()).hexdigest()


def link(before: str | None, row: dict) -> dict:
    """Return `row` with its hash, which follows from `before`, that of the line above (or None)."""
    return row | {CHAIN: _hash(before, row)}


def parse(text: str) -> Any:
    """Return the events in the text of a ledger, oldest first.

    Raises
    ------
    ValueError, RecursionError
        If a line is no event.
    """
    # Not `splitlines`: a reason may hold signs that it takes for the end of a line.
    events = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not all(_is_event(row) for row in events):
        msg = "a line is no event"
        raise ValueError(msg)
    return events


def _is_event(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("event"), str):
        return False
    if not isinstance(row.get("model", ""), str | None) or not _are_texts(row.get("heads", [])):
        return False
    if not all(
        isinstance(row.get(key, kind()), kind) for name, key, kind in SHAPES if row["event"] == name
    ):
        return False
    return row["event"] not in {name for name, _, _ in SHAPES} or _are_lines(row)


def _are_lines(row: dict) -> bool:
    """Return whether what a line holds of others is made as they are."""
    rows = all(isinstance(one, dict) for one in row.get("criteria") or [])
    looks = all(isinstance(one, list) for one in row.get("looks") or [])
    return rows and looks and all(map(_is_event, row.get("before") or []))


def _are_texts(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, str) for item in items)


def _hashes(events: list[dict]):
    """Return the hash of each line; None where it follows from no line above, or is a repeat."""
    found: list[str | None] = []
    for row in events:
        last = next(reversed(found), None)
        if CHAIN in row:
            fits = any(_hash(before, row) == row[CHAIN] for before in [*reversed(found), None])
            value = row[CHAIN] if fits else None
        else:  # a line from before there was a chain, which no line that has one can follow upon
            value = (
                None if any(CHAIN in other for other in events[: len(found)]) else _hash(last, row)
            )
        found.append(None if value in found else value)
        if found[-1] is None:
            break
    return found


def head_of(events: list[dict]) -> str | None:
    """Return the hash of the last line, or None where there is none."""
    return next(reversed(_hashes(events)), None)


def check_chain(events: list[dict], heads: list[str]) -> str | None:
    """Return what is wrong with a ledger, for the end of a sentence, or None.

    Parameters
    ----------
    events : list of dict
        Its lines, oldest first; lines from before there was a chain come first and hold no hash.
    heads : list of str
        Hashes of last lines that were seen once: each of them must be there still.
    """
    hashes = _hashes(events)
    if None in hashes:
        return f"does not hold together at line {len(hashes)}: lines were changed or removed"
    lost = {head for row in events if row["event"] == "lost" for head in row.get("heads", [])}
    if missing := {*heads} - {*hashes} - lost:
        return f"lacks lines that were there before (results and report hold {len(missing)} more)"
    return None


def remembered(project: Project) -> list[dict]:
    """Return the events in the copy of the ledger in ``report/``, none where it is damaged."""
    try:
        events = parse(project.ledger_copy.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [] if check_chain(events, []) else events


def known_heads(project: Project) -> list[str]:
    """Return the hashes of last lines that passes, notebooks and the copy saw, each once."""
    paths = [
        *sorted(project.passes.glob("*.json")),
        *sorted(project.results.glob("*/station.json")),
    ]
    kept = [read_cache(path) for path in paths]
    heads = [content.get("ledger") for content in kept if isinstance(content, dict)]
    heads.append(head_of(remembered(project)))
    return list(dict.fromkeys(head for head in heads if isinstance(head, str)))


def openings_on_record(project: Project) -> int:
    """Return how many openings results, passes and the copy know of, whatever the ledger says."""
    release = read_cache(project.station("08_release") / "release.json")
    listed = release.get("releases") if isinstance(release, dict) else None
    passes = [read_cache(path) for path in project.passes.glob("*.json")]
    released = sum(
        bool(isinstance(content, dict) and content.get("released")) for content in passes
    )
    copied = sum(row["event"] == "opened" for row in remembered(project))
    return max(len(listed) if isinstance(listed, list) else 0, released, copied)
