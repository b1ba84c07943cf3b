"""Who reads the rows that are sealed? Read from the code, without running it.

Read are the cells of the notebooks, the study, and modules of one's own that either imports or
runs. Comments and docstrings are no reads.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile, pairwise

from .core import Finding, check, listed
from .power import counted

# What only 08 may do, and what only the notebooks before the split may do.
OPENING = {"open_seal", "sealed_file", "key_file", "_test"}
OPENERS = ("boxloop.split.cipher", "boxloop.split.key")
WHOLE = {"labelled", "domains", "raw"}
SEALED, RAW = "sealed", "raw"  # folders of data
COPY = "copy"  # of what only the notebooks before the split may see: theirs must not outlive them
MAY_OPEN = {"08_release"}
SEES_ALL = {"01_scoping", "03_split", "08_release"}
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
MAKES = "write_missing_tables"  # is handed the function that makes the raw tables
JOINS = {"join", "joinpath", "Path", "PurePath", "with_name", "getattr"}
# What is handed a command, a query or a file to run, and the signs between the words of one.
TELLS = {
    "Popen", "call", "check_call", "check_output", "create_subprocess_exec",
    "create_subprocess_shell", "eval", "exec", "execute", "getoutput", "getstatusoutput", "popen",
    "query", "read_sql", "run", "run_cell", "run_cell_magic", "run_line_magic", "run_module",
    "run_path", "scan_csv", "scan_parquet", "spec_from_file_location", "sql", "system",
}  # fmt: skip
BETWEEN = re.compile(r"[\s'\"`(),;:=<>|&\[\]]+")
GIVEN = re.compile(r"\s-c\s+(['\"])(.*?)\1", re.DOTALL)  # python -c '…' in a command
MOVES = {"cp", "ln", "mv", "rsync"}
PYTHON_MAGIC = {"%%time", "%%timeit", "%%capture", "%%prun"}
GAP, HOLE = re.compile(r"%[-\d.]*[a-z]"), re.compile(r"\{[^{}]*\}")
TIMED = re.compile(r"^(\s*)%time(?:it)?\s+(?=[^-\s])")
IMPORTERS = {"import_module", "__import__"}
IMPORTED = "<import>"  # what a module does when it is imported


@check(
    "seal.untouched",
    notebook="08_release",
    weight="void",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.1",
    fix='Choose, stop and tune on the tables of 03 (here.table("train"), '
    'here.table("validation")); only 08 opens the seal.',
)
def untouched(
    code: Mapping[str, Iterable[tuple[str, str]]],
    *,
    study: Mapping[str, str] | None = None,
    threshold: float,
) -> Finding:
    """No notebook but the release reads test rows, from the seal or the undivided data.

    Parameters
    ----------
    code : dict
        By notebook, the id and the text of its code cells.
    study : dict, optional
        By name, the text of modules: "helpers" of the study, "/helpers" of one's own elsewhere in
        the project. A notebook that calls one of their functions does what that does.

    Notes
    -----
    A rule over the syntax tree. It follows names that are assigned once, paths that are put
    together from parts, lists of files in a folder that may hold data, commands and queries, code
    in a text, and functions of the study, among them the one that makes the raw tables; before the
    split, copies of the whole table. What a library does with a name it cannot know.
    """
    cells = [(name, cell, text) for name, pairs in code.items() for cell, text in pairs]
    modules = {_full_name(name): text for name, text in (study or {}).items()}
    reach = _reach(modules)
    trees = {name: [_tree(_plain(text)) for _, text in pairs] for name, pairs in code.items()}
    known = {name: _Names(_joint(parts)) for name, parts in trees.items()}
    found = [
        f"{name}, cell {cell}: {word}"
        for name, cell, text in cells
        for word in sorted(_words(name, _tree(_plain(text)), known[name], reach))
    ]
    power = counted("one place that names them")
    if not found:
        read = f"{len(cells)} code cells of {len(code)} notebooks{_modules_in_words(modules)}"
        read += " were read"
        message = f"{read}; none before 08 reads test rows."
        return Finding(0, passed=True, message=message, power=power)
    message = (
        f"Test rows are within reach before 08, in {listed(found)} ({threshold:g} places allowed)."
    )
    return Finding(len(found), len(found) <= threshold, message, power)


def _full_name(name: str) -> str:
    """Return what an import calls a module: ``study.helpers`` for "helpers"."""
    whole = name.removeprefix("/") if name.startswith("/") else f"study.{name}"
    return whole.removesuffix(".__init__")


def _modules_in_words(modules: Mapping[str, str]) -> str:
    """Return ``" and 6 modules of the study and 1 beside it"``, or what there is of that."""
    inside = sum(name.partition(".")[0] == "study" for name in modules)
    words = f" and {inside} modules of the study" if inside else ""
    return words + (f" and {len(modules) - inside} beside it" if len(modules) > inside else "")


def _words(
    name: str, tree: ast.Module, names: _Names, reach: Mapping[str, set], depth: int = 2
) -> set[str]:
    """Return the names and paths in a cell that lead to test rows."""
    found = {word for word, kind in _places(tree, names) if not _may(name, kind)}
    used = [*names.uses(tree), *_imports(tree, reach), *_runs(tree, names, reach)]
    for word, target in used:
        if any(not _may(name, kind) for kind in reach.get(target, ())):
            module = target.rpartition(".")[0].replace(".", "/")
            found.add(f"{word}, which reads them in {module}.py")
    for text in _code_told(tree, names) if depth else ():
        inner = _tree(text)
        known = _Names(_joint([names.tree, inner]))
        found |= _words(name, inner, known, reach, depth - 1)
    return found


def _code_told(tree: ast.AST, names: _Names) -> Iterator[str]:
    """Yield the code that a call is handed as text: by ``exec`` and its like, or ``python -c``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in TELLS:
            for part in [*node.args, *(word.value for word in node.keywords)]:
                texts = {text for inner in ast.walk(part) for text in names.texts(inner)}
                yield from (found[2] for text in texts for found in GIVEN.finditer(text))
                yield from (text for text in texts if "." in text)


