"""A target learnt as its logarithm: undone in every number, better where scatter is a factor."""

import numpy as np
import pandas as pd
import pytest
from mapie.regression import SplitConformalRegressor
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from studies.own_data import baseline, data, models
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.measure.conformal import plan
from boxloop.measure.model_file import load_model, save_model
from boxloop.measure.predicted import predictions
from boxloop.measure.task import Task, out_of_fold
from boxloop.measure.transform import TRANSFORMS, Reach, TargetScale, View, transformed, view_of
from boxloop.measure.untuned import rivals
from boxloop.measure.weighted import Weighted
from boxloop.record.cards import data_card
from boxloop.settings.load import load_settings
from boxloop.settings.tables import Study
from boxloop.split.division import divide, folds

SCATTER = 0.3  # of the power law, in log10: a factor of two


def power_law(rows, *, seed=0, zero=0.0):
    """A luminosity that follows a mass with a log-normal scatter, over four decades."""
    rng = np.random.default_rng(seed)
    mass = rng.uniform(0, 2, rows)
    told = 2 * mass + SCATTER * rng.normal(size=rows)
    return pd.DataFrame({"mass": mass, "other": rng.normal(size=rows), "L": 10**told - zero})


def study(folder, monkeypatch, frame, **options):
    """Adopt a table, and return its settings, parts and task."""
    here = project(folder, "regression")
    adopt(here, written(folder, frame), target="L", **options)
    monkeypatch.chdir(here.root)
    settings = load_settings(here.settings_file)
    return settings, divide(data.labelled(here.raw), settings), Task(settings)


def test_settings_and_machinery_know_the_same_transforms():
    """Those of study.toml, by name."""
    kinds = Study.model_fields["transform"].annotation.__args__[0].__args__

    assert list(kinds) == list(TRANSFORMS)


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e30])
def test_there_and_back_in_any_unit(name, unit):
    """A target comes back as it was; an error goes with the slope, as a small step says."""
    y = np.array([0.5, 1.0, 2.0, 40.0]) * (1.0 if name == "1+z" else unit)
    scale = TargetScale(name).fit(y.reshape(-1, 1))
    view, step = view_of(name, y), 1e-6 * y

    np.testing.assert_allclose(scale.inverse_transform(scale.transform(y)), y, rtol=1e-12)
    np.testing.assert_allclose(
        view.slope(y) * step, view.forth(y + step) - view.forth(y), rtol=1e-4
    )


def test_asinh_means_the_same_in_another_unit():
    """It divides by the median size first; negative values stay negative."""
    y = np.array([[-3.0], [0.0], [1.0], [5.0]])
    plain, small = (TargetScale("asinh").fit(y * unit) for unit in (1, 1e-20))

    np.testing.assert_allclose(plain.transform(y), small.transform(y * 1e-20))
    assert plain.transform(y)[0, 0] < 0 < plain.transform(y)[3, 0]


def test_a_line_drawn_too_far_stays_finite():
    """At most a span beyond what was fitted."""
    X, y = np.arange(10.0).reshape(-1, 1), 10.0 ** np.arange(10)
    model = transformed(LinearRegression(), "log10").fit(X, y)

    np.testing.assert_allclose(model.predict([[4.0], [1e9]]), [1e4, 1e18], rtol=1e-9)


def test_without_a_transform_nothing_changes():
    """The same object."""
    line = Ridge()
    assert transformed(line, None) is line


@pytest.mark.parametrize(("name", "least"), [("log10", 0), ("1+z", -1)])
def test_what_has_no_logarithm_stands_at_the_smallest_that_has_one(name, least):
    """Labels that are moved on purpose do not end a fit; without any other value it is refused."""
    y = np.array([[least - 1.0], [least], [5.0], [7.0]])
    seen = TargetScale(name).fit(y).transform(y)

    assert np.isfinite(seen).all() and (seen[:3] == seen[2]).all() and seen[3] > seen[2]
    with pytest.raises(UserError, match=rf"above {least}, and 2 known values are not"):
        TargetScale(name).fit(y[:2])


