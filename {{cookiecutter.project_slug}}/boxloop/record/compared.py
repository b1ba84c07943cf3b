"""Two passes compared, line by line: what was edited first, then what it did to the numbers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.record.edits import edits, made_anew, words
from boxloop.record.history import PREDICTORS, interval, listing, met_word, sets_of, table
from boxloop.record.lost import readable_causes
from boxloop.record.passes import all_passes, damaged, damaged_by_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxloop.base.places import Project
    from boxloop.record.causes import Causes
    from boxloop.record.edits import Edit


WIDTH = 80
_INTERVAL = re.compile(r"\[[^\[\],]*, [^\[\],]*\]")
_HEADINGS = {
    "Settings": ("setting", "parameter"),
    "Code": ("piece", "file", "cell", "links", "chapter"),
    "Data": ("raw",),
}


def wrapped(line: str, *, hang: int = 4) -> list[str]:
    """Return a line in as many as it needs to fit the width; numbers and intervals stay whole.

    A name that alone is too long is shortened in its middle.
    """
    if len(line) <= WIDTH:
        return [line]
    indent = len(line) - len(line.lstrip())
    space = WIDTH - indent - hang
    tied = _INTERVAL.sub(lambda found: found[0].replace(" ", "\0"), line.strip())
    parts = [part if len(part) <= space else shortened(part, space) for part in tied.split(" ")]
    lines = textwrap.wrap(
        " ".join(parts),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]


def shortened(name: str, most: int) -> str:
    """Return a name of at most `most` signs, its middle left out."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-(most - 1 - half) :]}"


def chosen(project: Project, numbers: Sequence[str]) -> tuple[dict, dict]:
    """Return the two passes that the numbers name; one stands against the newest.

    Raises
    ------
    UserError
        If there is no such pass, or none at all.
    """
    passes = _passes(project)
    if len(numbers) > 2:
        msg = f"{len(numbers)} passes were named: name one or two."
        raise UserError(msg)
    by_number = {str(past["number"]): past for past in passes}
    broken = {str(number): sentence for number, sentence in damaged_by_number(project).items()}
    wanted = [number.lstrip("0") or "0" for number in numbers]
    for number in wanted:
        if number in broken:
            raise UserError(broken[number])
        if number not in by_number:
            msg = f"There is no pass {number}: choose from {', '.join(by_number)}."
            raise UserError(msg)
    if not wanted:
        wanted = [str(past["number"]) for past in passes[-2:]]
    one, two = (by_number[number] for number in [*wanted, str(passes[-1]["number"])][:2])
    return one, two


def _passes(project: Project) -> list[dict]:
    passes = all_passes(project)
    if not passes and (broken := damaged(project)):
        msg = f"No pass can be read: {' '.join(broken)}"
        raise UserError(msg)
    if not passes:
        msg = "No pass is complete yet, so there is nothing to compare: `boxloop run` first."
        raise UserError(msg)
    return passes


def compare_lines(project: Project, numbers: Sequence[str] = ()) -> list[str]:
    """Return passes side by side; without numbers, all of them and what the last one changed.

    Raises
    ------
    UserError
        If there is no such pass, or none at all.
    """
    if numbers:
        one, two = chosen(project, numbers)
        lines = [*_title(one, two), *_edit_lines(project, one, two), *_effects(one, two)]
    else:
        passes = _passes(project)
        lines = listing(table(passes))
        if len(passes) > 1:
            lines += _edit_lines(project, *passes[-2:])
        since = f"Words changed since pass {passes[-1]['number']} was first complete, no science"
        lines += _block(since, _since(passes[-1]))
    return [part for line in lines for part in wrapped(line)]


def _title(one: dict, two: dict) -> list[str]:
    lines = []
    for past in (one, two):
        facts = [past.get("time", "")[:10], "test set opened" if past.get("released") else ""]
        found = [f"Pass {past['number']}", *facts, past.get("note") or ""]
        lines.append("  ".join(filter(None, found)))
    return lines


def _edit_lines(project: Project, one: dict, two: dict) -> list[str]:
    """Return what was edited between two passes, under headings, after an empty line."""
    (before, after), lost = readable_causes(project, one, two)
    blank = [past["number"] for past, kept in ((one, before), (two, after)) if kept is None]
    if before is None or after is None:
        which = " and ".join(f"pass {number}" for number in dict.fromkeys(blank))
        keep = "keeps" if len({*blank}) == 1 else "keep"
        return ["", f"What was edited cannot be said: {which} {keep} no record of causes."]
    found = edits(before, after)
    lines = [line for name in _HEADINGS for line in _under(name, found)]
    lines += _besides(before, after)
    lines += _block("Words alone, no science", words(before, after))
    lines += _block("Lost with the text that was kept, so that nothing can be said of it", lost)
    return ["", *(lines or ["Nothing was edited."])]


