"""Numbers in the prose of a project: each with what stands at its address, and whether it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.beliefs import became, claimed, plain
from boxloop.notebooks.file import as_text, read_notebook, source
from boxloop.notebooks.folder import sort_notebooks
from boxloop.notebooks.needed import NEEDED, item_of, needed_first
from boxloop.notebooks.prose import (
    Known,
    Passage,
    Said,
    bibliography,
    levels,
    lists,
    passages,
    read,
    sentences,
)
from boxloop.notebooks.sets_named import elsewhere, other_names, set_of
from boxloop.notebooks.stated import judge, rewrite
from boxloop.record.facts import settings_table
from boxloop.record.predictions import CHAPTERS, LATE
from boxloop.record.results import read_checks, read_metrics
from boxloop.record.traced import Results, constants

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.notebooks.stated import Entry


_OF_PREDICTION = re.compile(r"\]\(#((?:pass\d+\.)?prediction\.[A-Za-z]\w*)")


def known(project: Project, sets: Iterable[str] = (), results: Results | None = None) -> Known:
    """Return what the study gives as it is: its references, the numbers it sets, its sets."""
    path = project.study / "references.bib"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    table = settings_table(project)
    study = table.get("study", {})
    criteria = study.get("criteria", []) if isinstance(study, dict) else []
    names = other_names(sets, [row for row in criteria if isinstance(row, dict)], _prose(project))
    agrees = results.agrees if results else Known().agrees
    set_by_hand = levels(table) | levels(constants(project))
    return Known(bibliography(text), set_by_hand, lists(table), frozenset(sets), names, agrees)


def _prose(project: Project) -> str:
    """Return the lines of the notebooks that name a set of rows beside other words for it."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in _chapters(project)]
    return "\n".join(line for text in texts for line in text.splitlines() if "(`domain_" in line)


def _chapters(project: Project) -> list[Path]:
    return [path for path in sort_notebooks(project).chapters if path.is_file()]


def results_of(project: Project) -> Results:
    """Return the results of a project as they stand in ``results/``."""
    return Results(project, read_metrics(project).get("sets") or {}, read_checks(project))


def numbers_said(project: Project, results: Results) -> list[dict[str, Any]]:
    """Return the numbers in the prose of all notebooks, in the order of the loop.

    Returns
    -------
    list of dict
        ``notebook``, ``cell``, ``part`` (prose, alt or caption), ``kind`` (traced, cited, given or
        bare), ``text``, ``address``; ``holds`` (None where it cannot be judged), ``why`` and
        ``entry`` of traced ones; ``holds`` and ``why`` of cited ones; ``candidates`` of bare ones.

    Raises
    ------
    UserError
        If a notebook cannot be read.
    """
    facts, found = known(project, results.sets, results), []
    for path in sort_notebooks(project).chapters:
        notebook = read_notebook(path)
        anchors = _anchors(notebook)
        for passage in passages(path.stem, notebook):
            found += said_in(passage, facts, results, anchors)
    return found


