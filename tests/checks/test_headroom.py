"""What a strong model that nobody has tuned would have gained, in worlds where that is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from boxloop.checks import run_check
from boxloop.measure.paired import fold_gains, paired
from boxloop.measure.untuned import rivals


def ask(model, found, metric="rmse", **more):
    return run_check("train.headroom", model, found, metric=metric, **more)


def folds(mean, rng, size=5, scatter=0.02):
    return mean * (1 + scatter * rng.normal(size=size))


def test_the_states():
    """A third of the error left is a fault; a worse rival is none; much noise tells nothing."""
    rng = np.random.default_rng(0)
    model = folds(0.17, rng)

    left = ask(model, {"network": folds(0.10, rng), "trees": folds(0.2, rng)})
    assert left.state == "fail" and left.weight == "limit"
    assert "network, the best of 2 rivals, is 4" in left.message
    assert left.value == pytest.approx(0.41, abs=0.03)
    assert ask(model, {"network": folds(0.19, rng)}).state == "pass"
    assert ask(model, {"network": folds(0.165, rng)}).state == "pass"
    noisy = ask(folds(0.17, rng, scatter=0.3), {"network": folds(0.15, rng, scatter=0.3)})
    assert noisy.state == "cannot-tell" and "would have been seen" in noisy.power


@pytest.mark.parametrize(
    ("metric", "model", "rival", "share"),
    [
        ("rmse", 0.2, 0.1, 0.5),
        ("roc_auc", 0.98, 0.99, 0.5),
        ("sic", 2.0, 4.0, 1.0),
        ("bias", -0.2, 0.1, 0.5),
    ],
)
def test_the_gain_is_a_share_of_the_loss(metric, model, rival, share):
    """Of the error, of what the area lacks to one, and of a metric without an end itself."""
    found = fold_gains({"model": [model] * 3, "r": [rival] * 3}, metric=metric, over="model")["r"]
    assert found.value == pytest.approx(share)
    assert (found.low, found.high) == pytest.approx((share, share))


def test_the_interval_knows_that_folds_share_rows():
    """The variance is s² (1/K + 1/(K - 1)), with Student's t (Nadeau and Bengio 2003)."""
    found = paired([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.error == pytest.approx(np.sqrt(2.5 * (1 / 5 + 1 / 4)))
    assert found.high - found.value == pytest.approx(2.776 * found.error, rel=1e-3)
    assert paired([1.0]).error == np.inf and np.isnan(paired([np.nan]).value)


def test_it_says_where_a_rival_was_cut_off_or_rows_were_left_out():
    """Fewer folds are compared with the same folds of the model; none at all is no comparison."""
    model = [0.1, 0.2, 0.3, 0.4]
    some = ask(model, {"slow": [0.1, 0.2], "never": [np.nan] * 4}, sample=(500, 9000))
    assert "slow was cut off after 2 of 4 folds" in some.message
    assert "never was cut off after 0 of 4 folds" in some.message
    assert "a sample of 500 of 9,000 rows" in some.message
    assert some.value == pytest.approx(0)
    nobody = ask(model, {"never": [np.nan] * 4})
    assert nobody.state == "not-applicable"
    assert ask(model, {"one": [0.05]}).state == "cannot-tell"


@pytest.mark.parametrize("metric", ["rmse", "roc_auc"])
def test_a_model_without_loss_leaves_nothing(metric):
    """It was said before that no rival was scored: a model that is right everywhere passes."""
    best = 0.0 if metric == "rmse" else 1.0
    for rival in (best, 0.6):
        found = ask([best] * 3, {"one": [rival] * 3}, metric=metric)
        assert found.state == "pass" and "nobody does better" in found.message
    assert ask([np.nan] * 3, {"one": [0.5] * 3}, metric=metric).state == "not-applicable"


def test_false_alarms_are_rare_and_half_of_the_error_is_heard():
    """Fold scores that share a difficulty: 400 worlds of equal models, 100 with a better rival."""
    states = {0.0: [], 0.4: []}
    for gain, found in states.items():
        for seed in range(400 if not gain else 100):
            rng = np.random.default_rng([seed, 7])
            hard = 1 + 0.1 * rng.normal(size=5)
            own = 0.1 * hard * (1 + 0.03 * rng.normal(size=5))
            better = 0.1 * (1 - gain) * hard * (1 + 0.03 * rng.normal(size=(2, 5)))
            found.append(ask(own, dict(zip("ab", better, strict=True))).state)
    assert states[0.0].count("fail") <= 4
    assert states[0.4].count("fail") >= 95


def study(task, names):
    """Return what `rivals` asks of settings."""
    columns = {name: SimpleNamespace(unit="mag") for name in names}
    return SimpleNamespace(study=SimpleNamespace(task=task), inputs=names, columns=columns)


def test_a_line_through_a_bend_leaves_much_and_the_right_curve_nothing():
    """Real models: the truth is a parabola of a colour."""
    rng = np.random.default_rng(0)
    bright = rng.normal(20, 1, 200)
    colour = rng.uniform(-1, 1, 200)
    X = pd.DataFrame({"g": bright + colour, "r": bright})
    y = colour**2 + 0.05 * rng.normal(size=200)
    cv = list(KFold(5, shuffle=True, random_state=0).split(X))

    def scores(one):
        return -cross_val_score(one, X, y, cv=cv, scoring="neg_root_mean_squared_error")

    smooth = rivals(study("regression", ["g", "r"]))["untuned network"]
    found = {"network": scores(smooth)}
    right = make_pipeline(PolynomialFeatures(2), Ridge(alpha=1e-3))
    assert ask(scores(Ridge()), found).state == "fail"
    assert ask(scores(right), found).state in ("pass", "cannot-tell")


@pytest.mark.parametrize("task", ["regression", "classification", "anomaly-detection"])
def test_rivals_cope_with_any_table_and_learn_from_its_inputs_alone(task):
    """Gaps, words, a weight beside the inputs; the same answer without the weight."""
    from boxloop.measure import guess

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    X.loc[::7, "a"] = np.nan
    X["kind"] = np.where(rng.random(120) < 0.5, "s", "p")
    y = pd.Series((X["b"] > 0).astype(float))
    for one in rivals(study(task, ["a", "b", "kind"])).values():
        with_weight = guess(one.fit(X.assign(w=rng.random(120)), y), X.assign(w=1.0))
        assert np.isfinite(with_weight).all()
        np.testing.assert_allclose(guess(one.fit(X, y), X), with_weight)
