"""The ladder of anomaly detectors; none sees the truth, none uses the dijet mass as a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, OutlierMixin, TransformerMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler
from sklearn.utils.validation import check_is_fitted

from boxloop.base import UserError, find_project
from boxloop.settings import load_settings

from . import regions
from .features import FEATURES

if TYPE_CHECKING:
    import pandas as pd


MOTIVATION = {
    "isolation forest": "Rare is suspicious: no region, no label, no hypothesis about the mass.",
    "CWoLa, quadratic": (
        "Signal region against sidebands, with products of features: smooth, fast, readable."
    ),
    "CWoLa, boosted trees": (
        "The same two samples; trees can box in a small region that two bands of jet masses mark."
    ),
    "CWoLa, ensemble": (
        "Smooth and boxed, averaged: trees may be larger where the noise of two is shared out."
    ),
}

# What notebook 04 takes away together, because one measurement can stand in for another.
ABLATIONS = {
    "without the jet masses": ["m_j1", "m_j2"],
    "without tau21": ["tau21_1", "tau21_2"],
    "jet masses alone": ["tau21_1", "tau21_2", "delta_eta"],
}

# Rungs that `boxloop add model` has written below: how each is made, and the settings 04 tries.
ADDED: dict = {}


def membership(mass: pd.Series) -> np.ndarray:
    """Return what CWoLa is taught in place of labels: which masses [GeV] lie in the region."""
    return regions.window(mass)


def features(X: pd.DataFrame) -> tuple:
    """Return the jet features as an array, masses in ln(GeV), without any further column."""
    own = ("m_j1", "m_j2", "tau21_1", "tau21_2", "delta_eta", *FEATURES.names)
    names = [name for name in own if name in X]
    return np.column_stack(
        [np.log(X[name]) if name.startswith("m_j") else X[name] for name in names]
    ).astype(float), names


class Decorrelated(TransformerMixin, BaseEstimator):
    """Jet features whose mean and scatter no longer depend on the dijet mass.

    Every feature becomes (value - mean(m)) / scatter(m), both straight lines in ln(m_jj) fitted
    to the sidebands alone, so that the signal region is interpolated and cannot shape its own
    background (Cheng, section 3.4: invariance against a spurious correlation). Higher moments may
    keep a dependence; `stress.sculpting` measures what is left.

    Parameters
    ----------
    centre : float, GeV
    remove : bool; False hands the features on as they are

    Returns of `transform`: DataFrame with the features, the dijet mass and the weights (both for
    regions only).
    """

    # `remove` is set by keyword.
    def __init__(self, centre: float = regions.CENTRE, remove: bool = True) -> None:  # noqa: FBT002
        self.centre = centre
        self.remove = remove

    def fit(self, X: pd.DataFrame, y: np.ndarray | pd.Series | None = None) -> Any:
        """Fit the trends in the sidebands, every row with its weight."""
        values, _ = features(X)
        mass = X[regions.RESONANCE]
        rows = regions.sidebands(mass, self.centre, side=2 * regions.SIDE)
        line, root = self._line(mass)[rows], np.sqrt(regions.weights(X)[rows])[:, None]
        self.mean_ = np.linalg.lstsq(root * line, root * values[rows], rcond=None)[0]
        residual = np.abs(values[rows] - line @ self.mean_)
        self.scale_ = np.linalg.lstsq(root * line, root * residual, rcond=None)[0]
        self.feature_names_in_ = np.array(list(X), dtype=object)
        return self

    def _line(self, mass: pd.Series) -> np.ndarray:
        return np.column_stack(
            [np.ones(len(mass)), np.log(np.asarray(mass, dtype=float) / self.centre)]
        )

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the decorrelated features, with mass and weights beside them."""
        check_is_fitted(self)
        values, names = features(X)
        if self.remove:
            line = self._line(X[regions.RESONANCE])
            values = (values - line @ self.mean_) / np.maximum(
                line @ self.scale_, 0.2 * self.scale_[0]
            )
        kept = X[[name for name in (regions.RESONANCE, regions.WEIGHT) if name in X]]
        return kept.assign(**dict(zip(names, values.T, strict=True)))


def jets(X: pd.DataFrame) -> Any:
    """Return the features without mass and weights, array (n, k)."""
    return X.drop(columns=[regions.RESONANCE, regions.WEIGHT], errors="ignore").to_numpy(
        dtype=float
    )


