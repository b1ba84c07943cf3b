"""One look for all figures: colours that everyone can tell apart, always with the same meaning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.resources import as_file, files
from itertools import pairwise
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
    """Label a logarithmic axis in about `most` plain numbers: 1, 2, 5, or powers of ten."""
    from matplotlib.ticker import NullFormatter

    low, high = sorted(axis.get_view_interval())
    ticks, words = log_ticks(low, high, most=most)
    axis.set_ticks(ticks, labels=words)
    axis.set_minor_formatter(NullFormatter())


def log_ticks(low: float, high: float, *, most: int = 4) -> tuple[list[float], list[str]]:
    """Return at most so many places on a logarithmic axis, and what is written at them.

    Parameters
    ----------
    low, high : float
        The ends of the axis, above zero.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ways = [((1, 2, 5), 1), ((1, 3), 1), *(((1,), stride) for stride in range(1, last - first + 2))]
    ticks: list[float] = []
    for steps, stride in ways:
        decades = [decade for decade in range(first, last + 1) if decade % stride == 0]
        places = [step * 10.0**decade for decade in decades for step in steps]
        ticks = [place for place in places if low <= place <= high]
        if len(ticks) <= most:
            break
    if len(ticks) < 2:  # less than a decade, or an unlucky place
        from matplotlib.ticker import MaxNLocator

        found = map(float, MaxNLocator(max(most - 1, 1)).tick_values(low, high))
        ticks = [place for place in found if low <= place <= high] or ticks
    return ticks, tick_words(ticks)


def tick_words(ticks: list[float]) -> list[str]:
    """Return numbers for the ticks of one axis: plain, or in powers of ten where they are long."""
    sizes = [abs(tick) for tick in ticks if tick]
    if not sizes:
        return ["0"] * len(ticks)
    step = min((b - a for a, b in pairwise(ticks) if b > a), default=sizes[0])
    if min(sizes) > 100 * step:  # such as Julian dates: what differs has to stay
        places = next((n for n in range(9) if all(_is_round(x, n, step) for x in ticks)), 9)
        return [f"{tick:.{places}f}" for tick in ticks]
    if min(sizes) >= 1e-3 and max(sizes) < 1e5:
        return [f"{tick:g}" for tick in ticks]
    return [_power(tick) for tick in ticks]


def _is_round(tick: float, places: int, step: float) -> bool:
    return abs(round(tick, places) - tick) < 1e-3 * step


def _power(tick: float) -> str:
    """Return a number as a power of ten, as matplotlib writes those of its own."""
    if not tick:
        return "0"
    exponent = math.floor(math.log10(abs(tick)) + 1e-9)
    digits = f"{abs(tick) / 10.0**exponent:.3g}"
    sign, head = "-" if tick < 0 else "", "" if digits == "1" else rf"{digits}\times"
    return f"{_TICK}{sign}{head}10^{{{exponent}}}}}$"
