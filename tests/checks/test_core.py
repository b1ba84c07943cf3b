"""The registry and the row that a reader sees."""

import json

import numpy as np
import pytest

from boxloop.base.places import STATIONS
from boxloop.checks import (
    REGISTRY,
    Finding,
    NotApplicable,
    Unanswered,
    check,
    not_applicable,
    run_check,
)

IDS = [
    "data.schema",
    "data.duplicate_columns",
    "split.duplicates",
    "split.near_duplicates",
    "split.groups",
    "split.time",
    "split.deployment_shift",
    "features.target_leak",
    "features.identifier",
    "features.forbidden",
    "features.nuisance_only",
    "features.missingness",
    "features.undeclared_nuisance",
    "train.pipeline",
    "train.permuted_labels",
    "train.seeds",
    "train.too_good",
    "baseline.beats_trivial",
    "baseline.domain_reference",
    "diagnose.accuracy_paradox",
    "diagnose.calibration",
    "diagnose.coverage",
    "diagnose.regression_to_mean",
    "diagnose.label_noise",
    "diagnose.class_conditional",
    "stress.overspecialisation",
    "stress.swap",
    "stress.sculpting",
    "seal.openings",
    "seal.model_unchanged",
    "criteria.unchanged",
    "log.complete",
    "log.explained",
    "answers.complete",
    "seal.untouched",
    "provenance.chain",
    "provenance.deterministic",
    "release.reload",
    "release.licence",
    "release.environment",
]


@pytest.fixture
def stand_in():
    """Register a unit that returns what it is given, for one test."""

    @check(
        "test.echo",
        notebook="01_scoping",
        threshold=2.0,
        source="Nobody §1",
        fix="Do it.",
        tasks={"regression"},
    )
    def echo(found, *, threshold):
        """The echo is faithful."""
        return found(threshold) if callable(found) else found

    yield "test.echo"
    del REGISTRY["test.echo"]


def test_every_designed_check_is_registered():
    """No name of the design is without a unit, and no unit without a name."""
    assert sorted(REGISTRY) == sorted(IDS)


@pytest.mark.parametrize("unit", REGISTRY.values(), ids=lambda unit: unit.id)
def test_a_unit_tells_its_claim_its_source_and_the_remedy(unit):
    """Whatever a reader needs is in the registry."""
    assert unit.sentence.endswith(".")
    assert unit.fix.endswith(".")
    assert unit.source
    assert unit.notebook in STATIONS
    assert unit.threshold is None or unit.threshold >= 0


def test_import_does_not_load_the_heavy_libraries():
    """A notebook starts quickly."""
    import subprocess
    import sys

    code = (
        "import sys, boxloop.checks; print(sorted({'pandas', 'sklearn', 'scipy', 'skops'} & "
        "set(sys.modules)))"
    )
    folder = str(__import__("pathlib").Path(__import__("boxloop").__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_states(stand_in):
    """Each return value has its state, and only a waiver with words waives."""
    good, bad = Finding(1.0, True, "Fine."), Finding(3.0, False, "Not fine.")

    assert run_check(stand_in, good).state == "pass"
    assert run_check(stand_in, bad).state == "fail"
    assert run_check(stand_in, bad, waiver="  ").state == "fail"
    assert run_check(stand_in, bad, waiver="known").state == "waived"
    assert run_check(stand_in, Unanswered("Who?"), waiver="later").reason == "later"
    assert run_check(stand_in, Unanswered("Who?")).state == "unanswered"
    assert run_check(stand_in, NotApplicable("no data"), waiver="known").reason == "no data"


def test_a_waiver_that_is_not_needed_is_named(stand_in):
    """It stands in the row only when it is true."""
    good = Finding(1.0, True, "Fine.")

    assert run_check(stand_in, good, waiver="known").as_dict()["stale_waiver"] is True
    assert "stale_waiver" not in run_check(stand_in, good).as_dict()


def test_the_threshold_of_the_study_replaces_the_registered_one(stand_in):
    """The unit and the row see the same number."""
    result = run_check(
        stand_in, lambda threshold: Finding(2.5, threshold >= 2.5, "Near."), threshold=3
    )

    assert (result.state, result.threshold) == ("pass", 3)


def test_another_task_is_told_so(stand_in):
    """The reason says whom the check is for."""
    result = run_check(stand_in, Finding(1, True, "Fine."), task="classification")

    assert (result.state, result.reason) == ("not-applicable", "applies to regression only")


def test_rows_are_plain_json(stand_in):
    """Numpy numbers and NaN never reach the file."""
    rows = [
        run_check(stand_in, Finding(value, True, "Fine.")).as_dict()
        for value in (np.float32(1.5), np.nan, np.int64(2), np.inf)
    ]

    assert [row["value"] for row in json.loads(json.dumps(rows))] == [1.5, None, 2, None]
    assert set(rows[0]) == {
        "id",
        "notebook",
        "state",
        "value",
        "threshold",
        "source",
        "message",
        "fix",
        "reason",
    }


def test_html_is_one_escaped_line_with_a_symbol(stand_in):
    """A column name cannot become markup, and the state is readable without colour."""
    html = run_check(stand_in, Finding(3, False, "'<b>' & co. differ."))._repr_html_()

    assert "<b>" not in html and "&lt;b&gt;" in html
    assert 'class="check check-fail"' in html and "✗ fail" in html
    assert "\n" not in html


def test_an_error_in_a_unit_is_not_hidden(stand_in):
    """A bug must not look like a failed check."""
    with pytest.raises(ZeroDivisionError):
        run_check(stand_in, lambda threshold: 1 / 0)


def test_unknown_names_and_empty_reasons_are_refused():
    """A typing error must not become a silent skip."""
    with pytest.raises(KeyError, match=r"split.group"):
        run_check("split.group")
    with pytest.raises(ValueError, match="reason"):
        not_applicable("split.groups", " ")
    assert not_applicable("split.groups", "rows are independent").state == "not-applicable"
