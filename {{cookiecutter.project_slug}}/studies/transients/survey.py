"""The survey: when it looks, how well it sees, what spectrographs confirm, the tables that follow.

Published
    Photometric errors of LSST: sigma^2 = sigma_sys^2 + (0.04 - gamma) x + gamma x^2, x = 10^(0.4
    (m - m5)), with sigma_sys = 0.005, gamma and the single-visit depths m5 (Ivezic et al. 2019,
    ApJ 873, 111, section 3.2).
Toy
    Visits per season (a field in its intensive year), depth that changes from field to field, and
    both selections: an object is found, or confirmed by a spectrum, with a chance that falls with
    its peak magnitude as a logistic curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from . import features, simulate

DEPTH = np.array([23.78, 24.81, 24.35, 23.92, 23.34, 22.45])  # m5 of one visit, ugrizy
GAMMA = np.array([0.038, 0.039, 0.039, 0.039, 0.039, 0.039])
SYSTEMATIC = 0.005  # mag
VISITS = np.array([14, 24, 36, 36, 30, 30])  # per season and band
CONFIRMED = (21.8, 0.35)  # r mag where half are confirmed, and the width of the logistic
FOUND = (23.9, 0.15)  # the same for being found at all
FIELDS = 150


@dataclass(frozen=True)
class Conditions:
    """What may differ from the survey as planned.

    Attributes
    ----------
    shallower : mag that every visit is shallower
    noise : factor on every error
    thin : keep one visit in so many
    offset : mag added per band (6,), a wrong zero point
    lost : band that is never observed, a letter, or ""
    """

    shallower: float = 0.0
    noise: float = 1.0
    thin: int = 1
    offset: tuple = (0.0,) * 6
    lost: str = ""


PLANNED = Conditions()


def flux_error(flux: np.ndarray, depth: np.ndarray, gamma: Any = GAMMA[:, None]) -> np.ndarray:
    """Return the error of a flux, by Ivezic et al. (2019), also for zero and negative flux.

    sigma_f^2 = sigma_sys^2 f^2 + (0.04 - gamma) f f5 + gamma f5^2, with f5 the flux at the depth
    m5.

    Parameters
    ----------
    flux : array (..., 6, visits), units of magnitude 25
    depth : array (..., 6, 1), m5 of a visit
    """
    faintest = 10 ** (-0.4 * (depth - simulate.ZERO))
    seen = np.clip(flux, 0, None)
    relative = np.log(10) / 2.5 * SYSTEMATIC
    return np.sqrt((relative * seen) ** 2 + (0.04 - gamma) * seen * faintest + gamma * faintest**2)


def chance(magnitude: np.ndarray, limit: tuple) -> np.ndarray:
    """Return the probability to pass a limit (middle, width) at a peak magnitude."""
    return 1 / (1 + np.exp((magnitude - limit[0]) / limit[1]))


@lru_cache(maxsize=8)
def season(
    name: str, seed: int, size: int, rows: int, confirmed: bool | None
) -> dict[str, np.ndarray]:
    """Draw a season and keep the objects that the survey finds.

    Parameters
    ----------
    name : str, first letter of the identifiers
    seed : int
    size : int, candidates
    rows : int, objects kept at most
    confirmed : True, False or None: those with a spectrum, without one, or kilonovae

    Returns
    -------
    dict of arrays: the objects, their random walks, times, luck of the noise, field, depth offset
    """
    physics, sky = (np.random.default_rng([seed, ord(name), k]) for k in (0, 1))
    objects = simulate.candidates(
        physics, size, simulate.KINDS if confirmed is not None else simulate.KILONOVA
    )
    peak = objects["magnitude"][:, 2]
    found = physics.random(size) < chance(peak, FOUND)
    spectrum = physics.random(size) < chance(peak, CONFIRMED)
    if confirmed is not None:
        found &= spectrum == confirmed
    kept = np.flatnonzero(found)[:rows]
    objects = {part: values[kept] for part, values in objects.items()}
    n, most = len(kept), VISITS.max()
    field = sky.integers(FIELDS, size=n)
    k = np.arange(most)
    times = simulate.SEASON * (k + sky.random((n, len(VISITS), most))) / VISITS[:, None]
    return objects | {
        "walk": simulate.random_walk(physics, n),
        "times": times,
        "luck": sky.standard_normal(times.shape),
        "cloudy": (sky.random(times.shape) < 0.15) | (k >= VISITS[:, None]),
        "field": field,
        "seeing": sky.normal(0, 0.15, FIELDS)[field],
        "start": sky.uniform(61000, 61165, FIELDS)[field],
        "photo_z": sky.standard_normal(n),
        "stray": sky.random((n, 2)),
        "follow_up": sky.poisson(np.where(objects["kind"] == "Ia", 45, 10)),
        "confirmed": np.full(n, confirmed is True),
    }


def observe(objects: dict[str, np.ndarray], conditions: Conditions = PLANNED) -> tuple:
    """Return times, fluxes, errors and which of the visits took place, each (n, 6, visits).

    The same luck under other conditions: the planned ones give the same numbers again.
    """
    true = simulate.flux(objects, objects["walk"], objects["times"])
    depth = DEPTH[:, None] + objects["seeing"][:, None, None] - conditions.shallower
    error = flux_error(true, depth) * conditions.noise
    measured = true + error * objects["luck"]
    scale = 10 ** (-0.4 * np.array(conditions.offset))[:, None]
    there = ~objects["cloudy"] & (np.arange(true.shape[-1]) % conditions.thin == 0)
    if conditions.lost:
        there[:, simulate.BANDS.index(conditions.lost)] = False
    return objects["times"], measured * scale, error * scale, there


def host_redshift(objects: dict[str, np.ndarray]) -> np.ndarray:
    """Return the host's photometric redshift: scatter 0.02 (1 + z), one in thirty far off."""
    z = objects["z"]
    guess = z + 0.02 * (1 + z) * objects["photo_z"]
    stray = objects["stray"][:, 0] < 1 / 30
    return np.clip(np.where(stray, 1.2 * objects["stray"][:, 1], guess), 0.01, None)


