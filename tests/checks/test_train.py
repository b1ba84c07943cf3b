"""What was learnt, from which rows, and whether the score can be believed."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from boxloop.checks import run_check
from boxloop.checks.chance import against_chance, pooled

from .neutral import INPUTS, parts, seedlings, trial


def plain():
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge())


def nested():
    numbers = make_pipeline(SimpleImputer(), RobustScaler())
    both = ColumnTransformer(
        [("numbers", numbers, INPUTS), ("crew", OneHotEncoder(handle_unknown="ignore"), ["crew"])]
    )
    return TransformedTargetRegressor(
        regressor=make_pipeline(both, StandardScaler(), Ridge()), transformer=StandardScaler()
    )


def union():
    return make_pipeline(
        SimpleImputer(), make_union(MinMaxScaler(), PolynomialFeatures(degree=2)), Ridge()
    )


@pytest.mark.parametrize("make", [plain, nested, union])
def test_statistics_of_all_rows_are_found(make, seed):
    """A scaler that has seen the held-out rows is found at any depth."""
    frame = trial(seed)
    names = [*INPUTS, "crew"]
    train, _ = parts(frame)

    clean = make().fit(train[names], train["harvest"])
    leaking = make().fit(frame[names], frame["harvest"])

    assert run_check("train.pipeline", clean, train[names]).state == "pass"
    assert run_check("train.pipeline", leaking, train[names]).state == "fail"


def test_a_selection_is_compared_when_the_target_is_given(seed):
    """Scores of features on all rows differ from those on the training rows."""
    table = seedlings(seed)
    X, y = table[["leaf", "stem", "root", "colour"]], table["kind"]
    model = make_pipeline(SelectKBest(f_classif, k=2), LogisticRegression())

    assert (
        run_check("train.pipeline", model.fit(X[:900], y[:900]), X[:900], y[:900]).state == "pass"
    )
    assert run_check("train.pipeline", model.fit(X, y), X[:900], y[:900]).state == "fail"
    blind = run_check("train.pipeline", model, X[:900])
    assert blind.state == "not-applicable"
    assert "needs y" in blind.reason


def test_a_model_without_statistics_is_not_judged():
    """Logarithms learn nothing."""
    frame = trial(0).dropna()
    model = make_pipeline(FunctionTransformer(np.arctan), Ridge()).fit(
        frame[INPUTS], frame["harvest"]
    )

    assert run_check("train.pipeline", model, frame[INPUTS]).state == "not-applicable"
    assert (
        run_check(
            "train.pipeline", Ridge().fit(frame[INPUTS], frame["harvest"]), frame[INPUTS]
        ).state
        == "not-applicable"
    )


class Memory(ClassifierMixin, BaseEstimator):
    """A classifier that remembers every row of every fit, as a cache outside the folds would."""

    def __init__(self, book=None):
        self.book = book

    def __deepcopy__(self, memo):
        return self

    def __sklearn_clone__(self):
        return self

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.book.update(zip(map(tuple, np.asarray(X)), y, strict=True))
        return self

    def predict_proba(self, X):
        known = np.array([self.book.get(tuple(row), 0) for row in np.asarray(X)])
        return (known[:, None] == self.classes_).astype(float)


class Ranks(BaseEstimator):
    """Says where a row stands in the table that it is handed over with."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return X["shade"].rank(pct=True).to_numpy()


def test_a_prediction_that_hangs_on_the_rows_beside_it_is_found(seed):
    """A rank within the table at hand is a statistic that nobody fitted."""
    frame = trial(seed)
    for model, state in (
        (Ranks(), "fail"),
        (DummyRegressor().fit(frame[INPUTS], frame["harvest"]), "not-applicable"),
    ):
        assert run_check("train.pipeline", model, frame[INPUTS], frame["harvest"]).state == state
    # Beside a scaler of all rows both are told.
    scaled = make_pipeline(StandardScaler().set_output(transform="pandas"), Ranks())
    fitted = scaled.fit(frame[INPUTS], frame["harvest"])
    found = run_check("train.pipeline", fitted, frame[INPUTS].iloc[:200], frame["harvest"][:200])
    assert found.value > 1 and "handed over with it" in found.message, found.message


