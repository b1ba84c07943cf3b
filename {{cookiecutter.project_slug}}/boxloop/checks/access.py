"""Who reads the rows that are sealed? Read from the code of the notebooks, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from .core import Finding, check, listed

# What only 08 may do, and what only the notebooks before the split may do.
OPENING = {"open_seal", "sealed_file", "_test"}
WHOLE = {"labelled", "domains", "raw"}
SEALED_FILES = ("data/sealed/test", "sealed/test")
RAW_FILES = ("data/raw",)
MAY_OPEN = {"08_release"}
SEES_ALL = {"01_scoping", "03_split", "08_release"}


@check(
    "seal.untouched",
    notebook="08_release",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.1",
    fix='Choose, stop and tune on the tables of 03 (here.table("train"), '
    'here.table("validation")); only 08 opens the seal.',
)
def untouched(code: Mapping[str, Iterable[tuple[str, str]]], *, threshold: float) -> Finding:
    """No notebook but the release reads test rows, from the seal or the undivided data.

    Parameters
    ----------
    code : dict
        By notebook, the id and the text of its code cells.

    Notes
    -----
    A rule over the syntax tree: it sees what is written, not what a helper of the study does with
    it.
    """
    cells = [(name, cell, text) for name, pairs in code.items() for cell, text in pairs]
    found = [
        f"{name}, cell {cell}: {word}"
        for name, cell, text in cells
        for word in sorted(set(_words(name, text)))
    ]
    if not found:
        read = f"{len(cells)} code cells of {len(code)} notebooks were read"
        return Finding(0, passed=True, message=f"{read}; none before 08 reads test rows.")
    message = (
        f"Test rows are within reach before 08, in {listed(found)} ({threshold:g} places allowed)."
    )
    return Finding(len(found), len(found) <= threshold, message)


def _words(name: str, text: str) -> Iterator[str]:
    """Yield the names and paths in a cell that lead to test rows."""
    names = (set() if name in MAY_OPEN else OPENING) | (set() if name in SEES_ALL else WHOLE)
    paths = (() if name in MAY_OPEN else SEALED_FILES) + (() if name in SEES_ALL else RAW_FILES)
    for node in ast.walk(_tree(text)):
        word = {ast.Attribute: "attr", ast.alias: "name"}.get(type(node))
        if word and getattr(node, word) in names:
            yield getattr(node, word)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            where = node.value.replace("\\", "/")
            yield from (where for path in paths if path in where and "\n" not in where)


def _tree(text: str) -> ast.Module:
    lines = [
        "pass" if line.lstrip().startswith(("%", "!", "?")) else line for line in text.splitlines()
    ]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:  # such a cell does not run either
        return ast.Module(body=[], type_ignores=[])
