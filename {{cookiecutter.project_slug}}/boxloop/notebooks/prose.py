r"""Numbers in prose: which are traced to a result, which are bare, and which are free.

A number of the study is written as a link to the result that it states::

    The model reaches [0.099](#validation.rmse.model), [a third](#gain.validation.rmse) less than
    the reference, and is [no better](#simulator_b.rmse.difference) in the other simulator.

`boxloop.record.traced` knows the addresses, `boxloop.notebooks.stated` says whether the words
hold. A number of somebody else is cited, ``[5 %](@kravtsov2006)``, or stands in one clause with a
citation of ``study/references.bib``. One that is assumed and not found is said to be so:
``[two per cent](#given)``. The rest needs no link: years, sections, figures, chapters, names such
as H0 or M500, levels of intervals, what stands in ``study.toml``, small counts, code, formulae.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boxloop.notebooks.file import source
from boxloop.notebooks.numerals import WORDS, Number, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDE = "¤"  # stands for what is no prose
LINK = re.compile(
    r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\(\s*<?(?P<target>(?:[^()\s<>]|\([^()\s]*\))*)>?(?P<title>\s+\"[^\"]*\")?\s*\)"
)
ADDRESS = re.compile(r"#(?P<address>given|[A-Za-z0-9_][\w%+-]*(?:\.[\w%+-]+)+)")
_CITING = re.compile(r"@[\w:.+-]+|https?://(?:dx\.)?(?:doi\.org|arxiv\.org|ui\.adsabs\.harvard)\S+")

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_ITEM = r"[1-9]\d?(?:\.[1-9]\d?)*(?![\d.]*\d)"
_LIST = rf"\d+(?:\.\d+)*(?:\s?[–-]\s?{_ITEM}|(?:,\s?|,?\s(?:and|to|or)\s){_ITEM})*"
_LEVEL = r"(?:50|68(?:\.\d+)?|80|90|95(?:\.\d+)?|97\.5|99(?:\.\d+)?)"
_CENT = r"(?:\s?%|[ -]per[ -]?cent)"
_NAMED = (
    r"(?:Python|scikit-learn|sklearn|[Nn]um[Pp]y|pandas|PyTorch|[Vv]ersions?|[Rr]eleases?|CUDA|v)"
)
_NUMBERED = (
    r"(?:[Ss]ections?|[Ss]ects?\.|[Ss]ecs?\.|[Ff]igures?|[Ff]igs?\.|[Tt]ables?|[Ee]qs?\.|"
    r"[Ee]quations?|[Cc]hapters?|[Cc]h\.|[Nn]otebooks?|[Ss]teps?|[Qq]uestions?|[Ii]tems?|"
    r"[Tt]ypes?|[Pp]ass(?:es)?|[Ss]eeds?|[Ff]olds?|[Rr]ungs?|[Pp]ages?|pp?\.|[Ll]ines?|"
    r"[Vv]ol\.|[Vv]olume|[Pp]anels?|[Pp]hase|[Ss]tage|[Cc]lass|[Rr]un|[Rr]ow|[Cc]ell|"
    r"[Aa]ppendix|[Pp]art|[Nn]o\.|[Nn]r\.|[Cc]riteri(?:on|a)|[Pp]oint|[Mm]odel|[Rr]ef\.)"
)
_NOT_COUNTED = r"(?![\w%]|\.\d|\s?%|\sper\s?cent|\spercent|,\d|\stimes)"
_OF_LEVEL = (
    r"(?:confiden|credib|interval|predict|level|limit|CL\b|band|range|quantile|percentile|"
    r"bootstrap|region|error bar|posterior)"
)
# What somebody chooses, or what a document has; a number of them is no result.
_SET_BY_HAND = (
    r"(?:hidden )?(?:units|layers?|leaves|neurons|epochs|folds|draws|bins|seeds|cores|threads|GB|"
    r"MB|pages|entries|chapters|notebooks|questions|references|authors|years|months|decades)"
)
_LEVELLED = r"(?i:intervals?|levels?|confidence|limits?|error bars?|bands?|percentiles?|quantiles?)"
# What is no prose, and numbers that are no result whatever stands beside them.
MASKS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"<!--.*?-->", re.DOTALL),
        (r"^(?P<fence>```+|~~~+).*?^(?P=fence)\s*$", re.DOTALL | re.MULTILINE),
        (r"(?:(?<=\n\n)|\A)(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+", 0),
        (r"^\*(?:Why|For example):\*.*$", re.MULTILINE),
        (r"^\*\*(?:Time|Needs|Makes)\*\*.*$", re.MULTILINE),
        (r"^\*\*[^*\n]+\?\*\*\s*$", re.MULTILINE),
        (r"(?P<tick>`+).+?(?P=tick)", re.DOTALL),
        (r"\$\$.+?\$\$|\\begin\{(?P<env>[\w*]+)\}.*?\\end\{(?P=env)\}", re.DOTALL),
        (r"(?<![\\\w$])\$(?=\S)(?![-+−\d.,\\%\s]+\$)(?:\\.|[^$\n])+?(?<=\S)\$(?!\d)", 0),
        (r"(?<=\])\(\s*<?[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*>?(?:\s+\"[^\"]*\")?\s*\)", 0),
        (r"^\[[^\]\n]+\]:\s.*$|\[\^[^\]]+\]", re.MULTILINE),
        (r"https?://\S+|\bdoi:\S+|\barXiv:\S+|\b10\.\d{4,}/\S+|</?[A-Za-z][^<>]*>", 0),
        (r"^[ \t>]*(?:#+\s*)?\d{1,2}[.)](?=\s)|^#+\s+\d{1,2}(?=\s)", re.MULTILINE),
        (rf"\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:\s\d{{4}})?", 0),
        (rf"\b{_MONTH}(?:\s\d{{1,2}},)?\s\d{{4}}|\b{_MONTH}\s\d{{1,2}}\b(?!\s[a-z]+s\b)", 0),
        (r"(?<![\d.])\d+\.\d+\.\d+(?:\.\d+)*", 0),
        (r"§+\s?[\dA-Z]+(?:\.\d+)*(?:[–-]\d+(?:\.\d+)*|(?:,\s?|\sand\s)\d+\.\d+)*", 0),
        (rf"\b{_NUMBERED}[\s~]\(?(?:{_LIST}){_NOT_COUNTED}\)?", 0),
        (rf"\b{_NAMED}\s?(?:[<>=]=?\s?)?\d+(?:\.\d+)*\b", 0),
        (r"(?<![\d.,])\b0[0-9](?:[–-]0[0-9])?\b(?![.,]\d)(?!\s?%)", 0),
        (rf"\b{_LEVEL}{_CENT}[ -](?:[\w-]+[ -]){{0,2}}?{_OF_LEVEL}", 0),
        (rf"\b{_LEVELLED}\s(?:(?:of|at|at the|with|are|is|to)\s|\()\(?{_LEVEL}{_CENT}", 0),
        (r"\b(?:1[5-9]|20)\d0s\b", 0),
        (rf"\b\d{{1,4}}(?:[ -]{_SET_BY_HAND})\b", 0),
        (r"\b[2-5]\s?(?:σ|sigma)[ -](?:threshold|discovery|level|limit|convention|clip)\w*", 0),
    )
)  # fmt: skip
_METRICS = (
    r"rmse|mae|mse|nmad|auc|roc|sic|ece|brier|r²|r2|f1|accuracy|precision|recall|purity|"
    r"completeness|efficienc(?:y|ies)|coverage|scores?|bias(?:es)?|scatter|gain|skill|significance|"
    r"outliers?|correlation|importance|prevalence|sensitivity|specificity|overlap|shift"
)
_COMPARED = (
    r"better|worse|improve\w*|outperform\w*|beats?|lower|higher|larger|smaller|less(?! than)|fewer|"
    r"faster|slower|heavier|lighter|longer|shorter|wider|narrower|stronger|weaker|reduc\w*|"
    r"increas\w*|decreas\w*|drops?|falls?|fell|rises?|rose|exceed\w*|gains?|los(?:es?|t)|"
    r"as (?:much|many|large|small|good|bad|well|fast|slow|wide|long|often|strong|heavy|high|low)|"
    r"errors?(?! bar| column| model)|loss(?! curve)|reach\w*|achiev\w*|attain\w*|degrad\w*|"
    r"(?:twice|half|times|thirds?|quarters?) as \w+|wins?|won|explains?|accounts? for|"
    r"carr(?:y|ies)|"
    r"disappear\w*|vanish\w*|gone|remain\w*|survive\w*|halv\w*|doubl\w*|tripl\w*|cheaper|costs?"
)
_CLAIM = re.compile(
    rf"(?<!standard )\b(?:{_METRICS}|better|worse|improve\w*|outperform\w*|beats?|reach\w*|"
    r"achiev\w*|attain\w*|reduc\w*|lower|higher|smaller|larger|less(?! than)|errors?(?! bar| "
    r"column| model)|loss(?! curve)|explains?|accounts? for|carr(?:y|ies)|wins?)\b",
    re.IGNORECASE,
)
RESULT = re.compile(rf"(?<!standard )\b(?:{_METRICS}|{_COMPARED})\b", re.IGNORECASE)
_RULE = re.compile(
    r"\b(?:criteri\w+|threshold|bound|asks?|asked|requires?|required|demand\w*|must|should|"
    r"study\.toml|setting|by construction|by definition|chance|coin|guess(?:ing)?|perfect)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:the|our|this|chosen|fitted|final|trained) (?:\w+ )?(?:model|forest|network|classifier|"
    r"regression|search|ensemble)\b|\bours?\b|\bthis study\b|\bwe (?:find|found|reach\w*|measured?|"
    r"obtain\w*|get|got|achieve\w*)\b",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:al|e\.g|i\.e|vs|cf|[Ff]igs?|[Ee]qs?|[Ss]ects?|approx|ca|[A-Z]))\.$"
)
_YEAR_BEFORE = re.compile(
    r"(?:\(|\bal\.,?\s|\b[A-Z][\w’'-]+,?\s(?:(?:and|&)\s)?|\d[a-z]?,\s|[–/-])\(?$"
)
_NEEDS = r"\b(?:needs?|requires?|must|should)\b"
_FACTOR = r"\bfactors?\s(?:of\s)?(?:about\s|roughly\s|nearly\s|almost\s|some\s)?$"
_YEAR_WORD = re.compile(
    r"\b(?:in|since|until|till|before|after|from|of|by|to|around|year|and|or|during|between)\s$"
)
_NOUN = re.compile(r"\s(?:[a-z-]+\s)?[a-z]{3,}s\b")
_UNIT = re.compile(
    r"\s?(?:%|per\b|dex|mag\w*|[kMGT]?eV|[kMG]?pc|[mµμn]?s\b|ms\b|seconds?|minutes?|hours?|days?|"
    r"years?|σ|sigma|standard dev|K\b|km|cm|mm|m/s|erg|Hz|degrees?|°|times\b|×|x\b|fold|orders?)"
)


@dataclass(frozen=True)
class Passage:
    """Prose of one notebook: a Markdown cell, or the words of a figure or table in a code cell."""

    notebook: str
    cell: str
    part: str
    text: str
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What a study gives as it is: keys of its references, and the numbers of ``study.toml``."""

    keys: frozenset[str] = frozenset()
    levels: frozenset[float] = frozenset()


