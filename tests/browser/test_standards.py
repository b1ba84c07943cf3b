"""What accessibility and HTML checkers say, of the small report and of the worked examples."""

import re
import subprocess
import sys
import time

import pytest
from fake_report import chapter, code, error, make_report_project, markdown, write_chapter

from boxloop.base.places import STATIONS
from boxloop.report import build_report
from browser.conftest import ROOT, until

BOTH = pytest.mark.parametrize("theme", ["light", "dark"])
WIDTHS = (1440, 1024, 768, 390)
SCREENS = pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
PICTURES = ROOT / "build" / "screenshots"
# Tables and pictures that stand out on the right.
WIDE = """
[...document.querySelectorAll("main table, main img")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 200))
"""

# What stands out on the right and has no frame of its own to scroll in.
BEYOND = """
(() => {
  const framed = (one) => one !== document.body
    && (getComputedStyle(one).overflowX !== "visible" || framed(one.parentElement));
  return [...document.querySelectorAll("main *")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
    .filter((one) => !framed(one.parentElement)).map((one) => one.outerHTML.slice(0, 200));
})()
"""

STOPS = """
[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
  .filter((element) => element.tabIndex >= 0 && element.checkVisibility()).length
"""
# Of a chapter, what is seen of it: figures, tables, words of prose, and its height.
DIGEST = """
(place) => {
  const chapter = document.getElementById(place);
  const seen = (what) => [...chapter.querySelectorAll(what)].filter((one) => one.checkVisibility());
  const words = seen(":scope > .prose").map((one) => one.innerText).join(" ").split(/\\s+/).length;
  const height = chapter.getBoundingClientRect().height;
  return [seen("figure").length, seen("table").length, words, height];
}
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """The report of a project that stopped in 04, with most of it not run."""
    project = make_report_project(tmp_path_factory.mktemp("troubled") / "p", names=["01_scoping"])
    write_chapter(
        project, "04_train", chapter("04_train", [code("boom", "fit()", [error()], count=9)])
    )
    return build_report(project, stale={"01_scoping": "Out of date: the notebook changed."})


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1440), ("dark", 1024), ("dark", 768), ("light", 390)]
)
def test_axe_finds_nothing_in_the_small_report(visit, report, axe, theme, width):
    """With everything unfolded and hits in the search."""
    page = visit(report, theme, width)
    page.evaluate(UNFOLD)
    if width < 1000:
        page.click("#contents-button")
    page.fill("#search", "line")
    until(page, "document.querySelectorAll('#hits a').length > 0")
    assert axe(page) == []


@BOTH
def test_axe_finds_nothing_in_a_report_of_trouble(visit, troubled, axe, theme):
    """Banners, a failed cell and chapters that are not there."""
    assert axe(visit(troubled, theme)) == []


def test_the_html_is_valid(report, troubled, html_errors):
    """The Nu HTML checker, which reads the styles too."""
    assert html_errors(report) == []
    assert html_errors(troubled) == []


@pytest.mark.slow
@SCREENS
def test_axe_finds_nothing_in_a_worked_example(visit, released, axe, theme, width):
    """As it opens, and with all eight chapters, their code and the annexes unfolded."""
    page = visit(released / "report" / "index.html", theme, width)
    assert axe(page) == []
    page.evaluate(UNFOLD)
    assert axe(page) == []


@pytest.mark.slow
@BOTH
def test_a_worked_example_fits_every_screen_in_silence(visit, released, theme):
    """Folded and unfolded nothing is wider than the screen, asks the network or complains."""
    for width in WIDTHS:
        page = visit(released / "report" / "index.html", theme, width)
        for step in ("0", UNFOLD):
            page.evaluate(step)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
            assert page.evaluate(BEYOND) == [], width


def test_a_formula_wider_than_a_phone_scrolls_in_its_place(visit, tmp_path, axe):
    """By keyboard too, with a shade at the edge where it goes on."""
    terms = " + ".join(f"x_{{{k}}}^2" for k in range(40))
    project = make_report_project(tmp_path / "p", names=["01_scoping"])
    cells = [markdown("wide", f"Wide.\n\n$$\n{terms}\n$$\n\nNarrow.\n\n$$\nx\n$$\n")]
    write_chapter(project, "04_train", chapter("04_train", cells))
    page = visit(build_report(project, stale={}), width=390)
    page.evaluate(UNFOLD)
    assert page.evaluate(BEYOND) == [] and axe(page) == []
    until(page, "document.querySelectorAll(\".formula[tabindex='0']\").length === 1")
    wide = page.locator(".formula[tabindex='0']")
    assert "linear-gradient" in wide.evaluate("one => getComputedStyle(one).backgroundImage")
    wide.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.activeElement.className") == "formula"


@pytest.mark.slow
def test_the_html_of_a_worked_example_is_valid(released, html_errors):
    """With the HTML of pandas and scikit-learn in it."""
    assert html_errors(released / "report" / "index.html") == []


@pytest.mark.slow
def test_a_worked_example_is_light_and_quick(visit, released):
    """Under 3 MB, built from the executed notebooks within five seconds, read within one."""
    path = released / "report" / "index.html"
    assert path.stat().st_size < 3e6
    page = visit(path)
    until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
    assert (
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 1000
    )
    command = [sys.executable, "-m", "boxloop", "report"]
    best = min(
        seconds(command, released) for _ in range(3)
    )  # the best, because other work slows this machine too
    assert best < 5


def seconds(command, folder):
    """Return the time that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return time.perf_counter() - start


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures_for_a_person_to_look_at(visit, released, theme, width):
    """The cover and a chapter with figures, in ``build/screenshots``.

    Nothing is wider than the screen.
    """
    folder = PICTURES / released.name
    folder.mkdir(parents=True, exist_ok=True)
    page = visit(released / "report" / "index.html", theme, width, 2400)
    for place in ("cover", "02-baseline", "checks"):
        page.evaluate("place => document.getElementById(place).scrollIntoView()", place)
        page.screenshot(path=folder / f"{place}-{width}-{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_a_worked_example_is_short(visit, released):
    """25 screens, 12 pages of A4, and less than 150 stops on the way of the Tab key."""
    page = visit(released / "report" / "index.html", width=1440)
    assert page.evaluate("document.documentElement.scrollHeight") <= 25 * 900
    assert page.evaluate(STOPS) < 150
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 12


@pytest.mark.slow
def test_each_chapter_of_a_worked_example_has_its_digest(visit, released):
    """One figure, one table and what we see, on two screens at most."""
    page = visit(released / "report" / "index.html", width=1440)
    for name in STATIONS:
        figures, tables, words, height = page.evaluate(DIGEST, name.replace("_", "-"))
        assert (figures, tables) == (1, 1), name
        assert words > 10, name
        assert height < 2 * 900, name


@pytest.mark.slow
def test_paper_for_a_person_to_look_at(visit, released):
    """A PDF of A4 pages in ``build/screenshots``; nothing is wider than the paper."""
    folder = PICTURES / released.name
    folder.mkdir(parents=True, exist_ok=True)
    page = visit(released / "report" / "index.html")
    page.pdf(path=folder / "report.pdf", prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="print")
    # A4 less its margins, at 96 dots to the inch.
    page.set_viewport_size({"width": 665, "height": 900})
    assert page.evaluate(WIDE) == []
