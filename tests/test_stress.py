"""One rule judges model and reference under stress."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

mpl.use("Agg")

from boxloop.figures.stress_map import draw_stress_map
from boxloop.measure.stress import (
    crossing,
    input_moves,
    refit_on_resamples,
    safe_unsafe,
    stress_verdicts,
    verdict,
)


@pytest.mark.parametrize(
    ("error", "other", "expected"),
    [
        (0.12, 0.05, "safe"),
        (0.125, 0.05, "safe"),
        (0.2, 0.3, "degraded"),
        (0.2, 0.2, "degraded"),
        (0.2, 0.1, "unsafe"),
    ],
)
def test_the_verdict_looks_at_home_first_and_at_the_other_method_second(error, other, expected):
    """An error bar that holds is safe, whoever is better."""
    assert verdict(error, 0.1, other) == expected


def test_model_and_reference_are_judged_by_the_same_rule():
    """Exchanging the two exchanges the verdicts."""
    rows = [{"test": "noise", "kind": "noise", "model": 0.2, "reference": 0.3}]
    swapped = [{"test": "noise", "kind": "noise", "model": 0.3, "reference": 0.2}]
    home = {"model": 0.1, "reference": 0.1}

    one, two = stress_verdicts(rows, home), stress_verdicts(swapped, home)

    assert list(one.loc[0, ["verdict", "reference_verdict"]]) == ["degraded", "unsafe"]
    assert list(two.loc[0, ["verdict", "reference_verdict"]]) == ["unsafe", "degraded"]


def test_the_map_keeps_the_worst_level():
    """A test that was safe at one level only is not safe."""
    table = pd.DataFrame(
        {
            "kind": ["a", "a", "b"],
            "test": ["x", "x", "y"],
            "verdict": ["safe", "unsafe", "safe"],
            "reference_verdict": ["degraded", "safe", "safe"],
        }
    )

    assert safe_unsafe(table).to_dict("list") == {
        "kind": ["a", "b"],
        "test": ["x", "y"],
        "model": ["unsafe", "safe"],
        "reference": ["degraded", "safe"],
    }


def test_curves_cross_between_two_levels():
    """Straight lines between the levels."""
    assert crossing([1, 2, 4], [0.1, 0.2, 0.4], [0.15, 0.15, 0.15]) == pytest.approx(1.5)


def test_curves_that_never_cross_say_so():
    """There is no crossing outside of the levels tried."""
    assert crossing([1, 2], [0.1, 0.2], [0.3, 0.3]) is None


class Double(BaseEstimator):
    """Predicts twice the first column."""

    def fit(self, X, y):
        self.rows = list(X.index)
        return self

    def predict(self, X):
        return 2 * X.iloc[:, 0].to_numpy()


def test_only_what_is_read_moves_the_prediction():
    """The column that is not read is the control."""
    X = pd.DataFrame({"read": np.linspace(1, 2, 200), "unread": np.linspace(5, 6, 200)})

    table = input_moves({"model": Double()}, X, up=pd.DataFrame({"read": X["read"] + 0.1}), seed=0)

    assert table.loc["unread", "shuffled"].eq(0).all()
    assert table.loc["unread", "one error bar up"].isna().all()  # it has no error bar
    assert table.loc["read", ("shuffled", "model")] == pytest.approx(
        2 * X["read"].std() * np.sqrt(2), rel=0.15
    )
    assert (
        table.loc["worst case", ("one error bar up", "model")]
        == table.loc["read", ("one error bar up", "model")]
    )


def test_members_see_whole_groups():
    """Each member learns from other groups, and never from a part of one."""
    X, groups = pd.DataFrame({"x": np.arange(30.0)}), np.repeat(np.arange(10), 3)

    found = refit_on_resamples(lambda seed: Double(), X, X["x"], groups=groups, seeds=[0, 1])

    assert found[0].rows != found[1].rows
    for member in found:
        counts = np.bincount(member.rows, minlength=30).reshape(10, 3)
        assert (counts == counts[:, :1]).all()


def test_the_map_has_a_line_for_every_test():
    """Words and marks stand on the same line."""
    rows = [{"test": name, "kind": "noise", "model": 0.2, "reference": 0.3} for name in ("x", "y")]
    home = {"model": 0.1, "reference": 0.1}
    table = stress_verdicts(rows, home)

    (ax,) = draw_stress_map(table, safe_unsafe(table), home).axes

    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "y"]
    assert [text.get_text() for text in ax.texts] == [
        "model",
        "degraded",
        "degraded",
        "reference",
        "unsafe",
        "unsafe",
    ]
