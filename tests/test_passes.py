"""Passes: one per completed round with changed inputs."""

import base64
import json
import zlib

import pytest
from fake_loop import make_project, write_notebook

from boxloop.base.errors import UserError
from boxloop.base.files import write_json, write_text
from boxloop.base.objects import place as object_place
from boxloop.record.causes import causes_of
from boxloop.record.passes import all_passes, damaged, last_pass
from boxloop.run.loop import run
from boxloop.split.seal import append, read_ledger

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def silent(text):
    """Take the progress lines."""


def test_the_same_inputs_are_the_same_pass(project, quick):
    """Twice the same is one pass; the note of the later run is kept."""
    run(project, note="first", echo=silent)
    assert run(project, echo=silent).pass_number == 1
    assert last_pass(project)["note"] == "first"
    run(project, note="again", echo=silent)

    assert [found["number"] for found in all_passes(project)] == [1]
    assert last_pass(project)["note"] == "again"


CHANGES = {
    "settings": ("study.toml", 'title = "Toy"', 'title = "Toys"'),
    "science": ("study/__init__.py", '"""Nothing."""', "A = 1"),
    "notebook": ("notebooks/02_split.ipynb", "extra = 1.5", "extra = 2.5"),
    "comment in settings": ("study.toml", "[split]", "# changed\n[split]"),
    "comment in science": ("study/__init__.py", '"""Nothing."""', '"""Less."""  # than nothing'),
    "release": ("study.toml", "[split]", '[release]\nversion = "1.0.0"\n\n[split]'),
    "Markdown": ("notebooks/02_split.ipynb", "# 02_split", "# Divide"),
    "comment in a cell": ("notebooks/02_split.ipynb", "extra = 1.5", "extra = 1.5  # twice"),
}
WORDS = [name for name in CHANGES if "comment" in name or name in ("Markdown", "release")]


def change(project, name):
    """Change one thing of the project, if that is what the name says."""
    if name in CHANGES:
        file, old, new = CHANGES[name]
        text = (project.root / file).read_text(encoding="utf-8")
        assert old in text
        write_text(project.root / file, text.replace(old, new))


@pytest.mark.parametrize("changed", ["settings", "science", "notebook", "parameter"])
def test_changed_inputs_are_a_new_pass(project, quick, changed):
    """Settings, science, a notebook or a parameter."""
    run(project, echo=silent)
    change(project, changed)
    outcome = run(project, sets=["extra=2"] if changed == "parameter" else [], echo=silent)

    assert outcome.pass_number == 2
    assert (project.passes / "002.json").is_file()


@pytest.mark.parametrize("changed", WORDS)
def test_words_alone_are_no_new_pass_and_are_noted(project, quick, changed):
    """Comments, docstrings and Markdown: the pass keeps its number and says what was written."""
    run(project, note="first", echo=silent)
    change(project, changed)
    assert run(project, echo=silent).pass_number == 1
    found = last_pass(project)
    assert [len(row["changed"]) for row in found["words"]] == [1]
    assert CHANGES[changed][0].split("/")[-1].split(".")[0] in found["words"][0]["changed"][0]

    run(project, echo=silent)
    assert last_pass(project) == found


def test_an_answer_is_words(project, quick):
    """Its text is kept, and a changed one is named."""
    content = json.loads((project.notebooks / "01_scoping.ipynb").read_text(encoding="utf-8"))
    facts = {"boxloop": {"answers": [{"id": "why"}]}, "tags": ["answer"]}
    asked = {"cell_type": "markdown", "id": "why", "metadata": facts}
    for number, text in enumerate(["Because.", "Why not."]):
        cells = [*content["cells"], asked | {"source": f"**Why?**\n\n{text}"}]
        write_notebook(project, "01_scoping", content | {"cells": cells})
        assert run(project, echo=silent).pass_number == 1
        assert causes_of(project, last_pass(project)).answers == {"why": text}
        assert len(last_pass(project)["words"]) == number
    assert last_pass(project)["words"][0]["changed"] == ["answers: why"]


def test_other_raw_data_are_another_pass(tmp_path, quick):
    """Nothing else has changed; a file that a notebook makes is no input."""
    graph = {"01_scoping": (["data/raw/all.txt"], []), "02_split": (["data/raw/all.txt"], [])}
    project = make_project(tmp_path, graph=graph)
    for number in (1, 2):
        write_text(project.raw / "all.txt", f"row {number}")
        assert run(project, echo=silent).pass_number == number
    assert run(project, echo=silent).pass_number == 2
    hashes = [causes_of(project, past).data["data/raw/all.txt"] for past in all_passes(project)]
    assert len(set(hashes)) == 2


