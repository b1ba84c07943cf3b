"""A class that training has never seen: what it is called, how surely, and what gives warning.

A classifier of known classes has no word for another one. Each class is left out in turn, so that
what happens to the next unknown one can be told from what happened to these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from boxloop.measure.fits import each
from boxloop.measure.shift import alike, in_scope, spread_out
from boxloop.measure.task import guess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxloop.measure.task import Task

MOST = 12  # classes that are left out, the commonest: each costs a fit
FEW = 5  # rows of a class, below which nothing is said of it


def left_out(
    estimator: Any,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    task: Task,
    *,
    inputs: Sequence[str],
    seed: int,
    positive: str | None = None,
) -> pd.DataFrame:
    """Return what happens to each class when no training row has it.

    Of a question of two classes those classes of the rest are left out of which there are several;
    what is called is then the class of interest or the rest.

    Parameters
    ----------
    estimator : estimator
        A clone is fitted once for each class.
    train, validation : DataFrame
    task : boxloop.measure.task.Task
    inputs : sequence of str, looked at for the scope
    seed : int
    positive : str, optional; the class of interest of a question of two classes

    Returns
    -------
    DataFrame
        A row per class: `class`, `rows` (of it, validation), `called` (by which names, in words),
        `sure` and `sure of others` (mean probability of what a row is called, of its rows and of
        those of known classes), `told by doubt` (chance that the model doubts one of its rows more
        than a known row: the ROC AUC of 1 − that probability, one half is blind), `out of scope`
        and `others out of scope` (shares, `boxloop.measure.shift.in_scope`), and `told by
        outliers`: the same AUC of an isolation forest (Liu, Ting & Zhou 2008). Without a row where
        there are too few classes.
    """
    learnt, asked = _labels(task, train), _labels(task, validation)
    counts = asked.value_counts()
    mine = [name for name in counts.index if counts[name] >= FEW and name in set(learnt)]
    if positive:
        mine = [name for name in mine if name != positive]
    if len(mine) < 2:
        return pd.DataFrame(columns=["class", "rows", "called"])
    one = _Leaving(estimator, train, validation, task, inputs, seed, positive)
    return pd.DataFrame(each(one, mine[:MOST]))


class _Leaving:
    """What leaves one class out; it is sent to workers as it is."""

    def __init__(self, estimator: Any, train: Any, validation: Any, task: Any, *rest: Any) -> None:
        self.estimator, self.train, self.validation, self.task = estimator, train, validation, task
        self.inputs, self.seed, self.positive = list(rest[0]), rest[1], rest[2]

    def __call__(self, name: str) -> dict[str, Any]:
        """Return the row of one class."""
        new = (_labels(self.task, self.validation) == name).to_numpy()
        train = self.train[(_labels(self.task, self.train) != name).to_numpy()]
        names, codes = self._codes(train)
        fitted = clone(self.estimator).fit(self.task.seen(train), codes)
        said = guess(fitted, self.task.seen(self.validation))
        said = np.column_stack([1 - said, said]) if said.ndim == 1 else said
        called, sure = said.argmax(axis=1), said.max(axis=1)
        row = {"class": name, "rows": int(new.sum()), "called": _words(called[new], names)}
        row |= {"sure": sure[new].mean(), "sure of others": sure[~new].mean()}
        row["told by doubt"] = _area(new, -sure)
        outside, strange = self._strange(train, new)
        row |= {"out of scope": outside[new].mean(), "others out of scope": outside[~new].mean()}
        return row | {"told by outliers": _area(new, strange)}

    def _codes(self, train: pd.DataFrame) -> tuple[list[str], pd.Series]:
        """Return the names of what is left, and the codes of training rows in that order."""
        labels = _labels(self.task, train)
        if self.positive:
            return ["rest", self.positive], (labels == self.positive).astype(float)
        names = [name for name in self.task.classes if (labels == name).any()]
        return names, labels.map({name: float(k) for k, name in enumerate(names)})

    def _strange(self, train: pd.DataFrame, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which validation rows are out of scope, and how easily each is isolated."""
        from sklearn.ensemble import IsolationForest

        learnt, rows = train[self.inputs], self.validation[self.inputs]
        inside = in_scope(learnt, rows[~new], rows)
        tables, scale = alike({"learnt": learnt, "rows": rows}), spread_out()
        known = scale.fit_transform(tables["learnt"])
        forest = IsolationForest(n_estimators=100, random_state=self.seed).fit(known)
        return ~np.asarray(inside), -forest.score_samples(scale.transform(tables["rows"]))


def _labels(task: Task, frame: pd.DataFrame) -> pd.Series:
    return task.labels(frame).str.strip()


def _words(called: np.ndarray, names: list[str]) -> str:
    """Return by which names rows are called, the commonest first, in words."""
    counts = np.bincount(called, minlength=len(names)) / len(called)
    order = [k for k in np.argsort(-counts, kind="stable") if counts[k] > 0]
    shown = [f"{names[k]} {counts[k]:.0%}" for k in order[:3]]
    return ", ".join(shown) + (", …" if len(order) > 3 else "")


def _area(new: np.ndarray, strange: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(new, strange))
