"""Predictions: registered before their number, scored where it is measured, and bound to that."""

import json
import shutil

import pytest
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.base.files import write_json
from boxloop.checks import run_check
from boxloop.record.passes import all_passes
from boxloop.record.predictions import Prediction, parsed, prediction
from boxloop.record.prose import results_of
from boxloop.record.station import Station

GAIN = """
here.predict("gain", "The model is better by far", of="gain.validation.rmse", {bound})
"""
SCORE = """
found = here.predictions()
here.keep("predictions.csv", found.reset_index())
here.check("log.predictions", found.reset_index().to_dict("records"))
"""
PROSE = """
from boxloop.record.prose import results_of
here.check("answers.traceable", here.prose())
"""


def edited(name, more, files):
    """Return the sources with lines at the end of the chapter's work."""
    path = f"notebooks/{name}.ipynb"
    content = json.loads(files[path])
    cell = next(cell for cell in content["cells"] if cell["id"] == "work")
    cell["source"] += more
    return files | {path: json.dumps(content, indent=1)}


def with_prediction(text):
    """Return the sources of a small project that predicts in 01 and scores in 07."""
    return edited("07_failures_log", SCORE, edited("01_scoping", text, sources()))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Return ``runs(text of 01, more files)``: write it, run the loop, return row and check."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)

    def runs(text, more=(), words=("run",)):
        project = write(tmp_path, with_prediction(text) | dict(more))
        code, said = command(project, *words)
        assert "Traceback" not in said
        runs.said, runs.code, runs.project = said, code, project
        path = project.station("07_failures_log") / "checks.json"
        checks = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        found = [row for row in checks if row["id"] == "log.predictions"]
        return results_of(project), (found or [None])[0]

    return runs


def bet(bound="above=0.3", of="gain.validation.rmse"):
    """Return the line that predicts a gain: 0.5 is what the small project finds."""
    return GAIN.format(bound=bound).replace("gain.validation.rmse", of)


@pytest.mark.parametrize(
    ("bounds", "low", "high", "state"),
    [
        ({"above": 1}, 1.1, 2.0, "right"),
        ({"above": 1}, 0.9, 2.0, "cannot tell"),
        ({"above": 1}, 0.5, 1.0, "wrong"),
        ({"above": 1}, 1.0, 2.0, "cannot tell"),
        ({"below": 1}, 0.5, 0.9, "right"),
        ({"below": 1}, 0.5, 1.0, "cannot tell"),
        ({"below": 1}, 1.0, 2.0, "wrong"),
        ({"below": 0}, -0.2, -0.1, "right"),
        ({"between": (1, 2)}, 1.0, 2.0, "right"),
        ({"between": (1, 2)}, 1.5, 2.1, "cannot tell"),
        ({"between": (1, 2)}, 0.5, 2.5, "cannot tell"),
        ({"between": (1, 2)}, 2.1, 2.5, "wrong"),
        ({"between": (1, 2)}, 0.1, 0.9, "wrong"),
    ],
)
def test_the_whole_interval_decides(bounds, low, high, state):
    """Right on the predicted side, wrong on the other, and nothing where it holds the bound."""
    one = prediction("p", "So.", of="gain.validation.rmse", chapter="01_scoping", **bounds)

    assert one.score(low, high) == state


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ("one of below=, above= and between=, and has none", {}),
        ("and has 2", {"below": 1, "above": 0}),
        ("needs a finite number", {"below": float("nan")}),
        ("needs a finite number", {"above": float("inf")}),
        ("needs a finite number", {"above": True}),
        ("needs a finite number", {"above": "0"}),
        ("needs two finite numbers, the smaller first", {"between": (2, 1)}),
        ("needs two finite numbers", {"between": 1}),
        ("needs two finite numbers", {"between": (0, float("inf"))}),
    ],
)
def test_a_bound_is_one_and_finite(words, bounds):
    """One sentence says what is wrong with it."""
    with pytest.raises(UserError, match=words):
        prediction("p", "So.", of="gain.validation.rmse", chapter="01_scoping", **bounds)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (
            "results are known already: move it to 01_scoping or 04_train",
            {"chapter": "02_baseline"},
        ),
        ("an id has letters, digits and _", {"name": "my bet"}),
        ("needs a sentence", {"sentence": " "}),
        ("is no address of a result", {"of": "the gain"}),
        ("is set and not measured", {"of": "settings.split.test"}),
        ("is set and not measured", {"of": "prediction.other"}),
    ],
)
def test_a_prediction_is_registered_where_and_as_it_can_be(words, change):
    """A chapter that may, a name, a sentence, and the address of what is measured."""
    given = {"name": "p", "sentence": "So.", "of": "gain.validation.rmse", "chapter": "04_train"}
    given |= change
    with pytest.raises(UserError, match=words):
        prediction(given.pop("name"), given.pop("sentence"), below=1.0, **given)


