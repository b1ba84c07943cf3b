"""The verdict is one sentence that is computed, and it claims no more than was measured."""

import pytest
from fake_report import check_row, interval, metrics
from study_files import STUDY

from boxloop.record import verdict
from boxloop.record.verdict import gain, judge, place
from boxloop.settings.load import load_settings

MET = {"name": "better", "metric": "rmse", "set": "test", "quantity": "gain", "bound": "at least 0"}
MET |= {"value": 0.3, "met": True}


@pytest.fixture
def settings(tmp_path):
    """The settings of a study with a reference."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return load_settings(path)


def released(**facts):
    """Return metrics of an open test set, every criterion met."""
    content = metrics(criteria=[MET])
    content["primary"] = content["primary"] | {"set": "test"} | facts
    content["sets"] = {"test": {"n_rows": 9, "n_groups": 9, "metrics": {}}}
    return content


def rows(*found):
    """Return rows of checks: ``(weight, state)`` each, named in this order."""
    return [
        check_row(f"one.check{number}", state=state, weight=weight)
        for number, (weight, state) in enumerate(found)
    ]


GOOD = ("void", "pass")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ([GOOD, ("void", "fail"), ("limit", "fail"), ("void", "unanswered")], "void"),
        ([GOOD, ("limit", "fail"), ("note", "unanswered")], "open"),
        ([GOOD, ("void", "unanswered")], "open"),
        ([GOOD, ("limit", "fail")], "limited"),
        ([GOOD, ("limit", "waived")], "limited"),
        ([GOOD, ("void", "waived")], "limited"),
        ([GOOD, ("void", "cannot-tell")], "limited"),
        ([GOOD, ("limit", "cannot-tell"), ("void", "not-applicable")], "stands"),
        ([GOOD, ("note", "fail")], "stands"),
        ([GOOD, ("note", "waived")], "limited"),
    ],
)
def test_the_state_is_that_of_the_weightiest_fault(settings, found, state):
    """A failed check that voids first, then what waits, then what limits."""
    said = judge(rows(*found), released(), settings)

    assert said["state"] == state
    assert bool(said["because"]) is (state != "stands")


def test_where_nothing_was_run_there_is_no_verdict(settings):
    """And a line says so."""
    assert judge([], {}, settings) is None
    assert judge([], released(), settings) is None
    assert verdict.line(None) == "Verdict: none yet, nothing was run."


@pytest.mark.parametrize("met", [False, None])
def test_a_criterion_that_is_not_met_or_not_measured_limits(settings, met):
    """What was not measured counts as met by nobody."""
    content = released() | {"criteria": [MET, MET | {"name": "also", "met": met}]}
    said = judge(rows(GOOD), content, settings)

    assert (said["state"], said["because"]) == ("limited", ["criterion: also"])


def test_a_notebook_that_is_not_done_leaves_the_verdict_open(settings):
    """Whatever its checks once found; its numbers are not repeated."""
    undone = [("03_split", "is out of date"), ("04_train", "is out of date"), ("05_x", "failed")]
    said = judge(rows(GOOD, ("limit", "unanswered")), released(), settings, undone=undone)

    assert said["state"] == "open"
    assert said["because"] == ["one.check1", "03_split", "04_train", "05_x"]
    assert said["sentence"] == (
        "Not settled: 03_split and 04_train are out of date; 05_x failed; "
        "1 check waits for an answer (one.check1)."
    )
    assert judge(rows(GOOD), released(), settings, undone=undone[:1])["state"] == "open"
    assert judge(rows(("void", "fail")), {}, settings, undone=undone)["state"] == "void"


def test_a_void_sentence_names_the_checks_and_no_number(settings):
    """Not even how many criteria seem to be met."""
    said = judge(rows(("void", "fail"), ("void", "fail")), released(), settings)
    assert said["sentence"] == "Not to be believed: one.check0 and one.check1 fail."
    assert said["because"] == ["one.check0", "one.check1"]


def test_the_sentence_answers_every_set_and_criterion(settings):
    """The sealed half of a domain stands for its open one; sets of training rows for nothing."""
    values = {"reference": interval(0.2, 0.01), "model": interval(0.25, 0.01)}
    other = {"metrics": {"rmse": values | {"difference": interval(-0.05, 0.01)}}}
    even = {"metrics": {"rmse": values | {"difference": interval(0.004, 0.01)}}}
    content = released()
    content["sets"] |= {"train_cv": other, "simulator_b": even, "test_simulator_b": other}
    content["sets"] |= {"simulator_c": even, "exploration": other, "validation": other}
    missed = {"metric": "bias", "set": "test_simulator_b", "quantity": "value", "met": False}
    missed |= {"value": 0.0512, "bound": "at most 0.02"}
    content["criteria"] = [MET, MET | missed, MET | {"set": "elsewhere", "met": None}]
    label = settings.study.reference.label

    assert judge(rows(GOOD), content, settings)["sentence"] == (
        f"Better than {label} on the test set (26 % lower RMSE, by 0.031 to 0.047), "
        "not on simulator C (difference −0.006 to 0.014), "
        "worse on the test set of simulator B (25 % higher RMSE, by 0.040 to 0.060): "
        "1 of 3 criteria met (not met: bias on the test set of simulator B, 0.0512 for at most "
        "0.02), 1 is not measured."
    )


def test_criteria_of_sealed_rows_wait_for_them(settings):
    """They are neither met nor forgotten."""
    content = metrics(criteria=[MET | {"met": None}, MET | {"met": None, "set": "test_b"}])
    said = judge(rows(GOOD), content, settings)

    assert said["state"] == "limited"
    assert said["sentence"].endswith("): 2 criteria wait for the test set.")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"difference": interval(0.0, 0.01)}, "No better than"),
        ({"difference": interval(-0.02, 0.005)}, "Worse than"),
        ({"difference": interval(0, 0)}, "No better than"),
        ({"difference": None}, "(no interval)"),
        ({"better": "zero", "label": "bias"}, "(bias nearer to 0 by 0.031 to 0.047)"),
        ({"better": "higher"}, "26 % higher RMSE"),
        ({"reference": interval(0.01, 0.02)}, "(RMSE lower by 0.031 to 0.047)"),
        ({"difference": interval(0.039, 0.008) | {"too_few": True}}, "from too few groups"),
        (
            {"robust": metrics()["primary"] | {"label": "NMAD", "set": "test"}},
            "lower NMAD, by",
        ),
    ],
)
def test_a_comparison_claims_what_its_interval_allows(settings, facts, words):
    """A share of a reference that may be zero is none, and the robust metric leads."""
    assert words in judge(rows(GOOD), released(**facts), settings)["sentence"]


@pytest.mark.parametrize("content", [{}, {"primary": None, "sets": None}, {"criteria": None}])
def test_half_a_file_is_half_a_sentence(content):
    """No settings, no metrics: no traceback, and no claim."""
    said = judge(rows(GOOD), content, None)
    assert said["sentence"] == "Nothing was measured against the domain reference yet."


def test_a_limit_that_fails_is_named_in_the_sentence(settings):
    """It narrows the claim where it is made."""
    said = judge(rows(GOOD, ("limit", "fail")), released(), settings)
    assert said["sentence"].endswith("1 of 1 criterion met; one.check1 fails.")


def test_an_open_verdict_says_how_far_the_study_is(settings):
    """As long as every notebook is done, its numbers are those of today."""
    said = judge(rows(GOOD, ("note", "unanswered")), released(), settings)["sentence"]
    assert said.startswith("Not settled: 1 check waits for an answer (one.check1). So far: better")


@pytest.mark.parametrize(
    ("difference", "reference", "share"),
    [(0.1, 0.4, 0.25), (-0.1, 0.4, -0.25), (0.1, -0.4, 0.25), (0.1, 0, None), (None, 1, None)],
)
def test_the_gain_is_a_share_of_the_reference(difference, reference, share):
    """Positive where the model is better; of nothing there is no share."""
    values = {"difference": {"value": difference}, "reference": {"value": reference}}
    assert gain(values) == share
    assert gain({}) is None


def test_places_are_said_in_words():
    """The name of a domain is what the study calls it."""
    names = ["test", "validation", "test_simulator_b", "faint_ones"]
    words = [place(name) for name in names]
    assert words[:2] == ["the test set", "the validation set"]
    assert words[2:] == ["the test set of simulator B", "faint ones"]
