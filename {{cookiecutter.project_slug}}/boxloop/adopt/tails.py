"""What `boxloop adopt` says of inputs whose few largest values dwarf all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boxloop.measure.long_tails import decades

if TYPE_CHECKING:
    from boxloop.adopt.roles import Guess

LEAST = 3.0  # powers of ten
MOST = 6  # names in one sentence
ROWS = 20_000  # are looked at


def of_inputs(frame: pd.DataFrame, roles: dict[str, Guess]) -> list[str]:
    """Return which inputs spread over many powers of ten, and what becomes of them.

    Parameters
    ----------
    frame : DataFrame
    roles : dict of boxloop.adopt.roles.Guess
    """
    rows = frame.iloc[:: max(1, len(frame) // ROWS)]
    found = {}
    for name, guess in roles.items():
        if guess.role != "input" or not pd.api.types.is_numeric_dtype(frame[name]):
            continue
        values = rows[name].to_numpy(dtype=float, na_value=np.nan)
        size = decades(np.where(np.isin(values, guess.missing), np.nan, values))
        if size >= LEAST:
            found[name] = size
    if not found:
        return []
    first = sorted(found, key=lambda name: -found[name])
    names = ", ".join(f"{name[:30]} ({found[name]:.0f} decades)" for name in first[:MOST])
    more = f" and {len(first) - MOST:,} more" if len(first) > MOST else ""
    word, rest = ("Input", "its") if len(first) == 1 else ("Inputs", "their")
    seen = f"lines, networks and distances see {rest} logarithm (study/inputs.py)"
    why = "look whether the largest values are real"
    return [f"{word} with long tails: {names}{more}; {seen}, {why}."]
