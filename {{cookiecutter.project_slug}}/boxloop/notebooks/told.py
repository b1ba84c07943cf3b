"""What says that digits in a clause are a result of this study, and not physics or a setting.

A number in digits is free unless something tells: a metric that it is the value of, a word of
results in a part of a sentence on the study, or a result of the study that it agrees with. A unit
such as GeV or mag frees it where no result agrees: the mass of the W boson is nobody's finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxloop.notebooks.masks import HIDE
from boxloop.notebooks.sets_named import mentions
from boxloop.notebooks.vocabulary import (
    COMPARED,
    COUNTED,
    METRICS,
    OUTCOME,
    STUDY,
    THEORY,
    TOLD_AFTER,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boxloop.notebooks.numerals import Number

# Physical units; per cent, times and standard deviations are none.
UNIT = re.compile(
    r"(?:\\[,;:!]|\$|\{|\}|\\(?:mathrm|text|rm)|\s|-)*"
    r"(?:square\s(?:deg\w*|k?m|metres?|arc\w+)|[kMGTPmµμn]?eV\b|[kMG]?pc\b|Å|[Aa]ngstr\w+|"
    r"mag(?:s|nitudes?|nitude)?\b|[mµμn]as\b|arc(?:sec|min)\w*|deg(?:rees?|ree)?\b|°|"
    r"[afpnmµμ]?b(?:\b|\$?\^|⁻)|[mµμn]?s\b|seconds?\b|min(?:utes?)?\b|h\b|hours?\b|d\b|days?\b|"
    r"weeks?\b|months?\b|[kMG]?yrs?\b|years?\b|K\b|[kMG]?Hz\b|[kcmnµμ]?m\b|(?:kilo|centi|milli)?"
    r"met(?:re|er)s?\b|[kmµμ]?g\b|tonnes?\b|t(?:/|\sha)|ha\b|hectares?\b|m[lL]\b|[lL]\b|lit(?:re|"
    r"er)s?\b|mol\w*\b|[kMhm]?Pa\b|bar\b|[kMGm]?W\b|[kmM]?V\b|m?A\b|T\b|tesla\b|J\b|[kM]?J\b|"
    r"k?cal\b|erg\b|dex\b|Jy\b|M[_☉⊙]|solar\b|km/|m/s|ppm\b|ppb\b|d[BX]\b|rad\w*\b|σ_)"
)
# Words with which a number is a result even where its sentence names no metric of the study.
_MORE = (
    r"resolutions?|yields?|survival|slopes?|interquartile range|[Cc]-index|dice|"
    r"number needed|log-loss|mAP|accept(?:ance|ed)|impurit\w+|regret|errors? of the (?:mean|model)|"
    r"significances|calibration|biased|trials factor|contaminat\w+|"
    r"(?:improvement|advantage|lead)s?|differences?(?!\sin\s)|intervals? (?:of|from|is)|"
    r"excess|residuals?|unmatched|variance|agreement|likelihood ratio|χ²|chi"
)
STRONG = re.compile(rf"(?<!standard )\b(?:{METRICS}|{_MORE})\b", re.IGNORECASE)
GOVERNED = re.compile(
    rf"(?<!standard )\b(?:{METRICS}|{_MORE}|(?:mean|median|absolute|squared?|typical|its|the|our) "
    r"(?:\w+ )?(?:errors?|loss(?:es)?)(?!\s(?:of|in|on)\san?\b))\b(?:\s\([\w\s-]+\))?"
    r"(?:\s(?!(?:and|or|but|where|when|with|while|which|because)\b)[\w’'/–-]+){0,6}?\s*"
    r"(?:[=≈:,~]|\b(?:is|was|are|were|of|reaches|reached|to|by|at|around|about|only|be|from|near|"
    r"stays?|than|between|above|below|over|under|beyond|exceeds?|gains?|has|had|equals?|¤)\b)\s*"
    r"(?:only|about|just|now|roughly|nearly|almost|near|some|at|¤|[~≈(|]|\s)*$|"
    rf"\b(?:{METRICS}|{_MORE})\b\s*[:=≈,(–|]?\s*$|"
    rf"{HIDE}\s*(?:[=≈~:]|\\(?:approx|sim(?:eq)?))\s*$",  # of a metric in code or TeX
    re.IGNORECASE,
)
# "A scatter of 0.15 mag", where nothing of the study is spoken of, is anybody's.
_UNNAMED = (
    r"\b(?:an?|with|typical|intrinsic) (?:\w+ )?"
    r"(?:errors?|loss|shift|scatter|bias|resolution|gain)\b"
)
_ADJECTIVE = re.compile(
    r"^\s?(?:complete|pure|efficient|accurate|correct|contaminated|contamination|wrong|off)\b"
)
_RESULT = re.compile(
    rf"\b(?:{COMPARED}|keeps?|kept|pass(?:es|ed)?|climb\w*|collaps\w*|push\w*|"
    r"lies|stays?|goes|went|sinks?|sank|jumps?|plunge\w*|retain\w*|select\w*|select(?:s|ed)|"
    r"(?:more|less) \w+ (?:than|by)|belongs?|brings?|takes? away|left|contaminants?|removes?|"
    r"recovers?|returns?|yields?|"
    r"deliver\w*|scores?|scored|finds?|found|misses|missed|gives?|gave|separat\w+|complete|pure)\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:(?:is|was|are|we|then|the|fit|have|has) (?:fitted|measured?|observed?|estimated?)|"
    r"(?:the )?fitted|we (?:also )?(?:see|find|found|got|get|obtain\w*)|inference takes|"
    r"estimates?|died|reject the null|(?:over|under)estimat\w*|mistag\w*)\b",
    re.IGNORECASE,
)
# Work, instruments and plans of others: their numbers are no result of this study.
_OTHERS = re.compile(
    r"\b(?:ATLAS|CMS|LHCb|ALICE|LHC|High-Luminosity|Tevatron|Belle|DES|LSST|Rubin|Euclid|SDSS|DESI|"
    r"Planck|WMAP|Gaia|Hubble Space|JWST|ZTF|Pan-STARRS\d?|OzDES|Roman|KiDS|HSC|Kepler|TESS|"
    r"Landsat|Sentinel|eROSITA|Chandra|XMM\S*|LIGO|Virgo|IceCube|Fermi|ALMA|SKA|"
    r"MIMIC\S*|Framingham|"
    r"UK Biobank|telescopes?|spectrographs?|satellites?|cameras?|collaborations?|foreseen|"
    r"forthcoming|future|planned|upgrades?|Run \d|literature|textbooks?|elsewhere|announced|"
    r"published|challenges?|worldwide|PLAsTiCC|convention(?:al(?:ly)?|s)?|discover(?:y|ed)|"
    r"for example|such as|nothing is claimed)"
    r"\b"
)
_ROWS = re.compile(
    r"^\s(?:[a-z-]+\s){0,2}(?:rows?|objects?|events?|patients?|cases?|nests?|jets?|galaxies|stars|"
    r"samples?|images?|spectra|sources?|plots?|sites?|subjects?|fields?|alarms?|candidates?|Ia)\b"
)
_HELD = re.compile(
    r"\b(?:holds?|held|contains?|used|has|have|there are|saw|pass(?:es|ed)?|surviv\w+|lost|died|"
    r"remain\w*|kept|keeps?|select\w*|trained on|in (?:total|all)|left|observe)\b",
    re.IGNORECASE,
)
# A symbol set to a value is a condition: at z = 0.5; p and r are results too often.
_CONDITION = re.compile(
    r"(?<![\w\\])(?:[zkxyTQAZENMLh]|(?:redshifts?|√s|\\sqrt\{?s\}?|η|φ|θ|λ)(?:\sof)?|"
    r"\|[\w\sΔηφ]*\|(?=\s?[=<>≥≤]))\s?(?:[=≈<>~≥≤]|\\(?:approx|sim|simeq|lt|gt|leq?|geq?))?\s?$"
)
_OPENS = re.compile(
    r",\s(?=(?:and|but|so|because|since|while|whereas|where|which|who|whose|as|for|nor|although|"
    r"though|if|when|unless|or|yet)\b)|\s[–—]\s"
)


@dataclass(frozen=True)
class Evidence:
    """A clause as evidence on its numbers.

    Parameters
    ----------
    hidden : str
        The clause, with what is no prose hidden.
    context : str
        What it hangs on: the head of its table, the sentence before its list, or the one that
        calls the footnote which it is.
    sets : mapping of str to frozenset of str
        The sets of rows of the study and what else they are called.
    agrees : callable
        From value and half of its last digit to ``chief``, ``table`` or an empty text.
    """

    hidden: str
    context: str
    sets: Mapping[str, frozenset[str]]
    agrees: Callable[[float, float], str]

    def tells(self, one: Number, at: int) -> bool:
        """Return whether a number that begins at a place of the clause is a result."""
        before, after = self.hidden[:at], self.hidden[at + one.end - one.start :]
        part = part_of(self.hidden, at)
        rate = re.match(
            r"\s(?:[a-z]+\s){0,2}(?:an?|per|every)\s(?:night|second|day|hour|year)\b", after
        )
        if rate and not self._is_own(part):
            return False
        if re.search(r"\bdefin(?:es|ed)\b", part) or _CONDITION.search(before):
            return False
        if THEORY.search(part) and not self._is_own(part):
            return False
        told = bool(GOVERNED.search(before[-90:]) or re.search(TOLD_AFTER, after, re.IGNORECASE))
        told = told or bool(_ADJECTIVE.match(after))
        behind = re.sub(r"^(?:\s?(?:to|and|or|–|-|,|±)\s?\d[\d.]*)+", "", after)
        if UNIT.match(behind) and not one.percent:
            return self._tells_with_unit(one, part, after, told=told)
        if told:
            return True
        if re.search(r"\bfor (?:instance|example)\b|\be\.g\.", part):
            return False
        others = bool(_OTHERS.search(part))
        if others and not self._is_own(part):
            return False
        if re.search(r"±\s?$", before) or re.match(r"\s?±", after) or _FOUND.search(part):
            return True
        return self._tells_plainly(one, part, before, after)

    def _tells_with_unit(self, one: Number, part: str, after: str, *, told: bool) -> bool:
        """Return whether a quantity with a physical unit is a result."""
        if _OTHERS.search(part) and not told:
            return False
        compared = (
            r"[\s\w]{0,12}\s(?:earlier|later|longer|shorter|faster|slower|more|less|better|worse)\b"
        )
        if re.match(compared, after) and self._is_own(part):
            return True
        agrees = self.agrees(one.value, one.half)
        weak = re.search(_UNNAMED, part) and not self._is_own(part)
        if (told and not weak) or _FOUND.search(part):
            return True
        is_result = STRONG.search(part) or _RESULT.search(part)
        return bool(agrees and is_result and self._is_own(part))

    def _tells_plainly(self, one: Number, part: str, before: str, after: str) -> bool:
        """Return whether a plain number, a share or a factor is a result."""
        around = f"{part} {self.context}"
        own = self._is_own(around)
        if STRONG.search(around):
            return True
        definite = re.search(r"\b(?:the|its|their|our|whose|against)\b", part, re.IGNORECASE)
        definite = definite and not re.search(r"\berrors? of an?\b", part)
        if (_RESULT.search(part) or OUTCOME.search(part)) and (own or definite):
            return True
        often = re.match(r"\s(?:as (?:often|likely)|that|the)\b", after)
        if (
            one.unit == "times"
            and often
            and (self.agrees(one.value, one.half) or OUTCOME.search(part))
        ):
            return True
        if COUNTED.search(around) or re.search(r"\b(?:sigma|significance)", around):
            return True
        if one.value > 12 and _ROWS.match(after) and (_HELD.search(part) or own):
            return True
        if re.match(r"\s?(?:σ|sigma|standard dev)", after):
            return own
        digits = len(re.sub(r"^[0.]+|\D", "", self._written(one, before)))
        if digits < 2:
            return False
        agrees = self.agrees(one.value, one.half)
        in_table = before.lstrip().startswith("|") or "|" in self.context
        return bool(agrees) if in_table else own and agrees == "chief"

    def _written(self, one: Number, before: str) -> str:
        return self.hidden[len(before) : len(before) + one.end - one.start]

    def _is_own(self, part: str) -> bool:
        """Return whether words speak of the study."""
        return bool(STUDY.search(part)) or bool(mentions(part, self.sets))


def part_of(hidden: str, at: int) -> str:
    """Return the part of a clause around a place, between commas that begin another one."""
    start, stop = 0, len(hidden)
    for match in _OPENS.finditer(hidden):
        if match.end() <= at:
            start = match.end()
        elif match.start() >= at:
            stop = match.start()
            break
    return hidden[start:stop]