def measured(objects: dict[str, np.ndarray], conditions: Conditions = PLANNED) -> pd.DataFrame:
    """Return what a catalogue would hold of the objects: features, errors, epochs."""
    times, fluxes, errors, there = observe(objects, conditions)
    frame = features.extract(times, fluxes, errors, there)
    frame.insert(0, "host_redshift", host_redshift(objects))
    # The archive counts the points of follow-up telescopes too: more of them for what was thought
    # to be a Ia.
    extra = np.where(objects["confirmed"], objects["follow_up"], 0)
    return frame.assign(n_epochs=(there.sum(axis=(1, 2)) + extra).astype(float))


def rows_of(name: str, arguments: tuple, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """Return the objects of a season by their numbers, for observing them again."""
    return {part: values[numbers] for part, values in season(name, *arguments).items()}


def catalogue(name: str, arguments: tuple) -> pd.DataFrame:
    """Return the table of a season: a row per object, truth included; columns as in study.toml."""
    objects = season(name, *arguments)
    numbers = np.arange(len(objects["z"]))
    frame = pd.DataFrame(
        {
            "object_id": [f"{name}{n:05d}" for n in numbers],
            "field_id": [f"{name}{n:03d}" for n in objects["field"]],
        }
    )
    frame["mjd"] = np.round(objects["start"] + objects["peak_time"], 2)
    frame = pd.concat([frame, measured(objects)], axis=1)
    truth = {
        "redshift": objects["z"],
        "modulus": objects["modulus"],
        "stretch": objects["stretch"],
        "dust": objects["dust"],
    }
    truth |= {"r_peak": objects["magnitude"][:, 2]}
    return frame.assign(
        kind=objects["kind"], **{f"true_{what}": values for what, values in truth.items()}
    )
