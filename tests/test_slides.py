"""Slides: what each cell is on them, and what `boxloop report --slides` makes of that."""

import json
import re
import shutil

import pytest
from bs4 import BeautifulSoup
from conftest import TEMPLATE
from walk_project import command, sources, write

from boxloop.base.files import write_json, write_text
from boxloop.notebooks.file import read_notebook, signed, source, tags
from boxloop.report.slides import KINDS, build_slides, kind_of

NOTEBOOKS = sorted((TEMPLATE / "notebooks").glob("*.ipynb"))


def each(path):
    """Return the cells of a notebook with what they are on slides."""
    cells = read_notebook(path)["cells"]
    return [(cell, cell["metadata"]["slideshow"]["slide_type"]) for cell in cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_says_what_it_is_on_slides(path):
    """A heading begins one; nobody is shown a solution, and notes are for who speaks."""
    for cell, kind in each(path):
        where, kinds = cell["id"], tags(cell)
        assert kind in KINDS, where
        if cell["cell_type"] == "markdown" and source(cell).startswith("#"):
            assert kind == "slide", where
        if kinds & {"solution", "check", "answer", "parameters"}:
            assert kind == "skip", where
        assert (kind == "notes") is ("instructor" in kinds), where
        assert (kind == "fragment") is ("hint" in kinds), where


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbconvert_makes_slides_of_every_notebook(path):
    """With its own template, which asks for reveal.js when it is shown and not before."""
    from nbconvert import SlidesExporter

    html, _ = SlidesExporter().from_filename(str(path))
    page = BeautifulSoup(html, "html.parser")
    begun = [kind for _, kind in each(path) if kind in ("slide", "subslide")]
    assert len(page.select(".slides section section")) == len(begun)
    assert "BEGIN SOLUTION" not in page.select_one(".slides").get_text()
    notes = sum(kind == "notes" for _, kind in each(path))
    assert len(page.select("aside.notes")) == notes


def _cell(kind, text, ident, **more):
    metadata = {"slideshow": {"slide_type": kind}} if kind else {}
    code = {"outputs": [], "execution_count": None} if more.get("cell_type") == "code" else {}
    return (
        {"cell_type": "markdown", "id": ident, "metadata": metadata, "source": text} | more | code
    )


CELLS = [
    _cell("slide", "# 03 Split\n\nWho stands [where](#x)?", "intro"),
    _cell("skip", "secret = 1", "skipped", cell_type="code"),
    _cell("slide", "## Groups\n\nRows of one object.", "groups"),
    _cell("fragment", "They wait.", "waits"),
    _cell("notes", "Ask the room.", "notes"),
    _cell("subslide", "print(2)", "figure", cell_type="code"),
    _cell("", "What we see.", "seen"),
    _cell("", "<script>alert(1)</script> <img src='https://example.org/a.png'>", "foreign"),
]


@pytest.fixture
def project(tmp_path):
    """The small project with one chapter of which all kinds of cells are known."""
    project = write(tmp_path / "p", sources())
    for path in project.notebooks.glob("*.ipynb"):
        if path.stem != "03_split":
            path.unlink()
    save(project, CELLS)
    return project


def save(project, cells):
    """Write the chapter."""
    about = {"boxloop": {"needs": [], "makes": []}}
    book = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    write_json(project.notebooks / "03_split.ipynb", book)


def shown(project):
    """Return the slides of the chapter."""
    html = (project.report / "slides" / "03_split.html").read_text(encoding="utf-8")
    return html, BeautifulSoup(html, "html.parser").select("section.slide")


def test_cells_become_slides_as_they_say(project):
    """Title, one with a part that waits and a note, and one with code and what we see."""
    code, said = command(project, "report", "--slides")
    assert code == 0 and "3 of 1 chapters" in said, said
    assert "Without figures, because not run as they are now: 03_split" in said
    html, slides = shown(project)
    words = [" ".join(slide.select_one(".on-slide").get_text(" ").split()) for slide in slides]
    assert words[0] == "03 Split Who stands where?"
    assert words[1] == "Groups Rows of one object. They wait."
    assert words[2].startswith("Code print( 2 ) What we see.")
    assert BeautifulSoup(html, "html.parser").h1.get_text() == "03 Split"
    assert slides[1].h2.get_text() == "Groups"
    assert [one.get_text(strip=True) for one in slides[1].select(".fragment")] == ["They wait."]
    assert [one.get_text(strip=True) for one in slides[1].select("aside")] == ["Ask the room."]
    assert "secret" not in html
    index = (project.report / "slides" / "index.html").read_text(encoding="utf-8")
    assert 'href="03_split.html"' in index and "3 slides, without figures" in index


def test_a_page_of_slides_asks_for_nothing(project):
    """Its own script alone runs, and nothing is fetched."""
    build_slides(project)
    html, slides = shown(project)
    assert not slides[2].select("script, img")
    assert len(BeautifulSoup(html, "html.parser").select("script")) == 1
    assert "default-src &#39;none&#39;" in html
    assert not re.search(r"(?:src|href)=[\"']?https?:", html)


def executed(project, cells, output):
    """Leave the copy that a run leaves, with one output in its code cell `figure`."""
    made = json.loads(json.dumps(cells))
    for cell in made:
        if cell["id"] == "figure":
            cell["outputs"] = [output]
    book = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write_text(project.executed / "03_split.ipynb", signed(book))


TABLE = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"text/html": "<table><tr><th>a</th><td>1</td></tr></table>", "text/plain": "a"},
}


