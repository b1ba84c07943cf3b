"""What study.toml says about the table, read once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from boxloop.base import find_project
from boxloop.settings import load_settings


def manifest(start: Any = None) -> Any:
    """Return the validated settings of the project around `start`, else the working directory."""
    file = find_project(start).settings_file
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(file: Any, changed: Any):
    return load_settings(file)


def aside(settings: Any) -> Any:
    """Return what estimators are handed and must not learn from: weights, and the resonance."""
    return [name for name in settings.seen if name not in settings.inputs]
