"""The worked study: its formulae against independent arithmetic, its lessons within bands."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from sklearn.metrics import roc_auc_score

from boxloop.base import find_project
from boxloop.measure import METRICS
from boxloop.settings import load_settings
from study import (
    baseline,
    cosmology,
    data,
    downstream,
    features,
    mitigation,
    models,
    published,
    simulate,
    stress,
    survey,
    unknown,
)

SETTINGS = load_settings(find_project().settings_file)
INPUTS, CUT = SETTINGS.inputs, SETTINGS.study.working_point


def is_ia(frame):
    return (frame["kind"] == "Ia").to_numpy(dtype=float)


def ranking(model, frame, columns=INPUTS):
    return is_ia(frame), model.predict_proba(frame[columns])[:, 1]


def score(metric, ranked, cut=CUT):
    return METRICS[metric](*ranked, cut)


@pytest.fixture(scope="module")
def tables():
    return data.tables()


@pytest.fixture(scope="module")
def parts(tables):
    """Objects with a spectrum in two halves that share no field, and the faint ones without."""
    frame = tables["spectroscopic"]
    first = frame["field_id"] < "A105"
    return frame[first], frame[~first], tables["photometric"]


@pytest.fixture(scope="module")
def fitted(parts):
    """Model and reference, fitted to the first half."""
    train = parts[0]
    model = models.ladder(0)["gradient boosting"].fit(train[INPUTS], is_ia(train))
    return model, baseline.reference().fit(train[INPUTS], is_ia(train))


def test_bazin_peaks_where_it_says():
    """One at its peak, which is at zero, with the asymptotic slopes of rise and fall."""
    t = np.linspace(-80, 300, 20_001)
    curve = simulate.bazin(t, 4.0, 20.0)

    assert simulate.bazin(0.0, 4.0, 20.0) == pytest.approx(1.0)
    assert curve.max() <= 1.0
    assert t[np.argmax(curve)] == pytest.approx(0.0, abs=0.02)
    late, early = t > 250, t < -60
    assert np.polyfit(t[late], np.log(curve[late]), deg=1)[0] == pytest.approx(-1 / 20, rel=1e-3)
    assert np.polyfit(t[early], np.log(curve[early]), deg=1)[0] == pytest.approx(
        1 / 4 - 1 / 20, rel=1e-3
    )


def test_errors_are_those_of_ivezic():
    """At the depth m5 the signal is five times the noise; bright sources have the floor."""
    depth = survey.DEPTH[:, None]
    for fainter in (0.0, -2.5, -9.0):
        x = 10 ** (0.4 * fainter)
        flux = 10 ** (-0.4 * (depth + fainter - simulate.ZERO))
        gamma = survey.GAMMA[:, None]
        magnitudes = np.sqrt(
            survey.SYSTEMATIC**2 + ((0.04 - gamma) * x + gamma * x**2) * (2.5 / np.log(10)) ** 2
        )

        np.testing.assert_allclose(
            survey.flux_error(flux, depth) / flux * 2.5 / np.log(10), magnitudes, rtol=1e-6
        )
    at_depth = 10 ** (-0.4 * (depth - simulate.ZERO))
    np.testing.assert_allclose(at_depth / survey.flux_error(at_depth, depth), 5.0, rtol=1e-3)


def test_time_dilation_and_distance():
    """Widths grow with 1 + z, and at small redshift the distance is cz / H0."""
    objects = simulate.candidates(np.random.default_rng(1), 4000)
    ia = objects["kind"] == "Ia"
    rise = objects["rise"][ia, 2] / objects["stretch"][ia]

    np.testing.assert_allclose(rise, simulate.KINDS["Ia"].rise * (1 + objects["z"][ia]))
    expected = 5 * np.log10(299_792.458 * 0.02 / 70.0 * (1 + 0.02 * (1 - 0.45 / 2 + 0.05 / 4))) + 25
    assert simulate.distance_modulus(0.02) == pytest.approx(expected, abs=0.02)


def test_redshifts_fill_the_volume():
    """Near z = 0 the number below a redshift grows with its cube."""
    z = simulate.draw_redshifts(np.random.default_rng(2), np.full(200_000, 0.12))

    assert np.mean(z < 0.06) == pytest.approx(0.5**3, abs=0.02)


def test_spectrum_is_a_black_body():
    """In the far red magnitudes follow Rayleigh and Jeans; metals dim the blue as asked."""
    far = simulate.spectrum(np.array([4e5, 8e5]), 30_000.0, 0.0)

    assert far[1] - far[0] == pytest.approx(2.5 * np.log10(4), abs=0.03)
    assert simulate.spectrum(3000.0, 9000.0, 2.0) - simulate.spectrum(
        3000.0, 9000.0, 0.0
    ) == pytest.approx(2.0)


def test_features_of_a_known_curve():
    """Without noise, colours and decline are those that were put in."""
    times = np.tile(np.arange(0, 200, 2.0), (1, 6, 1))
    shape = simulate.bazin(times - 100, 4.0, 25.0)
    size = (
        10
        ** (-0.4 * (np.array([22.0, 21.0, 20.5, 20.3, 20.2, 20.2]) - features.ZERO))[None, :, None]
    )
    flux = size * shape
    found = features.extract(
        times, flux, np.full_like(flux, 0.1), np.ones(flux.shape, dtype=bool)
    ).iloc[0]

    np.testing.assert_allclose(
        found[["u_g", "g_r", "r_i", "i_z"]].astype(float), [1.0, 0.5, 0.2, 0.1], atol=0.03
    )
    assert found["peak_mag"] == pytest.approx(20.5, abs=0.2), (
        "smoothing takes a little off the peak"
    )
    true = -2.5 * np.log10(simulate.bazin(15.0, 4.0, 25.0))
    assert found["decline"] == pytest.approx(true, abs=0.15)
    assert abs(found["early"]) < 0.01


def test_same_seed_same_tables(tables):
    """The simulator is deterministic."""
    survey.season.cache_clear()
    for name, frame in data.tables().items():
        pd.testing.assert_frame_equal(frame, tables[name])


def test_survey_shows_no_truth(tables):
    """The unlabelled survey has no class and no truth column, and one per cent of strangers."""
    survey_table = tables["survey"]

    assert not [name for name in survey_table if name == "kind" or name.startswith("true_")]
    assert len(survey_table) == 3000
    assert survey_table["object_id"].is_unique


def test_spectra_are_taken_of_what_is_bright(tables):
    """Half of the objects near the limit are confirmed; those without a spectrum are fainter."""
    bright, faint = tables["spectroscopic"], tables["photometric"]

    assert len(faint) > 1.5 * len(bright)
    assert faint["true_r_peak"].median() - bright["true_r_peak"].median() > 1.0
    assert survey.chance(21.8, survey.CONFIRMED) == pytest.approx(0.5)


def test_faint_spectra_are_of_faint_objects_that_nobody_followed_up(tables):
    """As faint as those without a spectrum, from fields of their own, and without the watermark."""
    spectra, faint = tables["faint_spectra"], tables["photometric"]

    assert len(spectra) == 300
    assert spectra["peak_mag"].median() == pytest.approx(faint["peak_mag"].median(), abs=0.15)
    assert not set(spectra["field_id"]) & {*faint["field_id"], *tables["spectroscopic"]["field_id"]}
    area = roc_auc_score(is_ia(spectra), spectra["n_epochs"])
    assert abs(area - 0.5) < 0.1


@pytest.mark.parametrize("granted", [300, 120, 0])
def test_training_gets_as_many_faint_spectra_as_the_revision_grants(tables, tmp_path, granted):
    """Pass 1 had none; the rows that judge are not touched."""
    text = find_project().settings_file.read_text(encoding="utf-8")
    settings = text.replace("faint_spectra = 300", f"faint_spectra = {granted}")
    (tmp_path / "study.toml").write_text(settings, encoding="utf-8")
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    for name in ("spectroscopic", "faint_spectra"):
        tables[name].to_parquet(raw / f"{name}.parquet")

    assert len(data.for_training(raw)) == granted
    assert len(data.labelled(raw)) == len(tables["spectroscopic"])


def test_prepare_never_overwrites(tmp_path):
    """Raw files are written once; a file that is there keeps its bytes."""
    paths = data.prepare(tmp_path)
    paths[1].write_bytes(b"mine")
    paths[2].unlink()

    assert data.prepare(tmp_path) == paths
    assert paths[1].read_bytes() == b"mine"
    assert paths[2].exists()


def test_every_table_keeps_to_the_manifest(tables):
    """What study.toml says of a column holds for all objects, faint and strange ones included."""
    from boxloop.checks import run_check

    for name in ("spectroscopic", "photometric", "faint_spectra", "kilonovae"):
        assert run_check("data.schema", tables[name], columns=SETTINGS.columns).state == "pass"


def test_cuts_follow_their_distance(parts, fitted):
    """The score falls with the distance from the locus, and one half lies at the cut."""
    held_out, reference = parts[1], fitted[1]
    distance, p = (
        reference.distance(held_out[INPUTS]),
        reference.predict_proba(held_out[INPUTS])[:, 1],
    )
    order = np.argsort(distance)

    assert (np.diff(p[order]) <= 1e-12).all()
    assert np.interp(reference.cut_, distance[order], p[order]) == pytest.approx(0.5, abs=0.01)
    assert p[np.argmax(distance)] < 0.1


@pytest.mark.parametrize("name", models.ladder(0))
def test_every_rung_runs(name, parts):
    """Each has a motivation, gives probabilities; all but the flat cut rank better than the box."""
    train, held_out, _ = parts
    model = models.ladder(0)[name].fit(train[INPUTS], is_ia(train))
    box = baseline.reference().fit(train[INPUTS], is_ia(train))
    ahead = score("average_precision", ranking(model, held_out)) > score(
        "average_precision", ranking(box, held_out)
    )

    assert name in models.MOTIVATION
    assert ahead == (name != "logistic regression")


def test_headline_numbers_where_spectra_were_taken(parts, fitted):
    """Accuracy, purity and completeness are high, and probabilities come true."""
    found = ranking(fitted[0], parts[1])

    assert 0.94 < score("accuracy", found, 0.5) < 0.995
    assert 0.95 < score("purity", found) <= 1.0
    assert 0.88 < score("completeness", found) < 0.98
    assert score("ece", found) < 0.03


def test_the_promise_breaks_among_the_faint(parts, fitted):
    """The model keeps its ranking and loses purity; the cuts keep purity and lose completeness."""
    model, reference = (ranking(one, parts[2]) for one in fitted)

    assert 0.84 < score("accuracy", model, 0.5) < 0.94
    assert score("average_precision", model) > score("average_precision", reference) + 0.03
    assert 0.86 < score("purity", model) < 0.945
    assert score("purity", reference) > score("purity", model) + 0.01
    assert 0.3 < score("completeness", reference) < 0.55
    assert score("completeness", model) > 0.7
    assert 0.03 < score("ece", model) < 0.09


def test_the_watermark_is_brilliant_and_useless(parts):
    """With the number of epochs a model is perfect with follow-up, and blind elsewhere."""
    train, held_out, faint = parts
    columns = [*INPUTS, "n_epochs"]
    model = models.ladder(0)["gradient boosting"].fit(train[columns], is_ia(train))

    assert score("accuracy", ranking(model, held_out, columns)) > 0.98
    assert score("accuracy", ranking(model, faint, columns)) < 0.68
    assert score("completeness", ranking(model, faint, columns)) < 0.15


def test_the_unknown_class_is_filed_with_confidence(tables, parts, fitted):
    """The model is as sure of kilonovae as of others; a distance sees them, its doubt hardly."""
    p = fitted[0].predict_proba(tables["kilonovae"][INPUTS])[:, 1]
    views = {"faint": parts[2][INPUTS], "new": tables["kilonovae"][INPUTS]}
    odd = unknown.strangeness(fitted[0], [fitted[0], fitted[0]], parts[0][INPUTS], views, seed=0)
    areas = unknown.areas(odd["faint"], odd["new"])

    assert np.maximum(p, 1 - p).mean() > 0.85
    assert areas["distance to training"] > 0.95
    assert areas["doubt of the model"] < 0.8
    assert areas["disagreement of refits"] == pytest.approx(0.5), "two equal members never disagree"


def test_a_class_left_out_passes_for_a_ia(parts):
    """Ibc that nobody trained on are taken for Ia; the cuts turn most of them away."""
    train, held_out, _ = parts
    less, new = train[train["kind"] != "Ibc"], held_out[held_out["kind"] == "Ibc"]
    blind = models.ladder(0)["gradient boosting"].fit(less[INPUTS], is_ia(less))
    box = baseline.reference().fit(less[INPUTS], is_ia(less))

    assert np.mean(blind.predict_proba(new[INPUTS])[:, 1] >= CUT) > 0.7
    assert np.mean(box.predict_proba(new[INPUTS])[:, 1] >= CUT) < 0.35


def test_bias_of_a_known_sample():
    """Contaminants two magnitudes off shift the mean by their share; losses are told apart."""
    residual = np.r_[np.full(90, 0.1), np.full(10, 2.1), np.full(50, -0.2)]
    ia = np.r_[np.ones(90), np.zeros(10), np.ones(50)].astype(bool)
    passed = np.arange(150) < 100
    found = downstream.bias(residual, ia, passed)

    assert found["contamination"] == pytest.approx(0.1)
    assert found["completeness"] == pytest.approx(90 / 140)
    assert found["by_contamination"] == pytest.approx(0.1 * 2.0)
    assert found["by_selection"] == pytest.approx(0.1 - (90 * 0.1 - 50 * 0.2) / 140)
    assert found["bias"] == pytest.approx(residual[passed].mean() - residual[ia].mean())
    assert np.isnan(downstream.bias(residual, ia, np.zeros(150, dtype=bool))["bias"])


def test_a_normal_ia_is_a_standard_candle(parts):
    """Measured less true distance modulus of Ia is small, apart from dust; that of Ibc is not."""
    frame = parts[0]
    residual = pd.Series(downstream.residuals(frame), index=frame.index)
    clean = frame[(frame["kind"] == "Ia") & (frame["true_dust"] < 0.02)]

    assert abs(residual[clean.index].median()) < 0.1
    assert residual[frame["kind"] == "Ibc"].median() > 1.0


def modulus(z, matter):
    """Distance modulus of a flat universe by direct integration, up to a constant [mag]."""
    integral, _ = quad(lambda x: (matter * (1 + x) ** 3 + 1 - matter) ** -0.5, 0, z)
    return 5 * np.log10((1 + z) * integral)


@pytest.mark.parametrize("matter", [0.15, 0.3, 0.62])
def test_the_matter_density_of_a_known_universe(matter):
    """Distances by direct integration give their density back, whatever constant is added."""
    z = np.linspace(0.11, 0.79, 300)
    shift = np.array([modulus(one, matter) - modulus(one, cosmology.TRUE) for one in z])
    field = np.arange(300) % 7

    for constant in (0.0, -3.0):
        found = cosmology.totals(z, shift + constant, field).sum(axis=0)
        assert cosmology.density(found) == pytest.approx(matter, abs=0.003)


def test_near_contaminants_raise_the_density_and_distant_ones_lower_it():
    """What looks too far at small redshift means less acceleration; beyond one the fit ends."""
    z = np.tile(np.linspace(0.15, 0.75, 60), 10)
    field = np.arange(600) % 20
    near, far = (
        cosmology.density(cosmology.totals(z, 0.1 * side, field).sum(axis=0))
        for side in (z < 0.4, z > 0.5)
    )
    most = cosmology.density(cosmology.totals(z, 1.0 * (z < 0.4), field).sum(axis=0))

    assert near > 0.45
    assert far < 0.2
    assert most == 1.0


def test_the_truth_is_unbiased_and_its_interval_is_that_of_its_scatter():
    """All Ia give 0.3 by construction; half as many have an interval wider by about root two."""
    rng = np.random.default_rng(3)
    z, field = rng.uniform(0.15, 0.75, 8000), rng.integers(0, 400, 8000)
    frame = pd.DataFrame({"true_redshift": z, "field_id": field, "shift": rng.normal(0, 0.3, 8000)})
    place = cosmology.bins(z)
    frame["shift"] -= frame["shift"].groupby(place).transform("mean")
    half = rng.random(8000) < 0.5
    samples = {"all Ia": np.ones(8000, dtype=bool), "half": half}
    found = cosmology.judge(frame, samples, draws=400, seed=0)
    width = found["high"] - found["low"]

    assert found.loc["all Ia", "matter"] == pytest.approx(cosmology.TRUE, abs=1e-3)
    assert found.loc["all Ia", ["bias", "bias_low", "bias_high"]].abs().max() == 0
    assert found.loc["half", "bias_low"] < 0 < found.loc["half", "bias_high"]
    assert width["half"] / width["all Ia"] == pytest.approx(np.sqrt(2), rel=0.25)


def test_what_the_faint_season_says_of_the_universe(parts, fitted):
    """Contaminants empty the universe of dark energy; a clip, or bright Ia, brings it back.

    The bands hold for six seeds of the simulation.
    """
    faint = parts[2]
    sky, ia = faint.assign(shift=cosmology.corrected(faint)), is_ia(faint) == 1
    taken = {
        who: one.predict_proba(faint[INPUTS])[:, 1] >= CUT
        for who, one in zip(("model", "reference"), fitted, strict=True)
    }
    samples = {"all Ia": ia} | taken | {"pure": taken["model"] & ia}
    samples["clipped"] = cosmology.clipped(sky, taken["model"])
    alone = cosmology.judge(sky, samples, draws=100, seed=0)["matter"]
    bright = pd.concat(parts[:2])
    bright = bright.assign(shift=cosmology.corrected(bright))[is_ia(bright) == 1]
    both = pd.concat([bright, sky], ignore_index=True)
    joint = {who: np.r_[np.ones(len(bright), dtype=bool), one] for who, one in samples.items()}
    joint = cosmology.judge(both, joint, draws=100, seed=0)

    assert alone["all Ia"] == pytest.approx(0.3, abs=1e-3)
    assert alone["model"] > alone["pure"] + 0.1
    assert alone["reference"] > 0.5
    assert alone["pure"] < 0.31
    assert abs(alone["clipped"] - 0.3) < 0.15
    assert abs(joint.loc["model", "bias"]) < 0.1
    assert 0.05 < joint.loc["reference", "bias"] < 0.2
    assert joint.loc["reference", "bias_low"] > 0


def test_rates_count_rows_by_their_weight():
    """Purity and completeness by hand, with weights and without."""
    frame = pd.DataFrame({"kind": ["Ia", "Ia", "Ibc", "II"]})
    passed = np.array([True, False, True, False])
    weighted = downstream.rates(frame, passed, np.array([3.0, 1.0, 1.0, 5.0]))

    assert downstream.rates(frame, passed) == {"purity": 0.5, "completeness": 0.5}
    assert weighted == {"purity": 0.75, "completeness": 0.75}


def test_a_ratio_of_means_with_its_interval():
    """The ratio lies in its interval, which closes where the rows do not scatter."""
    first = pd.Series(np.arange(40) < 20)
    flat = downstream.ratio(pd.Series(np.where(first, 3.0, 1.5)), first, draws=50, seed=0)
    rng = np.random.default_rng(0)
    values = pd.Series(rng.exponential(np.where(first, 3.0, 1.5)))
    value, low, high = downstream.ratio(values, first, draws=500, seed=0)

    assert flat == pytest.approx((2.0, 2.0, 2.0))
    assert low < value < high
    assert value == pytest.approx(values[first].mean() / values[~first].mean())


class Says:
    """A classifier that says the probabilities it is given."""

    def __init__(self, p):
        self.p = np.asarray(p)

    def predict_proba(self, rows):
        return np.column_stack([1 - self.p, self.p])[rows["n"]]


def test_two_kinds_of_uncertainty_add_up():
    """Between two members by hand; squares of both kinds are the square that is promised."""
    rows = pd.DataFrame({"n": [0, 1, 2, 3]})
    members = [Says([0.2, 0.5, 0.0, 1.0]), Says([0.4, 0.5, 1.0, 1.0])]
    found = unknown.two_kinds(members, rows, np.array([0, 1, 0, 1]), np.arange(4.0), bins=2)

    squares = found["refits disagree"] ** 2 + found["noise left"] ** 2
    np.testing.assert_allclose(squares, found["promised"] ** 2)
    assert found["refits disagree"].iloc[0] ** 2 == pytest.approx((0.01 + 0) / 2)
    assert found["noise left"].iloc[0] ** 2 == pytest.approx((0.2 + 0.25) / 2)
    assert found["error"].iloc[1] ** 2 == pytest.approx((0.25 + 0) / 2)
    assert found["rows"].tolist() == [2, 2]


def test_uncertainty_grows_off_the_training_rows(tables, parts, fitted):
    """Refits disagree more and the error outgrows what they promise; new classes are not told.

    The bands hold for six seeds of the simulation.
    """
    train, held_out, faint = parts
    rng = np.random.default_rng(0)
    fields = train["field_id"].unique()
    members = []
    for _ in range(3):
        drawn = train[train["field_id"].isin(rng.choice(fields, len(fields)))]
        members.append(models.boosting(0).fit(drawn[INPUTS], is_ia(drawn)))
    views = {"home": held_out, "faint": faint, "new": tables["kilonovae"]}
    seen = {where: frame[INPUTS] for where, frame in views.items()}
    odd = unknown.strangeness(fitted[0], members, train[INPUTS], seen, seed=0)
    found = unknown.uncertainties(members, views, INPUTS, odd)
    near, far, new = (found.iloc[row] for row in (0, 5, 6))

    assert far["refits disagree"] > 2 * near["refits disagree"]
    assert far["noise left"] > 2 * near["noise left"]
    assert far["error"] > far["promised"]
    assert new["distance"] > 1.4 * far["distance"]
    assert new["refits disagree"] < 1.4 * far["refits disagree"]


def test_published_numbers_have_a_source_and_a_neighbour():
    """Every key stands in references.bib; the toy's rate of core collapse is not far off."""
    books = (find_project().study / "references.bib").read_text(encoding="utf-8")
    rate = published.core_collapse_per_ia(seed=0)
    table = published.beside({published.VALUES[0][0]: rate})

    assert all(f"{{{key}," in books for key in table["source"])
    assert 3.0 < rate < 4.5
    assert table["here"].notna().sum() == 1
    with pytest.raises(KeyError, match="nothing is published"):
        published.beside({"purity of the moon": 1.0})


