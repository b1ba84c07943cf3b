"""The dijet study against known answers: limits, significances, ratios, and CMS's own spectrum."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, gamma, norm, poisson
from studies.dijet import (
    downstream,
    experiments,
    likelihood,
    limits,
    models,
    published,
    regions,
    search,
    simulate,
)

# limits and significances --------------------------------------------------------------------


@pytest.mark.parametrize(("background", "error"), [(0.0, 0.0), (3.0, 0.0), (3.0, 1.0), (50.0, 9.0)])
def test_no_event_excludes_three_whatever_the_background(background, error):
    """Ln 20: the known answer of CLs, which no background and no error of it can move."""
    assert limits.upper_limit(0, background, error) == pytest.approx(np.log(20))


@pytest.mark.parametrize("count", [0, 1, 3, 10])
def test_without_background_the_limit_is_that_of_poisson(count):
    """Half the quantile of a chi-squared variable (Garwood 1936)."""
    assert limits.upper_limit(count, 0.0, 0.0) == pytest.approx(chi2.isf(0.05, 2 * count + 2) / 2)


@pytest.mark.parametrize(("count", "background"), [(3, 3.0), (7, 2.5), (20, 24.0)])
def test_with_a_known_background_it_is_the_bayesian_one(count, background):
    """Of a flat prior: the posterior above the limit holds five per cent (Helene 1983)."""
    limit = limits.upper_limit(count, background, 0.0)
    left, whole = (gamma.sf(start, count + 1) for start in (limit + background, background))
    assert left / whole == pytest.approx(0.05)


def test_an_unsure_background_excludes_less():
    """The error is averaged over: that of a second count, whose posterior is a gamma."""
    sure, unsure = limits.upper_limit(20, 18.0, 0.0), limits.upper_limit(20, 18.0, 6.0)
    rates = gamma.rvs(9.0, scale=2.0, size=40_000, random_state=0)
    chances = [poisson.cdf(20, rates + s).mean() for s in (unsure, 0.0)]

    assert unsure > sure + 2
    assert chances[0] / chances[1] == pytest.approx(0.05, rel=0.05)


def test_many_events_are_limited_as_few_are():
    """What is left out of the sum, twelve deviations away, is nothing."""
    count, background, error = 30_577, 30_762.5, 85.5
    spread = np.sqrt(background + error**2)
    fell = (background - count) / spread
    expected = spread * (norm.isf(0.05 * norm.cdf(-fell)) - fell)
    assert limits.upper_limit(count, background, error) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("signal", "background", "error"), [(12, 19, 2.3), (25, 19, 4), (60, 93, 6)]
)
def test_the_true_signal_lies_below_its_limit_as_often_as_promised(signal, background, error):
    """Not less than 95 per cent; not all of them either, or the limit would be idle."""
    kept = limits.coverage(signal, background, error, draws=1_000, seed=3)
    assert 0.935 < kept < 0.999


@pytest.mark.parametrize(("on", "off", "alpha"), [(30, 100, 0.2), (8, 12, 0.5), (0, 10, 0.3)])
def test_the_significance_is_that_of_li_and_ma(on, off, alpha):
    """Their Equation 17, in which expectation and error are alpha off and alpha sqrt(off)."""
    total = on + off
    first = on * np.log((1 + alpha) / alpha * on / total) if on else 0.0
    second = off * np.log((1 + alpha) * off / total)
    sign = np.sign(on - alpha * off)
    known = sign * np.sqrt(2 * (first + second))

    assert search.significance(on, alpha * off, alpha * np.sqrt(off)) == pytest.approx(known)


def test_systematic_errors_lower_the_significance_and_stand_beside_the_statistical_one():
    """Function and training are added in quadrature; without them both are the same formula."""
    rng = np.random.default_rng(1)
    mass = simulate.draw_mass(rng, 4_000, simulate.B.slopes)
    mass = np.concatenate([mass, 3_500 * np.exp(0.03 * rng.standard_normal(90))])
    frame, score = pd.DataFrame({"m_jj": mass}), rng.random(len(mass))
    plain = downstream.before_after(frame, score, rates=(1.0,)).iloc[0]
    more = downstream.before_after(frame, score, rates=(1.0,), training={1.0: 0.1}).iloc[0]
    parts = [more["error of the fit"], more["of its function"], 0.1 * more["expected"]]
    n, b = more["in the signal region"], more["expected"]

    assert more["local significance"] == plain["local significance"] > 3
    assert more["with systematic errors"] < plain["with systematic errors"]
    assert plain["with systematic errors"] < plain["local significance"]
    assert more["with systematic errors"] == search.significance(n, b, np.linalg.norm(parts))


# experiments ---------------------------------------------------------------------------------


def test_what_training_adds_is_what_counts_scatter_beyond_poisson():
    """It is found where it was put in, with an interval, and is none where there is none."""
    rng = np.random.default_rng(2)
    rates = 40 * (1 + 0.3 * rng.standard_normal(4_000))
    found = limits.extra_error(
        rng.poisson(np.maximum(rates, 0)), np.full(4_000, 40.0), np.zeros(4_000)
    )
    none = limits.extra_error(rng.poisson(40.0, 300), np.full(300, 40.0), np.zeros(300))

    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(0.3, abs=0.02)
    assert none["value"] < 0.08
    assert none["low"] == 0.0


def test_intervals_of_width_and_share_are_the_exact_ones():
    """Chi-squared; and for no alarm in two hundred the rule of three, two-sided."""
    values = norm.ppf((np.arange(100) + 0.5) / 100)
    width, share = limits.width(values), limits.share(np.zeros(200, dtype=bool))

    assert width["low"] < 1 < width["high"]
    assert width["high"] / width["low"] == pytest.approx(
        np.sqrt(chi2.isf(0.025, 99) / chi2.isf(0.975, 99))
    )
    assert (share["value"], share["low"]) == (0.0, 0.0)
    assert share["high"] == pytest.approx(1 - 0.025 ** (1 / 200))


def test_a_signal_is_excluded_where_its_remainder_reaches_the_limit():
    """Not at a constant efficiency: a cut that learnt from little keeps little."""
    left = pd.Series({40.0: 5.0, 80.0: 25.0})
    assert experiments.excluded(left, 15.0) == 60.0
    assert experiments.excluded(left, 30.0) == float("inf")


def test_no_experiment_is_judged_by_an_error_to_which_it_has_contributed(monkeypatch):
    """The training error of one half judges the other."""
    seen = []
    monkeypatch.setattr(
        experiments,
        "training_errors",
        lambda t: seen.append(set(t["experiment"])) or {0.01: {"value": 0.0}},
    )
    columns = ["in the signal region", "expected", "error of the fit", "of its function"]
    table = pd.DataFrame(10.0, index=range(8), columns=columns)
    table = table.assign(**{"background efficiency": 0.01, "experiment": range(8)})
    experiments.judged(table)

    assert seen == [{2, 3, 6, 7}, {0, 1, 4, 5}]  # the first half is judged first


@pytest.fixture(scope="module")
def events():
    """A small experiment with a strong signal."""
    return simulate.sample(simulate.A, background=6_000, signals=120, seed=[7], prefix="E")


def test_an_event_is_scored_by_a_member_that_has_not_seen_it(events):
    """And a member's chances are those of two samples of equal size."""
    pipeline = models.cwola([models.boosting(0)], seed=0, remove=True)
    scores = models.searched(pipeline, events)
    cwola, frame = pipeline[-1], pipeline[:-1].transform(events)
    values, inside = models.jets(frame), regions.window(frame["m_jj"])
    for fold in range(cwola.folds):
        rows = cwola.fold_ == fold
        odds = cwola.members_[fold][0].predict_proba(values[rows])[:, 1]
        odds = odds / (1 - odds)
        learn = (inside | regions.sidebands(frame["m_jj"])) & ~rows
        share = inside[learn].mean()
        expected = odds / (odds + share / (1 - share))
        assert np.allclose(scores[rows], expected)


