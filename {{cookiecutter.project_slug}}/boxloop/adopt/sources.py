"""The files that a table is adopted from: one, or several that become one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boxloop.table.read import in_project, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


@dataclass(frozen=True)
class Source:
    """The labelled table as it was read.

    Attributes
    ----------
    path : Path
        Its file.
    catalogue : boxloop.table.catalogue.Catalogue
    target : str
        The column to predict.
    inside : str or None
        Which table of the file it is, where the file holds several.
    files : dict of str
        The sha256 of the files that it was made of, by name, where these are several.
    """

    path: Path
    catalogue: Catalogue
    target: str
    inside: str | None = None
    files: dict = field(default_factory=dict)


def read(path: Path, *, target: str, table: str | None = None) -> Source:
    """Return the table in a file.

    Parameters
    ----------
    path : Path
    target : str
        The column to predict: of several tables the first that has it is read.
    table : str or None
        The table that the person has named.
    """
    found = in_project(read_catalogue(path, table=table))
    return Source(path, found, target, found.inside)


def facts(source: Source, others: Catalogue | None) -> dict:
    """Return what study.toml says of the tables inside of files, and of several files."""
    inside = others.inside if others is not None else None
    return {"inside": source.inside, "deployment_inside": inside, "sources": source.files}