def test_a_power_law_with_a_factor_as_scatter_is_learnt_better(tmp_path, monkeypatch):
    """Known answer: in the target's own unit, ridge is a power law with log10 and a line without.

    The best that can be is the median, 10^(2 mass); a mean would lie 10^(1.15 s²) above it.
    """
    found = {}
    for name in ("log10", None):
        folder = tmp_path / str(name)
        folder.mkdir()
        more = {"transform": name} if name else {}
        _, parts, task = study(folder, monkeypatch, power_law(900), **more)
        ladder = models.ladder(0) | {"reference": baseline.reference()}
        fitted = {who: ladder[who].fit(task.seen(parts.train), task.truth(parts.train))
                  for who in ("ridge", "reference")}  # fmt: skip
        truth, seen = task.truth(parts.validation), task.seen(parts.validation)
        found[name] = {who: one.predict(seen) for who, one in fitted.items()}
        best = 10 ** (2 * parts.validation["mass"])
    off = {
        name: {who: np.median(np.abs(said - truth)) for who, said in by.items()}
        for name, by in found.items()
    }

    for who in ("ridge", "reference"):
        assert off["log10"][who] < 0.5 * off[None][who]
        assert (found["log10"][who] > 0).all() and (found[None][who] < 0).any()
        median = np.median(found["log10"][who] / best)
        assert abs(np.log10(median)) < 0.05 < 1.15 * SCATTER**2  # a median, and not a mean


def test_every_rung_learns_the_transform(tmp_path, monkeypatch):
    """The simplest model, the stand-in and all rungs; a search finds its settings in them."""
    study(tmp_path, monkeypatch, power_law(200), transform="log10")
    everybody = models.ladder(0) | {
        "reference": baseline.reference(),
        "simplest": baseline.simplest(),
    }

    for name, rung in everybody.items():
        assert isinstance(rung[-1].transformer, TargetScale), name
    assert set(models.grids()["reference"]) == set(models.grids()["ridge"]) != set()
    assert models.curve()[0] == "neural network"


def test_a_stored_model_answers_as_before(tmp_path, monkeypatch):
    """Written with skops, and opened."""
    _, parts, task = study(tmp_path, monkeypatch, power_law(200), transform="asinh")
    X, y = task.seen(parts.train), task.truth(parts.train)
    model = models.ladder(0)["ridge"].fit(X, y)
    again = load_model(save_model(tmp_path / "model.skops", model))

    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_errors_of_the_target_weigh_as_the_transform_sees_them():
    """One per cent of 1 and of 1,000 are the same in a logarithm."""
    X = pd.DataFrame({"x": [0.0, 1, 2, 3], "e": [0.01, 10.0, 0.01, 10.0]})
    y = np.array([1.0, 1000.0, 1.0, 1000.0])
    line = make_pipeline(LinearRegression())

    even = Weighted(line, errors=["e"], transform="log10").sample_weight(X, y)
    np.testing.assert_allclose(even, 1.0)
    assert np.ptp(Weighted(line, errors=["e"]).sample_weight(X, y)) > 0.9
    assert clone(Weighted(line, errors=["e"], transform="log10")).transform == "log10"


