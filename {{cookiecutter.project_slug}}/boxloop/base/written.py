"""Whether a person has written something: one rule for answers, study.toml, failures, licence."""

import re
from collections.abc import Iterable

from boxloop.base.errors import UserError

# In capitals: `todo` begins many a Spanish sentence.
_TODO = re.compile(r"\bTODO\b")


def says_something(text: object) -> bool:
    """Return whether a text is neither empty nor marked TODO; None says nothing."""
    return text is not None and bool(str(text).strip()) and not _TODO.search(str(text))


NEAR = 0.7  # share of letters that a misspelt name has in common with the one that was meant
FEWEST_WORDS = 4  # of a reason for breaking a rule


def gives_a_reason(text: object) -> bool:
    """Return whether a text has the words that a reason takes."""
    words = [word for word in str(text).split() if any(sign.isalnum() for sign in word)]
    return says_something(text) and len(words) >= FEWEST_WORDS


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the one of some names that is near enough to be meant; empty where none is."""
    from difflib import get_close_matches  # here, because nearly nobody needs it

    near = get_close_matches(name, list(names), n=1, cutoff=NEAR)
    return near[0] if near else ""


def reason_for(need: str, text: object) -> str:
    """Return a reason on one line; whoever breaks a rule or opens a seal gives one.

    Parameters
    ----------
    need : str
        What takes a reason, and how it is given: ``"A reset needs a reason: boxloop reset ..."``.

    Raises
    ------
    UserError
        If it is too short.
    """
    if not gives_a_reason(text):
        msg = f"{need}, in {FEWEST_WORDS} words or more."
        raise UserError(msg)
    return " ".join(str(text).split())


# What a template, or somebody in a hurry, writes where a name or an address should stand.
_STAND_IN = re.compile(r"\bYour Name\b|[\w.+-]+@example\.(?:org|com|net)\b|\bTODO\b")


def stand_in(text: object) -> str:
    """Return what stands in a text in place of a name or an address; empty where nothing does."""
    found = _STAND_IN.search(str(text))
    return found[0] if found else ""
