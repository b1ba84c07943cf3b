"""Tables drawn in text, with bars, rules or columns of fixed width, as lines with separators."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table.fields import is_nothing, is_number, separator
from boxloop.table.latex import tabbed

if TYPE_CHECKING:
    from pathlib import Path


HEAD = 50  # lines in which the drawing is looked for
TOP = 6  # lines among which a rule is looked for
RULED = re.compile(r"\s*[-=]+(?: +[-=]+)+\s*")  # spans of columns: ----- ---
CROSSED = re.compile(r"[\s|+=:-]*[-=]{3,}[\s|+=:-]*")  # a rule between bars: +----+---+
LATEX = re.compile(r"\s*\\(?:begin\{(?:table|tabular|longtable|deluxetable)|startdata)")
BARRED = re.compile(r"\s*\|.*\|\s*")


def recast(path: Path, data: bytes) -> tuple:
    """Return the text with separators where it was drawn, else as it is, and what to say of it.

    The number of lines stays, so that a line that is wrong can be named.

    Parameters
    ----------
    path : Path
    data : bytes
        UTF-8, its lines ended by LF.

    Raises
    ------
    UserError
        If columns of fixed width have gaps and no names.
    """
    head = _first(data)
    if not head:
        return data, []
    if is_latex(head):
        return tabbed(data.decode()).encode(), ["The file is a table in LaTeX."]
    if _has_bars(head):
        return _without_bars(data), []
    if spans := _spans_of_rule(head):
        return _cut_at(data, spans), ["The columns are cut where the rule below the names says."]
    return _with_gaps(path, data, head)


def _first(data: bytes) -> list[str]:
    """Return the first lines that hold something and are no remark."""
    found, start = list[str](), 0
    while start < len(data) and len(found) < HEAD:
        end = data.find(b"\n", start) + 1 or len(data)
        line = data[start:end].decode().rstrip("\n")
        start = end
        if line.strip() and not line.startswith("#"):
            found.append(line)
    return found


def is_latex(lines: list[str]) -> bool:
    """Whether a table in LaTeX begins in some lines."""
    return any(LATEX.match(line) for line in lines)


def _has_bars(head: list[str]) -> bool:
    crossed = [line for line in head if CROSSED.fullmatch(line)]
    rest = [line for line in head if not CROSSED.fullmatch(line)]
    if len(rest) > 1 and all(BARRED.fullmatch(line) for line in rest):
        return True
    return any("+" in line for line in crossed) and sum("|" in line for line in rest) > 1


def _without_bars(data: bytes) -> bytes:
    lines = list[str]()
    for line in data.decode().split("\n"):
        words = line.strip()
        if CROSSED.fullmatch(line):
            words = ""
        elif BARRED.fullmatch(line):
            words = words[1:-1]
        lines.append(words)
    return "\n".join(lines).encode()


def _spans_of_rule(head: list[str]) -> list[tuple]:
    """Return from where to where each column goes, if a rule says so and the lines below agree."""
    places = [n for n, line in enumerate(head[:TOP]) if RULED.fullmatch(line)]
    if not places or any("\t" in line for line in head):
        return []
    rule = head[places[0]]
    spans = [match.span() for match in re.finditer(r"[-=]+", rule)]
    above = head[: places[0]] or head[1:2]
    names = next((line for line in above if all(_cells(line, spans))), "")
    below = [line for line in head[places[0] + 1 :] if not RULED.fullmatch(line)]
    if not names or not below:
        return []
    spans[-1] = (spans[-1][0], max(map(len, [*below, rule])))
    gaps = [(0, spans[0][0]), *((one[1], other[0]) for one, other in pairwise(spans))]
    fits = all(not line[low:high].strip() for line in [names, *below] for low, high in gaps)
    return spans if fits else []


def _cells(line: str, spans: list[tuple]) -> list[str]:
    return [line[low:high].strip() for low, high in spans]


def _cut_at(data: bytes, spans: list[tuple]) -> bytes:
    """Return the lines with a tab between the cells; remarks stay, and rules become empty."""
    spans = [*spans[:-1], (spans[-1][0], None)]
    return "\n".join(
        line
        if line.startswith("#") or not line.strip()
        else ""
        if RULED.fullmatch(line)
        else "\t".join(_cells(line, spans))
        for line in data.decode().split("\n")
    ).encode()


def _with_gaps(path: Path, data: bytes, head: list[str]) -> tuple:
    """Return a table whose blanks are gaps in columns of fixed width, with tabs."""
    widths = {len(line.split()) for line in head}
    if len(head) < 3 or len(widths) == 1 or any(sign in line for line in head for sign in ',;\t|"'):
        return data, []
    if any(separator(head[start:])[0] for start in range(min(3, len(head) - 1))):
        return data, []
    lines = [
        line for line in data.decode().split("\n") if line.strip() and not line.startswith("#")
    ]
    named = not any(is_number(word, None) for word in lines[0].split())
    count = len(lines[0].split()) if named else 0
    spans = _spans_of(lines, count) or (_spans_of(lines[1:], count) if named else [])
    if not spans or _is_cut_short(lines, spans):
        return data, []
    if not named:
        has = "has columns of fixed width with blanks for gaps and no line of names"
        msg = f"{path.name} {has}: write their names in a line above them, or save it as CSV."
        raise UserError(msg)
    ends = ", ".join(str(low + 1) for low, _ in spans[:6]) + (" …" if len(spans) > 6 else "")
    said = f"The columns have fixed widths with blanks for gaps: they begin at the signs {ends}."
    names = _cells(lines[0], spans)
    if not all(names) or " ".join(names).split() != lines[0].split():
        names = lines[0].split()
    if len(names) != len(spans):
        return data, []
    text = _cut_at(data, spans).decode().split("\n")
    place = next(n for n, line in enumerate(data.decode().split("\n")) if line == lines[0])
    text[place] = "\t".join(names)
    return "\n".join(text).encode(), [said]


def _is_cut_short(lines: list[str], spans: list[tuple]) -> bool:
    """Whether the only gap is at the end of one line: its last field is lost, as anywhere else."""
    gaps = [line for line in lines if not all(_cells(line, spans))]
    return len(gaps) == 1 and len(gaps[0].split()) == len(gaps[0].rstrip()[: spans[-1][0]].split())


def _spans_of(lines: list[str], count: int) -> list[tuple]:
    """Return from where to where each column goes, if every cell holds one word at most.

    Several words may be in a cell where there are as many columns as names.
    """
    filled = np.zeros(max(map(len, lines)) + 1, dtype=bool)
    for line in lines:
        signs = np.frombuffer(line.encode("utf-32-le"), np.uint32)
        filled[: len(signs)] |= signs != ord(" ")
    turns = np.flatnonzero(np.diff(filled, prepend=False))
    spans = [(int(low), int(high)) for low, high in zip(turns[::2], turns[1::2], strict=True)]
    single = all(len(cell.split()) <= 1 for line in lines[:HEAD] for cell in _cells(line, spans))
    full = max(len(line.split()) for line in lines)
    columns: list[Any] = list(zip(*(_cells(line, spans) for line in lines[1:HEAD]), strict=True))
    numbers = any(
        all(is_nothing(cell) or is_number(cell, None) for cell in cells) for cells in columns
    )
    sure = (len(spans) == full and single) or len(spans) == count
    return spans if numbers and sure and len(spans) > 1 else []
