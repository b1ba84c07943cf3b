"""The pass over a chapter's HTML: unique ids, headings, numbered figures, tables in a box."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from boxloop.notebooks.prose import ADDRESS
from boxloop.report.headings import in_words, own_columns
from boxloop.report.safe import make_safe, without_unseen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bs4 import BeautifulSoup, Tag


REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "list")
_ONE = r"[-+−]?[\d.,]+(?:e[-+]?\d+)?\s?%?"
_WITH = rf"\s*(?:[\[(]{_ONE}(?:,| to) ?{_ONE}[\])]|±\s?{_ONE})"  # its interval, or its error
_NUMBER = re.compile(rf"|[-+−–]|{_ONE}(?:{_WITH})?|nan|NaN|None|[-+−]?inf")
# Placing by anchor is newer than the validator's list of properties, and only the help texts need
# it.
_ANCHOR = re.compile(r"(anchor-name|position-anchor|position-area)\s*:[^;}]*;?")
_IF_ANCHOR = re.compile(r"@supports[^{]*(?:anchor|position-area)[^{]*{(?:[^{}]*{[^{}]*})*[^{}]*}")
# What a cell of a table may carry; pandas writes attributes that HTML has dropped.
_CELL = {"id", "class", "scope", "colspan", "rowspan", "headers", "style"}
NOTEBOOK = re.compile(r"(?:\./|.*notebooks/)?(\w+)\.ipynb(#.*)?$")


def slugify(text: str) -> Any:
    """Return a heading as an anchor: ``"The seal, twice"`` becomes ``"the-seal-twice"``."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^\w]+", "-", text).strip("-") or "section"


class Names:
    """Ids of one chapter, each given once, all starting with the chapter's own."""

    def __init__(self, chapter: str) -> None:
        self.chapter = chapter
        self.given = set()

    def give(self, name: Any) -> Any:
        """Return ``chapter--name``, with a number where that is taken."""
        name = re.sub(r"\s+", "-", name)
        wanted, number = f"{self.chapter}--{name}", 1
        while wanted in self.given:
            number += 1
            wanted = f"{self.chapter}--{name}-{number}"
        self.given.add(wanted)
        return wanted


def tidy(
    html: Any, *, chapter: Any, folder: Path, root: Path, others: Any = (), find: Any = None
) -> tuple:
    """Return the HTML of a chapter ready for the page, its title and its headings.

    Parameters
    ----------
    html : str
        A fragment from `boxloop.report.convert.to_html`.
    chapter : str
        Anchor of the chapter, such as ``"03-split"``; all ids start with it.
    folder, root : Path
        Folder of the source notebook, root of the project: for pictures.
    others : collection of str
        The notebooks that are on the page: a link to one of them leads there.
    find : callable
        Returns the result at an address, or None: a number in prose leads to it.

    Returns
    -------
    html, title : str
        The title is the first heading of level 1, without its number; empty where there is none.
    headings : list of dict
        ``id``, ``text`` and ``level`` (3 and deeper) for the table of contents.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(without_unseen(html), "html.parser")
    _trace(soup, find or (lambda _: None))
    make_safe(soup, folder, root)
    if "sk-" in html:
        _displays(soup)
    names = Names(chapter)
    names.given.add(f"{chapter}--title")
    old_ids = _own_ids(soup, names)
    title, headings, anchors = _headings(soup, names)
    _references(soup, old_ids | anchors, others)
    _figures(soup, chapter.split("-")[0], names)
    _tables(soup, chapter.split("-")[0], own_columns(root))
    # What may be wider than a phone is scrolled by keys too; `save.js` passes over what is not.
    for formula in soup.select("math[display=block]"):  # which may not be a stop by itself
        formula.wrap(soup.new_tag("span", attrs={"class": "formula"}))
    for text in soup.select("pre:not([data-code]), .formula"):
        text["tabindex"] = "0"
    return str(soup), title, headings


def _trace(soup: Any, find: Callable) -> None:
    """Turn links to results into cross-references; one that leads nowhere keeps its words."""
    headings = {
        h.get_text().strip().replace(" ", "-") for h in soup.find_all(re.compile("^h[1-6]$"))
    }
    for link in soup.find_all("a", href=re.compile("^[#@]")):
        target = unquote(link["href"])
        address = ADDRESS.fullmatch(target)
        if target.startswith("@"):
            about, anchor, kind = f"cited: {target[1:]}", "", "cited"
        elif address is None or target[1:] in headings:
            continue
        elif target == "#given":
            about, anchor, kind = "given, not found", "", "given"
        else:
            entry, kind = find(address["address"]), "traced"
            words = entry.words if entry else "no result stands here"
            about, anchor = f"{address['address']} = {words}", entry.anchor if entry else ""
        link.name = "a" if anchor else "span"
        link.attrs = {"class": kind} | ({"href": f"#{anchor}"} if anchor else {}) | {"title": about}


def _displays(soup: Any):
    """Make scikit-learn's displays valid HTML, without help texts that only a pointer reaches."""
    for help_text in soup.select(".param-doc-description"):
        help_text.decompose()
    for element in soup.select("[style*=anchor]"):
        element["style"] = _ANCHOR.sub("", element["style"])
    for style in soup.find_all("style"):
        style.string = _ANCHOR.sub("", _IF_ANCHOR.sub("", style.string or ""))
    for box in soup.select("label div, summary div"):
        box.name, box["style"] = "span", "display: block"


