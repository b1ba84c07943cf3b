"""The numbers of score tasks against scikit-learn and against known answers."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk

from boxloop.measure import ranking
from boxloop.measure.intervals import compare
from boxloop.measure.metrics import METRICS, Yardstick


@pytest.fixture
def sample():
    """4,000 rows, a fifth of them signal; scores in steps, so that there are ties."""
    rng = np.random.default_rng(0)
    truth = (rng.random(4000) < 0.2).astype(float)
    return truth, np.round(1 / (1 + np.exp(-rng.normal(2 * truth - 1.5, 1))), 2)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("roc_auc", sk.roc_auc_score),
        ("average_precision", sk.average_precision_score),
        ("log_loss", sk.log_loss),
        ("brier", sk.brier_score_loss),
        ("completeness", lambda y, p: sk.recall_score(y, p >= 0.5)),
        ("purity", lambda y, p: sk.precision_score(y, p >= 0.5)),
        ("accuracy", lambda y, p: sk.accuracy_score(y, p >= 0.5)),
        ("balanced_accuracy", lambda y, p: sk.balanced_accuracy_score(y, p >= 0.5)),
        ("f1", lambda y, p: sk.f1_score(y, p >= 0.5)),
        ("matthews", lambda y, p: sk.matthews_corrcoef(y, p >= 0.5)),
    ],
)
def test_they_agree_with_scikit_learn(sample, name, theirs):
    """Same definition, ties included."""
    assert METRICS[name](*sample, 0.5) == pytest.approx(theirs(*sample), abs=1e-12)


def test_two_gaussians_have_the_auc_of_the_textbook():
    """Signal d = 1 sigma above background: AUC = Phi(d / sqrt 2)."""
    rng = np.random.default_rng(1)
    truth = np.repeat([0.0, 1.0], 100_000)

    assert METRICS["roc_auc"](truth, rng.normal(truth)) == pytest.approx(
        norm.cdf(1 / np.sqrt(2)), abs=0.003
    )


def test_sic_of_two_gaussians():
    """At eps_B = 0.01 a signal two sigma above keeps Phi(2 - 2.326) and gains that over 0.1."""
    rng = np.random.default_rng(2)
    truth = np.repeat([0.0, 1.0], 100_000)
    score = rng.normal(2 * truth)
    kept = norm.sf(norm.isf(0.01) - 2)

    assert METRICS["signal_efficiency"](truth, score, 0.01) == pytest.approx(kept, abs=0.01)
    assert METRICS["sic"](truth, score, 0.01) == pytest.approx(kept / 0.1, abs=0.1)
    assert METRICS["background_rejection"](truth, score, 0.01) == pytest.approx(
        1 / norm.sf(2), rel=0.05
    )
    for efficiency, name in ((0.3, "background_rejection_at_0.3"), (0.5, "background_rejection")):
        cut = norm.isf(efficiency) + 2
        assert METRICS[name](truth, score) == pytest.approx(1 / norm.sf(cut), rel=0.08)
    for rate, name in ((0.01, "signal_efficiency_at_1e-2"), (0.001, "signal_efficiency_at_1e-3")):
        assert METRICS[name](truth, score) == pytest.approx(norm.sf(norm.isf(rate) - 2), abs=0.02)


def test_knowing_nothing_gains_nothing():
    """One score for all rows: AUC one half, SIC one, purity the prevalence."""
    truth = np.repeat([0.0, 1.0], [900, 100])
    score = np.full(1000, 0.7)

    assert METRICS["roc_auc"](truth, score) == pytest.approx(0.5)
    assert METRICS["max_sic"](truth, score, 0.01) == pytest.approx(1.0)
    assert METRICS["average_precision"](truth, score) == pytest.approx(0.1)
    assert METRICS["purity"](truth, score, 0.5) == pytest.approx(0.1)
    assert METRICS["purity"](truth, score, 0.9) == 0.0


def test_the_maximum_of_sic_needs_some_background():
    """A cut that no background passes would have an infinite SIC from a handful of rows."""
    truth = np.repeat([1.0, 0.0], [50, 1000])
    score = np.arange(1050, 0, -1)

    assert METRICS["max_sic"](truth, score, 0.01) == pytest.approx(1 / np.sqrt(ranking.FEW / 1000))


def test_purity_at_the_true_mix():
    """Half of 40 signal and a tenth of 60 background pass; of one in a hundred that is 1 in 21."""
    truth = np.repeat([1.0, 0.0], [40, 60])
    score = np.r_[np.repeat([0.9, 0.1], 20), np.repeat([0.9, 0.1], [6, 54])]
    mixed = Yardstick(prevalence=0.01)

    assert METRICS["purity"](truth, score, 0.5) == pytest.approx(20 / 26)
    assert METRICS["deployed_purity"](truth, score, 0.5) == pytest.approx(20 / 26)
    assert METRICS["deployed_purity"](truth, score, 0.5, yardstick=mixed) == pytest.approx(
        0.01 * 0.5 / (0.01 * 0.5 + 0.99 * 0.1)
    )


@pytest.mark.parametrize(
    "name", ["purity", "average_precision", "accuracy", "f1", "matthews", "roc_auc", "completeness"]
)
def test_numbers_of_another_mix_are_those_of_rows_in_that_mix(name):
    """Background that stands nine times as often has the prevalence that is told: the same."""
    rng = np.random.default_rng(2)
    truth = (np.arange(400) < 200).astype(float)
    score = rng.normal(truth)
    many = np.r_[np.flatnonzero(truth), np.tile(np.flatnonzero(truth == 0), 9)]

    found = METRICS[name](truth, score, 0.7, yardstick=Yardstick(prevalence=0.1))

    assert found == pytest.approx(METRICS[name](truth[many], score[many], 0.7))
    same = METRICS[name](truth, score, 0.7)
    assert (found == pytest.approx(same)) == (name in ("roc_auc", "completeness"))


def test_every_number_of_scores_says_its_mix():
    """The true one where it is known, with where from; else that of the rows; and the rest."""
    truth, score = np.repeat([1.0, 0.0], [40, 60]), np.linspace(1, 0, 100)
    rest = {"qcd": 0.9, "top": 0.1}
    known = Yardstick(prevalence=0.01, prevalence_from="by the weights of the rows", rest=rest)
    names = ["purity", "average_precision", "roc_auc", "completeness", "ece", "log_loss"]
    options = {"groups": np.arange(100), "metrics": names, "draws": 30, "working_point": 0.5}
    found = compare(truth, {"model": score}, yardstick=known, **options)
    bare = compare(truth, {"model": score}, **options)

    for name in names:
        there, mix = found[name]["model"]["mix"], bare[name]["model"]["mix"]
        assert mix == {"signal": 0.4, "from": "in these rows"}
        true = name in ("purity", "average_precision")
        assert there["signal"] == (0.01 if true else 0.4)
        assert ("weights" in there["from"]) == true
        assert there["rest"] == rest
    assert METRICS["purity"].mix_in_words(found["purity"]["model"]) == (
        "signal 0.01 by the weights of the rows"
    )
    assert METRICS["roc_auc"].mix_in_words(found["roc_auc"]["model"]) == "rest qcd 0.9, top 0.1"
    assert METRICS["roc_auc"].mix_in_words(bare["roc_auc"]["model"]) == ""
    assert (
        "mix"
        not in compare(truth, {"model": score}, **options | {"metrics": ["rmse"]})["rmse"]["model"]
    )


def test_background_that_never_passed_may_still_pass():
    """None of 2000 passes: of a signal of one in two hundred that is no purity of one for sure."""
    truth = np.repeat([1.0, 0.0], [100, 2000])
    score = np.r_[np.linspace(0.2, 0.9, 100), np.full(2000, 0.1)]
    options = {"groups": np.arange(2100), "metrics": ["purity"], "draws": 60, "working_point": 0.5}
    mixed = Yardstick(prevalence=0.005)
    purity = compare(truth, {"model": score}, yardstick=mixed, **options)["purity"]["model"]

    # Wilson: up to 3.84 / 2003.84 of the background may pass, of the signal 0.59 do.
    most = 3.84 / 2003.84
    assert purity["value"] == purity["high"] == 1
    assert purity["low"] == pytest.approx(0.005 * 0.57 / (0.005 * 0.57 + 0.995 * most), abs=0.03)
    assert compare(truth, {"model": score}, **options)["purity"]["model"]["low"] > 0.9


def test_intervals_at_the_true_mix_hold_what_they_promise():
    """Of 60 samples at least 54 hold the truth: a purity, and an average precision."""
    cut, mix, held = 1.5, 0.02, {"purity": 0, "average_precision": 0}
    rate = norm.sf(cut - 1.5), norm.sf(cut)
    places = np.linspace(-6, 8, 4001)
    signal, background = norm.sf(places - 1.5), norm.sf(places)
    at = mix * signal / (mix * signal + (1 - mix) * background)
    true = {"average_precision": -np.trapezoid(at, signal)}
    true["purity"] = mix * rate[0] / (mix * rate[0] + (1 - mix) * rate[1])
    truth = np.repeat([1.0, 0.0], [150, 600])
    for seed in range(60):
        score = np.random.default_rng(seed).normal(1.5 * truth)
        options = {"metrics": list(held), "draws": 100, "seed": seed, "working_point": cut}
        mixed = {"groups": np.arange(750), "yardstick": Yardstick(prevalence=mix)}
        found = compare(truth, {"model": score}, **options, **mixed)
        for name in held:
            held[name] += found[name]["model"]["low"] <= true[name] <= found[name]["model"]["high"]
    assert min(held.values()) >= 54


def test_an_average_precision_that_one_row_would_change_says_so():
    """At one in a thousand, 300 background rows cannot tell how pure the purest cuts are."""
    rng = np.random.default_rng(4)
    truth = np.repeat([1.0, 0.0], [100, 300])
    options = {"groups": np.arange(400), "metrics": ["average_precision"], "draws": 40}
    rare, same = (
        compare(truth, {"model": rng.normal(2 * truth)}, yardstick=stick, **options)
        for stick in (Yardstick(prevalence=0.001), Yardstick())
    )

    assert "one background row more" in rare["average_precision"]["model"]["note"]
    assert "too_few" not in same["average_precision"]["model"]


def test_ece_of_perfect_probabilities_is_nearly_nothing():
    """Ten bins of noise add up to 0.03 in 1000 rows; what chance adds is taken off."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        chance = rng.uniform(0.02, 0.98, size=1000)
        truth = (rng.random(1000) < chance).astype(float)
        found.append(METRICS["ece"](truth, chance))

    assert np.mean(found) < 0.012
    wrong = (np.random.default_rng(0).random(100_000) < 0.3).astype(float)
    assert METRICS["ece"](wrong, np.full(100_000, 0.25)) == pytest.approx(0.05, abs=0.005)


