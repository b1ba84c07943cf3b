"""The other worked examples from end to end.

Every notebook, every check, both sheets, the seal, the same numbers again.
"""

import json
import shutil

import pytest
from test_bake import CHOICES
from test_default_loop import STATIONS, boxloop, poison, read, results
from whole_again import assert_agrees

pytestmark = pytest.mark.slow

# They tell how often the test set was opened and how many passes there were: one more than before.
COUNTED = ("leakage.csv", "counts.json", "passes.png")
TASKS = [task for task in CHOICES["task"] if task != "regression"]


@pytest.fixture(scope="module", params=TASKS)
def released(request, bake, tmp_path_factory):
    """A worked example after ``boxloop release``."""
    folder = tmp_path_factory.mktemp(request.param)
    project = bake(folder, task=request.param, author_name="Ada Tester")
    done = boxloop(project, "release", "--reason", "to see what it says", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_every_notebook_ran_and_the_report_is_one_small_file(released):
    """Eight executed copies, and a page of at most 6 MB with all of them."""
    page = released / "report" / "index.html"

    assert [
        copy.name[:2] for copy in sorted((released / "report" / "notebooks").glob("*.ipynb"))
    ] == STATIONS
    assert page.stat().st_size < 6 * 2**20
    assert all(f'id="{name}' in page.read_text(encoding="utf-8") for name in STATIONS)


def test_nothing_fails_and_every_waiver_has_its_reason(released):
    """All checks have a state, none of them is open, and none is waived in vain."""
    from boxloop.checks import REGISTRY

    rows = {row["id"]: row for row in read(released, "checks.json")}

    assert set(rows) == set(REGISTRY)
    for row in rows.values():
        assert row["state"] in {"pass", "waived", "cannot-tell", "not-applicable"}, row["id"]
        said = row["power"] if row["state"] in ("pass", "cannot-tell") else row["reason"].strip()
        assert said, row["id"]
        assert not row.get("stale_waiver"), row["id"]


def test_the_model_beats_the_reference_on_the_test_set(released):
    """The interval of the paired difference excludes zero, and every criterion was measured."""
    metrics = read(released, "metrics.json")

    assert metrics["primary"]["set"] == "test"
    assert metrics["primary"]["difference"]["low"] > 0
    assert None not in [row["met"] for row in metrics["criteria"]]


def test_every_check_and_every_number_agrees_when_asked_again(released):
    """Without running the study: nobody honest is accused."""
    assert_agrees(released)


def test_both_sheets_are_answered_in_full(released):
    """No item of Appendix A or REFORMS is left open."""
    for sheet in ("appendix-a", "reforms", "completeness"):
        done = boxloop(released, "check", "--sheet", sheet, "--format", "json")

        assert done.returncode == 0
        assert {row["state"] for row in json.loads(done.stdout)["sheet"]} <= {
            "pass",
            "waived",
            "cannot-tell",
            "not-applicable",
        }


def test_same_seeds_same_numbers_and_no_test_row_before_08(released, tmp_path):
    """Made again with poison in the seal, 01 to 07 agree byte by byte."""
    project = tmp_path / "again"
    shutil.copytree(released, project)
    poison(project)
    for folder in [project / "data" / "interim", *(project / "results").glob("0[1-7]_*")]:
        shutil.rmtree(folder)
    done = boxloop(project, "run")
    assert done.returncode == 1, (
        done.stdout + done.stderr
    )  # the poison is named, and nothing else fails
    assert "Failed: data/sealed/test.parquet is not the file that was sealed" in done.stderr
    assert done.stderr.count("Failed: ") == 1
    before, after = results(released), results(project)

    assert sorted(before) == sorted(after)
    assert [
        name for name in before if before[name] != after[name] and not name.endswith(COUNTED)
    ] == []
    assert read(project, "metrics.json") == read(released, "metrics.json")
