"""Toy proton-proton collisions with two jets: QCD, a top-like background and a resonance.

Published
    The shape of the smooth spectrum, dN/dm ~ (1 - x)^p1 / x^(p2 + p3 ln x) with x = m / sqrt(s),
    which dijet searches fit to their data (Harris & Kousouris 2011, Int. J. Mod. Phys. A 26,
    5005).
    Angles: t-channel scattering is flat in chi = exp|delta eta|; a spin-0 resonance is flat in
    cos(theta*) = tanh(delta eta / 2) (same review).
    tau21 is low for a jet with two prongs (Thaler & Van Tilburg 2011, JHEP 03, 015).
Toy
    Every number: slopes, jet masses, their widths and their tie to the dijet mass.
    Jets are not simulated, their summary quantities are drawn. Masses of the daughters are free
    parameters.

A narrow resonance has a natural width far below the resolution, so its width in `m_jj` is that of
the detector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

SQRT_S = 13_000.0  # GeV
RANGE = (
    3_500 * np.exp(-0.58),
    3_500 * np.exp(0.62),
)  # GeV, 1.96 to 6.51 TeV: signal regions are then whole bins of `search`
RESOLUTION = 0.03  # of m_jj, in ln
MAX_DELTA_ETA = 1.3  # selection of the search: the t-channel is forward, a resonance central
PILEUP = 30.0  # mean number of vertices
FEATURES = ("m_j1", "m_j2", "tau21_1", "tau21_2", "delta_eta")
JETS = ("m_j1", "m_j2")
TAU_SPREAD, HEAVY_IS_PRONGED = (
    0.55,
    0.35,
)  # scatter of logit(tau21), and its fall per sigma of ln(jet mass)
TOP, TOP_SPREAD, WHOLE_TOP, TOP_TAU = (
    (173.0, 80.4),
    0.09,
    0.6,
    (0.45, 0.33),
)  # GeV; whole top or its W alone
PRONG_SPREAD, LOST, PRONG_TAU = 0.12, 0.2, (0.55, 0.33)  # a prong lost or not


@dataclass(frozen=True)
class Physics:
    """One generator of background.

    Attributes
    ----------
    slopes : (p1, p2, p3) of the mass spectrum
    top : share of top-like events
    mass : median of a QCD jet's mass at m_jj = 3 TeV, in GeV
    spread : scatter of ln(jet mass)
    tie : d ln(jet mass) / d ln(m_jj)
    tau : median tau21 of a QCD jet
    """

    slopes: tuple = (4.0, 3.5, 0.0)
    top: float = 0.03
    mass: float = 105.0
    spread: float = 0.55
    tie: float = 0.75
    tau: float = 0.62


@dataclass(frozen=True)
class Signal:
    """A resonance of mass `m` [GeV] that decays to X and Y, each one jet with two prongs."""

    m: float = 3_500.0
    x: float = 280.0
    y: float = 120.0
    width: float = RESOLUTION


# The simulation, and another shower, which the data follow: harder spectrum, broader and heavier
# jets.
A = Physics()
B = replace(A, slopes=(4.0, 3.2, 0.0), mass=110.0, spread=0.58, tau=0.60)
SIGNAL = Signal()


def density(mass: np.ndarray, slopes: tuple) -> np.ndarray:
    """Return dN/dm up to a constant, shape of `mass` (GeV)."""
    x = np.asarray(mass) / SQRT_S
    p1, p2, p3 = slopes
    return (1 - x) ** p1 / x ** (p2 + p3 * np.log(x))


def draw_mass(rng: np.random.Generator, size: int, slopes: tuple) -> np.ndarray:
    """Draw dijet masses [GeV] from the smooth spectrum, shape (size,)."""
    grid = np.linspace(*RANGE, 4_000)
    steps = density((grid[1:] + grid[:-1]) / 2, slopes)
    cumulative = np.concatenate([[0], np.cumsum(steps)])
    return np.interp(rng.random(size), cumulative / cumulative[-1], grid)


def logit(tau: Any) -> Any:
    """Return ln(tau / (1 - tau)): tau21 lies between 0 and 1, its logit anywhere."""
    return np.log(tau / (1 - tau))


def draw_tau(rng: np.random.Generator, median: np.ndarray, size: tuple) -> np.ndarray:
    """Draw tau21 about `median` (scalar or array); its logit is normal."""
    return 1 / (1 + np.exp(-logit(median) - TAU_SPREAD * rng.standard_normal(size)))


def qcd(rng: np.random.Generator, size: int, physics: Physics = A) -> pd.DataFrame:
    """Return `size` QCD events: jets without prongs, whose mass grows with their momentum.

    A QCD jet that is heavy for its momentum often is so because of one hard splitting, so its
    tau21 is low.
    """
    m_jj = draw_mass(rng, size, physics.slopes)
    heavy = rng.standard_normal((2, size))
    common = np.log(physics.mass) + physics.tie * np.log(m_jj / 3_000)
    masses = np.exp(common + physics.spread * heavy)
    median = 1 / (1 + np.exp(-logit(physics.tau) + HEAVY_IS_PRONGED * heavy))
    taus = draw_tau(rng, median, (2, size))
    return _events(m_jj, masses, taus, flat_in_chi(rng, size), "qcd")


def flat_in_chi(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw |delta eta| with chi = exp|delta eta| flat up to the selection."""
    return np.log(1 + rng.random(size) * (np.exp(MAX_DELTA_ETA) - 1))


