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


@dataclass(frozen=True)
class View:
    """A transform with the size that asinh divides by: there and back, and nothing is kept back.

    Parameters
    ----------
    name : str
        A key of `TRANSFORMS`.
    size : float
    least : float
        What stands for a value that has no transform: the smallest that was seen. No table has
        one, but labels are moved to see how a model follows, and a model may say what it likes.
    """

    name: str
    size: float = 1.0
    least: float = 1.0

    def forth(self, y: Any) -> np.ndarray:
        """Return transformed values."""
        values = np.asarray(y, dtype=float)
        there = np.where(values / self.size <= TRANSFORMS[self.name].above, self.least, values)
        return TRANSFORMS[self.name].forth(there / self.size)

    def back(self, t: Any) -> np.ndarray:
        """Return values of the target; what no float can hold is infinite."""
        with np.errstate(over="ignore"):
            return TRANSFORMS[self.name].back(np.asarray(t, dtype=float)) * self.size

    def slope(self, y: Any) -> np.ndarray:
        """Return by how much the transform changes where the target changes by one."""
        return TRANSFORMS[self.name].slope(np.asarray(y, dtype=float) / self.size) / self.size

    def ends(self, said: Any, half: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of intervals about predictions, `half` wide to each side when seen so."""
        middle = self.forth(said)
        return self.back(middle - half), self.back(middle + half)


def view_of(name: str, y: Any) -> View:
    """Return the view of a target by some of its values; see `TargetScale`."""
    values = np.asarray(y, dtype=float)
    there = values[values > TRANSFORMS[name].above]
    if not there.size:
        refuse_values(name, "the target", values)
    size = np.abs(there[there != 0]) if name == "asinh" else np.empty(0)
    return View(name, float(np.median(size)) if size.size else 1.0, float(there.min()))


@dataclass(frozen=True)
class Reach:
    """How far intervals go to either side, seen through the transform: see `View.ends`.

    Parameters
    ----------
    view : View
    half : float or array of shape (n,)
    """

    view: View
    half: Any

    def ends(self, said: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and the upper ends about predictions of shape (n,)."""
        return self.view.ends(said, self.half)


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
    least_ : float
        The smallest value that has a transform.
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
        view = view_of(self.name, values)
        self.size_, self.least_ = view.size, view.least
        told = self.transform(values)
        low, high = float(told.min()), float(told.max())
        span = REACH * (high - low)
        self.low_, self.high_ = low - span, high + span
        return self

    def transform(self, y: Any) -> Any:
        """Return the transformed values, of the same shape."""
        return View(self.name, self.size_, self.least_).forth(y)

    def inverse_transform(self, t: Any) -> Any:
        """Return values of the target, of the same shape."""
        kept = np.clip(np.asarray(t, dtype=float), self.low_, self.high_)
        return View(self.name, self.size_).back(kept)


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
    return np.asarray(error, dtype=float) * view_of(name, y).slope(y)
