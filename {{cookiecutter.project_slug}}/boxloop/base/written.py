"""Whether a person has written something: one rule for answers, study.toml, failures, licence."""

import re

# In capitals: `todo` begins many a Spanish sentence.
_TODO = re.compile(r"\bTODO\b")


def says_something(text: object) -> bool:
    """Return whether a text is neither empty nor marked TODO; None says nothing."""
    return text is not None and bool(str(text).strip()) and not _TODO.search(str(text))
