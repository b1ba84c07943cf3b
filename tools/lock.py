"""Write constraints.txt of the template: the versions that its tests have passed with.

    python3 tools/environment.py tools/lock.py

Asks the package index, by uv, for what the dependencies and extras of a fresh project come to
today, on every system and Python that it runs on; then the tests are run with these.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from environment import ROOT

PLACE = ROOT / "{{cookiecutter.project_slug}}" / "constraints.txt"
HEAD = """\
# The versions that the template was tested with, on every system:
#     pip install --constraint constraints.txt --editable .
# Not a word of it is needed: without it the newest versions come.
"""


def main() -> Any:
    """Bake both kinds of project, resolve what they ask for, and write the file."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("uv is needed for versions on other systems than this: pip install uv.")
    with tempfile.TemporaryDirectory() as folder:
        asked = [bake(Path(folder), start) for start in ("worked-example", "own-data")]
        command = [uv, "pip", "compile", *map(str, asked), "--all-extras", "--universal"]
        command += ["--python-version", "3.11", "--default-index", "https://pypi.org/simple"]
        command += ["--no-header", "--no-annotate", "--quiet"]
        pins = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    PLACE.write_text(HEAD + pins, encoding="utf-8", newline="\n")
    print("{}: {} packages.".format(PLACE.name, len(pins.splitlines())))


def bake(folder: Path, start: str) -> Path:
    """Return the pyproject.toml of a fresh project."""
    slug = start.replace("-", "_")
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "--default-config"]
    command += ["--output-dir", str(folder), "project_slug=" + slug, "start_from=" + start]
    subprocess.run(command, check=True)
    return folder / slug / "pyproject.toml"


if __name__ == "__main__":
    sys.exit(main())
