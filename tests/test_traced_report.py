"""In the report a traced number leads to its result and carries the full value."""

import pytest
from fake_report import answer, make_report_project, markdown, notebook, write_chapter, write_json
from test_report import page

TEXT = (
    "The error is [0.30](#validation.rmse.model), [12 %](#given) less than [0.4](@miller2014); "
    "the slope is [1.7](#02_baseline.slope), [lost](#validation.rmse.nobody), and "
    "[0.3](#settings.split.test) are sealed, see [there](#Why-so) and [the split](03_split.ipynb)."
)


@pytest.fixture
def soup(tmp_path):
    """The page of a project that has two chapters and one cell that records metrics."""
    project = make_report_project(tmp_path / "p")
    entry = {"model": {"value": 0.30125, "low": 0.28, "high": 0.33}}
    sets = {"validation": {"n_rows": 9, "n_groups": 9, "metrics": {"rmse": entry}}}
    write_json(project.metrics_file, {"primary": {}, "sets": sets})
    numbers = {"slope": {"value": 1.7, "low": None, "high": None, "unit": "dex"}}
    write_json(project.station("02_baseline") / "numbers.json", numbers)
    keeps = {"cell_type": "code", "id": "slopes", "metadata": {}, "outputs": []}
    keeps |= {"execution_count": 1, "source": 'here.number("slope", 1.7, unit="dex")'}
    cells = [markdown("seen", f"## Why so\n\n{TEXT}"), answer("answer-02", TEXT), keeps]
    write_chapter(project, "02_baseline", notebook(cells))
    return page(project, stale={})


def links(soup, cell, kind):
    """Return the words, the anchor and the title of the links of a kind in a cell."""
    found = soup.find(id=f"02-baseline--{cell}").find_all(class_=kind)
    return [(link.get_text(), link.get("href"), link.get("title")) for link in found]


@pytest.mark.parametrize("cell", ["seen", "answer-02"])
def test_a_number_leads_to_its_result(soup, cell):
    """To the cell that said it, else to no place: the value is in the title in any case."""
    assert links(soup, cell, "traced") == [
        ("0.30", None, "validation.rmse.model = 0.30125 (0.28 to 0.33)"),
        ("1.7", "#02-baseline--slopes", "02_baseline.slope = 1.7 dex"),
        ("lost", None, "validation.rmse.nobody = no result stands here"),
        ("0.3", None, "settings.split.test = 0.2"),
    ]
    assert links(soup, cell, "given") == [("12 %", None, "given, not found")]
    assert links(soup, cell, "cited") == [("0.4", None, "cited: miller2014")]


def test_other_links_stay_what_they_are(soup):
    """A heading and another chapter; and no link on the page leads nowhere."""
    seen = soup.find(id="02-baseline--seen")
    assert seen.find("a", string="the split")["href"] == "#03-split"
    ids = {element["id"] for element in soup.find_all(id=True)}
    anchors = {link["href"][1:] for link in soup.find_all("a", href=lambda h: h and h[0] == "#")}
    assert anchors <= ids
