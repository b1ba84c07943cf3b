"""Ways into the student edition without an install, where there is a network.

They are written only where the address of its repository is given: a link to nowhere is worse than
none. Nothing of the loop needs them.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from boxloop.base.errors import UserError
from boxloop.base.files import write_json, write_text
from boxloop.base.places import STATIONS
from boxloop.notebooks.file import as_text, read_notebook

PAGE, CELL = "WAYS_IN.md", "colab"
FIRST = f"notebooks/{STATIONS[0]}.ipynb"
PYTHON = "3.12"
LINE = f"\n> Without an install, in a browser: [{PAGE}]({PAGE}).\n"
_ADDRESS = re.compile(r"https://github\.com/([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?")
COLAB = """import sys

if "google.colab" in sys.modules:  # elsewhere this does nothing
    import os
    from pathlib import Path
    from subprocess import run

    there = Path("/content/{name}")
    if not there.exists():
        run(["git", "clone", "--depth", "1", "{address}", str(there)], check=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--editable"]
        run([*pip, str(there)], check=True)
    sys.path.insert(0, str(there))
    os.chdir(there / "notebooks")"""


def repository(address: str) -> str:
    """Return a repository as ``OWNER/NAME``.

    Raises
    ------
    UserError
        If the address is of no repository on GitHub, where all of these ways begin.
    """
    found = _ADDRESS.fullmatch(address.strip())
    if not found:
        msg = (
            f"{address!r} is no address of a repository on GitHub: give one such as "
            "https://github.com/OWNER/NAME."
        )
        raise UserError(msg)
    return found[1]


def write_ways_in(folder: Path, name: str) -> None:
    """Write into an edition what opens it elsewhere, and a page with the links.

    Parameters
    ----------
    folder : Path
        A student edition, whose content will be the branch ``main`` of the repository.
    name : str
        ``OWNER/NAME``.
    """
    constraints = (folder / "constraints.txt").is_file()
    install = "python -m pip install -e ." + (" -c constraints.txt" if constraints else "")
    container = {
        "name": name,
        "image": f"mcr.microsoft.com/devcontainers/python:{PYTHON}",
        "postCreateCommand": install,
        "customizations": {
            "vscode": {"extensions": ["ms-python.python", "ms-toolsai.jupyter"]},
        },
    }
    write_json(folder / ".devcontainer" / "devcontainer.json", container)
    wanted = ["-c ../constraints.txt"] if constraints else []
    write_text(folder / ".binder" / "requirements.txt", "\n".join([*wanted, "-e ."]) + "\n")
    write_text(folder / ".binder" / "runtime.txt", f"python-{PYTHON}\n")
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        write_text(path, as_text(with_colab(read_notebook(path), name)))
    write_text(folder / PAGE, page(name))
    for guide in ("README.md", "SETUP.md"):
        if (folder / guide).is_file():
            title, _, rest = (folder / guide).read_text(encoding="utf-8").partition("\n")
            write_text(folder / guide, f"{title}\n{LINE}{rest}")


def with_colab(book: dict, name: str) -> dict:
    """Return a notebook whose second cell fetches the project where it runs in Colab."""
    text = COLAB.format(name=name.partition("/")[2], address=f"https://github.com/{name}.git")
    cell = {
        "cell_type": "code",
        "id": CELL,
        "metadata": {"slideshow": {"slide_type": "skip"}, "tags": [CELL, "remove-input"]},
        "source": text.splitlines(keepends=True),
        "outputs": [],
        "execution_count": None,
    }
    cells = [one for one in book["cells"] if one.get("id") != CELL]
    return book | {"cells": [*cells[:1], cell, *cells[1:]]}


def links(name: str) -> dict[str, str]:
    """Return where a browser opens the edition, by the name of who lends the machine."""
    return {
        "GitHub Codespaces": f"https://codespaces.new/{name}",
        "Binder": f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath={quote(f'lab/tree/{FIRST}')}",
        "Colab": f"https://colab.research.google.com/github/{name}/blob/main/{FIRST}",
    }


def page(name: str) -> str:
    """Return ``WAYS_IN.md``."""
    short = name.partition("/")[2]
    asked = {
        "repo": f"https://github.com/{name}",
        "branch": "main",
        "urlpath": f"lab/tree/{short}/{FIRST}",
    }
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in asked.items())
    text = (Path(__file__).parents[1] / "templates" / "course" / "WAYS_IN.md").read_text(
        encoding="utf-8"
    )
    for key, value in links(name).items():
        text = text.replace(f"{{{key}}}", value)
    return text.replace("{hub}", f"https://HUB/hub/user-redirect/git-pull?{query}")
