"""Transients as they are: six classes and a seventh that nobody was told about, in six bands.

Published
    The light curve of one band: f(t) = A exp(-(t - t0) / fall) / (1 + exp(-(t - t0) / rise))
    (Bazin et al. 2009, A&A 499, 653; the sign of the rising exponent is misprinted in some copies).
    Distances, volumes and time dilation of a flat cosmology. Damped random walks for active nuclei
    (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895).
Toy
    Spectra are black bodies whose blue side is dimmed, with one temperature for the peak; colours
    change because the red bands fade more slowly. Magnitudes, times and their scatter are round
    numbers of the right order, the shares of the classes are chosen so that each can be measured,
    and a plateau is a slow decline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

BANDS = "ugrizy"
WAVELENGTH = np.array(
    [3670.0, 4830.0, 6220.0, 7550.0, 8690.0, 9710.0]
)  # Angstrom, effective, rounded
SEASON = 200.0  # days that a field can be seen
STEP = 4.0  # days between the grid points of a random walk
ZERO = 25.0  # a flux of one is magnitude 25 (AB)


@dataclass(frozen=True)
class Kind:
    """A class of transients: mean and scatter, at rest.

    Attributes
    ----------
    share : of all candidates of a season, before any limit
    magnitude, scatter : absolute AB magnitude at 5000 Angstrom at peak; its scatter apart from dust
    temperature, spread : K, black body at peak; fractional scatter
    line : magnitudes per 1000 Angstrom that metals take away below 4000 Angstrom
    rise, fall : days at 5000 Angstrom
    stretch : scatter of ln(rise) and ln(fall)
    slower : exponent of fall with wavelength: how much more slowly the red bands fade
    dust : mean E(B-V) of an exponential, mag
    horizon : largest redshift drawn
    """

    share: float
    magnitude: float
    scatter: float
    temperature: float
    spread: float
    line: float
    rise: float
    fall: float
    stretch: float
    slower: float
    dust: float
    horizon: float


KINDS = {
    "Ia": Kind(0.42, -19.3, 0.12, 12000, 0.05, 1.8, 4.0, 17.0, 0.10, 0.8, 0.05, 0.9),
    "Ibc": Kind(0.20, -17.9, 0.60, 8000, 0.12, 1.8, 4.2, 17.0, 0.22, 0.8, 0.10, 0.55),
    "II": Kind(0.25, -17.5, 0.90, 12500, 0.15, 1.0, 3.0, 45.0, 0.35, 1.3, 0.10, 0.5),
    "SLSN": Kind(0.05, -21.2, 0.60, 14000, 0.12, 0.6, 11.0, 42.0, 0.25, 0.7, 0.03, 1.6),
    "TDE": Kind(0.05, -19.7, 0.70, 24000, 0.20, 0.0, 9.0, 42.0, 0.25, 0.0, 0.04, 0.9),
    "AGN": Kind(0.03, -20.8, 0.80, 30000, 0.20, 0.0, 10.0, 60.0, 0.30, 0.0, 0.05, 1.4),
}
KILONOVA = {"KN": Kind(1.0, -16.0, 0.60, 7000, 0.12, 1.5, 0.8, 4.0, 0.20, 1.2, 0.05, 0.12)}


@cache
def distances() -> tuple:
    """Return redshifts, distance moduli [mag], comoving volumes [Mpc^3]: arrays of shape (800,).

    Flat cosmology, H0 = 70 km/s/Mpc, matter density 0.3.
    """
    # astropy takes a second to import, and only the simulation needs it.
    from astropy.cosmology import FlatLambdaCDM

    cosmology = FlatLambdaCDM(H0=70.0, Om0=0.3)
    z = np.linspace(0.01, 1.7, 800)
    return z, cosmology.distmod(z).value, cosmology.comoving_volume(z).value


def distance_modulus(redshift: np.ndarray) -> np.ndarray:
    """Return the distance modulus in mag, from the table."""
    grid, table, _ = distances()
    return np.interp(redshift, grid, table)


def draw_redshifts(rng: np.random.Generator, horizon: np.ndarray) -> np.ndarray:
    """Draw redshifts below `horizon` (n,), uniform in comoving volume and in observer's time.

    The rate goes as 1 / (1 + z).
    """
    z, _, volume = distances()
    cumulative = np.concatenate([[0], np.cumsum(np.diff(volume) / (1 + (z[1:] + z[:-1]) / 2))])
    top = np.interp(horizon, z, cumulative)
    return np.interp(rng.random(len(horizon)) * top, cumulative, z)


def spectrum(wavelength: np.ndarray, temperature: Any, line: float | np.ndarray) -> np.ndarray:
    """Return magnitudes relative to 5000 Angstrom: a black body, dimmed in the blue.

    All arguments broadcast; lower is brighter.
    """

    def planck(x: float | np.ndarray) -> float | np.ndarray:
        return x**-3 / np.expm1(1.4388e8 / (x * temperature))  # f_nu, hc/k in Angstrom K

    dimmed = line * np.clip(4000 - wavelength, 0, None) / 1000
    return -2.5 * np.log10(planck(wavelength) / planck(5000.0)) + dimmed


def bazin(t: np.ndarray, rise: np.ndarray, fall: np.ndarray) -> np.ndarray:
    """Return the light curve of Bazin et al. (2009), scaled to one at its peak, which is at t = 0.

    Parameters
    ----------
    t, rise, fall : arrays that broadcast, days; rise < fall
    """
    peak = rise * np.log(fall / rise - 1)  # where the derivative vanishes, counted from t0
    t = t + peak

    def ln_curve(x: np.ndarray) -> np.ndarray:
        return -x / fall - np.logaddexp(0, -x / rise)

    return np.exp(ln_curve(t) - ln_curve(peak))


def candidates(rng: np.random.Generator, size: int, kinds: dict = KINDS) -> dict[str, np.ndarray]:
    """Draw everything that happens in a season, seen or not.

    Parameters
    ----------
    rng : numpy Generator
    size : int
    kinds : dict of Kind

    Returns
    -------
    dict of arrays
        kind (n,), z, modulus, dust, stretch (n,), peak_time (n,) in days of the season,
        rise, fall (n, 6) in observed days, magnitude (n, 6) apparent AB at peak.
    """
    names, shares = list(kinds), np.array([kind.share for kind in kinds.values()])
    code = rng.choice(len(names), size=size, p=shares / shares.sum())
    value = {
        part: np.array([getattr(kind, part) for kind in kinds.values()])[code]
        for part in Kind.__dataclass_fields__
    }
    z = draw_redshifts(rng, value["horizon"])
    bright, hot, slow = rng.standard_normal((3, size))
    dust = value["dust"] * rng.exponential(size=size)
    stretch = np.exp(value["stretch"] * slow)
    # Brighter supernovae Ia are slower (Phillips 1993). Nobody corrects for it here: it adds
    # scatter, no bias.
    phillips = np.where(np.array(names)[code] == "Ia", -1.5 * (stretch - 1), 0.0)
    absolute = value["magnitude"] + value["scatter"] * bright + phillips
    temperature = value["temperature"] * np.exp(value["spread"] * hot)
    modulus = distance_modulus(z)
    rest, width = _at_rest(z), (stretch * (1 + z))[:, None]
    return {
        "kind": np.array(names)[code],
        "z": z,
        "modulus": modulus,
        "dust": dust,
        "stretch": stretch,
        "peak_time": rng.uniform(60, 130, size),
        "rise": value["rise"][:, None] * width * np.ones(len(BANDS)),
        "fall": value["fall"][:, None] * width * (rest / 5000) ** value["slower"][:, None],
        "magnitude": _observed(absolute + modulus, z, dust, temperature, value["line"]),
    }


def _at_rest(z: np.ndarray) -> np.ndarray:
    """Return the wavelengths [Angstrom] that the bands see at rest, shape (n, 6)."""
    return WAVELENGTH / (1 + z[:, None])


def _observed(
    magnitude: np.ndarray,
    z: np.ndarray,
    dust: np.ndarray,
    temperature: np.ndarray,
    line: np.ndarray,
) -> np.ndarray:
    """Return apparent AB magnitudes at peak in the bands, shape (n, 6), of arrays of shape (n,)."""
    rest = _at_rest(z)
    colour = spectrum(rest, temperature[:, None], line[:, None])
    reddening = 3.1 * dust[:, None] * (rest / 5500) ** -1.2
    return magnitude[:, None] - 2.5 * np.log10(1 + z)[:, None] + colour + reddening


def random_walk(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return damped random walks (0.25 mag, 60 days) on the grid of the season, (size, 51)."""
    keep = np.exp(-STEP / 60.0)
    noise = 0.25 * rng.standard_normal((size, int(SEASON / STEP) + 1))
    for k in range(1, noise.shape[1]):
        noise[:, k] = keep * noise[:, k - 1] + np.sqrt(1 - keep**2) * noise[:, k]
    return noise


def flux(objects: dict[str, np.ndarray], walk: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return the true difference flux at the times of the visits, in units of magnitude 25.

    Parameters
    ----------
    objects : dict from `candidates`, n objects
    walk : array (n, 51), see `random_walk`; only active nuclei use it, on top of their mean light
    t : array (n, 6, visits), days of the season
    """
    since = t - objects["peak_time"][:, None, None]
    shape = bazin(
        since,
        objects["rise"][..., None],
        np.maximum(objects["fall"], 1.3 * objects["rise"])[..., None],
    )
    nuclei = np.flatnonzero(objects["kind"] == "AGN")
    grid = np.arange(walk.shape[1]) * STEP
    for n in nuclei:  # difference to a template that was taken earlier
        shape[n] = np.interp(t[n], grid, 10 ** (-0.4 * (walk[n] - walk[n].max())) - 0.7)
    return 10 ** (-0.4 * (objects["magnitude"] - ZERO))[..., None] * shape
