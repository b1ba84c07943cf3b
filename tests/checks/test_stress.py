"""The model fails where the domain reference does not."""

import re

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, IsolationForest, RandomForestClassifier

from boxloop.checks import run_check

from .neutral import INPUTS, parts, seedlings, stones, trial


def place(model, reference, half_width=0.01):
    """Return the numbers of one place, with the gain of the model and its interval."""
    gain = reference - model
    return {
        "model": model,
        "reference": reference,
        "difference": {"value": gain, "low": gain - half_width, "high": gain + half_width},
    }


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        (place(0.10, 0.15), place(0.11, 0.17), "pass"),
        (place(0.15, 0.15), place(0.18, 0.17), "pass"),
        (place(0.15, 0.15), place(0.12, 0.17), "pass"),
        (place(0.10, 0.15), place(0.17, 0.17), "fail"),
        (place(0.10, 0.15), place(0.20, 0.17), "fail"),
        (place(0.05, 0.15), place(0.13, 0.17), "fail"),
        (place(0.15, 0.15), place(0.45, 0.16), "fail"),
    ],
    ids=[
        "wins in both",
        "wins in neither",
        "wins outside only",
        "gain gone",
        "worse outside",
        "ratio though it wins",
        "ratio without gain",
    ],
)
def test_overspecialisation(inside, outside, expected):
    """A lost gain fails, and so does a model that degrades twice as much as the reference."""
    result = run_check("stress.overspecialisation", inside, outside)

    assert result.state == expected
    assert "inside and" in result.message


def test_swap_of_a_watermark(seed):
    """A model that reads the crew instead of the plant is found.

    An idle or unread column is harmless.
    """
    frame = trial(seed).fillna(0.0)
    marked = frame.assign(
        crew=frame["harvest"] + 0.5 * np.random.default_rng(100 + seed).normal(size=len(frame))
    )
    names = [*INPUTS, "crew"]

    def swapped(table, fitted_names):
        train, held_out = parts(table)
        model = ExtraTreesRegressor(n_estimators=30, min_samples_leaf=3, random_state=seed).fit(
            train[fitted_names], train["harvest"]
        )
        rows = held_out["validation"]
        return run_check(
            "stress.swap", model, rows[names], columns=["crew"], y=rows["harvest"], seed=seed
        )

    assert swapped(frame, names).state == "pass"
    assert swapped(marked, names).state == "fail"
    assert swapped(marked, INPUTS).value == 0


def test_swap_of_classes_and_scores(seed):
    """Probabilities and anomaly scores are compared too."""
    table = seedlings(seed)
    names = ["leaf", "stem", "root", "lamp"]
    lamp = np.where(table["kind"] == "reed", 9, table["lamp"])

    for X, expected in ((table[names], "pass"), (table.assign(lamp=lamp)[names], "fail")):
        model = RandomForestClassifier(n_estimators=30, min_samples_leaf=5, random_state=seed).fit(
            X[:1000], table["kind"][:1000]
        )
        assert (
            run_check(
                "stress.swap", model, X[1000:], columns=["lamp"], y=table["kind"][1000:], seed=seed
            ).state
            == expected
        )
    forest = IsolationForest(n_estimators=30, random_state=seed).fit(table[names])
    assert (
        run_check("stress.swap", forest, table[names], columns=["stem"], seed=seed).state == "fail"
    )
    assert (
        run_check("stress.swap", forest, table[names], columns=[], seed=seed).state
        == "not-applicable"
    )


@pytest.mark.parametrize("size", [3000, 20_000])
def test_sculpting(size, seed):
    """A score that knows a window of mass carves a bump.

    One that grows gently with mass does not; with 150 rows behind the cut nobody can tell.
    """
    rows = stones(seed, size)
    window = np.exp(-0.5 * ((rows["mass"] - 3) / 0.15) ** 2)
    clean = "pass" if size > 3000 else "cannot-tell"

    def state(score):
        return run_check("stress.sculpting", score, rows["mass"]).state

    assert state(rows["score"]) == clean
    assert state(rows["score"] + 0.3 * np.log(rows["mass"])) == clean
    assert state(rows["score"] + 1.5 * window) == "fail"
    assert state(rows["mass"]) == "fail"


@pytest.mark.parametrize("strength", [1.0, 3.0])
@pytest.mark.parametrize("law", ["exponential", "power", "lognormal"])
def test_a_drift_is_no_bump(law, strength, seed):
    """However strong it is and however steeply the spectrum falls: the open tail is no window."""
    rng = np.random.default_rng(20 + seed)
    mass = {
        "exponential": 2 + rng.exponential(size=8000),
        "power": 2 * (1 - rng.random(8000)) ** (-1 / 5),
        "lognormal": np.exp(rng.normal(4, 0.4, 8000)),
    }[law]
    score = rng.normal(size=8000) + strength * np.log(mass)

    assert run_check("stress.sculpting", score, mass).state != "fail"
    place = mass.argsort().argsort() / 8000
    carved = score + 1.5 * np.exp(-0.5 * ((place - 0.5) / 0.03) ** 2)
    if strength < 2:
        assert run_check("stress.sculpting", carved, mass).state == "fail"


def test_a_steep_rise_has_no_hole_before_it():
    """Where nearly all selected rows lie at one end, what lies before it is no dip."""
    fails = 0
    for seed in range(2, 8):
        rng = np.random.default_rng(seed)
        mass = 2 * (1 - rng.random(1000)) ** (-1 / 5)
        score = rng.normal(size=1000) + 2 * np.log(mass)
        fails += run_check("stress.sculpting", score, mass).state == "fail"

    assert fails == 0


@pytest.mark.slow
def test_what_is_said_to_be_seen_is_seen():
    """A rate as many times as high in a window as the check names is caught in four of five."""
    caught = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        mass = 2 + rng.exponential(size=20_000)
        found = run_check("stress.sculpting", rng.random(20_000), mass)
        factor = float(re.search(r"a rate ([\d.]+) times", found.power)[1])
        place = mass.argsort().argsort() / 20_000
        rate = 0.05 * np.where(abs(place - 0.625) < 0.05, factor, 1)
        score = (rng.random(20_000) < rate) + 0.1 * rng.random(20_000)
        share = float(np.mean(score >= 1))
        caught += run_check("stress.sculpting", score, mass, rate=share).state == "fail"

    assert 40 <= caught <= 57, caught


def test_sculpting_needs_rows():
    """Twenty rows behind the cut show nothing, and it is said how many would."""
    rows = stones(0, 400)
    found = run_check("stress.sculpting", rows["score"], rows["mass"])

    assert found.state == "cannot-tell"
    assert re.search(r"Only 20 .* about [\d,]+ background rows would be enough", found.words)