@pytest.mark.parametrize(
    ("bound", "state"),
    [("above=0.3", "right"), ("below=0.3", "wrong"), ("between=(0.4, 0.6)", "right")],
)
def test_a_prediction_is_scored_by_this_run(runs, bound, state):
    """07 keeps the table, the check counts it, the pass records it, and a link leads to it."""
    results, check = runs(bet(bound))

    entry = results.find("prediction.gain")
    assert (entry.value, entry.state, entry.anchor) == (0.5, state, "01-scoping--work")
    assert results.find("07_failures_log.predictions.gain.value").value == 0.5
    assert (check["state"], check["weight"]) == ("pass", "limit")
    assert f"registered before the result: 1 {state}" in check["message"]
    page = (runs.project.report / "index.html").read_text(encoding="utf-8")
    section = page.partition('id="predictions"')[2].partition("</section>")[0]
    assert "The model is better by far" in section
    assert ("1 of 1 right" in section) == (state == "right")
    (kept,) = all_passes(runs.project)[0]["predictions"]["rows"]
    assert (kept["id"], kept["of"], kept["state"]) == ("gain", "gain.validation.rmse", state)


def test_without_an_interval_the_value_decides_and_that_is_said(runs):
    """A number of a table has no interval."""
    results, _ = runs(bet("below=3", of="06_stress_test.stress.1.level"))
    table = (runs.project.station("07_failures_log") / "predictions.csv").read_text()

    assert results.find("prediction.gain").state == "right"
    assert "no interval: the value alone decides" in table


def test_what_nobody_measures_is_not_scored(runs):
    """A prediction without its number waits for a person, who is told what is near."""
    results, check = runs(bet(of="05_diagnose.intervals.levels"))

    assert results.find("prediction.gain").state == "not measured"
    assert check["state"] == "unanswered"
    assert "nearest: #05_diagnose.intervals.level" in check["message"]


def test_what_is_sealed_waits_for_the_release_and_is_scored_there(runs):
    """07 cannot know it, and that is no fault; once it is measured, a link knows."""
    results, check = runs(bet("above=0.3", of="test.rmse.model"))
    assert (results.find("prediction.gain").state, check["state"]) == ("not measured", "pass")
    assert "1 to be scored in 08" in check["message"]

    results, check = runs(
        bet("above=0.3", of="test.rmse.model"), words=("release", "--reason", "to measure it once")
    )

    assert results.find("prediction.gain").state == "right"
    assert "1 to be scored in 08" in check["message"], "07 speaks of what it and 01 to 06 have"


def test_a_study_that_predicts_nothing_is_asked_nothing(runs):
    """The check does not apply; it is never silent."""
    _, check = runs("")

    assert check["state"] == "not-applicable"
    assert "no sentence may claim one" in check["reason"]


def test_a_bound_that_is_moved_after_the_result_is_named_with_the_old_one(runs):
    """What was wrong does not become right; put back, it is what it was."""
    runs(bet("above=0.9"))
    results, check = runs(bet("above=0.3"))

    assert results.find("prediction.gain").state == "late"
    assert check["state"] == "fail"
    assert "pass 1 had measured it; it was above 0.9" in check["message"]
    assert "'gain (pass 1)' (pass 1 had found it wrong, and it is gone since)" in check["message"]

    results, check = runs(bet("above=0.9"))
    assert (results.find("prediction.gain").state, check["state"]) == ("wrong", "pass")


def test_words_may_be_mended(runs):
    """Another sentence and another id are the same prediction."""
    runs(bet())
    other = bet().replace("by far", "clearly").replace('"gain"', '"better"')
    results, check = runs(other)

    assert (results.find("prediction.better").state, check["state"]) == ("right", "pass")


def test_a_prediction_that_comes_after_its_result_is_late(runs):
    """Also where it is the first one; that of another number is not."""
    runs("")
    results, check = runs(bet())
    assert (results.find("prediction.gain").state, check["state"]) == ("late", "fail")
    assert "pass 1 had measured it" in check["message"]


def test_a_result_that_came_to_no_pass_was_known_all_the_same(runs, tmp_path):
    """05 has run, nothing else has; then somebody predicts what it found."""
    project = write(tmp_path, with_prediction(""))
    for number in ("01", "03", "04", "05"):
        command(project, "run", "--only", number)
    assert not all_passes(project)

    results, check = runs(bet())

    assert results.find("prediction.gain").state == "late"
    assert "its result was known when it was written" in check["message"]


def test_a_lost_file_unlocks_nothing(runs):
    """Without the results of 01, and without the memory beside the passes, the pass knows."""
    runs(bet("above=0.9"))
    shutil.rmtree(runs.project.station("01_scoping"))
    (runs.project.passes / "predictions.json").unlink()
    results, check = runs(bet("above=0.3"))
    assert (results.find("prediction.gain").state, check["state"]) == ("late", "fail")

    shutil.rmtree(runs.project.station("01_scoping"))
    (runs.project.passes / "predictions.json").write_text("[nothing")
    results, check = runs(bet("above=0.9"))
    assert (results.find("prediction.gain").state, check["state"]) == ("wrong", "pass")


