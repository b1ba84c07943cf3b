"""Groups of rows by number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def numbered(values: np.ndarray | pd.Series) -> tuple:
    """Return the distinct values in order, and for each row the number of its own.

    It is what `numpy.unique` does with ``return_inverse``.

    Words are hashed before they are sorted, which for a million of them is three times as quick.

    Parameters
    ----------
    values : array of shape (n,)

    Returns
    -------
    unique : array of shape (groups,)
    codes : array of int, shape (n,)
    """
    values = np.asarray(values)
    if values.dtype != object:
        return np.unique(values, return_inverse=True)
    import pandas as pd

    codes, unique = pd.factorize(values, sort=True, use_na_sentinel=False)
    return unique, codes


def spelling(name: object) -> object:
    """Return a name without case, blanks and underscores, in which people differ; a number as is.

    ``TIC 1``, ``tic_1`` and ``TIC1`` are one star.
    """
    return re.sub(r"[\s_]+", "", name).casefold() if isinstance(name, str) else name
