"""Stress tests: each takes a labelled table and returns a harder one.

Model and reference go through the same table, so only the difference between them speaks about
the model.
Tests that rescale noise need the truth columns (the values before measurement); no model ever
sees these.
The other simulators are not here: they are tables of their own (`study.data.domains`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from boxloop.measure import StressTest

from . import simulate


def one_error_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the measured observables raised by one error bar each; errors are fractions."""
    return pd.DataFrame(
        {name: frame[name] * np.exp(frame[f"{name}_error"]) for name in simulate.MEASURED}
    )


def more_noise(frame: pd.DataFrame, columns: tuple, factor: float) -> pd.DataFrame:
    """Return the table with the measurement errors of `columns` multiplied by `factor`.

    The noise at hand is stretched rather than drawn anew, so that factor 1 is the table itself.
    Clusters that a shallower survey would lose are kept: this is noise without a new selection.
    """
    changed = {}
    for name in columns:
        true = frame[f"true_{name}"]
        changed[name] = true * (frame[name] / true) ** factor
        changed[f"{name}_error"] = frame[f"{name}_error"] * factor
    return frame.assign(**changed)


def noise(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Multiply every measurement error by `level`."""
    return more_noise(frame, simulate.MEASURED, level)


def exposure(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Divide the exposure by `level`: photon noise grows with its square root."""
    return more_noise(frame, simulate.XRAY, np.sqrt(level))


def temperature_scale(
    frame: pd.DataFrame, level: float, rng: np.random.Generator | None
) -> pd.DataFrame:
    """Raise every temperature by the fraction `level`."""
    return frame.assign(temperature=frame["temperature"] * (1 + level))


def effective_area(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Raise every flux by the fraction `level`; gas mass goes as the root of the emission."""
    scale = 1 + level
    return frame.assign(
        luminosity=frame["luminosity"] * scale, gas_mass=frame["gas_mass"] * np.sqrt(scale)
    )


def projection(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Let one cluster in five be blended.

    Its richness goes up by the fraction `level`, its velocity dispersion by a third of it.
    """
    blended = rng.random(len(frame)) < 0.2
    return frame.assign(
        richness=frame["richness"] * (1 + level * blended),
        velocity_dispersion=frame["velocity_dispersion"] * (1 + level / 3 * blended),
    )


def feedback(
    frame: pd.DataFrame, level: float | np.ndarray, rng: np.random.Generator | None
) -> pd.DataFrame:
    """Move gas outwards: one level for all rows, or one for each.

    Gas mass goes down and temperature up by `level` in ln, luminosity down by twice that.
    """
    return frame.assign(
        gas_mass=frame["gas_mass"] * np.exp(-level),
        temperature=frame["temperature"] * np.exp(level),
        luminosity=frame["luminosity"] * np.exp(-2 * level),
    )


def missing(column: str) -> Callable:
    """Return a test that loses `column` in a fraction `level` of the rows and fills in the median.

    The median is that of the table at hand: for a part of the same population it is the training
    median, up to sampling noise.
    """

    def lose(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
        lost = rng.random(len(frame)) < level
        return frame.assign(**{column: frame[column].mask(lost, frame[column].median())})

    return lose


def distant(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Keep the most distant fraction `level` of the rows."""
    return frame[frame["redshift"] >= frame["redshift"].quantile(1 - level)]


def light(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Keep the least massive fraction `level` of the rows."""
    return frame[frame["ln_mass"] <= frame["ln_mass"].quantile(level)]


def mergers(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Make mergers the fraction `level` of the rows, by dropping relaxed clusters at random."""
    merging = frame["true_merger"].to_numpy() == 1
    relaxed = np.flatnonzero(~merging)
    size = min(len(relaxed), round(merging.sum() * (1 - level) / level))
    kept = np.concatenate([np.flatnonzero(merging), rng.choice(relaxed, size=size, replace=False)])
    return frame.iloc[np.sort(kept)]


def shape(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Raise every centroid shift by the fraction `level`, as unresolved point sources would."""
    return frame.assign(centroid_shift=frame["centroid_shift"] * (1 + level))


def artefact(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Shift ln(core_px) by `level` standard deviations; only a model that uses it may change."""
    return frame.assign(core_px=frame["core_px"] * np.exp(level * np.log(frame["core_px"]).std()))


TESTS = [
    StressTest("all errors", "noise", "noise", noise, "Every measurement error times the level."),
    StressTest("exposure", "instrument", "exposure", exposure, "Exposure divided by the level."),
    StressTest(
        "temperature scale",
        "instrument",
        "temperature",
        temperature_scale,
        "Temperatures off by the level: X-ray telescopes disagree by 5 % and more.",
    ),
    StressTest(
        "blends",
        "instrument",
        "projection",
        projection,
        "One cluster in five with a neighbour along the line of sight: richness up by the level.",
    ),
    StressTest(
        "feedback",
        "simulation",
        "feedback",
        feedback,
        "Gas mass down, temperature up by the level in ln: Y_X is built not to feel it.",
    ),
    StressTest(
        "no temperature",
        "missing",
        "missing",
        missing("temperature"),
        "Temperature lost in this share of rows.",
    ),
    StressTest(
        "no richness",
        "missing",
        "missing",
        missing("richness"),
        "Richness lost in this share of rows.",
    ),
    StressTest(
        "no centroid shift",
        "missing",
        "missing",
        missing("centroid_shift"),
        "Shape lost in this share of rows.",
    ),
    StressTest(
        "most distant",
        "covariate",
        "distant",
        distant,
        "Only the most distant share of the clusters.",
    ),
    StressTest(
        "least massive",
        "covariate",
        "light",
        light,
        "Only the least massive share of the clusters.",
    ),
    StressTest(
        "mergers", "covariate", "mergers", mergers, "Mergers make up this share of the clusters."
    ),
    StressTest(
        "effective area",
        "nuisance",
        "area",
        effective_area,
        "Fluxes off by the level (one sigma: 5 %).",
    ),
    StressTest(
        "point sources",
        "nuisance",
        "shape",
        shape,
        "Centroid shifts off by the level (one sigma: 20 %).",
    ),
    StressTest(
        "core_px",
        "nuisance",
        "artefact",
        artefact,
        "The simulator's artefact moved by the level, in sigma of its logarithm.",
    ),
]