@dataclass(frozen=True)
class Said:
    """A number, or words with an address, in a passage.

    Attributes
    ----------
    kind : str
        ``traced`` (`address` says to what), ``cited``, ``given`` or ``bare``.
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


def passages(name: str, notebook: dict) -> list[Passage]:
    """Return the prose of a notebook in its order: all Markdown, alternative texts, captions."""
    found = []
    for cell in notebook["cells"]:
        tags = frozenset(cell.get("metadata", {}).get("tags", []))
        where = (name, str(cell.get("id", "")))
        if cell.get("cell_type") == "markdown":
            found.append(Passage(*where, "prose", source(cell), tags))
        elif cell.get("cell_type") == "code":
            found += [Passage(*where, part, text, tags) for part, text in _labels(source(cell))]
    return found


def _labels(code: str) -> list[tuple[str, str]]:
    """Return the literal parts of the alternative texts and captions that a code cell gives."""
    if "alt" not in code and "caption" not in code:
        return []
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return []
    names = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = [(word.arg, word.value) for word in node.keywords]
            if node.func.attr == "set_caption" and node.args:
                given.append(("caption", node.args[0]))
            found += [
                (str(word), _literal(value, names, depth=3))
                for word, value in given
                if word in ("alt", "caption")
            ]
    return found


def _literal(node: ast.expr, names: dict[str, ast.expr], *, depth: int) -> str:
    """Return the text of an expression, with a sign where something is computed."""
    if isinstance(node, ast.Constant):
        return re.sub(r"\{[^{}]*\}", HIDE, str(node.value))  # perhaps filled in by `format`
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part, names, depth=depth) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return "".join(_literal(part, names, depth=depth) for part in (node.left, node.right))
    name = node.value if isinstance(node, ast.FormattedValue) else node
    if isinstance(name, ast.Name) and name.id in names and depth:
        value = names[name.id]
        if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp):
            inner = _literal(value, names, depth=depth - 1)
            return inner if isinstance(getattr(value, "value", ""), str) else HIDE
    return HIDE


def without_addresses(text: str) -> str:
    """Return Markdown in which traced, cited and given numbers are no links: for other pages."""

    def plain(match: re.Match[str]) -> str:
        target = match["target"]
        own = ADDRESS.fullmatch(target) or target.startswith("@")
        return match["text"] if own else match[0]

    return LINK.sub(plain, text)


def masked(text: str) -> str:
    """Return a text of the same length in which what is no prose is hidden."""
    for mask in MASKS:
        text = mask.sub(lambda match: re.sub(r"[^\n]", HIDE, match[0]), text)
    return text


def read(passage: Passage, known: Known, anchors: Iterable[str] = ()) -> list[Said]:
    """Return the numbers of a passage that are traced, cited, given or bare.

    Parameters
    ----------
    passage : Passage
    known : Known
    anchors : iterable of str
        Of headings and cells: a link to one of them is no address of a result.
    """
    text, anchors = passage.text, set(anchors)
    hidden, found = masked(text), []
    for match in LINK.finditer(text):
        inside = hidden[match.start("text") : match.end("text")]
        if hidden[match.start()] == HIDE or (inside and not inside.strip(HIDE)):
            continue  # in code, or itself code
        said = _linked(match, text, known, anchors)
        if said is not None:
            found.append(said)
            span = range(match.start(), match.end())
            hidden = hidden[: span.start] + HIDE * len(span) + hidden[span.stop :]
    shown = numbers(hidden)
    for start, end in _clauses(hidden):
        clause = Clause(text[start:end], hidden[start:end], known, alt=passage.part != "prose")
        for one in clause.bare([n for n in shown if start <= n.start < end], start):
            words = text[one.start : one.end]
            found.append(Said("bare", words, one.start, one.end, clause=clause.text.strip()))
    return sorted(found, key=lambda said: said.start)


def _linked(match: re.Match, text: str, known: Known, anchors: set[str]) -> Said | None:
    target = match["target"]
    start, end = match.span("text")
    if _CITING.fullmatch(target):
        if target.startswith("@") and target[1:] not in known.keys:
            return None  # cited nowhere: its number is bare
        return Said("cited", match["text"], start, end, target)
    address = ADDRESS.fullmatch(target)
    if address is None or target[1:] in anchors:
        return None
    if address["address"] == "given":
        return Said("given", match["text"], start, end, "given")
    line = text.rfind("\n", 0, match.start()) + 1
    stop = text.find("\n", match.end())
    stop = stop if stop >= 0 else len(text)
    return Said(
        "traced",
        match["text"],
        start,
        end,
        address["address"],
        before=text[line : match.start()],
        after=text[match.end() : stop],
        clause=text[line:stop],
    )


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each clause begins and ends: a sentence, a list item, a part up to ``;``."""
    start = 0
    for match in re.finditer(
        r"[.!?]\)?\*{0,2}\s+(?=[^a-z\s])|;\s+|\n\s*\n|\n(?=\s*[-*|#>]|\s*\d+[.)]\s)", text
    ):
        if _ABBREVIATED.search(text[start : match.start() + 1]):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