def _own_ids(soup: Any, names: Any):
    """Give cells their anchor, and every id of an output one that no other chapter has."""
    for cell in soup.select("[data-cell]"):
        cell["id"] = names.give(cell["data-cell"] or "cell")
    new: dict[str, str] = {}
    for element in soup.find_all(id=True):
        old = element["id"]
        if not element.has_attr("data-cell"):
            element["id"] = names.give(old)
            new.setdefault(old, element["id"])
    return new


def _headings(soup: Any, names: Any):
    """Move headings one level down, below the title of the report, and give them anchors."""
    title, headings = "", []
    anchors: dict[str, str] = {}
    for element in soup.find_all(re.compile("^h[1-6]$")):
        text = element.get_text(" ", strip=True)
        if element.name == "h1" and not title:
            title = re.sub(r"^\d+[\s.:–—-]*", "", text)
            element.decompose()
            continue
        level = min(int(element.name[1]) + 1, 6)
        element.name, element["id"] = f"h{level}", names.give(slugify(text))
        _link_to_itself(soup, element)
        # Jupyter's own anchor of a heading is its text with hyphens for spaces.
        anchors.setdefault(text.replace(" ", "-"), element["id"])
        in_output = element.find_parent(class_="output") is not None
        if not in_output:
            headings.append({"id": element["id"], "text": text, "level": level})
    return title, headings, anchors


def _link_to_itself(soup: BeautifulSoup, heading: Tag) -> None:
    """Make the words of a heading its own link, so that a reader can copy its address."""
    if not heading.find("a"):
        facts = {"class": "anchor", "tabindex": "-1", "href": f"#{heading['id']}"}
        link = soup.new_tag("a", attrs=facts)
        for part in list(heading.contents):
            link.append(part.extract())
        heading.append(link)


def _references(soup: BeautifulSoup, new: dict, others: list[str]) -> None:
    """Let links, labels and styles follow the ids that were renamed."""
    for element in soup.find_all(name=True):
        for name in REFERRING:
            if element.get(name):
                value = element[name]
                words = value if isinstance(value, list) else str(value).split()
                element[name] = " ".join(new.get(word, word) for word in words)
        if element.name == "a" and element.get("href"):
            element["href"] = _target(element["href"], new, others)
    for style in soup.find_all("style"):
        # A CSS name cannot start with a digit as our ids do: `[id="03-split--x"]` instead of `#x`.
        style.string = re.sub(
            r"#([\w-]+)",
            lambda m: f'[id="{new[m[1]]}"]' if m[1] in new else m[0],
            style.string or "",
        )


