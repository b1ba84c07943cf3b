"""The report is one silent file that shows all that a project has, and says what is missing."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from fake_report import (
    answer,
    chapter,
    code,
    error,
    make_report_project,
    notebook,
    rich,
    write_chapter,
    write_json,
)
from report_page import assert_silent, assert_whole, page

from boxloop.base.places import STATIONS, Project
from boxloop.report import build_report
from boxloop.report.convert import to_mathml

NOTEBOOKS = Path(__file__).resolve().parents[1] / "{{cookiecutter.project_slug}}" / "notebooks"


@pytest.fixture
def project(tmp_path):
    """A project after one turn of the loop."""
    return make_report_project(tmp_path / "p")


@pytest.fixture(scope="module")
def soup(tmp_path_factory):
    """The report of a project after one turn of the loop; tests only read it."""
    return page(make_report_project(tmp_path_factory.mktemp("report") / "p"), stale={})


def test_the_page_is_silent_and_whole(soup):
    """No request, unique ids, links that lead somewhere, words for every picture."""
    assert_silent(soup)
    assert_whole(soup)


def test_only_this_script_may_run(soup):
    """The policy in the page names the script by its hash, and allows no other source."""
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    digest = base64.b64encode(hashlib.sha256(soup.script.string.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_every_part_is_there(soup):
    """Eight chapters, the loop with eight links, answers, sheets, failures, environment."""
    chapters = [section["id"] for section in soup.select("section.chapter")]
    sheets = ["needed", "checks", "appendix-a", "reforms", "failures", "environment"]
    assert chapters == [name.replace("_", "-") for name in STATIONS] + sheets
    stations = soup.select("svg.loop a")
    assert [a["href"][1:] for a in stations] == chapters[:8]
    assert "split.groups" in stations[2].title.get_text()
    assert "it read the catalogue number\nand nothing else" in soup.find(id="failures").get_text()
    assert "numpy==2.4" in soup.find(id="environment").get_text()
    assert len(soup.select("#appendix-a tbody tr:not(.rule)")) == 15
    assert len(soup.select("#reforms tbody tr:not(.rule)")) == 32


def test_the_cover_says_what_was_found(soup):
    """The number with its interval beside the reference, its set, the criteria, the openings."""
    cover = " ".join(soup.find(id="cover").get_text(" ").split())
    assert "0.112 (0.106 to 0.118)" in cover
    assert (
        "better than a straight line by 0.039 dex (paired difference, interval 0.031 to 0.047)"
        in cover
    )
    assert "+26 %" in cover
    assert "1 of 2 met, 1 not measured yet" in cover
    assert "opened once" in cover
    assert "2026-11-21: for the paper" in cover
    assert "Python 3.12.1" in cover
    description = soup.select_one("svg.intervals desc").get_text()
    assert "a straight line: 0.151 (0.144 to 0.158) dex" in description


@pytest.mark.parametrize("despite", [["LICENSE says TODO.", "a.b fails."], "x", None])
def test_the_cover_says_what_a_release_was_made_in_spite_of(project, despite):
    """Before the headline, with what was in the way, where the ledger says that in a list."""
    again = {"event": "opened", "time": "2026-11-22", "reason": "more", "despite": despite}
    with project.ledger_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(again | {"anyway": "the <b>referee</b> waits"}) + "\n")
    cover = " ".join(page(project, stale={}).find(id="cover").get_text(" ").split())

    said = "opened all the same, because: the <b>referee</b> waits"
    assert said in cover and cover.index(said) < cover.index("0.112 (0.106 to 0.118)")
    assert ("LICENSE says TODO. a.b fails." in cover) is isinstance(despite, list)


def test_maths_is_mathml(soup):
    """Formulas need no script; a dollar in code stays a dollar."""
    cell = soup.find(id="01-scoping--maths")
    assert [formula["display"] for formula in cell.find_all("math")] == ["inline", "block"]
    # On a phone it is wider than the page, and scrolled by keys too.
    stops = [formula.parent.get("tabindex") for formula in cell.find_all("math")]
    assert stops == [None, "0"]
    assert "$not$" in cell.get_text()
    assert "$M" not in cell.get_text()


def test_a_formula_that_cannot_be_converted_is_shown_as_it_is():
    """A report is built whatever is written between dollars."""
    assert to_mathml(r"a < \frac{") == r'<code class="formula">a &lt; \frac{</code>'
    assert "mtable" in to_mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}")


def test_no_formula_shows_a_command():
    """Those of the notebooks are all known; one that is not is shown as it was written."""
    assert "<mo>arg</mo>" in to_mathml(r"$b = \arg\min_x f$")
    assert to_mathml(r"\mine{x}") == r'<code class="formula">\mine{x}</code>'
    formulas = list(formulas_of_the_notebooks())
    assert len(formulas) > 30
    assert [one for one in formulas if not to_mathml(one).startswith("<math")] == []


def formulas_of_the_notebooks():
    """Yield what stands between dollars, of every study."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                text = re.sub(r"`[^`]*`", "", "".join(cell["source"]))
                yield from re.findall(r"\$\$.+?\$\$|\$[^$\n]+?\$", text, re.DOTALL)


def test_code_is_folded_and_plumbing_hidden(soup):
    """One summary per cell; parameters and cells tagged remove-input show no code."""
    chapter_ = soup.find(id="03-split")
    assert [d.summary.get_text(" ", strip=True) for d in chapter_.select("details.code")] == [
        "Code 1"
    ] * 2
    assert not any(d.has_attr("open") for d in chapter_.select("details.code"))
    assert "model.fit(X, y)" in chapter_.get_text()
    assert "secret_plumbing" not in chapter_.get_text()
    assert "smoke = " not in chapter_.get_text()
    assert len(chapter_.find_all("figure")) == 2


def test_figures_are_numbered_by_chapter(soup):
    """The caption is the caption, or the words for those who do not see the figure."""
    captions = [
        " ".join(c.get_text(" ").split()) for c in soup.find(id="03-split").find_all("figcaption")
    ]
    assert captions == ["Figure 3.1 A rising line; read off 0.1 dex", "Figure 3.2 Another line"]


def test_headings_are_anchors_below_the_title(soup):
    """The same heading twice gets two anchors; links of the notebook follow."""
    headings = [h["id"] for h in soup.find(id="03-split").find_all("h3")]
    assert headings == ["03-split--the-seal", "03-split--the-seal-2", "03-split--its-checks"]
    links = [a["href"] for a in soup.find(attrs={"data-cell": "title"}).find_all("a")]
    assert links == ["#03-split", "#01-scoping--the-seal"]
    assert len(soup.find_all("h1")) == 1


def test_checks_have_anchors_and_lead_to_their_cell(soup):
    """`check-split.groups` is the row of the check.

    Beside its name is the way to the cell that ran it.
    """
    row = soup.find(id="check-split.groups")
    assert "fail" in row.get_text()
    assert [a["href"] for a in row.find_all("a")] == ["#check-split.groups", "#03-split--look"]


def test_ids_of_outputs_do_not_meet(soup):
    """Each notebook's estimator has the same id.

    Each chapter has its own, and its style follows.
    """
    ids = [element["id"] for element in soup.find_all(id=re.compile("sk-container-id-1$"))]
    assert len(ids) == 8
    assert f'[id="{ids[0]}"] b' in soup.find(id=ids[0]).find_previous("style").string


def test_tables_scroll_in_their_own_box(soup):
    """No empty heading, a box around each table that the keyboard reaches."""
    assert all(
        table.find_parent(class_="scroll")["tabindex"] == "0" for table in soup.find_all("table")
    )
    assert not [th for th in soup.find_all("th") if not th.get_text(strip=True)]


def test_a_failed_cell_is_named_on_top(project):
    """The banner names notebook, cell and error without the terminal's colours, and leads there."""
    write_chapter(
        project, "04_train", chapter("04_train", [code("boom", "fit()", [error()], count=9)])
    )
    soup = page(project)
    banner = soup.select_one(".cover .banner")
    assert (
        " ".join(banner.get_text(" ").split()) == "04_train failed in cell 9 : ValueError: no rows"
    )
    assert "failed" in soup.find(id=banner.a["href"][1:])["class"]
    assert soup.find(id="04-train--boom").details.has_attr("open")
    assert "\x1b" not in str(soup)
    assert_whole(soup)


def test_an_announced_error_is_not_a_failure(project):
    """A cell tagged raises-exception shows its error and stops nothing."""
    write_chapter(
        project,
        "04_train",
        chapter("04_train", [code("boom", "fit()", [error()], ["raises-exception"])]),
    )
    assert "failed in" not in page(project, stale={}).find(id="cover").get_text()


def test_what_was_not_run_is_said(tmp_path):
    """One notebook, no results: the report says what is missing, eight times and on the cover."""
    project = make_report_project(tmp_path / "p", names=["01_scoping"])
    for path in (project.metrics_file, project.checks_file, project.ledger_file):
        path.unlink()
    soup = page(project)
    assert soup.get_text().count("Not run yet.") == 7
    assert "No metrics yet" in soup.find(id="cover").get_text()
    assert_whole(soup)


def test_an_empty_folder_has_a_report(tmp_path):
    """Without study.toml the page says so instead of raising."""
    soup = page(Project(tmp_path))
    assert "study.toml cannot be read" in soup.find(id="cover").get_text()
    assert_whole(soup)


@pytest.mark.parametrize(
    "name",
    [
        "results/metrics.json",
        "results/checks.json",
        "report/notebooks/03_split.ipynb",
        "data/sealed/ledger.jsonl",
    ],
)
def test_a_damaged_file_is_named_and_the_rest_shown(project, name):
    """The sentence stands on top; the other chapters are there."""
    (project.root / name).write_text("{", encoding="utf-8")
    soup = page(project)
    assert name.rsplit("/", maxsplit=1)[-1] in soup.find(id="cover").get_text()
    assert soup.find(id="05-diagnose--seal") is not None


def test_stale_chapters_carry_a_note(project):
    """A note on the cover and in the chapter."""
    soup = page(
        project, stale={"06_stress_test": "needs results/04_train/model.skops, which changed"}
    )
    assert "which changed" in soup.find(id="06-stress-test").get_text()
    assert "which changed" in soup.find(id="cover").get_text()


def test_a_smoke_run_is_not_sold_as_a_result(project):
    """Quick numbers are named on top."""
    write_json(project.station("04_train") / "station.json", {"smoke": True})
    assert "A smoke run: 04_train" in page(project).find(id="cover").get_text()


def test_unanswered_questions_shout_and_answers_are_of_today(project):
    """An answer needs no run: the report shows what the source notebook says now."""
    write_json(project.notebooks / "01_scoping.ipynb", notebook([answer("answer-01", "TODO")]))
    write_json(
        project.notebooks / "02_baseline.ipynb",
        notebook([answer("answer-02", "Written this morning.")]),
    )
    soup = page(project, stale={})
    assert "unanswered" in soup.find(id="01-scoping--answer-01")["class"]
    assert "Written this morning." in soup.find(id="02-baseline--answer-02").get_text()


def test_the_page_is_written_whole_and_the_same_twice(project):
    """No date of the building, no random ids: the same inputs give the same bytes."""
    first = build_report(project).read_bytes()
    assert build_report(project).read_bytes() == first
    found = sorted(path.name for path in project.report.iterdir())
    assert found == ["index.html", "kept", "notebooks"]


def test_columns_of_numbers_are_marked(project):
    """Digits stand below each other; text stays where text starts."""
    table = (
        "<table><thead><tr><th></th><th>a</th><th>b</th>"
        "</tr></thead><tr><th>x</th><td>-1.5e-3</td><td>1 Mpc</td></tr></table>"
    )
    write_chapter(project, "01_scoping", notebook([code("out", "x", [rich(table)])]))
    first = page(project).find(id="01-scoping").table
    assert [cell.get_text() for cell in first.select(".number")] == ["a", "-1.5e-3"]


def test_executed_notebooks_can_be_fetched(soup):
    """Links beside the page, in words that say that the page does without them."""
    links = [a["href"] for a in soup.find(id="cover").find_all("a", href=re.compile("ipynb"))]
    assert links == [f"notebooks/{name}.ipynb" for name in STATIONS]
    assert "This page is whole without them" in soup.find(id="cover").get_text()


def test_headings_figures_and_checks_link_to_themselves(soup):
    """So that a reader can copy the address of the place."""
    for element in [
        *soup.select("main h2, main h3, main h4"),
        *soup.find_all("figure"),
        *soup.select("tr[id^=check-]"),
    ]:
        assert element.find("a", href=f"#{element['id']}") is not None, element["id"]
