"""The words by which a sentence on a result is known, and those that make it something else."""

from __future__ import annotations

import re

METRICS = (
    r"rmse|mae|mse|area under the curve|\w+_(?:auc|error|score|precision|accuracy|fraction|"
    r"efficiency)|hazard ratio|odds ratio|"
    r"false (?:alarm|positive|negative)s?|error rate|"
    r"nmad|auc|roc|sic|ece|brier|r²|r2|f1|accuracy|precision|recall|purity|"
    r"completeness|efficienc(?:y|ies)|coverage|scores?|bias(?:es)?|scatters?|gain|"
    r"skill|significance|"
    r"(?:rank )?correlations?|(?:background )?rejection|misclassification|"
    r"outliers?|importance|prevalence|sensitivity|specificity|overlap|shift"
)
COMPARED = (
    r"better|worse|improve\w*|outperform\w*|beats?|lower|higher|larger|smaller|less(?! than)|fewer|"
    r"faster|slower|heavier|lighter|longer|shorter|wider|narrower|stronger|weaker|reduc\w*|"
    r"increas\w*|decreas\w*|drops?|falls?|fell|rises?|rose|exceed\w*|gains?|los(?:es?|t)|"
    r"as (?:much|many|large|small|good|bad|well|fast|slow|wide|long|often|strong|heavy|high|low)|"
    r"errors?(?! bar| column| model)|loss(?! curve)|reach\w*|achiev\w*|attain\w*|degrad\w*|"
    r"(?:twice|half|times|thirds?|quarters?) as \w+|wins?|won|explain(?:s|ed)|accounts? for|"
    r"carr(?:y|ies)|(?:brings?|brought) (?:\w+ )?\w+ (?:down|up)|"
    r"disappear\w*|vanish\w*|gone|remain\w*|survive\w*|halv\w*|doubl(?:ed|es|ing)|tripl(?:ed|es)|"
    r"quadrupl\w*|gr(?:ow[sn]?|ew)|shrinks?|shrank|cheaper|costs?|outnumber\w*|again as \w+|"
    r"(?:mis)?classif\w*|mispredict\w*|rejects?|rejected"
)
# What happens to objects: with it, "every third tree" is a result.
OUTCOME = re.compile(
    r"\b(?:miss(?:es|ed)?|overlook\w*|(?:un)?detect\w*|recover\w*|identif\w*|"
    r"correct\w*|wrong\w*|flagged|tagged|"
    r"failed|fails?|found|predict\w*|judged|labell?ed|survived?|died|respond\w*|outliers?|"
    r"pass(?:es|ed)?|(?:mis)?taken for|confused with|"
    r"too (?:high|low|heavy|light|large|small|long|short|early|late|far|near|bright|faint))\b",
    re.IGNORECASE,
)
# Where objects are: a tenth of the survey lies far from training.
PLACED = re.compile(
    r"\b(?:lies?|lay|falls?|fell|sits?|sat|ends? up) (?:\w+ )?"
    r"(?:far|outside|beyond|within|below|above|near|inside)\b|"
    r"\b(?:is|are) (?:out of|outside)\b|"
    r"\b(?:pass(?:es)?|surviv(?:es?)) (?:the|our|this|its|a) (?:\w+ )?"
    r"(?:cut|box|window|selection)\b|"
    r"\bkept by (?:the|our) (?:\w+ )?(?:model|classifier|trees|cuts?|box|network|forest|score)\b",
    re.IGNORECASE,
)
# What words such as half and a dozen count when nothing was measured.
GENERAL = re.compile(
    r"^(?:\sof)?(?:\s(?:an?|the|all|our|these|those|each|every|per|its))?(?:\s(?!of\b)[\w-]+)?\s"
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|centur\w+|decades?|"
    r"lifetimes?|seasons?|pages?|papers?|authors?|literature|articles?|textbooks?|books?|"
    r"stud(?:y|ies) (?:of|by|on)|surveys (?:of|by)|reviews?|referees?|readers?|"
    r"colleagues?|groups elsewhere|symmetr\w+|ax[ie]s|"
    r"cross[- ]valid\w+|degenerac\w+|reasons?|purposes?|aims?|goals?|ways?|ideas?|lines? of|"
    r"questions?|chapters?|notebooks?|figures?|tables?|equations?|parameters?|hyper\w+|layers?|"
    r"seeds?|folds?|epochs?|draws?|bins?|cores?|lectures?|students?|lessons?|sentences?|words?)\b",
    re.IGNORECASE,
)
# A strength that was chosen, and what is made stronger: levels of study.toml stand beside them.
CHOSEN = re.compile(
    r"\b(?:keeps?|kept|sets? aside|holds? out|reserv\w+|seal\w*|split|divid\w+|"
    r"multipl(?:y|ied|ies)|mov(?:e[sd]?|ing)|shift(?:s|ed|ing)?|widen(?:s|ed)?|lowered by|"
    r"stress tests?|ladder|study\.toml|scal(?:e|ed|es|ing)|rescal\w+|dilut\w+|inflat\w+|"
    r"perturb\w*|levels?|settings?|assum\w+|adopt\w*|fixed|strengths?|"
    r"raised? by|set (?:to|at)|factors)\b",
    re.IGNORECASE,
)
STRESSED = (
    r"(?:noise|errors|error bars|uncertaint(?:y|ies)|systematics?|dose|exposure|background|"
    r"pile-?up|blur\w*|depth|strengths?|smearing|amplitude|perturbations?|dropout|contamination|"
    r"scale|shift|level|sampling)"
)
CLAIM = re.compile(
    rf"(?<!standard )\b(?:{METRICS}|better|worse|improve\w*|outperform\w*|beats?|reach\w*|"
    r"achiev\w*|attain\w*|reduc\w*|lower|higher|smaller|larger|less(?! than)|errors?(?! bar| "
    r"column| model)|loss(?! curve)|explain(?:s|ed)|accounts? for|carr(?:y|ies)|wins?)\b",
    re.IGNORECASE,
)
RESULT = re.compile(rf"(?<!standard )\b(?:{METRICS}|{COMPARED})\b", re.IGNORECASE)
RULE = re.compile(
    r"\b(?:criteri\w+|threshold|bound|asks?|asked|requires?|required|demand\w*|must|"
    r"(?<!than they )(?<!than it )should|"
    r"study\.toml|setting|too (?:much|many)|"
    r"by construction|by definition|chance|coin|guess(?:ing)?|perfect)\b",
    re.IGNORECASE,
)
OWN = re.compile(
    r"\b(?:the|our|this|chosen|fitted|final|trained) (?:\w+ )?(?:model|forest|network|classifier|"
    r"regression|search|ensemble)\b|\bours?\b|\bthis study\b|\bwe (?:find|found|reach\w*|measured?|"
    r"obtain\w*|get|got|achieve\w*)\b",
    re.IGNORECASE,
)
# What holds by arithmetic.
THEORY = re.compile(
    r"\b(?:binomial|[Pp]oisson\w*|counting error|square root|by chance|"
    r"normal distribution|[Gg]aussian)\b"
)
# That a sentence speaks of the study at all, and not of physics or of an instrument.
STUDY = re.compile(
    r"\b(?:models?|classifier|trees|forests?|networks?|nets?|regressions?|boosting|regressor|"
    r"ensemble|cuts?|box|"
    r"reference|baseline|windows?|hunt|score|scores|we|us|our|ours|selected|sample|samples|"
    r"validation|"
    r"test set|training|this study|predictions?|predicted|pseudo-experiments|toys|"
    r"working point|threshold|seeds?|folds?|simulation|machine|method|methods|it|its|"
    r"(?:selected|lost|kept|missed|faint|bright|passing) \w+)\b|"
    r"\b(?:objects|events|rows|jets|cases|patients|stars|galaxies|trees|plots|spectra|images|"
    r"sources|predictions) (?:(?:that|which) (?:are|were)|(?:that |which )?"
    r"(?:pass|survive|get|go|fall|fail|remain|"
    r"lie|belong)\w*)",
    re.IGNORECASE,
)
# A count of objects is a result beside these.
COUNTED = re.compile(
    r"\b(?:outliers?|contaminants?|impostors?|interlopers?|misclassif\w*|misses|"
    r"missed|mispredict\w*|"
    r"false (?:positives?|negatives?|alarms?)|"
    r"wrongly|correctly)\b|\b(?:the|our|this) (?:\w+ )?(?:model|forest|network|classifier)"
    r"(?:[’']s)?\s(?:finds?|found|loses|lost|gets|flags?|tags?|predicts?|misses|missed|reaches)\b",
    re.IGNORECASE,
)
RANKED = (
    r"\b(?:other|first|second|each|either|upper|lower|open|sealed|last|left|right|northern|"
    r"southern|eastern|western)\s$"
)
# Words before a cited number that say whose it is, and words that make a sentence no finding.
THEIRS = (
    r"\b(?:than|below|above|against|beat|beats|under|over|versus|vs\.?|with the|to the|from the|"
    r"as the|"
    r"compared (?:with|to)|report(?:s|ed)?|publish(?:es|ed)?|literature|"
    r"quot(?:es?|ed)|claim(?:s|ed)?|"
    r"al\.|others?|they|whose|their|state of the art)\b[^.;]*$"
)
THEIRS_AFTER = (
    r"^[\W¤]*(?:of|by|in|from|reported by|found by|published by)\s"
    r"(?:[A-Z]|the literature|others|(?:most|many|other|earlier|published)\s\w+)"
)
HYPOTHETICAL = (
    r"\b(?:may|can|for granted|takes?|taken|we set|(?:is|are) set|set to|chosen?|choose|"
    r"fix(?:ed)?|adopt(?:s|ed)?|would|could|might|if|suppose|imagine|assum\w+|"
    r"by construction)\b"
)
WISHED = (
    r"\b(?:is|are) (?:a|the|only) conventions?\b|\bby convention\b|"
    r"\b(?:would|might|could)\s(?:(?:already|still|then|also)\s)?(?:be\s)?(?:need\w*|requir\w*|"
    r"suffic\w*|enough|useful|matter|do|welcome|acceptable|tolerable|tolerat\w+)\b"
)
TOLD = (
    rf"\b(?:{METRICS}|errors?|losses|loss)\b(?:\s(?!(?:and|or|but)\b)[\w’'–-]+){{0,6}}?\s*"
    r"(?:=|≈|:|is|was|are|were|of|reaches|reached|to|by|at|around|about|only|be)\s*"
    r"(?:only|about|just|now|¤|\s)*$|"
    rf"\b(?:{METRICS})\b\s*[:=≈,]?\s*$|"
    r"\b(?:reach\w*|achiev\w*|attain\w*|obtain\w*|find|found|measured?|gets?|got|lower(?:s|ed)|"
    r"reduc\w*|improv\w*|gains?|wins?)\b(?:\s[\w’'–-]+){0,8}\s*$"
)
TOLD_AFTER = (
    r"^[\W¤]*(?:(?:is|was|as)\s)?(?:(?:the|our|its)\s)?(?:[a-z]+\s)?"
    rf"(?:{METRICS})\s(?:of|for|on|by)\b"
)
