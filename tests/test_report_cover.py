"""The cover shows numbers that are there, verdicts that the interval allows, and reasons."""

import pytest
from fake_report import check_row, interval, make_report_project, metrics, write_json
from report_page import assert_whole, page


@pytest.fixture
def project(tmp_path):
    """A project after one turn of the loop."""
    return make_report_project(tmp_path / "p")


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"primary": None, "sets": None},
        {"primary": {"model": None}},
        metrics(criteria=None, secondary=None),
    ],
)
def test_any_part_of_the_metrics_may_be_missing(project, content):
    """Half a file is half a cover."""
    write_json(project.metrics_file, content)
    assert_whole(page(project))


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (interval(-0.02, 0.005), "worse than"),
        (interval(0.01, 0.02), "No clear difference"),
        (interval(0.0, 0.0), "nothing was gained"),
    ],
)
def test_the_verdict_is_honest(project, difference, words):
    """An interval that holds zero is no gain."""
    content = metrics()
    content["primary"]["difference"] = difference
    write_json(project.metrics_file, content)
    assert words in page(project).find(class_="verdict").get_text()


def test_where_tails_are_heavy_the_robust_metric_leads(project):
    """The primary one of study.toml stands below it, with the reason; in the table it is second."""
    content = metrics()
    primary = content["primary"]
    robust = primary | {"name": "nmad", "label": "NMAD"}
    robust["difference"] = interval(-0.02, 0.005)
    primary |= {"heavy_tails": True, "note": "heavy tails: why", "robust": robust}
    write_json(project.metrics_file, content)
    found = page(project)

    assert "worse than" in found.find(class_="verdict").get_text()
    words = " ".join(found.find(class_="tails").get_text().split())
    assert words.startswith("Heavy tails. NMAD leads: heavy tails: why. By RMSE, the primary")
    assert "better than" in words
    rows = [row.find("th").get_text() for row in found.select("table.metrics tbody tr")]
    assert rows[0].startswith("NMAD") and rows[1].startswith("RMSE")


def test_no_gain_is_claimed_where_none_is_clear(project):
    """The large number stands there only if the interval excludes zero."""
    content = metrics()
    assert page(project).find(class_="gain").get_text() == "+26 %"
    content["primary"]["difference"] = interval(0.01, 0.02)
    write_json(project.metrics_file, content)
    assert page(project).find(class_="gain") is None


def test_the_report_says_what_nobody_can_tell(project):
    """On the cover and in its chapter: what would have been seen, and how many rows are enough."""
    blind = {"detectable": 0.31, "power": "only 0.31 would have been seen; 900 rows are enough"}
    seen = {"detectable": 0.02, "power": "0.02 would have been seen (counted)"}
    rows = [
        check_row("data.schema", "01_scoping", "cannot-tell", message="So far so good.", **blind),
        check_row(**seen),
    ]
    write_json(project.checks_file, rows)
    found = page(project)
    words = " ".join(found.select_one(".exceptions").get_text(" ").split())
    assert words == (
        "≈ cannot-tell data.schema So far so good. Only 0.31 would have been seen; "
        "900 rows are enough."
    )
    line = found.find(id="check-split.groups")
    assert line.select_one(".power").get_text() == "0.02 would have been seen (counted)."
    assert line.find(attrs={"data-label": "Seen from"}).get_text() == "0.02"


def test_the_cover_gives_the_reasons(project):
    """What does not pass is on the first page, with what was found and why it may stay."""
    rows = [
        check_row(state="waived", reason="On purpose."),
        check_row("data.schema", "01_scoping", "fail", message="A hole."),
    ]
    write_json(project.checks_file, rows)
    words = page(project).select_one(".exceptions").get_text(" ")
    assert " ".join(words.split()) == (
        "✗ fail data.schema A hole. ~ waived split.groups No group is on both sides. Waived "
        "because: On purpose."
    )
