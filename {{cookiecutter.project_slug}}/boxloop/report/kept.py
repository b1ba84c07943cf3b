"""Chapters that were converted before, kept in ``report/kept`` by what they were made from.

What is kept holds no number that a link in prose leads to: those are looked up for each page, as
they are known only when the last chapter has run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from platform import python_version
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boxloop
from boxloop.base.files import read_cache, sha256, write_text
from boxloop.base.provenance import version
from boxloop.record.facts import machinery_now
from boxloop.report.safe import embedded

if TYPE_CHECKING:
    from boxloop.base.places import Project


# What turns a notebook into HTML, besides this machinery.
CONVERTERS = (
    *("nbconvert", "nbformat", "jinja2", "mistune", "pygments", "beautifulsoup4"),
    *("latex2mathml", "soupsieve"),
)
_HEADING = re.compile(r"<h[1-6]\b[^>]*>.*?</h[1-6]>", re.DOTALL)


class Folder:
    """The folder of a notebook, which takes down the pictures that are asked of it."""

    def __init__(self, path: Path) -> None:
        self.path, self.asked = path, set[str]()

    def __truediv__(self, name: str) -> Path:
        self.asked.add(name)
        return self.path / name


class Links:
    """Stands in for the results while a chapter is converted: each link leads to a mark.

    Parameters
    ----------
    mark : str
        What no notebook can know beforehand.
    lost : collection of str
        Addresses at which nothing stands.
    """

    def __init__(self, mark: str, lost: Any = ()) -> None:
        self.mark, self.lost = mark, lost
        self.addresses: list[str] = []

    def __call__(self, address: str) -> SimpleNamespace:
        """Return what looks like an entry, with marks for its words and for its place."""
        if address not in self.addresses:
            self.addresses.append(address)
        mark = f"{self.mark}-{self.addresses.index(address)}"
        return SimpleNamespace(words=mark, anchor="" if address in self.lost else mark)


@cache
def converters() -> str:
    """Return one hash of all that converts: machinery, templates, and versions of libraries."""
    folder = Path(boxloop.__file__).parent
    templates = sorted((folder / "templates" / "report").rglob("*"))
    found = machinery_now() | {
        path.relative_to(folder).as_posix(): sha256(path) for path in templates if path.is_file()
    }
    return _hash([found, python_version(), {name: version(name) for name in CONVERTERS}])


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()


def chapter_html(
    project: Project, name: str, made_from: Any, find: Callable, convert: Callable
) -> tuple[str, str, list]:
    """Return a chapter's HTML, title and headings: as they are kept, or else converted and kept.

    Parameters
    ----------
    project : Project
    name : str
        The chapter, such as ``03_split``.
    made_from : JSON-like
        All that is converted, the pictures in the project and results in links aside.
    find : callable
        Returns the result at an address, or None.
    convert : callable
        ``convert(find, folder)`` returns HTML, title and headings.
    """
    path = project.report / "kept" / f"{name}.json"
    key = _hash([converters(), made_from])
    entry = read_cache(path)
    if not _is_current(entry, key, project, find):
        entry = _made(key, project, find, convert)
        with suppress(OSError):  # then it is converted again next time
            # As ASCII: outputs may hold half of a character, which UTF-8 has no form for.
            write_text(path, json.dumps(entry) + "\n")
    return _linked(entry, find), entry["title"], entry["headings"]


def _is_current(entry: Any, key: str, project: Project, find: Callable) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("key") == key
        and all(_picture(project, one) == was for one, was in entry["pictures"].items())
        and all(_stands(find, address) == was for address, was in entry["settled"].items())
    )


def _made(key: str, project: Project, find: Callable, convert: Callable) -> dict[str, Any]:
    """Convert a chapter, and return it with what it depends on."""
    folder, links = Folder(project.notebooks), Links(f"kept-{key}")
    html, title, headings = convert(links, folder)
    settled = {links.addresses[i]: True for i in _in_headings(html, links.mark)}
    lost = {address for address in settled if not _stands(find, address)}
    if lost:  # such a link is none, and then the whole heading becomes one
        links = Links(links.mark, lost)
        html, title, headings = convert(links, folder)
        settled |= dict.fromkeys(lost, False)
    pictures = {one: _picture(project, one) for one in sorted(folder.asked)}
    return {
        "key": key,
        "pictures": pictures,
        "settled": settled,
        "addresses": links.addresses,
        "title": title,
        "headings": headings,
        "html": html,
    }


def _stands(find: Callable, address: str) -> bool:
    """Return whether a result stands at an address, in a place that a link can lead to."""
    entry = find(address)
    return bool(entry and entry.anchor)


def _picture(project: Project, name: str) -> str:
    return _hash(embedded(name, project.notebooks, project.root))


def _in_headings(html: str, mark: str) -> set[int]:
    """Return which links stand in a heading, or hold another link."""
    within = [found[0] for found in _HEADING.finditer(html)]
    within += [found[0] for found in _whole(mark).finditer(html) if "<a" in found["text"]]
    return {int(number) for text in within for number in re.findall(rf'{mark}-(\d+)"', text)}


def _first_tag(mark: str) -> str:
    return (
        rf'<(?P<tag>a|span) class="traced"(?: href="#{mark}-\d+")? '
        rf'title="[^"]* = {mark}-(?P<number>\d+)">'
    )


def _whole(mark: str) -> re.Pattern[str]:
    return re.compile(rf"{_first_tag(mark)}(?P<text>.*?)</(?P=tag)>", re.DOTALL)


def _linked(entry: dict, find: Callable) -> str:
    """Return the HTML of a chapter with its links to results as they are now."""
    mark = f"kept-{entry['key']}"

    def now(match: re.Match) -> tuple[str, str]:
        address = entry["addresses"][int(match["number"])]
        found = find(address)
        words = found.words if found else "no result stands here"
        anchor = found.anchor if found else ""
        return anchor, _first(anchor, f"{address} = {words}")

    def first(match: re.Match) -> str:
        anchor, tag = now(match)
        return tag if anchor or match["tag"] == "span" else match[0]

    def lost(match: re.Match) -> str:  # a link that leads nowhere today; none holds another
        return f"{now(match)[1]}{match['text']}</span>"

    return _whole(mark).sub(lost, re.sub(_first_tag(mark), first, entry["html"]))


def _first(anchor: str, about: str) -> str:
    """Return the first tag of a link, written as `boxloop.report.tidy` writes it."""
    from bs4 import BeautifulSoup

    attrs = {"class": "traced"} | ({"href": f"#{anchor}"} if anchor else {}) | {"title": about}
    tag = str(BeautifulSoup("", "html.parser").new_tag("a" if anchor else "span", attrs=attrs))
    return tag.rpartition("</")[0]
