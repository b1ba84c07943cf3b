"""Figures of a stranger's table: names that fit, units said once, legends off the curves."""

from itertools import pairwise

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from boxloop.figures.labels import column_label, distinct_labels
from boxloop.figures.readable import fitted, make_readable
from boxloop.table.catalogue import Catalogue
from boxloop.table.column import unit_of

LONG = "flux_density_in_the_blue_band_of_camera_x1"


@pytest.fixture(autouse=True)
def closed():
    """Close what a test has drawn."""
    yield
    plt.close("all")


@pytest.mark.parametrize(
    ("name", "unit", "label"),
    [
        ("mass", "Msun", "mass [Msun]"),
        ("mass [Msun]", "Msun", "mass [Msun]"),
        ("dist (pc)", "pc", "dist (pc)"),
        ("T, K", "K", "T, K"),
        ("x", "", "x"),
        ("x", None, "x"),
        ("mass [Msun]", "kg", "mass [Msun] [kg]"),
    ],
)
def test_a_unit_is_said_once(name, unit, label):
    """A name that holds its unit is not given it again; another unit is."""
    assert column_label(name, unit) == label


@pytest.mark.parametrize(
    ("name", "unit"),
    [("[Fe/H]", ""), ("(B-V)", ""), ("[Fe/H] [dex]", "dex"), ("mass [Msun]", "Msun"), ("[O]", "")],
)
def test_a_name_that_is_all_in_brackets_says_no_unit(name, unit):
    """As astronomers write abundances: [Fe/H] is no length in units of Fe/H."""
    assert unit_of(name, Catalogue(pd.DataFrame({name: [1.0]}))) == unit


@pytest.mark.parametrize("name", [LONG, "x" * 90, "Größe der Fläche µ " * 5, "a b", "$x_1^2$ " * 9])
def test_a_name_never_is_wider_than_its_panel(name):
    """Two lines and one for the unit, and both ends of the name are there."""
    lines = column_label(name, "photons cm-2 s-1 keV-1 sr-1", width=20).split("\n")

    assert len(lines) <= 3 and all(len(line) <= 20 for line in lines)
    assert lines[0][:3] == name[:3]


def test_names_that_differ_at_their_end_stay_apart():
    """The middle is left out, never the end."""
    labels = {column_label(f"{LONG}_and_so_on_to_the_end_{k}", width=15) for k in range(12)}

    assert len(labels) == 12


@pytest.mark.parametrize(
    "pattern", ["Field {} of the southern campaign", "the_field_number_{}", "{}_x"]
)
def test_classes_are_told_apart_by_what_differs(pattern):
    """A class that is shortened must not look like another one."""
    labels = distinct_labels([pattern.format(k) for k in range(12)], width=12)

    assert len(set(labels)) == 12 and max(map(len, labels)) <= 12


@pytest.mark.parametrize("label", ["true []", "true", "mean of predicted − true []"])
def test_empty_brackets_are_no_unit(label):
    """A target without a unit leaves no brackets behind."""
    assert "[" not in fitted(label, 60)


@pytest.mark.parametrize(
    ("curve", "label"),
    [
        ([0.05, 0.05], "model"),
        ([0.9, 0.9], "a stand-in for the domain reference of the field " * 2),
    ],
)
def test_a_legend_that_covers_a_curve_or_leaves_its_panel_moves_below(curve, label):
    """A curve through its corner, or a text that is wider than the panel."""
    fig, ax = plt.subplots(layout="constrained")
    ax.plot([0, 1], curve, label=label)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="false-positive rate")
    ax.legend(loc="lower right")
    make_readable(fig)
    fig.canvas.draw()

    assert ax.get_legend().get_window_extent().y1 < ax.bbox.y0


def test_a_legend_in_nobodys_way_stays():
    """What was well placed is left alone."""
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 0.1], label="model")
    ax.set_ylim(0, 1)
    ax.legend(loc="upper left")
    make_readable(fig)

    assert ax.get_legend().get_window_extent().y0 > ax.bbox.y0 + 0.5 * ax.bbox.height


def test_empty_panels_are_taken_out_and_lend_their_numbers():
    """Seven inputs in two rows of five: three panels are no figure of anything."""
    fig, axes = plt.subplots(2, 5, sharex=True)
    for ax in axes.flat[:7]:
        ax.plot([1, 2], [1, 2])
    make_readable(fig)

    assert len(fig.axes) == 7
    assert axes[0, 4].xaxis.get_tick_params()["labelbottom"]


def test_ten_long_categories_do_not_overlap():
    """Under an axis they are turned, beside it they are wrapped."""
    fig, (flat, tall) = plt.subplots(1, 2, figsize=(9, 4))
    words = [f"{LONG} of class number {k}" for k in range(10)]
    flat.bar(range(10), np.ones(10))
    flat.set_xticks(range(10), words)
    tall.barh(range(10), np.ones(10))
    tall.set_yticks(range(10), words)
    make_readable(fig)
    fig.canvas.draw()

    assert {text.get_rotation() for text in flat.get_xticklabels()} == {35}
    boxes = [text.get_window_extent() for text in tall.get_yticklabels()]
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))


@pytest.mark.parametrize("limits", [(3e-1, 6e-1), (1e-7, 1e6)])
def test_a_logarithmic_axis_has_few_plain_numbers(limits):
    """Also where a cell asks matplotlib for it, within a decade and over thirteen."""
    fig, ax = plt.subplots()
    ax.plot([1, 2], limits)
    ax.set_yscale("log")
    make_readable(fig)
    fig.canvas.draw()
    said = [text.get_text() for text in ax.get_yticklabels(which="both")]

    assert 1 <= len([word for word in said if word]) <= 4


def test_long_numbers_leave_no_factor_in_a_corner():
    """A factor such as 1e8 stands on top of the label of the axis."""
    fig, ax = plt.subplots()
    ax.plot([0, 4e8], [0, 1])
    make_readable(fig)
    fig.canvas.draw()

    assert ax.xaxis.get_offset_text().get_text() == ""
    assert any("10^{8}" in text.get_text() for text in ax.get_xticklabels())


def test_a_formula_of_a_study_is_left_alone():
    """What is wrapped in the middle of a formula would be no formula."""
    fig, ax = plt.subplots()
    ax.plot([0, 1])
    label = r"a long label with $\sigma_{\rm obs}$ and more words than there is room for in it"
    ax.set_xlabel(label)
    make_readable(fig)

    assert ax.get_xlabel() == label
