"""Exact functions of the inputs: the target is one column, or two, written in another way.

An honest law leaves a scatter; a function leaves rounding. Looked for are one column by any
monotone relation; sums, differences, ratios and products of two with free coefficients or
exponents, in all rows that have values; lines and planes on which only a part of the rows lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from boxloop.measure.condensed import MANY, ranks

MISFIT = 0.003  # scatter around a function, in standard deviations of the target
FEWEST, DISTINCT = 30, 15  # rows on a function, and values of the target among them
LEAST_SHARE = 0.05
COARSE, SEVERAL = 10, 4  # rows of one value of a coarse target, and such values
MOST_LAWS = 5  # that are told
LINES, PLANES = 300, 80  # trials through two rows, through three
ROWS_LINES, ROWS_PLANES = 1000, 500
# Of many columns: rows on which all pairs are looked at first, how closely, columns at a time,
# pairs that are then looked at in all rows, and columns that are searched for lines of parts.
SCREEN, CLOSE, BLOCK, PAIRS, IN_PARTS = 150, 0.999, 500, 200, 25


@dataclass(frozen=True)
class Law:
    """A function of inputs that gives the target.

    Parameters
    ----------
    columns : tuple of str
    words : str
        The function, as a person would write it.
    share : float
        Of the rows that have values, so many lie on it.
    """

    columns: tuple[str, ...]
    words: str
    share: float


@dataclass(frozen=True)
class _Axis:
    """One column as a term of a law: its values or their logarithm, and how far each is rounded."""

    name: str
    log: bool
    values: np.ndarray
    rounding: np.ndarray


def find(X: dict[str, np.ndarray], y: np.ndarray, *, seed: int) -> Law | None:
    """Return the first exact function of one input or two, or None.

    Of more than `MANY` inputs all pairs are first looked at in a sample of the rows, and parts of
    the rows in the `IN_PARTS` inputs that follow the target most.

    Parameters
    ----------
    X : dict of arrays of shape (n,)
        Inputs as numbers, NaN where missing.
    y : array of shape (n,)
        A target of numbers, without gaps.
    """
    rich = _rich(X)
    for name, x in rich.items():
        if _is_monotone(x, y):
            return Law((name,), f"'{name}'", 1.0)
    targets, axes = _axes({"": y}), _axes(rich)
    law = (
        _first(_planes(axes, targets, seed))
        or _products(rich, targets[0], seed)
        or _first(_equal_in_parts(X, y))
    )
    if law is None and len(rich) > MANY:
        axes = _axes(_leading(rich, y))
    return (
        law
        or _first(_lines_of_parts(axes, targets, seed))
        or _first(_planes_of_parts(axes, targets, seed))
    )


def _rich(X: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns of more than a few values."""
    return {name: x for name, x in X.items() if len(np.unique(x[np.isfinite(x)])) > DISTINCT}


