"""What a notebook's window shows of a mistake: the person's own lines, and what to run first.

The machinery between a cell and the line that is wrong is left out; ``%tb`` shows all of it.
"""

from __future__ import annotations

import ast
import linecache
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import OwnLine, UserError, own_lines
from boxloop.notebooks.file import code_cells, read_notebook

if TYPE_CHECKING:
    from pathlib import Path

_WITH_NAMES_OF_ITS_OWN = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


def lines_of(error: BaseException, notebook: Path) -> list[str]:
    """Return what is shown of an error, or nothing where IPython's own words are as short.

    Parameters
    ----------
    error : Exception
    notebook : Path
        The chapter that is being run, as it was saved last.
    """
    if isinstance(error, UserError):
        return error.in_a_line()
    if isinstance(error, SyntaxError):  # of a module: one in a cell does not get here
        return _of_a_module(error)
    if isinstance(error, NameError) and (said := _made_elsewhere(error, notebook)):
        return [said]
    own = own_lines(error.__traceback__)
    if not own or len(own) == _depth(error):
        return []
    places = [f"  {line.place}{_inside(line)}{_text_of(line)}" for line in own]
    return [f"{type(error).__name__}: {error}", *places, "%tb shows all of it."]


def _inside(line: OwnLine) -> str:
    return f", in {line.function}" if line.function else ""


def _text_of(line: OwnLine) -> str:
    text = linecache.getline(line.file, line.number).strip()
    return f": {text}" if text else ""


def _depth(error: BaseException) -> int:
    """Return how many frames of a traceback are a person's or a library's, IPython's not."""
    depth, trace = 0, error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        depth += not name.startswith("IPython.")
        trace = trace.tb_next
    return depth


def _of_a_module(error: SyntaxError) -> list[str]:
    """Return one line on a module of the study that cannot be read."""
    parts = str(error.filename or "").replace("\\", "/").split("/")
    if "study" not in parts:
        return []
    path = "/".join(parts[parts.index("study") :])
    text = f": {error.text.strip()}" if error.text else ""
    return [f"{type(error).__name__}: {error.msg} ({path}, line {error.lineno}{text})"]


def _made_elsewhere(error: NameError, notebook: Path) -> str:
    """Return which cell makes a name that is not known yet; ``""`` where none does."""
    cells = []
    with suppress(UserError):
        cells = code_cells(read_notebook(notebook))
    for cell, text in cells:
        if error.name in names_made(text):
            return (
                f"NameError: {error.name} is not known yet: run the cell `{cell}` of "
                f"{notebook.stem} first, or all above this one (Run > Run All Above Selected Cell)."
            )
    return ""


def names_made(text: str) -> set[str]:
    """Return the names that the text of a cell gives a value to, those in functions left out."""
    lines = (line for line in text.split("\n") if not line.lstrip().startswith(("%", "!")))
    try:
        todo: list[Any] = [ast.parse("\n".join(lines))]
    except (SyntaxError, ValueError):
        return set()
    found = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.Name):
            found |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        if not isinstance(node, _WITH_NAMES_OF_ITS_OWN):
            todo += ast.iter_child_nodes(node)
    return found


def show(shell: Any, error: Any, lines: list[str]) -> list[str]:
    """Show these lines in place of a traceback, which ``%tb`` and ``%debug`` still have."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    shell._showtraceback(type(error), error, lines)  # noqa: SLF001  # there is no other way
    return lines
