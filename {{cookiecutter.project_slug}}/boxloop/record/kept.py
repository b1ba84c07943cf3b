"""Numbers of a pass that stay with it, so that prose can speak of what an earlier pass found.

Kept are the metrics of all sets, what chapters said with ``here.number``, checks, criteria,
predictions with what they are of, and whatever else a sentence links to as ``passN.ADDRESS``: a
cell of a table, say. A link that is written after a pass was complete finds of such cells what was
linked before.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from boxloop.notebooks.file import read_notebook, source
from boxloop.record.results import read_checks, read_metrics
from boxloop.record.traced import EARLIER, Results

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter

_LINK = re.compile(rf"#{EARLIER}\.([\w%+-]+(?:\.[\w%+-]+)*)")
# What else an entry says than where it stands today.
_FACTS = ("value", "low", "high", "unit", "state", "better")


def linked(chapters: Iterable[Chapter]) -> list[str]:
    """Return the addresses that any chapter's text links to in any pass, without its number."""
    texts = (source(cell) for one in chapters for cell in read_notebook(one.path)["cells"])
    return list(dict.fromkeys(found[2] for text in texts for found in _LINK.finditer(text)))


def numbers_kept(project: Project, chapters: Iterable[Chapter]) -> dict[str, dict[str, Any]]:
    """Return the numbers of today's results that stay with a pass, by address.

    Returns
    -------
    dict
        Of each what is known of ``value``, ``low``, ``high``, ``unit``, ``state``, ``better``.
    """
    results = Results(project, read_metrics(project).get("sets") or {}, read_checks(project))
    found = {}
    for address in [*results.chief(), *results.predicted(), *linked(chapters)]:
        entry = results.find(address)
        facts = asdict(entry) if entry else {}
        known = {name: facts[name] for name in _FACTS if facts.get(name) not in (None, "")}
        if known:
            found[address] = known
    return found
