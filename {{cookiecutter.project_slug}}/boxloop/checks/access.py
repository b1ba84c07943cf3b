"""Who reads the rows that are sealed? Read from the code, without running it.

Read are the cells of the notebooks, the study, and modules of one's own that either imports or
runs. Comments and docstrings are no reads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from .core import Finding, check, listed
from .out_of_sight import COPY, RELEASED, SEALED, places
from .power import counted
from .reach import IMPORTED, imported, reach_of
from .syntax import TELLS, Names, called, joint, plain, told, tree_of

MAY_OPEN = {RELEASED}
SEES_ALL = {"01_scoping", "03_split", RELEASED}
GIVEN = re.compile(r"\s-c\s+(['\"])(.*?)\1", re.DOTALL)  # python -c '…' in a command


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
    reach = reach_of(modules)
    trees = {name: [tree_of(plain(text)) for _, text in pairs] for name, pairs in code.items()}
    known = {name: Names(joint(parts)) for name, parts in trees.items()}
    found = [
        f"{name}, cell {cell}: {word}"
        for name, cell, text in cells
        for word in sorted(_words(name, tree_of(plain(text)), known[name], reach))
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
    name: str, tree: ast.Module, names: Names, reach: Mapping[str, set], depth: int = 2
) -> set[str]:
    """Return the names and paths in a cell that lead to test rows."""
    found = {word for word, kind in places(tree, names) if not _may(name, kind)}
    used = [*names.uses(tree), *_imports(tree, reach), *_runs(tree, names, reach)]
    for word, target in used:
        if any(not _may(name, kind) for kind in reach.get(target, ())):
            module = target.rpartition(".")[0].replace(".", "/")
            found.add(f"{word}, which reads them in {module}.py")
    for text in _code_told(tree, names) if depth else ():
        inner = tree_of(text)
        known = Names(joint([names.tree, inner]))
        found |= _words(name, inner, known, reach, depth - 1)
    return found


def _code_told(tree: ast.AST, names: Names) -> Iterator[str]:
    """Yield the code that a call is handed as text: by ``exec`` and its like, or ``python -c``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in TELLS:
            for part in [*node.args, *(word.value for word in node.keywords)]:
                texts = {text for inner in ast.walk(part) for text in names.texts(inner)}
                yield from (found[2] for text in texts for found in GIVEN.finditer(text))
                if _runs_code(node) or "-c" in texts:  # not what pandas calls a query
                    yield from (text for text in texts if "." in text)


def _runs_code(node: ast.Call) -> bool:
    """Return whether a call runs a text as Python."""
    name = called(node)
    return name in ("run_cell", "run_cell_magic") or (
        name in ("exec", "eval") and isinstance(node.func, ast.Name)
    )


def _imports(tree: ast.Module, reach: Mapping[str, set]) -> Iterator[tuple[str, str]]:
    """Yield as (what is written, what it means) what importing does by itself."""
    modules = {target.removesuffix(f".{IMPORTED}") for target in reach}
    for module in imported(tree, "study", modules):
        yield f"import {module}", f"{module}.{IMPORTED}"


def _runs(tree: ast.AST, names: Names, reach: Mapping[str, set]) -> Iterator[tuple[str, str]]:
    """Yield as (what is written, what it means) the files of one's own that are run as a whole."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or called(node) not in TELLS:
            continue
        for word in told(node, names):
            module = word.lstrip("./").removesuffix(".py").replace("/", ".")
            if word.endswith(".py"):  # by a path, of which the beginning may be anything
                yield from ((word, one) for one in reach if f".{module}." in f".{one}")
            elif "." in module:  # python -m tools.peek
                yield from ((word, one) for one in reach if one.rpartition(".")[0] == module)


def _may(notebook: str, kind: str) -> bool:
    if kind == RELEASED:
        return notebook >= RELEASED
    if kind == COPY:  # in all others the table itself is out of reach
        return notebook in MAY_OPEN or notebook not in SEES_ALL
    return notebook in (MAY_OPEN if kind == SEALED else SEES_ALL)
