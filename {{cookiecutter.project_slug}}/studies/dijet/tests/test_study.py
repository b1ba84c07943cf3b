"""The worked study: its statistics against known answers, its lessons against bands."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from boxloop.checks import biggest_bump
from boxloop.measure import METRICS, guess
from study import (
    baseline,
    data,
    downstream,
    likelihood,
    mitigation,
    models,
    regions,
    search,
    simulate,
    stress,
)

SEEN = [*simulate.FEATURES, "m_jj", "weight"]


@pytest.fixture(scope="module")
def tables():
    return data.tables()


@pytest.fixture(scope="module")
def parts(tables):
    """Mock data in two parts that share no block: seven tenths to learn from."""
    frame = tables["simulation"]
    names = np.random.default_rng(0).permutation(frame["block"].unique())
    first = frame["block"].isin(names[: 7 * len(names) // 10])
    return frame[first].reset_index(drop=True), frame[~first].reset_index(drop=True)


@pytest.fixture(scope="module")
def fitted(parts):
    train = parts[0][SEEN]
    return {"reference": baseline.reference().fit(train)} | {
        name: one.fit(train) for name, one in models.ladder(0).items()
    }


def ranking(estimator, frame):
    return frame["true_process"] == "signal", guess(estimator, frame[SEEN])


def score(metric, ranked, cut=0.01):
    return METRICS[metric](*ranked, cut)


def background_rates(estimator, frame, rate=0.05):
    """Return the share of QCD and of top that passes where `rate` of both together passes."""
    score, kinds = guess(estimator, frame[SEEN]), frame["true_process"].to_numpy()
    passed = score >= np.quantile(score[kinds != "signal"], 1 - rate)
    return [passed[kinds == kind].mean() for kind in ("qcd", "top")]


def bump(estimator, frame, rate=0.05):
    """Return the global significance of the biggest bump that a cut makes in pure background."""
    score = guess(estimator, frame[SEEN])
    return biggest_bump(
        frame["m_jj"].to_numpy(), score >= np.quantile(score, 1 - rate)
    ).significance


# The simulator


def test_spectrum_has_the_published_shape():
    """Drawn masses follow (1 - x)^p1 / x^(p2 + p3 ln x)."""
    drawn = simulate.draw_mass(np.random.default_rng(1), 1_000_000, (4.0, 3.5, 0.1))
    found, edges = np.histogram(drawn, bins=np.linspace(2_000, 5_000, 13))
    x = (edges[1:] + edges[:-1]) / 2 / 13_000
    expected = (1 - x) ** 4 / x ** (3.5 + 0.1 * np.log(x))

    np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), rtol=0.04)


def test_background_is_as_announced(tables):
    """Three per cent of the background is top-like; jet and dijet masses correlate by some 0.35."""
    frame = tables["background"]

    assert (frame["true_process"] == "top").mean() == pytest.approx(0.03, abs=0.004)
    assert np.log(frame[["m_jj", "m_j1"]]).corr().iloc[0, 1] == pytest.approx(0.35, abs=0.06)
    assert (frame["m_j1"] >= frame["m_j2"]).all()


def test_angles_follow_their_laws():
    """QCD is flat in exp|delta eta|, the resonance flat in tanh(delta eta / 2)."""
    rng = np.random.default_rng(2)
    chi = np.exp(simulate.qcd(rng, 40_000)["delta_eta"])
    central = np.tanh(simulate.signal(rng, 40_000)["delta_eta"] / 2)

    for value, low, high in ((chi, 1, np.exp(1.3)), (central, 0, np.tanh(0.65))):
        shares = np.histogram(value, bins=10, range=(low, high))[0] / len(value)
        np.testing.assert_allclose(shares, 0.1, atol=0.01)


def test_signal_rows_stand_for_few_events(tables):
    """A twelfth each, and a fit accepts about as many as they stand for."""
    frame = tables["simulation"]
    signal = frame["true_process"] == "signal"
    expected = frame.loc[signal, "weight"].sum()
    accepted = (regions.unweighted(frame, 3) & signal).sum()

    assert expected == pytest.approx(data.PER_EVENT * data.SIZES["simulation"], rel=0.01)
    assert abs(accepted - expected) < 4 * np.sqrt(expected)
    assert regions.unweighted(frame, 3)[~signal].all()


def test_data_show_no_truth(tables, tmp_path):
    """The data have no process and no weight, and deployment rows none of the signal region."""
    data.prepare(tmp_path)

    assert not {"true_process", "weight"} & set(tables["data"])
    assert not regions.window(data.deployment(tmp_path)["m_jj"]).any()
    assert regions.window(data.unblinded(tmp_path)["m_jj"]).any()
    assert (tables["background"]["true_process"] != "signal").all()


def test_same_seed_same_tables(tables):
    """The generators are deterministic, and another seed gives other events."""
    for name, frame in data.tables().items():
        pd.testing.assert_frame_equal(frame, tables[name])
    assert not data.tables(seed=8)["data"]["m_jj"][:100].equals(tables["data"]["m_jj"][:100])


def test_prepare_never_overwrites(tmp_path):
    """Raw files are written once; a file that is there keeps its bytes."""
    paths = data.prepare(tmp_path)
    paths[1].write_bytes(b"mine")
    paths[2].unlink()

    assert data.prepare(tmp_path) == paths
    assert paths[1].read_bytes() == b"mine"
    assert paths[2].exists()


# The bump hunt


def test_significance_without_fit_error_is_the_asimov_formula():
    """With a certain expectation it is sqrt(2 (n ln(n / b) - n + b)), signed, or S / sqrt(B)."""
    n, b = 1_300.0, 1_200.0
    plain = np.sqrt(2 * (n * np.log(n / b) - n + b))

    assert search.significance(n, b, 0.0) == pytest.approx(plain, rel=1e-6)
    assert search.significance(10_100, 10_000, 0.0) == pytest.approx(1.0, abs=0.01)
    assert search.significance(b - 100, b, 0.0) < -2.8


def test_significance_includes_the_fit_error():
    """For many events it is (n - b) / sqrt(b + error^2), and it agrees with Li & Ma's formula."""
    assert search.significance(10_300, 10_000, 100.0) == pytest.approx(
        300 / np.sqrt(20_000), rel=0.02
    )
    on, off, ratio = 45.0, 90.0, 1 / 3
    both = on + off
    li_ma = np.sqrt(
        2 * (on * np.log((1 + ratio) / ratio * on / both) + off * np.log((1 + ratio) * off / both))
    )

    assert search.significance(on, ratio * off, ratio * np.sqrt(off)) == pytest.approx(
        li_ma, rel=1e-9
    )


