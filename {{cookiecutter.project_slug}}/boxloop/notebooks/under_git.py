"""A project under git: whether its notebooks get there without outputs, in this clone."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from boxloop.base.errors import UserError

FILTER = "filter.boxloop"
# The name that nbdime has too: where it is set up, it shows the difference.
DIFF = "diff.jupyternotebook"
ATTRIBUTES = "*.ipynb text eol=lf filter=boxloop diff=jupyternotebook"
SCRIPT = "boxloop/notebooks/clean.py"
AGAIN = "`boxloop setup` mends it"


def git(root: Path, *words: str) -> str | None:
    """Return what git prints in a folder, without its last line end; None where it refuses.

    Raises
    ------
    UserError
        If there is no git.
    """
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        msg = "git was not found: install it (https://git-scm.com), then `boxloop setup`."
        raise UserError(msg) from error
    return None if done.returncode else done.stdout.decode("utf-8", "replace").rstrip("\n")


def top_of(root: Path) -> Path | None:
    """Return the top of the work tree that holds a folder, or None where there is none."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    found = git(root, "rev-parse", "--show-toplevel")
    return Path(found) if found else None


def words_of(command: str) -> list[str]:
    """Return Python and file of a command of the filter; fewer where it is another's."""
    try:
        return [word for word in shlex.split(command) if not word.startswith("-")][:2]
    except ValueError:
        return []


def command(top: Path, root: Path, *more: str) -> str:
    """Return the command for git, which types it at the top of the work tree, into a shell.

    Also on Windows it is a shell of Unix, so that slashes and quotes are those of Unix.
    """
    script = (root.resolve().relative_to(top.resolve()) / SCRIPT).as_posix()
    python = Path(sys.executable).as_posix()
    return " ".join([shlex.quote(python), "-I", "-S", shlex.quote(script), *more])


def trouble(root: Path) -> str:
    """Return one sentence where outputs of notebooks would get into git; ``""`` where not."""
    try:
        top = top_of(root)
        if top is None or filter_of(root) != "boxloop":
            return ""  # no git, or the person has a filter of their own, or none on purpose
        known = git(root, "config", "--get", f"{FILTER}.clean")
    except UserError:
        return ""
    if not known:
        return "Outputs of notebooks would get into git from this clone: run `boxloop setup` once."
    words = words_of(known)
    python = Path(words[0]) if words else Path()
    if len(words) < 2 or not python.is_file() or not (top / words[1]).is_file():
        return f"git cannot take the outputs from notebooks ({known} is not there): {AGAIN}."
    return ""


def filter_of(root: Path) -> str:
    """Return the name of the filter that git has for the notebooks; ``""`` for none."""
    said = git(root, "check-attr", "filter", "--", "notebooks/01.ipynb") or ""
    name = said.rpartition(": ")[2]
    return "" if name in ("unspecified", "unset") else name
