"""The sheets a referee reads, such as Appendix A of Huppenkothen et al. and REFORMS.

Each item is filled from what the project holds: computed checks, written answers, produced files.
The wording is ours; each file of `boxloop.record.sheet_file` names its source.
"""

from __future__ import annotations

import fnmatch
import html
import json
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

from boxloop.checks.core import STATES
from boxloop.notebooks.answers import NOTHING, cell_anchor, memory_key, read_answers
from boxloop.notebooks.needed import needed_first
from boxloop.record.excused import author_words
from boxloop.record.results import read_checks
from boxloop.record.sheet_file import read_sheet

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from boxloop.base.places import Project


NAMED = STATES[:4]  # a piece in one of these states is spoken of
ASKED = "asked of the author: nothing in a project says it"
STALE = "Its waiver is not needed: remove it from study.toml."


def worst(states: list[str]) -> str:
    """Return the state that needs attention most, or ``"unanswered"`` where there is none."""
    return min(states, key=STATES.index, default="unanswered")


def tally(states: Any) -> str:
    """Return counts in words, worst first: ``"1 fail, 3 pass"``."""
    states = list(states)
    return ", ".join(f"{states.count(state)} {state}" for state in STATES if state in states)


def appendix_a(project: Project, *, old: Collection[str] = ()) -> list[dict]:
    """Return the sheet of Appendix A: 15 items, 1a to 6b (Huppenkothen et al., Appendix A).

    Parameters
    ----------
    project : boxloop.base.places.Project
    old : collection of str
        Notebooks that are not done: what their checks found once speaks for nothing.

    Returns
    -------
    list of dict
        ``item``, ``rule``, ``question``, ``state`` (the worst of what follows), ``checks`` and
        ``answers`` and ``files`` with their states, ``missing`` (sentences), ``evidence`` (an
        anchor of the report that leads to the piece that decides the state).
    """
    return filled(project, "appendix-a", old=old)


def reforms(project: Project, *, old: Collection[str] = ()) -> list[dict]:
    """Return the sheet of REFORMS, 32 items (Kapoor et al. 2024), as `appendix_a` does."""
    return filled(project, "reforms", old=old)


def filled(project: Project, name: str, *, old: Collection[str] = ()) -> list[dict]:
    """Return any sheet by its name, as `appendix_a` does; see `boxloop.record.sheet_file`.

    Raises
    ------
    UserError
        If there is no such sheet, or its file is malformed.
    """
    sheet = read_sheet(project, name)
    key, checks = sheet.get("key"), [_dated(row, old) for row in read_checks(project)]
    answers = read_answers(project)
    return [_row(item, project, checks, _replies(item, answers, key)) for item in sheet["items"]]


def _replies(item: dict, answers: list[dict], key: str | None) -> list[dict]:
    """Return the answers that reply to an item: their cells name it under a key, or it names them.

    One that it names and no cell has is a reply that waits.
    """
    if key:
        return needed_first(one for one in answers if item["item"] in one[key])
    known = {memory_key(one): one for one in answers}
    return [known.get(name) or _missed(name) for name in item.get("answers", [])]


def _missed(name: str) -> dict:
    notebook, _, ident = name.partition(".")
    facts = {"id": ident, "notebook": notebook, "cell": "", "answered": False, "why": NOTHING}
    return facts | {"question": f"no cell of {notebook} asks {ident}"}


def _row(item: dict, project: Project, checks: list[dict], answers: list[dict]) -> dict:
    pieces = {
        "checks": [row for pattern in item.get("checks", []) for row in _checks(pattern, checks)],
        "answers": [_answer(answer) for answer in answers],
        "files": [_file(one, project.root) for one in item.get("files", [])],
    }
    missing = ["no answer cell names this item"] if item.get("answer") and not answers else []
    missing += [ASKED] if item.get("author") else []
    rows = [row for group in pieces.values() for row in group]
    states = [row["state"] for row in rows] + ["unanswered" for _ in missing]
    decisive = sorted(
        (row for row in rows if row["anchor"]), key=lambda row: STATES.index(row["state"])
    )
    return {
        "item": item["item"],
        "rule": item["rule"],
        "question": item["question"],
        "state": worst(states),
        **pieces,
        "missing": missing,
        "evidence": decisive[0]["anchor"] if decisive else "",
    }


