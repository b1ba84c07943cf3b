"""Nothing irreversible by accident: what is in the way of a release is named before it opens."""

import sys

import pytest
from fake_loop import cell, make_project
from walk_project import command, execute_here, sources, write

from boxloop.base.files import read_json, write_json
from boxloop.settings.load import load_settings
from boxloop.split.seal import note_criteria, openings, read_ledger

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

RELEASE = ["release", "--reason", "to see what it says"]
VOID = {"id": "features.target_leak", "weight": "void", "state": "fail"}


def edited(project, old, new):
    text = project.settings_file.read_text(encoding="utf-8")
    assert old in text
    project.settings_file.write_text(text.replace(old, new), encoding="utf-8")


def unsigned(project):
    text = "Copyright (c) 2026 Your Name\n"
    (project.root / "LICENSE").write_text(text, encoding="utf-8")


def unsigned_citation(project):
    text = 'authors:\n  - name: "TODO"\n    email: "me@example.org"\n'
    (project.root / "CITATION.cff").write_text(text, encoding="utf-8")


def unsigned_project(project):
    text = '[project]\nauthors = [{ name = "Your Name" }]\n'
    (project.root / "pyproject.toml").write_text(text, encoding="utf-8")


def unanswered(project):
    path = project.notebooks / "02_split.ipynb"
    notebook = read_json(path)
    question = cell("markdown", "ask", "**Why so?**\n\nTODO", ["answer"])
    question["metadata"]["boxloop"] = {"answers": [{"id": "why-so"}]}
    notebook["cells"].append(question)
    write_json(path, notebook)


# What is in the way, and the words that name it.
IN_THE_WAY = {
    "licence": (unsigned, "'Your Name' still stands in LICENSE: write who it is."),
    "citation": (unsigned_citation, "'TODO' still stands in CITATION.cff"),
    "package": (unsigned_project, "'Your Name' still stands in pyproject.toml"),
    "author": (
        lambda project: edited(project, 'author = "Ada"', 'author = "Your Name"'),
        "'Your Name' still stands in study.toml",
    ),
    "nobody": (
        lambda project: edited(project, 'author = "Ada"', 'author = ""'),
        'Nobody is named as author: write `author = "your name"` into [study] of study.toml',
    ),
    "question": (
        lambda project: edited(project, "How heavy is it?", "TODO"),
        "study.toml does not say yet: question.",
    ),
    "criterion": (
        lambda project: edited(project, "better than the line", "TODO: name"),
        "study.toml does not say yet: criterion 1.",
    ),
    "answer": (unanswered, "Without an answer, worth asking: 02_split: why-so."),
    "void check": (
        lambda project: write_json(project.checks_file, [VOID]),
        "features.target_leak fails, and makes the headline void.",
    ),
    "asked by a check": (
        lambda project: write_json(
            project.checks_file, [VOID | {"state": "unanswered", "message": "How is it known?"}]
        ),
        "Asked by checks and not answered: features.target_leak.",
    ),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_what_is_in_the_way_is_named_and_nothing_runs(call, project, name):
    """Exit 2, a sentence for each, the remedy last; with a reason it goes on."""
    plant, says = IN_THE_WAY[name]
    plant(project)
    code, out, err = call(*RELEASE)

    assert (code, out) == (2, "")
    assert says in err.splitlines() or says in err
    assert err.splitlines()[-1].endswith("`boxloop release --reason TEXT --anyway REASON`.")
    assert not project.executed.exists()
    assert "Error" not in call(*RELEASE, "--anyway", "the referee waits for it")[2]
    assert project.executed.exists()


@pytest.mark.parametrize(
    "rows",
    [
        [VOID | {"state": "waived"}, VOID | {"weight": "limit"}, VOID | {"state": "cannot-tell"}],
        [VOID | {"state": "unanswered", "message": "No notebook asks it: it belongs into 03."}],
        [VOID | {"id": "answers.complete", "state": "unanswered", "message": "", "weight": "note"}],
    ],
)
def test_the_rest_is_not_in_the_way(call, project, rows):
    """A failed check that voids nothing is told of; what is waived has its reason."""
    write_json(project.checks_file, rows)

    fails = any(row["state"] == "fail" for row in rows)
    assert call(*RELEASE)[0] == (1 if fails else 0)


def test_a_terminal_asks(call, project, monkeypatch):
    """No opens nothing, Return is no, --yes is not asked; without a terminal it goes on."""
    asked = []

    def confirm(text, *, abort):
        asked.append(text)
        assert abort
        raise KeyboardInterrupt

    monkeypatch.setattr("click.confirm", confirm)
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _: True})())
    assert call(*RELEASE)[0] == 130
    assert asked == ["It is new only once. Open the test set now?"]
    assert not project.executed.exists()
    assert call(*RELEASE, "--yes")[0] == 0
    assert len(asked) == 1


