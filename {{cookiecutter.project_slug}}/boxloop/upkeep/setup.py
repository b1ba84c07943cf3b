"""What a clone is told once: git takes the outputs from notebooks, and shows cells in a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.notebooks.clean import staged_with_outputs
from boxloop.notebooks.under_git import (
    ATTRIBUTES,
    DIFF,
    FILTER,
    command,
    filter_of,
    git,
    top_of,
    trouble,
)

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project


def set_up(project: Project) -> list[str]:
    """Tell git of this clone about notebooks; return what was done, a sentence for each.

    What the person has set up already (another filter, nbdime, hooks) stays as it is.

    Raises
    ------
    UserError
        If this is not under git, or there is no git.
    """
    root = project.root
    top = top_of(root)
    if top is None:
        msg = f"{root} is not under git: type `git init`, then `boxloop setup` again."
        raise UserError(msg)
    said = []
    if not filter_of(root):
        _append(root / ".gitattributes")
        said.append("Written to .gitattributes: notebooks have a filter; commit that.")
    if (name := filter_of(root)) != "boxloop":
        why = "stays as it is; what it leaves of notebooks must keep their ids and tags"
        return [f"Your filter `{name}` for notebooks {why}."]
    if trouble(root):
        _tell(root, f"{FILTER}.clean", command(top, root))
        _tell(root, f"{FILTER}.smudge", "cat")
        _tell(root, f"{FILTER}.required", "true")
        said.append("git takes the outputs from notebooks now, in what is added from here on.")
    if not git(root, "config", "--get-regexp", rf"^{DIFF.replace('.', '[.]')}[.]"):
        _tell(root, f"{DIFF}.textconv", command(top, root, "--text"))
        _tell(root, f"{DIFF}.xfuncname", "^# %% .*$")
        said.append("`git diff` shows their cells.")
    said = [" ".join(said)] if said else ["git is set up for notebooks already."]
    if names := staged_with_outputs(root):
        many = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        remedy = "`git add --renormalize .` and a commit take them out"
        said.append(f"In git with outputs: {many}; {remedy}.")
    return said


def _append(path: Path) -> None:
    """Write the line of the notebooks to the end of a file of attributes."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    gap = "" if not before or before.endswith("\n") else "\n"
    write_text(path, f"{before}{gap}{ATTRIBUTES}\n")


def _tell(root: Path, key: str, value: str) -> None:
    """Set a key of this clone.

    Raises
    ------
    UserError
        If git refuses.
    """
    if git(root, "config", "--local", key, value) is None:
        msg = f"git cannot set {key} here: make its config writable, then `boxloop setup` again."
        raise UserError(msg)
