"""Slides in a browser: turned by keys, read by a screen reader, printed a page each."""

import pytest
from fake_report import chapter, code, figure, make_report_project, write_chapter

from boxloop.report.slides import build_slides

HERE = "[...document.querySelectorAll('.slide.here')].map((one) => one.id).join()"
SEEN = """
(words) => [...document.querySelectorAll("p")].some((one) =>
  one.textContent === words && one.checkVisibility({ visibilityProperty: true }))
"""


def _prose(kind, text, ident):
    metadata = {"slideshow": {"slide_type": kind}}
    return {"cell_type": "markdown", "id": ident, "metadata": metadata, "source": text}


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """A chapter of three slides: one with what waits and a note, one with a figure."""
    project = make_report_project(tmp_path_factory.mktemp("slides") / "p", names=[])
    drawn = code("drawn", "draw()", [figure()])
    drawn["metadata"]["slideshow"] = {"slide_type": "slide"}
    cells = [
        _prose("slide", "# 03 Split\n\nA question.", "intro"),
        _prose("slide", "## Groups\n\nRows of one object.", "groups"),
        _prose("fragment", "They wait.", "waits"),
        _prose("notes", "Ask the room.", "notes"),
        drawn,
        _prose("-", "What we see.", "seen"),
    ]
    write_chapter(project, "03_split", chapter("03_split") | {"cells": cells})
    build_slides(project)
    return project.report / "slides" / "03_split.html"


def test_keys_turn_slides(visit, deck):
    """What waits comes first; back shows a slide whole; the address says which it is."""
    page = visit(deck)
    seen = lambda words: page.evaluate(f"({SEEN})({words!r})")  # noqa: E731
    assert page.evaluate(HERE) == "1" and page.inner_text("#place") == "1 of 3"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(HERE) == "2" and not seen("They wait.")
    page.keyboard.press("PageDown")
    assert page.evaluate(HERE) == "2" and seen("They wait.") and not seen("Ask the room.")
    page.keyboard.press("n")
    assert seen("Ask the room.")
    page.keyboard.press(" ")
    assert page.evaluate(HERE) == "3" and page.url.endswith("#3")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(HERE) == "3"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(HERE) == "2" and seen("They wait.")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.click("#on")
    assert page.evaluate(HERE) == "2"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_on_slides(visit, deck, axe, theme, width):
    """On each, notes shown."""
    page = visit(deck, theme, width)
    page.keyboard.press("n")
    for _ in range(3):
        assert axe(page) == []
        page.keyboard.press("End" if width == 390 else "PageDown")


def test_without_a_script_all_slides_stand_below_each_other(visit, deck):
    """And nothing that would do nothing is shown."""
    page = visit(deck, java_script_enabled=False)
    assert page.locator(".slide:visible").count() == 3
    assert not page.locator("nav").is_visible()


def test_printed_each_slide_is_a_page(visit, deck):
    """Also what was waiting."""
    page = visit(deck)
    page.emulate_media(media="print")
    assert page.locator(".slide:visible").count() == 3
    assert page.locator("text=They wait.").is_visible()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 3
