"""Make the environment of this repository in `.venv`, then run Python in it.

    python3 tools/environment.py                    make it, or leave it when pyproject.toml is
    the same python3 tools/environment.py -m pytest tests    make it, then run `python -m pytest
    tests` in it

Standard library only, and readable by an old Python, which then hands over to a newer one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
CANDIDATES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"]


def main() -> Any:
    """Make `.venv` when it is missing or out of date and run the rest of the command line in it."""
    python = find_python()
    if sys.version_info < OLDEST:
        return subprocess.call([python, *sys.argv])
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    stamp = ROOT / ".venv" / "made-from-pyproject.toml"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        make_environment(ROOT, *requirements(wanted))
        stamp.write_text(wanted, encoding="utf-8")
    compiled = ROOT / ".venv" / "compiled"
    if not compiled.is_file():  # tests start thousands of processes that write no byte code
        compile_what_is_in(ROOT)
        compiled.touch()
    if len(sys.argv) == 1:
        return 0
    return subprocess.call([str(python_in(ROOT)), *sys.argv[1:]], cwd=str(ROOT))


def requirements(pyproject: Any) -> str:
    """Return what the group `test` of a pyproject text asks for."""
    import tomllib  # here, because an old Python must be able to read this file

    return tomllib.loads(pyproject)["dependency-groups"]["test"]


def find_python() -> Any:
    """Return the first Python that is new enough: $PYTHON, this one, or one on the path."""
    # Inside an environment, `_base_executable` is the Python it was made with: it survives when
    # `.venv` is made anew.
    for name in [
        os.environ.get("PYTHON"),
        getattr(sys, "_base_executable", sys.executable),
        *CANDIDATES,
    ]:
        if name and is_new_enough(name):
            return name
    sys.exit(
        "No Python {}.{} or later was found: install one, ".format(*OLDEST)
        + "or name it, as in PYTHON=/path/to/python3."
    )


def is_new_enough(python: Any) -> Any:
    """Ask a Python for its version; a name that does not run is not new enough."""
    question = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    try:
        silent = subprocess.DEVNULL
        return subprocess.call([python, "-c", question], stdout=silent, stderr=silent) == 0
    except OSError:
        return False


def python_in(folder: Path) -> Any:
    """Return the path of the Python in `folder/.venv` on this system."""
    return folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment(folder: Path, *what: Any) -> None:
    """Make `folder/.venv` anew and install `what` in it, with uv or, without it, with pip.

    Exits with one sentence when it cannot; what the installer said stands above it.
    """
    venv, uv = folder / ".venv", shutil.which("uv")
    print(
        "Making {} with {}; this takes a minute or two.".format(venv, "uv" if uv else "pip"),
        flush=True,
    )
    shutil.rmtree(str(venv), ignore_errors=True)
    if uv:
        step = [uv, "venv", "--quiet", "--python", find_python(), str(venv)]
    else:
        step = [find_python(), "-m", "venv", str(venv)]
    _do(step, folder)
    install(folder, *what)


def install(folder: Path, *what: Any) -> None:
    """Install `what` in `folder/.venv`; relative paths are of `folder`.

    No byte code is written: a third of the size, and what is used is compiled when it is.
    """
    python, uv = str(python_in(folder)), shutil.which("uv")
    if uv:
        step = [uv, "pip", "install", "--quiet", "--python", python, *what]
    else:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
        step = [python, "-m", "pip", "install", *quiet, *what]
    _do(step, folder)


def compile_what_is_in(folder: Path) -> None:
    """Write the byte code of everything in `folder/.venv`; what does not compile is left."""
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = str(python_in(folder))
    found = subprocess.check_output([python, "-c", where], universal_newlines=True).strip()
    subprocess.call(
        [python, "-m", "compileall", "-q", "-q", "-j", "0", found],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _do(step: Any, folder: Path) -> None:
    if subprocess.call(step, cwd=str(folder)) != 0:
        sys.exit(
            "The environment in {} was not made: ".format(folder / ".venv")
            + "the command above it all, `{}`, failed.".format(" ".join(step[:5]))
        )


if __name__ == "__main__":
    sys.exit(main())
