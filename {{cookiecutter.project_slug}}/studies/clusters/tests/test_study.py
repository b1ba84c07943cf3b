"""The science of the worked study: its formulae against independent arithmetic."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from study import baseline, data, downstream, models, simulate, stress

INPUTS = ["redshift", *simulate.OBSERVABLES]


@pytest.fixture(scope="module")
def tables():
    return data.tables(seed=7)


@pytest.fixture(scope="module")
def parts(tables):
    """Return simulator A in two halves that share no halo."""
    frame = tables["simulator_a"]
    first = frame["halo_id"] < "A0750"
    return frame[first], frame[~first]


def rmse(model, frame):
    return float(np.sqrt(np.mean((model.predict(frame[INPUTS]) - frame["ln_mass"]) ** 2)))


def test_the_posterior_agrees_with_quadrature():
    """Mean and variance in closed form are those of prior times likelihood, integrated."""
    _, covariance = simulate.A.law(1)
    residual = simulate.ALPHA * 0.9 + np.array([0.1, -0.2, 0.3, 0.1, -0.1, 0.4, 0.2])
    precision = np.linalg.inv(covariance)

    def density(mu):
        off = residual - simulate.ALPHA * mu
        return np.exp(
            -simulate.BETA[0] * mu - simulate.BETA[1] * mu**2 / 2 - off @ precision @ off / 2
        )

    moments = [
        quad(lambda mu, k=k: mu**k * density(mu), -2, 4, epsabs=0, epsrel=1e-10, limit=200)[0]
        for k in range(3)
    ]
    centre, variance, log_evidence = baseline.gaussian_posterior(residual[None], covariance[None])
    expected = moments[1] / moments[0]

    assert centre[0] == pytest.approx(expected, abs=1e-6)
    assert variance[0] == pytest.approx(moments[2] / moments[0] - expected**2, rel=1e-4)
    constant = np.log(2 * np.pi) / 2 - np.linalg.slogdet(covariance)[1] / 2
    assert log_evidence[0] + constant == pytest.approx(
        np.log(moments[0]) - np.linalg.slogdet(covariance)[1], abs=1e-6
    )


def test_the_limit_is_honest(tables):
    """Its errors are as large as it says, and it never reads a truth column."""
    frame = tables["simulator_a"]
    mean, sigma = baseline.limit(frame)
    visible = frame[[name for name in frame if not name.startswith("true_") and name != "ln_mass"]]

    assert np.std((mean - frame["ln_mass"]) / sigma) == pytest.approx(1.0, abs=0.07)
    np.testing.assert_array_equal(baseline.limit(visible)[0], mean)


def test_population_follows_its_power_laws():
    """Regressing the observables on mass and E(z) returns the self-similar slopes."""
    rng = np.random.default_rng(1)
    mu, z = simulate.draw_halos(rng, 20_000)
    seen, _, _ = simulate.observe(rng, mu, z, simulate.A)
    design = np.column_stack([np.ones_like(mu), mu, np.log(simulate.efunc(z))])
    fit = np.linalg.lstsq(design, seen[:, 0, :5], rcond=None)[0]

    np.testing.assert_allclose(fit[1], [1, 2 / 3, 4 / 3, 1, 1 / 3], atol=0.03)
    np.testing.assert_allclose(fit[2], [0, 2 / 3, 7 / 3, 0, 1 / 3], atol=0.15)


def test_mass_function_has_its_slope():
    """The drawn masses follow exp(-beta1 mu - beta2 mu^2 / 2)."""
    mu, _ = simulate.draw_halos(np.random.default_rng(2), 200_000)
    found, edges = np.histogram(mu, bins=np.linspace(-0.5, 1.5, 9))
    middle = (edges[1:] + edges[:-1]) / 2
    expected = np.exp(-simulate.BETA[0] * middle - simulate.BETA[1] * middle**2 / 2)

    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=0.12)


def test_feedback_leaves_y_x_alone():
    """A to B moves gas mass and temperature by a lot, their product by little, mean and slope."""
    shift = simulate.B.relaxed.mean - simulate.A.relaxed.mean
    bend = simulate.B.alpha - simulate.A.alpha

    assert min(abs(shift[:2])) > 0.1
    assert shift[0] + shift[1] == pytest.approx(0)
    assert bend[0] + bend[1] == pytest.approx(0)


def test_catalogue_is_flux_limited(tables):
    """No row has fewer photons than the limit, and faint clusters are seen nearby alone."""
    for frame in tables.values():
        counts = frame["luminosity_error"] ** -2
        assert counts.min() >= simulate.COUNTS_LIMIT * (1 - 1e-9)
    frame = tables["simulator_a"]
    light, heavy = frame[frame["ln_mass"] < 0], frame[frame["ln_mass"] > 1]
    assert light["redshift"].median() < heavy["redshift"].median()


def test_rows_of_a_halo_share_its_mass(tables):
    """At most three lines of sight; mass and photons' source are common, richness is not."""
    halos = tables["simulator_a"].groupby("halo_id")

    assert halos.size().max() == 3
    assert halos["ln_mass"].nunique().max() == 1
    assert halos["true_gas_mass"].nunique().max() == 1
    assert halos["true_richness"].nunique().max() == 3
    assert len(halos) == data.HALOS["simulator_a"]


