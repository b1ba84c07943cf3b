"""Notebook files as plain JSON: read fast, without the notebook libraries."""

import json
from pathlib import Path

from boxloop.errors import UserError

# Cells that papermill adds to an executed copy; they are not in the source.
ADDED_TAGS = {"injected-parameters", "papermill-error-cell-tag"}


def read_notebook(path):
    """Return the notebook in `path` as a dictionary.

    Raises
    ------
    UserError
        If the file cannot be read or is not a notebook of format 4.
    """
    path = Path(path)
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path.name} is not a readable notebook ({error}): restore it from your last commit."
        raise UserError(msg) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        msg = f"{path.name} is not a notebook of format 4: open it in JupyterLab and save it again."
        raise UserError(msg)
    return notebook


def as_text(notebook):
    """Return the text of a notebook's file in its canonical form: the same for the same content."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def tags(cell):
    """Return the set of tags of a cell."""
    return set(cell.get("metadata", {}).get("tags", []))


def source(cell):
    """Return the text of a cell, which the format stores as text or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def sources(notebook):
    """Return ``[[cell type, text], ...]`` without the cells that papermill added."""
    cells = (cell for cell in notebook["cells"] if not tags(cell) & ADDED_TAGS)
    return [[cell.get("cell_type"), source(cell)] for cell in cells]


def code_cells(notebook):
    """Return ``[(id, text), ...]`` of the code cells."""
    return [(cell.get("id", "?"), source(cell)) for cell in notebook["cells"] if cell.get("cell_type") == "code"]


def first_error(notebook):
    """Return ``(cell id, "Name: message")`` of the first error in an executed copy, or None."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                lines = str(output.get("evalue", "")).strip().splitlines() or [""]
                return cell.get("id", "?"), f"{output.get('ename')}: {lines[0]}"
    return None
