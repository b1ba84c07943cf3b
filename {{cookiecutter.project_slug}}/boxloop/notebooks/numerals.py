"""Numbers as people write them: digits with their place, and words such as a third or threefold."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER = r"(?:\^\{?[-+−]?\d+\}?|\*\*[-+−]?\d+|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
_GAP = r"(?:\s|\\[,;:])?"  # also the narrow spaces of TeX
_PARTED = r"(?:[,'’ \u202f\u2009\u00a0]|\{,\}|\\[,;])"
_CENT = r"(?:per\s?cents?|percent(?:age\spoints?)?)\b"
# A comma, an apostrophe or a space parts thousands, but in "0,12" and "3,5 %" the comma is a
# point; a minus behind a letter or a digit is a hyphen.
DIGITS = re.compile(
    r"(?P<sign>(?<![\w.)\]])[-+−–]\s?)?"
    rf"(?:(?P<ten>10(?={_POWER}))|"
    rf"(?P<mant>(?<![\d.])0,\d+(?![\d,])|(?<![\d.,])\d{{1,2}},\d{{1,2}}(?=\s?%|\s?{_CENT})|"
    rf"(?<![\d.,])[1-9]\d{{0,2}}(?:{_PARTED}\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+))"
    rf"(?P<exp>(?:(?<=10){_POWER})|[eE][-+−]?\d+|"
    rf"{_GAP}(?:[×x·*]|\\times|\\cdot){_GAP}10{_POWER})?"
)
PERCENT = rf"\$?{_GAP}\\?%|[\s-]{_CENT}|\spp\b"
FOLLOWING = re.compile(
    rf"(?P<percent>{PERCENT})|(?P<times>\s?×(?!\s?10)|\s?-?fold\b|\stimes\b|x\b)|"
    r"(?P<permille>\s?‰|\sper\s?mille?\b)|(?P<thousand>\sthousand\b|k\b)|"
    r"(?P<million>\smillion\b)|(?P<billion>\sbillion\b)"
)
_SCALES = {"percent": 0.01, "permille": 0.001, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
WORDS = {word: number for number, word in enumerate(_ONES)} | _TENS
_LARGE = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
# What they leave open is told by the second number.
_VAGUE = {"couple": (2.0, 0.6), "few": (3.5, 2.0), "several": (5.0, 3.0)}
_BESIDE = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "quarters": 0.75}
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15,
    "sixteenth": 16, "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50,
    "hundredth": 100, "thousandth": 1000, "millionth": 10**6,
}  # fmt: skip
_GLYPHS = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅛": 1 / 8}
_NTH = "|".join(part for part in _PARTS if part != "half")
_FEW = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_ALL = (
    rf"(?:(?:{'|'.join(_TENS)})[\s-](?:{'|'.join(_ONES[1:10])})|"
    r"(?:a\s)?(?:two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundred|thousand|million))"
)
# After "a third" stands what it is a part of; "a third model" is the one after the second.
_ENDS = (
    r"(?=\s*(?:[.,;:)\]]|$)|\s+(?:of|less|more|lower|higher|smaller|larger|fewer|greater|better|"
    r"worse|as|to|than|in|on|by|and|or|at|from|below|above|faster|slower|only|too|is|was|are|"
    r"were|lighter|heavier|wider|narrower|longer|shorter|stronger|weaker|tighter|cheaper|the|"
    r"again|short)\b)"
)
# "One model in two simulators" is no share.
_THINGS = (
    r"(?:simulat\w+|sets|surveys|steps|ways|places|samples|folds|seeds|runs|"
    r"chapters|notebooks|sites|"
    r"hospitals|valleys|regions|bands|bins|dimensions|stages|parts|passes(?!\s(?:the|"
    r"our|this|its|a)\b)|rounds|classes|showers|"
    r"experiments|seasons|years|days|hours|minutes|weeks|months|cent|times)\b"
)
# "Double" says a number before what is doubled; "double precision" is a name.
_WHOLE = r"(?=\s+(?:the|that|those|its|our|their|what|this|in|as)\b|\s*[.,;:)\]]|\s*$)"
_TIMES = {
    "twice": 2, "thrice": 3, "doubl": 2, "tripl": 3, "trebl": 3, "quadrupl": 4, "quintupl": 5,
}  # fmt: skip
FRACTION = re.compile(
    r"(?<![\w-])(?:"
    r"(?P<again>half\sagain\sas|half\sas\s\w+\sagain)\b|"
    rf"(?P<of_cent>half|an?\s(?:{_NTH})|(?:{_FEW})\s(?:{_NTH})s)\s(?:of\s)?an?\s{_CENT}|"
    rf"(?P<many>{_FEW}|a\sfew|several)[\s-](?P<plural>(?:{_NTH})s)\b|"
    rf"(?:an?|one)[\s-](?P<part>{_NTH})\b{_ENDS}|"
    r"(?!(?<=\band\s)a\shalf)(?:(?:an?|one)[\s-])?(?P<half>(?<!\band\sa\s)half(?!\san\sorder)|"
    r"halved?|halving|"
    r"(?<!\btwo\s)(?<!\bboth\s)(?<!\bthe\s)(?<!\binto\s)(?<!\bin\s)halves)\b(?!-)(?!\sa\sdozen)|"
    r"(?P<times>twice|thrice|(?:doubl|tripl|trebl|quadrupl|quintupl)(?:ed|es(?!\sas\b)|ing)|"
    rf"(?:doubl|tripl|trebl|quadrupl|quintupl)e{_WHOLE})(?!-)\b|"
    rf"(?P<some>{_FEW})\s(?:in|out\sof)\s(?:every\s|each\s)?(?P<each>{_ALL})\b|"
    rf"(?P<one>{_FEW})\s(?:[a-z-]+\s){{1,2}}?in\s(?P<among>{_ALL})\b"
    rf"(?!\s(?:of\b|(?:[a-z]+\s)?{_THINGS}))|"
    r"(?!one\b)(?P<few>two|three|four|five|six|seven|eight|nine)\sof\s(?:every\s)?"
    r"(?P<ten>ten|twenty|a\shundred)\b|"
    r"(?P<digit>\d{1,4})\s(?:in|out\sof|of)\s(?:every\s|each\s|the\s|all\s)?"
    r"(?P<digits>\d{1,5})(?![\d.,]*\d|\s?%)|"
    rf"every\s(?P<every>second|{_NTH})\b|"
    rf"(?P<over>[1-9]\d?/[1-9]\d?)(?![\w/])|(?P<glyph>\d{{0,3}}[{''.join(_GLYPHS)}])"
    r")",
    re.IGNORECASE,
)
MAGNITUDE = re.compile(
    rf"\b(?P<orders>half\san|an?|{_FEW}|a\sfew|several|\d+(?:\.\d+)?)\s"
    r"(?:full\s|whole\s)?orders?\sof\smagnitude\b",
    re.IGNORECASE,
)
_FACTOR = re.compile(
    r"\bfactors?\s(?:of\s)?(?:about\s|roughly\s|nearly\s|almost\s|some\s|around\s|over\s|"
    r"at\sleast\s|more\sthan\s|less\sthan\s|~|≈)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """One number in a text.

    Attributes
    ----------
    value : float
        As written; per cent are counted in hundredths.
    half : float
        Half a unit of the last digit; for words the share of the value that they leave open.
    start, end : int
        Where it stands, per cent sign included.
    kind : str
        ``digits``, ``word`` (a third, twice), ``share`` (seven in ten), ``count`` (five) or
        ``magnitude``.
    decimals : int
        Digits after the point, of what stands before a power of ten.
    percent, signed : bool
    unit : str
        ``percent``, ``times`` (3×, fourfold, a factor of two, twice) and the like, or empty.
    """

    value: float
    half: float
    start: int
    end: int
    kind: str = "digits"
    decimals: int = 0
    percent: bool = False
    signed: bool = False
    unit: str = ""


def numbers(text: str) -> list[Number]:
    """Return the numbers in a text, in their order."""
    found = [*_fractions(text)]
    taken = [(one.start, one.end) for one in found]
    for one in [*_digits(text), *_counts(text)]:
        if not any(start < one.end and one.start < end for start, end in taken):
            found.append(_as_factor(one, text))
            taken.append((one.start, one.end))
    return sorted(found, key=lambda one: one.start)


def _as_factor(one: Number, text: str) -> Number:
    """Return a number as one of times where it stands after "a factor of"."""
    if one.unit in ("", "count") and _FACTOR.search(text[: one.start]):
        return replace(one, unit="times")
    return one


def _digits(text: str) -> list[Number]:
    found = []
    for match in DIGITS.finditer(text):
        digits = _plain_digits(match["mant"] or "1")
        power = _power(match["exp"] or "")
        factor = -1.0 if (match["sign"] or "").strip() in ("-", "−", "–") else 1.0
        decimals = len(digits.partition(".")[2])
        scale, end, word = _scaled(text, match.end())
        scale *= 10.0**power
        found.append(
            Number(
                factor * float(digits) * scale,
                0.5 * 10.0**-decimals * scale,
                match.start(),
                end,
                decimals=decimals,
                percent=word == "percent",
                signed=bool(match["sign"]),
                unit=word,
            )
        )
    return found


def _plain_digits(written: str) -> str:
    """Return digits with a point and nothing between thousands."""
    if re.fullmatch(r"0,\d+|\d{1,2},\d{1,2}", written):
        return written.replace(",", ".")
    return re.sub(r"[^\d.]", "", written)


def _power(text: str) -> int:
    """Return the power of ten in such as ``× 10^-3``, ``e-3`` or ``×10⁻³``."""
    plain = text.translate(_RAISED).replace("−", "-").replace(" ", "").replace("**", "^")
    plain = re.sub(r"^(?:\\[,;:])?(?:[×x·*]|\\times|\\cdot)(?:\\[,;:])?10", "", plain)
    digits = re.search(r"[-+]?\d+", plain)
    return max(-300, min(300, int(digits[0]))) if digits else 0


def _scaled(text: str, end: int) -> tuple[float, int, str]:
    """Return by what a number is multiplied through the word behind it, and where that ends."""
    match = FOLLOWING.match(text, end)
    if match is None:
        return 1.0, end, ""
    word = str(match.lastgroup)
    return _SCALES.get(word, 1.0), match.end(), word


class _Words:
    """The words of a text, and the number that begins at one of them.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str) -> None:
        self.found = [(m[0].lower(), *m.span()) for m in re.finditer(r"[A-Za-z]+", text)]
        self.text = text

    def at(self, index: int) -> str:
        """Return a word if it follows the one before it by one space or hyphen, else nothing."""
        if not 0 < index < len(self.found):
            return self.found[index][0] if index == 0 and self.found else ""
        gap = self.text[self.found[index - 1][2] : self.found[index][1]]
        return self.found[index][0] if gap in (" ", "-", "\n", "\u00a0", "\u202f") else ""

    def small(self, at: int) -> tuple[int, int]:
        """Return a number below 100 from a word on, and the word after it."""
        word = self.at(at)
        if word in _TENS:
            one = WORDS.get(self.at(at + 1), 0)
            return (_TENS[word] + one, at + 2) if 0 < one < 10 else (_TENS[word], at + 1)
        return (WORDS[word], at + 1) if word in WORDS else (0, at)

    def whole(self, first: int) -> tuple[float, float, int] | None:
        """Return value, half width and the word after a number that begins at a word, or None."""
        word = self.found[first][0]
        start, at, value, half = first, first, 0.0, 0.0
        if word in WORDS:
            small, at = self._from(first)
            value, half = float(small), 0.5
        elif word == "half" and self.at(first + 1) == "a" and self.at(first + 2) == "dozen":
            return 6.0, 0.6, first + 3
        elif word in ("a", "an", "few", "several"):
            return self._with_article(first)
        elif word in ("dozen", "hundred", "thousand"):
            return float(_LARGE[word]), 0.1 * _LARGE[word], first + 1
        if self.at(at) == "and" and self.at(at + 1) == "a" and self.at(at + 2) in _BESIDE:
            value, half, at = value + _BESIDE[self.at(at + 2)], 0.05 * value, at + 3
        return self._large(value, half, at) if at > start else None

    def _from(self, first: int) -> tuple[int, int]:
        """Return a number below 100 whose first word may follow anything."""
        word = self.found[first][0]
        if word in _TENS:
            one = WORDS.get(self.at(first + 1), 0)
            return (_TENS[word] + one, first + 2) if 0 < one < 10 else (_TENS[word], first + 1)
        return WORDS[word], first + 1

    def _with_article(self, first: int) -> tuple[float, float, int] | None:
        """Return such as a hundred, a per cent, a few thousand, a couple of per cent."""
        word, at = self.found[first][0], first
        if word == "a" and self.at(first + 1) in ("few", "couple"):
            word, at = self.at(first + 1), first + 1
        after = at + (2 if word == "couple" and self.at(at + 1) == "of" else 1)
        behind = self.found[after - 1][2]
        is_part = bool(re.match(rf"\s?%|\s{_CENT}|\stimes\b", self.text[behind:]))
        if word in _VAGUE and (is_part or self.at(after) in _LARGE):
            return self._large(*_VAGUE[word], after)
        if word in ("a", "an") and self.at(after) in _LARGE:
            return self._large(1.0, 0.1, after)
        is_part = bool(re.match(rf"\s{_CENT}", self.text[behind:]))
        return (1.0, 0.5, after) if word == "a" and is_part else None

    def _large(self, value: float, half: float, at: int) -> tuple[float, float, int]:
        """Return a number with the hundreds and thousands that follow it, and what these hold."""
        while (word := self.at(at)) in _LARGE:
            scale = _LARGE[word]
            value, at = value * scale, at + 1
            half = max(half * scale, 0.1 * value) if half != 0.5 else 0.1 * value
            more = at + (self.at(at) == "and")
            rest, after = self.small(more)
            if rest and self.at(after) == "hundred" and scale > 100:
                rest, after = rest * 100, after + 1
                small, later = self.small(after + (self.at(after) == "and"))
                rest, after = (rest + small, later) if small else (rest, after)
            if rest and scale >= 100:
                value, half, at = value + rest, 0.5, after
        return value, half, at


