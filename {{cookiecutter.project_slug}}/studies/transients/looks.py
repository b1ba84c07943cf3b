"""How the classes look in every figure, and the drawings that several notebooks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boxloop.base import COLOURS, MARKERS

from . import cosmology, data, simulate, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd
    from matplotlib.axes import Axes


# Okabe & Ito's palette; colour and marker always go together.
CLASSES = {
    "Ia": ("#0072B2", "o"),
    "Ibc": ("#D55E00", "s"),
    "II": ("#009E73", "^"),
    "SLSN": ("#CC79A7", "D"),
    "TDE": ("#56B4E9", "v"),
    "AGN": ("#777777", "x"),
    "KN": ("#000000", "*"),
}
BAND_COLOURS = {"g": "#009E73", "r": "#D55E00", "i": "#000000"}


def light_curve(ax: Axes, object_id: str) -> None:
    """Draw the visits in g, r and i of one object over its true light curve.

    Flux is in units of magnitude 25.
    """
    name, number = object_id[0], int(object_id[1:])
    objects = survey.rows_of(name, data.SEASONS[name], np.array([number]))
    times, fluxes, errors, there = survey.observe(objects)
    days = np.linspace(0, simulate.SEASON, 201)
    true = simulate.flux(
        objects, objects["walk"], np.broadcast_to(days, (1, len(simulate.BANDS), len(days)))
    )
    for letter, colour in BAND_COLOURS.items():
        band = simulate.BANDS.index(letter)
        seen = there[0, band]
        ax.errorbar(
            times[0, band, seen],
            fluxes[0, band, seen],
            errors[0, band, seen],
            fmt=".",
            ms=4,
            lw=1,
            color=colour,
            label=letter,
        )
        ax.plot(days, true[0, band], color=colour, lw=0.8, alpha=0.6)
    ax.axhline(0, color="#AAAAAA", lw=0.6, zorder=0)


def first_pass(ax: Axes, of_pass: Callable, names: Iterable[str]) -> None:
    """Draw, pale, the working points of pass 1 among the faint, where there is such a pass.

    Parameters
    ----------
    ax : matplotlib Axes, purity against completeness
    of_pass : callable, see `boxloop.record.Station.of_pass`
    names : of the methods, as in `COLOURS`
    """
    for who in names:
        metrics = ("completeness", "purity")
        spot = [of_pass(1, f"photometric.{metric}.{who}") for metric in metrics]
        if all(spot):
            place = [one["value"] for one in spot]
            ax.plot(*place, MARKERS[who], ms=9, color=COLOURS[who], alpha=0.35)


def shifts(ax: Axes, table: pd.DataFrame, title: str) -> None:
    """Draw the two causes of a shift of the mean distance modulus as bars, their sum as points.

    Rows come from `downstream.bias`.
    """
    causes = {
        "by_contamination": (COLOURS["other"], "contaminants"),
        "by_selection": (COLOURS["limit"], "Ia lost unevenly"),
    }
    place = np.arange(len(table))
    for side, (column, (colour, label)) in zip((-0.2, 0.2), causes.items(), strict=True):
        ax.bar(place + side, table[column], 0.4, color=colour, label=label)
    ax.errorbar(
        place,
        table["bias"],
        table["error"],
        fmt="o",
        color=COLOURS["truth"],
        capsize=3,
        label="sum, with statistical error",
    )
    ax.axhline(0, color=COLOURS["truth"], lw=0.8)
    ax.set_xticks(place, table.index, fontsize=8)
    ax.set_xlabel("case")
    ax.set_title(title)


def trade(left: Axes, right: Axes, steps: pd.DataFrame, cut: float) -> None:
    """Draw what each cut would give: purity and completeness, and shifts of the mean distance.

    Parameters
    ----------
    left, right : matplotlib Axes
    steps : DataFrame, one row per cut (its index), columns as in `downstream.bias`
    cut : float, the working point
    """
    left.plot(steps.index, 1 - steps["contamination"], color=COLOURS["model"], label="purity")
    left.plot(
        steps.index, steps["completeness"], "--", color=COLOURS["model"], label="completeness"
    )
    right.plot(
        steps.index,
        steps["by_contamination"],
        color=COLOURS["other"],
        label="shift by contaminants",
    )
    right.plot(
        steps.index,
        steps["by_selection"],
        "--",
        color=COLOURS["limit"],
        label="shift by losing Ia unevenly",
    )
    right.fill_between(
        steps.index,
        -steps["error"],
        steps["error"],
        color="#DDDDDD",
        zorder=0,
        label="statistical error",
    )
    left.set(xlabel="cut on the probability of Ia", ylabel="share of the sample")
    right.set(xlabel="cut on the probability of Ia", ylabel="mean distance modulus [mag]")
    for ax in (left, right):
        ax.axvline(cut, color=COLOURS["truth"], lw=1, ls=":")
        ax.legend(fontsize=9)


def diagram(ax: Axes, frame: pd.DataFrame, samples: dict) -> None:
    """Draw the Hubble diagram of each sample, less the true one, and what two universes predict.

    Parameters
    ----------
    ax : matplotlib Axes
    frame : DataFrame with true_redshift and `shift`, see `cosmology.corrected`
    samples : dict of boolean arrays, named as in `COLOURS`, or `all Ia`
    """
    for side, (who, passed) in zip((-0.012, 0, 0.012), samples.items(), strict=True):
        found = cosmology.points(frame, passed).query("number >= @cosmology.FEWEST")
        look = {"color": COLOURS.get(who, COLOURS["truth"]), "fmt": MARKERS.get(who, "x")}
        place = found["redshift"] + side
        ax.errorbar(place, found["mean"], found["error"], ms=5, capsize=2, label=who, **look)
    z = np.linspace(0.2, cosmology.EDGES[-1], 60)
    for matter, line in ((0.1, "--"), (1.0, "-")):
        curve = cosmology.predicted(z)[:, np.argmin(np.abs(cosmology.MATTER - matter))]
        ax.plot(z, curve - curve.mean(), line, lw=1, color="#777777", label=f"density {matter:g}")
    ax.set(xlabel="redshift of the host", ylabel="measured − true\ndistance modulus [mag]")
    ax.legend(fontsize=8)


def densities(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the matter density that each sample gives, with intervals, from `cosmology.judge`.

    Rows are indexed by case and sample.
    """
    place = -np.arange(len(table), dtype=float)
    for y, ((_, who), row) in zip(place, table.iterrows(), strict=True):
        method = who.split(",")[0]  # "model, clipped" looks like the model, with a cross
        look = {"color": COLOURS.get(method, COLOURS["truth"]), "fmt": MARKERS.get(who, "x")}
        ends = [[row["matter"] - row["low"]], [row["high"] - row["matter"]]]
        ax.errorbar(row["matter"], y, xerr=ends, capsize=3, **look)
    ax.axvline(cosmology.TRUE, color=COLOURS["truth"], lw=0.8, ls=":")
    ax.set_yticks(place, [f"{case}: {who}" for case, who in table.index], fontsize=8)
    ax.set(xlabel="matter density (true: dotted)", ylabel="sample", xlim=(0, 1.02))


def uncertainty(ax: Axes, table: pd.DataFrame) -> None:
    """Draw both kinds of uncertainty, and the error, against the distance to training.

    Rows come from `unknown.uncertainties`; classes that training does not have are single points.
    """
    lines = {
        "error": ("truth", "-"),
        "promised": ("model", "--"),
        "noise left": ("limit", ":"),
        "refits disagree": ("other", "-."),
    }
    known, new = table[table["classes"] == "known"], table[table["classes"] == "new"]
    for what, (colour, line) in lines.items():
        look = {"color": COLOURS[colour], "marker": "."}
        ax.plot(known["distance"], known[what], line, label=what, **look)
        ax.plot(new["distance"], new[what], **look | {"marker": "*", "ms": 9})
    ax.set(xlabel="distance to training", ylabel="probability, root mean square")
    ax.set_ylim(0, None)
    ax.legend(fontsize=8)
