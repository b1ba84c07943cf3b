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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from boxloop.notebooks.file import source
from boxloop.notebooks.numerals import WORDS, Number, numbers
from boxloop.notebooks.sets_named import named_sets

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
    r"(?:Python|scikit-learn|sklearn|[Nn]um[Pp]y|[Ss]ci[Pp]y|[Pp]andas|[Mm]atplotlib|[Aa]stropy|"
    r"PyTorch|[Tt]orch|TensorFlow|Keras|JAX|XGBoost|LightGBM|CatBoost|[Ss]kops|R|Julia|Stan|MATLAB|"
    r"Stata|SPSS|SAS|Geant4?|GEANT4?|Pythia|PYTHIA|Herwig|Delphes|ROOT|QGIS|GDAL|CASA|Ubuntu|Debian|"
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
    r"ACO|Abell|RXC|SPT|ACT|MACS|GSE|PDB|NCT|ENSG|OMIM|EC|CAS|GO|KEGG|ATCC|ICD|NIST|DSM|EU|FDA|EPSG)"
    r"[\s:-][A-Z]{0,4}\d[\d.+–-]*[A-Za-z]?\b|"
    r"[A-Za-zΑ-Ωα-ω][*']?\(\d{3,4}\)|"
    r"\b(?:DOI|PMID|PMCID|ISBN|ISSN|ORCID|[Bb]ibcode|ADS|IRB|[Gg]rants?|IDs?|[Ii]d|[Tt]icket|"
    r"[Cc]ommit|[Ii]ssue|\w*ID|[Oo]bservation|[Ee]vent|[Aa]ccession|[Pp]rojects?|[Pp]rogram(?:me)?|[Pp]roposal|"
    r"[Aa]wards?|[Cc]ontract|[Ss]erial|[Cc]lone|[Ss]train|[Ss]pecimen|[Ss]can|[Ff]ile)"
    r"(?:\s(?:no\.|number|IDs?))?[:\s#]\s?(?!\d+(?:\.\d+)?\s?%)[\w./:-]*\d[\w./:-]*|"
    r"\b0\d{2,}(?:-\d+)*\b(?!\.)|(?<![\d.])\d{9,}\b(?!\.)|\b(?:19|20)\d\d-\d{1,3}\b(?!-)|"
    r"(?<![\w.])\d{1,3}[A-FHIJLN-SU-Z]\b|"
    rf"\b(?!(?:{_METRIC_NAMES})\b)[A-Z]{{2,}}\d*\s(?:[A-Z]\d{{2,}}(?:\.\d+)?[+−–-]\d{{2,}}(?:\.\d+)?|"
    r"\d{2,4}(?:\.\d+)?\+\d{2,}(?:\.\d+)?|\d{4}(?:\.\d+)?[−–-]\d{2,}(?:\.\d+)?)[a-z]?\b|"
    r"\b[a-z-]+/\d{7}\b|\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b|(?<=\s)#\d+\b"
)
# Places in the sky and on Earth, and hours of the day.
_COORDINATE = (
    r"[+−–-]?\d{1,3}(?:°|\s?deg|h|ʰ)\s?\d{1,2}(?:[′'’m]|\s?min)?(?:\s?\d{1,2}(?:\.\d+)?(?:[″\"”s])?)?|"
    r"(?<![\d:])[+−–-]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?![\d:])|"
    r"\b(?:RA|R\.A\.|Dec\.?|[Dd]eclinations?|[Rr]ight ascensions?|[Ll]atitudes?|[Ll]ongitudes?|[Ee]poch|"
    r"[Aa]ltitudes?|[Ee]levations?|UTC?|MJD|JD)(?:\s(?:of|from|between|at|is|above|below|=))?\s?[=≈]?\s?"
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
    r"[Pp]lots?|[Ss]ites?|[Ww]ards?|[Hh]ospitals?|[Ss]tations?|[Pp]atients?|[Ss]ubjects?|[Ss]ectors?|"
    r"[Ff]ields?|[Tt]iles?|[Cc]ameras?|[Tt]ransects?|[Qq]uadrats?|[Bb]lock|[Bb]atch|[Dd]ays?|"
    r"[Ww]eeks?|[Cc]ohorts?|[Aa]rm|[Gg]rades?|[Gg]roups?|[Tt]iers?|[Bb]ands?|[Cc]hannels?|"
    r"[Ff]ootnotes?|[Nn]otes?|[Aa]lgorithms?|[Bb]ox(?:es)?|[Tt]heorem|[Ll]emma|[Cc]ases?|"
    r"[Ss]cenarios?|[Ee]xperiments?|[Ss]upplement(?:ary)?|[Ee]xtended [Dd]ata|[Rr]eviewers?|"
    r"[Aa]ppendix|[Pp]art|[Nn]o\.|[Nn]r\.|[Cc]riteri(?:on|a)|[Pp]oint|[Mm]odel|[Rr]ef\.)"
)
_NOT_COUNTED = r"(?![\w%]|\.\d|\s?%|\sper\s?cent|\spercent|,\d|\stimes)"
_OF_LEVEL = (
    r"(?:confiden|credib|interval|predict|level|limit|CL\b|CI\b|CrI\b|C\.L\.|HPD|band|range|quantile|percentile|"
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
        (r"^\[[^\]\n]+\]:\s.*$|\[\^[^\]]+\]", re.MULTILINE),
        (r"https?://\S+|\bdoi:\s?\S+|\barXiv[:\s]\s?\S*\d\S*|\b10\.\d{4,}/\S+|</?[A-Za-z][^<>]*>", 0),
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
        (rf"\b\d{{1,4}}(?:[ -]{_SET_BY_HAND})\b", 0),
        (r"\b[2-5]\s?(?:σ|sigma)[ -](?:threshold|discovery|level|limit|convention|clip)\w*", 0),
    )
)  # fmt: skip
_METRICS = (
    r"rmse|mae|mse|area under the curve|\w+_(?:auc|error|score|precision|accuracy|fraction|"
    r"efficiency)|hazard ratio|odds ratio|error rate|false (?:positive|negative|alarm) rate|"
    r"nmad|auc|roc|sic|ece|brier|r²|r2|f1|accuracy|precision|recall|purity|"
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
    r"disappear\w*|vanish\w*|gone|remain\w*|survive\w*|halv\w*|doubl(?:ed|es|ing)|tripl(?:ed|es)|"
    r"quadrupl\w*|gr(?:ow[sn]?|ew)|shrinks?|shrank|cheaper|costs?|outnumber\w*|again as \w+|"
    r"(?:mis)?classif\w*|mispredict\w*|rejects?|rejected"
)
# What happens to objects: with it, "seven in ten" is a result.
_OUTCOME = re.compile(
    r"\b(?:miss(?:es|ed)?|detect\w*|recover\w*|identif\w*|correct\w*|wrong\w*|right(?:ly)?|flagged|"
    r"tagged|rejected|selected|failed|fails?|agree\w*|differ\w*|found|predict\w*|judged|labell?ed|"
    r"lie|lies|fall|sit|too (?:high|low|heavy|light|large|small|long|short|early|late)|survived?|"
    r"died|respond\w*|kept|lost|training|validation|test set|sealed|held-out|rows|halos|outliers?|"
    r"models?|networks?|classifiers?|forests?|reference|baseline|residuals?)\b",
    re.IGNORECASE,
)
# What words such as half and a dozen count when nothing was measured.
_GENERAL = re.compile(
    r"^(?:\sof)?(?:\s(?:an?|the|all|our|these|those|each|every|per|its))?(?:\s(?!of\b)[\w-]+)?\s"
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|centur\w+|decades?|lifetimes?|"
    r"seasons?|pages?|papers?|authors?|literature|articles?|textbooks?|books?|stud(?:y|ies) (?:of|by|on)|"
    r"surveys (?:of|by)|reviews?|referees?|readers?|colleagues?|groups elsewhere|symmetr\w+|ax[ie]s|"
    r"cross[- ]valid\w+|degenerac\w+|reasons?|purposes?|aims?|goals?|ways?|ideas?|lines? of|"
    r"questions?|chapters?|notebooks?|figures?|tables?|equations?|parameters?|hyper\w+|layers?|"
    r"seeds?|folds?|epochs?|draws?|bins?|cores?|lectures?|students?|lessons?|sentences?|words?)\b",
    re.IGNORECASE,
)
# A strength that was chosen, and what is made stronger: levels of study.toml stand beside them.
_SET = re.compile(
    r"\b(?:keeps?|kept|sets? aside|holds? out|reserv\w+|seal\w*|split|divid\w+|multipl(?:y|ied)|scal(?:e|ed|es|ing)|"
    r"rescal\w+|dilut\w+|inflat\w+|perturb\w*|levels?|settings?|assum\w+|adopt\w*|fixed|strengths?|"
    r"raised? by|set (?:to|at)|factors)\b",
    re.IGNORECASE,
)
_STRESSED = (
    r"(?:noise|errors|error bars|uncertaint(?:y|ies)|systematics?|dose|exposure|background|"
    r"pile-?up|blur\w*|depth|strengths?|smearing|amplitude|perturbations?|dropout|contamination|"
    r"scale|shift|level|sampling)"
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
# A count of objects is a result beside these.
_COUNTED = re.compile(
    r"\b(?:outliers?|misclassif\w*|misses|missed|mispredict\w*|false (?:positives?|negatives?|alarms?)|"
    r"wrongly|correctly)\b|\b(?:the|our|this) (?:\w+ )?(?:model|forest|network|classifier)"
    r"(?:[’']s)?\s(?:finds?|found|loses|lost|gets|flags?|tags?|predicts?|misses|missed|reaches)\b",
    re.IGNORECASE,
)
_RANKED = (
    r"\b(?:other|first|second|each|either|upper|lower|open|sealed|last|left|right|northern|southern|"
    r"eastern|western)\s$"
)
# Words before a cited number that say whose it is, and words that make a sentence no finding.
_THEIRS = (
    r"\b(?:than|below|above|against|beat|beats|under|over|versus|vs\.?|with the|to the|from the|as the|"
    r"compared (?:with|to)|report(?:s|ed)?|publish(?:es|ed)?|literature|quot(?:es?|ed)|claim(?:s|ed)?|"
    r"al\.|others?|they|whose|their|state of the art)\b[^.;]*$"
)
_THEIRS_AFTER = (
    r"^[\W¤]*(?:of|by|in|from|reported by|found by|published by)\s(?:[A-Z]|the literature|others)"
)
_HYPOTHETICAL = r"\b(?:may|can|for granted|taken as|take|adopt|would|could|might|if|suppose|imagine|assum\w+|by construction)\b"
_WISHED = (
    r"\b(?:would|might|could)\s(?:(?:already|still|then|also)\s)?(?:be\s)?(?:need\w*|requir\w*|"
    r"suffic\w*|enough|useful|matter|do|welcome|acceptable|tolerable|tolerat\w+)\b"
)
_TOLD = (
    rf"\b(?:{_METRICS}|errors?|losses|loss)\b(?:\s(?!(?:and|or|but)\b)[\w’'–-]+){{0,6}}?\s*"
    r"(?:=|≈|:|is|was|are|were|of|reaches|reached|to|by|at|around|about|only|be)\s*"
    rf"(?:only|about|just|now|{HIDE}|\s)*$|"
    r"\b(?:reach\w*|achiev\w*|attain\w*|obtain\w*|find|found|measured?|gets?|got|lower(?:s|ed)|"
    r"reduc\w*|improv\w*|gains?|wins?)\b(?:\s[\w’'–-]+){0,8}\s*$"
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
    """

    keys: frozenset[str] = frozenset()
    levels: frozenset[float] = frozenset()
    lists: tuple[frozenset[float], ...] = ()
    sets: frozenset[str] = frozenset()


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
        text = mask.sub(_hidden, text)
    return text


_SAID = rf"(?:[≈~<>≤≥=]|\\(?:approx|sim(?:eq)?|le|leq|ge|geq|lesssim|gtrsim)\b)?\s*{{}}(?:\s*(?:±|\\pm|to|–|--)\s*{{}})?"
_FIGURE = (
    r"[-+−]?(?:\d{1,3}(?:(?:,|\{,\}|\\[,;])\d{3})+|\d+(?:\.\d+)?|\.\d+)"
    r"(?:[eE][-+−]?\d+|\s?(?:[×x·*]|\\times|\\cdot)\s?10\^\{?[-+−]?\d+\}?)?(?:(?:\s|\\[,;])*\\?%)?"
)
_NUMBER_ONLY = re.compile(_SAID.format(_FIGURE, _FIGURE))
_NAME_OF_METRIC = re.compile(
    rf"(?:[\w.\s\\{{}}]*[\W_])?(?:{_METRICS}|auc|R\^\{{?2\}}?|chi\^\{{?2\}}?)(?:[\W_][\w\s\\{{}},^]*)?",
    re.IGNORECASE,
)
_RELATION = re.compile(
    rf"(?:[=≈~:]|\\(?:approx|sim(?:eq)?)\b)\s*{_FIGURE}(?:\s*(?:±|\\pm)\s*{_FIGURE}|"
    r"\s*[\^_]\{?[-+−][\d.]+\}?[\^_]\{?[-+−][\d.]+\}?)?(?=[^=<>≈~\d]*\s*$)"
)


def _hidden(match: re.Match[str]) -> str:
    """Return what stands for a part that is no prose; numbers in code and TeX are prose."""
    text = match[0]
    inner = text.strip("`$").strip()
    if text[0] not in "`$" or "\n" in text or not inner:
        return re.sub(r"[^\n]", HIDE, text)
    begin = text.index(inner)
    whole = _NUMBER_ONLY.fullmatch(inner)
    number = _RELATION.search(inner)
    if whole and (text[0] == "$" or re.search(r"[.%]", inner)):
        shown = inner
    elif number and _is_said(inner[: number.start()], text[0]):
        shown, begin = inner[number.start() :], begin + number.start()
    else:
        return HIDE * len(text)
    return HIDE * begin + shown + HIDE * (len(text) - begin - len(shown))


def _is_said(name: str, sign: str) -> bool:
    """Return whether what is set equal to a number is a metric, or of TeX the scatter."""
    plain = re.sub(r"\\(?:mathrm|text|rm|mathit|operatorname|texttt)\b\s*|[{}]", "", name).strip()
    if _NAME_OF_METRIC.fullmatch(plain) or _NAME_OF_METRIC.fullmatch(name.strip()):
        return True
    return sign == "$" and bool(
        re.search(r"\\sigma(?!_\{?8)|\\Delta|\\langle|\\epsilon|\\varepsilon", name)
    )


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
        of_result = ADDRESS.fullmatch(match["target"]) or match["target"].startswith("@")
        is_code = inside and not inside.strip(HIDE) and not of_result
        if hidden[match.start()] == HIDE or is_code:
            continue  # in code, or itself code
        said = _linked(match, text, known, anchors)
        if said is not None:
            found.append(said)
            span = range(match.start(), match.end())
            hidden = hidden[: span.start] + HIDE * len(span) + hidden[span.stop :]
    shown = numbers(hidden)
    for start, end in _clauses(hidden):
        clause = Clause(text[start:end], hidden[start:end], known, alt=passage.part != "prose")
        inside = [said for said in found if start <= said.start < end]
        for said in inside:
            if clause.speaks_of_own(said, start, inside):
                found[found.index(said)] = replace(said, kind="bare", clause=clause.text.strip())
        for one in clause.bare([n for n in shown if start <= n.start < end], start):
            words = text[one.start : one.end]
            found.append(Said("bare", words, one.start, one.end, clause=clause.text.strip()))
    return sorted(found, key=lambda said: said.start)


def _linked(match: re.Match, text: str, known: Known, anchors: set[str]) -> Said | None:
    target = match["target"]
    start, end = match.span("text")
    if _CITING.fullmatch(target):
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
        clause=_around(text, match.start(), match.end()),
    )


def _around(text: str, start: int, end: int) -> str:
    """Return the sentence around a place, its links as they are written."""
    parts = [(one, two) for one, two in _clauses(text) if one < end and start < two]
    return text[parts[0][0] : parts[-1][1]] if parts else text


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
        self.is_wish = bool(re.search(_WISHED, hidden)) and not _OWN.search(hidden)
        self.is_question = text.rstrip(" *_\n").endswith("?")
        self.is_own = bool(_COUNTED.search(hidden))
        self.is_cited = not _OWN.search(hidden) and cites(text, known.keys)

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
        few = 2 if _SET.search(self.hidden) else 3
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
            rf"\s(?:the\s|its\s|all\s|their\s|as\smuch\s|×\s)?(?:[\w-]+\s)?{_STRESSED}\b", after
        )
        behind = re.search(
            rf"\b{_STRESSED}(?:\s(?:is|are|was|were|of|at|level|levels|times|×|by))*\s?$", before
        )
        part = re.split(r"[,;:]", before)[-1]
        opened = re.search(
            r"\b(?:when|if|once|with|at|under|where|while|after|for)\b[^,;:]*$", part, re.I
        )
        known = self._stands_in(one) or bool(
            re.search(r"\b(?:noise|dose|pile-?up)\b", part + after[:25])
        )
        if one.percent or not known or not (ahead or behind):
            return False
        return (bool(opened) or not part.strip()) and not re.search(
            rf"\b(?:{_METRICS})\b", part, re.IGNORECASE
        )

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
        if re.search(_THEIRS, before[-40:]) or re.search(_HYPOTHETICAL, self.hidden):
            return False
        told = re.search(_TOLD, before, re.IGNORECASE)
        metric = re.search(rf"\b(?:{_METRICS})\b", self.hidden, re.IGNORECASE)
        own = bool(_OWN.search(self.hidden)) or bool(named_sets(self.hidden, self.known.sets))
        if said.kind == "cited":
            theirs = re.search(_THEIRS_AFTER, self.hidden[said.end - offset :])
            return own and bool(metric) and bool(told) and not theirs
        return bool(told) and (own or bool(metric))

    def _is_free_word(self, one: Number, before: str, after: str) -> bool:
        if _GENERAL.match(after) or re.search(_RANKED, before):
            return True
        words = self.hidden[len(before) : len(self.hidden) - len(after)]
        if re.match(r"(?:a\s)?(?:few|several|couple)\b", words, re.IGNORECASE):
            return not self.is_own
        if one.kind in ("magnitude", "share", "word"):
            return self._is_free_share(one, words, before, after)
        if one.unit == "times":
            return not self.is_result or self.is_rule
        if one.percent or re.match(r"\sto\s\w+(?:-\w+)?\sper\s?cent|\sor\s\w+\sper\s?cent", after):
            return self._is_level(one)
        if re.match(r"\s(?:sigma|standard deviations?|orders? of)\b", after):
            return not self.is_result or self.is_rule
        if re.match(
            r"\s(?:out )?of (?:the )?\w+ (?:criteria|checks|tests|attempts|questions)\b", after
        ):
            return one.value == 1
        return one.value < 12 or not self._is_counted(after)

    def _is_free_share(self, one: Number, words: str, before: str, after: str) -> bool:
        """Return whether a third, twice, seven in ten or 5 of 40 tell of no result."""
        if one.kind == "magnitude":
            return not self.is_result
        if one.kind == "share":
            each = re.search(r"\s(?:in|out of)\s", words)
            told = each or self.is_result or _OUTCOME.search(self.hidden)
            return not told or self.is_rule or (self._stands_in(one) and self._is_set())
        if one.unit == "times" and re.match(r"\s*(?:[:;.,)]|$)", after) and before.endswith(", "):
            return True  # "and that, twice": a repetition
        return not self.is_result or self._is_level(one)

    def _is_counted(self, after: str) -> bool:
        """Return whether a dozen, or forty, are objects that the study counts as its result."""
        return self.is_own and bool(re.match(r"\s(?:of\b|more\b|[a-z-]+\b)", after))

    def _is_free(self, one: Number, before: str, after: str, *, measured: bool) -> bool:
        return (
            _is_name(one, before, after)
            or _is_year(one, before, after)
            or (self._is_level(one) and not measured)
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
        return self._stands_in(one) and (not self.is_claim or self.is_rule or self._is_set())

    def _stands_in(self, one: Number) -> bool:
        return any(
            abs(abs(one.value) - level) < 1e-9 * max(1, level) for level in self.known.levels
        )

    def _is_set(self) -> bool:
        """Return whether a sentence says that something was chosen, and of no metric."""
        chosen = _SET.search(self.hidden)
        return bool(chosen) and not re.search(rf"\b(?:{_METRICS})\b", self.hidden, re.IGNORECASE)

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
    if re.search(r"[A-Za-zα-ωΑ-Ω_²³]$|[A-Za-z]-$|\w\^\{?$|[A-Za-zΑ-Ωα-ω]\*$", before):
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


def lists(table: object) -> tuple[frozenset[float], ...]:
    """Return the lists of numbers in the tables of ``study.toml``, each as one set."""
    if isinstance(table, dict):
        return tuple(one for value in table.values() for one in lists(value))
    is_list = isinstance(table, list) and len(table) > 1
    return (levels(table),) if is_list and levels(table) else ()


def levels(table: object) -> frozenset[float]:
    """Return the numbers in the tables of ``study.toml``, as shares and as they stand."""
    if isinstance(table, bool):
        return frozenset()
    if isinstance(table, int | float):
        return frozenset({abs(float(table))})
    items = table.values() if isinstance(table, dict) else table if isinstance(table, list) else ()
    return frozenset().union(*(levels(item) for item in items))


__all__ = ["WORDS", "Known", "Passage", "Said", "bibliography", "levels", "passages", "read"]
