"""Axes for numbers of which the answer is known: what is shown, and what is said to lie outside."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from boxloop.base.style import log_ticks, tick_words
from boxloop.figures.bulk import find_bulk


def draws(name, size=1000):
    """Return numbers of a known law."""
    rng = np.random.default_rng(7)
    return {
        "normal": lambda: rng.normal(100, 3, size),
        "uniform angle": lambda: rng.uniform(0.1, 90, size),
        "flux over ten decades": lambda: 10 ** rng.uniform(-5, 5, size),
        "Cauchy": lambda: rng.standard_cauchy(size),
        "all negative": lambda: -(10 ** rng.normal(5, 2, size)),
        "flag": lambda: rng.integers(0, 2, size),
        "mostly zero": lambda: np.where(rng.random(size) < 0.6, 0, rng.pareto(0.5, size)),
    }[name]()


SCALES = {
    "normal": "linear",
    "uniform angle": "linear",
    "flux over ten decades": "log",
    "Cauchy": "asinh",
    "all negative": "asinh",
    "flag": "linear",
    "mostly zero": "asinh",
}


@pytest.mark.parametrize("name", SCALES)
def test_the_scale_is_the_one_on_which_the_bulk_fills_the_axis(name):
    """Ten decades need a logarithm, a magnitude none, and tails on both sides the third."""
    values = draws(name)
    bulk = find_bulk(values)

    assert bulk.scale == SCALES[name]
    assert bulk.beyond(values).mean() < 0.01


@pytest.mark.parametrize(("size", "far"), [(40, 1), (40, 3), (1000, 2), (100_000, 1)])
def test_a_few_far_values_lie_outside_and_are_counted(size, far):
    """Periods of ten days with some of 4e8 days: the axis ends near the others."""
    values = np.r_[np.random.default_rng(3).normal(10, 1, size - far), np.full(far, 4e8)]
    bulk = find_bulk(values)

    assert bulk.high < 20
    assert bulk.words(values) == f"{far} row{' lies' if far == 1 else 's lie'} outside"


def test_values_that_are_not_far_are_all_shown():
    """The ends of a bell are no outliers: nothing is said where nothing is hidden."""
    values = draws("normal", 100_000)
    bulk = find_bulk(values)

    assert bulk.low < values.min() and values.max() < bulk.high
    assert bulk.words(values) == ""


def test_rows_are_counted_once():
    """A row whose truth and whose guess lie outside is one row; a missing one is none."""
    truth, guess = np.array([1.0, 2, 900, 3, np.nan]), np.array([1.0, 800, 900, 3, 2])
    bulk = find_bulk(np.linspace(0, 5, 100))

    assert bulk.words(truth, guess) == "2 rows lie outside"


def test_every_set_is_seen():
    """A small set that lies elsewhere is no tail of a large one."""
    rng = np.random.default_rng(0)
    train, deployment = rng.normal(0, 1, 20_000), rng.normal(50, 1, 60)
    bulk = find_bulk(train, deployment)

    assert not bulk.beyond(deployment).any() and bulk.low < -2


@pytest.mark.parametrize(
    "values",
    [[], [np.nan], [3.0] * 5, [0.0], ["a"], [np.inf, 1, 2], [5e-324, 1e308], [True, False]],
)
def test_there_is_always_an_axis(values):
    """Nothing, a constant, words, infinity: no figure may end in a traceback."""
    bulk = find_bulk(np.array(values))
    _, ax = plt.subplots()
    bulk.show(ax.xaxis, ax.yaxis)

    assert bulk.low < bulk.high
    plt.close("all")


@pytest.mark.parametrize("name", SCALES)
def test_ticks_are_few_and_apart(name):
    """At most five, and neighbours never nearer than a tenth of the axis."""
    _, ax = plt.subplots()
    bulk = find_bulk(draws(name))
    bulk.show(ax.xaxis)
    places = ax.transData.transform([(x, 0) for x in ax.get_xticks()])[:, 0] / ax.bbox.width
    plt.close("all")

    assert 2 <= len(places) <= 5
    assert np.diff(places).min() > 0.09


def test_long_numbers_have_room():
    """Of ten digits that differ in the last ones, three are written."""
    _, words = find_bulk(1.18e9 + np.linspace(0, 2e7, 50)).ticks()

    assert 2 <= len(words) <= 3


def test_bins_are_equally_wide_on_the_axis():
    """Edges of a logarithmic axis have one ratio."""
    edges = find_bulk(draws("flux over ten decades")).bins(10)

    assert np.diff(np.log(edges)) == pytest.approx(np.log(edges[-1] / edges[0]) / 10)


def test_ticks_of_a_logarithmic_axis_never_crowd():
    """Ten decades have as many labels as one; less than a decade has some too."""
    assert log_ticks(1e-5, 1e5, most=4)[1] == ["0.001", "1", "1000"]
    assert len(log_ticks(1e-9, 1e9, most=4)[0]) <= 4
    assert log_ticks(60, 90)[1] == ["60", "70", "80", "90"]


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        ([0, 0.5, 1], ["0", "0.5", "1"]),
        (
            [0, 2e8, 4e8],
            ["0", "$\\mathdefault{2\\times10^{8}}$", "$\\mathdefault{4\\times10^{8}}$"],
        ),
        ([-1e5, 0.0], ["$\\mathdefault{-10^{5}}$", "0"]),
        ([2459000.25, 2459000.5], ["2459000.25", "2459000.50"]),
    ],
)
def test_what_is_written_at_ticks(ticks, words):
    """Long numbers are powers of ten; Julian dates keep the digits in which they differ."""
    assert tick_words(ticks) == words


@pytest.mark.parametrize("sign", [1, -1])
def test_the_input_that_matters_most_stays_in_the_picture(sign):
    """Without it the score lies far from all others, which is what an ablation is drawn for."""
    from boxloop.figures.ablation import draw_ablation

    score = sign * pd.Series([0.252, 0.648, 0.292, 0.301, 0.237, 0.251])
    table = pd.DataFrame({"loss": score, "se": [0.056, 0.038, 0.052, 0.054, 0.027, 0.055]})
    table.index = [f"without {word}" for word in "abcdef"]
    [ax] = draw_ablation(table, pd.Series({"reference": sign * 0.34}), label="loss").axes
    low, high = ax.get_xlim()

    assert low < score.min() and score.max() < high and ax.get_xlabel() == "loss"
