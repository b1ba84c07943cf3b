"""The leaderboard of a benchmark: the study's own entries, and those of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.metrics import METRICS

HEADLINE = "test"  # the set that entries are ordered by
WHOSE = ("model", "reference", "trivial")  # the study's own entries


def board(entries: list[dict], released: dict, metric: str) -> pd.DataFrame:
    """Return the leaderboard: the study's own entries, then those of others, the best first.

    Parameters
    ----------
    entries : list of dict
        The lines of the ledger that entries were scored.
    released : dict
        The release of the study, see `boxloop.record.release.releases`.
    metric : str
        What they are ordered by.
    """
    rows = [_row(who, released.get("sets", {}), metric, who) for who in WHOSE]
    names = [one["by"].casefold() for one in entries]
    for one in entries:
        row = _row(one["by"], one["score"], metric, "model")
        row |= {"entry": one["entry"], "date": str(one["time"])[:10], "sha256": one["sha256"]}
        row |= {
            "score of entry": one["told"],
            "entries by this name": names.count(one["by"].casefold()),
        }
        rows.append(row)
    first = ["entry", "by", "date", "score of entry", "entries by this name", "sha256"]
    table = pd.DataFrame(rows)
    order = [*first, *(name for name in table if name not in first)]
    table = table.reindex(columns=order)
    if (lead := f"{HEADLINE} {metric}") in table:
        sizes = table[lead].map(METRICS[metric].loss)
        table = table.iloc[np.argsort(sizes.to_numpy(), kind="stable")]
    whole_numbers = dict.fromkeys(("entry", "score of entry", "entries by this name"), "Int64")
    return table.astype(whole_numbers).reset_index(drop=True)


def _row(by: str, sets: dict, metric: str, who: str) -> dict[str, Any]:
    """Return the primary metric of an entry on each set, with its interval."""
    row: dict[str, Any] = {"by": by}
    for name, found in sets.items():
        entry = found["metrics"][metric]
        for end, key in (("", "value"), (" low", "low"), (" high", "high")):
            row[f"{name} {metric}{end}"] = entry.get(who, {}).get(key)
        if who == "model":
            row[f"{name} better than reference, low"] = entry["difference"]["low"]
    return row
