"""Checks of the table itself: it is what study.toml says it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .core import Finding, check, field, input_names, listed
from .power import counted

if TYPE_CHECKING:
    import pandas as pd

# Of fewer rows one value in all of them is no surprise, where one row in 300 has another.
FEWEST = 1000


@check(
    "data.schema",
    notebook="01_scoping",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §2.4",
    fix="Correct the named columns in study/data.py, or their type and limits in study.toml.",
)
def schema(frame: pd.DataFrame, *, columns: Mapping[str, Any], threshold: float) -> Finding:
    """Every column of study.toml is there, with the type, the limits and the values it promises.

    Parameters
    ----------
    frame : DataFrame
    columns : dict of column settings
        Read are `role`, `min` and `max`.
    """
    from boxloop.table import rules

    still: dict[str, str] = {}
    # Of rows without a time none is left where rows are divided by it; else nobody needs it. Rows
    # go by their group where there is one, and by their id else.
    grouped = any(field(column, "role") == "group" for column in columns.values())
    needed = set(rules.NEEDED) - {"time"} - ({"id"} if grouped else set())
    faults = [fault.what for fault in rules.column_faults(frame, columns)]
    for name, column in columns.items():
        if name not in frame:
            continue
        values, role = frame.loc[:, frame.columns == name].iloc[:, 0], field(column, "role")
        there = values.notna().any()
        if role == "target" or (role in needed and there):
            faults += [fault.what for fault in rules.gaps(name, values)]
        if role == "input" and there:
            for fault in rules.constant(name, values, where="all rows looked at"):
                still[name] = fault.what
    if len(frame) >= FEWEST:
        faults += still.values()
    if not faults:
        said = f"All {len(columns)} columns keep to the manifest in these {len(frame):,} rows"
        said += f", in which {listed(still)} never changes." if still else "."
        return Finding(0, passed=True, message=said, power=counted("one value"))
    shown = "; ".join(faults[:6]) + (f"; and {len(faults) - 6} more" if len(faults) > 6 else "")
    message = f"{shown} ({len(faults)} faults, {threshold:g} allowed)."
    return Finding(
        len(faults),
        len(faults) <= threshold,
        message[0].upper() + message[1:],
        counted("one value"),
    )


@check(
    "data.duplicate_columns",
    notebook="01_scoping",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. §2.4",
    fix="Rename one of the two, or remove the copy from the inputs in study.toml.",
)
def duplicate_columns(
    frame: pd.DataFrame, *, columns: Mapping[str, Any], threshold: float
) -> Finding:
    """No name stands over two columns, and no input is a copy of another column.

    Notes
    -----
    A second column of the same name is what a table reader turns into ``name.1``.
    Copies among identifiers, groups and truth columns are no fault: only pairs with an input count.
    """
    import pandas as pd

    names = [str(name) for name in frame.columns]
    faults = [
        f"the name '{name}' stands over two columns"
        for name in pd.Index(names)[pd.Index(names).duplicated()]
    ]
    faults += [
        f"'{name}' looks like a second column named '{name[:-2]}'"
        for name in names
        if name.endswith(".1") and name[:-2] in names
    ]
    faults += [
        f"'{one}' and '{other}' hold the same values"
        for one, other in _copies(frame, input_names(columns))
    ]
    if not faults:
        own = f"All {len(names)} columns have a name and values of their own."
        return Finding(0, passed=True, message=own, power=counted("one column"))
    message = f"{'; '.join(faults)} ({len(faults)} faults, {threshold:g} allowed)."
    return Finding(
        len(faults),
        len(faults) <= threshold,
        message[0].upper() + message[1:],
        counted("one column"),
    )


def _copies(frame: pd.DataFrame, inputs: list[str]) -> list[tuple[str, str]]:
    import pandas as pd

    unique = frame.loc[:, ~frame.columns.duplicated()]
    prints: dict[bytes, str] = {}
    pairs = []
    # Inputs come last, so that each finds the identifiers, targets and inputs before it.
    for name in sorted(unique.columns, key=lambda name: name in inputs):
        values = unique[name]
        if values.isna().all() or values.nunique() == 1:  # noqa: PD101  # gaps do not count
            continue
        values = values.astype(float) if pd.api.types.is_numeric_dtype(values) else values
        key = hashlib.sha256(
            pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes()
        ).digest()
        first = prints.setdefault(key, name)
        if first != name and name in inputs:
            pairs.append((first, name))
    return pairs
