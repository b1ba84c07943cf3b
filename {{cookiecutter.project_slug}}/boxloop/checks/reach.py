"""What calling a function of one's own leads to, itself or by what it calls, or at import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from .out_of_sight import RAW, WRITES, places
from .syntax import Names, called, tree_of

MAKES = "write_missing_tables"  # is handed the function that makes the raw tables
IMPORTED = "<import>"  # what a module does when it is imported


def reach_of(modules: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by "module.function" what it leads to, itself or by what it calls.

    "module.<import>" is what happens when a module is imported.
    """
    found: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for module, text in modules.items():
        tree = tree_of(text)
        names = Names(tree, package=module.rpartition(".")[0] or module)
        found[f"{module}.{IMPORTED}"] = set()
        others = (f"{other}.{IMPORTED}" for other in imported(tree, names.package, modules))
        calls[f"{module}.{IMPORTED}"] = set(others)
        for node in tree.body:
            for name in _defined(node) or _at_import(node):
                whole = f"{module}.{name}"
                kinds = {kind for _, kind in places(node, names)}
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


def imported(tree: ast.Module, package: str, modules: Iterable[str]) -> set[str]:
    """Return which of the modules are imported, those above them included."""
    parts = [target.split(".") for target in Names(tree, package=package).imported.values()]
    above = {".".join(names[:size]) for names in parts for size in range(1, len(names) + 1)}
    return above & {*modules}


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
        tree = tree_of(text)
        names = Names(tree, package=module.rpartition(".")[0] or module)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == MAKES:
                last = [*node.args[2:], *(w.value for w in node.keywords if w.arg == "make")]
                found |= {name for part in last for name in _meant(part, module, names)}
        for node in tree.body:
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            if _takes_raw(node) and any(called(one) in WRITES for one in calls):
                bare = [one.func for one in calls if not (one.args or one.keywords)]
                found |= {name for part in bare for name in _meant(part, module, names)}
    return found


def _meant(node: ast.AST, module: str, names: Names) -> set[str]:
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
