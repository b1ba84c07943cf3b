"""Bake the default project into build/demo, run its loop and say where the report is.

    python3 tools/demo.py

The test set stays sealed: that is opened once, by a person who has a reason.
Standard library only: Cookiecutter goes into the environment of the project that it bakes, so that
there is one.
"""

import os
import shutil
import subprocess
import sys
from typing import Any

from environment import ROOT, install, make_environment, python_in

BUILD = ROOT / "build"
DEMO = BUILD / "demo"
OPEN = 'boxloop release --reason "why it is opened now"'
MADE_FROM = "made-from-pyproject.toml"


def main() -> Any:
    """Install, bake, run; the exit code is that of `boxloop run`."""
    bake()
    code = subprocess.call(loop_in(DEMO), cwd=str(DEMO))
    report = DEMO / "report" / "index.html"
    if not report.is_file():
        sys.exit("The demo stopped before there was a report: the message above says where.")
    print("\nThe report: {}".format(report))
    print("In {}, `{} open` shows it in the browser,".format(DEMO, typed()))
    print("and `{} watch` follows what you change.".format(typed()))
    print("The test set is sealed. When everything is settled, this opens it, once:")
    print("  cd {} && {}".format(DEMO, OPEN))
    return code


def typed() -> str:
    """Return how `boxloop` is typed in the project, on this system."""
    return ".venv\\Scripts\\boxloop" if os.name == "nt" else ".venv/bin/boxloop"


def loop_in(project: Any) -> Any:
    """Return the command that runs the loop of a project and leaves its seal shut."""
    return [str(python_in(project)), "-m", "boxloop", "run"]


def bake() -> None:
    """Make build/demo a fresh project with the default answers, and install what it needs.

    One that somebody worked in is kept beside it.
    """
    DEMO.mkdir(parents=True, exist_ok=True)
    if not has_cookiecutter():
        make_environment(DEMO, "cookiecutter>=2.6")
    fresh = BUILD / "fresh"
    shutil.rmtree(str(fresh), ignore_errors=True)
    command = [
        str(python_in(DEMO)),
        "-m",
        "cookiecutter",
        str(ROOT),
        "--no-input",
        "--default-config",
        "--output-dir",
        str(fresh),
    ]
    # The defaults of the template, whatever the user's own Cookiecutter settings say; the slug is
    # the folder.
    subprocess.run(
        [*command, "project_slug=" + DEMO.name], check=True, env={**os.environ, "PYTHONUTF8": "1"}
    )
    put_in_place(fresh / DEMO.name, DEMO)
    wanted = (DEMO / "pyproject.toml").read_text(encoding="utf-8")
    stamp = DEMO / ".venv" / MADE_FROM
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        install(DEMO, "--constraint", "constraints.txt", "--editable", ".")
        stamp.write_text(wanted, encoding="utf-8")


def has_cookiecutter() -> bool:
    """Return whether the environment of build/demo can bake: one of before may not."""
    python = python_in(DEMO)
    if not python.is_file():
        return False
    words = [str(python), "-c", "import cookiecutter"]
    silent = subprocess.DEVNULL
    return subprocess.call(words, cwd=str(ROOT), stdout=silent, stderr=silent) == 0


def put_in_place(fresh: Any, demo: Any) -> None:
    """Move a fresh project to `demo`, around the environment that is there.

    What else is there goes, or to a numbered folder if its owner's files were changed.
    """
    aside = demo.with_name(demo.name + ".venv")
    shutil.rmtree(str(aside), ignore_errors=True)
    if (demo / ".venv").exists():  # it knows itself by this place, and comes back to it
        (demo / ".venv").rename(aside)
    # Nothing is there before the first bake but the environment.
    if demo.exists() and any(demo.iterdir()) and work_in(demo) != work_in(fresh):
        number = 1
        while demo.with_name("{}-{}".format(demo.name, number)).exists():
            number += 1
        kept = demo.with_name("{}-{}".format(demo.name, number))
        demo.rename(kept)
        print(
            "The project that was in {} differs from a fresh one: it is kept in {}.".format(
                demo, kept
            ),
            flush=True,
        )
    shutil.rmtree(str(demo), ignore_errors=True)
    fresh.rename(demo)
    if aside.exists():
        aside.rename(demo / ".venv")


def work_in(project: Any) -> Any:
    """Return what a person writes in a project: the text of each such file by its path."""
    paths = [path for path in project.glob("*") if path.is_file()]
    for top in ("notebooks", "study", "tests", "data/raw"):
        paths += [path for path in (project / top).rglob("*") if path.is_file()]
    made = {".pyc", ".parquet"}
    own = (
        path for path in paths if path.suffix not in made and ".ipynb_checkpoints" not in path.parts
    )
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in own}


if __name__ == "__main__":
    sys.exit(main())
