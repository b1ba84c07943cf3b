"""Notebook files as plain JSON: read fast, without the notebook libraries."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from boxloop.base.errors import UserError
from boxloop.notebooks.clean import as_text

# Cells that papermill adds to an executed copy; they are not in the source.
ADDED_TAGS = {"injected-parameters", "papermill-error-cell-tag"}
# What ends a kernel, by the names that nbclient has for it.
DEAD, TOO_LONG = ENDS = ("DeadKernelError", "CellTimeoutError")
_ASKS = re.compile(r"\b(?:check|not_applicable)\(\s*['\"]([\w.]+)['\"]")


def read_notebook(path: Path) -> dict:
    """Return the notebook in `path` as a dictionary.

    Raises
    ------
    UserError
        If the file cannot be read or is not a notebook of format 4.
    """
    return _parsed(Path(path), "restore it from your last commit")[0]


def _parsed(path: Path, remedy: str) -> tuple:
    """Return the notebook in a file, and the text of the file."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.startswith("\ufeff"):  # the libraries that execute it cannot read it either
            msg = f"{path.name} begins with a byte order mark (BOM): save it as UTF-8 without one."
            raise UserError(msg)
        notebook = parse(text)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path.name} is not a readable notebook ({error}): {remedy}."
        raise UserError(msg) from error
    if notebook is None:
        msg = f"{path.name} is not a notebook of format 4: {remedy}."
        raise UserError(msg)
    return notebook, text


def parse(text: str) -> Any:
    """Return the notebook that `text` holds, or None where it is JSON of another shape.

    Raises
    ------
    ValueError, RecursionError
        If it is not JSON.
    """
    notebook = json.loads(text)
    return notebook if _is_format_4(notebook) else None


def signed(notebook: dict) -> str:
    """Return an executed notebook as text that holds a hash of itself, so that damage shows."""
    about = notebook["metadata"].setdefault("boxloop", {})
    about["sha256"] = ""
    about["sha256"] = _sha256(as_text(notebook))
    return as_text(notebook)


def read_copy(path: Path) -> dict:
    """Return the executed notebook in `path`.

    Raises
    ------
    UserError
        If it is no readable notebook, or not as `boxloop run` has written it and signed it.
    """
    remedy = "run `boxloop run`, which executes it again"
    notebook, text = _parsed(Path(path), remedy)
    about = notebook["metadata"].get("boxloop")
    found = about.get("sha256") if isinstance(about, dict) else None
    if not isinstance(found, str) or _sha256(text.replace(found, "", 1)) != found:
        msg = f"{Path(path).name} is not as it was executed: {remedy}."
        raise UserError(msg)
    return notebook


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _is_format_4(notebook: Any) -> bool:
    """Return whether everything that is read here has the shape that the format gives it.

    What papermill notes is held to its shape too: it writes into what it finds.
    """
    if not isinstance(notebook, dict) or not _are_dicts(notebook.get("cells")):
        return False
    metadata = notebook.setdefault("metadata", {})
    return (
        notebook.get("nbformat") == 4
        and type(notebook.get("nbformat_minor")) is int
        and isinstance(metadata, dict)
        and _are_tables(metadata, "papermill")
        and _are_tables(metadata.get("papermill", {}), "parameters")
        and all(_is_cell(cell) for cell in notebook["cells"])
    )


def _is_cell(cell: dict) -> bool:
    metadata = cell.setdefault("metadata", {})
    return (
        cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("id", ""), str)
        and isinstance(metadata, dict)
        and _are_tables(metadata, "papermill")
        and isinstance(metadata.get("tags", []), list)
        and all(isinstance(tag, str) for tag in metadata.get("tags", []))
        and _is_text(cell.get("source"))
        and _are_dicts(cell.get("outputs", []))
        and _are_tables(cell, "attachments")
    )


def _are_tables(around: dict, *names: Any) -> bool:
    return all(isinstance(around.get(name, {}), dict) for name in names)


def _are_dicts(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(v, str) for v in value)
    )


def is_inside(pattern: str) -> bool:
    """Return whether a path or pattern names something below the root of a project.

    It is relative, without ``..``, and can be looked for on every system.
    """
    path, windows = PurePosixPath(pattern), PureWindowsPath(pattern)
    return (
        bool(path.parts)
        and not (path.root or windows.drive or windows.root)
        and ".." not in windows.parts
        and pattern.isprintable()  # a NUL, or half a sign, is in no name
        and all("**" not in part or part == "**" for part in path.parts)
        and all(len(part.encode("utf-8")) < 256 for part in path.parts)
    )


def tags(cell: dict) -> set[str]:
    """Return the set of tags of a cell."""
    return set(cell.get("metadata", {}).get("tags", []))


def source(cell: dict) -> str:
    """Return the text of a cell, which the format stores as text or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def sources(notebook: dict) -> list:
    """Return ``[[cell type, text], ...]`` without the cells that papermill added."""
    cells = (cell for cell in notebook["cells"] if not tags(cell) & ADDED_TAGS)
    return [[cell.get("cell_type"), source(cell)] for cell in cells]


def code_cells(notebook: dict) -> list:
    """Return ``[(id, text), ...]`` of the code cells."""
    return [
        (cell.get("id", "?"), source(cell))
        for cell in notebook["cells"]
        if cell.get("cell_type") == "code"
    ]


def asked(text: str) -> list[str]:
    """Return the ids of the checks that the text of a code cell asks by name."""
    return _ASKS.findall(text)


def errors(notebook: dict) -> Iterator[tuple[dict, dict]]:
    """Yield cell and output of each error in an executed copy.

    One that the tag ``raises-exception`` of its cell announces is none; the end of a kernel is.
    """
    for cell in notebook["cells"]:
        announced = "raises-exception" in tags(cell)
        for output in cell.get("outputs", []):
            counts = not announced or output.get("ename") in ENDS
            if counts and output.get("output_type") == "error":
                yield cell, output


def first_error(notebook: dict) -> Any:
    """Return ``(cell id, "Name: message")`` of the first of the `errors`, or None."""
    for cell, output in errors(notebook):
        lines = str(output.get("evalue", "")).strip().splitlines() or [""]
        return cell.get("id", "?"), f"{output.get('ename')}: {lines[0]}"
    return None
