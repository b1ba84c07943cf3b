"""Cases of what a notebook calls, and of the files that a run leaves for others."""

import json
import re

import numpy as np
from remedies import CASES, Answer, calls, case

from boxloop.checks import REGISTRY, not_applicable, run_check
from boxloop.measure.curves import judge_loss_curve
from boxloop.notebooks.file import as_text, read_copy, signed
from boxloop.record import prose
from boxloop.record.station import Station
from boxloop.record.status import station_facts


# What a notebook asks of its desk, in JupyterLab.
def desk(person, name="05_diagnose"):
    person.monkeypatch.chdir(person.project.notebooks)
    return Station(name)


@case
def a_desk_of_a_name_that_is_there(person):
    person.small()
    yield calls(desk, person, "05_diagnosis"), "choose from 01_scoping, 02_baseline"
    yield calls(desk, person, "05_diagnose")


@case
def a_result_is_made_first(person):
    person.small()
    here = desk(person)
    person.delete("results/04_train/model.json")
    said = yield (
        calls(here.read, "04_train/model.json"),
        "05_diagnose needs results/04_train/model.json: run 04_train first",
    )
    person.does("run", "--only", re.search(r"run (\w+) first", said)[1])


@case
def a_file_that_nobody_makes_is_put_there(person):
    person.small()
    here = desk(person)
    yield calls(here.file, "mine.csv"), "no notebook makes it, so put it there"
    person.damage("results/mine.csv", "x\n1\n")


@case
def a_table_that_nobody_made_is_left_alone(person):
    person.small()
    here = desk(person)
    copy = person.path("data/interim/raw_0123456789ab.parquet")
    here.table("train").to_parquet(copy)
    yield calls(here.table, copy.stem), 'take one of 03, such as here.table("train")'
    yield calls(here.table, "train")


@case
def a_result_that_is_damaged_is_made_again(person):
    person.small()
    here = desk(person)
    person.damage("results/04_train/model.json")
    said = yield calls(here.read, "04_train/model.json"), "model.json is not valid JSON"
    person.delete("results/04_train/model.json")
    person.does_as_told(said)


@case
def a_table_that_is_damaged_is_made_again(person):
    person.small()
    here = desk(person, "04_train")
    person.damage("data/interim/train.parquet")
    yield calls(here.table, "train"), "delete it and run the notebook that makes it"
    person.delete("data/interim/train.parquet")
    person.does("run", "--only", "03")


@case
def a_check_that_is_there(person):
    yield calls(run_check, "split.gruops"), "the names are in boxloop.checks.REGISTRY"
    assert "split.groups" in REGISTRY
    yield calls(not_applicable, "split.groups", "No groups.")


@case
def a_check_that_is_there_for_another_reason(person):
    yield calls(not_applicable, "split.gruops", "x"), "the names are in boxloop.checks.REGISTRY"
    yield calls(not_applicable, "split.groups", "No groups.")


@case
def a_check_does_not_apply_for_a_reason(person):
    yield calls(not_applicable, "split.groups", " "), "needs a reason why it does not apply"
    yield calls(not_applicable, "split.groups", "No groups.")


@case
def two_curves_of_one_length(person):
    curve = np.exp(-np.arange(9.0))
    said = "must be of the same length, five iterations or more"
    yield calls(judge_loss_curve, curve, curve[:4]), said
    yield calls(judge_loss_curve, curve, curve)


@case
def two_curves_of_five_iterations(person):
    curve = np.exp(-np.arange(9.0))
    yield calls(judge_loss_curve, curve[:4], curve[:4]), "five iterations or more"
    yield calls(judge_loss_curve, curve[:5], curve[:5])


# The two files of results, the station, and the report.
def results(name, content, says):
    """Take a case of a damaged file of results that only a run can make again."""

    def remedy(person):
        person.small()
        for folder in person.project.results.glob("0*"):
            person.delete(f"results/{folder.name}")
        person.damage("results/checks.json", content)
        said = yield person.types("check"), says
        if "delete it" in said:
            person.delete("results/checks.json")
        person.does_as_told(said)

    CASES[f"results {name}"] = remedy


results("of another shape", "{}", "results/checks.json is damaged: run `boxloop run`")
results("no JSON", "[", "checks.json is not valid JSON")