def test_permuted_labels_of_estimators(seed):
    """Honest models score like chance; one that keeps state between folds does not."""
    frame, table = trial(seed), seedlings(seed)
    X = table[["leaf", "stem", "root", "colour"]]
    trees = ExtraTreesRegressor(n_estimators=20, min_samples_leaf=3, random_state=seed)
    classes = ExtraTreesClassifier(n_estimators=20, min_samples_leaf=3, random_state=seed)
    kind = {"task": "classification", "seed": seed}

    assert (
        run_check(
            "train.permuted_labels",
            trees,
            frame[INPUTS],
            frame["harvest"],
            groups=frame["plot"],
            task="regression",
            seed=seed,
        ).state
        == "pass"
    )
    assert (
        run_check(
            "train.permuted_labels", classes, X, table["kind"], groups=table["tray"], **kind
        ).state
        == "pass"
    )
    assert (
        run_check(
            "train.permuted_labels",
            IsolationForest(),
            X,
            table["kind"],
            task="anomaly-detection",
            seed=seed,
        ).state
        == "not-applicable"
    )
    assert (
        run_check("train.permuted_labels", Memory({}), X, table["kind"] == "reed", **kind).state
        == "fail"
    )


def test_permuted_labels_within_groups_are_shuffled_together(seed):
    """Rows of one plot share a label; honest folds by plot still give chance."""
    frame = trial(seed)
    label = frame.groupby("plot")["true_yield"].transform("mean") > 0
    trees = ExtraTreesClassifier(n_estimators=20, random_state=seed)

    assert (
        run_check(
            "train.permuted_labels",
            trees,
            frame[INPUTS],
            label,
            groups=frame["plot"],
            task="classification",
            seed=seed,
        ).state
        == "pass"
    )


def procedure(leak):
    """Return a whole analysis: choose 20 of 500 columns of noise, then cross-validate.

    The leak chooses first.
    """

    def score(X, y, groups, seed):
        noise = np.random.default_rng(seed).normal(size=(len(y), 500))
        select = SelectKBest(f_classif, k=20)
        model = LogisticRegression() if leak else make_pipeline(select, LogisticRegression())
        chosen = select.fit_transform(noise, y) if leak else noise
        return roc_auc_score(y, cross_val_predict(model, chosen, y, method="predict_proba")[:, 1])

    return score


def test_a_selection_before_the_folds_is_found(seed):
    """Permuted labels see what the pipeline cannot show."""
    table = seedlings(seed, 400, classes=("a", "b"), share=(0.5, 0.5))
    options = {"task": "classification", "seed": seed}

    assert (
        run_check(
            "train.permuted_labels", procedure(False), table[["leaf"]], table["kind"], **options
        ).state
        == "pass"
    )
    assert (
        run_check(
            "train.permuted_labels", procedure(True), table[["leaf"]], table["kind"], **options
        ).state
        == "fail"
    )


def test_the_mean_of_the_seeds_is_no_luck(seed):
    """Mean and middle pass, four seeds are too few, and without a spread any other score fails."""
    scores = 0.3 + 0.01 * np.random.default_rng(seed).normal(size=5)

    assert run_check("train.seeds", scores, reported=scores.mean()).state == "pass"
    assert run_check("train.seeds", scores, reported=scores.max(), better="lower").state == "pass"
    assert run_check("train.seeds", scores[:4], reported=scores[:4].mean()).state == "fail"
    assert run_check("train.seeds", [0.3] * 5, reported=0.3).state == "pass"
    assert run_check("train.seeds", [0.3] * 5, reported=0.25).state == "fail"
    assert run_check("train.seeds", [0.29, 0.31, 0.3, 0.32, 0.28], reported=0.1).state == "fail"


def published(luck, rng, *, more=True):
    """Return the row for a first seed that lies so many deviations from four others."""
    scores = 0.3 + 0.01 * rng.normal(size=5)
    scores[0] = 0.3 - 0.01 * luck
    asked = []

    def others():
        asked.append(1)
        return 0.3 + 0.01 * rng.normal(size=15)

    options = {"better": "lower"} | ({"more": others} if more else {})
    return run_check("train.seeds", scores, reported=scores[0], **options), bool(asked)


def test_a_lucky_first_seed_is_caught_and_an_honest_one_is_not():
    """Honest runs alarm in at most three of a hundred, and train more in a third at most."""
    rng = np.random.default_rng(0)
    honest = [published(rng.normal(), rng) for _ in range(1500)]
    lucky = [published(4, rng)[0].state for _ in range(200)]

    assert np.mean([row.state == "fail" for row, _ in honest]) <= 0.03
    assert np.mean([asked for _, asked in honest]) <= 0.4
    assert np.mean([row.state == "cannot-tell" for row, _ in honest]) <= 0.03
    assert lucky.count("fail") >= 190