def _imports(tree: ast.Module, reach: Mapping[str, set]) -> Iterator[tuple[str, str]]:
    """Yield as (what is written, what it means) what importing does by itself."""
    modules = {target.removesuffix(f".{IMPORTED}") for target in reach}
    for module in _imported(tree, "study", modules):
        yield f"import {module}", f"{module}.{IMPORTED}"


def _imported(tree: ast.Module, package: str, modules: Iterable[str]) -> set[str]:
    """Return which of the modules are imported, those above them included."""
    parts = [target.split(".") for target in _Names(tree, package=package).imported.values()]
    above = {".".join(names[:size]) for names in parts for size in range(1, len(names) + 1)}
    return above & {*modules}


def _runs(tree: ast.AST, names: _Names, reach: Mapping[str, set]) -> Iterator[tuple[str, str]]:
    """Yield as (what is written, what it means) the files of one's own that are run as a whole."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node) not in TELLS:
            continue
        for word in _told(node, names):
            module = word.lstrip("./").removesuffix(".py").replace("/", ".")
            if word.endswith(".py"):  # by a path, of which the beginning may be anything
                yield from ((word, one) for one in reach if f".{module}." in f".{one}")
            elif "." in module:  # python -m tools.peek
                yield from ((word, one) for one in reach if one.rpartition(".")[0] == module)


def _told(node: ast.Call, names: _Names) -> Iterator[str]:
    """Yield the words of the command or query that a call is handed."""
    for part in [*node.args, *(word.value for word in node.keywords)]:
        for inner in ast.walk(part):
            for text in names.texts(inner):
                yield from BETWEEN.split(text.replace("\\", "/"))


def _may(notebook: str, kind: str) -> bool:
    if kind == COPY:  # in all others the table itself is out of reach
        return notebook in MAY_OPEN or notebook not in SEES_ALL
    return notebook in (MAY_OPEN if kind == SEALED else SEES_ALL)


def _places(tree: ast.AST, names: _Names) -> Iterator[tuple[str, str]]:
    """Yield what leads to rows out of sight, and which: those of the seal, or the undivided ones.

    `tree` is a cell, a module or one of its functions.
    """
    nodes = list(ast.walk(tree))
    # Neither docstrings nor what is looked at word by word.
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and _called(node) in TELLS]
    prose |= {id(inner) for call in calls for inner in ast.walk(call)}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.alias):
            word = node.attr if isinstance(node, ast.Attribute) else node.name
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
    if parts[-1].startswith("raw_") and "interim" in parts:
        yield text, RAW


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the modules that a statement may import."""
    home = getattr(node, "module", None)
    names = {alias.name for alias in node.names}
    return {home, *(f"{home}.{name}" for name in names)} if home else names


