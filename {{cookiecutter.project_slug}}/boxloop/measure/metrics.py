"""The metrics of every task, each with its direction (Huppenkothen et al. §2.3)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from boxloop.measure import at_rates, ranking, several
from boxloop.measure.bounds import (
    LOG,
    LOG_REST,
    Calibration,
    ClassCalibration,
    Kind,
    Maximum,
    Moments,
    Precision,
    Purity,
    Share,
    Surprises,
)
from boxloop.measure.kinds import ANOMALY, CLASSIFICATION, OF_CLASSES, REGRESSION
from boxloop.measure.residuals import Draw, Residuals

Better = Literal["lower", "higher", "zero"]


@dataclass(frozen=True)
class Yardstick:
    """What a study measures by, beside its working point; all of it optional.

    Parameters
    ----------
    scale : {"1+target"}, optional
        What residuals are divided by: 1 + truth, as for redshifts. R² is not scaled.
    bound : float, optional
        The (scaled) residual from which on a row is an outlier.
    prevalence : float, optional
        Share of the class of interest among the objects that the model is meant for.
    prevalence_from : str
        Where it is known from, for the mix that is told beside a number.
    rest : dict, optional
        What the other rows are: the share of each of their classes.
    classes : tuple of str
        Names of several classes, in the order of their codes; empty where one is of interest.
    class_weights : tuple of float
        How much each of them counts in a log loss; empty: all alike.
    """

    scale: Literal["1+target"] | None = None
    bound: float | None = None
    prevalence: float | None = None
    prevalence_from: str = "by study.prevalence"
    rest: dict[str, float] | None = None
    classes: tuple[str, ...] = ()
    class_weights: tuple[float, ...] = ()

    def scores(self, truth: Any, probabilities: Any) -> several.Scores:
        """Return the rows with probabilities of several classes, shape (n, K)."""
        return several.Scores(truth, probabilities, self.class_weights or None)

    def ranking(self, truth: Any, score: Any) -> ranking.Ranking:
        """Return the rows sorted by score, shape (n,)."""
        return ranking.Ranking(truth, score, prevalence=self.prevalence)

    def residuals(self, truth: Any, prediction: Any) -> Residuals:
        """Return the residuals of predictions, shape (n,)."""
        return Residuals(truth, prediction, scale=self.scale, bound=self.bound)


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
    of_classes : callable, optional
        What it is of several classes: takes a `boxloop.measure.several.Scores`, or one of a draw.
    kind : boxloop.measure.bounds.Kind
        How its interval is made.
    scales : bool
        Whether it is of residuals that ``study.scale`` divides.
    mixed : bool
        Whether it depends on how common the class of interest is: it is then told for the true
        mix, where that is known.
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
    of_classes: Callable[[several.Scores], float] | None = None
    kind: Kind = field(default_factory=Kind)
    scales: bool = False
    mixed: bool = False

    def __call__(
        self,
        truth: Any,
        prediction: Any,
        working_point: float | None = None,
        *,
        yardstick: "Yardstick | None" = None,
    ) -> float:
        """Return the metric of predictions, at a working point where it has one.

        Parameters
        ----------
        truth, prediction : arrays of shape (n,)
            Of several classes a prediction has the shape (n, K).
        working_point : float, optional
        yardstick : Yardstick, optional
            What the study measures residuals and purity by.
        """
        yardstick = yardstick or Yardstick()
        if self.of_classes and np.ndim(prediction) > 1:
            return self.of_classes(yardstick.scores(truth, prediction))
        if self.ranked:
            return self.function(yardstick.ranking(truth, prediction), working_point)
        if self.of_residuals:
            return self.of_residuals(yardstick.residuals(truth, prediction))
        return self.function(truth, prediction)

    def titled(self, scale: str | None = None) -> str:
        """Return its label, and what residuals are divided by."""
        return f"{self.label} / ({scale})" if scale and self.scales else self.label

    def mix_in_words(self, entry: Any) -> str:
        """Return the mix that an entry is told for, or nothing where none is told or matters.

        How common the class of interest is; of rates, which do not depend on that, what the rest
        is made of.

        Parameters
        ----------
        entry : dict
            See `boxloop.measure.intervals.compare`.
        """
        mix = entry.get("mix") if isinstance(entry, dict) else None
        if not (isinstance(mix, dict) and isinstance(mix.get("signal"), float)):
            return ""
        if self.mixed or self.name in OF_ROWS:
            return f"signal {mix['signal']:.2g} {mix.get('from', '')}".strip()
        rest = mix.get("rest")
        parts = sorted(rest.items(), key=lambda part: -part[1]) if isinstance(rest, dict) else []
        shown = ", ".join(f"{name} {share:.2g}" for name, share in parts[:4])
        return f"rest {shown}{', …' if len(parts) > 4 else ''}" if parts else ""

    def in_unit(self, unit: str, scale: str | None = None) -> str:
        """Return the unit that it carries, given that of the target."""
        return unit if self.has_unit and not (scale and self.scales) else ""

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
    """Return the share of residuals beyond the bound, the same for all that are compared.

    Without one it is the share beyond 3 NMAD of the rows' own median (0.0027 for a Gaussian),
    which flatters whoever scatters more.
    """
    if sample.rows.bound is None:
        return sample.beyond(3 * sample.scatter)
    return sample.mean(sample.rows.outlying)


def _r2(sample: Residuals | Draw) -> float:
    """Return the coefficient of determination; without a spread of the truth it is NaN."""
    variance = sample.variance
    return float(1 - sample.mean(sample.rows.unexplained) / variance) if variance else np.nan


def _log_loss(sample: Residuals | Draw) -> float:
    """Return the mean of −ln(probability given to what came true)."""
    return sample.mean(sample.rows.surprise)


def _brier(sample: Residuals | Draw) -> float:
    """Return the mean square of probability − truth; a proper score."""
    return sample.mean(sample.rows.square)


# What the errors of means are made of: values that are averaged, and the slopes by their means.


def _r2_values(rows: Residuals) -> np.ndarray:
    return np.stack([rows.unexplained, *rows.centred])


def _r2_gradient(means: np.ndarray) -> np.ndarray:
    variance = means[2] - means[1] ** 2
    ratio = means[0] / variance**2
    return np.array([-1 / variance, -2 * ratio * means[1], ratio])


def _itself(means: np.ndarray) -> np.ndarray:
    return np.ones_like(means)


SQUARES = Moments(lambda rows: rows.square, lambda m: 0.5 / np.sqrt(m), scale=LOG, of_squares=True)
MEAN = Moments(lambda rows: rows.residual, _itself)
EXPLAINED = Moments(_r2_values, _r2_gradient, scale=LOG_REST, of_squares=True)
SURPRISE = Moments(lambda rows: rows.surprise, _itself, scale=LOG)
BRIER = Moments(lambda rows: rows.square, _itself, scale=LOG)
MIXED = Share("classes")
AREA = Share("classes", by_odds=True)
CORRELATION = Share("classes", lambda v, _: (1 + v) / 2, lambda s, _: 2 * s - 1)
REJECTION = Share(
    "classes", lambda v, _: 1 / v, lambda s, _: 1 / max(s, 1e-9), at=lambda v, _: 1 / v
)


def _passing(rate: float | None = None) -> Share:
    """Return the way of a signal efficiency at a background efficiency (None: working point)."""
    return Share("classes", at=lambda _, point: rate or point)


SIC = Share(
    "classes",
    lambda v, point: v * np.sqrt(point),
    lambda s, point: s / np.sqrt(point),
    at=lambda _, point: point,
)


def _of_residuals(
    name: str,
    label: str,
    definition: Callable[[Residuals | Draw], float],
    better: Better,
    *,
    kind: Kind,
    has_unit: bool = True,
    scales: bool = False,
    tasks: tuple[str, ...] = (REGRESSION,),
) -> Metric:
    def function(truth: Any, prediction: Any) -> float:
        return definition(Residuals(truth, prediction))

    return Metric(
        name,
        label,
        function,
        better,
        has_unit,
        tasks,
        of_residuals=definition,
        kind=kind,
        scales=scales,
    )


def _of_ranking(
    name: str,
    label: str,
    function: Callable[..., float],
    better: Better,
    *tasks: str,
    kind: Kind,
    unbounded: bool = False,
    mixed: bool = False,
) -> Metric:
    return Metric(
        name,
        label,
        function,
        better,
        has_unit=False,
        tasks=tasks,
        ranked=True,
        unbounded=unbounded,
        kind=kind,
        mixed=mixed,
    )


def _of_classes(
    name: str,
    label: str,
    function: Callable[[several.Scores], float],
    better: Better,
    *,
    kind: Kind,
    mixed: bool = False,
) -> Metric:
    """Return a metric of several classes; of one class and a score alone there is none."""

    def of_probabilities(truth: Any, probabilities: Any) -> float:
        return function(several.Scores(truth, probabilities))

    return Metric(
        name,
        label,
        of_probabilities,
        better,
        has_unit=False,
        tasks=(OF_CLASSES,),
        of_classes=function,
        kind=kind,
        mixed=mixed,
    )


def _efficiency(rate: float, words: str) -> Metric:
    """Return the metric of the signal efficiency at a fixed background efficiency."""
    return _of_ranking(
        f"signal_efficiency_at_{words}",
        f"signal efficiency at a background of {words}",
        lambda ranking, _=None: ranking.efficiency_at(rate),
        "higher",
        *SCORES,
        kind=_passing(rate),
    )


# Probabilities are right or wrong for the mix that they were fitted to: that of the rows.
OF_ROWS = ("log_loss", "brier", "ece")
SCORES = (CLASSIFICATION, ANOMALY)
DECIDED = (CLASSIFICATION,)


class _Metrics(dict[str, Metric]):
    """The metrics by name; those at a false-positive rate are there at any rate.

    See `boxloop.measure.at_rates`. To list them is to list those that have a name of their own.
    """

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or at_rates.parsed(str(name)) is not None

    def __missing__(self, name: str) -> Metric:
        return _at_rate(name)


@cache
def _at_rate(name: str) -> Metric:
    found = at_rates.parsed(name)
    if found is None:
        raise KeyError(name)
    return (_efficiency if found[0] == at_rates.EFFICIENCY else _partial)(
        found[1], at_rates.spelled(found[1])
    )


def _partial(rate: float, words: str) -> Metric:
    """Return the metric of the area under the ROC curve up to a background efficiency."""
    return _of_ranking(
        f"{at_rates.PARTIAL}_{words}",
        f"partial ROC AUC up to a background of {words}",
        lambda ranking, _=None: ranking.partial_area(rate),
        "higher",
        *SCORES,
        kind=Share("classes", at=lambda *_: rate, by_odds=True),
    )


METRICS: dict[str, Metric] = _Metrics(
    (metric.name, metric)
    for metric in (
        _of_residuals("rmse", "RMSE", _rmse, "lower", kind=SQUARES, scales=True),
        _of_residuals("bias", "bias", _bias, "zero", kind=MEAN, scales=True),
        _of_residuals("nmad", "NMAD", _nmad, "lower", kind=Kind(), scales=True),
        _of_residuals(
            "outlier_fraction",
            "outlier fraction",
            _outlier_fraction,
            "lower",
            kind=Share(),
            has_unit=False,
            scales=True,
        ),
        _of_residuals("r2", "R²", _r2, "higher", kind=EXPLAINED, has_unit=False),
        _of_ranking("roc_auc", "ROC AUC", ranking.roc_auc, "higher", *SCORES, kind=AREA),
        _of_ranking(
            "average_precision",
            "average precision",
            ranking.average_precision,
            "higher",
            *SCORES,
            kind=Precision(),
            mixed=True,
        ),
        _of_ranking(
            "completeness",
            "completeness",
            ranking.completeness,
            "higher",
            *DECIDED,
            kind=Share("signal"),
        ),
        _of_ranking(
            "purity", "purity", ranking.purity, "higher", *DECIDED, kind=Purity(), mixed=True
        ),
        _of_ranking(
            "deployed_purity",
            "purity at the true mix",
            ranking.deployed_purity,
            "higher",
            *DECIDED,
            kind=Purity(),
            mixed=True,
        ),
        _of_ranking(
            "false_positive_rate",
            "false-positive rate",
            ranking.false_positive_rate,
            "lower",
            *DECIDED,
            kind=Share("background"),
        ),
        replace(
            _of_ranking(
                "accuracy",
                "accuracy",
                ranking.accuracy,
                "higher",
                CLASSIFICATION,
                OF_CLASSES,
                kind=Share(),
                mixed=True,
            ),
            of_classes=several.accuracy,
        ),
        _of_ranking(
            "balanced_accuracy",
            "balanced accuracy",
            ranking.balanced_accuracy,
            "higher",
            *DECIDED,
            kind=MIXED,
        ),
        _of_ranking("f1", "F1", ranking.f1, "higher", *DECIDED, kind=MIXED, mixed=True),
        _of_ranking(
            "matthews",
            "Matthews correlation",
            ranking.matthews,
            "higher",
            *DECIDED,
            kind=CORRELATION,
            mixed=True,
        ),
        _of_residuals(
            "log_loss", "log loss", _log_loss, "lower", kind=SURPRISE, has_unit=False, tasks=DECIDED
        ),
        _of_residuals(
            "brier", "Brier score", _brier, "lower", kind=BRIER, has_unit=False, tasks=DECIDED
        ),
        _of_ranking(
            "ece", "calibration error (ECE)", ranking.ece, "lower", *DECIDED, kind=Calibration()
        ),
        _of_ranking(
            "max_sic",
            "maximum significance improvement (SIC)",
            ranking.max_sic,
            "higher",
            ANOMALY,
            unbounded=True,
            kind=Maximum(),
        ),
        _of_ranking(
            "sic",
            "significance improvement (SIC) at the working point",
            ranking.sic,
            "higher",
            ANOMALY,
            unbounded=True,
            kind=SIC,
        ),
        _of_ranking(
            "signal_efficiency",
            "signal efficiency at the working point",
            ranking.signal_efficiency,
            "higher",
            ANOMALY,
            kind=_passing(),
        ),
        _efficiency(0.01, "1e-2"),
        _efficiency(0.001, "1e-3"),
        _of_ranking(
            "background_rejection",
            "background rejection at half the signal",
            ranking.background_rejection,
            "higher",
            *SCORES,
            unbounded=True,
            kind=REJECTION,
        ),
        _of_ranking(
            "background_rejection_at_0.3",
            "background rejection at 0.3 of the signal",
            lambda ranking, _=None: ranking.rejection_at(0.3),
            "higher",
            *SCORES,
            unbounded=True,
            kind=REJECTION,
        ),
        _of_classes(
            "class_log_loss",
            "log loss by class",
            several.class_log_loss,
            "lower",
            kind=Surprises(),
        ),
        _of_classes("macro_f1", "macro F1", several.macro_f1, "higher", kind=MIXED, mixed=True),
        _of_classes(
            "weighted_f1", "weighted F1", several.weighted_f1, "higher", kind=Share(), mixed=True
        ),
        _of_classes(
            "macro_completeness",
            "mean completeness of classes",
            several.macro_completeness,
            "higher",
            kind=MIXED,
        ),
        _of_classes(
            "macro_purity",
            "mean purity of classes",
            several.macro_purity,
            "higher",
            kind=MIXED,
            mixed=True,
        ),
        _of_classes(
            "macro_roc_auc",
            "mean ROC AUC of classes",
            several.macro_roc_auc,
            "higher",
            kind=AREA,
        ),
        _of_classes(
            "class_ece",
            "calibration error by class",
            several.class_ece,
            "lower",
            kind=ClassCalibration(),
        ),
    )
)
