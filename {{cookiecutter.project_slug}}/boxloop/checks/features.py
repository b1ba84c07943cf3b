"""Checks of the inputs: they are known at inference, and say something about the object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import TASKS
from boxloop.table.identifiers import identifier_share

from .core import Finding, NotApplicable, check, field, listed
from .power import counted

if TYPE_CHECKING:
    import pandas as pd

FORBIDDEN = {
    "truth": "is a truth column",
    "target": "is the target",
    "id": "is an identifier",
    "group": "is the group",
    "time": "is the time that orders the split",
    "weight": "is a weight",
    "nuisance": "is a nuisance",
    "resonance": "is the mass in which the search looks for a bump",
}


@check(
    "features.forbidden",
    notebook="03_split",
    threshold=0,
    source="Huppenkothen et al. §2.4; Kapoor and Narayanan L2",
    fix="Remove the named columns from the inputs; if one is legitimate, correct its entry in "
    "study.toml.",
)
def forbidden(inputs: Iterable[str], *, columns: Mapping[str, Any], threshold: float) -> Finding:
    """Every input is in the manifest, known at inference and not made from the target.

    Parameters
    ----------
    inputs : names of the columns that the model reads
    columns : dict of column settings
        Read are `role`, `available_at_inference` and `derived_from_target`.
    """
    names = list(inputs)
    faults = [f"'{name}' {fault}" for name in names for fault in _objections(columns.get(name))]
    if not faults:
        return Finding(
            0, passed=True, message=f"All {len(names)} inputs are legitimate by the manifest."
        )
    return Finding(
        len(faults), len(faults) <= threshold, f"{'; '.join(faults)} ({threshold:g} allowed)."
    )


def _objections(column: Any) -> list[str]:
    if column is None:
        return ["is not in study.toml"]
    faults = [FORBIDDEN[field(column, "role")]] if field(column, "role") in FORBIDDEN else []
    if field(column, "derived_from_target", default=False):
        faults.append("is derived from the target")
    if not field(column, "available_at_inference", default=True):
        faults.append("is not available at inference")
    return faults


@check(
    "features.identifier",
    notebook="03_split",
    threshold=0.95,
    source="Huppenkothen et al. §2.3; Kapoor and Narayanan L2",
    fix='Give the named columns the role "id" in study.toml.',
)
def identifier(frame: pd.DataFrame, *, inputs: Iterable[str], threshold: float) -> Finding:
    """No input is a name or a running number.

    Notes
    -----
    Words count when almost all are different.
    Whole numbers count when, besides, they repeat less than chance would make them or fill their
    range evenly; counts of photons do neither. Beyond 10^12 they count unless they lie in a heap
    or a tail, as masses do.
    """
    names = list(inputs)
    shares = {name: identifier_share(frame[name], threshold) for name in names}
    found = [name for name, share in shares.items() if share >= threshold]
    if not found:
        return Finding(
            max(shares.values(), default=0.0),
            passed=True,
            message=f"None of the {len(names)} inputs names or numbers the rows.",
            power=counted("one column"),
        )
    worst = max(shares.values())
    message = (
        f"{listed(found)} names or numbers the rows: {worst:.1%} of the values are different "
        f"(threshold {threshold:.0%})."
    )
    return Finding(worst, passed=False, message=message, power=counted("one column"))


@check(
    "features.target_leak",
    notebook="03_split",
    threshold=0.99,
    source="Huppenkothen et al. §2.5 (success that is failure in disguise); Kapoor and Narayanan "
    "L2",
    fix="Find out how the named column was made; if it knows the target, set derived_from_target "
    "= true.",
)
def target_leak(
    frame: pd.DataFrame,
    *,
    inputs: Iterable[str],
    target: str,
    task: str | None,
    seed: int,
    threshold: float,
) -> Finding | NotApplicable:
    """No single input is the target in disguise.

    Notes
    -----
    Regression: absolute Spearman correlation; classes: out-of-fold AUC of a small tree on that
    column alone.
    The number compared is one standard deviation below the estimate.
    """
    if target not in frame.columns:
        return NotApplicable("The rows carry no labels.")
    rows, sampled = estimates.sample(len(frame), seed)
    part = frame.iloc[rows]
    part = part[part[target].notna()]
    classes = has_classes(task, part[target])
    y = estimates.target_codes(part[target]) if classes else part[target].to_numpy(dtype=float)
    if len(np.unique(y)) < 2:
        return NotApplicable("The rows carry one label only.")
    X = estimates.numeric(part[list(inputs)])
    if classes:
        words = "AUC on its own"
        scores = {name: _single_auc(X[name].to_numpy(), y, seed) for name in X.columns}
    else:
        words = "|Spearman correlation| with the target"
        scores = {name: _rank_correlation(X[name].to_numpy(), y) for name in X.columns}
    worst = max(scores, key=lambda name: scores[name][1])
    score, low = scores[worst]
    message = (
        f"'{worst}' comes closest to the target: {words} {score:.4f} "
        f"(at least {low:.4f}, threshold {threshold:g}){sampled}."
    )
    return Finding(low, low <= threshold, message)


def has_classes(task: str | None, y: pd.Series) -> bool:
    """Return whether a target names classes; where no task is named, its values say so."""
    if task is not None:
        return TASKS[task].has_classes
    return y.dtype.kind != "f" or y.nunique() <= 20


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    from scipy.stats import spearmanr

    here = np.isfinite(x)
    if here.sum() < 10 or np.ptp(x[here]) == 0:
        return 0.0, 0.0
    score = min(abs(float(spearmanr(x[here], y[here]).statistic)), 1 - 1e-12)
    return score, float(np.tanh(np.arctanh(score) - 1 / np.sqrt(here.sum() - 3)))


def _single_auc(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float]:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=5, random_state=seed)
    X = np.nan_to_num(x, nan=float(np.nanmin(x)) - 1 if np.isfinite(x).any() else 0.0)[:, None]
    area = float(
        estimates.class_auc(y, estimates.out_of_fold(tree, X, y, np.arange(len(y)), seed))[0]
    )
    # Hanley and McNeil (1982) for the smallest class against the rest.
    few = int(np.bincount(y).min())
    return area, area - float(np.sqrt(area * (1 - area) / max(few, 1)))


@check(
    "features.nuisance_only",
    notebook="03_split",
    threshold=0.05,
    source="Huppenkothen et al. §2.3; Cheng §3.4",
    fix="Balance the sample so that the nuisance says nothing about the target, and keep it out "
    "of the inputs.",
)
def nuisance_only(
    frame: pd.DataFrame,
    *,
    nuisance: Iterable[str],
    target: str,
    task: str | None,
    groups: Any = None,
    seed: int,
    threshold: float,
) -> Finding | NotApplicable:
    """The nuisance columns alone do not predict the target.

    Parameters
    ----------
    nuisance : names of columns that carry no physics, such as an instrument or a number of
        exposures
    groups : str or array, optional
        Folds and bounds respect them.

    Notes
    -----
    The number compared is the lower 97.5 % bound of the explained share of variance.
    For classes it is computed from the AUC of the class best told from the rest: a share of 0.05
    is an AUC of 0.63.
    """
    names = list(nuisance)
    if not names:
        return NotApplicable("No column has the role nuisance.")
    return _alone(
        frame,
        estimates.numeric(frame[names]),
        target,
        task,
        groups,
        seed,
        threshold,
        f"The nuisances {listed(names)}",
    )


@check(
    "features.missingness",
    notebook="03_split",
    threshold=0.03,
    source="Huppenkothen et al. §2.3 (padding)",
    fix="Find out why values are missing in some targets and not in others; drop or balance them "
    "before training.",
)
def missingness(
    frame: pd.DataFrame,
    *,
    inputs: Iterable[str],
    target: str,
    task: str | None,
    groups: Any = None,
    seed: int,
    threshold: float,
) -> Finding | NotApplicable:
    """Which values are missing does not predict the target.

    Notes
    -----
    Missing are NaN and what `boxloop.table.column.marks` takes for it, such as -999.
    The number compared is as for ``features.nuisance_only``: a share of 0.03 is an AUC of 0.60.
    """
    X = estimates.numeric(frame[list(inputs)])
    gaps = X.apply(_gaps)
    gaps = gaps.loc[:, gaps.any() & ~gaps.all()].astype(float)
    if not gaps.shape[1]:
        return Finding(
            0.0,
            passed=True,
            message=f"No value is missing in {X.shape[1]} inputs (threshold {threshold:g}).",
        )
    return _alone(
        frame, gaps, target, task, groups, seed, threshold, f"The gaps in {listed(gaps.columns)}"
    )


def _gaps(column: pd.Series) -> pd.Series:
    from boxloop.table.column import marks

    return column.isna() | column.isin(marks(column))


def _alone(
    frame: pd.DataFrame,
    X: pd.DataFrame,
    target: str,
    task: str | None,
    groups: Any,
    seed: int,
    threshold: float,
    who: str,
) -> Finding | NotApplicable:
    if target not in frame.columns:
        return NotApplicable("The rows carry no labels.")
    codes = estimates.group_codes(groups, frame, len(frame))
    rows, sampled = estimates.sample(len(frame), seed)
    rows = rows[frame[target].iloc[rows].notna().to_numpy()]
    labels = frame[target].iloc[rows]
    classes = has_classes(task, labels)
    y = estimates.target_codes(labels) if classes else labels.to_numpy(dtype=float)
    if len(np.unique(y)) < 2:
        return NotApplicable("The rows carry one label only.")
    found = estimates.skill(X.iloc[rows], y, codes[rows], classes=classes, seed=seed)
    low = max(found.low, 0.0)
    limit = f"{threshold:g}"
    limit += f", an AUC of {estimates.area_of(threshold):.2f}" if classes else ""
    message = (
        f"{who} alone reach {found.words} (explained share at least {low:.3f}; "
        f"threshold {limit}){sampled}."
    )
    return Finding(low, low <= threshold, message)