@pytest.mark.parametrize("uneven", [False, True])
def test_intervals_cover_and_are_factors(tmp_path, monkeypatch, uneven):
    """Nine in ten of fresh rows lie inside, in every third of the predictions; none below zero."""
    frame = power_law(1500)
    if uneven:
        more = np.random.default_rng(1).normal(size=len(frame)) * (frame["other"] > 0)
        frame["L"] *= 10**more
    settings, parts, task = study(tmp_path, monkeypatch, frame, transform="log10")
    X, y = task.seen(parts.train), task.truth(parts.train)
    model = models.ladder(0)["ridge"].fit(X, y)
    setting = np.ones(len(parts.validation), dtype=bool)
    made = plan(model, parts.train, parts.validation, settings, setting=setting, seed=0)
    assert (made.scale is not None) == uneven
    seen, truth = task.seen(parts.validation), task.truth(parts.validation)
    conformal = SplitConformalRegressor(
        estimator=model, confidence_level=made.confidence, prefit=True, conformity_score=made.score
    )
    conformal.conformalize(seen.iloc[made.rows], truth.iloc[made.rows])
    fresh = power_law(3000, seed=7)
    if uneven:
        fresh["L"] *= 10 ** (np.random.default_rng(8).normal(size=3000) * (fresh["other"] > 0))
    _, ends = conformal.predict_interval(fresh[["mass", "other"]])
    low, high = ends[:, 0, 0], ends[:, 1, 0]
    inside = ((low <= fresh["L"]) & (fresh["L"] <= high)).to_numpy()

    assert (low > 0).all() and abs(inside.mean() - made.level) < 0.04
    third = pd.qcut(fresh["mass"], 3, labels=False).to_numpy()
    assert all(abs(inside[third == k].mean() - made.level) < 0.06 for k in range(3))
    facts = made.facts(low, high, fresh[["mass", "other"]])["reach"]
    size = made.scale.predict(fresh[["mass", "other"]]) if uneven else 1.0
    reach = Reach(View(facts["transform"], facts["size"], facts["least"]), facts["half"] * size)
    told = predictions(fresh, model, settings, train=parts.train, validation=parts.validation,
                       half_width=reach)  # fmt: skip
    np.testing.assert_allclose(told["high"], high, rtol=1e-6)
    np.testing.assert_allclose(told["low"], low, rtol=1e-6)


def test_the_hint_names_the_option_and_the_option_says_what_it_does(tmp_path):
    """Where there was a hint to add a column; a median rather than a mean."""
    here, path = project(tmp_path, "regression"), written(tmp_path, power_law(300))
    hint = " ".join(adopt(here, path, target="L").notes)
    said = " ".join(adopt(here, path, target="L", transform="log10").notes)
    text = here.settings_file.read_text(encoding="utf-8")

    assert "decades: its logarithm may be the better target; --transform log10" in hint
    assert "Models learn log10(L): numbers are told in its own unit, and a prediction" in said
    assert "nearer to a median than a mean" in said
    assert "decades" not in said and 'transform = "log10"  # models learn log10(L)' in text


def test_folds_are_guessed_in_the_unit_of_the_target(tmp_path, monkeypatch):
    """Out of fold, as notebook 02 asks; the trivial one still says the mean."""
    settings, parts, task = study(tmp_path, monkeypatch, power_law(300), transform="log10")
    X, y, cv = task.seen(parts.train), task.truth(parts.train), folds(parts.train, settings)
    said = out_of_fold(baseline.reference(), X, y, cv)

    assert np.corrcoef(np.log(said), np.log(y))[0, 1] > 0.9
    assert out_of_fold(task.trivial(), X, y, cv).mean() == pytest.approx(y.mean(), rel=0.05)


def test_the_data_card_says_it(tmp_path, monkeypatch):
    """That a median is told, where models learn a transform; else nothing."""
    told = dict.fromkeys(("motivation", "collection", "uses", "distribution", "maintenance"), "-")
    for name in ("log10", None):
        folder = tmp_path / str(name)
        folder.mkdir()
        more = {"transform": name} if name else {}
        settings, parts, _ = study(folder, monkeypatch, power_law(200), **more)
        card = data_card({"train": parts.train}, settings, **told)

        assert ("Models learn log10(L)" in card and "a median" in card) == bool(name)


def test_the_rivals_of_the_headroom_learn_it_too(tmp_path, monkeypatch):
    """Else they would be no rivals."""
    settings, _, _ = study(tmp_path, monkeypatch, power_law(200), transform="log10")

    assert all(isinstance(one[-1].transformer, TargetScale) for one in rivals(settings).values())
