"""With what the numbers of a set were to be made: as many draws and the seed of its chapter.

Whoever may choose draws and seed can choose among intervals. What a notebook says otherwise, in
plain sight, counts: ``here.draws = 40``, or ``here.compare(..., share=1 / 2)``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.checks.syntax import called
from boxloop.measure.sets import DRAWS
from boxloop.notebooks.file import code_cells, read_notebook
from boxloop.record.asking import Cells

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

RELEASE = "08_release"


@dataclass
class Rules:
    """How a chapter asks for the numbers of its sets.

    Attributes
    ----------
    draws, seed : set of int
        Those that it may ask with; empty where its code does not say.
    keeps : bool
        Whether each table that it records comes from `here.compare`, so that evidence was kept.
    """

    draws: set[int] = field(default_factory=set)
    seed: set[int] = field(default_factory=set)
    keeps: bool = False


def rules(sent: Sent, chapter: str) -> Rules:
    """Return how a chapter asks, read from its code, of which nothing is run."""
    nodes = _nodes(sent, chapter)
    if not nodes:
        return Rules()
    usual, seed = _own(nodes, "draws", DRAWS), sent.settings.study.seeds[0]
    known = Rules(usual, _own(nodes, "seed", seed), _keeps(nodes, chapter))
    for call in _calls(nodes):
        if called(call) not in ("compare", "measure_sets"):
            continue
        options = {word.arg: word.value for word in call.keywords}
        if {"draws", "seed", None} & options.keys():  # None: ** hides what is said
            return Rules(keeps=known.keeps)
        if "share" in options:
            fewer = {round(n * share) for n in usual for share in _number(options["share"])}
            known.draws = known.draws | fewer if fewer and known.draws else set()
    return known


def _nodes(sent: Sent, chapter: str) -> list[ast.AST]:
    """Return all nodes of a chapter's code, none where it cannot be read."""
    try:
        cells = Cells(code_cells(read_notebook(sent.file(f"notebooks/{chapter}.ipynb"))))
    except (UserError, SyntaxError, ValueError):
        return []
    return [node for one in cells.statements for node in ast.walk(one)]


def _calls(nodes: list[ast.AST]) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call))


def reasons(sent: Sent, chapter: str) -> dict[str, list[str]]:
    """Return by check the reasons for which a chapter sets it aside, where its code spells all."""
    found: dict[str, list[str]] = {}
    unsaid: set[str] = set()
    for call in _calls(_nodes(sent, chapter)):
        if called(call) != "not_applicable" or not call.args:
            continue
        words = [one.value for one in call.args if isinstance(one, ast.Constant)]
        if not isinstance(call.args[0], ast.Constant):
            return {}  # any check may be meant
        if len(words) == len(call.args) == 2:
            found.setdefault(str(words[0]), []).append(str(words[1]))
        else:
            unsaid.add(str(words[0]))
    return {name: told for name, told in found.items() if name not in unsaid}


def _own(nodes: list[ast.AST], name: str, usual: int) -> set[int]:
    """Return what ``here.NAME`` may be in a chapter; nothing where its code computes it."""
    found = {usual}
    for node in nodes:
        targets: list[Any] = getattr(node, "targets", []) or [getattr(node, "target", None)]
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            continue
        if any(isinstance(one, ast.Attribute) and one.attr == name for one in targets):
            said = _number(node.value) if isinstance(node, ast.Assign) else set()
            if not said:
                return set()
            found |= {int(value) for value in said}
    return found


def _number(node: ast.AST | None) -> set[float]:
    """Return the number that an expression such as ``1 / 2`` is, empty where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return {node.value}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        one, two = _number(node.left), _number(node.right)
        return {a / b for a in one for b in two if b}
    return set()


def _keeps(nodes: list[ast.AST], chapter: str) -> bool:
    """Return whether a chapter hands `here.metrics` what it had from `here.compare` alone.

    08 records what `here.measure_sets` has measured.
    """
    if chapter == RELEASE:
        return True
    compared = {name for name, value in _given(nodes) if _compares(value, set())}
    compared |= {name for name, value in _given(nodes) if _compares(value, compared)}
    tables = [
        call.args[1]
        for call in nodes
        if isinstance(call, ast.Call) and called(call) == "metrics" and len(call.args) > 1
    ]
    return bool(tables) and all(_compares(one, compared) for one in tables)


def _given(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that are set, or a part of which is, each with its value."""
    for node in nodes:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            root = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(root, ast.Name):
                yield root.id, node.value


def _compares(node: ast.AST, known: set[str]) -> bool:
    """Return whether an expression is what `here.compare` returns, or a part of such tables."""
    if isinstance(node, ast.Call):
        return called(node) == "compare"
    if isinstance(node, ast.DictComp):
        return _compares(node.value, known)
    root = node.value if isinstance(node, ast.Subscript) else node
    return isinstance(root, ast.Name) and root.id in known
