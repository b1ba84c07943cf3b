"""Checks of the inputs: they are known at inference, and say something about the object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.written import says_something
from boxloop.measure import estimates
from boxloop.measure.kinds import TASKS
from boxloop.table.identifiers import identifier_share

from . import exact, leaks
from .baseline import is_stand_in
from .core import Finding, NotApplicable, Unanswered, check, field, listed
from .power import CHANCE, counted
from .shares import explained
from .waiver import said as waived_at

if TYPE_CHECKING:
    import pandas as pd

MOSTLY, FEW_LEVELS = 0.9, 20  # missing in so many rows; values of a category
MOST = 5_000  # rows on which leaks are looked for: what one column does shows on few
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
    weight="void",
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
        said = f"All {len(names)} inputs are legitimate by the manifest."
        return Finding(0, passed=True, message=said, power=counted("one input"))
    said = f"{'; '.join(faults)} ({threshold:g} allowed)."
    return Finding(len(faults), len(faults) <= threshold, said, counted("one input"))


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
    weight="void",
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
    weight="void",
    threshold=0.99,
    source="Huppenkothen et al. §2.5 (success that is failure in disguise); Kapoor and Narayanan "
    "L2",
    fix="Find out how the named column was made; if it knows the target, set derived_from_target "
    "= true and give it another role; if it is known before the target, write how, and up to which "
    'value of this check: known_by = { reason = "…", at = … } under [columns.*] in study.toml.',
)
def target_leak(
    frame: pd.DataFrame,
    *,
    inputs: Iterable[str],
    target: str,
    task: str | None,
    seed: int,
    threshold: float,
    columns: Mapping[str, Any] | None = None,
    groups: Any = None,
    reference_skill: Any = None,
    method: Any = None,
) -> Finding | Unanswered | NotApplicable:
    """No input, no pair of inputs and no part of one is the target in disguise.

    Parameters
    ----------
    columns : dict of column settings, optional
        Read is `known_by`: how a value is known before the target, and up to which value.
    reference_skill, method : array of shape (n,), and callable, optional
        Out-of-fold guesses of the domain reference, and `study.baseline.reference`: a column that
        does no more is not asked about, unless that is the stand-in.

    Notes
    -----
    An exact function of one input or two fails. A column that does alone what the whole model does
    is asked about, see `boxloop.checks.leaks`, and fails where its absolute Spearman correlation
    with the target (classes: mean AUC), less one standard deviation, is above the threshold.
    """
    if target not in frame.columns or frame[target].nunique() < 2:
        return NotApplicable("The rows carry no labels, or one only.")
    rows, sampled = estimates.sample(len(frame), seed, MOST)
    rows = rows[frame[target].iloc[rows].notna().to_numpy()]
    part, written = frame.iloc[rows], frame[list(inputs)].iloc[rows]
    classes, X = has_classes(task, part[target]), estimates.numeric(written)
    y = estimates.target_codes(part[target]) if classes else part[target].to_numpy(dtype=float)
    law = None if classes else exact.find({n: X[n].to_numpy() for n in X}, y, seed=seed)
    if law is not None:
        return Finding(1.0, passed=False, message=_said_of(law, target, sampled))
    codes = estimates.group_codes(groups, frame, len(frame))[rows]
    bench, seen = leaks.bench(X, y, codes, classes=classes, seed=seed)
    written, said = written[list(bench.X)], f"'{target}'{sampled}{seen}"
    if reference_skill is not None and not is_stand_in(method):
        bench.reference = np.asarray(reference_skill, dtype=float)[rows]
    return _judged(bench, written, part[target], columns or {}, threshold, said)


def _said_of(law: exact.Law, target: str, sampled: str) -> str:
    if law.share < 0.98:
        return f"{law.words} gives {target} exactly in {law.share:.0%} of the rows{sampled}."
    return f"{law.words} gives {target} exactly: there is nothing to learn{sampled}."


def _judged(
    bench: leaks.Bench,
    written: pd.DataFrame,
    labels: pd.Series,
    columns: Mapping[str, Any],
    threshold: float,
    target: str,
) -> Finding | Unanswered:
    """Return the finding on columns that do alone what the whole model does."""
    told, scores, measure = _told(columns, written), leaks.scores(bench), leaks.measure(bench)
    unbound = {name: _unbound(name, words, *scores[name]) for name, words in told.items()}
    known = {name: words for name, words in told.items() if not unbound[name]}
    beyond = {name for name, (_, low) in scores.items() if low > threshold}
    found = list(leaks.suspects(bench, written, set(known), beyond))
    guilty = leaks.guilty(found, beyond)
    if guilty is not None:
        score, low = scores[guilty.columns[0]]
        own = f"{measure} {score:.4f} (at least {low:.4f}, threshold {threshold:g})"
        said = f"{guilty.words}; {own}, of {target}.{_lacking(unbound, guilty.columns)}"
        return Finding(low, passed=False, message=said, error=score - low)
    flags = leaks.flags(bench, written, np.unique(labels)) if bench.classes else []
    asked = {suspect.words: suspect.columns for suspect in found[:2]}
    asked |= dict([(words, (name,)) for name, words in flags if name not in known][:3])
    worst, sight = max(scores, key=lambda name: scores[name][1]), leaks.power(bench)
    score, low = scores[worst]
    if not asked and worst not in known and (words := leaks.excels(bench, worst, low, sight)):
        asked = {words: (worst,)}
    if asked:
        objections = _lacking(unbound, [name for names in asked.values() for name in names])
        return Unanswered(
            f"{'; '.join(asked)}; how is that known before {target}?{objections}", low
        )
    said = f"'{worst}' comes closest to the target: {measure} {score:.4f} (at least {low:.4f})."
    needed = {name for one in leaks.suspects(bench, written, set(), beyond) for name in one.columns}
    needed |= {name for name, _ in flags} | {worst} if known else set()
    words = _known_by({name: words for name, words in known.items() if name in needed})
    return Finding(low, passed=True, message=said, power=sight, on_word=words)


def _told(columns: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return what study.toml says of how columns are known, where it says something."""
    told = {name: field(columns.get(name, {}), "known_by") for name in names}
    return {name: words for name, words in told.items() if says_something(words)}


