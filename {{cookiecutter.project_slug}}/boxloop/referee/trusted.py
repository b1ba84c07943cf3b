"""Which code of a release may be run to load its models: that which is here already, or is trusted.

A model of scikit-learn and boxloop alone needs none.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.places import find_project
from boxloop.measure.model_file import named_modules
from boxloop.predict.study_code import PACKAGE

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent


def needs_study(path: Path) -> bool:
    """Return whether a model file names code of the study; nothing of it is imported here."""
    try:
        return bool(named_modules(path.read_bytes(), PACKAGE))
    except Exception:  # noqa: BLE001  # it is no model: whoever loads it says so
        return False


def known_here(sent: Sent) -> Path | None:
    """Return the folder that holds the very ``study`` of the release, None where there is none.

    That is the project around the working directory, or what is installed.
    """
    places = []
    with suppress(UserError):
        places.append(find_project().root)
    with suppress(ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec("study")
        places += [Path(spec.origin).parents[1]] if spec and spec.origin else []
    mine = _code(sent.project.root)
    return next((place for place in places if mine and _code(place) == mine), None)


def _code(root: Path) -> dict[str, bytes]:
    """Return by path the bytes of the modules of a study."""
    paths = sorted((root / "study").rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def study_of(sent: Sent) -> Iterator[bool]:
    """Let models find the study of a release, if it may be run; yields whether it may.

    What was imported under that name before is there again afterwards.
    """
    root = sent.project.root if sent.trust_code else known_here(sent)
    if root is None:
        yield False
        return
    before, path = _imported(), list(sys.path)
    _forget()
    sys.path.insert(0, str(root))
    try:
        yield True
    finally:
        sys.path[:] = path
        _forget()
        sys.modules.update(before)


def _imported() -> dict[str, Any]:
    return {n: m for n, m in sys.modules.items() if n == "study" or n.startswith("study.")}


def _forget() -> None:
    for name in _imported():
        del sys.modules[name]
