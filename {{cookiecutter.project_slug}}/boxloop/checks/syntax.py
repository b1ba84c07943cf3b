"""A person's code as syntax trees: cells with their magic, and what the names in them stand for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import dropwhile

# What is handed a command, a query or a file to run, and the signs between the words of one.
TELLS = {
    "Popen", "call", "check_call", "check_output", "create_subprocess_exec",
    "create_subprocess_shell", "eval", "exec", "execute", "getoutput", "getstatusoutput", "popen",
    "query", "read_sql", "run", "run_cell", "run_cell_magic", "run_line_magic", "run_module",
    "run_path", "scan_csv", "scan_parquet", "spec_from_file_location", "sql", "system",
}  # fmt: skip
BETWEEN = re.compile(r"[\s'\"`(),;:=<>|&\[\]]+")
ODD, MOST_ODD = "system(", 20  # lines of a cell that are no Python, at most
PYTHON_MAGIC = {"%%time", "%%timeit", "%%capture", "%%prun"}
KEPT = re.compile(r"^(\s*\w+\s*)= ([!%].*)")
GAP, HOLE = re.compile(r"%[-\d.]*[a-z]"), re.compile(r"\{[^{}]*\}")
TIMED = re.compile(r"^(\s*)%time(?:it)?\s+(?=[^-\s])")
IMPORTERS = {"import_module", "__import__"}


def called(node: ast.AST) -> str:
    """Return the name of what is called, without what it belongs to; empty where nothing is."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", "") or getattr(function, "id", "")


def told(node: ast.Call, names: Names) -> Iterator[str]:
    """Yield the words of the command or query that a call is handed."""
    for part in [*node.args, *(word.value for word in node.keywords)]:
        for inner in ast.walk(part):
            for text in names.texts(inner):
                yield from BETWEEN.split(text.replace("\\", "/"))


