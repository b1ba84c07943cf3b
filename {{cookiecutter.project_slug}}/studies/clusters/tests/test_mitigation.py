"""Attempts to mend the model see what they promise to see, and nothing else."""

import numpy as np
import pandas as pd
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
    options = {"inputs": INPUTS, "target": "ln_mass", "strongest": 0.5, "seed": 0}
    return mitigation.candidates(lambda: models.ladder(0)["ridge"], fitted, train, other, **options)


def test_the_product_does_not_feel_gas_that_is_displaced(tables):
    """Gas mass down and temperature up by the same factor is no change at all."""
    frame = tables["simulator_a"][INPUTS]
    moved = frame.assign(gas_mass=frame["gas_mass"] / 2, temperature=frame["temperature"] * 2)

    assert np.allclose(mitigation.product(frame), mitigation.product(moved))


def test_a_zero_point_moves_every_prediction_alike(tables, ways):
    """It is one number, found in the other simulator."""
    rows = tables["simulator_b"][300:]
    step = ways["A alone, zero point from B"](rows) - ways["A alone"](rows)

    assert np.ptp(step) < 1e-12
    assert abs(step[0]) > 0.03


def test_the_product_loses_less_under_feedback(tables, ways):
    """What it was made for."""
    rows = tables["simulator_a"][900:]
    harder = stress.feedback(rows, 0.3, None)
    shift = {
        name: abs(np.mean(ways[name](harder) - ways[name](rows)))
        for name in ("A alone", "A, product only", "A, feedback varied", "reference")
    }

    assert shift["reference"] < 1e-9
    assert shift["A, product only"] < shift["A alone"]
    assert shift["A, feedback varied"] < 0.6 * shift["A alone"]


def test_feedback_is_drawn_once_for_a_halo_and_leaves_y_x_and_mass_alone(tables):
    """The first rows are the table; copies are displaced by as much for all views of a halo."""
    frame = tables["simulator_a"][:300]
    rows = mitigation.varied(frame, top=0.5, seed=0, copies=1)
    pd.testing.assert_frame_equal(rows[:300], frame)
    copy = rows[300:].set_axis(frame.index)
    moved = np.log(frame["gas_mass"] / copy["gas_mass"])

    assert moved.between(0, 0.5).all() and moved.std() > 0.1
    assert moved.groupby(frame["halo_id"]).agg(np.ptp).max() < 1e-12
    for name in ("gas_mass", "temperature"):
        assert not np.allclose(copy[name], frame[name])
    kept = copy["gas_mass"] * copy["temperature"]
    np.testing.assert_allclose(kept, frame["gas_mass"] * frame["temperature"])
    np.testing.assert_array_equal(copy["ln_mass"], frame["ln_mass"])


def test_the_anchored_line_errs_alike_in_the_simulators_that_taught(tables):
    """In plain least squares the error follows the simulator; with a large gamma it does not."""
    both = pd.concat([tables["simulator_a"][:900], tables["simulator_b"][:900]])

    def apart(gamma):
        line = mitigation.anchored(both, INPUTS, "ln_mass", gamma)
        off = line.predict(both[INPUTS]) - both["ln_mass"]
        return np.ptp(off.groupby(both["halo_id"].str[0]).mean())

    assert apart(1.0) > 0.03
    assert apart(1e4) < 0.1 * apart(1.0)
