"""Columns whose few largest values dwarf all others, brought to a scale on which both are seen.

A period of 4e8 days among periods of ten carries a whole least-squares fit, and after scaling to
unit variance all the others are one number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

FAR = 30.0  # widths between the middle and the furthest value; of 1e6 exponential ones it is 17
PLAIN, LOGARITHM, ARCSINH = 0, 1, 2


class LongTails(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Take the logarithm, or the inverse hyperbolic sine, of columns with long tails.

    A column has them where its furthest value is more than 30 widths from its median, the width
    being its interquartile range as a sigma. Of the two that is taken which leaves the furthest
    value nearer: the logarithm of positive columns, or asinh((x - centre) / width), which is a
    straight line near the centre and a logarithm of either sign far out (Lupton, Gunn & Szalay
    1999). All others are handed on as they are. What is missing stays so.

    Attributes
    ----------
    kind_ : array of int, shape (k,); 0 as it is, 1 logarithm, 2 inverse hyperbolic sine
    centre_, width_ : arrays of shape (k,); of a logarithm `width_` is the least value that it knows

    Examples
    --------
    >>> import numpy as np
    >>> periods = np.r_[np.linspace(1, 10, 99), 4e8][:, None]
    >>> seen = LongTails().fit_transform(periods)
    >>> bool(seen.max() < 25)
    True
    """

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: ARG002
        """Learn which columns have long tails; X is a table of numbers, shape (n, k)."""
        values = np.asarray(X, dtype=float)
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.array(list(X), dtype=object)
        self.n_features_in_ = values.shape[1]
        shape = (self.n_features_in_,)
        self.kind_, self.centre_ = np.full(shape, PLAIN), np.zeros(shape)
        self.width_ = np.ones(shape)
        for place in np.flatnonzero(_may_be_long(values)):
            known = values[np.isfinite(values[:, place]), place]
            self.kind_[place], self.centre_[place], self.width_[place] = _shape(known)
        return self

    def transform(self, X: Any) -> Any:
        """Return the columns as numbers of one scale each, shape (n, k)."""
        check_is_fitted(self)
        values = np.array(X, dtype=float)
        for place in np.flatnonzero(self.kind_ != PLAIN):
            column, width = values[:, place], self.width_[place]
            if self.kind_[place] == LOGARITHM:
                values[:, place] = np.log(np.maximum(column, width))
            else:
                values[:, place] = np.arcsinh((column - self.centre_[place]) / width)
        return values


def _may_be_long(values: np.ndarray) -> np.ndarray:
    """Return which columns need a closer look, shape (k,): of thousands hardly any."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)
    last = np.maximum(np.isfinite(ordered).sum(axis=0) - 1, 0)
    low, middle, high = (
        np.take_along_axis(ordered, (last * share // 4)[None], axis=0)[0] for share in (1, 2, 3)
    )
    furthest = np.take_along_axis(ordered, last[None], axis=0)[0]
    reach = np.maximum(furthest - middle, middle - ordered[0])
    return reach > FAR / 2 * (high - low) / 1.349  # NaN, of a column without values, is not


def _shape(known: np.ndarray) -> tuple[int, float, float]:
    """Return the kind of a column, with its centre and its width."""
    if not len(known):
        return PLAIN, 0.0, 1.0
    centre, width = float(np.median(known)), _width(known)
    if not np.abs(known - centre).max() > FAR * width:
        return PLAIN, centre, width
    tried = [(ARCSINH, centre, width)]
    if known.min() >= 0 and (known > 0).any():  # zero is the end of the scale, and no middle
        tried.append((ARCSINH, 0.0, float(np.quantile(known[known > 0], 0.1))))
    if known.min() > 0:
        tried.append((LOGARITHM, 0.0, float(known.min())))
    return min(reversed(tried), key=lambda shape: _reach(known, *shape))


def _width(known: np.ndarray) -> float:
    """Return the interquartile range as a sigma; where most values are one, that of the others."""
    low, high = np.quantile(known, [0.25, 0.75])
    if high > low:
        return float(high - low) / 1.349
    off = np.abs(known - np.median(known))
    return float(np.median(off[off > 0])) if (off > 0).any() else 1.0


def _reach(known: np.ndarray, kind: int, centre: float, width: float) -> float:
    """Return how many widths the furthest value lies from the median, once it is transformed."""
    seen = np.log(known) if kind == LOGARITHM else np.arcsinh((known - centre) / width)
    return float(np.abs(seen - np.median(seen)).max() / max(_width(seen), 1e-12))


def decades(values: Any) -> float:
    """Return over how many powers of ten the sizes of the middle 98 % of values spread.

    Zero where one is enough: of a column without long tails.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known) or _shape(known)[0] == PLAIN:
        return 0.0
    size = np.abs(known[known != 0])
    low, high = size.min(), size.max()
    return float(np.log10(high) - np.log10(low))
