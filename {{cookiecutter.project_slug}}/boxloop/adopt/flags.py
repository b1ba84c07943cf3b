"""Flags that say of a value that it is a limit, and words in which numbers stand beside limits."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from boxloop.adopt.names import bare
from boxloop.table.column import stem_of

# How catalogues name the flag of X; `{}` stands for its letters and digits.
LIMITS = (
    "{}lim", "lim{}", "l{}", "{}l", "{}limit", "{}limflag", "{}limitflag", "{}ul", "ul{}",
    "{}uplim",
    "{}upperlimit", "{}isupperlimit", "{}islimit", "{}ll", "{}lolim", "{}censored", "{}cens",
    "{}censor", "{}upper", "{}lower", "{}detected", "{}detection", "{}nondetection", "upperlimit{}",
    "{}isul", "islim{}", "{}limsign", "{}sign",
)  # fmt: skip
FLAGS = ("f{}", "{}f", "{}flag", "flag{}", "{}flg", "flg{}", "{}quality", "q{}", "{}q", "{}qual",
         "{}warning", "{}warn", "{}conf", "{}confidence")  # fmt: skip
MOST_VALUES = 6
LONG = 3  # letters beside the name of the target
SIGNS = {"<", ">", "<=", ">=", "=", "~", "≤", "≥", "u", "l", "ul", "ll", "upper", "lower"}
UNEQUAL = {"<", ">", "<=", ">=", "≤", "≥", "<<", ">>"}
MEASURED = frozenset(("", "=", "0", "0.0", "false", "f", "no", "n", "none", "detected"))
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
LIMIT = re.compile(rf"^\s*(?:<=?|>=?|~|≤|≥|≲|≳|&lt;|&gt;)\s*{NUMBER}\s*$")
PLUS_MINUS = re.compile(rf"^\s*{NUMBER}\s*(?:±|\+/-|\+-|\(\d+\)|\^?\{{?\+).*$")
PLAIN = re.compile(rf"^\s*{NUMBER}\s*$")
MOSTLY = 0.8  # of the words are numbers in some way
LOOKED_AT = 2_000


def flag_of(name: str, values: pd.Series, target: str) -> str | None:
    """Return what a column says of the target by its name and its few values, or None.

    Parameters
    ----------
    name, target : str
    values : Series
        Without gaps.

    Returns
    -------
    str or None
        ``"limit"`` where it says which values are limits, ``"flag"`` where it says how good they
        are.
    """
    plain, base = bare(stem_of(name)), bare(stem_of(target))
    kind = next(
        (
            kind
            for kind, patterns in (("limit", LIMITS), ("flag", FLAGS))
            if plain in {pattern.format(base) for pattern in patterns}
        ),
        None,
    )
    # lz may be a luminosity; zWarning, z_flag and zlim are no measurements.
    beside = plain.replace(base, "", 1)
    separate = "_" in name or len(beside) >= LONG or not name[len(base) :].islower()
    if kind is None or (len(base) < 2 and not separate):
        return None
    some = pd.unique(values)
    if len(some) > MOST_VALUES:
        return None
    if pd.api.types.is_numeric_dtype(values):
        return kind if (np.asarray(some, dtype=float) % 1 == 0).all() else None
    words = {str(word).strip().lower() for word in some}
    return "limit" if words & SIGNS else kind


def only_signs(values: pd.Series) -> bool:
    """Whether words are the signs of limits and of measurements, and nothing else.

    Such a column beside the target speaks of it, whatever it is called: ``Standard Relation``.

    Parameters
    ----------
    values : Series
        Without gaps.
    """
    some = pd.unique(values)
    if pd.api.types.is_numeric_dtype(values) or len(some) > MOST_VALUES:
        return False
    words = {_bare_sign(word) for word in some}
    return words <= UNEQUAL | {"", "=", "~"} and bool(words & UNEQUAL)


def _bare_sign(word: object) -> str:
    return str(word).strip(" '\"").lower()


def limits_in(column: pd.Series) -> int:
    """Return how many rows of a flag of the target say that it is a limit."""
    words = column.dropna().map(_bare_sign)
    return int((~words.isin(MEASURED)).sum())


def numbers_in_words(values: pd.Series) -> str | None:
    """Return how numbers are written in a column of words, or None where it holds words.

    Parameters
    ----------
    values : Series of str
        Without gaps.
    """
    words = [str(word) for word in pd.unique(values)[:LOOKED_AT]]
    plain, limit, spread = (
        [word for word in words if kind.match(word)] for kind in (PLAIN, LIMIT, PLUS_MINUS)
    )
    if not (limit or spread) or len(plain) + len(limit) + len(spread) < MOSTLY * len(words):
        return None
    if limit:
        return f"numbers and limits are mixed in it, such as {limit[0].strip()!r}"
    return f"numbers with their errors are written as words in it, such as {spread[0].strip()!r}"