def _checks(pattern: str, checks: list[dict]):
    """Return the recorded checks that a name or pattern such as ``split.*`` stands for."""
    found = [row for row in checks if fnmatch.fnmatchcase(row["id"], pattern)]
    if not found:
        return [{"id": pattern, "state": "unanswered", "message": "not run yet", "anchor": ""}]
    return [
        {
            "id": row["id"],
            "state": row["state"],
            "message": _words(row),
            "anchor": f"#check-{row['id']}",
        }
        | ({"stale_waiver": True} if row.get("stale_waiver") else {})
        for row in found
    ]


def _dated(row: dict, old: Collection[str]) -> dict:
    """Return a check as it counts: one of a notebook that is not done still waits."""
    if row.get("notebook") not in old or row["state"] == "fail":
        return row
    words = f"{row['notebook']} is not current, so this does not count: run `boxloop run`."
    return row | {"state": "unanswered", "message": words, "reason": "", "stale_waiver": False}


def _words(row: dict) -> str:
    """Return the reason of a recorded check, or else what it measured; a stale waiver is named."""
    words = row.get("reason") or row.get("message") or ""
    if row["state"] == "cannot-tell" and row.get("power"):
        words = f"{words} {row['power']}."
    return f"{words} {STALE}".strip() if row.get("stale_waiver") else words


def _answer(answer: dict) -> dict:
    return {
        "id": answer["id"],
        "state": "pass" if answer["answered"] else "unanswered",
        "message": f"{answer['question']}{_why(answer)}",
        "anchor": "#" + cell_anchor(answer["notebook"], answer["cell"]) if answer["cell"] else "",
    }


def _why(answer: dict) -> str:
    """Return why a written answer waits for a person all the same."""
    waits = answer.get("state") == "unanswered" and answer["why"] != NOTHING
    return f" ({answer['why']})" if waits else ""


def _file(wanted: str | dict, root: Path) -> dict:
    """Return whether the project holds a file of this name (``*`` allowed) that is not empty.

    Of ``{"path": NAME, "says": TEXT}`` one of them has to hold the text.
    """
    both = {"path": wanted, "says": ""} if isinstance(wanted, str) else wanted
    found = [path for path in root.glob(both["path"]) if path.is_file() and path.stat().st_size]
    message = "" if found else "no such file yet"
    if found and both["says"] and not any(_says(path, both["says"]) for path in found):
        message = f"does not say {both['says']!r}"
    return {
        "id": both["path"],
        "state": "unanswered" if message else "pass",
        "message": message,
        "anchor": "",
    }


def _says(path: Path, text: str) -> bool:
    return text in path.read_text(encoding="utf-8", errors="replace")


def _pieces(row: dict) -> list[dict]:
    return [*row["checks"], *row["answers"], *row["files"]]


# `format` is the word of the command line.
def render(rows: list[dict], format: str = "table") -> str:  # noqa: A002
    """Return a sheet as text.

    Parameters
    ----------
    rows : list of dict
        What `appendix_a` or `reforms` returned.
    format : {"table", "json", "markdown"}
        ``table`` is for a terminal.
    """
    return {"table": _table, "json": _json, "markdown": _markdown}[format](rows)


