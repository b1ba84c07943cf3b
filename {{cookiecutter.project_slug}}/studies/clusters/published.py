"""What the field found, beside the toy: numbers typed from the abstracts and tables of papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import simulate

if TYPE_CHECKING:
    from study.simulate import Physics

# Quantity, published, whose clusters, source (a key of references.bib). `sky`: observed clusters;
# `simulation`: a hydrodynamical one. Scatters are intrinsic, in ln; those of arnaud2007 are given
# in dex there (0.039, 0.044).
VALUES = [
    ("slope of M on Y_X", "0.548 ± 0.027", "sky", "arnaud2007"),
    ("slope of M on gas mass", "0.803 ± 0.040", "sky", "arnaud2007"),
    ("slope of M on temperature", "1.71 ± 0.09", "sky", "arnaud2007"),
    ("scatter of M at fixed Y_X", "0.09", "sky, relaxed", "arnaud2007"),
    ("scatter of M at fixed Y_X", "0.05 to 0.07", "simulation", "kravtsov2006"),
    ("scatter of M at fixed gas mass", "0.10", "sky, relaxed", "arnaud2007"),
    ("scatter of M at fixed gas mass", "0.04 to 0.06", "simulation", "fabjan2011"),
    ("slope of luminosity on M", "1.59 ± 0.05", "sky", "stanek2006"),
    ("scatter of M at fixed luminosity", "0.37 ± 0.05", "sky", "stanek2006"),
    ("luminosity of relaxed over disturbed", "1.3", "sky", "lovisari2020"),
    ("slope of richness on M", "0.99 ± 0.05", "sky", "murata2018"),
]


def of_simulator(physics: Physics, *, seed: int, size: int = 20_000) -> dict[str, float]:
    """Return the same quantities of a simulator, before measurement and without a flux limit.

    Each observable is fitted as a power law of mass at fixed E(z), among relaxed clusters as in
    arnaud2007 (luminosity: among all). The slope of M is the inverse of that slope and the scatter
    of M the scatter over it, so that no flux limit and no cut in mass bends them.

    Parameters
    ----------
    physics : Physics
    seed, size : int
    """
    rng = np.random.default_rng(seed)
    mu, z = simulate.draw_halos(rng, size)
    seen, merging, _ = simulate.observe(rng, mu, z, physics)
    calm, seen = ~merging, seen[:, 0, :] - np.outer(np.log(simulate.efunc(z)), physics.gamma)
    gas, hot, light, rich = seen[:, :4].T

    def law(column: np.ndarray, rows: np.ndarray) -> tuple:
        slope, level = np.polyfit(mu[rows], column[rows], deg=1)
        return slope, np.std(column[rows] - slope * mu[rows] - level) / slope

    columns = {"Y_X": gas + hot, "gas mass": gas, "temperature": hot}
    laws = {name: law(column, calm) for name, column in columns.items()}
    laws["luminosity"] = law(light, np.ones_like(calm))
    numbers = {f"slope of M on {name}": 1 / slope for name, (slope, _) in laws.items()}
    numbers |= {f"scatter of M at fixed {name}": scatter for name, (_, scatter) in laws.items()}
    numbers["slope of luminosity on M"] = laws["luminosity"][0]
    numbers["slope of richness on M"] = law(rich, calm)[0]
    excess = light - laws["luminosity"][0] * mu
    ratio = np.exp(excess[calm].mean() - excess[~calm].mean())
    return numbers | {"luminosity of relaxed over disturbed": ratio}


def beside(*, seed: int) -> pd.DataFrame:
    """Return the published numbers with those of the three simulators in columns."""
    table = pd.DataFrame(VALUES, columns=["quantity", "published", "clusters", "source"])
    for letter, physics in simulate.SIMULATORS.items():
        table[letter] = table["quantity"].map(of_simulator(physics, seed=seed))
    return table