def _counts(text: str) -> list[Number]:
    words, at, found = _Words(text), 0, []
    while at < len(words.found):
        word, start, end = words.found[at]
        number = words.whole(at)
        if number is not None:
            value, half, at = number
            found.append(_count(text, value, half, start, words.found[at - 1][2]))
            continue
        many = word.removesuffix("fold")
        if word != many and (many in WORDS or many in _LARGE):
            value, article = float((WORDS | _LARGE)[many]), at and words.at(at) == word
            begin = words.found[at - 1][1] if article and words.found[at - 1][0] == "a" else start
            found.append(Number(value, 0.1 * value, begin, end, kind="count", unit="times"))
        at += 1
    return found


def _count(text: str, value: float, half: float, start: int, behind: int) -> Number:
    scale, end, word = _scaled(text, behind)
    if word in ("thousand", "million", "billion"):  # said already
        scale, end, word = 1.0, behind, ""
    percent = word in ("percent", "permille")
    half = half * scale if percent or word == "" else max(half, 0.1 * value * scale)
    unit = word if word in ("percent", "permille", "times") else "count"
    return Number(value * scale, half, start, end, kind="count", percent=percent, unit=unit)


def _fractions(text: str) -> list[Number]:
    found = []
    for match in FRACTION.finditer(text):
        one = _fraction(match)
        if one is not None:
            found.append(one)
    for match in MAGNITUDE.finditer(text):
        word = match["orders"].lower()
        known = {"a": 1.0, "an": 1.0, "half an": 0.5, "a few": 3.0, "several": 3.0} | WORDS
        value = 10.0 ** min(known.get(word) or float(word), 300.0)
        found.append(Number(value, value / 2, *match.span(), kind="magnitude", unit="times"))
    return found


