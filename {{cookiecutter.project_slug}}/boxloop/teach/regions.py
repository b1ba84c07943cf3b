"""The part of a cell that students write: between two marks in it, or a line that asks for it."""

from __future__ import annotations

import re

from boxloop.base.errors import UserError

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
_MARK = re.compile(r"\b(BEGIN|END)\W+SOLUTION\b", re.IGNORECASE)


def regions(text: str, where: str) -> list[tuple[int, int]]:
    """Return where the solutions of a cell begin and end, as the line numbers of their marks.

    Parameters
    ----------
    text : str
        The source of a cell.
    where : str
        The cell, for the sentence that refuses it.

    Raises
    ------
    UserError
        If a mark has no partner, stands inside another region, or is not written as it must be.
    """
    found: list[tuple[int, int]] = []
    begun: int | None = None
    for number, line in enumerate(text.split("\n")):
        if not _MARK.search(line):
            continue
        if line.strip() not in (BEGIN, END):
            _refuse(where, number, f"is no mark of a solution: write {BEGIN} or {END} alone there")
        if line.strip() == BEGIN:
            if begun is not None:
                _refuse(where, number, f"begins a solution inside another: write {END} before it")
            begun = number
        elif begun is None:
            _refuse(where, number, f"ends a solution that nothing begins: write {BEGIN} above it")
        else:
            found.append((begun, number))
            begun = None
    if begun is not None:
        _refuse(where, begun, f"begins a solution that nothing ends: write {END} below it")
    return found


def _refuse(where: str, number: int, what: str) -> None:
    msg = f"{where}, line {number + 1} {what}."
    raise UserError(msg)


def bodies(text: str, where: str) -> list[list[str]]:
    """Return the lines inside each solution of a cell; see `regions`."""
    lines = text.split("\n")
    return [lines[begin + 1 : end] for begin, end in regions(text, where)]


def stub(text: str, number: str, where: str) -> str:
    """Return a cell with one line in the place of each solution, which says what is asked.

    Raises
    ------
    UserError
        If the marks do not match, see `regions`, or stand outside of a function: there the line
        would stop the chapter, and not the check alone.
    """
    lines = text.split("\n")
    for begin, end in reversed(regions(text, where)):
        indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
        if not indent:
            _refuse(where, begin, "begins a solution outside of a function: put both marks into it")
        said = f"Exercise {number}: write this part, then run the next cell."
        lines[begin : end + 1] = [f'{indent}raise NotImplementedError("{said}")']
    return "\n".join(lines)