class Forest(OutlierMixin, BaseEstimator):
    """Isolation forest on the jet features of all events (Liu, Ting & Zhou 2008)."""

    def __init__(self, n_estimators: int = 100, random_state: int = 0) -> None:
        self.n_estimators = n_estimators
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: np.ndarray | pd.Series | None = None) -> Any:
        """Fit on as many events as data would hold; `y` is not looked at."""
        rows = regions.unweighted(X, self.random_state)
        self.forest_ = IsolationForest(
            n_estimators=self.n_estimators, random_state=self.random_state
        ).fit(jets(X)[rows])
        return self

    def score_samples(self, X: pd.DataFrame) -> np.ndarray:
        """Return how usual every event is, shape (n,)."""
        return self.forest_.score_samples(jets(X))

    def predict(self, X: Any) -> Any:
        """Return -1 for the rarest tenth of the fitted events and 1 for the rest."""
        return np.where(self.score_samples(X) < -0.5, -1, 1)


class Cwola(ClassifierMixin, BaseEstimator):
    """Classification without labels: tell the signal region from the sidebands by the jets alone.

    If background jets look alike in both, the best classifier of the two mixtures is the best
    classifier of signal against background (Metodiev, Nachman & Thaler 2017, JHEP 10, 174; as a
    resonance search Collins, Howe & Nachman
    2018, Phys. Rev. Lett. 121, 241803). `y` is never looked at.

    K-folding: every member leaves one fold out. `score_fitted` scores the fitted events with the
    member that has not seen them. Without it, events would be selected for having been
    remembered. Events at other masses belong to folds too: the mean of all members, which new
    events get, varies less than one member, and a cut on a mixture of the two would carve a step
    into the spectrum where the sidebands end.

    Parameters
    ----------
    learners : list of unfitted classifiers, averaged
    centre : float, GeV
    folds : int
    random_state : int

    Attributes
    ----------
    members_ : list of lists, (folds, learners) of fitted classifiers
    odds_ : array (folds,), events of the region per event of the sidebands that a member learnt
    fold_ : int array (n,), fold of every fitted row
    """

    def __init__(
        self,
        learners: Any = None,
        centre: Any = regions.CENTRE,
        folds: Any = 4,
        random_state: Any = 0,
    ):
        self.learners = learners
        self.centre = centre
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fit all members on as many events as data would hold."""
        values, mass = jets(X), X[regions.RESONANCE]
        inside = regions.window(mass, self.centre)
        learn = (inside | regions.sidebands(mass, self.centre)) & regions.unweighted(
            X, self.random_state
        )
        fold = np.random.default_rng([self.random_state, 1]).integers(self.folds, size=len(X))
        parts = [learn & (fold != number) for number in range(self.folds)]
        self.members_ = [
            [clone(one).fit(values[rows], inside[rows]) for one in self.learners] for rows in parts
        ]
        shares = np.array([inside[rows].mean() for rows in parts])
        self.odds_ = shares / (1 - shares)
        self.fold_ = fold
        self.classes_ = np.array([0.0, 1.0])
        return self

    def get_params(self, deep: bool = True) -> dict:  # noqa: FBT002
        """Return the settings; those of a learner as ``learners__0__max_leaf_nodes``."""
        found = super().get_params(deep=deep)
        for number, one in enumerate(self.learners or [] if deep else []):
            settings = one.get_params().items()
            found |= {f"learners__{number}__{name}": value for name, value in settings}
        return found

    def set_params(self, **settings: Any) -> Any:
        """Set settings by the names that `get_params` gives them."""
        for name, value in settings.items():
            number, _, inner = name.removeprefix("learners__").partition("__")
            if name.startswith("learners__"):
                self.learners[int(number)].set_params(**{inner: value})
            else:
                super().set_params(**{name: value})
        return self

    def _member(self, number: int, values: Any) -> Any:
        """Return the chance of the region by one member, as if both samples were as large."""
        said = np.array([one.predict_proba(values)[:, 1] for one in self.members_[number]])
        return np.mean(said / (said + self.odds_[number] * (1 - said)), axis=0)

    def score_fitted(self, X: Any) -> Any:
        """Return scores of the rows given to `fit`, (n,), none by a member that learnt from it."""
        return self._one_each(jets(X), self.fold_)

    def score_others(self, X: Any, seed: int) -> Any:
        """Return scores of new rows, (n,), each by one member drawn at random.

        They vary as those of `score_fitted` do; only, nothing was learnt from these rows.
        """
        drawn = np.random.default_rng([seed, 2]).integers(self.folds, size=len(X))
        return self._one_each(jets(X), drawn)

    def _one_each(self, values: Any, which: np.ndarray) -> np.ndarray:
        score = np.empty(len(values))
        for number in range(self.folds):
            rows = which == number
            score[rows] = self._member(number, values[rows])
        return score

    def predict_proba(self, X: Any) -> Any:
        """Return the chances of sidebands and signal region, equally weighted, shape (n, 2)."""
        values = jets(X)
        score = np.mean([self._member(number, values) for number in range(self.folds)], axis=0)
        return np.column_stack([1 - score, score])

    def predict(self, X: Any) -> Any:
        """Return 1 where the signal region is likelier."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(float)