def _leading(X: dict[str, np.ndarray], y: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns that follow the target most in its order."""
    close = np.abs(ranks(np.column_stack(list(X.values()))).T @ ranks(y[:, None]))[:, 0]
    names = [list(X)[place] for place in np.argsort(-close, kind="stable")[:IN_PARTS]]
    return {name: x for name, x in X.items() if name in names}


def of_pairs(X: dict[str, np.ndarray], y: np.ndarray, *, most: int) -> list[Law]:
    """Return the exact functions of two inputs that hold in all rows with values.

    Parameters
    ----------
    X : dict of arrays of shape (n,)
        Inputs as numbers, NaN where missing.
    y : array of shape (n,)
        A target of numbers, without gaps.
    most : int
        Of so many inputs products and ratios are looked at.
    """
    rich = _rich(X)
    if len(rich) < 2:
        return []
    targets, axes = _axes({"": y}), _axes(rich)
    found = list(islice(_planes(axes, targets, 0), MOST_LAWS))
    if not found and len(rich) <= most:
        product = _products(rich, targets[0], 0)
        found = [product] if product else []
    return found


def _first(laws: Iterator[Law]) -> Law | None:
    return next(laws, None)


def _is_monotone(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether two columns have one order, but for rounding."""
    from scipy.stats import spearmanr

    there = np.isfinite(x)
    if there.sum() < FEWEST or len(np.unique(y[there])) < 2:
        return False
    return abs(float(spearmanr(x[there], y[there]).statistic)) > 1 - MISFIT**2 / 2


def _axes(X: dict[str, np.ndarray]) -> list[_Axis]:
    """Return each column, and its logarithm where all values are positive."""
    axes = []
    for name, x in X.items():
        step, there = _step(x), np.isfinite(x)
        axes.append(_Axis(name, log=False, values=x, rounding=np.full(len(x), step / 2)))
        if (x[there] > 0).all() and np.ptp(x[there]) > 0:
            inside = np.where(there, x, 1.0)
            values = np.where(there, np.log(inside), np.nan)
            axes.append(_Axis(name, log=True, values=values, rounding=step / 2 / inside))
    return axes


def _step(x: np.ndarray) -> float:
    """Return the unit in which a column is written, or 0: decimals, or steps that repeat."""
    values = np.unique(x[np.isfinite(x)])
    for places in range(7):
        scaled = values * 10.0**places
        whole = np.round(scaled)
        near = np.abs(scaled - whole) <= 1e-6 + 1e-12 * np.abs(scaled)
        if near.all() and (np.diff(whole) > 0).all() and np.abs(whole).max() < 2**53:
            return float(np.gcd.reduce(np.diff(whole).astype(np.int64)) * 10.0**-places)
    repeats = len(values) < np.isfinite(x).sum() / 3
    return float(np.diff(values).min()) if repeats else 0.0


def _planes(axes: list[_Axis], targets: list[_Axis], seed: int) -> Iterator[Law]:
    """Yield the pairs of which the target is a linear function in all rows with values."""
    if len(axes) < 2:
        return
    F = np.column_stack([axis.values for axis in axes])
    F = (F - np.nanmean(F, axis=0)) / np.maximum(np.nanstd(F, axis=0), 1e-300)
    for target in targets:
        y = (target.values - target.values.mean()) / target.values.std()
        for one, two in _near_planes(F, y, seed):
            if axes[one].name != axes[two].name:
                law = _judged([axes[one], axes[two]], target)
                if law is not None:
                    yield law


def _near_planes(F: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Return the pairs of columns of F that leave little of y, shape (pairs, 2)."""
    enough = (10 * MISFIT) ** 2
    if F.shape[1] <= 2 * MANY:
        return np.argwhere(np.triu(_misfits(F, F, y) < enough, 1))
    some = _screen(len(y), seed)
    F, y, found = F[some], y[some], []
    for one, two in _blocks(F.shape[1]):
        misfit = _misfits(F[:, one], F[:, two], y)
        if one == two:
            misfit[np.tril_indices(len(misfit))] = 1.0
        near = np.argwhere(misfit < enough)
        found += [(misfit[i, j], one.start + i, two.start + j) for i, j in near]
    return np.array([pair for _, *pair in sorted(found)[:PAIRS]], dtype=int).reshape(-1, 2)


def _screen(size: int, seed: int) -> np.ndarray:
    """Return the numbers of a few rows on which all pairs of many columns are looked at first."""
    return np.random.default_rng(seed).permutation(size)[:SCREEN]


def _blocks(number: int) -> list[tuple[slice, slice]]:
    """Return pairs of blocks of columns, each pair once: all at a time would not fit in memory."""
    starts = [slice(start, min(start + BLOCK, number)) for start in range(0, number, BLOCK)]
    return [(one, two) for place, one in enumerate(starts) for two in starts[place:]]


def _misfits(F: np.ndarray, G: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each pair of a column of F and one of G the share of y's variance it leaves."""
    M, N = np.isfinite(F).astype(float), np.isfinite(G).astype(float)
    Z, W, y = np.where(M > 0, F, 0.0), np.where(N > 0, G, 0.0), y[:, None]
    n = np.maximum(M.T @ N, 1.0)
    a, b = Z.T @ N / n, M.T @ W / n
    mean, spread = (M * y).T @ N / n, (M * y**2).T @ N / n
    spread = np.maximum(spread - mean**2, 1e-300)
    ay, by = (Z * y).T @ N / n - a * mean, M.T @ (W * y) / n - b * mean
    aa, bb, ab = (Z**2).T @ N / n - a**2, M.T @ (W**2) / n - b**2, Z.T @ W / n - a * b
    determinant = aa * bb - ab**2
    told = bb * ay**2 - 2 * ab * ay * by + aa * by**2
    flat = determinant < 1e-9 * aa * bb
    misfit = 1 - told / np.where(flat, 1.0, determinant) / spread
    return np.where(flat | (n < FEWEST), 1.0, misfit)


def _judged(axes: list[_Axis], target: _Axis) -> Law | None:
    """Return the law of a least-squares fit, if no row is further from it than rounding."""
    there = np.isfinite(sum(axis.values for axis in axes))
    A = np.column_stack([np.ones(there.sum()), *(axis.values[there] for axis in axes)])
    t = target.values[there]
    if len(t) < FEWEST or np.ptp(t) == 0:
        return None
    coefficients = np.linalg.lstsq(A, t, rcond=None)[0]
    miss, spread = np.abs(t - A @ coefficients), t.std()
    rounding = target.rounding[there] + sum(
        abs(c) * axis.rounding[there] for c, axis in zip(coefficients[1:], axes, strict=True)
    )
    exact = np.sqrt(np.mean(miss**2)) < MISFIT * spread
    rounded = np.mean(miss <= 1.1 * rounding) > 0.995 and np.median(rounding) < 0.02 * spread
    left = 5 * float(np.sqrt(np.mean(miss**2)))
    needed = (np.abs(coefficients[1:]) * A[:, 1:].std(axis=0) > left).all()
    return _law(axes, coefficients, target, 1.0) if (exact or rounded) and needed else None


def _near_products(X: dict[str, np.ndarray], y: np.ndarray, seed: int) -> list[tuple[str, str]]:
    """Return the pairs of columns whose product or ratio may be a linear function of y."""
    if len(X) <= MANY:
        return list(combinations(X, 2))
    some, names, found = _screen(len(y), seed), list(X), []
    F = np.column_stack([X[name][some] for name in names])
    F = F / np.maximum(np.nanmax(np.abs(F), axis=0), 1e-300)
    over = 1 / np.where(F == 0, np.nan, F)
    t = (y[some] - y[some].mean()) / (y[some].std() or 1.0)
    for one, two in _blocks(len(names)):
        for left, right in ((F, F), (F, over), (over, F)):
            close = _correlations(left[:, one], right[:, two], t)
            near = np.argwhere(close > CLOSE)
            found += [(-close[i, j], one.start + i, two.start + j) for i, j in near]
    pairs = [(names[min(pair)], names[max(pair)]) for _, *pair in sorted(found)[:PAIRS]]
    return list(dict.fromkeys(pairs))


def _correlations(F: np.ndarray, G: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return how closely t follows the product of each column of F and each of G, from 0 to 1."""
    M, N, t = np.isfinite(F).astype(float), np.isfinite(G).astype(float), t[:, None]
    Z, W = np.where(M > 0, F, 0.0), np.where(N > 0, G, 0.0)
    n = np.maximum(M.T @ N, 1.0)
    mean, square = Z.T @ W / n, (Z**2).T @ (W**2) / n
    own, spread = (M * t).T @ N / n, (M * t**2).T @ N / n
    both = (Z * t).T @ W / n - mean * own
    width, flat = square - mean**2, square - mean**2 < 1e-9 * square
    size = np.sqrt(np.maximum(width * (spread - own**2), 1e-300))
    return np.where(flat | (n < FEWEST), 0.0, np.abs(both) / size)


def _products(X: dict[str, np.ndarray], target: _Axis, seed: int) -> Law | None:
    """Return a product or a ratio of signed columns of which the target is a linear function."""
    for one, two in _near_products(X, target.values, seed):
        for words, values in (
            (f"'{one}' · '{two}'", X[one] * X[two]),
            (f"'{one}' / '{two}'", X[one] / np.where(X[two] == 0, np.nan, X[two])),
            (f"'{two}' / '{one}'", X[two] / np.where(X[one] == 0, np.nan, X[one])),
        ):
            there = np.isfinite(values)
            if (
                there.sum() < FEWEST
                or np.ptp(values[there]) == 0
                or np.ptp(target.values[there]) == 0
            ):
                continue
            if abs(np.corrcoef(values[there], target.values[there])[0, 1]) > 1 - MISFIT**2 / 2:
                return Law((one, two), words, 1.0)
    return None


def _equal_in_parts(X: dict[str, np.ndarray], y: np.ndarray) -> Iterator[Law]:
    """Yield columns of coarse numbers that are the target in a part of the rows.

    On an honest scatter of a few steps the neighbours of a value are nearly as frequent as the
    value, and what is further off is rare.
    """
    levels, counts = np.unique(y, return_counts=True)
    levels = levels[counts >= COARSE]
    if not SEVERAL <= len(levels) <= 20 * SEVERAL:
        return
    step = np.diff(levels).min()
    for name, x in X.items():
        there = np.isfinite(x)
        off = np.abs(x[there] - y[there]) / step
        if np.mean(off == 0) < LEAST_SHARE or np.mean(off > 1.5) < np.mean((off > 0) & (off < 1.5)):
            continue
        spikes = [_is_spike(x[there & (y == level)], level, step) for level in levels]
        if sum(spikes) >= max(SEVERAL, 0.8 * len(levels)):
            yield Law((name,), f"'{name}'", float(np.mean(off == 0)))


def _is_spike(x: np.ndarray, level: float, step: float) -> bool:
    """Return whether one value is far more frequent than its neighbours."""
    beside = max(np.sum(np.abs(x - level - side * step) < step / 2) for side in (-1, 1))
    return bool(np.sum(x == level) > max(3 * beside, 4))


def _lines_of_parts(axes: list[_Axis], targets: list[_Axis], seed: int) -> Iterator[Law]:
    """Yield the columns of which the target is a linear function in a part of the rows."""
    for target in targets:
        for axis in axes:
            law = _part([axis], target, trials=LINES, most=ROWS_LINES, seed=seed)
            if law is not None:
                yield law


def _planes_of_parts(axes: list[_Axis], targets: list[_Axis], seed: int) -> Iterator[Law]:
    """Yield the pairs of which the target is a linear function in a part of the rows."""
    for target in targets:
        for log in (False, True):
            for pair in combinations([axis for axis in axes if axis.log is log], 2):
                law = _part(list(pair), target, trials=PLANES, most=ROWS_PLANES, seed=seed)
                if law is not None:
                    yield law


def _part(axes: list[_Axis], target: _Axis, *, trials: int, most: int, seed: int) -> Law | None:
    """Return the law that a spike of rows lies on, by trials through few rows each.

    Random sample consensus (Fischler and Bolles 1981, Comm. ACM 24, 381). On an honest scatter no
    more rows lie within rounding of a line than beside it.
    """
    rng = np.random.default_rng(seed)
    there = np.flatnonzero(np.isfinite(sum(axis.values for axis in axes)))
    if len(there) < 2 * FEWEST:
        return None
    A = np.column_stack([np.ones(len(there)), *(axis.values[there] for axis in axes)])
    t, spread = target.values[there], target.values[there].std()
    rounding = np.column_stack([target.rounding, *(axis.rounding for axis in axes)])[there]
    tried = rng.integers(len(there), size=(trials, len(axes) + 1))
    solvable = np.abs(np.linalg.det(A[tried])) > 1e-9 * np.prod(A.std(axis=0)[1:])
    if spread == 0 or not solvable.any():
        return None
    planes = np.linalg.solve(A[tried[solvable]], t[tried[solvable]][..., None])[..., 0]
    some = rng.permutation(len(there))[:most]
    near = _near(A[some], t[some], rounding[some], planes, spread)
    best = planes[near.sum(axis=1).argmax()]
    for _ in range(2):
        on = _near(A, t, rounding, best[None], spread)[0]
        if on.sum() < FEWEST:
            return None
        best = np.linalg.lstsq(A[on], t[on], rcond=None)[0]
    return _spike(axes, target, best, (A, t, rounding, spread))


def _near(
    A: np.ndarray,
    t: np.ndarray,
    rounding: np.ndarray,
    planes: np.ndarray,
    spread: float,
    times: float = 1.0,
) -> np.ndarray:
    """Return which rows lie on which planes within rounding, (planes, n); a blunt one has none."""
    width = (
        1e-6 * spread
        + 1.05 * np.column_stack([np.ones(len(planes)), np.abs(planes[:, 1:])]) @ rounding.T
    )
    sharp = np.median(width, axis=1) < 0.02 * spread
    return (np.abs(t - planes @ A.T) <= times * width) & sharp[:, None]


def _spike(axes: list[_Axis], target: _Axis, plane: np.ndarray, rows: tuple) -> Law | None:
    """Return the law if far more rows lie on the plane than beside it, with many values."""
    A, t, rounding, spread = rows
    on = _near(A, t, rounding, plane[None], spread)[0]
    beside = _near(A, t, rounding, plane[None], spread, times=5.0)[0] & ~on
    kinds, counts = np.unique(np.round(t[on] / spread, 6), return_counts=True)
    enough = on.sum() >= max(FEWEST, LEAST_SHARE * len(t)) and on.sum() > 5 * beside.sum()
    if not enough or len(kinds) < DISTINCT or counts.max() > on.sum() / 2:
        return None
    left = 2 * float(np.median(rounding[on] @ np.abs(np.r_[1.0, plane[1:]]))) + 1e-5 * spread
    needed = (np.abs(plane[1:]) * A[on, 1:].std(axis=0) > left).all()
    return _law(axes, plane, target, float(on.mean())) if needed else None


def _law(axes: list[_Axis], coefficients: np.ndarray, target: _Axis, share: float) -> Law:
    names = tuple(axis.name for axis in axes)
    if target.log and all(axis.log for axis in axes):
        terms = sorted(zip(coefficients[1:], names, strict=True), reverse=True)
        words = "".join(
            (" · " if c > 0 else " / ")
            + f"'{name}'"
            + ("" if abs(abs(c) - 1) < 1e-3 else f"^{abs(c):.3g}")
            for c, name in terms
        )
        return Law(names, words.removeprefix(" · ") if terms[0][0] > 0 else f"1{words}", share)
    words = ""
    for c, axis in sorted(zip(coefficients[1:], axes, strict=True), key=lambda term: -term[0]):
        size = "" if abs(abs(c) - 1) < 1e-3 else f"{abs(c):.3g} · "
        term = f"log '{axis.name}'" if axis.log else f"'{axis.name}'"
        sign = " - " if c < 0 else " + "
        words += (sign if words else sign.strip().replace("+", "")) + size + term
    return Law(names, f"exp({words})" if target.log else words, share)