def _joined(node: ast.AST, names: _Names) -> Iterator[tuple[str, str]]:
    """Yield the parts of a path that is put together: by `/`, `+`, `%`, a call or an f-string."""
    parts: list[ast.AST] = []
    filled = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    if filled or _called(node) == "format":
        for text in names.texts(node):
            yield from _path(text, whole=False)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call) and _called(node) in JOINS:
        parts = list(node.args)
        between = getattr(getattr(node.func, "value", None), "value", None)
        if between in ("/", "\\") and parts and isinstance(parts[0], ast.List | ast.Tuple):
            parts = list(parts[0].elts)
    for part in parts:
        for text in names.texts(part):
            yield from _path(text, whole=True)
            if text in OPENING or (text in WHOLE and _called(node) == "getattr"):
                yield text, SEALED if text in OPENING else RAW


def _call(node: ast.Call, names: _Names) -> Iterator[tuple[str, str]]:
    """Yield calls that list or enter a folder which may hold data, take or copy undivided rows."""
    called = _called(node)
    if called in TELLS:
        words = [*_told(node, names)]
        found = [place for word in words for place in _path(word, whole=False)]
        yield from found
        bare = {word.lstrip("!%") for word in words}
        yield from ((text, COPY) for text, kind in found if kind == RAW and MOVES & bare)
        if "cd" in bare:
            yield from ((word, RAW) for word in words if word.rstrip("/").split("/")[-1] == "data")
    if called == "chdir" or any(word.arg == "cwd" for word in node.keywords):
        where = [*node.args, *(word.value for word in node.keywords if word.arg == "cwd")]
        texts = {text for part in where for text in names.texts(part)}
        yield from ((t, RAW) for t in texts if re.split(r"[/\\]", t.rstrip("/\\"))[-1] == "data")
    yield from ((f"{called}() of the undivided rows", COPY) for _ in _copied(node, names))
    if called in LISTS:
        words = names.words(node)
        if words & UPWARDS or not words & HARMLESS:
            yield f"{called}()", RAW
    if called == "table":
        yield from (
            (text, RAW) for part in node.args for text in names.texts(part)
            if text.startswith("raw_")
        )  # fmt: skip


def _copied(node: ast.Call, names: _Names) -> Iterator[ast.AST]:
    """Yield what a call copies of the undivided rows: their table, or the file that holds it."""
    called = _called(node)
    if called in WRITES:
        made = [*node.args, *(word.value for word in node.keywords)]
        made += [node.func.value] if isinstance(node.func, ast.Attribute) else []
        yield from (part for part in made if _is_whole(part, names))
    elif called in COPIES:
        for part in node.args:
            places = {kind for inner in ast.walk(part) for _, kind in _places(inner, names)}
            if RAW in places:
                yield part


def _is_whole(node: ast.AST, names: _Names, depth: int = 4) -> bool:
    """Return whether an expression is the whole table, with other columns or in another order."""
    if isinstance(node, ast.Name) and depth and node.id in names.once():
        return _is_whole(names.values[node.id], names, depth - 1)
    if not isinstance(node, ast.Call):
        return False
    called = _called(node)
    if called in STAYS_WHOLE:
        inside = node.args if called in ("DataFrame", "concat") else [node.func]
        inside = [getattr(part, "value", part) if part is node.func else part for part in inside]
        inside = [one for part in inside for one in getattr(part, "elts", [part])]
        return any(_is_whole(part, names, depth) for part in inside)
    return called == "labelled"


def _called(node: ast.AST) -> str:
    function = getattr(node, "func", None)
    return getattr(function, "attr", "") or getattr(function, "id", "")


@dataclass
class _Names:
    """What the names in a piece of code stand for: an expression, or something imported."""

    tree: ast.Module
    package: str = "study"  # what an import with a dot begins with
    values: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    bound: Counter[str] = field(default_factory=Counter)  # how often each name is

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bound[node.id] += 1
            elif isinstance(node, ast.arg):
                self.bound[node.arg] += 1
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
        if isinstance(node, ast.Call) and _called(node) in IMPORTERS and node.args:
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
        if _called(node) == "format" and isinstance(node.func, ast.Attribute):  # type: ignore[attr-defined]
            return self._filled(node.func.value, HOLE, node.args, depth)  # type: ignore[attr-defined]
        return set()

    def _filled(self, text: ast.AST, gap: re.Pattern, parts: list, depth: int) -> set[str]:
        """Return a text whose gaps are filled, one after the other, by texts that are known."""
        parts = [one for part in parts for one in getattr(part, "elts", [part])]
        found = self.texts(text, depth)
        for part in parts:
            words = self.texts(part, depth) or {""}
            found = {gap.sub(lambda _: word, one, count=1) for one in found for word in words}  # noqa: B023
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
            elif _called(node) == "getattr" and isinstance(node, ast.Call) and len(node.args) > 1:
                home = self.imported.get(ast.unparse(node.args[0]))
                yield from ((ast.unparse(node), f"{home}.{t}") for t in self.texts(node.args[1]))


