"""The sheet of Appendix A of Huppenkothen et al., filled by the referee, with where to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.notebooks.answers import cell_anchor, read_answers
from boxloop.record.sheets import appendix_a, tally

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

REPORT = "report/index.html"


@dataclass(frozen=True)
class Evidence:
    """What an item rests on: a check, an answer or a file.

    Attributes
    ----------
    name, state, said : str
    file : str
        In the release; empty where there is none.
    anchor : str
        In that file, without ``#``.
    place : str
        In words, such as ``"notebooks/01_scoping.ipynb, cell answer-why"``.
    """

    name: str
    state: str
    said: str
    file: str
    anchor: str
    place: str


@dataclass(frozen=True)
class Item:
    """One question of the sheet: the worst state of what it rests on, and that."""

    item: str
    rule: str
    question: str
    state: str
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]


def items(sent: Sent) -> list[Item]:
    """Return the fifteen items, each with its evidence in the release.

    Raises
    ------
    UserError
        If checks or notebooks of the release are damaged.
    """
    rows = read_answers(sent.project)
    cells = {(cell_anchor(row["notebook"], row["cell"]), row["id"]): row for row in rows}
    found = []
    for row in appendix_a(sent.project):
        pieces = [_check(sent, piece) for piece in row["checks"]]
        pieces += [_answer(sent, piece, cells) for piece in row["answers"]]
        pieces += [_file(sent, piece) for piece in row["files"]]
        head = (row["item"], row["rule"], row["question"], row["state"])
        found.append(Item(*head, tuple(pieces), tuple(row["missing"])))
    return found


def _check(sent: Sent, piece: dict) -> Evidence:
    anchor = piece["anchor"].removeprefix("#")
    file = REPORT if sent.has(REPORT) and anchor else ""
    place = f"{REPORT}#{anchor}" if file else "results/checks.json"
    return Evidence(piece["id"], piece["state"], piece["message"], file, anchor, place)


def _answer(sent: Sent, piece: dict, cells: dict) -> Evidence:
    anchor = piece["anchor"].removeprefix("#")
    row = cells[anchor, piece["id"]]
    file = REPORT if sent.has(REPORT) else ""
    place = f"notebooks/{row['notebook']}.ipynb, cell {row['cell']}"
    return Evidence(row["id"], piece["state"], piece["message"], file, anchor, place)


def _file(sent: Sent, piece: dict) -> Evidence:
    root, pattern = sent.project.root, piece["id"]
    there = sorted(path for path in root.glob(pattern) if path.is_file())
    file = sent.project.relative(there[0]) if there else ""
    return Evidence(pattern, piece["state"], piece["message"], file, "", file or pattern)


def lines(found: list[Item]) -> list[str]:
    """Return the sheet as lines for a terminal: every item with where its evidence is."""
    said: list[str] = []
    rule = None
    for one in found:
        if one.rule != rule:
            rule = one.rule
            said += ["", rule]
        said.append(f"  {one.item:<4}{one.state:<15} {one.question}")
        said += [f"      {row.state:<13} {row.name}: {row.place}" for row in one.evidence]
        said += [f"      unanswered    {words}" for words in one.missing]
    return [*said, "", f"{len(found)} items: {tally(one.state for one in found)}"]


def read(sent: Sent) -> tuple[list[Item], str]:
    """Return the sheet, and why there is none where there is none."""
    try:
        return items(sent), ""
    except UserError as error:
        return [], str(error)
    except Exception as error:  # noqa: BLE001  # made-up files raise what they like
        return [], f"The sheet cannot be filled: {type(error).__name__}."


def as_rows(found: list[Item]) -> list[dict[str, Any]]:
    """Return the sheet as plain tables, for comparison with that of 08."""
    return [{"item": one.item, "state": one.state} for one in found]
