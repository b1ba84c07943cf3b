"""What a task asks of a table: truth, guess, out-of-fold, cut, and what its kind says."""

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

from boxloop.base.errors import UserError
from boxloop.measure import kinds, task
from boxloop.measure.kinds import TASKS
from boxloop.measure.metrics import METRICS


def settings(kind, positive=None):
    return SimpleNamespace(study=SimpleNamespace(task=kind, target="t", positive_class=positive))


def test_the_truth_of_a_class_is_one_or_zero():
    """One spelling for labels that come as text, number or boolean."""
    assert task.Task(settings("classification", "g")).truth(
        pd.DataFrame({"t": ["g", "h", "g"]})
    ).tolist() == [1, 0, 1]
    assert task.Task(settings("classification", "1")).truth(
        pd.DataFrame({"t": [0.0, 1.0]})
    ).tolist() == [0, 1]
    assert task.Task(settings("anomaly-detection", "1")).truth(
        pd.DataFrame({"t": [True, False]})
    ).tolist() == [1, 0]
    assert task.Task(settings("regression")).truth(pd.DataFrame({"t": [1.5, 2.5]})).tolist() == [
        1.5,
        2.5,
    ]


def test_a_class_that_is_not_there_is_named():
    """The sentence says which classes there are."""
    with pytest.raises(UserError, match="positive_class = 'x'; the classes are g, h"):
        task.Task(settings("classification", "x")).truth(pd.DataFrame({"t": ["g", "h"]}))


def test_a_guess_is_higher_where_the_class_of_interest_is_likelier():
    """Probability, unusualness or prediction, whatever the estimator can say."""
    X = pd.DataFrame({"x": np.r_[np.zeros(95) + np.linspace(-1, 1, 95), np.full(5, 8.0)]})
    y = (X["x"] > 5).to_numpy(float)

    for estimator in (
        LogisticRegression(),
        IsolationForest(n_estimators=20, random_state=0),
        LinearRegression(),
    ):
        found = task.guess(estimator.fit(X, y), X)
        assert found.shape == (100,)
        assert found[y > 0].min() > found[y == 0].max()


def test_out_of_fold_never_sees_the_row():
    """What remembers every row has never met these; rows in no held-out part have no guess."""
    X, y = pd.DataFrame({"x": np.arange(6.0)}), np.array([5.0, 3.0, 8.0, 1.0, 9.0, 2.0])
    cv = [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    memory = KNeighborsRegressor(n_neighbors=1)

    assert np.isnan(task.out_of_fold(memory, X, y, cv)[:2]).all()
    assert task.out_of_fold(memory, X, y, cv)[2:].tolist() == [3, 3, 1, 1]
    whole = task.out_of_fold(memory, X, y, cv, say=lambda fitted, rows: fitted.predict(rows[["x"]]))
    assert whole[2:].tolist() == [3, 3, 1, 1]


def test_every_kind_of_task_is_whole():
    """Its metrics are made for it; what has classes has a cut with a usual working point."""
    for name, kind in TASKS.items():
        assert kind.name == name
        for metric in (kind.primary_metric, *kind.secondary_metrics):
            assert name in METRICS[metric].tasks
        assert kind.has_classes == (kind.cut is not None) == (name != "regression")
        assert kind.has_classes == is_classifier(kind.trivial())
    assert [name for name, kind in TASKS.items() if kind.has_probabilities] == ["classification"]


def test_a_cut_holds_the_working_point():
    """A probability is the cut itself; a share of the background passes the other one."""
    background = np.random.default_rng(0).normal(size=1000)
    sure = settings("classification", "g")
    sure.study.working_point = 0.7
    search = settings("anomaly-detection", "g")
    search.study.working_point = 0.05

    assert task.Task(sure).cut() == 0.7
    assert (background >= task.Task(search).cut(background)).mean() == 0.05


def test_kinds_are_read_by_an_old_python_alone():
    """A bake is finished on the Python of Cookiecutter: nothing but the standard library."""
    source = Path(kinds.__file__).read_text(encoding="utf-8")
    top = ast.parse(source, feature_version=(3, 9)).body
    imported = [node for node in top if isinstance(node, ast.Import | ast.ImportFrom)]

    assert {node.module for node in imported} == {"__future__", "dataclasses", "typing"}


def weighted(prevalence=None):
    """Return the task of a search whose rare signal is oversampled and weighted down."""
    words = {"positive_class": "s", "working_point": 0.5, "scale": None, "outlier_bound": None}
    study = SimpleNamespace(
        task="classification", target="t", primary_metric="purity", prevalence=prevalence, **words
    )
    roles = {"weight": ["w"]}
    return task.Task(SimpleNamespace(study=study, role=lambda name: roles.get(name, [])))


def test_weights_tell_the_true_mix_and_what_the_rest_is():
    """Ten signal rows with a tenth of a weight among 99 others are one in a hundred."""
    kinds = np.repeat(["s", "qcd", "top"], [10, 90, 9])
    frame = pd.DataFrame({"t": kinds, "w": np.where(kinds == "s", 0.1, 1.0)})
    stick = weighted().yardstick(frame)
    weights, words = weighted().true_mix(frame)

    assert stick.prevalence == pytest.approx(0.01)
    assert stick.rest == pytest.approx({"qcd": 90 / 99, "top": 9 / 99})
    assert np.average(kinds == "s", weights=weights) == pytest.approx(0.01)
    assert words == "s 0.01 by the weights of the rows"
    assert weighted(0.2).yardstick(frame).prevalence == 0.2
    assert weighted(0.2).true_mix(frame)[1] == "s 0.2 by study.prevalence"
    bare = weighted().true_mix(frame[["t"]])
    assert bare[1] == "s 0.092 in these rows"
    assert bare[0] == pytest.approx(np.ones(109))


def test_a_purity_that_decides_a_choice_is_that_of_the_true_mix():
    """Cross-validation and permutation importance hand over the columns with weights."""
    kinds = np.repeat(["s", "b"], [10, 99])
    frame = pd.DataFrame({"t": kinds, "w": np.where(kinds == "s", 0.1, 1.0)})
    y, score = (kinds == "s").astype(float), np.r_[np.full(10, 0.9), np.full(9, 0.9), np.zeros(90)]

    assert weighted().score(y, score) == pytest.approx(10 / 19)
    true = 0.01 / (0.01 + 0.99 * 9 / 99)
    assert weighted().score(y, score, frame=frame) == pytest.approx(true)
    says = SimpleNamespace(anomaly_score=lambda X: score)
    assert weighted().scorer()(says, frame, y) == pytest.approx(true)
