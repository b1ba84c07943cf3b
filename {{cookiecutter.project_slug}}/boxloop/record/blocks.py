"""A file of Python as named pieces: functions, classes, named values, imports, and what is left.

Two pieces are alike if they parse alike: comments, layout and docstrings are words, not science.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

IMPORTS, LOOSE, WHOLE = "imports", "code at module level", "the file"
_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def alike(text: str) -> str:
    """Return what counts of some code: the same for two texts that differ in words alone.

    A text that is no Python, such as a cell with a magic, counts as it stands.
    """
    try:
        return _counts(_parsed(text))
    except (SyntaxError, ValueError, RecursionError):
        return text.strip()


def _parsed(text: str) -> ast.Module:
    return ast.parse(text.removeprefix("\ufeff"))


def _counts(tree: ast.AST) -> str:
    """Return a tree as text, without docstrings and places."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | _NAMED) and body and _is_words(body[0]):
            node.body = body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _is_words(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def pieces(text: str) -> dict[str, str]:
    """Return the pieces of a file by name, each as it counts; see `alike`.

    Functions and classes have their name, a value that is given a name its own; imports are one
    piece, and so is all that is left.
    """
    try:
        found = _pieces(text)
    except (SyntaxError, ValueError, RecursionError):
        return {WHOLE: alike(text)}
    together: dict[str, list[str]] = {}
    for key, node in found.items():
        together.setdefault(_piece(key), []).append(_counts(node))
    return {name: "\n".join(parts) for name, parts in together.items()}


def compose(old: str, new: str, back: Iterable[str]) -> str:
    """Return the text `new` in which the pieces named in `back` are those of `old`.

    A piece that `old` alone has comes behind the one that it followed there.

    Parameters
    ----------
    old, new : str
        A file before and after.
    back : iterable of str
        Names of pieces, see `pieces`; of the rest, `new` is kept.
    """
    names = set(back)
    if WHOLE in names:
        return old
    before, after = _pieces(old), _pieces(new)
    keys = [key for key in after if _piece(key) not in names or key in before]
    found = {key: (before if _piece(key) in names else after)[key] for key in keys}
    order, last = list(keys), None
    for key in before:
        if _piece(key) in names and key not in found:
            found[key] = before[key]
            order.insert(order.index(last) + 1 if last else 0, key)
        last = key if key in found else last
    first = sorted(order, key=lambda key: "'__future__'" not in key)  # stable: these must lead
    return "\n\n\n".join(ast.unparse(found[key]) for key in first) + "\n"


def _piece(key: str) -> str:
    """Return the name of the piece that a statement belongs to."""
    kind, _, name = key.partition(" ")
    return {"import": IMPORTS, "loose": LOOSE}.get(kind, name)


def _pieces(text: str) -> dict[str, ast.stmt]:
    """Return the statements of a file in their order, by a key that is the same in another file."""
    found, seen = {}, Counter()
    body = _parsed(text).body
    for node in body[1:] if body and _is_words(body[0]) else body:
        key = _key(node)
        seen[key] += 1
        found[key if seen[key] == 1 else f"{key} ({seen[key]})"] = node
    return found


def _key(node: ast.stmt) -> str:
    if isinstance(node, _NAMED):
        return f"named {node.name}"
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        name = node.targets[0]
        return f"named {name.id}" if isinstance(name, ast.Name) else f"loose {ast.dump(node)}"
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return f"named {node.target.id}"
    kind = "import" if isinstance(node, ast.Import | ast.ImportFrom) else "loose"
    return f"{kind} {ast.dump(node)}"
