"""Three simulators of galaxy clusters; the survey has the physics of the third.

Published
    The multi-property statistical model: a mass function that is quadratic in mu = ln(M500 / 1e14
    Msun) and observables that are log-normal about power laws (Evrard, Arnault, Huterer & Farahi
    2014, MNRAS 441, 3562).
    Slopes in mass and in E(z) are self-similar (Kaiser 1986, MNRAS 222, 323).
    Deviations of gas mass and temperature are anti-correlated, so that their product Y_X hardly
    feels feedback (Kravtsov, Vikhlinin & Nagai 2006, ApJ 650, 128): A and B take that as exact.
    In the sky the slopes are not self-similar (Arnaud, Pointecouteau & Pratt 2007, A&A 474, L37,
    table 2), and simulations with strong AGN feedback depart from them, in Y_X too (Le Brun et al.
    2017, MNRAS 466, 4442; Pop et al. 2022, arXiv:2205.11528): C takes the slopes of the sky.
Toy
    All normalisations, scatters and shifts (round numbers of the right order), two dynamical
    states instead of a continuum, a mass function that does not evolve, one exposure and no
    background for the X-ray counts.
    M-Y_X scatters by 15 % here and by 5-7 % in the 2006 simulations: survey photons are few and
    mergers strong.

Within one dynamical state the model is exactly log-normal, so the posterior of the mass has a
closed form (`study.baseline.limit`): no honest model can do better in its simulator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

BETA = (2.0, 0.6)  # dn/dmu ~ exp(-beta1 mu - beta2 mu^2 / 2); toy values near the cluster scale
MU_RANGE = (-0.7, 3.2)  # M500 from 0.5e14 to 25e14 Msun
Z_RANGE = (0.1, 0.6)
LINES_OF_SIGHT = 3
COUNTS_PER_FLUX = (
    500.0  # photons per 1e-12 erg / s / cm^2: area x exposure / mean photon energy (toy)
)
COUNTS_LIMIT = 200.0  # the flux limit of the survey: 4e-13 erg / s / cm^2
ERG_PER_S_CM2 = (
    1e44 / (4 * np.pi * 3.0857e24**2) / 1e-12
)  # L [1e44 erg/s] / d_L^2 [Mpc^2] -> 1e-12 erg/s/cm^2

OBSERVABLES = (
    "gas_mass",
    "temperature",
    "luminosity",
    "richness",
    "velocity_dispersion",
    "centroid_shift",
    "concentration",
)
XRAY, OPTICAL = OBSERVABLES[:3], OBSERVABLES[3:5]
MEASURED = XRAY + OPTICAL  # these five carry an error column
ALPHA = np.array(
    [1, 2 / 3, 4 / 3, 1, 1 / 3, 0, 0]
)  # mass slopes; the two shape indicators do not know the mass
GAMMA = np.array([0, 2 / 3, 7 / 3, 0, 1 / 3, 0, 0])  # exponents of E(z)


def vector(**values: Any) -> np.ndarray:
    """Return a (7,) array in the order of OBSERVABLES, zero where not named."""
    return np.array([values.get(name, 0.0) for name in OBSERVABLES])


@dataclass(frozen=True)
class State:
    """A dynamical state: ln observables at mu = 0 and E(z) = 1, shape (7,), as in OBSERVABLES.

    Attributes
    ----------
    mean : 1e13 Msun, keV, 1e44 erg/s (bolometric), galaxies, km/s, R500, ratio of surface
        brightnesses
    scatter : independent intrinsic scatter
    strength : effect of one sigma of cool-core strength (relaxed) or of infall strength (merging)
    """

    mean: np.ndarray
    scatter: np.ndarray
    strength: np.ndarray


@dataclass(frozen=True)
class Physics:
    """One simulator.

    Attributes
    ----------
    relaxed, merging : State
    merger_fraction : share of merging clusters
    alpha, gamma : slopes in mu and in ln E(z), shape (7,)
    gas : effect of one sigma of gas displaced by feedback, shape (7,): gas mass one way,
        temperature the other
    projection : scatter between lines of sight to the same halo, shape (7,)
    artefact : slope of ln(core_px) in mu; above zero if the numerical resolution knows the mass
    """

    relaxed: State
    merging: State
    merger_fraction: float
    alpha: np.ndarray
    gamma: np.ndarray
    gas: np.ndarray
    projection: np.ndarray
    artefact: float

    def law(self, merging: int) -> tuple:
        """Return mean (7,) and covariance (7, 7) of one state seen along one line of sight."""
        state = self.merging if merging else self.relaxed
        covariance = np.diag(state.scatter**2 + self.projection**2)
        return state.mean, covariance + np.outer(self.gas, self.gas) + np.outer(
            state.strength, state.strength
        )


MEAN = np.log([12.0, 2.2, 0.45, 22.0, 500.0, 0.006, 0.15])
A = Physics(
    # Cool cores: the stronger the core, the more light and the more concentrated it is.
    relaxed=State(
        mean=MEAN,
        scatter=np.array([0.06, 0.06, 0.15, 0.15, 0.07, 0.60, 0.20]),
        strength=vector(temperature=-0.06, luminosity=0.45, concentration=0.45),
    ),
    # Mergers: bulk motion is not yet heat, so the gas looks cool, the more so the stronger the
    # infall.
    merging=State(
        mean=MEAN
        + vector(
            gas_mass=0.08,
            temperature=-0.25,
            luminosity=0.10,
            centroid_shift=1.2,
            concentration=-0.3,
        ),
        scatter=np.array([0.14, 0.10, 0.25, 0.20, 0.12, 0.25, 0.35]),
        strength=vector(temperature=-0.30, centroid_shift=0.70),
    ),
    merger_fraction=0.4,
    alpha=ALPHA,
    gamma=GAMMA,
    gas=vector(gas_mass=0.13, temperature=-0.13, luminosity=0.26),
    projection=vector(richness=0.20, velocity_dispersion=0.15, centroid_shift=0.15),
    artefact=1.0,
)
# Stronger feedback pushes gas out of the shallow wells of low-mass clusters and heats the rest:
# gas mass falls and temperature rises by the same factor, so that Y_X stays. The thinner gas
# shines less (density squared), jets cut the tie between light and concentration, quenching
# removes galaxies, and infall heats at once: the shape indicators are still there, but they no
# longer mean what they meant in A.
B_MEAN = MEAN + vector(
    gas_mass=-0.30,
    temperature=0.30,
    luminosity=-0.70,
    richness=-0.30,
    centroid_shift=0.3,
    concentration=-0.2,
)
B = replace(
    A,
    relaxed=State(
        mean=B_MEAN,
        scatter=np.array([0.08, 0.20, 0.25, 0.20, 0.07, 0.60, 0.20]),
        strength=vector(luminosity=0.10, concentration=0.45),
    ),
    merging=State(
        mean=B_MEAN
        + vector(
            gas_mass=0.08,
            temperature=-0.22,
            luminosity=0.10,
            centroid_shift=1.2,
            concentration=-0.3,
        ),
        scatter=np.array([0.12, 0.24, 0.30, 0.25, 0.12, 0.25, 0.35]),
        strength=vector(temperature=-0.05, centroid_shift=0.70),
    ),
    alpha=ALPHA + vector(gas_mass=0.06, temperature=-0.06, luminosity=0.12),
    gas=vector(gas_mass=0.18, temperature=-0.18, luminosity=0.20),
    artefact=0.0,
)
# Here gas is thrown out of the shallow wells and what stays is not heated for it, so Y_X falls as
# far as the gas mass does: by a quarter at 1e14 Msun. Deep wells keep their gas, so the slopes are
# those of the sky: gas mass 1.20 (1 / 0.803 in Arnaud et al. 2007, table 2), temperature 0.61
# (1 / 1.71), so Y_X 1.81 (1 / 0.548); luminosity 1.59 (Stanek et al. 2006). The sizes of all other
# shifts are toys, between A and B, and the cores are stronger than in A.
C_MEAN = MEAN + vector(
    gas_mass=-0.25,
    luminosity=-0.50,
    richness=-0.10,
    centroid_shift=0.15,
    concentration=0.2,
)
C = replace(
    A,
    relaxed=State(
        mean=C_MEAN,
        scatter=np.array([0.08, 0.10, 0.20, 0.20, 0.07, 0.60, 0.20]),
        strength=vector(temperature=-0.06, luminosity=0.35, concentration=0.45),
    ),
    merging=State(
        mean=C_MEAN
        + vector(
            gas_mass=0.08,
            temperature=-0.25,
            luminosity=0.10,
            centroid_shift=1.2,
            concentration=-0.3,
        ),
        scatter=np.array([0.14, 0.14, 0.25, 0.25, 0.12, 0.25, 0.35]),
        strength=vector(temperature=-0.15, centroid_shift=0.70),
    ),
    alpha=ALPHA + vector(gas_mass=0.20, temperature=-0.06, luminosity=0.26),
    gas=vector(gas_mass=0.15, temperature=-0.05, luminosity=0.26),
    artefact=0.0,
)
SIMULATORS = {"A": A, "B": B, "C": C}  # by the first letter of a halo's name


@cache
def distances() -> tuple:
    """Return redshifts, luminosity distances [Mpc], comoving volumes [Mpc^3]: arrays (500,).

    Flat cosmology, H0 = 70 km/s/Mpc, matter density 0.3.
    """
    # astropy takes a second to import, and only the simulation needs it.
    from astropy.cosmology import FlatLambdaCDM

    cosmology = FlatLambdaCDM(H0=70.0, Om0=0.3)
    z = np.linspace(*Z_RANGE, 500)
    return z, cosmology.luminosity_distance(z).value, cosmology.comoving_volume(z).value


def distance(redshift: np.ndarray | pd.Series) -> np.ndarray:
    """Return the luminosity distance in Mpc, from the table."""
    grid, table, _ = distances()
    return np.interp(redshift, grid, table)


def limiting_luminosity(redshift: np.ndarray | pd.Series) -> np.ndarray:
    """Return the luminosity [1e44 erg/s] from which COUNTS_LIMIT photons arrive on average."""
    return COUNTS_LIMIT / COUNTS_PER_FLUX / ERG_PER_S_CM2 * distance(redshift) ** 2


def efunc(redshift: np.ndarray | pd.Series) -> np.ndarray:
    """Return E(z) = H(z)/H0 of the flat cosmology with matter density 0.3."""
    return np.sqrt(0.3 * (1 + np.asarray(redshift)) ** 3 + 0.7)


def draw_halos(rng: np.random.Generator, size: int) -> tuple:
    """Draw mu from the mass function and z uniformly in comoving volume; both of shape (size,)."""
    mu = np.linspace(*MU_RANGE, 2000)
    density = np.exp(-BETA[0] * mu - BETA[1] * mu**2 / 2)
    z, _, volume = distances()
    cumulative = np.cumsum(density)
    return (
        np.interp(rng.random(size), cumulative / cumulative[-1], mu),
        np.interp(rng.random(size), (volume - volume[0]) / (volume[-1] - volume[0]), z),
    )


def observe(rng: np.random.Generator, mu: np.ndarray, z: np.ndarray, physics: Physics) -> tuple:
    """Give every halo its three-dimensional observables, then look at it along each line of sight.

    Returns
    -------
    seen : array (n, lines of sight, 7), ln observables before measurement
    merging, strength : arrays (n,), the dynamical state and its strength in sigma
    """
    n = len(mu)
    merging = rng.random(n) < physics.merger_fraction
    gas, strength = rng.standard_normal((2, n, 1))
    mean, scatter, load = (
        np.where(merging[:, None], getattr(physics.merging, part), getattr(physics.relaxed, part))
        for part in ("mean", "scatter", "strength")
    )
    ln_s = mean + np.outer(mu, physics.alpha) + np.outer(np.log(efunc(z)), physics.gamma)
    ln_s += gas * physics.gas + strength * load + scatter * rng.standard_normal(mean.shape)
    seen = ln_s[:, None, :] + physics.projection * rng.standard_normal(
        (n, LINES_OF_SIGHT, len(OBSERVABLES))
    )
    return seen, merging, strength[:, 0]


def measure(rng: np.random.Generator, seen: np.ndarray, z: np.ndarray) -> tuple:
    """Add photon and galaxy-count noise.

    X-ray: N photons are a Poisson number whose mean is flux x COUNTS_PER_FLUX.
    The luminosity follows from N; gas mass (0.5 / sqrt N) and temperature (2 / sqrt N) are fitted
    to the same photons.
    Optical: richness n has the error 1 / sqrt n; the dispersion uses spectra of half the members,
    1 / sqrt(n - 2).
    Errors are reported from what was measured, as a catalogue must.

    Returns
    -------
    measured, error : arrays of shape (n, lines of sight, 7), ln units (an error in ln is a
        fractional error)
    counts : observed photons, shape (n, lines of sight)
    """
    flux = np.exp(seen[..., 2]) * ERG_PER_S_CM2 / distance(z)[:, None] ** 2
    counts = rng.poisson(flux * COUNTS_PER_FLUX)
    ln_richness = seen[..., 3] + rng.standard_normal(counts.shape) * np.exp(-seen[..., 3] / 2)
    photon = 1 / np.sqrt(np.maximum(counts, 1))
    member = np.exp(-ln_richness / 2)
    velocity = 1 / np.sqrt(np.maximum(np.exp(ln_richness) - 2, 8))
    zero = np.zeros_like(photon)
    error = np.stack([0.5 * photon, 2 * photon, photon, member, velocity, zero, zero], axis=-1)
    measured = seen + error * rng.standard_normal(seen.shape)
    measured[..., 2] = seen[..., 2] + np.log(np.maximum(counts, 1) / (flux * COUNTS_PER_FLUX))
    measured[..., 3] = ln_richness
    return measured, error, counts


def catalogue(
    physics: Physics,
    *,
    halos: int,
    seed: list[int],
    prefix: str,
    lines_of_sight: int = LINES_OF_SIGHT,
) -> pd.DataFrame:
    """Draw a flux-limited catalogue: one row per halo and line of sight.

    A row is kept if its own photons pass the limit, so a halo near the limit may show fewer than
    three rows, and at a given mass bright clusters are over-represented (Malmquist bias).

    Parameters
    ----------
    physics : Physics
    halos : int, number of halos with at least one row
    seed, prefix : int or sequence of int; str, first letters of the identifiers
    lines_of_sight : int, at most three

    Returns
    -------
    pandas.DataFrame, columns as in study.toml, truth included
    """
    rng = np.random.default_rng(seed)
    mu, z = draw_halos(rng, 40 * halos)
    seen, merging, strength = observe(rng, mu, z, physics)
    measured, error, counts = measure(rng, seen, z)
    # The same marginal distribution with and without a tie to the mass.
    spread = 0.08 if physics.artefact else 0.65
    artefact = np.exp(6.4 + physics.artefact * (mu - 0.4) + spread * rng.standard_normal(len(mu)))
    keep = counts >= COUNTS_LIMIT
    keep[:, lines_of_sight:] = False
    chosen = np.flatnonzero(keep.any(axis=1))[:halos]
    number, line = np.nonzero(keep[chosen])
    halo = chosen[number]
    names = np.array([f"{prefix}{n:04d}" for n in range(len(chosen))])[number]
    rows = [f"{name}-{k}" for name, k in zip(names, line, strict=True)]
    table = {"cluster_id": rows, "halo_id": names, "redshift": z[halo]}
    table |= {name: np.exp(measured[halo, line, k]) for k, name in enumerate(OBSERVABLES)}
    table |= {f"{name}_error": error[halo, line, k] for k, name in enumerate(MEASURED)}
    table |= {"core_px": np.rint(artefact[halo]), "ln_mass": mu[halo]}
    table |= {"true_merger": merging[halo].astype(int), "true_strength": strength[halo]}
    table |= {f"true_{name}": np.exp(seen[halo, line, k]) for k, name in enumerate(MEASURED)}
    return pd.DataFrame(table)
