"""Differences and ratios of inputs in one unit: colours of magnitudes, ratios of fluxes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxloop.checks import run_check
from boxloop.measure import load_model, save_model
from boxloop.measure.contrasts import Contrasts

BANDS = ["u", "g", "r", "i", "z"]


def galaxies(seed=0, size=600):
    """Five magnitudes with a common brightness that means nothing, and a truth in the colours."""
    rng = np.random.default_rng(seed)
    truth, bright = rng.uniform(0, 1, size), rng.normal(22, 2, size)
    slopes = np.array([2.0, 1.0, -1.0, 0.5, 0.0])
    mags = bright[:, None] + truth[:, None] * slopes + 0.02 * rng.normal(size=(size, 5))
    return pd.DataFrame(mags, columns=BANDS), truth


def test_names_and_values_of_magnitudes_and_fluxes():
    """All pairs of up to four; of more each meets the next; ratios where all are positive."""
    X, _ = galaxies()
    few = Contrasts(dict.fromkeys("gri", "mag")).fit(X)
    assert list(few.get_feature_names_out())[5:] == ["g - r", "g - i", "r - i"]
    many = Contrasts(dict.fromkeys(BANDS, "mag"), keep=False).fit(X)
    assert list(many.get_feature_names_out()) == ["u - g", "g - r", "r - i", "i - z"]
    assert list(many.transform(X)) == list(many.get_feature_names_out())

    flux = 10 ** (-0.4 * X)
    ratios = Contrasts(dict.fromkeys("gr", "mJy")).fit(flux)
    assert list(ratios.get_feature_names_out())[5:] == ["ln(g / r)"]
    got = ratios.transform(flux)["ln(g / r)"]
    np.testing.assert_allclose(got, -0.4 * np.log(10) * (X["g"] - X["r"]))


def test_whether_a_ratio_is_possible_is_learnt_from_the_fitted_rows_alone():
    """A flux below zero in a new row is no ratio there, and changes nothing of the others."""
    X = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [1.0, 1.0, 2.0]})
    units = {"a": "Jy", "b": "Jy"}
    step = Contrasts(units).fit(X)
    new = pd.concat([X, pd.DataFrame({"a": [-1.0], "b": [1.0]})], ignore_index=True)

    np.testing.assert_allclose(step.transform(new)["ln(a / b)"][:3], np.log([1, 2, 2]))
    assert np.isnan(step.transform(new)["ln(a / b)"][3])
    assert list(Contrasts(units).fit(new).get_feature_names_out())[2:] == ["a - b"]


@pytest.mark.parametrize("unit", ["", "1", "TODO", " "])
def test_what_has_no_unit_is_not_compared(unit):
    """Nor words, nor a unit of its own, nor the hundred columns of a spectrum."""
    X = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 1.0], "w": ["x", "y"]})
    assert Contrasts({"a": unit, "b": unit, "w": "mag"}).fit(X).pairs_ == []
    assert Contrasts({"a": "m", "b": "s", "w": "m"}).fit(X).pairs_ == []
    spectrum = pd.DataFrame(np.ones((3, 100)), columns=[f"f{k}" for k in range(100)])
    assert Contrasts(dict.fromkeys(spectrum, "Jy")).fit(spectrum).pairs_ == []


def test_gaps_stay_gaps_and_a_table_may_lack_a_column():
    """NaN in one of a pair is NaN in the contrast; an input that was dropped is no pair."""
    X, _ = galaxies(size=20)
    X.loc[3, "g"] = np.nan
    step = Contrasts(dict.fromkeys(BANDS, "mag"))
    out = step.fit(X).transform(X)
    assert out.loc[3, ["u - g", "g - r"]].isna().all() and out.drop(index=3).notna().all(axis=None)
    assert "u - r" in clone(step).fit(X.drop(columns="g")).transform(X.drop(columns="g"))


def test_trees_gain_by_them_and_the_model_can_be_stored(tmp_path):
    """Colours cut the error of trees by a third or more; the check of the pipeline passes."""
    X, y = galaxies()
    trees = ExtraTreesRegressor(n_estimators=30, random_state=0)
    both = make_pipeline(Contrasts(dict.fromkeys(BANDS, "mag")), trees)
    rmse = [-cross_val_score(one, X, y, scoring="neg_root_mean_squared_error").mean()
            for one in (trees, both)]  # fmt: skip
    assert rmse[1] < 0.67 * rmse[0]

    scaled = make_pipeline(
        Contrasts(dict.fromkeys(BANDS, "mag")),
        make_column_transformer((StandardScaler(), BANDS), remainder="passthrough"),
        trees,
    ).fit(X, y)
    save_model(tmp_path / "model.skops", scaled)
    np.testing.assert_array_equal(
        load_model(tmp_path / "model.skops").predict(X), scaled.predict(X)
    )
    assert run_check("train.pipeline", scaled, X, y).state == "pass"
