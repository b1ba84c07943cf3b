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
    assert words in page(project, stale={}).find(class_="difference").get_text()


def test_where_tails_are_heavy_the_robust_metric_leads(project):
    """The primary one of study.toml stands below it, with the reason; in the table it is second."""
    content = metrics()
    primary = content["primary"]
    robust = primary | {"name": "nmad", "label": "NMAD"}
    robust["difference"] = interval(-0.02, 0.005)
    primary |= {"heavy_tails": True, "note": "heavy tails: why", "robust": robust}
    write_json(project.metrics_file, content)
    found = page(project, stale={})

    assert "worse than" in found.find(class_="difference").get_text()
    words = " ".join(found.find(class_="tails").get_text().split())
    assert words.startswith("Heavy tails. NMAD leads: heavy tails: why. By RMSE, the primary")
    assert "better than" in words
    rows = [row.find("th").get_text() for row in found.select("table.metrics tbody tr")]
    assert rows[0].startswith("NMAD") and rows[1].startswith("RMSE")


def test_no_gain_is_claimed_where_none_is_clear(project):
    """The large number stands there only if the interval excludes zero."""
    content = metrics()
    assert page(project, stale={}).find(class_="gain").get_text() == "+26 %"
    content["primary"]["difference"] = interval(0.01, 0.02)
    write_json(project.metrics_file, content)
    assert page(project, stale={}).find(class_="gain") is None


def test_the_report_says_what_nobody_can_tell(project):
    """On the cover and in its chapter: what would have been seen, and how many rows are enough."""
    blind = {"detectable": 0.31, "power": "only 0.31 would have been seen; 900 rows are enough"}
    seen = {"detectable": 0.02, "power": "0.02 would have been seen (counted)"}
    rows = [
        check_row("data.schema", "01_scoping", "cannot-tell", message="So far so good.", **blind),
        check_row(**seen),
    ]
    write_json(project.checks_file, rows)
    found = page(project, stale={})
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
    words = page(project, stale={}).select_one(".exceptions").get_text(" ")
    assert " ".join(words.split()) == (
        "✗ fail data.schema A hole. ~ waived split.groups No group is on both sides. Waived "
        "because: On purpose."
    )


def judged(project, *states, **facts):
    """Leave checks in these states, and return the page of a project in which all is done."""
    homes = ("03_split", "04_train", "08_release")
    ids = ("split.groups", "train.pipeline", "release.reload")
    rows = [
        check_row(*pair, state, weight="void", **facts)
        for *pair, state in zip(ids, homes, states, strict=False)
    ]
    write_json(project.checks_file, rows)
    return page(project, stale={})


def test_the_verdict_stands_first_and_links_to_what_it_is_due_to(project):
    """Before every banner and number, and in the contents beside each chapter."""
    found = judged(project, "waived", "pass", "pass", reason="why it is so")
    section = found.select_one("#cover section")

    assert section.find("h2")["id"] == "verdict"
    words = " ".join(section.get_text(" ").split())
    assert words.startswith(
        "Verdict ~ limited With split.groups waived (“why it is so”): better than"
    )
    links = [a["href"] for a in section.select(".because a")]
    assert links == ["#check-split.groups", "#criteria"]
    assert "Verdict: limited" in found.find(id="contents").get_text()
    assert_whole(found)


def test_a_void_verdict_leaves_no_headline(project):
    """No gain, no drawing; the numbers below and every chapter carry the mark."""
    assert page(project, stale={}).select_one("svg.intervals") is not None
    found = judged(project, "fail", "pass", "pass")

    assert found.find(class_="gain") is None and found.find(class_="difference") is None
    assert found.select_one("svg.intervals") is None and "26 %" not in found.get_text()
    first = " ".join(found.select_one("#cover section").get_text(" ").split())
    assert first.startswith("Verdict ✗ void Not to be believed: split.groups fails.")
    assert found.find(id="metrics").find_next(class_="banner").get_text().startswith("Not to be")
    marks = [chapter.select_one(".banner.fail") for chapter in found.select("section.chapter")]
    said = [mark.get_text() for mark in marks if mark]
    assert sum(words.startswith("Not to be believed: split.groups") for words in said) == 8
    assert_whole(found)


def test_before_anything_was_run_the_cover_says_that_there_is_no_verdict(project):
    """In words, in its place."""
    project.checks_file.unlink()
    words = " ".join(page(project).select_one("#cover section").get_text(" ").split())
    assert words == "Verdict None yet: nothing was run."


def test_a_shut_seal_is_no_tick(project):
    """08 has run and its checks pass, and still nobody knows the numbers of the test set."""
    shut = judged(project, "pass", "pass", "pass").select_one('[data-station="08"]')
    assert ("■" in shut.get_text(), "✓" in shut.select_one(".symbol").get_text()) == (True, False)
    assert shut.select_one(".state").get_text() == "sealed"
    assert "state-sealed" in shut["class"]
    content = metrics()
    content["sets"]["test"] = content["sets"]["validation"]
    write_json(project.metrics_file, content)
    opened = judged(project, "pass", "pass", "pass").select_one('[data-station="08"]')
    assert opened.select_one(".symbol").get_text() == "✓"
    write_json(project.metrics_file, metrics())
    assert (
        judged(project, "pass", "pass", "fail").select_one('[data-station="08"] .symbol').get_text()
        == "✗"
    )


def test_a_station_that_is_out_of_date_loses_its_tick(project):
    """In the loop, the list beside it, the contents and its chapter; a failure stays one."""
    judged(project, "pass", "fail", "pass")
    found = page(project, stale={"03_split": "Out of date: x changed.", "04_train": "Too."})
    split, train = (found.select_one(f'svg [data-station="{number}"]') for number in ("03", "04"))

    assert split.select_one(".symbol").get_text() == "↻"
    assert split.select_one(".state").get_text() == "out of date"
    assert train.select_one(".symbol").get_text() == "✗"
    assert "✓" not in found.find(id="03-split").select_one(".meta").get_text()
    row = " ".join(found.find(id="check-split.groups").find("td").get_text(" ").split())
    assert row == "↻ pass, out of date"
    told = [a.get_text(" ", strip=True) for a in found.select(".alerts a")]
    assert told == ["✗ 1 fail", "≈ 0 cannot-tell", "~ 0 waived", "↻ 1 out of date", "✓ 1 pass"]


def test_rows_are_those_of_the_set_that_is_spoken_of(project):
    """They stand beside its name, and groups are spoken of where there are groups."""
    sets = page(project, stale={}).select_one(".headline .set").get_text()
    assert sets.startswith("On the validation set (400 rows, 120 groups); the test set is")
    words = page(project, stale={}).select_one(".headline .meta").get_text()
    assert words == "Bars are 95 % intervals from a bootstrap over groups."
    text = project.settings_file.read_text(encoding="utf-8")
    text = text.replace('role = "group"', 'role = "ignored"').replace('"group"', '"random"')
    project.settings_file.write_text(text, encoding="utf-8")
    found = page(project, stale={})
    assert (
        found.select_one(".headline .set")
        .get_text()
        .startswith("On the validation set (400 rows);")
    )
    assert "a bootstrap over rows." in found.select_one(".headline .meta").get_text()


@pytest.mark.parametrize(("state", "words"), [("pass", ", written before training"), ("fail", "")])
def test_criteria_are_said_to_be_the_first_ones_where_that_was_checked(project, state, words):
    """The heading claims no more than the check."""
    write_json(project.checks_file, [check_row("criteria.unchanged", "08_release", state)])
    assert page(project, stale={}).find(id="criteria").get_text() == f"Criteria{words}"
