"""What git is shown of a notebook: as it was written, in one form, without traces of a run.

git calls this file as a filter that `boxloop setup` names to it, on its own and often: it takes
nothing but the standard library, and starts with ``python -I -S``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# What a run, or a notebook's window, leaves behind in a cell and in a notebook.
OF_A_RUN = ("papermill", "execution", "ExecuteTime", "collapsed", "scrolled", "trusted")
OF_A_WINDOW = ("papermill", "widgets", "signature", "orig_nbformat")
# Python notebooks run with this environment's Python, whatever kernel they were saved with.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}


def as_text(notebook: dict) -> str:
    """Return the text of a notebook's file in its canonical form: the same for the same content."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def without_outputs(notebook: dict) -> dict:
    """Return a notebook as it was written: no outputs, counts or traces of a run.

    Ids, tags and all other metadata stay as they are; the notebook itself is changed.
    """
    about = notebook.setdefault("metadata", {})
    for name in OF_A_WINDOW:
        about.pop(name, None)
    for cell in notebook["cells"]:
        facts = cell.setdefault("metadata", {})
        for name in OF_A_RUN:
            facts.pop(name, None)
        if isinstance(facts.get("jupyter"), dict):
            facts["jupyter"].pop("outputs_hidden", None)
            if not facts["jupyter"]:
                del facts["jupyter"]
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


_LANGUAGES = (("kernelspec", "language"), ("language_info", "name"))


def _in_one_form(notebook: dict) -> dict:
    """Return a notebook as it is the same, whichever kernel or programme has saved it."""
    about = notebook["metadata"]
    if any(about.get(key, {}).get(one) == "python" for key, one in _LANGUAGES):
        about |= {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    for cell in notebook["cells"]:
        if isinstance(cell.get("source"), str):
            cell["source"] = cell["source"].splitlines(keepends=True)
    return notebook


def parsed(content: bytes) -> Any:
    """Return the notebook in the content of a file, or None where it holds something else.

    A merge that is not finished is no notebook, and passes as it is.
    """
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        about, cells = notebook.get("metadata", {}), notebook["cells"]
        good = notebook["nbformat"] == 4 and all("cell_type" in cell for cell in cells)
        tables = [about, *(about.get(key, {}) for key, _ in _LANGUAGES)]
        tables += [cell.get("metadata", {}) for cell in cells]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return notebook if good and all(isinstance(one, dict) for one in tables) else None


def cleaned(content: bytes) -> bytes:
    """Return the content of a notebook's file as git keeps it; of any other file, as it is."""
    notebook = parsed(content)
    if notebook is None:
        return content
    return as_text(_in_one_form(without_outputs(notebook))).encode("utf-8", "surrogatepass")


def has_outputs(content: bytes) -> bool:
    """Return whether a notebook's file holds what a run has put out."""
    notebook = parsed(content)
    return notebook is not None and any(cell.get("outputs") for cell in notebook["cells"])


def readable(content: bytes) -> bytes:
    """Return a notebook as text to compare: a line for each cell with its id, then its source."""
    notebook = parsed(cleaned(content))
    if notebook is None:
        return content
    lines = []
    for cell in notebook["cells"]:
        about = {key: value for key, value in cell["metadata"].items() if key != "tags"}
        words = [cell["cell_type"], cell.get("id", ""), *cell["metadata"].get("tags", [])]
        lines.append(f"# %% {' '.join(map(str, words))}".rstrip())
        lines += [json.dumps(about, ensure_ascii=False, sort_keys=True)] if about else []
        lines += ["".join(cell["source"]), ""]
    about = {key: value for key, value in notebook.items() if key != "cells"}
    return ("\n".join([*lines, as_text(about)])).encode("utf-8", "surrogatepass")


def staged_with_outputs(folder: Any, names: Any = ()) -> list[str]:
    """Return which of these notebooks git holds with outputs, as they are staged or committed.

    Parameters
    ----------
    folder : Path
    names : list of str
        As seen from that folder; all that git knows below it, where there are none.
    """
    import subprocess

    def git(*words: str) -> bytes:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True).stdout

    listed = git("ls-files", "-z", "--", *(names or ["*.ipynb"])).decode("utf-8").split("\0")
    return [name for name in listed if name and has_outputs(git("show", f":./{name}"))]


def main(arguments: list[str]) -> int:
    """Filter stdin to stdout; or ``--text FILE``: as text to compare; or ``--check [FILE ...]``."""
    if arguments[:1] == ["--check"]:
        names = staged_with_outputs(Path.cwd(), arguments[1:])
        for name in names:
            print(f"{name} has outputs: `boxloop setup`, then `git add --renormalize .`")
        return 1 if names else 0
    if arguments[:1] == ["--text"]:
        sys.stdout.buffer.write(readable(Path(arguments[1]).read_bytes()))
    else:
        sys.stdout.buffer.write(cleaned(sys.stdin.buffer.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
