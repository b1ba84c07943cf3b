"""Searches of settings in worlds where the right answer is known."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV

from boxloop.checks import run_check
from boxloop.measure.searched import edges, outcome

RMSE = "neg_root_mean_squared_error"


def found(loss, metric_is_area=True, **params):
    """Return a fitted search with this loss of each setting in each fold."""
    loss = np.asarray(loss, dtype=float)
    scores = 1 - loss if metric_is_area else -loss
    table = {f"split{k}_test_score": scores[:, k] for k in range(loss.shape[1])}
    settings = [dict(zip(params, one, strict=True)) for one in zip(*params.values(), strict=True)]
    return SimpleNamespace(cv_results_=table | {"params": settings or [{}] * len(loss)})


def world(seed, *, settings=8, noise=0.005, bend=0.05, folds=5):
    """Return a search over the folds and those inside: settings that differ by `bend`."""
    rng = np.random.default_rng(seed)
    true = 0.3 + bend * np.linspace(-1, 1, settings) ** 2
    rows = true[:, None] + noise * rng.normal(size=(settings, folds)) + 0.03 * rng.normal(
        size=folds)  # fmt: skip
    values = 10.0 ** np.arange(settings)
    return found(rows, a=values), [found(np.delete(rows, k, 1), a=values) for k in range(folds)]


def ask(searches, inner=(), *, choice="net", metric="roc_auc", **more):
    return run_check("train.search", searches, choice=choice, metric=metric, nested=inner, **more)


def test_a_clean_search_passes_and_says_what_it_kept():
    """The best lies inside, and is as good outside."""
    whole, inner = world(0)
    row = ask({"net": whole, "fixed": found([[0.4] * 5])}, inner, rivals=["net", "fixed"])

    assert row.state == "pass" and row.value == 0
    assert "9 settings of 2 predictors" in row.message and "kept" in row.message
    assert "would have been seen" in row.power


def test_the_best_at_the_end_of_a_grid_is_a_fault_where_going_on_would_gain():
    """Not where the last step gained nothing, not at an end that is natural."""
    loss = 0.5 - 0.1 * np.arange(4)[:, None] + 0.002 * np.random.default_rng(0).normal(size=(4, 5))
    searches = {"net": found(loss, alpha=[1.0, 10.0, 100.0, 1000.0])}
    row = ask(searches, [])
    assert row.state == "fail" and row.value == 1
    assert "best alpha of the net is the last that was tried, 1000" in row.message

    for values in ([9, 5, 3, 1], [0.2, 0.5, 0.7, 1.0], [0.3, 0.2, 0.1, 0.0]):
        assert edges(found(loss, leaf=values), "roc_auc") == [], values
    flat = np.maximum(loss, 0.3) + 0.001 * np.arange(5)
    flat[3] -= 1e-4
    assert ask({"net": found(flat, alpha=[1.0, 10.0, 100.0, 1000.0])}).value == 0
    words = found(loss, kind=["a", "b", "c", "d"])
    assert edges(words, "roc_auc") == [] and edges(found(loss[:2], a=[1.0, 2.0]), "roc_auc") == []


def test_the_neighbour_at_an_edge_is_the_best_with_the_value_before():
    """In a grid of two settings the other one may change."""
    loss = np.array([[0.5], [0.4], [0.3], [0.2], [0.29], [0.1]]) * np.ones(5)
    search = found(loss, a=[1.0, 2.0, 3.0] * 2, b=[8.0] * 3 + [9.0] * 3)
    (edge,) = edges(search, "roc_auc")
    assert (edge.name, edge.value) == ("a", 3.0)
    assert edge.gain.value == pytest.approx((0.29 - 0.1) / 0.29)


def test_rivals_that_were_not_searched_are_named():
    """Only where the chosen one was; an empty grid is a search with nothing to choose."""
    whole, inner = world(0)
    row = ask({"net": whole}, inner, rivals=["net", "line", "reference"])
    assert row.state == "fail" and row.value == 2
    assert "never searched: 'line', 'reference'" in row.message
    fixed = found([[0.4] * 5])
    assert ask({"net": fixed, "trees": whole}, rivals=["net", "line"]).value == 0
    assert ask({"net": fixed}).state == "not-applicable"
    assert ask({}).state == "not-applicable"


def test_noise_is_optimism_and_never_passes():
    """Fifty settings that are one: the search promises, and keeps nothing; 200 worlds."""
    states = [ask({"net": w}, i).state for w, i in (
        world(seed, settings=50, noise=0.09, bend=0) for seed in range(200))]  # fmt: skip
    assert states.count("fail") >= 60
    assert states.count("pass") <= 2


def test_half_of_a_promise_that_three_folds_lack_by_chance_is_not_broken():
    """Fifteen rows and a penalty that bites harder on the few rows inside; then a clear case."""
    penalties = [0.01, 0.1, 1.0, 10.0, 100.0]
    rows = [[0.37, 0.121, 0.276], [0.363, 0.105, 0.276], [0.324, 0.116, 0.325],
            [0.365, 0.407, 0.648], [0.46, 0.535, 0.846]]  # fmt: skip
    inside = [
        [[0.285, 0.336], [0.287, 0.268], [0.369, 0.119], [0.62, 0.596], [0.79, 0.753]],
        [[0.59, 0.463], [0.577, 0.446], [0.516, 0.352], [0.636, 0.49], [0.777, 0.787]],
        [[0.52, 0.304], [0.514, 0.249], [0.469, 0.26], [0.494, 0.456], [0.597, 0.403]],
    ]

    def judged(outside):
        one = found(outside, metric_is_area=False, a=penalties)
        inner = [found(each, metric_is_area=False, a=penalties) for each in inside]
        return ask({"net": one}, inner, metric="rmse")

    assert judged(rows).state != "fail" and "kept 5.1%" in judged(rows).message
    assert judged(np.array([[0.3], [0.31], [0.5], [0.32], [0.33]]) * np.ones(3)).state == "fail"


def test_false_alarms_in_clean_worlds():
    """Settings that differ by more than the folds scatter: 200 worlds, all quiet."""
    states = [ask({"net": w}, i).state for w, i in map(world, range(200))]
    assert states.count("fail") == 0
    assert states.count("pass") >= 190


def test_without_a_score_outside_the_search_nobody_can_tell():
    """The best inner score says nothing of its own luck."""
    assert ask({"net": world(0)[0]}).state == "cannot-tell"


def test_easy_rows_and_fewer_rows_are_no_optimism():
    """What all settings share drops out."""
    whole, inner = world(3, noise=0)
    for one in inner:
        for name in one.cv_results_:
            if name.startswith("split"):
                one.cv_results_[name] = one.cv_results_[name] + 0.05
    assert abs(outcome(whole, inner, "roc_auc").optimism.value) < 0.03


def test_what_was_left_out_is_said():
    whole, inner = world(0)
    assert (
        "on a sample of 600 of 9,000 rows" in ask({"net": whole}, inner, sample=(600, 9000)).message
    )
    assert "sample" not in ask({"net": whole}, inner, sample=(600, 600)).message


def real(seed, alphas):
    """Return searches of scikit-learn for a ridge on a line with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(100, 6))
    y = X @ rng.normal(size=6) + 2 * rng.normal(size=100)
    outer = list(KFold(5, shuffle=True, random_state=seed).split(X))
    options = {"scoring": RMSE, "refit": False}
    grid = {"alpha": alphas}
    whole = GridSearchCV(Ridge(), grid, cv=outer, **options).fit(X, y)
    inner = [
        GridSearchCV(Ridge(), grid, cv=2, **options).fit(X[rows], y[rows]) for rows, _ in outer
    ]
    return whole, inner


@pytest.mark.slow
def test_real_searches_on_a_hundred_worlds():
    """A grid around the best is quiet; one that ends far from it is heard."""

    def states(worlds, alphas):
        return [ask({"net": w}, i, metric="rmse").state for w, i in (
            real(seed, alphas) for seed in range(worlds))]  # fmt: skip

    clean, short = states(100, [0.1, 1.0, 10.0, 100.0, 1000.0]), states(40, [300.0, 1000.0, 3000.0])
    assert clean.count("fail") <= 2
    assert short.count("fail") >= 32


def test_a_failed_fit_is_no_winner():
    """A setting that cannot be fitted has no score."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    grid = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [5, -1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trees = RandomForestRegressor(n_estimators=3, random_state=0)
        search = RandomizedSearchCV(trees, grid, n_iter=8, cv=3, scoring=RMSE, random_state=0)
        search.fit(X, y)
    row = ask({"net": search}, metric="rmse")
    assert row.state in ("cannot-tell", "fail") and "8 settings" in row.message
