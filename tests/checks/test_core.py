"""The registry and the row that a reader sees."""

import json
from functools import partial

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
from boxloop.checks.power import CHANCE, Power, by_error, counted, seen_from

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
    "train.search",
    "train.headroom",
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
    "log.predictions",
    "answers.complete",
    "answers.traceable",
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
        weight="note",
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


def test_no_pass_without_the_power_to_fail(stand_in):
    """A finding that is no fault passes only where a fault that matters would have been seen."""
    blind = Power(0.4, 0.1, "a share of 0.4", "simulated here", enough=1_200)
    sharp = Power(0.05, 0.1, "a share of 0.05", "simulated here", enough=1_200)
    quiet, loud = (partial(Finding, 0.0, passed=passed, message="So.") for passed in (True, False))

    row = run_check(stand_in, quiet(power=blind))
    assert (row.state, row.detectable, row.open) == ("cannot-tell", 0.4, False)
    assert row.words == (
        "So. Only a share of 0.4 would have been seen (simulated here); "
        "about 1,200 rows would be enough."
    )
    row = run_check(stand_in, quiet(power=sharp))
    assert (row.state, row.detectable) == ("pass", 0.05)
    assert row.words == "So. A share of 0.05 would have been seen (simulated here)."
    assert "≈ cannot-tell" in run_check(stand_in, quiet(power=blind))._repr_html_()
    for power in (blind, sharp):
        row = run_check(stand_in, loud(power=power))
        assert row.state == "fail" and "would have been seen" not in row.words
    assert run_check(stand_in, quiet(power=counted("one row"))).detectable == 1


def test_no_waiver_tells_what_cannot_be_told(stand_in):
    """It would be no pass with it either: there is nothing to waive, and the row says so."""
    blind = Finding(0.0, True, "So.", Power(0.4, 0.1, "a share of 0.4", "simulated here"))
    row = run_check(stand_in, blind, waiver="it is well known")

    assert (row.state, row.reason, row.stale_waiver) == ("cannot-tell", "", True)
    assert "Its waiver is not needed: it cannot tell" in row.words


@pytest.mark.parametrize("fault", [0.5, 1.0, 1.5])
def test_the_smallest_fault_that_is_seen(fault):
    """Of a value with a normal error: `seen_from` is what fails in four of five samples."""
    error = 0.3
    rng, smallest = np.random.default_rng(3), seen_from(error, 0.2)
    values = fault * smallest + error * rng.normal(size=20_000)
    failed = float(np.mean((values > 0.2) & (values > CHANCE * error)))

    low, high = {0.5: (0, 0.5), 1.0: (0.78, 0.82), 1.5: (0.95, 1)}[fault]
    assert low <= failed <= high


@pytest.mark.parametrize(("error", "threshold", "matters"), [(0.4, 0.05, 0.1), (0.02, 0.3, 0.31)])
def test_the_rows_that_are_enough(error, threshold, matters):
    """With so many the fault that matters is seen, with a tenth less it is not."""
    options = {"fault": "a share of {:.2g}", "how": "by its error"}
    power = by_error(error, threshold, matters, size=500, **options)
    for share, suffices in ((1, True), (0.85, False)):
        then = error * np.sqrt(500 / (share * power.enough))
        assert by_error(then, threshold, matters, size=1, **options).suffices == suffices


def test_a_waiver_that_is_not_needed_is_named(stand_in):
    """It stands in the row only when it is true: the check passes, or does not apply."""
    good = Finding(1.0, True, "Fine.")
    other = run_check(stand_in, NotApplicable("no data"), waiver="known")
    assert other.stale_waiver and "Its waiver is not needed: it does not apply." in other.words

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
        "weight",
        "value",
        "threshold",
        "detectable",
        "source",
        "message",
        "fix",
        "power",
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