def test_whether_features_are_decorrelated_stands_in_study_toml(tmp_path, monkeypatch):
    """Pass 1 has false; a project without the table, and no project, have true."""
    from study_files import STUDY

    monkeypatch.chdir(tmp_path)
    assert models.decorrelates()
    for line, expected in {
        "": True,
        "decorrelate = false": False,
        "decorrelate = true": True,
    }.items():
        (tmp_path / "study.toml").write_text(f"{STUDY}\n[revision]\n{line}\n", encoding="utf-8")
        assert models.decorrelates() is expected
        assert models.ladder(0)["CWoLa, quadratic"][0].remove is expected


# the likelihood ratio ------------------------------------------------------------------------


def jets(number, kind, seed):
    """Return events without pile-up: of them the ratio is exact."""
    rng = np.random.default_rng(seed)
    if kind == "signal":
        return simulate.signal(rng, number)
    tops = round(simulate.A.top * number)
    return pd.concat([simulate.qcd(rng, number - tops), simulate.top(rng, tops)])


def test_the_exact_ratio_is_one():
    """The mean of p_S / p_B over background is one, and that of its inverse over signal."""
    ratio = np.exp(likelihood.log_ratio(jets(300_000, "background", 1)))
    inverse = np.exp(-likelihood.log_ratio(jets(100_000, "signal", 2)))

    assert ratio.mean() == pytest.approx(1, abs=4 * ratio.std() / np.sqrt(len(ratio)))
    assert inverse.mean() < 1.01  # where there is no signal, background may be