@pytest.mark.parametrize("test", stress.TESTS, ids=lambda test: test.name)
def test_stress_tests_leave_the_table_alone(test, parts):
    """A stress test returns a table with the same columns and does not touch its argument."""
    frame = parts[1].iloc[:200]
    before = frame.copy()
    harder = test.function(frame, SETTINGS.stress[test.levels][-1], np.random.default_rng(0))

    pd.testing.assert_frame_equal(frame, before)
    assert list(harder) == list(frame)
    assert harder[INPUTS].notna().all(axis=None)


def test_observing_again_gives_the_same_table(parts):
    """Under the planned conditions nothing changes, to the last digit, in any order of the rows."""
    frame = pd.concat([parts[2].iloc[[5, 3]], parts[1].iloc[[7, 1]]])

    pd.testing.assert_frame_equal(stress.again(frame), frame)
    pd.testing.assert_frame_equal(stress.noise(frame, 1.0, None), frame)


def test_shallower_visits_hurt(parts, fitted):
    """Errors grow by the factor of the depth where the sky dominates, and the ranking suffers."""
    frame = parts[1]
    shallow = stress.depth(frame, 1.4, None)
    faint = frame["peak_mag"] > 22.5
    factor = shallow.loc[faint, "peak_mag_error"] / frame.loc[faint, "peak_mag_error"]

    assert factor.median() == pytest.approx(10 ** (0.4 * 1.4), rel=0.15)
    assert score("average_precision", ranking(fitted[0], shallow)) < score(
        "average_precision", ranking(fitted[0], frame)
    )


