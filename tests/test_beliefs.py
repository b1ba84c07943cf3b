"""A sentence that claims a belief of before the result links to the prediction that was written."""

import json

import planted_beliefs
import pytest
from test_traceable import markdown, toml, write

from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.notebooks.beliefs import became, claimed
from boxloop.record.prose import numbers_said
from boxloop.record.traced import Results

SETTINGS = {"study": {"title": "Bats", "target": "weight", "criteria": []}, "columns": {}}
NUMBERS = {"gain": 0.3, "loss": -0.2, "same": 0.0}
PREDICTED = {"gain": ("above", 0.1), "loss": ("above", 0.1), "same": ("below", 0.05), "late": None}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A study with a prediction that was right, a wrong one, one undecided and one not measured."""
    project = Project(tmp_path_factory.mktemp("bats"))
    project.notebooks.mkdir()
    project.study.mkdir()
    project.settings_file.write_text(toml(SETTINGS), encoding="utf-8")
    for name in ("01_scoping", "06_stress_test"):
        write(project, name, markdown("Nothing."))
        project.station(name).mkdir(parents=True)
    numbers = {
        name: {"value": value, "low": value - 0.1, "high": value + 0.1, "unit": ""}
        for name, value in NUMBERS.items()
    }
    rows = []
    for name, bound in PREDICTED.items():
        side, limit = bound or ("above", 0.0)
        row = {"id": name, "sentence": "So.", "of": f"06_stress_test.{name}"}
        rows.append(row | {"above": None, "below": None} | {side: limit})
    (project.station("06_stress_test") / "numbers.json").write_text(json.dumps(numbers))
    (project.station("01_scoping") / "predictions.json").write_text(json.dumps(rows))
    return project


def judged(project, text, name="07_failures_log"):
    """Return the check of a project one of whose notebooks says this."""
    write(project, name, markdown(text))
    rows = numbers_said(project, Results(project, {}, []))
    (project.notebooks / f"{name}.ipynb").unlink()
    return run_check("answers.traceable", rows)


def test_claims_are_known_by_their_words():
    """All but what is known to be missed, which would show if it were caught."""
    assert [text for text in planted_beliefs.CLAIMS if not claimed(text)] == planted_beliefs.MISSED


def test_what_theory_or_somebody_else_expects_is_no_claim():
    """Nor is a plan, a question, or what a method predicts."""
    accused = [text for text in planted_beliefs.INNOCENT if claimed(text)]
    assert accused == planted_beliefs.ACCUSED


@pytest.mark.parametrize(
    "text",
    [
        "The gain came [as predicted](#prediction.gain).",
        "The gain at home was what we [expected](#prediction.gain), [0.30](#prediction.gain).",
        "That [refutes](#prediction.loss) what we believed, a gain abroad.",
        "One expectation of 01 was [wrong](#prediction.loss): it is [-0.2](#prediction.loss).",
        "Whether nothing is left, as we thought, these rows [cannot tell](#prediction.same).",
        "[That of home](#prediction.gain) is right, [that abroad](#prediction.loss) not.",
        "We expected a gain, which was [not measured](#prediction.late).",
        "As expected of a Poisson process, the variance is the mean.",
        "*For example:* We expected a tenth less scatter.",
        "Was it what we expected?",
    ],
)
def test_a_belief_with_its_prediction_is_let_alone(project, text):
    """It says what became of it, or only that there was one."""
    assert judged(project, text).state == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "As predicted, there is a gain.",
        "That refutes what we believed before the test, that shape would be the weak point.",
        "The gain came as predicted, [as the table shows](#06_stress_test.gain).",
    ],
)
def test_a_belief_without_prediction_waits_for_a_person(project, text):
    """In 07 it is no belief until it was written before; in 01 and 04 it is being written."""
    found = judged(project, text)
    assert (found.state, found.value is not None) == ("unanswered", True)
    assert "claims a belief of before the result" in found.message
    if "#" not in text:
        assert judged(project, text, name="04_train").state == "pass"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The loss came [as predicted](#prediction.loss).", "prediction.loss is: wrong"),
        ("Abroad there is a gain, as we [expected](#prediction.loss).", "is: wrong"),
        ("That [refutes](#prediction.gain) what we believed.", "prediction.gain is: right"),
        ("As predicted, [nothing](#prediction.same) is left.", "prediction.same is: cannot tell"),
        ("As [we](#prediction.late) feared, it is lost.", "prediction.late is: not measured"),
        ("The prediction was [right](#prediction.loss).", "prediction.loss is: wrong"),
        ("[Right](#prediction.loss) it was, [right](#prediction.gain) it is.", "loss is: wrong"),
        ("The gain is [-0.2](#prediction.gain).", "prediction.gain is 0.3"),
        ("The gain came [as predicted](#prediction.gian).", "nearest: #prediction.gain"),
    ],
)
def test_a_sentence_that_says_otherwise_than_the_score_is_accused(project, text, why):
    """Also in 01 and 04."""
    for name in ("07_failures_log", "04_train"):
        found = judged(project, text, name=name)
        assert found.state == "fail"
        assert why in found.message


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("As predicted, it falls.", "right"),
        ("The prediction is not borne out.", "wrong"),
        ("It is the opposite of what we expected.", "wrong"),
        ("We expected a loss, and it did not come.", "wrong"),
        ("We expected a loss, and it came.", ""),
        ("Whether it is so cannot be told.", "cannot tell"),
        ("The loss is larger than we thought.", ""),
    ],
)
def test_what_became_of_it_is_read_off_the_words(text, state):
    """Nothing where the words do not say."""
    assert became(text) == state
