"""How a notebook asks a check: the call, and all that its arguments were made from.

It is read from the code as text. What a call depends on are the statements before it that set a
name which it uses, and those that these depend on; all else in a notebook may change freely.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from boxloop.base.files import fingerprint
from boxloop.checks.syntax import called, plain, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ASKS = {"check", "not_applicable"}
CHANGES = {
    "add", "append", "clear", "extend", "fill", "insert", "pop", "put", "remove", "reverse",
    "setdefault", "setflags", "sort", "update",
}  # fmt: skip
UNSAID = {"ctx", "kind", "type_comment", "type_params", "type_ignores"}
LENGTH = 16  # of a fingerprint, enough to tell some dozen ways apart


class Cells:
    """The code cells of a notebook, read once.

    Parameters
    ----------
    cells : pairs of str
        Id and text, in their order.
    """

    def __init__(self, cells: Iterable[tuple[str, str]]) -> None:
        texts = [text for _, text in cells]
        self.statements = [node for text in texts for node in tree_of(plain(text)).body]
        modules = _modules(self.statements)  # `np.sort` changes no numpy
        self._sets = [_sets(statement) - modules for statement in self.statements]
        self._texts = [ast.unparse(statement) for statement in self.statements]

    def way_of(self, check_id: str) -> str | None:
        """Return a fingerprint of how a check is asked, None where it is not.

        Several calls of one check are one way to ask it.
        """
        found = [
            [_shape(call), *self._made_from(call, at)]
            for at, statement in enumerate(self.statements)
            if check_id in self._texts[at]
            for call in _calls(statement, check_id)
        ]
        return fingerprint(found)[:LENGTH] if found else None

    def _made_from(self, node: ast.AST, at: int) -> list:
        """Return the shapes of the statements that an expression depends on, the nearest first."""
        needed, found = _loads(node), []
        for before in range(at - 1, -1, -1):
            statement, bound = self.statements[before], self._sets[before]
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for name in statement.names:
                    brought = name.asname or name.name.partition(".")[0]
                    if brought in needed:
                        needed.discard(brought)
                        found.append([getattr(statement, "module", None), name.name, name.asname])
            elif bound & needed:
                found.append(_shape(statement))
                if isinstance(statement, ast.Assign | ast.FunctionDef | ast.ClassDef):
                    needed -= _whole(statement)
                needed |= _loads(statement)
        return found


def _modules(statements: list[ast.stmt]) -> set[str]:
    """Return the names of whole modules."""
    return {
        name.asname or name.name.partition(".")[0]
        for statement in statements
        if isinstance(statement, ast.Import)
        for name in statement.names
    }


def _calls(statement: ast.stmt, check_id: str) -> Iterator[ast.AST]:
    """Yield the calls by which a statement asks a check; of ``if`` and its like the whole of it."""
    asks = [node for node in ast.walk(statement) if _names_it(node, check_id)]
    if asks and not isinstance(statement, ast.Assign | ast.Expr):
        yield statement
        return
    around = {
        id(part): node
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        for part in node.args
    }
    for node in asks:
        # `partial(here.check, ID)` is handed on to whoever fills the rest in.
        yield around.get(id(node), node) if called(node) == "partial" else node


def _names_it(node: ast.AST, check_id: str) -> bool:
    """Return whether a node is a call such as ``here.check("ID", ...)``."""
    if not isinstance(node, ast.Call):
        return False
    texts = [part.value for part in node.args[:2] if isinstance(part, ast.Constant)]
    if check_id not in texts:
        return False
    first = node.args[0]
    handed = called(node) == "partial" and isinstance(first, ast.Attribute) and first.attr in ASKS
    return handed or called(node) in ASKS


def _loads(node: ast.AST) -> set[str]:
    return {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    }


def _whole(statement: ast.stmt) -> set[str]:
    """Return the names that a statement sets anew, whatever they were before."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = [inner for target in getattr(statement, "targets", []) for inner in _parts(target)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _parts(target: ast.AST) -> list[ast.AST]:
    return [p for one in target.elts for p in _parts(one)] if hasattr(target, "elts") else [target]


def _sets(statement: ast.stmt) -> set[str]:
    """Return the names that a statement sets or changes; of a function not those of its own."""
    found = set()
    if isinstance(statement, ast.FunctionDef):
        return {statement.name} | set().union(*map(_sets, statement.body)) - _own(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found |= _root(node)
        elif isinstance(node, ast.Call) and called(node) in CHANGES:
            found |= _root(node.func)
    return found


def _own(function: ast.FunctionDef) -> set[str]:
    """Return the names that belong to a function: what it is given and what it sets by itself."""
    inside = [*ast.walk(function)]
    given = {node.arg for node in inside if isinstance(node, ast.arg)}
    stored = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    outer = {name for node in inside if isinstance(node, ast.Global) for name in node.names}
    return given | stored - outer


def _root(node: ast.AST) -> set[str]:
    """Return the name that a part such as ``frame["x"].flags`` belongs to."""
    while not isinstance(node, ast.Name):
        inside = getattr(node, "value", None) or getattr(node, "func", None)
        if not isinstance(inside, ast.AST):
            return set()
        node = inside
    return {node.id}


def _shape(node: Any) -> Any:
    """Return a tree as plain lists, the same under every version of Python."""
    if isinstance(node, ast.AST):
        parts = [(name, value) for name, value in ast.iter_fields(node) if name not in UNSAID]
        kept = [[name, _shape(value)] for name, value in parts if value not in (None, [])]
        return [type(node).__name__, *kept]
    return [_shape(one) for one in node] if isinstance(node, list) else repr(node)
