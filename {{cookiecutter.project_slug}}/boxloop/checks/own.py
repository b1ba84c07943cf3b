"""Checks of the study's own: known from the text of study/checks.py, which is run only when asked.

Commands look at the checks of a project without running its code, and a referee at a stranger's.
"""

from __future__ import annotations

import ast
import importlib
from typing import TYPE_CHECKING, Any

from boxloop.base.places import Project, import_study

from .core import REGISTRY, WEIGHTS, CheckUnit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PREFIX = "study."  # of the names of all checks of a study
FILE = "checks.py"
KINDS = {"notebook": str, "weight": str, "source": str, "fix": str}


def know(root: Path) -> None:
    """Let the registry hold the checks of the project in `root`, and those of no other one."""
    for name in [name for name in REGISTRY if name.startswith(PREFIX)]:
        del REGISTRY[name]
    REGISTRY.update({unit.id: unit for unit in declared(Project(root))})


def declared(project: Project) -> list[CheckUnit]:
    """Return the checks that study/checks.py declares; a file that is no Python declares none."""
    try:
        tree = ast.parse((project.study / FILE).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, SyntaxError):
        return []
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = [_unit(project, node, call) for node in functions for call in node.decorator_list]
    return [unit for unit in found if unit is not None]


def _unit(project: Project, node: ast.FunctionDef, call: ast.expr) -> CheckUnit | None:
    """Return what a decorator declares in plain words and numbers, or None."""
    if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "check":
        return None
    try:
        (name,) = map(ast.literal_eval, call.args)
        facts = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    except ValueError:
        return None
    limit, tasks = facts.get("threshold"), facts.get("tasks")
    good = isinstance(name, str) and name.startswith(PREFIX) and facts.get("weight") in WEIGHTS
    good = good and all(isinstance(facts.get(key), kind) for key, kind in KINDS.items())
    if not good or not isinstance(limit, int | float | None):
        return None
    return CheckUnit(
        id=name,
        notebook=facts["notebook"],
        weight=facts["weight"],
        threshold=limit,
        source=facts["source"],
        fix=facts["fix"],
        tasks=None if tasks is None else frozenset(map(str, tasks)),
        sentence=(ast.get_docstring(node) or "").partition("\n")[0],
        function=_when_asked(project, node.name),
    )


def _when_asked(project: Project, name: str) -> Callable:
    """Return what imports the study, and its check of this name, when the check is asked."""

    def ask(*args: Any, **options: Any) -> Any:
        study = import_study(project)
        module = importlib.import_module(f"{study.__name__}.{FILE.removesuffix('.py')}")
        return getattr(module, name)(*args, **options)

    return ask
