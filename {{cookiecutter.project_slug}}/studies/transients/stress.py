"""Stress tests: each takes a labelled table and returns a harder one.

Model and reference go through the same table, so only the difference between them speaks about
the model.
Most tests go back to the light curves: the same objects are observed again, with the same luck of
the noise, under other conditions, and their features are measured anew. That needs the simulator;
no model ever sees it.
The fainter objects are not here: they are a table of their own (`study.data.domains`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boxloop.measure import StressTest

from . import data, simulate, survey

if TYPE_CHECKING:
    from study.survey import Conditions


ERRORS = ("peak_mag", "u_g", "g_r", "r_i", "i_z")


def again(
    frame: pd.DataFrame, conditions: Conditions = survey.PLANNED, change: Callable | None = None
) -> pd.DataFrame:
    """Return the table as the same objects would be measured under other conditions.

    Parameters
    ----------
    frame : DataFrame with object_id as `survey.catalogue` writes it
    conditions : survey.Conditions
    change : callable or None, takes the objects of `simulate.candidates` and returns changed ones
    """
    letter, number = (
        frame["object_id"].str[0].to_numpy(),
        frame["object_id"].str[1:].astype(int).to_numpy(),
    )
    parts = []
    for name in np.unique(letter):
        rows = np.flatnonzero(letter == name)
        objects = survey.rows_of(name, data.SEASONS[name], number[rows])
        parts.append(
            survey.measured(change(objects) if change else objects, conditions).set_index(rows)
        )
    new = pd.concat(parts).sort_index()  # by place, since labels of rows may repeat
    return frame.assign(**{name: new[name].to_numpy() for name in new})


def noise(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Multiply every error of every visit by `level`."""
    return again(frame, survey.Conditions(noise=level))


def depth(frame: pd.DataFrame, level: float, rng: np.random.Generator | None) -> pd.DataFrame:
    """Make every visit shallower by `level` mag; objects that would be lost are kept."""
    return again(frame, survey.Conditions(shallower=level))


def cadence(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Keep one visit in `level`."""
    return again(frame, survey.Conditions(thin=int(level)))


def zero_point(band: str) -> Callable:
    """Return a test that makes everything in one band fainter by `level` mag."""

    def shift(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
        offset = tuple(level * (letter == band) for letter in simulate.BANDS)
        return again(frame, survey.Conditions(offset=offset))

    return shift


def dust(frame: pd.DataFrame, level: float, rng: np.random.Generator | None) -> pd.DataFrame:
    """Put `level` mag of E(B-V) more dust in front of every object, in its host."""

    def redden(objects: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        rest = simulate.WAVELENGTH / (1 + objects["z"][:, None])
        return objects | {"magnitude": objects["magnitude"] + 3.1 * level * (rest / 5500) ** -1.2}

    return again(frame, change=redden)


def lost_band(band: str) -> Callable:
    """Return a test in which a share `level` of the objects was never observed in one band."""

    def lose(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
        lost = rng.random(len(frame)) < level
        blind = again(frame, survey.Conditions(lost=band))
        return frame.assign(**{name: frame[name].mask(lost, blind[name]) for name in blind})

    return lose


def no_host(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Lose the redshift of the host in a share `level` of the rows and fill in the median."""
    lost = rng.random(len(frame)) < level
    return frame.assign(
        host_redshift=frame["host_redshift"].mask(lost, frame["host_redshift"].median())
    )


def host_scatter(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Add scatter of `level` (1 + z) to the redshift of every host."""
    z = frame["host_redshift"]
    return frame.assign(
        host_redshift=np.clip(z + level * (1 + z) * rng.standard_normal(len(z)), 0.01, None)
    )


def host_bias(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Shift the redshift of every host by `level` (1 + z)."""
    z = frame["host_redshift"]
    return frame.assign(host_redshift=np.clip(z + level * (1 + z), 0.01, None))


def faint(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Keep the faintest fraction `level` of the rows."""
    return frame[frame["peak_mag"] >= frame["peak_mag"].quantile(1 - level)]


def distant(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Keep the fraction `level` of the rows with the largest host redshifts."""
    return frame[frame["host_redshift"] >= frame["host_redshift"].quantile(1 - level)]


def more_ibc(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Make supernovae Ibc `level` times as common, by dropping others at random."""
    kept = (frame["kind"] == "Ibc").to_numpy() | (rng.random(len(frame)) < 1 / level)
    return frame[kept]


def watermark(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Shift the number of epochs by `level` sigma: only a model that uses it may change."""
    return frame.assign(n_epochs=frame["n_epochs"] + level * frame["n_epochs"].std())


def one_error_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs that have an error column, each moved up by its own error bar."""
    return pd.DataFrame({name: frame[name] + frame[f"{name}_error"] for name in ERRORS})


TESTS = [
    StressTest("all errors", "noise", "noise", noise, "Every photometric error times the level."),
    StressTest(
        "host redshift scatter",
        "noise",
        "host_scatter",
        host_scatter,
        "Scatter of level (1 + z) added to the host redshifts.",
    ),
    StressTest(
        "shallower visits",
        "instrument",
        "depth",
        depth,
        "Every visit shallower by the level, in mag.",
    ),
    StressTest("fewer visits", "instrument", "cadence", cadence, "One visit in so many."),
    StressTest(
        "dustier hosts",
        "simulation",
        "dust",
        dust,
        "E(B-V) up by the level in mag: Ia look redder and fainter.",
    ),
    StressTest(
        "no g band",
        "missing",
        "missing",
        lost_band("g"),
        "This share of the objects never observed in g.",
    ),
    StressTest(
        "no u band",
        "missing",
        "missing",
        lost_band("u"),
        "This share of the objects never observed in u.",
    ),
    StressTest(
        "no host redshift",
        "missing",
        "missing",
        no_host,
        "Host redshift lost in this share of rows.",
    ),
    StressTest("faintest", "covariate", "faint", faint, "Only the faintest share of the objects."),
    StressTest(
        "most distant",
        "covariate",
        "distant",
        distant,
        "Only the share with the largest host redshifts.",
    ),
    StressTest(
        "more Ibc", "covariate", "more_ibc", more_ibc, "Supernovae Ibc so many times as common."
    ),
    StressTest(
        "zero point of g",
        "nuisance",
        "zero_point",
        zero_point("g"),
        "The g band off by the level in mag (one sigma: 0.02).",
    ),
    StressTest(
        "zero point of i",
        "nuisance",
        "zero_point",
        zero_point("i"),
        "The i band off by the level in mag (one sigma: 0.02).",
    ),
    StressTest(
        "host redshift bias",
        "nuisance",
        "host_bias",
        host_bias,
        "Host redshifts off by level (1 + z) (one sigma: 0.01).",
    ),
    StressTest(
        "n_epochs",
        "nuisance",
        "watermark",
        watermark,
        "The follow-up watermark moved by the level, in sigma.",
    ),
]
