"""Whoever is judged on rows was not fitted to them: models that know what they have seen say so."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from study_files import STUDY

from boxloop.measure import estimates
from boxloop.measure.ensemble import resample_predict
from boxloop.measure.explain import leading_inputs
from boxloop.measure.strata import weak_segment
from boxloop.measure.task import Task, out_of_fold
from boxloop.settings.load import load_settings
from boxloop.split.division import group_folds


class Witness(RegressorMixin, BaseEstimator):
    """Says 1 about a row that it was fitted to, and 0 about any other."""

    def fit(self, X, y):
        assert len(X) == len(y)
        self.rows_ = np.asarray(X)[:, 0]
        return self

    def predict(self, X):
        return np.isin(np.asarray(X)[:, 0], self.rows_).astype(float)


class Counter(Witness):
    """Says how often it was shown the row that it has seen most."""

    def predict(self, X):
        return np.full(len(X), np.unique(self.rows_, return_counts=True)[1].max(), dtype=float)


class Families(Witness):
    """Says 1 if of a family of three it was shown some rows more often than others."""

    def predict(self, X):
        counts = np.bincount(self.rows_.astype(int), minlength=60).reshape(-1, 3)
        return np.full(len(X), float((counts != counts[:, :1]).any()))


@pytest.fixture
def table():
    """Sixty rows by number, in families of three."""
    X = pd.DataFrame({"row": np.arange(60.0), "other": np.arange(60.0) % 7})
    return X, pd.Series(np.arange(60.0)), np.repeat(np.arange(20), 3)


@pytest.fixture
def cv():
    """Three folds, the last of which leaves ten rows to nobody."""
    parts = np.arange(20), np.arange(20, 40), np.arange(40, 50)
    return [(np.setdiff1d(np.arange(60), held), held) for held in parts]


def settings(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return load_settings(path)


def test_a_guess_out_of_fold_is_of_a_row_not_seen(table, cv):
    """Rows that a fold holds out are guessed by a model that did not see them; others by none."""
    X, y, _ = table
    model = Witness()
    found = out_of_fold(model, X, y, cv)

    assert (found[:50] == 0).all()
    assert np.isnan(found[50:]).all()
    assert not hasattr(model, "rows_")


def test_the_folds_of_the_checks_hold_families_out(table):
    """No model has seen the row, nor any other of its family."""
    X, y, family = table
    known = X.assign(row=family)  # the witness knows a family by its number
    for rows in (X, known, known.to_numpy()):
        assert (estimates.out_of_fold(Witness(), rows, y.to_numpy(), family, seed=0) == 0).all()

    held_once = np.zeros(60)
    for train, held in group_folds(family, 3, seed=0):
        assert not set(family[train]) & set(family[held])
        held_once[held] += 1
    assert (held_once == 1).all()


def test_the_bounds_of_the_checks_draw_whole_families(table):
    """A family is drawn as often as each of its rows; other draws, other families."""
    family = table[2]
    for weight in estimates.draws(family, seed=0):
        assert weight.sum() == 60
        assert (weight.reshape(-1, 3) == weight[::3, None]).all()


def test_a_member_of_an_ensemble_has_not_seen_the_row(table, cv):
    """Its sample is drawn from the other folds, with replacement, by whole families."""
    X, y, family = table
    ways = {"groups": family, "cv": cv, "seed": 3}

    found = resample_predict(Witness(), X, y, **ways)
    assert (found[:50] == 0).all() and np.isnan(found[50:]).all()
    assert (resample_predict(Counter(), X, y, **ways)[:50] >= 2).all()
    whole = [(np.arange(30), np.arange(30, 60))]
    assert (resample_predict(Families(), X, y, groups=family, cv=whole, seed=3)[30:] == 0).all()


@pytest.fixture
def corners():
    """A table with a bad corner, and which rows to look at: half of them."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(size=(800, 2)), columns=["x", "y"])
    loss = rng.uniform(0, 0.1, 800) + ((X["x"] > 0.6) & (X["y"] > 0.6))
    return X, loss.to_numpy(), np.arange(800) % 2 == 0


def test_the_weak_segment_is_the_corner_with_the_largest_loss(corners):
    """On the rows that were looked at and on those that it is judged on."""
    X, loss, fitted = corners
    rule, segment = weak_segment(X, loss, fitted=fitted)

    assert "x" in rule and "y" in rule
    for rows in (fitted, ~fitted):
        assert loss[rows & segment].mean() > 0.9
        assert loss[rows & ~segment].mean() < 0.1


def test_the_rows_that_judge_a_weak_segment_do_not_choose_it(corners):
    """Among them another corner is far worse, by chance: the segment stays where it was found."""
    X, loss, fitted = corners
    other = np.where(fitted, loss, 100 * (X["x"] < 0.3))

    before, after = (weak_segment(X, values, fitted=fitted) for values in (loss, other))
    assert after[0] == before[0]
    assert (after[1] == before[1]).all()


def test_inputs_to_explain_are_chosen_on_rows_not_seen(tmp_path):
    """The inputs that cost the score most when they are shuffled, in the order of the manifest."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    y = 3 * X["d"] + X["b"] + 0.01 * rng.normal(size=300)
    asked = []

    class Watched(LinearRegression):
        def fit(self, X, y):
            self.index_ = set(X.index)
            return super().fit(X, y)

    def scoring(estimator, X, y):
        asked.append(estimator.index_ & set(X.index))
        return estimator.score(X, y)

    study = settings(tmp_path)
    manifest = type("Manifest", (), {"inputs": list("abcd"), "study": study.study})
    cv = [(np.arange(200), np.arange(200, 300)), (np.arange(100), np.arange(100, 300))]
    found = leading_inputs(Watched(), X, y, cv=cv, settings=manifest, scoring=scoring, most=2)

    assert found == ["b", "d"]
    assert asked and not any(asked)


def test_rows_without_a_guess_do_not_count(tmp_path):
    """The first block of a split in time has none: score and intervals are those of the others."""
    task = Task(settings(tmp_path))
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"weight": rng.normal(size=90), "family": np.repeat(np.arange(30), 3)})
    guess = frame["weight"] + rng.normal(size=90)
    late = guess.where(frame.index >= 30)

    assert task.score(frame["weight"], late) == task.score(frame["weight"][30:], guess[30:])
    ways = {"draws": 50, "seed": 0}
    one = task.compare(frame, {"model": late, "reference": guess}, **ways)
    two = task.compare(frame[30:], {"model": guess[30:], "reference": guess[30:]}, **ways)
    assert one == two


def test_families_make_the_interval_of_a_metric_wide(tmp_path):
    """Three rows that err alike are one: the interval is as wide as that of a third of the rows."""
    task = Task(settings(tmp_path))
    rng = np.random.default_rng(0)
    truth, error = rng.normal(size=100), rng.normal(size=100)
    widths = []
    for times in (1, 3):
        frame = pd.DataFrame(
            {"weight": np.repeat(truth, times), "family": np.repeat(np.arange(100), times)}
        )
        guess = frame["weight"] + np.repeat(error, times)
        found = task.compare(frame, {"model": guess}, draws=400, seed=0)["rmse"]["model"]
        widths.append(found["high"] - found["low"])

    assert widths[1] == pytest.approx(widths[0], rel=0.1)
