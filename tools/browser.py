"""Install what the tests in a browser need, then run them.

    python3 tools/browser.py [arguments of pytest]

On Debian and its kin apt installs Chromium, Node and Java where they are missing; elsewhere
install them yourself, or name the browser, as in CHROMIUM=/path/to/chrome. What is still missing
the tests skip, with a reason.
Standard library only.
"""

import os
import shutil
import subprocess
import sys
from typing import Any

import environment

BUILD = environment.ROOT / "build" / "browser"
# Command: Debian package.
PROGRAMS = {"chromium": "chromium", "npm": "npm", "java": "default-jre-headless"}
# axe-core checks accessibility, vnu-jar is the Nu HTML checker.
PACKAGES = ["axe-core@4", "vnu-jar"]


def main() -> Any:
    """Install, run pytest on tests/browser and return its exit code."""
    if sys.version_info < environment.OLDEST:
        return subprocess.call([environment.find_python(), *sys.argv])
    subprocess.check_call([sys.executable, str(environment.ROOT / "tools" / "environment.py")])
    install_programs()
    install_driver()
    install_checkers()
    tests = [
        str(environment.python_in(environment.ROOT)),
        "-m",
        "pytest",
        "tests/browser",
        *sys.argv[1:],
    ]
    return subprocess.call(tests, cwd=str(environment.ROOT))


def install_programs() -> None:
    """Let apt install the programs that are missing.

    Without apt or the rights to use it, name them.
    """
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not missing:
        return
    sudo = [] if not hasattr(os, "geteuid") or os.geteuid() == 0 else ["sudo"]
    apt = [*sudo, "apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if not shutil.which(apt[0]) or not shutil.which("apt-get") or subprocess.call(apt) != 0:
        print(
            "Not installed: {}. The tests that need them will be skipped.".format(
                ", ".join(missing)
            ),
            flush=True,
        )


def install_driver() -> None:
    """Install the group `browser` of pyproject.toml in the environment of this repository."""
    import tomllib  # here, because an old Python must be able to read this file

    groups = tomllib.loads((environment.ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "dependency-groups"
    ]
    python = str(environment.python_in(environment.ROOT))
    uv = shutil.which("uv")
    pip = (
        [uv, "pip", "install", "--quiet", "--python", python]
        if uv
        else [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    )
    if subprocess.call([*pip, *groups["browser"]]) != 0:
        sys.exit("The driver of the browser was not installed: the message above says why.")


def install_checkers() -> None:
    """Install the two checkers in build/browser, where npm is there to do it."""
    npm = shutil.which("npm")
    if npm is None:
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    if (
        subprocess.call(
            [
                npm,
                "install",
                "--silent",
                "--no-fund",
                "--no-audit",
                "--prefix",
                str(BUILD),
                *PACKAGES,
            ],
            cwd=str(BUILD),
        )
        != 0
    ):
        print(
            "npm did not install {}: the tests that need them will be skipped.".format(
                " and ".join(PACKAGES)
            ),
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
