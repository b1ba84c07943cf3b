"""A deployment table that does not fit into memory: it stays where it is, and a sample comes in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.table import sampled
from boxloop.table.inside import shell
from boxloop.table.read import is_there

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa

    from boxloop.base.places import Project
    from boxloop.table.catalogue import Catalogue


@dataclass(frozen=True)
class Far:
    """A table that stays where it is.

    Attributes
    ----------
    path : Path
    rows : int
    footer : str
        See `boxloop.table.sampled.footer`.
    table : pyarrow.Table
        The sample, as it is kept.
    """

    path: Path
    rows: int
    footer: str
    table: pa.Table

    @property
    def catalogue(self) -> Catalogue:
        """The sample as a table that was read."""
        return sampled.understood(self.path, self.table)

    def facts(self, project: Project) -> dict[str, Any]:
        """Return what study.toml says of it: where it is from the project, and how it is known."""
        here = self.path.resolve()
        try:
            place = Path(os.path.relpath(here, project.root.resolve())).as_posix()
        except ValueError:  # another drive of Windows
            place = here.as_posix()
        return {
            "deployment": place,
            "deployment_sha256": None,
            "deployment_footer": self.footer,
            "deployment_rows": self.rows,
            "deployment_sample": len(self.table),
        }

    @property
    def notes(self) -> list[str]:
        """What is worth knowing of it."""
        name, few = self.path.name, f"{len(self.table):,}"
        stays = f"{name} has {self.rows:,} rows and stays where it is"
        command = f"boxloop predict {shell(str(self.path))} --out FILE"
        drawn = f"{few} of them, each as likely as any other"
        return [
            f"{stays}: shift, coverage and scope are computed on {drawn}.",
            f"After a run `{command}` predicts all of them.",
        ]

    def keep(self, project: Project) -> None:
        """Write the sample into data/interim, in place of one of another table."""
        for old in project.interim.glob("deployment_*.parquet"):
            old.unlink(missing_ok=True)
        copy = sampled.copy_of(project.interim, self.footer, len(self.table))
        sampled.keep(self.table, copy)


def far(path: Path | None, wanted: Collection[str]) -> Far | None:
    """Return a table that is too large to be taken in, or None where it is not.

    Parameters
    ----------
    path : Path or None
    wanted : collection of str
        Columns of the labelled table: others are not read.

    Raises
    ------
    UserError
        If it is not there or damaged, or has none of the columns.
    """
    if path is None or not sampled.is_large(is_there(path)):
        return None
    with sampled.opened(path) as file:
        rows = file.metadata.num_rows
        if sampled.columns_of(file, wanted) == []:
            names = ", ".join(file.schema_arrow.names[:12])
            msg = (
                f"{path.name} has no column of the labelled table, its columns are {names}: "
                "name them as they are there."
            )
            raise UserError(msg)
    return Far(Path(path), rows, sampled.footer(path), sampled.sample(path, wanted))
