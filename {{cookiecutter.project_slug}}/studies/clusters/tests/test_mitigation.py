"""Attempts to mend the model see what they promise to see, and nothing else."""

import numpy as np
import pytest

from study import baseline, data, mitigation, models, simulate, stress

INPUTS = ["redshift", *simulate.OBSERVABLES]


@pytest.fixture(scope="module")
def tables():
    return data.tables(seed=7)


@pytest.fixture(scope="module")
def ways(tables):
    """All candidates, learnt from simulator A and a part of simulator B."""
    train, other = tables["simulator_a"][:900], tables["simulator_b"][:300]
    fitted = {"model": models.ladder(0)["ridge"], "reference": baseline.reference()}
    for estimator in fitted.values():
        estimator.fit(train[INPUTS], train["ln_mass"])
    return mitigation.candidates(
        lambda: models.ladder(0)["ridge"], fitted, train, other, inputs=INPUTS, target="ln_mass"
    )


def test_the_product_does_not_feel_gas_that_is_displaced(tables):
    """Gas mass down and temperature up by the same factor is no change at all."""
    frame = tables["simulator_a"][INPUTS]
    moved = frame.assign(gas_mass=frame["gas_mass"] / 2, temperature=frame["temperature"] * 2)

    assert np.allclose(mitigation.product(frame), mitigation.product(moved))


def test_a_zero_point_moves_every_prediction_alike(tables, ways):
    """It is one number, found in the other simulator."""
    rows = tables["simulator_b"][300:]
    step = ways["model, zero point from B"](rows) - ways["model"](rows)

    assert np.ptp(step) < 1e-12
    assert abs(step[0]) > 0.03


def test_the_product_loses_less_under_feedback(tables, ways):
    """What it was made for."""
    rows = tables["simulator_a"][900:]
    harder = stress.feedback(rows, 0.3, None)
    shift = {
        name: abs(np.mean(ways[name](harder) - ways[name](rows)))
        for name in ("model", "product only", "reference")
    }

    assert shift["reference"] < 1e-9
    assert shift["product only"] < shift["model"]