def test_a_maximum_says_that_it_flatters():
    """Its interval reaches below what its own draws say, and the note tells by how much."""
    rng = np.random.default_rng(4)
    truth = (rng.random(3000) < 0.3).astype(float)
    score = rng.normal(1.0 * truth)
    found = compare(
        truth,
        {"model": score},
        groups=np.arange(3000),
        metrics=["max_sic", "sic"],
        draws=100,
        working_point=0.05,
    )

    assert "flatters by about" in found["max_sic"]["model"]["note"]
    assert found["max_sic"]["model"]["low"] < found["max_sic"]["model"]["value"]
    assert "note" not in found["sic"]["model"]


def test_a_cut_that_no_background_passes_is_too_few():
    """A rate of one in a thousand cannot be read off a hundred rows."""
    rng = np.random.default_rng(5)
    truth = np.repeat([0.0, 1.0], [100, 40])
    found = compare(
        truth,
        {"model": rng.normal(truth)},
        groups=np.arange(140),
        metrics=["signal_efficiency_at_1e-3"],
        draws=50,
        working_point=0.05,
    )["signal_efficiency_at_1e-3"]["model"]

    assert found["too_few"] and found["note"].startswith("too few groups: about 0.1 background")


def test_ece_of_overconfident_probabilities():
    """Says 0.9, is right in 60 %: off by 0.3."""
    truth = np.tile([1.0, 1, 1, 0, 0], 400)

    assert METRICS["ece"](truth, np.full(2000, 0.9)) == pytest.approx(0.3)


