"""A figure as the picture that a screen shows and as lines: PNG and SVG, from one layout.

The report shows the lines: sharp at any size, a third of the bytes. Where an artist has many
marks, one for each row of a table, they are pixels in the SVG too: in lines they would tell the
values of rows to the last digit, and be large.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

DOTS = 150  # per inch, of the picture and of what is pixels in the lines
MOST_MARKS = 30  # of one artist that are drawn as lines
# The widths of DejaVu Sans are those of Verdana, which other systems have.
FONTS = "'DejaVu Sans',Verdana,Geneva,sans-serif"
_FAMILY = re.compile(r"(?:; )?font-family: 'DejaVu Sans'[^;\"]*")
_TAG = re.compile(r"<[^>]+>")
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_EDGES = re.compile(r"(?:; )?image-rendering:\s*[\w-]+")
_NO_FACTS = {"Date": None, "Creator": None, "Format": None, "Type": None}


def drawn(fig: Figure) -> tuple[bytes, str]:
    """Return a figure as PNG and as SVG; the places of its parts are found once, for both.

    The same figure gives the same bytes. Afterwards its parts stay where they are.

    Parameters
    ----------
    fig : matplotlib Figure

    Returns
    -------
    png : bytes
    svg : str
        Empty where a part of the figure cannot be drawn in lines.
    """
    with warnings.catch_warnings():
        # A sign that the font lacks is drawn as a box, and the box says so.
        warnings.filterwarnings("ignore", message="Glyph ")
        box = _box(fig)
        buffer = io.BytesIO()
        facts = {"Software": None}
        fig.savefig(buffer, format="png", dpi=DOTS, bbox_inches=box, metadata=facts)
        return buffer.getvalue(), _lines(fig, box)


def _box(fig: Figure) -> Bbox:
    """Lay a figure out for good, and return what is drawn on, in inches."""
    import matplotlib as mpl

    before, layout = fig.dpi, fig.get_layout_engine()
    fig.dpi = DOTS
    try:
        if layout is not None:
            layout.execute(fig)
        with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
            fig.set_layout_engine(None)  # else each of the pictures would do it again
        return fig.get_tightbbox().padded(float(mpl.rcParams["savefig.pad_inches"]))
    finally:
        fig.dpi = before


def _lines(fig: Figure, box: Bbox) -> str:
    crowded = [artist for artist in _crowded(fig) if not artist.get_rasterized()]
    for artist in crowded:
        artist.set_rasterized(True)
    try:
        svg = smaller(_saved(fig, box, "none"))
        if "font-family: " in svg:  # a sign of a formula, from a font that readers do not have
            svg = smaller(_saved(fig, box, "path"))
    except Exception:  # noqa: BLE001  # a part of a study that knows pixels only: the PNG is there
        return ""
    finally:
        for artist in crowded:
            artist.set_rasterized(False)
    # matplotlib asks for hard edges of all pixels: right for the cells of a picture, not for marks.
    return svg if any(ax.images for ax in fig.axes) else _EDGES.sub("", svg)


def _saved(fig: Figure, box: Bbox, letters: str) -> str:
    """Return an SVG with its words as text (``none``) or as outlines (``path``)."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": letters, "svg.hashsalt": "boxloop"}):
        fig.savefig(buffer, format="svg", dpi=DOTS, bbox_inches=box, metadata=_NO_FACTS)
    return buffer.getvalue().decode("utf-8")


def _crowded(fig: Figure) -> Iterator[Any]:
    """Yield the artists with many marks."""
    for ax in fig.axes:
        for line in ax.lines:
            marked = line.get_marker() not in ("None", "none", " ", "", None)
            if marked and np.size(line.get_xdata(orig=False)) > MOST_MARKS:
                yield line
        for marks in ax.collections:
            if max(np.size(marks.get_offsets()) // 2, len(marks.get_paths())) > MOST_MARKS:
                yield marks


def smaller(svg: str) -> str:
    """Return an SVG of matplotlib without what no reader sees.

    Hundredths of a point are kept, names that nothing refers to are not. The words of a figure
    stay as they are.
    """
    svg = svg[svg.index("<svg") :].strip()
    named = set(re.findall(r"#([\w.-]+)", svg))

    def tag(match: re.Match) -> str:
        text = re.sub(r"(base64,)([^\"]*)", lambda m: m[1] + re.sub(r"\s", "", m[2]), match[0])
        if "base64," not in text:
            text = _LONG.sub(_rounded, text)
        text = re.sub(r"\s+", " ", text)
        text = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in named else "", text)
        return _FAMILY.sub("", text)

    svg = re.sub(r">\s*\n\s*<", "><", _TAG.sub(tag, svg))
    return svg.replace("<svg ", f'<svg font-family="{FONTS}" ', 1)


def _rounded(number: re.Match) -> str:
    value = float(number[0])
    places = 2 if abs(value) >= 1 else 4
    return f"{value:.{places}f}".rstrip("0").rstrip(".") or "0"
