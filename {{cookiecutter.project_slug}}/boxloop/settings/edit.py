"""Change one line of ``study.toml`` and nothing else: comments, order and line ends stay."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_TABLE = re.compile(r"""\s*\[\s*(?:waivers|"waivers"|'waivers')\s*\]\s*(?:#.*)?""")


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
    wanted = tomllib.loads(text)
    new = tomllib.loads(f"[waivers]\n{line}")["waivers"][check_id]
    before = wanted.get("waivers", {})
    if not isinstance(before, dict):
        return None
    wanted["waivers"] = {**before, check_id: new}
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    heads = [n for n, row in enumerate(lines) if _TABLE.fullmatch(row.rstrip("\r\n"))]
    tries = [_put(lines, head, check_id, line, end) for head in heads]
    if "waivers" not in tomllib.loads(text):
        last = "" if not text or text.endswith("\n") else end
        tries.append(f"{text}{last}{end}[waivers]{end}{line}{end}")
    return next((found for found in tries if found and _reads(found) == wanted), None)


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
    """Return how many lines the entry of a check takes, if it begins with the first of them."""
    if not re.match(rf"""\s*(["']){re.escape(check_id)}\1\s*=""", lines[0]):
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
