"""Numbers as people write them: digits with their place, and words such as a third or twice."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER = r"(?:\^\{?[-+−]?\d+\}?|\*\*[-+−]?\d+|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
# A comma or a narrow space parts thousands; a minus behind a letter or a digit is a hyphen.
DIGITS = re.compile(
    r"(?P<sign>(?<![\w.)\]])[-+−–]\s?)?"
    r"(?:(?P<ten>10(?=" + _POWER + r"))|"
    r"(?P<mant>\d{1,3}(?:[,\u202f\u2009\u00a0]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+))"
    r"(?P<exp>(?:(?<=10)" + _POWER + r")|[eE][-+−]?\d+|\s?[×x·*]\s?10" + _POWER + r")?"
)
PERCENT = r"\s?%|[\s-]per\s?cents?\b|[\s-]percent(?:age points?)?\b|\spp\b"
FOLLOWING = re.compile(
    rf"(?P<percent>{PERCENT})|(?P<times>\s?×(?!\s?10)|\s?-?fold\b|\stimes\b|x\b)|"
    r"(?P<thousand>\sthousand\b)|(?P<million>\smillion\b)|(?P<billion>\sbillion\b)"
)
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
WORDS |= {
    f"{ten}{dash}{one}": value + digit
    for ten, value in _TENS.items()
    for digit, one in enumerate(_ONES[1:10], start=1)
    for dash in ("-", " ")
}
WORDS |= {"dozen": 12, "hundred": 100, "thousand": 1000}
_COUNT = re.compile(
    rf"\b(?P<word>{'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE
)
_PARTS = {
    "half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100,
    "thousandth": 1000,
}  # fmt: skip
_UPPER = r"one|two|three|four|five|six|seven|eight|nine"
_NTH = r"third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
_EACH = r"two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|a hundred|a thousand"
# After "a third" stands what it is a part of; "a third model" is the one after the second.
_ENDS = (
    r"(?=\s*(?:[.,;:)\]]|$)|\s+(?:of|less|more|lower|higher|smaller|larger|fewer|greater|better|"
    r"worse|as|to|than|in|on|by|and|or|at|from|below|above|faster|slower|only|too|is|was|are|"
    r"were)\b)"
)
FRACTION = re.compile(
    r"(?<![\w-])(?:"
    rf"(?P<many>{_UPPER})[\s-](?P<plural>halves|(?:{_NTH})s)\b|"
    rf"(?:an?|one)[\s-](?P<part>{_NTH}|twentieth|hundredth|thousandth)\b{_ENDS}|"
    r"(?:(?:an?|one)[\s-])?(?P<half>half|halved|halves)\b(?!-)|"
    r"(?P<twice>twice|doubled?|doubles|doubling)\b|(?P<thrice>thrice|tripled?|triples)\b|"
    rf"(?P<some>one|{_UPPER})\s(?:in|out of)\s(?:every\s)?(?P<each>{_EACH})\b|"
    rf"(?!one\b)(?P<few>{_UPPER})\sof\s(?:every\s)?(?P<ten>ten|twenty|a hundred)\b|"
    r"(?P<over>[1-9]\d?/[1-9]\d?)(?![\w/])"
    r")",
    re.IGNORECASE,
)
MAGNITUDE = re.compile(
    rf"\b(?:(?P<orders>an?|one|{_UPPER})\s(?:full\s|whole\s)?orders?\sof\smagnitude)\b",
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
        ``digits``, ``word`` (a third, twice), ``count`` (five) or ``magnitude``.
    decimals : int
        Digits after the point, of what stands before a power of ten.
    percent, signed : bool
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
            found.append(one)
            taken.append((one.start, one.end))
    return sorted(found, key=lambda one: one.start)


def _digits(text: str) -> list[Number]:
    found = []
    for match in DIGITS.finditer(text):
        digits = re.sub(r"[,\u202f\u2009\u00a0]", "", match["mant"] or "1")
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


def _power(text: str) -> int:
    """Return the power of ten in such as ``× 10^-3``, ``e-3`` or ``×10⁻³``."""
    plain = text.translate(_RAISED).replace("−", "-").replace(" ", "").replace("**", "^")
    plain = re.sub(r"^[×x·*]10", "", plain)
    digits = re.search(r"[-+]?\d+", plain)
    return max(-300, min(300, int(digits[0]))) if digits else 0


def _scaled(text: str, end: int) -> tuple[float, int, str]:
    """Return by what a number is multiplied through the word behind it, and where that ends."""
    match = FOLLOWING.match(text, end)
    if match is None:
        return 1.0, end, ""
    word = str(match.lastgroup)
    factors = {"percent": 0.01, "thousand": 1e3, "million": 1e6, "billion": 1e9}
    return factors.get(word, 1.0), match.end(), word


def _counts(text: str) -> list[Number]:
    found = []
    for match in _COUNT.finditer(text):
        scale, end, word = _scaled(text, match.end())
        if word == "" and re.match(r"\s(?:hundred)\b", text[end:]):
            scale, end = 100.0, end + len(" hundred")
        value = WORDS[match["word"].lower()] * scale
        kind = {"percent": "percent", "times": "times"}.get(word, "count")
        half = 0.5 * scale if word in ("percent", "") else 0.1 * value
        percent = word == "percent"
        found.append(
            Number(value, half, match.start(), end, kind="count", percent=percent, unit=kind)
        )
    return found


def _fractions(text: str) -> list[Number]:
    found = []
    for match in FRACTION.finditer(text):
        if match["many"]:
            part = match["plural"].lower().rstrip("s").replace("halve", "half")
            value = WORDS[match["many"].lower()] / _PARTS[part]
        elif match["some"] or match["few"]:
            all_of = (match["each"] or match["ten"]).lower().removeprefix("a ")
            value = WORDS[(match["some"] or match["few"]).lower()] / WORDS[all_of]
        elif match["over"]:
            over, under = match["over"].split("/")
            value = int(over) / int(under)
        elif match["part"]:
            value = 1 / _PARTS[match["part"].lower()]
        else:
            value = 0.5 if match["half"] else 2.0 if match["twice"] else 3.0
        found.append(Number(value, 0.1 * value, match.start(), match.end(), kind="word"))
    for match in MAGNITUDE.finditer(text):
        word = match["orders"].lower()
        value = 10.0 ** (1 if word in ("a", "an") else WORDS[word])
        found.append(Number(value, value / 2, match.start(), match.end(), kind="magnitude"))
    return found


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
    comma = re.search(r"[,\u202f\u2009\u00a0]", mant)
    body = f"{abs(scaled):{',' if comma else ''}.{old.decimals}f}"
    if comma:
        body = body.replace(",", comma[0])
    before = (match["sign"] or "").strip()
    negative = scaled < 0 and any(digit in "123456789" for digit in body)
    minus = before if before in ("−", "–", "-") else "−"
    sign = minus if negative else ("+" if before == "+" else "")
    return f"{sign}{body}{match['exp'] or ''}{text[match.end() : old.end]}"
