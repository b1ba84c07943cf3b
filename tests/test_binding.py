"""A run says last what its checks leave of its numbers, and its exit code says the same."""

import json

import pytest
from fake_loop import GRAPH, cell, make_project, notebook, write_notebook

from boxloop.base.files import read_json

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call

# What `here.check` and `here.finish` leave, by the hand of a plain notebook.
CHECKS = """
found = [dict(id=name, notebook={name!r}, state=state, weight=weight, value=1, threshold=0,
              source="", message="found", fix="Mend it.", reason="", detectable=None)
         for name, (weight, state) in {rows!r}.items()]
for part, content in (("checks.json", found), ("metrics.json", {{"sets": {{}}}})):
    (folder / part).write_text(json.dumps(content), encoding="utf-8")
    facts["makes"] |= hashes([f"results/{name}/{{part}}"])
(folder / "station.json").write_text(json.dumps(facts), encoding="utf-8")
"""


@pytest.fixture
def judged(project, call, monkeypatch):
    """Return ``judged(*words, **states)``: type a command where checks of 02 are in these states.

    Every other check of the registry is one that this small study does not have.
    """
    monkeypatch.setattr("boxloop.record.results._not_asked", lambda *_: None)
    make_project(project.root)

    def judged(*words, **rows):
        rows = {name.replace("_", ".", 1): found for name, found in rows.items()}
        content = notebook("02_split", ["data/raw/all.txt"], ["data/interim/train.txt"])
        content["cells"].append(cell("code", "checks", CHECKS.format(name="02_split", rows=rows)))
        write_notebook(project, "02_split", content)
        return call(*words)

    return judged


def last(text):
    """Return the last line."""
    return text.strip().split("\n")[-1]


def test_a_failed_check_is_1_and_the_verdict_comes_last(judged, project):
    """Though every notebook came through, and the pass is kept."""
    code, out, err = judged("run", split_groups=("void", "fail"), data_schema=("limit", "pass"))

    assert (code, err) == (1, "")
    assert "Pass 1 is complete." in out and "1 check fails: split.groups." in out
    assert last(out) == "Verdict: void. Not to be believed: split.groups fails."
    assert read_json(project.verdict_file) == {
        "state": "void",
        "sentence": "Not to be believed: split.groups fails.",
        "because": ["split.groups"],
    }
    assert judged("run", split_groups=("void", "fail"), data_schema=("limit", "pass"))[0] == 1


@pytest.mark.parametrize(
    ("weight", "state", "code", "verdict"),
    [
        ("note", "fail", 1, "limited"),
        ("limit", "fail", 1, "limited"),
        ("limit", "unanswered", 0, "open"),
        ("limit", "waived", 0, "limited"),
    ],
)
def test_what_waits_is_counted_aloud_and_leaves_0(judged, weight, state, code, verdict):
    """A release ends in the same way as a run, unless somebody has to answer first."""
    release = ["release", "--reason", "to see what it says"]
    for words in [["run"], *([release] if state != "unanswered" else [])]:
        found, out, _ = judged(*words, data_schema=(weight, state))
        assert found == code
        assert ("1 check waits for an answer: data.schema." in out) is (state == "unanswered")
        assert ("Limited by data.schema." in out) is (weight == "limit" and verdict == "limited")
        assert last(out).startswith(f"Verdict: {verdict}. ")


def test_a_run_that_found_nothing_to_do_says_it_again(judged):
    """A fault does not wear off."""
    words = {"split_groups": ("void", "fail")}
    assert judged("run", **words)[0] == 1
    code, out, _ = judged("run", **words)

    assert "Nothing changed" in out
    assert (code, last(out)) == (1, "Verdict: void. Not to be believed: split.groups fails.")


def test_a_failed_notebook_leaves_the_verdict_open(judged, project):
    """And so does one that is out of date, until it has run; `status` and `check` say so too."""
    assert judged("run", data_schema=("limit", "pass"))[0] == 0
    path = project.notebooks / "03_train.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("# 03_train", "# 3"), encoding="utf-8")
    said = "Verdict: open. Not settled: 03_train and 05_release are out of date."
    assert last(judged("status", data_schema=("limit", "pass"))[1]) == said
    code, out, _ = judged("check", data_schema=("limit", "pass"))
    assert (code, last(out)) == (1, said)
    needs, makes = GRAPH["03_train"]
    broken = notebook("03_train", needs, makes, fault="raise ValueError")
    write_notebook(project, "03_train", broken)
    code, out, _ = judged("run", data_schema=("limit", "pass"))
    assert code == 1
    assert last(out) == ("Verdict: open. Not settled: 03_train failed; 05_release is out of date.")
    path.write_text(before, encoding="utf-8")
    assert last(judged("run", data_schema=("limit", "pass"))[1]).startswith("Verdict: limited. ")
    assert last(judged("status", data_schema=("limit", "pass"))[1]).startswith("Verdict: limited")


def test_quick_numbers_are_no_verdict(judged):
    """They show that everything runs."""
    code, out, _ = judged("run", "--smoke", data_schema=("limit", "pass"))

    assert code == 0
    assert last(out) == (
        "Verdict: open. Not settled: 01_scoping, 02_split, 03_train, 04_look and 1 more "
        "have quick numbers."
    )
    assert judged("check", data_schema=("limit", "pass"))[0] == 1


def test_before_anything_was_run_there_is_none(call):
    """`status` says so in words."""
    assert last(call("status")[1]) == "Verdict: none yet, nothing was run."


@pytest.mark.parametrize("damage", ["gone", "{", "[]", '{"state": 3}', '{"state": "stands"}'])
def test_a_verdict_that_was_damaged_is_made_again(judged, project, damage):
    """Deleted, cut, or written by hand to be nicer."""
    words = {"split_groups": ("void", "fail")}
    judged("run", **words)
    before = project.verdict_file.read_bytes()
    project.verdict_file.unlink()
    if damage != "gone":
        project.verdict_file.write_text(damage, encoding="utf-8")

    assert last(judged("status", **words)[1]).startswith("Verdict: void. ")
    assert project.verdict_file.read_bytes() == before


def test_checks_of_a_notebook_that_is_not_done_speak_for_nothing(judged, project):
    """The sheet asks for them again, and `check` counts none of them as passed."""
    judged("run", data_schema=("limit", "pass"))
    (project.root / "data" / "raw" / "all.txt").write_text("other", encoding="utf-8")
    code, out, _ = judged("check", "--format", "json", data_schema=("limit", "pass"))
    found = json.loads(out)

    assert code == 1
    assert [row["id"] for row in found["out_of_date"]] == ["data.schema"]
    assert found["passed"] == [] and "02_split is out of date" in " ".join(found["broken"])
    pieces = [piece for row in found["sheet"] for piece in row["checks"]]
    states = {piece["state"] for piece in pieces if piece["id"] == "data.schema"}
    assert states == {"unanswered"}
