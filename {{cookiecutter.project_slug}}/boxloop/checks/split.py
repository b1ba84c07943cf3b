"""Checks of the split: held-out rows are unknown to training, which looks like deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure import estimates
from boxloop.table.codes import spelling

from . import kin, nearby, overlap
from .core import Finding, NotApplicable, Unanswered, check, field, input_names, listed
from .power import SURE, TWO_SIDED, Power, counted

if TYPE_CHECKING:
    import pandas as pd

    Frames = Mapping[str, pd.DataFrame]

MAX_HELD = 2_000
COPIES_MATTER = 0.01
NEAR_COPIES_MATTER = 0.1
SIMULATED = "simulated on these rows"
SAME_OBJECT = (
    "if an object stands in several rows, give the column that names it the role group in "
    "study.toml"
)


@check(
    "split.duplicates",
    notebook="03_split",
    weight="void",
    threshold=0,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.4",
    fix="Remove the copies, or give them one group so that they stay on one side of the split.",
)
def duplicates(
    train: pd.DataFrame, held_out: Frames, *, columns: Any, seed: int = 0, threshold: float
) -> Finding:
    """No held-out row is a copy of a training row.

    Parameters
    ----------
    train : DataFrame
    held_out : dict of DataFrame
    columns : list of input names, or the manifest
        Inputs alone: of an object that was measured again the target is another number.
    seed : int
        Of the rows in which chance coincidences are estimated.

    Notes
    -----
    The message gives shares and no counts: nobody counts the rows of the test set before it is
    opened.
    """
    left, *rights = overlap.tables(train, *held_out.values(), names=input_names(columns))
    found = overlap.exact(left, np.vstack(rights), seed)
    shares = {
        name: float((overlap.coincidences(left, right) > 0).sum()) / max(len(held_out[name]), 1)
        for name, right in zip(held_out, rights, strict=True)
    }
    words = [
        f"{share:.2%} of the rows of '{name}' repeat a training row"
        for name, share in shares.items()
    ]
    value = max(shares.values(), default=0.0) if found.surprising else 0.0
    expected = ", as columns with few distinct values make likely"
    said = expected if found.rows and not found.surprising else ""
    message = f"{'; '.join(words)}{said} (threshold {threshold:.2%})."
    return Finding(value, value <= threshold, message, _power_of_copies(found, threshold))


def _power_of_copies(found: overlap.Copies, threshold: float) -> Power:
    if found.detectable * max(found.size, 1) < 2:
        return counted("one copied row")
    fault = (
        f"copies in {found.detectable:.1%} of the rows"
        if found.detectable <= 1
        else "more copies than there are rows"
    )
    return Power(
        found.detectable,
        max(COPIES_MATTER, 2 * threshold),
        fault,
        "beside the coincidences that near misses on these rows make likely",
    )


@check(
    "split.near_duplicates",
    notebook="03_split",
    weight="void",
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

    Notes
    -----
    Exact copies are left to ``split.duplicates``. See `nearby`, which also hears copies of which
    one column was measured afresh.
    """
    words, found = [], []
    left, *rights = overlap.tables(train, *held_out.values(), names=input_names(columns))
    search = nearby.search_among(left, seed)
    for name, right in zip(held_out, rights, strict=True):
        others = right[overlap.coincidences(left, right) == 0]
        near = nearby.near(search, others, threshold=threshold, most=MAX_HELD)
        found.append(near)
        sampled = 0 < near.asked < len(others)
        said = f" (measured on a sample of {near.asked:,} rows)" if sampled else ""
        words.append(f"{near.close:.2%} of the rows of '{name}' almost repeat a training row{said}")
    value = max((near.close for near in found), default=0.0)
    message = f"{'; '.join(words)}, beyond what chance gives; threshold {threshold:.2%}."
    return Finding(value, value <= threshold, message, _power_of_near(found, threshold))


