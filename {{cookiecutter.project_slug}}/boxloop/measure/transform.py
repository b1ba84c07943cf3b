"""A target that is learnt as its logarithm or inverse hyperbolic sine, and told in its own unit.

Models and the stand-in reference are fitted to the transformed target, and each prediction is
turned back. A mean of transformed values turned back is a median of the target where the scatter
is symmetric there, and not its mean: for a scatter of s in log10, the mean of a log-normal target
is 10^(1.15 s²) times as large. Nothing is added for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

REACH = 1.0  # a prediction lies at most one span of the fitted targets beyond them


@dataclass(frozen=True)
class Transform:
    """One way to look at a target.

    Parameters
    ----------
    forth, back : callable
        The transform of an array, and what undoes it.
    slope : callable
        The derivative of `forth`, by which an error of the target becomes one of its transform.
    above : float
        A target must be larger.
    words : str
        What it is, for study.toml and the report; ``{}`` stands for the target.
    """

    forth: Callable
    back: Callable
    slope: Callable
    above: float
    words: str


TRANSFORMS: dict[str, Transform] = {
    "log10": Transform(
        np.log10, lambda t: 10.0**t, lambda y: 1 / (y * np.log(10)), 0.0, "log10({})"
    ),
    "asinh": Transform(
        np.arcsinh, np.sinh, lambda y: 1 / np.sqrt(1 + y**2), -np.inf, "asinh({} / its median size)"
    ),
    "1+z": Transform(np.log1p, np.expm1, lambda y: 1 / (1 + y), -1.0, "ln(1 + {})"),
}


def refuse_values(name: str, target: str, values: Any) -> None:
    """Refuse a target of which some known values have no transform.

    Parameters
    ----------
    name : str
        A key of `TRANSFORMS`.
    target : str
    values : array of shape (n,)
        NaN where it is not known.

    Raises
    ------
    UserError
        With the number of such values.
    """
    least = TRANSFORMS[name].above
    bad = np.asarray(values, dtype=float) <= least
    if bad.any():
        others = " or use asinh" if name == "log10" else ""
        msg = (
            f"study.transform = '{name}' needs '{target}' above {least:g}, and {int(bad.sum()):,} "
            f"known values are not: leave the transform out{others}."
        )
        raise UserError(msg)


class TargetScale(TransformerMixin, BaseEstimator):
    """The transform of a target as an array of one column, and back.

    Parameters
    ----------
    name : str
        A key of `TRANSFORMS`.

    Attributes
    ----------
    size_ : float
        What asinh divides by: the median size of the fitted values that are not zero, so that it
        means the same in any unit; else 1.
    low_, high_ : float
        Between these a prediction is kept, in the transformed unit: a line that is drawn too far
        would be infinite when it is turned back.

    Examples
    --------
    >>> scale = TargetScale("log10").fit(np.array([[1.0], [100.0]]))
    >>> scale.transform(np.array([[10.0]])).tolist()
    [[1.0]]
    >>> scale.inverse_transform(np.array([[2.0]])).tolist()
    [[100.0]]
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, y: Any, _: Any = None) -> Any:
        """Learn the size and the span of the fitted values."""
        values = np.asarray(y, dtype=float)
        refuse_values(self.name, "the target", values)
        self.size_ = 1.0
        if self.name == "asinh" and (values != 0).any():
            self.size_ = float(np.median(np.abs(values[values != 0])))
        told = self.transform(values)
        low, high = float(told.min()), float(told.max())
        span = REACH * (high - low)
        self.low_, self.high_ = low - span, high + span
        return self

    def transform(self, y: Any) -> Any:
        """Return the transformed values, of the same shape."""
        return TRANSFORMS[self.name].forth(np.asarray(y, dtype=float) / self.size_)

    def inverse_transform(self, t: Any) -> Any:
        """Return values of the target, of the same shape."""
        kept = np.clip(np.asarray(t, dtype=float), self.low_, self.high_)
        return TRANSFORMS[self.name].back(kept) * self.size_


def transformed(regressor: Any, name: str | None) -> Any:
    """Return the regressor fitted to the transform of the target, which answers in its own unit.

    Parameters
    ----------
    regressor : unfitted estimator
    name : str or None
        A key of `TRANSFORMS`; None: the regressor as it is.
    """
    if name is None:
        return regressor
    from sklearn.compose import TransformedTargetRegressor

    scale = TargetScale(name)
    return TransformedTargetRegressor(regressor, transformer=scale, check_inverse=False)


def error_of_transform(name: str | None, y: Any, error: Any) -> Any:
    """Return the errors of the transformed target, shape (n,), to first order."""
    if name is None:
        return error
    scale = TargetScale(name).fit(np.asarray(y, dtype=float).reshape(-1, 1))
    values = np.asarray(y, dtype=float) / scale.size_
    return np.asarray(error, dtype=float) / scale.size_ * np.abs(TRANSFORMS[name].slope(values))
