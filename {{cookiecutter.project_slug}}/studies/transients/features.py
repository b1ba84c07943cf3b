"""Numbers that describe a light curve, for thousands of objects at once.

Each band is smoothed by a Gaussian kernel with inverse-variance weights, on a grid of days; the
rest is read off the smooth curves. Magnitudes are inverse hyperbolic sines (Lupton, Gunn & Szalay
1999, AJ 118, 1406), so that a band without a detection still has a colour. Each object is
measured by itself: no random number, no fit that could fail, no missing value.

Features of your own stand below them. `boxloop add feature NAME` writes one as a function of inputs
that every model works out for itself: stress tests, the release and `boxloop predict` see it, and
study.toml need not know of it. With `--table` it stands in the table from the start, as a column of
study.toml: stress tests do not move it, and whoever predicts must bring it along.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from boxloop.measure import Features

FEATURES = Features()
GRID = np.arange(0.0, 201.0, 4.0)  # days
KERNEL = 5.0  # days
ZERO = 25.0
SOFT = 10 ** (
    -0.4 * (np.array([25.3, 26.0, 25.8, 25.4, 24.8, 24.0]) - ZERO)
)  # softening flux per band, near one sigma
U, G, R, I, Z, Y = range(6)  # noqa: E741 (the names of the bands)


def smooth(
    times: np.ndarray, fluxes: np.ndarray, errors: np.ndarray, there: np.ndarray
) -> np.ndarray:
    """Return the smoothed light curves, flux (n, 6, 51).

    A weak prior of zero flux, a twentieth of a visit of the object's median error, decides where
    nothing was observed.
    """
    weight = np.where(there, errors**-2.0, 0.0)
    prior = 0.05 / np.median(errors, axis=2, keepdims=True) ** 2
    top, bottom = np.zeros((2, *fluxes.shape[:2], len(GRID)))
    for k, day in enumerate(GRID):
        pull = weight * np.exp(-0.5 * ((times - day) / KERNEL) ** 2)
        top[..., k], bottom[..., k] = (pull * fluxes).sum(axis=-1), pull.sum(axis=-1)
    return top / (bottom + prior)


def magnitude(flux: np.ndarray, band: int) -> np.ndarray:
    """Return the inverse hyperbolic sine magnitude of fluxes in a band."""
    return ZERO - 2.5 / np.log(10) * (np.arcsinh(flux / (2 * SOFT[band])) + np.log(SOFT[band]))


def at(curve: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return curves (n, 51) at one day per object (n,), linear between grid points, flat beyond."""
    place = np.clip(day / (GRID[1] - GRID[0]), 0, len(GRID) - 1.001)
    low = place.astype(int)
    rows = np.arange(len(curve))
    return curve[rows, low] + (place - low) * (curve[rows, low + 1] - curve[rows, low])


def width(
    curve: np.ndarray, peak_day: np.ndarray, peak_flux: np.ndarray, first: int, last: int
) -> np.ndarray:
    """Return the equivalent width [days]: an integral between offsets over the flux at peak."""
    since = GRID - peak_day[:, None]
    inside = (since >= first) & (since < last)
    return np.clip((curve * inside).sum(axis=1) * (GRID[1] - GRID[0]) / peak_flux, -50, 200)


