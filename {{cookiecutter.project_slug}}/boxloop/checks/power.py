"""What a check could have seen: the smallest fault that this sample would have shown.

One convention for every check that measures. It fails where the fault is beyond its threshold and
beyond chance; it passes where a fault of the size that matters would have been seen in four of
five such samples; else nobody can tell, and the row says how many rows would be enough.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from importlib.resources import files

CHANCE = 2.33  # standard deviations that chance exceeds once in a hundred, on one side
TWO_SIDED = 1.96  # the bound of a 95 % interval leaves 2.5 per cent outside
ALL = "all are looked at"  # how a check sees that counts
SURE = 0.84  # by so many more a fault must lie beyond, to be seen with a probability of 0.8


@dataclass(frozen=True)
class Power:
    """The sight of one check on one sample.

    Parameters
    ----------
    detectable : float
        The smallest fault, in the unit of the check's value, that is seen with probability 0.8.
    matters : float
        The size from which on such a fault matters.
    fault : str
        What `detectable` is a size of, with the number: "an explained share of 0.12".
    how : str
        How it is known: "simulated on these rows", "from the number of groups", "counted".
    enough : int, optional
        How many rows or groups would show a fault that matters; None where nobody knows.
    of : str
        What `enough` counts.
    """

    detectable: float
    matters: float
    fault: str
    how: str
    enough: int | None = None
    of: str = "rows"

    @property
    def suffices(self) -> bool:
        """Whether a fault that matters would have been seen."""
        return bool(self.detectable <= self.matters)

    @property
    def words(self) -> str:
        """What would have been seen, in half a sentence; and what would be enough."""
        if self.suffices:
            return f"{self.fault} would have been seen ({self.how})"
        seen = f"only {self.fault}" if math.isfinite(self.detectable) else "none, however large,"
        said = f"{seen} would have been seen ({self.how})"
        if self.enough is not None:
            said += f"; about {self.enough:,} {self.of} would be enough"
        return said

    def error(self, threshold: float | None) -> float:
        """Return the standard error of the value, read off what would have been seen.

        That is ``max(threshold, CHANCE error) + SURE error`` (see `seen_from`), solved for the
        error. 0 where all is looked at, and where nobody knows.
        """
        if self.how == ALL or threshold is None or not math.isfinite(self.detectable):
            return 0.0
        known = (self.detectable - threshold) / SURE, self.detectable / (CHANCE + SURE)
        return max(min(known), 0.0)


def counted(fault: str) -> Power:
    """Return the sight of a check that looks at everything: one fault is enough.

    Parameters
    ----------
    fault : str
        The smallest fault: "one row", "one column".
    """
    return Power(1, 1, fault, ALL)


def seen_from(error: float, threshold: float, *, chance: float = CHANCE) -> float:
    """Return the smallest fault that is seen with probability 0.8.

    Parameters
    ----------
    error : float
        Standard error of the measured value.
    threshold : float
        The check fails beyond it, if the value lies `chance` standard errors above zero as well.
    """
    return max(threshold, chance * error) + SURE * error


def by_error(
    error: float,
    threshold: float,
    matters: float,
    *,
    fault: str,
    how: str,
    size: int,
    of: str = "rows",
    chance: float = CHANCE,
) -> Power:
    """Return the sight of a check whose value has a standard error that falls as 1 / √size.

    Parameters
    ----------
    error, threshold, matters : float
        See `seen_from`; `matters` is larger than `threshold`.
    fault : str
        With a place for the number: "an explained share of {:.2g}".
    size : int
        Rows, or groups, that the error was measured with.
    """
    detectable = seen_from(error, threshold, chance=chance)
    need = min((matters - threshold) / SURE, matters / (chance + SURE))
    enough = math.ceil(size * (error / need) ** 2) if need > 0 and math.isfinite(error) else None
    return Power(detectable, matters, fault.format(detectable), how, rounded(enough), of)


def measured_power() -> dict[str, dict[str, float]]:
    """Return what was measured of each check on worlds that it was not tuned to.

    Returns
    -------
    dict
        By check id: ``false_alarms``, the largest share of clean tables of 1,000 rows that it
        accused or asked about, over four worlds; ``heard``, the smallest share of tables of 3,000
        rows in which the strongest planted fault was heard, where one was planted for it.
    """
    text = (files("boxloop") / "checks" / "power.csv").read_text(encoding="utf-8")
    rows = [_shares(row) for row in csv.DictReader(text.splitlines())]
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["fault"].startswith("none") and row["rows"] == "1000":
            entry = found.setdefault(row["check"], {})
            entry["false_alarms"] = max(entry.get("false_alarms", 0.0), row["loud"])
    # The strongest fault of a kind stands last.
    strongest = {(row["fault"], row["world"]): row for row in rows if row["rows"] == "3000"}
    for row in strongest.values():
        clean = row["fault"].startswith("none")
        for check_id in [] if clean else row["check"].split(" or "):
            entry = found.setdefault(check_id, {})
            entry["heard"] = min(entry.get("heard", 1.0), row["loud"])
    return found


def _shares(row: dict) -> dict:
    """Return a line of the table with the share of runs in which a check failed or asked."""
    return row | {"loud": (int(row["fail"]) + int(row["asked"])) / int(row["runs"])}


def rounded(number: int | None) -> int | None:
    """Return a count with two digits, rounded up: it is an estimate."""
    if number is None or number < 100:
        return number
    scale = 10 ** (len(str(number)) - 2)
    return math.ceil(number / scale) * scale
