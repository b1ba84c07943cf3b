"""The decision is made by the metrics that the criteria name, and says when it cannot be made."""

from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyRegressor

mpl.use("Agg")

from boxloop.base.style import COLOURS
from boxloop.figures.decision_map import MARKS, draw_decision_map
from boxloop.measure.decision import SAFE, UNSAFE, UNSURE, Home, Told, decide, promised, ratio
from boxloop.measure.metrics import METRICS
from boxloop.settings.tables import Criterion

STILL = np.zeros(0)


def asked(metric, rows="test", **bound):
    """Return a criterion; of its value unless it asks for a lead."""
    quantity = "value" if bound else "difference_low"
    return Criterion(
        name=metric, metric=metric, set=rows, quantity=quantity, **(bound or {"above": 0})
    )


def settings(task, criteria, primary, group=None, cut=None):
    """Return what a study with inputs `x` and `z` and the target `y` says of itself."""
    words = {"positive_class": "1", "working_point": cut, "scale": None, "prevalence": None}
    study = SimpleNamespace(
        task=task,
        target="y",
        primary_metric=primary,
        criteria=criteria,
        outlier_bound=None,
        **words,
    )
    return SimpleNamespace(
        study=study,
        seen=["x", "z"],
        role=lambda name: [],
        only=lambda name: group if name == "group" else None,
    )


class Reads(BaseEstimator):
    """Says what stands in a column, times a factor."""

    def __init__(self, column="x", factor=1.0):
        self.column, self.factor = column, factor

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.factor * X[self.column].to_numpy()


class Promises(ClassifierMixin, BaseEstimator):
    """Gives what stands in a column as the probability of class 1."""

    classes_ = np.array([0.0, 1.0])

    def __init__(self, column="x"):
        self.column = column

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        chance = np.clip(X[self.column].to_numpy(), 0, 1)
        return np.column_stack([1 - chance, chance])


