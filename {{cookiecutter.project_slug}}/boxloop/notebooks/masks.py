r"""What in Markdown is no prose, and which digits are no numbers: code, formulae, names, dates.

Numbers in code and in TeX are prose where nothing else stands there, or a metric is set equal to
them: `0.12`, `auc = 0.91`, $\sigma = 0.12$; `alpha = 0.1` and $z > 0.3$ are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from boxloop.notebooks.vocabulary import METRICS, STUDY

if TYPE_CHECKING:
    from collections.abc import Callable

HIDE = "¤"  # stands for what is no prose
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_ITEM = r"[1-9]\d?(?:\.[1-9]\d?)*(?![\d.]*\d)"
_LIST = rf"\d+(?:\.\d+)*(?:\s?[–-]\s?{_ITEM}|(?:,\s?|,?\s(?:and|to|or)\s){_ITEM})*"
_LEVEL = r"(?:50|68(?:\.\d+)?|80|90|95(?:\.\d+)?|97\.5|99(?:\.\d+)?)"
_CENT = r"(?:\s?%|[ -]per[ -]?cent)"
_NAMED = (
    r"(?:Python|scikit-learn|sklearn|[Nn]um[Pp]y|[Ss]ci[Pp]y|[Pp]andas|[Mm]atplotlib|[Aa]stropy|"
    r"PyTorch|[Tt]orch|TensorFlow|Keras|JAX|XGBoost|LightGBM|CatBoost|[Ss]kops|R|Julia|Stan|MATLAB|"
    r"Stata|SPSS|SAS|Geant4?|GEANT4?|Pythia|PYTHIA|Herwig|Delphes|ROOT|QGIS|GDAL|CASA|"
    r"Ubuntu|Debian|"
    r"Linux|Windows|mac[Oo]S|Docker|conda|pip|[Vv]ersions?|[Rr]eleases?|[Rr]evision|CUDA|v|"
    r"GPL|LGPL|AGPL|Apache|BSD|CC[- ]BY(?:[- ](?:SA|NC|ND))*|MIT|Creative Commons|ISO|RFC|"
    r"Python|DR|EDR|Run|Cycle|Data Release)"
)
_METRIC_NAMES = "RMSE|MAE|MSE|NMAD|AUC|ROC|SIC|ECE|RMS|MAD|MAPE|IOU|IQR|BIC|AIC|CRPS|NLL|CI|SD|SE"
# Objects and documents whose digits are a name: 2MASX J0123+4567, 3C 273, SN 1987A, PMID: 123.
_CATALOGUED = (
    r"\b(?:[A-Z0-9][\w+*-]*\s)?[JB]\d{3,}(?:\.\d+)?(?:[+−–-]\d{2,}(?:\.\d+)?)?[a-zA-Z]?\b|"
    r"(?<![\w.])\d{1,2}[A-Z]{1,6}[a-z]?(?:[\s-](?=J?\d)J?\d[\d.]*(?:[+−–-]\d[\d.]*)?[A-Za-z]?|"
    r"(?=-[A-Z]))\b|"
    r"\b(?:SN|PSR|HD|HIP|NGC|IC|UGC|TYC|KIC|TIC|EPIC|TOI|KOI|GRB|FRB|GW|AT|M|WASP|HAT|RX|1E|PKS|"
    r"ACO|Abell|RXC|SPT|ACT|MACS|GSE|PDB|NCT|ENSG|OMIM|EC|CAS|GO|KEGG|ATCC|ICD|NIST|"
    r"DSM|EU|FDA|EPSG)"
    r"[\s:-][A-Z]{0,4}\d[\d.+–-]*[A-Za-z]?\b|"
    r"[A-Za-zΑ-Ωα-ω][*']?\(\d{3,4}\)|"
    r"\b(?:DOI|PMID|PMCID|ISBN|ISSN|ORCID|[Bb]ibcode|ADS|IRB|[Gg]rants?|IDs?|[Ii]d|[Tt]icket|"
    r"[Cc]ommit|[Ii]ssue|\w*ID|[Oo]bservation|[Ee]vent|[Aa]ccession|[Pp]rojects?|"
    r"[Pp]rogram(?:me)?|[Pp]roposal|"
    r"[Aa]wards?|[Cc]ontract|[Ss]erial|[Cc]lone|[Ss]train|[Ss]pecimen|[Ss]can|[Ff]ile)"
    r"(?:\s(?:no\.|number|IDs?))?[:\s#]\s?(?!\d+(?:\.\d+)?\s?%)[\w./:-]*\d[\w./:-]*|"
    r"(?<![\w.,])0\d{2,}(?:-\d+)*\b(?!\.)|(?<![\d.])\d{9,}\b(?!\.)|\b(?:19|20)\d\d-\d{1,3}\b(?!-)|"
    r"\b(?:19|20)\d\d/\d+\b|\b[Ss]eeds?\s?(?:is|was|of|=|:)\s?\d+\b|"
    r"\b(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\b|"
    r"(?<![\w.])\d{1,3}[A-FHIJLN-SU-Z]\b|"
    rf"\b(?!(?:{_METRIC_NAMES})\b)[A-Z]{{2,}}\d*\s"
    r"(?:[A-Z]\d{2,}(?:\.\d+)?[+−–-]\d{2,}(?:\.\d+)?|"
    r"\d{2,4}(?:\.\d+)?\+\d{2,}(?:\.\d+)?|\d{4}(?:\.\d+)?[−–-]\d{2,}(?:\.\d+)?)[a-z]?\b|"
    r"\b[a-z-]+/\d{7}\b|\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b|(?<=\s)#\d+\b"
)
# Places in the sky and on Earth, and hours of the day.
_COORDINATE = (
    r"[+−–-]?\d{1,3}(?:°|\s?deg|h|ʰ)\s?\d{1,2}(?:[′'’m]|\s?min)?"
    r"(?:\s?\d{1,2}(?:\.\d+)?(?:[″\"”s])?)?|"
    r"(?<![\d:])[+−–-]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?![\d:])|"
    r"\b(?:RA|R\.A\.|Dec\.?|[Dd]eclinations?|[Rr]ight ascensions?|[Ll]atitudes?|[Ll]ongitudes?|"
    r"[Ee]poch|[Aa]ltitudes?|[Ee]levations?|UTC?|MJD|JD)"
    r"(?:\s(?:of|from|between|at|is|above|below|=))?\s?[=≈]?\s?"
    r"[+−–-]?\d+(?:\.\d+)?\s?°?(?:\s?(?:to|and|–)\s?[+−–-]?\d+(?:\.\d+)?\s?°?)?"
    r"(?:\s?\d{1,2}(?:\.\d+)?\s?[′'’″\"”])*|"
    r"(?<![\w.])\d{1,3}(?:\.\d+)?\s?°\s?[NSEW]\b"
)
_NUMBERED = (
    r"(?:[Ss]ections?|[Ss]ects?\.|[Ss]ecs?\.|[Ff]igures?|[Ff]igs?\.|[Tt]ables?|[Ee]qs?\.|"
    r"[Ee]quations?|[Cc]hapters?|[Cc]h\.|[Nn]otebooks?|[Ss]teps?|[Qq]uestions?|[Ii]tems?|"
    r"[Tt]ypes?|[Pp]ass(?:es)?|[Ss]eeds?|[Ff]olds?|[Rr]ungs?|[Pp]ages?|pp?\.|[Ll]ines?|"
    r"[Vv]ol\.|[Vv]olume|[Pp]anels?|[Pp]hase|[Ss]tage|[Cc]lass|[Rr]un|[Rr]ow|[Cc]ell|"
    r"Landsat|Sentinel|MODIS|Apollo|Voyager|Gaia|Planck|Kepler|ERA|CMIP|GPT|Llama|ResNet|"
    r"[Pp]lots?|[Ss]ites?|[Ww]ards?|[Hh]ospitals?|[Ss]tations?|[Pp]atients?|"
    r"[Ss]ubjects?|[Ss]ectors?|"
    r"[Ff]ields?|[Tt]iles?|[Cc]ameras?|[Tt]ransects?|[Qq]uadrats?|[Bb]lock|[Bb]atch|[Dd]ays?|"
    r"[Ww]eeks?|[Cc]ohorts?|[Aa]rm|[Gg]rades?|[Gg]roups?|[Tt]iers?|[Bb]ands?|[Cc]hannels?|"
    r"[Ff]ootnotes?|[Nn]otes?|[Aa]lgorithms?|[Bb]ox(?:es)?|[Tt]heorem|[Ll]emma|[Cc]ases?|"
    r"[Ss]cenarios?|[Ee]xperiments?|[Ss]upplement(?:ary)?|[Ee]xtended [Dd]ata|[Rr]eviewers?|"
    r"[Aa]ppendix|[Pp]art|[Nn]o\.|[Nn]r\.|[Cc]riteri(?:on|a)|[Pp]oint|[Mm]odel|[Rr]ef\.)"
)
_NOT_COUNTED = r"(?![\w%]|\.\d|\s?%|\sper\s?cent|\spercent|,\d|\stimes)"
_OF_LEVEL = (
    r"(?:confiden|credib|interval|predict|level|limit|CL\b|CI\b|CrI\b|C\.L\.|HPD|"
    r"band|range|quantile|percentile|"
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
        (r"(?<![\\\w$])\$(?=\S)(?:\\.|[^$\n])+?(?<=\S)\$(?!\d)", 0),
        (r"(?<=\])\(\s*<?[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*>?(?:\s+\"[^\"]*\")?\s*\)", 0),
        (r"^\[(?!\^)[^\]\n]+\]:\s.*$|\[\^[^\]]+\]", re.MULTILINE),
        (r"https?://\S+|\bdoi:\s?\S+|\barXiv[:\s]\s?\S*\d\S*|\b10\.\d{4,}/\S+", 0),
        (r"</?[A-Za-z][^<>]*>", 0),
        (r"^[ \t>]*(?:#+\s*)?\d{1,2}[.)](?=\s)|^#+\s+\d{1,2}(?=\s)", re.MULTILINE),
        (_CATALOGUED, 0),
        (_COORDINATE, 0),
        (rf"\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:\s\d{{4}})?", 0),
        (rf"\b{_MONTH}(?:\s\d{{1,2}},)?\s\d{{4}}|\b{_MONTH}\s\d{{1,2}}\b(?!\s[a-z]+s\b)", 0),
        (r"(?<![\d.])\d+\.\d+\.\d+(?:\.\d+)*", 0),
        (r"§+\s?[\dA-Z]+(?:\.\d+)*(?:[–-]\d+(?:\.\d+)*|(?:,\s?|\sand\s)\d+\.\d+)*", 0),
        (rf"\b{_NUMBERED}[\s~]\(\w+\)(?:(?:\s?[–,-]\s?|,?\s(?:and|to|or)\s)\(\w+\))*", 0),
        (rf"\b{_NUMBERED}[\s~]\(?(?:{_LIST}){_NOT_COUNTED}\)?(?:\sof\s\d{{1,3}}\b)?", 0),
        (rf"\b{_NAMED}\s?(?:[<>=]=?\s?)?\d+(?:\.\d+)*\b", 0),
        (r"(?<![\d.,])\b0[0-9](?:[–-]0[0-9])?\b(?![.,]\d)(?!\s?%)", 0),
        (rf"\b{_LEVEL}{_CENT}[ -](?:[\w-]+[ -]){{0,2}}?{_OF_LEVEL}", 0),
        (rf"\b{_LEVELLED}\s(?:(?:of|at|at the|with|are|is|to)\s|\()\(?{_LEVEL}{_CENT}", 0),
        (r"\b(?:1[5-9]|20)\d0s\b", 0),
        (r"\(\s?1\s?[+−-]\s?[a-zε]\s?\)|\bscatter(?:s|ed)?\sby\s\S+\s(?=\(1)", 0),
        (rf"\b\d{{1,4}}(?:[ -]{_SET_BY_HAND})\b", 0),
        (r"\b[2-5]\s?(?:σ|sigma)[ -](?:threshold|discovery|level|limit|convention|clip)\w*", 0),
    )
)  # fmt: skip


def masked(text: str, agrees: Callable[[float, float], str] | None = None) -> str:
    """Return a text of the same length in which what is no prose is hidden.

    Parameters
    ----------
    text : str
    agrees : callable, optional
        From a value and half of its last digit to ``chief`` where it is a result of the study:
        such a number is prose in TeX, too, if its line speaks of the study.
    """
    written = text
    for mask in MASKS:
        text = mask.sub(lambda match: _hidden(match, written, agrees), text)
    return text


_FIGURE = (
    r"[-+−]?(?:\d{1,3}(?:(?:,|\{,\}|\\[,;])\d{3})+|\d+(?:\.\d+)?|\.\d+)"
    r"(?:[eE][-+−]?\d+|\s?(?:[×x·*]|\\times|\\cdot)\s?10\^\{?[-+−]?\d+\}?)?(?:(?:\s|\\[,;])*\\?%)?"
)
_NUMBER_ONLY = re.compile(
    r"(?:[≈~<>≤≥=]|\\(?:approx|sim(?:eq)?|le|leq|ge|geq|lesssim|gtrsim)\b)?\s*"
    rf"{_FIGURE}(?:\s*(?:±|\\pm|to|–|--)\s*{_FIGURE})?"
)
_NAME_OF_METRIC = re.compile(
    rf"(?:[\w.\s\\{{}}]*[\W_])?(?:{METRICS}|auc|R\^\{{?2\}}?|chi\^\{{?2\}}?)"
    r"(?:[\W_][\w\s\\{},^]*)?",
    re.IGNORECASE,
)
_RELATION = re.compile(
    rf"(?:[=≈~:]|\\(?:approx|sim(?:eq)?)\b)\s*{_FIGURE}(?:\s*(?:±|\\pm)\s*{_FIGURE}|"
    r"\s*[\^_]\{?[-+−][\d.]+\}?[\^_]\{?[-+−][\d.]+\}?)?"
    # Behind it at most a unit: in "1.086 \\sigma_F / F" the number is a factor of a formula.
    r"(?![\d.])(?=(?:\s|\\[,;:!%]|%|\\(?:mathrm|text|rm)\b|[{}]|[A-Za-z]{1,4}\b)*$)"
)
_SPOKEN = re.compile(rf"(?<=\w)\s+{_FIGURE}\s*$")  # `sic 4.72`
# What cosmology and particle physics write so is no result, whatever agrees with it.
_OF_PHYSICS = re.compile(
    r"\\(?:Omega|Lambda|alpha_s|sqrt|Delta\s*\\?(?:eta|phi|R)|lambda|pi|hbar|theta)|"
    r"\b(?:H_?\{?0|h|z|w_0|M_B|c|k_B|m_\w+|q)\b\s*$"
)


def _hidden(
    match: re.Match[str], written: str, agrees: Callable[[float, float], str] | None
) -> str:
    """Return what stands for a part that is no prose; numbers in code and TeX are prose."""
    text = match[0]
    inner = text.strip("`$").strip()
    if text[0] not in "`$" or "\n" in text or not inner:
        return re.sub(r"[^\n]", HIDE, text)
    begin = text.index(inner)
    whole = _NUMBER_ONLY.fullmatch(inner)
    number = _RELATION.search(inner) or (_SPOKEN.search(inner) if text[0] == "`" else None)
    if whole and (text[0] == "$" or re.search(r"[.%]", inner)):
        shown = inner
    elif number and (
        _is_said(inner[: number.start()], text[0])
        or (text[0] == "$" and agrees and _is_result(match, inner, written, agrees))
    ):
        shown, begin = inner[number.start() :], begin + number.start()
        shown = re.sub(r"^\s", "=", shown)  # `sic 4.72` says that sic is 4.72
    else:
        return HIDE * len(text)
    return HIDE * begin + shown + HIDE * (len(text) - begin - len(shown))


def _is_result(
    match: re.Match[str], inner: str, written: str, agrees: Callable[[float, float], str]
) -> bool:
    """Return whether a symbol is set to a result of the study, in a line that speaks of it."""
    found = re.search(r"(?:=|\\approx|\\sim(?:eq)?|≈)\s*([-−]?\d+\.\d+)", inner)
    start = written.rfind("\n", 0, match.start()) + 1
    line = written[start : match.start()] + written[match.end() :].partition("\n")[0]
    exact = found and len(re.sub(r"^[-−0.]+|\.", "", found[1])) > 2
    told = re.search(rf"\b(?:{METRICS}|(?:un)?correlat\w+)\b", line, re.IGNORECASE)
    if found is None or _OF_PHYSICS.search(inner[: found.start()]) or not STUDY.search(line):
        return False
    decimals = len(found[1].partition(".")[2])
    how = agrees(float(found[1].replace("−", "-")), 0.5 * 10.0**-decimals)
    return bool(exact and how == "chief") or bool(told and decimals > 2 and how)


def _is_said(name: str, sign: str) -> bool:
    """Return whether what is set equal to a number is a metric, or of TeX the scatter."""
    plain = re.sub(r"\\(?:mathrm|text|rm|mathit|operatorname|texttt)\b\s*|[{}]", "", name).strip()
    if _NAME_OF_METRIC.fullmatch(plain) or _NAME_OF_METRIC.fullmatch(name.strip()):
        return True
    return sign == "$" and bool(
        re.search(r"\\sigma(?!_\{?8)|\\Delta|\\langle|\\epsilon|\\varepsilon", name)
    )
