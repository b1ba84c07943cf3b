"""The public names of a room, each imported from its module when somebody first asks for it.

A command that only looks at files need not import scikit-learn, and a notebook is made from no
more of the machinery than it uses.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

MODULES: dict[str, dict[str, str]] = {}  # by room: in which of its modules a public name is made


def unknown(room: str, name: str) -> Any:
    """Raise what Python raises of a module that does not have a name."""
    msg = f"module {room!r} has no attribute {name!r}"
    raise AttributeError(msg)


# Asked for what a name has become that a room had once; ``boxloop/__init__.py`` knows whom to ask.
elsewhere: Callable[[str, str], Any] = unknown


def public(room: str, names: dict[str, tuple[str, ...]]) -> tuple[list[str], Callable]:
    """Return ``__all__`` and ``__getattr__`` of a room.

    Parameters
    ----------
    room : str
        Name of the package.
    names : dict
        By module of that package: the names in it that notebooks and studies may import.
    """
    modules = MODULES[room] = {name: module for module, those in names.items() for name in those}

    def get(name: str) -> Any:
        if name not in modules:
            own = name.startswith("_") or find_spec(f"{room}.{name}")  # a module is imported as one
            return (unknown if own else elsewhere)(room, name)
        value = getattr(import_module(f"{room}.{modules[name]}"), name)
        setattr(sys.modules[room], name, value)  # the next one who asks finds it there
        return value

    return sorted(modules), get
