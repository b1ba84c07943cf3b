"""The other worked examples from end to end, as a workshop has them.

Every notebook, every exercise, every check, both sheets, the seal. That the same seeds give the
same numbers is seen where a recorded pass is made again (test_recorded).
"""

import json

import pytest
from default_project import STATIONS, boxloop, read, run_with_poison
from test_bake import CHOICES
from test_workshop_loop import assert_exercises_are_answered, with_exercises
from whole_again import assert_agrees

from boxloop.base.places import Project

pytestmark = pytest.mark.slow

TASKS = [task for task in CHOICES["task"] if task != "regression"]


@pytest.fixture(scope="module", params=TASKS)
def released(request, bake, tmp_path_factory):
    """A worked example after ``boxloop release``; 04 to 07 ran with poison in the seal.

    Its notebooks hold what students and instructors of a workshop run.
    """
    folder = tmp_path_factory.mktemp(request.param)
    project = bake(folder, task=request.param, edition="workshop", author_name="Ada Tester")
    with_exercises(Project(project))
    run_with_poison(project)
    done = boxloop(project, "release", "--reason", "to see what it says", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  current\n") == 7, "04 to 07 ran with poison in the seal"
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


def test_students_are_stopped_by_nothing_and_instructors_pass(released):
    """Each check of an exercise was asked before its solution was written, and after."""
    assert_exercises_are_answered(Project(released))
