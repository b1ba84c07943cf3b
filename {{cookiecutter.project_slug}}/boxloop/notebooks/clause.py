"""One clause of prose: which of its numbers tell a result of the study without a link."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boxloop.notebooks.masks import HIDE
from boxloop.notebooks.numerals import Number, numbers
from boxloop.notebooks.sets_named import named_sets
from boxloop.notebooks.told import GOVERNED, STRONG, Evidence, part_of
from boxloop.notebooks.vocabulary import (
    CHOSEN,
    CLAIM,
    COUNTED,
    GENERAL,
    HYPOTHETICAL,
    METRICS,
    OUTCOME,
    OWN,
    PLACED,
    RANKED,
    RESULT,
    RULE,
    STRESSED,
    STUDY,
    THEIRS,
    THEIRS_AFTER,
    THEORY,
    TOLD,
    TOLD_AFTER,
    WISHED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_OF_NORMAL = (
    0.68,
    0.683,
    0.6827,
    0.95,
    0.954,
    0.9545,
    0.997,
    0.9973,
    1.64,
    1.645,
    1.96,
    2.58,
    2.576,
)
_YEAR_BEFORE = re.compile(
    r"(?:\(|\bal\.,?\s|\b[A-Z][\w’'-]+,?\s(?:(?:and|&)\s)?|\d[a-z]?,\s|[–/-])\(?$"
)
_NEEDS = r"\b(?:needs?|requires?|must|should)\b"
_FACTOR = r"\bfactors?\s(?:of\s)?(?:about\s|roughly\s|nearly\s|almost\s|some\s)?$"
_YEAR_WORD = re.compile(
    r"\b(?:in|since|until|till|before|after|from|of|by|to|around|year|and|or|during|between)\s$"
)
_DATED = re.compile(
    r"\s(?:[a-z]+\s)?(?:review|paper|article|study|stud(?:y|ies)|release|edition|campaign|season|"
    r"survey|catalogue|catalog|version|report|guide|meeting|conference|"
    r"challenge|census|data|guidelines?)\b"
)
_NOUN = re.compile(r"\s(?:[a-z-]+\s)?[a-z]{3,}s\b")
_UNIT = re.compile(
    r"\s?(?:%|per\b|dex|mag\w*|[kMGT]?eV|[kMG]?pc|[mµμn]?s\b|ms\b|seconds?|minutes?|hours?|days?|"
    r"years?|σ|sigma|standard dev|K\b|km|cm|mm|m/s|erg|Hz|degrees?|°|times\b|×|x\b|fold|orders?)"
)


def _nothing(_value: float, _half: float) -> str:
    return ""


@dataclass(frozen=True)
class Known:
    """What a study gives as it is.

    Attributes
    ----------
    keys : frozenset of str
        Of its references.
    levels : frozenset of float
        The numbers of ``study.toml``.
    lists : tuple of frozenset of float
        Those that stand there in one list, such as the levels of a stress test.
    sets : frozenset of str
        Names of its sets of rows.
    names : mapping of str to frozenset of str
        What the study calls its sets in other words: the season without spectra.
    agrees : callable
        From a value and half of its last digit to ``chief`` where a metric, a number that a chapter
        said or a check agrees with it, ``table`` where a table does, else an empty text.
    """

    keys: frozenset[str] = frozenset()
    levels: frozenset[float] = frozenset()
    lists: tuple[frozenset[float], ...] = ()
    sets: frozenset[str] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    agrees: Callable[[float, float], str] = field(default=_nothing, compare=False)

    @property
    def named(self) -> dict[str, frozenset[str]]:
        """Each set of rows with what else it is called."""
        return {name: self.names.get(name, frozenset()) for name in self.sets}


@dataclass(frozen=True)
class Said:
    """A number, or words with an address, in a passage.

    Attributes
    ----------
    kind : str
        ``traced`` (`address` says to what), ``cited``, ``given`` or ``bare``; a bare one with an
        `address` is called given or cited in a sentence on this study's own result.
    text, start, end : str, int, int
        The words, and where they stand; of a link those between the square brackets.
    before, after : str
        What stands on either side.
    clause : str
    """

    kind: str
    text: str
    start: int
    end: int
    address: str = ""
    before: str = ""
    after: str = ""
    clause: str = field(default="", compare=False)


class Clause:
    """One clause, and which of its numbers are bare.

    Parameters
    ----------
    text, hidden : str
        As written, and with what is no prose hidden.
    known : Known
    alt : bool
        Of a figure or a table, where words such as half tell of the picture.
    context : str
        What it hangs on: the head of a table, the sentence before a list or of a footnote.
    """

    def __init__(
        self, text: str, hidden: str, known: Known, *, alt: bool, context: str = ""
    ) -> None:
        self.text, self.hidden, self.known, self.alt = text, hidden, known, alt
        self.context = context
        self.evidence = Evidence(hidden, context, known.named, known.agrees)
        self.is_result = bool(RESULT.search(hidden))
        self.is_claim = bool(CLAIM.search(hidden) or OWN.search(hidden))
        self.is_rule = bool(RULE.search(hidden))
        self.is_wish = bool(re.search(WISHED, hidden)) and not OWN.search(hidden)
        self.is_question = text.rstrip(" *_\n").endswith("?")
        self.is_own = bool(COUNTED.search(f"{hidden} {context}"))
        self.is_cited = not OWN.search(hidden) and cites(text, known.keys)

    def bare(self, found: list[Number], offset: int) -> list[Number]:
        """Return the numbers that are neither traced nor free; `found` counts from the text."""
        if self.is_cited or self.is_question or self.is_wish:
            return []
        kept, listed = [], self._listed(found, offset)
        for one in found:
            before = self.hidden[: one.start - offset]
            after = self.hidden[one.end - offset :]
            measured = re.search(r"±\s?$", before) or re.match(r"\s?±", after)
            if one in listed or self._is_strength(one, before, after):
                free = True
            elif one.kind == "digits":
                free = self._is_free(one, before, after, measured=bool(measured))
                free = free or not self.evidence.tells(one, one.start - offset)
            else:
                free = self.alt or self._is_free_word(one, before, after)
            if not free:
                kept.append(one)
        return kept

    def _listed(self, found: list[Number], offset: int) -> list[Number]:
        """Return the numbers that stand in a row, all of them in one list of study.toml."""
        rows: list[list[Number]] = [[]]
        for one in found:
            last = rows[-1][-1].end if rows[-1] else one.start
            between = self.hidden[last - offset : one.start - offset]
            if rows[-1] and not re.fullmatch(r"\s?(?:,|and|or|to|,\s(?:and|or)|[/–])\s?", between):
                rows.append([])
            rows[-1].append(one)
        few = 2 if CHOSEN.search(self.hidden) else 3
        return [
            one
            for row in rows
            if len(row) >= few
            for one in row
            if any(
                {abs(n.value) for n in row} <= {0.0, 1.0, *levels} for levels in self.known.lists
            )
        ]

    def _is_strength(self, one: Number, before: str, after: str) -> bool:
        """Return whether a number says how strong a perturbation is made: doubled noise."""
        ahead = re.match(
            rf"\s(?:the\s|its\s|all\s|their\s|as\smuch\s|×\s)?(?:[\w-]+\s)?{STRESSED}\b", after
        )
        behind = re.search(
            rf"\b{STRESSED}(?:\s(?:is|are|was|were|of|at|level|levels|times|×|by))*\s?$", before
        )
        part = re.split(r"[,;:]", before)[-1]
        opened = re.search(
            r"(?:.*\b(?P<when>when|if|once|where|while|whenever|after)\b|"
            r".*\b(?:with|at|under|for)(?=\s(?:\S+\s){0,3}$))(?P<inside>.*)$",
            part,
            re.IGNORECASE | re.DOTALL,
        )
        known = self._stands_in(one) or bool(
            re.search(r"\b(?:noise|dose|pile-?up)\b", part + after[:25])
        )
        if one.percent or not known or not (ahead or behind):
            return False
        inside = opened["inside"] if opened else part
        told = re.search(rf"\b(?:{METRICS})\b", inside, re.IGNORECASE)
        return not told and (bool(opened) or not part.strip())

    def speaks_of_own(self, said: Said, offset: int, others: list[Said]) -> bool:
        """Return whether a number is called given or cited where the study's own result is told.

        That is: model, "we" or a set of the study stand in the sentence together with a metric,
        nothing is compared with what is cited, and no other number is traced.
        """
        if said.kind not in ("given", "cited") or self.is_rule or not numbers(said.text):
            return False
        if any(other.kind == "traced" for other in others):
            return False
        before = self.hidden[: said.start - offset].rstrip(f"{HIDE}[( ")
        if re.search(THEIRS, before[-40:], re.IGNORECASE) or re.search(
            HYPOTHETICAL, self.hidden, re.IGNORECASE
        ):
            return False
        after = self.hidden[said.end - offset :]
        if re.match(r"[\W¤]*(?:in|by|from) (?:most|many|other|earlier|published) ", after):
            return False
        told = re.search(TOLD, before, re.IGNORECASE)
        metric = re.search(rf"\b(?:{METRICS})\b", self.hidden, re.IGNORECASE)
        own = bool(OWN.search(self.hidden)) or bool(named_sets(self.hidden, self.known.sets))
        if own and re.search(TOLD_AFTER, after, re.IGNORECASE):
            return True
        if said.kind == "cited":
            return own and bool(metric) and bool(told) and not re.search(THEIRS_AFTER, after)
        return bool(told) and (own or bool(metric))

    def _is_free_word(self, one: Number, before: str, after: str) -> bool:
        if GENERAL.match(after) or re.search(RANKED, before):
            return True
        theory = THEORY.search(self.hidden) and not STUDY.search(self.hidden)
        if theory or re.match(r"\sper\s[kMGT]?(?:eV|pc|mag|m|s|K)\b", after):
            return True
        words = self.hidden[len(before) : len(self.hidden) - len(after)]
        if re.match(r"(?:a\s)?(?:few|several|couple)\b", words, re.IGNORECASE):
            return not self.is_own
        if self._is_amount(one, words, before, after):
            return False
        if one.kind in ("magnitude", "share", "word"):
            return self._is_free_share(one, words, before, after)
        if one.unit == "times":
            return not self.is_result or self.is_rule
        if one.percent or re.match(r"\sto\s\w+(?:-\w+)?\sper\s?cent|\sor\s\w+\sper\s?cent", after):
            return self._is_level(one) or not self.evidence.tells(one, len(before))
        if re.match(r"\s(?:sigma|standard deviations?|orders? of)\b", after):
            return not self.is_result or self.is_rule
        if re.match(
            r"\s(?:out )?of (?:the )?\w+ (?:criteria|checks|tests|attempts|questions)\b", after
        ):
            return one.value == 1
        return one.value < 12 or not self._is_counted(after)

    def _is_amount(self, one: Number, words: str, before: str, after: str) -> bool:
        """Return whether words say how much: seven points of a metric, nine hundredths of a unit.

        Also all of a few, where what was found is counted: "all seven are Ibc".
        """
        part = part_of(self.hidden, len(before))
        if (
            RULE.search(part)
            or (CHOSEN.search(part) and not PLACED.search(part))
            or re.search(r"\b(?:assum|suppos|set to|wish|aim)\w*", part)
        ):
            return False
        alone = re.match(r"\s*(?:[.,;:)]|$)", after) and one.unit == "count"
        alone = alone and not re.search(HYPOTHETICAL, self.hidden, re.IGNORECASE)
        if (
            alone
            and GOVERNED.search(before)
            and re.search(rf"\b(?:{METRICS})\b", part, re.IGNORECASE)
        ):
            return True
        if re.search(r"(?:hundred|thousand)ths$", words, re.IGNORECASE):
            return True
        if one.value and re.match(r"\s(?:percentage\s)?points?\b", after):
            return bool(STRONG.search(part))
        counted = self.is_own and one.value > 1 and one.kind == "count" and one.unit != "times"
        first = re.search(r"(?:^|:)\s*(?:all|only|just)\s$", before, re.IGNORECASE)
        return counted and bool(first)

    def _is_free_share(self, one: Number, words: str, before: str, after: str) -> bool:
        """Return whether a third, twice, seven in ten or 5 of 40 tell of no result."""
        if one.kind == "magnitude":
            return not self.is_result
        if one.kind == "share":
            each = re.search(r"\s(?:in|out of)\s", words)
            told = each or self.is_result or OUTCOME.search(self.hidden)
            part = part_of(self.hidden, len(before))
            chosen = self._stands_in(one) and CHOSEN.search(part) and not PLACED.search(part)
            return not told or bool(RULE.search(part) or chosen)
        if one.unit == "times" and re.match(r"\s*(?:[:;.,)]|$)", after) and before.endswith(", "):
            return True  # "and that, twice": a repetition
        found = bool(PLACED.search(part_of(self.hidden, len(before))))
        told = self.is_result or (one.value < 1 and (self.is_own or found))
        chosen = one.unit != "times" or CHOSEN.search(self.hidden) or self.is_rule
        return not told or bool(self._is_level(one) and chosen and not (self.is_own or found))

    def _is_counted(self, after: str) -> bool:
        """Return whether a dozen, or forty, are objects that the study counts as its result."""
        return self.is_own and bool(re.match(r"\s(?:of\b|more\b|[a-z-]+\b)", after))

    def _is_free(self, one: Number, before: str, after: str, *, measured: bool) -> bool:
        return (
            _is_name(one, before, after)
            or _is_year(one, before, after)
            or (self._is_level(one, before, after) and not measured)
            or self._is_asked(one)
            or self._is_anchor(one, after)
            or (not _is_share(before, after) and self._is_small_count(one, before, after))
        )

    def _is_asked(self, one: Number) -> bool:
        """Return whether a whole number is what something needs, in a clause without result."""
        whole = one.decimals == 0 and not one.percent and not one.unit
        return whole and not self.is_claim and bool(re.search(_NEEDS, self.hidden))

    def _is_level(self, one: Number, before: str = "", after: str = "") -> bool:
        """Return whether a number stands in study.toml, and is no result that happens to."""
        about = re.search(r"(?:about|roughly|nearly|almost|around|~|≈)\s?$", before)
        if not self._stands_in(one, after) or (about and one.kind == "digits"):
            return False
        part = part_of(self.hidden, len(before))
        metric = re.search(rf"\b(?:{METRICS})\b", part, re.IGNORECASE)
        told = GOVERNED.search(before[-90:]) or metric or OWN.search(part)
        claimed = told if one.kind == "digits" and before else self.is_claim
        return not claimed or self.is_rule or self._is_set()

    def _stands_in(self, one: Number, after: str = "") -> bool:
        """Return whether a number is one of study.toml, in its unit or a thousand of it."""
        scales = (1.0, 1e3, 1e-3) if re.match(r"\s?[kMGTm]\w", after) else (1.0,)
        return any(
            abs(abs(one.value) * scale - level) < 1e-9 * max(1, level)
            for level in self.known.levels
            for scale in scales
        )

    def _is_set(self) -> bool:
        """Return whether a sentence says that something was chosen, and of no metric."""
        chosen = CHOSEN.search(self.hidden)
        return bool(chosen) and not re.search(rf"\b(?:{METRICS})\b", self.hidden, re.IGNORECASE)

    def _is_anchor(self, one: Number, after: str) -> bool:
        """Return whether a number is the end of a scale, or chance, in a clause without result."""
        normal = re.search(r"\b(?:normal|[Gg]aussian|standard errors?|confidence)\b", self.text)
        if normal and round(one.value, 4) in _OF_NORMAL:
            return True
        if "sigma" in self.text and round(one.value, 4) in (0.68, 0.683, 0.95):
            return True
        if abs(one.value) == 0.5 and re.search(r"\b(?:chance|coin|guess)", self.hidden):
            return True
        ends = abs(one.value) in (0.0, 1.0) and one.decimals == 0 and not _UNIT.match(after)
        return ends and (not self.is_result or self.is_rule)

    def _is_small_count(self, one: Number, before: str, after: str) -> bool:
        """Return whether this is a small whole number of things: 3 views, 5-fold, 2 or 3 ways."""
        whole = one.decimals == 0 and not one.percent and not one.signed
        if not whole or re.search(_FACTOR, before):
            return False
        if one.unit == "times" and not self.is_result and not re.match(r"\s(?:as|that)\b", after):
            return True  # a power, a density, a repetition
        if not 0 <= one.value <= 12:
            return False
        if re.match(r"\s(?:percentage\s)?points?\b", after):
            return not STRONG.search(self.hidden)
        if one.unit == "times":
            return bool(re.match(r"\s?(?:cross|validation|split|grid)", after)) or not (
                self.is_result or re.search(r"\s?[×x]$", before)
            )
        if _UNIT.match(after) or re.search(r"[±=≈<>~]\s?$|\b(?:of|is|was|at|by)\s$", before):
            return (
                bool(_NOUN.match(after))
                and not _UNIT.match(after)
                and not re.search(r"[±=≈<>~]\s?$", before)
            )
        return bool(re.match(r"\s[a-z]|-[a-z]|\s(?:to|or|and|×|x|by)\s\d|\s?[×x]\s?\d", after))


def _is_share(before: str, after: str) -> bool:
    """Return whether this is one of two digits in such as "5 of 40"."""
    return bool(
        re.match(r"\s(?:out )?of (?:the |all )?\d", after)
        or re.search(r"\d\s(?:out )?of (?:the |all )?$", before)
    )


def _is_name(one: Number, before: str, after: str) -> bool:
    """Return whether digits belong to a name: H0, M500, chi2, NGC 1275, 3D, the 2nd."""
    if one.half > 1 and re.search(rf"{HIDE}\s?[×x·]\s?$|\bunits? of\s$", before):
        return True  # the power of ten behind a link, or after such as "in units of", is a unit
    if re.search(r"[A-Za-zα-ωΑ-Ω_²³]$|[A-Za-z]-$|\w\^\{?$|[A-Za-zΑ-Ωα-ω]\*$", before):
        return True
    if re.match(r"(?:D|d|st|nd|rd|th)\b", after):
        return True
    if one.decimals or one.unit or one.signed or re.match(r"\s?%|,\d", after):
        return False
    name = re.search(r"\b([A-Z][A-Z]+[a-z]?)[\s-]$", before)
    if name:
        return not re.fullmatch(METRICS, name[1], re.IGNORECASE)
    return bool(re.search(r"[a-z,(]\s[A-Z][a-z]+\s$", before)) and not _NOUN.match(after)


def _is_year(one: Number, before: str, after: str) -> bool:
    whole = one.decimals == 0 and not one.unit and one.end - one.start == 4 and not one.signed
    if not whole or not 1500 <= one.value <= 2100 or re.match(r"\s?%|,\d", after):
        return False
    if _YEAR_BEFORE.search(before) and not re.match(r"\s(?:rows|objects|of\b)", after):
        return True
    if re.search(r"\b[Tt]he\s$", before) and _DATED.match(after):
        return True
    return bool(_YEAR_WORD.search(before)) and not _NOUN.match(after)


def cites(text: str, keys: Iterable[str]) -> bool:
    """Return whether a clause cites an entry of the references: by key, or by name and year."""
    for key in keys:
        if re.search(rf"[`@]{re.escape(key)}(?![\w:-])", text):
            return True
        parts = re.fullmatch(r"([A-Za-z]+?)(?:etal)?[:_-]?(\d{4})[a-z]?", key)
        if parts and parts[2] in text and parts[1].lower() in re.sub(r"[^a-z]", "", text.lower()):
            return True
    return False
