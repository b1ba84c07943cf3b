"""Open an address in the person's browser, where there is a screen to show it on."""

from __future__ import annotations

import os
import sys
import webbrowser


def has_display() -> bool:
    """Return whether a browser would have a window; one in the terminal would take it away."""
    if sys.platform in ("win32", "darwin") or os.environ.get("BROWSER"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def show(address: str) -> bool:
    """Open an address, and return whether a browser took it."""
    if not has_display():
        return False
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