def test_fit_recovers_a_spectrum_and_its_covariance():
    """On the expected counts the fit returns them; over toys its spread is its covariance."""
    middle = np.sqrt(search.binning()[1:] * search.binning()[:-1])
    rate = simulate.density(middle, (4.0, 3.2, 0.0)) * np.diff(search.binning())
    rate *= 30_000 / rate.sum()
    _, expected, error, _ = search.test(rate)
    toys = search.toys(rate, 800, seed=1)
    _, found, errors, _ = search.test(toys)

    assert expected == pytest.approx(rate[search.inside(regions.CENTRE)].sum(), rel=1e-6)
    assert found.std() == pytest.approx(error, rel=0.1)
    assert errors.mean() == pytest.approx(error, rel=0.02)


@pytest.mark.parametrize("events", [30_000, 300])
def test_local_significance_is_calibrated_on_background(events):
    """In background-only toys it has mean 0 and deviation 1, and exceeds 1.64 in one of twenty."""
    middle = np.sqrt(search.binning()[1:] * search.binning()[:-1])
    rate = simulate.density(middle, simulate.B.slopes) * np.diff(search.binning())
    local = search.test(search.toys(events * rate / rate.sum(), 2_000, seed=2))[3]

    assert local.mean() == pytest.approx(0, abs=0.1)
    assert local.std() == pytest.approx(1, abs=0.06)
    assert np.mean(local > norm.isf(0.05)) == pytest.approx(0.05, abs=0.02)


def test_signal_regions_are_whole_bins():
    """No bin is cut in two by the blinding, for any mass of the scan."""
    for centre in search.SCAN:
        edges = search.binning()
        nearest = [np.abs(np.log(edges / end)).min() for end in regions.edges(centre)]
        np.testing.assert_allclose(nearest, 0, atol=1e-9)


