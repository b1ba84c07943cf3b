"""Tables in LaTeX, plain or of the AAS journals, as lines with tabs."""

from __future__ import annotations

import re

BODIES = (
    re.compile(r"\\startdata(.*?)\\enddata", re.DOTALL),
    re.compile(
        r"\\begin\{(?:tabular\*?|longtable|tabularx)\}(?:\[[^\]]*\])?(?:\{[^{}]*\})?"
        r"\s*\{(?:[^{}]|\{[^{}]*\})*\}(.*?)\\end\{(?:tabular\*?|longtable|tabularx)\}",
        re.DOTALL,
    ),
)
HEAD = re.compile(r"\\tablehead\s*\{((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}")
COLHEAD = re.compile(r"^\\colhead\s*\{(.*)\}$", re.DOTALL)
REMARK = re.compile(r"(?<!\\)%[^\n]*")
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot"
    r"|noalign\{[^{}]*\}"
    r"|c(?:mid)?rule(?:\([^)]*\))?\{[^{}]*\}|cline\{[^{}]*\})"
)
# What stands for a sign, and what only says how a word looks.
SIGNS = {
    r"\pm": "±", r"\nodata": "", r"\ldots": "", r"\dots": "", r"\cdots": "", r"\_": "_",
    r"\%": "%", r"\&": "and", r"\,": " ", "~": " ", r"\lt": "<", r"\gt": ">", r"\odot": "sun",
}  # fmt: skip
LOOK = re.compile(r"\\(?:mathrm|textbf|textit|text|emph|rm|bf|it|mathbf)\b\s*")


def tabbed(text: str) -> str:
    """Return the rows of a LaTeX table, a tab between its cells; nothing if there is none.

    Parameters
    ----------
    text : str
    """
    text = REMARK.sub("", text)
    body = next((found[1] for pattern in BODIES if (found := pattern.search(text))), "")
    head = found[1] if (found := HEAD.search(text)) else ""
    rows = [row for part in (head, body) for row in _rows(part)]
    return "".join("\t".join(row) + "\n" for row in rows if any(row))


def _rows(text: str) -> list[list[str]]:
    text = RULES.sub("", text)
    return [
        [_cell(cell) for cell in re.split(r"(?<!\\)&", row)]
        for row in re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", text)
    ]


def _cell(text: str) -> str:
    """Return the words of one cell, without what says how they look."""
    text = " ".join(text.split())
    text = found[1] if (found := COLHEAD.match(text)) else text
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    text = re.sub(r"[${}]", "", LOOK.sub("", text))
    return " ".join(text.split())
