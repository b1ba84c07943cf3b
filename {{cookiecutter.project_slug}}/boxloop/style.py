"""One look for all figures: colours that everyone can tell apart, always with the same meaning."""

import math
from importlib.resources import as_file, files

# Okabe & Ito's palette, safe for the common kinds of colour blindness.
COLOURS = {
    "model": "#0072B2",
    "reference": "#D55E00",
    "trivial": "#777777",
    "truth": "#000000",
    "limit": "#009E73",
    "other": "#CC79A7",
}
MARKERS = {"model": "o", "reference": "s", "trivial": "^", "truth": "_", "limit": "D", "other": "v"}


def use_style():
    """Apply the style file that all figures of the report share."""
    import matplotlib.pyplot as plt

    with as_file(files("boxloop") / "boxloop.mplstyle") as path:
        plt.style.use(path)


def plain_log_ticks(axis, most=4):
    """Label a logarithmic axis in plain numbers, about `most` of them: 1, 2, 5, 10 rather than powers of ten."""
    from matplotlib.ticker import NullFormatter

    low, high = sorted(axis.get_view_interval())
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) <= most:
            break
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_minor_formatter(NullFormatter())