def _power_of_near(found: list[nearby.Nearness], threshold: float) -> Power:
    """Return the sight of the set in which least would have been seen."""
    least = max((near.seen_from for near in found), default=float("inf"))
    jitter = min((near.jitter for near in found), default=0.0)
    if least <= 1:
        fault = f"copies in {least:.1%} of the rows with a jitter of {nearby.USUAL:g} of the spread"
        fault += f" (in {nearby.SHARE:.0%} up to {jitter:g})" if jitter else ""
    elif jitter:
        fault = (
            f"copies in {nearby.SHARE:.0%} of the rows up to a jitter of {jitter:g} of the spread"
        )
    else:
        fault = "exact copies"
    return Power(least, max(NEAR_COPIES_MATTER, 2 * threshold), fault, SIMULATED)


@check(
    "split.groups",
    notebook="03_split",
    weight="void",
    threshold=0,
    source="Huppenkothen et al. §2.4; Kapoor and Narayanan L3.2",
    fix='Set strategy = "group" under [split] in study.toml, so that a group stays on one side, '
    "and write each name in one way.",
)
def groups(
    train: pd.DataFrame,
    held_out: Frames,
    *,
    group: str | None,
    inputs: Iterable[str] | None = None,
    columns: Mapping[str, Any] | None = None,
    seed: int = 0,
    threshold: float,
) -> Finding | NotApplicable | Unanswered:
    """No group stands on both sides of the split.

    Parameters
    ----------
    group : str or None
        The column that says which rows belong together. Where none is named, the training rows
        are searched for signs that they do.
    inputs : list of names, optional
        Columns in which rows of one object resemble each other; without them nothing is searched.
    columns : dict of column settings, optional
        Read is `role`.
    """
    if group is None and inputs is None:
        return NotApplicable("No column has the role group.")
    if group is None:
        return _no_group(train, list(inputs or ()), columns or {}, seed)
    known, alike = set(train[group].dropna()), ""
    shares = {name: float(frame[group].isin(known).mean()) for name, frame in held_out.items()}
    spelled = {spelling(value): value for value in known}
    for name, frame in held_out.items():
        names = frame[group].map(spelling, na_action="ignore")
        other = frame[group][names.isin(list(spelled)) & ~frame[group].isin(known)]
        shares[name] += len(other) / max(len(frame), 1)
        if len(other) and not alike:
            one = other.iloc[0]
            alike = f"; '{one}' is written '{spelled[spelling(one)]}' there"
    words = [f"{share:.1%} of the rows of '{name}'" for name, share in shares.items()]
    value = max(shares.values(), default=0.0)
    message = (
        f"{' and '.join(words)} have a '{group}' that is also in training{alike} (threshold "
        f"{threshold:.1%})."
    )
    return Finding(value, value <= threshold, message, counted("one row"))


def _no_group(
    train: pd.DataFrame, inputs: list[str], columns: Mapping[str, Any], seed: int
) -> Finding | Unanswered:
    rows = kin.Kin(train, inputs, seed)
    sign = kin.named(rows, columns)
    if sign:
        return Unanswered(
            f"Rows with the same '{sign.name}' resemble each other: the most similar row has the "
            f"same value in {sign.share:.0%} of cases, by chance in {sign.chance:.1%}. If it names "
            "an object, give it the role group in study.toml.",
            sign.share,
        )
    sign = kin.beside(rows)
    if sign:
        return Unanswered(
            "Rows beside each other in the file resemble each other: the most similar row is "
            f"beside in {sign.share:.0%} of cases, by chance in {sign.chance:.1%}; {SAME_OBJECT}.",
            sign.share,
        )
    search = nearby.search_among(overlap.tables(train, names=inputs)[0], seed)
    limit = NEAR_COPIES_MATTER / 20
    near = nearby.near(search, None, threshold=limit, most=MAX_HELD)
    if near.close > limit:
        return Unanswered(
            f"{near.close:.1%} of the training rows are nearer to another row than chance makes "
            f"likely; {SAME_OBJECT}.",
            near.close,
        )
    message = "No column has the role group, and no rows look like measurements of one object."
    return Finding(0.0, True, message, _power_of_near([near], limit))  # noqa: FBT003