def test_what_a_pass_was_made_from_is_kept_by_content(project, quick):
    """Settings, science and code cells; the second pass adds the one text that is another."""
    run(project, echo=silent)
    kept = set((project.passes / "objects").iterdir())
    change(project, "settings")
    run(project, echo=silent)
    first, second = (causes_of(project, past) for past in all_passes(project))

    assert len(set((project.passes / "objects").iterdir()) - kept) == 1
    assert second.settings == project.settings_file.read_text(encoding="utf-8") != first.settings
    assert first.study == second.study == {"study/__init__.py": '"""Nothing."""\n'}
    cells = second.notebooks["02_split"]["cells"]
    assert [cell["id"] for cell in cells] == ["parameters", "work"]
    assert "hashlib" in cells[1]["source"] and cells[0]["tags"] == ["parameters"]


@pytest.mark.parametrize(
    "content", [b"", b"no zlib", base64.encodebytes(zlib.compress(b"another")), None]
)
def test_a_text_that_is_lost_or_damaged_is_one_sentence(project, quick, content):
    """And is there again after the next run, as long as the project still has it."""
    run(project, echo=silent)
    place = object_place(project, last_pass(project)["causes"]["settings"])
    place.write_bytes(content) if content is not None else place.unlink()
    with pytest.raises(UserError, match="which a pass was made from: restore it from your last"):
        causes_of(project, last_pass(project))

    assert run(project, echo=silent).pass_number == 1
    assert causes_of(project, last_pass(project)).settings


def test_line_ends_of_another_system_do_no_harm(project, quick):
    """Version control may write them into a text."""
    run(project, echo=silent)
    path = object_place(project, last_pass(project)["causes"]["settings"])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert "[study]" in causes_of(project, last_pass(project)).settings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("settings", 3),
        ("study", {"../x.py": "0" * 64}),
        ("notebooks", {"../../x": "0" * 64}),
        ("data", []),
        ("parameters", {"a": 1}),
    ],
)
def test_causes_of_another_shape_are_none(project, quick, key, value):
    """Written by hand, or by another version: the pass is readable without them."""
    run(project, echo=silent)
    past = last_pass(project)

    assert causes_of(project, past) is not None
    assert causes_of(project, past | {"causes": past["causes"] | {key: value}}) is None
    assert causes_of(project, {**past, "causes": None}) is None


def test_a_pass_without_causes_goes_by_the_hash_of_its_inputs(project, quick):
    """An earlier version made it: the same inputs are the same pass, which has causes then."""
    run(project, echo=silent)
    path, causes = project.passes / "001.json", last_pass(project)["causes"]
    old = {key: value for key, value in last_pass(project).items() if key != "causes"}
    write_json(path, old)
    assert run(project, echo=silent).pass_number == 1
    assert last_pass(project)["causes"] == causes

    write_json(path, old)
    change(project, "Markdown")
    assert run(project, echo=silent).pass_number == 2


def test_words_of_a_released_pass_are_noted_and_its_numbers_stand(project, quick):
    """An answer was written better after the release: the test set has not spoken again."""
    values = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}
    found = {"primary": {"name": "rmse", "set": "test"}, "sets": {"test": {"metrics": {}}}}
    found["sets"]["test"]["metrics"]["rmse"] = values
    write_json(project.metrics_file, found)
    run(project, release_reason="for the paper", echo=silent)
    before = last_pass(project)
    change(project, "Markdown")
    write_json(project.metrics_file, {"primary": {"name": "rmse", "set": "validation"}, "sets": {}})
    run(project, echo=silent)
    after = last_pass(project)

    assert after["words"] and after["released"]
    assert after["sets"] == before["sets"] == {"test": values}


def test_the_spread_between_seeds_is_kept(project, quick):
    """Standard deviations over the seeds, of the primary metric, as 04 left them."""
    write_json(project.metrics_file, {"primary": {"name": "rmse"}, "criteria": [], "sets": {}})
    text = "seed,rmse,resampled\n0,1.0,2.0\n1,1.1,2.0\n2,1.2,2.3\n"
    write_text(project.station("04_train") / "seeds.csv", text)
    run(project, echo=silent)

    assert last_pass(project)["spread"] == pytest.approx(
        {"seeds": 0.1, "samples": 0.1732}, rel=1e-3
    )


def test_a_criterion_has_its_interval(project, quick):
    """Of the model's number, or of the gain: the difference as a share of the reference."""
    one = {"value": 0.1, "low": 0.08, "high": 0.12}
    gap = {"value": 0.1, "low": 0.06, "high": 0.14}
    metrics = {"rmse": {"model": one, "reference": {"value": 0.2}, "difference": gap}}
    row = {"metric": "rmse", "set": "validation", "bound": "x", "met": True, "value": 0.5}
    criteria = [row | {"name": q, "quantity": q} for q in ("gain", "value", "difference_low")]
    content = {"primary": {"name": "rmse"}, "criteria": criteria}
    write_json(project.metrics_file, content | {"sets": {"validation": {"metrics": metrics}}})
    run(project, echo=silent)
    gain, value, low = last_pass(project)["metrics"]["criteria"]

    assert (gain["low"], gain["high"]) == pytest.approx((0.3, 0.7))
    assert (value["low"], value["high"]) == (0.08, 0.12)
    assert "low" not in low


