"""Numbers in the prose of a project: each with what stands at its address, and whether it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.file import as_text, read_notebook, source
from boxloop.notebooks.folder import sort_notebooks
from boxloop.notebooks.prose import Known, Said, bibliography, levels, passages, read
from boxloop.notebooks.stated import judge, rewrite
from boxloop.record.facts import settings_table
from boxloop.record.results import read_checks, read_metrics
from boxloop.record.traced import Results

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


def known(project: Project) -> Known:
    """Return what the study gives as it is: the keys of its references, the numbers it sets."""
    path = project.study / "references.bib"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return Known(bibliography(text), levels(settings_table(project)))


def results_of(project: Project) -> Results:
    """Return the results of a project as they stand in ``results/``."""
    return Results(project, read_metrics(project).get("sets") or {}, read_checks(project))


def numbers_said(project: Project, results: Results) -> list[dict[str, Any]]:
    """Return the numbers in the prose of all notebooks, in the order of the loop.

    Returns
    -------
    list of dict
        ``notebook``, ``cell``, ``part`` (prose, alt or caption), ``kind`` (traced, cited, given or
        bare), ``text``, ``address``; ``holds`` (None where nothing is stated), ``why`` and
        ``entry`` of traced ones; ``candidates`` of bare ones.

    Raises
    ------
    UserError
        If a notebook cannot be read.
    """
    facts, found = known(project), []
    for path in sort_notebooks(project).chapters:
        notebook = read_notebook(path)
        anchors = _anchors(notebook)
        for passage in passages(path.stem, notebook):
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
                found.append(row | _judged(said, path.stem, results))
    return found


def _anchors(notebook: dict) -> set[str]:
    """Return the anchors that a link in a notebook may lead to: headings, as Jupyter names them."""
    texts = [source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "markdown"]
    headings = [one for text in texts for one in re.findall(r"^#+\s+(.+?)\s*$", text, re.MULTILINE)]
    return {heading.replace(" ", "-") for heading in headings}


def _judged(said: Said, chapter: str, results: Results) -> dict[str, Any]:
    if said.kind == "bare":
        return {"candidates": results.candidates(said.text, chapter)}
    if said.kind != "traced":
        return {}
    entry = results.find(said.address)
    if entry is None:
        return {"holds": False, "why": results.sentence(said.address), "entry": None}
    verdict = judge(said.text, entry, before=said.before, after=said.after)
    return {"holds": verdict.holds, "why": verdict.why, "entry": entry}


# What `boxloop answers` prints and writes.

_SIGNS = {True: "✓", False: "✗", None: "–"}


def answer_lines(project: Project) -> list[str]:
    """Return the lines of ``boxloop answers``: each answer, then the numbers of each notebook."""
    results = results_of(project)
    rows, answers = numbers_said(project, results), read_answers(project)
    lines = []
    for chapter in dict.fromkeys(row["notebook"] for row in [*answers, *rows]):
        lines += ["", chapter]
        own = [row for row in answers if row["notebook"] == chapter]
        lines += [f"  {row['state']:<10} {row['id']}{_because(row)}" for row in own]
        lines += [
            _line(row) for row in rows if row["notebook"] == chapter and row["kind"] != "cited"
        ]
    return [*lines[1:], "", _sum(rows, answers)]


def _because(row: dict[str, Any]) -> str:
    return f": {row['why']}" if row["state"] == "unanswered" else ""


def _line(row: dict[str, Any]) -> str:
    where = f"  {row['cell']}{'' if row['part'] == 'prose' else ', ' + row['part']}:"
    if row["kind"] == "given":
        return f"{where} = {row['text']} is given, not found"
    if row["kind"] == "bare":
        links = " or ".join(f"[{row['text']}](#{one})" for one in row["candidates"])
        return f"{where} ? {row['text']} is no link" + (f": perhaps {links}" if links else "")
    words = f"{row['text']} (#{row['address']})"
    said = f", but {row['why']}" if row["holds"] is False else ""
    return f"{where} {_SIGNS[row['holds']]} {words}{said}"


def _sum(rows: list[dict[str, Any]], answers: list[dict[str, Any]]) -> str:
    kinds = [row["kind"] for row in rows]
    wrong = sum(row.get("holds") is False for row in rows)
    waiting = sum(not row["answered"] for row in answers)
    example = sum(row["state"] == "example" for row in answers)
    by = f" ({example} by the example)" if example else ""
    return (
        f"{len(answers) - waiting} of {len(answers)} questions answered{by}; "
        f"{kinds.count('traced')} numbers traced, {wrong} of them wrong, "
        f"{kinds.count('bare')} bare, {kinds.count('given')} given."
    )


def update(project: Project) -> list[str]:
    """Write today's digits into the numbers that no longer hold; return a line for each.

    Only the digits change; words such as *a third* are named and left to a person. All notebooks
    are read and judged before the first one is written, each whole or not at all.
    """
    results, lines = results_of(project), []
    rows = numbers_said(project, results)
    wrong = [row for row in rows if row.get("holds") is False]
    changes: dict[tuple[str, str], list[tuple[Said, str]]] = {}
    for row in wrong:
        said, entry = row["said"], row["entry"]
        beside = {"before": said.before, "after": said.after}
        new = rewrite(said.text, entry, **beside) if entry else None
        where = f"{row['notebook']}, cell {row['cell']}"
        if new is None:
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
