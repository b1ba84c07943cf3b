"""Stress tests: each takes a labelled table and returns a harder one.

Model and reference go through the same table, so only the difference between them speaks about
the model.
Tests of other signals replace the signal rows by as many rows of another resonance; the
background stays.
The other shower is not here: it is a table of its own (`study.data.domains`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure import StressTest

from . import simulate

if TYPE_CHECKING:
    import pandas as pd


TAUS = ("tau21_1", "tau21_2")


def mass_scale(frame: pd.DataFrame, level: float, rng: np.random.Generator | None) -> pd.DataFrame:
    """Raise every jet mass by the fraction `level`."""
    return frame.assign(**{name: frame[name] * (1 + level) for name in simulate.JETS})


def mass_resolution(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Smear every jet mass by the fraction `level`; the heavier jet stays the first."""
    masses = frame[list(simulate.JETS)].to_numpy() * np.exp(
        level * rng.standard_normal((len(frame), 2))
    )
    return _in_order(frame, masses)


def _in_order(frame: pd.DataFrame, masses: np.ndarray) -> pd.DataFrame:
    """Return the table with these jet masses, shape (n, 2), and the heavier jet first."""
    swap = masses[:, 0] < masses[:, 1]
    taus = frame[list(TAUS)].to_numpy()
    masses, taus = (np.where(swap[:, None], pair[:, ::-1], pair) for pair in (masses, taus))
    return frame.assign(**dict(zip((*simulate.JETS, *TAUS), (*masses.T, *taus.T), strict=True)))


def shower(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Move the background's jets `level` times the way from shower A to the heavier shower B."""
    step = simulate.logit(simulate.B.tau) - simulate.logit(simulate.A.tau)
    qcd = (frame["true_process"] == "qcd").to_numpy()
    factor = np.where(qcd, (simulate.B.mass / simulate.A.mass) ** level, 1.0)
    changed = {name: frame[name] * factor for name in simulate.JETS}
    changed |= {
        name: 1 / (1 + np.exp(-simulate.logit(frame[name]) - level * step * qcd)) for name in TAUS
    }
    return frame.assign(**changed)


def pile_up(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Add `level` vertices, with Poisson scatter, that the calibration does not know about."""
    extra = rng.poisson(level, size=len(frame))
    return simulate.pile_up(rng, frame.assign(vertices=frame["vertices"] + extra), extra)


def missing(column: str) -> Callable:
    """Return a test that loses `column` in a fraction `level` of rows and fills in the median."""

    def lose(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
        lost = rng.random(len(frame)) < level
        return frame.assign(**{column: frame[column].mask(lost, frame[column].median())})

    return lose


def other_signal(frame: pd.DataFrame, rng: np.random.Generator, **changes: Any) -> pd.DataFrame:
    """Return the table with a signal that differs from the expected resonance in `changes`.

    Rows that fall out of the range of dijet masses are dropped.
    """
    rows = frame["true_process"] == "signal"
    drawn = simulate.signal(rng, int(rows.sum()), replace(simulate.SIGNAL, **changes)).drop(
        columns="true_process"
    )
    drawn = simulate.pile_up(rng, drawn, frame.loc[rows, "vertices"].to_numpy() - simulate.PILEUP)
    table = frame.copy()
    table.loc[rows, list(drawn)] = drawn.to_numpy()
    return table[table["m_jj"].between(*simulate.RANGE)]


def signal_mass(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Put the resonance at `level` GeV; everybody still searches at the mass of the hypothesis."""
    return other_signal(frame, rng, m=level)


def signal_width(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Give the resonance the width `level` in ln(m_jj)."""
    return other_signal(frame, rng, width=level)


def daughters(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Multiply the masses of both daughters by `level`."""
    return other_signal(frame, rng, x=level * simulate.SIGNAL.x, y=level * simulate.SIGNAL.y)


def more_top(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Make top-like events the fraction `level` of the background by dropping QCD at random."""
    kinds = frame["true_process"].to_numpy()
    tops, qcd = np.flatnonzero(kinds == "top"), np.flatnonzero(kinds == "qcd")
    kept = rng.choice(
        qcd, size=min(len(qcd), round(len(tops) * (1 - level) / level)), replace=False
    )
    return frame.iloc[np.sort(np.concatenate([np.flatnonzero(kinds == "signal"), tops, kept]))]


def vertices(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Shift the number of vertices by `level`, and nothing else: nothing may happen."""
    return frame.assign(vertices=frame["vertices"] + level)


def one_error_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs that have an error column, moved up by it: none has."""
    return frame[[]]


TESTS = [
    StressTest(
        "jet-mass resolution",
        "noise",
        "resolution",
        mass_resolution,
        "Jet masses smeared by the level.",
    ),
    StressTest(
        "pile-up",
        "instrument",
        "pile_up",
        pile_up,
        "This many vertices more than the calibration knows of.",
    ),
    StressTest(
        "shower",
        "simulation",
        "shower",
        shower,
        "QCD jets moved this many times the way from shower A to B.",
    ),
    StressTest(
        "no tau21 of jet 1",
        "missing",
        "missing",
        missing("tau21_1"),
        "Substructure of the heavier jet lost in this share of events.",
    ),
    StressTest(
        "no mass of jet 2",
        "missing",
        "missing",
        missing("m_j2"),
        "Mass of the lighter jet lost in this share of events.",
    ),
    StressTest(
        "resonance elsewhere",
        "covariate",
        "signal_mass",
        signal_mass,
        "Resonance at this mass [GeV], hypothesis unchanged.",
    ),
    StressTest(
        "wide resonance",
        "covariate",
        "signal_width",
        signal_width,
        "Width of the resonance in ln(m_jj).",
    ),
    StressTest(
        "other daughters",
        "covariate",
        "daughters",
        daughters,
        "Masses of both daughters times the level.",
    ),
    StressTest(
        "more top",
        "covariate",
        "top",
        more_top,
        "Top-like events make up this share of the background.",
    ),
    StressTest(
        "jet-mass scale",
        "nuisance",
        "scale",
        mass_scale,
        "Jet masses off by the level (one sigma: 2 %).",
    ),
    StressTest(
        "vertices",
        "nuisance",
        "vertices",
        vertices,
        "The number of vertices moved by the level, and nothing else.",
    ),
]
