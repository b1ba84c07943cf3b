"""What passes because a person says so: waivers, words in study.toml, thresholds of their own.

A word stands against a number that was computed; it may be right, and whoever reads the headline is
told of it first.
"""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from boxloop.measure.numbers import is_number, short

LONGEST = 160  # signs of a reason that stand in a sentence; the cover has the whole
QUIET = ("pass", "cannot-tell")


def is_excused(row: dict) -> bool:
    """Return whether a check would be open without what its author says."""
    if row.get("state") == "not-applicable":
        return bool(row.get("set_aside"))
    return row.get("state") == "waived" or (
        row.get("state") in QUIET and bool(row.get("on_word") or is_loosened(row))
    )


def is_loosened(row: dict) -> bool:
    """Return whether a check passes by the threshold of study.toml only.

    Its value lies between that threshold and the one that a fresh project has, on whichever side
    is good; where there is no value nobody can tell, so it counts.
    """
    own: Any = row.get("threshold")
    usual: Any = row.get("registered")
    value: Any = row.get("value")
    if row.get("state") not in QUIET or not is_number(usual):
        return False
    if not is_number(value) or not is_number(own):
        return True
    return bool(min(own, usual) <= value <= max(own, usual))


def excuse(row: dict) -> str:
    """Return by which word a check is excused, for the middle of a sentence."""
    if row.get("state") == "waived":
        return f"{row['id']} waived (“{_brief(row.get('reason'))}”)"
    if row.get("set_aside"):
        return f"{row['id']} set aside in {row.get('notebook')} (“{_brief(row.get('reason'))}”)"
    if said := row.get("on_word"):
        return f"{row['id']} on the author's word ({_brief('; '.join(map(str, said)))})"
    return f"{row['id']} by a threshold of its own ({thresholds(row)})"


def thresholds(row: dict) -> str:
    """Return the threshold of study.toml beside the one of a fresh project."""
    own = row.get("threshold")
    return f"{short(own) if is_number(own) else 'none'}, not {short(row.get('registered'))}"


def excuses(checks: list[dict], weight: str = "void") -> list[str]:
    """Return the excuses of the checks of a weight."""
    return [excuse(row) for row in checks if row.get("weight") == weight and is_excused(row)]


def author_words(row: dict) -> list[str]:
    """Return sentences on what a check that passes takes from its author."""
    said = [str(words) for words in row.get("on_word") or []]
    found = [f"Taken on the author's word: {'; '.join(said)}."] if said else []
    if row.get("set_aside"):
        found.append(f"Set aside in {row.get('notebook')}, because: {row.get('reason')}")
    if "registered" in row:
        only = ", and passes by that alone" if is_loosened(row) else ""
        found.append(f"study.toml gives it a threshold of its own ({thresholds(row)}){only}.")
    return found


def _brief(text: Any) -> str:
    return shorten(str(text or ""), LONGEST, placeholder=" …")
