"""One named path for every place in a project, and the one door to the user's science."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxloop.base.errors import UserError

STATIONS = (
    "01_scoping",
    "02_baseline",
    "03_split",
    "04_train",
    "05_diagnose",
    "06_stress_test",
    "07_failures_log",
    "08_release",
)


@dataclass(frozen=True)
class Project:
    """The places of one project.

    Parameters
    ----------
    root : Path
        The folder that holds ``study.toml``.
    """

    root: Path

    @property
    def settings_file(self) -> Path:
        """What the study asks, in the person's words."""
        return self.root / "study.toml"

    @property
    def notebooks(self) -> Path:
        """The loop: in a folder of its own, or at the top, where alone nbgrader takes chapters."""
        folder = self.root / "notebooks"
        if not folder.is_dir() and any((self.root / f"{n}.ipynb").is_file() for n in STATIONS):
            return self.root
        return folder

    @property
    def study(self) -> Path:
        """The person's own science."""
        return self.root / "study"

    @property
    def failures_file(self) -> Path:
        """Failures that a person wrote down or explained."""
        return self.study / "failures.toml"

    @property
    def raw(self) -> Path:
        """Data as they came: written once, never changed."""
        return self.root / "data" / "raw"

    @property
    def interim(self) -> Path:
        """What notebooks make for each other."""
        return self.root / "data" / "interim"

    @property
    def sealed(self) -> Path:
        """Where the test set lies."""
        return self.root / "data" / "sealed"

    @property
    def sealed_file(self) -> Path:
        """The test set, encrypted."""
        return self.sealed / "test.parquet"

    @property
    def sealed_facts(self) -> Path:
        """What was taken down of the sealed file when it was written."""
        return self.sealed / "test.json"

    @property
    def key_file(self) -> Path:
        """The key of the test set, until it is handed over; never under version control."""
        return self.sealed / "seal.key"

    @property
    def ledger_file(self) -> Path:
        """The openings of the test set."""
        return self.sealed / "ledger.jsonl"

    @property
    def ledger_copy(self) -> Path:
        """A copy of the ledger: not under version control, so it outlives a checkout."""
        return self.report / "ledger.jsonl"

    @property
    def results(self) -> Path:
        """What the notebooks left, and what is made from that."""
        return self.root / "results"

    @property
    def metrics_file(self) -> Path:
        """The numbers of all notebooks."""
        return self.results / "metrics.json"

    @property
    def checks_file(self) -> Path:
        """The checks of all notebooks."""
        return self.results / "checks.json"

    @property
    def verdict_file(self) -> Path:
        """The verdict on the study, in one sentence."""
        return self.results / "verdict.json"

    @property
    def passes(self) -> Path:
        """One file for each completed run with other inputs."""
        return self.results / "passes"

    @property
    def report(self) -> Path:
        """What can be made again from the rest."""
        return self.root / "report"

    @property
    def executed(self) -> Path:
        """Executed copies of the notebooks."""
        return self.report / "notebooks"

    def station(self, name: str) -> Path:
        """Return the folder where notebook `name` keeps its results."""
        return self.results / name

    def put_aside(self, name: str, figure: str) -> Path:
        """Return where a figure of notebook `name` is put aside, to be printed later."""
        return self.report / "figures" / name / f"{figure}.pickle"

    def relative(self, path: Path) -> str:
        """Return `path` as text from the root, with forward slashes on every system."""
        return Path(path).relative_to(self.root).as_posix()


def find_project(start: Any = None) -> Project:
    """Return the project that holds `start` (default: the working directory).

    Raises
    ------
    UserError
        If no folder from `start` upwards holds a ``study.toml``.
    """
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "study.toml").is_file():
            return Project(folder)
    msg = f"No study.toml in {start} or above it: change into the folder of your project."
    raise UserError(msg)


def import_study(project: Project) -> Any:
    """Import the project's own ``study`` package and return it.

    The root goes to the front of the search path, so that with two projects in one
    environment each finds its own science.
    """
    root = str(project.root)
    if root in sys.path:
        sys.path.remove(root)
    sys.path.insert(0, root)
    return importlib.import_module("study")