def test_a_loss_is_less_where_a_metric_is_better():
    """Ratios of losses judge stress tests: 1 - AUC, 1 / SIC, |bias|, RMSE."""
    assert METRICS["roc_auc"].loss(0.9) == pytest.approx(0.1)
    assert METRICS["max_sic"].loss(4.0) == pytest.approx(0.25)
    assert METRICS["bias"].loss(-0.2) == pytest.approx(0.2)
    assert METRICS["rmse"].loss(0.3) == 0.3


def test_compare_measures_scores_with_paired_intervals(sample):
    """A better score has a positive difference; the value is that of the metric."""
    truth, score = sample
    noise = np.random.default_rng(3).normal(0, 1, len(truth))
    names = ["roc_auc", "purity", "brier"]
    found = compare(
        truth,
        {"model": score, "reference": score + noise},
        groups=np.arange(len(truth)),
        metrics=names,
        draws=100,
        working_point=0.5,
    )

    assert found["roc_auc"]["model"]["value"] == pytest.approx(sk.roc_auc_score(truth, score))
    assert found["roc_auc"]["difference"]["low"] > 0
    assert found["brier"]["difference"]["low"] > 0
    assert (
        found["purity"]["model"]["low"]
        < found["purity"]["model"]["value"]
        < found["purity"]["model"]["high"]
    )
