"""The metrics of every task, each with its direction (Huppenkothen et al. §2.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from boxloop.measure import ranking
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION, REGRESSION


@dataclass(frozen=True)
class Metric:
    """One number that compares truth with prediction.

    Parameters
    ----------
    name, label : str
        Key in ``metrics.json``; words for a reader.
    function : callable
        ``(truth, prediction) -> float``, both of shape (n,); or, where `ranked`, ``(ranking,
        working_point) -> float``.
    better : {"lower", "higher", "zero"}
        Where a better prediction moves it.
    has_unit : bool
        Whether it carries the unit of the target.
    tasks : tuple of str
        The tasks that it is made for.
    ranked : bool
        Whether it is read off a `boxloop.measure.ranking.Ranking` of the rows.
    unbounded : bool
        Whether a value above 1 is possible, for a metric of which more is better.
    of_draw : callable, optional
        The same number from a `boxloop.measure.residuals.Draw`: a bootstrap draw that says how
        often each row stands in it.
    """

    name: str
    label: str
    function: Callable
    better: Literal["lower", "higher", "zero"]
    has_unit: bool = True
    tasks: tuple[str, ...] = (REGRESSION,)
    ranked: bool = False
    unbounded: bool = False
    of_draw: Callable | None = None

    def __call__(self, truth, prediction, working_point=None):
        """Return the metric of predictions, both of shape (n,), at a working point where it has one."""
        if self.ranked:
            return self.function(ranking.Ranking(truth, prediction), working_point)
        return self.function(truth, prediction)

    @property
    def sign(self):
        """1 where more is better, else -1: what turns the metric into a score as scikit-learn means it."""
        return 1 if self.better == "higher" else -1

    def loss(self, value):
        """Return the value as a number of which less is better, for ratios: the error of a stress test."""
        if self.better == "zero":
            return abs(value)
        if self.better == "lower":
            return value
        return 1 / max(value, 1e-9) if self.unbounded else 1 - value

    def improvement(self, reference, model):
        """Return how much better `model` is than `reference`; positive means better."""
        if self.better == "zero":
            return abs(reference) - abs(model)
        return model - reference if self.better == "higher" else reference - model


def _median(values):
    """Return the median, without the tests for NaN that make `numpy.median` slow in a bootstrap of thousands.

    A NaN prediction is not hidden by it: RMSE and bias of the same table become NaN.
    """
    half = len(values) // 2
    if len(values) % 2:
        return np.partition(values, half)[half]
    low, high = np.partition(values, [half - 1, half])[half - 1 : half + 1]
    return (low + high) / 2


def rmse(truth, prediction):
    """Return the root mean square error, in the unit of the target."""
    return float(np.sqrt(np.mean((np.asarray(prediction) - np.asarray(truth)) ** 2)))


def bias(truth, prediction):
    """Return the mean of prediction − truth, in the unit of the target."""
    return float(np.mean(np.asarray(prediction) - np.asarray(truth)))


def nmad(truth, prediction):
    """Return 1.4826 × the median absolute deviation of the residuals: a scatter that outliers do not move."""
    residual = np.asarray(prediction) - np.asarray(truth)
    return float(1.4826 * _median(np.abs(residual - _median(residual))))


def outlier_fraction(truth, prediction):
    """Return the share of residuals beyond 3 NMAD of their median (0.0027 for a Gaussian)."""
    residual = np.asarray(prediction) - np.asarray(truth)
    offset = np.abs(residual - _median(residual))
    return float(np.mean(offset > 3 * 1.4826 * _median(offset)))


def r2(truth, prediction):
    """Return the coefficient of determination; it depends on the spread of the truth, and without one it is NaN."""
    truth = np.asarray(truth)
    if np.ptp(truth) == 0:
        return np.nan
    return float(1 - np.mean((np.asarray(prediction) - truth) ** 2) / np.var(truth))


def _r2_of_draw(draw):
    centred, square = draw.rows.centred
    second = draw.mean(square)
    variance = second - draw.mean(centred) ** 2
    # A draw of one row many times has no variance; what is left then is rounding.
    return 1 - draw.mean(draw.rows.square) / variance if variance > 1e-12 * second else np.nan


# What the metrics are in a bootstrap draw: sums over rows that are weighed, nothing is sorted
# again.
RMSE = {"of_draw": lambda draw: float(np.sqrt(draw.mean(draw.rows.square)))}
BIAS = {"of_draw": lambda draw: draw.mean(draw.rows.residual)}
NMAD = {"of_draw": lambda draw: draw.scatter}
OUTLIERS = {"of_draw": lambda draw: draw.beyond(3 * draw.scatter)}
R2 = {"of_draw": _r2_of_draw}
LOG_LOSS = {"of_draw": lambda draw: draw.mean(draw.rows.surprise)}
BRIER = {"of_draw": lambda draw: draw.mean(draw.rows.square)}

SCORES, EITHER = {"has_unit": False, "ranked": True}, (CLASSIFICATION, ANOMALY)
CUT, SEARCH = SCORES | {"tasks": (CLASSIFICATION,)}, SCORES | {"tasks": (ANOMALY,)}
PROBABILITY = {"has_unit": False, "tasks": (CLASSIFICATION,)}

METRICS = {
    metric.name: metric
    for metric in (
        Metric("rmse", "RMSE", rmse, "lower", **RMSE),
        Metric("bias", "bias", bias, "zero", **BIAS),
        Metric("nmad", "NMAD", nmad, "lower", **NMAD),
        Metric(
            "outlier_fraction",
            "outlier fraction",
            outlier_fraction,
            "lower",
            has_unit=False,
            **OUTLIERS,
        ),
        Metric("r2", "R²", r2, "higher", has_unit=False, **R2),
        Metric("roc_auc", "ROC AUC", ranking.roc_auc, "higher", **SCORES, tasks=EITHER),
        Metric(
            "average_precision",
            "average precision",
            ranking.average_precision,
            "higher",
            **SCORES,
            tasks=EITHER,
        ),
        Metric("completeness", "completeness", ranking.completeness, "higher", **CUT),
        Metric("purity", "purity", ranking.purity, "higher", **CUT),
        Metric(
            "false_positive_rate",
            "false-positive rate",
            ranking.false_positive_rate,
            "lower",
            **CUT,
        ),
        Metric("accuracy", "accuracy", ranking.accuracy, "higher", **CUT),
        Metric(
            "balanced_accuracy", "balanced accuracy", ranking.balanced_accuracy, "higher", **CUT
        ),
        Metric("log_loss", "log loss", ranking.log_loss, "lower", **PROBABILITY, **LOG_LOSS),
        Metric("brier", "Brier score", ranking.brier, "lower", **PROBABILITY, **BRIER),
        Metric("ece", "calibration error (ECE)", ranking.ece, "lower", **CUT),
        Metric("max_sic", "maximum SIC", ranking.max_sic, "higher", **SEARCH, unbounded=True),
        Metric("sic", "SIC at the working point", ranking.sic, "higher", **SEARCH, unbounded=True),
        Metric(
            "signal_efficiency",
            "signal efficiency at the working point",
            ranking.signal_efficiency,
            "higher",
            **SEARCH,
        ),
        Metric(
            "background_rejection",
            "background rejection at half the signal",
            ranking.background_rejection,
            "higher",
            **SEARCH,
            unbounded=True,
        ),
    )
}