def follow(curve: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return smooth curves (n, 51) at visits (n, visits), linear between grid points."""
    place = np.clip(times / (GRID[1] - GRID[0]), 0, len(GRID) - 1.001)
    low = place.astype(int)
    left = np.take_along_axis(curve, low, axis=1)
    return left + (place - low) * (np.take_along_axis(curve, low + 1, axis=1) - left)


def scaled(band: int, data: tuple, shape: Callable, window: tuple) -> tuple:
    """Return the flux of a band at peak, and its error: the r + i shape scaled to some visits.

    Parameters
    ----------
    band : int
    data : (times, fluxes, errors, there), each (n, 6, visits)
    shape : callable, times (n, visits) -> r + i curve over its peak
    window : (day of peak (n,), first, last), days after the peak
    """
    times, fluxes, errors, there = (part[:, band] for part in data)
    since = times - window[0][:, None]
    weight = np.where(there & (since >= window[1]) & (since < window[2]), errors**-2.0, 0.0)
    template = shape(times)
    # Where no visit fell into the window, a twentieth of a visit of median error says zero.
    bottom = (weight * template**2).sum(axis=1) + 0.05 / np.median(errors, axis=1) ** 2
    return (weight * template * fluxes).sum(axis=1) / bottom, bottom**-0.5


def extract(
    times: np.ndarray, fluxes: np.ndarray, errors: np.ndarray, there: np.ndarray
) -> pd.DataFrame:
    """Return the features of n light curves.

    Parameters
    ----------
    times, fluxes, errors, there : arrays (n, 6, visits): days, flux in units of magnitude 25, its
        error, observed or not

    Returns
    -------
    DataFrame of n rows, columns as in study.toml
    """
    data = times, fluxes, errors, there
    curve = smooth(*data)
    red = curve[:, R] + curve[:, I]
    # Away from the ends, where a kernel sees one side only.
    best = 5 + np.argmax(red[:, 5:-5], axis=1)
    day, rows = GRID[best], np.arange(len(red))
    peak = np.maximum(red[rows, best], SOFT[R])

    def shape(t: np.ndarray) -> np.ndarray:
        return follow(red, t) / peak[:, None]

    colours, errors = _magnitudes(data, shape, day)
    blue = np.maximum(curve[:, G].max(axis=1), SOFT[G])
    return pd.DataFrame(
        colours
        | {
            "rise_time": width(red, day, peak, -40, 0),
            "fall_time": width(red, day, peak, 0, 70),
            "fall_blue": width(curve[:, G], day, blue, 0, 50),
            "decline": magnitude(at(red, day + 15), R) - magnitude(red[rows, best], R),
            "tail": np.clip(at(red, day + 50) / peak, -0.5, 1.5),
            "early": width(red, day, peak, -90, -45) / 45,
            "roughness": _roughness(data, curve, peak),
        }
        | errors
    )


def _magnitudes(data: tuple, shape: Callable, day: np.ndarray) -> tuple:
    """Return peak magnitude and colours [mag], and their errors: two dicts of arrays (n,)."""
    bright = [scaled(band, data, shape, (day, -15, 20)) for band in range(5)]
    mag = [magnitude(flux, band) for band, (flux, _) in enumerate(bright)]
    sigma = [
        1.0857 * error / np.hypot(flux, 2 * SOFT[band]) for band, (flux, error) in enumerate(bright)
    ]
    late = [magnitude(scaled(band, data, shape, (day, 20, 50))[0], band) for band in (G, R)]
    pairs = {"u_g": (U, G), "g_r": (G, R), "r_i": (R, I), "i_z": (I, Z)}
    colours = {"peak_mag": mag[R]} | {
        name: mag[one] - mag[two] for name, (one, two) in pairs.items()
    }
    colours["reddening"] = (late[0] - late[1]) - colours["g_r"]
    errors = {
        f"{name}_error": np.hypot(sigma[one], sigma[two]) for name, (one, two) in pairs.items()
    }
    return colours, {"peak_mag_error": sigma[R]} | errors


def _roughness(data: tuple, curve: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """Return the rms of visit - smooth curve in r and i over the flux at peak, at most one."""
    total, count = 0.0, 0
    for band in (R, I):
        times, fluxes, _, there = (part[:, band] for part in data)
        off = np.where(there, fluxes - follow(curve[:, band], times), 0)
        total, count = total + (off**2).sum(axis=1), count + there.sum(axis=1)
    return np.minimum(np.sqrt(total / np.maximum(count, 1)) / peak, 1.0)