def _under(heading: str, found: list[Edit]) -> list[str]:
    """Return the edits of one heading; those of one file, and with one fate, in one line."""
    lines: dict[tuple, list[str]] = {}
    for edit in (edit for edit in found if edit.kind in _HEADINGS[heading]):
        if edit.kind in ("piece", "cell"):
            lines.setdefault((edit.where, edit.kind, edit.change), []).append(edit.name[0])
        else:
            lines[edit.label, edit.kind, edit.change] = []
    said = []
    for (where, kind, change), names in lines.items():
        what = f"{'cell ' if kind == 'cell' else ''}{', '.join(names)} " if names else ""
        said.append(f"{where}: {what}{change}")
    return _block(heading, said)


def _block(heading: str, lines: list[str]) -> list[str]:
    return [heading, *(f"  {line}" for line in lines)] if lines else []


def _besides(before: Causes, after: Causes) -> list[str]:
    """Return what is another and was not edited: files made anew, machinery, packages."""
    made = [f"{name}: made anew by a notebook, and is another" for name in made_anew(before, after)]
    lines = _block("Data that follow", made)
    other = [
        f"{name} {before.packages[name]} -> {after.packages[name]}"
        for name in before.packages.keys() & after.packages.keys()
        if before.packages[name] != after.packages[name]
    ]
    # Of a recorded pass it is not known; a test of the template says that today's gives the same.
    if before.machinery and before.machinery != after.machinery:
        other.append("boxloop/, the machinery")
    return lines + _block("Not edited, but another", sorted(other))


def _since(past: dict) -> list[str]:
    """Return which words were changed since a pass was completed, by day."""
    return [f"{row['time'][:10]}: {'; '.join(row['changed'])}" for row in past.get("words", [])]


def _effects(one: dict, two: dict) -> list[str]:
    """Return what became of the numbers, the criteria and the checks."""
    primary = [(past["metrics"].get("primary") or {}) for past in (one, two)]
    labels = [found.get("label") or found.get("name") or "primary metric" for found in primary]
    label = labels[0] if labels[0] == labels[1] else " -> ".join(labels)
    left, right, lines = sets_of(one), sets_of(two), []
    for name in {**left, **right}:
        rows = [
            (who, left.get(name, {}).get(who), right.get(name, {}).get(who)) for who in PREDICTORS
        ]
        rows = [row for row in rows if _is_measured(row[1]) or _is_measured(row[2])]
        if rows:
            lines += [f"  {label}, {name}"]
            lines += [line for row in rows for line in _effect(*row, spread(one, two))]
    lines += _criteria(one, two)
    lines += _checks(one, two)
    scale = _scale(one, two)
    return ["", "Effects", *scale, *lines]


def spread(*passes: dict) -> float | None:
    """Return the spread between seeds, the larger of those that the passes keep, or None."""
    found = [past.get("spread", {}).get("seeds") for past in passes]
    return max((float(value) for value in found if value is not None), default=None)


def _scale(one: dict, two: dict) -> list[str]:
    """Return how far chance alone moves the primary metric, for the lines below."""
    seeds = spread(one, two)
    if seeds is None:
        return ["  (no pass keeps a spread between seeds: 04 leaves it in seeds.csv)"]
    samples = max(past.get("spread", {}).get("samples") or 0.0 for past in (one, two))
    words = f"another seed moves it by {seeds:.2g}" if seeds else "another seed moves nothing"
    also = f", another sample of the groups by {samples:.2g}" if samples else ""
    return [f"  (in the training part {words}{also})"]


def _is_measured(entry: Any) -> bool:
    return bool(entry) and entry.get("value") is not None


def _effect(who: str, old: Any, new: Any, seeds: float | None) -> Iterator[str]:
    """Yield one predictor on one set, before and after, and how large the change is."""
    if old == new:
        yield f"    {who:<11} {interval(old)}, unchanged"
        return
    yield f"    {who:<11} {interval(old)} -> {interval(new)}"
    if not (_is_measured(old) and _is_measured(new)) or old["value"] == new["value"]:
        return
    by = new["value"] - old["value"]
    parts = [f"{by:+.2g}"]
    if seeds and who == "model":
        parts.append(f"{abs(by) / seeds:.1f} times the spread between seeds")
    if old.get("low") is not None:
        inside = old["low"] <= new["value"] <= old["high"]
        parts.append(f"{'within' if inside else 'beyond'} the interval before")
    yield f"{' ' * 16}{', '.join(parts)}"


def _criteria(one: dict, two: dict) -> list[str]:
    sides = [
        {row["name"]: row for row in past["metrics"].get("criteria") or []} for past in (one, two)
    ]
    found = []
    for name in {**sides[0], **sides[1]}:
        ends = [_criterion(side.get(name)) for side in sides]
        found += [f"  criterion {name}", f"    {' -> '.join(dict.fromkeys(ends))}"]
    return found


def _criterion(row: dict | None) -> str:
    if row is None:
        return "no such criterion"
    if row["value"] is None:
        return f"not measured ({row['bound']})" if row.get("bound") else "not measured"
    return f"{met_word(row)}: {interval(row)}, asked {row['bound']}"


def _checks(one: dict, two: dict) -> list[str]:
    old, new = (past.get("checks") or {} for past in (one, two))
    other = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not other:
        return ["  No check has changed its state."]
    return [f"  check {name}: {old.get(name, '–')} -> {new.get(name, '–')}" for name in other]
