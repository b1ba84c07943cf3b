"""The metrics of a regression, each with its direction (Huppenkothen et al. §2.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Metric:
    """One number that compares truth with prediction.

    Parameters
    ----------
    name, label : str
        Key in ``metrics.json``; words for a reader.
    function : callable
        ``(truth, prediction) -> float``, both of shape (n,).
    better : {"lower", "higher", "zero"}
        Where a better prediction moves it.
    has_unit : bool
        Whether it carries the unit of the target.
    """

    name: str
    label: str
    function: Callable
    better: Literal["lower", "higher", "zero"]
    has_unit: bool = True

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
    """Return the coefficient of determination; it depends on the spread of the truth."""
    truth = np.asarray(truth)
    return float(1 - np.mean((np.asarray(prediction) - truth) ** 2) / np.var(truth))


METRICS = {
    metric.name: metric
    for metric in (
        Metric("rmse", "RMSE", rmse, "lower"),
        Metric("bias", "bias", bias, "zero"),
        Metric("nmad", "NMAD", nmad, "lower"),
        Metric("outlier_fraction", "outlier fraction", outlier_fraction, "lower", has_unit=False),
        Metric("r2", "R²", r2, "higher", has_unit=False),
    )
}
