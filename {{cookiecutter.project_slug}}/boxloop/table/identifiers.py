"""Tell an identifier from a measurement by its values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# From here on neighbouring float64 numbers are whole numbers, so being whole says nothing.
LARGEST_WHOLE = 2.0**50
LARGEST_COUNT = 10**12
FEWEST = 20
WIDE = 10**6
EXACT = 2.0**53  # from here on a number with a fraction loses its last digits
TAIL = 3.0  # of numbers spread evenly from zero, the largest are twice the middle one
WIDE_RATIO, SKEWED = 3.0, 2.0  # on a logarithmic scale the middle one lies in the middle
CLOSE_TO_NORMAL = 0.05


def identifier_share(column: pd.Series, threshold: float) -> float:
    """Return the share of different values if the column looks like an identifier, else 0."""
    import pandas as pd

    values = column.dropna()
    if len(values) < FEWEST:
        return 0.0
    share = values.nunique() / len(values)
    if share < threshold or pd.api.types.is_datetime64_any_dtype(values):
        return 0.0
    if not pd.api.types.is_numeric_dtype(values):
        return float(share)
    whole = _whole_numbers(values)
    return float(share) if whole is not None and _numbers_rows(whole) else 0.0


def _whole_numbers(values: pd.Series) -> np.ndarray | None:
    import pandas as pd

    if pd.api.types.is_integer_dtype(values):
        return (
            values.to_numpy(dtype=np.int64)
            if values.max() < 2**63
            else values.to_numpy(dtype=np.uint64) // 2
        )
    table = values.to_numpy(dtype=float)
    if (
        not np.isfinite(table).all()
        or np.abs(table).max() > LARGEST_WHOLE
        or (table != np.round(table)).any()
    ):
        return None
    return table.astype(np.int64)


def _numbers_rows(whole: np.ndarray) -> bool:
    """Return whether nearly unique whole numbers were given out rather than measured."""
    from scipy.stats import kstest, poisson

    if np.abs(whole.astype(float)).max() > LARGEST_COUNT and not _spreads(whole):
        return True
    levels = np.unique(whole)
    step = np.gcd.reduce(np.diff(levels))
    span = int((levels[-1] - levels[0]) // step) + 1
    # Values measured independently would coincide at least this often: unevenness only adds to it.
    repeats = len(whole) - len(levels)
    if poisson.cdf(repeats, len(whole) * (len(whole) - 1) / (2 * span)) < 1e-3:
        return True
    even = kstest((levels - levels[0]) / (levels[-1] - levels[0]), "uniform").statistic < 0.05
    in_order = bool((np.diff(whole) > 0).all() or (np.diff(whole) < 0).all())
    return even and (span >= WIDE or in_order)


def _spreads(whole: np.ndarray) -> bool:
    """Return whether large whole numbers spread as a measured quantity does, a mass for example.

    They lie in a heap or a tail and not evenly, either themselves or on a logarithmic scale, and
    were rounded: above 2^53 a number that was measured keeps none of its last digits.
    """
    size = np.abs(whole.astype(float))
    if size.max() > EXACT and np.gcd.reduce(whole[size > EXACT]) == 1:
        return False
    values = whole.astype(float)
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    if low >= 0 and high > TAIL * middle:
        return True
    if low > 0 and middle**2 < SKEWED * low * high and high > WIDE_RATIO * low:
        return True
    scales = [values, np.log(values)] if values.min() > 0 else [values]
    return any(_heaped((scale - scale.mean()) / scale.std()) for scale in scales)


def _heaped(values: np.ndarray) -> bool:
    from scipy.stats import kstest, norm

    heap = kstest(values, norm.cdf).statistic
    even = kstest((values - values.min()) / np.ptp(values), "uniform").statistic
    return bool(heap < CLOSE_TO_NORMAL and heap < even / 2)
