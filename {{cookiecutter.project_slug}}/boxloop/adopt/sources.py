"""The files that a table is adopted from: one, or several that become one table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.table.catalogue import Catalogue
from boxloop.table.gather import EXACT
from boxloop.table.inside import shell
from boxloop.table.kinds import ENDINGS, PACKED, TEXT
from boxloop.table.read import TAKEN, in_project, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence


BY_NAME = "name"  # --class-from name: the class of a row is the name of its file
BETWEEN = re.compile(r"[_\-. ]+")  # what stands between the words of a file's name
LONGEST = 60  # signs in the name of a table that is made of several


@dataclass(frozen=True)
class Source:
    """The labelled table as it was read.

    Attributes
    ----------
    path : Path
        Its file; of several files, the one that was made of them.
    catalogue : boxloop.table.catalogue.Catalogue
    target : str
        The column to predict.
    files : dict of str
        The sha256 of the files that it was made of, by name, where these are several.
    """

    path: Path
    catalogue: Catalogue
    target: str
    files: dict = field(default_factory=dict)


def read(
    paths: Path | Sequence[Path],
    folder: Path,
    *,
    target: str | None,
    table: str | None = None,
    class_from: str | None = None,
) -> Source:
    """Return the table in one file, or in several one below the other.

    Parameters
    ----------
    paths : Path or several
    folder : Path
        Where the table of several files is written; it lasts as long as the table is adopted.
    target : str or None
        The column to predict: of several tables in a file the first that has it is read.
    table : str or None
        The table that the person has named.
    class_from : str or None
        ``name``: the class of each row is the name of its file. Else a pattern with one group,
        which finds the class in the name.

    Raises
    ------
    UserError
        If a file cannot be read, or files do not fit together.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    if target is None and class_from is None:
        msg = "--target is missing: name the column to predict with --target COLUMN."
        raise UserError(msg)
    if len(files) == 1:
        if class_from is not None:
            msg = f"--class-from needs a file for each class, and {files[0].name} is the only one: "
            raise UserError(msg + "name the others too, or name a column with --target.")
        found = in_project(_with_target(Path(files[0]), str(target), table))
        return Source(Path(files[0]), found, str(target))
    return _joined([Path(file) for file in files], folder, target, table, class_from)


def facts(source: Source, others: Catalogue | None) -> dict:
    """Return what study.toml says of the tables inside of files, and of several files."""
    inside = None if source.files else source.catalogue.inside
    other = others.inside if others is not None else None
    return {"inside": inside, "deployment_inside": other, "sources": source.files}


def unlabelled(path: Path, source: Source) -> Catalogue:
    """Return the objects that the model is meant for: the table most like the labelled one.

    Parameters
    ----------
    path : Path
        It may be the file of the labelled table, which may hold them beside it.
    source : Source
    """
    first = read_catalogue(path)
    if first.inside is None:
        return in_project(first)
    same = path.resolve() == source.path.resolve()
    others = [name for name in first.tables if not (same and name == source.catalogue.inside)]
    found = [read_catalogue(path, table=name) for name in others]
    wanted = set(source.catalogue.frame) - {source.target}
    best = max(found, key=lambda one: len(wanted & set(one.frame.columns)))  # the first of equals
    return in_project(best)


def _with_target(path: Path, target: str, table: str | None) -> Catalogue:
    """Return the first table of a file that has the target; the one that was named, if one was."""
    found = first = read_catalogue(path, table=table)
    if table is not None or first.inside is None:
        return first
    for name in found.tables:
        found = first if name == first.inside else read_catalogue(path, table=name)
        if target in found.frame or f"{target}_" in found.frame:
            break
    else:
        named = ", ".join(found.tables[:8])
        has = f"{path.name} has no column '{target}' in any of its tables {named}"
        msg = f"{has}: name another one with --target."
        raise UserError(msg)
    if found.inside == first.inside:
        return found
    other = shell(str(first.inside))
    note = (
        f"{path.name} holds {len(found.tables)} tables: {found.inside} is read, the first one with "
        f"the column '{target}'; --table {other} would read another."
    )
    return replace(found, notes=[note, *found.notes])


def _joined(
    files: list[Path], folder: Path, target: Any, table: Any, class_from: str | None
) -> Source:
    """Return the table of several files, written as Parquet."""
    found = [in_project(read_catalogue(file, table=table)) for file in files]
    names = _called(files)
    columns, notes = _common(names, found, strict=class_from is None)
    parts = [one.frame[columns].copy() for one in found]
    if class_from is not None:
        column = "class"
        while column in columns or column in TAKEN:
            column += "_"
        labels = _labels(files, class_from)
        for part, label in zip(parts, labels, strict=True):
            part[column] = label
        target = target or column
        notes.append(f"Column '{column}' holds the class of each row, from the name of its file.")
    frame = pd.concat(_of_one_type(names, parts), ignore_index=True)
    frame = frame.astype({n: "int64" for n in frame if _is_whole(frame[n])})
    units, words = _facts(names, found, columns)
    sizes = ", ".join(f"{name} ({len(part)} rows)" for name, part in zip(names, parts, strict=True))
    said = [note for one in found for note in one.notes]
    notes = [f"One table was made of {sizes}.", *notes, *dict.fromkeys(said)]
    path = _written(folder / f"{_name(files)}.parquet", frame, units, words)
    hashes = {name: sha256(file) for name, file in zip(names, files, strict=True)}
    return Source(path, Catalogue(frame, units, words, notes), target, hashes)


def _is_whole(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.Int64Dtype) and not column.isna().any()


