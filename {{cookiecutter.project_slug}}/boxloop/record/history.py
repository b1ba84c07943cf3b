"""The loop so far: what each pass found, and what changed from one to the next."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boxloop.measure.numbers import is_interval, told
from boxloop.record.passes import all_passes, snapshot

if TYPE_CHECKING:
    from boxloop.base.places import Project


PREDICTORS = ("model", "reference", "difference")
SHOWN = ("model", "reference")
TAUGHT = {"exploration", "train_cv"}


def sets_of(past: dict) -> dict:
    """Return the primary metric of a pass by set of rows: ``{set: {predictor: interval}}``."""
    primary = (past.get("metrics") or {}).get("primary") or {}
    own = (
        {primary["set"]: {who: primary.get(who) for who in PREDICTORS}}
        if primary.get("set")
        else {}
    )
    return past.get("sets") or own


def common_set(passes: list[dict]) -> str | None:
    """Return the set of rows that all passes were measured on, validation first, or None."""
    names = [set(sets_of(past)) for past in passes]
    shared = set.intersection(*names) if names else set()
    return "validation" if "validation" in shared else min(shared, default=None)


def open_sets(passes: list[dict]) -> list[str]:
    """Return the sets, neither of training nor sealed, on which all passes were measured."""
    names = [set(sets_of(past)) for past in passes]
    shared = set.intersection(*names) - TAUGHT if names else set()
    measured = [
        name
        for name in sorted(shared)
        if not name.startswith("test")
        and all(_is_measured(sets_of(past)[name].get(who)) for past in passes for who in SHOWN)
    ]
    return sorted(measured, key=lambda name: name != "validation")


def table(passes: list[dict]) -> list[dict]:
    """Return one row per pass, oldest first, the primary metric always on the same set of rows.

    Parameters
    ----------
    passes : list of dict
        Contents of ``results/passes``, or of `boxloop.record.passes.snapshot`.

    Returns
    -------
    list of dict
        ``number``, ``date``, ``note``, ``released``, ``metric``, ``unit``, ``set``, the intervals
        ``model``,
        ``reference`` and ``difference`` (None where the passes share no set), ``on`` (``model`` and
        ``reference`` on each set that no training saw and all passes share), ``criteria`` (``"2
        of 3 met"``),
        ``states`` (counts by state) and ``changed`` (sentences, against the pass before).
    """
    where, places = common_set(passes), open_sets(passes)
    found = []
    for before, past in zip([None, *passes], passes, strict=False):
        primary = (past.get("metrics") or {}).get("primary") or {}
        values = sets_of(past).get(where, {})
        states = list((past.get("checks") or {}).values())
        found.append(
            {
                "number": past["number"],
                "date": past.get("time", "")[:10],
                "note": past.get("note", ""),
                "released": past.get("released", False),
                "metric": primary.get("label") or primary.get("name") or "",
                "unit": primary.get("unit") or "",
                "set": where,
                **{who: values.get(who) for who in PREDICTORS},
                "on": {at: {who: sets_of(past)[at][who] for who in SHOWN} for at in places},
                "criteria": criteria_words((past.get("metrics") or {}).get("criteria") or []),
                "states": {state: states.count(state) for state in dict.fromkeys(sorted(states))},
                "changed": changes(before, past) if before else [],
            }
        )
    return found


def rows(project: Project) -> list[dict]:
    """Return the table of the passes of a project; see `table`."""
    return table(all_passes(project))


def with_this_run(project: Project, checks: list[dict]) -> list[dict]:
    """Return the table of the passes and of the run under way, in which 08 has not run yet.

    Each row has its intervals in ``words``, too.

    Parameters
    ----------
    checks : list of dict
        What the chapters of this run have checked so far.
    """
    now = snapshot(project) | {"number": "this run", "note": ""}
    now["checks"] = {row["id"]: row["state"] for row in checks}
    now["sets"] = {name: found for name, found in now["sets"].items() if "test" not in name}
    now["metrics"]["criteria"] = []
    found = table([*all_passes(project), now])
    return [row | {"words": {who: interval(row[who]) for who in SHOWN}} for row in found]


def criteria_words(criteria: list[dict]) -> str:
    """Return ``"2 of 3 met"``, with those that are not measured yet."""
    met, unknown = (sum(row["met"] is state for row in criteria) for state in (True, None))
    words = f"{met} of {len(criteria)} met" if criteria else "none"
    return words + (f", {unknown} not measured" if unknown else "")


def changes(before: dict, after: dict) -> list[str]:
    """Return a sentence for everything that differs between two passes."""
    return [
        *_number_changes(sets_of(before), sets_of(after)),
        *_word_changes("criterion", _criteria(before), _criteria(after)),
        *_word_changes("check", before.get("checks") or {}, after.get("checks") or {}),
        *_attempt_changes(before.get("attempts", []), after.get("attempts", [])),
    ]


def _number_changes(before: dict, after: dict) -> Iterator:
    for name in (name for name in before if name in after):
        for who in SHOWN:
            one, two = before[name].get(who), after[name].get(who)
            if one and two and interval(one) != interval(two):
                yield f"{who} on {name}: {interval(one)} became {interval(two)}"


def _criteria(past: dict) -> dict:
    return {row["name"]: met_word(row) for row in (past.get("metrics") or {}).get("criteria") or []}


def met_word(row: dict) -> str:
    """Return whether a criterion is met, in words."""
    return {True: "met", False: "not met"}.get(row["met"], "not measured")


def _word_changes(kind: str, before: dict, after: dict) -> Iterator:
    for name in (name for name in {**before, **after} if before.get(name) != after.get(name)):
        if name in before and name in after:
            yield f"{kind} {name}: {before[name]} became {after[name]}"


def _attempt_changes(before: list[dict], after: list[dict]) -> Iterator:
    old, new = ([row["name"] for row in side] for side in (before, after))
    yield from (f"attempt {name}: new" for name in new if name not in old and old)
    yield from (f"attempt {name}: no longer tried" for name in old if name not in new and new)


def interval(entry: dict | None) -> Any:
    """Return ``"0.107 [0.0986, 0.116]"``, or a dash where nothing was measured."""
    if not entry or entry.get("value") is None:
        return "–"
    return told(entry, form="{} [{}, {}]") if is_interval(entry) else f"{entry['value']:.3g}"


def listing(rows: list[dict]) -> list[str]:
    """Return a line per pass, and what the last one changed."""
    lines = [f"{rows[-1]['metric']} on {rows[-1]['set']}:"] if rows[-1]["set"] else []
    for row in rows:
        words = [
            f"pass {row['number']}",
            row["date"],
            f"model {interval(row['model'])}",
            f"reference {interval(row['reference'])}",
        ]
        words += [f"criteria {row['criteria']}", "released" if row["released"] else "", row["note"]]
        lines.append("  ".join(filter(None, words)))
    if len(rows) > 1:
        lines += [
            "",
            f"What pass {rows[-1]['number']} changed:",
            *(f"  {sentence}" for sentence in rows[-1]["changed"] or ["nothing"]),
        ]
    return lines


def svg(found: list[dict], *, width: Any = 640, height: Any = 220) -> str:
    """Return the primary metric with its intervals over the passes as an inline SVG, or "".

    Parameters
    ----------
    found : list of dict
        What `rows` returned. The classes of its parts are those of the drawing on the cover of
        the report.
    """
    if not (ys := _heights(found, height)):
        return ""
    last, step = found[-1], (width - 120) / max(len(found), 1)
    unit = f" / {last['unit']}" if last["unit"] else ""
    title = html.escape(f"{last['metric']}{unit} on {last['set']} over {len(found)} passes")
    box = f'viewBox="0 0 {width} {height}" role="img" aria-label="{title}"'
    parts = [f'<svg class="intervals history" {box}><title>{title}</title>', _described(found)]
    for end in (min(ys), max(ys)):
        ends = f'x1="70" x2="{width - 20}" y1="{ys[end]}" y2="{ys[end]}"'
        parts.append(f'<line class="grid" {ends}/>')
        parts.append(f'<text class="tick" x="40" y="{ys[end] + 4}">{end:.3g}</text>')
    for place, row in enumerate(found):
        middle = round(90 + step * (place + 0.5), 1)
        where = f'x="{middle}" y="{height - 12}"'
        parts.append(f'<text class="tick" {where}>pass {row["number"]}</text>')
        parts += [
            _mark(who, row[who], middle + shift, ys)
            for who, shift in (("reference", 7), ("model", -7))
            if _is_measured(row[who])
        ]
    return "".join([*parts, "</svg>"])


def drawings(found: list[dict]) -> list[tuple[str, str]]:
    """Return the name of each set that can be drawn pass by pass, and its drawing; see `svg`."""
    places = found[-1]["on"] if found else {}
    tables = {at: [row | row["on"][at] | {"set": at} for row in found] for at in places}
    if not tables and found and found[-1]["set"]:
        tables = {found[-1]["set"]: found}
    return [(name, drawing) for name, rows in tables.items() if (drawing := svg(rows))]


def _heights(found: list[dict], height: int) -> dict:
    """Return where each number is drawn, by the number; nothing where none was measured."""
    measured = [entry for row in found for who in SHOWN if _is_measured(entry := row[who])]
    ends = [entry.get(key) for entry in measured for key in ("low", "high", "value")]
    ends = [end for end in ends if end is not None]
    if not ends:
        return {}
    low, high = min(ends), max(ends)
    pad = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    return {end: round(height - 40 - (height - 60) * (end - low) / (high - low), 1) for end in ends}


def _described(found: list[dict]) -> str:
    """Return what the drawing shows, for who cannot see it."""
    words = []
    for row in found:
        model, reference = interval(row["model"]), interval(row["reference"])
        words.append(f"pass {row['number']}: model {model}, reference {reference}")
    return f"<desc>{html.escape('; '.join(words))}.</desc>"


def _is_measured(entry: Any) -> bool:
    return bool(entry) and entry.get("value") is not None


def _mark(who: str, entry: dict, x: float, ys: dict) -> str:
    y = ys[entry["value"]]
    line = ""
    if entry.get("low") is not None:
        ends = f'x1="{x}" x2="{x}" y1="{ys[entry["low"]]}" y2="{ys[entry["high"]]}"'
        line = f'<line class="interval" {ends}/>'
    point = (
        f'<circle class="point" cx="{x}" cy="{y}" r="5"/>'
        if who == "model"
        else f'<rect class="point" x="{x - 4.5}" y="{y - 4.5}" width="9" height="9"/>'
    )
    return f'<g class="role-{who}">{line}{point}</g>'