@dataclass
class Names:
    """What the names in a piece of code stand for: an expression, or something imported."""

    tree: ast.Module
    package: str = "study"  # what an import with a dot begins with
    values: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    bound: Counter[str] = field(default_factory=Counter)  # how often each name is

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            self._count(node)
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._bind(target, node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                self._bind(node.target, node.iter)
            elif isinstance(node, ast.Import):
                for name in node.names:
                    bound = name.asname or name.name.partition(".")[0]
                    self.imported[bound] = name.name if name.asname else bound
            elif isinstance(node, ast.ImportFrom):
                home = self._home(node)
                for name in node.names:
                    self.imported[name.asname or name.name] = f"{home.rstrip('.')}.{name.name}"
                    self.stars += [home.rstrip(".")] if name.name == "*" else []

    def _count(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.bound[node.id] += 1
        elif isinstance(node, ast.arg):
            self.bound[node.arg] += 1

    def _home(self, node: ast.ImportFrom) -> str:
        """Return the module that is imported from."""
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])

    def _bind(self, target: ast.AST, value: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self.values.setdefault(target.id, value)
            if module := self._loaded(value):
                self.imported.setdefault(target.id, module)
        elif isinstance(target, ast.Tuple | ast.List):
            inside = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for one, other in zip(target.elts, inside, strict=False):
                self._bind(one, other)

    def once(self) -> set[str]:
        """Return the names that stand for one expression all the time."""
        return {name for name in self.values if self.bound[name] == 1}

    def _loaded(self, node: ast.AST) -> str | None:
        """Return the module that a call such as ``import_module("study.data")`` imports."""
        if isinstance(node, ast.Call) and called(node) in IMPORTERS and node.args:
            return next(iter(self.texts(node.args[0])), None)
        return None

    def texts(self, node: ast.AST, depth: int = 4) -> set[str]:
        """Return the texts that an expression may be: itself, or what its name was set to."""
        if isinstance(node, ast.Constant):
            return {node.value} if isinstance(node.value, str) else set()
        if isinstance(node, ast.Name) and depth and node.id in self.values:
            return self.texts(self.values[node.id], depth - 1)
        if isinstance(node, ast.JoinedStr):
            parts = (getattr(part, "value", None) for part in node.values)
            return {text for text in parts if isinstance(text, str)}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = self.texts(node.left, depth), self.texts(node.right, depth)
            return {one + other for one in sides[0] for other in sides[1]} | sides[0] | sides[1]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._filled(node.left, GAP, [node.right], depth)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return set()
        fills = node.func.attr == "format"
        return self._filled(node.func.value, HOLE, node.args, depth) if fills else set()

    def _filled(self, text: ast.AST, gap: re.Pattern, parts: list, depth: int) -> set[str]:
        """Return a text whose gaps are filled, one after the other, by texts that are known."""
        parts = [one for part in parts for one in getattr(part, "elts", [part])]
        found = self.texts(text, depth)
        for part in parts:
            words = self.texts(part, depth) or {""}
            pairs = [(gap.split(one, maxsplit=1), word) for one in found for word in words]
            found = {word.join(pieces) for pieces, word in pairs}
        return found

    def words(self, node: ast.AST, depth: int = 4) -> set[str]:
        """Return the names and the parts of paths in an expression, names followed."""
        found: set[str] = set()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute):
                found.add(inner.attr)
            elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                parts = inner.value.replace("\\", "/").split("/")
                found |= set(dropwhile(lambda part: part in (".", ".."), parts))
            elif isinstance(inner, ast.Name):
                found.add(inner.id)
                if depth and inner.id in self.values:
                    found |= self.words(self.values[inner.id], depth - 1)
        return found

    def uses(self, tree: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield as (what is written, what it means) the imported names that code refers to."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in self.imported:
                yield node.id, self.imported[node.id]
            elif isinstance(node, ast.Name):
                yield from ((node.id, f"{home}.{node.id}") for home in self.stars)
            elif isinstance(node, ast.Attribute):
                first, *rest = ast.unparse(node).split(".")
                if first in self.imported and all(part.isidentifier() for part in rest):
                    yield ast.unparse(node), ".".join([self.imported[first], *rest])
                elif module := self._loaded(node.value):
                    yield ast.unparse(node), f"{module}.{node.attr}"
                elif isinstance(node.value, ast.Attribute) and self._loaded(node.value.value):
                    inside = f"{self._loaded(node.value.value)}".partition(".")[0]
                    yield ast.unparse(node), f"{inside}.{node.value.attr}.{node.attr}"
            elif called(node) == "getattr" and isinstance(node, ast.Call) and len(node.args) > 1:
                home = self.imported.get(ast.unparse(node.args[0]))
                yield from ((ast.unparse(node), f"{home}.{t}") for t in self.texts(node.args[1]))


def joint(trees: Iterable[ast.Module]) -> ast.Module:
    """Return the cells of a notebook as one module: one may use what another has set."""
    return ast.Module(body=[node for tree in trees for node in tree.body], type_ignores=[])


def plain(text: str) -> str:
    """Return the text of a cell as Python: a magic or a shell command as a call that is told it."""
    first = next(iter(text.split(maxsplit=1)), "")
    if first.startswith("%%"):
        if first not in PYTHON_MAGIC:
            return f"system({text!r})"
        text = text.lstrip().partition("\n")[2]
    lines = text.splitlines()
    return "\n".join(_plain_line(line) for line in lines)


def _plain_line(line: str) -> str:
    line = TIMED.sub(r"\1", line)
    bare = line.lstrip()
    indent = line[: len(line) - len(bare)]
    if bare.startswith(("%", "!", "?")):
        return f"{indent}system({bare!r})"
    # `files = !ls` hands on what a command says, and so does `files = %sx ls`.
    kept = KEPT.match(line)
    return f"{kept[1]}= system({kept[2]!r})" if kept else line


def tree_of(text: str) -> ast.Module:
    """Return a text as a tree; a line that is no Python, such as ``frame?``, as a command."""
    lines = text.splitlines()
    for _ in range(MOST_ODD):
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError) as error:
            number = (getattr(error, "lineno", None) or 0) - 1
            if not 0 <= number < len(lines) or lines[number].lstrip().startswith(ODD):
                break
            line = lines[number]
            indent = line[: len(line) - len(line.lstrip())]
            lines[number] = f"{indent}{ODD}{line.strip()!r})"
    return ast.Module(body=[], type_ignores=[])  # such a cell does not run either
