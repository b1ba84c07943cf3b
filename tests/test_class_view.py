"""Several classes one by one: the numbers are those of scikit-learn, and the figures name them."""

from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from boxloop.figures import classes as figures
from boxloop.measure import classes as measure
from boxloop.measure.left_out import left_out
from boxloop.measure.reliability import class_calibration
from boxloop.report.classes import by_class

NAMES = ["star", "galaxy", "quasar", "a white dwarf with a very long name, seen from far away"]

METRICS = ["completeness", "purity", "f1", "average_precision", "roc_auc"]


def guessed(n=600, seed=0, size=4):
    """Return codes, and probabilities that know something about them, of unequal classes."""
    rng = np.random.default_rng(seed)
    share = np.array([0.55, 0.3, 0.1, 0.05][:size])
    truth = rng.choice(size, size=n, p=share / share.sum())
    raw = rng.gamma(1, size=(n, size))
    raw[np.arange(n), truth] += rng.gamma(2, size=n)
    return truth, raw / raw.sum(axis=1, keepdims=True)


def values(table, who="model"):
    """Return the values of one predictor, a row per class and a column per metric."""
    mine = table[table["who"] == who]
    found = mine.set_index(["class", "metric"])["value"]
    return pd.DataFrame({metric: found.xs(metric, level=1) for metric in METRICS}).loc[NAMES]


def read(draws=50, **more):
    """Return the table of all classes, and what it was made from."""
    truth, chance = guessed()
    options = {"groups": np.arange(len(truth)), "draws": draws}
    return measure.by_class(truth, {"model": chance} | more, NAMES, **options), truth, chance


def test_completeness_purity_and_f1_are_those_of_scikit_learn():
    """Of the class with the largest probability; average precision and AUC against the rest."""
    table, truth, chance = read()
    called, found = chance.argmax(axis=1), values(table)

    purity, completeness, f1, rows = metrics.precision_recall_fscore_support(truth, called)
    rest = np.eye(len(NAMES))[truth]
    precise = [metrics.average_precision_score(rest[:, k], chance[:, k]) for k in range(4)]
    areas = metrics.roc_auc_score(truth, chance, multi_class="ovr", average=None)

    assert np.allclose(found["completeness"], completeness)
    assert np.allclose(found["purity"], purity)
    assert np.allclose(found["f1"], f1)
    assert np.allclose(found["average_precision"], precise)
    assert np.allclose(found["roc_auc"], areas)
    assert list(table.groupby("class", sort=False)["rows"].first()) == list(rows)


def test_intervals_hold_the_value_and_the_difference_is_paired():
    """A reference that says the same is no better and no worse in any draw."""
    _, _, chance = read()
    table, _, _ = read(reference=chance.copy())
    gain = table[(table["who"] == "difference") & (table["metric"] == "completeness")]

    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert (gain[["value", "low", "high"]] == 0).all(axis=None)


def test_groups_are_drawn_whole():
    """Ten copies of a row are one object: its class is known no better for them."""
    truth, chance = guessed(120)
    rows = np.repeat(np.arange(120), 10)
    options = {"metrics": ["completeness"], "draws": 200}
    alone = measure.by_class(truth, {"model": chance}, NAMES, groups=np.arange(120), **options)
    copied = {"model": chance[rows]}
    whole = measure.by_class(truth[rows], copied, NAMES, groups=rows, **options)

    width, again = (table["high"] - table["low"] for table in (alone, whole))

    assert (again > 0.8 * width).all()


@pytest.mark.parametrize("way", ["true", "predicted"])
def test_the_confusion_matrix_is_that_of_scikit_learn(way):
    """Both ways: rows add up to one, with completeness on the diagonal, or columns, with purity."""
    truth, chance = guessed()
    mine = measure.confusion(truth, chance, NAMES, normalise=way)
    theirs = {"true": "true", "predicted": "pred"}[way]

    known = metrics.confusion_matrix(truth, chance.argmax(axis=1), normalize=theirs)

    assert np.allclose(mine, known)
    assert list(mine.index) == list(mine.columns) == NAMES


def test_of_no_row_there_is_no_share():
    """A class that nothing is called by has no purity, and one without rows no completeness."""
    truth, chance = guessed(size=3)
    chance = np.column_stack([chance, np.zeros(len(chance))])
    counts = measure.confusion(truth, chance, NAMES)
    options = {"groups": np.arange(len(truth)), "draws": 20}

    found = values(measure.by_class(truth, {"model": chance}, NAMES, **options))

    assert counts.to_numpy().sum() == len(truth)
    assert measure.confusion(truth, chance, NAMES, normalise="true").loc[NAMES[3]].isna().all()
    assert measure.confusion(truth, chance, NAMES, normalise="predicted")[NAMES[3]].isna().all()
    assert found.loc[NAMES[3]].isna().all()


