"""Histograms of the inputs, side by side."""

from types import SimpleNamespace

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from boxloop.figures.distributions import MOST, draw_distributions


@pytest.fixture
def drawn():
    """Return a function that draws tables and gives the axes; the figure is closed afterwards."""

    def draw(tables, units):
        return draw_distributions(
            tables, {name: SimpleNamespace(unit=unit) for name, unit in units.items()}
        ).axes

    yield draw
    plt.close("all")


def tables(rng, names):
    """Return two tables of different size."""
    return {
        part: pd.DataFrame(rng.normal(5, 1, size=(size, len(names))), columns=names)
        for part, size in (("train", 300), ("deployment", 40))
    }


def test_one_panel_per_column_with_its_unit(drawn):
    """A unit stands in brackets, and none where there is none."""
    axes = drawn(tables(np.random.default_rng(0), ["depth", "shade"]), {"depth": "m", "shade": ""})

    assert [ax.get_xlabel() for ax in axes] == ["depth [m]", "shade"]


def test_sets_of_different_size_are_comparable(drawn):
    """Each histogram holds the share of its own rows: the sum is one."""
    (ax,) = drawn(tables(np.random.default_rng(0), ["depth"]), {"depth": ""})
    heights = [patch.get_xy()[:, 1] for patch in ax.patches]

    assert len(heights) == 2
    for height in heights:
        assert height[1:-1:2].sum() == pytest.approx(1)


def test_positive_columns_are_logarithmic_and_gaps_are_left_out(drawn):
    """A column with zero or negative values cannot be."""
    mass = [np.nan, *10 ** np.random.default_rng(0).normal(2, 1, 99)]
    frame = pd.DataFrame({"mass": mass, "slope": np.linspace(-1, 1, 100)})
    mass, slope = drawn({"train": frame}, {"mass": "", "slope": ""})

    assert (mass.get_xscale(), slope.get_xscale()) == ("log", "linear")


def test_at_most_twelve_panels(drawn):
    """A wide table does not make an endless figure."""
    names = [f"x{k}" for k in range(15)]
    assert len(drawn(tables(np.random.default_rng(0), names), dict.fromkeys(names, ""))) == MOST


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_a_constant_column_is_drawn(drawn, value):
    """A check says what is wrong with it; the figure must not stop the notebook."""
    frame = pd.DataFrame({"x": [value] * 5})
    assert len(drawn({"train": frame, "deployment": frame}, {"x": ""})) == 1


def test_a_column_that_is_empty_in_one_set_is_drawn(drawn):
    """So is one that the deployment table does not know, or that nobody knows."""
    full, empty = pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [np.nan, np.nan]})
    assert len(drawn({"train": full, "deployment": empty}, {"x": ""})) == 1
    assert len(drawn({"train": empty, "deployment": empty}, {"x": ""})) == 1


def test_words_are_bars_with_their_names(drawn):
    """One bar per word, in the same place for every set, its name beside it."""
    sets = {
        "train": pd.DataFrame({"shape": ["b", "c", "c", None]}),
        "deployment": pd.DataFrame({"shape": ["a", "c"]}),
    }
    (ax,) = drawn(sets, {"shape": ""})

    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert sorted(
        round(float(patch.get_path().vertices[:, 0].max()), 3) for patch in ax.patches
    ) == [0.5, 0.667]


def test_of_many_words_the_commonest_are_drawn_and_the_others_counted(drawn):
    """Thirty long names do not fit beside a panel; whoever is left out is counted."""
    words = [f"Field number {k} of the southern campaign" for k in range(30)]
    column = np.repeat(words, np.arange(30, 0, -1))
    (ax,) = drawn({"train": pd.DataFrame({"field": column})}, {"field": ""})

    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(set(labels)) == 12 and all(len(label) <= 14 for label in labels)
    assert ax.get_xlabel() == f"field\n{sum(range(1, 19))} rows have other words"


def test_what_lies_outside_of_a_panel_is_said(drawn):
    """Periods of some days with two of a million years: the bulk fills the panel."""
    days = np.r_[np.random.default_rng(1).lognormal(2, 1, 998), 4e8, 4e8]
    (ax,) = drawn({"train": pd.DataFrame({"period": days})}, {"period": "d"})

    assert ax.get_xlabel() == "period [d]\n2 rows lie outside"
    assert ax.get_xlim()[1] < 1e4
