"""Each project has a `boxloop` of its own, while an environment has one installed.

An installed `boxloop` that finds itself in another project hands over to the one of that project.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

# Judging somebody's release runs nothing that lies around there.
OF_STRANGERS = ("referee", "--release")


def another(start: Path) -> Path | None:
    """Return the project around a folder that has a machinery of its own, not this one; or None.

    The folder of an unpacked release is none: its code belongs to whoever sent it.
    """
    this = Path(__file__).resolve().parents[1]
    for folder in (start, *start.parents):
        if (folder / "study.toml").is_file():
            own = folder / "boxloop"
            there = (own / "__init__.py").is_file() and not (folder / "release.json").is_file()
            return folder if there and not own.samefile(this) else None
    return None


def _hand_over(root: Path, module: str) -> Any:
    """Return a module of the machinery in `root`, which from here on is `boxloop`; say so."""
    this = Path(__file__).resolve().parents[2]
    for name in [name for name in sys.modules if name.partition(".")[0] == "boxloop"]:
        del sys.modules[name]
    sys.meta_path[:] = [one for one in sys.meta_path if _module_of(one) != "boxloop"]
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    print(
        f"This environment has the boxloop of {this} installed; "
        f"here that of {root} is used (`python -m pip install -e .` makes it the installed one).",
        file=sys.stderr,
    )
    return importlib.import_module(module)


def _module_of(finder: Any) -> str:
    return str(getattr(finder, "__module__", ""))


def in_a_notebook() -> bool:
    """Hand over where a notebook of another project imports this `boxloop`; return whether so."""
    if "ipykernel" not in sys.modules:
        return False
    root = another(Path.cwd())
    if root is None:
        return False
    _hand_over(root, "boxloop")
    return True


def on_the_command_line() -> bool:
    """Hand over where a command is typed in another project; return whether that has run it."""
    words = sys.argv[1:]
    if "_BOXLOOP_COMPLETE" in os.environ or any(word.startswith(OF_STRANGERS) for word in words):
        return False
    root = another(Path.cwd())
    if root is None:
        return False
    _hand_over(root, "boxloop.cli").main()
    return True
