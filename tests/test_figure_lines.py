"""A figure as picture and as lines: one layout, the same bytes, no row to the last digit."""

import colorsys
import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

from boxloop.base.style import COLOURS, use_style
from boxloop.figures.lines import MOST_MARKS, drawn

PAPER = (22, 24, 27)
PAGE = {"model": "#56b4e9", "reference": "#f0883e"}  # --model and --reference of the dark page


@pytest.fixture
def draw():
    """Return ``draw(rows, label)``: a figure with so many points."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    with mpl.rc_context():
        use_style()

        def figure(rows=5, label="mass"):
            fig, ax = plt.subplots()
            x = np.random.default_rng(1).normal(size=rows)
            ax.scatter(x, x**2)
            ax.plot(x, x, "o", ls="none")
            ax.set(xlabel=label, ylabel="<b>3.14159265 & more</b>")
            return fig

        yield figure
        plt.close("all")


def test_both_are_drawn_and_twice_the_same(draw):
    """Which a run with prepared kernels promises as well."""
    one, two = drawn(draw()), drawn(draw())
    assert one == two
    assert one[0][:4] == b"\x89PNG"
    assert ET.fromstring(one[1]).tag.endswith("svg")


def test_words_stay_as_they_are(draw):
    """Digits of a label are not rounded, and signs of markup are only text."""
    svg = drawn(draw(label="1.23456789 [keV]"))[1]
    said = "".join(ET.fromstring(svg).itertext())
    assert "1.23456789 [keV]" in said
    assert "<b>3.14159265 & more</b>" in said


@pytest.mark.parametrize(("rows", "pixels"), [(MOST_MARKS, False), (MOST_MARKS + 1, True)])
def test_many_marks_are_pixels(draw, rows, pixels):
    """In lines they would tell the values of rows to the last digit, and be large."""
    svg = drawn(draw(rows))[1]
    assert ("<image" in svg) is pixels
    assert (svg.count("<use") > rows) is not pixels


def test_coordinates_say_no_more_than_hundredths_of_a_point(draw):
    """And small shares a ten-thousandth."""
    svg = drawn(draw())[1]
    tags = re.sub(r"base64,[^\"]*", "", " ".join(re.findall(r"<[^>]+>", svg)))
    assert max(len(found) for found in re.findall(r"\d+\.(\d+)", tags)) <= 4


def test_signs_that_no_reader_has_are_outlines(draw):
    """The root of a formula is of a font of matplotlib's own."""
    svg = drawn(draw(label=r"$S / \sqrt{B}$"))[1]
    assert "font-family: " not in svg
    assert "<text" not in svg


def test_it_is_smaller(draw):
    """No prolog, no names that nothing refers to."""
    svg = drawn(draw())[1]
    assert svg.startswith("<svg")
    named = set(re.findall(r' id="([^"]*)"', svg))
    assert named <= set(re.findall(r"#([\w.-]+)", svg))


def dark(colour):
    """Return what `filter: invert(0.92) hue-rotate(180deg)` makes of a colour, and the blend."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one * (1 - 2 * 0.92) + 0.92 for one in (red, green, blue))
    turned = (
        -0.574 * red + 1.430 * green + 0.144 * blue,
        0.426 * red + 0.430 * green + 0.144 * blue,
        0.426 * red + 1.430 * green - 0.856 * blue,
    )
    shown = (round(255 * min(max(one, 0), 1)) for one in turned)
    return tuple(max(one, paper) for one, paper in zip(shown, PAPER, strict=True))


def light(colour):
    """Return the relative luminance of a colour."""
    parts = [one / 255 for one in colour]
    parts = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def hue(colour):
    """Return the hue of a colour, in degrees."""
    return 360 * colorsys.rgb_to_hsv(*colour)[0]


def test_dark_figures_keep_the_meaning_of_their_colours():
    """Each keeps its hue, is seen on the dark paper, and is not taken for another one.

    White becomes the paper, black becomes light, and the colours of model and reference become
    those that the dark page has for them.
    """
    assert max(abs(a - b) for a, b in zip(dark("#ffffff"), PAPER, strict=True)) <= 2
    assert min(dark("#000000")) > 220
    for role, wanted in PAGE.items():
        page = [int(wanted[at : at + 2], 16) for at in (1, 3, 5)]
        assert max(abs(a - b) for a, b in zip(dark(COLOURS[role]), page, strict=True)) < 40, role
    made = {role: dark(colour) for role, colour in COLOURS.items()}
    for role, colour in made.items():
        assert (light(colour) + 0.05) / (light(PAPER) + 0.05) > 3, role
        before = [int(COLOURS[role][at : at + 2], 16) for at in (1, 3, 5)]
        if role not in ("trivial", "truth"):
            assert abs((hue(colour) - hue(before) + 180) % 360 - 180) < 20, role
    for one, two in combinations(made.values(), 2):
        assert np.linalg.norm(np.subtract(one, two)) > 45
