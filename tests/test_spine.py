"""The two files of the spine are what the chapters left, whatever happened to them."""

import json

import pytest
from fake_loop import cell, make_project, notebook, write_notebook

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, sha256, write_json
from boxloop.checks import REGISTRY
from boxloop.record import results
from boxloop.settings.load import load_settings

ROW = {"state": "pass", "value": 0, "threshold": 0, "source": "", "message": "", "fix": ""}
VALUES = {"model": {"value": 0.1, "low": 0.09, "high": 0.11}}


def leave(project, name, check_id, sets=None):
    """Write what a notebook leaves when it ends."""
    made = {
        "checks.json": [{"id": check_id, "notebook": name} | ROW],
        "metrics.json": {"sets": sets or {}},
    }
    paths = [write_json(project.station(name) / part, content) for part, content in made.items()]
    makes = {project.relative(path): sha256(path) for path in paths}
    write_json(project.station(name) / "station.json", {"needs": {}, "makes": makes})


def recorded(project):
    """Return the ids of the checks that were run."""
    return {row["id"] for row in read_json(project.checks_file) if row["state"] == "pass"}


def refresh(project):
    return results.refresh(project)


@pytest.fixture
def project(tmp_path):
    """Two chapters that have ended."""
    names = ["02_baseline", "03_split"]
    project = make_project(
        tmp_path, graph={name: ([], [f"results/{name}/x.json"]) for name in names}
    )
    leave(
        project,
        "02_baseline",
        "baseline.beats_trivial",
        {"validation": {"n_rows": 9, "metrics": {"rmse": VALUES}}},
    )
    leave(project, "03_split", "split.groups")
    results.merge(project, load_settings(project.settings_file))
    results.refresh(project)  # the verdict knows which chapters are not done
    return project


def test_twice_is_once(project):
    """What is there already is not written again."""
    before = project.checks_file.stat().st_mtime_ns

    assert not refresh(project)
    assert project.checks_file.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["checks.json", "metrics.json", "verdict.json"])
@pytest.mark.parametrize("damage", ["gone", "{", "", "[]", "{}", "null", "3", "other number"])
def test_a_spine_that_was_damaged_is_made_again(project, name, damage):
    """Deleted, cut, of another shape, or well-formed and wrong: the same bytes as before."""
    path = project.results / name
    before = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            before.replace(b"pass", b"fail").replace(b"0.1", b"0.2").replace(b"open", b"void")
            if damage == "other number"
            else damage.encode()
        )

    assert refresh(project)
    assert path.read_bytes() == before
    assert not refresh(project)


@pytest.mark.parametrize("text", ["{", "", "[]", "null", "3"])
def test_a_damaged_memory_of_it_is_no_error(project, text):
    """It is made again, with the same bytes, and remembered."""
    before = project.checks_file.read_bytes()
    (project.report / "merged_from.json").write_text(text, encoding="utf-8")

    assert refresh(project)
    assert project.checks_file.read_bytes() == before
    assert not refresh(project)


@pytest.mark.parametrize("damage", ["checks.json", "metrics.json", "station.json"])
def test_what_a_chapter_did_not_leave_does_not_count(project, damage):
    """One that was broken off, or whose results were edited.

    Its rows are out until it has run again.
    """
    path = project.station("03_split") / damage
    path.write_text(path.read_text(encoding="utf-8").replace("{", '{"x": 1, ', 1), encoding="utf-8")
    if damage == "station.json":
        path.unlink()
    refresh(project)

    assert recorded(project) == {"baseline.beats_trivial"}


def test_results_of_a_chapter_that_is_gone_do_not_count(project):
    """And the checks that it asked are asked by nobody, which is said."""
    chapter = project.notebooks / "03_split.ipynb"
    kept = chapter.read_bytes()
    chapter.unlink()
    refresh(project)

    assert recorded(project) == {"baseline.beats_trivial"}
    rows = {row["id"]: row for row in read_json(project.checks_file)}
    assert rows["split.groups"]["state"] == "unanswered"
    assert rows["split.groups"]["message"] == "No notebook asks it: there is no 03_split.ipynb."
    assert rows["split.groups"]["fix"].startswith("Restore 03_split.ipynb, or call here.check(")
    chapter.write_bytes(kept)
    refresh(project)
    assert recorded(project) == {"baseline.beats_trivial", "split.groups"}


