"""The default project after a run and after a release: one loop for all files that look at it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STATIONS = [f"{n:02}" for n in range(1, 9)]
SEALED = Path("data/sealed/test.parquet")
POISONED = (
    "data/sealed/test.parquet is not the file that was sealed: delete it and run `boxloop run`"
)
# Wall times differ from run to run; they are kept apart from every other result.
TIMED = {"cost.csv", "machine.json", "station.json"}
# They tell how often the test set was opened and how many passes there were: one more than before.
COUNTED = ("leakage.csv", "counts.json", "passes.png")


def boxloop(project, *words, env=None):
    """Run ``python -m boxloop`` in a project where nothing is installed."""
    command = [sys.executable, "-m", "boxloop", *words]
    return subprocess.run(
        command,
        cwd=project,
        env=None if env is None else {**os.environ, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )


def read(project, name):
    return json.loads((project / "results" / name).read_text(encoding="utf-8"))


def replace(path, old, new):
    """Replace a piece of a text file that stands there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name}: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def results(project):
    """Return the bytes of every result of 01 to 07, timings and model files aside."""
    files = [f for f in (project / "results").glob("0[1-7]_*/**/*") if f.is_file()]
    kept = [f for f in files if f.name not in TIMED and f.suffix != ".skops"]
    return {f.relative_to(project).as_posix(): f.read_bytes() for f in kept}


def poison(project):
    """Put something that is no table in the place of the sealed test set."""
    sealed = project / SEALED
    sealed.chmod(0o644)
    sealed.write_bytes(b"poison")


def run_with_poison(project):
    """Run the loop with no table in the place of the test set, from when it is sealed until 08.

    That 04 to 07 come through all the same shows that none of them reads a test row; it is named
    in the end, and nothing else fails.
    """
    some = boxloop(project, "run", *only("01", "02", "03"))
    assert some.returncode == 0, some.stdout + some.stderr
    aside = shutil.copy2(project / SEALED, project.parent / "sealed.parquet")
    poison(project)
    rest = boxloop(project, "run", *only("04", "05", "06", "07"))
    assert rest.returncode == 1, rest.stdout + rest.stderr
    assert [line for line in rest.stderr.splitlines() if line.startswith("Failed: ")] == [
        f"Failed: {POISONED}, which seals the same rows again."
    ], rest.stderr
    (project / SEALED).unlink()
    shutil.move(aside, project / SEALED)


def only(*numbers):
    return [word for number in numbers for word in ("--only", number)]


@pytest.fixture(scope="session")
def whole(bake, tmp_path_factory):
    """The default project after ``boxloop run``; tests that write into it copy it first."""
    project = Path(bake(tmp_path_factory.mktemp("whole"), author_name="Ada Tester"))
    run_with_poison(project)
    done = boxloop(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  current\n") == 7, "04 to 07 ran with poison in the seal"
    return project


@pytest.fixture(scope="session")
def released(whole, tmp_path_factory):
    """The default project after ``boxloop release``."""
    project = tmp_path_factory.mktemp("released") / whole.name
    shutil.copytree(whole, project)
    done = boxloop(project, "release", "--reason", "to see what it says", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return project
