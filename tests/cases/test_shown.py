"""Tables as people really have them, drawn: each name and unit once, and all of it in its panel."""

from types import SimpleNamespace

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest
from cases_at import case

from boxloop.figures.distributions import draw_distributions
from boxloop.figures.readable import make_readable
from boxloop.table.read import read_catalogue

TABLES = (
    "35_units_in_names.csv",
    "32c_long_names.csv",
    "40_constant_where_target.csv",
    "19_spaces.csv",
    "16g_inf.csv",
    "36_zero_errors.csv",
    "48_kepid.csv",
)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_drawn_within_its_panel(name):
    """Heavy tails, infinities, constants and long class names: no label leaves the figure."""
    catalogue = read_catalogue(case(name))
    frame = catalogue.frame.iloc[:, :12]
    units = {column: SimpleNamespace(unit=catalogue.units.get(column, "")) for column in frame}
    fig = draw_distributions({"all": frame, "the first half": frame.head(len(frame) // 2)}, units)
    fig.set_layout_engine("constrained")
    make_readable(fig)
    fig.canvas.draw()
    labels = [ax.xaxis.label for ax in fig.axes]

    for ax, label, column in zip(fig.axes, labels, frame, strict=True):
        assert label.get_window_extent().width < 1.3 * ax.bbox.width, column
        unit = units[column].unit
        assert not unit or label.get_text().replace("\n", "").count(unit) == 1, column
        words = [text.get_text() for text in ax.get_yticklabels()]
        assert len(set(words)) == len(words), column
    plt.close(fig)
