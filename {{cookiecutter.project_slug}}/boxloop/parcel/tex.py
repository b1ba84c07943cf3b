r"""Texts and numbers for LaTeX: nothing in them is a command, and whatever engine can set them.

Names of macros: `\Loop` and then every word of a name with its first letter large. A word is a run
of letters or digits; letters lose their accents, digits are spelled out (`rmse2` is `RmseTwo`), and
all else parts two words. Names that come out alike get six letters each, made of the name itself.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
PREFIX = "Loop"
NONE = "--"  # of a number that there is not
LONG, MOST_LETTERS = r"p{0.25\linewidth}", 40
MOST = 6  # digits before or behind the point, from which on a power of ten is written
_MARKS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"{\char34}",
    "[": "{[}",  # behind the end of a line of a table it would be an option of that
    "]": "{]}",
    "*": "{*}",
}


def _pairs(text: str) -> dict[str, str]:
    """Return the signs in a text, each with the word behind it."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_SIGNS = {
    **_pairs(
        r"– -- — --- ‘ ` ’ ' “ `` ” '' … \ldots{} § \S{} © \copyright{} £ \pounds{} ¡ !` ¿ ?`"
    ),
    **_pairs(r"ß \ss{} æ \ae{} Æ \AE{} ø \o{} Ø \O{} å \aa{} Å \AA{} ł \l{} Ł \L{} ı \i{}"),
    **_pairs(r"µ \ensuremath{\mu} ° \ensuremath{^\circ} − \ensuremath{-} œ \oe{} Œ \OE{}"),
    "\xa0": "~",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "\u200b": "{}",
}
_MATHS = {
    **_pairs("± pm × times ÷ div · cdot ≤ le ≥ ge ≠ ne ≈ approx ∼ sim → rightarrow ∞ infty √ surd"),
    **_pairs("← leftarrow ∝ propto ∈ in ⊙ odot ☉ odot ∑ sum ∫ int ∂ partial ∇ nabla ∆ Delta"),
    **_pairs("† dagger ‡ ddagger ′ prime α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta"),
    **_pairs("θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho ς varsigma σ sigma τ tau"),
    **_pairs("υ upsilon φ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi"),
    **_pairs("Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega"),
}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0308\u0304\u0306\u0307\u030a\u030b\u030c\u0327\u0328",
        ("`", "'", "^", "~", '"', "=", "u", ".", "r", "H", "v", "c", "k"),
        strict=True,
    )
)


def escaped(text: object) -> str:
    """Return a text that LaTeX sets as it is, on one line; a sign that it lacks by its number.

    All that comes out is ASCII, so that every engine and every encoding of fonts takes it.
    """
    plain = re.sub(r"\s", " ", unicodedata.normalize("NFC", str(text)))
    plain = re.sub(r"([-',])(?=\1)", "\\1\u200b", plain)  # two in a row would become one sign
    return "".join(map(_sign, plain))


def _sign(sign: str) -> str:
    if sign in _MARKS:
        return _MARKS[sign]
    if " " <= sign <= "~":
        return sign
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign in _MATHS:
        return rf"\ensuremath{{\{_MATHS[sign]}}}"
    if sign in _RAISED or sign in _LOWERED:
        where, found = ("^", _RAISED) if sign in _RAISED else ("_", _LOWERED)
        return rf"\ensuremath{{{where}{{{found[sign]}}}}}"
    parts = unicodedata.normalize("NFD", sign)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS:
        letter = rf"\{parts[0]}" if parts[0] in "ij" else parts[0]
        return rf"\{_ACCENTS[parts[1]]}{{{letter}}}"
    return "" if sign == "\ufeff" else f"{{[}}U+{ord(sign):04X}{{]}}"


def unit(text: str) -> str:
    """Return a unit for text and for mathematics: `cm^-2` has its power raised."""
    parts = re.split(r"(?:\^|\*\*)(\{[+-]?[\d./]+\}|[+-]?[\d.]+)", text.strip())
    raised = (rf"\ensuremath{{^{{{power.strip('{}')}}}}}" for power in parts[1::2])
    found = [escaped(parts[0])]
    for power, word in zip(raised, parts[2::2], strict=True):
        found += [power, escaped(word)]
    return "".join(found)


def name(words: Iterable[str]) -> str:
    """Return what is left of a name by the rule of this module, with no eye for the others."""
    text = unicodedata.normalize("NFKD", " ".join(words))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    found = re.findall(r"[A-Za-z]+|[0-9]", text)
    return PREFIX + "".join(
        _DIGITS[int(word)] if word.isdigit() else word[0].upper() + word[1:] for word in found
    )