def _target(href: Any, new: dict, others: list[str]) -> str:
    """Return where a link of a notebook leads inside the report."""
    if href.startswith("#"):
        return "#" + new.get(href[1:], href[1:])
    notebook = NOTEBOOK.match(href)
    if notebook and notebook[1] in others:
        return "#" + notebook[1].replace("_", "-")
    return href


def _figures(soup: BeautifulSoup, number: str, names: Names) -> None:
    for count, figure in enumerate(soup.find_all("figure"), start=1):
        figure["id"] = names.give(f"figure-{count}")
        caption = figure.find("figcaption")
        if caption is None:
            caption = soup.new_tag("figcaption")
            figure.append(caption)
        facts = {"class": "figure-number", "tabindex": "-1", "href": f"#{figure['id']}"}
        label = soup.new_tag("a", attrs=facts)
        label.string = f"Figure {int(number)}.{count}"
        caption.insert(0, label)
        label.insert_after(" ")


def _tables(soup: BeautifulSoup, number: str, own: frozenset[str]) -> None:
    """Let wide tables scroll in their own numbered box, and say which cells are headings."""
    for count, table in enumerate(soup.find_all("table"), start=1):
        table.attrs = {key: value for key, value in table.attrs.items() if key in ("id", "class")}
        _without_row_numbers(table)
        for cell in table.find_all(["th", "td", "tr"]):
            cell.attrs = {key: value for key, value in cell.attrs.items() if key in _CELL}
            if cell.name == "th":
                _heading_cell(cell, own)
        _align_numbers(table)
        if table.find_parent("table") is None:
            box = {
                "class": "scroll",
                "tabindex": "0",
                "role": "region",
                "aria-label": f"Table {int(number)}.{count}",
            }
            table.wrap(soup.new_tag("div", attrs=box))


def _heading_cell(cell: Tag, own: frozenset[str]) -> None:
    """Say what a cell is the heading of, in words; an empty one is none."""
    if not cell.get_text(strip=True):
        cell.name = "td"
        return
    cell["scope"] = "col" if cell.find_parent("thead") else "row"
    if cell["scope"] == "col" and cell.string is not None:
        cell.string = in_words(cell.string.strip(), own)


def _without_row_numbers(table: Tag) -> None:
    """Take out the index that pandas gives to rows that have no names: 0, 1, 2, ..."""
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    heads = [cells for cells in rows if cells and cells[0].find_parent("thead")]
    body = [cells for cells in rows if cells and not cells[0].find_parent("thead")]
    firsts = [cells[0] for cells in rows if cells]
    if len(heads) != 1 or not body or len({len(cells) for cells in rows}) != 1:
        return
    numbered = [str(number) for number in range(len(body))]
    if heads[0][0].get_text(strip=True) or not all(cell.name == "th" for cell in firsts):
        return
    if [cells[0].get_text(strip=True) for cells in body] == numbered:
        for cell in firsts:
            cell.decompose()


def _align_numbers(table: Any) -> None:
    """Mark the cells of columns of numbers, heading too: their digits stand below each other.

    Columns are counted from the right: on the left a heading may hold for several rows.
    """
    rows = [
        [cell for cell in row.children if cell.name in ("td", "th")][::-1]
        for row in table.find_all("tr")
    ]
    if not rows or any(cell.get("colspan", "1") != "1" for row in rows for cell in row):
        return
    for column in zip(*rows, strict=False):
        texts = [cell.get_text(strip=True) for cell in column if cell.name == "td"]
        if any(texts) and all(_NUMBER.fullmatch(text) for text in texts):
            for cell in column:
                cell["class"] = [*cell.get("class", []), "number"]
