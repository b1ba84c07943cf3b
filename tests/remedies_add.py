"""Cases of `boxloop add`, and of what a study promises: columns, levels, motivations, features."""

import json
import types

import pandas as pd
from remedies import calls, case
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from boxloop.measure import Features, StressTest
from boxloop.record.promises import levels_of, refuse_a_broken_manifest, rungs_of
from boxloop.settings.load import load_settings

FEATURES = "from boxloop.measure import Features\nFEATURES = Features()\n"
ROWS = pd.DataFrame({"height": [1.0, 2.0], "family": ["a", "b"], "weight": [60.0, 70.0]})
NOTEBOOK = "notebooks/05_diagnose.ipynb"


def featured(person):
    """Take the small project with a module for features."""
    person.small()
    person.damage("study/features.py", FEATURES)
    return person.project


@case
def a_name_that_is_none(person):
    featured(person)
    yield person.types("add", "feature", "colour g-r"), "use at most 40 letters, digits and _"
    yield person.types("add", "feature", "colour_g_r")


@case
def a_name_that_is_taken(person):
    featured(person)
    person.does("add", "feature", "bmi")
    yield person.types("add", "feature", "bmi"), "has 'bmi' already: choose another name"
    yield person.types("add", "feature", "bmi_again")


@case
def a_module_that_is_gone(person):
    person.small()
    yield person.types("add", "model", "forest"), "study/models.py is not there: restore it"
    person.damage("study/models.py", "LADDER = []\n")


@case
def a_module_that_is_no_python(person):
    featured(person)
    person.damage("study/features.py", "def (")
    yield person.types("add", "feature", "bmi"), "is not readable Python"
    person.damage("study/features.py", FEATURES)


@case
def a_test_that_is_there(person):
    featured(person)
    person.damage("tests/test_feature_bmi.py", "")
    yield person.types("add", "feature", "bmi"), "is there already: choose another name"
    yield person.types("add", "feature", "bmi_again")


@case
def a_column_that_is_none(person):
    featured(person)
    yield person.types("add", "feature", "bmi", "--of", "size"), "choose from height"
    yield person.types("add", "feature", "bmi", "--of", "height")


@case
def a_chapter_that_is_none(person):
    featured(person)
    yield person.types("add", "answer", "why", "--chapter", "12"), "There is no notebook 12"
    yield person.types("add", "answer", "why", "--chapter", "05")


def _finishing(person, *, there):
    path = person.path(NOTEBOOK)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["id"] = "finish" if there else "other"
    path.write_text(json.dumps(notebook), encoding="utf-8")


@case
def a_notebook_without_its_last_cell(person):
    featured(person)
    _finishing(person, there=False)
    yield person.types("add", "answer", "why"), "before which a new one goes: put it back"
    _finishing(person, there=True)


@case
def a_study_toml_that_is_written_inline(person):
    """[stress] as one value among others has no header."""
    featured(person)
    person.damage("study/stress.py", "TESTS = []\n")
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", "stress = { noise = [1.0] }\n" + text)
    yield person.types("add", "stress", "mix"), "give each table its own [header]"
    person.damage("study.toml", text + "\n[stress]\nnoise = [1.0]\n")


def _settings(person):
    return load_settings(person.project.settings_file)


@case
def a_column_that_the_table_lacks(person):
    person.small()
    fewer = ROWS.drop(columns="height")
    yield (
        calls(refuse_a_broken_manifest, fewer, _settings(person)),
        "[columns.height] of study.toml names a column that study.data.labelled does not return",
    )
    yield calls(refuse_a_broken_manifest, ROWS, _settings(person))


@case
def an_entry_that_is_taken_out(person):
    person.small()
    entry = '\n[columns.age]\nrole = "input"\nunit = "a"\ndescription = "age"\n'
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", text + entry)
    yield (
        calls(refuse_a_broken_manifest, ROWS, _settings(person)),
        "or take the entry out of study.toml",
    )
    person.damage("study.toml", text)
    yield calls(refuse_a_broken_manifest, ROWS, _settings(person))


@case
def words_where_numbers_are_needed(person):
    person.small()
    words = ROWS.assign(weight=["60", "much"])
    yield (
        calls(refuse_a_broken_manifest, words, _settings(person)),
        "make them numbers in study/data.py",
    )
    yield calls(refuse_a_broken_manifest, ROWS, _settings(person))


@case
def a_stress_test_without_levels(person):
    test = StressTest("mixed", "noise", "mix", None, "Mixed.")
    yield calls(levels_of, test, {"noise": [1.0], "mix": []}), "name some as 'mix' below [stress]"
    yield calls(levels_of, test, {"noise": [1.0], "mix": [0.1, 0.5]})


def _models(motivation, features):
    def ladder(seed):
        return {"line": make_pipeline(*features.steps(), LinearRegression())}

    return types.SimpleNamespace(ladder=ladder, MOTIVATION=motivation)


@case
def a_rung_without_a_motivation(person):
    yield (
        calls(rungs_of, _models({}, Features()), 0, ["height"]),
        "The rung 'line' of study/models.py has no motivation",
    )
    yield calls(rungs_of, _models({"line": "The simplest."}, Features()), 0, ["height"])


def _square(column):
    features = Features()

    @features.of(column)
    def square(frame):
        return frame[column] ** 2

    return features


@case
def a_feature_of_what_is_no_input(person):
    said = {"line": "The simplest."}
    yield (
        calls(rungs_of, _models(said, _square("heigth")), 0, ["height"]),
        "square is worked out of 'heigth', which is no input",
    )
    yield calls(rungs_of, _models(said, _square("height")), 0, ["height"])


@case
def a_feature_that_is_no_number_for_each_row(person):
    features, mended = Features(), _square("height")
    features.column("height")(lambda frame: "tall")
    yield calls(features.into, ROWS), "does not return a number for each row"
    yield calls(mended.into, ROWS)
