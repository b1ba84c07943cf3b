"""How the classes look in every figure, and the drawings that several notebooks share."""

import numpy as np

from . import data, simulate, survey

# Okabe & Ito's palette; colour and marker always go together.
CLASSES = {
    "Ia": ("#0072B2", "o"), "Ibc": ("#D55E00", "s"), "II": ("#009E73", "^"),
    "SLSN": ("#CC79A7", "D"), "TDE": ("#56B4E9", "v"), "AGN": ("#777777", "x"), "KN": ("#000000", "*"),
}
BAND_COLOURS = {"g": "#009E73", "r": "#D55E00", "i": "#000000"}


def scatter(ax, frame, x, y, **options):
    """Draw two columns of a labelled table against each other, each class in its colour and marker."""
    for kind, (colour, marker) in CLASSES.items():
        part = frame[frame["kind"] == kind]
        if len(part):
            ax.scatter(part[x], part[y], s=14, color=colour, marker=marker, alpha=0.6, linewidths=0.8, label=kind, **options)


def light_curve(ax, object_id):
    """Draw the visits in g, r and i of one object, with the true light curve behind them; flux in units of magnitude 25."""
    name, number = object_id[0], int(object_id[1:])
    objects = survey.rows_of(name, data.SEASONS[name], np.array([number]))
    times, fluxes, errors, there = survey.observe(objects)
    days = np.linspace(0, simulate.SEASON, 201)
    true = simulate.flux(objects, objects["walk"], np.broadcast_to(days, (1, len(simulate.BANDS), len(days))))
    for letter, colour in BAND_COLOURS.items():
        band = simulate.BANDS.index(letter)
        seen = there[0, band]
        ax.errorbar(times[0, band, seen], fluxes[0, band, seen], errors[0, band, seen], fmt=".", ms=4, lw=1, color=colour, label=letter)
        ax.plot(days, true[0, band], color=colour, lw=0.8, alpha=0.6)
    ax.axhline(0, color="#AAAAAA", lw=0.6, zorder=0)


def bars(ax, table, columns, labels):
    """Draw columns of a table as bars side by side, one group per row; `labels` maps a column to (colour, words)."""
    wide = 0.8 / len(columns)
    for k, column in enumerate(columns):
        colour, words = labels[column]
        ax.bar(np.arange(len(table)) + (k - (len(columns) - 1) / 2) * wide, table[column], wide, color=colour, label=words)
    ax.set_xticks(range(len(table)), table.index)
    ax.axhline(0, color="#000000", lw=0.8)