def names(keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return for each key the name of its macro, letters only; no two are alike.

    Parameters
    ----------
    keys : iterable of tuples of str
        Such as ``("test", "rmse", "model")``.
    """
    plain = {key: name(key) for key in keys}
    often, found = Counter(plain.values()), {}
    for key, word in plain.items():
        found[key] = word if often[word] == 1 and len(word) > len(PREFIX) else word + _letters(key)
    while len(set(found.values())) < len(found):  # letters that are another one's words
        often = Counter(found.values())
        found = {key: word + _letters(key) * (often[word] > 1) for key, word in found.items()}
    return found


def _letters(key: tuple[str, ...]) -> str:
    """Return six letters that depend on a key alone."""
    number = int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big")
    return "".join(chr(97 + number // 26**place % 26) for place in range(6)).capitalize()


def places(entry: dict, digits: int = 3) -> int:
    """Return how many digits behind the point a number is told with; below 0: none of the last.

    Two digits of half its interval are told; so many of the number where it has no interval.
    """
    value, low, high = (entry.get(key) for key in ("value", "low", "high"))
    if low is not None and high is not None and high > low:
        return 1 - math.floor(math.log10((high - low) / 2))
    return digits - 1 - math.floor(math.log10(abs(value))) if value else 1


def _scale(entry: dict, digits: int) -> int:
    """Return the power of ten that a number and its interval are divided by."""
    ends = [entry.get(key) for key in ("value", "low", "high")]
    largest = max((abs(end) for end in ends if end is not None), default=0)
    size = math.floor(math.log10(largest)) if largest else 0
    return size if size >= MOST or digits > MOST else 0


def _told(value: float | None, digits: int, power: int) -> str:
    """Return a number as text in mathematics, without its power of ten."""
    if value is None:
        return rf"\mbox{{{NONE}}}"
    from decimal import ROUND_HALF_EVEN, Decimal

    exact = Decimal(repr(float(value))).scaleb(-power)
    step = Decimal(1).scaleb(-(digits + power))
    rounded = exact.quantize(step, rounding=ROUND_HALF_EVEN)
    text = f"{rounded:f}"
    return text.removeprefix("-") if not float(text) else text


def number(entry: dict, part: str, digits: int = 3) -> str:
    """Return the value of an entry, or an end of its interval, without its unit.

    Parameters
    ----------
    entry : dict with value, low and high
    part : str
        One of them.
    digits : int
        Significant digits, where there is no interval.
    """
    digits = places(entry, digits)
    power = _scale(entry, digits)
    told = _told(entry.get(part), digits, power)
    if entry.get(part) is None or not power:
        return rf"\ensuremath{{{told}}}"
    return rf"\ensuremath{{{told}\times 10^{{{power}}}}}"


def interval(entry: dict | None) -> str:
    """Return a number with its interval: `0.103 [0.095, 0.112]`, times a power where it is long."""
    if not entry or entry.get("value") is None:
        return NONE
    digits = places(entry)
    power = _scale(entry, digits)
    value, low, high = (_told(entry.get(key), digits, power) for key in ("value", "low", "high"))
    ends = "" if entry.get("low") is None else rf"\ [{low},\ {high}]"
    times = rf"\ \times 10^{{{power}}}" if power else ""
    return rf"\ensuremath{{{value}{ends}{times}}}"


def macro(word: str, text: str) -> str:
    """Return the line that defines a macro."""
    return rf"\newcommand{{\{word}}}{{{text}}}"


def table(columns: list[str], rows: list[list[str]], comment: str = "") -> str:
    """Return a table for the package booktabs; its cells are LaTeX already.

    Parameters
    ----------
    columns : list of str
    rows : list of lists of str
    comment : str
        What stands above it, for whoever opens the file.
    """
    across = list(zip(columns, *rows, strict=True))
    kinds = [LONG if max(map(_letters_in, cells)) > MOST_LETTERS else "l" for cells in across]
    head = [f"% {line}" for line in comment.splitlines()]
    lines = [" & ".join(row) + r" \\" for row in [columns, *rows]]
    body = [r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"]
    start = rf"\begin{{tabular}}{{{' '.join(kinds)}}}"
    return "\n".join([*head, start, *body, r"\end{tabular}"]) + "\n"


def _letters_in(text: str) -> int:
    """Return about how long a cell is once it is set; one of mathematics is never broken."""
    return 0 if text.startswith(r"\ensuremath") else len(re.sub(r"\\[A-Za-z]+|[{}\\]", "", text))


def cell(value: object) -> str:
    """Return what a cell of a table of results holds, as LaTeX: numbers to four digits.

    Parameters
    ----------
    value : object
        A text that is a number, as cells of a CSV table are, is one.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or re.fullmatch(r"[+-]?\d{1,15}", str(value)):
        return rf"\ensuremath{{{int(str(value))}}}"
    try:
        found = float(str(value))
    except ValueError:
        return escaped(value)
    if not math.isfinite(found):
        return NONE
    return number({"value": found, "low": None, "high": None}, "value", digits=4)