def test_a_check_that_no_cell_calls_does_not_vanish(project):
    """As one that an update brings: unanswered once its notebook has run, and it counts as open."""
    rows = {row["id"]: row for row in read_json(project.checks_file)}

    missed = rows["baseline.domain_reference"]
    assert missed["state"] == "unanswered"
    assert missed["fix"].startswith('Call here.check("baseline.domain_reference", ...) in 02_')
    assert missed["message"] == "No notebook asks it: it belongs into 02_baseline."
    assert rows["baseline.beats_trivial"]["state"] == "pass"
    task = load_settings(project.settings_file).study.task
    assert set(rows) == set(REGISTRY)
    for unit in REGISTRY.values():
        other = unit.tasks and task not in unit.tasks
        assert (rows[unit.id]["state"] == "not-applicable") == bool(other)


def test_a_check_that_does_not_apply_says_why_and_never_what_it_would_claim(project):
    """What was found is that nothing was measured."""
    rows = read_json(project.checks_file)
    others = [row for row in rows if row["state"] == "not-applicable"]

    assert others
    for row in others:
        assert row["message"] == "Not measured."
        assert "the task here is" in row["reason"]
        assert REGISTRY[row["id"]].sentence not in row.values()


def test_each_row_has_the_weight_of_its_check(project):
    """Also where an older chapter wrote none; of a check that is gone it is a note."""
    leave(project, "03_split", "gone.check")
    refresh(project)
    weights = {row["id"]: row["weight"] for row in read_json(project.checks_file)}

    assert weights["baseline.beats_trivial"] == "void"
    assert weights["gone.check"] == "note"
    assert all(weights[name] == unit.weight for name, unit in REGISTRY.items())


def test_a_check_whose_cell_is_still_to_come_is_not_missed(project):
    """03 has not run again, and 09 asks a check of 02: nothing is said before they have run."""
    (project.station("03_split") / "station.json").unlink()
    content = notebook("09_paper", [], ["results/09_paper/x.json"])
    content["cells"].append(cell("code", "ask", "here.check('baseline.domain_reference', 1)"))
    write_notebook(project, "09_paper", content)
    refresh(project)

    ids = {row["id"] for row in read_json(project.checks_file)}
    assert "baseline.domain_reference" not in ids
    assert not any(unit.notebook == "03_split" and unit.id in ids for unit in REGISTRY.values())
    leave(project, "09_paper", "made.up")
    refresh(project)
    assert "baseline.domain_reference" in {row["id"] for row in read_json(project.checks_file)}


def test_two_notebooks_that_end_together_are_both_merged(project, monkeypatch):
    """What came in while the file was written is not lost: whoever wrote merges again."""
    for name in ("checks.json", "metrics.json", "station.json"):
        (project.station("03_split") / name).unlink()
    write = results.write_json

    def slow(path, value):
        if (
            path == project.checks_file
            and not (project.station("03_split") / "station.json").exists()
        ):
            leave(project, "03_split", "split.groups")
        return write(path, value)

    monkeypatch.setattr(results, "write_json", slow)
    results.merge(project, load_settings(project.settings_file))

    assert recorded(project) == {"baseline.beats_trivial", "split.groups"}


@pytest.mark.parametrize(
    ("read", "name", "text"),
    [
        ("read_checks", "checks", "{}"),
        ("read_checks", "checks", "[3]"),
        ("read_metrics", "metrics", "[]"),
    ],
)
def test_a_reader_names_a_file_of_another_shape(project, read, name, text):
    """Who only reads, as the report does, says so in one sentence; the command in it helps."""
    (project.results / f"{name}.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=f"results/{name}.json is damaged: run `boxloop run`"):
        getattr(results, read)(project)
    refresh(project)  # as `boxloop run` does

    assert json.dumps(getattr(results, read)(project))
