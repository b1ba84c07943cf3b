r"""Numbers in prose: which are traced to a result, which are bare, and which are free.

A number of the study is written as a link to the result that it states::

    The model reaches [0.099](#validation.rmse.model), [a third](#gain.validation.rmse) less than
    the reference, and is [no better](#simulator_b.rmse.difference) in the other simulator.

`boxloop.record.traced` knows the addresses, `boxloop.notebooks.stated` says whether the words
hold. A number of somebody else is cited, ``[5 %](@kravtsov2006)``, or stands in one clause with a
citation of ``study/references.bib``. One that is assumed and not found is said to be so:
``[two per cent](#given)``; where the sentence tells this study's own result, neither frees it. The
rest needs no link: years, sections, figures, chapters, names such as H0 or NGC 1275, levels of
intervals, what stands in ``study.toml``, small counts, questions, code, formulae
(`boxloop.notebooks.masks`), and words such as half where no result is told
(`boxloop.notebooks.clause`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from boxloop.notebooks.clause import Clause, Known, Said
from boxloop.notebooks.file import source
from boxloop.notebooks.masks import HIDE, masked
from boxloop.notebooks.numerals import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

LINK = re.compile(
    r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\(\s*<?(?P<target>(?:[^()\s<>]|\([^()\s]*\))*)>?(?P<title>\s+\"[^\"]*\")?\s*\)"
)
ADDRESS = re.compile(r"#(?P<address>given|[A-Za-z0-9_][\w%+-]*(?:\.[\w%+-]+)+)")
_CITING = re.compile(r"@[\w:.+-]+|https?://(?:dx\.)?(?:doi\.org|arxiv\.org|ui\.adsabs\.harvard)\S+")
_ABBREVIATED = re.compile(
    r"(?:\b(?:al|e\.g|i\.e|vs|cf|[Ff]igs?|[Ee]qs?|[Ss]ects?|approx|ca|[A-Z]))\.$"
)

TAUGHT = {"exercise", "hint", "instructor"}  # the prose of a course, of cells tagged `workshop`


@dataclass(frozen=True)
class Passage:
    """Prose of one notebook: a Markdown cell, or the words of a figure or table in a code cell."""

    notebook: str
    cell: str
    part: str
    text: str
    tags: frozenset[str] = frozenset()


def passages(name: str, notebook: dict) -> list[Passage]:
    """Return the prose of a notebook in its order: all Markdown, alternative texts, captions.

    What a course asks, hints at and tells its teacher is no prose of the study, and finds nothing.
    """
    found = []
    for cell in notebook["cells"]:
        tags = frozenset(cell.get("metadata", {}).get("tags", []))
        if "workshop" in tags and tags & TAUGHT:
            continue
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
    hidden, found = masked(text, known.agrees), []
    for match in LINK.finditer(text):
        inside = hidden[match.start("text") : match.end("text")]
        of_result = ADDRESS.fullmatch(match["target"]) or match["target"].startswith("@")
        is_code = inside and not inside.strip(HIDE) and not of_result
        if hidden[match.start()] == HIDE or is_code:
            continue  # in code, or itself code
        said = _linked(match, text, anchors)
        if said is not None:
            found.append(said)
            span = range(match.start(), match.end())
            hidden = hidden[: span.start] + HIDE * len(span) + hidden[span.stop :]
    shown = numbers(hidden)
    for start, end, context in _in_context(hidden, text):
        alt = passage.part != "prose"
        clause = Clause(text[start:end], hidden[start:end], known, alt=alt, context=context)
        inside = [said for said in found if start <= said.start < end]
        for said in inside:
            if clause.speaks_of_own(said, start, inside):
                found[found.index(said)] = replace(said, kind="bare", clause=clause.text.strip())
        for one in clause.bare([n for n in shown if start <= n.start < end], start):
            words = text[one.start : one.end]
            found.append(Said("bare", words, one.start, one.end, clause=clause.text.strip()))
    return sorted(found, key=lambda said: said.start)


def _linked(match: re.Match, text: str, anchors: set[str]) -> Said | None:
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


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence begins and ends; a list item is one, a part up to ``;`` is none."""
    start = 0
    for one, two in _clauses(text):
        if not text[one:two].rstrip().endswith(";") or two == len(text):
            yield start, two
            start = two
    if start < len(text):
        yield start, len(text)


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


def _in_context(hidden: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each clause, and what it hangs on: table head, sentence before a list or of a note."""
    head, intro, calls = "", "", {}
    for start, end in _clauses(hidden):
        line, shown = text[start:end].strip(), hidden[start:end].strip()
        for call in re.findall(r"\[\^([^\]\s]+)\](?!:)", line):
            calls[call] = shown
        note = re.match(r"\[\^([^\]\s]+)\]:", line)
        if line.startswith("|"):
            head = head or shown
            yield start, end, head if head != shown else "|"
            continue
        head = ""
        if note:
            intro = calls.get(note[1], "")
        elif line.endswith(":"):
            intro = shown
        elif not re.match(r"[-*]\s|\d+[.)]\s", line):
            intro = "" if line else intro
        yield start, end, intro if line != shown or intro != shown else ""


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
    items: Iterable[object] = ()
    if isinstance(table, dict):
        items = table.values()
    elif isinstance(table, list | tuple | set):
        items = table
    return frozenset().union(*(levels(item) for item in items))


__all__ = ["Known", "Passage", "Said", "bibliography", "levels", "lists", "passages", "read"]