def _known_by(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what study.toml says of columns, a clause each."""
    return tuple(f"'{name}' is known by: {words}" for name, words in told.items())


def _unbound(name: str, words: Any, score: float, low: float) -> str:
    """Return why what study.toml says of a column does not cover its score of today, or nothing.

    A text that code gives is bound to nothing. The noise is that of a waiver.
    """
    if isinstance(words, str):
        return ""
    if words.at is None:
        line = f'known_by = {{ reason = "…", at = {waived_at(low)} }}'
        return f"What is said of '{name}' names no value: write {line} under [columns.{name}]."
    if low <= words.at + CHANCE * (score - low) or waived_at(low) == waived_at(words.at):
        return ""
    now = f"was {waived_at(words.at)} when known_by was written and is {waived_at(low)} now"
    return f"The score of '{name}' {now}: what is said of it does not cover that."


def _lacking(unbound: Mapping[str, str], columns: Iterable[str]) -> str:
    """Return what is the matter with the words on the columns that are spoken of."""
    return "".join(f" {unbound[name]}" for name in dict.fromkeys(columns) if unbound.get(name))


def has_classes(task: str | None, y: pd.Series) -> bool:
    """Return whether a target names classes; where no task is named, its values say so."""
    if task is not None:
        return TASKS[task].has_classes
    return y.dtype.kind != "f" or y.nunique() <= 20


@check(
    "features.nuisance_only",
    notebook="03_split",
    weight="limit",
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
    The number compared is the explained share of variance, out of fold; it must lie beyond chance
    as well. For classes it is computed from the AUC of the class best told from the rest: a share
    of 0.05 is an AUC of 0.63. A share of twice the threshold matters: see `boxloop.checks.shares`.
    """
    names = list(nuisance)
    if not names:
        return NotApplicable("No column has the role nuisance.")
    return _alone(
        frame,
        frame[names],
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
    weight="limit",
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
        said = f"No value is missing in {X.shape[1]} inputs (threshold {threshold:g})."
        return Finding(0.0, passed=True, message=said, power=counted("one gap"))
    return _alone(
        frame, gaps, target, task, groups, seed, threshold, f"The gaps in {listed(gaps.columns)}"
    )


def _gaps(column: pd.Series) -> pd.Series:
    from boxloop.table.marks import are_marks, marks

    return column.isna() | are_marks(column, marks(column))


@check(
    "features.undeclared_nuisance",
    notebook="03_split",
    weight="limit",
    threshold=0.05,
    source="Huppenkothen et al. §2.3 (watermarks), §2.4; Cheng §3.4",
    fix='Give the named column the role "nuisance" in study.toml, or write how it is known before '
    'the target: known_by = "…" under [columns.*].',
)
def undeclared_nuisance(
    train: pd.DataFrame,
    deployment: pd.DataFrame | None,
    *,
    inputs: Iterable[str],
    target: str,
    task: str | None,
    columns: Mapping[str, Any] | None = None,
    groups: Any = None,
    seed: int,
    threshold: float,
) -> Finding | Unanswered | NotApplicable:
    """No input knows the target in training and falls silent in deployment.

    Parameters
    ----------
    columns : dict of column settings, optional
        Read is `known_by`.

    Notes
    -----
    Silent is a column that is not there, constant, mostly missing, or without most of the values
    that it has in training. The number compared is the share of the target that it explains there.
    """
    if deployment is None or not len(deployment):
        return NotApplicable("There are no rows of deployment.")
    if target not in train.columns or train[target].nunique() < 2:
        return NotApplicable("The rows carry no labels, or one only.")
    names = list(inputs)
    silent = {name: why for name in names if (why := _silence(train, deployment, name))}
    told = _told(columns or {}, silent)
    asked, words = [name for name in silent if name not in told], _known_by(told)
    if not asked:
        but = f", but for {listed(silent)}, of which study.toml tells" if silent else ""
        said = f"None of the {len(names)} inputs falls silent in deployment{but}."
        return Finding(0, passed=True, message=said, power=counted("one column"), on_word=words)
    label = (target, task, groups, seed)
    found = {name: _share_of(train, train[[name]], *label, looks=len(asked)) for name in asked}
    worst = max(asked, key=lambda name: found[name][0].value)
    share, rows, sampled = found[worst]
    said = f"'{worst}' {silent[worst]}; in training it reaches {share.words}{sampled}."
    if share.beyond(threshold):
        return Unanswered(f"{said} Is it a nuisance?", share.value)
    power, value = share.power(threshold, rows=rows), max(share.value, 0.0)
    return Finding(value, passed=True, message=said, power=power, on_word=words)


def _silence(train: pd.DataFrame, deployment: pd.DataFrame, name: str) -> str:
    """Return in which way a column says less in deployment than in training, or nothing."""
    if name not in deployment.columns:
        return "is not there in deployment"
    here, there = train[name].dropna(), deployment[name].dropna()
    if here.nunique() < 2:
        return ""
    if len(there) < (1 - MOSTLY) * len(deployment) and len(here) > len(train) / 2:
        return f"is missing in {1 - len(there) / len(deployment):.0%} of the deployment rows"
    if there.nunique() < 2:
        return "is constant in deployment"
    if here.nunique() <= FEW_LEVELS or here.dtype.kind not in "fiu":
        kept = here.isin(there.unique()).mean()
    else:
        kept = here.between(there.min(), there.max()).mean()
    return f"lacks {1 - kept:.0%} of its training values in deployment" if kept < 0.5 else ""


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
    found, rows, sampled = _share_of(frame, X, target, task, groups, seed)
    if isinstance(found, NotApplicable):
        return found
    limit = f"{threshold:g}"
    limit += f", an AUC of {estimates.area_of(threshold):.2f}" if found.rare is not None else ""
    value = max(found.value, 0.0)
    message = (
        f"{who} alone reach {found.words} (explained share {value:.3f} ± {found.error:.3f}; "
        f"threshold {limit}){sampled}."
    )
    sight = found.power(threshold, rows=rows)
    return Finding(value, not found.beyond(threshold), message, sight, error=found.error)


def _share_of(
    frame: pd.DataFrame,
    X: pd.DataFrame,
    target: str,
    task: str | None,
    groups: Any,
    seed: int,
    *,
    looks: int = 1,
) -> tuple[Any, int, str]:
    """Return what columns say about the target, from how many rows, and words on a sample."""
    codes = estimates.group_codes(groups, frame, len(frame))
    rows, sampled = estimates.sample(len(frame), seed)
    rows = rows[frame[target].iloc[rows].notna().to_numpy()]
    labels = frame[target].iloc[rows]
    classes = has_classes(task, labels)
    y = estimates.target_codes(labels) if classes else labels.to_numpy(dtype=float)
    if len(np.unique(y)) < 2:
        return NotApplicable("The rows carry one label only."), len(rows), sampled
    part = estimates.numeric(X.iloc[rows])
    found = explained(part, y, codes[rows], classes=classes, seed=seed, looks=looks)
    return found, len(rows), sampled
