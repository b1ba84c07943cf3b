"""A person's word against a computed number: it is named first, and nothing stands by it alone."""

import pytest
from fake_report import check_row, make_report_project, metrics, write_json
from report_page import page
from study_files import STUDY
from test_verdict import GOOD, released, rows

from boxloop.checks import run_check
from boxloop.record.excused import is_loosened
from boxloop.record.verdict import judge, open_words
from boxloop.settings.load import load_settings


@pytest.fixture
def settings(tmp_path):
    """The settings of a study with a reference."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return load_settings(path)


LEAK = ("features.target_leak", "03_split")


def excused(**facts):
    """Return the row of a leak that somebody excuses."""
    return check_row(
        *LEAK, **{"weight": "void", "state": "waived", "reason": "it is known"} | facts
    )


WORD = ("'core_px' is known by: another telescope has measured it",)
WAYS = {
    "waived": (excused(), "features.target_leak waived (“it is known”)"),
    "word": (
        excused(state="cannot-tell", on_word=WORD),
        f"features.target_leak on the author's word ({WORD[0]})",
    ),
    "threshold": (
        excused(state="pass", value=0.995, threshold=1.0, registered=0.99),
        "features.target_leak by a threshold of its own (1, not 0.99)",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_excuse_comes_before_the_claim(settings, way):
    """With its reason; at best the verdict is limited."""
    row, words = WAYS[way]
    said = judge([*rows(GOOD), row], released(), settings)

    assert (said["state"], said["because"]) == ("limited", ["features.target_leak"])
    assert said["sentence"].startswith(f"With {words}: better than a straight line")
    void = judge([*rows(GOOD), row | {"state": "fail"}], released(), settings)
    assert void["state"] == "void"


@pytest.mark.parametrize("way", WAYS)
def test_no_gain_leads_the_cover_where_a_leak_is_excused(tmp_path, way):
    """The excuse is its first word, and stands in full among what does not simply pass."""
    project = make_report_project(tmp_path / "p")
    row, words = WAYS[way]
    assert page(project, stale={}).find(class_="gain").get_text() == "+26 %"
    write_json(project.checks_file, [row])
    found = page(project, stale={})

    assert found.find(class_="gain") is None
    first = " ".join(found.find(class_="difference").get_text(" ").split())
    assert first.startswith(f"With {words}: The model is better than")
    listed = " ".join(found.select_one(".exceptions").get_text(" ").split())
    assert "features.target_leak" in listed
    said = {"waived": "because: it is known", "word": f"author's word: {WORD[0]}"}
    assert said.get(way, "a threshold of its own (1, not 0.99), and passes by that") in listed


@pytest.mark.parametrize("check", ["log.explained", "answers.complete"])
def test_a_waived_note_is_named_and_stands_for_nothing(settings, check):
    """What waits leaves the verdict open; whoever waives it does not close it."""
    row = check_row(check, state="waived", weight="note")
    said = judge([*rows(GOOD), row], released(), settings)
    assert (said["state"], said["because"]) == ("limited", [check])


@pytest.mark.parametrize(
    ("value", "own", "usual", "alone"),
    [
        (1.5, 2.0, 1.2, True),
        (1.1, 2.0, 1.2, False),  # it would pass by the usual one as well
        (1.1, 1.15, 1.6, False),  # a stricter one
        (0.2, 0.1, 0.3, True),  # more is better
        (None, 2.0, 1.2, True),
        (1.0, 1.0, None, False),
    ],
)
def test_a_threshold_counts_as_a_word_where_it_decides(value, own, usual, alone):
    """Whichever side is good."""
    row = {"state": "pass", "value": value, "threshold": own, "registered": usual}
    assert is_loosened(row) is alone
    assert not is_loosened(row | {"state": "fail"})


def test_a_row_holds_the_registered_threshold_where_another_is_used():
    """As a check is asked with it."""
    usual = run_check("train.too_good", 0.5, 1.0)
    own = run_check("train.too_good", 0.5, 1.0, threshold=5.0)

    assert "registered" not in usual.as_dict() and "on_word" not in usual.as_dict()
    assert own.as_dict()["registered"] == usual.threshold
    assert is_loosened(own.as_dict()) and usual.state == "fail"


def test_criteria_beside_the_question_are_said_to_be_that(settings):
    """Met, all of them, and none speaks of the primary metric on sealed rows."""
    content = released()
    good = content["criteria"][0]
    for other in ({"metric": "bias"}, {"set": "train_cv"}, {"set": "validation"}):
        said = judge(rows(GOOD), content | {"criteria": [good | other]}, settings)
        assert said["state"] == "limited" and len(said["because"]) == 1
        words = "1 of 1 criterion met, none of them asks for RMSE on the test set."
        assert said["sentence"].endswith(words)
    assert judge(rows(GOOD), content, settings)["state"] == "stands"


def test_what_waits_is_counted_in_one_way(settings, tmp_path):
    """81 questions are 81, in the verdict and on the cover."""
    waits = check_row("answers.complete", "08_release", state="unanswered", value=81)
    checks = [waits, check_row(*LEAK, state="unanswered"), check_row(state="fail", weight="limit")]

    words = "1 check fails; 81 questions and 1 check wait for an answer"
    assert open_words(checks) == words
    said = judge(checks, metrics(), settings)
    assert f"81 questions and 1 check wait for an answer ({LEAK[0]}). " in said["sentence"]
    assert said["because"] == ["answers.complete", LEAK[0]]
    alone = judge([waits], metrics(), settings)["sentence"]
    assert "81 questions wait for an answer (answers.complete)" in alone
    project = make_report_project(tmp_path / "p")
    write_json(project.checks_file, checks)
    counts = [fact.get_text() for fact in page(project, stale={}).select(".counts a")]
    assert words in counts
    assert open_words([waits | {"value": 1}]) == "1 question waits for an answer"


def test_numbers_of_an_earlier_run_do_not_lead(tmp_path):
    """A chapter that is out of date takes the headline with it, and marks what is left."""
    project = make_report_project(tmp_path / "p")
    found = page(project, stale={"04_train": "Out of date: study/models.py changed."})

    assert found.find(class_="gain") is None and found.select_one("svg.intervals") is None
    words = " ".join(found.find(class_="headline").get_text(" ").split())
    assert "No number leads: 04_train is out of date." in words
    mark = found.find(id="metrics").find_next(class_="banner").get_text()
    assert mark == "Of an earlier run: 04_train is out of date."
    assert "of an earlier run" in found.find(id="criteria").parent.get_text()
