"""The inputs are known at inference and say something about the object itself."""

import numpy as np
import pandas as pd
import pytest

from boxloop.checks import run_check

from .neutral import INPUTS, column, manifest, seedlings, trial

TABLE = ["leaf", "stem", "root", "colour"]
QUIET = ("pass", "cannot-tell")


def test_forbidden_columns_are_named_with_the_reason():
    """Every objection of the manifest counts."""
    columns = manifest() | {
        "later": column("input", available_at_inference=False),
        "made": column("input", derived_from_target=True),
        "seeing_error": column("error"),
    }

    assert (
        run_check("features.forbidden", [*INPUTS, "seeing_error"], columns=columns).state == "pass"
    )
    for name, words in {
        "true_yield": "is a truth column",
        "harvest": "is the target",
        "sample_number": "is an identifier",
        "plot": "is the group",
        "crew": "is a nuisance",
        "later": "is not available at inference",
        "made": "is derived from the target",
        "unknown": "is not in study.toml",
    }.items():
        result = run_check("features.forbidden", [*INPUTS, name], columns=columns)
        assert result.state == "fail"
        assert f"'{name}' {words}" in result.message


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: np.arange(n),
        lambda rng, n: rng.permutation(n).astype(float),
        lambda rng, n: 10 * np.arange(n) + 3,
        lambda rng, n: rng.choice(50 * n, n, replace=False),
        lambda rng, n: rng.choice(10**9, n, replace=False),
        lambda rng, n: np.sort(rng.choice(200 * n, n, replace=False)),
        lambda rng, n: rng.integers(10**17, 10**18, n),
        lambda rng, n: rng.integers(1, 20, n) * 10**12 + rng.permutation(n),
        lambda rng, n: 10**13 + np.arange(n),
        lambda rng, n: 1_237_645_943_978_393_694 + rng.integers(0, 2**46, n),
        lambda rng, n: [f"J{k:06d}" for k in rng.permutation(n)],
    ],
    ids=[
        "counter",
        "float counter",
        "steps of ten",
        "drawn ids",
        "wide ids",
        "sorted ids",
        "long ids",
        "ids with a prefix",
        "ids from a trillion on",
        "ids of 60 bits",
        "names",
    ],
)
def test_identifiers_are_found(make, seed):
    """A running number is one also as float, shuffled or thinned out."""
    frame = trial(seed)
    result = run_check(
        "features.identifier",
        frame.assign(shade=make(np.random.default_rng(100 + seed), len(frame))),
        inputs=INPUTS,
    )

    assert result.state == "fail"
    assert "'shade'" in result.message


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: rng.lognormal(12, 1, n).astype(int),
        lambda rng, n: rng.poisson(rng.lognormal(13, 0.5, n)).astype(float),
        lambda rng, n: np.sort(rng.lognormal(12, 1, n)).astype(int),
        lambda rng, n: np.round(rng.normal(size=n) * 1e6),
        lambda rng, n: rng.lognormal(45 * np.log(10), 1, n),
        lambda rng, n: rng.integers(0, 4096, n),
        lambda rng, n: (10 ** rng.normal(13, 0.4, n)).astype(int),
        lambda rng, n: (1e13 * (1 + rng.pareto(1.2, n))).astype(int),
        lambda rng, n: (3e13 * rng.exponential(size=n)).astype(int),
        lambda rng, n: (10 ** rng.uniform(12, 15, n)).astype(int),
        lambda rng, n: rng.normal(1e13, 1e12, n).astype(int),
        lambda rng, n: rng.uniform(1e4, 1e6, n).astype(int),
        lambda rng, n: rng.random(n),
        lambda rng, n: rng.choice(["clay", "sand"], n),
    ],
    ids=[
        "photons",
        "float photons",
        "sorted photons",
        "micrometres",
        "luminosities",
        "pixels",
        "masses",
        "steep masses",
        "exponential masses",
        "masses in decades",
        "masses in a heap",
        "masses of small range",
        "floats",
        "words",
    ],
)
def test_measurements_are_no_identifiers(make, seed):
    """Counts with a large range differ in nearly every row and are honest."""
    frame = trial(seed)
    result = run_check(
        "features.identifier",
        frame.assign(shade=make(np.random.default_rng(100 + seed), len(frame))),
        inputs=INPUTS,
    )

    assert result.state == "pass"


def test_target_leak_of_a_number(seed):
    """A strong honest input passes; a noisy monotone copy of the target does not."""
    frame = trial(seed)
    rng, size = np.random.default_rng(100 + seed), len(frame)
    options = {"inputs": INPUTS, "target": "harvest", "task": "regression", "seed": seed}
    spread = frame["harvest"].std()

    honest = frame.assign(salt=frame["harvest"] + 0.3 * spread * rng.normal(size=size))
    leaking = frame.assign(salt=-np.exp(frame["harvest"] + 0.02 * spread * rng.normal(size=size)))

    assert run_check("features.target_leak", honest, **options).state in QUIET
    result = run_check("features.target_leak", leaking, **options)
    assert result.state == "fail"
    assert result.message.startswith("'salt'")


def test_target_leak_of_a_class(seed):
    """A code of the class is found in any order; inputs that separate well are honest.

    One that does so alone, where all others say nothing, is asked about.
    """
    frame = seedlings(seed)
    code = pd.factorize(frame["kind"], sort=True)[0]
    rng = np.random.default_rng(100 + seed)
    options = {"inputs": TABLE, "target": "kind", "task": "classification", "seed": seed}

    two = {"classes": ("a", "b"), "share": (0.9, 0.1)}
    honest, alone = (seedlings(seed, **two, separation=far) for far in (2.0, 6.0))
    assert run_check("features.target_leak", honest, **options).state in QUIET
    assert run_check("features.target_leak", frame, **options).state in QUIET
    assert run_check("features.target_leak", alone, **options).open
    leaking = frame.assign(root=np.array([1, 0, 2])[code] + 0.02 * rng.normal(size=len(frame)))
    assert run_check("features.target_leak", leaking, **options).state == "fail"


