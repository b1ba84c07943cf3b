"""What one column alone says of the target, beside what all inputs say, and all but that one.

A column that knows the target does alone what the whole model does, and cannot be replaced by the
others. A strong honest input among correlated ones can be replaced; one of several terms of a law
does not do alone what they do together. What is left, an excellent measurement, looks like a leak,
so a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure import condensed, estimates

from .power import Power

if TYPE_CHECKING:
    import pandas as pd

# A column is as good as the whole model, and not replaced by the others, if its error is at most so
# many times that of all inputs, and that of the others at least so many times its own.
AS_GOOD, BETTER = 1.1, 1.6
TERM = 2.0  # so many times the error of all inputs has a strong term of a law
AS_GOOD_HIGH, BETTER_HIGH, HIGH = 1.15, 1.6, 0.90  # where it explains at least this share
FIELD = 1.05  # the reference does what a column does if its error is at most so many times as large
TWIN = 0.999  # correlation from which on two columns are one
SKILL = 0.85  # explained share of the target from which on a column is looked at closely
SKILL_CLASS, AREA = 0.90, 0.99  # the same of one class, or its AUC
LABEL = 0.96  # AUC from which on a column of few levels is a copy of the labels
SURE = 0.95  # explained share of a class from which on a threshold can convict
LEAST = 1e-3  # an error is counted as at least this share of saying nothing
LEVELS, FLAGS = 32, 10
INSIDE = 0.025, 0.975  # quantiles at which a heavy tail is cut, in the target's own unit
FEWEST, PARTS = 100, 12
EXPECTED = 20  # rows in which a flag and a class would meet by chance
MATTERS = 0.2  # noise of a copy, in standard deviations of the target
COPIES, HALVINGS = 7, 6  # simulated for the power, and steps to the noise that hides one


@dataclass(frozen=True)
class Suspect:
    """A column, or a difference or sum of two, that does alone what the whole model does.

    Parameters
    ----------
    columns : tuple of str
    who, where : str
        As they are named in a sentence; `where` is empty for all rows.
    skill : float
        Explained share of the target, or of the class that it knows best.
    area : float, optional
        AUC of that class.
    whole, others : float
        Error of the whole model, and of all inputs but this one, in units of the column's own.
    """

    columns: tuple[str, ...]
    who: str
    where: str
    skill: float
    area: float | None
    whole: float
    others: float

    @property
    def words(self) -> str:
        """What it does, in one clause."""
        size = f"R² {self.skill:.3f}" if self.area is None else f"AUC {self.area:.4f}"
        said = f"{self.who} alone{self.where} reaches {size}"
        if np.isfinite(self.others):
            said += (
                f"; the error of all inputs is {self.whole:.2f} times its own, "
                f"that of the others {self.others:.2f} times"
            )
        return said


class Bench:
    """One table of numbers on which columns are compared.

    Parameters
    ----------
    X : DataFrame of n rows, numbers
    y : array of shape (n,)
        Numbers, or the codes 0..k-1 of classes.
    groups : array of shape (n,)
    beside : DataFrame of n rows, optional
        Numbers that stand for inputs which are not in X, where all inputs speak together.
    """

    def __init__(
        self,
        X: pd.DataFrame,
        y: np.ndarray,
        groups: np.ndarray,
        *,
        classes: bool,
        seed: int,
        beside: pd.DataFrame | None = None,
    ) -> None:
        from boxloop.split.division import group_folds

        self.X, self.y, self.groups, self.classes, self.seed = X, y, groups, classes, seed
        self.folds = group_folds(groups, estimates.FOLDS, seed=seed)
        if classes:
            self.T = np.eye(int(y.max()) + 1)[y]
            self.T = self.T[:, 1:] if self.T.shape[1] == 2 else self.T
        else:
            scales = [estimates.normal_scores(y)]
            # Noise that is small beside a heavy tail is large beside the order of the rest.
            scales += [np.clip(y, *np.quantile(y, INSIDE))] if estimates.has_heavy_tails(y) else []
            self.T = np.column_stack(scales)
        self.reference: np.ndarray | None = None
        self.beside = beside
        self._crowds: dict[tuple[str, ...], list[np.ndarray]] = {}

    @cached_property
    def curves(self) -> dict[str, np.ndarray]:
        """What each column says of the target on its own, out of fold: name to (n, targets)."""
        return {name: self.curve(self.X[name].to_numpy()) for name in self.X}

    def curve(self, x: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Return a curve through one column, out of fold; NaN where it is missing, or outside."""
        there = np.isfinite(x) if rows is None else np.isfinite(x) & rows
        said = np.full(self.T.shape, np.nan)
        if there.sum() < FEWEST // 2:
            return said
        steps = self.classes and len(np.unique(x[there])) > LEVELS
        A = np.zeros((len(x), 1)) if steps else _basis(x, there)
        for some, rest in self.folds:
            fitted, held = some[there[some]], rest[there[rest]]
            if steps:
                said[held] = _steps(x[fitted], self.T[fitted], x[held])
            else:
                said[held] = A[held] @ _solved(A[fitted], self.T[fitted])
        return said

    def crowd(self, without: tuple[str, ...] = (), most: int = 2) -> list[np.ndarray]:
        """Return what all inputs but some say, out of fold, (n, targets) each.

        First a straight model in values and orders, then, unless one is enough, boosted trees.
        """
        said = self._crowds.setdefault(without, [])
        rest = self.X.drop(columns=list(without))
        if self.beside is not None:
            rest = rest.join(self.beside)
        if rest.shape[1]:
            learners = [self._straight, self._trees]
            said.extend(learn(rest) for learn in learners[len(said) : most])
        return said[:most]

    def _straight(self, X: pd.DataFrame) -> np.ndarray:
        A = np.column_stack([_spread_out(X[name].to_numpy()) for name in X])
        said = np.empty(self.T.shape)
        for fitted, held in self.folds:
            said[held] = A[held] @ _solved(A[fitted], self.T[fitted])
        return said

    def _trees(self, X: pd.DataFrame) -> np.ndarray:
        y = self.y if self.classes else self.T[:, 0]
        learner = estimates.learner(self.seed, classes=self.classes)
        said = estimates.out_of_fold(learner, X, y, self.groups, self.seed)
        if self.classes:
            return said[:, 1:] if said.shape[1] == 2 else said
        return self.curve(said) if self.T.shape[1] > 1 else said[:, None]

    def _others(
        self, target: int, without: tuple[str, ...], rows: np.ndarray, most: int = 2
    ) -> float:
        return self.error(target, self._guesses(target, without, most), rows)

    def error(self, target: int, guesses: list[np.ndarray], rows: np.ndarray) -> float:
        """Return the error of the best mixture of guesses, as a share of saying nothing."""
        t = self.T[rows, target]
        A = np.column_stack([np.ones(len(t)), *(guess[rows] for guess in guesses)])
        return _size(t, A @ np.linalg.lstsq(A, t, rcond=None)[0])

    def suspect(
        self,
        columns: tuple[str, ...],
        said: np.ndarray,
        who: str,
        part: tuple,
        *,
        beyond: bool = False,
    ) -> Suspect | None:
        """Return a suspect where a curve through one column does what the whole model does.

        Parameters
        ----------
        said : array of shape (n, targets)
            What the curve says out of fold, NaN where it says nothing.
        part : (words, rows)
        beyond : bool
            Whether its own score is beyond the threshold: it has to be more than a term of a law.
        """
        for target in range(self.T.shape[1]):
            rows = part[1] & np.isfinite(said[:, target])
            if rows.sum() < FEWEST or not self._is_skilled(target, said, rows):
                continue
            skill, area = self.skill(target, said, rows)
            own = max(np.sqrt(max(1 - skill, 0.0)), LEAST)
            if self._is_known(target, own, rows):
                continue
            left = [self.twins(name) for name in columns] or [()]
            # A straight model is quick, and all it takes to clear most columns.
            better, as_good = (BETTER_HIGH, AS_GOOD_HIGH) if skill >= HIGH else (BETTER, AS_GOOD)
            if beyond and (area is None or skill >= SURE):
                better, as_good = 0.0, TERM
            if min(self._others(target, out, rows, 1) for out in left) < better * own:
                continue
            others = min(self._others(target, out, rows) for out in left)
            if others < better * own:
                continue
            both = self.error(target, [*self._guesses(target, columns), said[:, target]], rows)
            whole = max(min(both, self.error(target, self._guesses(target, ()), rows)), LEAST)
            if own <= as_good * whole:
                return Suspect(columns, who, part[0], skill, area, whole / own, others / own)
        return None

    def _is_known(self, target: int, own: float, rows: np.ndarray) -> bool:
        """Return whether the reference of the field does as much as a column."""
        if self.reference is None:
            return False
        said = self.reference.reshape(len(self.reference), -1)  # of several classes a column each
        guesses = [self.curve(column)[:, target] for column in said.T]
        rows = rows & np.isfinite(guesses).all(axis=0)
        if rows.sum() < FEWEST:
            return False
        return bool(self.error(target, guesses, rows) <= FIELD * own)

    def twins(self, name: str) -> tuple[str, ...]:
        """Return a column and those that say the same: none of them replaces another."""
        ranks = {other: estimates.normal_scores(self.X[other].to_numpy()) for other in self.X}
        twins = []
        for other, rank in ranks.items():
            both = np.isfinite(rank) & np.isfinite(ranks[name])
            flat = both.sum() < 3 or not np.ptp(rank[both]) or not np.ptp(ranks[name][both])
            if other == name or (
                not flat and abs(np.corrcoef(rank[both], ranks[name][both])[0, 1]) > TWIN
            ):
                twins.append(other)
        return tuple(twins)

    def _guesses(self, target: int, without: tuple[str, ...], most: int = 2) -> list[np.ndarray]:
        return [said[:, target] for said in self.crowd(without, most)]

    def skill(self, target: int, said: np.ndarray, rows: np.ndarray) -> tuple[float, float | None]:
        """Return the explained share that a curve reaches, and of a class its AUC."""
        t, guess = self.T[rows, target], said[rows, target]
        share = 1 - _size(t, guess) ** 2
        return share, float(estimates.auc(t > 0, guess)[0]) if self.classes else None

    def _is_skilled(self, target: int, said: np.ndarray, rows: np.ndarray) -> bool:
        skill, area = self.skill(target, said, rows)
        if area is None:
            return skill >= SKILL
        few = min(self.T[rows, target].sum(), (1 - self.T[rows, target]).sum())
        return few >= EXPECTED and (skill >= SKILL_CLASS or _below(area, few) >= AREA)