def said_in(
    passage: Passage, facts: Known, results: Results, anchors: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the numbers of one passage, as `numbers_said` does."""
    found = []
    for said in read(passage, facts, anchors):
        row = {
            "notebook": passage.notebook,
            "cell": passage.cell,
            "part": passage.part,
            "kind": said.kind,
            "text": said.text,
            "address": said.address,
            "said": said,
        }
        found.append(row | _judged(said, passage.notebook, results, facts))
    _elsewhere(found, results, facts)
    return found + beliefs_in(passage, results)


def beliefs_in(passage: Passage, results: Results) -> list[dict[str, Any]]:
    """Return the sentences that claim a belief of before, or say what became of a prediction.

    Those of 01 and 04, where predictions are registered, may claim one freely.

    Returns
    -------
    list of dict
        As from `numbers_said`, the ``kind`` being ``belief``: `holds` is None where a sentence
        links to no prediction, and False where it says of one what is not so.
    """
    found, where = [], {"notebook": passage.notebook, "cell": passage.cell, "part": passage.part}
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        claim = claimed(text)
        names = list(dict.fromkeys(_OF_PREDICTION.findall(text)))
        entries = {name: results.find(name) for name in names}
        if not names and (not claim or passage.notebook in CHAPTERS):
            continue
        said = (
            became(text) if len({entry.state for entry in entries.values() if entry}) == 1 else ""
        )
        holds, why = _as_predicted(entries, said, claim)
        if holds is not True:
            row = {"kind": "belief", "text": claim or said or plain(text), "address": ""}
            found.append({**where, **row, "holds": holds, "why": why})
    return found


def _as_predicted(
    entries: dict[str, Entry | None], said: str, claim: str
) -> tuple[bool | None, str]:
    """Return whether what a sentence says of predictions is so, and why not."""
    if not entries:
        return None, "links to no prediction: [as predicted](#prediction.ID), or leave it out"
    for name, entry in entries.items():
        if entry is None:
            return True, ""  # its link says so itself
        if entry.state == LATE and (claim or said):
            return False, f"{name} was written after its result was known"
        if said and entry.state != said:
            return False, f"{name} is: {entry.state}"
    return True, ""


def _elsewhere(rows: list[dict[str, Any]], results: Results, facts: Known) -> None:
    """Object to the links of a sentence that names one set of rows, and leads to another's."""
    traced = [row for row in rows if row["kind"] == "traced"]
    for clause in dict.fromkeys(row["said"].clause for row in traced):
        own = [row for row in traced if row["said"].clause == clause]
        words = re.sub(r"\]\([^()\s]*\)", "]", clause)
        named = elsewhere(words, [row["address"] for row in own], facts.named)
        for row in own if named else ():
            there = set_of(row["address"], results.sets)
            if there and row["holds"]:
                row.update(_of_another_set(row, there, sorted(named), results))


def _of_another_set(
    row: dict[str, Any], there: str, named: list[str], results: Results
) -> dict[str, Any]:
    """Return that a link is wrong, or must be looked at, for what the set of its sentence has."""
    address = re.sub(rf"^(gain\.)?{re.escape(there)}\.", rf"\g<1>{named[0]}.", row["address"])
    entry, said = results.find(address) if len(named) == 1 else None, row["said"]
    speaks = f"the sentence speaks of {' or '.join(named)} and links to {there}"
    if entry is None or entry.value is None:
        return {"holds": None, "why": f"{speaks}: say which set it is, or link to that one"}
    if judge(said.text, entry, before=said.before, after=said.after).holds is False:
        return {"holds": False, "why": f"{speaks}; {address} is {entry.words}"}
    return {"holds": None, "why": f"{speaks}: link to #{address}"}


def _anchors(notebook: dict) -> set[str]:
    """Return the anchors that a link in a notebook may lead to: headings, as Jupyter names them."""
    texts = [source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "markdown"]
    headings = [one for text in texts for one in re.findall(r"^#+\s+(.+?)\s*$", text, re.MULTILINE)]
    return {heading.replace(" ", "-") for heading in headings}


def _judged(said: Said, chapter: str, results: Results, facts: Known) -> dict[str, Any]:
    if said.kind == "bare":
        return {"candidates": results.candidates(said.text, chapter)}
    if said.kind == "cited" and said.address.startswith("@") and said.address[1:] not in facts.keys:
        return {"holds": False, "why": f"study/references.bib has no entry {said.address[1:]}"}
    if said.kind != "traced":
        return {}
    entry = results.find(said.address)
    if entry is None:
        return {"holds": False, "why": results.sentence(said.address), "entry": None}
    verdict = judge(said.text, entry, before=said.before, after=said.after)
    why = verdict.why
    if verdict.holds is None:
        why = f"it cannot be compared with {entry.words}: write the digits"
    return {"holds": verdict.holds, "why": why, "entry": entry}


# What `boxloop answers` prints and writes.

_SIGNS = {True: "✓", False: "✗", None: "?"}


def answer_lines(project: Project) -> list[str]:
    """Return the lines of ``boxloop answers``: each answer, then the numbers of each notebook."""
    results = results_of(project)
    rows, answers = numbers_said(project, results), read_answers(project)
    lines = []
    for chapter in dict.fromkeys(row["notebook"] for row in [*answers, *rows]):
        lines += ["", chapter]
        own = needed_first(row for row in answers if row["notebook"] == chapter)
        lines += [f"  {row['state']:<10} {row['id']}{_because(row)}{_wanted(row)}" for row in own]
        lines += [
            _line(row)
            for row in rows
            if row["notebook"] == chapter and (row["kind"] != "cited" or row.get("holds") is False)
        ]
    return [*lines[1:], "", _sum(rows, answers)]


def _because(row: dict[str, Any]) -> str:
    return f": {row['why']}" if row["state"] == "unanswered" else ""


def _wanted(row: dict[str, Any]) -> str:
    item = item_of(row["notebook"], row["id"])
    return f" ({NEEDED}, {item})" if item else ""


def _line(row: dict[str, Any]) -> str:
    where = f"  {row['cell']}{'' if row['part'] == 'prose' else ', ' + row['part']}:"
    if row["kind"] == "given":
        return f"{where} = {row['text']} is given, not found"
    if row["kind"] == "belief":
        sign = "✗" if row["holds"] is False else "?"
        return f'{where} {sign} "{row["text"]}", but {row["why"]}'
    if row["kind"] == "bare":
        links = " or ".join(f"[{row['text']}](#{one})" for one in row["candidates"])
        said = called(row) or "is no link"
        return f"{where} ? {row['text']} {said}" + (f": perhaps {links}" if links else "")
    words = f"{row['text']} ({'' if row['kind'] == 'cited' else '#'}{row['address']})"
    said = "" if row["holds"] else f", but {row['why']}"
    return f"{where} {_SIGNS[row['holds']]} {words}{said}"


def called(row: dict[str, Any]) -> str:
    """Return what a bare number is called by its link, in words; nothing where it is no link."""
    if not row["address"]:
        return ""
    how = "given" if row["address"] == "given" else f"cited ({row['address']})"
    return f"is called {how}, in a sentence on this study's own result"


def _sum(rows: list[dict[str, Any]], answers: list[dict[str, Any]]) -> str:
    kinds = [row["kind"] for row in rows]
    wrong = sum(row.get("holds") is False for row in rows if row["kind"] == "traced")
    beliefs = kinds.count("belief")
    open_ = sum(row.get("holds", True) is None for row in rows) - sum(
        row["holds"] is None for row in rows if row["kind"] == "belief"
    )
    look = f", {open_} to be looked at" if open_ else ""
    waiting = sum(not row["answered"] for row in answers)
    example = sum(row["state"] == "example" for row in answers)
    by = f" ({example} by the example)" if example else ""
    return (
        f"{len(answers) - waiting} of {len(answers)} questions answered{by}; "
        f"{kinds.count('traced')} numbers traced, {wrong} of them wrong{look}, "
        f"{kinds.count('bare')} bare, {kinds.count('given')} given"
        + (f"; {beliefs} on a belief to be linked or corrected." if beliefs else ".")
    )


def update(project: Project) -> list[str]:
    """Write today's digits into the numbers that no longer hold; return a line for each.

    Only the digits change; words such as *a third* are named and left to a person. All notebooks
    are read and judged before the first one is written, each whole or not at all.
    """
    results, lines = results_of(project), []
    rows = numbers_said(project, results)
    wrong = [row for row in rows if row.get("holds") is False and row["kind"] == "traced"]
    changes: dict[tuple[str, str], list[tuple[Said, str]]] = {}
    for row in wrong:
        said, entry = row["said"], row["entry"]
        beside = {"before": said.before, "after": said.after}
        new = rewrite(said.text, entry, **beside) if entry else None
        where = f"{row['notebook']}, cell {row['cell']}"
        if new is None or new == said.text:  # right for another set than the sentence names
            lines.append(f'{where}: "{said.text}" is left to you: {row["why"]}.')
            continue
        changes.setdefault((row["notebook"], row["cell"]), []).append((said, new))
        lines.append(f"{where}: {said.text} is now {new} (#{said.address}).")
    written = {
        path: text
        for path in sort_notebooks(project).chapters
        if (text := _with_changes(path, changes)) is not None
    }
    for path, text in written.items():
        write_text(path, text)
    return lines or ["Every traced number is as the results say: nothing is written."]


def _with_changes(path: Path, changes: dict[tuple[str, str], list[tuple[Said, str]]]) -> str | None:
    """Return the text of a notebook with its numbers rewritten, or None where none is."""
    notebook, touched = read_notebook(path), False
    for cell in notebook["cells"]:
        own = changes.get((path.stem, str(cell.get("id", ""))), [])
        if not own or cell.get("cell_type") != "markdown":
            continue
        text = source(cell)
        for said, new in sorted(own, key=lambda change: -change[0].start):
            if text[said.start : said.end] != said.text:
                msg = (
                    f"{path.name} changed while it was read: type `boxloop answers --update` again."
                )
                raise UserError(msg)
            text = text[: said.start] + new + text[said.end :]
        whole = isinstance(cell["source"], str)
        cell["source"] = text if whole else text.splitlines(keepends=True)
        touched = True
    return as_text(notebook) if touched else None
