"""What stands in front: the alerts, what does not pass with each reason once, and the safe map."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from boxloop.measure.numbers import short

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.report.chapters import Chapter

NOT_PASSED = ("fail", "unanswered", "cannot-tell", "waived")
ALWAYS = ("fail", "cannot-tell", "waived")  # told also where there is none
MAP = "safe_unsafe.csv"  # what 06 keeps: a row for each test
MAP_CELL = "map"  # the cell of 06 that draws it, with intervals
VERDICTS = {"safe": "pass", "unsafe": "fail", "cannot tell": "cannot-tell"}


def alerts(checks: list[dict]) -> list[dict]:
    """Return how many checks are in each state that asks for a look: state, words, anchor.

    What is out of date is told apart, and what passes comes last.
    """
    now = [row["state"] for row in checks if not row.get("old")]
    old = sum(bool(row.get("old")) for row in checks)
    found = [
        {"state": state, "words": f"{now.count(state)} {state}", "to": _place(state, now)}
        for state in NOT_PASSED
        if state in now or (checks and state in ALWAYS)
    ]
    if old:
        found.append({"state": "stale", "words": f"{old} out of date", "to": "#checks"})
    rest = [
        {"state": state, "words": f"{now.count(state)} {state}", "to": "#checks"}
        for state in ("pass", "not-applicable")
        if state in now
    ]
    return found + rest


def _place(state: str, states: list[str]) -> str:
    return f"#exceptions-{state}" if state in states else "#exceptions"


def exceptions(checks: list[dict]) -> list[dict]:
    """Return what does not pass, by state, those with one reason together: it is told once.

    Returns
    -------
    list of dict
        ``state``, ``rows`` (of the checks), ``reason`` (empty unless waived) and ``anchor``, which
        the first of its state has.
    """
    groups: dict[tuple, list[dict]] = {}
    for state in NOT_PASSED:
        for row in checks:
            if row["state"] == state:
                same = row.get("reason") or "" if state == "waived" else row.get("message")
                groups.setdefault((state, same), []).append(row | {"at": _waived_at(row)})
    seen: set[str] = set()
    found = []
    for (state, same), rows in groups.items():
        reason = same if state == "waived" else ""
        anchor = "" if state in seen else f"exceptions-{state}"
        seen.add(state)
        found.append({"state": state, "rows": rows, "reason": reason, "anchor": anchor})
    return found


def _waived_at(row: dict) -> str:
    at = row.get("waived_at")
    return "" if row["state"] != "waived" or at is None else short(at)


def safe_map(project: Project, chapters: list[Chapter]) -> dict[str, Any]:
    """Return the map of safe and unsafe use: ``rows``, and where it is drawn (``to``).

    Parameters
    ----------
    project : boxloop.base.places.Project
    chapters : list of boxloop.report.chapters.Chapter

    Returns
    -------
    dict
        ``rows``: ``test``, ``kind``, ``better``, and for model and reference a ``state``, its
        ``word`` and ``at`` (levels and metric). None where 06 left no table that can be read.
        ``stale``: whether 06 is out of date.
    """
    home = next((one for one in chapters if one.name == "06_stress_test"), None)
    rows = _rows(project.station("06_stress_test") / MAP)
    cell = f"06-stress-test--{MAP_CELL}"
    drawn = home is not None and f'id="{cell}"' in home.html
    found = [
        {key: row[key] for key in ("test", "kind", "better")}
        | {who: _verdict(row, who) for who in ("model", "reference")}
        for row in rows
    ]
    return {"rows": found, "to": f"#{cell}" if drawn else "", "stale": bool(home and home.stale)}


def _verdict(row: dict, who: str) -> dict[str, str]:
    word = row[who]
    return {"word": word, "state": VERDICTS.get(word, "not-run"), "at": row.get(f"{who}_at") or ""}


def map_words(rows: list[dict]) -> str:
    """Return how many tests the model stands: ``"safe in 9 of 17 tests, unsafe in 5"``."""
    words = [row["model"]["word"] for row in rows]
    rest = [f"{word} in {words.count(word)}" for word in ("unsafe", "cannot tell") if word in words]
    return ", ".join([f"safe in {words.count('safe')} of {len(words)} tests", *rest])


def _rows(path: Any) -> list[dict]:
    """Return the rows of the kept map; none where it is missing or damaged."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, csv.Error):
        return []
    wanted = {"test", "kind", "model", "reference", "better"}
    return rows if rows and wanted <= set(rows[0]) and all(None not in row for row in rows) else []
