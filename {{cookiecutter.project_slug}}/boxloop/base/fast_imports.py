"""Import the notebook libraries without the slowest thing they bring along."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# With JupyterLab installed, jsonschema compiles the grammars of web addresses on import:
# one to two seconds for formats that no notebook uses. It does without where they are absent.
SLOW = "rfc3987_syntax"


@contextmanager
def quick_imports() -> Iterator:
    """Let ``import nbconvert`` or ``import papermill`` skip the grammars of web addresses."""
    hidden = SLOW not in sys.modules
    if hidden:
        sys.modules[SLOW] = None  # type: ignore[assignment]  # as for one that is not there
    try:
        yield
    finally:
        if hidden:
            sys.modules.pop(SLOW, None)
