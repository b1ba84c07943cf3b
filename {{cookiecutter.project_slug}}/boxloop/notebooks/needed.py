"""Which questions a paper needs an answer to, and which are worth asking: decided here, once.

Of the fifteen items of Appendix A of Huppenkothen et al. (2023), which lists what a referee may
ask, twelve can be answered by words only; checks and figures answer the other three (1b, 3a, 4b).
Each of the twelve has one question here, the one that asks most nearly what the item asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = TypeVar("Row", bound=Mapping[str, Any])

SOURCE = "Huppenkothen et al. (2023), Appendix A"
NEEDED, WORTH = "needed for a paper", "worth asking"
ITEMS = {  # question, by chapter and id: the item of Appendix A that it answers
    "01_scoping.context": "1a",
    "01_scoping.downstream": "1c",
    "01_scoping.literature": "2a",
    "07_failures_log.rules-broken": "2b",
    "05_diagnose.residual-failures": "3b",
    "05_diagnose.physics-of-the-model": "3c",
    "01_scoping.trust": "4a",
    "06_stress_test.safe-use": "4c",
    "07_failures_log.abandoned": "5a",
    "07_failures_log.informative-failures": "5b",
    "08_release.data-available": "6a",
    "08_release.software-available": "6b",
}


def item_of(notebook: str, question: str) -> str:
    """Return the item of Appendix A for which a paper needs this answer, empty where none does."""
    return ITEMS.get(f"{notebook}.{question}", "")


def is_needed(row: Mapping[str, Any]) -> bool:
    """Return whether a paper needs the answer in a row of `boxloop.notebooks.answers`."""
    return bool(item_of(str(row.get("notebook")), str(row.get("id"))))


def needed_first(rows: Iterable[Row]) -> list[Row]:
    """Return answers in their order, those that a paper needs before all others."""
    return sorted(rows, key=lambda row: not is_needed(row))


def waiting(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the answers that wait for a person: needed for a paper, and worth asking."""
    found: dict[str, list[dict[str, Any]]] = {NEEDED: [], WORTH: []}
    for row in rows:
        if not row["answered"]:
            found[NEEDED if is_needed(row) else WORTH].append(row)
    return found


def waiting_lines(rows: Iterable[dict[str, Any]], form: str = "table") -> list[str]:
    """Return a line for each answer that a paper needs and that waits, then the others by chapter.

    Parameters
    ----------
    rows : list of dict from `boxloop.notebooks.answers.read_answers`
    form : {"table", "markdown"}
    """
    bullet, gap = ("- ", [""]) if form == "markdown" else ("  ", [])
    found, lines = waiting(rows), []
    if there := found[NEEDED]:
        lines += [f"{_questions(there)} {NEEDED} ({SOURCE}):", *gap]
        lines += [
            f"{bullet}{item_of(row['notebook'], row['id'])} {row['notebook']}: {row['question']}"
            for row in there
        ]
    if there := found[WORTH]:
        lines += [*(gap if lines else []), f"{_questions(there)} {WORTH}:", *gap]
        for chapter in dict.fromkeys(row["notebook"] for row in there):
            ids = ", ".join(row["id"] for row in there if row["notebook"] == chapter)
            lines.append(f"{bullet}{chapter}: {ids}")
    return lines


def _questions(rows: list[dict[str, Any]]) -> str:
    return f"{len(rows)} question{'' if len(rows) == 1 else 's'}"
