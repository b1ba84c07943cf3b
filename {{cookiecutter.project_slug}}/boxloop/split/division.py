"""The split: exploration inside training, validation beside it, the test part out of sight."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.door import note_division
from boxloop.base.errors import UserError
from boxloop.table.codes import numbered
from boxloop.table.marks import without_marks
from boxloop.table.spellings import spelled_alike

if TYPE_CHECKING:
    from boxloop.base.places import Project


def measured(frame: pd.DataFrame, settings: Any) -> pd.DataFrame:
    """Return the table as study.toml reads it: without `missing` numbers, words by `spellings`."""
    changed = {
        name: spelled_alike(without_marks(frame[name], column.missing), column.spellings)
        for name, column in settings.columns.items()
        if name in frame and (column.missing or column.spellings)
    }
    return frame.assign(**changed) if changed else frame


def units(frame: pd.DataFrame, settings: Any) -> np.ndarray:
    """Return for each row the unit that is never cut in two: its group, else id, else itself."""
    name = settings.only("group") or settings.only("id")
    return frame[name].to_numpy() if name else np.arange(len(frame))


def _shuffled_share(values: np.ndarray, seed: int) -> np.ndarray:
    """Return each value's place in [0, 1) in a shuffled order, from seed and value alone."""
    unique, codes = numbered(values)
    digests = [hashlib.sha256(f"{seed}:{value}".encode()).hexdigest() for value in unique]
    rank = np.empty(len(unique))
    rank[np.argsort(digests)] = np.arange(len(unique))
    return rank[codes] / len(unique)


def place(frame: pd.DataFrame, settings: Any) -> np.ndarray:
    """Return for each row its place in [0, 1), by which the parts are cut.

    Exploration, the rest of training, validation and test lie in this order.

    Parameters
    ----------
    frame : DataFrame of n rows

    Returns
    -------
    array of shape (n,)
        The same for all rows of a group. With strategy ``time`` it grows with time, so that
        what is later is never trained on.
    """
    plan = settings.split
    if plan.strategy == "time":
        time = frame[settings.only("time")].to_numpy()
        return np.searchsorted(np.sort(time), time, side="left") / len(time)
    if plan.strategy == "stratified":
        share = np.empty(len(frame))
        own = units(frame, settings)
        for rows in frame.groupby(settings.study.target, sort=True).indices.values():
            share[rows] = _shuffled_share(own[rows], plan.seed)
        return share
    if plan.strategy == "group" and getattr(settings.study, "classes", None):
        return _share_by_class(frame, settings)
    values = units(frame, settings) if plan.strategy == "group" else np.arange(len(frame))
    return _shuffled_share(values, plan.seed)


def _share_by_class(frame: pd.DataFrame, settings: Any) -> np.ndarray:
    """Return each group's place in [0, 1) among the groups whose rarest class is the same.

    Several classes are to stand in every part: where groups hold one class each, or few, a
    division that is blind to it may leave the rarest out.
    """
    own, label = units(frame, settings), frame[settings.study.target]
    rarity = label.map(label.value_counts(ascending=True).rank(method="first"))
    rarest = rarity.groupby(own).transform("min").to_numpy()
    share = np.empty(len(frame))
    for kind in np.unique(rarest):
        rows = np.flatnonzero(rarest == kind)
        share[rows] = _shuffled_share(own[rows], settings.split.seed)
    return share


def exploration(frame: pd.DataFrame, settings: Any) -> pd.DataFrame:
    """Return the rows that 01 and 02 may look at; the split keeps them in training."""
    return frame[place(frame, settings) < settings.split.exploration].reset_index(drop=True)


def thin(frame: pd.DataFrame, settings: Any, *, most: int = 50_000) -> pd.DataFrame:
    """Return at most about `most` rows, by whole units and in their order; of a small table all.

    For searches that fit a model many times: which model is best shows on fewer rows than the
    last fit should have.
    """
    if len(frame) <= most:
        return frame
    return frame[
        _shuffled_share(units(frame, settings), settings.split.seed + 1) < most / len(frame)
    ].reset_index(drop=True)