def test_numbers_and_states_are_kept(project, quick):
    """What was measured on every set, the state of every check, and what was tried."""
    values = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}
    sets = {"validation": {"n_rows": 9, "metrics": {"rmse": values, "bias": {}}}}
    write_json(project.metrics_file, {"primary": {"name": "rmse"}, "criteria": [], "sets": sets})
    write_text(
        project.station("04_train") / "attempts.csv",
        "name,rmse,chosen\nridge,0.2,False\ntrees,0.1,True\n",
    )
    write_json(project.checks_file, [{"id": "a.b", "state": "pass"}])
    run(project, echo=silent)
    found = last_pass(project)

    assert found["metrics"] == {"primary": {"name": "rmse"}, "criteria": []}
    assert found["checks"] == {"a.b": "pass"}
    assert found["released"] is False
    assert found["sets"] == {"validation": values}
    assert found["attempts"] == [
        {"name": "ridge", "score": "0.2", "chosen": False},
        {"name": "trees", "score": "0.1", "chosen": True},
    ]


def test_a_released_pass_stays_released(project, quick):
    """The reason is no input; what the test set said stands while nothing changes."""
    run(project, echo=silent)
    run(project, release_reason="for the paper", echo=silent)
    assert last_pass(project)["released"]
    run(project, echo=silent)

    assert [(found["number"], found["released"]) for found in all_passes(project)] == [(1, True)]


def test_a_released_pass_outlives_a_plain_rerun_of_the_release(project, quick):
    """Run again without a reason.

    It was released all the same, and what the test set said stays in it.
    """
    values = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}
    write_json(
        project.metrics_file,
        {
            "primary": {"name": "rmse", "set": "test"},
            "sets": {"test": {"metrics": {"rmse": values}}},
        },
    )
    run(project, release_reason="for the paper", echo=silent)
    write_json(project.checks_file, [{"id": "a.b", "state": "fail"}])
    run(project, only="05", echo=silent)
    found = last_pass(project)
    assert (found["number"], found["released"], found["checks"]) == (1, True, {"a.b": "fail"})

    write_json(project.metrics_file, {"primary": {"name": "rmse", "set": "validation"}, "sets": {}})
    assert run(project, only="05", echo=silent).pass_number == 1
    assert last_pass(project) == found


def test_no_pass_for_quick_numbers_a_part_or_a_failure(project, quick, tmp_path):
    """A smoke run, also when only its rest is run properly, and a failed run."""
    assert run(project, smoke=True, echo=silent).pass_number is None
    assert run(project, start="3", echo=silent).pass_number is None
    assert run(project, echo=silent).pass_number == 1
    broken = make_project(tmp_path / "broken", faults={"04_look": "raise ValueError"})
    assert run(broken, echo=silent).pass_number is None


@pytest.mark.parametrize(
    "text", ["{", "", "[]", "3", '{"number": "x"}', '{"number": 1, "checks": []}']
)
def test_a_damaged_newest_pass_is_made_again(project, quick, text):
    """Under its number, from the results that are there, also where nothing else changed."""
    run(project, note="first", echo=silent)
    path = project.passes / "001.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    outcome = run(project, echo=silent)

    assert outcome.ok and outcome.pass_number == 1
    after = json.loads(path.read_text(encoding="utf-8"))
    assert {**after, "time": ""} == {**before, "time": "", "note": ""}


def test_a_damaged_earlier_pass_is_named_and_stops_nothing(project, quick):
    """The others stand; the numbers go on; deleting it, as the sentence says, ends the matter."""
    run(project, echo=silent)
    change(project, "settings")
    run(project, echo=silent)
    (project.passes / "001.json").write_text("{", encoding="utf-8")
    lines = []

    assert run(project, echo=lines.append).ok
    assert (
        lines[-1]
        == "results/passes/001.json is damaged: restore it from your last commit, or delete it."
    )
    assert [found["number"] for found in all_passes(project)] == [2]
    (project.passes / "001.json").unlink()
    assert run(project, echo=silent).pass_number == 2
    assert damaged(project) == []


def test_a_deleted_newest_pass_is_not_taken_for_the_one_before(project, quick):
    """Pass 2 is deleted: the results are not those of pass 1, and nobody says so."""
    run(project, echo=silent)
    change(project, "settings")
    run(project, echo=silent)
    (project.passes / "002.json").unlink()

    assert run(project, echo=silent).pass_number == 2
    assert (project.passes / "002.json").is_file()


def test_a_pass_that_says_other_numbers_is_brought_up_to_date(project, quick):
    """Whoever edits a number of the newest pass has it back after the next run."""
    run(project, echo=silent)
    path = project.passes / "001.json"
    before = path.read_bytes()
    write_json(path, json.loads(before) | {"checks": {"a.b": "pass"}})
    run(project, echo=silent)

    assert json.loads(path.read_text(encoding="utf-8"))["checks"] == json.loads(before)["checks"]


def test_a_pass_holds_the_last_hash_of_the_ledger(project, quick):
    """So that lines which vanish from the ledger are missed."""
    append(project, "trained", criteria=[])
    run(project, echo=silent)

    assert last_pass(project)["ledger"] == read_ledger(project)[-1]["chain"]
