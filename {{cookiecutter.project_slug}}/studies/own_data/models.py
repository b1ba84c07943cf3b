"""The ladder of models for a table that nobody has seen, from simple to flexible.

Every rung copes with missing numbers and with words, learns its scaling inside, and uses weights
where the manifest has some.
The settings are round numbers that serve from about forty rows to a million; they are a start and
not a search.
Of more than 150 inputs a straight line sees all of them, strongly held back; the other rungs see
principal components and the columns that go best with the target, chosen inside of each fit.
"""

import warnings
from typing import Any

from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import LocalOutlierFactor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from boxloop.measure import Task

from .inputs import components, few, is_wide, penalty, pipeline
from .manifest import manifest
from .outliers import Mahalanobis, Together

MOTIVATION = {
    "ridge": (
        "A straight line in every input: the best that can be read off a table of coefficients."
    ),
    "logistic regression": (
        "One straight border between the classes, with probabilities: easy to read."
    ),
    "ridge on leading columns": (
        "A straight line in few columns: components of all inputs, and the inputs that tell most."
    ),
    "logistic regression on leading columns": (
        "A straight border in few columns: components of all inputs, and those that tell most."
    ),
    "small gradient boosting": (
        "Shallow trees that correct each other: "
        "bends and thresholds, and hardly any interplay of inputs."
    ),
    "gradient boosting": "Deeper trees and more of them: inputs may depend on each other.",
    "neural network": "Smooth, scaled and held back by a penalty: bends where trees make steps.",
    "Mahalanobis distance": (
        "Unusual is what lies far out, when it is known which inputs go together."
    ),
    "isolation forest": (
        "Unusual is what a few random cuts can set apart: no distance, no shape assumed."
    ),
    "ensemble": (
        "Distance, random cuts and local density together: "
        "each sees a kind of unusual that the others miss."
    ),
}


# Rungs that `boxloop add model` has written below: how each is made, and the settings 04 tries.
ADDED: dict = {}
FEWEST_IN_LEAF = 3  # rows


