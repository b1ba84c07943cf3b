"""Small tables for `boxloop plant`: clusters to weigh, transients to type, and a search for a bump.

They are drawn anew from a fixed seed, take a second, and have nothing to do with the study's own
rows: whatever is planted, no table of a student is touched, and every number is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SEED = 2026
OBSERVED = ["gas_mass", "temperature", "luminosity", "richness", "shift"]


@dataclass
class World:
    """What a case has on its disk, and the rows that it is judged on at the end.

    Attributes
    ----------
    tables : dict of DataFrame
        By file name; what is in `planted/` and may be read by everybody.
    fresh : DataFrame
        Rows of the place where the model will work, with their truth; in no file.
    ledger : list of dict
        Events of the test set, as in `data/sealed/ledger.jsonl`.
    rng : numpy Generator
        For what a fault draws.
    """

    tables: dict[str, pd.DataFrame]
    fresh: pd.DataFrame
    rng: np.random.Generator
    ledger: list[dict] = field(
        default_factory=lambda: [
            {"event": "sealed", "content": "rows"},
            {"event": "opened", "model_hash": "aaaa"},
        ]
    )

    def everything(self) -> list[pd.DataFrame]:
        """Return the tables and the fresh rows, to change them together."""
        return [*self.tables.values(), self.fresh]


def weigh(halos: int = 300, noise: int = 0, judged: int = 150) -> World:
    """Return clusters with three lines of sight per halo: train, validation and a survey.

    Parameters
    ----------
    halos : int
        Of training.
    noise : int
        Number of channels beside the inputs that know nothing.
    judged : int
        Halos of validation.
    """
    import numpy as np

    rng = np.random.default_rng(SEED)
    train = _clusters(rng, halos, noise, "T")
    validation = _clusters(rng, judged, noise, "V")
    survey = _clusters(rng, 300, noise, "S")
    fresh = _clusters(rng, 600, noise, "F")
    tables = {"train": train, "validation": validation, "survey": survey.drop(columns="ln_mass")}
    return World(tables, fresh, rng)


def _clusters(rng: np.random.Generator, halos: int, noise: int, prefix: str) -> pd.DataFrame:
    """Return three rows for each halo; its gas is as it is, its richness depends on the sight."""
    import numpy as np
    import pandas as pd

    mass, state = rng.uniform(0, 2, halos), rng.normal(size=(halos, 4))
    slopes, scatter = np.array([1.0, 0.67, 1.33, 0.0]), np.array([0.2, 0.15, 0.35, 0.5])
    gas = mass[:, None] * slopes + state * scatter
    gas[:, 3] -= 0.5 * state[:, 0]  # what disturbs the gas moves its centre
    rows = np.repeat(gas, 3, axis=0) + rng.normal(size=(3 * halos, 4)) * [0.03, 0.03, 0.05, 0.1]
    frame = pd.DataFrame(np.exp(rows), columns=["gas_mass", "temperature", "luminosity", "shift"])
    frame["richness"] = 30 * np.exp(np.repeat(mass, 3) + rng.normal(0, 0.5, 3 * halos))
    frame["core_px"] = rng.uniform(2, 6, 3 * halos)
    names = [f"channel_{number:03}" for number in range(noise)]
    channels = pd.DataFrame(rng.normal(size=(3 * halos, noise)), columns=names)
    frame = pd.concat([frame, channels], axis=1)
    frame["halo"] = [f"{prefix}{number:04}" for number in np.repeat(np.arange(halos), 3)]
    return frame.assign(ln_mass=np.repeat(mass, 3))


def types(size: int = 1500) -> World:
    """Return transients, one in three of type Ia: train, validation, alerts and an audit."""
    import numpy as np

    rng = np.random.default_rng(SEED + 1)
    names = ("train", "validation", "alerts", "audit")
    tables = {name: _transients(rng, size) for name in names}
    tables["alerts"] = tables["alerts"].drop(columns="type")
    fresh = _transients(rng, 2 * size)
    return World(tables, fresh, rng)


def _transients(rng: np.random.Generator, size: int, share: float = 1 / 3) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    kind = rng.random(size) < share
    means = {"rise": (18.0, 15.0, 3.0), "colour": (0.6, 0.1, 0.35), "decline": (0.7, 1.1, 0.3)}
    rows: dict[str, Any] = {
        name: np.where(kind, ia, other) + rng.normal(0, width, size)
        for name, (other, ia, width) in means.items()
    }
    rows["galactic_latitude"] = rng.uniform(-90, 90, size)
    rows["visits"] = 4.0 + rng.poisson(6, size)
    return pd.DataFrame(rows).assign(type=np.where(kind, "Ia", "other"))


def search(size: int = 8000) -> World:
    """Return pairs of jets: background to learn and to judge on, with some signal at 3.5 TeV."""
    import numpy as np

    rng = np.random.default_rng(SEED + 2)
    train, validation, fresh = (_dijets(rng, rows, 0.02) for rows in (size, size, size))
    background = _dijets(rng, 2 * size, 0.0)
    return World({"train": train, "validation": validation, "background": background}, fresh, rng)


def _dijets(rng: np.random.Generator, size: int, share: float) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    signal = rng.random(size) < share
    mass = np.where(signal, rng.normal(3.5, 0.12, size), 2.0 + rng.exponential(0.9, size))
    frame = pd.DataFrame({"m_jj": mass})
    frame["tau21"] = np.where(signal, 0.35, 0.6) + rng.normal(0, 0.17, size)
    frame["jet_mass"] = np.where(signal, 0.5, 0.3) + rng.normal(0, 0.2, size)
    frame["tracks"] = rng.poisson(np.where(signal, 45, 55), size).astype(float)
    return frame.assign(signal=signal.astype(int))
