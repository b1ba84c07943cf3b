"""Small neutral tables for the checks: nothing in them looks like one of the worked examples.

A field trial: plots are measured three times, on different days, by one of several crews.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

INPUTS = ["moisture", "depth", "slope", "nitrogen", "shade", "salt", "worms"]
SEEDS = range(5)


def column(role, **options):
    """Return one entry of a manifest."""
    facts = {
        "role": role,
        "available_at_inference": True,
        "derived_from_target": False,
        "min": None,
        "max": None,
    }
    return SimpleNamespace(**(facts | options))


def manifest():
    """Return the manifest of `trial`."""
    columns = {name: column("input") for name in INPUTS}
    columns["worms"] = column("input", min=0.0)
    return columns | {
        "harvest": column("target"),
        "sample_number": column("id"),
        "plot": column("group"),
        "day": column("time"),
        "crew": column("nuisance"),
        "cloudiness": column("nuisance"),
        "true_yield": column("truth"),
    }


def trial(seed, plots=400):
    """Return 3 rows per plot: correlated inputs with gaps, a count, a target, and no inputs."""
    rng = np.random.default_rng(seed)
    mixing = np.eye(6) + 0.4 * np.random.default_rng(42).normal(size=(6, 6))
    base = np.repeat(rng.normal(size=(plots, 6)) @ mixing, 3, axis=0)
    size = len(base)
    frame = pd.DataFrame(base + 0.3 * rng.normal(size=base.shape), columns=INPUTS[:6])
    frame["worms"] = rng.poisson(np.exp(1.5 + 0.3 * base[:, 0])).astype(float)
    truth = 1.5 * base[:, 0] + 0.7 * base[:, 1] * (base[:, 2] > 0) + 0.3 * np.sin(2 * base[:, 3])
    frame["true_yield"] = truth
    frame["harvest"] = truth + 0.3 * rng.normal(size=size)
    frame["sample_number"] = np.arange(size) + 1000
    frame["plot"] = np.repeat(np.arange(plots), 3)
    frame["day"] = np.repeat(np.sort(rng.uniform(0, 365, plots)), 3) + np.tile(
        [0.0, 0.1, 0.2], plots
    )
    frame["crew"] = rng.integers(5, size=size)
    frame["cloudiness"] = rng.uniform(size=size)
    frame.loc[rng.random(size) < 0.04, "salt"] = np.nan
    return frame


def parts(frame, column="plot", share=(0.6, 0.8)):
    """Divide by the order of a column: train, and a dict of held-out frames.

    No value is cut in two.
    """
    values = np.unique(frame[column])
    edges = values[[int(share[0] * len(values)), int(share[1] * len(values))]]
    place = np.searchsorted(edges, frame[column], side="right")
    first, second, third = (frame[place == k].reset_index(drop=True) for k in range(3))
    return first, {"validation": second, "test": third}


def seedlings(
    seed, size=1500, separation=3.0, classes=("fern", "moss", "reed"), share=(0.5, 0.3, 0.2)
):
    """Return a table of classes with 4 inputs, and a label column `kind`."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(len(classes), size=size, p=share)
    angle = 2 * np.pi * codes / len(classes)
    X = rng.normal(size=(size, 4))
    X[:, 0] += separation / np.sqrt(3) * np.cos(angle)
    X[:, 1] += separation / np.sqrt(3) * np.sin(angle)
    frame = pd.DataFrame(X, columns=["leaf", "stem", "root", "colour"])
    frame["kind"] = np.array(classes)[codes]
    frame["tray"] = rng.integers(size // 3, size=size)
    frame["lamp"] = rng.integers(4, size=size)
    return frame


def stones(seed, size=20_000):
    """Return background only: a mass, a score that hardly follows it, and three kinds of stone."""
    rng = np.random.default_rng(seed)
    mass = 2.0 + rng.exponential(1.0, size)
    score = rng.normal(size=size) + 0.1 * np.log(mass)
    return pd.DataFrame(
        {
            "mass": mass,
            "score": score,
            "kind": rng.choice(["flint", "chalk", "slate"], size, p=[0.8, 0.15, 0.05]),
        }
    )