def _fraction(match: re.Match[str]) -> Number | None:
    """Return what a fraction says: its value, and a tenth of it on either side."""
    said = {key: text.lower() for key, text in match.groupdict().items() if text}
    kind, unit, percent = "word", "", False
    if "of_cent" in said:
        value, percent, unit = 0.01 * _share(said["of_cent"]), True, "percent"
    elif {"some", "one", "few", "digit"} & set(said):
        part = next(said[key] for key in ("some", "one", "few", "digit") if key in said)
        whole = next(said[key] for key in ("each", "among", "ten", "digits") if key in said)
        one, all_of = _amount(part), _amount(whole.removeprefix("a "))
        if not 0 < one < all_of or (" in " in match[0] and 1500 <= all_of <= 2100):
            return None
        half = min(0.1 * one / all_of, 0.5 / all_of)
        return Number(one / all_of, half, *match.span(), kind="share")
    elif "every" in said:
        kind, value = "share", 1 / {"second": 2, **_PARTS}[said["every"]]
    elif "over" in said:
        over, under = said["over"].split("/")
        value = int(over) / int(under)
    elif "glyph" in said:
        value = float(said["glyph"][:-1] or 0) + _GLYPHS[said["glyph"][-1]]
    elif "times" in said or "again" in said:
        root = next((root for root in _TIMES if said.get("times", "").startswith(root)), "")
        value, unit = float(_TIMES.get(root, 1.5)), "times"
    else:
        value = _share(match[0].lower())
    few = match["many"] and match["many"].lower() in ("a few", "several")
    return Number(
        value, (0.55 if few else 0.1) * value, *match.span(), kind=kind, percent=percent, unit=unit
    )


