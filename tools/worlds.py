"""Four worlds on which the power of the checks is measured; no check was tuned to them.

| world | rows | what is hard about it |
|---|---|---|
| wells | regression, wells sampled one to eight times | heavy tails, groups of unlike sizes |
| castings | classification, a defect in 4 % of the parts | rare classes, three ways to go wrong |
| tickets | regression, answers to a form | words, ratings, counts, gaps, rounded numbers |
| decays | anomaly detection beside a spectrum | a steep fall, a score that drifts with the mass |

None of them is one of the worked studies, nor a world of the tests. Each is a function of the
number of rows and a seed and returns a `World`; a fault changes the table before it is divided.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd


@dataclass
class World:
    """A table, and what the study that uses it would say of its columns.

    Parameters
    ----------
    task, target, inputs : str, str, list of str
    frame : DataFrame of n rows
    group : str, optional
        The column of rows that belong together.
    positive : str, optional
        The class of interest.
    nuisance : list of str
    again : callable
        Returns the target of given rows, measured once more: ``(rows, rng) -> array``.
    """

    name: str
    task: str
    target: str
    inputs: list[str]
    frame: pd.DataFrame
    again: Callable
    group: str | None = None
    positive: str | None = None
    mass: str | None = None
    nuisance: list[str] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, dict]:
        """The manifest."""
        roles = dict.fromkeys(self.inputs, "input")
        roles |= dict.fromkeys(self.nuisance, "nuisance")
        roles |= {self.target: "target"}
        roles |= {self.group: "group"} if self.group else {}
        roles |= {self.mass: "resonance"} if self.mass else {}
        return {name: {"role": roles.get(name, "truth")} for name in self.frame}

    @property
    def truth(self) -> np.ndarray:
        """The target as numbers: 1 for the class of interest."""
        if self.positive is None:
            return self.frame[self.target].to_numpy(dtype=float)
        return (self.frame[self.target] == self.positive).to_numpy(dtype=float)


def wells(size: int, seed: int) -> World:
    """Return nitrate in wells: t-distributed errors, one to eight samples of each well."""
    rng = np.random.default_rng([1, seed])
    counts = np.minimum(rng.geometric(0.4, size), 8)
    well = np.repeat(np.arange(size), counts)[:size]
    own = rng.normal(size=(size, 4))
    latent = own[well] + 0.6 * rng.normal(size=(size, 4))
    frame = pd.DataFrame(
        {
            "depth": np.exp(3 + 0.5 * latent[:, 0]),
            "chloride": np.exp(2 + 0.4 * latent[:, 1] + 0.3 * latent[:, 0]),
            "oxygen": 8 + 2 * latent[:, 2] + 0.8 * rng.standard_t(3, size),
            "conductivity": 500 + 90 * latent[:, 1] + 40 * rng.standard_t(4, size),
            "hardness": 12 + 2 * latent[:, 3] - latent[:, 0] + rng.normal(size=size),
            "temperature": 11 + 0.7 * rng.standard_t(5, size) + 0.5 * latent[:, 3],
        }
    )
    expected = 20 + 5 * latent[:, 0] - 4 * latent[:, 2] * (latent[:, 1] > 0) + 2 * latent[:, 3] ** 2
    expected += 1.5 * rng.normal(size=size)[well]

    def again(rows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
        return expected[rows] + 2 * chance.standard_t(4, len(rows))

    frame["nitrate"] = again(np.arange(size), rng)
    frame["well"] = well
    frame["lab"] = rng.integers(4, size=size)
    inputs = ["depth", "chloride", "oxygen", "conductivity", "hardness", "temperature"]
    roles = World("wells", "regression", "nitrate", inputs, frame, again, nuisance=["lab"])
    return replace(roles, group="well")


def castings(size: int, seed: int) -> World:
    """Return cast parts: porous in 4 %, cracked in 10 %, each in readings of its own."""
    rng = np.random.default_rng([2, seed])
    kinds = np.array(["sound", "cracked", "porous"])
    kind = rng.choice(3, size=size, p=[0.86, 0.10, 0.04])
    mixing = np.random.default_rng(9).normal(size=(9, 9)) / 3 + np.eye(9)
    readings = rng.normal(size=(size, 9)) @ mixing
    readings[:, 6] += np.where(kind == 1, 2.2 * rng.choice([-1, 1], size), 0.0)
    readings[:, 2:5] += np.where(kind == 2, 2.4 + 0.6 * rng.random(size), 0.0)[:, None]
    names = ["echo", "damping", "weight", "porosity", "heat", "flow", "tilt", "hum", "glow"]
    frame = pd.DataFrame(readings, columns=names)
    frame["state"] = kinds[kind]
    frame["line"] = rng.integers(5, size=size)

    def again(rows: np.ndarray, chance: np.random.Generator) -> np.ndarray:  # noqa: ARG001
        return kinds[kind[rows]]

    roles = World("castings", "classification", "state", names, frame, again, nuisance=["line"])
    return replace(roles, positive="porous")


def tickets(size: int, seed: int) -> World:
    """Return answers to a form: words, ratings of five levels, counts, gaps, rounded numbers."""
    rng = np.random.default_rng([3, seed])
    mood, need = rng.normal(size=(2, size))
    place = rng.choice(12, size=size, p=np.arange(12, 0, -1) / 78)
    frame = pd.DataFrame(
        {
            "branch": np.array([f"branch {k}" for k in range(12)])[place],
            "channel": rng.choice(
                ["post", "phone", "web", "desk"], size=size, p=[0.1, 0.2, 0.5, 0.2]
            ),
            "rating": np.clip(np.round(3 + mood + 0.5 * rng.normal(size=size)), 1, 5),
            "urgency": np.clip(np.round(3 + need + 0.7 * rng.normal(size=size)), 1, 5),
            "letters": rng.poisson(np.exp(4 + 0.5 * need)),
            "visits": rng.poisson(1.5, size=size),
            "amount": np.round(np.exp(4 + 0.8 * rng.normal(size=size)), 0),
            "age": np.round(45 + 14 * rng.normal(size=size), 0),
        }
    )
    branch_effect = np.random.default_rng(5).normal(size=12)[place]
    expected = 6 + 1.5 * need - mood + branch_effect + 0.3 * np.log(frame["amount"] + 1)
    frame.loc[rng.random(size) < 0.08, "age"] = np.nan
    frame.loc[rng.random(size) < 0.05, "amount"] = np.nan

    def again(rows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
        return np.round(expected.to_numpy()[rows] + 1.2 * chance.normal(size=len(rows)), 1)

    frame["days"] = again(np.arange(size), rng)
    frame["clerk"] = rng.integers(6, size=size)
    inputs = [name for name in frame if name not in ("days", "clerk")]
    return World("tickets", "regression", "days", inputs, frame, again, nuisance=["clerk"])


def decays(size: int, seed: int) -> World:
    """Return decays beside a falling mass spectrum: two backgrounds and 5 % signal in a peak."""
    rng = np.random.default_rng([4, seed])
    kinds = np.array(["combinatorial", "partial", "signal"])
    kind = rng.choice(3, size=size, p=[0.75, 0.20, 0.05])
    mass = 4.8 + rng.exponential(0.45, size)
    mass = np.where(kind == 1, 4.8 + rng.exponential(0.3, size), mass)
    mass = np.where(kind == 2, 5.28 + 0.03 * rng.normal(size=size), mass)
    shape = rng.normal(size=(size, 5))
    shape[:, 0] += 0.25 * np.log(mass - 4.7)
    shape[:, 1:4] += np.where(kind == 2, 2.0, 0.0)[:, None]
    names = ["angle", "flight", "vertex", "isolation", "momentum"]
    frame = pd.DataFrame(shape, columns=names)
    frame["momentum"] = np.exp(1 + 0.6 * frame["momentum"])
    frame["mass"], frame["kind"] = mass, kinds[kind]
    frame["tracks"] = rng.poisson(40, size=size)

    def again(rows: np.ndarray, chance: np.random.Generator) -> np.ndarray:  # noqa: ARG001
        return kinds[kind[rows]]

    roles = World("decays", "anomaly-detection", "kind", names, frame, again, nuisance=["tracks"])
    return replace(roles, positive="signal", mass="mass")


WORLDS = {world.__name__: world for world in (wells, castings, tickets, decays)}
