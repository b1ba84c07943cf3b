"""Change one entry of ``study.toml`` and nothing else: comments, order and line ends stay."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_NAME = r"""\s*\[\s*(?:{0}|"{0}"|'{0}')\s*\]\s*(?:#.*)?"""


def with_waiver(text: str, check_id: str, line: str) -> str | None:
    """Return the text of a ``study.toml`` in which one line of ``[waivers]`` is this one.

    Parameters
    ----------
    text : str
        Valid TOML.
    check_id : str
        Its entry is replaced, a comment behind it kept; a new one comes last in the table.
    line : str
        The entry, as `boxloop.checks.waiver.line_of` writes it.

    Returns
    -------
    str or None
        None where the table is written in a way that this cannot follow, such as
        ``[waivers."check.id"]``. Whatever it finds, the result is read again, and counts only if
        it says the same as before but for this entry.
    """
    return with_line(text, "waivers", check_id, line)


def with_line(text: str, table: str, key: str, line: str) -> str | None:
    """Return the text of a ``study.toml`` in which one line of a table is this one.

    As `with_waiver`, of any table at the top.
    """
    wanted = tomllib.loads(text)
    new = tomllib.loads(f"[{table}]\n{line}")[table][key]
    before = wanted.get(table, {})
    if not isinstance(before, dict):
        return None
    wanted[table] = {**before, key: new}
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    head_of = re.compile(_NAME.format(re.escape(table)))
    heads = [n for n, row in enumerate(lines) if head_of.fullmatch(row.rstrip("\r\n"))]
    tries = [_put(lines, head, key, line, end) for head in heads]
    if table not in tomllib.loads(text):
        last = "" if not text or text.endswith("\n") else end
        tries.append(f"{text}{last}{end}[{table}]{end}{line}{end}")
    return next((found for found in tries if found and _reads(found) == wanted), None)


def with_table(text: str, name: str, entry: str) -> str | None:
    """Return the text of a ``study.toml`` with one more table, behind those of its kind.

    Parameters
    ----------
    text : str
        Valid TOML.
    name : str
        Of the table, such as ``columns.colour``.
    entry : str
        The table as it stands in the file, its header first, after an empty line.

    Returns
    -------
    str or None
        None where the result would say anything else beside.
    """
    wanted, (kind, _, key) = tomllib.loads(text), name.partition(".")
    before = wanted.get(kind, {})
    if not isinstance(before, dict) or key in before:
        return None
    wanted[kind] = {**before, key: tomllib.loads(entry)[kind][key]}
    end = "\r\n" if "\r\n" in text else "\n"
    entry, lines = entry.replace("\n", end), text.splitlines(keepends=True)
    mine = [n for n, row in enumerate(lines) if re.match(rf"\s*\[\s*{re.escape(kind)}\s*\.", row)]
    places = [_end_of(lines, mine[-1])] if mine else []
    tries = ["".join([*_closed(lines[:n], end), entry, *lines[n:]]) for n in [*places, len(lines)]]
    return next((found for found in tries if _reads(found) == wanted), None)


def _end_of(lines: list[str], head: int) -> int:
    """Return the number of the line behind what a table holds."""
    end = next((n for n in range(head + 1, len(lines)) if lines[n].lstrip().startswith("[")), None)
    end = len(lines) if end is None else end
    # What stands right above the next table speaks of that one.
    while end > head + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _closed(lines: list[str], end: str) -> list[str]:
    """Return lines of which the last one ends as the others do."""
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + end]


def _reads(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _put(lines: list[str], head: int, check_id: str, line: str, end: str) -> str | None:
    """Return the text with the entry in the table whose header is line number `head`."""
    for start in range(head + 1, len(lines)):
        if lines[start].lstrip().startswith("["):
            break
        if (size := _entry(lines[start:], check_id)) is not None:
            old = "".join(lines[start : start + size])
            new = f"{line}{_comment(old)}{end}"
            return "".join([*lines[:start], new, *lines[start + size :]])
    else:
        start = len(lines)
    # What stands right above the next table speaks of that one.
    while start > head + 1 and (not lines[start - 1].strip() or lines[start - 1].startswith("#")):
        start -= 1
    above = lines[:start]
    if not above[-1].endswith("\n"):
        above[-1] += end
    return "".join([*above, line + end, *lines[start:]])


def _entry(lines: list[str], check_id: str) -> int | None:
    """Return how many lines the entry of a key takes, if it begins with the first of them."""
    if not re.match(rf"""\s*(["']?){re.escape(check_id)}\1\s*=""", lines[0]):
        return None
    sizes = range(1, len(lines) + 1)
    return next((size for size in sizes if _reads("".join(lines[:size])) is not None), None)


def _comment(entry: str) -> str:
    """Return the comment behind an entry, with the blanks before it."""
    entry = entry.rstrip("\r\n")
    for place in (found.start() for found in re.finditer(r"\s*#", entry)):
        if _reads(entry[:place]) is not None:
            return entry[place:]
    return ""
