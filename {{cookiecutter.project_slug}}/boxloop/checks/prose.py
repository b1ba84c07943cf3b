"""Check of the words: numbers in prose are links to the results that they state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .core import Finding, Unanswered, check
from .power import counted

MOST = 3  # named in the sentence; `boxloop answers` lists all


@check(
    "answers.traceable",
    notebook="08_release",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §2.5, §2.6; Kapoor et al. 2024, REFORMS",
    fix="Type `boxloop answers`: it names each number with the links that it could be, and "
    "`boxloop answers --update` writes today's digits. What is cited is written [5 %](@key), what "
    "is assumed and not found [5 %](#given).",
)
def traceable(rows: Iterable[Mapping[str, Any]], *, threshold: float) -> Finding | Unanswered:
    """Every number in prose is a link to the result that it states, and is right.

    Parameters
    ----------
    rows : list of dict
        As from `boxloop.record.prose.numbers_said`: `kind` (traced, bare, cited, given), `text`,
        `notebook`, `cell`, `holds` and `why` of traced ones, `candidates` of bare ones.
    """
    rows = list(rows)
    traced = [row for row in rows if row["kind"] == "traced"]
    wrong = [row for row in rows if row.get("holds", True) is False]
    bare = [row for row in rows if row["kind"] == "bare"]
    unclear = [row for row in traced if row["holds"] is None]
    power = counted("one number")
    if len(wrong) > threshold:
        shown = "; ".join(
            f'{_where(row)} says "{row["text"]}", but {row["why"]}' for row in wrong[:MOST]
        )
        of = "is" if len(wrong) == 1 else "are"
        among = sum(row["kind"] in ("traced", "cited") for row in rows)
        message = f"{len(wrong)} of {among} traced numbers {of} not so: {shown}{_more(wrong)}."
        return Finding(len(wrong), passed=False, message=message, power=power)
    if len(bare) + len(unclear) > threshold:
        said = [words for words in (_bare_words(bare), _unclear_words(unclear)) if words]
        return Unanswered(" ".join(said), len(bare) + len(unclear))
    words = f"All {len(traced)} traced numbers in prose are as the results say, and none is bare."
    return Finding(len(wrong), passed=True, message=words, power=power)


def _bare_words(bare: list[Mapping[str, Any]]) -> str:
    shown = "; ".join(
        f"{_where(row)}: {row['text']}{_called(row)}{_links(row)}" for row in bare[:MOST]
    )
    them = "1 number in prose is" if len(bare) == 1 else f"{len(bare)} numbers in prose are"
    return f"{them} no link to a result ({shown}{_more(bare)})." if bare else ""


def _unclear_words(unclear: list[Mapping[str, Any]]) -> str:
    shown = "; ".join(
        f'{_where(row)} says "{row["text"]}", but {row["why"]}' for row in unclear[:MOST]
    )
    them = "1 link waits" if len(unclear) == 1 else f"{len(unclear)} links wait"
    return f"{them} for a person: {shown}{_more(unclear)}." if unclear else ""


def _called(row: Mapping[str, Any]) -> str:
    """Return that a number of the study is called given or cited."""
    address = row.get("address")
    how = "given" if address == "given" else f"cited, {address}"
    return f" (called {how})" if address else ""


def _where(row: Mapping[str, Any]) -> str:
    return f"{row['notebook']}, cell {row['cell']}"


def _links(row: Mapping[str, Any]) -> str:
    links = [f"[{row['text']}](#{address})" for address in row.get("candidates", [])[:2]]
    return f", perhaps {' or '.join(links)}" if links else ""


def _more(rows: list[Mapping[str, Any]]) -> str:
    return f"; and {len(rows) - MOST} more" if len(rows) > MOST else ""