def bench(
    X: pd.DataFrame, y: np.ndarray, groups: np.ndarray, *, classes: bool, seed: int
) -> tuple[Bench, str]:
    """Return the bench of a table, and the words that own up to a choice among many columns.

    Of many columns those are compared that follow the target most: no other can do alone what
    all do together. Principal components speak for the rest.
    """
    options: dict[str, Any] = {"classes": classes, "seed": seed}
    if X.shape[1] <= condensed.MANY:
        return Bench(X, y, groups, **options), ""
    first = condensed.leading(X, y, classes=classes)
    rest = condensed.components(X, seed=seed)
    words = f" (looked at closely: the {len(first)} of {X.shape[1]:,} inputs that follow it most)"
    return Bench(X[first], y, groups, **options, beside=rest), words


def _size(t: np.ndarray, guess: np.ndarray) -> float:
    """Return the error of a guess as a share of saying nothing."""
    return float(np.sqrt(np.mean((t - guess) ** 2) / max(t.var(), 1e-24)))


def _below(area: float, few: float) -> float:
    """Return an AUC less one standard deviation (Hanley and McNeil 1982), of its rarer class."""
    return area - float(np.sqrt(max(area * (1 - area), 0.0) / max(few, 1)))


def _basis(x: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the terms of a curve through one column, shape (n, terms): its levels, or pieces."""
    levels = np.unique(x[there])
    if len(levels) <= LEVELS:
        return (x[:, None] == levels).astype(float)
    x = np.where(there, x, np.nan)
    order = estimates.normal_scores(x)
    knots = np.linspace(-2.2, 2.2, 12)
    # One far row must not carry the line.
    near = np.clip(x, *np.quantile(x[there], [0.005, 0.995]))
    spread = (near - near[there].mean()) / max(near[there].std(), 1e-300)
    pieces = np.maximum(order[:, None] - knots, 0)
    return np.column_stack([np.ones(len(x)), spread, order, pieces])


def _steps(x: np.ndarray, T: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return what a small tree on one column says of classes: their borders are steps."""
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(max_leaf_nodes=32, min_samples_leaf=5, random_state=0)
    return tree.fit(x[:, None], T).predict(new[:, None]).reshape(len(new), T.shape[1])


def _spread_out(x: np.ndarray) -> np.ndarray:
    """Return one input for a straight model, shape (n, 4): values, order, gaps, and a constant."""
    there = np.isfinite(x)
    near = np.clip(x, *np.quantile(x[there], [0.005, 0.995])) if there.any() else x
    centre, spread = (near[there].mean(), near[there].std()) if there.any() else (0.0, 0.0)
    values = np.where(there, (near - centre) / (spread or 1.0), 0.0)
    order = np.nan_to_num(estimates.normal_scores(x))
    return np.column_stack([values, order, ~there, np.ones(len(x))])


def _solved(A: np.ndarray, T: np.ndarray) -> np.ndarray:
    """Return the coefficients of least squares with a penalty as of a thousandth of the rows."""
    weight = 1e-5 * len(A)
    return np.linalg.solve(A.T @ A + weight * np.eye(A.shape[1]), A.T @ T)


def suspects(
    bench: Bench, frame: pd.DataFrame, known: set[str], beyond: set[str]
) -> Iterator[Suspect]:
    """Yield the columns that do alone what the whole model does: in all rows, then in parts.

    Parameters
    ----------
    frame : DataFrame of n rows
        The inputs as they were written, for the names of their levels.
    known : set of str
        Columns that nobody is asked about.
    beyond : set of str
        Columns whose own score is beyond the threshold.
    """
    everywhere = "", np.ones(len(bench.y), dtype=bool)
    names = [name for name in bench.X if name not in known]
    for columns, who, values in [*_single(names), *_differences(bench, names)]:
        said = bench.curves[columns[0]] if values is None else bench.curve(values)
        guilty = values is None and columns[0] in beyond
        found = bench.suspect(columns, said, who, everywhere, beyond=guilty)
        if found or (values is None and (found := _copy_of_labels(bench, columns[0], said, ""))):
            names = [name for name in names if name not in columns]
            yield found
    for part in _parts(frame):
        for name in list(names):
            said = bench.curve(bench.X[name].to_numpy(), part[1])
            found = bench.suspect((name,), said, f"'{name}'", part)
            if found or (found := _copy_of_labels(bench, name, said, part[0])):
                names.remove(name)
                yield found


def _single(names: list[str]) -> list[tuple]:
    return [((name,), f"'{name}'", None) for name in names]


def _copy_of_labels(bench: Bench, name: str, said: np.ndarray, where: str) -> Suspect | None:
    """Return a column of as few levels as there are classes, which it tells apart."""
    levels = bench.X[name].nunique()
    if not bench.classes or levels > bench.y.max() + 2:
        return None
    for target in range(bench.T.shape[1]):
        rows = np.isfinite(said[:, target])
        positive = bench.T[rows, target]
        if min(positive.sum(), (1 - positive).sum()) < EXPECTED or len(positive) < FEWEST:
            continue
        skill, area = bench.skill(target, said, rows)
        if area is not None and area >= LABEL:
            who = f"'{name}', with {levels} values,"
            return Suspect((name,), who, where, skill, area, 1, np.nan)
    return None


def _differences(bench: Bench, names: list[str]) -> Iterator[tuple]:
    """Yield differences and sums of two columns in which something large cancels.

    The target's own unit and coefficients of one: what is left is the target itself.
    """
    if bench.classes:
        return
    y = bench.y
    X = bench.X[names].to_numpy()
    spread = np.nanvar(X, axis=0)
    for one in range(len(names)):
        for two in range(one):
            for sign, word in ((1, "+"), (-1, "-")):
                values = X[:, one] + sign * X[:, two]
                there = np.isfinite(values)
                left = values[there].var() if there.sum() >= FEWEST else 0.0
                if not 0 < left < min(spread[one], spread[two]) / 2:
                    continue
                slope = np.cov(values[there], y[there])[0, 1] / left
                told = slope**2 * left / max(y[there].var(), 1e-300)
                if told > SKILL - 0.1 and 0.8 < abs(slope) < 1.25:
                    pair = names[one], names[two]
                    yield pair, f"'{pair[0]}' {word} '{pair[1]}'", values


def _parts(frame: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """Return the largest parts of the rows that a flag, a category or a gap picks out."""
    found = []
    for name in frame:
        column = frame[name]
        gaps = column.isna().to_numpy()
        found.append((f" where '{name}' is missing", gaps))
        found.append((f" where '{name}' is not missing", ~gaps))
        if column.nunique() <= 6:
            found += [
                (f" where '{name}' is {level}", (column == level).to_numpy())
                for level in column.dropna().unique()
            ]
    size = len(frame)
    fit = [part for part in found if FEWEST <= part[1].sum() <= size - FEWEST / 2]
    return sorted(fit, key=lambda part: -part[1].sum())[:PARTS]


def flags(bench: Bench, frame: pd.DataFrame, labels: np.ndarray) -> Iterator:
    """Yield the values of flags that never meet a class: (column, words).

    Rows of one group that say the same are counted once.
    """
    import pandas as pd

    for name in frame:
        column = frame[name]
        numbers = pd.api.types.is_numeric_dtype(column)
        if not 2 <= column.nunique() <= (3 if numbers else FLAGS):
            continue
        rows = pd.DataFrame({"level": column.to_numpy(), "class": bench.y, "group": bench.groups})
        rows = rows.dropna().drop_duplicates()
        table = pd.crosstab(rows["level"], rows["class"])
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(rows)
        for level, code in np.argwhere((table.to_numpy() == 0) & (expected >= EXPECTED)):
            yield (
                name,
                (
                    f"'{name}' is never {table.index[level]} for {labels[table.columns[code]]}, "
                    f"where chance would give {expected[level, code]:.0f} rows"
                ),
            )


def power(bench: Bench) -> Power:
    """Return the sight for a copy of the target: its correlation, or its AUC for classes."""
    if bench.classes:
        few = max(min(column.sum(), (1 - column).sum()) for column in bench.T.T)
        detectable = LABEL + 0.84 * float(np.sqrt(LABEL * (1 - LABEL) / few))
        detectable = min(detectable, 1.0) if len(bench.y) >= FEWEST and few >= EXPECTED else 1.0
        fault = f"a copy of the labels with an AUC of {detectable:.3f}"
        need = int(np.ceil(LABEL * (1 - LABEL) * (0.84 / 0.02) ** 2))
        return Power(detectable, 0.98, fault, "from the number of rows", need, "rows of each class")
    if len(bench.y) < FEWEST:
        return Power(1.0, 0.98, "an exact function", "too few rows", FEWEST)
    noise = _faintest(bench)
    fault = f"a copy of the target with a noise of {noise:.2g} standard deviations"
    detectable, matters = (1 / float(np.sqrt(1 + size**2)) for size in (noise, MATTERS))
    return Power(detectable, matters, fault, "simulated on these rows")


def _faintest(bench: Bench) -> float:
    """Return the noise, in standard deviations of the target, with which four of five copies show.

    Copies are planted beside the inputs as they are, and looked at as a column is; for each the
    noise is halved to the point from which on it shows.
    """
    # A stream of its own: rows that were drawn with the same seed must not return as noise.
    rng, every = (
        np.random.default_rng([bench.seed, len(bench.y), 14]),
        np.ones(len(bench.y), dtype=bool),
    )
    limits = []
    for _ in range(COPIES):
        draw, low, high = rng.normal(size=len(bench.y)), 0.005, 1.0
        for _ in range(HALVINGS):
            middle = float(np.sqrt(low * high))
            said = bench.curve(bench.y + middle * bench.y.std() * draw)
            low, high = (
                (middle, high) if bench.suspect((), said, "", ("", every)) else (low, middle)
            )
        limits.append(low)
    return float(np.quantile(limits, 0.2))


def measure(bench: Bench) -> str:
    """Return what a column's closeness to the target is measured by."""
    return "AUC on its own" if bench.classes else "|Spearman correlation| with the target"


def scores(bench: Bench) -> dict[str, tuple[float, float]]:
    """Return how close each column comes to the target, and that less one standard deviation."""
    if bench.classes:
        return {name: _area_of(bench.T, said) for name, said in bench.curves.items()}
    return {name: _rank(bench.X[name].to_numpy(), bench.y) for name in bench.X}


def _rank(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    from scipy.stats import spearmanr

    here = np.isfinite(x)
    if here.sum() < 10 or np.ptp(x[here]) == 0 or np.ptp(y[here]) == 0:
        return 0.0, 0.0
    score = min(abs(float(spearmanr(x[here], y[here]).statistic)), 1 - 1e-12)
    return score, float(np.tanh(np.arctanh(score) - 1 / np.sqrt(here.sum() - 3)))


def _area_of(T: np.ndarray, said: np.ndarray) -> tuple[float, float]:
    """Return the mean AUC of the classes, each against the rest."""
    rows = np.isfinite(said[:, 0])
    T, guess = T[rows], said[rows]
    there = [k for k in range(T.shape[1]) if 0 < T[:, k].sum() < len(T)]
    if not there:
        return 0.5, 0.5
    area = float(np.mean([estimates.auc(T[:, k] > 0, guess[:, k])[0] for k in there]))
    few = min(min(T[:, k].sum(), len(T) - T[:, k].sum()) for k in there)
    return area, _below(area, few)


def excels(bench: Bench, name: str, low: float, sight: Power) -> str:
    """Return in one clause that a column is as close as a copy that is seen, and others are not.

    A score of an earlier model, or one fitted to the labels, adds to what honest inputs say: it is
    not as good as all inputs, but better than all the others together.
    """
    if low < sight.detectable or not sight.suffices or bench.X.shape[1] < 2:
        return ""
    guesses = bench.crowd(bench.twins(name))
    if bench.classes:
        others = max((_area_of(bench.T, guess)[0] for guess in guesses), default=0.0)
    else:
        others = max((_rank(guess[:, 0], bench.y)[0] for guess in guesses), default=0.0)
    if others >= low:
        return ""
    what = measure(bench)
    return f"'{name}' alone comes to {low:.3f} at least ({what}), all other inputs to {others:.3f}"


def guilty(found: list[Suspect], beyond: set[str]) -> Suspect | None:
    """Return the first suspect whose own score is beyond the threshold, or None."""
    for suspect in found:
        alone = len(suspect.columns) == 1 and not suspect.where
        sure = suspect.area is None or suspect.skill >= SURE
        if alone and sure and suspect.columns[0] in beyond:
            return suspect
    return None