def weights(seed, rows=300, noise=0.1):
    """Return rows whose target is seen in `x` with some noise and in `z` with twice that."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=rows)
    return pd.DataFrame(
        {"y": y, "x": y + noise * rng.normal(size=rows), "z": y + 0.2 * rng.normal(size=rows)}
    )


def regression(frame, *criteria, fitted=None):
    trivial = DummyRegressor().fit(frame[["x"]], frame["y"])
    fitted = fitted or {"model": Reads("x"), "reference": Reads("z")}
    chosen = settings("regression", [*criteria] or [asked("rmse")], "rmse")
    return Home(frame, fitted | {"trivial": trivial}, chosen, draws=120, seed=0)


def case(home, frame, level=1.0, test="noise", **options):
    return {"test": test, "kind": "noise", "level": level} | home.under(frame, **options)


def noisier(frame, by, seed=9):
    rng = np.random.default_rng(seed)
    return frame.assign(x=frame["x"] + by * rng.normal(size=len(frame)))


def test_what_is_not_moved_is_safe_and_what_doubles_is_not():
    """Undisturbed rows keep every promise, whatever their number; an error twice as large none."""
    frame = weights(0, rows=60)
    home = regression(frame)
    levels, judged, chart = decide([case(home, frame, 0), case(home, noisier(frame, 0.3), 1)])

    assert levels["verdict"].tolist() == [SAFE, UNSAFE]
    assert levels["reference_verdict"].tolist() == [SAFE, SAFE]
    assert judged.loc[judged["case"] == 0, "ratio"].tolist() == pytest.approx([0.8, 0.8])
    assert chart.loc[0, ["model", "model_at", "reference"]].tolist() == [UNSAFE, "at 1: RMSE", SAFE]


def test_a_change_is_told_from_the_same_rows():
    """Errors on 60 rows are known to a tenth; that a little noise does little is known better."""
    frame = weights(1, rows=60)
    home, little = regression(frame), noisier(frame, 0.02)
    found = pd.DataFrame(home.under(little)["judged"]).set_index("who").loc["model"]
    alone = pd.DataFrame(regression(frame).under(weights(77, rows=60))["judged"])
    apart = alone.set_index("who").loc["model"]

    assert found["verdict"] == SAFE
    width = [np.log(one["ratio_high"] / one["ratio_low"]) for one in (found, apart)]
    assert width[0] < width[1] / 3


def test_few_rows_cannot_tell():
    """Other rows of the same kind, twenty of them: no harm is seen, and no promise is given."""
    home = regression(weights(2, rows=20))
    levels, _, _ = decide([case(home, weights(50, rows=20))])

    assert levels.loc[0, "verdict"] == UNSURE


def test_rows_of_the_same_kind_are_hardly_ever_called_unsafe():
    """Worlds in which nothing is wrong, judged on new rows; and power, errors doubled."""
    verdicts = {1: [], 2: []}
    for seed in range(12):
        home = regression(weights(seed, rows=150))
        for factor, found in verdicts.items():
            other = weights(1000 + seed, rows=150, noise=0.1 * factor)
            found.append(decide([case(home, other)]).levels.loc[0, "verdict"])

    assert verdicts[1].count(UNSAFE) == 0
    assert verdicts[1].count(SAFE) >= 5
    assert verdicts[2].count(UNSAFE) == 12


def test_both_methods_are_judged_by_one_rule():
    """Exchanging the two exchanges the verdicts, the reasons and who is better."""
    frame = weights(3)
    one = regression(frame)
    two = regression(frame, fitted={"model": Reads("z"), "reference": Reads("x")})
    harder = noisier(frame, 0.4)
    first, second = (decide([case(home, harder)]).levels.loc[0] for home in (one, two))

    assert (first["verdict"], first["reference_verdict"]) == (UNSAFE, SAFE)
    assert (second["verdict"], second["reference_verdict"]) == (SAFE, UNSAFE)
    assert (first["better"], second["better"]) == ("reference", "model")


def test_where_both_fail_alike_knowing_nothing_may_be_better():
    """Inputs that have become noise: the mean of the training rows errs less than either."""
    frame = weights(4)
    rng = np.random.default_rng(0)
    lost = frame.assign(x=3 * rng.normal(size=300), z=3 * rng.normal(size=300))
    half = frame.assign(x=rng.normal(0, 0.2, size=300), z=rng.normal(0, 0.2, size=300))
    levels, judged, chart = decide([case(regression(frame), one) for one in (lost, half)])

    assert levels["better"].tolist() == [
        "knowing nothing is better than both",
        "knowing nothing may be better than both",
    ]
    assert judged.loc[judged["case"] == 0, "than_nothing"].tolist() == ["worse", "worse"]
    assert "worse than knowing nothing" in chart.loc[0, "model_at"]


def test_a_criterion_that_allows_more_is_kept():
    """The error triples, and 01 had asked for no better: nothing that was promised is broken."""
    frame = weights(5)
    strict, lenient = regression(frame), regression(frame, asked("rmse", at_most=0.6))
    harder = noisier(frame, 0.3)

    assert decide([case(strict, harder)]).levels.loc[0, "verdict"] == UNSAFE
    assert decide([case(lenient, harder)]).levels.loc[0, "verdict"] == SAFE


def test_each_metric_that_a_criterion_names_counts():
    """A shift of all guesses moves the bias and hardly the NMAD: the bias decides."""
    frame = weights(6)
    home = regression(frame, asked("nmad"), asked("bias", at_most=0.05))
    moved = frame.assign(x=frame["x"] + 0.1)
    levels, judged, _ = decide([case(home, moved)])

    mine = judged[judged["who"] == "model"].set_index("metric")["verdict"]
    assert mine.to_dict() == {"nmad": SAFE, "bias": UNSAFE}
    assert levels.loc[0, ["verdict", "because"]].tolist() == [UNSAFE, "bias"]


def test_heavy_tails_are_judged_by_what_they_do_not_move():
    """No interval of a mean square can be trusted there; NMAD leads, as everywhere."""
    frame = weights(7)
    frame["x"] += np.where(np.arange(300) < 3, 30.0, 0.0)
    home = regression(frame)

    assert {row["metric"] for row in home.under(frame)["judged"]} == {"nmad"}


def scores(seed, rows=600, tilt=8.0, hide=0.0):
    """Return rows of two classes with the probability in `x`, and a duller one in `z`."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-tilt * place))
    y = (rng.random(rows) < chance).astype(int)
    dull = 1 / (1 + np.exp(-2 * (place + 0.5 * rng.normal(size=rows))))
    said = np.clip(chance + hide * (y == 0), 0, 1)
    return pd.DataFrame({"y": y, "x": said, "z": dull})


def classification(frame, *criteria):
    fitted = {"model": Promises("x"), "reference": Promises("z")}
    chosen = settings("classification", [*criteria], "average_precision", cut=0.9)
    return Home(frame, fitted, chosen, draws=120, seed=0)