def _amount(word: str) -> float:
    if word.isdecimal():
        return float(word)
    parts = re.split(r"[\s-]", word)
    return float(sum((WORDS | _LARGE)[part] for part in parts))


def _share(words: str) -> float:
    """Return the value of such as "a third", "three quarters", "a few hundredths" or "halved"."""
    parts = re.split(r"[\s-]", words)
    last = parts[-1]
    if last.startswith("hal"):
        return 0.5
    part = _PARTS.get(last) or _PARTS[last.removesuffix("s")]
    many = {"a": 1.0, "an": 1.0, "few": 3.5, "several": 5.0} | WORDS
    return many.get(parts[-2], 1.0) / part if len(parts) > 1 else 1 / part


def written_like(value: float, old: Number, text: str) -> str:
    """Return a value with the digits, signs and spaces of an old number.

    Parameters
    ----------
    value : float
        In the unit of the result.
    old : Number
    text : str
        What held the old number.
    """
    match = DIGITS.match(text, old.start)
    if match is None or old.kind != "digits":
        return text[old.start : old.end]
    scale, _, _ = _scaled(text, match.end())
    scaled = value / (scale * 10.0 ** _power(match["exp"] or ""))
    mant = match["mant"] or "1"
    comma = re.search(r"\{,\}|\\[,;]|[^\d.]", mant)
    body = f"{abs(scaled):{',' if comma else ''}.{old.decimals}f}"
    if comma and "." in _plain_digits(mant) and "." not in mant:
        body = f"{abs(scaled):.{old.decimals}f}".replace(".", ",")
    elif comma:
        body = body.replace(",", comma[0])
    before = (match["sign"] or "").strip()
    negative = scaled < 0 and any(digit in "123456789" for digit in body)
    minus = before if before in ("−", "–", "-") else "−"
    sign = minus if negative else ("+" if before == "+" else "")
    return f"{sign}{body}{match['exp'] or ''}{text[match.end() : old.end]}"