def test_five_seeds_alone_cannot_tell_luck_from_chance():
    """The best of five honest seeds is no fault, and no pass either."""
    rng = np.random.default_rng(0)
    states = [published(rng.normal(), rng, more=False)[0].state for _ in range(500)]

    assert states.count("fail") <= 0.03 * 500
    assert 0.1 * 500 <= states.count("cannot-tell") <= 0.4 * 500


def test_the_luck_that_would_be_seen_is_seen_in_four_of_five():
    """As the row says, with the seeds that it has asked for."""
    rng = np.random.default_rng(0)
    row = published(6.0, np.random.default_rng(3))[0]
    caught = [published(row.detectable, rng)[0].state == "fail" for _ in range(600)]

    assert "Student's t of 19 other seeds" in row.power
    assert 0.7 <= np.mean(caught) <= 0.92


class Path:
    """A path whose held-out scores know the shuffled labels to some degree."""

    shuffled_column = "y"

    def __init__(self, rows, leak, seed, *, classes=False):
        self.rows, self.leak, self.classes = rows, leak, classes
        self.rng = np.random.default_rng(seed)

    def left_out(self, X):
        return []

    def shuffle(self, number):
        half = self.rows // 2
        y = self.rng.standard_t(3, size=half)
        normal = norm.ppf((rankdata(y) - 0.5) / half)
        slope = 2 * np.sin(np.pi * self.leak / 6)  # of the normal scores, for this rank correlation
        said = slope * normal + np.sqrt(1 - slope**2) * self.rng.normal(size=half)
        found = against_chance(y, said, np.arange(half), classes=False)
        return pooled([found, found])


@pytest.mark.parametrize("rows", [40, 300, 1000])
def test_the_leak_that_would_be_seen_is_seen_in_four_of_five(rows):
    """And no leak is seen in at most three of a hundred."""

    def row(leak, seed):
        path, y = Path(rows, leak, seed), np.zeros(rows)
        return run_check("train.permuted_labels", Ridge(), y[:, None], y, **asked, path=path)

    asked = {"task": "regression", "seed": 0}
    size = row(0.0, 0).detectable
    caught = [row(size, seed).state == "fail" for seed in range(150)]
    alarms = [row(0.0, seed).state == "fail" for seed in range(150)]

    assert 0.7 <= np.mean(caught) <= 0.92
    assert np.mean(alarms) <= 0.03


def test_folds_of_one_class_are_no_error():
    """Two rows of a class leave a fold without it: that is said, and nothing is raised."""
    X, y = np.random.default_rng(0).normal(size=(24, 2)), np.zeros(24, dtype=int)
    options = {"task": "classification", "seed": 0}
    y[0] = 1
    alone = run_check("train.permuted_labels", LogisticRegression(), X, y, **options)
    y[5] = 1
    pair = run_check("train.permuted_labels", LogisticRegression(), X, y, **options)

    assert alone.state == "not-applicable"
    assert "of two classes" in alone.reason
    assert pair.state == "cannot-tell"
    assert "rows would be enough" in pair.power


def test_too_good_allows_for_the_error_of_the_score(state):
    """A model beyond the limit by chance alone passes, or nobody can tell."""
    assert state("train.too_good", 0.05, 0.1, error=0.005) == "fail"
    assert state("train.too_good", 0.05, 0.1, error=0.06) == "cannot-tell"
    assert state("train.too_good", 0.1, 0.1, error=0.01) == "pass"
    assert state("train.too_good", 0.1, 0.1, error=0.1) == "cannot-tell"


def test_the_gain_that_would_be_seen_is_seen_in_four_of_five():
    """Scores with an error of a tenth."""
    rng = np.random.default_rng(0)
    size = run_check("train.too_good", 1.0, 1.0, error=0.1).detectable
    found = [
        run_check("train.too_good", 1 / (size + 0.1 * rng.normal()), 1.0, error=0.1).state
        for _ in range(600)
    ]
    assert 0.7 <= found.count("fail") / 600 <= 0.92


def test_too_good(state):
    """A model may come near the limit of information, and not pass it by far."""
    assert state("train.too_good", 0.1, 0.113) == "pass"
    assert state("train.too_good", 0.05, 0.11) == "fail"
    assert state("train.too_good", 0.0, 0.11) == "fail"
    assert state("train.too_good", 0.1, None) == "not-applicable"