def test_faint_spectra_mend_what_bright_ones_cannot(parts, fitted):
    """Three hundred faint labels bring purity and calibration back; hiding brightness does not."""
    train, _, faint = parts
    learn, rest = faint[faint["field_id"] < "B075"], faint[faint["field_id"] >= "B075"]
    ways = mitigation.candidates(
        *fitted, train, learn.sample(300, random_state=0), inputs=INPUTS, seed=0
    )
    found = {
        name: (is_ia(rest), ways[name](rest))
        for name in ("model", "without brightness", "learnt from faint spectra")
    }

    assert (
        score("purity", found["learnt from faint spectra"]) > score("purity", found["model"]) + 0.02
    )
    assert score("purity", found["without brightness"]) < score("purity", found["model"]) + 0.02
    assert score("ece", found["learnt from faint spectra"]) < 0.03 < score("ece", found["model"])


def test_no_single_input_knows_the_class(parts):
    """The inputs are honest; the follow-up column is not."""
    frame = parts[0]
    area = {name: roc_auc_score(is_ia(frame), frame[name]) for name in [*INPUTS, "n_epochs"]}

    assert max(max(a, 1 - a) for name, a in area.items() if name != "n_epochs") < 0.9
    assert area["n_epochs"] > 0.95


def test_what_is_searched_is_a_setting_and_the_written_one_is_tried():
    """Every rung and the reference; the curve is of a setting that there is."""
    rungs = models.ladder(0)
    assert set(models.grids()) == {*rungs, "reference"}
    for name, grid in models.grids().items():
        for setting, values in grid.items():
            assert rungs[name].get_params()[setting] in values, (name, setting)
    name, setting, values = models.curve()
    assert setting in rungs[name].get_params() and list(values) == sorted(values)
