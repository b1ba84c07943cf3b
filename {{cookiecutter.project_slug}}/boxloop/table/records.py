"""JSON, JSON lines and ARFF: records of values that Python holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose, only_one

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


def read_json(path: Path, table: str | None) -> Catalogue:
    """Return the records of a JSON file: one per line, in a list, or columns by name.

    Raises
    ------
    UserError
        If it is no JSON, or holds no records.
    """
    content = _content(path)
    tables = _tables(content)
    if not tables:
        msg = (
            f"{path.name} holds no records: write a list with one object per row, "
            'such as [{"x": 1, "y": 2}].'
        )
        raise UserError(msg)
    sizes = [f"{len(columns)} columns" for _, columns in tables]
    choice = choose(path, [name for name, _ in tables], table, sizes=sizes)
    found = Gathered(path)
    for name, values in tables[choice.place][1].items():
        found.objects(name, values)
    return found.done(choice)


def _content(path: Path) -> Any:
    """Return what a JSON file holds; of several values, one per line, their list."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip()[:1] not in ("[", "{"):
            msg = f"{path.name} is no JSON: give it the ending of what it is, such as .csv."
            raise UserError(msg)
    except (UnicodeDecodeError, OSError) as error:
        msg = f"{path.name} is not UTF-8 text: save the file with the encoding UTF-8."
        raise UserError(msg) from error
    try:
        return json.loads(text)
    except RecursionError as error:
        msg = f"{path.name} is nested too deeply for a table: write one object per row."
        raise UserError(msg) from error
    except ValueError as error:
        lines, problem = [], error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            lines += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            where = f"{path.name} is no JSON: line {number}"
            msg = f"{where} cannot be read ({problem if number == 1 else error}): mend that line."
            raise UserError(msg) from error
    return lines


def _tables(content: Any) -> list[tuple[str, dict]]:
    """Return the tables in what a JSON file holds, each with its columns."""
    if (columns := _columns(content)) is not None:
        return [("", columns)]
    if not isinstance(content, dict):
        return []
    inner = [(str(name), _columns(value)) for name, value in content.items()]
    return [(name, columns) for name, columns in inner if columns]


def _columns(content: Any) -> dict | None:
    """Return the columns of one table in any of the forms that pandas writes, or None."""
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        names = list(dict.fromkeys(name for row in content for name in row))
        return {name: [row.get(name) for row in content] for name in names}
    if isinstance(content, list) and isinstance(content[:1], list) and content:
        width = len(content[0]) if isinstance(content[0], list) else 0
        if width and _matrix(content, width):
            turned = zip(*content, strict=True)
            return {f"column_{at}": list(values) for at, values in enumerate(turned, 1)}
    if not isinstance(content, dict) or not content:
        return None
    rows, names = content.get("data"), content.get("columns")
    if isinstance(rows, list) and isinstance(names, list) and _matrix(rows, len(names)):
        turned = zip(*rows, strict=True)
        return {str(name): list(values) for name, values in zip(names, turned, strict=True)}
    if "schema" in content and isinstance(rows, list):
        return _columns(rows)
    values = list(content.values())
    if all(isinstance(column, dict) and column for column in values):
        return _by_row(content)
    same = len({len(column) if isinstance(column, list) else -1 for column in values}) == 1
    flat = same and all(
        isinstance(column, list) and not any(isinstance(one, dict) for one in column)
        for column in values
    )
    return content if flat else None


def _matrix(rows: list, width: int):
    return bool(rows) and all(isinstance(row, list) and len(row) == width for row in rows)


def _by_row(content: dict) -> dict | None:
    """Return columns of ``{column: {row: value}}``; of ``{row: {column: value}}`` if it is that."""
    outer, inner = (
        list(content),
        list(dict.fromkeys(key for one in content.values() for key in one)),
    )
    if any(isinstance(value, dict) for one in content.values() for value in one.values()):
        return None
    if all(str(key).isdigit() for key in outer) and not all(str(key).isdigit() for key in inner):
        return {name: [row.get(name) for row in content.values()] for name in inner}
    return {name: [column.get(key) for key in inner] for name, column in content.items()}


def read_arff(path: Path, table: str | None) -> Catalogue:
    """Return the table of an ARFF file of Weka or OpenML."""
    from scipy.io import arff

    only_one(path, table)
    try:
        with path.open(encoding="utf-8", errors="strict") as file:
            rows, meta = arff.loadarff(file)
    # scipy raises what it likes of a file that is no ARFF, or of one with words of any length.
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        msg = (
            f"{path.name} cannot be read as ARFF ({said[:100]}): "
            "write the names in one line, the rows below them, and call it .csv."
        )
        raise UserError(msg) from error
    found = Gathered(path)
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        values = rows[name]
        if kind == "nominal":
            found.add(name, np.ma.array(values, mask=values == b"?"))
        else:
            found.add(name, values)
    return found.done()
