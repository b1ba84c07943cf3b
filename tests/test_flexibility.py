"""How flexible a model is: known where theory knows it, and what one curve per input loses."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.ensemble import ExtraTreesRegressor, IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

from boxloop.measure import flexible
from boxloop.measure.flexible import additive_share, flexibility

SIZE = 400


def settings(task, **more):
    """Return what the function asks of settings."""
    study = SimpleNamespace(task=task, seeds=[0, 1, 2, 3, 4], **more)
    return SimpleNamespace(study=study, only=lambda role: "mass")


def table(seed=0, inputs=6):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(SIZE, inputs)), columns=[f"x{k}" for k in range(inputs)])
    return X, X["x0"] - X["x1"] + rng.normal(size=SIZE)


def measured(ladder, X, y, task="regression", **more):
    groups = np.arange(len(X))
    return flexibility(ladder, X, y, settings=settings(task), groups=groups, **more)


def test_a_line_has_as_many_degrees_of_freedom_as_coefficients():
    """The trace of its hat matrix: six slopes and an intercept, at any noise."""
    X, y = table()
    for scale in (1.0, 1e6):
        found = measured({"line": LinearRegression()}, X, scale * y, draws=40).loc["line"]
        assert found["degrees of freedom"] == pytest.approx(7, abs=3 * found["error"])
        assert found["error"] < 1


def test_neighbours_have_the_rows_over_their_number():
    """One nearest neighbour is each row itself; of five a row has a fifth of the say."""
    X, y = table()
    ladder = {"one": KNeighborsRegressor(n_neighbors=1), "five": KNeighborsRegressor()}
    found = measured(ladder, X, y)["degrees of freedom"]

    assert found["one"] == pytest.approx(SIZE)
    assert found["five"] == pytest.approx(SIZE / 5, rel=0.2)
    assert list(found.index) == ["five", "one"], "the least flexible first, whatever was typed"


def test_a_fixed_answer_has_none():
    """What was taught does not matter to it; ties stay in the order of the ladder."""
    X, y = table()

    class Fixed(LinearRegression):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.asarray(X)[:, 0]

    found = measured({"b": Fixed(), "a": Fixed()}, X, y)
    assert list(found["degrees of freedom"]) == [0, 0]
    assert list(found.index) == ["b", "a"]


def test_labels_are_turned_and_the_common_drift_is_no_degree_of_freedom():
    """A logistic line with a few inputs stays below a tree that remembers each row."""
    X, y = table()
    label = (y > 0).astype(float)
    ladder = {
        "tree": DecisionTreeClassifier(random_state=0),
        "line": LogisticRegression(C=1e6),
        "none": LogisticRegression(C=1e-9),
    }
    found = measured(ladder, X, label, task="classification", draws=20)

    assert list(found.index) == ["none", "line", "tree"]
    assert found.loc["line", "degrees of freedom"] == pytest.approx(7, abs=5)
    assert found.loc["tree", "degrees of freedom"] == pytest.approx(SIZE, rel=0.01)
    assert found.loc["none", "degrees of freedom"] < 0.5


class Region(DecisionTreeClassifier):
    """Learns which rows lie in a region of the mass; never sees `y`."""

    def fit(self, X, y=None):
        return super().fit(X.drop(columns="mass"), inside(X["mass"]))

    def predict_proba(self, X):
        return super().predict_proba(X.drop(columns="mass"))


def inside(mass):
    return (np.abs(np.asarray(mass)) < 0.5).astype(int)


def test_a_search_is_taught_regions():
    """Labels that nobody looks at give no degree of freedom, a memory of the region many."""
    X, y = table()
    X = X.assign(mass=np.random.default_rng(1).uniform(-1, 1, SIZE))
    shapes = {"deep": Region(random_state=0), "stump": Region(max_depth=1, random_state=0)}
    label = (y > 0).astype(float)
    found = measured(shapes, X, label, task="anomaly-detection", membership=inside)

    assert found.columns[0] == "degrees of freedom"
    assert list(found.index) == ["stump", "deep"]
    assert found.loc["deep", "degrees of freedom"] == pytest.approx(SIZE, rel=0.05)
    blind = measured({"forest": IsolationForest(random_state=0)}, X.drop(columns="mass").assign(
        mass=X["mass"]), label, task="anomaly-detection", membership=inside)  # fmt: skip
    assert blind.loc["forest", "degrees of freedom"] < 40


class Far(OutlierMixin, BaseEstimator):
    """How far out a row lies; with `remember`, nothing that was fitted is unusual."""

    def __init__(self, remember=False):
        self.remember = remember

    def fit(self, X, y=None):
        self.known_ = set(np.asarray(X)[:, 0])
        return self

    def score_samples(self, X):
        there = np.array([one in self.known_ for one in np.asarray(X)[:, 0]])
        return -np.linalg.norm(X, axis=1) * ~(there & self.remember)


def test_detectors_without_labels_are_told_by_their_memory():
    """A fixed rule ranks a row the same, seen or not; who has learnt the rows by heart does not."""
    X, y = table()
    label = (y > 0).astype(float)
    ladder = {
        "by heart": Far(remember=True),
        "forest": IsolationForest(n_estimators=50, random_state=0),
        "fixed": Far(),
    }
    found = measured(ladder, X, label, task="anomaly-detection")

    assert found.columns[0] == "memory"
    assert list(found.index) == ["fixed", "forest", "by heart"]
    assert found["memory"].iloc[0] == pytest.approx(0) and found["memory"].iloc[2] == 1


def test_groups_may_be_one_and_rows_may_be_many(monkeypatch):
    """A sample of whole groups is fitted; one group is not cut into halves of nothing."""
    X, y = table()
    one = flexibility(
        {"line": LinearRegression()}, X, y, settings=settings("regression"), groups=np.zeros(SIZE)
    )
    assert one["degrees of freedom"].between(2, 12).all()
    monkeypatch.setattr(flexible, "ROWS", 100)
    groups = np.repeat(np.arange(SIZE // 4), 4)
    found = flexibility(
        {"one": KNeighborsRegressor(n_neighbors=1)},
        X, y, settings=settings("regression"), groups=groups,
    )  # fmt: skip
    assert found.loc["one", "degrees of freedom"] == pytest.approx(100, abs=4)


def test_a_sum_of_curves_is_read_curve_by_curve_and_a_product_is_not():
    """All of y = x0² + sin x1 stands in two panels, nothing of x0 · x1 does."""
    X = pd.DataFrame(np.random.default_rng(0).uniform(-2, 2, (1500, 3)), columns=["a", "b", "c"])
    trees = ExtraTreesRegressor(n_estimators=40, min_samples_leaf=2, random_state=0)
    known = {"inputs": ["a", "b", "c"], "seed": 0}

    plain = trees.fit(X, X["a"] ** 2 + np.sin(2 * X["b"]))
    assert additive_share(plain, X, **known) > 0.95
    crossed = trees.fit(X, X["a"] * X["b"])
    assert additive_share(crossed, X, **known) < 0.1


def test_of_a_classifier_the_logit_is_read():
    """A steep logistic line is one curve per input, though its probabilities are not."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(1500, 2)), columns=["a", "b"])
    noise = np.random.default_rng(1).logistic(size=len(X))
    line = LogisticRegression().fit(X, 2 * X["a"] + 2 * X["b"] + noise > 0)
    words = X.assign(kind=np.where(X["a"] > 0, "x", "y"))

    assert additive_share(line, X, inputs=["a", "b"], seed=0) > 0.97

    class Level(LinearRegression):
        def predict(self, X):
            return (X["kind"] == "x").to_numpy(dtype=float)

    assert additive_share(Level(), words, inputs=["a", "b", "kind"], seed=0) > 0.99
