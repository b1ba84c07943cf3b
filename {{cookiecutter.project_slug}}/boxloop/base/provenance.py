"""Where results come from: code, versions, machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any


def git_commit(root: Path) -> Any:
    """Return the commit of the project, with ``+changes`` where the tree is dirty, or None.

    None too where the folder lies inside a repository of something else.
    """

    def git(*words: Any):
        command = ["git", "-C", str(root), *words]
        done = subprocess.run(command, capture_output=True, check=True, timeout=10)
        return done.stdout.decode("utf-8", errors="replace").strip()

    try:
        top, commit = git("rev-parse", "--show-toplevel", "HEAD").splitlines()
        if not Path(top).samefile(root):
            return None
        dirty = git("status", "--porcelain", "--untracked-files=no")
        return commit + ("+changes" if dirty else "")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def was_committed(root: Path, name: str) -> bool:
    """Return whether git has a file of this name, from `root`, in the history of any branch."""
    command = ["git", "-C", str(root), "log", "--all", "--format=%H", "-n1", "--", name]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(found.stdout.strip())


@cache
def version(package: str) -> str:
    """Return the version of a package, empty where there is none; asked once in a process."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def versions() -> dict:
    """Return ``{package: version}`` of everything installed, sorted by name."""
    found = {}
    for package in metadata.distributions():
        name = package.metadata["Name"]
        if name:
            # Of two in the path, the first is the one that is imported.
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), package.version)
    return dict(sorted(found.items()))


def requirements() -> str:
    """Return the exact versions of the environment as the text of a requirements file."""
    lines = [f"# Python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    lines += [f"{name}=={version}" for name, version in versions().items() if name != "boxloop"]
    return "\n".join(lines) + "\n"


def machine() -> dict:
    """Return Python, system, cores and the versions of the packages that numbers depend on."""
    found = versions()
    packages = {
        name: found[name] for name in ("numpy", "pandas", "scipy", "scikit-learn") if name in found
    }
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    } | packages
