"""Features of a study: worked out inside of a model, wherever it is asked."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.measure import Features, StressTest
from boxloop.record.promises import levels_of, refuse_a_broken_manifest, rungs_of
from boxloop.settings.load import load_settings

RNG = np.random.default_rng(3)
ROWS = pd.DataFrame({"a": RNG.uniform(1, 2, 60), "b": RNG.uniform(1, 2, 60)})
Y = ROWS["a"] * ROWS["b"]


def product():
    features = Features()

    @features.of("a", "b")
    def both(frame):
        return frame["a"] * frame["b"]

    return features


def test_a_model_works_it_out_for_itself():
    """A line in the product is exact, on rows that were changed after the fit, too."""
    model = clone(make_pipeline(*product().steps(), LinearRegression())).fit(ROWS, Y)
    harder = ROWS.assign(a=ROWS["a"] * 3)

    assert np.allclose(model.predict(harder), harder["a"] * harder["b"])
    assert list(ROWS) == ["a", "b"], "the table itself is as it was"
    without = make_pipeline(LinearRegression()).fit(ROWS, Y)
    assert not np.allclose(without.predict(harder), harder["a"] * harder["b"])


def test_no_feature_is_no_step():
    """So that a study without one is as it was."""
    log = FunctionTransformer(np.log)

    assert Features().steps() == [] and Features().steps(log) == [log]
    assert Features().into(ROWS) is ROWS


def test_it_stands_beside_what_becomes_of_the_others():
    """The columns that came are logarithms; the feature is worked out of them as they came."""
    (step,) = product().steps(FunctionTransformer(np.log))
    found = step.fit_transform(ROWS, Y)

    assert list(found) == ["a", "b", "both"]
    assert np.allclose(found["a"], np.log(ROWS["a"])) and np.allclose(found["both"], Y)


def test_without_an_input_its_feature_goes():
    """Notebook 04 asks what a model is without some inputs."""
    model = make_pipeline(*product().steps(), LinearRegression())

    assert list(model[:-1].fit_transform(ROWS[["a"]])) == ["a"]


def test_what_is_infinite_was_not_measured():
    features = Features()

    @features.column("a")
    def inverse(frame):
        return 1 / frame["a"]

    found = features.into(pd.DataFrame({"a": [0.0, 2.0]}))

    assert np.isnan(found["inverse"][0]) and found["inverse"][1] == 0.5
    assert list(features.into(pd.DataFrame({"b": [1.0]}))) == ["b"], "a table without its column"


@pytest.mark.parametrize("wrong", [1.0, [1.0], "text", None, np.ones((60, 2)), ["x"] * 60])
def test_it_is_a_number_for_each_row_or_refused(wrong):
    features = Features()
    features.column("a")(lambda frame: wrong)

    with pytest.raises(UserError, match="does not return a number for each row"):
        features.into(ROWS)


PEOPLE = pd.DataFrame({"height": [1.0, 2.0], "family": ["a", "b"], "weight": [60.0, 70.0]})


def test_a_manifest_that_the_table_keeps_passes_and_another_names_its_column(tmp_path):
    """Before anything is looked at: 01 ends with it."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    settings = load_settings(path)
    refuse_a_broken_manifest(PEOPLE, settings)

    for name in ("height", "weight"):
        with pytest.raises(UserError, match=rf"\[columns.{name}\] of study.toml names a column"):
            refuse_a_broken_manifest(PEOPLE.drop(columns=name), settings)
    with pytest.raises(UserError, match=r"\[columns.weight\] of study.toml needs numbers"):
        refuse_a_broken_manifest(PEOPLE.assign(weight=["60", "much"]), settings)


def test_levels_are_those_of_study_toml_or_none_at_all():
    test = StressTest("mixed up", "noise", "mix", None, "Mixed.")

    assert levels_of(test, {"mix": [0.1]}) == [0.1]
    for stress in ({}, {"mix": []}, {"other": [1.0]}):
        with pytest.raises(UserError, match=r"'mixed up' of study/stress\.py has no levels"):
            levels_of(test, stress)


@pytest.mark.parametrize("said", [{}, {"line": ""}, {"line": "  "}, {"other": "words"}])
def test_a_rung_has_a_motivation(said):
    rungs = {"line": make_pipeline(*product().steps(), LinearRegression())}
    models = SimpleNamespace(ladder=lambda seed: rungs, MOTIVATION=said)

    with pytest.raises(UserError, match=r"The rung 'line' of study/models\.py has no motivation"):
        rungs_of(models, 0, ["a", "b"])
    models.MOTIVATION = {"line": "The simplest."}
    assert rungs_of(models, 0, ["a", "b"]) == rungs
    with pytest.raises(UserError, match="both is worked out of 'b', which is no input"):
        rungs_of(models, 0, ["a"])