def test_a_score_that_is_the_ratio_is_calibrated_to_it():
    """And any rising function of it is; a score that knows nothing gets one."""
    both = [jets(40_000, kind, seed) for seed, kind in enumerate(("background", "signal"))]
    exact = np.concatenate([likelihood.log_ratio(frame) for frame in both])
    truth = np.repeat([False, True], 40_000)
    found = likelihood.calibrated_log_ratio(np.arctan(exact), truth, np.arctan(exact))
    blind = likelihood.calibrated_log_ratio(np.random.default_rng(0).random(80_000), truth, [0.5])
    between = (exact > -2) & (exact < 5)

    assert np.median(np.abs(found - exact)[between]) < 0.15
    assert 0 <= likelihood.lost(found, exact, truth) < 0.02
    assert likelihood.lost(np.zeros(80_000), exact, truth) > 0.4
    assert abs(blind[0]) < 0.1


def test_the_odds_of_two_mixtures_hold_the_ratio():
    """Metodiev et al. 2017, solved for it."""
    ratio, purity = np.array([0.01, 1.0, 30.0]), 0.08
    odds = 1 - purity + purity * ratio
    found = likelihood.log_ratio_of_mixtures(odds / (1 + odds), purity)
    assert np.exp(found) == pytest.approx(ratio)


# published -----------------------------------------------------------------------------------


def test_three_parameters_describe_the_spectrum_of_cms_and_two_do_not():
    """Their errors are those of counts, so the units are right; our hunt finds nothing there."""
    fits = published.functions()
    errors = {1991.0: 0.04999, 3487.0: 0.0051577}  # pb / TeV, as published
    for mass, error in errors.items():
        at = np.argmin(np.abs(np.convolve(published.EDGES, [0.5, 0.5], "valid") - mass))
        count = published.counts()[at]
        assert published.SPECTRUM[at] / np.sqrt(count) == pytest.approx(error, rel=0.01)

    assert fits.loc[3, "deviance"] < 1.5 * fits.loc[3, "degrees of freedom"]
    assert fits.loc[2, "deviance"] > 100 * fits.loc[2, "degrees of freedom"]
    assert abs(fits.loc[3, "local significance"]) < 2
    assert fits.loc[2, "local significance"] > 20


def test_limits_from_the_spectrum_of_cms_follow_theirs():
    """At about half, over masses where they fall by more than ten times."""
    found = published.limits_from_spectrum()
    ratio = found["ours, expected"] / found["CMS, expected"]

    assert found["CMS, expected"].iloc[0] > 10 * found["CMS, expected"].iloc[-1]
    assert ratio.between(0.45, 0.6).all()
    assert ratio.std() < 0.05
