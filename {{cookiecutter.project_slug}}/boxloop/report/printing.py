"""The report on paper: a PDF that the system's own Chromium, Chrome or Edge prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boxloop.base.places import Project

VARIABLE = "CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
# Where the three are installed without a name on the path: below Applications, below Program Files.
ON_MACOS = ("Chromium", "Google Chrome", "Microsoft Edge")
ON_WINDOWS = (
    "Chromium/Application/chrome.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
PATIENCE = 300  # seconds
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever a browser would ask of the network
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
)


def print_pdf(project: Project) -> Path:
    """Print ``report/index.html`` to ``report/index.pdf``, and return its path.

    Raises
    ------
    UserError
        If no browser is found, or the one that is found does not print.
    """
    browser, target = find_browser(), project.report / "index.pdf"
    # A browser in a box of its own, such as a snap, may see the user's folders and no other.
    with tempfile.TemporaryDirectory(
        prefix="printing-", dir=project.report, ignore_cleanup_errors=True
    ) as folder:
        printed = Path(folder).resolve() / "index.pdf"
        page = (project.report / "index.html").resolve().as_uri()
        said = _run([browser, *_options(Path(folder)), f"--print-to-pdf={printed}", page])
        if not printed.is_file() or not (content := printed.read_bytes()).startswith(b"%PDF-"):
            msg = (
                f"{browser} did not print the report ({said}): open report/index.html in a browser "
                "and print it there."
            )
            raise UserError(msg)
    return write_bytes(target, content)


def _options(folder: Path) -> list[str]:
    """Return how a browser is started: with a profile of its own, which is thrown away."""
    # As root, as in a container, Chromium starts without its sandbox only; the page is our own.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    own = [f"--user-data-dir={folder.resolve() / 'profile'}"]
    return [*OPTIONS, *own, *(["--no-sandbox"] if is_root else [])]


def _run(command: list[str]) -> str:
    """Run a browser, and return in a few words how that ended."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"it took longer than {PATIENCE} s"
    except OSError as error:
        return error.strerror or "it cannot be started"
    return f"exit code {done.returncode}"


def find_browser() -> str:
    """Return the path of a browser that prints: the one that CHROMIUM names, or one of the system.

    Raises
    ------
    UserError
        If there is none.
    """
    if named := os.environ.get(VARIABLE):
        if found := shutil.which(named):
            return found
        msg = f"{VARIABLE} is {named}, which is no program: set it to the path of a Chromium."
        raise UserError(msg)
    for found in (*map(shutil.which, NAMES), *_installed()):
        if found:
            return found
    msg = (
        "No Chromium, Chrome or Edge was found to print with: install one of them, or set "
        f"{VARIABLE} to the path of one."
    )
    raise UserError(msg)


def _installed() -> Iterator[str]:
    """Yield the browsers that stand where their installers put them."""
    if sys.platform == "darwin":
        roots = [Path("/Applications"), Path.home() / "Applications"]
        paths = [root / f"{name}.app/Contents/MacOS/{name}" for root in roots for name in ON_MACOS]
    else:
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        roots = [Path(os.environ[name]) for name in variables if os.environ.get(name)]
        paths = [root / name for root in roots for name in ON_WINDOWS]
    yield from (str(path) for path in paths if path.is_file())
