"""The study's own code that a model is made of: found without running it, and compared by bytes.

A model file may name classes and functions of the study. They are run where they are the user's
own, byte for byte, or where the user has said that the code of a release is to be trusted.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from boxloop.predict.opened import Opened

PACKAGE = "study"


def digest(data: bytes) -> str:
    """Return the sha256 of a module, whatever its line ends: version control may change them."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def code_of(modules: Iterable[str], read: Callable[[str], bytes | None]) -> dict[str, str]:
    """Return ``{path: digest}`` of modules of the study and of all that these import of it.

    Parameters
    ----------
    modules : iterable of str
        Such as ``"study.models"``.
    read : callable
        Returns the bytes of a file such as ``"study/models.py"``, None where there is none.
    """
    found: dict[str, str] = {}
    open_ones = list(modules)
    seen: set[str] = set()
    while open_ones:
        module = open_ones.pop()
        if module in seen or not module:
            continue
        seen.add(module)
        open_ones.append(module.rpartition(".")[0])  # a package is run before what is in it
        for path in (f"{module.replace('.', '/')}.py", f"{module.replace('.', '/')}/__init__.py"):
            data = read(path)
            if data is not None:
                found[path] = digest(data)
                open_ones += _imports(data, module, is_package=path.endswith("__init__.py"))
    return dict(sorted(found.items()))


def _imports(data: bytes, module: str, *, is_package: bool) -> list[str]:
    """Return the modules of the study that a module may import."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return []
    home = module if is_package else module.rpartition(".")[0]
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                steps = home.split(".")[: len(home.split(".")) - node.level + 1]
                base = ".".join([*steps, *([base] if base else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.partition(".")[0] == PACKAGE]


def own_folder() -> Path | None:
    """Return the folder of the `study` that would be imported here, without importing it."""
    if there := sys.modules.get(PACKAGE):
        paths = list(getattr(there, "__path__", []))
    else:
        try:
            spec = importlib.util.find_spec(PACKAGE)
        except (ImportError, ValueError):
            spec = None
        paths = list(spec.submodule_search_locations or []) if spec else []
    return Path(paths[0]) if paths else None


def read_below(folder: Path | None) -> Callable[[str], bytes | None]:
    """Return what reads files such as ``study/models.py`` from the folder of a `study`."""

    def read(path: str) -> bytes | None:
        inner = folder / path.removeprefix(f"{PACKAGE}/") if folder else None
        return inner.read_bytes() if inner and inner.is_file() else None

    return read


def make_ready(
    modules: list[str], said: dict[str, str], opened: Opened | None, *, trust_code: bool, where: str
) -> None:
    """See to it that the study's code that a model names can be imported, and is the right one.

    Parameters
    ----------
    modules : list of str
        What the model names; nothing is done where that is nothing.
    said : dict
        What the bundle says of the code, as `code_of` returns it.
    opened : Opened or None
        The release, where the code comes with one.
    trust_code : bool
        Whether the code of the release may be run.
    where : str

    Raises
    ------
    UserError
        If the code is not the user's own, and may not be run.
    """
    if not modules:
        return
    folder = own_folder()
    if code_of(modules, read_below(folder)) == said and said:
        return
    names = ", ".join(shown(name).replace(".", "/") + ".py" for name in modules)
    if not trust_code or opened is None:
        msg = (
            f"{where}: the model is made of code of its study ({names}), which is not the `study` "
            "that is installed here: read that code, and then say --trust-code."
        )
        raise UserError(msg)
    if PACKAGE in sys.modules:
        msg = f"{where}: another `study` is in use already: begin a new Python."
        raise UserError(msg)
    theirs = code_of(modules, lambda path: opened.read(path) if path in opened else None)
    if theirs != said:
        msg = f"{where}: {names} is not what it was made with: get it again from who made it."
        raise UserError(msg)
    sys.path.insert(0, str(opened.path.resolve()))
    importlib.invalidate_caches()
