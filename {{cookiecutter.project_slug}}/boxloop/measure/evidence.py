"""What a table of metrics was made of: the truth, the guesses, and how they were asked.

A table remembers it, so that whoever records the table can keep it, and whoever reads the record
can measure every number again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxloop.base.files import fingerprint
from boxloop.measure.intervals import compare

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from boxloop.measure.metrics import Yardstick

ROBUST = "nmad"  # what leads where tails are heavy


@dataclass(frozen=True)
class Evidence:
    """What `boxloop.measure.intervals.compare` is asked with, for n rows that all have a guess.

    Parameters
    ----------
    truth : array of shape (n,)
    guesses : dict of arrays of shape (n,), or (n, K) of several classes
    units : array of shape (n,)
        What is never cut in two, see `boxloop.split.division.units`; its order is that of draws.
    metrics : tuple of str
    extended : bool
        Whether `ROBUST` joins the metrics where the residuals turn out to have heavy tails.
    draws, seed : int
    working_point : float or None
    yardstick : boxloop.measure.metrics.Yardstick
    """

    truth: np.ndarray
    guesses: dict[str, np.ndarray]
    units: np.ndarray
    metrics: tuple[str, ...]
    extended: bool
    draws: int
    seed: int
    working_point: float | None
    yardstick: Yardstick

    def measure(self) -> Compared:
        """Return the metrics with their intervals: the same numbers whenever it is asked."""
        options: dict[str, Any] = {
            "groups": self.units,
            "draws": self.draws,
            "seed": self.seed,
            "working_point": self.working_point,
            "yardstick": self.yardstick,
        }
        found = compare(self.truth, self.guesses, metrics=list(self.metrics), **options)
        judged = ("model", "reference", "difference")  # the trivial one has the target's tails
        heavy = any(
            "heavy_tails" in entry.get(who, {}) for entry in found.values() for who in judged
        )
        if heavy and self.extended and ROBUST not in found:
            found |= compare(self.truth, self.guesses, metrics=[ROBUST], **options)
        return Compared(found, self)


class Compared(dict):
    """A table of metrics that remembers its evidence.

    A copy of it, or a table that it was joined to, is a plain one; `evidence` is None once a number
    of it was changed.
    """

    def __init__(self, table: Mapping, evidence: Evidence) -> None:
        super().__init__(table)
        self._evidence, self._as_measured = evidence, fingerprint(table)

    @property
    def evidence(self) -> Evidence | None:
        """What its numbers were made of, None where they are not those that were measured."""
        return self._evidence if fingerprint(self) == self._as_measured else None

    def __reduce__(self) -> tuple:
        """Travel as a plain table: what other processes are sent should be small."""
        return dict, (dict(self),)
