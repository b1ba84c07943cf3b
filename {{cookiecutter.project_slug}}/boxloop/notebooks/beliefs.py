"""Sentences that claim a belief of before the result, and what they say became of it.

"We expected the gain to vanish, and it did" claims that somebody wrote it down before; where a
study registers predictions (`boxloop.record.predictions`), the sentence links to one::

    The loss among mergers is larger, [as predicted](#prediction.mergers).

What theory, chance or another work expects is nobody's belief: "as expected of a Poisson process",
"fewer than expected from the fit". A plan is none either: "we expect the next pass to".
"""

from __future__ import annotations

import re

RIGHT, WRONG, OPEN = "right", "wrong", "cannot tell"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_THOUGHT = (
    r"(?:expected|believed|hoped|feared|anticipated|foresaw|foreseen|foretold|suspected|guessed|"
    r"figured|conjectured|hypothesi[sz]ed|reckoned|imagined|envisaged|envisioned|surmised|sworn|"
    r"wagered|bet|banked on|counted on|bargained for)"
)
_TOLD = rf"(?:{_THOUGHT}|predicted|thought)"
_BELIEF = (
    r"(?:expectations?|beliefs?|hypothes[ie]s|guess(?:es)?|conjectures?|hunch(?:es)?|forecasts?|"
    r"suspicions?|hopes?|fears?|intuitions?|bets?|presumption|convictions?|premise|prejudices?|"
    r"trust|confidence)"
)
_ONE = r"(?:prediction|hypothesis|expectation|conjecture|belief|guess)"
# Whose expectation it is, right behind the word: of theory, of chance, of a fit.
_THEIRS = r"(?!\s+(?:of|from|for|by|in|under|on|at|if|when|with|to|ones?|values?|numbers?)\b)"
_NOBODY = r"(?:nobody|no one|none of us|not one of us)"
_US = rf"(?:we|I|all of us|most of us|few of us|{_NOBODY}(?: in the \w+| on our side)?)"
_OUR = r"(?:our|my|the team[’']s|the authors[’'])"
_SURE = r"(?:convinced|sure|certain|confident|persuaded|optimistic|worried|afraid|sceptical)"
_PLAYER = r"(?:models?|forest|network|trees?|methods?|gain|loss|errors?|classifier|reference|cuts?)"
_GROUP = r"\b(?:authors|team|group|collaboration)\b"
_FIRST = r"\b(?:outset|beforehand|initially|at first|originally|in advance)\b"
_SAID = r"(?:\s+(?!(?:to|not to|the|a|an|each|it|them)\b)[\w’']+){0,3}?\s+"
_HOW = r"(?:(?:we|I|it|had|has|been|was|were|first|\w+ly)\s+)*"
_PROVED = (
    r"(?:confirm\w*|refut\w*|b(?:ears?|ore|orne) out|disprov\w*|overturn\w*|vindicat\w*|"
    r"contradict\w*|falsif\w*)"
)
_CLAIMS = _any(
    # Somebody of the study had thought something.
    rf"\b{_US}{_SAID}{_THOUGHT}\b",
    rf"\b(?:we|I|{_NOBODY})(?: had| also| never| once| first| always| all)* thought\b"
    r"(?! (?:of|about)\b)",
    r"\b(?:we|I) (?:did not|didn[’']t) (?:\w+ )?(?:expect|think|foresee|anticipate|believe)\b",
    r"\b(?:we|I) would(?: never| not)? have (?:thought|said|guessed|sworn|expected|bet)\b",
    r"\b(?:we|I)\b[^.;]{0,30}\b(?:assumed|supposed|presumed)\b[^.;]*\bwould\b",
    r"\b(?:we|I) had (?:\w+ )?(?:assumed|supposed|presumed|taken for granted|in mind)\b",
    rf"\b(?:we|I|every(?:one|body)|all)\b(?: \w+){{0,4}} (?:was|were|had been) (?:\w+ )?{_SURE}\b",
    rf"\b{_NOBODY} saw\b[^.;]*\bcoming\b",
    r"\b(?:we|I) (?:had )?predicted\b(?=\s*(?:[.,;:)]|$))",
    rf"\bwhat (?:we had|had been|was|were|one had) {_TOLD}{_THEIRS}\b",
    r"\bwhat we (?:had )?(?:assumed|supposed|presumed)\b",
    r"\bof what (?:the )?(?:\w+ (?:in|of) )?(?:rationale|scoping|0[14])\b",
    r"\b(?:expected|predicted|anticipated|hoped-for) (?:\w+ ){1,3}(?:did not|failed to|never) "
    r"(?:\w+ )?(?:materiali[sz]e|appear|come|show|arrive)\w*",
    rf"\b{_PLAYER}\b[^.;]{{0,30}}\b(?:was|were|had been) (?:{_TOLD}|assumed) to\b",
    r"\b(?:was|were) supposed to\b|\bmeant to be the\b",
    r"\b(?:we|I) (?:had |have |once |also )*predicted (?:that|an?|no|the (?:opposite|reverse))\b",
    r"\b(?:we|I) (?:were|was) (?:\w+ )?(?:right|wrong|mistaken) (?:about|that|to|in|on)\b",
    rf"{_GROUP}[^.;]{{0,20}}\b{_TOLD}\b[^.;]*(?:{_FIRST}|\bbefore\b)",
    rf"{_FIRST}[^.;]{{0,12}}{_GROUP}[^.;]*\b{_TOLD}\b",
    rf"\bit was (?:\w+ )?{_TOLD} (?:\w+ )?(?:that|beforehand|at the outset)\b",
    # A belief, by its name.
    rf"\b{_OUR} (?:(?!model|the\b)[\w-]+ )?{_BELIEF}\b(?! (?:test|space|function)\b)"
    r"(?! (?:is|remains) (?:that|to)\b)(?! intervals?\b)",
    r"\b(?:our|my) (?:initial|original|prior|first|starting|naive|early|working) "
    r"(?:assumptions?|view|idea|picture|predictions?|reasoning)\b",
    r"\bour money was on\b|\b(?:we|I) (?:had )?put (?:our|my) money on\b",
    rf"\b{_PROVED} (?:our|my|the|this|that) (?:\w+ )?{_ONE}\b",
    r"\b(?:the|this|that|our|my) (?:\w+ )?prediction (?:\w+ ){0,4}?"
    r"(?:came true|held|holds|(?:is|was) (?:borne|right|wrong)|failed)\b(?! (?:of|for)\b)",
    rf"\b{_ONE}s? (?:that (?:was|were) )?(?:(?:made|registered|written|stated|formulated) )?"
    r"(?:in|of) (?:the )?(?:0[14]|notebook|first chapter|chapter|scoping)\b",
    r"\bbefore (?:\w+ ){0,4}(?:tests?|run|runs|fit|results?|pass|experiment)\b[^.;]*"
    r"\b(?:consensus|view|feeling|opinion|assumption|impression|idea) (?:was|had been)\b",
    # What is found, beside it.
    rf"\bas {_HOW}{_TOLD}{_THEIRS}\b",
    rf"\bthan {_HOW}{_TOLD}{_THEIRS}\b",
    r"\b(?:against|contrary to|beyond|despite|defying|confounds?) (?:all |any |every |the )?"
    rf"(?:expectations?|predictions?)\b{_THEIRS}|\b(?:against|beyond|despite) all hopes?\b",
    r"\bcame as a \w*\s?surprise\b|\b(?:we|I) (?:was|were) (?:\w+ )?surprised\b",
    r"\bwent in(?:to)?\b[^.;]*\bwith the (?:conviction|belief|expectation|idea|hope)\b",
    r"\btook us by surprise\b|\b(?:in|with) hindsight\b",
    r"\bunexpectedly\b|\bto (?:our|my) (?:\w+ )?(?:surprise|astonishment|relief|disappointment)\b",
    r"\b(?:was|were|is|are|had been|has been) not (?:foreseen|anticipated)\b",
    rf"\b(?:was|were|had been) not (?:expected|predicted)\b{_THEIRS}",
)
# "Flat if the errors are distributed as expected": nothing is told.
_IF = _any(rf"\b(?:if|where|when|whether|unless)\b[^.;,]*\b(?:as|than) {_HOW}{_TOLD}\b")
# "It was believed to be a kilonova by Smith et al.": somebody else is named.
_CITED = _any(
    r"\bby\b[^.;]*\bet al\b", r"\bet al\.?,? (?:\(\d{4}\) )?(?:\w+ )?(?:expect|believ|predict)"
)
_WRONG = _any(
    r"\b(?:refut|disprov|contradict|overturn|falsif|disappoint)\w*|\bwrong\b|\bmistaken\b",
    r"\bcontrary to\b|\bagainst (?:all |our |any )?(?:expectation|prediction|hope)",
    r"\bthe (?:opposite|contrary|reverse)\b|\bunexpectedly\b",
    r"\bnot (?:borne out|come true|came true)\b",
    r"\b(?:did|does|do|has|have) not (?:hold|held|come true|bear|borne)\b",
    rf"\b{_ONE}\w* (?:\w+ )?(?:fail(?:s|ed)?|(?:is|was) not(?: (?:borne out|met|confirmed))?)\b",
    rf"\b(?:we|I) did(?: not|n[’']t) expect\b|\b{_NOBODY}\b[^.;]*\b{_THOUGHT}\b",
    r"\band (?:it|they|that) (?:did|does|do|was|is|were|are|has|have) not\b",
)
_OPEN = _any(
    r"\bcannot (?:tell|be told|say|decide)\b|\bundecided\b|\binconclusive\b",
    r"\bnot (?:yet )?decided\b|\bneither (?:right|confirmed|borne)\b",
    r"\b(?:is|stays|remains|was) (?:left )?open\b",
)
_RIGHT = _any(
    rf"\bas {_HOW}{_TOLD}{_THEIRS}\b",
    r"\bconfirm\w*|\bb(?:ears?|ore|orne) out\b|\bcame true\b|\bvindicat\w*|\bin line with\b",
    rf"\b{_ONE}\w* (?:of [^.;,]{{0,40}} )?(?:\w+ )?(?:holds?|held|agrees|is met|was met)\b",
    r"\b(?:is|was|are|were|proved?|proves|turned out) (?:\w+ )?(?:right|correct)\b",
    r"\band (?:it|they|that) (?:did|does|do|was|is|were|are|has|have)\b(?! not)",
)
_WORDS = re.compile(r"\b(?:right|correct|true)\b", re.IGNORECASE)
_NOISE = re.compile(r"`[^`]*`|\$[^$]*\$|\]\([^()\s]*\)|<!--.*?-->|[*\[]", re.DOTALL)
_PROMPT = re.compile(r"^\s*\*(?:Why|For example):\*")


def plain(sentence: str) -> str:
    """Return a sentence without code, formulae, addresses and emphasis, on one line."""
    return " ".join(_NOISE.sub("", sentence).split())


def claimed(sentence: str) -> str:
    """Return the words by which a sentence claims a belief of before, if it does."""
    words = plain(sentence)
    other = words.endswith("?") or _CITED.search(words) or _IF.search(words)
    if _PROMPT.match(sentence) or other:
        return ""
    found = _CLAIMS.search(words)
    return found[0] if found else ""


def became(sentence: str) -> str:
    """Return what a sentence says became of a prediction: right, wrong, cannot tell, or nothing."""
    words = plain(sentence)
    said = [
        state
        for state, pattern in ((WRONG, _WRONG), (OPEN, _OPEN), (RIGHT, _RIGHT))
        if pattern.search(words)
    ]
    if WRONG in said and RIGHT in said:  # "not borne out" is wrong, and holds the words of right
        left = _WRONG.sub(" ", words)
        said = [WRONG] if not _RIGHT.search(left) else []
    return said[0] if len(said) == 1 else ""


def called(words: str) -> str:
    """Return what the words of a link to a prediction call it; see `became`."""
    return became(words) or (RIGHT if _WORDS.search(words) else "")
