"""The metrics of each set of a table: what a release measures, and the entries of a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.task import Task
from boxloop.split.division import units

if TYPE_CHECKING:
    import pandas as pd


def measure_sets(
    frame: pd.DataFrame, predictions: Any, settings: Any, *, draws: int, seed: int
) -> dict:
    """Return the metrics of each set of rows that the sealed table holds.

    Parameters
    ----------
    frame : DataFrame
        The opened table; its column ``set`` names the set of each row.
    predictions : dict of arrays of shape (n,)
        By predictor, for the rows of `frame`.

    Returns
    -------
    dict
        By name of the set: ``n_rows``, ``n_groups`` and ``metrics`` as
        `boxloop.measure.intervals.compare` returns them.
    """
    sets = {}
    for name, rows in frame.reset_index(drop=True).groupby("set", sort=False):
        here = {who: values[rows.index] for who, values in predictions.items()}
        table = Task(settings).compare(rows, here, draws=draws, seed=seed)
        sets[name] = {
            "n_rows": len(rows),
            "n_groups": len(np.unique(units(rows, settings))),
            "metrics": table,
        }
    return sets
