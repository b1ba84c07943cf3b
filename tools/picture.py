"""Take the picture of a report's first screen that both READMEs begin with.

    python3 tools/demo.py
    python3 tools/environment.py tools/picture.py

Chromium takes it, the one of the system; Pillow, which matplotlib brings, makes it small. Another
report is named on the command line.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from environment import ROOT

REPORT = ROOT / "build" / "demo" / "report" / "index.html"
PLACES = [
    ROOT / ".github" / "report.png",
    ROOT / "{{cookiecutter.project_slug}}" / ".github" / "report.png",
]
SIZE = (1280, 860)
COLOURS = 96  # of text on white; more are not seen
LARGEST = 150_000  # bytes; every project gets one
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def main() -> Any:
    """Take it, make it small, and put it where both READMEs look for it."""
    report = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPORT
    if not report.is_file():
        sys.exit("There is no report at {}: `make demo` makes it.".format(report))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("Chromium is needed for a picture: `make test-browser` installs it.")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.png"
        take(browser, report, whole)
        data = small(whole)
    if len(data) > LARGEST:
        sys.exit("The picture has {} bytes, more than {}.".format(len(data), LARGEST))
    for place in PLACES:
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        print("{}: {} bytes".format(place.relative_to(ROOT), len(data)))
    return 0


def take(browser: str, report: Path, place: Path) -> None:
    """Let a browser draw the first screen, in light colours, without a window or a profile."""
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    # Chromium in a container, where it cannot fence itself in; the page is our own.
    command += ["--no-sandbox", "--user-data-dir=" + str(place.parent / "profile")]
    command += ["--window-size={},{}".format(*SIZE), "--screenshot=" + str(place)]
    silent = subprocess.DEVNULL
    subprocess.run([*command, report.as_uri()], check=True, timeout=120, stderr=silent)


def small(place: Path) -> bytes:
    """Return a picture with few colours, as PNG."""
    from io import BytesIO

    from PIL import Image

    with Image.open(place) as whole:
        few = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    kept = BytesIO()
    few.save(kept, "PNG", optimize=True)
    return kept.getvalue()


if __name__ == "__main__":
    sys.exit(main())
