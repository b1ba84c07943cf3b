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
    "is assumed and not found [5 %](#given), what was believed before "
    "[as predicted](#prediction.ID).",
)
def traceable(rows: Iterable[Mapping[str, Any]], *, threshold: float) -> Finding | Unanswered:
    """Every number in prose is a link to the result that it states, and is right.

    So is every belief of before the result: it links to the prediction that was registered.

    Parameters
    ----------
    rows : list of dict
        As from `boxloop.record.prose.numbers_said`: `kind` (traced, bare, cited, given, belief),
        `text`, `notebook`, `cell`, `holds` and `why` of traced ones, `candidates` of bare ones.
    """
    rows = list(rows)
    traced = [row for row in rows if row["kind"] == "traced"]
    beliefs = [row for row in rows if row["kind"] == "belief"]
    wrong = [row for row in rows if row.get("holds", True) is False and row not in beliefs]
    untrue = [row for row in beliefs if row["holds"] is False]
    claims = [row for row in beliefs if row["holds"] is None]
    bare = [row for row in rows if row["kind"] == "bare"]
    unclear = [row for row in traced if row["holds"] is None]
    power = counted("one number")
    if len(wrong) + len(untrue) > threshold:
        among = sum(row["kind"] in ("traced", "cited") for row in rows)
        said = [words for words in (_wrong_words(wrong, among), _untrue_words(untrue)) if words]
        count = len(wrong) + len(untrue)
        return Finding(count, passed=False, message=" ".join(said), power=power)
    if len(bare) + len(unclear) + len(claims) > threshold:
        parts = (_bare_words(bare), _unclear_words(unclear), _claim_words(claims))
        said = [words for words in parts if words]
        return Unanswered(" ".join(said), len(bare) + len(unclear) + len(claims))
    words = f"All {len(traced)} traced numbers in prose are as the results say, and none is bare."
    return Finding(len(wrong), passed=True, message=words, power=power)


def _wrong_words(wrong: list[Mapping[str, Any]], among: int) -> str:
    of = "is" if len(wrong) == 1 else "are"
    words = f"{len(wrong)} of {among} traced numbers {of} not so: {_but(wrong)}."
    return words if wrong else ""


def _untrue_words(untrue: list[Mapping[str, Any]]) -> str:
    them = "1 sentence" if len(untrue) == 1 else f"{len(untrue)} sentences"
    of = "is" if len(untrue) == 1 else "are"
    return f"{them} on a prediction {of} not so: {_but(untrue)}." if untrue else ""


def _claim_words(claims: list[Mapping[str, Any]]) -> str:
    them = "1 sentence claims" if len(claims) == 1 else f"{len(claims)} sentences claim"
    words = f"{them} a belief of before the result: {_but(claims)}."
    return words if claims else ""


def _but(rows: list[Mapping[str, Any]]) -> str:
    """Return what each row says, and what is against it; those beyond the first are counted."""
    shown = "; ".join(
        f'{_where(row)} says "{row["text"]}", but {row["why"]}' for row in rows[:MOST]
    )
    return f"{shown}{_more(rows)}"


def _bare_words(bare: list[Mapping[str, Any]]) -> str:
    shown = "; ".join(
        f"{_where(row)}: {row['text']}{_called(row)}{_links(row)}" for row in bare[:MOST]
    )
    them = "1 number in prose is" if len(bare) == 1 else f"{len(bare)} numbers in prose are"
    return f"{them} no link to a result ({shown}{_more(bare)})." if bare else ""


def _unclear_words(unclear: list[Mapping[str, Any]]) -> str:
    them = "1 link waits" if len(unclear) == 1 else f"{len(unclear)} links wait"
    return f"{them} for a person: {_but(unclear)}." if unclear else ""


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