def test_figures_and_tables_are_those_of_the_last_run(project):
    """Under them the code is folded; where cells or the copy are others now, none is shown."""
    executed(project, CELLS, TABLE)
    assert len(build_slides(project)) == 1
    _, slides = shown(project)
    assert slides[2].table and not slides[2].find("details", class_="code").has_attr("open")
    save(project, [*CELLS[:5], CELLS[5] | {"source": "print(3)"}, *CELLS[6:]])
    assert "Without figures" in build_slides(project)[1]
    _, slides = shown(project)
    assert not slides[2].table and slides[2].find("details", class_="code").has_attr("open")
    save(project, CELLS)
    copy = project.executed / "03_split.ipynb"
    copy.write_text(copy.read_text(encoding="utf-8").replace(">1<", ">2<"), encoding="utf-8")
    assert "Without figures" in build_slides(project)[1]


def test_what_a_teacher_changed_after_the_run_is_on_the_slides(project):
    """Prose and kinds are those of the notebook, figures those of its copy."""
    executed(project, CELLS, TABLE)
    changed = json.loads(json.dumps(CELLS))
    changed[6] |= {"source": "Seen anew.", "metadata": {"slideshow": {"slide_type": "slide"}}}
    save(project, changed)
    build_slides(project)
    _, slides = shown(project)
    assert len(slides) == 4 and slides[2].table and "Seen anew." in slides[3].get_text()


def test_a_heading_inside_prose_begins_a_slide(project):
    """As where what we see of one figure leads on to the next question."""
    save(project, [*CELLS, _cell("", "Seen.\n\n## Then\n\nWhy?\n\n## Last\n\nWho?", "leads-on")])
    build_slides(project)
    last = [" ".join(slide.get_text(" ").split()) for slide in shown(project)[1][2:]]
    assert last[0].endswith("Seen.") and last[1:] == ["Then Why?", "Last Who?"]


def test_an_id_that_was_copied_is_no_trouble(project):
    """As after a cell was copied in an editor."""
    save(project, [*CELLS, CELLS[2]])
    build_slides(project)
    assert len(shown(project)[1]) == 4


@pytest.mark.parametrize("about", [None, [], "slide", {"slide_type": None}, {"slide_type": "big"}])
def test_metadata_of_another_kind_goes_on_with_the_last(about):
    """Whatever another programme has written there."""
    assert kind_of({"metadata": {"slideshow": about}}) == "-"


def test_a_notebook_that_is_damaged_is_one_sentence(project):
    """And slides that were there stay."""
    build_slides(project)
    before = shown(project)[0]
    (project.notebooks / "03_split.ipynb").write_text("{", encoding="utf-8")
    code, said = command(project, "report", "--slides")
    assert code == 2 and "03_split" in said and "Traceback" not in said
    assert shown(project)[0] == before
    shutil.rmtree(project.report)
