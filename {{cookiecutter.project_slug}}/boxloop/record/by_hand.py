"""A chapter that was run in JupyterLab, all of it: it counts, and the report gets its copy.

What was put out is only in the notebook that was saved. It is taken for that of a run where all
says so: the cells as they are now, each run once, from the first to the last and in a new kernel,
and beside them the mark that this very run has left.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, sha256, write_text
from boxloop.notebooks.clean import OF_A_RUN
from boxloop.notebooks.file import code_cells, read_notebook, signed, source

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project

AGAIN = "Kernel > Restart Kernel and Run All Cells, then save it"


def facts_of_hand(shell: Any) -> dict:
    """Return what goes into ``station.json`` of a run by hand: its mark, and all cells so far."""
    return {"run": os.urandom(16).hex(), "cells": fingerprint(_typed(shell))}


def _typed(shell: Any) -> list[str]:
    """Return all that a kernel was asked to run, the running cell included."""
    return [text.rstrip("\n") for text in shell.history_manager.input_hist_raw[1:]]


def tell(shell: Any, notebook: Path, run: str) -> None:
    """Show in the cell that ends a chapter what is left to do; what is shown has the mark."""
    from IPython.display import publish_display_data

    cells = [text for _, text in code_cells(read_notebook(notebook)) if text.strip()]
    words = "Save this notebook, and the report shows this run (`boxloop report`)."
    if len(_typed(shell)) != len(cells):
        words = f"The numbers are kept. For the report: {AGAIN}."
    publish_display_data({"text/plain": words}, {"boxloop": {"run": run}})


def _is_mark(output: dict) -> bool:
    facts = output.get("metadata")
    return isinstance(facts, dict) and isinstance(facts.get("boxloop"), dict)


def doubt(notebook: dict, facts: dict) -> str:
    """Return why a saved notebook does not show the run of these facts; ``""`` where it does.

    Parameters
    ----------
    notebook : dict
        The chapter as it was saved.
    facts : dict
        Its ``station.json``.
    """
    known = facts["by_hand"]
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = [cell for cell in cells if source(cell).strip()]  # an empty one is not run
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    marks = [one["metadata"]["boxloop"].get("run") for one in outputs if _is_mark(one)]
    if marks[-1:] != [known.get("run")]:
        return "save that notebook, and it counts"
    if [cell.get("execution_count") for cell in cells] != list(range(1, len(cells) + 1)):
        return f"not from top to bottom in a new kernel: {AGAIN}"
    if fingerprint([source(cell).rstrip("\n") for cell in cells]) != known.get("cells"):
        return f"its cells were changed since: {AGAIN}"
    return ""


def take_over(project: Project, name: str, facts: dict) -> dict | None:
    """Return the executed copy of a chapter that was run by hand and saved, and keep it.

    None where the saved notebook does not show that run. Where nobody may write, it is not kept.
    """
    from boxloop.record.facts import inputs

    path = project.notebooks / f"{name}.ipynb"
    try:
        notebook = read_notebook(path)
        if doubt(notebook, facts):
            return None
        about = notebook["metadata"].setdefault("boxloop", {})
        about["inputs"] = inputs(project)
        about["station"] = sha256(project.station(name) / "station.json")
    except (UserError, OSError, LookupError, TypeError, AttributeError):
        return None
    for cell in notebook["cells"]:
        for trace in OF_A_RUN:
            cell["metadata"].pop(trace, None)
        if "outputs" in cell:
            cell["outputs"] = [one for one in cell["outputs"] if not _is_mark(one)]
    with suppress(OSError):
        write_text(project.executed / f"{name}.ipynb", signed(notebook))
    return notebook
