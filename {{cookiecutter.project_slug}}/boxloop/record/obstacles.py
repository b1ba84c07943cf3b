"""What is in the way of a release: the test set is new only once."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.written import reason_for, says_something, stand_in
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.needed import NEEDED, is_needed, waiting
from boxloop.record.authors import CITATION, authors_of, nobody, read_citation
from boxloop.record.results import NOT_ASKED, read_checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings

# How a reason to release all the same gets from the command to the chapter that opens the seal.
ANYWAY = "BOXLOOP_ANYWAY"
SAYS_WHO = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "CITATION.cff")
NAMED = 3  # so many are named, the others counted


def obstacles(project: Project, settings: Settings) -> list[str]:
    """Return a sentence for each kind of thing that is in the way, as the results are now.

    Raises
    ------
    UserError
        If CITATION.cff is damaged.
    """
    named = authors_of(settings, read_citation(project.root / CITATION))
    found = [_stand_ins(project, settings), "" if named else nobody()]
    found += [_void(project), *_unanswered(project, settings)]
    return [sentence for sentence in found if sentence]


def overridden(project: Project, settings: Settings) -> dict[str, Any]:
    """Return what the ledger keeps of a release in spite of obstacles; nothing without any.

    Raises
    ------
    UserError
        If something is in the way and nobody has said why it is released all the same.
    """
    found, why = obstacles(project, settings), why_anyway(os.environ.get(ANYWAY))
    if found and not why:
        msg = f"{' '.join(found)} {remedy()}"
        raise UserError(msg)
    return {"anyway": why, "despite": found} if found else {}


def why_anyway(text: str | None) -> str:
    """Return the reason to release all the same, empty where none is given.

    Raises
    ------
    UserError
        If it is too short to be one.
    """
    need = "To open it all the same takes a reason: boxloop release --reason TEXT --anyway REASON"
    return reason_for(need, text) if (text or "").strip() else ""


def remedy() -> str:
    """Return the sentence that says what to do with obstacles."""
    return (
        "The test set stays sealed: mend that, or say why it is opened all the same with "
        "`boxloop release --reason TEXT --anyway REASON`."
    )


def _stand_ins(project: Project, settings: Settings) -> str:
    """Return where a placeholder stands for a name or an address."""
    places: dict[str, list[str]] = {}
    for where, text in _names(project, settings):
        if word := stand_in(text):
            places.setdefault(word, []).append(where)
    there = [f"'{word}' still stands in {', '.join(where)}" for word, where in places.items()]
    return f"{'; '.join(there)}: write who it is." if there else ""


def _names(project: Project, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the places that say who made this, and what they say."""
    yield "study.toml", settings.study.author
    for name in SAYS_WHO:
        path = project.root / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")
    try:
        text = (project.root / "pyproject.toml").read_text(encoding="utf-8")
        yield "pyproject.toml", str(tomllib.loads(text).get("project", {}).get("authors", ""))
    except (OSError, ValueError, AttributeError):  # not there, or not to be read: it names nobody
        return


def _void(project: Project) -> str:
    """Return which failed checks make the headline unbelievable."""
    rows = read_checks(project)
    failed = [
        row["id"] for row in rows if (row.get("weight"), row.get("state")) == ("void", "fail")
    ]
    verb = "fails, and makes" if len(failed) == 1 else "fail, and make"
    return f"{_listed(failed)} {verb} the headline void." if failed else ""


def _unanswered(project: Project, settings: Settings) -> list[str]:
    """Return what still waits for words: study.toml, the notebooks, the checks."""
    study = settings.study
    asked = {"title": study.title, "question": study.question}
    asked |= {f"criterion {n}": row.name for n, row in enumerate(study.criteria, start=1)}
    blank = [name for name, text in asked.items() if not says_something(text)]
    answers = read_answers(project)
    waits = {
        name: [f"{row['notebook']}: {row['id']}" for row in rows]
        for name, rows in waiting(answers).items()
    }
    all_needed = not waits[NEEDED] and any(map(is_needed, answers))
    done = f"; every question {NEEDED} is answered" if all_needed else ""
    rows = [row for row in read_checks(project) if row.get("state") == "unanswered"]
    # What no notebook asks is told of, and the answers are named themselves.
    asks = [row["id"] for row in rows if not str(row.get("message")).startswith(NOT_ASKED)]
    asks = [name for name in asks if name != "answers.complete"]
    return [
        f"study.toml does not say yet: {_listed(blank)}." if blank else "",
        *(
            f"Without an answer, {name}: {_listed(ids)}{done}."
            for name, ids in waits.items()
            if ids
        ),
        f"Asked by checks and not answered: {_listed(asks)}." if asks else "",
    ]


def _listed(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
