"""Words that mean the same: with other blanks or in another case, yes and no in several ways."""

from __future__ import annotations

import pandas as pd

from boxloop.table.codes import spelling

YES = ("true", "t", "yes", "y", "1", "1.0")
NO = ("false", "f", "no", "n", "0", "0.0")
SHORTEST = 3  # bands i and I, classes Ia and IA are two
MOST = 1_000  # different words: more are names


def same_words(column: pd.Series) -> dict[str, str]:
    """Return which words of a column mean another one of it, the most frequent of its spellings.

    Parameters
    ----------
    column : Series

    Returns
    -------
    dict of str
        Empty for numbers, and where every word is spelled in one way.
    """
    types = pd.api.types
    if types.is_numeric_dtype(column) or types.is_datetime64_any_dtype(column):
        return {}
    counts = column.dropna().value_counts()
    words = [str(word) for word in counts.index]
    if len(words) > MOST or len(words) != len(set(words)):
        return {}
    if found := _truths(words):
        return found
    first: dict[object, str] = {}
    found = {}
    for word in words:
        plain = word.strip()
        key = spelling(plain) if len(plain) >= SHORTEST else plain
        chosen = first.setdefault(key, plain)
        found |= {word: chosen} if word != chosen else {}
    return found


def _truths(words: list[str]) -> dict[str, str]:
    """Return one word for yes and one for no where a column has more than one for either."""
    said = {word: word.strip().lower() for word in words}
    if len(words) < 3 or not all(plain in YES + NO for plain in said.values()):
        return {}
    sides = [[word for word in words if said[word] in side] for side in (YES, NO)]
    return {word: side[0].strip() for side in sides for word in side if word != side[0].strip()}


def spelled_alike(column: pd.Series, words: dict[str, str]) -> pd.Series:
    """Return a column in which each of some words is replaced by another one.

    Parameters
    ----------
    column : Series of str
    words : dict of str
    """
    types = pd.api.types
    if not words or types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        return column
    # A table may hold truth values beside words: they are spelled as a person reads them.
    return column.map(lambda word: words.get(str(word), word), na_action="ignore")
