"""One look for all figures: colours that everyone can tell apart, always with the same meaning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# Okabe & Ito's palette, safe for the common kinds of colour blindness.
COLOURS = {
    "model": "#0072B2",
    "reference": "#D55E00",
    "trivial": "#777777",
    "truth": "#000000",
    "limit": "#009E73",
    "other": "#CC79A7",
}
_TICK = r"$\mathdefault{"  # how matplotlib itself begins the powers of ten on an axis
MARKERS = {"model": "o", "reference": "s", "trivial": "^", "truth": "_", "limit": "D", "other": "v"}


def use_style() -> None:
    """Apply the style file that all figures of the report share."""
    import matplotlib.pyplot as plt

    with as_file(files("boxloop.base") / "boxloop.mplstyle") as path:
        plt.style.use(path)


def _words(value: Any) -> Iterator:
    """Yield every text in a nest of dictionaries and lists, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _words([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)


def literal(fig: Figure, study: dict) -> None:
    """Let the texts of a figure be read as they are written, where a dollar sign is no formula.

    Names, units and classes of a table may hold any sign; formulas in the labels of a notebook
    stay.

    Parameters
    ----------
    fig : matplotlib Figure
    study : dict
        What study.toml holds: a label with a text of it that has a dollar sign is no formula.
    """
    from matplotlib.text import Text

    words = [word for word in _words(study) if "$" in word]
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_ticklabels()  # makes them, where nothing has drawn them yet
    for text in fig.findobj(Text):
        said = text.get_text()
        if "$" not in said or said.startswith(_TICK):
            continue
        if any(word in said for word in words) or not _is_formula(said):
            text.set_parse_math(False)


def _is_formula(text: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return False
    return True


def plain_log_ticks(axis: Any, most: int = 4) -> None:
    """Label a logarithmic axis in about `most` plain numbers: 1, 2, 5, not powers of ten."""
    from matplotlib.ticker import NullFormatter

    low, high = sorted(axis.get_view_interval())
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            step * 10.0**decade
            for decade in decades
            for step in steps
            if low <= step * 10.0**decade <= high
        ]
        if len(ticks) <= most:
            break
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_minor_formatter(NullFormatter())
