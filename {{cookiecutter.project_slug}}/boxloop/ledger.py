"""The chain of the ledger: each line holds a hash of itself and of all lines before it."""

import hashlib
import json

from boxloop.store import read_cache

CHAIN = "chain"


def _hash(before, row):
    text = json.dumps(
        {key: value for key, value in row.items() if key != CHAIN},
        sort_keys=True,
        ensure_ascii=False,
    )
    return hashlib.sha256(f"{before or ''}{text}".encode()).hexdigest()


def link(before, row):
    """Return `row` with its hash, which follows from `before`, that of the line above (or None)."""
    return row | {CHAIN: _hash(before, row)}


def _hashes(events):
    """Return the hash of each line, as it follows from what stands there."""
    found = []
    for row in events:
        found.append(_hash(found[-1] if found else None, row))
    return found


def head_of(events):
    """Return the hash of the last line, or None where there is none."""
    return next(reversed(_hashes(events)), None)


def check_chain(events, heads):
    """Return what is wrong with a ledger, for the end of a sentence, or None.

    Parameters
    ----------
    events : list of dict
        Its lines, oldest first; lines from before there was a chain come first and hold no hash.
    heads : list of str
        Hashes of last lines that were seen once: each of them must be there still.
    """
    if not all(isinstance(row, dict) and isinstance(row.get("event"), str) for row in events):
        return "is damaged"
    hashes, chained = _hashes(events), False
    for number, (row, value) in enumerate(zip(events, hashes, strict=True), start=1):
        if row.get(CHAIN, None if chained else value) != value:
            return f"does not hold together at line {number}: lines were changed or removed"
        chained = chained or CHAIN in row
    lost = {head for row in events if row["event"] == "lost" for head in row.get("heads", [])}
    if missing := {*heads} - {*hashes} - lost:
        return f"lacks lines that were there before (results and passes hold {len(missing)} more)"
    return None


def known_heads(project):
    """Return the hashes of last lines that passes and notebooks saw, each once, in their order."""
    paths = [
        *sorted(project.passes.glob("*.json")),
        *sorted(project.results.glob("*/station.json")),
    ]
    kept = [read_cache(path) for path in paths]
    heads = [content.get("ledger") for content in kept if isinstance(content, dict)]
    return list(dict.fromkeys(head for head in heads if isinstance(head, str)))


def openings_on_record(project):
    """Return how many openings results and passes know of, whatever the ledger says."""
    release = read_cache(project.station("08_release") / "release.json")
    listed = release.get("releases") if isinstance(release, dict) else None
    passes = [read_cache(path) for path in project.passes.glob("*.json")]
    released = sum(
        bool(isinstance(content, dict) and content.get("released")) for content in passes
    )
    return max(len(listed) if isinstance(listed, list) else 0, released)
