"""The science of the worked study: its formulae against independent arithmetic."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from boxloop.base import UserError
from study import baseline, data, downstream, models, published, simulate, stress

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
    frame = pd.concat([tables[f"simulator_{letter}"] for letter in "abc"])
    mean, sigma = baseline.limit(frame)
    visible = frame[[name for name in frame if not name.startswith("true_") and name != "ln_mass"]]

    pull = ((mean - frame["ln_mass"]) / sigma).groupby(frame["halo_id"].str[0])
    assert pull.std().to_numpy() == pytest.approx(1.0, abs=0.07)
    assert pull.mean().to_numpy() == pytest.approx(0.0, abs=0.1)
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


def test_in_c_y_x_moves_with_the_slopes_of_the_sky(tables):
    """By a quarter at 1e14 Msun, for nothing rises for the gas that is lost; less in deep wells."""
    shift, bend = simulate.C.relaxed.mean - simulate.A.relaxed.mean, simulate.C.alpha
    found = published.of_simulator(simulate.C, seed=0)

    assert shift[0] + shift[1] == pytest.approx(-0.25)
    assert simulate.C.gas[:2].sum() > 0.05, "halo by halo, too"
    assert found["slope of M on Y_X"] == pytest.approx(0.548, abs=0.027)
    assert found["slope of M on gas mass"] == pytest.approx(0.803, abs=0.040)
    assert found["slope of M on temperature"] == pytest.approx(1.71, abs=0.09)
    assert found["slope of luminosity on M"] == pytest.approx(1.59, abs=0.05)
    assert bend[0] + bend[1] > simulate.ALPHA[:2].sum()


def test_the_published_numbers_stand_beside_those_of_the_laws():
    """What is computed of A are its own slopes; each source is in the references."""
    table = published.beside(seed=0)
    bibliography = (Path(published.__file__).parent / "references.bib").read_text("utf-8")

    a = table.set_index("quantity")["A"].groupby(level=0).first()
    assert a["slope of M on Y_X"] == pytest.approx(0.6, abs=0.01)
    assert a["slope of M on temperature"] == pytest.approx(1.5, abs=0.03)
    assert a["slope of luminosity on M"] == pytest.approx(4 / 3, abs=0.02)
    # Scatter of ln(gas mass x temperature) of relaxed clusters: 0.06 twice, a core's 0.06.
    assert a["scatter of M at fixed Y_X"] == pytest.approx(0.06 * 3**0.5 * 0.6, abs=0.003)
    assert not table[["A", "B", "C"]].isna().any(axis=None)
    assert all("{" + key + "," in bibliography for key in table["source"])


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


def test_halos_that_teach_never_judge(tmp_path):
    """They are those of B that `domains` leaves out; more than are set aside are refused."""
    data.prepare(tmp_path)
    taught, judging = data.lessons(tmp_path), data.domains(tmp_path)["simulator_b"]

    assert taught["halo_id"].nunique() == data.LESSONS
    assert set(taught["halo_id"]).isdisjoint(judging["halo_id"])
    together = taught["halo_id"].nunique() + judging["halo_id"].nunique()
    assert together == data.HALOS["simulator_b"]
    assert data.lessons(tmp_path, 0).empty
    with pytest.raises(UserError, match=r"halos_of_b = 301 in study\.toml, but 300 are set aside"):
        data.lessons(tmp_path, 301)


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


def test_the_gain_does_not_transfer_and_rows_of_b_bring_a_part_back(parts, tables):
    """From A alone a fifth at home, nothing in B; with rows of B a twentieth or more in both."""
    train, held_out = parts
    other = tables["simulator_b"]
    taught, strangers = (
        other[rows] for rows in (other["halo_id"] < "B0300", other["halo_id"] >= "B0300")
    )
    found = {}
    for rows, name in ((train, "A"), (pd.concat([train, taught]), "A and B")):
        relation = baseline.reference().fit(rows[INPUTS], rows["ln_mass"])
        model = models.ladder(0)["quadratic ridge"].fit(rows[INPUTS], rows["ln_mass"])
        found[name] = [
            1 - rmse(model, frame) / rmse(relation, frame)
            for frame in (held_out, strangers, tables["simulator_c"])
        ]

    assert found["A"][0] > 0.2 and found["A and B"][0] > 0.2
    assert found["A"][1] < 0.05 < found["A and B"][1]
    assert found["A"][2] < found["A and B"][2] < found["A and B"][0] - 0.1


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
