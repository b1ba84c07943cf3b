"""Whether a person has written something: one rule for answers, study.toml, failures, licence."""

import re

# In capitals: `todo` begins many a Spanish sentence.
_TODO = re.compile(r"\bTODO\b")


def says_something(text: object) -> bool:
    """Return whether a text is neither empty nor marked TODO; None says nothing."""
    return text is not None and bool(str(text).strip()) and not _TODO.search(str(text))


FEWEST_WORDS = 4  # of a reason for breaking a rule


def gives_a_reason(text: object) -> bool:
    """Return whether a text has the words that a reason takes."""
    words = [word for word in str(text).split() if any(sign.isalnum() for sign in word)]
    return says_something(text) and len(words) >= FEWEST_WORDS


# What a template, or somebody in a hurry, writes where a name or an address should stand.
_STAND_IN = re.compile(r"\bYour Name\b|[\w.+-]+@example\.(?:org|com|net)\b|\bTODO\b")


def stand_in(text: object) -> str:
    """Return what stands in a text in place of a name or an address; empty where nothing does."""
    found = _STAND_IN.search(str(text))
    return found[0] if found else ""
