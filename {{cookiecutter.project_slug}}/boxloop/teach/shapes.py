"""What came out of a student's function goes in; a number, or an array of the asked length, out."""

from __future__ import annotations

from typing import Any

import numpy as np

from boxloop.teach.exercises import wrong


def a_number(got: Any, what: str) -> float:
    """Return what was handed back as one number; NaN is one.

    Parameters
    ----------
    got : object
    what : str
        The name of what was asked for, as the sentence is to say it.

    Raises
    ------
    CheckFailed
        If it is none.
    """
    if got is None:
        wrong(f"Nothing came back: end the function with a return of {what}.")
    try:
        return float(got)
    except (TypeError, ValueError):
        wrong(f"{_begun(what)} is one number; what came back is {_kind(got)}.")


def a_pair(got: Any, what: str) -> tuple[float, float]:
    """Return what was handed back as two numbers; see `a_number`."""
    if got is None:
        wrong(f"Nothing came back: end the function with a return of {what}.")
    try:
        first, second = got
        return float(first), float(second)
    except (TypeError, ValueError):
        wrong(f"Two numbers are asked for, {what}; what came back is {_kind(got)}.")


def an_array(got: Any, rows: int, what: str) -> np.ndarray:
    """Return what was handed back as numbers, one per row.

    Parameters
    ----------
    got : object
    rows : int
    what : str

    Raises
    ------
    CheckFailed
        If it has another shape, or is no array of numbers.
    """
    if got is None:
        wrong(f"Nothing came back: end the function with a return of {what}.")
    try:
        values = np.asarray(got, dtype=float)
    except (TypeError, ValueError):
        wrong(f"{_begun(what)} are numbers, one per row; what came back is {_kind(got)}.")
    if values.shape != (rows,):
        name = _begun(what)
        wrong(f"{name} are asked for row by row: {rows} of them, not of shape {values.shape}.")
    return values


def _kind(got: Any) -> str:
    """Return what something is, in a few words."""
    shape = getattr(got, "shape", None)
    return f"a {type(got).__name__}" + (f" of shape {shape}" if shape else "")


def _begun(what: str) -> str:
    """Return the name of what was asked for as it begins a sentence."""
    return what[:1].upper() + what[1:]
