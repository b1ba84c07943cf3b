"""What a column of a table is called in the report: in words, where the machinery has a name.

Columns of the study's own table keep their names.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WORDS = {
    "at_least": "at least",
    "at_most": "at most",
    "auc": "AUC",
    "dropped_because": "dropped because",
    "fit_ms": "fit [ms]",
    "heavy_tails": "heavy tails",
    "in_scope": "in scope",
    "mae": "mean absolute error",
    "model_at": "where the model",
    "n_groups": "groups",
    "n_rows": "rows",
    "nmad": "NMAD",
    "observed_max": "observed maximum",
    "observed_min": "observed minimum",
    "p01": "1 % below",
    "p99": "99 % below",
    "predict_us_per_object": "prediction [µs per object]",
    "reference_at": "where the reference",
    "reference_residual": "residual of the reference",
    "rmse": "RMSE",
    "row_id": "row",
    "sd": "standard deviation",
    "se": "standard error",
    "sic": "significance improvement (SIC)",
    "std": "standard deviation",
    "too_few": "too few",
    "waived_at": "waived at",
    "why_dropped": "why dropped",
}


def in_words(name: str, own: frozenset[str] = frozenset()) -> str:
    """Return the heading of a column.

    Parameters
    ----------
    name : str
        As the table has it.
    own : frozenset of str
        Names that stay: the columns of the study.
    """
    first, of, rest = name.partition(" of ")  # such as "rmse of model"
    return name if name in own else WORDS.get(name) or f"{WORDS.get(first, first)}{of}{rest}"


def own_columns(root: Path) -> frozenset[str]:
    """Return the columns that ``study.toml`` names; none where it cannot be read."""
    try:
        columns = tomllib.loads((root / "study.toml").read_text(encoding="utf-8")).get("columns")
    except (OSError, ValueError):
        return frozenset()
    return frozenset(columns) if isinstance(columns, dict) else frozenset()