def top(rng: np.random.Generator, size: int, physics: Physics = A) -> pd.DataFrame:
    """Return `size` top-like events: each jet holds a top (173 GeV) or its W alone (80 GeV)."""
    m_jj = draw_mass(rng, size, physics.slopes)
    whole = rng.random((2, size)) < WHOLE_TOP
    masses = np.where(whole, TOP[0], TOP[1]) * np.exp(TOP_SPREAD * rng.standard_normal((2, size)))
    taus = draw_tau(rng, np.where(whole, *TOP_TAU), (2, size))
    return _events(m_jj, masses, taus, flat_in_chi(rng, size), "top")


def signal(rng: np.random.Generator, size: int, resonance: Signal = SIGNAL) -> pd.DataFrame:
    """Return `size` events of a resonance; one jet in five lost a prong and half of its mass."""
    m_jj = resonance.m * np.exp(resonance.width * rng.standard_normal(size))
    lost = rng.random((2, size)) < LOST
    masses = np.array([[resonance.x], [resonance.y]]) * np.exp(
        PRONG_SPREAD * rng.standard_normal((2, size))
    )
    taus = draw_tau(rng, np.where(lost, *PRONG_TAU), (2, size))
    reach = np.tanh(MAX_DELTA_ETA / 2)
    return _events(
        m_jj,
        masses * np.where(lost, 0.5, 1.0),
        taus,
        2 * np.arctanh(rng.random(size) * reach),
        "signal",
    )


def _events(
    m_jj: np.ndarray, masses: np.ndarray, taus: np.ndarray, delta_eta: np.ndarray, process: str
) -> pd.DataFrame:
    """Return a table with the heavier jet first."""
    first = np.argmax(masses, axis=0)
    rows = np.arange(len(m_jj))
    frame = pd.DataFrame({"m_jj": m_jj})
    for number, jet in (("1", first), ("2", 1 - first)):
        frame[f"m_j{number}"], frame[f"tau21_{number}"] = masses[jet, rows], taus[jet, rows]
    return frame.assign(delta_eta=delta_eta, true_process=process)


def pile_up(rng: np.random.Generator, frame: pd.DataFrame, vertices: np.ndarray) -> pd.DataFrame:
    """Return the table with further collisions in its jets: 0.15 GeV per vertex, blurred prongs.

    Parameters
    ----------
    vertices : array (n,), beyond what the calibration subtracts on average
    """
    extra = np.asarray(vertices)
    changed = {name: frame[name] + np.maximum(0.15 * extra, -0.5 * frame[name]) for name in JETS}
    for name in ("tau21_1", "tau21_2"):
        changed[name] = 1 / (1 + np.exp(-logit(frame[name]) - 0.004 * extra))
    return frame.assign(**changed)


def _in_range(
    rng: np.random.Generator, physics: Physics, background: int, signals: int, resonance: Any
) -> pd.DataFrame:
    """Return the events of each kind whose dijet mass lies in the range of the search."""
    tops = rng.binomial(background, physics.top)
    parts = [
        qcd(rng, background - tops, physics),
        top(rng, tops, physics),
        signal(rng, signals, resonance),
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.query("@RANGE[0] < m_jj < @RANGE[1]").reset_index(drop=True)


def sample(
    physics: Physics,
    *,
    background: int,
    signals: int = 0,
    expected: float | None = None,
    seed: list[int],
    prefix: str,
    resonance: Any = SIGNAL,
    per_block: int = 50,
) -> pd.DataFrame:
    """Draw one table of events.

    Parameters
    ----------
    physics : Physics
    background : int, QCD and top-like events
    signals : int, rows of signal
    expected : float or None
        Signal events that real data of this size would hold: a signal row weighs expected /
        signals. None: as many as there are rows.
    seed, prefix : int or sequence of int; str, first letters of the identifiers
    resonance : Signal
    per_block : int
        Background events per luminosity block. Events of a block share the state of the detector:
        the scale of jet masses drifts by 1 % from block to block.

    Returns
    -------
    pandas.DataFrame, columns as in study.toml, rows in the order of blocks
    """
    rng = np.random.default_rng(seed)
    frame = _in_range(rng, physics, background, signals, resonance)
    blocks = max(1, background // per_block)
    block = np.sort(rng.integers(blocks, size=len(frame)))
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    vertices = rng.poisson(PILEUP, size=len(frame))
    frame = pile_up(rng, frame, vertices - PILEUP)
    drift = np.exp(0.01 * rng.standard_normal(blocks))[block]
    frame[list(JETS)] = frame[list(JETS)].mul(drift, axis=0)
    frame.insert(0, "event_id", [f"{prefix}{n:06d}" for n in range(len(frame))])
    frame.insert(1, "block", np.array([f"{prefix}{n:04d}" for n in range(blocks)], object)[block])
    each = 1.0 if expected is None else expected / max(signals, 1)
    weight = np.where(frame["true_process"] == "signal", each, 1.0)
    return frame.assign(vertices=vertices, weight=weight)
