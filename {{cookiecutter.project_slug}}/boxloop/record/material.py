"""What a folder holds of a study, for somebody who asks its checks again without its code."""

from __future__ import annotations

from functools import cached_property
from types import CodeType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, read_table
from boxloop.notebooks.file import code_cells, read_notebook
from boxloop.notebooks.folder import chapter_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from boxloop.base.places import Project
    from boxloop.measure.evidence import Evidence
    from boxloop.settings.load import Settings


class NotThereError(Exception):
    """Something that a check is asked with is not in the folder; the words say what."""


class Material:
    """What a folder holds of a study, for checks that are asked again."""

    def __init__(self, project: Project, settings: Settings) -> None:
        from boxloop.measure.task import Task

        self.project, self.settings, self.task = project, settings, Task(settings)
        self.seed = settings.study.seeds[0]

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of ``data/interim``."""
        return read_table(self.there(self.project.interim / f"{name}.parquet"))

    def there(self, path: Path) -> Path:
        """Return a path at which there is a file."""
        if not path.is_file():
            msg = f"{self.project.relative(path)} is not there"
            raise NotThereError(msg)
        return path

    def result(self, name: str) -> Any:
        """Return a result of a chapter: JSON, or a table."""
        path = self.there(self.project.results / name)
        if path.suffix == ".json":
            return read_json(path)
        return read_table(path)

    def evidence(self, chapter: str, name: str) -> Evidence:
        """Return what the numbers of a set were made of."""
        from boxloop.measure.sets import kept_set

        try:
            return kept_set(self.project.station(chapter) / "sets" / name, self.settings)
        except UserError as error:
            raise NotThereError(str(error).rstrip(".")) from error

    @cached_property
    def home(self) -> pd.DataFrame:
        """The training rows of the labelled rows' own kind: the first ones, so many as 03 says."""
        train, station = self.table("train"), self.result("03_split/station.json")
        if (rows := station.get("home_rows")) is None:
            msg = "03 has not taken down how many training rows are of home"
            raise NotThereError(msg)
        return train.head(rows)

    @property
    def deployment(self) -> pd.DataFrame | None:
        """The deployment rows, None where 03 has made no such table."""
        where = self.project.interim / "deployment.parquet"
        made = self.result("03_split/station.json").get("makes") or {}
        return self.table("deployment") if self.project.relative(where) in made else None

    @property
    def held_out(self) -> dict[str, pd.DataFrame]:
        """Rows that training has not: those of validation, as those of the test are sealed."""
        return {"validation": self.table("validation")}

    @cached_property
    def validation(self) -> Evidence:
        """The validation rows of 05: truth, guesses and units."""
        return self.evidence("05_diagnose", "validation")

    @property
    def domains(self) -> list[str]:
        """The other labelled domains, by name."""
        made = self.result("03_split/station.json").get("makes") or {}
        names = [name.rpartition("/")[2] for name in made if "/domain_" in name]
        return sorted(name[len("domain_") :].removesuffix(".parquet") for name in names)

    def units(self, frame: pd.DataFrame) -> np.ndarray:
        """Return for each row the unit that is never cut in two."""
        from boxloop.split.division import units

        return units(frame, self.settings)

    def measured(self, found: Evidence) -> dict:
        """Return the numbers of some rows."""
        from boxloop.measure.sets import measured

        return measured(found)

    def rows(self, name: str) -> list[dict]:
        """Return the rows of a CSV file that a chapter has left, none of an empty one."""
        import pandas as pd

        path = self.there(self.project.results / name)
        try:
            return pd.read_csv(path).to_dict("records")
        except pd.errors.EmptyDataError:
            return []

    @cached_property
    def kinds(self) -> pd.Series:
        """The class of each validation row, as it is written."""
        return self.table("validation")[self.settings.study.target].astype(str)

    @property
    def events(self) -> list[dict]:
        """The ledger."""
        from boxloop.split.seal import read_ledger

        return read_ledger(self.project)

    def code(self) -> dict[str, list[tuple[str, str]]]:
        """Return by chapter the id and the text of its code cells."""
        names = chapter_names(self.project)
        paths = {name: self.project.notebooks / f"{name}.ipynb" for name in names}
        return {name: code_cells(read_notebook(path)) for name, path in paths.items()}

    def method(self, module: str, name: str) -> Any:
        """Return a function of the study as far as it can be looked at without being run."""
        path = self.there(self.project.study / module)
        code = compile(path.read_text(encoding="utf-8"), module, "exec", dont_inherit=True)
        found = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
        return SimpleNamespace(__code__=found[-1]) if found else None


class Asked(NamedTuple):
    """With what a check is asked; of one that does not apply the reason why."""

    args: tuple = ()
    options: dict[str, Any] = {}  # noqa: RUF012  # nobody changes it
    not_applicable: str = ""


class Again(NamedTuple):
    """How one check is asked again, or why it cannot be.

    Parameters
    ----------
    ways : dict
        By fingerprint of how a notebook of boxloop asks it: what finds its arguments.
    why_not : str
        Why it cannot be asked again, or only in part.
    in_part : bool
        Of some of the rows: the value can only be larger with the others, and a fault among these
        rows is a fault.
    """

    ways: dict[str, Callable[[Material], Asked]]
    why_not: str = ""
    in_part: bool = False
