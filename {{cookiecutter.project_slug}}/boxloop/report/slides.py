"""Slides of the chapters, for a room without a network: `boxloop report --slides`.

What a cell is on them stands in its metadata, where JupyterLab edits it and where nbconvert's own
``--to slides`` reads it: ``slide`` and ``subslide`` begin one, ``fragment`` waits for the next key,
``notes`` are for who speaks, ``skip`` is left out, and every other cell goes on with the last.
nbconvert's slides need reveal.js from the network; these are pages that hold all they need.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.notebooks.file import read_copy, read_notebook, source, tags
from boxloop.notebooks.folder import chapter_names
from boxloop.report.convert import put_code, to_html
from boxloop.report.digest import cut_at_heading
from boxloop.report.page import assets, fragment
from boxloop.report.safe import without_unseen
from boxloop.report.tidy import tidy

if TYPE_CHECKING:
    from boxloop.base.places import Project

FOLDER = "slides"  # in report/
KINDS = ("slide", "subslide", "fragment", "notes", "skip", "-")
STYLES = ("report.css", "chapters.css", "tables.css", "slides.css")
SCRIPTS = ("slides.js",)


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    parts : list of (str, bool)
        HTML of its cells, and whether one waits for a key.
    notes : list of str
        HTML, for who speaks.
    """

    parts: list[tuple[str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Deck:
    """The slides of one chapter; `executed` says whether figures and tables are among them."""

    name: str
    title: str
    slides: list[Slide]
    executed: bool


def build_slides(project: Project) -> list[str]:
    """Write ``report/slides/``, a page of slides for each chapter, and return what is to be said.

    Figures and tables are those of the last run, as long as it ran the cells that are there now.

    Parameters
    ----------
    project : boxloop.base.places.Project

    Raises
    ------
    boxloop.base.errors.UserError
        If a notebook cannot be read.
    """
    decks = [_deck(project, name) for name in chapter_names(project)]
    folder = project.report / FOLDER
    shared = assets(STYLES, SCRIPTS)
    for deck in decks:
        html = fragment("slides.html.j2", deck=deck, **shared)
        write_text(folder / f"{deck.name}.html", without_unseen(html))
    index = write_text(
        folder / "index.html", fragment("slides_index.html.j2", decks=decks, **shared)
    )
    count = sum(len(deck.slides) for deck in decks)
    said = [
        f"Slides: {index}, {count} of {len(decks)} chapters. Arrow keys turn them, N shows notes."
    ]
    if bare := [deck.name for deck in decks if not deck.executed]:
        said.append(f"Without figures, because not run as they are now: {', '.join(bare)}.")
    return said


def kind_of(cell: dict) -> str:
    """Return what a cell is on slides, one of `KINDS`."""
    about = cell.get("metadata", {}).get("slideshow")
    found = about.get("slide_type") if isinstance(about, dict) else None
    return found if found in KINDS else "-"


def _deck(project: Project, name: str) -> Deck:
    cells, executed = _cells(project, name)
    shown = [part for cell in cells if kind_of(cell) != "skip" for part in _parts(cell)]
    for cell in shown:
        cell["metadata"] |= {"hidden": bool(tags(cell) & {"parameters", "remove-input"})}
    html, code = to_html({"cells": shown, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    places: dict[str, Any] = {"folder": project.notebooks, "root": project.root}
    html, title, _ = tidy(html, chapter=name.replace("_", "-"), **places)
    return Deck(name, title or name, _slides(put_code(html, code), shown), executed)


def _parts(cell: dict) -> list[dict]:
    """Return a cell, and what follows a heading inside its prose as the beginning of a slide."""
    parts = [cell]
    while cell["cell_type"] == "markdown" and (rest := cut_at_heading(parts[-1])):
        rest["metadata"] |= {"slideshow": {"slide_type": "slide"}}
        parts.append(rest)
    return parts


def _cells(project: Project, name: str) -> tuple[list[dict], bool]:
    """Return the cells of a chapter, executed where the last run has run these, and whether so."""
    cells = read_notebook(project.notebooks / f"{name}.ipynb")["cells"]
    copy: list[dict] = []
    with suppress(UserError, OSError):  # none, or not as it was executed: then there are no figures
        copy = read_copy(project.executed / f"{name}.ipynb")["cells"]
    ran = {cell.get("id"): cell for cell in copy if cell["cell_type"] == "code"}
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    same = bool(code) and all(
        cell.get("id") in ran and source(cell) == source(ran[cell["id"]]) for cell in code
    )
    if same:
        for cell in code:
            cell["outputs"] = ran[cell["id"]].get("outputs", [])
    return cells, same


def _slides(html: str, cells: list[dict]) -> list[Slide]:
    """Return the HTML of a chapter cell by cell, slide by slide."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for element in soup.select("h3, h4, h5, h6"):  # the title of the page stands one level above
        element.name = f"h{int(element.name[1]) - 1}"
    for link in soup.select("a[href^='#']"):  # what it leads to may stand on no slide
        link.unwrap()
    slides = [Slide()]
    # Not by id: a person may have copied a cell, and its id with it.
    written = [cell for cell in cells if cell["cell_type"] != "raw"]
    tops = soup.find_all(recursive=False)  # what a cell has put out may bear that name too
    found = [one for one in tops if one.has_attr("data-cell")]
    for cell, element in zip(written, found, strict=True):
        kind = kind_of(cell)
        if kind == "notes":
            slides[-1].notes.append(str(element))
            continue
        if kind in ("slide", "subslide") and slides[-1].parts:
            slides.append(Slide())
        if (fold := element.find("details", class_="code")) is not None:
            fold.attrs |= {} if _puts_out(cell) else {"open": ""}
        slides[-1].parts.append((str(element), kind == "fragment"))
    return slides


def _puts_out(cell: dict) -> bool:
    """Return whether there is a figure, a table or a check to look at, and not the code alone."""
    kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
    return bool(kinds - {"text/plain"})
