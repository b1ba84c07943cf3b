"""The classes of a study on its cover: what is reached in each, where there are several."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from boxloop.measure.numbers import ends, text

if TYPE_CHECKING:
    from boxloop.base.places import Project

KEPT = ("08_release/classes.csv", "05_diagnose/classes.csv")  # the first that is there is told
TOLD = ("completeness", "purity")
WHO = ("model", "reference")
PLACES = 3


def by_class(project: Project) -> dict[str, Any]:
    """Return what model and reference reach in each class, and the set of rows it is of.

    Parameters
    ----------
    project : boxloop.base.places.Project

    Returns
    -------
    dict
        ``set``, and ``rows``: ``name``, ``size`` and ``cells``, each with ``value`` and
        ``interval``. Without rows where there is one class, or no table that can be read.
    """
    for name in KEPT:
        if found := _rows(project.results / name):
            sets = list(dict.fromkeys(row.get("set", "validation") for row in found))
            chosen = "test" if "test" in sets else sets[0]
            mine = [row for row in found if row.get("set", "validation") == chosen]
            names = list(dict.fromkeys(row["class"] for row in mine))
            if len(names) > 1:
                return {"set": chosen, "rows": [_row(one, mine) for one in names]}
    return {"set": "", "rows": []}


def _rows(path: Any) -> list[dict]:
    """Return the rows of a kept table; none where it is missing or damaged."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, csv.Error):
        return []
    needed = {"class", "rows", "metric", "who", "value", "low", "high"}
    return rows if rows and needed <= set(rows[0]) else []


def _row(name: str, rows: list[dict]) -> dict[str, Any]:
    found = {(row["who"], row["metric"]): row for row in rows if row["class"] == name}
    size = next((row["rows"] for row in found.values()), "")
    cells = [_cell(found.get((who, metric))) for who in WHO for metric in TOLD]
    return {"name": name, "size": size, "cells": cells}


def _cell(row: dict | None) -> dict[str, str]:
    """Return a value with its interval as words; empty where there is none."""
    try:
        value, low, high = (float((row or {})[key]) for key in ("value", "low", "high"))
    except (KeyError, TypeError, ValueError):
        value = math.nan
    if math.isnan(value):
        return {"value": "", "interval": ""}
    entry = {"value": value, "low": low, "high": high}
    return {"value": text(value, PLACES), "interval": ends(entry, PLACES)}