def test_what_nothing_is_called_by_is_complete_to_nothing_and_has_no_purity():
    """A rare class that never has the largest probability; scikit-learn would warn and say 0."""
    truth, chance = guessed()
    chance[:, 3] = 0
    table = measure.by_class(truth, {"model": chance}, NAMES, groups=np.arange(600), draws=20)

    found = values(table).loc[NAMES[3]]

    assert found["completeness"] == 0
    assert np.isnan(found["purity"])


def test_rows_without_a_guess_are_left_out():
    """The first block of a split in time has none."""
    truth, chance = guessed()
    blind = chance.copy()
    blind[:100] = np.nan
    groups = np.arange(len(truth))

    table = measure.by_class(truth, {"model": blind}, NAMES, groups=groups, draws=20)
    known = measure.by_class(
        truth[100:], {"model": chance[100:]}, NAMES, groups=groups[100:], draws=20
    )

    assert np.allclose(values(table), values(known))
    assert measure.confusion(truth, blind, NAMES).to_numpy().sum() == len(truth) - 100


def test_who_is_mistaken_for_whom_with_shares_of_the_true_class():
    """The largest share first, the count beside it, and what the reference does."""
    truth, chance = guessed()
    other = np.roll(chance, 1, axis=0)
    sides = {"model": chance, "reference": other}
    table = measure.mistaken(truth, sides, NAMES, groups=np.arange(len(truth)), draws=50)
    counts = metrics.confusion_matrix(truth, chance.argmax(axis=1))
    theirs = metrics.confusion_matrix(truth, other.argmax(axis=1), normalize="true")

    first = table.iloc[0]
    k, j = NAMES.index(first["true"]), NAMES.index(first["called"])

    assert table["share"].is_monotonic_decreasing
    assert (first["rows"], first["of"]) == (counts[k, j], counts[k].sum())
    assert first["share"] == pytest.approx(counts[k, j] / counts[k].sum())
    assert first["low"] < first["share"] < first["high"]
    assert first["reference"] == pytest.approx(theirs[k, j])
    assert not (table["true"] == table["called"]).any()


def test_right_probabilities_err_by_no_more_than_chance():
    """Labels that are drawn from the probabilities look calibrated, and sharpened ones do not."""
    rng = np.random.default_rng(1)
    chance = rng.dirichlet([1.0, 0.7, 0.3, 0.2], size=3000)
    truth = np.array([rng.choice(4, p=row) for row in chance])
    sharp = chance**3 / (chance**3).sum(axis=1, keepdims=True)

    curves, right = class_calibration(truth, chance, NAMES)
    _, wrong = class_calibration(truth, sharp, NAMES)
    inside = (curves["low"] <= curves["seen"]) & (curves["seen"] <= curves["high"])

    assert (right["ece"] < 2 * right["by_chance"]).all()
    assert right["beyond"].sum() <= 1
    assert wrong["beyond"].sum() >= 3
    assert inside.mean() > 0.85


def test_of_right_probabilities_one_table_in_twenty_is_beyond_chance():
    """Ten tables with four classes each: of forty errors two are expected, and not the half."""
    rng, beyond = np.random.default_rng(2), 0
    for _ in range(10):
        chance = rng.dirichlet([1.0, 0.7, 0.3, 0.2], size=300)
        truth = (rng.random((300, 1)) > chance.cumsum(axis=1)).sum(axis=1)
        beyond += class_calibration(truth, chance, NAMES)[1]["beyond"].sum()

    assert beyond <= 6


def test_the_calibration_error_is_a_mean_over_rows():
    """By hand: two bins, each with two rows."""
    chance = np.array([0.9, 0.9, 0.2, 0.2])

    curves, errors = class_calibration([1, 0, 0, 0], chance, ["pulsar"], draws=50)

    assert list(curves["said"].round(6)) == [0.2, 0.9]
    assert list(curves["seen"]) == [0.0, 0.5]
    assert errors.loc[0, "ece"] == pytest.approx((2 * 0.2 + 2 * 0.4) / 4)


def test_two_classes_are_read_in_the_same_way():
    """The class of interest is cut at the working point, and its numbers are those of the cut."""
    truth, chance = guessed()
    pulsar, score = (truth == 1).astype(int), chance[:, 1]
    options = {"groups": np.arange(len(truth)), "draws": 20, "working_point": 0.3}

    table = measure.by_class(pulsar, {"model": score}, ["pulsar"], **options)
    found = table.set_index("metric")["value"]

    assert found["completeness"] == pytest.approx(metrics.recall_score(pulsar, score >= 0.3))
    assert found["purity"] == pytest.approx(metrics.precision_score(pulsar, score >= 0.3))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(pulsar, score))
    assert np.allclose(measure.believed(pulsar, score), np.where(pulsar == 1, score, 1 - score))


def test_a_class_that_was_left_out_is_called_by_another_name():
    """It stands far from the others: the doubt of the model is blind, the isolation forest not."""
    task, frame = far_away()
    train, validation = frame.iloc[::2], frame.iloc[1::2].reset_index(drop=True)

    found = left_out(LogisticRegression(), train, validation, task, inputs=["x", "y"], seed=0)
    far = found.set_index("class").loc["far"]

    assert set(found["class"]) == {"near", "beside", "far"}
    assert far["called"] == "beside 100%"
    assert far["sure"] > 0.95
    assert far["told by outliers"] > 0.95
    assert far["out of scope"] > 0.9
    assert far["others out of scope"] < 0.3


