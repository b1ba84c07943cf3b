"""What of a chapter stands in the short report: its digest; what lies between is folded away.

Of each of three kinds, figure, table and prose, a digest shows the cells that their author has
tagged with `TAG`, or else the first: the first figure, the first table, and the prose that goes on
from that figure, or begins the section that it stands in. Other cells with the tag are shown too,
and the one that stopped the notebook.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter

from boxloop.notebooks.answers import cell_anchor, is_answer
from boxloop.notebooks.file import source, tags
from boxloop.notebooks.needed import item_of

TAG = "digest"
NEEDED = '<div class="cell prose needed"'  # how the template begins a moved answer
GONE = "*Stands among the [answers that a paper needs]({to}).*"
NAMED = 3  # headings that the line of a fold tells
_HEADING = re.compile(r"^#{2,4}\s+(.+?)\s*#*$", re.MULTILINE)
_MARKS = re.compile(r"[*_`$]|\]\([^)]*\)|\[")
_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PICTURES = ("image/png", "image/svg+xml", "image/jpeg")


def fold(cells: list[dict], failed: str = "") -> None:
    """Write into the metadata of cells where a fold begins (``fold``: its line) and ends.

    Parameters
    ----------
    cells : list of dict
        Of an executed copy; changed in place. Prose of the digest ends before a heading inside it:
        what follows that becomes a cell of its own.
    failed : str
        The id of the cell that stopped the notebook.
    """
    for cell in cells:
        for key in ("fold", "unfold", "needed"):
            cell["metadata"].pop(key, None)
    shown = digest_of(cells)
    shown |= {at for at, cell in enumerate(cells) if failed and cell.get("id") == failed}
    parts = [(at in shown, cell) for at, cell in enumerate(cells)]
    parts = [part for one in parts for part in _cut(*one)]
    cells[:] = [cell for _, cell in parts]
    for is_shown, run in groupby(parts, key=itemgetter(0)):
        if not is_shown:
            hidden = [cell for _, cell in run]
            hidden[0]["metadata"]["fold"] = _line(hidden)
            hidden[-1]["metadata"]["unfold"] = True


def digest_of(cells: list[dict]) -> set[int]:
    """Return the places of the cells that a digest shows."""
    tagged = {at for at, cell in enumerate(cells) if TAG in tags(cell)}
    figures, tables, proses = (
        [at for at, cell in enumerate(cells) if is_one(cell)]
        for is_one in (has_figure, has_table, _is_prose)
    )
    figure, table = (next((at for at in kind if at in tagged), None) for kind in (figures, tables))
    figure = next(iter(figures), None) if figure is None else figure
    table = next(iter(tables), None) if table is None else table
    after = table if figure is None else figure
    follow = next((at for at in proses if after is not None and at > after), None)
    if follow is None or _begins(cells[follow]):
        # Nothing goes on from it: what its section begins with says what it is.
        before = [at for at in proses if after is not None and at < after]
        follow = next((at for at in reversed(before) if _begins(cells[at], "##")), None)
    seen = None if tagged & set(proses) else follow
    return tagged | {at for at in (figure, table, seen) if at is not None}


def _cut(is_shown: bool, cell: dict) -> list[tuple[bool, dict]]:
    """Return a cell, or what stands before and after a heading inside prose of the digest."""
    if not is_shown or not _is_prose(cell):
        return [(is_shown, cell)]
    rest = cut_at_heading(cell)
    return [(True, cell), *([(False, rest)] if rest else [])]


def cut_at_heading(cell: dict) -> dict | None:
    """Let prose end before a heading inside it, and return what follows as a cell, or None."""
    lines = source(cell).split("\n")
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= line.startswith(("```", "~~~"))
        if at and not fenced and line.startswith("## "):
            rest = cell | {"id": f"{cell.get('id', '')}-next", "metadata": dict(cell["metadata"])}
            rest["source"] = "\n".join(lines[at:])
            cell["source"] = "\n".join(lines[:at])
            return rest
    return None


def has_figure(cell: dict) -> bool:
    """Return whether a cell has put out a picture."""
    return any(kind in data for data in _data(cell) for kind in _PICTURES)


def has_table(cell: dict) -> bool:
    """Return whether a cell has put out a table."""
    return any("<table" in "".join(data.get("text/html", "")) for data in _data(cell))


def _data(cell: dict) -> list[dict]:
    found = [output.get("data") for output in cell.get("outputs", [])]
    return [data for data in found if isinstance(data, dict)]


def _is_prose(cell: dict) -> bool:
    return cell.get("cell_type") == "markdown" and not is_answer(cell)


def _begins(cell: dict, mark: str = "#") -> bool:
    """Return whether prose begins something new, and does not go on from what stands above it."""
    return source(cell).lstrip().startswith(mark)


def _line(cells: list[dict]) -> str:
    """Return the headings in a fold, or how many cells it holds: what its line says."""
    prose = [cell for cell in cells if cell.get("cell_type") == "markdown"]
    texts = (_CODE.sub("", source(cell)) for cell in prose)
    named = [_MARKS.sub("", words) for text in texts for words in _HEADING.findall(text)]
    if named:
        return " · ".join(named[:NAMED]) + (" …" if len(named) > NAMED else "")
    return "one more cell" if len(cells) == 1 else f"{len(cells)} more cells"


def take_needed(name: str, cells: list[dict], rows: list[dict]) -> list[dict]:
    """Move answers that a paper needs out of their cells, to the end of the notebook.

    Parameters
    ----------
    name : str
        Of the notebook.
    cells : list of dict
        Changed in place: in a cell stays the question, with the way to its answer.
    rows : list of dict
        The answers of this notebook, from `boxloop.notebooks.answers.read_answers`.

    Returns
    -------
    list of dict
        ``item``, ``anchor``, ``example`` (whether the worked example gave it), in the order of the
        cells that were appended.
    """
    found, moved = [], []
    by_id = {cell.get("id"): cell for cell in cells if is_answer(cell)}
    for row in rows:
        item, cell = item_of(name, row["id"]), by_id.get(row["cell"])
        if not item or cell is None or not row["answered"] or not row["text"]:
            continue
        anchor = cell_anchor(name, f"needed-{item}")
        text = source(cell)
        begin = text.find(row["text"], text.find(f"**{row['question']}**"))
        if begin < 0:
            continue  # a comment stands in the middle of it: it stays where it is
        end = begin + len(row["text"])
        cell["source"] = f"{text[:begin]}{GONE.format(to=f'#{anchor}')}{text[end:]}"
        moved.append(_answer(item, row))
        found.append({"item": item, "anchor": anchor, "example": row["state"] == "example"})
    cells += moved
    return found


def _answer(item: str, row: dict) -> dict:
    words = f"**{item}** **{row['question']}**\n\n{row['text']}"
    facts = {"needed": True, "tags": []}
    return {
        "cell_type": "markdown",
        "id": f"needed-{item}",
        "metadata": facts,
        "source": words,
    }


def apart(html: str, count: int) -> tuple[str, list[str]]:
    """Return a chapter's HTML without the answers that `take_needed` moved, and these, each."""
    parts = html.split(NEEDED)
    place = max(len(parts) - count, 1)
    return NEEDED.join(parts[:place]), [f"{NEEDED}{answer}" for answer in parts[place:]]
