"""What in a piece of code leads to rows out of sight: names, paths, lists of files, copies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from .syntax import TELLS, Names, called, told

# What only 08 may do, and what only the notebooks before the split may do.
KEY = "key_file"
OPENING = {"open_seal", "open_as", "ready_to_open", "sealed_file", KEY, "_test"}
OPENERS = (
    "boxloop.split.cipher", "boxloop.split.key", "boxloop.record.benchmark",
    "boxloop.record.entries",
)  # fmt: skip
WHOLE = {"labelled", "domains", "raw"}
SEALED, RAW = "sealed", "raw"  # folders of data
RELEASED = "08_release"  # the chapter, and what it leaves of test rows: for what comes after it
PUBLISHED = "test_inputs.csv"  # what a benchmark shows of them
COPY = "copy"  # of what only the notebooks before the split may see: theirs must not outlive them
LISTS = {"glob", "rglob", "iglob", "iterdir", "walk", "listdir", "scandir"}
# Folders in which no sealed row lies: to list these shows none.
HARMLESS = {"results", "interim", "notebooks", "study", "report", "passes", "folder", "executed"}
UPWARDS = {"parent", "parents", ".."}
# What makes a copy of a table or a file, and what may be done to a table so that it stays whole.
WRITES = {
    "dump", "keep", "keep_table", "save", "savetxt", "savez", "to_csv", "to_feather", "to_hdf",
    "to_json", "to_parquet", "to_pickle", "to_sql", "write_table",
}  # fmt: skip
COPIES = {"copy", "copy2", "copyfile", "copytree", "link", "move", "rename", "symlink"}
STAYS_WHOLE = {
    "DataFrame", "assign", "concat", "copy", "drop", "drop_duplicates", "dropna", "fillna",
    "rename", "reset_index", "set_index", "sort_values", "to_numpy",
}  # fmt: skip
JOINS = {"join", "joinpath", "Path", "PurePath", "with_name", "getattr"}
MOVES = {"cp", "ln", "mv", "rsync"}


def places(tree: ast.AST, names: Names) -> Iterator[tuple[str, str]]:
    """Yield what leads to rows out of sight, and which: those of the seal, or the undivided ones.

    `tree` is a cell, a module or one of its functions.
    """
    nodes = list(ast.walk(tree))
    # Neither docstrings nor what is looked at word by word.
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and called(node) in TELLS]
    prose |= {id(inner) for call in calls for inner in ast.walk(call)}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.alias):
            word = node.attr if isinstance(node, ast.Attribute) else node.name
            if word == KEY and not ast.unparse(node).endswith(f"project.{KEY}"):
                continue  # of something else
            if word in OPENING or word in WHOLE:
                yield word, SEALED if word in OPENING else RAW
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith(".data.table"):
            yield ast.unparse(node), RAW  # the path of the adopted table
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((word, SEALED) for word in _modules(node) if word in OPENERS)
        if isinstance(node, ast.Constant) and id(node) not in prose:
            yield from _path(node.value, whole=False)
        yield from _joined(node, names)
        if isinstance(node, ast.Call):
            yield from _call(node, names)


def _path(text: object, *, whole: bool) -> Iterator[tuple[str, str]]:
    """Yield a path, or with `whole` a part of one, that names a folder out of sight."""
    if not isinstance(text, str) or "\n" in text or len(text) > 300:
        return
    text = text.replace("\\", "/").strip()
    parts = text.split("/")
    for folder in (SEALED, RAW):
        # A word such as "raw" may be anything; below data, or after a slash, it is a folder.
        below = any(
            above in ("data", "..", ".", "") and part == folder for above, part in pairwise(parts)
        )
        if below or (whole and folder in parts):
            yield text, folder
    if "sealed/test" in text or text == "BOXLOOP_SEAL_KEY":
        yield text, SEALED
    if RELEASED in parts[:-1] and parts[-1].endswith((".parquet", ".csv")):
        yield text, RELEASED
    if parts[-1] == PUBLISHED:
        yield text, RELEASED
    if parts[-1].startswith("raw_") and "interim" in parts:
        yield text, RAW


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the modules that a statement may import."""
    home = getattr(node, "module", None)
    names = {alias.name for alias in node.names}
    return {home, *(f"{home}.{name}" for name in names)} if home else names


def _joined(node: ast.AST, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the parts of a path that is put together: by `/`, `+`, `%`, a call or an f-string."""
    parts: list[ast.AST] = []
    filled = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    if filled or called(node) == "format":
        for text in names.texts(node):
            yield from _path(text, whole=False)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call) and called(node) in JOINS:
        parts = list(node.args)
        between = getattr(getattr(node.func, "value", None), "value", None)
        if between in ("/", "\\") and parts and isinstance(parts[0], ast.List | ast.Tuple):
            parts = list(parts[0].elts)
    for part in parts:
        for text in names.texts(part):
            yield from _path(text, whole=True)
            if text in OPENING or (text in WHOLE and called(node) == "getattr"):
                yield text, SEALED if text in OPENING else RAW


def _call(node: ast.Call, names: Names) -> Iterator[tuple[str, str]]:
    """Yield calls that list or enter a folder which may hold data, take or copy undivided rows."""
    name = called(node)
    if name in TELLS:
        words = [*told(node, names)]
        found = [place for word in words for place in _path(word, whole=False)]
        yield from found
        bare = {word.lstrip("!%") for word in words}
        yield from ((text, COPY) for text, kind in found if kind == RAW and MOVES & bare)
        if "cd" in bare:
            yield from ((word, RAW) for word in words if word.rstrip("/").split("/")[-1] == "data")
    if name == "chdir" or any(word.arg == "cwd" for word in node.keywords):
        where = [*node.args, *(word.value for word in node.keywords if word.arg == "cwd")]
        texts = {text for part in where for text in names.texts(part)}
        yield from ((t, RAW) for t in texts if re.split(r"[/\\]", t.rstrip("/\\"))[-1] == "data")
    yield from ((f"{name}() of the undivided rows", COPY) for _ in _copied(node, names))
    if name in LISTS:
        words = names.words(node)
        if words & UPWARDS or not words & HARMLESS:
            yield f"{name}()", RAW
    if name == "table":
        yield from (
            (text, RAW) for part in node.args for text in names.texts(part)
            if text.startswith("raw_")
        )  # fmt: skip


def _copied(node: ast.Call, names: Names) -> Iterator[ast.AST]:
    """Yield what a call copies of the undivided rows: their table, or the file that holds it."""
    name = called(node)
    if name in WRITES:
        made = [*node.args, *(word.value for word in node.keywords)]
        made += [node.func.value] if isinstance(node.func, ast.Attribute) else []
        yield from (part for part in made if _is_whole(part, names))
    elif name in COPIES:
        for part in node.args:
            kinds = {kind for inner in ast.walk(part) for _, kind in places(inner, names)}
            if RAW in kinds:
                yield part


def _is_whole(node: ast.AST, names: Names, depth: int = 4) -> bool:
    """Return whether an expression is the whole table, with other columns or in another order."""
    if isinstance(node, ast.Name) and depth and node.id in names.once():
        return _is_whole(names.values[node.id], names, depth - 1)
    if not isinstance(node, ast.Call):
        return False
    name = called(node)
    if name in STAYS_WHOLE:
        inside = node.args if name in ("DataFrame", "concat") else [node.func]
        inside = [getattr(part, "value", part) if part is node.func else part for part in inside]
        inside = [one for part in inside for one in getattr(part, "elts", [part])]
        return any(_is_whole(part, names, depth) for part in inside)
    return name == "labelled"
