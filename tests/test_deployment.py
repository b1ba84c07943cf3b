"""What a model says about rows without truth, and which of them it should not be believed about."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression

from boxloop.measure.predicted import predictions
from boxloop.measure.shift import alike, in_scope


def settings(task, point=None):
    """Return settings with one input and nothing else."""
    study = SimpleNamespace(task=task, target="kind", positive_class="signal", working_point=point)
    return SimpleNamespace(study=study, inputs=["x"], seen=["x"], only={"id": "name"}.get)


@pytest.fixture
def parts():
    """Return train and validation rows of one input about zero, signal above."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=1200)})
    frame["kind"] = np.where(frame["x"] > 0, "signal", "background")
    return frame[:800], frame[800:].reset_index(drop=True)


def test_words_have_one_code_in_all_tables():
    """A word that only one of them has does not move the codes of the others."""
    coded = alike(
        {
            "a": pd.DataFrame({"w": ["b", "c"]}),
            "b": pd.DataFrame({"w": ["a", "c", None]}, index=[7, 8, 9]),
        }
    )

    assert coded["a"]["w"].tolist() == [1, 2]
    assert coded["b"]["w"].tolist()[:2] == [0, 2]
    assert np.isnan(coded["b"]["w"].iloc[2])


def test_rows_like_training_are_in_scope(parts):
    """Nearly all of them; a row beyond the range, with a new word or a new gap is not."""
    train, validation = parts
    rows = pd.DataFrame({"x": [0.1, np.nan, 50.0]})

    assert in_scope(train[["x"]], validation[["x"]], validation[["x"]]).mean() > 0.95
    assert in_scope(train[["x"]], validation[["x"]], rows).tolist() == [True, False, False]
    assert in_scope(
        train[["kind"]], validation[["kind"]], pd.DataFrame({"kind": ["signal", None, "c"]})
    ).tolist() == [True, False, False]


def test_a_regression_says_value_interval_and_scope(parts):
    """The id comes first where the rows have one; the half-width reaches to both sides."""
    train, validation = parts
    rows = pd.DataFrame({"name": ["u", "v"], "x": [0.0, 50.0]}, index=[4, 2])
    model = DummyRegressor(strategy="constant", constant=3.0).fit(
        train[["x"]], np.zeros(len(train))
    )
    out = predictions(
        rows, model, settings("regression"), train=train, validation=validation, half_width=0.5
    )

    assert list(out) == ["name", "prediction", "low", "high", "in_scope", "reason"]
    assert out.loc[4].tolist() == ["u", 3.0, 2.5, 3.5, True, ""]
    assert not out.loc[2, "in_scope"]


@pytest.mark.parametrize(
    ("task", "point", "share"), [("classification", 0.5, 0.0), ("anomaly-detection", 0.1, 0.1)]
)
def test_a_score_passes_at_the_working_point(parts, task, point, share):
    """A probability above the cut, or the share of the background that the study lets pass."""
    train, validation = parts
    model = LogisticRegression(C=1e4).fit(train[["x"]], train["kind"] == "signal")
    background = validation[validation["kind"] == "background"]
    out = predictions(background, model, settings(task, point), train=train, validation=validation)

    assert list(out) == ["score", "passes", "in_scope", "reason"]
    assert out["passes"].mean() == pytest.approx(share, abs=0.02)