def _called(files: list[Path]) -> list[str]:
    """Return the names of files, with their folders where two have one name."""
    names = [file.name for file in files]
    if len(set(names)) == len(names):
        return names
    names = ["/".join(file.parts[-2:]) for file in files]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        msg = f"{twice} is named twice: name each file once."
        raise UserError(msg)
    return names


def _common(names: list[str], found: list[Catalogue], *, strict: bool) -> tuple:
    """Return the columns that all files have, and a note of those that not all have."""
    first = list(found[0].frame.columns)
    columns = [name for name in first if all(name in one.frame for one in found)]
    every = dict.fromkeys(name for one in found for name in one.frame.columns)
    odd = [name for name in every if name not in columns]
    if not odd:
        return columns, []
    lacks = next(
        (f"'{column}'", name)
        for column in odd
        for name, one in zip(names, found, strict=True)
        if column not in one.frame
    )
    if strict or not columns:
        msg = (
            f"{lacks[1]} has no column {lacks[0]}, which another file has: files that become one "
            "table need the same columns, or --class-from name where each is a class of its own."
        )
        raise UserError(msg)
    listed = ", ".join(f"'{name}'" for name in odd[:4])
    more = f" and {len(odd) - 4} more" if len(odd) > 4 else ""
    return columns, [f"Not every file has {listed}{more}: left out."]


def _of_one_type(names: list[str], parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return tables of which each column holds numbers in all, or words in all."""
    numeric = pd.api.types.is_numeric_dtype
    for column in parts[0].columns:
        there = [part[column].dropna() for part in parts]
        filled = [(name, one) for name, one in zip(names, there, strict=True) if len(one)]
        words = [name for name, one in filled if not numeric(one.infer_objects())]
        if words and len(words) < len(filled):
            numbers = next(name for name, _ in filled if name not in words)
            msg = (
                f"column '{column}' holds numbers in {numbers} and words in {words[0]}: "
                "write it alike in both."
            )
            raise UserError(msg)
        whole = not words and all(
            not pd.api.types.is_bool_dtype(one) and (one % 1 == 0).all() for _, one in filled
        )
        if whole and any((one.abs() > EXACT).any() for _, one in filled):
            for part in parts:  # an identifier stays exact beside one with a gap
                part[column] = part[column].astype("Int64")
    return parts


def _facts(names: list[str], found: list[Catalogue], columns: list[str]) -> tuple:
    """Return units and descriptions, which must not differ between files."""
    units: dict[str, str] = {}
    texts: dict[str, str] = {}
    for column in columns:
        told: dict[str, str] = {}  # the first file that has it, by unit
        for name, one in zip(names, found, strict=True):
            if unit := one.units.get(column):
                told.setdefault(unit, name)
        if len(told) > 1:
            (unit, one), (another, other), *_ = told.items()
            is_in = f"column '{column}' is in {unit} in {one} and in {another} in {other}"
            msg = f"{is_in}: convert one of them."
            raise UserError(msg)
        units |= {column: next(iter(told))} if told else {}
        words = next((one.descriptions[column] for one in found if column in one.descriptions), "")
        texts |= {column: words} if words else {}
    return units, texts


def _words(file: Path) -> str:
    """Return the name of a file without the endings of its kind and its packing."""
    name, known = file.name, {*ENDINGS, *TEXT, *PACKED, ".cat", ".tbl"}
    while (ending := Path(name).suffix.lower()) and ending in known:
        name = name[: -len(ending)]
    return name


def _labels(files: list[Path], class_from: str) -> list[str]:
    """Return the class of each file: the words of its name in which files differ.

    Raises
    ------
    UserError
        If a pattern finds nothing in a name, or all files are of one class.
    """
    if class_from == BY_NAME:
        stems = [_words(file) for file in files]
        if len(set(stems)) == 1:  # the folders tell: star/table.csv, galaxy/table.csv
            stems = [file.resolve().parent.name for file in files]
        labels = _differing(stems)
    else:
        try:
            pattern = re.compile(class_from)
        except re.error as error:
            msg = f"--class-from '{class_from}' is no pattern ({error}): write --class-from name."
            raise UserError(msg) from error
        found = [(file, pattern.search(file.name)) for file in files]
        if (lost := next((file for file, match in found if not match), None)) is not None:
            finds = f"--class-from '{class_from}' finds nothing in the name {lost.name}"
            msg = f"{finds}: write a pattern that fits every name, or --class-from name."
            raise UserError(msg)
        labels = [match[1 if pattern.groups else 0] for _, match in found if match]
    if len(set(labels)) == 1:
        msg = f"all files are of the class '{labels[0]}': name files of two classes or more."
        raise UserError(msg)
    return labels


def _differing(stems: list[str]) -> list[str]:
    """Return names without the words that all begin with, and without those that all end with."""
    parts = [BETWEEN.split(stem) for stem in stems]
    if len(set(stems)) == 1 or any("" in part for part in parts):
        return stems
    while all(len(part) > 1 for part in parts) and len({part[0] for part in parts}) == 1:
        parts = [part[1:] for part in parts]
    while all(len(part) > 1 for part in parts) and len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    return ["_".join(part) for part in parts]


def _name(files: list[Path]) -> str:
    """Return what the table of several files is called."""
    name = "_and_".join(dict.fromkeys(_words(file) for file in files))
    name = re.sub(r"[^\w.-]+", "_", name)
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}_and_more"


def _written(path: Path, frame: pd.DataFrame, units: dict, words: dict) -> Path:
    """Write a table as Parquet with its units and descriptions, and return its path."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame, preserve_index=False)
    for at, each in enumerate(table.schema):
        known = {"unit": units.get(each.name), "description": words.get(each.name)}
        if told := {key: text for key, text in known.items() if text}:
            table = table.cast(table.schema.set(at, each.with_metadata(told)))
    parquet.write_table(table, path)
    return path
