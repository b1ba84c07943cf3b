"""Nothing that people, data or notebooks brought along runs, loads or leads out."""

import pytest
from fake_report import code, figure, make_report_project, markdown, notebook, write_chapter
from hostile_report import HTML, make_hostile_project
from report_page import assert_silent, assert_whole, page

from boxloop.report.safe import without_unseen
from boxloop.report.tidy import tidy


@pytest.fixture
def project(tmp_path):
    """A project after one turn of the loop."""
    return make_report_project(tmp_path / "p")


def test_hostile_texts_are_only_text(tmp_path):
    """Titles, authors, reasons, columns, failures, ledger and outputs.

    None of them runs or turns the page around.
    """
    soup = page(make_hostile_project(tmp_path / "p"))
    assert_silent(soup)
    assert_whole(soup)
    assert "<script>window.ran" in soup.h1.get_text()
    assert without_unseen(soup.get_text()) == soup.get_text()


@pytest.mark.parametrize("html", HTML)
def test_hostile_html_leaves_nothing_lively(html, tmp_path):
    """Each piece alone, so that none hides behind another."""
    made, _, _ = tidy(html, chapter="01-scoping", folder=tmp_path, root=tmp_path)
    left = made.lower()
    for word in (
        "<script",
        "<iframe",
        "<form",
        "<link",
        "<meta",
        "<base",
        "away.example/i",
        "url(",
        "fixed",
    ):
        assert word not in left.replace("&lt;", "")


def test_harmless_html_stays(tmp_path):
    """Tables, displays, formulas and small drawings are what notebooks put out."""
    html = (
        '<div class="a"><table><tr><th>x</th><td style="color: red">1</td></tr>'
        "</table><details><summary>more</summary>text</details>"
        '<input id="t" type="checkbox"/><label for="t">unfold</label>'
        '<svg viewbox="0 0 1 1"><path d="M0 0"></path></svg>'
        "<math><mi>x</mi></math></div>"
    )
    made, _, _ = tidy(html, chapter="01-scoping", folder=tmp_path, root=tmp_path)
    for piece in (
        "<table>",
        'style="color: red"',
        "<details>",
        'type="checkbox"',
        '<path d="M0 0">',
        "<mi>x</mi>",
    ):
        assert piece in made


def test_pictures_of_the_project_come_along(project):
    """A picture beside the notebook is taken into the page; one outside the project is not."""
    (project.notebooks / "loop.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8"
    )
    text = "![The loop](loop.svg) ![Elsewhere](../../secret.png)"
    write_chapter(project, "01_scoping", notebook([markdown("title", text)]))
    (project.root.parent / "secret.png").write_bytes(b"secret")
    soup = page(project)
    assert soup.find(id="01-scoping").img["src"].startswith("data:image/svg+xml;base64,")
    assert "[picture: Elsewhere]" in soup.find(id="01-scoping").get_text()


def test_a_figure_without_words_says_so(project):
    """An image never goes without alternative text."""
    write_chapter(project, "01_scoping", notebook([code("fig", "fig", [figure(alt="")])]))
    assert page(project).find(id="01-scoping").img["alt"].startswith("No description")
