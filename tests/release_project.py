"""A small study that was released, with a `release/` beside it; made once for all tests."""

import shutil
from pathlib import Path

import doctored
import pytest
from walk_project import command, execute_here, write

from boxloop.base.places import Project

AGAIN = ("--reason", "to pack it once more", "--anyway", "it is a small study")
PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "small"
version = "0.1.0"
readme = "README.md"
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.11"
dependencies = []

[project.scripts]
boxloop = "boxloop.cli:main"

[tool.hatch.build.targets.wheel]
packages = ["boxloop", "study"]
"""
_MADE = {}


def without_kernels(patch):
    """Let chapters run in this process."""
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


def released(factory, task="regression"):
    """Return a project with its release and what the command said; it is left alone."""
    if task not in _MADE:
        files = doctored.sources(task) | {"pyproject.toml": PYPROJECT, ".gitignore": "/release/\n"}
        project = write(factory.mktemp("released") / "small", files)
        with pytest.MonkeyPatch.context() as patch:
            without_kernels(patch)
            code, said = command(project, "release", *doctored.REASON)
        assert code == 0, said
        _MADE[task] = project, said
    return _MADE[task]


def copy_of(project, folder):
    """Return a copy of a project, to work in."""
    shutil.copytree(project.root, Path(folder) / "small")
    return Project(Path(folder) / "small")


def again(project, *words):
    """Type `boxloop release` in a project that was released; return exit code and words."""
    with pytest.MonkeyPatch.context() as patch:
        without_kernels(patch)
        return command(project, "release", *(words or AGAIN))


def contents(folder):
    """Return the bytes of every file below a folder, by name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