def test_looking_everywhere_dilutes_a_bump():
    """The global significance is below the local one, and falls with the number of masses."""
    middle = np.sqrt(search.binning()[1:] * search.binning()[:-1])
    rate = simulate.density(middle, simulate.B.slopes) * np.diff(search.binning())
    maxima = search.scan(search.toys(30_000 * rate / rate.sum(), 1_000, seed=3)).max(axis=1)
    chance, overall = search.overall(3.0, maxima)

    assert norm.sf(3.0) < chance
    assert 1.0 < overall < 3.0
    assert search.overall(9.0, maxima)[0] == pytest.approx(1 / 1_001)


def test_inclusive_excess_of_the_data_is_a_hint(tables):
    """Near three standard deviations locally, fit error included: no discovery."""
    found = search.excess(tables["data"]["m_jj"])

    assert 2.3 < found.local < 3.9
    assert found.error > 15


def test_bump_hunt_reads_the_mass_alone(parts, fitted):
    """Its score peaks at the hypothesis, and other columns change nothing."""
    frame = parts[1][SEEN]
    score = fitted["reference"].anomaly_score(frame)
    shuffled = frame.assign(m_j1=frame["m_j1"][::-1].to_numpy(), tau21_1=0.5)

    assert frame["m_jj"].iloc[np.argmax(score)] == pytest.approx(regions.CENTRE, rel=0.03)
    np.testing.assert_array_equal(fitted["reference"].anomaly_score(shuffled), score)


# The models


def test_no_model_looks_at_the_truth(parts):
    """Shuffled truth gives the same model, and so does none."""
    train, held = (part[SEEN] for part in parts)
    for name in ("isolation forest", "CWoLa, quadratic", "CWoLa, boosted trees"):
        first = models.ladder(1)[name].fit(train, np.arange(len(train)) % 2)
        np.testing.assert_array_equal(
            guess(first, held), guess(models.ladder(1)[name].fit(train), held)
        )


def test_no_score_reads_the_mass_beyond_its_trend(parts, fitted):
    """Without decorrelation the dijet mass of an event changes nothing in its score."""
    train, held = (part[SEEN] for part in parts)
    plain = models.cwola([models.quadratic()], seed=0, remove=False).fit(train)

    np.testing.assert_array_equal(guess(plain, held), guess(plain, held.assign(m_jj=3_000.0)))
    np.testing.assert_array_equal(guess(plain, held), guess(plain, held.drop(columns="weight")))


def test_no_event_is_scored_by_a_member_that_has_learnt_from_it(parts):
    """Changing what a fold's own member says moves the scores of that fold alone, at every mass."""
    train = parts[0][SEEN]
    pipeline = models.cwola([models.quadratic()], seed=0)
    before = models.searched(pipeline, train)
    search_, table = pipeline[-1], pipeline[:-1].transform(train)
    search_.members_[2] = search_.members_[0]
    moved = search_.score_fitted(table) != before

    np.testing.assert_array_equal(moved, search_.fold_ == 2)
    np.testing.assert_array_equal(np.unique(search_.fold_), [0, 1, 2, 3])


def test_decorrelated_features_do_not_follow_the_mass(tables):
    """Mean and scatter of every feature of pure background are the same inside and outside."""
    frame = tables["background"]
    out = models.Decorrelated().fit(frame).transform(frame)
    near = regions.window(frame["m_jj"], half=0.3)

    for name in simulate.FEATURES:
        assert abs(np.corrcoef(np.log(frame["m_jj"][near]), out[name][near])[0, 1]) < 0.03
    assert abs(np.corrcoef(np.log(frame["m_jj"]), np.log(frame["m_j1"]))[0, 1]) > 0.3


@pytest.mark.parametrize(
    ("name", "at_cut", "most"),
    [
        ("reference", (2.3, 3.8), (3.5, 5.2)),
        ("isolation forest", (0.2, 1.6), (1.5, 2.6)),
        ("CWoLa, quadratic", (3.3, 5.2), (3.5, 7.0)),
        ("CWoLa, boosted trees", (4.0, 6.5), (5.0, 13.0)),
        ("CWoLa, ensemble", (4.0, 6.5), (5.0, 13.0)),
    ],
)
def test_headline_numbers(name, at_cut, most, parts, fitted):
    """SIC at one per cent and maximum SIC lie in their bands; none beats the likelihood ratio."""
    found = ranking(fitted[name], parts[1])
    limit = parts[1]["true_process"] == "signal", baseline.limit(parts[1])[0]

    assert name == "reference" or name in models.MOTIVATION
    assert at_cut[0] < score("sic", found) < at_cut[1]
    assert most[0] < score("max_sic", found) < most[1]
    assert name == "reference" or score("roc_auc", found) < score("roc_auc", limit)
    assert 6.5 < score("sic", limit) < 8.5