def _reach(modules: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by "module.function" what it leads to, itself or by what it calls.

    "module.<import>" is what happens when a module is imported.
    """
    found: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for module, text in modules.items():
        tree = _tree(text)
        names = _Names(tree, package=module.rpartition(".")[0] or module)
        found[f"{module}.{IMPORTED}"] = set()
        others = (f"{other}.{IMPORTED}" for other in _imported(tree, names.package, modules))
        calls[f"{module}.{IMPORTED}"] = set(others)
        for node in tree.body:
            for name in _defined(node) or _at_import(node):
                whole = f"{module}.{name}"
                kinds = {kind for _, kind in _places(node, names)}
                kinds |= {RAW} if _takes_raw(node) else set()
                found[whole] = found.get(whole, set()) | kinds
                own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                far = {target for _, target in names.uses(node)}
                calls.setdefault(whole, set()).update(far, (f"{module}.{other}" for other in own))
    for name in _makers(modules) & found.keys():
        found[name].add(RAW)
    changed = True
    while changed:
        changed = False
        for name, others in calls.items():
            more = set().union(*(found.get(other, set()) for other in others)) - found[name]
            found[name] |= more
            changed |= bool(more)
    return found


def _at_import(node: ast.stmt) -> list[str]:
    """Return that a statement runs when its module is imported; a definition or a name does not.

    Nor does what stands under ``if __name__ == "__main__"``: that runs with the file.
    """
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign):
        return []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return []
    run_only = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
    return ["<run>" if run_only else IMPORTED]


def _joint(trees: Iterable[ast.Module]) -> ast.Module:
    """Return the cells of a notebook as one module: one may use what another has set."""
    return ast.Module(body=[node for tree in trees for node in tree.body], type_ignores=[])


def _defined(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _makers(modules: Mapping[str, str]) -> set[str]:
    """Return as "module.function" what makes the raw tables: called again, it makes them again.

    That is what ``write_missing_tables`` is handed, and in a function that is handed the folder of
    the raw tables and writes to it, what it calls without telling it anything.
    """
    found: set[str] = set()
    for module, text in modules.items():
        tree = _tree(text)
        names = _Names(tree, package=module.rpartition(".")[0] or module)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) == MAKES:
                last = [*node.args[2:], *(w.value for w in node.keywords if w.arg == "make")]
                found |= {name for part in last for name in _meant(part, module, names)}
        for node in tree.body:
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            if _takes_raw(node) and any(_called(one) in WRITES for one in calls):
                bare = [one.func for one in calls if not (one.args or one.keywords)]
                found |= {name for part in bare for name in _meant(part, module, names)}
    return found


def _meant(node: ast.AST, module: str, names: _Names) -> set[str]:
    """Return as "module.function" what an expression may be, or calls: a partial, a lambda."""
    if isinstance(node, ast.Name):
        return {names.imported.get(node.id, f"{module}.{node.id}")}
    if isinstance(node, ast.Attribute):
        return {target for _, target in names.uses(node)}
    if isinstance(node, ast.Call):
        return {name for part in node.args[:1] for name in _meant(part, module, names)}
    if isinstance(node, ast.Lambda):
        calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
        return {f"{module}.{one.id}" for one in calls if isinstance(one, ast.Name)}
    return set()


def _takes_raw(node: ast.AST) -> bool:
    """Return whether a function is handed the folder of the raw tables."""
    return isinstance(node, ast.FunctionDef) and any(arg.arg == RAW for arg in node.args.args)


def _plain(text: str) -> str:
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
    # `files = !ls` hands on what a command says.
    name, sign, command = line.partition("= !")
    return f"{name}= system({command!r})" if sign and name.strip().isidentifier() else line


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # such a cell does not run either
        return ast.Module(body=[], type_ignores=[])