def far_away():
    """Return a task of three classes in a plane, one far off behind another, and its rows."""
    rng = np.random.default_rng(0)
    where = {"near": (0, 0), "beside": (4, 0), "far": (40, 0)}
    parts = [
        pd.DataFrame(rng.normal(place, 1, size=(150, 2)), columns=["x", "y"]).assign(type=name)
        for name, place in where.items()
    ]
    frame = pd.concat(parts).sample(frac=1, random_state=0).reset_index(drop=True)
    task = SimpleNamespace(
        classes=tuple(where), labels=lambda rows: rows["type"], seen=lambda rows: rows[["x", "y"]]
    )
    return task, frame


def test_of_two_classes_none_is_left_out():
    """With the rest in one piece nothing would be left to tell apart."""
    task, frame = far_away()
    frame["type"] = frame["type"].replace("far", "beside")
    task.classes = ()

    found = left_out(
        LogisticRegression(), frame, frame, task, inputs=["x"], seed=0, positive="near"
    )

    assert found.empty


def drawn():
    """Return every figure of classes."""
    truth, chance = guessed()
    sides, groups = {"model": chance, "reference": chance[:, ::-1]}, np.arange(len(truth))
    calibration = {who: class_calibration(truth, one, NAMES) for who, one in sides.items()}
    labels = np.array(NAMES)[truth]
    right = measure.right_by_class(
        labels, {"model": chance.argmax(axis=1) == truth}, groups=groups, names=NAMES, draws=20
    )
    cases = [right.assign(test="at home", level=np.nan), right.assign(test="noise", level=2.0)]
    return {
        "confusion": figures.draw_confusion(measure.confusion(truth, chance, NAMES)),
        "curves": figures.draw_one_vs_rest(
            measure.one_vs_rest(truth, sides, NAMES), ("completeness", "false-positive rate")
        ),
        "scores": figures.draw_class_scores(
            measure.by_class(truth, sides, NAMES, groups=groups, draws=20)
        ),
        "calibration": figures.draw_class_calibration(
            *({who: one[k] for who, one in calibration.items()} for k in (0, 1))
        ),
        "stress": figures.draw_class_stress(pd.concat(cases)),
    }


def test_of_a_test_the_level_is_drawn_that_costs_a_class_most():
    """Forty lines are no figure; what is left out stands in the table beside it."""
    rows = [("at home", np.nan, 0.9, 0.9), ("noise", 0.1, 0.9, 0.8), ("noise", 1.0, 0.9, 0.2),
            ("scale", -0.05, 0.3, 0.9), ("scale", 0.05, 0.4, 0.5)]  # fmt: skip
    table = pd.DataFrame([
        {"test": test, "level": level, "class": name, "rows": 9, "value": value,
         "low": value - 0.1, "high": value + 0.1}
        for test, level, *values in rows for name, value in zip("ab", values, strict=True)
    ])  # fmt: skip
    fig = figures.draw_class_stress(table)
    lines = [text.get_text() for text in fig.axes[0].get_yticklabels()]

    assert len(lines) == 3
    assert [any(word in line for line in lines) for word in ("1", "-0.05", "0.1")] == [
        True, True, False,
    ]  # fmt: skip
    plt.close(fig)


def test_every_figure_names_every_class_and_no_legend_lies_over_a_curve():
    """Names that are long are broken, and their first words stay."""
    for name, fig in drawn().items():
        fig.canvas.draw()
        texts = [text.get_text() for text in fig.findobj(mpl.text.Text)]
        said = " ".join(texts).replace("\n", " ")

        assert all(word in said for word in ("star", "galaxy", "quasar", "a white dwarf")), name
        assert all(ax.get_legend() is None for ax in fig.axes), name
        plt.close(fig)


def test_the_cover_tells_every_class_and_passes_a_damaged_table_over(tmp_path):
    """Of the test set once there is one; a table that was edited by hand is no traceback."""
    project, kept = SimpleNamespace(results=tmp_path), tmp_path / "05_diagnose" / "classes.csv"
    kept.parent.mkdir()
    read()[0].to_csv(kept, index=False)
    told = by_class(project)

    assert told["set"] == "validation"
    assert [row["name"] for row in told["rows"]] == NAMES
    assert all(cell["value"] for row in told["rows"] for cell in row["cells"][:2])

    tested = tmp_path / "08_release" / "classes.csv"
    tested.parent.mkdir()
    read()[0].assign(set="test").to_csv(tested, index=False)

    assert by_class(project)["set"] == "test"

    tested.write_bytes(b"class,rows\n\xff")
    kept.write_text("class,rows,metric,who,value,low,high\nstar,3,purity,model,x,,\n")

    assert by_class(project)["rows"] == []