def test_top_passes_more_often_than_qcd(parts, fitted):
    """At five per cent of all background the forest passes three times as much top as QCD."""
    qcd, top = background_rates(fitted["isolation forest"], parts[1])

    assert 0.042 < qcd < 0.049
    assert 0.11 < top < 0.30


def test_the_likelihood_ratio_is_normalised():
    """The mean of p_S / p_B over background is one."""
    rng = np.random.default_rng(5)
    frame = pd.concat([simulate.qcd(rng, 97_000), simulate.top(rng, 3_000)])

    assert np.exp(likelihood.log_ratio(frame)).mean() == pytest.approx(1.0, abs=0.15)


# The lessons


def test_the_cut_turns_a_hint_into_an_observation(tables):
    """CWoLa on the data: from three to beyond seven sigma at one per cent, locally."""
    frame = tables["data"]
    table = downstream.before_after(
        frame, models.searched(models.ladder(0)["CWoLa, boosted trees"], frame)
    )
    before, _, after = table["local significance"]

    assert before < 3.9
    assert after > 7
    assert list(table["background efficiency"]) == [1.0, 0.05, 0.01]


def test_no_excess_without_signal():
    """The same search on background alone finds nothing."""
    frame = simulate.sample(simulate.B, background=20_000, seed=11, prefix="T")
    table = downstream.before_after(
        frame, models.searched(models.ladder(0)["CWoLa, boosted trees"], frame)
    )

    assert table["local significance"].abs().max() < 3.5


def test_the_mass_as_input_makes_a_bump_of_nothing(parts, tables):
    """The planted fault: brilliant by AUC, and dozens of standard deviations in pure background."""
    train, held = parts
    ways = {name: way.fit(train[SEEN]) for name, way in mitigation.candidates(0).items()}
    leaking = ways["CWoLa, m_jj as input"]
    clean = tables["background"].assign(weight=1.0)

    assert score("roc_auc", ranking(leaking, held)) > 0.95
    assert bump(leaking, clean) > 20
    assert abs(bump(ways["CWoLa, decorrelated"], clean)) < 3
    assert score("sic", ranking(ways["CWoLa, decorrelated"], held)) > 3.5


@pytest.mark.parametrize("test", stress.TESTS, ids=lambda test: test.name)
def test_stress_tests_leave_the_table_alone(test, parts):
    """A stress test returns a table with the same columns and does not touch its argument."""
    frame = parts[1]
    before = frame.copy()
    level = {"signal_mass": 4_000.0}.get(test.levels, 0.5)
    harder = test.function(frame, level, np.random.default_rng(0))

    pd.testing.assert_frame_equal(frame, before)
    assert list(harder) == list(frame)
    assert harder[SEEN].notna().all(axis=None)
    assert (harder["m_j1"] > 0).all()


def test_another_mass_is_lost_to_the_bump_hunt_alone(parts, fitted):
    """A resonance elsewhere escapes the mass window; the jets still look alike."""
    moved = stress.signal_mass(parts[1], 4_500.0, np.random.default_rng(0))

    assert score("sic", ranking(fitted["reference"], moved)) < 0.3
    assert score("sic", ranking(fitted["CWoLa, boosted trees"], moved)) > 1.5


def test_what_is_searched_is_a_setting_and_the_written_one_is_tried():
    """Every rung and the reference; the curve is of a setting that there is."""
    rungs = models.ladder(0)
    assert set(models.grids()) == {*rungs, "reference"}
    for name, grid in models.grids().items():
        for setting, values in grid.items():
            assert rungs[name].get_params()[setting] in values, (name, setting)
    name, setting, values = models.curve()
    assert setting in rungs[name].get_params() and list(values) == sorted(values)
