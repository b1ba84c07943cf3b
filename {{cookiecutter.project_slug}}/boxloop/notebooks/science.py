"""What of a chapter a pass keeps: its code cells, what it says beside them, and its answers.

A bake is finished on the Python of Cookiecutter, which may be 3.9, and needs it as well.
"""

from __future__ import annotations

from typing import Any

from boxloop.base.files import fingerprint
from boxloop.notebooks.answers import is_answer, memory_key
from boxloop.notebooks.file import code_cells, source, tags


def code_kept(notebook: dict) -> dict[str, Any]:
    """Return what a chapter needs and makes, and its code cells: id, tags and source of each."""
    labels = {cell.get("id", "?"): sorted(tags(cell)) for cell in notebook["cells"]}
    about = notebook["metadata"]["boxloop"]
    return {
        "needs": list(about["needs"]),
        "makes": list(about["makes"]),
        "cells": [
            {"id": name, "tags": labels[name], "source": text}
            for name, text in code_cells(notebook)
        ],
    }


def prose_hash(notebook: dict) -> str:
    """Return the hash of the Markdown of a chapter that is no answer."""
    cells = [c for c in notebook["cells"] if c.get("cell_type") != "code" and not is_answer(c)]
    return fingerprint([source(cell) for cell in cells])


def answers_kept(rows: list[dict]) -> dict[str, str]:
    """Return the texts of answers by their id; one that stands in two chapters names its own."""
    ids = [row["id"] for row in rows]
    return {
        row["id"] if ids.count(row["id"]) == 1 else memory_key(row): row["text"] for row in rows
    }
