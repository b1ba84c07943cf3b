"""The machinery that turns Box's loop: the same bytes in every project, replaced by updates."""

import sys
from typing import Any

__version__ = "0.1.0"


class _Moved:
    """Asked for modules that are not there: notebooks and studies may know them by an old name."""

    @staticmethod
    def find_spec(name: Any, path: Any = None, target: Any = None) -> Any:
        if not name.startswith("boxloop."):
            return None
        from boxloop.upkeep import moved

        return moved.find_spec(name, path, target)


sys.meta_path.append(_Moved)
