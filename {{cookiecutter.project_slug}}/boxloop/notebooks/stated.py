"""What the words of a link state, and whether that is so: digits as written, words, intervals.

A number is right if the result rounds to the digits shown. A word is right within a tenth of what
it says (a third: 0.30 to 0.37), after *about* within 15 per cent; *nearly*, *more than* and the
like bound one side. *Better* asks for an interval above zero, *no better* for one that is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from boxloop.notebooks.beliefs import called
from boxloop.notebooks.numerals import Number, numbers, written_like

ABOUT, EPS = 0.15, 1e-9
NEAR_ZERO = 0.01  # of one, or of a wider interval
_ROUGHLY = r"about|roughly|around|approximately|approx\.?|some|circa|ca\.?|~|≈|something like"
_SLIGHTLY = r"(?:just|slightly|a (?:little|bit)|somewhat)"
_FAR = r"(?:well |far |much )?"
_MODIFIERS = {
    "about": rf"{_ROUGHLY}|\\approx|\\sim(?:eq)?",
    "nearly": rf"nearly|almost|close to|not quite|{_SLIGHTLY} (?:under|below|less than)",
    "least": (
        rf"{_FAR}(?:more than|over|above)|{_SLIGHTLY} (?:over|above|more than)|at least|beyond|"
        r"(?:no|not) (?:less|fewer|lower|smaller) than|(?:greater|larger|higher|better) than|"
        r"exceeding|in excess of|upwards of|>|≥|\\g(?:e|eq|trsim)"
    ),
    "most": (
        rf"{_FAR}(?:less than|under|below)|at most|up to|within|not even|"
        r"(?:no|not) (?:more|larger|greater|higher) than|(?:fewer|smaller|lower) than|<|≤|"
        r"\\l(?:e|eq|esssim)"
    ),
}
_BEFORE = re.compile(
    r"(?:^|[\s(,;:\[])(?:(?P<way>better|worse|lower|higher|less|more|smaller|larger|fewer|greater|"
    r"wider|narrower|tighter|falls?|fell|falls short|drops?|dropped|shrinks?|shrank|rises?|rose|"
    r"grows?|grew|increase[sd]?|decrease[sd]?|reduce[sd]?|lower(?:s|ed)|improve[sd]?|"
    r"worsen(?:s|ed)?|degrade[sd]?|deteriorate[sd]?|behind|ahead|wins?|loses?|lost|"
    r"loss|gain|reduction|"
    r"improvement)"
    r"(?:\]\([^()]*\))?(?:(?<=loses)|(?<=lost)|(?<=wins)|\s+(?:by|of))\s+(?:only\s+|"
    r"just\s+)?)?(?:(?P<how>"
    + "|".join(f"(?:{words})" for words in _MODIFIERS.values())
    + r")\s*)?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^(?:\s?%|\s?per\s?cent\b|\s?percent\b)?\s*"
    r"(?P<way>better|worse|lower|higher|less|more|smaller|larger|fewer|greater|too low|too high)\b",
    re.IGNORECASE,
)
_UP = (
    r"\b(?:higher|more|larger|greater|wider|broader|up|above|rise[sn]?|rose|grow[sn]?|grew|"
    r"increase[sd]?|too high|too heavy|(?:high|heavy|long)(?!\s+[a-z]{3})|"
    r"(?:doubl|tripl|trebl|quadrupl|quintupl)\w+)\b"
)
_DOWN = (
    r"\b(?:lower|less|smaller|fewer|tighter|narrower|down|below|falls?|fell|drops?|decrease[sd]?|"
    r"reduce[sd]?|lower(?:s|ed)|dropped|shrinks?|shrank|halv\w+|too low|too light|"
    r"(?:low|light|short)(?!\s+[a-z]{3}))\b"
)
# "More precise" is no larger value of an error, nor is "less accurate" a smaller one.
_GOOD = (
    r"(?:precise|accurate|exact|reliable|certain|sensitive|efficient|powerful|selective|specific|"
    r"complete|pure|faithful)(?:ly)?"
)
_PRAISE = ((rf"\bmore {_GOOD}\b", "better"), (rf"\bless {_GOOD}\b", "worse"))
_NO = r"\b(?:no|not|hardly|barely|never|without)\b"
# What is said without a number, the longer words first: interval or share must bear it out.
_CLAIMS: dict[str, tuple[str, ...]] = {
    "no better": (rf"{_NO}.*\b(?:better|improve\w*|gain|advantage|ahead|lower)", "nothing"),
    "no worse": (rf"{_NO}.*\b(?:worse|behind|loss|higher)",),
    "same": (
        r"same|equal\w*|on par|indistinguishable|comparable|as good|flat|unchanged|zero|alike",
        r"unbiased|constant|stable|no (?:difference|change|trend|effect|bias)",
        r"no .* (?:from|than) zero|neither \w+ nor",
    ),
    "not met": (r"not met|unmet|miss(?:es|ed)?|not reached",),
    "met": (r"met|meets|reached",),
    "nearly all": (r"(?:nearly|almost|virtually) (?:all|every\w*)",),
    "hardly any": (
        r"(?:hardly|almost|nearly|scarcely) (?:any|none|no|never)",
        r"few|rare\w*",
    ),
    "none": (r"none|never|not one|no|not a single",),
    "all": (r"all|every\w*|always|perfect\w*|without exception|both",),
    "most": (r"most\w*|majority",),
    "better": (r"better|improve\w*|gains?|gained|ahead|advantage|outperforms?|beats?|wins?",),
    "worse": (r"worse|behind|loses?|degrade\w*",),
    "lower": (_DOWN, "negative"),
    "higher": (_UP, r"positive|grows?"),
    "pass": (r"pass(?:es|ed)?|holds?",),
    "fail": (r"fail(?:s|ed)?",),
    "waived": ("waived",),
}


@dataclass(frozen=True)
class Entry:
    """What stands at an address of a result.

    Attributes
    ----------
    address : str
    value, low, high : float or None
        In `unit`; shares as numbers between 0 and 1.
    state : str
        Of a check or a criterion: ``pass``, ``not met`` and so on.
    better : str
        For a difference or a gain, which is positive where the model is better: whether ``lower``
        or ``higher`` values of its metric are better.
    width : float or None
        Of the interval of which the value is an end.
    anchor : str
        Where in the report it stands, such as ``02-baseline``; empty where it has no place there.
    """

    address: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    state: str = ""
    better: str = ""
    anchor: str = ""
    width: float | None = None

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return self.low is not None and self.high is not None

    @property
    def words(self) -> str:
        """The full value with its interval, for people."""
        if self.value is None:
            return self.state or "not measured"
        ends = f" ({self.low:.6g} to {self.high:.6g})" if self.has_interval else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.value:.6g}{ends}{unit}"


@dataclass(frozen=True)
class Verdict:
    """Whether a statement holds (None: it states nothing that can be judged), and why not."""

    holds: bool | None
    why: str = ""


RIGHT, NOT_JUDGED = Verdict(holds=True), Verdict(holds=None)


def _no(why: str) -> Verdict:
    return Verdict(holds=False, why=why)


def judge(text: str, entry: Entry, *, before: str = "", after: str = "") -> Verdict:
    """Return whether the words of a link state what stands at its address.

    Parameters
    ----------
    text : str
        Between the square brackets.
    entry : Entry
    before, after : str
        What stands beside the link: "about" before it, "per cent" or "worse" behind it count.
    """
    if re.match(r"(?:pass\d+\.)?prediction\.", entry.address):
        verdict = _judge_prediction(text, entry)
        if verdict.holds is not None:
            return verdict
    unit = re.match(r"\s?(?:%|per\s?cent|percent|times\b|×|points?\b)", after)
    whole = text + (unit[0] if unit else "")
    if entry.value is not None and abs(entry.value) <= 1:  # "22 points" of a share
        whole = re.sub(r"(?<!percentage)\s(?=points?\b)", " percentage ", whole)
    found = numbers(whole)
    # "One of the three" and "the two methods" are no statement of a number beside another one.
    shown = [one for one in found if one.kind != "count" or one.unit != "count"] or found
    way = " ".join(
        m["way"] for m in (_BEFORE.search(before), _AFTER.match(after)) if m and m["way"]
    )
    counted = all(one.kind == "count" and one.unit == "count" for one in shown)
    if counted:  # none, or such as "not one" and "no different from zero"
        verdict = _judge_words(whole.lower(), entry)
        if len(shown) == 1 and _is_near_zero(shown[0], whole, before, entry):
            verdict = RIGHT
        if verdict.holds is not None or not shown:
            return verdict
    if entry.value is None:
        return _no(f"{entry.address} has no value ({entry.words})")
    if len(shown) == 1 and _is_near_zero(shown[0], whole, before, entry):
        return RIGHT
    if len(shown) == 1:
        entry = _of_reference(entry, shown[0], before)
        said = f"{_without_modifier(whole[: shown[0].start])} {whole[shown[0].start :]} {way}"
        return _judge_one(shown[0], entry, how=_how(whole[: shown[0].start], before), said=said)
    return _judge_several(shown, whole, entry)


def _judge_prediction(text: str, entry: Entry) -> Verdict:
    """Judge what a link calls a prediction; one without a number or such a word names it only."""
    said = called(text)
    if said:
        return RIGHT if said == entry.state else _no(f"{entry.address} is: {entry.state}")
    return NOT_JUDGED if numbers(text) else RIGHT


def _is_near_zero(one: Number, text: str, before: str, entry: Entry) -> bool:
    """Return whether "about zero" is said of what is small beside its interval."""
    if (
        one.value
        or entry.value is None
        or _how(text[: one.start], before) not in ("about", "nearly")
    ):
        return False
    width = entry.width
    if entry.has_interval:
        width = float(entry.high or 0.0) - float(entry.low or 0.0)
    return abs(entry.value) <= (NEAR_ZERO if width is None else NEAR_ZERO * max(1.0, width))


_MODEL = (
    r"\b(?:models?|classifiers?|trees|forests?|networks?|boost\w*|machine|ours?|we|regressions?|"
    r"ridge|ensemble|net)\b"
)
_REFERENCE = r"\b(?:cuts|box|window|hunt|reference|baseline|rule of thumb)\b"
_RANKED = (
    r"better|purer|higher|larger|greater|lower|smaller|fewer|cleaner|wider|narrower|sharper|worse|"
    r"ahead|behind|more|less|exceeds?|wins?|leads?"
)


def _of_reference(entry: Entry, one: Number, before: str) -> Entry:
    """Return a difference as seen from the reference where this alone is what a sentence is on.

    "Take the cuts; their sample is purer by three points" tells a difference of -0.03.
    """
    last = re.split(r"[.!?]\s", re.sub(r"\]\([^()\s]*\)?", "]", before))[-1]
    earlier, _, own = last.rpartition(";")
    last = last if re.match(r"\s*(?:their|its|they|it|these|those)\b", own) else own or earlier
    subject = re.split(r"\b(?:than|over|against|compared|relative|versus)\b", last)[0]
    spoken = re.search(_REFERENCE, subject) and not re.search(_MODEL, subject)
    is_difference = bool(entry.better) and not entry.address.startswith("gain.")
    better = re.search(rf"\b(?:{_RANKED})\b[^,;]*$", last)
    if not (spoken and is_difference and better) or one.signed or entry.value is None:
        return entry
    low, high = entry.low, entry.high
    ends = (None if high is None else -high, None if low is None else -low)
    return replace(entry, value=-entry.value, low=ends[0], high=ends[1])


def _how(inside: str, before: str) -> str:
    """Return how a number is meant: about, nearly, least, most, or as written (an empty text)."""
    match = _BEFORE.search(before)
    for words in (inside, (match["how"] if match else "") or ""):
        found = _modifier(words)
        if found:
            return found[0]
    return ""


def _modifier(words: str) -> tuple[str, int] | None:
    """Return how the words before a number change it, and where they begin: the longest ones."""
    plain = words.replace("$", " ").lower().rstrip() + " "
    found = [
        (match.start(1), how)
        for how, pattern in _MODIFIERS.items()
        if (
            match := re.search(rf"(?:^|(?<=[\s(]))({pattern})\s*(?:a\sfactor\sof\s|an?\s)?$", plain)
        )
    ]
    return (min(found)[1], min(found)[0]) if found else None


def _without_modifier(words: str) -> str:
    """Return the words before a number without such as "more than": they are no direction."""
    found = _modifier(words)
    return words[: found[1]] if found else words


def _wrong(entry: Entry) -> Verdict:
    return _no(f"{entry.address} is {entry.words}")


def _in_unit(one: Number, entry: Entry) -> tuple[float, float]:
    """Return a number and half of its last digit in the unit of the result."""
    scale = 100.0 if one.percent and entry.unit.strip().startswith(("%", "per cent")) else 1.0
    return one.value * scale, one.half * scale


def _judge_one(one: Number, entry: Entry, *, how: str, said: str) -> Verdict:
    stated, half = _in_unit(one, entry)
    stated, half = stated * _prefix(said, entry.unit), half * _prefix(said, entry.unit)
    said = said.lower()
    for pattern, plain in _PRAISE:
        said = re.sub(pattern, plain, said)
    value = float(entry.value or 0.0)
    if entry.better and one.unit == "times" and entry.address.startswith("gain."):
        return _judge_ratio(one, entry, how=how, said=said)
    if entry.better:
        right = _direction_of_gain(said, value, entry.better)
    else:
        right = None if not (re.search(_DOWN, said) and value < 0) else True
        if re.search(_UP, said) and value < 0:
            right = False
    if right is False:
        return _wrong(entry)
    if right or re.search(r"\b(?:size|absolute|magnitude)\b", said):
        value, stated = abs(value), abs(stated)
    return RIGHT if _is_near(value, stated, half, how, one) else _wrong(entry)


def _judge_ratio(one: Number, entry: Entry, *, how: str, said: str) -> Verdict:
    """Judge "three times smaller" and the like: a gain tells model over reference, too."""
    gain = float(entry.value or 0.0)
    ratio = 1.0 - gain if entry.better == "lower" else 1.0 + gain
    if ratio <= 0:
        return _wrong(entry)
    larger, smaller = re.search(_UP, said), re.search(_DOWN, said)
    ways = [ratio] if larger and not smaller else [1 / ratio] if smaller else [ratio, 1 / ratio]
    right = any(_is_near(way, one.value, one.half, how, one) for way in ways)
    return RIGHT if right else _wrong(entry)


def _direction_of_gain(said: str, value: float, better: str) -> bool | None:
    """Return whether a direction in words is that of a gain; None where none is named."""
    found = [
        sign
        for sign, pattern in (
            (1.0, r"\b(?:better|improve\w*|ahead|wins?|gain)\b"),
            (-1.0, r"\b(?:worse\w*|behind|degrade[sd]?|deteriorate[sd]?|loses?|lost|loss)\b"),
            (1.0 if better == "lower" else -1.0, _DOWN),
            (-1.0 if better == "lower" else 1.0, _UP),
        )
        if re.search(pattern, said)
    ]
    return None if not found else all(sign * value > 0 for sign in found)


def _is_near(value: float, stated: float, half: float, how: str, one: Number) -> bool:
    slack = EPS * max(1.0, abs(stated))
    if how == "least":
        return value >= stated - slack
    if how == "most":
        return value <= stated + slack
    if how == "nearly":
        return stated - max(half, ABOUT * abs(stated)) - slack <= value <= stated + slack
    if how == "about" or (one.unit == "times" and one.kind == "count"):
        share = ABOUT if one.kind != "digits" else 0.1
        half = max(half, share * abs(stated))
    if one.unit == "times" and one.kind == "digits" and stated % 10 == 0:
        half = max(half, 0.1 * abs(stated))  # "a factor of 100" is round
    if one.kind == "magnitude":
        return stated / 2 - slack <= value <= stated * 2 + slack
    return abs(value - stated) <= half + slack


_PREFIXES = {"k": 1e3, "M": 1e6, "G": 1e9, "m": 1e-3, "µ": 1e-6, "μ": 1e-6, "n": 1e-9}
_TIMES = {"milliseconds": 1e-3, "microseconds": 1e-6, "minutes": 60.0, "min": 60.0, "hours": 3600.0}


def _prefix(said: str, unit: str) -> float:
    """Return what a unit in the words is of the unit of the result, such as 1e-3 for ms of s."""
    if unit == "s" and (word := next((w for w in said.split() if w in _TIMES), None)):
        return _TIMES[word]
    words = said.split()
    if not unit or unit in words:
        return 1.0
    found = [value for prefix, value in _PREFIXES.items() if f"{prefix}{unit}" in words]
    return found[0] if len(found) == 1 else 1.0


def _spread(found: list[Number]) -> list[Number]:
    """Return the numbers of a range; "20 to 30 %" gives both the per cent of the last."""
    last = found[-1]
    if not last.percent or all(one.percent for one in found):
        return found
    scaled = []
    for one in found:
        share = 1.0 if one.percent else 0.01
        scaled.append(
            Number(one.value * share, one.half * share, one.start, one.end, one.kind, percent=True)
        )
    return scaled


def _untexed(text: str) -> str:
    """Return what stands between two numbers, without the signs of TeX."""
    return re.sub(r"\\pm\b", "±", re.sub(r"\\[,;:]|[$]", " ", text)).replace("--", "–")


def _judge_several(found: list[Number], text: str, entry: Entry) -> Verdict:
    """Judge a range, a value with its error, or a value with its interval."""
    found = _spread(found)
    stated = [_in_unit(one, entry) for one in found]
    between = [_untexed(text[one.end : two.start]) for one, two in pairwise(found)]
    if len(found) > 3:
        return _no("this link holds more numbers than one result has: write one in each")
    value, low, high = (float(x or 0.0) for x in (entry.value, entry.low, entry.high))
    ranged = re.compile(r"\s*(?:to|and|–|-|—|\.\.|…|,|;|or)\s*", re.IGNORECASE)
    if len(found) == 3 and _is_asymmetric(between, text, found):
        return _judge_asymmetric(stated, entry)
    if len(found) == 2 and "±" in between[0]:
        wanted = [value, (high - low) / 2]
        stated[1] = (stated[1][0], 2 * stated[1][1])
    elif len(found) == 2 and ranged.fullmatch(between[0]):
        if not entry.has_interval:
            holds = stated[0][0] - stated[0][1] <= value <= stated[1][0] + stated[1][1]
            return RIGHT if holds else _wrong(entry)
        wanted = [low, high]
    elif len(found) == 3 and ranged.fullmatch(between[1]):
        wanted = [value, low, high]
    else:
        return _no("this link holds more numbers than one result has: write one in each")
    if not entry.has_interval:
        return _no(f"{entry.address} has no interval; it is {entry.words}")
    pairs = zip(wanted, stated, strict=True)
    right = all(
        abs(x - number) <= half + EPS * max(1.0, abs(number)) for x, (number, half) in pairs
    )
    return RIGHT if right else _wrong(entry)


def _is_asymmetric(between: list[str], text: str, found: list[Number]) -> bool:
    """Return whether two of three numbers are the errors of the first: 5.35^{+0.72}_{-0.74}."""
    signs = sorted(text[one.start] for one in found[1:])
    plain = [re.sub(r"[\s^_{}(/,)]", "", part) for part in between]
    return plain == ["", ""] and signs[0] == "+" and signs[1] in "-−–"


def _judge_asymmetric(stated: list[tuple[float, float]], entry: Entry) -> Verdict:
    if not entry.has_interval:
        return _no(f"{entry.address} has no interval; it is {entry.words}")
    value, low, high = (float(x or 0.0) for x in (entry.value, entry.low, entry.high))
    (number, half), *errors = stated
    right = abs(value - number) <= half + EPS * max(1.0, abs(number))
    for error, rounded in errors:
        end = high if error > 0 else low
        close = min(abs(end - value - error), abs(end - number - error))
        right = right and close <= rounded + EPS * max(1.0, abs(error))
    return RIGHT if right else _wrong(entry)


def _judge_words(text: str, entry: Entry) -> Verdict:
    said = next(
        (
            name
            for name, patterns in _CLAIMS.items()
            if any(re.search(rf"\b(?:{pattern})\b", text) for pattern in patterns)
        ),
        None,
    )
    if said is None:
        return NOT_JUDGED
    if said in ("pass", "fail", "waived", "met", "not met"):
        if not entry.state:
            return NOT_JUDGED
        return RIGHT if entry.state == said else _wrong(entry)
    if entry.value is None:
        return _no(f"{entry.address} has no value ({entry.words})")
    return RIGHT if _bears_out(said, entry) else _wrong(entry)


def _bears_out(said: str, entry: Entry) -> bool:
    """Return whether a value, or its interval where it has one, bears out a word."""
    value = float(entry.value or 0.0)
    low, high = (
        (float(entry.low or 0.0), float(entry.high or 0.0))
        if entry.has_interval
        else (value, value)
    )
    down = entry.better == "lower"  # then a lower metric is a positive gain
    one = 100.0 if entry.unit.strip().startswith("%") else 1.0
    return {
        "better": low > 0,
        "worse": high < 0,
        "no better": low <= 0,
        "no worse": high >= 0,
        "same": low <= 0 <= high,
        "lower": low > 0 if down else high < 0,
        "higher": high < 0 if down else low > 0,
        "all": value >= one,
        "none": value == 0,
        "most": value > 0.5 * one,
        "nearly all": 0.9 * one <= value <= one,
        "hardly any": abs(value) < 0.1 * one,
    }[said]


def rewrite(text: str, entry: Entry, *, before: str = "", after: str = "") -> str | None:
    """Return the words of a link with the digits of its result; None where words do not follow.

    Digits, signs, spaces and the per cent sign are kept as they were written.

    Parameters
    ----------
    text, before, after : str
        Between the square brackets, and on either side of the link.
    entry : Entry
    """
    unit = re.match(r"\s?(?:%|per\s?cent|percent|times\b|×)", after)
    whole = text + (unit[0] if unit else "")
    found = [one for one in numbers(whole) if one.kind != "count" or one.unit != "count"]
    values = _values_for(found, whole, entry)
    if values is None or any(one.kind != "digits" for one in found):
        return None
    found = [replace(one, percent=found[-1].percent) if not one.percent else one for one in found]
    for sized in (True, False):  # "0.02 worse" keeps its size without a sign
        new = _with(values, found, whole, entry, sized=sized)
        new = new[: len(new) - len(unit[0])] if unit else new
        if judge(new, entry, before=before, after=after).holds:
            return new
    return None


def _values_for(found: list[Number], text: str, entry: Entry) -> list[float] | None:
    """Return the values that stand for the numbers of a text, or None where one is not known."""
    if entry.value is None or not 1 <= len(found) <= 3:
        return None
    if len(found) == 1:
        return [entry.value]
    if entry.low is None or entry.high is None:
        return None
    if len(found) == 2 and "±" in text[found[0].end : found[1].start]:
        return [entry.value, (entry.high - entry.low) / 2]
    return [entry.low, entry.high] if len(found) == 2 else [entry.value, entry.low, entry.high]


def _with(values: list[float], found: list[Number], text: str, entry: Entry, *, sized: bool) -> str:
    out, at = "", 0
    for one, result in zip(found, values, strict=True):
        own = text[one.start : one.end].rstrip().endswith(("%", "cent", "percent"))
        share = 100.0 if one.percent and not own else 1.0
        scale = 100.0 if one.percent and entry.unit.strip().startswith("%") else 1.0
        value = abs(result) if sized and not one.signed else result
        out += text[at : one.start] + written_like(value * share / scale, one, text)
        at = one.end
    return out + text[at:]
