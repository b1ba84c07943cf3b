"""Bake the default project into build/demo, run its loop and say where the report is.

    python3 tools/demo.py

The test set stays sealed: that is opened once, by a person who has a reason.
Standard library only: Cookiecutter and the project each get an environment of their own under
build/.
"""

import os
import shutil
import subprocess
import sys
from typing import Any

from environment import ROOT, make_environment, python_in

BUILD = ROOT / "build"
DEMO = BUILD / "demo"
OPEN = 'boxloop release --reason "why it is opened now"'


def main() -> Any:
    """Bake, install, run; the exit code is that of `boxloop run`."""
    bake()
    make_environment(DEMO, "--editable", ".")
    code = subprocess.call(loop_in(DEMO), cwd=str(DEMO))
    report = DEMO / "report" / "index.html"
    if not report.is_file():
        sys.exit("The demo stopped before there was a report: the message above says where.")
    print("\nThe report: {}".format(report))
    print("The test set is sealed. When everything is settled, this opens it, once:")
    print("  cd {} && {}".format(DEMO, OPEN))
    return code


def loop_in(project: Any) -> Any:
    """Return the command that runs the loop of a project and leaves its seal shut."""
    return [str(python_in(project)), "-m", "boxloop", "run"]


def bake() -> None:
    """Make build/demo a fresh project with the default answers.

    One that somebody worked in is kept beside it.
    """
    baker = BUILD / "cookiecutter"
    if not python_in(baker).is_file():
        baker.mkdir(parents=True, exist_ok=True)
        make_environment(baker, "cookiecutter>=2.6")
    fresh = BUILD / "fresh"
    shutil.rmtree(str(fresh), ignore_errors=True)
    command = [
        str(python_in(baker)),
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


def put_in_place(fresh: Any, demo: Any) -> None:
    """Move a fresh project to `demo`.

    What is there goes, or to a numbered folder if its owner's files were changed.
    """
    if demo.exists() and work_in(demo) != work_in(fresh):
        number = 1
        while demo.with_name("{}-{}".format(demo.name, number)).exists():
            number += 1
        kept = demo.with_name("{}-{}".format(demo.name, number))
        # Its environment knows itself by the old name.
        shutil.rmtree(str(demo / ".venv"), ignore_errors=True)
        demo.rename(kept)
        print(
            "The project that was in {} differs from a fresh one: it is kept in {}.".format(
                demo, kept
            ),
            flush=True,
        )
    shutil.rmtree(str(demo), ignore_errors=True)
    fresh.rename(demo)


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
