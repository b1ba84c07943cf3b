"""Checks of the split: held-out rows are unknown to training, which looks like deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure import estimates

from . import overlap
from .core import Finding, NotApplicable, check, input_names

if TYPE_CHECKING:
    import pandas as pd

    Frames = Mapping[str, pd.DataFrame]

MAX_HELD = 2_000


@check(
    "split.duplicates",
    notebook="03_split",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.4",
    fix="Remove the copies, or give them one group so that they stay on one side of the split.",
)
def duplicates(train: pd.DataFrame, held_out: Frames, *, columns: Any, threshold: float) -> Finding:
    """No held-out row is a copy of a training row.

    Parameters
    ----------
    train : DataFrame
    held_out : dict of DataFrame
    columns : list of input names, or the manifest

    Notes
    -----
    The message gives shares and no counts: nobody counts the rows of the test set before it is
    opened.
    """
    names = input_names(columns)
    counts = {
        name: overlap.exact(*overlap.tables(train, frame, names))
        for name, frame in held_out.items()
    }
    shares = {
        name: found.rows / max(len(held_out[name]), 1) if found.surprising else 0.0
        for name, found in counts.items()
    }
    words = [
        f"{found.rows / max(len(held_out[name]), 1):.2%} of the rows of '{name}' repeat a "
        "training row"
        + (
            ""
            if found.surprising or not found.rows
            else ", as columns with few distinct values make likely"
        )
        for name, found in counts.items()
    ]
    value = max(shares.values(), default=0.0)
    return Finding(value, value <= threshold, f"{'; '.join(words)} (threshold {threshold:.2%}).")


@check(
    "split.near_duplicates",
    notebook="03_split",
    threshold=0.005,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.4",
    fix="Split first and oversample or repeat measurements afterwards, or give close pairs one "
    "group.",
)
def near_duplicates(
    train: pd.DataFrame, held_out: Frames, *, columns: Any, seed: int, threshold: float
) -> Finding:
    """No held-out row is a training row with a little noise.

    Parameters
    ----------
    train : DataFrame
        All its rows are searched; of a large held-out set 2,000 rows are asked.
    held_out : dict of DataFrame
    columns : list of input names, or the manifest
    """
    names, words, values = input_names(columns), [], [0.0]
    for name, frame in held_out.items():
        rows, sampled = estimates.sample(len(frame), seed, MAX_HELD)
        close, chance = overlap.near(*overlap.tables(train, frame.iloc[rows], names))
        # Three standard deviations beyond what chance gives.
        surprising = close > chance + 3 * np.sqrt(chance) + 1
        values.append(close / max(len(rows), 1) if surprising else 0.0)
        said = f" (measured on a sample of {MAX_HELD:,} rows)" if sampled else ""
        words.append(
            f"{close / max(len(rows), 1):.2%} of the rows of '{name}' almost repeat a training "
            f"row{said}"
        )
    return Finding(
        max(values), max(values) <= threshold, f"{'; '.join(words)}; threshold {threshold:.2%}."
    )


@check(
    "split.groups",
    notebook="03_split",
    threshold=0,
    source="Huppenkothen et al. §2.4; Kapoor and Narayanan L3.2",
    fix='Set strategy = "group" under [split] in study.toml, so that a group stays on one side.',
)
def groups(
    train: pd.DataFrame, held_out: Frames, *, group: str | None, threshold: float
) -> Finding | NotApplicable:
    """No group stands on both sides of the split.

    Parameters
    ----------
    group : str or None
        The column that says which rows belong together.
    """
    if group is None:
        return NotApplicable("No column has the role group.")
    known = set(train[group].dropna())
    shares = {name: float(frame[group].isin(known).mean()) for name, frame in held_out.items()}
    words = [f"{share:.1%} of the rows of '{name}'" for name, share in shares.items()]
    value = max(shares.values(), default=0.0)
    message = (
        f"{' and '.join(words)} have a '{group}' that is also in training (threshold "
        f"{threshold:.1%})."
    )
    return Finding(value, value <= threshold, message)


@check(
    "split.time",
    notebook="03_split",
    threshold=0,
    source="Kapoor and Narayanan L3.1",
    fix='Set strategy = "time" under [split] in study.toml, so that training ends before the '
    "held-out sets begin.",
)
def time(
    train: pd.DataFrame, held_out: Frames, *, time: str | None, threshold: float
) -> Finding | NotApplicable:
    """No training row is later than the first held-out row.

    Parameters
    ----------
    time : str or None
        The column that orders the rows.
    """
    if time is None:
        return NotApplicable("The rows are not divided in time.")
    shares = {
        name: float((train[time] > frame[time].min()).mean()) for name, frame in held_out.items()
    }
    words = [
        f"{share:.1%} of the training rows are later than the first row of '{name}'"
        for name, share in shares.items()
    ]
    value = max(shares.values(), default=0.0)
    return Finding(value, value <= threshold, f"{'; '.join(words)} (threshold {threshold:.1%}).")


@check(
    "split.deployment_shift",
    notebook="03_split",
    threshold=0.6,
    source="Huppenkothen et al. §2.4; Cheng §3.2, §3.4",
    fix="Select or weight the training rows to look like the deployment data, or narrow the claim "
    "in 01.",
)
def deployment_shift(
    train: pd.DataFrame,
    deployment: pd.DataFrame | None,
    *,
    inputs: Iterable[str],
    groups: Any = None,
    seed: int,
    threshold: float,
) -> Finding | NotApplicable:
    """A classifier cannot tell training rows from deployment rows.

    Parameters
    ----------
    train, deployment : DataFrame
    groups : str or array, optional
        Column of both frames, or one value per row of both; bounds are taken over groups.

    Notes
    -----
    Fails when the lower 97.5 % bound of the out-of-fold AUC exceeds the threshold.
    """
    import pandas as pd

    if deployment is None or deployment.empty:
        return NotApplicable("There are no deployment data.")
    names = list(inputs)
    first, said = estimates.sample(len(train), seed)
    second, also = estimates.sample(len(deployment), seed + 1)
    X = estimates.numeric(
        pd.concat([train[names].iloc[first], deployment[names].iloc[second]], ignore_index=True)
    )
    y = np.repeat([0, 1], [len(first), len(second)])
    codes = _units(train, deployment, groups)[np.r_[first, len(train) + second]]
    area, low = shift(X, y, codes, seed)
    worst, distance = _most_shifted(X, y)
    message = (
        f"AUC {area:.3f} between training and deployment (at least {low:.3f}, threshold "
        f"{threshold:g}); "
        f"'{worst}' differs most (KS {distance:.2f}){said or also}."
    )
    return Finding(low, low <= threshold, message)


def shift(X: pd.DataFrame, y: np.ndarray, codes: np.ndarray, seed: int) -> tuple[float, float]:
    """Return the out-of-fold AUC between two samples and its lower bound."""
    probability = estimates.out_of_fold(estimates.learner(seed, classes=True), X, y, codes, seed)
    areas = estimates.class_auc(y, probability, list(estimates.draws(codes, seed)))
    return float(areas[0]), float(np.quantile(areas[1:], (1 - estimates.LEVEL) / 2))


def _units(train: pd.DataFrame, deployment: pd.DataFrame, groups: Any) -> np.ndarray:
    import pandas as pd

    size = len(train) + len(deployment)
    if groups is None or (isinstance(groups, str) and groups not in train.columns):
        return np.arange(size)
    values = train[groups].to_numpy() if isinstance(groups, str) else np.asarray(groups)
    if len(values) == size:
        return pd.factorize(values)[0]
    codes = pd.factorize(values)[0]
    if isinstance(groups, str) and groups in deployment.columns:
        # The same name in both frames need not be the same object.
        return np.r_[codes, codes.max() + 1 + pd.factorize(deployment[groups])[0]]
    return np.r_[codes, codes.max() + 1 + np.arange(len(deployment))]


def _most_shifted(X: pd.DataFrame, y: np.ndarray) -> tuple[str, float]:
    from scipy.stats import ks_2samp

    distances = {}
    for name in X.columns:
        one, two = X.loc[y == 0, name].dropna(), X.loc[y == 1, name].dropna()
        distances[name] = float(ks_2samp(one, two).statistic) if len(one) and len(two) else 1.0
    worst = max(distances, key=lambda name: distances[name])
    return worst, distances[worst]
