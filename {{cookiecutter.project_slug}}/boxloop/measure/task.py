"""What a task asks of a table: the truth as numbers, and a guess per row.

In tasks with classes (`boxloop.measure.kinds`) the truth is 1 for the class of interest and 0 for
every other class, and a guess is a score, higher where a row looks more like the class of interest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_outlier_detector

from boxloop.base.errors import UserError
from boxloop.measure.evidence import Compared, Evidence
from boxloop.measure.fits import each
from boxloop.measure.intervals import ROWS
from boxloop.measure.kinds import TaskKind, kind_of
from boxloop.measure.metrics import METRICS, Yardstick
from boxloop.measure.several import whole
from boxloop.split.division import units

WEIGHTS = "by the weights of the rows"  # where a mix is known from
MOST_CLASSES = 12  # of the rest: of more, a mix is no mix but a list
# What scikit-learn warns of where a row has a word that training has not.
UNKNOWN_WORDS = "Found unknown categories"


def spelled(values: pd.Series) -> pd.Series:
    """Return class names as text, shape (n,): one spelling for 1, 1.0, True and "1"."""
    if pd.api.types.is_bool_dtype(values):
        values = values.astype(int)
    elif pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype(str)


def guess(estimator: Any, X: pd.DataFrame, *, classes: int | None = None) -> np.ndarray:
    """Return the guess of a fitted estimator, shape (n,), or (n, K) of several classes.

    An estimator with ``anomaly_score`` is asked for that, a classifier for the probability of the
    class of interest or of each class, an outlier detector for how unusual a row is, and any other
    for its prediction.

    Parameters
    ----------
    classes : int, optional
        How many classes there are, where an estimator may have seen fewer of several: those have
        the probability 0. Else they are as many as it knows.
    """
    if hasattr(estimator, "anomaly_score"):
        return np.asarray(estimator.anomaly_score(X), dtype=float)
    if is_classifier(estimator):
        if (size := _several(estimator, classes)) is not None:
            return _of_classes(estimator, X, size)
        if len(estimator.classes_) == 1:
            return np.full(len(X), float(estimator.classes_[0]))
        return estimator.predict_proba(X)[:, 1]
    if is_outlier_detector(estimator):
        return -estimator.score_samples(X)
    return np.asarray(estimator.predict(X), dtype=float)


def _several(estimator: Any, classes: int | None) -> int | None:
    """Return how many classes a fitted classifier tells apart; None where one is of interest."""
    known = np.asarray(estimator.classes_)
    if classes is not None:
        return classes if classes > 2 else None
    if len(known) < 3 and not (known.dtype.kind in "iuf" and known.max() > 1):
        return None
    return int(known.max()) + 1 if known.dtype.kind in "iuf" else len(known)


def _of_classes(estimator: Any, X: Any, size: int) -> np.ndarray:
    """Return the probability of each of several classes, shape (n, size), 0 of unseen ones."""
    said, known = estimator.predict_proba(X), np.asarray(estimator.classes_)
    if len(known) == size:
        return np.asarray(said, dtype=float)
    found = np.zeros((len(said), size))
    found[:, known.astype(int)] = said
    return found


def out_of_fold(
    estimator: Any,
    X: np.ndarray | pd.DataFrame,
    y: np.ndarray | pd.Series,
    cv: list,
    *,
    say: Callable = guess,
) -> np.ndarray:
    """Return for each row the guess of an estimator that was not fitted to it.

    Parameters
    ----------
    estimator : unfitted estimator
    X : DataFrame of n rows, or array
    y : array of shape (n,), see `Task.truth`
    cv : list of (fitted rows, held-out rows)
    say : callable
        What is asked of a fitted estimator about held-out rows: an answer per row, or several.

    Returns
    -------
    array of shape (n,), or (n, answers)
        NaN for rows that are in no held-out part (the first block of a split in time).
    """
    y, rows = np.asarray(y), X.iloc if hasattr(X, "iloc") else X
    if say is guess and is_classifier(estimator):  # a fold may lack a class that the others have
        known = pd.unique(y)
        say = partial(guess, classes=int(known.max()) + 1 if len(known) > 2 else None)

    def one(parts: tuple) -> np.ndarray:
        fitted, held = parts
        return say(clone(estimator).fit(rows[fitted], y[fitted]), rows[held])

    said = each(one, cv)
    out = np.full((len(y), *said[0].shape[1:]), np.nan)
    for (_, held), values in zip(cv, said, strict=True):
        out[held] = values
    return out


class Task:
    """What one study asks: its truth, its metrics, its words.

    Parameters
    ----------
    settings : boxloop.settings.load.Settings
    """

    def __init__(self, settings: Any) -> None:
        self._settings, self._study = settings, settings.study

    @property
    def kind(self) -> TaskKind:
        """The `boxloop.measure.kinds.TaskKind` of the study."""
        return kind_of(self._study)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of several classes, in the order of their codes; empty where one is of interest."""
        return tuple(name.strip() for name in getattr(self._study, "classes", None) or ())

    @property
    def has_classes(self) -> bool:
        """Whether the target names classes; see `boxloop.measure.kinds.TaskKind.has_classes`."""
        return self.kind.has_classes

    def columns(self, who: str) -> str | list[str]:
        """Return what the column, or of several classes the columns, of a guess are called."""
        return [f"{who} {name}" for name in self.classes] if self.classes else who

    @property
    def passing(self) -> tuple[str, str] | None:
        """What the field calls the shares that pass a cut; None where nothing is cut."""
        return self.kind.cut.passing if self.kind.cut else None

    def cut(self, background: Any = None) -> float:
        """Return the score from which on a row passes at the working point of the study.

        Parameters
        ----------
        background : array of shape (n,), optional
            Guesses of rows that are not of the class of interest, and were not trained on: needed
            where the working point is a share of them, and not a probability.
        """
        point = self._study.working_point
        if self.kind.has_probabilities:
            return point
        return float(np.quantile(background, 1 - point))

    def seen(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns that estimators are handed, as far as the table has them.

        Deployment rows carry no weights.
        """
        return frame[[name for name in self._settings.seen if name in frame]]

    def labels(self, frame: pd.DataFrame) -> pd.Series:
        """Return the class names of the rows as text, shape (n,); see `spelled`."""
        return spelled(frame[self._study.target])

    def truth(self, frame: pd.DataFrame) -> pd.Series:
        """Return the truth as numbers: a Series of shape (n,) with the index of `frame`.

        The target, in its unit; of a task with classes 1 where the row belongs to
        ``study.positive_class``, else 0; of several classes the place of its class among `classes`.

        Raises
        ------
        UserError
            If no row belongs to the class of interest, or one to none of several classes.
        """
        study = self._study
        if not self.has_classes:
            return frame[study.target].astype(float)
        found = self.labels(frame)
        if self.classes:
            return self._codes(found)
        positive = found == study.positive_class
        if len(frame) and not positive.any():
            there = ", ".join(sorted(found.unique())[:5])
            msg = (
                f"study.toml: no row of {study.target} is positive_class = "
                f"{study.positive_class!r}; the classes are {there}."
            )
            raise UserError(msg)
        return positive.astype(float)

    def _codes(self, found: pd.Series) -> pd.Series:
        """Return the places of class names among `classes`, as floats like any truth."""
        codes = found.str.strip().map({name: code for code, name in enumerate(self.classes)})
        if codes.isna().any():
            name = found[codes.isna()].iloc[0]
            msg = (
                f"study.toml: '{name}' stands in {self._study.target} and not in study.classes: "
                "add it there, or leave its rows out."
            )
            raise UserError(msg)
        return codes.astype(float)

    def contrasts(self) -> Any:
        """Return the unfitted step that adds differences and ratios of inputs in one unit.

        See `boxloop.measure.contrasts.Contrasts`; the units are those of study.toml.
        """
        from boxloop.measure.contrasts import Contrasts

        columns = self._settings.columns
        return Contrasts({name: columns[name].unit for name in self._settings.inputs})

    def transformed(self, regressor: Any) -> Any:
        """Return an unfitted regressor that learns the transform of the target in study.toml.

        It answers in the unit of the target; without ``study.transform`` it is as it was.
        See `boxloop.measure.transform`.
        """
        from boxloop.measure.transform import transformed

        return transformed(regressor, getattr(self._study, "transform", None))

    def refuse_untransformed(self, frame: pd.DataFrame) -> None:
        """Refuse a table whose target ``study.transform`` cannot be taken of.

        Raises
        ------
        UserError
        """
        from boxloop.measure.transform import refuse_values

        if self._study.transform:
            refuse_values(self._study.transform, self._study.target, self.truth(frame))

    def long_tails(self) -> Any:
        """Return the unfitted step that brings columns with long tails to one scale.

        See `boxloop.measure.long_tails.LongTails`.
        """
        from boxloop.measure.long_tails import LongTails

        return LongTails()

    def trivial(self) -> Any:
        """Return the unfitted baseline that ignores every input."""
        return self.kind.trivial()

    def compare(
        self,
        frame: pd.DataFrame,
        guesses: dict[str, np.ndarray],
        *,
        draws: int,
        seed: int,
        metrics: list[str] | None = None,
    ) -> Compared:
        """Return `boxloop.measure.intervals.compare` of guesses, by the study's own metrics.

        The table remembers what it was made of; see `boxloop.measure.evidence`.

        Parameters
        ----------
        frame : DataFrame of n rows
        guesses : dict of arrays of shape (n,), or (n, K) of several classes
            ``"model"``, ``"reference"``, perhaps ``"trivial"``. Rows for which one of them is NaN
            are left out.
        metrics : list of str, optional
            Names; else the primary metric and the secondary ones, and where residuals have heavy
            tails ``"nmad"``, which they do not move.
        """
        study = self._study
        names = metrics or list(dict.fromkeys([study.primary_metric, *study.secondary_metrics]))
        there = whole(np.column_stack(list(guesses.values())))
        # In one order of memory, so that sums are the same when the rows come from a file.
        rows = {who: np.ascontiguousarray(np.asarray(v)[there]) for who, v in guesses.items()}
        return Evidence(
            truth=self.truth(frame)[there].to_numpy(),
            guesses=rows,
            units=units(frame, self._settings)[there],
            metrics=tuple(names),
            extended=metrics is None,
            draws=draws,
            seed=seed,
            working_point=study.working_point,
            yardstick=self.yardstick(frame[there]),
        ).measure()

    def yardstick(self, frame: pd.DataFrame) -> Yardstick:
        """Return what the study measures by; see `boxloop.measure.metrics.Yardstick`.

        Raises
        ------
        UserError
            If 1 + target, by which residuals are to be divided, is not above 0 in every row.
        """
        study, names = self._study, [*self._settings.role("weight")]
        if self.classes:
            return self._of_classes()
        if study.scale and len(frame) and not (self.truth(frame) > -1).all():
            msg = (
                f"study.toml: study.scale divides by 1 + {study.target}, which is not above 0 in "
                "every row: remove study.scale."
            )
            raise UserError(msg)
        there = all(name in frame for name in names)
        weights = frame[names].prod(axis=1) if names and there else pd.Series(1.0, frame.index)
        rest = self._rest(frame, weights.to_numpy(dtype=float))
        mix = self._prevalence(frame, self.truth(frame).to_numpy()) if len(frame) else None
        known: dict[str, Any] = {}
        if study.prevalence is None and mix:
            known["prevalence_from"] = WEIGHTS
        return Yardstick(study.scale, study.outlier_bound, mix, rest=rest, **known)

    def _of_classes(self) -> Yardstick:
        """Return what several classes are measured by: their names, and how much each counts."""
        told = getattr(self._study, "class_weights", None) or {}
        weights = tuple(float(told.get(name, 1.0)) for name in self.classes) if told else ()
        return Yardstick(classes=self.classes, class_weights=weights)

    def measured_by(self, told: dict) -> Yardstick:
        """Return the yardstick of rows that are not there, from what was told of it when they were.

        Only what the rows themselves have said is taken from there: the mix of their weights, and
        what the rest is made of.

        Parameters
        ----------
        told : dict
            The fields of a `boxloop.measure.metrics.Yardstick`.
        """
        if self.classes:
            return self._of_classes()
        study, mix = self._study, {"prevalence": self._study.prevalence}
        if mix["prevalence"] is None and told["prevalence"] is not None:
            mix = {"prevalence": told["prevalence"], "prevalence_from": WEIGHTS}
        elif mix["prevalence"] is None and told["prevalence_from"] == WEIGHTS:
            mix["prevalence_from"] = WEIGHTS
        return Yardstick(study.scale, study.outlier_bound, rest=told["rest"], **mix)

    def true_mix(self, frame: pd.DataFrame) -> tuple[np.ndarray, str]:
        """Return how often each row stands for an object of the true mix of classes, and that mix.

        Parameters
        ----------
        frame : DataFrame of n rows

        Returns
        -------
        weights : array of shape (n,)
            Ones where nothing but the rows tells the mix.
        words : str
            The share of the class of interest, and where it is known from.
        """
        if self.classes:
            return np.ones(len(frame)), f"the classes as they are {ROWS}"
        truth, stick = self.truth(frame).to_numpy(dtype=float), self.yardstick(frame)
        share, here = stick.prevalence, float(np.mean(truth > 0))
        known, where = (here, ROWS) if share is None else (share, stick.prevalence_from)
        words = f"{self._study.positive_class} {known:.2g} {where}"
        rest = (1 - known) / max(1 - here, 1e-9)
        return np.where(truth > 0, known / max(here, 1e-9), rest), words

    def _rest(self, frame: pd.DataFrame, weights: np.ndarray) -> dict[str, float] | None:
        """Return the share of each class among the rows that are not of the class of interest."""
        if not self.has_classes:
            return None
        kinds = self.labels(frame)
        rest = (kinds != self._study.positive_class).to_numpy()
        found = pd.Series(weights[rest]).groupby(kinds[rest].to_numpy()).sum()
        if not 1 < len(found) <= MOST_CLASSES or not found.sum() > 0:
            return None
        return {str(name): float(share) for name, share in (found / found.sum()).items()}

    def score(
        self, y: pd.Series, values: np.ndarray, *, metric: str | None = None, frame: Any = None
    ) -> float:
        """Return a metric (by name, else the primary one) of guesses, shape (n,) or (n, K).

        Rows without a guess are left out: the first block of a split in time has none.

        Parameters
        ----------
        frame : DataFrame of n rows, optional
            Has the columns with weights, if there are any: what depends on the mix of classes is
            then told for theirs.
        """
        y, values = np.asarray(y, dtype=float), np.asarray(values, dtype=float)
        there, chosen = whole(values), METRICS[metric or self._study.primary_metric]
        study = self._study
        if self.classes:
            return chosen(y[there], values[there], yardstick=self._of_classes())
        prevalence = study.prevalence if frame is None else self._prevalence(frame[there], y[there])
        yardstick = Yardstick(study.scale, study.outlier_bound, prevalence)
        return chosen(y[there], values[there], study.working_point, yardstick=yardstick)

    def _prevalence(self, frame: pd.DataFrame, truth: np.ndarray) -> float | None:
        """Return the share of the class of interest that study.toml or the weights tell."""
        names = [*self._settings.role("weight")]
        if self._study.prevalence is not None or not (names and self.has_classes):
            return self._study.prevalence
        if not all(name in frame for name in names):
            return None
        weights = frame[names].prod(axis=1).to_numpy(dtype=float)
        return float(np.average(truth, weights=weights)) if weights.sum() > 0 else None

    def scorer(self, *, metric: Any = None) -> Callable:
        """Return a metric as scikit-learn's ``scoring=`` takes it.

        It is called as ``(estimator, X, y)`` and returns a number of which more is better. The
        metric itself is its `boxloop.measure.metrics.Metric.sign` times that number; the distance
        from zero of one that should vanish.
        """
        return partial(_signed, task=self, metric=metric or self._study.primary_metric)

    def axis(self, metric: str | None = None) -> str:
        """Return a metric (by name, else the primary one) as the label of an axis.

        With its unit, where it has one.
        """
        chosen, scale = METRICS[metric or self._study.primary_metric], self._study.scale
        label, unit = chosen.titled(scale), chosen.in_unit(self._study.unit, scale)
        return f"{label} [{unit}]" if unit else label


def _signed(estimator: Any, X: pd.DataFrame, y: pd.Series, *, task: Task, metric: str) -> float:
    said = guess(estimator, X, classes=len(task.classes) or None)
    value = task.score(y, said, metric=metric, frame=X)
    return -abs(value) if METRICS[metric].better == "zero" else METRICS[metric].sign * value