@dataclass(frozen=True)
class Parts:
    """What the split gives to a notebook. The test part has no public name.

    `home` are the training rows of the labelled rows' own kind: `train` without those that a later
    pass has acquired, among which a column that gives the target away at home may be noise.
    """

    train: pd.DataFrame
    home: pd.DataFrame
    validation: pd.DataFrame
    domains: dict[str, pd.DataFrame]
    _test: pd.DataFrame = field(repr=False)
    _keep: tuple[str, ...] = ()

    def guard(self, check: Callable, **options: Any) -> Any:
        """Run a ``split.*`` check of the training rows against validation and test rows.

        `check` is ``Station.check`` with the id filled in; only its finding comes back, no test
        row.
        """
        inside = self._test[self._test["set"] == "test"].drop(columns="set")
        return check(self.train, {"validation": self.validation, "test": inside}, **options)

    def seal(self, project: Project) -> None:
        """Seal the test part; see `boxloop.split.seal.close`."""
        from boxloop.split.seal import close

        close(project, self._test, keep=self._keep)


def divide(
    labelled: pd.DataFrame,
    settings: Any,
    *,
    domains: Any = None,
    for_training: pd.DataFrame | None = None,
) -> Parts:
    """Divide the labelled rows, and set half of the groups of every other domain aside for release.

    Parameters
    ----------
    labelled : DataFrame
        The rows that training, validation and test come from.
    domains : dict of DataFrame, optional
        Labelled rows of other simulators or instruments. Half stay open for the stress test.
    for_training : DataFrame, optional
        Labelled rows that a later pass has acquired: they join the training rows and never judge.

    Raises
    ------
    UserError
        If a part would be empty.
    """
    note_division()
    plan, where = settings.split, place(labelled, settings)
    edge = plan.train, plan.train + plan.validation
    test = [labelled[where >= edge[1]].assign(set="test")]
    open_domains = {}
    for name, frame in (domains or {}).items():
        late = _shuffled_share(units(frame, settings), plan.seed) >= 0.5
        open_domains[name] = frame[~late].reset_index(drop=True)
        test.append(frame[late].assign(set=f"test_{name}"))
    home = train = labelled[where < edge[0]].reset_index(drop=True)
    if for_training is not None and len(for_training):
        train = pd.concat([train, for_training], ignore_index=True)
    parts = Parts(
        train=train,
        home=home,
        validation=labelled[(where >= edge[0]) & (where < edge[1])].reset_index(drop=True),
        domains=open_domains,
        _test=pd.concat(test, ignore_index=True),
        _keep=_kept(settings, labelled),
    )
    _none_is_empty(plan, {"train": home, "validation": parts.validation, "test": test[0]})
    return parts


def _kept(settings: Any, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that say which rows these are, and what is true of them."""
    roles = ("id", "group", "time", "weight")
    names = [settings.study.target, *(name for role in roles for name in settings.role(role))]
    return ("set", *(name for name in dict.fromkeys([*names, *settings.weights]) if name in frame))


def _none_is_empty(plan: Any, parts: dict[str, pd.DataFrame]) -> None:
    for name, part in parts.items():
        if part.empty:
            msg = (
                f"split.{name} = {getattr(plan, name):g} leaves no row for {name}: change the "
                "fractions."
            )
            raise UserError(msg)


def group_folds(
    groups: np.ndarray, number: int, *, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return folds of whole groups, dealt out at random: for checks, which know no split.

    Parameters
    ----------
    groups : array of shape (n,)
    number : int

    Returns
    -------
    list of (rows to fit, rows held out)
    """
    unique, codes = numbered(groups)
    fold = np.random.default_rng(seed).permutation(len(unique))[codes] % number
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(number)]


def folds(frame: pd.DataFrame, settings: Any) -> list:
    """Return the study's cross-validation, which fits its split: by group, in time, or stratified.

    Returns
    -------
    list of (rows to fit, rows held out)
    """
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
        TimeSeriesSplit,
    )

    plan = settings.split
    if plan.strategy == "group":
        groups, target = frame[settings.only("group")], None
        by_group = GroupKFold(n_splits=plan.folds)
        if getattr(settings.study, "classes", None):  # every fold is to have rows of every class
            by_group = StratifiedGroupKFold(n_splits=plan.folds)
            target = frame[settings.study.target].astype(str)
        return list(by_group.split(frame, target, groups=groups))
    if plan.strategy == "time":
        order = np.argsort(frame[settings.only("time")].to_numpy(), kind="stable")
        in_time = TimeSeriesSplit(n_splits=plan.folds)
        return [(order[a], order[b]) for a, b in in_time.split(order)]
    options = {"n_splits": plan.folds, "shuffle": True, "random_state": plan.seed}
    if plan.strategy == "stratified":
        return list(StratifiedKFold(**options).split(frame, frame[settings.study.target]))
    return list(KFold(**options).split(frame))
