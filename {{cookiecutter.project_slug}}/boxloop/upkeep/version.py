"""Which version of the template, which Python, which project."""

from __future__ import annotations

import platform
import tomllib
from pathlib import Path

import boxloop
from boxloop.base.errors import UserError
from boxloop.base.places import find_project


def version_lines(here: Path) -> list[str]:
    """Return the version of the machinery in use and Python's, and that of the project around.

    Parameters
    ----------
    here : Path
        A folder, which may be outside of any project.
    """
    lines = [f"boxloop {boxloop.__version__}, Python {platform.python_version()}"]
    made = _made_with(here)
    if made and made != boxloop.__version__:
        lines.append(f"This project was made with template {made}.")
    return lines


def _made_with(here: Path) -> str:
    """Return the version of the template that made the project; empty where nothing says it."""
    try:
        path = find_project(here).root / "pyproject.toml"
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
        return str(tools["boxloop"]["template_version"])
    except (UserError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