def _table(rows: list[dict]) -> str:
    width = max(60, min(shutil.get_terminal_size().columns, 110))
    lines, rule = [], None
    for row in rows:
        if row["rule"] != rule:
            rule = row["rule"]
            lines += ["", rule]
        lines += textwrap.wrap(
            f"{row['item']:<4}{row['state']:<16}{row['question']}",
            width,
            subsequent_indent=" " * 20,
        )
        for sentence in _open_points(row):
            lines += textwrap.wrap(
                sentence, width, initial_indent=" " * 20, subsequent_indent=" " * 22
            )
    return "\n".join(
        [*lines, "", f"{len(rows)} items: {tally(row['state'] for row in rows)}"]
    ).lstrip("\n")


def _open_points(row: dict) -> list[str]:
    """Return a sentence for every piece that keeps an item from passing."""
    points = [
        f"{piece['state']} {piece['id']}: {piece['message']}".rstrip(": ")
        for piece in _pieces(row)
        if piece["state"] in NAMED or piece.get("stale_waiver")
    ]
    return points + row["missing"]


def _json(rows: list[dict]) -> str:
    return json.dumps(rows, indent=1, ensure_ascii=False)


def _markdown(rows: list[dict]) -> str:
    def cell(text: str) -> str:
        return html.escape(str(text), quote=False).replace("|", "\\|").replace("\n", " ")

    lines = ["| item | state | question | evidence |", "|---|---|---|---|"]
    for row in rows:
        evidence = "; ".join([_evidence(piece) for piece in _pieces(row)] + row["missing"])
        lines.append(
            f"| {row['item']} | {row['state']} | {cell(row['question'])} | {cell(evidence)} |"
        )
    return "\n".join([*lines, "", f"{len(rows)} items: {tally(row['state'] for row in rows)}", ""])


def _evidence(piece: dict) -> str:
    """Return a piece with its state, why it is waived, and a word where the waiver is stale."""
    if piece["state"] == "waived":
        return f"{piece['id']} (waived: {piece['message']})"
    return (
        f"{piece['id']} ({piece['state']}{', stale waiver' if piece.get('stale_waiver') else ''})"
    )


def waiver_lines(waived: list[dict], stale: list[dict], form: str) -> list[str]:
    """Return lines with the reason of each waiver, and lines that name waivers nothing needs."""
    bullet, gap = ("- ", [""]) if form == "markdown" else ("  ", [])
    lines = []
    if waived:
        lines += ["", f"{len(waived)} waived:", *gap]
        lines += [
            f"{bullet}{row['id']} ({row['notebook']}{_at(row)}): {row['reason']}" for row in waived
        ]
    if stale:
        lines += ["", f"{len(stale)} stale {'waiver' if len(stale) == 1 else 'waivers'}:", *gap]
        remedy = "so remove its waiver from study.toml"
        lines += [
            f"{bullet}{row['id']} ({row['notebook']}): {_needless(row)}, {remedy}" for row in stale
        ]
    return lines


def needless_lines(checks: list[dict]) -> list[str]:
    """Return a line for each waiver that nothing needs, as `boxloop run` says it."""
    return [
        f"The waiver of {row['id']} is not needed, {_needless(row)}: remove it from study.toml."
        for row in checks
        if row.get("stale_waiver")
    ]


def word_lines(rows: list[dict], form: str) -> list[str]:
    """Return lines on checks that take something from the author instead of the data."""
    bullet, gap = ("- ", [""]) if form == "markdown" else ("  ", [])
    said = [
        f"{bullet}{row['id']} ({row['notebook']}): {' '.join(author_words(row))}" for row in rows
    ]
    return ["", f"{len(rows)} on the author's word:", *gap, *said] if rows else []


def _at(row: dict) -> str:
    """Return the value up to which a check is waived, for the middle of a sentence."""
    from boxloop.checks.waiver import said

    at = row.get("waived_at")
    return f", waived at {said(at)}" if isinstance(at, int | float) else ""


def _needless(row: dict) -> str:
    from boxloop.checks.waiver import NEEDLESS

    return NEEDLESS.get(row["state"], "nothing is open")