@case
def a_verdict_that_is_damaged_is_made_again(person):
    person.small()
    for folder in person.project.results.glob("0*"):
        person.delete(f"results/{folder.name}")
    person.damage("results/verdict.json", "[]")
    said = yield person.types("status"), "results/verdict.json is damaged: run `boxloop run`"
    person.does_as_told(said)


@case
def quick_numbers_are_replaced_by_results(person):
    person.small()
    person.does("run", "--smoke", "--only", "05")
    said = yield person.types("check"), "05_diagnose has quick numbers, which are no results"
    person.does_as_told(said)


@case
def a_station_file_is_made_again(person):
    project = person.small()
    person.damage("results/05_diagnose/station.json", "[]")
    said = yield (
        calls(station_facts, project.station("05_diagnose") / "station.json"),
        "05_diagnose/station.json is damaged",
    )
    person.delete("results/05_diagnose/station.json")
    person.does_as_told(said)


def copy(name, content, says):
    """Take a case of an executed copy that is not as it was: `boxloop run` executes it again."""

    def remedy(person):
        project = person.small()
        file = "report/notebooks/05_diagnose.ipynb"
        text = person.path(file).read_text(encoding="utf-8")
        person.damage(file, content or text.replace("score", "scare"))
        said = yield calls(read_copy, project.executed / "05_diagnose.ipynb"), says
        person.does_as_told(said)

    CASES[f"copy {name}"] = remedy


copy("that is no JSON", "{", "05_diagnose.ipynb is not a readable notebook")
copy(
    "of another format", "[]", "05_diagnose.ipynb is not a notebook of format 4: run `boxloop run`"
)
copy("that was edited", None, "05_diagnose.ipynb is not as it was executed: run `boxloop run`")


@case
def a_copy_that_cannot_be_shown_is_run_again(person):
    person.small()
    file = "report/notebooks/05_diagnose.ipynb"
    content = json.loads(person.path(file).read_text(encoding="utf-8"))
    content["cells"][-1]["outputs"] = [{"output_type": "stream"}]
    person.damage(file, signed(content))

    def door():
        person.does("report")
        return Answer(True, person.path("report/index.html").read_text(encoding="utf-8"))

    yield door, "run this notebook again"
    person.does("run", "--only", "05")


# Numbers and answers.
@case
def a_number_has_a_plain_name(person):
    person.small()
    here = desk(person)
    yield (
        calls(here.number, "my gain", 0.3),
        'a name has letters, digits and _, such as "gain_home"',
    )
    yield calls(here.number, "gain_home", 0.3)


@case
def a_number_has_a_name_of_its_own(person):
    person.small()
    here = desk(person)
    here.number("gain", 0.3)
    yield (
        calls(here.number, "gain", 0.4),
        "was another number in this chapter: give it its own name",
    )
    yield calls(here.number, "gain_elsewhere", 0.4)


@case
def an_answer_is_confirmed_by_its_id(person):
    person.small()
    yield person.types("answers", "--confirm", "nobody"), "`boxloop answers` lists their ids"
    ids = re.findall(r"answered +(\w+)", person.does("answers"))
    yield person.types("answers", "--confirm", ids[0])


@case
def several_answers_are_confirmed_at_once(person):
    person.small()
    ids = re.findall(r"answered +(\w+)", person.does("answers"))
    yield person.types("answers", ids[0]), f"`boxloop answers --confirm {ids[0]}` confirms it"
    yield person.types("answers", "--confirm", *ids)


@case
def an_answer_is_confirmed_after_a_run(person):
    person.small(ran=False)
    yield (
        person.types("answers", "--confirm", "why"),
        "type `boxloop run`, and confirm what `boxloop answers` calls unanswered then",
    )
    person.does("run")
    yield person.types("answers", "--confirm", "why")


@case
def an_answer_is_written_before_it_is_confirmed(person):
    person.small()
    person.edit("notebooks/01_scoping.ipynb", "Because", "TODO")
    yield person.types("answers", "--confirm", "why"), "there is nothing to confirm"
    person.edit("notebooks/01_scoping.ipynb", "TODO", "Because")