def test_survey_shows_no_truth(tables):
    """The unlabelled survey has one row per cluster, no mass and no truth column."""
    survey = tables["survey"]

    assert survey["halo_id"].is_unique
    assert not [name for name in survey if name == "ln_mass" or name.startswith("true_")]


def test_same_seed_same_tables(tables):
    """The simulators are deterministic, and another seed gives other clusters."""
    for name, frame in data.tables(seed=7).items():
        pd.testing.assert_frame_equal(frame, tables[name])
    assert not data.tables(seed=8)["survey"]["luminosity"].equals(tables["survey"]["luminosity"])


def test_prepare_never_overwrites(tmp_path):
    """Raw files are written once; a file that is there keeps its bytes."""
    paths = data.prepare(tmp_path)
    paths[1].write_bytes(b"mine")
    paths[2].unlink()

    assert data.prepare(tmp_path) == paths
    assert paths[1].read_bytes() == b"mine"
    assert paths[2].exists()


def test_y_x_relation_is_nearly_self_similar(parts):
    """The fitted slope is near 3/5, and the relation beats the mean by far."""
    train, held_out = parts
    relation = baseline.reference().fit(train[INPUTS], train["ln_mass"])

    assert relation.slope_ == pytest.approx(0.6, abs=0.06)
    assert rmse(relation, held_out) < 0.35 * held_out["ln_mass"].std()


def test_the_gain_does_not_transfer(parts, tables):
    """A model beats M-Y_X by a quarter in A and not by a twentieth in B."""
    train, held_out = parts
    relation = baseline.reference().fit(train[INPUTS], train["ln_mass"])
    model = models.ladder(0)["gradient boosting"].fit(train[INPUTS], train["ln_mass"])
    other = tables["simulator_b"]

    assert rmse(model, held_out) < 0.8 * rmse(relation, held_out)
    assert rmse(model, other) > 0.95 * rmse(relation, other)


@pytest.mark.parametrize("name", models.ladder(0))
def test_no_model_beats_the_limit(name, parts):
    """Every rung runs on a table, beats M-Y_X, and stays above the information limit."""
    train, held_out = parts
    model = models.ladder(0)[name].fit(train[INPUTS], train["ln_mass"])
    limit = np.sqrt(np.mean((baseline.limit(held_out)[0] - held_out["ln_mass"]) ** 2))

    assert name in models.MOTIVATION
    assert 0.95 * limit < rmse(model, held_out) < 1.3 * limit


@pytest.mark.parametrize("test", stress.TESTS, ids=lambda test: test.name)
def test_stress_tests_leave_the_table_alone(test, parts):
    """A stress test returns a table with the same columns and does not touch its argument."""
    frame = parts[1]
    before = frame.copy()
    harder = test.function(frame, 0.5, np.random.default_rng(0))

    pd.testing.assert_frame_equal(frame, before)
    assert list(harder) == list(frame)
    assert harder[INPUTS].notna().all(axis=None)


def test_noise_at_level_one_changes_nothing(parts):
    """The noise ladder passes through the table itself."""
    same = stress.noise(parts[1], 1.0, np.random.default_rng(0))

    np.testing.assert_allclose(same[INPUTS], parts[1][INPUTS])


def test_counts_add_up(parts):
    """Every halo counts once, however many lines of sight it has."""
    frame = parts[1]
    counts = downstream.counts(frame["ln_mass"], groups=frame["halo_id"], edges=[-5, 0, 1, 5])
    table = downstream.mass_function(
        frame["ln_mass"], {"itself": frame["ln_mass"]}, groups=frame["halo_id"]
    )

    assert counts.sum() == pytest.approx(frame["halo_id"].nunique())
    np.testing.assert_allclose(table["ratio"], 1.0)


def test_what_is_searched_is_a_setting_and_the_written_one_is_tried():
    """Every rung and the reference; the curve is of a setting that there is."""
    rungs = models.ladder(0)
    assert set(models.grids()) == {*rungs, "reference"}
    for name, grid in models.grids().items():
        for setting, values in grid.items():
            assert rungs[name].get_params()[setting] in values, (name, setting)
    name, setting, values = models.curve()
    assert setting in rungs[name].get_params() and list(values) == sorted(values)