class SmallLeaves:
    """Let trees of few rows have small leaves: an eighth of the rows they are fitted to, at most.

    With leaves of twenty rows, boosting of fewer than about eighty is one constant.
    The parameter `min_samples_leaf` is the most that is asked of a leaf.
    """

    min_samples_leaf: int

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **more: Any) -> Any:
        """Fit as scikit-learn does; the parameters are afterwards as they were."""
        most = self.min_samples_leaf
        self.min_samples_leaf = min(most, max(FEWEST_IN_LEAF, len(y) // 8))
        try:
            return super().fit(X, y, sample_weight, **more)  # type: ignore[misc]
        finally:
            self.min_samples_leaf = most


class BoostedRegressor(SmallLeaves, HistGradientBoostingRegressor):
    """Gradient boosting that learns from few rows too; see `SmallLeaves`."""


class BoostedClassifier(SmallLeaves, HistGradientBoostingClassifier):
    """Gradient boosting that learns from few rows too; see `SmallLeaves`."""


STEPS = range(40, 300)  # of a network: the fewest and the most
ROW_STEPS = 2_000_000  # rows × steps that a fit may take: a few seconds
FEW = 1_000  # rows: of fewer the penalty is as much smaller, or it would leave one constant


class Stopped:
    """Stop a network in time: after fewer steps where rows are many, and without a warning.

    The parameters `max_iter` and `alpha` are the most that is asked for; nothing is held out to
    decide, since scikit-learn would hold out rows at random, also where rows belong together.
    """

    max_iter: int
    alpha: float

    def fit(self, X: Any, y: Any, **more: Any) -> Any:
        """Fit as scikit-learn does; the parameters are afterwards as they were."""
        most, penalty = self.max_iter, self.alpha
        self.max_iter = min(most, max(STEPS.start, ROW_STEPS // len(y)))
        self.alpha = penalty * min(1, len(y) / FEW)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return super().fit(X, y, **more)  # type: ignore[misc]
        finally:
            self.max_iter, self.alpha = most, penalty


class NetworkRegressor(Stopped, MLPRegressor):
    """A small network that stops in time; see `Stopped`."""


class NetworkClassifier(Stopped, MLPClassifier):
    """A small network that stops in time; see `Stopped`."""


def network(kind: Any, seed: int, *, alpha: float) -> Any:
    """Return an unfitted network of one small layer, held back by the penalty `alpha`."""
    return kind(
        hidden_layer_sizes=(16,), solver="lbfgs", alpha=alpha, max_iter=STEPS.stop,
        random_state=seed,
    )  # fmt: skip


def smooth(last: Any, **options: Any) -> Any:
    """Return the rung of a network by its name; none where weights could not be used."""
    rung = pipeline(last, filled=True, **options)
    inner = getattr(last, "regressor", last)
    weighted = hasattr(rung, "weights")
    there = not weighted or has_fit_parameter(type(inner).__mro__[2], "sample_weight")
    return {"neural network": rung} if there else {}


def setting(rung: Any, name: str) -> str:
    """Return a setting as a search wants it, with the steps around it: ``ridge__alpha``."""
    return next(key for key in rung.get_params() if key.endswith(f"__{name}"))


def grids() -> dict:
    """Return by rung the settings that notebook 04 tries; that of `ladder` is among them.

    The reference is searched too, as long as it is the stand-in. Write its settings here when it
    is your own, or ``{}`` where it has none to choose.
    """
    from . import baseline

    own = penalty(manifest())
    tried: dict[str, Any] = {
        "ridge": ("alpha", [own * share for share in (0.01, 0.1, 1.0, 10.0, 100.0)]),
        "ridge on leading columns": ("alpha", [0.1, 1.0, 10.0, 100.0]),
        # Classes that lie apart ask for a steep border: the grid goes on where it still gains.
        "logistic regression": ("C", [c / own for c in (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)]),
        "logistic regression on leading columns": ("C", [0.01, 0.1, 1.0, 10.0, 100.0]),
        # Stumps, too, where inputs are very many: each of few terms may be all there is.
        "small gradient boosting": (
            "max_leaf_nodes",
            [2, 3, 6, 12] if is_wide(manifest()) else [3, 6, 12],
        ),
        "gradient boosting": ("max_leaf_nodes", [12, 24, 48]),
        "neural network": ("alpha", [0.1, 1.0, 10.0, 100.0]),
        "Mahalanobis distance": (),
        "isolation forest": ("n_estimators", [50, 100]),
        "ensemble": (),
    }
    rungs = {name: rung for name, rung in ladder(0).items() if name not in ADDED}
    found = {
        name: {setting(rung, tried[name][0]): tried[name][1]} if tried.get(name) else {}
        for name, rung in rungs.items()
    }
    first, reference = next(iter(rungs)), baseline.reference()
    alike = set(reference.get_params()) >= set(found[first])
    found |= {name: settings for name, (_, settings) in ADDED.items()}
    return found | {"reference": found[first] if alike else {}}


def curve() -> tuple:
    """Return the rung, its setting and the values whose validation curve notebook 04 draws."""
    rungs = ladder(0)
    if "neural network" in rungs:
        values = [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]
        return "neural network", setting(rungs["neural network"], "alpha"), values
    if "gradient boosting" in rungs:
        leaves = [2, 4, 12, 24, 48]
        return "gradient boosting", setting(rungs["gradient boosting"], "max_leaf_nodes"), leaves
    name = "isolation forest"
    return name, setting(rungs[name], "max_samples"), [4, 16, 64, 256]


def ladder(seed: int) -> Any:
    """Return unfitted pipelines by name for the task of study.toml.

    They are written simple first; notebook 04 measures how flexible they are and sorts them.

    Parameters
    ----------
    seed : int, used by the rungs that draw random numbers
    """
    task = Task(manifest())
    if is_wide(manifest()):
        rungs = wide(task, seed)
    elif not task.has_classes:
        rungs = regression(seed)
    else:
        rungs = classification(seed) if task.kind.has_probabilities else anomalies(seed)
    return rungs | {name: make(seed) for name, (make, _) in ADDED.items()}


def wide(task: Any, seed: int) -> Any:
    """Return the rungs for very many inputs, such as spectra: none of them is free to follow noise.

    The more inputs than rows, the more of them follow the target by chance: what selects some is
    part of each rung, so that it never sees the rows that judge it.
    """
    settings = manifest()
    if task.has_classes and not task.kind.has_probabilities:
        return anomalies(seed, reduced=[components()])
    reduced, own = few(settings), penalty(settings)
    if task.has_classes:
        name, line = "logistic regression", LogisticRegression(C=1.0 / own, max_iter=500)
        close: Any = LogisticRegression(C=1.0, max_iter=500)
        trees: Any = boosting(BoostedClassifier, seed, deep=False)
        smooth_one: Any = network(NetworkClassifier, seed, alpha=10.0)
    else:
        name, line, close = "ridge", Ridge(alpha=own), Ridge(alpha=1.0)
        trees = scaled(boosting(BoostedRegressor, seed, deep=False))
        smooth_one = scaled(network(NetworkRegressor, seed, alpha=1.0))
    return {
        name: pipeline(line, filled=True),
        f"{name} on leading columns": pipeline(close, filled=True, reduced=reduced),
        "small gradient boosting": pipeline(trees, filled=True, reduced=reduced),
        **smooth(smooth_one, reduced=reduced),
    }


def boosting(kind: Any, seed: int, *, deep: Any) -> Any:
    """Return unfitted gradient boosting of regression or classification trees.

    A million rows take minutes, so the number of trees is fixed. There is no early stopping:
    scikit-learn would hold out rows at random, also where rows belong together in groups.
    """
    sizes = (
        {"max_iter": 150, "max_leaf_nodes": 24, "learning_rate": 0.1}
        if deep
        else {"max_iter": 120, "max_leaf_nodes": 6, "learning_rate": 0.1}
    )
    return kind(
        **sizes,
        min_samples_leaf=20,
        l2_regularization=1.0,
        max_features=0.7,
        early_stopping=False,
        random_state=seed,
    )


def regression(seed: int) -> Any:
    """Return the rungs that predict a number."""
    return {
        "ridge": pipeline(Ridge(alpha=1.0), filled=True),
        "small gradient boosting": pipeline(
            scaled(boosting(BoostedRegressor, seed, deep=False)), filled=False, contrasts=True
        ),
        "gradient boosting": pipeline(
            scaled(boosting(BoostedRegressor, seed, deep=True)), filled=False, contrasts=True
        ),
        **smooth(scaled(network(NetworkRegressor, seed, alpha=1.0))),
    }


def scaled(regressor: Any) -> tuple:
    """Return the regressor for a target in any unit.

    Boosted trees count in single precision, which ends at 1e38.
    """
    return TransformedTargetRegressor(regressor=regressor, transformer=StandardScaler())


def classification(seed: int) -> Any:
    """Return the rungs that give the probability of the class of interest.

    No class is weighted up, also where it is rare: weights would bend the probabilities, which 05
    judges by their calibration. What a rare class needs is another cut, `study.working_point`.
    """
    return {
        "logistic regression": pipeline(LogisticRegression(C=1.0, max_iter=500), filled=True),
        "small gradient boosting": pipeline(
            boosting(BoostedClassifier, seed, deep=False), filled=False, contrasts=True
        ),
        "gradient boosting": pipeline(
            boosting(BoostedClassifier, seed, deep=True), filled=False, contrasts=True
        ),
        **smooth(network(NetworkClassifier, seed, alpha=10.0)),
    }


def anomalies(seed: int, *, reduced: Any = ()) -> Any:
    """Return the rungs that say how unusual a row is; none of them is told the classes."""
    forest = IsolationForest(n_estimators=100, random_state=seed)
    density = LocalOutlierFactor(n_neighbors=20, algorithm="brute", novelty=True)
    # A forest of its own: a rung that is fitted must not change another one.
    members = [("distance", Mahalanobis()), ("forest", clone(forest)), ("density", density)]
    return {
        "Mahalanobis distance": pipeline(Mahalanobis(), filled=True, reduced=reduced),
        "isolation forest": pipeline(forest, filled=True, reduced=reduced),
        # The local outlier factor compares all pairs: two thousand rows are what a million can be
        # compared with in a minute.
        "ensemble": pipeline(
            Together(members=members, rows={"density": 2_000}, random_state=seed),
            filled=True,
            reduced=reduced,
        ),
    }