class Clause:
    """One clause, and which of its numbers are bare.

    Parameters
    ----------
    text, hidden : str
        As written, and with what is no prose hidden.
    known : Known
    alt : bool
        Of a figure or a table, where words such as half tell of the picture.
    """

    def __init__(self, text: str, hidden: str, known: Known, *, alt: bool) -> None:
        self.text, self.hidden, self.known, self.alt = text, hidden, known, alt
        self.is_result = bool(RESULT.search(hidden))
        self.is_claim = bool(_CLAIM.search(hidden) or _OWN.search(hidden))
        self.is_rule = bool(_RULE.search(hidden))
        self.is_cited = not _OWN.search(hidden) and cites(text, known.keys)

    def bare(self, found: list[Number], offset: int) -> list[Number]:
        """Return the numbers that are neither traced nor free; `found` counts from the text."""
        if self.is_cited:
            return []
        kept = []
        for one in found:
            before = self.hidden[: one.start - offset]
            after = self.hidden[one.end - offset :]
            if one.kind == "digits":
                free = self._is_free(one, before, after)
            else:
                free = self.alt or self._is_free_word(one, before, after)
            if not free:
                kept.append(one)
        return kept

    def _is_free_word(self, one: Number, before: str, after: str) -> bool:
        if one.kind == "magnitude":
            return not self.is_result
        if one.kind == "word":
            ordinal = re.search(
                r"\b(?:other|first|second|each|either|upper|lower|open|sealed)\s$", before
            )
            return bool(ordinal) or not self.is_result or self._is_level(one)
        if re.search(_FACTOR, before):
            return not self.is_result
        if one.percent or re.match(r"\sto\s\w+(?:-\w+)?\sper\s?cent|\sor\s\w+\sper\s?cent", after):
            return self._is_level(one)
        if re.match(r"\s(?:sigma|standard deviations?|orders? of)\b", after) or one.unit == "times":
            return not self.is_result or self.is_rule
        if re.match(
            r"\s(?:out )?of (?:the )?\w+ (?:criteria|checks|tests|attempts|questions)\b", after
        ):
            return one.value == 1
        return True

    def _is_free(self, one: Number, before: str, after: str) -> bool:
        return (
            _is_name(one, before, after)
            or _is_year(one, before, after)
            or self._is_level(one)
            or self._is_asked(one)
            or self._is_anchor(one, after)
            or (not _is_share(before, after) and self._is_small_count(one, before, after))
        )

    def _is_asked(self, one: Number) -> bool:
        """Return whether a whole number is what something needs, in a clause without result."""
        whole = one.decimals == 0 and not one.percent and not one.unit
        return whole and not self.is_claim and bool(re.search(_NEEDS, self.hidden))

    def _is_level(self, one: Number) -> bool:
        """Return whether a number stands in study.toml, and is no result that happens to."""
        near = any(
            abs(abs(one.value) - level) < 1e-9 * max(1, level) for level in self.known.levels
        )
        return near and (not self.is_claim or self.is_rule)

    def _is_anchor(self, one: Number, after: str) -> bool:
        """Return whether a number is the end of a scale, or chance, in a clause without result."""
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
        if one.unit == "times" and not self.is_result:
            return True  # a power, a density, a repetition
        if not 0 <= one.value <= 12:
            return False
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
    if re.search(r"[A-Za-zα-ωΑ-Ω_²³]$|[A-Za-z]-$|\w\^\{?$", before):
        return True
    if re.match(r"(?:D|d|st|nd|rd|th)\b", after):
        return True
    if one.decimals or one.unit or one.signed or re.match(r"\s?%|,\d", after):
        return False
    name = re.search(r"\b([A-Z][A-Z]+[a-z]?)[\s-]$", before)
    if name:
        return not re.fullmatch(_METRICS, name[1], re.IGNORECASE)
    return bool(re.search(r"[a-z,(]\s[A-Z][a-z]+\s$", before)) and not _NOUN.match(after)


def _is_year(one: Number, before: str, after: str) -> bool:
    whole = one.decimals == 0 and not one.unit and one.end - one.start == 4 and not one.signed
    if not whole or not 1500 <= one.value <= 2100 or re.match(r"\s?%|,\d", after):
        return False
    if _YEAR_BEFORE.search(before) and not re.match(r"\s(?:rows|objects|of\b)", after):
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


def bibliography(text: str) -> frozenset[str]:
    """Return the keys of the entries in a BibTeX file."""
    return frozenset(
        re.findall(
            r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,",
            text,
            re.MULTILINE | re.IGNORECASE,
        )
    )


def levels(table: object) -> frozenset[float]:
    """Return the numbers in the tables of ``study.toml``, as shares and as they stand."""
    if isinstance(table, bool):
        return frozenset()
    if isinstance(table, int | float):
        return frozenset({abs(float(table))})
    items = table.values() if isinstance(table, dict) else table if isinstance(table, list) else ()
    return frozenset().union(*(levels(item) for item in items))


__all__ = ["WORDS", "Known", "Passage", "Said", "bibliography", "levels", "passages", "read"]