def test_a_reset_unlocks_nothing(runs):
    """The passes of before it, in the attic, hold the bound."""
    runs(bet("above=0.9"))
    assert command(runs.project, "reset", "--reason", "to begin from nothing again")[0] == 0
    results, check = runs(bet("above=0.3"))

    assert results.find("prediction.gain").state == "late"
    assert "pass 1 before a reset had measured it" in check["message"]


def test_another_turn_of_the_loop_may_predict_anew(runs):
    """With another [revision], or other raw data, the result is another one."""
    runs(bet("above=0.9"))
    study = {"study.toml": sources()["study.toml"] + "\n[revision]\nrows = 300\n"}
    results, check = runs(bet("above=0.3"), more=study)
    assert (results.find("prediction.gain").state, check["state"]) == ("right", "pass")

    results, check = runs(bet("above=0.9"), more=study)
    assert results.find("prediction.gain").state == "late", "pass 2 had measured this one"
    table = (runs.project.station("07_failures_log") / "predictions.csv").read_text()
    assert "pass 1: wrong" in table

    assert command(runs.project, "reset", "--reason", "other rows have come in")[0] == 0
    data = sources()["study/data.py"].replace("FIRST = 0", "FIRST = 5")
    results, check = runs(bet("above=0.2"), more=study | {"study/data.py": data})
    assert (results.find("prediction.gain").state, check["state"]) == ("right", "pass")


def test_a_prediction_of_one_pass_is_of_that_pass(runs):
    """In the very run of pass 1 its address means what this run finds."""
    results, check = runs(bet(of="pass1.gain.validation.rmse"))

    assert (results.find("prediction.gain").state, check["state"]) == ("right", "pass")


def test_an_id_stands_in_one_chapter(runs):
    """Whichever runs later says so."""
    more = edited("04_train", bet("above=0.1"), sources())
    runs(bet(), more={"notebooks/04_train.ipynb": more["notebooks/04_train.ipynb"]})

    assert "is another prediction in 01_scoping: give it its own id" in runs.said


def test_what_is_known_already_is_not_predicted(runs, monkeypatch):
    """04 cannot predict what an earlier chapter or a cell above has measured."""
    runs("")
    monkeypatch.chdir(runs.project.notebooks)
    here = Station("04_train")
    here.number("seconds", 3.0)
    options = {"below": 1.0}
    with pytest.raises(UserError, match="is known already, from 03_split"):
        here.predict("a", "So.", of="03_split.rows.n", **options)
    with pytest.raises(UserError, match="is known already, from 04_train"):
        here.predict("b", "So.", of="04_train.seconds", **options)
    with pytest.raises(UserError, match="there is no chapter 09_end"):
        here.predict("c", "So.", of="09_end.seconds", **options)
    with pytest.raises(UserError, match=r"there is no check split\.nothing"):
        here.predict("d", "So.", of="check.split.nothing", **options)
    with pytest.raises(UserError, match="who is one of model, reference"):
        here.predict("e", "So.", of="validation.rmse.us", **options)
    with pytest.raises(UserError, match=r"write SET\.METRIC\.WHO"):
        here.predict("f", "So.", of="validation.beauty.model", **options)
    assert list(here.predict("g", "So.", of="validation.rmse.model", **options).index) == ["g"]


def test_a_quick_run_remembers_nothing(runs):
    """Its numbers are no results: what is written after them is not late."""
    runs("", words=("run", "--smoke"))
    results, check = runs(bet())

    assert (results.find("prediction.gain").state, check["state"]) == ("right", "pass")


def test_damaged_records_are_passed_over(runs):
    """Hand-edited files end in no traceback."""
    runs(bet())
    path = runs.project.station("01_scoping") / "predictions.json"
    row = parsed(json.loads(path.read_text()))[0]
    assert row == Prediction(
        "gain", "The model is better by far", "gain.validation.rmse", 0.3, None, "01_scoping"
    )
    rows = [7, {"id": "x"}, {"id": 1, "sentence": "s", "of": "a.b"}, {"above": "high"}]
    assert parsed(rows) == parsed({"a": 1}) == parsed(None) == []
    content = all_passes(runs.project)[0]
    for damaged in ("text", [], {"rows": 3}, {"rows": [7], "turn": [], "measured": "no hash"}):
        write_json(runs.project.passes / "001.json", content | {"predictions": damaged})
        assert results_of(runs.project).find("prediction.gain").state == "right"


ROWS = [
    {"id": "a", "of": "x.y", "state": "right", "note": "", "waits": False},
    {"id": "b", "of": "x.y", "state": "wrong", "note": "", "waits": False},
    {"id": "c", "of": "x.y", "state": "cannot tell", "note": "", "waits": False},
]


def test_to_be_wrong_is_no_fault():
    """What is counted against a study is a prediction that was none."""
    assert run_check("log.predictions", ROWS).state == "pass"
    assert "1 right, 1 wrong, 1 cannot tell" in run_check("log.predictions", ROWS).message
    for state in ("late", "withdrawn"):
        bad = {"id": "d", "of": "x.y", "state": state, "note": "pass 1 had measured it"}
        found = run_check("log.predictions", [*ROWS, bad])
        assert (found.state, found.value) == ("fail", 1)
        assert "'d' (pass 1 had measured it)" in found.message