def test_nuisance_only(seed):
    """A crew that knows the harvest is found; so is a lamp that stands over one class."""
    frame, table = trial(seed), seedlings(seed)
    rng = np.random.default_rng(100 + seed)
    number = {
        "nuisance": ["crew", "cloudiness"],
        "target": "harvest",
        "task": "regression",
        "groups": "plot",
        "seed": seed,
    }
    kind = {
        "nuisance": ["lamp"],
        "target": "kind",
        "task": "classification",
        "groups": "tray",
        "seed": seed,
    }

    assert run_check("features.nuisance_only", frame, **number).state == "pass"
    assert run_check("features.nuisance_only", table, **kind).state == "pass"
    assert (
        run_check("features.nuisance_only", frame, **number | {"nuisance": []}).state
        == "not-applicable"
    )
    marked = frame.assign(cloudiness=frame["harvest"] + 1.5 * rng.normal(size=len(frame)))
    assert run_check("features.nuisance_only", marked, **number).state == "fail"
    lit = np.where(rng.random(len(table)) < 0.5, pd.factorize(table["kind"])[0], table["lamp"])
    assert run_check("features.nuisance_only", table.assign(lamp=lit), **kind).state == "fail"


@pytest.mark.parametrize("filler", [np.nan, -999.0, 99.0, -32768.0, 1e20])
def test_missingness(filler, seed):
    """Gaps that follow the target are found, also under a filler; gaps at random are honest."""
    frame = trial(seed)
    rng = np.random.default_rng(100 + seed)
    options = {
        "inputs": INPUTS,
        "target": "harvest",
        "task": "regression",
        "groups": "plot",
        "seed": seed,
    }
    high = rng.random(len(frame)) < 0.5 * (frame["harvest"] > 1)

    assert (
        run_check("features.missingness", frame.fillna({"salt": filler}), **options).state in QUIET
    )
    assert (
        run_check(
            "features.missingness", frame.assign(shade=frame["shade"].mask(high, filler)), **options
        ).state
        == "fail"
    )


def test_numbers_that_only_look_like_fillers_are_no_gaps(seed):
    """A switch that says -1 or 1, and a count that happens to reach 99, are measurements."""
    frame = trial(seed)
    switched = np.where(frame["harvest"] > frame["harvest"].median(), 1.0, -1.0)
    counted = np.where(
        frame["harvest"] > 1, 99.0, np.random.default_rng(seed).integers(60, 99, len(frame))
    )
    options = {"target": "harvest", "task": "regression", "groups": "plot", "seed": seed}

    for values in (switched, counted):
        frame["shade"] = values
        assert run_check("features.missingness", frame, inputs=["shade"], **options).value == 0


def test_missingness_of_classes_and_of_full_tables(seed):
    """A table without gaps passes; a class without a measurement does not."""
    table = seedlings(seed)
    options = {
        "inputs": TABLE,
        "target": "kind",
        "task": "classification",
        "groups": "tray",
        "seed": seed,
    }
    lost = (table["kind"] == "reed") & (np.random.default_rng(100 + seed).random(len(table)) < 0.7)

    assert run_check("features.missingness", table, **options).value == 0
    assert (
        run_check(
            "features.missingness", table.assign(root=table["root"].mask(lost)), **options
        ).state
        == "fail"
    )


SILENT = {
    "is not there in deployment": lambda column: None,
    "is missing in 100% of": lambda column: column * np.nan,
    "is constant in deployment": lambda column: column * 0 + 1,
    "lacks 100% of its training values": lambda column: column * 0 + np.arange(len(column)) + 1e3,
}


@pytest.mark.parametrize("words", SILENT)
def test_an_input_that_behaves_as_a_nuisance_is_asked_about(words, seed):
    """It knows the target in training and falls silent in deployment; or somebody says why."""
    train, rng = trial(seed), np.random.default_rng(100 + seed)
    train["depth"] = train["harvest"] + 1.5 * rng.normal(size=len(train))
    deployment = trial(seed + 50, 100)
    silent = SILENT[words](deployment["depth"])
    deployment = deployment.drop(columns="depth")
    deployment = deployment if silent is None else deployment.assign(depth=silent)
    label = {"target": "harvest", "task": "regression", "groups": "plot", "seed": seed}

    def asked(*inputs, rows=deployment, **options):
        given = {"inputs": inputs, **label, **options}
        return run_check("features.undeclared_nuisance", train, rows, **given)

    found = asked("moisture", "depth")
    assert found.state == "unanswered"
    assert found.message.startswith(f"'depth' {words}")
    assert asked("moisture").state == "pass"
    assert asked("moisture", "depth", rows=None).state == "not-applicable"
    told = {"depth": column("input", known_by="sounded from a boat in May")}
    assert asked("moisture", "depth", columns=told).state == "pass"
    assert asked("moisture", "depth", columns={"depth": column("input")}).state == "unanswered"


def test_an_input_that_falls_silent_and_knows_nothing_is_no_nuisance(seed):
    """Its share of the target is measured, and what would have been seen is said."""
    train = trial(seed).assign(shade=np.random.default_rng(seed).normal(size=1200))
    deployment = trial(seed + 50, 100).assign(shade=0.0)
    options = {"inputs": INPUTS, "target": "harvest", "task": "regression", "seed": seed}
    found = run_check("features.undeclared_nuisance", train, deployment, **options)

    assert found.state == "pass"
    assert "'shade' is constant in deployment" in found.message
    assert found.detectable < 0.1