@case
def a_notebook_that_changes_while_it_is_read_is_read_again(person):
    project = person.small()
    path = "notebooks/05_diagnose.ipynb"
    content = json.loads(person.path(path).read_text(encoding="utf-8"))
    cell = {"cell_type": "markdown", "id": "seen", "metadata": {}}
    cell["source"] = "The error is [0.7](#validation.rmse.model)."
    content["cells"].append(cell)
    person.damage(path, as_text(content))
    with person.monkeypatch.context() as patch:
        patch.setattr(prose, "source", lambda _: "Something else stands here by now.")
        first = calls(prose.update, project)()
    answers = iter([first])
    door = person.types("answers", "--update")
    yield lambda: next(answers, None) or door(), "`boxloop answers --update` again"
    yield door


# Predictions.
def bet(person, chapter="01_scoping", **other):
    """Return the door of a prediction in a chapter, whole but for what is changed."""
    given = {"name": "gain", "sentence": "So.", "of": "gain.test.rmse", "above": 0.1} | other
    here = desk(person, chapter)
    return calls(here.predict, given.pop("name"), given.pop("sentence"), **given)


def unmendable(name, says, wrong, right):
    """Take a case of a prediction that is not as it can be, and then is."""

    def mended(person):
        person.small()
        yield bet(person, **wrong), says
        yield bet(person, **right)

    mended.__name__ = name
    case(mended)


for _name, _says, _wrong, _right in (
    ("a_prediction_has_a_plain_id", 'such as "simulator_b"', {"name": "my bet"}, {}),
    ("a_prediction_says_it_in_words", "needs a sentence that says in words", {"sentence": ""}, {}),
    ("a_prediction_is_of_an_address", "is no address of a result, such as", {"of": "gain"}, {}),
    ("a_prediction_is_of_a_result", "so give of= the address", {"of": "settings.split.test"}, {}),
    ("a_prediction_is_of_a_number", "is no address of a result: write", {"of": "a.b.c"}, {}),
    ("a_prediction_has_a_bound", "needs one of below=, above= and between=", {"above": None}, {}),
    ("a_bound_is_finite", "needs a finite number", {"above": float("inf")}, {}),
    (
        "two_bounds_are_in_order",
        "needs two finite numbers, the smaller first",
        {"above": None, "between": (2, 1)},
        {"above": None, "between": (1, 2)},
    ),
):
    unmendable(_name, _says, _wrong, _right)


@case
def a_prediction_stands_in_01(person):
    person.small()
    yield bet(person, "05_diagnose"), "where results are known already: move it to 01_scoping"
    yield bet(person, "01_scoping")


@case
def a_prediction_stands_in_04(person):
    person.small()
    yield bet(person, "07_failures_log"), "move it to 01_scoping or 04_train"
    yield bet(person, "04_train")


@case
def a_prediction_has_an_id_of_its_own(person):
    person.small()
    here = desk(person, "01_scoping")
    here.predict("gain", "So.", of="gain.test.rmse", above=0.1)
    again = {"of": "gain.test.rmse", "above": 0.2}
    yield calls(here.predict, "gain", "So.", **again), "in 01_scoping: give it its own id"
    yield calls(here.predict, "more", "So.", **again)


@case
def a_prediction_comes_before_its_result(person):
    person.small()
    here = desk(person, "04_train")
    here.number("seconds", 3.0)
    of = {"of": "04_train.seconds", "below": 5.0}
    yield calls(here.predict, "cheap", "So.", **of), "from 04_train: predict it before that"
    yield calls(desk(person, "04_train").predict, "cheap", "So.", **of)


@case
def an_id_does_not_stand_in_two_chapters(person):
    project = person.small()
    for name, of in (("01_scoping", "gain.test.rmse"), ("04_train", "test.rmse.model")):
        row = {"id": "gain", "sentence": "So.", "of": of, "above": 0.1, "below": None}
        text = json.dumps([row])
        (project.station(name) / "predictions.json").write_text(text, encoding="utf-8")
    yield (
        calls(lambda: desk(person, "07_failures_log").predictions()),
        "stands in 01_scoping and in 04_train: give one of them another id",
    )
    path = project.station("04_train") / "predictions.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"gain"', '"other"'), encoding="utf-8")