@check(
    "split.time",
    notebook="03_split",
    weight="void",
    threshold=0,
    source="Kapoor and Narayanan L3.1",
    fix='Set strategy = "time" under [split] in study.toml, so that training ends before the '
    "held-out sets begin.",
)
def time(
    train: pd.DataFrame,
    held_out: Frames,
    *,
    time: str | None,
    inputs: Iterable[str] | None = None,
    columns: Mapping[str, Any] | None = None,
    group: str | None = None,
    seed: int = 0,
    threshold: float,
) -> Finding | NotApplicable | Unanswered:
    """No training row is later than the first held-out row.

    Parameters
    ----------
    time : str or None
        The column that orders the rows. Where none does, columns that look like a time are
        searched for rows that resemble those before and after them.
    inputs : list of names, optional
        Without them nothing is searched.
    columns : dict of column settings, optional
        Read is `role`; the target may resemble as well.
    group : str, optional
        Rows of one group are not compared with each other.
    """
    if time is None:
        return _no_time(train, list(inputs or ()), columns or {}, group, seed)
    shares = {
        name: float((train[time] > frame[time].min()).mean()) for name, frame in held_out.items()
    }
    words = [
        f"{share:.1%} of the training rows are later than the first row of '{name}'"
        for name, share in shares.items()
    ]
    value = max(shares.values(), default=0.0)
    message = f"{'; '.join(words)} (threshold {threshold:.1%})."
    return Finding(value, value <= threshold, message, counted("one row"))


def _no_time(
    train: pd.DataFrame,
    inputs: list[str],
    columns: Mapping[str, Any],
    group: str | None,
    seed: int,
) -> Finding | NotApplicable | Unanswered:
    whens = kin.times(train, columns) if inputs else []
    if not whens:
        return NotApplicable("The rows are not divided in time.")
    targets = [name for name in columns if field(columns[name], "role") == "target"]
    names = [name for name in (*inputs, *targets) if name in train]
    found = {when: kin.resemblance(train, when, names, seed, group) for when in whens}
    when = max(found, key=lambda name: found[name][1])
    name, value, count = found[when]
    error = 1 / np.sqrt(max(count, 1))
    limit = max(kin.RESEMBLES, kin.DEVIATIONS * error)
    if value > limit:
        return Unanswered(
            f"Rows that are near in '{when}' resemble each other: '{name}' follows the rows before "
            f"with a correlation of {value:.2f}. If later objects are to be predicted, divide the "
            "rows in time.",
            value,
        )
    seen = limit + SURE * error
    enough = int(np.ceil((SURE + kin.DEVIATIONS) ** 2 / kin.TIME_MATTERS**2))
    fault = f"a correlation of {seen:.2f} with the rows before"
    power = Power(seen, kin.TIME_MATTERS, fault, "from the number of rows", enough)
    message = f"Rows near in {listed(whens)} resemble each other hardly more than others."
    return Finding(value, True, message, power)  # noqa: FBT003


@check(
    "split.deployment_shift",
    notebook="03_split",
    weight="limit",
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
    sight, error = _power_of_shift(y, codes, threshold), (area - low) / TWO_SIDED
    return Finding(low, low <= threshold, message, sight, error=error)


def _power_of_shift(y: np.ndarray, codes: np.ndarray, threshold: float) -> Power:
    """Return the AUC that would have been seen, from the numbers of groups on both sides."""
    one, two = (len(np.unique(codes[y == k])) for k in (0, 1))
    matters = max(threshold, threshold + (1 - threshold) / 4)
    seen, enough = _seen_area(one, two, threshold), None
    for scale in np.logspace(0, 4, 200) if seen > matters else ():
        if _seen_area(scale * one, scale * two, threshold) <= matters:
            enough = int(np.ceil(scale * min(one, two)))
            break
    fault, how = f"an AUC of {seen:.2f}", "from the numbers of groups"
    return Power(seen, matters, fault, how, enough, "groups on the smaller side")


def _seen_area(one: float, two: float, threshold: float) -> float:
    """Return the smallest AUC of which the lower bound is beyond the threshold in 4 of 5 samples.

    Notes
    -----
    With the standard error of Hanley and McNeil (1982, Radiology 143, 29), eq. 1.
    """
    if not threshold < 1:
        return float("inf")
    area = np.linspace(threshold, 1, 1_000)
    square = area**2
    spread = area * (1 - area)
    spread += (one - 1) * (area / (2 - area) - square)
    spread += (two - 1) * (2 * square / (1 + area) - square)
    error = np.sqrt(np.maximum(spread, 0) / (one * two))
    return float(area[np.argmax(area - (TWO_SIDED + SURE) * error >= threshold)])


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
