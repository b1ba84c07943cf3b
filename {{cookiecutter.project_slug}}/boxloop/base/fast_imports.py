"""Import the notebook libraries without the slowest thing they bring along."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# With JupyterLab installed, jsonschema compiles the grammars of web addresses on import:
# one to two seconds for formats that no notebook uses. It does without where they are absent.
SLOW = "rfc3987_syntax"
# What papermill has for files on a Hadoop cluster; with it come Arrow and numpy. It does without.
HADOOP = "pyarrow"


@contextmanager
def quick_imports(*more: str) -> Iterator:
    """Let ``import nbconvert`` or ``import papermill`` skip the grammars of web addresses.

    Parameters
    ----------
    *more : str
        Other modules that are to look absent, as long as no other thread needs them.
    """
    hidden = [name for name in (SLOW, *more) if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # as for one that is not there
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
