"""What stands beside an axis: a name and its unit, once, and never wider than its panel."""

from __future__ import annotations

import re

LINES = 2
_BREAK = re.compile(r"(?<=[\s_\-.,;:/|])")


def column_label(name: str, unit: str | None = "", *, width: int = 24, lines: int = LINES) -> str:
    """Return a name with its unit in brackets, in lines of so many signs.

    A unit that the name says already is not said again. A name that is too long loses its middle,
    because columns often differ at their end.

    Parameters
    ----------
    name : str
        Such as a column.
    unit : str or None
    width : int
        Signs of a line.
    lines : int
        That a name may take; a unit that has no room in the last one stands below.

    Examples
    --------
    >>> column_label("mass [Msun]", "Msun")
    'mass [Msun]'
    """
    said = " ".join(str(name).split())
    end = f"[{unit}]" if unit and not says_unit(name, unit) else ""
    if len(end) > width:
        end = f"{end[: width - 2]}…]"
    if len(f"{said} {end}".strip()) <= width:
        return f"{said} {end}".strip()
    parts = _wrapped(said, width)
    if len(parts) > lines and len(said) <= lines * width:
        parts = _chopped(said, width)
    if len(parts) > lines:
        room = lines * width - 1
        parts = _chopped(f"{said[: room // 2]}…{said[len(said) - (room - room // 2) :]}", width)
    if end and len(parts[-1]) + 1 + len(end) <= width:
        parts[-1] += f" {end}"
    elif end:
        parts.append(end)
    return "\n".join(parts)


def distinct_labels(words: list[str], *, width: int) -> list[str]:
    """Return words in one line of so many signs each, by what tells them apart.

    Classes such as ``Field 7 of the southern campaign`` differ in the middle only.
    """
    found = [column_label(word, width=width, lines=1) for word in words]
    if len(set(found)) == len(set(words)):
        return found
    start = _alike(words)
    end = _alike([word[start:][::-1] for word in words])
    apart = [word[max(start - 1, 0) : len(word) - end + 1] for word in words]
    return [column_label(f"…{word}…", width=width, lines=1) for word in apart]


def _alike(words: list[str]) -> int:
    """Return with how many equal signs words begin."""
    signs = enumerate(zip(*words, strict=False))
    return next((at for at, there in signs if len(set(there)) > 1), min(map(len, words), default=0))


def says_unit(name: str, unit: str) -> bool:
    """Return whether a name ends in its unit, as in ``mass [Msun]``, ``d (pc)`` or ``T, K``."""
    said = re.escape(unit.strip())
    return bool(re.search(rf"(?:[\[({{<]\s*{said}\s*[\])}}>]|[,/|]\s*{said})\s*$", str(name)))


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines that end where a name has a joint, if the joints allow it."""
    parts = [""]
    for piece in _BREAK.split(text):
        if parts[-1] and len((parts[-1] + piece).rstrip()) > width:
            parts.append("")
        parts[-1] += piece
    return [part for whole in parts for part in _chopped(whole.rstrip(), width)]


def _chopped(text: str, width: int) -> list[str]:
    return [text[at : at + width].strip() for at in range(0, len(text), width)]
