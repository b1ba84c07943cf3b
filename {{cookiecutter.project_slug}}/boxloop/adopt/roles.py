"""Guess what the columns of a stranger's table are: roles with their reasons, to be objected to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.adopt.error_columns import error_columns
from boxloop.base.errors import shown
from boxloop.table.column import describe, marks, unit_of
from boxloop.table.rules import MOST_LEVELS

if TYPE_CHECKING:
    from boxloop.table.read import Catalogue


FEWEST_GROUPS = 10
IDENTIFIER = re.compile(
    r"^(id|ids|index|row|rownames|name|names|objid|obj_id|objname|object|designation|source_id"
    r"|unnamed:? ?0?)$"
    r"|(_id|id_|[a-z]ID|\.id|_name)$|^id_",
    re.ASCII,
)
TIME = re.compile(
    r"^(mjd|jd|bjd|hjd|tai|utc|date|datetime|timestamp|obs_?date|date_?obs|obs_?time|time_?stamp"
    r"|epoch_?mjd)$",
    re.IGNORECASE,
)
WEIGHT = re.compile(r"^(sample|stat|event|mc|gen|row)_?weights?$", re.IGNORECASE)
WEIGHS = (
    ", the target: rows with small errors weigh more in every fit; the role ignored turns that off"
)
TRUTH = re.compile(r"^(true|truth|mctruth)_", re.IGNORECASE)
SKY = re.compile(
    r"^(ra|dec|_(ra|dec?)|_?(ra|dec?)([._]?(icrs|deg|rad|j?2000|b?1950|fk[45]|mean|obs|stack))+"
    r"|(alpha|delta)_?(j2000|sky|icrs)|glon|glat|elon|elat|(gal|ecl)_?(lon|lat)"
    r"|right_?ascension|declination)(_?deg)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Guess:
    """What one column is taken for.

    Attributes
    ----------
    role, reason : str
        A role of study.toml, and why.
    unit : str
    seen : str
        The range of its numbers, or its first words.
    error_of : str or None
        The column whose error it is.
    missing : tuple of float
        Numbers that are taken for marks of a missing value.
    description : str
        What the file says of it.
    """

    role: str
    reason: str
    unit: str = ""
    seen: str = ""
    error_of: str | None = None
    missing: tuple = ()
    description: str = ""


def guess_roles(
    catalogue: Catalogue,
    *,
    target: str,
    ident: Any = None,
    group: Any = None,
    time: str | None = None,
) -> dict:
    """Return a `Guess` for every column, in the order of the file.

    Parameters
    ----------
    catalogue : boxloop.table.read.Catalogue
    target, ident, group, time : str or None
        Columns that the person has named; the others are guessed.

    Notes
    -----
    A group is guessed only from a column that is named like an identifier and repeats; a time
    only from a date or from a usual name.
    """
    frame = catalogue.frame
    errors, found = _named(frame, {"target": target, "id": ident, "group": group, "time": time})
    dated = {note.split("'")[1] for note in catalogue.notes if "decimal years" in note}
    first: dict[bytes, str] = {}  # by their values: the first input that has them
    for name in frame.columns:
        if name not in found:
            roles = {role for role, _ in found.values()}
            found[name] = _role(frame[name], frame[target], dated=name in dated, roles=roles)
        if found[name][0] == "input":
            original = first.setdefault(_print(frame[name]), name)
            found[name] = found[name] if original == name else ("ignored", f"a copy of {original}")
    return {
        name: Guess(
            role,
            reason,
            unit_of(name, catalogue),
            describe(frame[name]),
            errors.get(name) if role == "error" else None,
            marks(frame[name]) if role not in ("id", "group", "ignored") else (),
            " ".join(catalogue.descriptions.get(name, "").split()),
        )
        for name, (role, reason) in ((name, found[name]) for name in frame.columns)
    }


def _named(frame: pd.DataFrame, options: Any):
    """Return which column each error column belongs to, and the roles that names have settled."""
    found = {name: (role, "you named it") for role, name in options.items() if name is not None}
    errors, others = error_columns(frame, set(found))
    target = options["target"]
    for name, base in errors.items():
        if base not in errors:
            weighs = WEIGHS if base == target else ""
            found[name] = ("error", f"named as the error of {base}{weighs}")
    for name, base in others.items():
        if base not in errors:
            found[name] = ("ignored", f"one more error of {base}")
    return errors, found


def _role(column: pd.Series, target: pd.Series, *, dated: bool, roles: set[str]) -> tuple:
    """Return role and reason of one column that nobody has named."""
    name, values = str(column.name), column.dropna()
    numeric = pd.api.types.is_numeric_dtype(column)
    if values.empty:
        return "ignored", "it has no value in any row"
    if (values == values.iloc[0]).all():
        gap = float(column.isna().mean())
        return "ignored", f"it is '{str(values.iloc[0])[:30]}' in every row" + (
            f" that has a value ({_percent(gap)} have none)" if gap else ""
        )
    if _says_the_same(column, target):
        return "ignored", "it is the target under another name: knowing one is knowing the other"
    if TRUTH.match(name):
        return "truth", "named as a truth"
    if dated or (TIME.match(name) and numeric):
        return (
            ("time", "it holds dates" if dated else "named as a time")
            if "time" not in roles
            else ("ignored", "a second time")
        )
    if WEIGHT.match(name) and numeric and (values >= 0).all():
        return "weight", "named as a weight"
    return _identity(column, values, numeric, roles) or _content(name, values, numeric)


def _identity(column: pd.Series, values: pd.Series, numeric: bool, roles: set[str]) -> tuple | None:
    """Return role and reason of a column that names or numbers rows or groups; else None."""
    from boxloop.table.identifiers import identifier_share

    share, named = values.nunique() / len(values), bool(IDENTIFIER.search(str(column.name)))
    whole = not numeric or (
        pd.api.types.is_numeric_dtype(values) and not (values.astype(float) % 1).any()
    )
    if (
        len(values) == len(column)
        and whole
        and ((named and share == 1) or identifier_share(column, 0.95) >= 0.95)
    ):
        if "id" in roles:
            return "ignored", "it numbers or names the rows, too"
        return (
            "id",
            "a different one in every row" if share == 1 else "nearly a different one in every row",
        )
    if (
        named
        and whole
        and share < 1
        and FEWEST_GROUPS <= values.nunique() <= len(values) / 1.5
        and len(values) == len(column)
    ):
        if "group" in roles:
            return "ignored", "it names things that several rows share"
        stay = "rows of one group stay on one side of the split"
        return ("group", f"named as an identifier, and rows share it: {stay}")
    return ("ignored", "named as an identifier") if named and not numeric else None


def _content(name: str, values: pd.Series, numeric: bool) -> tuple:
    if not numeric:
        levels = values.astype(str).nunique()
        if levels > MOST_LEVELS or levels > len(values) / 2:
            return "ignored", f"words, {levels:,} different ones in {len(values):,} rows"
        return "input", f"words, {levels} different ones"
    if SKY.match(name):
        return "input", "a number; a position on the sky: does the physics depend on it?"
    return "input", "true or false" if pd.api.types.is_bool_dtype(values) else "a number"


def _percent(share: float) -> str:
    """Return a share in per cent, never rounded to none or all."""
    return (
        f"{100 * share:.0f} %"
        if 0.01 <= share <= 0.99
        else f"{100 * share:.2g} %"
        if share < 0.01
        else "more than 99 %"
    )


def _says_the_same(column: pd.Series, target: pd.Series) -> bool:
    """Whether a column is the target in other words or another unit."""
    rows = np.unique(np.linspace(0, len(column) - 1, 20_000).astype(int))
    both = pd.DataFrame({"one": column.iloc[rows], "other": target.iloc[rows]})
    both = both.replace([np.inf, -np.inf], np.nan).dropna()
    if len(both) < 3:
        return False
    repeats = both["other"].nunique() <= min(MOST_LEVELS, len(both) / 2)
    if all(pd.api.types.is_numeric_dtype(both[side]) for side in both) and not repeats:
        one, other = both["one"].to_numpy(float), both["other"].to_numpy(float)
        return bool(np.ptp(one) > 0 and abs(np.corrcoef(one, other)[0, 1]) > 1 - 1e-9)
    pairs = both.astype(str).drop_duplicates()
    return repeats and len(pairs) == pairs["one"].nunique() == pairs["other"].nunique()


def _print(column: pd.Series) -> bytes:
    return (
        pd.util.hash_pandas_object(
            column.astype(float) if pd.api.types.is_numeric_dtype(column) else column.astype(str),
            index=False,
        )
        .to_numpy()
        .tobytes()
    )


def understood(roles: dict, *, most: int = 30) -> list[str]:
    """Return a short table of what each column was taken for."""
    head = ("column", "role", "unit", "seen", "because")
    said = [
        (name, guess.role, guess.unit or "–", guess.seen, guess.reason)
        for name, guess in list(roles.items())[:most]
    ]
    rows = [[shown(cell) for cell in row] for row in (head, *said)]
    cut = [
        [
            cell if len(cell) <= limit else cell[: limit - 1] + "…"
            for cell, limit in zip(row, (24, 8, 12, 44, 60), strict=True)
        ]
        for row in rows
    ]
    widths = [max(len(row[place]) for row in cut) for place in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cut
    ]
    if len(roles) > most:
        lines.append(f"… and {len(roles) - most} more columns, in study.toml.")
    return [*lines, ""]
