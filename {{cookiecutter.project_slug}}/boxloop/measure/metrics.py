"""The metrics of every task, each with its direction (Huppenkothen et al. §2.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from boxloop.measure import ranking
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION, REGRESSION
from boxloop.measure.residuals import Draw, Residuals

Better = Literal["lower", "higher", "zero"]


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
    of_residuals : callable, optional
        What `function` is made of, where it takes a `boxloop.measure.residuals.Residuals` or a
        bootstrap draw of one: nothing need be copied for a draw then.
    """

    name: str
    label: str
    function: Callable[..., float]
    better: Better
    has_unit: bool = True
    tasks: tuple[str, ...] = (REGRESSION,)
    ranked: bool = False
    unbounded: bool = False
    of_residuals: Callable[[Residuals | Draw], float] | None = None

    def __call__(self, truth: Any, prediction: Any, working_point: float | None = None) -> float:
        """Return the metric of predictions, at a working point where it has one.

        Parameters
        ----------
        truth, prediction : arrays of shape (n,)
        working_point : float, optional
        """
        if self.ranked:
            return self.function(ranking.Ranking(truth, prediction), working_point)
        return self.function(truth, prediction)

    @property
    def sign(self) -> int:
        """1 where more is better, else -1: what turns the metric into scikit-learn's score."""
        return 1 if self.better == "higher" else -1

    def loss(self, value: float) -> float:
        """Return the value as a number of which less is better: the error of a stress test."""
        if self.better == "zero":
            return abs(value)
        if self.better == "lower":
            return value
        return 1 / max(value, 1e-9) if self.unbounded else 1 - value

    def improvement(self, reference: float, model: float) -> float:
        """Return how much better `model` is than `reference`; positive means better."""
        if self.better == "zero":
            return abs(reference) - abs(model)
        return model - reference if self.better == "higher" else reference - model


def rmse(truth: Any, prediction: Any) -> float:
    """Return the root mean square error, in the unit of the target; arrays of shape (n,)."""
    return METRICS["rmse"](truth, prediction)


def bias(truth: Any, prediction: Any) -> float:
    """Return the mean of prediction − truth, in the unit of the target; arrays of shape (n,)."""
    return METRICS["bias"](truth, prediction)


# The definitions: each is read off all rows, and off the rows of a bootstrap draw.


def _rmse(sample: Residuals | Draw) -> float:
    """Return the root mean square error."""
    return float(np.sqrt(sample.mean(sample.rows.square)))


def _bias(sample: Residuals | Draw) -> float:
    """Return the mean of prediction − truth."""
    return sample.mean(sample.rows.residual)


def _nmad(sample: Residuals | Draw) -> float:
    """Return 1.4826 × the median absolute deviation: a scatter that outliers do not move."""
    return sample.scatter


def _outlier_fraction(sample: Residuals | Draw) -> float:
    """Return the share of residuals beyond 3 NMAD of their median (0.0027 for a Gaussian)."""
    return sample.beyond(3 * sample.scatter)


def _r2(sample: Residuals | Draw) -> float:
    """Return the coefficient of determination; without a spread of the truth it is NaN."""
    variance = sample.variance
    return float(1 - sample.mean(sample.rows.square) / variance) if variance else np.nan


def _log_loss(sample: Residuals | Draw) -> float:
    """Return the mean of −ln(probability given to what came true)."""
    return sample.mean(sample.rows.surprise)


def _brier(sample: Residuals | Draw) -> float:
    """Return the mean square of probability − truth; a proper score."""
    return sample.mean(sample.rows.square)


def _of_residuals(
    name: str,
    label: str,
    definition: Callable[[Residuals | Draw], float],
    better: Better,
    *,
    has_unit: bool = True,
    tasks: tuple[str, ...] = (REGRESSION,),
) -> Metric:
    def function(truth: Any, prediction: Any) -> float:
        return definition(Residuals(truth, prediction))

    return Metric(name, label, function, better, has_unit, tasks, of_residuals=definition)


def _of_ranking(
    name: str,
    label: str,
    function: Callable[..., float],
    better: Better,
    *tasks: str,
    unbounded: bool = False,
) -> Metric:
    return Metric(
        name, label, function, better, has_unit=False, tasks=tasks, ranked=True, unbounded=unbounded
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _of_residuals("rmse", "RMSE", _rmse, "lower"),
        _of_residuals("bias", "bias", _bias, "zero"),
        _of_residuals("nmad", "NMAD", _nmad, "lower"),
        _of_residuals(
            "outlier_fraction", "outlier fraction", _outlier_fraction, "lower", has_unit=False
        ),
        _of_residuals("r2", "R²", _r2, "higher", has_unit=False),
        _of_ranking("roc_auc", "ROC AUC", ranking.roc_auc, "higher", CLASSIFICATION, ANOMALY),
        _of_ranking(
            "average_precision",
            "average precision",
            ranking.average_precision,
            "higher",
            CLASSIFICATION,
            ANOMALY,
        ),
        _of_ranking("completeness", "completeness", ranking.completeness, "higher", CLASSIFICATION),
        _of_ranking("purity", "purity", ranking.purity, "higher", CLASSIFICATION),
        _of_ranking(
            "false_positive_rate",
            "false-positive rate",
            ranking.false_positive_rate,
            "lower",
            CLASSIFICATION,
        ),
        _of_ranking("accuracy", "accuracy", ranking.accuracy, "higher", CLASSIFICATION),
        _of_ranking(
            "balanced_accuracy",
            "balanced accuracy",
            ranking.balanced_accuracy,
            "higher",
            CLASSIFICATION,
        ),
        _of_residuals(
            "log_loss", "log loss", _log_loss, "lower", has_unit=False, tasks=(CLASSIFICATION,)
        ),
        _of_residuals(
            "brier", "Brier score", _brier, "lower", has_unit=False, tasks=(CLASSIFICATION,)
        ),
        _of_ranking("ece", "calibration error (ECE)", ranking.ece, "lower", CLASSIFICATION),
        _of_ranking("max_sic", "maximum SIC", ranking.max_sic, "higher", ANOMALY, unbounded=True),
        _of_ranking(
            "sic", "SIC at the working point", ranking.sic, "higher", ANOMALY, unbounded=True
        ),
        _of_ranking(
            "signal_efficiency",
            "signal efficiency at the working point",
            ranking.signal_efficiency,
            "higher",
            ANOMALY,
        ),
        _of_ranking(
            "background_rejection",
            "background rejection at half the signal",
            ranking.background_rejection,
            "higher",
            ANOMALY,
            unbounded=True,
        ),
    )
}
