"""How a chapter reads several classes, or two: what `boxloop.measure.classes` finds, drawn.

Of a question of two classes the class of interest is the one that is read, and the confusion
matrix has the rest beside it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.figures import classes as figures
from boxloop.measure import classes as measure
from boxloop.measure.numbers import told
from boxloop.measure.reliability import class_calibration
from boxloop.measure.several import whole
from boxloop.split.division import units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from boxloop.measure.task import Task

ENOUGH = 100  # rows per class, from which on ten bins of probability are not too many
PAIRS = 10  # of classes that are mistaken for each other


class Classes:
    """The classes of a table, and what every predictor says of its rows.

    Parameters
    ----------
    frame : DataFrame of n rows
    guesses : dict of arrays of shape (n, K), or (n,) of two classes
        ``"model"``, perhaps ``"reference"``.
    task : boxloop.measure.task.Task
    settings : boxloop.settings.load.Settings
    names : sequence of str
        Several classes that a chapter tells apart although the study asks for one of interest.
    draws, seed : int

    Attributes
    ----------
    names : list of str
        What is read: several classes, or the class of interest.
    all_names : list of str
        Of all codes; of two classes those of the rest are one.
    truth : array of shape (n,), codes
    labels, groups : arrays of shape (n,)
    guesses : dict of arrays
        Rows of which one of them says nothing are left out of all.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        guesses: Mapping,
        task: Task,
        settings: Any,
        names: Sequence[str] = (),
        **options: int,
    ) -> None:
        study = settings.study
        guesses = {who: np.asarray(values, dtype=float) for who, values in guesses.items()}
        there = np.all([whole(values) for values in guesses.values()], axis=0)
        frame = frame[there]
        self.guesses = {who: values[there] for who, values in guesses.items()}
        self.labels = task.labels(frame).str.strip().to_numpy()
        self._several = list(names or task.classes)
        self.names = self._several or [study.positive_class]
        self.all_names = self._several or ["all others", study.positive_class]
        self._point = {} if self._several else {"working_point": study.working_point}
        codes = pd.Series(self.labels).map({name: code for code, name in enumerate(names)})
        self.truth = (codes if names else task.truth(frame)).to_numpy().astype(int)
        self.groups, self._options = units(frame, settings), options
        self._passing = task.passing or ("completeness", "false-positive rate")

    @cached_property
    def called(self) -> dict[str, np.ndarray]:
        """By which code each row is called, by predictor."""
        sides = self.guesses.items()
        return {who: measure.decided(values, **self._point) for who, values in sides}

    @property
    def said(self) -> dict[str, np.ndarray]:
        """By which name each row is called, by predictor."""
        return {who: np.array(self.all_names)[codes] for who, codes in self.called.items()}

    @property
    def believed(self) -> dict[str, np.ndarray]:
        """The probability that was given to the true class of each row, by predictor."""
        return {who: measure.believed(self.truth, one) for who, one in self.guesses.items()}

    @property
    def hits(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Whether each row is called rightly (1 or 0), and how surely it was called, by who."""
        return {
            who: ((codes == self.truth).astype(float), measure.believed(codes, self.guesses[who]))
            for who, codes in self.called.items()
        }

    @cached_property
    def scores(self) -> pd.DataFrame:
        """What each reaches in each class, see `boxloop.measure.classes.by_class`."""
        options = {"groups": self.groups, **self._options, **self._point}
        return measure.by_class(self.truth, self.guesses, self.names, **options)

    def table(self, who: str = "model") -> pd.DataFrame:
        """Return the numbers of one predictor as text, a row per class.

        Columns: rows of the class, rows that are called so, then each metric with its interval.
        """
        found = class_table(self.scores[self.scores["who"] == who])
        return found.drop(columns="who").set_index("class")

    def confusion(self, who: str = "model", *, normalise: Any = None) -> pd.DataFrame:
        """Return the confusion matrix; see `boxloop.measure.classes.confusion`."""
        options = {"normalise": normalise, **self._point}
        return measure.confusion(self.truth, self.guesses[who], self.all_names, **options)

    def mistaken(self, most: int = PAIRS) -> pd.DataFrame:
        """Return who is mistaken for whom; see `boxloop.measure.classes.mistaken`."""
        guesses = self.guesses
        if not self._several:  # the other side of the cut is a class, too
            guesses = {who: np.column_stack([1 - one, one]) for who, one in self.called.items()}
        options: dict[str, Any] = {"groups": self.groups, "most": most, **self._options}
        return measure.mistaken(self.truth, guesses, self.all_names, **options)

    @cached_property
    def _calibration(self) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
        bins = 10 if len(self.truth) >= ENOUGH * len(self.all_names) else 5
        options = {"bins": bins, "seed": self._options["seed"]}
        return {
            who: class_calibration(self.truth, values, self.names, **options)
            for who, values in self.guesses.items()
        }

    @property
    def calibration(self) -> pd.DataFrame:
        """The calibration error of each class by predictor, beside what chance would give it."""
        tables = {who: errors.set_index("class") for who, (_, errors) in self._calibration.items()}
        return pd.concat(tables, names=["who"]).reset_index()

    def draw_confusion(self, who: str = "model") -> Figure:
        """Return the figure of the confusion matrix, normalised both ways."""
        return figures.draw_confusion(self.confusion(who), title=who)

    def draw_curves(self) -> Figure:
        """Return the figure of the curves of every class against the rest."""
        questions = measure.one_vs_rest(self.truth, self.guesses, self.names, **self._point)
        return figures.draw_one_vs_rest(questions, self._passing)

    def draw_scores(self) -> Figure:
        """Return the figure of what each reaches in each class."""
        return figures.draw_class_scores(self.scores)

    def draw_calibration(self) -> Figure:
        """Return the figure of the reliability of each class."""
        curves, errors = (
            {who: found[k] for who, found in self._calibration.items()} for k in (0, 1)
        )
        return figures.draw_class_calibration(curves, errors)

    @property
    def right(self) -> pd.DataFrame:
        """The share of each class in the table that is decided rightly, by predictor.

        See `boxloop.measure.classes.right_by_class`; of two classes those of the rest are told
        apart.
        """
        right = {who: codes == self.truth for who, codes in self.called.items()}
        options: dict[str, Any] = {"groups": self.groups, "names": self._several}
        options |= self._options
        return measure.right_by_class(self.labels, right, **options)


def class_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each class as text, a row per set, class and predictor.

    Parameters
    ----------
    scores : DataFrame
        See `boxloop.measure.classes.by_class`; ``set``, where it has that column, comes first.
    """
    told = scores[scores["who"] != "difference"]
    told = told.assign(text=[_told(row) for row in told.to_dict("records")])
    keys = [name for name in ("set", "class", "who") if name in told]
    found = told.pivot_table("text", keys, "metric", aggfunc="first", sort=False)
    sizes = told.groupby(keys, sort=False)[["rows", "called"]].first()
    sizes["called"] = pd.to_numeric(sizes["called"]).astype("Int64")
    found = found[list(dict.fromkeys(told["metric"]))].rename(columns=figures.TITLES)
    return sizes.join(found).reset_index()


def _told(row: dict) -> str:
    """Return a value with its interval as text, and whether too few groups stand behind it."""
    if not np.isfinite(row["value"]):
        return "–"
    few = ", few" if isinstance(row["note"], str) and row["note"] else ""
    return f"{told(row, None, '{} [{}, {}]')}{few}"