def test_a_better_ranking_does_not_excuse_an_impure_sample():
    """The model ranks better and its sample is spoilt: unsafe by the purity that 01 asks for."""
    home = classification(
        scores(0), asked("average_precision"), asked("purity", at_least=0.9), asked("completeness")
    )
    spoilt = scores(1)
    many = (spoilt["y"] == 0) & (spoilt["x"] > 0.25)
    spoilt.loc[many, "x"] = 0.91
    levels, judged, chart = decide([case(home, spoilt, test="faint")])

    mine = judged[judged["who"] == "model"].set_index("metric")
    assert mine.loc["purity", "verdict"] == UNSAFE
    assert mine.loc["average_precision", "ahead"] == "model"
    assert "purity" in levels.loc[0, "because"]
    assert chart.loc[0, "model"] == UNSAFE


def test_what_is_promised_of_other_rows_is_asked_of_those():
    """A criterion of another domain speaks there, beside or in place of that at home."""
    criteria = [
        asked("purity", at_least=0.97),
        asked("purity", "test_faint", at_least=0.95),
        asked("ece", "test_faint", at_most=0.02),
        asked("average_precision"),
    ]

    assert promised(criteria) == pytest.approx({"purity": 0.03, "average_precision": None})
    assert promised(criteria, "faint") == pytest.approx(
        {"purity": 0.05, "average_precision": None, "ece": 0.02}
    )
    assert promised(criteria[1:3]) == pytest.approx({"purity": 0.05, "ece": 0.02})


def test_no_cut_is_what_knowing_nothing_makes():
    """A score that has lost the signal makes a search worse than none."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [3000, 200])
    frame = pd.DataFrame({"y": y, "x": rng.normal(3.0 * y), "z": rng.normal(1.5 * y)})
    chosen = settings("anomaly-detection", [asked("sic", at_least=3.0)], "sic", cut=0.01)
    home = Home(frame, {"model": Reads("x"), "reference": Reads("z")}, chosen, draws=60, seed=0)
    levels, judged, _ = decide([case(home, frame.assign(x=-frame["x"]))])

    assert levels.loc[0, ["verdict", "reference_verdict", "better"]].tolist() == [
        UNSAFE,
        SAFE,
        "reference",
    ]
    assert judged["than_nothing"].tolist() == ["worse", "better"]


@pytest.mark.parametrize(
    ("ends", "unsure", "expected"),
    [
        ((0.9, 0.8, 1.0), "", SAFE),
        ((0.9, 0.8, 1.01), "", UNSURE),
        ((1.2, 1.0, 1.4), "", UNSURE),
        ((1.2, 1.01, 1.4), "", UNSAFE),
        ((0.9, 0.8, 1.0), "few", UNSURE),
        ((1.2, 1.01, 1.4), "few", UNSAFE),
    ],
)
def test_the_whole_interval_decides(ends, unsure, expected):
    """An interval that cannot be trusted gives no all-clear; the harm that it shows counts."""
    found = ratio(Told(1, 1, 1, STILL), Told(*ends, STILL), tolerance=1.0)

    assert found.verdict(unsure=bool(unsure)) == expected


def test_no_error_at_home_allows_none():
    """Two contaminants where there were none: too few to tell, and no division by nothing."""
    found = ratio(Told(0.0, 0.0, 0.03, STILL), Told(0.02, 0.004, 0.06, STILL))

    assert found.verdict() == UNSURE
    assert np.isfinite([found.value, found.low, found.high]).all()


def test_the_figure_says_each_verdict_in_a_mark_and_in_a_word():
    """Whoever sees no colour reads the same: a shape for each level, a word for each test."""
    frame = weights(8)
    home = regression(frame)
    results = [case(home, noisier(frame, by), by) for by in (0.0, 0.075, 0.5)]
    results.append(case(home, weights(60, rows=25), test="other rows"))
    levels, judged, chart = decide(results)
    assert levels["verdict"].tolist() == [SAFE, UNSURE, UNSAFE, UNSURE]

    axes = draw_decision_map(judged, chart).axes
    marks = [line.get_marker() for line in axes[0].lines if line.get_marker() != "None"]
    assert marks == [MARKS[verdict]["marker"] for verdict in levels["verdict"]]
    faces = [line.get_markerfacecolor() for line in axes[0].lines if line.get_marker() != "None"]
    assert faces == [COLOURS["model"], "white", COLOURS["model"], "white"]
    words = [text.get_text() for text in axes[1].texts]
    assert words == [UNSAFE, "at 0.5: RMSE", UNSURE, "RMSE"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["noise", "other rows"]
    assert axes[4].texts[0].get_text() == "reference"


def test_a_loss_of_an_improvement_is_its_inverse():
    """Half the SIC is twice the error."""
    assert METRICS["sic"].loss(2.5) == pytest.approx(2 * METRICS["sic"].loss(5.0))
