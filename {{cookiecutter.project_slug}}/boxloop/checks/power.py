"""What a check could have seen: the smallest fault that this sample would have shown.

One convention for every check that measures. It fails where the fault is beyond its threshold and
beyond chance; it passes where a fault of the size that matters would have been seen in four of
five such samples; else nobody can tell, and the row says how many rows would be enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CHANCE = 2.33  # standard deviations that chance exceeds once in a hundred, on one side
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
        said = f"only {self.fault} would have been seen ({self.how})"
        if self.enough is not None:
            said += f"; about {self.enough:,} {self.of} would be enough"
        return said


def counted(fault: str) -> Power:
    """Return the sight of a check that looks at everything: one fault is enough.

    Parameters
    ----------
    fault : str
        The smallest fault: "one row", "one column".
    """
    return Power(1, 1, fault, "all are looked at")


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


def rounded(number: int | None) -> int | None:
    """Return a count with two digits, rounded up: it is an estimate."""
    if number is None or number < 100:
        return number
    scale = 10 ** (len(str(number)) - 2)
    return math.ceil(number / scale) * scale