def quadratic() -> Any:
    """Return a logistic regression on features and their products."""
    line = LogisticRegression(C=0.1, max_iter=300)
    return make_pipeline(StandardScaler(), PolynomialFeatures(degree=2, include_bias=False), line)


def boosting(seed: int, *, leaves: int = 8) -> Any:
    """Return shallow boosted trees."""
    return HistGradientBoostingClassifier(
        learning_rate=0.2,
        max_iter=15,
        max_leaf_nodes=leaves,
        min_samples_leaf=20,
        max_bins=32,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def decorrelates() -> bool:
    """Return whether this project takes the dijet mass out of the features: `study.toml` says.

    It is what the study has learnt from its first pass; outside of a project it is done.
    """
    try:
        revision = load_settings(find_project().settings_file).revision
    except UserError:
        revision = {}
    return bool(revision.get("decorrelate", True))


def cwola(
    learners: list, *, seed: int, centre: float = regions.CENTRE, remove: bool | None = None
) -> Any:
    """Return the pipeline of one CWoLa search.

    Parameters
    ----------
    learners : list of unfitted classifiers
    seed : int
    centre : float, mass hypothesis [GeV]
    remove : bool, whether features are decorrelated from the dijet mass; by default as
        `decorrelates` says
    """
    return make_pipeline(
        *FEATURES.steps(),
        Decorrelated(centre=centre, remove=decorrelates() if remove is None else remove),
        Cwola(learners, centre=centre, random_state=seed),
    )


SEARCH_ROWS = 8_000  # for notebook 04: of fewer the signal is a handful of events


def grids() -> dict:
    """Return by rung the settings that notebook 04 tries; that of `ladder` is among them.

    The window of the reference is fixed in 01, more trees change nothing of the forest, and the
    ensemble averages what the others have found: there is nothing to search.
    """
    first = "cwola__learners__0__"
    return {
        "reference": {},
        "isolation forest": {},
        "CWoLa, quadratic": {f"{first}logisticregression__C": [0.01, 0.1, 1.0]},
        "CWoLa, boosted trees": {f"{first}max_leaf_nodes": [4, 8, 16]},
        "CWoLa, ensemble": {},
        **{name: settings for name, (_, settings) in ADDED.items()},
    }


def curve() -> tuple:
    """Return the rung, its setting and the values whose validation curve notebook 04 draws."""
    return "CWoLa, boosted trees", "cwola__learners__0__max_iter", [1, 4, 15, 40, 120]


def ladder(seed: int, *, remove: bool | None = None) -> dict:
    """Return unfitted pipelines by name, simple first as far as a person can guess.

    Notebook 04 measures how flexible they are and sorts them by that.

    Parameters
    ----------
    seed : int, of the folds, of accepting weighted rows, and of the trees
    remove : bool, see `cwola`
    """
    both = [quadratic(), boosting(seed, leaves=20), boosting(seed + 100, leaves=20)]
    return {
        "isolation forest": make_pipeline(
            *FEATURES.steps(), Decorrelated(remove=False), Forest(random_state=seed)
        ),
        "CWoLa, quadratic": cwola([quadratic()], seed=seed, remove=remove),
        "CWoLa, boosted trees": cwola([boosting(seed)], seed=seed, remove=remove),
        "CWoLa, ensemble": cwola(both, seed=seed, remove=remove),
        **{name: make(seed) for name, (make, _) in ADDED.items()},
    }


def searched(pipeline: Any, frame: pd.DataFrame) -> np.ndarray:
    """Fit a CWoLa pipeline and return scores of its events, none from a member that learnt from it.

    This is how data are searched: the classifier is trained on the very events that are then
    selected.
    """
    pipeline.fit(frame)
    return pipeline[-1].score_fitted(pipeline[:-1].transform(frame))


def searched_by_other(pipeline: Any, frame: pd.DataFrame, *, seed: int) -> np.ndarray:
    """Return scores of events by a CWoLa pipeline that learnt elsewhere, one member for each."""
    return pipeline[-1].score_others(pipeline[:-1].transform(frame), seed)


def taught_by_truth(seed: int, *, remove: bool | None = None) -> Any:
    """Return the trees of the ladder, taught signal against background: data have no such labels.

    Parameters
    ----------
    seed : int
    remove : bool, see `cwola`
    """
    return make_pipeline(
        Decorrelated(remove=decorrelates() if remove is None else remove),
        FunctionTransformer(jets),
        boosting(seed),
    )
