"""What every figure passes through before it is shown: words that fit, ticks and legends apart.

Names, units and classes of a stranger's table may be long, hold brackets, and be many. What is said
here once holds for all figures, those of a study's own cells too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boxloop.base.style import plain_log_ticks
from boxloop.figures.bulk import Bulk
from boxloop.figures.labels import column_label, distinct_labels, says_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

SIGN = 0.56  # width of a sign, in units of the size of its font
WIDEST = 42  # signs of a word beside a vertical axis, in each of its two lines
LINE = 1.45  # height of a line, in units of the size of its font
LEAST, MOST = 1e-3, 1e5  # numbers beyond are written as powers of ten
NARROW = 3.0  # inches of a panel that has room for three long numbers
GAP = 0.06  # inches between an axis and the legend below it
_UNIT_AT_END = re.compile(r"^(.*\S)\s*\[([^\[\]]*)\]$", re.DOTALL)


def make_readable(fig: Figure) -> None:
    """Take out empty panels, wrap labels, thin ticks that overlap, move legends off the curves."""
    for ax in [ax for ax in fig.axes if ax.axison and not ax.has_data() and not ax.texts]:
        _take_out(ax)
    for text in fig.texts:  # labels that several panels share
        if _is_plain(text) and text.get_text().endswith("]"):
            text.set_text(fitted(text.get_text(), len(text.get_text())))
    for ax in fig.axes:
        _fit_labels(ax)
        for axis in (ax.xaxis, ax.yaxis):
            _fit_numbers(axis)
        _fit_words(ax)
    if any(_is_inside(ax, ax.get_legend()) for ax in fig.axes):
        fig.draw_without_rendering()  # only now the places are known
        for ax in fig.axes:
            legend = ax.get_legend()
            if legend is not None and _is_inside(ax, legend) and _is_in_the_way(ax, legend):
                _move_below(ax, legend)


def _take_out(ax: Axes) -> None:
    """Remove an empty panel, and let the one above it have the numbers of a shared axis."""
    place, others = ax.get_subplotspec(), ax.figure.axes
    if place is not None and len(others) > 1:
        for above in others:
            spot = above.get_subplotspec()
            if spot is None or spot.rowspan.stop != place.rowspan.start:
                continue
            if spot.colspan == place.colspan:
                above.tick_params(labelbottom=True)
    if len(others) > 1:
        ax.remove()


def _inches(ax: Axes) -> tuple[float, float]:
    """Return width and height of a panel, about: a layout that is still to come may shrink it."""
    box, fig = ax.get_position(), ax.get_figure(root=True)
    size = (6.4, 4.8) if fig is None else fig.get_size_inches()
    return max(box.width * size[0], 0.5), max(box.height * size[1], 0.5)


def _signs(inches: float, text: Any) -> int:
    """Return how many signs of a text have room."""
    return max(int(72 * inches / (SIGN * text.get_fontsize())), 8)


def _is_plain(text: Any) -> bool:
    """Return whether a text is no formula."""
    return "$" not in text.get_text() or not text.get_parse_math()


def _fit_labels(ax: Axes) -> None:
    """Wrap the title and the labels of a panel, and say each unit once."""
    wide, high = _inches(ax)
    texts = [(text, wide) for text in _titles(ax)]
    for text, room in [*texts, (ax.xaxis.label, wide), (ax.yaxis.label, high)]:
        said = text.get_text()
        if said and _is_plain(text) and "\n" not in said:
            text.set_text(fitted(said, _signs(1.1 * room, text)))


def _titles(ax: Axes) -> list[Any]:
    from matplotlib.text import Text

    said = {ax.get_title(place) for place in ("left", "center", "right")} - {""}
    there = [child for child in ax.get_children() if isinstance(child, Text)]
    return [text for text in there if text.get_text() in said]


def fitted(label: str, width: int) -> str:
    """Return the label of an axis, ``name [unit]``, in lines of so many signs, its unit once."""
    parts = _UNIT_AT_END.match(label)
    if parts is None:
        return column_label(label, width=width)
    name, unit = parts[1], parts[2].strip()
    if not unit or says_unit(name, unit):
        return column_label(name, width=width)
    return column_label(name, unit, width=width)


def _fit_numbers(axis: Any) -> None:
    """Write few ticks on a logarithmic axis, and long numbers as powers of ten at every tick."""
    from matplotlib.ticker import FixedLocator, ScalarFormatter

    if isinstance(axis.get_major_locator(), FixedLocator):
        return
    if axis.get_scale() == "log":
        plain_log_ticks(axis)
    elif axis.get_scale() == "linear" and type(axis.get_major_formatter()) is ScalarFormatter:
        low, high = sorted(map(float, axis.get_view_interval()))
        if not LEAST <= max(abs(low), abs(high)) < MOST:
            wide = axis.axis_name == "y" or _inches(axis.axes)[0] > NARROW
            ticks, words = Bulk("linear", low, high).ticks(most=5 if wide else 3)
            axis.set_ticks(ticks, labels=words)


def _words(axis: Any) -> list[str]:
    """Return the words at the ticks of an axis, none where matplotlib writes numbers."""
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    formatter = axis.get_major_formatter()
    if not isinstance(formatter, FixedFormatter | FuncFormatter) and not _is_categorical(axis):
        return []
    return [text.get_text() for text in axis.get_ticklabels()]


def _is_categorical(axis: Any) -> bool:
    from matplotlib.category import UnitData

    return isinstance(axis.get_units(), UnitData)


def _fit_words(ax: Axes) -> None:
    """Wrap the words beside a vertical axis, and turn those under a horizontal one if they meet."""
    words = _words(ax.yaxis)
    if _longest(words) > WIDEST and _are_plain(ax.yaxis):
        words = [column_label(word, width=WIDEST) for word in words]
        room = (
            72 * _inches(ax)[1] / len(words) / (LINE * max(word.count("\n") + 1 for word in words))
        )
        size = min(ax.yaxis.get_ticklabels()[0].get_fontsize(), max(room, 5))
        ax.yaxis.set_ticks(ax.get_yticks(), labels=words, fontsize=size)
    words = _words(ax.xaxis)
    if not words or not _are_plain(ax.xaxis):
        return
    first = ax.xaxis.get_ticklabels()[0]
    room = _signs(_inches(ax)[0] / len(words), first)
    if _longest(words) > room and not first.get_rotation() and _are_words(words):
        short = distinct_labels(words, width=20)
        look: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        ax.xaxis.set_ticks(ax.get_xticks(), labels=short, **look)


def _longest(words: list[str]) -> int:
    """Return the signs of the longest line."""
    return max((len(line) for word in words for line in word.splitlines()), default=0)


def _are_words(words: list[str]) -> bool:
    """Return whether something else than numbers stands at the ticks."""
    return any(char.isalpha() for word in words for char in word if "$" not in word)


def _are_plain(axis: Any) -> bool:
    return all(map(_is_plain, axis.get_ticklabels()))


def _is_inside(ax: Axes, legend: Legend | None) -> bool:
    """Return whether a legend stands where matplotlib puts it, over the panel."""
    return legend is not None and legend.get_bbox_to_anchor() is ax.bbox


def _is_in_the_way(ax: Axes, legend: Legend) -> bool:
    """Return whether a legend covers a curve, or is wider than its panel."""
    box = legend.get_window_extent()
    if box.x0 < ax.bbox.x0 - 1 or box.x1 > ax.bbox.x1 + 1:
        return True
    return any(_covers(box, line) for line in ax.get_lines() if line.get_visible())


def _covers(box: Any, line: Any) -> bool:
    """Return whether a curve passes through a box, all in dots of the screen."""
    path = line.get_transform().transform_path(line.get_path())
    return bool(len(path.vertices)) and path.intersects_bbox(box, filled=False)


def _move_below(ax: Axes, legend: Legend) -> None:
    """Let a legend stand below the label of its horizontal axis."""
    from matplotlib.transforms import ScaledTranslation

    around = ax.xaxis.get_tightbbox()
    depth = 0.0 if around is None else (ax.bbox.y0 - around.y0) / ax.figure.dpi
    below = ScaledTranslation(0, -max(depth, 0.0) - GAP, ax.figure.dpi_scale_trans)
    legend.set_loc("upper center")
    legend.set_bbox_to_anchor((0.5, 0.0), transform=ax.transAxes + below)
