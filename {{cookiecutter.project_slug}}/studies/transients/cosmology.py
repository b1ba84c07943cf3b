"""What a sample says about the universe: the matter density, from a Hubble diagram in bins.

Published
    In a flat universe with a cosmological constant, distances follow from the matter density and
    one additive constant, absolute magnitude and Hubble constant together. With a flat prior the
    constant is marginalised analytically (Goliath et al. 2001, A&A 380, 6).
Departures
    Every object has the same error, so a bin weighs as many objects as it holds. The loss of the
    faint (Malmquist bias) is taken out bin by bin with what all Ia of the bin would say; a survey
    simulates that (Kessler & Scolnic 2017, ApJ 836, 56). So all Ia together give the true density
    by construction, and what differs is due to contaminants and to Ia that were not selected.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from . import downstream

EDGES = np.linspace(0.1, 0.8, 8)  # of the redshift bins
MATTER = np.linspace(0.0, 1.0, 101)  # up to a universe without a cosmological constant
TRUE = 0.3  # the matter density of the simulation
FEWEST = 5  # Ia that a bin must hold
CLIP = 3.0  # robust standard deviations, beyond which an object is thrown out as an outlier


@cache
def universes() -> tuple[np.ndarray, np.ndarray]:
    """Return redshifts (n,), and moduli of each universe less the true ones [mag], (n, 101)."""
    # astropy takes a second to import, and only this table needs it.
    from astropy.cosmology import FlatLambdaCDM

    z = np.linspace(0.01, 1.7, 200)
    moduli = [FlatLambdaCDM(H0=70.0, Om0=matter).distmod(z).value for matter in [*MATTER, TRUE]]
    return z, np.array(moduli[:-1]).T - moduli[-1][:, None]


def predicted(redshift: np.ndarray) -> np.ndarray:
    """Return how far each universe puts objects beyond the true one [mag], shape (n, 101)."""
    grid, table = universes()
    return np.column_stack([np.interp(redshift, grid, column) for column in table.T])


def bins(redshift: np.ndarray) -> np.ndarray:
    """Return the number of each redshift's bin; -1 where it is in none."""
    place = np.digitize(redshift, EDGES) - 1
    return np.where(place < len(EDGES) - 1, place, -1)


def corrected(frame: pd.DataFrame) -> np.ndarray:
    """Return measured less true distance modulus [mag], less the mean of all Ia in the bin.

    NaN where the bin holds fewer than `FEWEST` Ia.
    """
    shift = pd.Series(downstream.residuals(frame))
    place = pd.Series(bins(frame["true_redshift"].to_numpy()))
    is_ia = frame["kind"].to_numpy() == "Ia"
    own = shift[is_ia].groupby(place[is_ia]).agg(["mean", "size"]).query("size >= @FEWEST")
    return (shift - place.mask(place < 0).map(own["mean"])).to_numpy(dtype=float)


def clipped(frame: pd.DataFrame, passed: np.ndarray) -> np.ndarray:
    """Return which of the passed are within three robust deviations of the median of their bin."""
    own = pd.Series(np.where(passed, frame["shift"], np.nan))
    place = bins(frame["true_redshift"].to_numpy())
    away = (own - own.groupby(place).transform("median")).abs()
    return passed & (away < CLIP * 1.4826 * away.median()).to_numpy()


def totals(redshift: np.ndarray, shift: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Sum over the objects of each field and bin: number, shift, what each universe predicts.

    Parameters
    ----------
    redshift, shift : arrays (n,); rows outside the bins and NaN are left out
    field : integers (n,), from zero

    Returns
    -------
    array (fields, bins, 2 + 101)
    """
    place = bins(redshift)
    used = (place >= 0) & np.isfinite(shift)
    found = np.zeros((field.max() + 1, len(EDGES) - 1, 2 + len(MATTER)))
    parts = np.column_stack([np.ones(used.sum()), shift[used], predicted(redshift[used])])
    np.add.at(found, (field[used], place[used]), parts)
    return found


def density(found: np.ndarray) -> np.ndarray:
    """Return the matter density that fits the bins best, whatever the additive constant.

    chi^2 = A - B^2 / C with A, B and C the sums over the bins of w d^2, w d and w, where d is what
    the bin lies beyond the universe asked about and w its number of objects.

    Parameters
    ----------
    found : array (..., bins, 2 + 101), see `totals`

    Returns
    -------
    array (...), between 0 and 1: a sample that asks for more has its end there.
    """
    number = found[..., :1]
    mean = found[..., 1:] / np.where(number > 0, number, 1)
    off = mean[..., :1] - mean[..., 1:]
    a, b = (number * off**2).sum(axis=-2), (number * off).sum(axis=-2)
    chi2 = a - b**2 / number.sum(axis=-2)
    best = np.argmin(chi2, axis=-1)
    inside = np.clip(best, 1, len(MATTER) - 2)[..., None]
    left, middle, right = (
        np.take_along_axis(chi2, inside + side, axis=-1)[..., 0] for side in (-1, 0, 1)
    )
    bend = np.where(left + right > 2 * middle, left + right - 2 * middle, 1)
    vertex = MATTER[inside[..., 0]] + (left - right) / (2 * bend) * (MATTER[1] - MATTER[0])
    return np.where(best == inside[..., 0], vertex, MATTER[best])


def judge(frame: pd.DataFrame, samples: dict, *, draws: int, seed: int) -> pd.DataFrame:
    """Return the matter density that each sample would give, with 95 % intervals.

    Parameters
    ----------
    frame : DataFrame with true_redshift, field_id and `shift`, see `corrected`
    samples : dict of boolean arrays (n,), what is taken for a Ia; `all Ia` is the truth
    draws : int, of a bootstrap over fields, the same for every sample
    seed : int

    Returns
    -------
    DataFrame
        One row per sample: objects, matter, low, high, and bias, bias_low, bias_high, which is
        the difference to `all Ia` of the same draw.
    """
    shift = frame["shift"].to_numpy(dtype=float)
    names, field = np.unique(frame["field_id"], return_inverse=True)
    times = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=draws
    )
    fits, rows = {}, {}
    for who, passed in samples.items():
        found = totals(frame["true_redshift"].to_numpy(), np.where(passed, shift, np.nan), field)
        # the sample itself, then the same with fields drawn with replacement
        drawn = np.tensordot(np.vstack([np.ones(len(names)), times]), found, axes=1)
        fits[who] = density(drawn)
        rows[who] = {"objects": int(found[..., 0].sum())} | _ends(fits[who], "matter", "")
    for who, fitted in fits.items():
        rows[who] |= _ends(fitted - fits["all Ia"], "bias", "bias_")
    return pd.DataFrame(rows).T


def _ends(values: np.ndarray, name: str, prefix: str) -> dict:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return {name: values[0], f"{prefix}low": low, f"{prefix}high": high}


def points(frame: pd.DataFrame, passed: np.ndarray) -> pd.DataFrame:
    """Return the Hubble diagram of a sample, a row per bin: redshift, mean [mag], error, number.

    What it shows is measured less true distance modulus.
    """
    rows = frame[passed & frame["shift"].notna()]
    found = rows.groupby(bins(rows["true_redshift"].to_numpy()))
    table = found.agg(redshift=("true_redshift", "mean"), mean=("shift", "mean"))
    return table.assign(
        error=found["shift"].std() / np.sqrt(found.size()), number=found.size()
    ).reset_index(drop=True)
