"""What a bake leaves to do: keep the chosen cells, and make the chosen study `study/`.

The hook of the template does it right after the bake; where hooks were declined, the first
`boxloop` does. The hook runs on the Python of Cookiecutter: the standard library alone, and no
syntax that Python 3.9 cannot read.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes
from boxloop.base.places import STATIONS
from boxloop.measure.kinds import TASKS
from boxloop.notebooks.answers import example_answers
from boxloop.notebooks.file import as_text, read_notebook, tags
from boxloop.notebooks.memory import write_example
from boxloop.upkeep.recorded import take_the_passes

if TYPE_CHECKING:
    from pathlib import Path


# The tags of a cell that choose: one with no tag of a question, or with the chosen one, stays.
# What one study says has the tag of that study, and what several of a task share that of the task.
STUDIES = {"clusters", "dijet", "own_data", "transients"}
QUESTIONS = {
    "task": set(TASKS),
    "start_from": {"worked-example", "own-data"},
    "edition": {"research", "workshop"},
    "study": STUDIES,
}


def mark(root: Path) -> Path:
    """Return the file that stands in a project until its bake is finished."""
    return root / "studies" / "UNFINISHED.md"


def finish(root: Path, choices: dict) -> bool:
    """Finish a bake, once: without its mark nothing is touched, and it may be stopped anywhere.

    Parameters
    ----------
    root : Path
        The folder that holds ``study.toml``.
    choices : dict
        The answers to `QUESTIONS`; ``study`` is the name of the chosen folder in ``studies/``.

    Returns
    -------
    bool
        Whether there was something to finish.

    Raises
    ------
    UserError
        If a choice is unknown, or there is no study to take.
    """
    if not mark(root).is_file():
        return False
    for key, values in QUESTIONS.items():
        if choices.get(key) not in sorted(values):
            msg = (
                f"{key} in [tool.boxloop] of pyproject.toml must say what was chosen at the bake:"
                f" write one of {', '.join(sorted(values))}."
            )
            raise UserError(msg)
    for name in STATIONS:
        _keep_the_chosen_cells(root / "notebooks" / f"{name}.ipynb", choices)
    _take_the_study(root, choices["study"])
    if choices["start_from"] == "worked-example":
        chapters = [root / "notebooks" / f"{name}.ipynb" for name in STATIONS]
        write_example(root, choices["study"], example_answers(chapters))
    take_the_passes(root)
    # The mark goes last, so that whatever stops this, the next run finds it.
    mark(root).unlink()
    if not any(mark(root).parent.iterdir()):
        mark(root).parent.rmdir()
    return True


def finish_from_record(root: Path) -> bool:
    """Finish a bake with the choices that ``pyproject.toml`` has on record; see `finish`."""
    import tomllib  # not in the Python 3.9 that a hook may run on

    if not mark(root).is_file():
        return False
    try:
        about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        msg = f"pyproject.toml cannot be read ({error}): restore it from a fresh bake."
        raise UserError(msg) from error
    tool = about.get("tool")
    record = tool.get("boxloop") if isinstance(tool, dict) else None
    return finish(root, record if isinstance(record, dict) else {})


def _keep_the_chosen_cells(path: Path, choices: dict) -> None:
    """Drop the cells of what was not chosen from one of the template's notebooks."""
    try:
        notebook = read_notebook(path)
        kept = [cell for cell in notebook["cells"] if _is_chosen(tags(cell), choices)]
    except (UserError, AttributeError, TypeError):
        return  # gone or damaged: `boxloop run` says so and names the remedy
    if len(kept) < len(notebook["cells"]):
        write_bytes(path, as_text({**notebook, "cells": kept}).encode("utf-8"))


def _is_chosen(found: Any, choices: dict) -> bool:
    return all(choices[key] in found or not found & values for key, values in QUESTIONS.items())


def _take_the_study(root: Path, name: str) -> None:
    """Move ``studies/NAME/`` to ``study/`` and its tests to ``tests/``; what is there stays."""
    study = root / "study"
    if not study.exists():
        if not (root / "studies" / name).is_dir():
            msg = f"studies/{name} is missing: copy it from a fresh bake made without hooks."
            raise UserError(msg)
        (root / "studies" / name).rename(study)
    (root / "tests").mkdir(exist_ok=True)
    for path in sorted((study / "tests").glob("*.py")):
        if not (root / "tests" / path.name).exists():
            path.rename(root / "tests" / path.name)
    if (study / "tests").is_dir() and not any((study / "tests").iterdir()):
        (study / "tests").rmdir()
    for other in STUDIES:
        if (root / "studies" / other).is_dir():
            shutil.rmtree(root / "studies" / other)
