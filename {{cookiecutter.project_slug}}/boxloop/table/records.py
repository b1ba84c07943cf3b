"""JSON, JSON lines and ARFF: records of values that Python holds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose, only_one

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
ATTRIBUTE = re.compile(
    rf"@attribute\s+(?P<name>{QUOTED}|[^\s{{]+)\s*(?P<kind>\S.*)$", re.IGNORECASE
)
FIELD = re.compile(rf"\s*((?:\d+\s+)?(?:{QUOTED})|[^,]*?)\s*,")
NUMERIC = ("numeric", "real", "integer")


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
    told = {str(one.get("name")): one for one in _fields(content)}
    for name, values in tables[choice.place][1].items():
        unit, text = (str(told.get(name, {}).get(key) or "") for key in ("unit", "description"))
        found.objects(name, values, unit=unit, text=text)
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
    names = names or [one.get("name") for one in _fields(content)]
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


def _fields(content: Any) -> list[dict]:
    """Return what archives say of their columns beside the rows, each with its name and unit."""
    found = content.get("metadata") if isinstance(content, dict) else None
    if not isinstance(found, list):
        return []
    return found if all(isinstance(one, dict) and "name" in one for one in found) else []


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
    """Return the table of an ARFF file of Weka or OpenML.

    That of scipy takes neither text nor rows in braces.

    Raises
    ------
    UserError
        If a line cannot be understood; it is named.
    """
    only_one(path, table)
    names, kinds, rows = list[str](), list[str](), list[tuple]()
    data = False
    for number, line in enumerate(_lines_of(path), 1):
        words = line.strip()
        if not words or words.startswith("%"):
            continue
        if data:
            rows.append((number, words))
        elif attribute := ATTRIBUTE.match(words):
            names.append(_unquoted(attribute["name"]))
            kinds.append(attribute["kind"].strip())
        data = data or words.lower().startswith("@data")
    cells = [_arff_row(path, number, line, kinds) for number, line in rows]
    if not names or not cells:
        raise _no_arff(path, "it has no rows" if names else "no line begins with @attribute")
    found = Gathered(path)
    for name, kind, values in zip(names, kinds, zip(*cells, strict=True), strict=True):
        numeric = kind.lower().startswith(NUMERIC)
        words = list(values)
        found.objects(name, _arff_numbers(path, name, words, rows) if numeric else words)
    return found.done()


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return path.read_text(encoding="latin-1").splitlines()


def _no_arff(path: Path, why: str) -> UserError:
    unread = f"{path.name} cannot be read as ARFF ({why})"
    msg = f"{unread}: write the names in one line, the rows below them, and call it .csv."
    return UserError(msg)


def _unquoted(word: str) -> str:
    word = word.strip()
    quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "'\""
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if quoted else word


def _arff_row(path: Path, number: int, line: str, kinds: list[str]) -> list:
    """Return the values of a row; one in braces names the places of those that are not zero."""
    sparse = line.startswith("{") and line.endswith("}")
    text = line[1:-1] if sparse else line
    plain = "'" not in text and '"' not in text
    sign = "," if "," in text or sparse else None
    words = text.split(sign) if plain else FIELD.findall(text + ",")
    if not sparse:
        if len(words) != len(kinds):
            raise _no_arff(path, f"line {number} has {len(words)} values for {len(kinds)} names")
        return [_arff_value(word) for word in words]
    row: list = [_zero_of(kind) for kind in kinds]
    for word in filter(str.strip, words):
        place, _, value = word.strip().partition(" ")
        if not place.isdigit() or int(place) >= len(kinds):
            raise _no_arff(path, f"line {number} has no place and value in {word.strip()[:30]!r}")
        row[int(place)] = _arff_value(value)
    return row


def _zero_of(kind: str) -> str | None:
    """Return what a row in braces means where it names no value: zero, or the first class."""
    if kind.lower().startswith(NUMERIC):
        return "0"
    first = FIELD.match(kind.strip("{ }") + ",") if kind.startswith("{") else None
    return _unquoted(first[1]) if first else None


def _arff_value(word: str) -> str | None:
    word = word.strip()
    return None if word in ("?", "") else _unquoted(word)


def _arff_numbers(path: Path, name: str, words: Any, rows: list) -> list:
    """Return numbers, whole ones exactly."""
    for kind in (int, float):
        try:
            return [None if word is None else kind(word) for word in words]
        except ValueError:
            continue
    bad = next(at for at, word in enumerate(words) if word is not None and not _is_float(word))
    raise _no_arff(path, f"line {rows[bad][0]} has {words[bad]!r} for the number {name}")


def _is_float(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
