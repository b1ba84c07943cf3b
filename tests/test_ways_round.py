"""Ways to a good headline past the verdict, by commands and files alone; none succeeds in silence.

It guards against accident, not malice: who edits the machinery or forges hashes is not stopped.
"""

import json
import shutil
from pathlib import Path

import pytest
from report_page import page
from study_files import STUDY
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, write_json
from boxloop.base.places import Project
from boxloop.record.results import read_verdict
from boxloop.settings.load import load_settings


def _without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The small project after a run, in which a check fails."""
    files = sources()
    path = "notebooks/07_failures_log.ipynb"
    files[path] = files[path].replace('LOGGED = [\\"forest\\"]', "LOGGED = []")
    project = write(tmp_path_factory.mktemp("ran"), files)
    with pytest.MonkeyPatch.context() as patch:
        _without_kernels(patch)
        assert "1 check fails: log.complete" in command(project, "run")[1]
    return project.root


@pytest.fixture
def project(ran, tmp_path, monkeypatch):
    """A copy of it."""
    _without_kernels(monkeypatch)
    return Project(Path(shutil.copytree(ran, tmp_path / "p")))


GOOD = {"state": "stands", "sentence": "Better than all others.", "because": []}


@pytest.mark.parametrize("words", [["status"], ["check"], ["report"], ["run"]])
def test_a_verdict_that_was_written_by_hand_is_made_again(project, words):
    """Whichever command comes next; so are the rows that it is made from, and the numbers."""
    rows, metrics = read_json(project.checks_file), read_json(project.metrics_file)
    true = read_verdict(project)
    write_json(project.verdict_file, GOOD)
    write_json(project.checks_file, [row | {"state": "pass"} for row in rows])
    write_json(project.metrics_file, metrics | {"criteria": []})
    said = command(project, *words)[1]

    assert "Better than all others" not in said
    assert (read_verdict(project), read_json(project.checks_file)) == (true, rows)
    assert read_json(project.metrics_file) == metrics


def test_what_a_chapter_left_is_not_edited(project):
    """The chapter is out of date then, and the verdict is open because of it."""
    path = project.station("07_failures_log") / "checks.json"
    write_json(path, [row | {"state": "pass"} for row in read_json(path)])
    said = command(project, "status")[1]

    assert "07 failures log" in said and "checks.json changed" in said
    assert "07_failures_log is out of date" in said or "07_failures_log" in said.splitlines()[-1]
    assert command(project, "check")[0] == 1


def test_results_of_another_project_are_out_of_date(project, tmp_path):
    """They were made from other settings, code or data."""
    files = sources()
    files["study/data.py"] = files["study/data.py"].replace("FIRST = 0", "FIRST = 7")
    files["study.toml"] = STUDY.replace("at_least = 0.2", "at_least = 0.9")
    other = write(tmp_path / "other", files)
    command(other, "run")
    for folder in ("results", "report"):
        shutil.rmtree(other.root / folder)
        shutil.copytree(project.root / folder, other.root / folder)
    said = command(other, "status")[1]

    assert "are out of date" in said.splitlines()[-1]
    assert command(other, "check")[0] == 1


def test_a_chapter_whose_check_fails_is_not_left_out(project):
    """Gone it is told of as gone; with its results deleted too, what it asks is not answered."""
    (project.notebooks / "07_failures_log.ipynb").unlink()
    code, said = command(project, "check")
    assert code == 1 and "07_failures_log.ipynb is gone" in said
    shutil.rmtree(project.station("07_failures_log"))
    (project.executed / "07_failures_log.ipynb").unlink()
    said = command(project, "status")[1]
    rows = {row["id"]: row["state"] for row in read_json(project.checks_file)}
    assert rows["log.complete"] == "unanswered"
    assert "Verdict: open." in said


def test_a_failed_training_leaves_no_headline(project):
    """The numbers of before are marked as those of an earlier run."""
    assert page(project).select_one(".headline svg") is not None
    ask(project, "04_train", "NOISE = 0", "NOISE = 1 / 0")
    found = page(project)

    assert found.find(class_="gain") is None and found.select_one(".headline svg") is None
    words = " ".join(found.find(class_="headline").get_text(" ").split())
    assert "No number leads: 04_train failed" in words


def ask(project, name, old, new):
    """Replace text in a code cell of a chapter, and run."""
    path = project.notebooks / f"{name}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if old in cell["source"]]
    assert cells
    for cell in cells:
        cell["source"] = cell["source"].replace(old, new)
    path.write_text(json.dumps(content), encoding="utf-8")
    command(project, "run")
    return {row["id"]: row for row in read_json(project.checks_file)}


CALL = 'here.check("log.complete", ["forest"], [{"about": name} for name in LOGGED])'


def test_a_check_that_is_no_longer_called_is_not_answered(project):
    """It is missed."""
    assert ask(project, "07_failures_log", CALL, "")["log.complete"]["state"] == "unanswered"


@pytest.mark.parametrize("again", ['here.check("log.complete", [], [])', "fail_first"])
def test_a_check_that_is_asked_again_counts_by_its_worst(project, again):
    """Of an easier table, or in a loop over several."""
    if again == "fail_first":
        loop = 'for names in (["forest"], []):\n    here.check("log.complete", names, [])'
        found = ask(project, "07_failures_log", CALL, loop)
    else:
        found = ask(project, "07_failures_log", CALL, f"{CALL}\n{again}")
    assert found["log.complete"]["state"] == "fail"


def test_a_leak_check_that_a_chapter_sets_aside_limits(project):
    """That it does not apply is a person's word too, and comes before the claim."""
    old = 'here.not_applicable("split.time", "Nothing is in time.")'
    new = f'{old}\nhere.not_applicable("features.target_leak", "we know our columns")'
    found = ask(project, "03_split", old, new)["features.target_leak"]

    assert (found["state"], found["set_aside"]) == ("not-applicable", True)
    sentence = read_verdict(project)["sentence"]
    assert "features.target_leak set aside in 03_split (“we know our columns”)" in sentence


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("at_least = 0.2", "at_least = -inf", "finite"),
        ("at_least = 0.2", "at_least = nan", "finite"),
        ("[split]", '[weights]\n"features.target_leak" = "note"\n[split]', "weights is not known"),
        ("at_least = 0.2", "", "needs exactly one of at_least"),
    ],
)
def test_study_toml_takes_no_criterion_that_nothing_can_miss(tmp_path, old, new, says):
    """And no weights."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=says):
        load_settings(path)


def test_no_criteria_at_all_are_refused(tmp_path):
    """A study says what success is."""
    path, (head, _, rest) = tmp_path / "study.toml", STUDY.partition("[[study.criteria]]")
    path.write_text(head + rest[rest.index("[columns") :], encoding="utf-8")
    with pytest.raises(UserError, match=r"key study.criteria is missing"):
        load_settings(path)


def test_stale_waivers_are_named_by_the_run(project):
    """Those of a check that passes, or does not apply."""
    table = '\n[waivers]\n"split.time" = { reason = "it is no matter here" }\n'
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write(table + '"provenance.deterministic" = { reason = "it is no matter here" }\n')
    said = command(project, "run")[1]

    for name, why in (
        ("split.time", "it does not apply"),
        ("provenance.deterministic", "it passes"),
    ):
        assert f"The waiver of {name} is not needed, {why}: remove it from study.toml." in said


def test_a_second_release_says_what_becomes_of_its_reason(project):
    """It opens nothing, and its reason is not kept."""
    words = ["release", "--anyway", "it is a test of words", "--reason"]
    command(project, *words, "the first of both reasons")
    said = command(project, *words, "the second of both reasons")[1]

    assert "The test set was not opened again: this model was released before" in said
    assert "“the first of both reasons”" in said and "is not kept" in said
    first = command(project, "status")[1]
    assert "opened once" in first


def test_one_rule_for_reasons(project):
    """Four words, for whatever is done against a rule."""
    for words in (
        ["reset", "--reason", "because"],
        ["release", "--reason", "because"],
        ["release", "--reason", "to see what it says", "--anyway", "because"],
        ["waive", "log.complete", "--reason", "because"],
    ):
        code, said = command(project, *words)
        assert code == 2 and "in 4 words or more" in said, words


def test_a_waiver_that_is_replaced_is_shown(project):
    """Old and new; one that is written for the first time is new only."""
    said = command(project, "waive", "log.complete", "--reason", "this is how it is")[1]
    assert "In place of" not in said
    said = command(project, "waive", "log.complete", "--reason", "another reason of mine now")[1]
    old = '"log.complete" = { reason = "this is how it is", at = 1 }'
    assert f"In place of:\n\n{old}\n" in said


def test_only_a_near_name_is_offered(project):
    """Else where the names stand."""
    for word, says in (
        ("log.complet", "nearest name is log.complete"),
        ("nonsuch.check", "json` has"),
    ):
        code, said = command(project, "waive", word, "--reason", "this is how it is")
        assert code == 2 and says in said
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write('\n[waivers]\n"nonsuch.check" = { reason = "this is how it is" }\n')
    said = command(project, "status")[1]
    assert "does not exist: correct it (results/checks.json names those of a run)" in said


def test_open_items_are_named_where_no_check_is_open(project):
    """Nothing says that all is well beside them."""
    from boxloop.record.lines import open_lines

    assert open_lines([], "table") == ["No check is open."]
    (line,) = open_lines([], "table", ["1a", "2b"])
    assert line == "No check is open, but 2 items of the sheet above: 1a, 2b."
