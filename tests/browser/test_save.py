"""Tables are copied and saved, figures saved: by mouse, by keyboard, from a page of a disk."""

import csv
import io

import pytest
from axis_titles import untitled
from fake_report import chapter, code, figure, make_report_project, rich, write_chapter

from boxloop.report import build_report
from browser.conftest import until

TABLE = """<table class="dataframe"><thead><tr><th></th><th>z_spec</th><th>why_dropped</th></tr>
</thead><tbody><tr><th>a, "b"</th><td>−0.25</td><td>=1+1</td></tr>
<tr><th>c</th><td>1.5 [1.2, 1.9]</td><td>two
 lines</td></tr></tbody></table>"""
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">'
    '<path d="M0 0h60v40h-60z" style="fill: #ffffff"/><text x="9" y="20">mass</text></svg>'
)
WIDE = f"<table><tr>{''.join(f'<td>{1e9 + n}</td>' for n in range(60))}</tr></table>"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A report with a table, a table that is too wide, a figure in lines and one in dots."""
    project = make_report_project(tmp_path_factory.mktemp("saved") / "p")
    lines = figure(name="mass-function")
    lines["data"]["image/svg+xml"] = SVG
    lines["metadata"]["image/svg+xml"] = lines["metadata"]["image/png"]
    cells = [
        code("own-table", "table", [rich(TABLE)]),
        code("own-wide", "wide", [rich(WIDE)]),
        code("own-lines", "here.show(fig)", [lines]),
        code("own-dots", "plt.show()", [figure()]),
    ]
    write_chapter(project, "04_train", chapter("04_train", cells))
    return build_report(project, stale={})


@pytest.fixture
def page(visit, saved):
    """The report, everything in it unfolded, on a machine that lets it use the clipboard."""
    page = visit(saved, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return page


def part(page, cell):
    """Return the cell, after the pointer has come to what it shows."""
    found = page.locator(f'[id="04-train--{cell}"]')
    found.locator("table, img").first.hover()
    return found


def press(page, cell, word):
    """Press a button of a table or a figure, and return what is saved."""
    with page.expect_download() as waiting:
        part(page, cell).locator(".tools button", has_text=word).click()
    return waiting.value


def test_a_table_is_copied_for_a_spreadsheet(page):
    """Cells between tabs; a minus that programs read, and no formula of a stranger's."""
    part(page, "own-table").locator(".tools button", has_text="Copy").click()
    until(
        page,
        "document.querySelector('[id=\"04-train--own-table\"] .tools button')"
        ".textContent === 'Copied'",
    )
    rows = page.evaluate("navigator.clipboard.readText()").replace("\r", "").split("\n")
    assert [row.split("\t") for row in rows] == [
        ["", "z_spec", "why dropped"],
        ['a, "b"', "-0.25", "'=1+1"],
        ["c", "1.5 [1.2, 1.9]", "two lines"],
    ]


def test_a_table_is_copied_where_a_page_has_no_clipboard(page):
    """As some browsers treat pages of a disk."""
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error('no')); }")
    part(page, "own-table").locator(".tools button", has_text="Copy").click()
    until(
        page,
        "document.querySelector('[id=\"04-train--own-table\"] .tools button')"
        ".textContent === 'Copied'",
    )
    assert page.evaluate("navigator.clipboard.readText()").startswith("\tz_spec\twhy dropped")
    assert page.evaluate("document.activeElement.textContent") == "Copied"


def test_a_table_is_saved_as_csv(page):
    """That spreadsheets take for UTF-8, under the name of the table."""
    file = press(page, "own-table", "CSV")
    assert file.suggested_filename.startswith("Table-4.")
    assert file.suggested_filename.endswith(".csv")
    text = file.path().read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ['a, "b"', "-0.25", "'=1+1"]


def test_a_figure_of_lines_is_saved_as_both(page):
    """The lines as they are; as dots three for each of the page."""
    file = press(page, "own-lines", "SVG")
    assert file.suggested_filename.endswith("-mass-function.svg")
    assert file.path().read_text(encoding="utf-8") == SVG
    picture = press(page, "own-lines", "PNG").path().read_bytes()
    assert picture[:4] == b"\x89PNG"
    wide = page.evaluate("document.querySelector('[id=\"04-train--own-lines\"] img').naturalWidth")
    assert int.from_bytes(picture[16:20], "big") == 3 * wide


def test_a_figure_of_dots_is_saved_as_it_is(page):
    """There are no lines to save, and none are offered."""
    picture = press(page, "own-dots", "PNG").path().read_bytes()
    assert picture[:4] == b"\x89PNG"
    assert part(page, "own-dots").locator(".tools button", has_text="SVG").count() == 0


def test_one_stop_for_the_buttons_of_a_chapter(page):
    """Arrows lead to the others, past what is folded, and a bar is seen while it has the focus."""
    bar = page.locator('[id="04-train--own-table"] .tools')
    assert bar.get_attribute("role") == "toolbar"
    assert page.locator("[id='04-train'] .tools [tabindex='0']").count() == 1
    bar.locator("button").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "CSV"
    assert page.locator("[id='04-train'] .tools [tabindex='0']").count() == 1
    until(page, "getComputedStyle(document.activeElement.parentElement).opacity === '1'")
    with page.expect_download():
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "Copy"
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.cell').id") == "04-train--own-wide"


def test_only_what_scrolls_is_a_stop(page):
    """A table too wide for the page can be scrolled by keyboard; others are passed over."""
    wide = '[id="04-train--own-wide"] .scroll'
    until(page, f"document.querySelector('{wide}').tabIndex === 0")
    until(page, "document.querySelector('[id=\"04-train--own-table\"] .scroll').tabIndex === -1")


@pytest.mark.parametrize(("theme", "least", "most"), [("light", 200, 255), ("dark", 0, 60)])
def test_a_drawing_has_the_colour_of_the_paper(visit, saved, theme, least, most):
    """And none of its pixels is changed in the file that is saved."""
    from PIL import Image

    page = visit(saved, theme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    image = page.locator('[id="04-train--own-lines"] img')
    pixels = Image.open(io.BytesIO(image.screenshot())).convert("L")
    assert least <= pixels.getpixel((pixels.width // 2, 3)) <= most


def test_paper_has_no_buttons(page):
    """And its figures are light."""
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(
        "[...document.querySelectorAll('.tools')].every((one) => one.offsetParent === null)"
    )
    look = "getComputedStyle(document.querySelector('[id=\"04-train--own-lines\"] img')).filter"
    assert page.evaluate(look) == "none"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 768, 390])
def test_axe_finds_nothing_in_bars_and_tables(visit, saved, axe, theme, width):
    """With everything unfolded and the buttons in sight."""
    page = visit(saved, theme, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.locator("main .tools button").first.focus()
    page.wait_for_timeout(300)
    assert axe(page) == []


@pytest.mark.slow
def test_every_axis_of_a_worked_example_has_a_title(released):
    """Of all figures of its chapters: what is drawn says what it measures."""
    import pickle

    drawn = sorted((released / "report" / "figures").glob("*/*.pickle"))
    assert len(drawn) > 15
    figures = {path.stem: pickle.loads(path.read_bytes()[32:]) for path in drawn}
    assert {name: found for name, fig in figures.items() if (found := untitled(fig))} == {}
