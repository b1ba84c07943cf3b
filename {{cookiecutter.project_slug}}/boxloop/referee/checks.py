"""The checks that need no sealed row, asked again of what the chapters have kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from boxloop.referee.finding import Finding

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "checks"


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which checks were found again."""
    yield from ()
