"""Columns that are the error of another one, known by the names that catalogues give them."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from boxloop.table.column import stem_of
from boxloop.table.marks import finite, is_usual

# How catalogues name the error of X; `{}` stands for X.
ERRORS = (
    "e_{}", "{}_err", "{}_error", "err_{}", "error_{}", "{}err", "{}Err", "{}_e",
    "sigma_{}", "{}_sigma", "{}_unc", "{}_std", "d{}", "{}_uncertainty", "e{}",
)  # fmt: skip
# An error with two sides: one serves as the error of X, the other one, often negative, is set
# aside beside it.
UPPER = (
    "{}err1",
    "{}_err1",
    "{}_err_upper",
    "{}_upper_error",
    "{}_errplus",
    "{}_ehi",
    "{}_error_max",
)
OTHER_SIDE = (
    "{}err2",
    "{}_err2",
    "{}_err_lower",
    "{}_lower_error",
    "{}_errminus",
    "{}_elo",
    "{}_error_min",
    "E_{}",
)
# The same with the sign for an error inside the name: MAGERR_AUTO, psfMagErr_u, w1sigmpro,
# j_msigcom; compared without case, unit and dashes.
# It stands beside something that is no letter, or is written in capitals by itself: `signal` and
# `design` hold none.
TOKEN = re.compile(
    r"(?:^|(?<=[^A-Za-z]))(?i:err(?:or)?)|(?<=\d)(?i:sig(?!ma))|(?i:err(?:or)?|sig)(?=[^A-Za-z]|$)"
    r"|(?<=[a-z])(?:Err|Error|Sig)(?=[A-Z])|(?i:sigcom)$"
)
# Beside fluxes and magnitudes that have a prefix of their own, as EAZY has it: f_u and e_u, F1 and
# E1, mag_u and err_u.
FLUX = re.compile(r"(?:(?i:e|err|error|sig|sigma)_(?=.)|E(?=\d+$))(?P<of>.+)")
MOST_MARKS = 4  # different ones in a column of errors
SIDE = re.compile(r"(?i:err)_?(?P<side>1|2|up|low|upper|lower|plus|minus)$")


def error_columns(frame: pd.DataFrame, taken: set[str]) -> tuple:
    """Return ``{error column: column}``, and the same for further errors of these columns.

    Known are the names that catalogues use. Both are numbers, and an error is nowhere negative,
    except for marks of a missing value; the lower side may be.

    Parameters
    ----------
    frame : DataFrame
    taken : set of str
        Columns that a person has named; they are no errors.
    """
    numeric = [name for name in frame.columns if _is_amount(frame[name])]
    found, others = dict[str, str](), dict[str, str]()

    def take(name: Any, base: Any, *, other_side: bool) -> None:
        if name == base or name in taken | set(found) | set(others):
            return
        negative = _goes_below_zero(frame[name])
        if base in found.values() or (other_side and negative):
            others[name] = base
        elif not negative and not other_side:  # alone, E_BV is a reddening
            found[name] = base

    for name, base, other_side in _by_pattern(numeric):
        take(name, base, other_side=other_side)
    rest = [name for name in numeric if name not in found and name not in others]
    bases = {_bare(name): name for name in reversed(rest)}  # of two names the first
    for name in numeric:
        for bare, other_side in _bases_of(name):
            if bare in bases:
                take(name, bases[bare], other_side=other_side)
    return found, others


def _goes_below_zero(column: pd.Series) -> bool:
    """Whether numbers are negative that are no marks of a missing value."""
    values = finite(column)
    below = np.unique(values[values < 0])
    return len(below) >= MOST_MARKS or not all(is_usual(number) for number in below)


def _is_amount(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _by_pattern(names: Any) -> Iterator:
    """Yield a column, the one that its name says it is the error of, and whether the lower one."""
    known, stems = set(names), dict[str, str]()
    for name in names:
        stems.setdefault(stem_of(name), name)
    for base in names:
        for pattern in (*ERRORS, *UPPER, *OTHER_SIDE):
            for name in (pattern.format(base), stems.get(pattern.format(stem_of(base)))):
                if name in known:
                    yield name, base, pattern in OTHER_SIDE


def _bare(name: str) -> str:
    """Return the letters and digits of a name, in lower case and without its unit."""
    return "".join(sign for sign in stem_of(name).lower() if sign.isalnum())


def _bases_of(name: str) -> list:
    """Return which columns a column may be an error of by its name, and whether the lower one."""
    stem = stem_of(name)
    found = [
        (_bare((stem[: sign.start()] + stem[sign.end() :]).strip()), False)
        for sign in TOKEN.finditer(stem)
    ]
    if flux := FLUX.fullmatch(stem):
        found += [(kind + _bare(flux["of"]), False) for kind in ("f", "flux", "m", "mag")]
    if side := SIDE.search(stem):
        found.append(
            (_bare(stem[: side.start()]), side["side"].lower() in ("2", "low", "lower", "minus"))
        )
    return [(bare, lower) for bare, lower in found if bare]
