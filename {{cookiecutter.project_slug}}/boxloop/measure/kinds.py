"""The kinds of task, and what each asks of a study: classes or numbers, metrics, cut, words.

It needs the standard library alone and is read by Python 3.9, too: settings ask it before anything
is computed, and a bake is finished on whatever Python runs Cookiecutter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

TaskName = Literal["regression", "classification", "anomaly-detection"]
REGRESSION: TaskName = "regression"
CLASSIFICATION: TaskName = "classification"
ANOMALY: TaskName = "anomaly-detection"
OF_CLASSES = "several classes"  # a classification without a class of interest


@dataclass(frozen=True)
class Cut:
    """What a score is cut by, where rows are selected by one.

    Parameters
    ----------
    by : {"probability", "background"}
        What ``study.working_point`` is: the probability from which on a row is selected, or the
        share of the background rows that may pass.
    usual : float
        The working point where nobody has chosen another.
    words : str
        What it means, for the comment behind it in study.toml.
    passing : tuple of str
        What the field calls the share of the class of interest that passes, and that of the rest.
    """

    by: Literal["probability", "background"]
    usual: float
    words: str
    passing: tuple[str, str]


@dataclass(frozen=True)
class TaskKind:
    """What one kind of task asks.

    Parameters
    ----------
    name : str
        As ``study.task`` in study.toml spells it.
    primary_metric : str
    secondary_metrics : tuple of str
        What an adopted table is measured by; names in `boxloop.measure.metrics.METRICS`.
    cut : Cut, optional
        Of tasks with a class of interest.
    several : bool
        Whether it asks which of several classes a row is of.
    """

    name: TaskName
    primary_metric: str
    secondary_metrics: tuple[str, ...]
    cut: Cut | None = None
    several: bool = False

    @property
    def has_classes(self) -> bool:
        """Whether the target names classes, one of them of interest, or `several` alike.

        The truth is 1 for ``study.positive_class`` and 0 for every other one, and a guess is a
        score; of several it is the place in ``study.classes``, and a guess a row of probabilities.
        Else both are numbers in the unit of the target, and a prediction may have an interval.
        """
        return self.several or self.cut is not None

    @property
    def has_probabilities(self) -> bool:
        """Whether a guess is a probability: right or wrong by its size, not by its order alone."""
        return self.several or (self.cut is not None and self.cut.by == "probability")

    @property
    def measures(self) -> str:
        """What the metrics and checks made for it call the task."""
        return OF_CLASSES if self.several else self.name

    def trivial(self) -> Any:
        """Return the unfitted baseline that ignores every input.

        It says the mean, or the share of the class of interest.
        """
        from sklearn.dummy import DummyClassifier, DummyRegressor

        if self.has_classes:
            return DummyClassifier(strategy="prior")
        return DummyRegressor(strategy="mean")


TASKS: dict[str, TaskKind] = {
    kind.name: kind
    for kind in (
        TaskKind(REGRESSION, "rmse", ("bias", "nmad", "outlier_fraction", "r2")),
        TaskKind(
            CLASSIFICATION,
            "roc_auc",
            ("average_precision", "completeness", "purity", "balanced_accuracy", "ece"),
            Cut(
                "probability",
                0.5,
                "a row is selected from this probability on",
                ("completeness", "false-positive rate"),
            ),
        ),
        TaskKind(
            ANOMALY,
            "roc_auc",
            ("average_precision", "signal_efficiency", "sic", "background_rejection"),
            Cut(
                "background",
                0.05,
                "this share of the ordinary rows may pass the cut",
                ("signal efficiency", "background efficiency"),
            ),
        ),
    )
}
SEVERAL = TaskKind(
    CLASSIFICATION,
    "class_log_loss",
    ("macro_f1", "macro_completeness", "macro_purity", "macro_roc_auc", "accuracy", "class_ece"),
    several=True,
)


def kind_of(study: Any) -> TaskKind:
    """Return the kind of a study; ``classes`` in it make several of a classification.

    Parameters
    ----------
    study : boxloop.settings.tables.Study
        Or anything with its ``task`` and perhaps its ``classes``.
    """
    return SEVERAL if getattr(study, "classes", None) else TASKS[study.task]


def kind_called(measures: str) -> TaskKind:
    """Return the kind of task that metrics and checks call by this name."""
    return SEVERAL if measures == OF_CLASSES else TASKS[measures]
