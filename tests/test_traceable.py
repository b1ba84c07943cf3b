"""A number in prose is a link to its result: wrong ones are caught, right ones are let alone."""

import json

import planted
import planted_fields
import pytest

from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.notebooks.prose import Passage, read
from boxloop.notebooks.sets_named import named_sets, other_names
from boxloop.notebooks.stated import Entry, judge
from boxloop.record.prose import known, numbers_said, said_in
from boxloop.record.traced import Results


def toml(table, name=""):
    """Return tables of numbers, texts and lists as TOML."""
    plain = [
        f"{key} = {json.dumps(value)}"
        for key, value in table.items()
        if not isinstance(value, dict)
    ]
    inner = [
        toml(value, f"{name}{key}.") for key, value in table.items() if isinstance(value, dict)
    ]
    head = [f"[{name[:-1]}]"] if name else []
    return "\n".join([*head, *plain, *inner])


def markdown(text, cell="seen"):
    """Return a notebook with one cell of prose."""
    cells = [{"cell_type": "markdown", "id": cell, "metadata": {}, "source": text}]
    about = {"boxloop": {"needs": [], "makes": []}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def make(world, folder):
    """Make a project with the results that the sentences of a module speak of."""
    project = Project(folder)
    project.notebooks.mkdir()
    project.study.mkdir()
    bib = "".join(f"@article{{{key},\n  year = {{{key[-4:]}}}\n}}\n" for key in world.KEYS)
    (project.study / "references.bib").write_text(bib, encoding="utf-8")
    project.settings_file.write_text(toml(world.SETTINGS), encoding="utf-8")
    for name in ("03_split", "04_train", "05_diagnose"):
        write(project, name, markdown("Nothing."))
    for name, numbers in world.NUMBERS.items():
        project.station(name).mkdir(parents=True)
        (project.station(name) / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    ladder = getattr(world, "LADDER", "model,rmse\n")
    (project.station("04_train") / "ladder.csv").write_text(ladder, encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The study of `planted`."""
    return make(planted, tmp_path_factory.mktemp("bats"))


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """The study of `planted_fields`."""
    return make(planted_fields, tmp_path_factory.mktemp("fields"))


def write(project, name, notebook):
    """Write a notebook."""
    path = project.notebooks / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def judged(project, text):
    """Return the check of a project whose last notebook says this."""
    write(project, "08_release", markdown(text))
    rows = numbers_said(project, Results(project, planted.SETS, planted.CHECKS))
    return run_check("answers.traceable", rows)


@pytest.mark.parametrize("sentence", planted.RIGHT)
def test_a_right_sentence_is_let_alone(project, sentence):
    """Traced and right, cited, given, or no number of the study."""
    assert judged(project, sentence).state == "pass"


@pytest.mark.parametrize("sentence", planted.WRONG)
def test_a_wrong_sentence_is_caught(project, sentence):
    """Wrong where it is a link; bare, and so waiting for a person, where it is none."""
    state = judged(project, sentence).state
    assert state == ("fail" if "](#" in sentence or "](@" in sentence else "unanswered")


@pytest.fixture(scope="module")
def says(fields):
    """Return the check of the study of `planted_fields` for a text, its results read once."""
    results = Results(fields, planted_fields.SETS, planted_fields.CHECKS)
    facts = known(fields, results.sets, results)

    def says(text):
        rows = said_in(Passage("08_release", "seen", "prose", text), facts, results)
        return run_check("answers.traceable", rows)

    return says


@pytest.mark.parametrize("part", range(4))
def test_right_sentences_of_several_fields_are_let_alone(says, part):
    """Objects, software, coordinates, levels, questions and wishes have digits, and no result."""
    found = [(text, says(text)) for text in planted_fields.RIGHT[part::4]]
    assert [(text, row.message) for text, row in found if row.state != "pass"] == []


@pytest.mark.parametrize("part", range(4))
def test_wrong_sentences_of_several_fields_are_caught(says, part):
    """Words, TeX and code, another set than the one that is named, and what is called given."""
    assert [t for t in planted_fields.WRONG[part::4] if says(t).state == "pass"] == []


def test_there_are_sixty_of_each():
    """So that one in sixty means something."""
    assert (len(set(planted.RIGHT)), len(set(planted.WRONG))) == (60, 60)
    assert min(len(set(planted_fields.RIGHT)), len(set(planted_fields.WRONG))) > 120


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("It is [splendid](#04_train.found).", "unanswered", "write the digits"),
        (
            "In the wetland the error is [0.244](#validation.rmse.model).",
            "fail",
            "the sentence speaks of wetland and links to validation; wetland.rmse.model is 0.493",
        ),
        (
            "On the sealed test set it is [0.244](#validation.rmse.model).",
            "unanswered",
            "say which set it is",
        ),
        ("It is [0.041](@who2031).", "fail", "study/references.bib has no entry who2031"),
        ("Our model has an AUC of [0.812](#given).", "unanswered", "(called given), perhaps"),
        ("The AUC of our model is [0.95](@quinn2020).", "unanswered", "(called cited, @quinn2020)"),
    ],
)
def test_it_is_said_what_is_the_matter(says, text, state, said):
    """What waits for a person and what is wrong are told apart, each in a sentence of its own."""
    found = says(text)
    assert (found.state, said in found.message) == (state, True), found.message


def test_a_set_is_known_by_the_words_of_the_study():
    """By its letter, by the criterion that names it, and by the prose that explains its name."""
    criteria = [{"name": "Few contaminants among the faint", "set": "test_deep"}]
    prose = "The season without spectra (`domain_deep`) is fainter."

    found = other_names(["shower_b", "deep", "validation", "test_deep"], criteria, prose)

    assert found == {
        "shower_b": {"other shower", "another shower"},
        "deep": {"faint", "season without spectra"},
    }
    text = "Under the other shower it is lower, in the season without spectra, too."
    assert named_sets(text, found) == {frozenset({"shower_b"}), frozenset({"deep"})}


def test_a_constant_of_the_study_is_no_result(tmp_path):
    """Neither as it stands nor in a thousand of its unit; beside a metric it is one."""
    project, text = make(planted, tmp_path), "What passes the cut stays at {}."

    def bare(text):
        facts = known(project)
        return [one.text for one in read(Passage("08_release", "seen", "prose", text), facts)]

    assert bare(text.format(3310)) == ["3310"]
    (project.study / "simulate.py").write_text("WINDOW = (3310.0, 3690.0)\n", encoding="utf-8")

    assert bare(text.format(3310)) == bare(text.format("3.69 TeV")) == []
    assert bare("The slope is 3310.") == ["3310"]


def test_what_agrees_with_a_result(fields):
    """A metric, a check or a number of a chapter comes before the cell of a table."""
    results = Results(fields, planted_fields.SETS, planted_fields.CHECKS)

    assert results.agrees(0.873, 0.0005) == results.agrees(3.0, 0.05) == "chief"
    assert results.agrees(0.87, 0.0005) == results.agrees(-0.873, 0.0005) == ""


@pytest.mark.parametrize(("value", "holds"), [(-0.008, True), (0.2, False)])
def test_about_zero_is_small_beside_its_interval(value, holds):
    """An end of a wide interval near zero is about zero; a tenth of its width is not."""
    entry = Entry("validation.sic.difference.low", value, width=3.8)

    assert judge("about zero", entry).holds is holds
    assert judge("zero", entry).holds is False
