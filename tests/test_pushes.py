"""What pushes single guesses: Shapley values that add up, and agree with what is known."""

from itertools import combinations
from math import factorial
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression

from boxloop.measure.pushes import pushes
from boxloop.record.desk import Desk

NAMES = list("abcd")


class Formula(RegressorMixin, BaseEstimator):
    """A fitted estimator that is a formula of its columns."""

    def __init__(self, formula):
        self.formula = formula

    def predict(self, X):
        """Return the formula of each row."""
        return self.formula(X).to_numpy(dtype=float)


def table(size=200, seed=0):
    """Four columns, the first two of which go together."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(size, 4))
    values[:, 1] += values[:, 0]
    return pd.DataFrame(values, columns=NAMES)


def each(names):
    return {name: [name] for name in names}


def test_of_a_line_they_are_coefficient_times_deviation():
    """Exactly, from the mean of the background: the order does not matter to a sum."""
    X, slopes = table(), np.array([2.0, -1.0, 0.5, 0.0])
    model = LinearRegression().fit(X, X @ slopes + 3)

    found = pushes(model, X.head(5), X, players=each(NAMES), seed=1, walks=len(X))

    assert np.allclose(found.parts, slopes * (X.head(5) - X.mean()))
    assert np.allclose(found.base, 3 + X.mean() @ slopes)


def exact(formula, row, background):
    """The Shapley values of one row by their definition, over all sets of players."""

    def worth(inside):
        return formula(background.assign(**{name: row[name] for name in inside})).mean()

    values = {}
    for name in NAMES:
        rest, total = [other for other in NAMES if other != name], 0
        for size in range(len(NAMES)):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            for inside in combinations(rest, size):
                total += weight * (worth([*inside, name]) - worth(inside))
        values[name] = total
    return np.array(list(values.values()))


def test_of_products_they_agree_with_the_definition_within_their_errors():
    """Where an input changes what another means, errors are neither long nor short."""
    X = table(size=2000)

    def formula(rows):
        return rows["a"] * rows["b"] + np.sin(2 * rows["c"]) * (rows["a"] > 0)

    rows = X.head(4)
    known = np.array([exact(formula, row, X) for _, row in rows.iterrows()])
    away = []
    for seed in range(50):
        found = pushes(Formula(formula), rows, X, players=each(NAMES), seed=seed, walks=40)
        away.append((found.parts - known)[:, :3] / found.errors[:, :3])
        assert (found.parts[:, 3] == 0).all()  # who is not asked has no part

    assert 0.8 < np.sqrt(np.mean(np.square(away))) < 1.2
    assert abs(np.mean(away)) < 0.3


def test_they_add_up_whatever_the_model_with_words_gaps_and_columns_that_stay():
    """Columns that are no player keep the values of the row; inputs in one player move as one."""
    X = table().assign(kind=pd.Categorical(["x", "y"] * 100), run=np.arange(200))
    X.loc[::7, "c"] = np.nan
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5)
    model.fit(X, (X["a"] > 0) ^ (X["kind"] == "x"))
    players = each(["a", "kind"]) | {"all others": ["b", "c", "d"]}

    found = pushes(model, X.iloc[50:60], X, players=players, seed=3, walks=20)

    said = model.predict_proba(X.iloc[50:60])[:, 1]
    assert found.names == ["a", "kind", "all others"]
    assert np.allclose(found.guesses, said)
    assert np.allclose(found.base + found.parts.sum(axis=1), said)
    assert (found.errors > 0).any()


def test_it_takes_more_walks_than_there_are_background_rows():
    """Each is used as often as any other, so a line stays exact."""
    X = table(size=10)
    model = LinearRegression().fit(X, X["a"])

    found = pushes(model, X, X, players=each(NAMES), seed=4, walks=30)

    assert np.allclose(found.parts[:, 0], X["a"] - X["a"].mean())


def test_towards_the_error_has_the_sign_of_the_error():
    """A push upwards misleads where the guess is too high, and helps where it is too low."""
    X = table()
    model = LinearRegression().fit(X, X["a"])
    found = pushes(model, X.head(2), X, players=each(NAMES), seed=5)

    up, down = found.towards([0.5, -0.5])

    assert np.allclose(up, found.parts[0])
    assert np.allclose(down, -found.parts[1])


def desk(frame, truth, *, has_classes):
    """Return the desk of a chapter as far as the two methods below ask it."""
    here = Desk()
    here.settings = SimpleNamespace(inputs=[name for name in frame if name != "mass"])
    here.task = SimpleNamespace(
        seen=lambda rows: rows, truth=lambda _: truth, has_classes=has_classes, classes=()
    )
    here.table, here.seed, here.draws = (lambda _: frame), 0, 80
    half = len(frame) // 2
    parts = np.arange(half), np.arange(half, len(frame))
    here.folds = lambda _: [parts, parts[::-1]]
    here.units = lambda rows: np.arange(len(rows))
    return here


def test_a_chapter_tells_the_first_twelve_inputs_apart():
    """The others move together, and what is no input stays as it is in the row."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(80, 15)), columns=[*"abcdefghijklmn", "mass"])
    model = Formula(lambda rows: rows["a"] + rows["m"] + rows["n"] + rows["mass"] ** 2)
    here = desk(frame, None, has_classes=False)

    found = here.pushes(model, frame.head(3), list("abcdefghijklmn"))

    assert found.names == [*"abcdefghijkl", "all others"]
    assert np.allclose(found.base + found.parts.sum(axis=1), model.predict(frame.head(3)))
    near = frame["mass"].head(3) ** 2
    assert np.allclose(found.base - near, found.base[0] - near[0])
    assert np.allclose(found.parts[:, 1:12], 0)


def test_scores_of_refits_become_probabilities_before_they_are_compared():
    """Members that rank alike agree, whatever the scale of their scores."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"a": rng.normal(size=400)})
    truth = pd.Series((frame["a"] + rng.normal(size=400) > 0).astype(int))
    members = [frame["a"].to_numpy(), 100 * frame["a"].to_numpy() + 5]

    scored = desk(frame, truth, has_classes=True).uncertainty(frame, members)
    valued = desk(frame, truth, has_classes=False).uncertainty(frame, members)

    assert scored["rows"].sum() == 400
    assert np.allclose(scored["spread"], 0)
    assert scored["error"].max() < 0.6
    assert valued["spread"].min() > 5