@pytest.fixture
def walked(tmp_path, monkeypatch):
    """Return ``walked(old, new)``: the small project, whose desk opens the seal and trains."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)

    def make(old="", new=""):
        files = sources()
        seal, train = "notebooks/08_release.ipynb", "notebooks/04_train.ipynb"
        files[seal] = files[seal].replace(
            "open_seal(here.project, reason=", "here.open_seal(reason="
        )
        files[train] = files[train].replace(
            "note_training(here.project, here.settings)", "here.note_training()"
        )
        assert old in files[train]
        files[train] = files[train].replace(old, new, 1) if old else files[train]
        return write(tmp_path, files)

    return make


LEAK = ("NOISE = 0", "here.check('train.too_good', 0.05, 0.1)\\nNOISE = 0")


def test_a_check_that_voids_the_headline_during_a_release_keeps_the_seal(walked):
    """Nothing was known before; the chapter that opens fails with the sentence, and opens not."""
    project = walked(*LEAK)
    code, said = command(project, *RELEASE)

    assert code == 1
    assert "train.too_good fails, and makes the headline void. The test set stays sealed" in said
    assert openings(read_ledger(project)) == []


def test_a_reason_to_open_all_the_same_is_kept_with_what_it_overrides(walked):
    """In the line of the opening; where nothing is in the way, there is nothing to keep."""
    project = walked(*LEAK)
    command(project, *RELEASE, "--anyway", "a lesson for all of them")
    (opened,) = openings(read_ledger(project))

    assert opened["anyway"] == "a lesson for all of them"
    assert opened["despite"] == ["train.too_good fails, and makes the headline void."]


def test_nothing_is_overridden_where_nothing_is_in_the_way(walked):
    """The line of the opening is as it always was."""
    project = walked()
    command(project, *RELEASE, "--anyway", "just in case it helps")
    (opened,) = openings(read_ledger(project))

    assert "anyway" not in opened and "despite" not in opened


def criteria(project):
    """Return the bound of the criterion in each line of the ledger that holds one."""
    events = [event for event in read_ledger(project) if event["event"] != "opened"]
    found = [event.get("criteria") for event in events]
    return [rows[0]["at_least"] for rows in found if rows]


def test_criteria_are_locked_when_a_training_has_come_to_its_end(walked):
    """One that breaks locks nothing; the criteria at its end count, and a change is recorded."""
    project = walked("NOISE = 0", "NOISE = 1 / 0")
    command(project, "run")
    assert "trained" not in [event["event"] for event in read_ledger(project)]

    text = (project.notebooks / "04_train.ipynb").read_text(encoding="utf-8")
    text = text.replace("NOISE = 1 / 0", "NOISE = 0")
    (project.notebooks / "04_train.ipynb").write_text(text, encoding="utf-8")
    edited(project, "at_least = 0.2", "at_least = 0.3")
    command(project, "run")
    assert criteria(project) == [0.3]


def test_criteria_that_change_before_the_opening_are_recorded_before_it(walked):
    """Nothing trains again for them; the line stands above that of the opening."""
    project = walked()
    command(project, "run")
    edited(project, "at_least = 0.2", "at_least = 0.1")
    said = command(project, *RELEASE)[1]

    (line,) = [line for line in said.splitlines() if line.startswith("04")]
    assert line.endswith("current")
    assert criteria(project) == [0.2, 0.1]
    assert [event["event"] for event in read_ledger(project)][-2:] == ["criteria", "opened"]


def test_criteria_that_nobody_has_written_are_locked_when_they_are(walked):
    """A name that says TODO is none; from the first words on, every change is recorded once."""
    project = walked()
    edited(project, "better than the line", "TODO")
    command(project, "run")
    assert criteria(project) == []
    edited(project, '"TODO"', '"better"')
    for _ in range(2):
        note_criteria(project, load_settings(project.settings_file))
    assert criteria(project) == [0.2]


def test_the_five_notebooks_have_nothing_in_their_way(call, project):
    """As the fixtures leave them: the tests above plant what is found."""
    make_project(project.root)
    assert call(*RELEASE)[0] == 0
